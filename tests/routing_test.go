package tests

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// R2, R3, B1: twenty routing passes at once over two hundred who wait and fifty who are free. Nobody is given away
// twice, and in the end nobody waits beside a free agent.
func TestTwentyPassesAtOnceGiveNobodyAwayTwice(t *testing.T) {
	t.Parallel()
	c := floor.OpenEmpty(t, suite.Options{})
	token := desk.Token("sales", desk.WhatsApp)
	now := desk.Micro(c.Suite.Clock.Now())
	centre := []desk.Record{&desk.Queue{Head: desk.Head{ID: "sales"}, Name: "Sales", OfferTimeout: time.Minute}}
	for n := range 50 {
		a := desk.Agent{Head: desk.Head{ID: fmt.Sprintf("agent-%02d", n)}, Capacity: 2, Serves: []string{token},
			State: desk.AgentAvailable, FreeSince: now.Add(time.Duration(n) * time.Millisecond)}.Settle()
		centre = append(centre, &a)
	}
	for n := range 200 {
		centre = append(centre, &desk.Interaction{Head: desk.Head{ID: fmt.Sprintf("waiting-%03d", n)}, State: desk.InteractionQueued,
			Channel: desk.WhatsApp, Queue: "sales", Wants: token, WaitingSince: now, Rank: int64(n + 1)})
	}
	require.NoError(t, c.Store.Reader().Save(c.Context(), desk.Change{Save: centre}))

	hints := make([]desk.Hint, 20)
	for n := range hints {
		hints[n] = desk.Hint{Event: desk.HintInteractionQueued, Token: token}
	}
	c.Hint(hints...)
	c.Settle()

	offers := all[desk.Offer](c)
	assert.Len(t, offers, 50, "every agent is asked once")
	asked, given := map[string]int{}, map[string]int{}
	for _, o := range offers {
		asked[o.Agent]++
		given[o.Interaction]++
	}
	for id, n := range asked {
		assert.Equal(t, 1, n, id)
	}
	for id, n := range given {
		assert.Equal(t, 1, n, id)
	}
	for n := range 50 {
		assert.Equal(t, 1, given[fmt.Sprintf("waiting-%03d", n)], "who came first is served first: %d", n)
	}
	for _, a := range all[desk.Agent](c) {
		assert.NotEmpty(t, a.Offer)
		assert.Empty(t, a.Takes, "who is asked can take nothing else")
		assert.LessOrEqual(t, len(a.Seats), a.Capacity)
	}
	agree(c)
}

// R3, B1: the same over HTTP: customers write while agents accept, let offers expire, come back and wrap up. At the end
// everybody who can be served is.
func TestABusyHourLeavesNobodyWaitingBesideAFreeAgent(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	agents := []*floor.Agent{c.Agent("ana").SignsIn(), c.Agent("bob").SignsIn(), c.Agent("carla").SignsIn()}
	const customers = 24
	together(customers, func(n int) { c.Customer(fmt.Sprintf("kim%02d", n)).Writes("hola") })
	c.Settle()
	for round := 0; len(waitingNow(c)) > 0 && round < 4*customers; round++ {
		agree(c)
		for _, a := range agents {
			a.SignsIn() // their leases may be shorter than the hour
		}
		together(len(agents), func(n int) {
			a := agents[n]
			if a.Me().Offer == "" {
				return
			}
			i := a.Accepts()
			if (round+n)%3 > 0 {
				a.Ends(i.ID)
				a.WrapsUp(i.ID, floor.Question)
			}
		})
		c.Settle()
		if round == 3 { // one lets an offer ring out and comes back
			if o := agents[0].Me().Offer; o != "" {
				c.Advance(time.Minute)
				for _, a := range agents {
					a.ComesBack()
				}
				c.Settle()
			}
		}
		for _, a := range agents {
			for _, i := range a.Tasks() {
				if i.State == "active" && len(a.Tasks()) > 2 {
					a.Ends(i.ID)
					a.WrapsUp(i.ID, floor.Question)
				}
			}
		}
		c.Settle()
	}
	agree(c)
	assert.Empty(t, waitingNow(c))
}

// waitingNow are the conversations nobody has been offered.
func waitingNow(c *floor.Floor) []string {
	var ids []string
	for _, i := range all[desk.Interaction](c) {
		if i.State == desk.InteractionQueued {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// agree checks that agents, offers and interactions tell one story, once everything has come to rest: one pending offer
// for each who rings, seats held as the interactions say, nobody above capacity, and nobody waiting beside somebody
// free for him.
func agree(c *floor.Floor) {
	c.T.Helper()
	pending := map[string]desk.Offer{}
	for _, o := range all[desk.Offer](c) {
		if o.State == desk.OfferPending {
			pending[o.ID] = o
		}
	}
	free := map[string]bool{}
	ringing := 0
	seats := map[string][]string{}
	for _, a := range all[desk.Agent](c) {
		assert.LessOrEqual(c.T, len(a.Seats), a.Capacity, "%s is above capacity", a.ID)
		for _, token := range a.Takes {
			free[token] = true
		}
		for _, i := range a.Seats {
			seats[i] = append(seats[i], a.ID)
		}
		if a.Offer != "" {
			ringing++
			assert.Equal(c.T, a.ID, pending[a.Offer].Agent, "%s rings", a.ID)
			assert.Equal(c.T, desk.AgentAvailable, a.State, "%s rings", a.ID)
		}
	}
	assert.Len(c.T, pending, ringing, "offers that ring at nobody's desktop")
	for _, i := range all[desk.Interaction](c) {
		assert.ElementsMatch(c.T, i.Agents, seats[i.ID], "%s", i.ID)
		switch i.State {
		case desk.InteractionOffered:
			assert.Equal(c.T, i.ID, pending[i.Offer].Interaction)
		case desk.InteractionQueued:
			assert.False(c.T, free[i.Wants], "%s waits beside a free agent", i.ID)
		}
	}
}
