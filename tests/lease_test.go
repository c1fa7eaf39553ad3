package tests

import (
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// B4: a desktop that renews its lease stays for as long as it does.
func TestADesktopThatRenewsStays(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	before := ana.Me()
	for range 12 {
		c.Advance(desk.LeaseEvery)
		lease, err := ana.Desktop.Renew(c.Context())
		require.NoError(t, err)
		isLeasedFor(t, 30*time.Second, lease)
	}
	c.Advance(desk.LeaseFor - 10*time.Second)
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
			_, err := ana.Desktop.Renew(c.Context())
			require.NoError(t, err)
			c.Advance(desk.LeaseFor - 5*time.Second)
			assert.Equal(t, api.AgentStateAvailable, ana.Me().State, "not before")
			c.Customer("eva").Writes("suena aún")
			last := ana.IsOffered()
			c.Advance(5 * time.Second)
			reminded()
			ana.Is(desk.AgentOffline)
			assert.Equal(t, desk.OfferDeclined, read[desk.Offer](c, last.ID).State)
			_, err = ana.Desktop.Renew(c.Context())
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
			stay(c, desk.Grace-15*time.Second, bob)
			assert.Equal(t, api.InteractionStateActive, ana.Sees(i.ID).State, "for a minute")
			stay(c, 15*time.Second, bob)
			reminded()
			assert.Equal(t, api.InteractionStateQueued, ana.Sees(i.ID).State)
			bob.Becomes(api.ChosenStateAvailable)
			bobHas(i, "hola", "buenas", "¿sigue ahí?")
			assert.Contains(t, events(bob.Sees(i.ID)), "handed_back")
			assert.Equal(t, 0, ana.Me().Load)
		})
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
	c.Advance(desk.Grace - 15*time.Second)
	back := ana.Elsewhere().SignsIn()
	assert.Equal(t, api.AgentStateAvailable, back.Me().State)
	stay(c, 3*desk.Grace, back)
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
	stay(c, 2*desk.LeaseFor, later)
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
