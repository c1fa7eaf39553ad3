package routing

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	emulator "github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// world is a centre at work around the routing function: customers write, agents come, go, accept, decline and end, an
// administrator changes everything, time passes. Of the hints that all of them give, many are lost.
type world struct {
	*room
	rand *rand.Rand
	lost float64 // how many of the hints

	now     atomic.Int64 // microseconds
	mu      sync.Mutex
	hints   []desk.Hint // on their way
	dropped int
	changed map[string]time.Time // when each queue was configured last
}

func (w *world) clock() time.Time { return time.UnixMicro(w.now.Load()).UTC() }

func (w *world) passes(d time.Duration) { w.now.Add(d.Microseconds()) }

// openWorld is a world with agents who are not there yet.
func openWorld(t testing.TB, seed uint64, queues []desk.Queue, agents []desk.Agent) *world {
	t.Helper()
	w := &world{room: open(t), rand: rand.New(rand.NewPCG(seed, 1)), changed: map[string]time.Time{}}
	w.now.Store(noon.UnixMicro())
	var err error
	w.Store, err = store.Open(context.Background(), store.Config{Project: "test", Endpoint: w.records, Now: w.clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.Store.Close() })
	w.Now = w.clock
	w.Bus = w.listens(t)
	w.configures(desk.Setup{Queues: queues, Agents: agents})
	return w
}

// listens is a bus whose events are hints on their way.
func (w *world) listens(t testing.TB) *bus.Bus {
	server, err := emulator.Start("127.0.0.1:0", emulator.Options{InterceptPublish: func(req *pubsubpb.PublishRequest) error {
		for _, m := range req.GetMessages() {
			var h desk.Hint
			if err := json.Unmarshal(m.GetData(), &h); err != nil {
				return err
			}
			w.hinted(h)
		}
		return nil
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	client, err := pubsub.NewClient(t.Context(), "test", option.WithEndpoint("passthrough:///"+server.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	defer client.Close()
	for _, topic := range []string{desk.HintInteractionQueued, desk.HintAgentFreed, desk.HintMessageQueued} {
		_, err := client.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/test/topics/" + topic})
		require.NoError(t, err)
	}
	b, err := bus.Open(context.Background(), bus.Config{Project: "test", Endpoint: server.Addr(), Source: "routing"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// hinted sends a hint on its way, or loses it.
func (w *world) hinted(hints ...desk.Hint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range hints {
		if w.rand.Float64() < w.lost {
			w.dropped++
			continue
		}
		w.hints = append(w.hints, h)
	}
}

// chance and pick are for many at once.
func (w *world) chance(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rand.IntN(n)
}

func pickOf[T any](w *world, list []T) T { return list[w.chance(len(list))] }

// moves makes a move; what is not possible any more is nobody's fault. Of what is over nothing is kept.
func (w *world) moves(decide func(ctx context.Context, r *store.Reader) (desk.Change, error)) {
	ch, err := w.Store.Move(w.t.Context(), func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		ch, err := decide(ctx, r)
		if err != nil {
			return ch, err
		}
		ch.Save = slices.DeleteFunc(ch.Save, func(rec desk.Record) bool {
			switch rec := rec.(type) {
			case *desk.Interaction:
				if over := rec.State == desk.InteractionClosed; over && rec.Version > 0 {
					ch.Drop = append(ch.Drop, rec)
					return true
				}
			case *desk.Offer:
				if over := rec.State != desk.OfferPending; over && rec.Version > 0 {
					ch.Drop = append(ch.Drop, rec)
					return true
				}
			case *desk.Message, *desk.Contact, *desk.Identity, *desk.HistoryPage:
				return true
			}
			return false
		})
		return ch, nil
	})
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Missing) && !fault.Is(err, fault.TooEarly) && !fault.Is(err, fault.Stale) {
		require.NoError(w.t, err)
	}
	w.hinted(ch.Hints...)
}

// configures imports a piece of configuration and brings everybody in line, as the administrator's function does.
func (w *world) configures(file desk.Setup) {
	var services desk.Services
	read := func(ctx context.Context, r *store.Reader) (c desk.Centre, have desk.Setup, err error) {
		c.ID = desk.CentreID
		if err = r.Find(ctx, &c); err != nil {
			return
		}
		if have.Queues, err = store.All[desk.Queue](ctx, r); err != nil {
			return
		}
		if have.Reasons, err = store.All[desk.Reason](ctx, r); err != nil {
			return
		}
		have.Agents, err = store.All[desk.Agent](ctx, r)
		return
	}
	w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		c, have, err := read(ctx, r)
		if err != nil {
			return desk.Change{}, err
		}
		in := desk.Import(c, have, file, "ada", w.clock())
		return in.Change, nil
	})
	c, have, err := read(w.t.Context(), w.Store.Reader())
	require.NoError(w.t, err)
	services = c.Services(have.Queues)
	for _, id := range services.Behind(have.Agents) {
		w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			a, c := desk.Agent{Head: desk.Head{ID: id}}, desk.Centre{Head: desk.Head{ID: desk.CentreID}}
			if err := r.Load(ctx, &a, &c); err != nil {
				return desk.Change{}, err
			}
			return desk.Align(a, c, services), nil
		})
	}
	w.moves(func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		c := desk.Centre{Head: desk.Head{ID: desk.CentreID}}
		err := r.Load(ctx, &c)
		return desk.Aligned(c, services), err
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, q := range file.Queues {
		w.changed[q.ID] = w.clock()
	}
}

// delivers hands over the hints on their way, in any order and side by side, until there are none.
func (w *world) delivers() {
	for {
		w.mu.Lock()
		hints := w.hints
		w.hints = nil
		w.rand.Shuffle(len(hints), func(a, b int) { hints[a], hints[b] = hints[b], hints[a] })
		w.mu.Unlock()
		if len(hints) == 0 {
			return
		}
		w.side(len(hints), func(n int) { w.handles(hints[n]) })
	}
}

// side does something so many times, a few at once.
func (w *world) side(times int, do func(n int)) {
	var all sync.WaitGroup
	turn := make(chan struct{}, 4)
	for n := range times {
		turn <- struct{}{}
		all.Go(func() { defer func() { <-turn }(); do(n) })
	}
	all.Wait()
}

// handles has the function whose hint it is handle it; the timeout function's and the administrator's are made here.
func (w *world) handles(h desk.Hint) {
	data, err := json.Marshal(h)
	require.NoError(w.t, err)
	e := bus.Event{Type: h.Event, Data: data}
	switch h.Event {
	case desk.HintInteractionQueued:
		err = w.queued(w.t.Context(), e)
	case desk.HintAgentFreed:
		err = w.freed(w.t.Context(), e)
	case desk.HintInteractionDue:
		w.elapses(h.Interaction)
	case desk.HintOfferDue:
		w.expires(h.Offer)
	case desk.HintQueueDue:
		list, err := w.Store.Reader().InQueue(w.t.Context(), h.Queue, 1000, "")
		require.NoError(w.t, err)
		for _, i := range list {
			require.NoError(w.t, w.reroute(w.t.Context(), i.ID))
		}
	}
	if err != nil && !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Missing) {
		require.NoError(w.t, err)
	}
}
