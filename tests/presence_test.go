package tests

import (
	"fmt"
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
		isLeasedFor(t, 30*time.Second, s.Lease)
		assert.Equal(t, 10, s.Lease.RenewEvery)

		again, err := ana.Desktop.SignIn(c.Context(), api.ChosenStateAvailable)
		require.NoError(t, err)
		assert.Equal(t, s.Agent, again.Agent, "a repeat renews the lease and changes nothing else")
		assert.Greater(t, again.Lease.Version, s.Lease.Version)
		_, err = ana.Desktop.SignOut(c.Context(), false)
		require.NoError(t, err)
		err = ana.Desktop.Call(c.Context(), http.MethodPost, "/v1/agents/me/session", "", with.wish, nil)
		c.IsRefused(err, 409, "session_ended") // a sign-in that got stuck on its way brings nobody back
		out, err := ana.Desktop.SignOut(c.Context(), false)
		require.NoError(t, err, "signing out again")
		assert.Equal(t, api.AgentStateOffline, out.State)
	}
}

// isLeasedFor checks how long a lease that was just given goes on, but for what it took to answer.
func isLeasedFor(t *testing.T, want time.Duration, l api.Lease) {
	t.Helper()
	left := l.Until.Sub(l.Now)
	assert.LessOrEqual(t, left, want)
	assert.Greater(t, left, want*3/4)
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
	stay(c, o.Deadline.Sub(o.Now), ana)
	ana.Is(desk.AgentRONA)
	lea.Writes("¿¿hola??")
	c.Customer("max").Writes("hola")
	stay(c, desk.Patience, ana)
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
	stay(c, o.Deadline.Sub(o.Now), a)
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
	stay(c, o.Deadline.Sub(o.Now), ana)
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
	stay(c, o.Deadline.Sub(o.Now), ana)
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
