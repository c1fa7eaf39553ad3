package floor

import (
	"net/url"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
)

// Board is how the supervisor's queues and teams stand.
func (a *Agent) Board() api.Board {
	a.f.T.Helper()
	b, err := a.Desktop.Board(a.f.ctx)
	require.NoError(a.f.T, err)
	return b
}

// Work are the conversations of the supervisor's queues; the filters are pairs of name and value.
func (a *Agent) Work(filters ...string) []api.Interaction {
	a.f.T.Helper()
	q := url.Values{}
	for n := 0; n+1 < len(filters); n += 2 {
		q.Add(filters[n], filters[n+1])
	}
	list, err := a.Desktop.Work(a.f.ctx, q)
	require.NoError(a.f.T, err)
	return list.Items
}

// LooksAt is a conversation as the supervisor sees it.
func (a *Agent) LooksAt(interaction string) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.LooksAt(a.f.ctx, interaction)
	require.NoError(a.f.T, err)
	return i
}

// TakesOver makes a conversation the supervisor's.
func (a *Agent) TakesOver(interaction string) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.TakeOver(a.f.ctx, interaction, desktop.Key(), "")
	require.NoError(a.f.T, err)
	return i
}

// Reassigns gives a conversation to another agent.
func (a *Agent) Reassigns(interaction, to string) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.Reassign(a.f.ctx, interaction, desktop.Key(), api.Reassignment{Agent: to})
	require.NoError(a.f.T, err)
	return i
}

// Requeues puts a conversation in front of its queue.
func (a *Agent) Requeues(interaction string) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.Requeue(a.f.ctx, interaction, desktop.Key(), "")
	require.NoError(a.f.T, err)
	return i
}

// EndsFor ends a conversation that somebody else has, or nobody.
func (a *Agent) EndsFor(interaction string) api.Interaction {
	a.f.T.Helper()
	i, err := a.Desktop.EndFor(a.f.ctx, interaction, desktop.Key(), "")
	require.NoError(a.f.T, err)
	return i
}
