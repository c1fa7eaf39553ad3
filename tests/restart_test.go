package tests

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// restarted is the floor after the suite was killed at this moment: another suite, with nothing but the files the first one
// had written by now. Events and timers under way are gone.
func restarted(t *testing.T, data string) *floor.Floor {
	t.Helper()
	copied := t.TempDir()
	require.NoError(t, os.CopyFS(copied, os.DirFS(data)))
	c := floor.OpenEmpty(t, suite.Options{Data: copied})
	require.Positive(t, c.Suite.Firestore.Loaded().Documents)
	return c
}

// sitsOn is the agent at the desktop he had before the restart, which has got itself a new token.
func sitsOn(c *floor.Floor, before *floor.Agent) *floor.Agent {
	a := c.Agent(before.ID)
	a.Desktop.Session = before.Desktop.Session
	return a
}

// R32: the suite is killed in the middle of a conversation. It goes on: nothing that was said is gone.
func TestAConversationGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	c := floor.OpenWith(t, suite.Options{Data: data})
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	ana.Writes(i.ID, "¡Hola, Lea!")
	c.Customer("lea").Hears("¡Hola, Lea!")
	c.Settle()
	before := ana.Sees(i.ID)

	c = restarted(t, data)
	ana = sitsOn(c, ana)
	assert.Equal(t, before, ana.Sees(i.ID))
	_, err := ana.Desktop.Renew(c.Context())
	require.NoError(t, err, "his desktop is still signed in")
	lea := c.Customer("lea")
	lea.Writes("¿sigues ahí?")
	ana.Writes(i.ID, "Aquí estoy.")
	lea.Hears("Aquí estoy.")
	c.Settle()
	assert.ElementsMatch(t, []string{"hola", "¡Hola, Lea!", "¿sigues ahí?", "Aquí estoy."}, texts(ana.Reads(i.ID)))
	ana.Ends(i.ID)
	assert.Equal(t, api.InteractionStateClosed, ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"}).State)
}

// R32, R3: killed while an offer rings, whose timer is gone with it. The agent takes it after the restart, or the sweep sees
// that nobody did and the next one is asked.
func TestAnOfferRingsOnAfterARestart(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	c := floor.OpenWith(t, suite.Options{Data: data})
	ana := c.Agent("ana").SignsIn()
	c.Settle()
	bob := c.Agent("bob").SignsIn()
	c.Customer("lea").Writes("hola")
	o := ana.IsOffered()
	c.Settle()

	taken := restarted(t, data)
	again := sitsOn(taken, ana)
	assert.Equal(t, o.ID, again.IsOffered().ID)
	assert.Equal(t, o.Interaction, again.Accepts().ID)

	missed := restarted(t, data)
	missed.Advance(20 * time.Second)
	require.Equal(t, o.ID, missed.Agent("ana").Me().Offer, "its timer is gone")
	missed.Sweep()
	missed.Agent("ana").Is(desk.AgentRONA)
	assert.Equal(t, o.Interaction, sitsOn(missed, bob).Accepts().ID)
}

// R32, B1: killed while the hint that somebody waits is under way. The sweep finds who waits.
func TestWhoWaitsIsServedAfterARestart(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	underWay := make(chan struct{}, 1)
	c := floor.OpenWith(t, suite.Options{Data: data, PubSub: pubsub.Options{InterceptDelivery: func(d pubsub.Delivery) pubsub.Fault {
		if !strings.Contains(d.Subscription, "/"+desk.HintInteractionQueued+".") {
			return pubsub.Fault{}
		}
		underWay <- struct{}{}
		return pubsub.Fault{Delay: time.Hour}
	}}})
	bob := c.Agent("bob").SignsIn()
	c.Customer("lea").Writes("hola")
	select {
	case <-underWay:
	case <-time.After(floor.Patience):
		require.Fail(t, "nobody is told that she waits")
	}

	c = restarted(t, data)
	bob = sitsOn(c, bob)
	bob.IsNotOffered()
	c.Advance(desk.Patience)
	c.Sweep()
	i := bob.Accepts()
	assert.Equal(t, []string{"hola"}, texts(bob.Reads(i.ID)))
}
