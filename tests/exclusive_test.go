package tests

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// known is the contact of a customer who has had a conversation with the agent, which is over.
func known(c *floor.Floor, who *floor.Customer, with *floor.Agent) string {
	c.T.Helper()
	who.Writes("hola")
	i := with.Accepts()
	over(c, with, i.ID)
	return i.Contact
}

// belongs is a supervisor who gives a contact an agent of his own in Sales.
func belongs(c *floor.Floor, contact, agent string) api.Contact {
	c.T.Helper()
	got, err := c.Agent("sam").Desktop.SetExclusive(c.Context(), contact, "sales", agent, time.Time{})
	require.NoError(c.T, err)
	c.Settle()
	return got
}

// stay moves the clock while the agents are at their desks.
func stay(c *floor.Floor, d time.Duration, agents ...*floor.Agent) {
	c.T.Helper()
	for d > 0 {
		for _, a := range agents {
			_, err := a.Desktop.Renew(c.Context())
			require.NoError(c.T, err)
		}
		step := min(d, desk.LeaseEvery)
		c.Advance(step)
		d -= step
	}
}

// R30: a supervisor makes Bob the agent of Lea in Sales. Her next conversation is offered to him, although Ana has been free
// for longer, and to nobody else; other customers go to Ana as before.
func TestAnExclusiveAgentIsAskedBeforeTheOthers(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	contact := known(c, lea, ana)
	bob := c.Agent("bob").SignsIn()
	got := belongs(c, contact, "bob")
	require.Len(t, got.Exclusives, 1)
	e := got.Exclusives[0]
	assert.Equal(t, "Sales, Bob Marsh by sam", e.Queue.Name+", "+e.Agent.Name+" by "+e.By)
	assert.True(t, e.Until.IsZero())
	assert.Equal(t, []string{"exclusive_set sam"}, moved(got))

	lea.Writes("hola otra vez")
	o := bob.IsOffered()
	assert.Equal(t, "exclusive", o.Why)
	ana.IsNotOffered()
	c.Customer("max").Writes("hola")
	assert.Equal(t, "Max", ana.IsOffered().Customer.Name)
	i := bob.Accepts()
	assert.Equal(t, []string{"opened", "offered", "accepted"}, events(i))
	seen, err := bob.Desktop.Contact(c.Context(), contact)
	require.NoError(t, err)
	assert.Equal(t, got.Exclusives, seen.Exclusives)
}

// asksForBob has Lea, who is Bob's, write while he has a break and Ana is free.
func asksForBob(t *testing.T) (c *floor.Floor, ana, bob *floor.Agent, lea *floor.Customer) {
	t.Helper()
	c = floor.Open(t)
	ana, lea = c.Agent("ana").SignsIn(), c.Customer("lea")
	belongs(c, known(c, lea, ana), "bob")
	bob = c.Agent("bob").SignsIn()
	bob.Becomes(api.ChosenStateIdle)
	lea.Writes("¿está Bob?")
	return c, ana, bob, lea
}

// R30: while Bob is busy or away from his desk for a while, Lea waits for him; nobody waits behind her. After five minutes she
// is everybody's.
func TestAnExclusiveAgentIsWaitedForForFiveMinutes(t *testing.T) {
	t.Parallel()
	c, ana, bob, lea := asksForBob(t)
	ana.IsNotOffered()
	c.Customer("max").Writes("hola")
	assert.Equal(t, "Max", ana.Accepts().Customer.Name, "who came later is not held up")
	stay(c, 4*time.Minute, ana, bob)
	lea.Writes("¿hola?")
	c.Sweep()
	ana.IsNotOffered()
	stay(c, time.Minute, ana, bob)
	c.Sweep()
	i := ana.Accepts()
	assert.Equal(t, "Lea", i.Customer.Name)
	assert.Equal(t, []string{"opened", "overflowed", "offered", "accepted"}, events(i))
}

// R30: Bob comes back from his break in time.
func TestAnExclusiveAgentWhoComesBackFindsHisCustomer(t *testing.T) {
	t.Parallel()
	c, ana, bob, _ := asksForBob(t)
	c.Settle()
	bob.Becomes(api.ChosenStateAvailable)
	assert.Equal(t, "Lea", bob.IsOffered().Customer.Name)
	ana.IsNotOffered()
}

// R30: nobody waits for an exclusive agent who is not there, goes away, or does not take it; without any sweep.
func TestNobodyWaitsForAnExclusiveAgentInVain(t *testing.T) {
	t.Parallel()
	for name, vain := range map[string]func(c *floor.Floor, bob *floor.Agent, lea *floor.Customer){
		"he has not signed in": func(_ *floor.Floor, _ *floor.Agent, lea *floor.Customer) { lea.Writes("¿está Bob?") },
		"he signs out while she waits": func(c *floor.Floor, bob *floor.Agent, lea *floor.Customer) {
			bob.SignsIn().Becomes(api.ChosenStateIdle)
			lea.Writes("¿está Bob?")
			c.Settle()
			_, err := bob.Desktop.SignOut(c.Context(), false)
			require.NoError(c.T, err)
		},
		"his desktop vanishes while she waits": func(c *floor.Floor, bob *floor.Agent, lea *floor.Customer) {
			bob.SignsIn().Becomes(api.ChosenStateIdle)
			lea.Writes("¿está Bob?")
			stay(c, desk.LeaseFor, c.Agent("ana"))
		},
		"he declines": func(c *floor.Floor, bob *floor.Agent, lea *floor.Customer) {
			bob.SignsIn()
			lea.Writes("¿está Bob?")
			_, err := bob.Desktop.Decline(c.Context(), bob.IsOffered().ID)
			require.NoError(c.T, err)
		},
		"he goes idle while it rings": func(_ *floor.Floor, bob *floor.Agent, lea *floor.Customer) {
			bob.SignsIn()
			lea.Writes("¿está Bob?")
			bob.IsOffered()
			bob.Becomes(api.ChosenStateIdle)
		},
		"he lets it expire": func(c *floor.Floor, bob *floor.Agent, lea *floor.Customer) {
			bob.SignsIn()
			lea.Writes("¿está Bob?")
			o := bob.IsOffered()
			stay(c, o.Deadline.Sub(o.Now), c.Agent("ana"), bob)
			bob.Is(desk.AgentRONA)
		},
		"he is deleted while she waits": func(c *floor.Floor, bob *floor.Agent, lea *floor.Customer) {
			bob.SignsIn().Becomes(api.ChosenStateIdle)
			lea.Writes("¿está Bob?")
			c.Settle()
			require.Equal(c.T, http.StatusOK, c.Office("ada").Deletes("agents/bob", "").Status)
		},
		"he has left the team": func(c *floor.Floor, bob *floor.Agent, lea *floor.Customer) {
			bob.SignsIn()
			c.Office("ada").Changes("agents/bob", `{"name":"Bob","email":"bob@acme.example","roles":["agent"],"teams":["travel"],"capacity":3}`)
			c.Settle()
			lea.Writes("¿está Bob?")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
			belongs(c, known(c, lea, ana), "bob")
			vain(c, c.Agent("bob"), lea)
			assert.Equal(t, "Lea", ana.IsOffered().Customer.Name)
			assert.Equal(t, desk.Awaited{}, byCustomer(c, lea).Awaits)
		})
	}
}

// R30: the hint that Bob has gone is lost; the sweep finds who waits for him.
func TestTheSweepFindsWhoWaitsInVain(t *testing.T) {
	t.Parallel()
	c, ana, _, _ := asksForBob(t)
	c.Settle()
	r := c.Store.Reader()
	gone := desk.Agent{Head: desk.Head{ID: "bob"}}
	require.NoError(t, r.Load(c.Context(), &gone))
	gone.State = desk.AgentOffline
	require.NoError(t, r.Save(c.Context(), desk.Change{Save: []desk.Record{&gone}}))
	ana.IsNotOffered()
	c.Sweep()
	assert.Equal(t, "Lea", ana.IsOffered().Customer.Name)
}

// R30: setting and removing counts at once for a conversation that waits; an offer that rings goes on.
func TestAnExclusiveAgentForWhoWaitsNow(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	contact := known(c, lea, ana)
	ana.Becomes(api.ChosenStateIdle)
	bob := c.Agent("bob").SignsIn()
	bob.Becomes(api.ChosenStateIdle)
	lea.Writes("hola")
	c.Settle()
	belongs(c, contact, "bob")
	ana.Becomes(api.ChosenStateAvailable)
	ana.IsNotOffered()
	got, err := c.Agent("sam").Desktop.DropExclusive(c.Context(), contact, "sales")
	require.NoError(t, err)
	assert.Empty(t, got.Exclusives)
	assert.Equal(t, []string{"exclusive_set sam", "exclusive_dropped sam"}, moved(got))
	o := ana.IsOffered()
	belongs(c, contact, "bob")
	bob.Becomes(api.ChosenStateAvailable)
	bob.IsNotOffered()
	_, err = ana.Desktop.Decline(c.Context(), o.ID)
	require.NoError(t, err)
	assert.Equal(t, "Lea", bob.IsOffered().Customer.Name)
}

// R30: it may end by itself.
func TestAnExclusiveAgentForSomeTime(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	contact := known(c, lea, ana)
	bob, sam := c.Agent("bob").SignsIn(), c.Agent("sam")
	until := desk.Micro(c.Suite.Clock.Now().Add(time.Minute))
	got, err := sam.Desktop.SetExclusive(c.Context(), contact, "sales", "bob", until)
	require.NoError(t, err)
	assert.Equal(t, until, got.Exclusives[0].Until)
	stay(c, time.Minute, ana, bob)
	seen, err := sam.Desktop.Contact(c.Context(), contact)
	require.NoError(t, err)
	assert.Empty(t, seen.Exclusives)
	lea.Writes("hola")
	assert.Equal(t, "Lea", ana.IsOffered().Customer.Name)
}

// R30, B16: an exclusive agent can be deleted; who gets his ID later is another person. So can the queue.
func TestDeletingAnExclusiveAgentOrHisQueue(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	contact := known(c, lea, ana)
	belongs(c, contact, "bob")
	office := c.Office("ada")
	require.Equal(t, http.StatusOK, office.Deletes("agents/bob", "").Status, "an exclusive does not keep him")
	exclusives := func() []api.Exclusive {
		got, err := ana.Desktop.Contact(c.Context(), contact)
		require.NoError(t, err)
		return got.Exclusives
	}
	assert.Empty(t, exclusives())
	c.Advance(time.Second)
	office.Creates("agents/bob", `{"name":"Bob the other","email":"bob@acme.example","roles":["agent"],"teams":["support"],"capacity":3}`)
	assert.Empty(t, exclusives())
	ana.SignsIn()
	c.Agent("bob").SignsIn()
	lea.Writes("hola")
	assert.Equal(t, "Lea", ana.IsOffered().Customer.Name)

	_, err := c.Agent("sam").Desktop.SetExclusive(c.Context(), contact, "returns", "ana", time.Time{})
	require.NoError(t, err)
	require.Len(t, exclusives(), 1)
	require.Equal(t, http.StatusOK, office.Deletes("queues/returns", "").Status)
	assert.Empty(t, exclusives())
	_, err = c.Agent("sam").Desktop.SetExclusive(c.Context(), contact, "returns", "ana", time.Time{})
	c.IsRefused(err, 404, "queue_missing")
}

// R30, R20: a conversation that is transferred to a queue is there the exclusive agent's.
func TestATransferToAQueueGoesToTheExclusiveAgent(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	contact := known(c, lea, ana)
	lea.Writes("hola")
	i := ana.Accepts()
	c.Agent("bob").SignsIn()
	carla := c.Agent("carla").SignsIn()
	_, err := ana.Desktop.SetExclusive(c.Context(), contact, "support", "carla", time.Time{})
	require.NoError(t, err, "from the conversation")
	require.NoError(t, ana.Desktop.Call(c.Context(), http.MethodPost, "/v1/interactions/"+i.ID+"/transfer", desktop.Key(),
		api.TransferWish{Queue: "support"}, nil))
	o := carla.IsOffered()
	assert.Equal(t, "Support exclusive", o.Queue.Name+" "+o.Why)
}

// R30: who may, and what is refused; a repeat changes nothing.
func TestSettingAnExclusiveAgentIsGuarded(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	contact := known(c, lea, ana)
	sam := c.Agent("sam")
	now := c.Suite.Clock.Now()
	w.NothingHappens(c, func() {
		for _, x := range []struct {
			who                   *floor.Agent
			contact, queue, agent string
			until                 time.Time
			status                int
			code                  string
		}{
			{ana, contact, "sales", "bob", time.Time{}, 403, "not_your_contact"},
			{sam, "nobodys-id", "sales", "bob", time.Time{}, 404, "contact_missing"},
			{sam, contact, "nothing", "bob", time.Time{}, 404, "queue_missing"},
			{sam, contact, "sales", "eve", time.Time{}, 404, "agent_missing"},
			{sam, contact, "bookings", "bob", time.Time{}, 409, "target_not_in_team"},
			{sam, contact, "sales", "bob", now, 400, "until_past"},
			{sam, contact, "sales", "Bob!", time.Time{}, 400, "bad_request"},
		} {
			_, err := x.who.Desktop.SetExclusive(c.Context(), x.contact, x.queue, x.agent, x.until)
			c.IsRefused(err, x.status, x.code)
		}
		_, err := ana.Desktop.DropExclusive(c.Context(), contact, "sales")
		c.IsRefused(err, 403, "not_your_contact")
		_, err = sam.Desktop.DropExclusive(c.Context(), contact, "sales")
		require.NoError(t, err, "there is none")
	})
	first := belongs(c, contact, "bob")
	w.NothingHappens(c, func() {
		again, err := c.Agent("ada").Desktop.SetExclusive(c.Context(), contact, "sales", "bob", time.Time{})
		require.NoError(t, err)
		assert.Equal(t, first.Version, again.Version)
	})
}
