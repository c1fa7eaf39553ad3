package tests

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// B1: a function dies just before a step of a transfer, and just after it the next time. The desktop repeats, and there is one
// transfer, which ends as the queue says when nobody takes it.
func TestATransferSurvivesADeathAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, step := range []struct{ function, on, to string }{
		{"transfer", "interactions", "bob"}, {"transfer", "offers", "bob"}, {"transfer", "/timers/offer", "bob"},
		{"transfer", "interactions", "support"}, {"transfer", "interaction.queued", "support"},
		{"timeout", "offers", "bob"}, {"timeout", "interactions", "bob"},
	} {
		t.Run(step.function+" "+step.on+" to "+step.to, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
			i := talks(c, ana, "lea")
			ana.Becomes(api.ChosenStateIdle)
			bob.SignsIn()
			c.Settle() // who hears now that he is here finds nobody who waits
			require.NoError(t, c.Suite.Faults.Set(faults.Plan{Once: []faults.Once{
				{Kind: faults.KillBefore, Function: step.function, On: step.on}, {Kind: faults.KillAfter, Function: step.function, On: step.on},
			}}))
			wish := api.TransferWish{Queue: step.to}
			if step.to == "bob" {
				wish = toBob()
			}
			key := desktop.Key()
			tries(c, func() error { _, err := ana.Desktop.Transfer(c.Context(), i.ID, key, wish); return err })
			o := bob.IsOffered()
			if step.function == "timeout" {
				stay(c, o.Deadline.Sub(o.Now), ana, bob)
				bob.Is(desk.AgentRONA)
				c.Settle()
				assert.Equal(t, api.InteractionStateQueued, ana.Sees(i.ID).State)
			} else {
				assert.Equal(t, "bob", bob.Accepts().Owner.ID)
			}
			assert.Equal(t, map[faults.Kind]int{faults.KillBefore: 1, faults.KillAfter: 1}, c.Suite.Faults.Count())
			given := 0
			for _, e := range events(ana.Sees(i.ID)) {
				if e == "transferred" {
					given++
				}
			}
			assert.Equal(t, 1, given)
			assert.Len(t, all[desk.Offer](c), 2, "the first one, and this")
		})
	}
}

// R23: the timer service refuses: the agent is asked all the same, and the sweep ends what rings too long.
func TestATransferWithoutItsTimer(t *testing.T) {
	t.Parallel()
	var refuse atomic.Bool
	c := floor.OpenWith(t, suite.Options{Tasks: tasks.Options{InterceptCreate: func(*cloudtaskspb.CreateTaskRequest) error {
		if refuse.Load() {
			return status.Error(codes.ResourceExhausted, "quota")
		}
		return nil
	}}})
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	ana.Becomes(api.ChosenStateIdle)
	bob.SignsIn()
	refuse.Store(true)
	ana.Transfers(i.ID, toBob())
	o := bob.IsOffered()
	stay(c, o.Deadline.Sub(o.Now), ana, bob)
	c.Sweep()
	bob.Is(desk.AgentRONA)
	c.Settle()
	assert.Equal(t, api.InteractionStateQueued, ana.Sees(i.ID).State)
}

// R23: the timer service is so slow that half of the offer's time is gone: nothing is stored, and the repeat succeeds. Nobody goes
// to RONA who had no time to answer.
func TestATransferThatWouldRingTooShortly(t *testing.T) {
	t.Parallel()
	var c *floor.Floor
	var slow atomic.Bool
	c = floor.OpenWith(t, suite.Options{Tasks: tasks.Options{InterceptCreate: func(*cloudtaskspb.CreateTaskRequest) error {
		if slow.Swap(false) {
			c.Suite.Clock.Advance(11 * time.Second)
		}
		return nil
	}}})
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
	i := talks(c, ana, "lea")
	bob.SignsIn()
	before := ana.Sees(i.ID).Version
	slow.Store(true)
	key := desktop.Key()
	_, err := ana.Desktop.Transfer(c.Context(), i.ID, key, toBob())
	c.IsRefused(err, 503, "busy")
	assert.Equal(t, before, ana.Sees(i.ID).Version)
	_, err = ana.Desktop.Transfer(c.Context(), i.ID, key, toBob())
	require.NoError(t, err)
	o := bob.IsOffered()
	assert.Greater(t, o.Deadline.Sub(o.OfferedAt), 10*time.Second)
}

// B1, R23: of all that agents and customers do at once with conversations that are given away, exactly one thing happens to each.
func TestExactlyOneThingHappensToATransfer(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"drop", "requeue", "return"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			unanswered(c, what)
			ana, bob := c.Agent("ana"), c.Agent("bob")
			for round := range 8 {
				ana.SignsIn()
				bob.SignsIn()
				bob.Becomes(api.ChosenStateIdle)
				ana.ComesBack()
				i := talks(c, ana, fmt.Sprint("c", round))
				ana.Becomes(api.ChosenStateIdle)
				bob.ComesBack()
				ana.Transfers(i.ID, toBob())
				o := bob.IsOffered()
				var accepted error
				together(4, func(n int) {
					switch n {
					case 0:
						_, accepted = bob.Desktop.Accept(c.Context(), o.ID)
					case 1:
						_ = contend(c, bob, "decline", o)
					case 2:
						_ = contend(c, bob, "expiry", o)
					case 3:
						_, _ = ana.Desktop.WrapUp(c.Context(), i.ID, desktop.Key(), api.WrapUpChoice{Reason: "question"})
					}
				})
				c.Settle()
				finishes(c, i.ID, accepted == nil)
			}
		})
	}
}

// finishes checks that records agree about a conversation that was given away, and brings it to its end.
func finishes(c *floor.Floor, interaction string, taken bool) {
	c.T.Helper()
	i := read[desk.Interaction](c, interaction)
	require.Equal(c.T, taken, i.Owner == "bob", "%s of %q", i.State, i.Owner)
	for range 8 {
		i = read[desk.Interaction](c, interaction)
		for _, a := range []string{"ana", "bob"} {
			seats := read[desk.Agent](c, a).Seats
			holds := false
			for _, l := range i.Legs {
				holds = holds || l.Agent == a && (l.To.IsZero() || l.WrapUp.State == desk.WrapUpOwed)
			}
			assert.Equal(c.T, holds, len(seats) == 1 && seats[0] == i.ID, "%s has %v of %s, which is %s", a, seats, i.ID, i.State)
		}
		switch {
		case i.State == desk.InteractionActive:
			c.Agent(i.Owner).Ends(i.ID)
		case len(i.Agents) > 0:
			c.Agent(i.Agents[0]).WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
		case i.State == desk.InteractionClosed:
			return
		default:
			c.Agent("ana").ComesBack()
			c.Agent("ana").Accepts()
		}
		c.Settle()
	}
	require.Fail(c.T, "it does not come to its end", "%+v", i)
}

// R23, B1: three agents ask the same one at once: exactly one is heard, the others are told that something rings there.
func TestThreeAskTheSameAgentAtOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
agents: [{id: dan, name: Dan, email: dan@acme.example, roles: [agent], teams: [support], capacity: 3}]
`)
	var talk []string
	for _, id := range []string{"ana", "carla", "dan"} {
		a := c.Agent(id).SignsIn()
		talk = append(talk, talks(c, a, "of-"+id).ID)
		a.Becomes(api.ChosenStateIdle)
	}
	c.Agent("bob").SignsIn()
	var mu sync.Mutex
	codes := map[string]int{}
	together(3, func(n int) {
		_, err := c.Agent([]string{"ana", "carla", "dan"}[n]).Desktop.Transfer(c.Context(), talk[n], desktop.Key(), toBob())
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			codes["heard"]++
		case isRefused(err, "target_busy"):
			codes["busy"]++
		default:
			codes[err.Error()]++
		}
	})
	assert.Equal(t, map[string]int{"heard": 1, "busy": 2}, codes)
	c.Agent("bob").Accepts()
}

// R8, B14, R22: the channel is removed, or the customer blocked, while an agent is asked to take the conversation over: it is closed,
// he can take it no more, and who gave it away settles what he owes.
func TestATransferIsCutShort(t *testing.T) {
	t.Parallel()
	for _, cut := range []struct {
		code, closed string
		do           func(c *floor.Floor, i api.Interaction)
	}{
		{"channel_removed", "removed", func(c *floor.Floor, _ api.Interaction) { c.DeletesAsset("whatsapp:100000000000001") }},
		{"customer_blocked", "blocked", func(c *floor.Floor, i api.Interaction) { blocks(c, i.Contact) }},
	} {
		t.Run(cut.code, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			unanswered(c, "return")
			ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
			i := talks(c, ana, "lea")
			bob.SignsIn()
			ana.Transfers(i.ID, toBob())
			o := bob.IsOffered()
			cut.do(c, i)
			_, err := bob.Desktop.Accept(c.Context(), o.ID)
			c.IsRefused(err, 409, cut.code)
			c.Settle()
			got := ana.Sees(i.ID)
			assert.Equal(t, []any{api.InteractionStateClosed, cut.closed}, []any{got.State, got.CloseReason})
			bob.IsNotOffered()
			assert.Equal(t, api.WrapUpStateDone, ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"}).Legs[0].WrapUp.State)
		})
	}
}

// B16, R22: the agent who is asked is deleted. It goes on as if he had not taken it: back to who gave it away, even when that one is
// his successor, or in front of its queue.
func TestTheAgentWhoIsAskedIsDeleted(t *testing.T) {
	t.Parallel()
	for _, want := range []struct{ what, successor, owner string }{
		{"return", "ana", "ana"}, {"return", "carla", "ana"}, {"requeue", "carla", ""},
	} {
		t.Run(want.what+" "+want.successor, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			unanswered(c, want.what)
			ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
			i := talks(c, ana, "lea")
			ana.Becomes(api.ChosenStateIdle)
			bob.SignsIn()
			ana.Transfers(i.ID, toBob())
			bob.IsOffered()
			got := c.Office("ada").Deletes("agents/bob", want.successor)
			require.Equal(t, 200, got.Status, got.Body)
			c.Settle()
			seen := ana.Sees(i.ID)
			assert.Equal(t, want.owner, seen.Owner.ID, seen.State)
			assert.Equal(t, map[bool]api.InteractionState{true: "active", false: "queued"}[want.owner != ""], seen.State)
			assert.Equal(t, 1, ana.Me().Load, "she has it, or owes her wrap-up")
		})
	}
}
