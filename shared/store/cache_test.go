package store

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/clock"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// counted opens a store whose reads are counted, on a clock that stands still until it is moved.
func counted(t *testing.T) (*Store, *atomic.Int64, *atomic.Pointer[time.Time]) {
	var reads atomic.Int64
	var now atomic.Pointer[time.Time]
	begin := noon
	now.Store(&begin)
	srv := serve(t, firestore.Options{Observe: func(_ context.Context, op firestore.Op) {
		if op.Kind == firestore.Read {
			reads.Add(1)
		}
	}})
	return connect(t, srv, func() time.Time { return *now.Load() }), &reads, &now
}

func TestConfigurationIsKeptForItsAge(t *testing.T) {
	s, reads, now := counted(t)
	ctx := t.Context()
	queue := &desk.Queue{Head: desk.Head{ID: "sales"}, Name: "Sales"}
	r := s.Reader()
	require.NoError(t, save(s, r, queue))
	look := func() string {
		q, err := s.Queue(ctx, "sales")
		require.NoError(t, err)
		return q.Name
	}
	assert.Equal(t, "Sales", look())
	queue.Name = "Vendite"
	require.NoError(t, save(s, r, queue))
	for after, want := range map[time.Duration]string{0: "Sales", ConfigAge - 1: "Sales"} {
		then := noon.Add(after)
		now.Store(&then)
		assert.Equal(t, want, look(), after)
	}
	assert.Equal(t, int64(1), reads.Load())
	then := noon.Add(ConfigAge)
	now.Store(&then)
	assert.Equal(t, "Vendite", look(), "at its age it is read again")
	assert.Equal(t, int64(2), reads.Load())
	assert.Equal(t, 15*time.Second, ConfigAge)
}

func TestReasonsOfADeletedQueueAreItsSuccessors(t *testing.T) {
	s, reads, _ := counted(t)
	ctx := t.Context()
	put(t, s,
		&desk.Queue{Head: desk.Head{ID: "old"}, DeletedAt: noon, Successor: "older"},
		&desk.Queue{Head: desk.Head{ID: "older"}, DeletedAt: noon, Successor: "sales"},
		&desk.Queue{Head: desk.Head{ID: "sales"}}, &desk.Queue{Head: desk.Head{ID: "alone"}, DeletedAt: noon},
		&desk.Reason{Head: desk.Head{ID: "sold"}, Queue: "sales", Order: 1}, &desk.Reason{Head: desk.Head{ID: "left"}, Queue: "alone", Order: 1})
	for queue, want := range map[string]string{"old": "sold", "sales": "sold", "alone": "left"} {
		list, err := s.Reasons(ctx, queue)
		require.NoError(t, err)
		require.Len(t, list, 1, queue)
		assert.Equal(t, want, list[0].ID, queue)
		one, err := s.Reason(ctx, queue, want)
		require.NoError(t, err)
		assert.Equal(t, int64(1), one.Version)
	}
	none, err := s.Reason(ctx, "sales", "left")
	require.NoError(t, err)
	assert.Zero(t, none.Version)
	before := reads.Load()
	list, err := s.Queues(ctx)
	require.NoError(t, err)
	assert.Len(t, list, 4)
	_, err = s.Queues(ctx)
	require.NoError(t, err)
	assert.Equal(t, int64(1), reads.Load()-before, "the list is kept")
}

func TestWhatIsMissingIsNeverKept(t *testing.T) {
	s, _, _ := counted(t)
	ctx := t.Context()
	calls := map[string]func() error{
		"queue_missing":   func() error { _, err := s.Queue(ctx, "x"); return err },
		"asset_missing":   func() error { _, err := s.Asset(ctx, "x"); return err },
		"project_missing": func() error { _, err := s.Project(ctx, "x"); return err },
		"client_missing":  func() error { _, err := s.Client(ctx, "x"); return err },
		"agent_missing":   func() error { _, err := s.Person(ctx, "x@acme.example"); return err },
	}
	for code, call := range calls {
		err := call()
		assert.True(t, fault.HasCode(err, code), "%v", err)
	}
	head := desk.Head{ID: "x"}
	put(t, s, &desk.Queue{Head: head}, &desk.Asset{Head: head}, &desk.Project{Head: head}, &desk.Client{Head: head},
		&desk.Agent{Head: head, Email: "x@acme.example"})
	for code, call := range calls {
		require.NoError(t, call(), code)
	}
}

func TestWhoIsReadForAMoveIsKnown(t *testing.T) {
	s, reads, now := counted(t)
	ctx := t.Context()
	put(t, s, &desk.Agent{Head: desk.Head{ID: "ana"}, Name: "Ana", Email: "ana@acme.example"})
	name := func(at time.Duration) string {
		then := noon.Add(at)
		now.Store(&then)
		a, err := s.Person(ctx, "ana@acme.example")
		require.NoError(t, err)
		return a.Name
	}
	assert.Equal(t, "Ana", name(0))
	assert.Equal(t, "Ana", name(ConfigAge-1))
	assert.Equal(t, int64(1), reads.Load())
	rename(t, s, "ana", "Eva")
	assert.Equal(t, int64(2), reads.Load())
	assert.Equal(t, "Ana", name(2*ConfigAge-2), "as she was read to be renamed")
	assert.Equal(t, int64(2), reads.Load(), "nobody looks for her")
	assert.Equal(t, "Eva", name(2*ConfigAge-1))
	assert.Equal(t, int64(3), reads.Load())
}

func TestKindsDoNotMeetInTheCache(t *testing.T) {
	s, reads, _ := counted(t)
	ctx := t.Context()
	head := desk.Head{ID: "x"}
	put(t, s, &desk.Queue{Head: head, Name: "queue"}, &desk.Asset{Head: head, Name: "asset"}, &desk.Project{Head: head, Name: "project"},
		&desk.Client{Head: head, Name: "client"}, &desk.Agent{Head: head, Name: "agent", Email: "x"}, &desk.Reason{Head: head, Queue: "x", Name: "reason", Order: 1})
	for range 2 {
		q, _ := s.Queue(ctx, "x")
		a, _ := s.Asset(ctx, "x")
		p, _ := s.Project(ctx, "x")
		c, _ := s.Client(ctx, "x")
		who, _ := s.Person(ctx, "x")
		reasons, _ := s.Reasons(ctx, "x")
		require.Len(t, reasons, 1)
		assert.Equal(t, []string{"queue", "asset", "project", "client", "agent", "reason"}, []string{q.Name, a.Name, p.Name, c.Name, who.Name, reasons[0].Name})
	}
	assert.Equal(t, int64(6), reads.Load())
}

func TestTheCacheIsReadByMany(t *testing.T) {
	var c clock.Clock
	s := connect(t, serve(t, firestore.Options{}), c.Now)
	put(t, s, &desk.Queue{Head: desk.Head{ID: "sales"}, Name: "Sales"})
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			for range 20 {
				q, err := s.Queue(context.Background(), "sales")
				assert.NoError(t, err)
				assert.Equal(t, "Sales", q.Name)
				c.Advance(time.Second)
			}
		})
	}
	g.Wait()
}
