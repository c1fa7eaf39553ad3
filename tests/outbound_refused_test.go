package tests

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// B13: who cannot begin a conversation is told why, and nothing is stored.
func TestWhoCannotStartAConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob, lea := c.Agent("ana"), c.Agent("bob"), c.Customer("lea")
	contact := ana.HasTalked(lea, 48*time.Hour)
	refused := func(a *floor.Agent, wish api.NewInteraction, status int, code string) {
		t.Helper()
		_, err := a.Desktop.Start(c.Context(), contact, desktop.Key(), wish)
		c.IsRefused(err, status, code)
	}
	in := func(queue, asset string) api.NewInteraction {
		return api.NewInteraction{Queue: queue, Asset: asset, Template: ready().Template}
	}
	refused(bob, ready(), 409, "agent_offline")
	refused(ana, in("nothing", ""), 404, "queue_missing")
	refused(ana, in("bookings", ""), 403, "not_your_queue")
	refused(ana, in("returns", ""), 409, "queue_not_serving")
	refused(ana, in("sales", "whatsapp:100000000000002"), 400, "other_asset")
	_, err := ana.Desktop.Start(c.Context(), "nobody", desktop.Key(), ready())
	c.IsRefused(err, 404, "contact_missing")

	lea.Prefers(false)
	c.Settle()
	refused(ana, ready(), 409, "opted_out")
	lea.Prefers(true)
	c.Settle()
	blocks(c, contact)
	refused(ana, ready(), 409, "customer_blocked")
	_, err = c.Agent("sam").Desktop.Unblock(c.Context(), contact)
	require.NoError(t, err)

	max := c.Customer("max")
	bob.SignsIn()
	max.Writes("hola")
	offer := ana.IsOffered()
	stay(c, offer.Deadline.Sub(offer.Now), ana, bob)
	ana.Is(desk.AgentRONA)
	refused(ana, ready(), 409, "agent_rona")
	assert.Equal(t, []string{"hola"}, texts(bob.Reads(bob.Accepts().ID)))
	ana.Becomes(api.ChosenStateIdle)
	c.DeletesAsset("whatsapp:100000000000001")
	refused(ana, ready(), 409, "channel_removed")
	c.Settle()
	assert.Empty(t, lea.Received())
	assert.Len(t, all[desk.Interaction](c), 2)
}

// B13: one who is idle may begin; one who holds as many as he can may not, and what rings for him counts.
func TestStartingTakesRoom(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana")
	contact := ana.HasTalked(c.Customer("lea"), 48*time.Hour)
	for n := range 2 {
		c.Customer(fmt.Sprint("one", n)).Writes("hola")
		ana.Accepts()
	}
	c.Customer("max").Writes("hola")
	ana.IsOffered()
	_, err := ana.Desktop.Start(c.Context(), contact, desktop.Key(), ready())
	c.IsRefused(err, 409, "agent_full")
	ana.Becomes(api.ChosenStateIdle)
	i := ana.Starts(contact, ready())
	assert.Equal(t, 3, ana.Me().Load)
	_, err = ana.Desktop.Start(c.Context(), i.Contact, desktop.Key(), ready())
	c.IsRefused(err, 409, "agent_full")
	ana.Becomes(api.ChosenStateAvailable)
	ana.IsNotOffered()
	over(c, ana, i.ID)
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name)
}

// B13: a conversation that is open is not begun a second time. The refusal names it, and who has it.
func TestAConversationThatIsOpen(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob, lea := c.Agent("ana"), c.Agent("bob"), c.Customer("lea")
	contact := ana.HasTalked(lea, 48*time.Hour)
	ana.Becomes(api.ChosenStateIdle)
	problem := func(a *floor.Agent) api.Problem {
		t.Helper()
		_, err := a.Desktop.Start(c.Context(), contact, desktop.Key(), ready())
		var r *desktop.Refused
		require.ErrorAs(t, err, &r)
		require.Equal(t, "409 conversation_open", fmt.Sprint(r.Status, " ", r.Problem.Code))
		return r.Problem
	}
	lea.Writes("hola")
	c.Settle()
	waits := problem(ana)
	assert.NotEmpty(t, waits.Interaction)
	assert.Zero(t, waits.Owner)
	bob.SignsIn()
	i := bob.Accepts()
	has := problem(ana)
	assert.Equal(t, []any{i.ID, "bob"}, []any{has.Interaction, has.Owner.ID})
	assert.Equal(t, waits.Interaction, has.Interaction)
	bob.Ends(i.ID)
	next := ana.Starts(contact, ready()) // his wrap-up holds nobody up
	lea.Hears(readyReads)
	bob.WrapsUp(i.ID, floor.Question)
	assert.Equal(t, api.InteractionStateActive, ana.Sees(next.ID).State)
}

// B13: two agents begin at once, each asks twice, and the customer writes at the same moment. There is one conversation with her:
// all that was said stands in it, or in none.
func TestManyStartAtOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, bob := c.Agent("ana"), c.Agent("bob").SignsIn()
	bob.Becomes(api.ChosenStateIdle)
	for round := range 5 {
		lea := c.Customer(fmt.Sprint("lea", round))
		contact := ana.HasTalked(lea, 48*time.Hour)
		ana.Becomes(api.ChosenStateIdle)
		_, err := bob.Desktop.SignIn(c.Context(), api.ChosenStateIdle)
		require.NoError(t, err)
		var mu sync.Mutex
		won, wg := []string{}, sync.WaitGroup{}
		for _, a := range []*floor.Agent{ana, bob} {
			key := desktop.Key()
			for range 2 {
				wg.Go(func() {
					i, err := a.Desktop.Start(c.Context(), contact, key, ready())
					mu.Lock()
					defer mu.Unlock()
					var r *desktop.Refused
					switch {
					case err == nil:
						won = append(won, i.Owner.ID+" "+i.ID)
					case !errors.As(err, &r) || r.Problem.Code != "conversation_open":
						assert.NoError(t, err)
					}
				})
			}
		}
		wg.Go(func() { lea.Writes("hola") })
		wg.Wait()
		c.Settle()
		slices.Sort(won)
		won = slices.Compact(won)
		require.LessOrEqual(t, len(won), 1, "one begins it, or she did")
		open := slices.DeleteFunc(all[desk.Interaction](c), func(i desk.Interaction) bool { return i.Contact != contact || !i.State.Open() })
		require.Len(t, open, 1)
		want := []string{"hola"}
		if len(won) == 1 {
			require.Equal(t, won[0], open[0].Owner+" "+open[0].ID)
			want = []string{readyReads, "hola"}
			assert.Equal(t, []string{readyReads}, lea.Received())
		}
		said := slices.DeleteFunc(all[desk.Message](c), func(m desk.Message) bool { return m.Interaction != open[0].ID })
		assert.Len(t, said, len(want))
		for _, m := range said {
			assert.Contains(t, want, m.Text)
		}
		finish(c, ana, bob, open[0])
	}
}

// finish ends what one of the agents has, or takes what waits and ends that.
func finish(c *floor.Floor, ana, bob *floor.Agent, i desk.Interaction) {
	c.T.Helper()
	if i.Owner == "" {
		ana.Becomes(api.ChosenStateAvailable)
		ana.Accepts()
		i.Owner = "ana"
	}
	for _, a := range []*floor.Agent{ana, bob} {
		if a.ID == i.Owner {
			over(c, a, i.ID)
		}
	}
	for _, a := range []*floor.Agent{ana, bob} {
		_, err := a.Desktop.SignOut(c.Context(), false)
		require.NoError(c.T, err)
	}
}
