package floor

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// Passes moves the clock while the agents stay at their desks, and the sweep looks round every ten seconds.
func (f *Floor) Passes(d time.Duration, agents ...*Agent) {
	f.T.Helper()
	stay := func() {
		for _, a := range agents {
			_, err := a.Desktop.Renew(f.ctx)
			require.NoError(f.T, err)
		}
	}
	stay() // of the lease there may be less left than a step: the clock was moved before, and goes on by itself
	for d > 0 {
		step := min(d, desk.LeaseEvery)
		f.Advance(step)
		d -= step
		stay()
		f.Sweep()
	}
}
