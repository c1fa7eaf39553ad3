package routing

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// BenchmarkDrain offers all who wait to a tenth as many agents, who take ten each and accept at once. It reports how long the passes
// took in all, how many offers a second that makes, and how many conversations a second are taken with the acceptances.
func BenchmarkDrain(b *testing.B) {
	for _, waiting := range []int{2000, 20_000} {
		b.Run(fmt.Sprint(waiting), func(b *testing.B) {
			for b.Loop() {
				drain(b, waiting)
			}
		})
	}
}

func drain(b *testing.B, waiting int) {
	b.StopTimer()
	agents := waiting / 10
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
	b.ReportMetric(passing.Seconds(), "s-passing")
	b.ReportMetric(float64(waiting)/passing.Seconds(), "offers/s")
	b.ReportMetric(float64(waiting)/time.Since(begun).Seconds(), "taken/s")
}

// BenchmarkClaim offers 2 000 who wait to as many agents, page by page as a pass does, and reports how long a claim takes: the timer
// and the commit, beside as many others as a pass makes at once.
func BenchmarkClaim(b *testing.B) {
	const pairs = 2000
	for b.Loop() {
		b.StopTimer()
		f := open(b)
		f.fills(pairs, pairs)
		w := walk{handlers: f.handlers, token: sales, broken: map[string]bool{}}
		var took []time.Duration
		var mu sync.Mutex
		b.StartTimer()
		begun := time.Now()
		for len(took) < pairs {
			r := f.Store.Reader()
			agents, err := r.FreeAgents(context.Background(), sales, desk.StrategyLongest, pageMax, desk.Agent{})
			require.NoError(b, err)
			waiting, err := r.Waiting(context.Background(), []string{sales}, pageMax, desk.Interaction{})
			require.NoError(b, err)
			var g errgroup.Group
			g.SetLimit(claims)
			for _, p := range desk.Match(agents, waiting) {
				g.Go(func() error {
					at := time.Now()
					_, _, err := w.claim(context.Background(), r, p)
					mu.Lock()
					defer mu.Unlock()
					took = append(took, time.Since(at))
					return err
				})
			}
			require.NoError(b, g.Wait())
		}
		b.ReportMetric(pairs/time.Since(begun).Seconds(), "offers/s")
		slices.Sort(took)
		b.ReportMetric(float64(took[pairs*99/100].Microseconds())/1000, "ms-p99")
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
				x, err := r.Offer(ctx, a.Offer)
				if err != nil {
					return desk.Change{}, err
				}
				return desk.AcceptOffer(x, a.ID, f.Now())
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
