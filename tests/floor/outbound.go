package floor

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
)

// Starts begins a conversation with a contact.
func (a *Agent) Starts(contact string, wish api.NewInteraction) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.Start(a.f.ctx, contact, desktop.Key(), wish)
	require.NoError(a.f.T, err)
	return i
}

// HasTalked has a person write to the agent, who ends the conversation and signs out, and lets the time pass until the agent is
// back. It gives the ID of the person's contact.
func (a *Agent) HasTalked(who Person, ago time.Duration) string {
	a.f.T.Helper()
	a.SignsIn()
	who.Writes("hola")
	i := a.Accepts()
	a.Ends(i.ID)
	a.WrapsUp(i.ID, Question)
	_, err := a.Desktop.SignOut(a.f.ctx, false)
	require.NoError(a.f.T, err)
	a.f.Advance(ago)
	a.SignsIn()
	return i.Contact
}
