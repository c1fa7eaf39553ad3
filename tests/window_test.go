package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// R35: a day after the customer's last word WhatsApp takes no answer any more. The desktop sees how long there is time, the
// answer is refused before anything is sent, and the customer's next word opens the window again.
func TestAfterADayWhatsAppTakesNoAnswer(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana"), c.Customer("lea")
	lea.Writes("hola")
	c.Advance(24*time.Hour - time.Minute)
	i := ana.SignsIn().Accepts()
	assert.Equal(t, api.Window{State: api.WindowStateOpen, Until: i.LastCustomerMessageAt.Add(24 * time.Hour)}, i.Window)
	assert.Contains(t, i.Actions, "send")
	stay(c, time.Minute, ana)

	seen := ana.Sees(i.ID)
	assert.Equal(t, api.Window{State: api.WindowStateClosed}, seen.Window)
	assert.NotContains(t, seen.Actions, "send")
	_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "¿sigues ahí?")
	c.IsRefused(err, 409, "window_closed")
	c.Settle()
	assert.Empty(t, lea.Received())

	lea.Writes("sí")
	c.Settle()
	ana.Writes(i.ID, "bien")
	lea.Hears("bien")
}

// R35: Messenger takes an agent's answer for a week, marked as a human's after a day.
func TestAfterADayMessengerTakesAHumansAnswer(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea, max := c.Agent("ana"), c.Visitor("lea"), c.Visitor("max")
	lea.Writes("hola")
	c.Advance(6 * 24 * time.Hour)
	max.Writes("hola")
	c.Advance(24*time.Hour - time.Minute)
	i := ana.SignsIn().Accepts()
	assert.Equal(t, api.Window{State: api.WindowStateHuman, Until: i.LastCustomerMessageAt.Add(7 * 24 * time.Hour)}, i.Window)
	ana.Writes(i.ID, "uno")
	lea.Hears("uno")
	j := ana.Accepts()
	assert.Equal(t, api.WindowStateOpen, j.Window.State)
	ana.Writes(j.ID, "dos")
	max.Hears("dos")
	late, early := lea.Who.Received(), max.Who.Received()
	require.Len(t, late, 1)
	require.Len(t, early, 1)
	assert.Equal(t, []string{"MESSAGE_TAG", "HUMAN_AGENT"}, []string{late[0].Type, late[0].Tag})
	assert.Equal(t, []string{"RESPONSE", ""}, []string{early[0].Type, early[0].Tag})

	stay(c, time.Minute, ana)
	_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "tres")
	c.IsRefused(err, 409, "window_closed")
}
