package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// R24, R26, B1: Bob accepts at the moment in which Ana cancels, ends the conversation, or signs out. Exactly one of them wins, the
// other is told so, and the records agree.
func TestAnAcceptRacesTheOwner(t *testing.T) {
	t.Parallel()
	for name, against := range map[string]func(c *floor.Floor, ana *floor.Agent, i string) error{
		"cancel": func(c *floor.Floor, ana *floor.Agent, i string) error {
			_, err := ana.Desktop.CancelConference(c.Context(), i, desktop.Key())
			return err
		},
		"end": func(c *floor.Floor, ana *floor.Agent, i string) error {
			_, err := ana.Desktop.End(c.Context(), i, desktop.Key())
			return err
		},
		"sign-out": func(c *floor.Floor, ana *floor.Agent, _ string) error {
			_, err := ana.Desktop.SignOut(c.Context(), true)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 5 {
				c := floor.Open(t)
				ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob")
				i := talks(c, ana, "lea")
				bob.SignsIn()
				ana.Asks(i.ID, bobToo())
				o := bob.IsOffered()
				var accepted, other error
				together(2, func(n int) {
					if n == 0 {
						_, accepted = bob.Desktop.Accept(c.Context(), o.ID)
					} else {
						other = against(c, ana, i.ID)
					}
				})
				c.Settle()
				agreesOnRace(c, name, i.ID, o.ID, accepted, other)
			}
		})
	}
}

// agreesOnRace looks who won.
func agreesOnRace(c *floor.Floor, name, talk, offer string, accepted, other error) {
	c.T.Helper()
	i, bob := read[desk.Interaction](c, talk), read[desk.Agent](c, "bob")
	if accepted != nil {
		c.IsRefused(accepted, 409, "offer_rescinded")
		require.NoError(c.T, other)
		assert.Equal(c.T, desk.OfferRescinded, read[desk.Offer](c, offer).State)
		assert.Empty(c.T, i.Second)
		assert.NotContains(c.T, bob.Seats, talk)
		return
	}
	assert.Contains(c.T, bob.Seats, talk, "he joined, whatever came after")
	switch name {
	case "cancel":
		c.IsRefused(other, 409, "in_conference")
		assert.Equal(c.T, "bob", i.Guest())
	case "end":
		require.NoError(c.T, other)
		assert.Equal(c.T, desk.InteractionWrapUp, i.State)
		assert.GreaterOrEqual(c.T, i.Owes("bob"), 0)
	case "sign-out":
		require.NoError(c.T, other)
		assert.Equal(c.T, "bob", i.Owner)
	}
	assert.Equal(c.T, string(api.OfferStateAccepted), string(read[desk.Offer](c, offer).State))
}
