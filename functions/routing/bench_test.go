package routing

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// BenchmarkDrain offers 2 000 waiting conversations to 200 agents who take ten each and accept at once. It reports
// how many offers a second the passes alone make, and how many conversations a second are taken over all.
func BenchmarkDrain(b *testing.B) {
	const agents, waiting = 200, 2000
	for b.Loop() {
		b.StopTimer()
		f := open(b)
		f.fills(agents, waiting)
		begun := time.Now()
		b.StartTimer()
		var passing time.Duration
		for taken := 0; taken < waiting; {
			at := time.Now()
			require.NoError(b, f.pass(context.Background(), sales))
			passing += time.Since(at)
			n := f.acceptAll(b, agents)
			require.Positive(b, n, "the pass offers nothing")
			taken += n
		}
		b.ReportMetric(waiting/passing.Seconds(), "offers/s")
		b.ReportMetric(waiting/time.Since(begun).Seconds(), "taken/s")
	}
}

// acceptAll has every agent who rings accept.
func (f *room) acceptAll(b *testing.B, agents int) int {
	recs := make([]desk.Record, agents)
	all := make([]desk.Agent, agents)
	for n := range all {
		all[n].ID = agentID(n)
		recs[n] = &all[n]
	}
	require.NoError(b, f.Store.Reader().Load(context.Background(), recs...))
	var g errgroup.Group
	g.SetLimit(claims)
	taken := 0
	for _, a := range all {
		if a.Offer == "" {
			continue
		}
		taken++
		g.Go(func() error {
			_, err := f.Store.Move(context.Background(), func(ctx context.Context, r *store.Reader) (desk.Change, error) {
				o, a, i, err := r.Offer(ctx, a.Offer)
				if err != nil {
					return desk.Change{}, err
				}
				return desk.AcceptOffer(o, a, i, a.ID, f.Now())
			})
			return err
		})
	}
	require.NoError(b, g.Wait())
	return taken
}

// BenchmarkPass makes offers for 200 pairs.
func BenchmarkPass(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		f := open(b)
		f.fills(200, 200)
		b.StartTimer()
		begun := time.Now()
		require.NoError(b, f.pass(context.Background(), sales))
		b.ReportMetric(200/time.Since(begun).Seconds(), "offers/s")
	}
}
