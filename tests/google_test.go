package tests

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// R1, R3, R4, R15, R27: a conversation lives on Google's Pub/Sub emulator as it does on ours, and on both of Google's emulators together.
func TestAConversationOnGooglesEmulators(t *testing.T) {
	t.Run("Pub/Sub", func(t *testing.T) {
		conversationOn(t, floor.OnGooglesPubSub(t, suite.Options{}))
	})
	t.Run("Pub/Sub and Firestore", func(t *testing.T) {
		conversationOn(t, floor.OnGooglesFirestore(t, floor.OnGooglesPubSub(t, suite.Options{})))
	})
}

// conversationOn is the life of one WhatsApp conversation whose first agent misses it. It waits for what must happen, because
// Google's Pub/Sub does not tell when everything has come to rest.
func conversationOn(t *testing.T, o suite.Options) {
	c := floor.OpenWith(t, o)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	offer := ana.IsOffered()
	bob := c.Agent("bob").SignsIn()
	for range 2 { // a lease is of real time too
		for _, a := range []*floor.Agent{ana, bob} {
			_, err := a.Desktop.Renew(c.Context())
			require.NoError(t, err)
		}
		c.Suite.Clock.Advance(offer.Deadline.Sub(offer.Now) / 2)
	}
	ana.Is(desk.AgentRONA)

	i := bob.Accepts()
	assert.Equal(t, offer.Interaction, i.ID)
	bob.Writes(i.ID, "buenas 👋")
	c.Soon("Bob is heard", func() error { return are(lea.Received(), "buenas 👋") })
	lea.Writes("gracias")
	lea.Writes("adiós")
	c.Soon("Lea is heard", func() error { return are(texts(bob.Reads(i.ID)), "hola", "buenas 👋", "gracias", "adiós") })
	assert.Equal(t, api.InteractionStateWrapup, bob.Ends(i.ID).State)
	closed := bob.WrapsUp(i.ID, api.WrapUpChoice{Reason: "sale", SubReason: "new"})
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, []string{"opened", "offered", "expired", "offered", "accepted", "ended", "wrapped_up", "closed"}, events(closed))
	assert.Equal(t, []string{"buenas 👋"}, lea.Received(), "exactly once")
}

// are checks texts and their order.
func are(got []string, want ...string) error {
	if !slices.Equal(want, got) {
		return fmt.Errorf("it is %q, not %q", got, want)
	}
	return nil
}
