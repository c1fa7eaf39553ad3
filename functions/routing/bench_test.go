package routing

import (
	"context"
	"fmt"
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
		s := &shift{room: open(b)}
		s.fills(pairs, pairs)
		b.StartTimer()
		begun := time.Now()
		s.claims(sales)
		b.ReportMetric(float64(len(s.took))/time.Since(begun).Seconds(), "offers/s")
		b.ReportMetric(float64(s.p99().Microseconds())/1000, "ms-p99")
	}
}

// BenchmarkShift is a centre at work: three profiles, agents of whom a third has the skills of each, with limits in all and on the
// channel, and of every ten offers one that nobody answers. It reports how many offers a second the passes make, how long a claim
// takes beside as many others as a pass makes at once, and how many offers of a hundred ended in RONA. Between the passes agents
// accept, end, wrap up and come back, which is not counted.
func BenchmarkShift(b *testing.B) {
	const agents, customers = 900, 6000
	for b.Loop() {
		b.StopTimer()
		s := opensShift(b, agents, customers)
		var passing time.Duration
		b.StartTimer()
		for s.served < customers {
			begun := time.Now()
			for _, token := range s.tokens {
				s.claims(token)
			}
			passing += time.Since(begun)
			s.answers()
		}
		b.ReportMetric(float64(len(s.took))/passing.Seconds(), "offers/s")
		b.ReportMetric(float64(s.p99().Microseconds())/1000, "ms-p99")
		b.ReportMetric(100*float64(s.rona)/float64(len(s.took)), "%-rona")
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
