package tests

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// blocks is a supervisor who blocks a contact.
func blocks(c *floor.Floor, contact string) api.Contact {
	c.T.Helper()
	got, err := c.Agent("sam").Desktop.Block(c.Context(), contact, "insults")
	require.NoError(c.T, err)
	c.Settle()
	return got
}

// waiting is the only conversation that waits.
func waiting(c *floor.Floor) desk.Interaction {
	c.T.Helper()
	c.Settle()
	var found []desk.Interaction
	for _, i := range all[desk.Interaction](c) {
		if i.State == desk.InteractionQueued {
			found = append(found, i)
		}
	}
	require.Len(c.T, found, 1)
	return found[0]
}

// moved are the events of a contact's history.
func moved(list api.Contact) []string {
	var out []string
	for _, m := range list.History {
		out = append(out, m.Event+" "+m.By)
	}
	return out
}

// B14: a contact whose conversation waits is blocked: it is closed, nobody is asked, and what he writes from then on is kept
// and reaches nobody.
func TestBlockingAContactWhoWaits(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	lea := c.Customer("lea")
	lea.Writes("grrr")
	i := waiting(c)
	got := blocks(c, i.Contact)
	assert.Equal(t, "sam insults", got.Blocked.By+" "+got.Blocked.Reason)
	assert.False(t, got.Blocked.At.IsZero())
	assert.Equal(t, []string{"blocked sam"}, moved(got))
	closed := read[desk.Interaction](c, i.ID)
	assert.Equal(t, desk.InteractionClosed, closed.State)
	assert.Equal(t, "blocked", closed.CloseReason)

	ana := c.Agent("ana").SignsIn()
	lea.Writes("¡¡¡grrr!!!")
	ana.IsNotOffered()
	list, err := ana.Desktop.Past(c.Context(), i.Contact, url.Values{})
	require.NoError(t, err)
	for _, past := range list.Items {
		assert.Equal(t, "closed blocked", string(past.State)+" "+past.CloseReason)
	}
	kept := all[desk.Message](c)
	require.Len(t, kept, 2, "what he wrote is kept")
	c.Customer("max").Writes("hola")
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name, "others are not concerned")
}

// B14: while it rings, the offer is taken back and its agent is free for the next.
func TestBlockingAContactWhoseOfferRings(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	m := ana.Mirror()
	m.Connect(0)
	defer m.Cut()
	c.Customer("lea").Writes("grrr")
	o := ana.IsOffered()
	contact := read[desk.Interaction](c, o.Interaction).Contact
	c.Customer("max").Writes("hola")
	blocks(c, contact)
	next := ana.IsOffered()
	assert.Equal(t, "Max", next.Customer.Name)
	m.ShowsAll()
	_, err := ana.Desktop.Accept(c.Context(), o.ID)
	c.IsRefused(err, 409, "customer_blocked")
	_, err = ana.Desktop.Decline(c.Context(), o.ID)
	c.IsRefused(err, 409, "customer_blocked")
	assert.Equal(t, desk.AgentAvailable, desk.AgentState(ana.Me().State), "she missed nothing")
	c.Advance(max(0, o.Deadline.Sub(c.Suite.Clock.Now())+1))
	assert.Equal(t, desk.InteractionClosed, read[desk.Interaction](c, o.Interaction).State)
	assert.Equal(t, desk.OfferRescinded, read[desk.Offer](c, o.ID).State)
}

// B14: the agent who has the conversation blocks the contact, sees so, can send nothing more, and ends it.
func TestBlockingAContactInAConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	m := ana.Mirror()
	m.Connect(0)
	defer m.Cut()
	lea := c.Customer("lea")
	lea.Writes("grrr")
	i := ana.Accepts()
	assert.Contains(t, i.Actions, "send")
	assert.False(t, i.Blocked)
	got, err := ana.Desktop.Block(c.Context(), i.Contact, "insults")
	require.NoError(t, err)
	assert.Equal(t, "ana", got.Blocked.By)
	now := ana.Sees(i.ID)
	assert.True(t, now.Blocked)
	assert.Equal(t, api.InteractionStateActive, now.State)
	assert.NotContains(t, now.Actions, "send")
	assert.Contains(t, now.Actions, "end")
	m.ShowsAll()
	_, err = ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "hola")
	c.IsRefused(err, 409, "customer_blocked")
	c.Settle()
	assert.Empty(t, lea.Received())

	again, err := ana.Desktop.Block(c.Context(), i.Contact, "otra vez")
	require.NoError(t, err)
	assert.Equal(t, got.Blocked, again.Blocked)
	assert.Equal(t, got.Version, again.Version, "blocking again changes nothing")
	over(c, ana, i.ID)
	lea.Writes("grrr otra vez")
	ana.IsNotOffered()
	_, err = ana.Desktop.Unblock(c.Context(), i.Contact)
	c.IsRefused(err, 403, "not_your_contact")
}

// B14: who still has the conversation of a contact that is unblocked goes on with it.
func TestUnblockingAContactInAConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	blocks(c, i.Contact)
	assert.True(t, ana.Sees(i.ID).Blocked)
	got, err := ana.Desktop.Unblock(c.Context(), i.Contact)
	require.NoError(t, err)
	assert.Zero(t, got.Blocked)
	assert.Equal(t, []string{"blocked sam", "unblocked ana"}, moved(got))
	now := ana.Sees(i.ID)
	assert.False(t, now.Blocked)
	assert.Contains(t, now.Actions, "send")
	assert.Equal(t, []string{"opened", "offered", "accepted", "blocked", "unblocked"}, events(now))
	ana.Writes(i.ID, "perdona")
	c.Settle()
	assert.Equal(t, []string{"perdona"}, lea.Received())
}

// B14: a contact who is not there is blocked, and unblocked: from the next message on he reaches agents again, and what he
// wrote in between stays where it is.
func TestUnblockingRestoresTheNormalFlow(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	first := ana.Accepts()
	over(c, ana, first.ID)
	blocks(c, first.Contact)
	lea.Writes("¿hola?")
	ana.IsNotOffered()
	sam := c.Agent("sam")
	got, err := sam.Desktop.Unblock(c.Context(), first.Contact)
	require.NoError(t, err)
	assert.Zero(t, got.Blocked)
	again, err := sam.Desktop.Unblock(c.Context(), first.Contact)
	require.NoError(t, err)
	assert.Equal(t, got.Version, again.Version, "a repeat changes nothing")
	ana.IsNotOffered()
	lea.Writes("¿me leéis?")
	next := ana.Accepts()
	assert.Equal(t, first.Contact, next.Contact)
	assert.Equal(t, []string{"¿me leéis?"}, texts(ana.Reads(next.ID)))
	list, err := ana.Desktop.Past(c.Context(), first.Contact, url.Values{})
	require.NoError(t, err)
	var past []string
	for _, p := range list.Items {
		past = append(past, string(p.State)+" "+p.CloseReason)
	}
	assert.Equal(t, []string{"active ", "closed blocked", "closed ended"}, past)
}

// B14: supervisors, administrators and the agent who has a conversation with him block a contact, and nobody else.
func TestWhoMayBlockAContact(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	c.Customer("max").Writes("hola")
	foreign := ana.IsOffered()
	_, err := ana.Desktop.Decline(c.Context(), foreign.ID)
	require.NoError(t, err)
	w.NothingHappens(c, func() {
		for who, contact := range map[string]string{"bob": i.Contact, "ana": read[desk.Interaction](c, foreign.Interaction).Contact} {
			_, err := c.Agent(who).Desktop.Block(c.Context(), contact, "insults")
			c.IsRefused(err, 403, "not_your_contact")
			_, err = c.Agent(who).Desktop.Unblock(c.Context(), contact)
			c.IsRefused(err, 403, "not_your_contact")
		}
		_, err := c.Agent("sam").Desktop.Block(c.Context(), "nobodys-id", "insults")
		c.IsRefused(err, 404, "contact_missing")
	})
	for _, who := range []string{"sam", "ada", "ana"} {
		_, err := c.Agent(who).Desktop.Block(c.Context(), i.Contact, "insults")
		require.NoError(t, err, who)
		_, err = c.Agent(who).Desktop.Unblock(c.Context(), i.Contact)
		require.NoError(t, err, who)
	}
	ana.Ends(i.ID)
	_, err = ana.Desktop.Block(c.Context(), i.Contact, "insults")
	require.NoError(t, err, "while she wraps up")
	got, err := ana.Desktop.Contact(c.Context(), i.Contact)
	require.NoError(t, err)
	assert.Equal(t, []string{"blocked sam", "unblocked sam", "blocked ada", "unblocked ada", "blocked ana", "unblocked ana", "blocked ana"}, moved(got))
}

// B14: a customer who writes at the moment he is blocked either reaches an agent, who then has a conversation that is
// marked, or nobody; never somebody who can answer him.
func TestBlockingAgainstAMessageThatComes(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	over(c, ana, i.ID)
	for round := range 10 {
		together(2, func(n int) {
			if n == 0 {
				lea.Writes("grrr")
				return
			}
			_, err := c.Agent("sam").Desktop.Block(c.Context(), i.Contact, "insults")
			assert.NoError(t, err)
		})
		c.Settle()
		for _, talk := range all[desk.Interaction](c) {
			assert.Equal(t, desk.InteractionClosed, talk.State, "round %d", round)
		}
		assert.Empty(t, ana.Me().Offer)
		_, err := c.Agent("sam").Desktop.Unblock(c.Context(), i.Contact)
		require.NoError(t, err)
	}
}
