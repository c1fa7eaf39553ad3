package tests

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// B4: signing in makes an agent available or idle, as he likes; without a wish he is idle and says later what he wants.
func TestSigningInAsAvailableOrIdle(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana")
	assert.Equal(t, api.AgentStateOffline, ana.Me().State)
	assert.Equal(t, api.List[string]{"sign_in"}, ana.Me().Actions)
	_, err := ana.Desktop.Set(c.Context(), desktop.Key(), api.StateChange{State: api.ChosenStateAvailable})
	c.IsRefused(err, 409, "agent_offline")

	for _, with := range []struct {
		wish   api.SignIn
		state  api.AgentState
		reason string
	}{
		{api.SignIn{State: api.ChosenStateAvailable}, api.AgentStateAvailable, ""},
		{api.SignIn{State: api.ChosenStateAvailable, Reason: "lunch"}, api.AgentStateAvailable, ""},
		{api.SignIn{State: api.ChosenStateIdle}, api.AgentStateIdle, "signed_in"},
		{api.SignIn{State: api.ChosenStateIdle, Reason: "reading mail"}, api.AgentStateIdle, "reading mail"},
		{api.SignIn{}, api.AgentStateIdle, "signed_in"},
		{api.SignIn{Reason: "reading mail"}, api.AgentStateIdle, "reading mail"},
	} {
		with.wish.Session = ana.Desktop.Session
		var s api.Session
		require.NoError(t, ana.Desktop.Call(c.Context(), http.MethodPost, "/v1/agents/me/session", "", with.wish, &s), "%+v", with.wish)
		assert.Equal(t, with.state, s.Agent.State, "%+v", with.wish)
		assert.Equal(t, with.reason, s.Agent.Reason, "%+v", with.wish)
		assert.Equal(t, 30*time.Second, s.Lease.Until.Sub(s.Lease.Now).Round(time.Second))
		assert.Equal(t, 10, s.Lease.RenewEvery)

		again, err := ana.Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
		require.NoError(t, err)
		assert.Equal(t, s.Agent, again.Agent, "a repeat renews the lease and changes nothing else")
		assert.Greater(t, again.Lease.Version, s.Lease.Version)
		_, err = ana.Desktop.SignOut(c.Context(), false)
		require.NoError(t, err)
		out, err := ana.Desktop.SignOut(c.Context(), false)
		require.NoError(t, err, "signing out again")
		assert.Equal(t, api.AgentStateOffline, out.State)
	}
}

// R2: whatever else an agent is, while he is not available nothing rings at him.
func TestNothingRingsAtWhoIsNotAvailable(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana"), c.Customer("lea")
	lea.Writes("hola")
	ana.IsNotOffered() // offline, never signed in
	_, err := ana.Desktop.SignIn(c.Context(), api.ChosenStateIdle)
	require.NoError(t, err)
	ana.IsNotOffered() // idle
	lea.Writes("¿hola?")
	c.Advance(desk.Patience)
	c.Sweep()
	ana.IsNotOffered() // idle, although the customer writes again and the sweep reminds
	ana.Becomes(api.ChosenStateAvailable)
	o := ana.IsOffered()
	keeps(c, ana, o.Deadline.Sub(o.Now))
	ana.Is(desk.AgentRONA)
	lea.Writes("¿¿hola??")
	c.Customer("max").Writes("hola")
	keeps(c, ana, desk.Patience)
	c.Sweep()
	ana.IsNotOffered() // RONA
	_, err = ana.Desktop.SignOut(c.Context(), false)
	require.NoError(t, err)
	c.Customer("zoe").Writes("hola")
	ana.IsNotOffered() // offline again
}

// misses lets an offer expire.
func misses(c *floor.Floor, a *floor.Agent, customer string) api.Agent {
	c.T.Helper()
	c.Customer(customer).Writes("hola")
	o := a.IsOffered()
	keeps(c, a, o.Deadline.Sub(o.Now))
	return a.Is(desk.AgentRONA)
}

// R3: RONA is found again however the agent went away and whatever he asks for when he comes back.
func TestRONAIsFoundAgain(t *testing.T) {
	t.Parallel()
	for how, away := range map[string]func(*floor.Floor, *floor.Agent){
		"after signing out": func(c *floor.Floor, a *floor.Agent) {
			out, err := a.Desktop.SignOut(c.Context(), false)
			require.NoError(c.T, err)
			assert.Equal(c.T, api.AgentStateOffline, out.State)
		},
		"after the desktop vanished": func(c *floor.Floor, a *floor.Agent) {
			c.Advance(desk.LeaseFor)
			a.Is(desk.AgentOffline)
		},
		"at another desktop": func(*floor.Floor, *floor.Agent) {},
		"after signing out, in and out": func(c *floor.Floor, a *floor.Agent) {
			for range 2 {
				_, err := a.Desktop.SignOut(c.Context(), false)
				require.NoError(c.T, err)
				_, err = a.Desktop.SignIn(c.Context(), api.ChosenStateIdle)
				require.NoError(c.T, err)
			}
			_, err := a.Desktop.SignOut(c.Context(), false)
			require.NoError(c.T, err)
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := floor.Open(t)
			ana := c.Agent("ana").SignsIn()
			misses(c, ana, "lea")
			away(c, ana)
			back := ana.Elsewhere()
			s, err := back.Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
			require.NoError(t, err)
			assert.Equal(t, api.AgentStateRONA, s.Agent.State)
			assert.Equal(t, api.List[string]{"available", "idle", "sign_out"}, s.Agent.Actions)
			back.IsNotOffered()
			back.Becomes(api.ChosenStateAvailable)
			assert.Equal(t, "Lea", back.IsOffered().Customer.Name)
		})
	}
}

// R3: only who has seen RONA can end it. A request of before, or of who knows not what, is refused.
func TestLeavingRONATakesHavingSeenIt(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	before := ana.Me().Version
	rona := misses(c, ana, "lea")
	for _, state := range []api.ChosenState{api.ChosenStateAvailable, api.ChosenStateIdle} {
		for _, version := range []int64{0, before, rona.Version - 1} {
			_, err := ana.Desktop.Set(c.Context(), desktop.Key(), api.StateChange{State: state, Version: version})
			c.IsRefused(err, 412, "rona_unseen")
			assert.Equal(t, rona, ana.Me(), "nothing changed")
		}
	}
	back, err := ana.Desktop.Set(c.Context(), desktop.Key(), api.StateChange{State: api.ChosenStateIdle, Reason: "lunch", Version: rona.Version})
	require.NoError(t, err)
	assert.Equal(t, api.AgentStateIdle, back.State)
	assert.Equal(t, "lunch", back.Reason)
	available, err := ana.Desktop.Set(c.Context(), desktop.Key(), api.StateChange{State: api.ChosenStateAvailable})
	require.NoError(t, err, "out of anything else no version is needed")
	assert.Equal(t, api.AgentStateAvailable, available.State)
}

// R3: a request that got stuck on its way and comes after the agent missed another offer does not end RONA, even when
// so much has happened since that nobody remembers its key.
func TestALateRetryDoesNotEndALaterRONA(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	first := misses(c, ana, "lea")
	key := desktop.Key()
	wish := api.StateChange{State: api.ChosenStateAvailable, Version: first.Version}
	_, err := ana.Desktop.Set(c.Context(), key, wish)
	require.NoError(t, err)
	o := ana.IsOffered()
	keeps(c, ana, o.Deadline.Sub(o.Now))
	second := ana.Is(desk.AgentRONA)

	late, err := ana.Desktop.Set(c.Context(), key, wish)
	require.NoError(t, err, "a repeat is answered")
	assert.Equal(t, second, late, "with the agent as he is now, and changes nothing")

	ana.Becomes(api.ChosenStateIdle)
	for n := range 9 { // more keys than are remembered
		_, err := ana.Desktop.Set(c.Context(), desktop.Key(), api.StateChange{State: api.ChosenStateIdle, Reason: fmt.Sprint("pause ", n)})
		require.NoError(t, err)
	}
	ana.Becomes(api.ChosenStateAvailable)
	o = ana.IsOffered()
	keeps(c, ana, o.Deadline.Sub(o.Now))
	third := ana.Is(desk.AgentRONA)
	_, err = ana.Desktop.Set(c.Context(), key, wish)
	c.IsRefused(err, 412, "rona_unseen")
	assert.Equal(t, third, ana.Me())
}

// R3: an idempotency key names one wish.
func TestAKeyNamesOneWish(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	key := desktop.Key()
	idle, err := ana.Desktop.Set(c.Context(), key, api.StateChange{State: api.ChosenStateIdle, Reason: "lunch"})
	require.NoError(t, err)
	again, err := ana.Desktop.Set(c.Context(), key, api.StateChange{State: api.ChosenStateIdle, Reason: "lunch"})
	require.NoError(t, err)
	assert.Equal(t, idle, again)
	for _, other := range []api.StateChange{
		{State: api.ChosenStateAvailable}, {State: api.ChosenStateIdle}, {State: api.ChosenStateIdle, Reason: "tea"},
	} {
		_, err = ana.Desktop.Set(c.Context(), key, other)
		c.IsRefused(err, 422, "key_reused")
	}
	assert.Equal(t, idle, ana.Me())
	_, err = ana.Desktop.Set(c.Context(), "", api.StateChange{State: api.ChosenStateIdle})
	c.IsRefused(err, 400, "bad_request")
}

// R3: going idle while it rings is a refusal, but with the agent's own reason; somebody else is asked before those who
// came later.
func TestGoingIdleWhileItRingsDeclines(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("la primera")
	o := ana.IsOffered()
	c.Customer("max").Writes("el segundo")
	c.Settle()
	idle := ana.Becomes(api.ChosenStateIdle)
	assert.Equal(t, api.AgentStateIdle, idle.State)
	assert.Empty(t, idle.Offer)
	assert.Equal(t, desk.OfferDeclined, read[desk.Offer](c, o.ID).State)
	_, err := ana.Desktop.Accept(c.Context(), o.ID)
	c.IsRefused(err, 409, "offer_declined")

	bob := c.Agent("bob").SignsIn()
	i := bob.Accepts()
	assert.Equal(t, o.Interaction, i.ID, "in front")
	assert.Equal(t, []string{"opened", "offered", "declined", "offered", "accepted"}, events(i))
	assert.Equal(t, "Max", bob.IsOffered().Customer.Name)
	ana.IsNotOffered()
}

// R3, B10: conversations stay with who goes idle; who signs out must hand them over.
func TestSigningOutWithConversations(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("la primera")
	i := ana.Accepts()
	ana.Writes(i.ID, "buenas")
	c.Customer("zoe").Writes("la que termina")
	owed := ana.Accepts()
	ana.Ends(owed.ID)
	c.Customer("eva").Writes("la que suena")
	rings := ana.IsOffered()
	idle := ana.Becomes(api.ChosenStateIdle)
	assert.Equal(t, 2, idle.Load)
	assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State, "it stays hers")
	c.Customer("max").Writes("el segundo")
	c.Settle()

	_, err := ana.Desktop.SignOut(c.Context(), false)
	c.IsRefused(err, 409, "has_conversations")
	assert.Equal(t, api.AgentStateIdle, ana.Me().State)
	out, err := ana.Desktop.SignOut(c.Context(), true)
	require.NoError(t, err)
	assert.Equal(t, api.AgentStateOffline, out.State)
	assert.Equal(t, 1, out.Load, "the wrap-up she owes stays hers")
	gone := ana.Sees(i.ID)
	assert.Equal(t, api.InteractionStateQueued, gone.State)
	assert.Equal(t, api.WrapUpStateSkipped, gone.Legs[0].WrapUp.State)
	assert.Empty(t, gone.Actions)

	bob := c.Agent("bob").SignsIn()
	assert.Equal(t, rings.Interaction, bob.Accepts().ID, "in front of everybody is who has waited the longest without a break")
	next := bob.Accepts()
	assert.Equal(t, i.ID, next.ID, "then who was handed over, before who came later")
	assert.Equal(t, []string{"la primera", "buenas"}, texts(bob.Reads(i.ID)))
	ana.WrapsUp(owed.ID, api.WrapUpChoice{Reason: "question"})
	assert.Equal(t, 0, ana.Me().Load)
}

// B4: a desktop that renews its lease stays, for hours.
func TestADesktopThatRenewsStays(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	before := ana.Me()
	for range 12 {
		c.Advance(desk.LeaseEvery)
		lease, err := ana.Desktop.Renew(c.Context())
		require.NoError(t, err)
		assert.Equal(t, 30*time.Second, lease.Until.Sub(lease.Now).Round(time.Second))
	}
	c.Advance(desk.LeaseFor - 3*time.Second)
	assert.Equal(t, before, ana.Me(), "the agent's record was not touched")
}

// vanishes lets the lease run out, with everything that follows from it at once.
func vanishes(c *floor.Floor, a *floor.Agent) {
	c.T.Helper()
	c.Advance(desk.LeaseFor)
	a.Is(desk.AgentOffline)
}

// B4: a desktop that vanishes is noticed after thirty seconds. What rang goes on at once; conversations wait a minute,
// then go on in front of those who came later, with everything that was said.
func TestADesktopThatVanishes(t *testing.T) {
	t.Parallel()
	for how, options := range map[string]suite.Options{"the timers ring": {}, "the timers are lost": {Tasks: withoutTimers("/timers/lease", "/timers/grace")}} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := floor.OpenWith(t, options)
			reminded := func() {
				if how == "the timers are lost" {
					c.Advance(desk.Patience)
					c.Sweep()
				}
			}
			ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
			lea := c.Customer("lea")
			lea.Writes("hola")
			i := ana.Accepts()
			ana.Writes(i.ID, "buenas")
			c.Advance(desk.LeaseFor - 5*time.Second)
			assert.Equal(t, api.AgentStateAvailable, ana.Me().State, "not before")
			c.Customer("eva").Writes("suena aún")
			last := ana.IsOffered()
			c.Advance(5 * time.Second)
			reminded()
			ana.Is(desk.AgentOffline)
			assert.Equal(t, desk.OfferDeclined, read[desk.Offer](c, last.ID).State)
			_, err := ana.Desktop.Renew(c.Context())
			c.IsRefused(err, 409, "lease_lost")

			bobHas := func(want api.Interaction, said ...string) {
				t.Helper()
				got := bob.Accepts()
				assert.Equal(t, want.ID, got.ID)
				assert.Equal(t, said, texts(bob.Reads(got.ID)))
			}
			bob.SignsIn()
			bobHas(api.Interaction{ID: last.Interaction}, "suena aún")
			bob.Becomes(api.ChosenStateIdle)
			c.Customer("max").Writes("llegué tarde")
			assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State, "it waits for her")
			lea.Writes("¿sigue ahí?")
			keeps(c, bob, desk.Grace-5*time.Second)
			assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State, "for a minute")
			keeps(c, bob, 5*time.Second)
			reminded()
			assert.Equal(t, api.InteractionStateQueued, ana.Sees(i.ID).State)
			bob.Becomes(api.ChosenStateAvailable)
			bobHas(i, "hola", "buenas", "¿sigue ahí?")
			assert.Contains(t, events(bob.Sees(i.ID)), "handed_back")
			assert.Equal(t, 0, ana.Me().Load)
		})
	}
}

// keeps moves the clock while the agent's desktop stays.
func keeps(c *floor.Floor, a *floor.Agent, d time.Duration) {
	c.T.Helper()
	for d > 0 {
		_, err := a.Desktop.Renew(c.Context())
		require.NoError(c.T, err)
		step := min(d, desk.LeaseEvery)
		c.Advance(step)
		d -= step
	}
}

// withoutTimers are task queues that refuse timers for these paths.
func withoutTimers(paths ...string) tasks.Options {
	return tasks.Options{InterceptCreate: func(req *cloudtaskspb.CreateTaskRequest) error {
		for _, path := range paths {
			if url := req.GetTask().GetHttpRequest().GetUrl(); len(url) > len(path) && url[len(url)-len(path):] == path {
				return status.Error(codes.Unavailable, "no timers today")
			}
		}
		return nil
	}}
}

// B4: who comes back within the minute, at whatever desktop, finds the conversations.
func TestComingBackWithinTheGraceKeepsTheConversations(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	vanishes(c, ana)
	lea.Writes("¿sigue ahí?")
	c.Advance(desk.Grace - 5*time.Second)
	back := ana.Elsewhere().SignsIn()
	assert.Equal(t, api.AgentStateAvailable, back.Me().State)
	keeps(c, back, 3*desk.Grace)
	c.Sweep()
	assert.Equal(t, api.InteractionStateActive, back.Sees(i.ID).State)
	assert.Equal(t, []string{"hola", "¿sigue ahí?"}, texts(back.Reads(i.ID)))
	back.Writes(i.ID, "sí, perdone")
	c.Settle()
	assert.Equal(t, []string{"sí, perdone"}, lea.Received())
	assert.NotContains(t, events(back.Sees(i.ID)), "handed_back")

	vanishes(c, back)
	c.Advance(desk.Grace)
	assert.Equal(t, api.InteractionStateQueued, back.Sees(i.ID).State, "a later absence has a grace of its own")
}

// B4: the later desktop wins; the earlier one is told so and can no longer sign the agent out.
func TestALaterDesktopTakesOver(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	ana.Becomes(api.ChosenStateIdle)
	later := ana.Elsewhere()
	s, err := later.Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
	require.NoError(t, err)
	assert.Equal(t, api.AgentStateIdle, s.Agent.State, "who is signed in keeps the state he is in")
	_, err = ana.Desktop.Renew(c.Context())
	c.IsRefused(err, 409, "session_replaced")
	_, err = ana.Desktop.SignOut(c.Context(), true)
	c.IsRefused(err, 409, "session_replaced")
	keeps(c, later, 2*desk.LeaseFor)
	assert.Equal(t, api.AgentStateIdle, later.Me().State)
	assert.Equal(t, api.InteractionStateActive, later.Sees(i.ID).State)
	ana.SignsIn()
	_, err = later.Desktop.Renew(c.Context())
	c.IsRefused(err, 409, "session_replaced")
}

// B4: an agent who never was at a desktop has no lease to renew; nor has one who signed out.
func TestThereIsNoLeaseToRenewWithoutADesktop(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana")
	_, err := ana.Desktop.Renew(c.Context())
	c.IsRefused(err, 409, "lease_lost")
	ana.SignsIn()
	_, err = ana.Desktop.SignOut(c.Context(), false)
	require.NoError(t, err)
	_, err = ana.Desktop.Renew(c.Context())
	c.IsRefused(err, 409, "lease_lost")
	c.Advance(desk.LeaseFor)
	c.Sweep()
	assert.Equal(t, []string{"signed_in", "signed_out"}, moves(read[desk.Agent](c, "ana").History), "the timer of the lease changes nothing")
}

// B4: a timer service that refuses for a while loses nobody: its calls come again.
func TestATimerThatCannotSetItsSuccessorComesAgain(t *testing.T) {
	t.Parallel()
	var refuse atomic.Bool
	o := withoutTimers("/timers/lease")
	intercept := o.InterceptCreate
	o.InterceptCreate = func(req *cloudtaskspb.CreateTaskRequest) error {
		if refuse.Load() {
			return intercept(req)
		}
		return nil
	}
	c := floor.OpenWith(t, suite.Options{Tasks: o})
	ana := c.Agent("ana").SignsIn()
	c.Advance(20 * time.Second)
	_, err := ana.Desktop.Renew(c.Context())
	require.NoError(t, err)
	refuse.Store(true)
	c.Advance(10 * time.Second) // the timer rings, the lease holds, and the timer cannot be set anew
	refuse.Store(false)
	assert.Equal(t, api.AgentStateAvailable, ana.Me().State)
	c.Advance(20 * time.Second)
	c.Advance(20 * time.Second) // for the pause before a timer comes again
	ana.Is(desk.AgentOffline)
}

func moves(h desk.History) []string {
	var out []string
	for _, e := range h.Entries {
		out = append(out, e.Event)
	}
	return out
}
