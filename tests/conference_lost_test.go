package tests

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// leavesAll signs an agent out who has to say that his conversations are handed on.
func leavesAll(c *floor.Floor, a *floor.Agent) {
	c.T.Helper()
	_, err := a.Desktop.SignOut(c.Context(), false)
	c.IsRefused(err, 409, "has_conversations")
	_, err = a.Desktop.SignOut(c.Context(), true)
	require.NoError(c.T, err)
}

// R26, B4, B10: the owner is lost, by signing out or because her desktop vanished for longer than the grace: the guest owns the
// conversation, and finishes it.
func TestTheGuestOwnsWhatItsOwnerLeaves(t *testing.T) {
	t.Parallel()
	for how, leaves := range map[string]func(c *floor.Floor, ana, bob *floor.Agent){
		"she signs out":        func(c *floor.Floor, ana, _ *floor.Agent) { leavesAll(c, ana) },
		"her desktop vanishes": func(c *floor.Floor, _, bob *floor.Agent) { stay(c, desk.LeaseFor+desk.Grace+15*time.Second, bob) },
		"she is deleted": func(c *floor.Floor, _, _ *floor.Agent) {
			require.Equal(c.T, http.StatusOK, c.Office("ada").Deletes("agents/ana", "bob").Status)
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob, lea, i := confer(c)
			leaves(c, ana, bob)
			now := bob.Sees(i.ID)
			assert.Equal(t, api.InteractionStateActive, now.State)
			assert.Equal(t, "bob", now.Owner.ID)
			assert.Empty(t, now.Conference)
			assert.Equal(t, []api.WrapUpState{"skipped", "continued", ""}, wrapUps(now))
			assert.Contains(t, events(now), "promoted")
			bob.Writes(i.ID, "sigo yo")
			lea.Hears("sigo yo")
			bob.Ends(i.ID)
			assert.Equal(t, api.InteractionStateClosed, bob.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"}).State)
		})
	}
}

// R26: the owner is lost while somebody is asked to join: what rings is taken back, and the conversation waits in front.
func TestARequestEndsWithItsOwner(t *testing.T) {
	t.Parallel()
	for name, wish := range map[string]api.ConferenceWish{"an agent": bobToo(), "a queue": salesToo()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
			i := talks(c, ana, "lea")
			bob.SignsIn()
			ana.Asks(i.ID, wish)
			o := bob.IsOffered()
			_, err := ana.Desktop.SignOut(c.Context(), true)
			require.NoError(t, err)
			_, err = bob.Desktop.Accept(c.Context(), o.ID)
			c.IsRefused(err, 409, "offer_rescinded")
			next := bob.IsOffered()
			assert.Equal(t, api.OfferKindAssign, next.Kind)
			assert.Equal(t, i.ID, next.Interaction)
			owned := bob.Accepts()
			assert.Equal(t, "bob", owned.Owner.ID)
			assert.Equal(t, []api.WrapUpState{"skipped", ""}, wrapUps(owned))
		})
	}
}

// R26, B4, B10: the guest is lost: the conversation goes on, and nobody owes anything for his leg.
func TestAGuestIsLost(t *testing.T) {
	t.Parallel()
	for how, leaves := range map[string]func(c *floor.Floor, ana, bob *floor.Agent){
		"he signs out":         func(c *floor.Floor, _, bob *floor.Agent) { leavesAll(c, bob) },
		"his desktop vanishes": func(c *floor.Floor, ana, _ *floor.Agent) { stay(c, desk.LeaseFor+desk.Grace+15*time.Second, ana) },
		"he is deleted": func(c *floor.Floor, _, _ *floor.Agent) {
			require.Equal(c.T, http.StatusOK, c.Office("ada").Deletes("agents/bob", "carla").Status)
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob, _, i := confer(c)
			leaves(c, ana, bob)
			now := ana.Sees(i.ID)
			assert.Equal(t, []string{"active", "ana", ""}, []string{string(now.State), now.Owner.ID, now.Guest.ID})
			assert.Equal(t, []api.WrapUpState{"", "skipped"}, wrapUps(now))
			ana.Ends(i.ID)
			assert.Equal(t, api.InteractionStateClosed, ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"}).State)
		})
	}
}

// R8, R25, B14: the number is deleted, or the customer blocked: both agents see it, and only ending is left. Who is asked to join
// is told why not.
func TestAConferenceIsCutShort(t *testing.T) {
	t.Parallel()
	for code, cut := range map[string]func(c *floor.Floor, ana *floor.Agent, i api.Interaction){
		"channel_removed": func(c *floor.Floor, _ *floor.Agent, _ api.Interaction) { c.DeletesAsset(acme) },
		"customer_blocked": func(c *floor.Floor, ana *floor.Agent, i api.Interaction) {
			_, err := ana.Desktop.Block(c.Context(), i.Contact, "insults")
			require.NoError(c.T, err)
		},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob, _, i := confer(c)
			cut(c, ana, i)
			c.Settle()
			for _, a := range []*floor.Agent{ana, bob} {
				now := a.Sees(i.ID)
				assert.True(t, now.Interrupted || now.Blocked, a.ID)
				assert.NotContains(t, now.Actions, "send", a.ID)
				_, err := a.Desktop.Send(c.Context(), i.ID, desktop.Key(), "hola")
				c.IsRefused(err, 409, map[string]string{"channel_removed": "interrupted"}[code]+map[string]string{"customer_blocked": code}[code])
			}
			assert.Equal(t, api.InteractionStateWrapup, ana.Ends(i.ID).State)
		})
		t.Run(code+" while somebody is asked", func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
			i := talks(c, ana, "lea")
			bob.SignsIn()
			ana.Asks(i.ID, salesToo())
			o := bob.IsOffered()
			cut(c, ana, i)
			c.Settle()
			_, err := bob.Desktop.Accept(c.Context(), o.ID)
			c.IsRefused(err, 409, code)
			bob.IsNotOffered()
			assert.Empty(t, ana.Sees(i.ID).Conference)
			_, err = ana.Desktop.Confer(c.Context(), i.ID, desktop.Key(), bobToo())
			c.IsRefused(err, 409, code)
		})
	}
}

// R24, B16: the queue that is asked for a second agent is deleted, with a successor or without. Nobody is asked any more, what rings is
// taken back, and the conversation goes on with its owner.
func TestARequestEndsWithItsQueue(t *testing.T) {
	t.Parallel()
	for name, successor := range map[string]string{"with a successor": "support", "without": ""} {
		for rings, somebody := range map[string]bool{"while it rings": true, "while nobody is free": false} {
			t.Run(name+", "+rings, func(t *testing.T) {
				t.Parallel()
				c := floor.Open(t)
				c.Configure(`queues: [{id: loans, name: Loans, project: shop, team: support, assets: ["` + acme + `"], conferenceWait: 10m}]`)
				ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
				i := talks(c, ana, "lea")
				if somebody {
					bob.SignsIn()
				}
				ana.Asks(i.ID, api.ConferenceWish{Queue: "loans"})
				var o api.Offer
				if somebody {
					o = bob.IsOffered()
				}
				c.DeletesQueue("loans", successor)
				c.Settle()
				now := ana.Sees(i.ID)
				assert.Equal(t, api.InteractionStateActive, now.State)
				assert.Empty(t, now.Conference)
				assert.Equal(t, "conference_dropped", events(now)[len(events(now))-1])
				if somebody {
					assert.Empty(t, bob.Me().Offer)
					assert.Equal(t, api.AgentStateAvailable, bob.Me().State, "it was not his fault")
					_, err := bob.Desktop.Accept(c.Context(), o.ID)
					c.IsRefused(err, 409, "offer_rescinded")
				}
				ana.Writes(i.ID, "sigo yo")
				c.Customer("lea").Hears("sigo yo")
				assert.Contains(t, ana.Sees(i.ID).Actions, "conference", "another may be asked")
			})
		}
	}
}
