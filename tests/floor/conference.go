package floor

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
)

// Asks asks a second agent to join the conversation.
func (a *Agent) Asks(interaction string, wish api.ConferenceWish) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.Confer(a.f.ctx, interaction, desktop.Key(), wish)
	require.NoError(a.f.T, err)
	return i
}

// Cancels asks nobody any more.
func (a *Agent) Cancels(interaction string) api.Interaction {
	a.f.T.Helper()
	return a.does(interaction, a.Desktop.CancelConference)
}

// RemovesGuest takes the guest out.
func (a *Agent) RemovesGuest(interaction string) api.Interaction {
	a.f.T.Helper()
	return a.does(interaction, a.Desktop.RemoveGuest)
}

// Exits leaves as the guest.
func (a *Agent) Exits(interaction string) api.Interaction {
	a.f.T.Helper()
	return a.does(interaction, a.Desktop.Exit)
}

// HandsOver makes the guest the owner.
func (a *Agent) HandsOver(interaction string) api.Interaction {
	a.f.T.Helper()
	return a.does(interaction, a.Desktop.HandOver)
}

func (a *Agent) does(interaction string, what func(ctx context.Context, interaction, key string) (api.Interaction, error)) api.Interaction {
	a.f.T.Helper()
	i, err := what(a.f.ctx, interaction, desktop.Key())
	require.NoError(a.f.T, err)
	return i
}
