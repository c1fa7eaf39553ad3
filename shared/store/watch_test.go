package store

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// listen runs a watcher until the test ends or stop is called, which returns what the watcher returned.
func listen[T any](t *testing.T, watch func(context.Context, func(T) error) error) (heard chan T, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	heard = make(chan T, 100)
	done := make(chan error, 1)
	go func() {
		done <- watch(ctx, func(x T) error {
			heard <- x
			return nil
		})
	}()
	t.Cleanup(cancel)
	return heard, func() error {
		cancel()
		return <-done
	}
}

// next is what the watcher hears next.
func next[T any](t *testing.T, heard chan T) T {
	t.Helper()
	select {
	case x := <-heard:
		return x
	case <-time.After(time.Minute):
		require.Fail(t, "nothing was heard")
	}
	panic("unreachable")
}

func TestWatchAgent(t *testing.T) {
	s, ctx := open(t), t.Context()
	heard, stop := listen(t, func(ctx context.Context, see func(desk.Agent) error) error { return s.WatchAgent(ctx, "ana", see) })
	assert.Equal(t, desk.Agent{}, next(t, heard), "there is none yet")
	r, a := s.Reader(), agent("ana")
	require.NoError(t, save(s, r, a))
	assert.Equal(t, *a, next(t, heard))
	put(t, s, agent("bob"))
	a.Seats = []string{"i"}
	require.NoError(t, save(s, r, a))
	assert.Equal(t, *a, next(t, heard))
	_, err := s.client.Doc("agents/ana").Delete(ctx)
	require.NoError(t, err)
	assert.Equal(t, desk.Agent{}, next(t, heard))
	require.NoError(t, stop())
	assert.Empty(t, heard)
}

func TestWatchInteractions(t *testing.T) {
	s := open(t)
	of := func(id string, agents ...string) *desk.Interaction {
		return &desk.Interaction{Head: desk.Head{ID: id}, Agents: agents}
	}
	r, held, other := s.Reader(), of("held", "ana"), of("other", "bob")
	require.NoError(t, save(s, r, held, other))
	heard, stop := listen(t, func(ctx context.Context, see func(Seen[desk.Interaction]) error) error {
		return s.WatchInteractions(ctx, "ana", see)
	})
	assert.Equal(t, Seen[desk.Interaction]{Now: []desk.Interaction{*held}}, next(t, heard), "the first call has all of them")

	held.Unread = 3
	require.NoError(t, save(s, r, held))
	assert.Equal(t, Seen[desk.Interaction]{Now: []desk.Interaction{*held}}, next(t, heard), "changed")

	other.Agents = []string{"bob", "ana"}
	require.NoError(t, save(s, r, other))
	assert.Equal(t, Seen[desk.Interaction]{Now: []desk.Interaction{*other}}, next(t, heard), "came")

	held.Agents = nil
	other.Unread = 1
	require.NoError(t, save(s, r, held, other))
	assert.Equal(t, Seen[desk.Interaction]{Now: []desk.Interaction{*other}, Gone: []string{"held"}}, next(t, heard), "went, and one changed with it")
	require.NoError(t, stop())
}

func TestWatchMessages(t *testing.T) {
	s := open(t)
	r, m := s.Reader(), message("hola", 1, 0, "")
	heard, stop := listen(t, func(ctx context.Context, see func(Seen[desk.Message]) error) error {
		return s.WatchMessages(ctx, []string{"i", "j"}, see)
	})
	assert.Empty(t, next(t, heard).Now, "the first call has all of them: none")
	require.NoError(t, save(s, r, m, &desk.Message{Head: desk.Head{ID: "else"}, Interaction: "k"}))
	assert.Equal(t, Seen[desk.Message]{Now: []desk.Message{*m}}, next(t, heard))
	_, err := s.client.Doc("messages/hola").Delete(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Seen[desk.Message]{Gone: []string{"hola"}}, next(t, heard))
	require.NoError(t, stop())
}

func TestAWatcherEndsWithWhoSees(t *testing.T) {
	s := open(t)
	put(t, s, agent("ana"))
	full := errors.New("the desktop is gone")
	assert.Equal(t, full, s.WatchAgent(t.Context(), "ana", func(desk.Agent) error { return full }))
	assert.Equal(t, full, s.WatchInteractions(t.Context(), "ana", func(Seen[desk.Interaction]) error { return full }))

	_, err := s.client.Doc("agents/broken").Set(t.Context(), map[string]any{"name": 1})
	require.NoError(t, err)
	assert.ErrorContains(t, s.WatchAgent(t.Context(), "broken", nil), "decode agent: name")
	_, err = s.client.Doc("interactions/broken").Set(t.Context(), map[string]any{"agents": []string{"ana"}, "queue": 1})
	require.NoError(t, err)
	assert.ErrorContains(t, s.WatchInteractions(t.Context(), "ana", nil), "decode interactions: queue")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.NoError(t, s.WatchAgent(ended, "ana", nil))
}

func TestAStreamThatIsRefusedIsAnError(t *testing.T) {
	refusal := &answers{method: "Listen"}
	refusal.code.Store(uint32(codes.PermissionDenied))
	s := connect(t, serve(t, firestore.Options{Intercept: refusal.intercept}), nil)
	err := s.WatchAgent(t.Context(), "ana", nil)
	assert.ErrorContains(t, err, "read agent")
	assert.True(t, fault.Is(err, fault.Internal))
	assert.ErrorContains(t, s.WatchMessages(t.Context(), []string{"i"}, nil), "read messages")
}

// A listener that the database never answers ends as a reading does: its desktop connects anew. One that was answered once may hear
// nothing for as long as nothing happens.
func TestAListenerThatIsNotAnsweredEnds(t *testing.T) {
	var hangs atomic.Bool
	srv := serve(t, firestore.Options{Intercept: func(ctx context.Context, method string, _ proto.Message) error {
		if hangs.Load() && strings.HasSuffix(method, "Listen") {
			<-ctx.Done()
		}
		return nil
	}})
	s := connect(t, srv, nil)
	s.readFor = 50 * time.Millisecond
	heard, stop := listen(t, func(ctx context.Context, see func(desk.Agent) error) error { return s.WatchAgent(ctx, "ana", see) })
	assert.Equal(t, desk.Agent{}, next(t, heard))
	hangs.Store(true)
	for _, watch := range []func() error{
		func() error { return s.WatchAgent(t.Context(), "bob", nil) },
		func() error { return s.WatchMessages(t.Context(), []string{"i"}, nil) },
	} {
		err := watch()
		assert.True(t, fault.HasCode(err, "unavailable"), err)
		assert.ErrorContains(t, err, "told nothing")
	}
	a := agent("ana")
	require.NoError(t, save(s, s.Reader(), a))
	assert.Equal(t, *a, next(t, heard))
	require.NoError(t, stop())
}

func TestListenersAreSpreadOverTheConnections(t *testing.T) {
	srv := serve(t, firestore.Options{})
	s, err := Open(context.Background(), Config{Project: "test", Endpoint: srv.Addr(), Streams: 3})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	used := map[any]int{}
	var give []func()
	for range 300 {
		client, done, err := s.listeners.take()
		require.NoError(t, err)
		used[client]++
		give = append(give, done)
	}
	assert.Len(t, used, 3)
	for _, n := range used {
		assert.Equal(t, 100, n)
	}
	_, _, err = s.listeners.take()
	assert.True(t, fault.HasCode(err, "feed_full"), "one more would wait without a word: %v", err)
	assert.True(t, fault.Is(err, fault.Unavailable))
	assert.True(t, fault.HasCode(s.WatchAgent(t.Context(), "ana", nil), "feed_full"))
	give[7]()
	_, _, err = s.listeners.take()
	assert.NoError(t, err)
}

// A desktop that is let in has room for all its listeners for as long as it stays, whoever comes meanwhile.
func TestPlacesForListenersAreReserved(t *testing.T) {
	srv := serve(t, firestore.Options{})
	s, err := Open(context.Background(), Config{Project: "test", Endpoint: srv.Addr(), Streams: 2})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	assert.Empty(t, s.listeners.clients, "a connection is opened when somebody listens")
	var release []func()
	for range 66 {
		free, err := s.Reserve(3)
		require.NoError(t, err)
		release = append(release, free)
	}
	_, err = s.Reserve(3)
	assert.True(t, fault.HasCode(err, "feed_full"), "%v", err)
	assert.True(t, fault.Is(err, fault.Unavailable))
	release[5]()
	_, err = s.Reserve(3)
	assert.NoError(t, err)
}

func TestWatchersLeaveNothingBehind(t *testing.T) {
	s := open(t)
	put(t, s, agent("ana"))
	round := func() {
		var stops []func() error
		for range 10 {
			a, stop := listen(t, func(ctx context.Context, see func(desk.Agent) error) error { return s.WatchAgent(ctx, "ana", see) })
			next(t, a)
			stops = append(stops, stop)
			i, stop := listen(t, func(ctx context.Context, see func(Seen[desk.Interaction]) error) error {
				return s.WatchInteractions(ctx, "ana", see)
			})
			next(t, i)
			stops = append(stops, stop)
		}
		for _, stop := range stops {
			require.NoError(t, stop())
		}
	}
	round()
	before := runtime.NumGoroutine()
	for range 3 {
		round()
	}
	soon(t, "their goroutines end", func() bool { return runtime.NumGoroutine() <= before+3 })
}

func TestAClosedStoreLeavesNothingBehind(t *testing.T) {
	srv := serve(t, firestore.Options{})
	before := runtime.NumGoroutine()
	for n := range 5 {
		s, err := Open(context.Background(), Config{Project: "test", Endpoint: srv.Addr(), Streams: 4})
		require.NoError(t, err)
		put(t, s, agent(number("a", n)))
		require.NoError(t, s.Close())
		require.NoError(t, s.Close(), "closing again does nothing")
	}
	soon(t, "their goroutines end", func() bool { return runtime.NumGoroutine() <= before+3 })
}
