package tests

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// unanswered has sales say what becomes of a transfer that is not taken.
func unanswered(c *floor.Floor, what string) {
	c.T.Helper()
	c.Configure(`
queues:
  - {id: sales, name: Sales, project: shop, team: support, offerTimeout: 20s, unansweredTransfer: ` + what + `,
     reasons: [{id: sale, name: Sale, subReasons: [{id: new, name: New customer}]}, {id: question, name: Question}]}
`)
	c.Advance(16 * time.Second) // until nobody knows the queue as it was
}

// toBob is what an agent writes who passes on to Bob.
func toBob() api.TransferWish { return api.TransferWish{Agent: "bob", Note: "quiere un descuento"} }

// R20, R21, R22: a conversation is transferred to another queue: it waits there in front of those who came before, the agent
// who gave it away owes a wrap-up with the reasons of his own queue, and when nobody answers it is offered again.
func TestAConversationIsTransferredToAnotherQueue(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	assert.Contains(t, i.Actions, "transfer")
	given := ana.Transfers(i.ID, api.TransferWish{Queue: "support", Note: "no frena"})
	assert.Equal(t, api.InteractionStateQueued, given.State)
	assert.Equal(t, api.Ref{ID: "support", Name: "Support"}, given.Queue)
	assert.Equal(t, api.List[string]{"note", "wrap_up"}, given.Actions)
	assert.Equal(t, []string{"opened", "offered", "accepted", "transferred"}, events(given))
	assert.Equal(t, "transfer", given.Legs[0].WrapUp.Reason.ID)
	assert.Equal(t, api.WrapUpStateOwed, given.Legs[0].WrapUp.State)

	ana.IsOffered() // nobody else is there: whoever gave it away is asked last
	ana.Becomes(api.ChosenStateIdle)
	bob := c.Agent("bob").SignsIn()
	offer := bob.IsOffered()
	assert.Equal(t, api.OfferKindAssign, offer.Kind)
	assert.Equal(t, api.Ref{ID: "support", Name: "Support"}, offer.Queue)
	assert.Empty(t, offer.By.ID)
	c.Advance(20 * time.Second)
	_, err := bob.Desktop.Renew(c.Context())
	require.NoError(t, err)
	c.Advance(10 * time.Second) // support rings for half a minute
	bob.Is(desk.AgentRONA)
	carla := c.Agent("carla").SignsIn()
	assert.Equal(t, i.ID, carla.Accepts().ID)

	form, err := ana.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	assert.True(t, form.Owed)
	assert.Equal(t, api.Ref{ID: "transfer", Name: "Transfer"}, form.Suggested)
	assert.Contains(t, reasonsIn(form), "sale: new more", "the reasons of sales, where she had it")
	assert.Equal(t, "no frena", form.Notes[0].Text, "what she said to whoever gets it is kept")
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "sale", SubReason: "more"})
	assert.Empty(t, ana.Tasks())
	assert.Empty(t, ana.Me().Load)

	carla.Writes(i.ID, "¿qué modelo es?")
	c.Settle()
	carla.Ends(i.ID)
	closed := carla.WrapsUp(i.ID, api.WrapUpChoice{Reason: "solved"})
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, []string{"sale", "solved"}, []string{closed.Legs[0].WrapUp.Reason.ID, closed.Legs[1].WrapUp.Reason.ID})
}

// R20: what is transferred to a queue goes in front of those who wait there already.
func TestATransferredConversationWaitsInFront(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	ana.Becomes(api.ChosenStateIdle)
	c.Configure(`
assets: [{channel: whatsapp, account: "100000000000002", name: Care, display: "+34 600 000 002", queue: support, token: whatsapp-acme}]
`)
	c.Customer("max").WritesTo("100000000000002", "antes")
	c.Settle()
	ana.Transfers(i.ID, api.TransferWish{Queue: "support", Reason: "question"})
	assert.Equal(t, "Lea", c.Agent("bob").SignsIn().IsOffered().Customer.Name)
}

// R21, R23: an agent asks another; the offer says who asks and why, and the reason that came along has settled his wrap-up.
func TestAnAgentAsksAnother(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	bob.SignsIn()
	wish := toBob()
	wish.Reason, wish.SubReason = "sale", "new"
	given := ana.Transfers(i.ID, wish)
	assert.Equal(t, api.InteractionStateOffered, given.State)
	assert.Equal(t, api.Ref{ID: "bob", Name: "Bob Marsh"}, given.Transfer.To)
	assert.Equal(t, api.WrapUpStateDone, given.Legs[0].WrapUp.State)
	assert.Equal(t, "New customer", given.Legs[0].WrapUp.SubReason.Name)
	assert.Empty(t, given.Actions)
	assert.Zero(t, ana.Me().Load, "her seat is free")

	o := bob.IsOffered()
	assert.Equal(t, api.OfferKindTransfer, o.Kind)
	assert.Equal(t, api.Ref{ID: "ana", Name: "Ana García"}, o.By)
	assert.Equal(t, "quiere un descuento", o.Note)
	assert.Equal(t, "Sale", o.Reason)
	assert.Equal(t, "transfer", o.Why)
	ringsFor(t, 20*time.Second, o)
	taken := bob.Accepts()
	assert.Equal(t, "bob", taken.Owner.ID)
	assert.Empty(t, taken.Transfer.By.ID)
	assert.Equal(t, []string{"opened", "offered", "accepted", "transferred", "wrapped_up", "offered", "accepted"}, events(taken))
	assert.Equal(t, []string{"hola"}, texts(bob.Reads(i.ID)))
	bob.Writes(i.ID, "buenas, soy Bob")
	_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "y yo")
	c.IsRefused(err, 403, "not_your_conversation")
	c.Settle()
	assert.Equal(t, []string{"buenas, soy Bob"}, c.Customer("lea").Received())
}

// R22: an agent does not take what another asked him to take. What becomes of it, his queue says.
func TestATransferThatIsNotTaken(t *testing.T) {
	t.Parallel()
	ways := map[string]struct {
		leaves func(c *floor.Floor, bob *floor.Agent, o api.Offer)
		then   desk.AgentState
	}{
		"expires": {func(c *floor.Floor, bob *floor.Agent, o api.Offer) {
			stay(c, o.Deadline.Sub(o.Now), bob, c.Agent("ana"))
		}, desk.AgentRONA},
		"is declined": {func(c *floor.Floor, bob *floor.Agent, o api.Offer) {
			_, err := bob.Desktop.Decline(c.Context(), o.ID)
			require.NoError(c.T, err)
		}, desk.AgentIdle},
		"goes away": {func(c *floor.Floor, bob *floor.Agent, _ api.Offer) {
			_, err := bob.Desktop.SignOut(c.Context(), false)
			require.NoError(c.T, err)
		}, desk.AgentOffline},
	}
	for what, want := range map[string]api.InteractionState{
		"drop": api.InteractionStateClosed, "requeue": api.InteractionStateQueued, "return": api.InteractionStateActive,
	} {
		for how, way := range ways {
			t.Run(what+" when it "+how, func(t *testing.T) {
				t.Parallel()
				c := floor.Open(t)
				ana, bob := c.Agent("ana"), c.Agent("bob")
				unanswered(c, what)
				ana.SignsIn()
				i := talks(c, ana, "lea")
				bob.SignsIn()
				ana.Transfers(i.ID, toBob())
				o := bob.IsOffered()
				ana.Becomes(api.ChosenStateIdle)
				way.leaves(c, bob, o)
				bob.Is(way.then)
				c.Settle()
				got := ana.Sees(i.ID)
				assert.Equal(t, want, got.State)
				assert.Empty(t, got.Transfer.By.ID)
				afterTransfer(c, what, ana, got)
			})
		}
	}
}

// afterTransfer is what can be done with a conversation whose transfer was not taken.
func afterTransfer(c *floor.Floor, what string, ana *floor.Agent, i api.Interaction) {
	c.T.Helper()
	switch what {
	case "drop":
		assert.Equal(c.T, "transfer_unanswered", i.CloseReason)
		closed := ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
		assert.Equal(c.T, api.InteractionStateClosed, closed.State)
		assert.Equal(c.T, api.WrapUpStateDone, closed.Legs[0].WrapUp.State, "recorded after the close")
		c.Customer("lea").Writes("¿hola?")
		ana.Becomes(api.ChosenStateAvailable)
		assert.NotEqual(c.T, i.ID, ana.Accepts().ID, "the customer's next message opens a new one")
	case "requeue":
		ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
		assert.Equal(c.T, i.ID, c.Agent("carla").SignsIn().Accepts().ID)
	case "return":
		assert.Equal(c.T, "ana", i.Owner.ID)
		assert.Equal(c.T, api.WrapUpStateSkipped, i.Legs[0].WrapUp.State, "she goes on where she was")
		assert.Equal(c.T, 1, ana.Me().Load)
		ana.Writes(i.ID, "sigo yo")
		c.Settle()
		assert.Equal(c.T, []string{"sigo yo"}, c.Customer("lea").Received())
		ana.Ends(i.ID)
		assert.Equal(c.T, api.InteractionStateClosed, ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"}).State)
	}
}

// R22: a conversation does not go back to an agent who has gone, or has no room any more: it waits in front of its queue.
func TestATransferIsNotReturnedToWhoCannotHaveIt(t *testing.T) {
	t.Parallel()
	for _, gone := range []bool{true, false} {
		c := floor.Open(t)
		ana, bob := c.Agent("ana"), c.Agent("bob")
		unanswered(c, "return")
		ana.SignsIn()
		i := talks(c, ana, "lea")
		wish := toBob()
		if !gone {
			wish.Reason = "question"
		}
		if gone {
			bob.SignsIn()
			ana.Transfers(i.ID, wish)
			o := bob.IsOffered()
			_, err := ana.Desktop.SignOut(c.Context(), false)
			require.NoError(t, err, "a wrap-up that is owed keeps nobody here")
			stay(c, o.Deadline.Sub(o.Now), bob)
		} else {
			for _, name := range []string{"max", "eva"} {
				talks(c, ana, name)
			}
			ana.Becomes(api.ChosenStateIdle)
			bob.SignsIn()
			ana.Transfers(i.ID, wish)
			o := bob.IsOffered()
			ana.Becomes(api.ChosenStateAvailable)
			talks(c, ana, "pau")
			stay(c, o.Deadline.Sub(o.Now), ana, bob)
		}
		bob.Is(desk.AgentRONA)
		c.Settle()
		assert.Equal(t, desk.InteractionQueued, read[desk.Interaction](c, i.ID).State)
	}
}

// R20, R23: what may not be transferred, or not to whom, is refused with a code of its own, and nothing has changed then.
func TestTransfersThatAreRefused(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
clients:  [{id: acme, name: Acme Bicycles}]
teams:    [{id: owls, name: Owls}]
agents:
  - {id: olga, name: Olga, email: olga@acme.example, roles: [agent], teams: [owls], capacity: 1}
  - {id: full, name: Fulgencio, email: full@acme.example, roles: [agent], teams: [support], capacity: 1}
`)
	ana, bob, full := c.Agent("ana").SignsIn(), c.Agent("bob"), c.Agent("full")
	i := talks(c, ana, "lea")
	ana.Becomes(api.ChosenStateIdle)
	c.Agent("olga").SignsIn()
	full.SignsIn()
	c.Customer("max").Writes("hola")
	busy := full.IsOffered()
	before := ana.Sees(i.ID).Version
	refused := func(wish api.TransferWish, status int, code string) {
		t.Helper()
		_, err := ana.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), wish)
		c.IsRefused(err, status, code)
	}
	refused(api.TransferWish{Note: "x"}, 400, "one_target")
	refused(api.TransferWish{Queue: "support", Agent: "bob", Note: "x"}, 400, "one_target")
	refused(api.TransferWish{Queue: "sales"}, 400, "own_queue")
	refused(api.TransferWish{Queue: "bookings"}, 400, "no_such_target")
	refused(api.TransferWish{Queue: "nowhere"}, 400, "no_such_target")
	refused(api.TransferWish{Queue: "support", Reason: "nothing"}, 400, "reason_unknown")
	refused(api.TransferWish{Queue: "support", Reason: "sale"}, 400, "sub_reason_required")
	refused(api.TransferWish{Queue: "support", Reason: "sale", SubReason: "nothing"}, 400, "sub_reason_unknown")
	refused(api.TransferWish{Agent: "bob"}, 400, "note_required")
	refused(api.TransferWish{Agent: "nobody", Note: "x"}, 400, "target_missing")
	refused(api.TransferWish{Agent: "ana", Note: "x"}, 400, "target_is_you")
	refused(api.TransferWish{Agent: "olga", Note: "x"}, 409, "target_not_in_team")
	refused(api.TransferWish{Agent: "bob", Note: "x"}, 409, "target_unavailable")
	refused(api.TransferWish{Agent: "full", Note: "x"}, 409, "target_busy")
	_, err := full.Desktop.Accept(c.Context(), busy.ID)
	require.NoError(t, err)
	refused(api.TransferWish{Agent: "full", Note: "x"}, 409, "target_full")
	_, err = bob.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), api.TransferWish{Queue: "support"})
	c.IsRefused(err, 403, "not_your_conversation")
	_, err = ana.Desktop.Transfer(c.Context(), "nothing", desktop.Key(), api.TransferWish{Queue: "support"})
	c.IsRefused(err, 404, "interaction_missing")
	assert.Equal(t, before, ana.Sees(i.ID).Version)
}

// R20: a conversation that can only be ended is not transferred, and neither is one that has ended.
func TestWhatCanOnlyBeEndedIsNotTransferred(t *testing.T) {
	t.Parallel()
	for code, cut := range map[string]func(c *floor.Floor, i api.Interaction){
		"channel_removed":  func(c *floor.Floor, _ api.Interaction) { c.DeletesAsset("whatsapp:100000000000001") },
		"customer_blocked": func(c *floor.Floor, i api.Interaction) { blocks(c, i.Contact) },
		"conversation_ended": func(c *floor.Floor, i api.Interaction) {
			c.Agent("ana").Ends(i.ID)
		},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana := c.Agent("ana").SignsIn()
			c.Agent("bob").SignsIn()
			ana.Becomes(api.ChosenStateIdle)
			bob := c.Agent("bob")
			bob.Becomes(api.ChosenStateIdle)
			ana.Becomes(api.ChosenStateAvailable)
			i := talks(c, ana, "lea")
			bob.Becomes(api.ChosenStateAvailable)
			cut(c, i)
			c.Settle()
			for _, wish := range []api.TransferWish{{Queue: "support"}, toBob()} {
				_, err := ana.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), wish)
				c.IsRefused(err, 409, code)
			}
			_, err := ana.Desktop.Targets(c.Context(), i.ID, url.Values{})
			c.IsRefused(err, 409, code)
			assert.NotContains(t, ana.Sees(i.ID).Actions, "transfer")
		})
	}
}

// R21: the same wish sent again, and many times at once, is one transfer.
func TestATransferIsRepeated(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	bob.SignsIn()
	key := desktop.Key()
	together(20, func(int) {
		got, err := ana.Desktop.Transfer(c.Context(), i.ID, key, toBob())
		if assert.NoError(t, err) {
			assert.Equal(t, api.InteractionStateOffered, got.State)
		}
	})
	assert.Equal(t, []string{"opened", "offered", "accepted", "transferred", "offered"}, events(ana.Sees(i.ID)))
	assert.Len(t, all[desk.Offer](c), 2)
	form, err := ana.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	assert.Len(t, form.Notes, 1)
	_, err = ana.Desktop.Transfer(c.Context(), i.ID, key, api.TransferWish{Queue: "support"})
	c.IsRefused(err, 422, "key_reused")
	bob.Accepts()
	again, err := ana.Desktop.Transfer(c.Context(), i.ID, key, toBob())
	require.NoError(t, err)
	assert.Equal(t, "bob", again.Owner.ID, "as it is now")
}

// R23, B2: what both desktops show of a transfer, through their feeds.
func TestBothDesktopsHearOfATransfer(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	bob.SignsIn()
	hears, stop := ana.Listens("")
	defer stop()
	bobs, stopBob := bob.Listens("")
	defer stopBob()
	begun := func(api.Snapshot) bool { return true }
	floor.Hears(ana, hears, "snapshot", begun)
	floor.Hears(bob, bobs, "snapshot", begun)
	ana.Transfers(i.ID, toBob())
	floor.Hears(ana, hears, "interaction", func(got api.Interaction) bool {
		return got.State == api.InteractionStateOffered && got.Transfer.To.ID == "bob"
	})
	o := floor.Hears(bob, bobs, "offer", func(o api.Offer) bool { return o.Kind == api.OfferKindTransfer && o.By.ID == "ana" })
	tasks := ana.Tasks()
	require.Len(t, tasks, 1)
	assert.Empty(t, tasks[0].Offer, "that rings for Bob")
	var wraps api.InteractionList
	require.NoError(t, ana.Desktop.Call(c.Context(), "GET", "/v1/agents/me/interactions?state=wrapup", "", nil, &wraps))
	assert.Len(t, wraps.Items, 1, "what she has left to do with it")
	assert.Equal(t, o.ID, bob.Tasks()[0].Offer)
	_, err := bob.Desktop.Accept(c.Context(), o.ID)
	require.NoError(t, err)
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "transfer"})
	left := floor.Hears(ana, hears, "left", func(got api.Interaction) bool { return got.ID == i.ID })
	assert.Equal(t, "bob", left.Owner.ID)
}
