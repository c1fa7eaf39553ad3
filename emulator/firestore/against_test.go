package firestore

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
)

// The benchmarks named Against ask Google's emulator and ours the same, over gRPC on the loopback and with the same client. Ours
// runs in the process of the client and shares its heap, Google's in one of its own on the same cores. Ours also reports how many
// times Google's rate it has; where Google's is not installed, its part is skipped.
//
//	go test ./emulator/firestore -run '^$' -bench Against

// contender is a server to measure.
type contender struct {
	name string
	addr func(testing.TB) string
}

const theirName = "google"

var (
	theirs = contender{theirName, warmGoogleAddr}
	ours   = contender{"ours", func(t testing.TB) string { return startServer(t, Options{}).Addr() }}

	// oursData is ours with every commit in a file.
	oursData = contender{"data", func(t testing.TB) string { return startServer(t, Options{Data: t.TempDir()}).Addr() }}
)

// warmGoogleAddr is where Google's emulator listens, whose virtual machine has compiled what a move needs.
func warmGoogleAddr(t testing.TB) string {
	addr := googleAddr(t)
	googleWarmed.Do(func() {
		a := newArena(t, theirName, addr)
		a.startMoves()
		a.inParallel(t, 5000, 16, (*arena).move)
	})
	return addr
}

var googleWarmed sync.Once

// arena is a database of its own on a contender.
type arena struct {
	*conversation
	addr  string
	rates map[string]float64 // Google's per second, by what was measured
	mine  bool               // this is not Google's

	done *atomic.Int64 // numbers what is done, so that nothing is done twice
}

// against lets Google's emulator and then the contenders be measured.
func against(b *testing.B, measure func(*arena, *testing.B), contenders ...contender) {
	compare(b, measure, append([]contender{theirs}, contenders...)...)
}

func compare(b *testing.B, measure func(*arena, *testing.B), contenders ...contender) {
	rates := map[string]float64{}
	for _, c := range contenders {
		b.Run(c.name, func(b *testing.B) {
			a := newArena(b, c.name, c.addr(b))
			a.rates = rates
			measure(a, b)
		})
	}
}

func newArena(t testing.TB, name, addr string) *arena {
	database := "projects/b" + strconv.FormatInt(time.Now().UnixNano(), 36) + "/databases/(default)"
	return &arena{
		conversation: &conversation{t, pb.NewFirestoreClient(dialAddr(t, addr)), database},
		addr:         addr, mine: name != theirName, done: &atomic.Int64{},
	}
}

// measure reports the rate of what b.N operations do, each of them the given number of units.
func (a *arena) measure(b *testing.B, name, unit string, each int, run func(*arena, *testing.B)) {
	b.Run(name, func(b *testing.B) {
		inner := *a
		inner.conversation = &conversation{b, a.FirestoreClient, a.database}
		b.ResetTimer()
		run(&inner, b)
		b.StopTimer()
		rate := float64(b.N*each) / b.Elapsed().Seconds()
		b.ReportMetric(rate, unit+"/s")
		switch google, known := a.rates[name]; {
		case !a.mine:
			a.rates[name] = rate
		case known:
			b.ReportMetric(rate/google, "×google")
		}
	})
}

// inParallel does something n times, as many at a time as given.
func (a *arena) inParallel(t testing.TB, n, atATime int, do func(*arena, int64) error) {
	var left atomic.Int64
	left.Store(int64(n))
	var workers sync.WaitGroup
	for range atATime {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				if !assert.NoError(t, do(a, a.done.Add(1))) {
					return
				}
			}
		})
	}
	workers.Wait()
}
