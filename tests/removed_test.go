package tests

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

// acme is the WhatsApp number of the example centre.
const acme = "whatsapp:" + suite.PhoneNumber

// byCustomer is the newest conversation with the customer, as it is on record.
func byCustomer(c *floor.Floor, who *floor.Customer) desk.Interaction {
	c.T.Helper()
	var found desk.Interaction
	for _, i := range all[desk.Interaction](c) {
		if i.Customer.Name == who.Who.Name && !i.OpenedAt.Before(found.OpenedAt) {
			found = i
		}
	}
	require.NotEmpty(c.T, found.ID, "%s has a conversation", who.Name)
	return found
}

// R8: Ada deletes the number while Ana talks with Lea, Max rings at Bob, and Nora waits. Ana is told, can say nothing more,
// and ends it; Bob's offer is taken back, and he stays available; Nora's conversation is closed. Nobody is sent anything.
func TestADeletedNumberInterruptsItsConversations(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	ana.Writes(i.ID, "buenas")
	lea.Hears("buenas")
	ana.Becomes(api.ChosenStateIdle)
	feed, stop := ana.Listens("")
	defer stop()

	bob, max, nora := c.Agent("bob").SignsIn(), c.Customer("max"), c.Customer("nora")
	rings, stopRings := bob.Listens("")
	defer stopRings()
	max.Writes("hola")
	offer := bob.IsOffered()
	nora.Writes("hola")
	c.Settle()
	require.Equal(t, desk.InteractionQueued, byCustomer(c, nora).State)

	c.DeletesAsset(acme)

	told := floor.Hears(ana, feed, "interaction", func(x api.Interaction) bool { return x.Interrupted })
	assert.Equal(t, i.ID, told.ID)
	assert.Equal(t, api.InteractionStateActive, told.State)
	assert.Equal(t, api.List[string]{"read", "note", "end"}, told.Actions)
	_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "¿sigues ahí?")
	c.IsRefused(err, 409, "interrupted")

	gone := floor.Hears(bob, rings, "offer", func(x api.Offer) bool { return x.State == api.OfferStateRescinded })
	assert.Equal(t, offer.ID, gone.ID)
	_, err = bob.Desktop.Accept(c.Context(), offer.ID)
	c.IsRefused(err, 409, "channel_removed")
	c.Settle()
	assert.Equal(t, api.AgentStateAvailable, bob.Me().State, "it was not his fault")
	assert.Empty(t, bob.Me().Offer)
	for _, who := range []*floor.Customer{max, nora} {
		assert.Equal(t, desk.InteractionClosed, byCustomer(c, who).State, who.Name)
		assert.Equal(t, "removed", byCustomer(c, who).CloseReason, who.Name)
		assert.Empty(t, who.Received(), who.Name)
	}

	assert.Equal(t, api.List[string]{"note", "wrap_up"}, ana.Ends(i.ID).Actions)
	closed := ana.WrapsUp(i.ID, floor.Question)
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.True(t, closed.Interrupted)
	assert.Equal(t, []string{"buenas"}, lea.Received())
	assert.Equal(t, 0, ana.Me().Load)
}

// R8: what customers write to a deleted number is kept. When the number is configured again, it is a conversation.
func TestMessagesForADeletedNumberWaitUntilItIsBack(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	lea := c.Customer("lea")
	c.DeletesAsset(acme)
	c.Settle()
	lea.Writes("hola")
	lea.Writes("¿hay alguien?")
	c.Advance(store.Linger)
	c.Sweep()
	assert.Empty(t, all[desk.Interaction](c))
	assert.Len(t, all[desk.Parked](c), 2)

	c.Configure(string(centre.Example))
	c.Advance(2 * time.Minute)
	ana := c.Agent("ana").SignsIn()
	c.Sweep()
	i := ana.Accepts()
	assert.ElementsMatch(t, []string{"hola", "¿hay alguien?"}, texts(ana.Reads(i.ID)))
	ana.Writes(i.ID, "buenas")
	lea.Hears("buenas")
	assert.Empty(t, all[desk.Parked](c))
}

// R8: a function that still knows the number from before opens a conversation on it. Whoever is asked to take it hears that
// the number is gone, and it rings no longer; without an accept the sweep finds it.
func TestAConversationOpenedAfterTheDeletion(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"accept", "sweep"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			bob, max := c.Agent("bob"), c.Customer("max")
			c.Customer("lea").Writes("hola") // now the functions know the number
			c.Settle()
			c.DeletesAsset(acme)
			c.Settle()
			bob.SignsIn()
			max.Writes("hola")
			offer := bob.IsOffered()
			if how == "accept" {
				_, err := bob.Desktop.Accept(c.Context(), offer.ID)
				c.IsRefused(err, 409, "channel_removed")
				c.Settle()
			} else {
				c.Advance(desk.Patience)
				c.Sweep()
			}
			assert.Equal(t, api.AgentStateAvailable, bob.Me().State)
			assert.Empty(t, bob.Me().Offer)
			assert.Equal(t, "removed", byCustomer(c, max).CloseReason)
			o := desk.Offer{Head: desk.Head{ID: offer.ID}}
			require.NoError(t, c.Store.Reader().Load(c.Context(), &o))
			assert.Equal(t, desk.OfferRescinded, o.State)
		})
	}
}

// R8: a reply the channel wants later is not sent once the number is gone, and says why.
func TestAReplyThatWaitsFailsWhenItsNumberIsDeleted(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultError, Code: 130429}))
	m := ana.Writes(i, "buenas")
	c.Settle()
	require.Equal(t, api.MessageStatePending, find(t, ana.Reads(i), m.ID).State)

	c.DeletesAsset(acme)
	c.Advance(time.Minute)
	c.Sweep()
	shown := find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateFailed, shown.State)
	assert.Equal(t, "channel_removed", shown.Error.Code)
	assert.Empty(t, lea.Received())
}

// R8: what was with the channel before is told to its end: it is delivered and read.
func TestAReplySentBeforeTheDeletionIsDelivered(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{Number: graph.NumberOptions{Statuses: graph.StatusesManual}})
	m := ana.Writes(i, "buenas")
	lea.Hears("buenas")
	c.DeletesAsset(acme)
	c.Advance(store.Linger)
	c.Sweep()
	_, err := c.Number().Deliver(c.Number().Sent()[0].ID)
	require.NoError(t, err)
	c.Settle()
	assert.Equal(t, api.MessageStateDelivered, find(t, ana.Reads(i), m.ID).State)
}

// R8, B10: an agent goes away with an interrupted conversation. It is closed after the grace; nobody is rung for it.
func TestAnInterruptedConversationWhoseAgentIsGoneIsClosed(t *testing.T) {
	t.Parallel()
	c, ana, _, i := talking(t, suite.Options{})
	c.DeletesAsset(acme)
	c.Settle()
	require.True(t, ana.Sees(i).Interrupted)
	vanishes(c, ana)
	bob := c.Agent("bob").SignsIn()
	c.Advance(desk.Grace)
	bob.ComesBack()
	bob.IsNotOffered()
	found := all[desk.Interaction](c)
	require.Len(t, found, 1)
	assert.Equal(t, desk.InteractionClosed, found[0].State)
	assert.Equal(t, "removed", found[0].CloseReason)
	assert.Equal(t, 0, ana.Me().Load)
}

// B16: the queue Sales is deleted, and Bookings succeeds it. Who waits keeps his place and is offered to Bookings' team; an
// offer rings on; an agent keeps his conversation, and wraps it up with Bookings' reasons.
func TestADeletedQueueIsSucceeded(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "offerTimeout: 2m")
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	lea, max, nora := c.Customer("lea"), c.Customer("max"), c.Customer("nora")
	lea.Writes("hola")
	talk := ana.Accepts()
	ana.Becomes(api.ChosenStateIdle)
	bob.SignsIn()
	max.Writes("hola")
	offer := bob.IsOffered()
	nora.Writes("hola")
	c.Settle()
	waits := byCustomer(c, nora)

	c.DeletesQueue("sales", "bookings")
	c.Advance(store.ConfigAge)

	moved := byCustomer(c, nora)
	assert.Equal(t, "bookings", moved.Queue)
	assert.Equal(t, waits.WaitingSince, moved.WaitingSince)
	assert.Equal(t, waits.Rank, moved.Rank)
	assert.True(t, slices.ContainsFunc(moved.History.Entries, func(e desk.Entry) bool { return e.Event == "moved" && e.Detail == "bookings" }))
	carla := c.Agent("carla").SignsIn()
	assert.Equal(t, moved.ID, carla.IsOffered().Interaction, "carla is of the travel desk")

	_, err := bob.Desktop.Accept(c.Context(), offer.ID)
	require.NoError(t, err)
	assert.Equal(t, "Bookings", bob.Sees(offer.Interaction).Queue.Name)

	assert.Equal(t, "Bookings", ana.Sees(talk.ID).Queue.Name)
	ana.Ends(talk.ID)
	form, err := ana.Desktop.WrapUpForm(c.Context(), talk.ID, "")
	require.NoError(t, err)
	assert.Equal(t, "Booked", form.Reasons[0].Name)
	assert.Equal(t, api.InteractionStateClosed, ana.WrapsUp(talk.ID, api.WrapUpChoice{Reason: "booked"}).State)
}
