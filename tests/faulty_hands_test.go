package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// B1, R20–R26, R30: what agents do with each other about a conversation survives a death just before and just after every step of it.
func TestWhatAgentsDoWithEachOtherSurvivesADeathAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, step := range []struct{ function, on string }{
		{"conference", "interactions"}, {"conference", "offers"}, {"conference", "interaction.queued"},
		{"conference", "/timers/conference"}, {"conference", "/timers/offer"},
		{"transfer", "interactions"}, {"transfer", "offers"}, {"transfer", "notes"}, {"transfer", "/timers/offer"},
		{"contacts", "contacts"}, {"contacts", "interaction.queued"},
		{"acceptance", "messages"}, {"acceptance", "/timers/offer"},
	} {
		t.Run(step.function+" "+step.on, func(t *testing.T) {
			t.Parallel()
			injected := handed(t, faults.Plan{Once: []faults.Once{
				{Kind: faults.KillBefore, Function: step.function, On: step.on},
				{Kind: faults.KillAfter, Function: step.function, On: step.on},
			}})
			assert.Equal(t, map[faults.Kind]int{faults.KillBefore: 1, faults.KillAfter: 1}, injected)
		})
	}
}

// B1: and so it survives answers that are lost, the more often the fewer there are.
func TestWhatAgentsDoWithEachOtherSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]faults.Plan{
		"of commits":   {Firestore: faults.Firestore{After: faults.Failures{Unavailable: .1, Aborted: .1, Deadline: .1}}},
		"of publishes": {PubSub: faults.PubSub{LostAnswer: .7}},
		"of timers":    {Tasks: faults.Tasks{LostAnswer: .7}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan.Seed = 1
			plan.Functions = []string{"conference", "transfer", "contacts", "acceptance", "wrapup"}
			assert.NotEmpty(t, handed(t, plan), "nothing went wrong, so that nothing is shown")
		})
	}
}

// handed is a conversation that goes through many hands: Ana makes its customer hers, asks a queue for a second agent and takes that back,
// asks Bob, who joins and leaves, and gives it to him, who ends it. When the customer comes back Ana is busy, and Bob has his agent be
// nobody. It returns what went wrong on the way, and has checked that nothing of it shows.
func handed(t *testing.T, plan faults.Plan) map[faults.Kind]int {
	t.Helper()
	c := floor.Open(t)
	ana, bob, lea := c.Agent("ana").SignsIn(), c.Agent("bob"), c.Customer("lea")
	i := talks(c, ana, "lea").ID
	contact := ana.Sees(i).Contact
	c.Settle()
	require.NoError(t, c.Suite.Faults.Set(plan))
	move := func(do func(key string) error) { // the same request until it is answered, as desktops make it, which renew their leases meanwhile
		t.Helper()
		key := desktop.Key()
		tries(c, func() error {
			for _, a := range []*floor.Agent{ana, bob} {
				_, _ = a.Desktop.Renew(c.Context()) // Bob is not there from the beginning
			}
			return do(key)
		})
	}
	takes := func(kind api.OfferKind) {
		t.Helper()
		o := bob.IsOffered()
		require.Equal(t, kind, o.Kind)
		move(func(string) error { _, err := bob.Desktop.Accept(c.Context(), o.ID); return err })
	}
	move(func(string) error {
		_, err := ana.Desktop.SetExclusive(c.Context(), contact, "sales", "ana", time.Time{})
		return err
	})
	move(func(key string) error { _, err := ana.Desktop.Confer(c.Context(), i, key, salesToo()); return err })
	move(func(key string) error { _, err := ana.Desktop.CancelConference(c.Context(), i, key); return err })
	tries(c, func() error { _, err := bob.Desktop.SignIn(c.Context(), api.ChosenStateAvailable); return err })
	move(func(key string) error { _, err := ana.Desktop.Confer(c.Context(), i, key, bobToo()); return err })
	takes(api.OfferKindConference)
	move(func(key string) error { _, err := bob.Desktop.Exit(c.Context(), i, key); return err })
	move(func(key string) error { _, err := bob.Desktop.WrapUp(c.Context(), i, key, floor.Question); return err })
	move(func(key string) error {
		_, err := ana.Desktop.Transfer(c.Context(), i, key, api.TransferWish{Agent: "bob", Note: "conoce el contrato", Reason: "question"})
		return err
	})
	takes(api.OfferKindTransfer)
	move(func(key string) error { _, err := bob.Desktop.End(c.Context(), i, key); return err })
	move(func(key string) error { _, err := bob.Desktop.WrapUp(c.Context(), i, key, floor.Question); return err })
	move(func(key string) error {
		_, err := ana.Desktop.Set(c.Context(), key, api.StateChange{State: api.ChosenStateIdle, Version: ana.Me().Version})
		return err
	})
	says(c, lea, "otra cosa")
	c.Settle()
	bob.IsNotOffered()
	move(func(string) error {
		_, err := c.Agent("sam").Desktop.DropExclusive(c.Context(), contact, "sales")
		return err
	})
	require.Equal(t, api.OfferKindAssign, bob.IsOffered().Kind)
	injected := c.Suite.Faults.Count()
	require.NoError(t, c.Suite.Faults.Set(faults.Plan{}))
	c.Settle()
	cameThroughTheHands(c, bob, i)
	return injected
}

// cameThroughTheHands checks that each step was made once.
func cameThroughTheHands(c *floor.Floor, bob *floor.Agent, id string) {
	c.T.Helper()
	t := c.T
	i := bob.Sees(id)
	assert.Equal(t, api.InteractionStateClosed, i.State)
	assert.Equal(t, []string{"opened", "offered", "accepted", "conference_requested", "conference_cancelled", "conference_requested", "offered",
		"joined", "guest_exited", "wrapped_up", "transferred", "wrapped_up", "offered", "accepted", "ended", "wrapped_up", "closed"}, events(i))
	assert.Equal(t, []api.WrapUpState{"done", "done", "done"}, wrapUps(i))
	ended := map[desk.OfferState]int{}
	for _, o := range all[desk.Offer](c) {
		ended[o.State]++
	}
	assert.Equal(t, map[desk.OfferState]int{desk.OfferAccepted: 3, desk.OfferPending: 1}, ended)
	joined := 0
	for _, m := range all[desk.Message](c) {
		if m.Fallback == "Bob Marsh joined the conversation" {
			joined++
		}
	}
	assert.Equal(t, 1, joined, "the transcript says so once")
	notes, err := bob.Desktop.ContactNotes(c.Context(), i.Contact, nil)
	require.NoError(t, err)
	assert.Len(t, notes.Items, 1)
	contacts := all[desk.Contact](c)
	require.Len(t, contacts, 1)
	assert.Empty(t, contacts[0].Exclusives)
	var moves []string
	for _, e := range contacts[0].History.Entries {
		moves = append(moves, e.Event)
	}
	assert.Equal(t, []string{"exclusive_set", "exclusive_dropped"}, moves)
	agree(c)
}
