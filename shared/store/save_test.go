package store

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

func save(s *Store, r *Reader, recs ...desk.Record) error {
	return r.Save(context.Background(), desk.Change{Save: recs})
}

func TestLoadAndFind(t *testing.T) {
	s := open(t)
	put(t, s, &desk.Agent{Head: desk.Head{ID: "ana"}, Name: "Ana"}, &desk.Lease{Head: desk.Head{ID: "ana"}, Session: "d"})
	ctx := t.Context()

	ana, lease := agent("ana"), &desk.Lease{Head: desk.Head{ID: "ana"}}
	require.NoError(t, s.Reader().Load(ctx, ana, lease), "records of several kinds at once")
	assert.Equal(t, "Ana", ana.Name)
	assert.Equal(t, "d", lease.Session)

	bob := agent("bob")
	err := s.Reader().Load(ctx, ana, bob)
	assert.True(t, fault.HasCode(err, "agent_missing"), "%v", err)
	assert.True(t, fault.Is(err, fault.Missing))
	err = s.Reader().Load(ctx, new(desk.Offer))
	assert.True(t, fault.HasCode(err, "offer_missing"), "no ID: %v", err)

	bob.Version = 9
	none := &desk.Interaction{Preview: "hola"}
	require.NoError(t, s.Reader().Find(ctx, bob, ana, none))
	assert.Equal(t, desk.Head{ID: "bob"}, bob.Head, "it does not exist")
	assert.Equal(t, int64(1), ana.Version)
	assert.Equal(t, &desk.Interaction{Preview: "hola"}, none, "without an ID it is left alone")
	require.NoError(t, s.Reader().Find(ctx))
}

func TestSavePreconditions(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	put(t, s, agent("there"))
	read := func(t *testing.T, id string) (*Reader, *desk.Agent) {
		r, a := s.Reader(), agent(id)
		require.NoError(t, r.Find(ctx, a))
		return r, a
	}
	t.Run("a record never read must not exist", func(t *testing.T) {
		assert.True(t, Lost(save(s, s.Reader(), agent("there"))))
		require.NoError(t, save(s, s.Reader(), agent("new")))
	})
	t.Run("a record found missing must not exist", func(t *testing.T) {
		r, a := read(t, "soon")
		put(t, s, agent("soon"))
		assert.True(t, Lost(save(s, r, a)))
	})
	t.Run("a record that changed after it was read is lost", func(t *testing.T) {
		r, a := read(t, "there")
		other, b := read(t, "there")
		b.Name = "first"
		require.NoError(t, save(s, other, b))
		a.Name = "second"
		assert.True(t, Lost(save(s, r, a)))
		assert.Equal(t, "first", loaded(t, s, "there").Name)
	})
	t.Run("so is one that was saved as it was", func(t *testing.T) {
		r, a := read(t, "there")
		other, b := read(t, "there")
		require.NoError(t, save(s, other, b))
		assert.True(t, Lost(save(s, r, a)))
	})
	t.Run("a record that is gone is lost", func(t *testing.T) {
		put(t, s, agent("gone"))
		r, a := read(t, "gone")
		_, err := s.client.Doc("agents/gone").Delete(ctx)
		require.NoError(t, err)
		assert.True(t, Lost(save(s, r, a)))
	})
	t.Run("one lost record loses all", func(t *testing.T) {
		r, a := read(t, "there")
		assert.True(t, Lost(save(s, r, agent("all"), a, agent("new"))))
		none := agent("all")
		require.NoError(t, s.Reader().Find(ctx, none))
		assert.Zero(t, none.Version)
	})
	t.Run("what a query found counts as read", func(t *testing.T) {
		put(t, s, &desk.Agent{Head: desk.Head{ID: "mail"}, Email: "mail@acme.example"})
		r := s.Reader()
		a, err := r.AgentByEmail(ctx, "mail@acme.example")
		require.NoError(t, err)
		require.NoError(t, save(s, r, &a))
		assert.Equal(t, int64(2), loaded(t, s, "mail").Version)
	})
}

func TestTheSameReaderMaySaveAgain(t *testing.T) {
	s := open(t)
	r, a := s.Reader(), agent("ana")
	for n := range 3 {
		a.Capacity = n
		require.NoError(t, save(s, r, a, &desk.Lease{Head: desk.Head{ID: number("lease", n)}}))
		assert.Equal(t, int64(n+1), a.Version)
	}
	assert.Equal(t, 2, loaded(t, s, "ana").Capacity)
	put(t, s, &desk.Agent{Head: desk.Head{ID: "bob"}})
	require.NoError(t, r.Save(t.Context(), desk.Change{}), "nothing to save is saved by doing nothing")
}

func TestSavesOfOneReaderSideBySide(t *testing.T) {
	s := open(t)
	r := s.Reader()
	var g sync.WaitGroup
	for n := range 20 {
		g.Go(func() {
			a := agent(number("a", n))
			assert.NoError(t, r.Find(context.Background(), a))
			assert.NoError(t, save(s, r, a))
			assert.NoError(t, save(s, r, a))
		})
	}
	g.Wait()
}

// answers counts the calls of a method and answers them with a code until it is OK.
type answers struct {
	method string
	code   atomic.Uint32
	calls  atomic.Int64
}

func (a *answers) intercept(_ context.Context, method string, _ proto.Message) error {
	if method != a.method {
		return nil
	}
	a.calls.Add(1)
	return status.Error(codes.Code(a.code.Load()), "as the test wants it")
}

func TestRefusedSaves(t *testing.T) {
	refusal := &answers{method: "Commit"}
	s := connect(t, serve(t, firestore.Options{Intercept: refusal.intercept}), nil)
	for code, want := range map[codes.Code]struct {
		lost bool
		kind fault.Kind
	}{
		codes.InvalidArgument:    {false, fault.Internal},
		codes.PermissionDenied:   {false, fault.Internal},
		codes.Unauthenticated:    {false, fault.Internal},
		codes.Unimplemented:      {false, fault.Internal},
		codes.Canceled:           {true, fault.Internal}, // by the server: this call goes on
		codes.FailedPrecondition: {true, fault.Internal},
		codes.AlreadyExists:      {true, fault.Internal},
		codes.NotFound:           {true, fault.Internal},
		codes.Aborted:            {true, fault.Internal},
		codes.DeadlineExceeded:   {true, fault.Internal},
		codes.Internal:           {true, fault.Internal},
		codes.Unknown:            {true, fault.Internal},
	} {
		t.Run(code.String(), func(t *testing.T) {
			refusal.code.Store(uint32(code))
			err := save(s, s.Reader(), agent("ana"))
			assert.Equal(t, want.lost, Lost(err), "%v", err)
			assert.Equal(t, want.kind, fault.Of(err).Kind, "%v", err)
		})
	}
	full := commitError(t.Context(), status.Error(codes.ResourceExhausted, "quota")) // the client tries again until the time is over
	assert.False(t, Lost(full))
	assert.True(t, fault.Is(full, fault.Unavailable))
}

func TestFailedReads(t *testing.T) {
	refusal := &answers{method: "RunQuery"}
	s := connect(t, serve(t, firestore.Options{Intercept: refusal.intercept}), nil)
	for code, want := range map[codes.Code]fault.Kind{
		codes.Aborted:            fault.Unavailable,
		codes.PermissionDenied:   fault.Internal,
		codes.FailedPrecondition: fault.Internal,
		codes.InvalidArgument:    fault.Internal,
	} {
		refusal.code.Store(uint32(code))
		_, err := s.Reader().InteractionsOf(t.Context(), "ana")
		assert.Equal(t, want, fault.Of(err).Kind, "%s: %v", code, err)
		assert.ErrorContains(t, err, "read an agent's interactions")
	}
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted} {
		assert.True(t, fault.Is(readError("x", status.Error(code, "")), fault.Unavailable), code)
	}
}

// The client answers with the bare error of the context when that ends between its own tries.
func TestACallWhoseContextEndsIsUnavailable(t *testing.T) {
	refusal := &answers{}
	s := connect(t, serve(t, firestore.Options{Intercept: func(_ context.Context, method string, _ proto.Message) error {
		refusal.calls.Add(1)
		return status.Error(codes.Unavailable, method)
	}}), nil)
	for what, call := range map[string]func(context.Context) error{
		"load":  func(ctx context.Context) error { return s.Reader().Load(ctx, agent("ana")) },
		"query": func(ctx context.Context) error { _, err := s.Reader().InteractionsOf(ctx, "ana"); return err },
		"move": func(ctx context.Context) error {
			_, err := s.Move(ctx, func(context.Context, *Reader) (desk.Change, error) {
				return desk.Change{Save: []desk.Record{agent("ana")}}, nil
			})
			return err
		},
	} {
		for how, begin := range map[string]func() (context.Context, context.CancelFunc){
			"deadline": func() (context.Context, context.CancelFunc) {
				return context.WithTimeout(t.Context(), 30*time.Millisecond)
			},
			"cancelled before": func() (context.Context, context.CancelFunc) {
				ctx, c := context.WithCancel(t.Context())
				c()
				return ctx, c
			},
			"cancelled while": func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(t.Context())
				before := refusal.calls.Load()
				go func() {
					soon(t, "the call begins", func() bool { return refusal.calls.Load() > before })
					cancel()
				}()
				return ctx, cancel
			},
		} {
			ctx, cancel := begin()
			err := call(ctx)
			cancel()
			assert.True(t, fault.Is(err, fault.Unavailable), "%s, %s: %v", what, how, err)
		}
	}
}

func TestMoveKeepsEveryUpdateOfMany(t *testing.T) {
	const racers = 50
	s := open(t)
	put(t, s, agent("ana"))
	var g sync.WaitGroup
	for n := range racers {
		g.Go(func() {
			ch, err := s.Move(context.Background(), func(ctx context.Context, r *Reader) (desk.Change, error) {
				a := agent("ana")
				if err := r.Load(ctx, a); err != nil {
					return desk.Change{}, err
				}
				a.Seats = append(a.Seats, number("seat", n))
				return desk.Change{Save: []desk.Record{a}, Agent: a}, nil
			})
			assert.NoError(t, err)
			assert.Contains(t, ch.Agent.Seats, number("seat", n))
		})
	}
	g.Wait()
	a := loaded(t, s, "ana")
	assert.Equal(t, int64(racers+1), a.Version)
	var want []string
	for n := range racers {
		want = append(want, number("seat", n))
	}
	assert.ElementsMatch(t, want, a.Seats)
}

// A commit that reports failure may have been applied: the rule is asked again and sees its own work.
func TestMoveOfUnknownFateIsDecidedAgain(t *testing.T) {
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Aborted, codes.Internal, codes.Unknown} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			var failed atomic.Bool
			s := connect(t, serve(t, firestore.Options{AfterCommit: func(_ context.Context, req *pb.CommitRequest) error {
				if failed.Swap(true) {
					return nil
				}
				return status.Error(code, "the connection broke")
			}}), nil)
			var decided []int64
			ch, err := s.Move(t.Context(), func(ctx context.Context, r *Reader) (desk.Change, error) {
				a := agent("ana")
				if err := r.Find(ctx, a); err != nil {
					return desk.Change{}, err
				}
				decided = append(decided, a.Version)
				if a.Offer == "mine" {
					return desk.Change{Agent: a}, nil
				}
				a.Offer = "mine"
				return desk.Change{Save: []desk.Record{a}, Agent: a}, nil
			})
			require.NoError(t, err)
			assert.Equal(t, []int64{0, 1}, decided)
			assert.Equal(t, int64(1), ch.Agent.Version)
			assert.Equal(t, int64(1), loaded(t, s, "ana").Version)
		})
	}
}

func TestMoveReturnsWhatItDoesNotTryAgain(t *testing.T) {
	refusal := &answers{method: "Commit"}
	s := connect(t, serve(t, firestore.Options{Intercept: refusal.intercept}), nil)
	decided := 0
	decide := func(context.Context, *Reader) (desk.Change, error) {
		decided++
		return desk.Change{Save: []desk.Record{agent("ana")}, Agent: agent("ana")}, nil
	}
	refusal.code.Store(uint32(codes.PermissionDenied))
	ch, err := s.Move(t.Context(), decide)
	assert.Equal(t, codes.PermissionDenied, status.Code(err), "%v", err)
	assert.Equal(t, 1, decided)
	assert.Equal(t, desk.Change{}, ch)

	no := fault.New(fault.Conflict, "agent_busy", "no")
	ch, err = s.Move(t.Context(), func(context.Context, *Reader) (desk.Change, error) { return desk.Change{Agent: agent("ana")}, no })
	assert.Equal(t, no, err)
	assert.Equal(t, desk.Change{}, ch)

	calls := refusal.calls.Load()
	hint := []desk.Hint{{Event: desk.HintAgentFreed, Agent: "ana"}}
	ch, err = s.Move(t.Context(), func(context.Context, *Reader) (desk.Change, error) { return desk.Change{Hints: hint}, nil })
	require.NoError(t, err)
	assert.Equal(t, hint, ch.Hints, "a change without records is returned as it is")
	assert.Equal(t, calls, refusal.calls.Load(), "and asks nobody")
}

// The test's deadline stands for the five seconds.
func TestMoveThatIsAlwaysLostIsBusy(t *testing.T) {
	refusal := &answers{method: "Commit"}
	refusal.code.Store(uint32(codes.Aborted))
	s := connect(t, serve(t, firestore.Options{Intercept: refusal.intercept}), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	readers := map[*Reader]bool{}
	_, err := s.Move(ctx, func(_ context.Context, r *Reader) (desk.Change, error) {
		readers[r] = true
		return desk.Change{Save: []desk.Record{agent("ana")}}, nil
	})
	assert.True(t, fault.HasCode(err, "busy"), "%v", err)
	assert.True(t, fault.Is(err, fault.Unavailable))
	assert.Greater(t, len(readers), 1, "each try has a reader of its own")
	assert.Equal(t, 5*time.Second, patience)
}

func TestPauseGrowsWithTheTriesUpToAFewCommits(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for try := range 80 {
		assert.Error(t, pause(cancelled, try, time.Hour))
	}
	require.NoError(t, pause(t.Context(), 0, 0))
	require.NoError(t, pause(t.Context(), 70, time.Microsecond), "eight milliseconds at most")
}

func TestDropsAreSavedWithTheRest(t *testing.T) {
	s, ctx := open(t), t.Context()
	put(t, s, agent("gone"), agent("stays"))
	r, gone := s.Reader(), agent("gone")
	assert.ErrorContains(t, r.Save(ctx, desk.Change{Drop: []desk.Record{gone}}), "it was not read")
	require.NoError(t, r.Load(ctx, gone))
	put(t, s, agent("taken"))
	assert.True(t, Lost(r.Save(ctx, desk.Change{Save: []desk.Record{agent("taken")}, Drop: []desk.Record{gone}})), "all or none")
	loaded(t, s, "gone")
	bob := agent("bob")
	require.NoError(t, r.Save(ctx, desk.Change{Save: []desk.Record{bob}, Drop: []desk.Record{gone}}))
	require.NoError(t, save(s, r, bob), "what was saved counts as read")
	assert.True(t, fault.Is(s.Reader().Load(ctx, agent("gone")), fault.Missing))

	r, stays := s.Reader(), agent("stays")
	require.NoError(t, r.Load(ctx, stays))
	other := agent("stays")
	reader := s.Reader()
	require.NoError(t, reader.Load(ctx, other))
	require.NoError(t, save(s, reader, other))
	assert.True(t, Lost(r.Save(ctx, desk.Change{Drop: []desk.Record{stays}})), "it changed after it was read")
	loaded(t, s, "stays")
}

// The try that reported failure may be the one that did the work, and its hints nobody else makes.
func TestMoveKeepsTheHintsOfTriesOfUnknownFate(t *testing.T) {
	var failed atomic.Bool
	s := connect(t, serve(t, firestore.Options{AfterCommit: func(context.Context, *pb.CommitRequest) error {
		if failed.Swap(true) {
			return nil
		}
		return status.Error(codes.Aborted, "nobody knows")
	}}), nil)
	hint := desk.Hint{Event: desk.HintAgentFreed, Agent: "ana"}
	ch, err := s.Move(t.Context(), func(ctx context.Context, r *Reader) (desk.Change, error) {
		a := agent("ana")
		if err := r.Find(ctx, a); err != nil || a.Version > 0 {
			return desk.Change{Agent: a}, err
		}
		return desk.Change{Save: []desk.Record{a}, Hints: []desk.Hint{hint}}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []desk.Hint{hint}, ch.Hints)
}

// A query may find what a reading by ID before it did not: what was decided on the first is not guarded by the second.
func TestWhatWasReadTwiceIsGuardedByWhatWasDecidedOn(t *testing.T) {
	ctx := t.Context()
	for name, c := range map[string]struct {
		before, between func(s *Store)
		want            bool // lost
	}{
		"missing, then there": {func(*Store) {}, func(s *Store) { put(t, s, agent("ana")) }, true},
		"there, then changed": {func(s *Store) { put(t, s, agent("ana")) }, func(s *Store) { rename(t, s, "ana", "Eva") }, true},
		"there and unchanged": {func(s *Store) { put(t, s, agent("ana")) }, func(*Store) {}, false},
		"missing both times":  {func(*Store) {}, func(*Store) {}, false},
		"there, then deleted": {func(s *Store) { put(t, s, agent("ana")) }, func(s *Store) { remove(t, s, "ana") }, true},
		"others have changed": {func(s *Store) { put(t, s, agent("bob")) }, func(s *Store) { rename(t, s, "bob", "Bo") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			c.before(s)
			r, first, second := s.Reader(), agent("ana"), agent("ana")
			require.NoError(t, r.Find(ctx, first))
			c.between(s)
			require.NoError(t, r.Find(ctx, second))
			err := r.Save(ctx, desk.Change{Save: []desk.Record{first}})
			assert.Equal(t, c.want, Lost(err), "%v", err)
			if !c.want {
				require.NoError(t, err)
				require.NoError(t, r.Save(ctx, desk.Change{Drop: []desk.Record{first}}), "what was saved counts as read")
			}
		})
	}
}

func TestWhatWasReadTwiceIsNotDroppedBlindly(t *testing.T) {
	s, ctx := open(t), t.Context()
	put(t, s, agent("ana"))
	r, first, second := s.Reader(), agent("ana"), agent("ana")
	require.NoError(t, r.Load(ctx, first))
	rename(t, s, "ana", "Eva")
	require.NoError(t, r.Load(ctx, second))
	assert.True(t, Lost(r.Save(ctx, desk.Change{Drop: []desk.Record{first}})))
	require.NoError(t, r.Save(ctx, desk.Change{Drop: []desk.Record{second}}))
}

func rename(t testing.TB, s *Store, id, name string) {
	t.Helper()
	r, a := s.Reader(), agent(id)
	require.NoError(t, r.Load(t.Context(), a))
	a.Name = name
	require.NoError(t, r.Save(t.Context(), desk.Change{Save: []desk.Record{a}}))
}

func remove(t testing.TB, s *Store, id string) {
	t.Helper()
	r, a := s.Reader(), agent(id)
	require.NoError(t, r.Load(t.Context(), a))
	require.NoError(t, r.Save(t.Context(), desk.Change{Drop: []desk.Record{a}}))
}
