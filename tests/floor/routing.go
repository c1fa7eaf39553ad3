package floor

import (
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// Question is a wrap-up that needs no sub-reason.
var Question = api.WrapUpChoice{Reason: "question"}

// Hint publishes hints, as a function does after its save.
func (f *Floor) Hint(hints ...desk.Hint) {
	f.T.Helper()
	b, err := bus.Open(f.ctx, f.Suite.Bus)
	require.NoError(f.T, err)
	defer func() { require.NoError(f.T, b.Close()) }()
	require.NoError(f.T, b.Hint(f.ctx, hints...))
}

// Tasks are the conversations on the agent's desktop.
func (a *Agent) Tasks() []api.Interaction {
	a.f.T.Helper()
	list, err := a.Desktop.Tasks(a.f.ctx)
	require.NoError(a.f.T, err)
	return list.Items
}

// ComesBack makes an agent available who is in RONA, idle or away. Whoever is there already keeps his place: on a slow machine his
// lease may be about to end.
func (a *Agent) ComesBack() {
	a.f.T.Helper()
	if a.SignsIn().Me().State != api.AgentStateAvailable {
		a.Becomes(api.ChosenStateAvailable)
	}
}

// Configure imports a piece of configuration as the administrator, and waits until every function uses it.
func (f *Floor) Configure(file string) {
	f.T.Helper()
	_, err := f.Agent("ada").Desktop.Import(f.ctx, []byte(file), false)
	require.NoError(f.T, err)
	f.Advance(store.ConfigAge)
}
