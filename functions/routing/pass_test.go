package routing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
)

// sales is the token everybody here waits under.
const sales = "sales|whatsapp|any"

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// room is the routing function on a database and a task server.
type room struct {
	handlers
	t       testing.TB
	records string // where the database is

	log     bytes.Buffer
	limits  []int32                                                         // of the queries, in turn
	gets    atomic.Int64                                                    // readings by ID
	commits atomic.Int64                                                    // tried
	before  atomic.Pointer[func(req *pb.CommitRequest) error]               // a commit, as often as it is tried
	timers  atomic.Pointer[func(req *cloudtaskspb.CreateTaskRequest) error] // a timer is set
	lies    atomic.Int64                                                    // how many commits report failure after they were applied
	mu      sync.Mutex
}

func (f *room) intercept(_ context.Context, _ string, req proto.Message) error {
	switch req := req.(type) {
	case *pb.RunQueryRequest:
		f.mu.Lock()
		defer f.mu.Unlock()
		if n := req.GetStructuredQuery().GetLimit().GetValue(); n > 0 {
			f.limits = append(f.limits, n)
		}
	case *pb.BatchGetDocumentsRequest:
		f.gets.Add(1)
	case *pb.CommitRequest:
		f.commits.Add(1)
		if before := f.before.Load(); before != nil {
			return (*before)(req)
		}
	}
	return nil
}

// pass is the error of a pass.
func (f *room) pass(ctx context.Context, token string) error {
	_, err := f.handlers.pass(ctx, token)
	return err
}

func open(t testing.TB) *room {
	t.Helper()
	f := &room{t: t}
	indexes, err := firestore.ParseIndexes(infra.Indexes)
	require.NoError(t, err)
	db := firestore.New(firestore.Options{Indexes: indexes, Intercept: f.intercept,
		AfterCommit: func(context.Context, *pb.CommitRequest) error {
			if f.lies.Add(-1) >= 0 {
				return status.Error(codes.Aborted, "nobody knows")
			}
			return nil
		}})
	require.NoError(t, db.Start("127.0.0.1:0"))
	f.records = db.Addr()
	t.Cleanup(db.Close)
	ring, err := tasks.Start("127.0.0.1:0", tasks.Options{
		Token: func(context.Context, string, string) (string, error) { return "", errors.New("nobody is called") },
		InterceptCreate: func(req *cloudtaskspb.CreateTaskRequest) error {
			if made := f.timers.Load(); made != nil {
				return (*made)(req)
			}
			return nil
		}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ring.Close()) })
	makeQueue(t, ring.Addr())
	f.Log, f.Now, f.lanes = slog.New(slog.NewTextHandler(&f.log, nil)), func() time.Time { return desk.Micro(time.Now()) }, newLanes()
	f.Store, err = store.Open(context.Background(), store.Config{Project: "test", Endpoint: db.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Store.Close() })
	f.Timers, err = timer.Open(context.Background(), timer.Config{Project: "test", Location: "local", Endpoint: ring.Addr(), Queues: 1,
		Account: "events@test", URLs: map[string]string{"timeout": "http://127.0.0.1:1"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Timers.Close() })
	f.put(&desk.Queue{Head: desk.Head{ID: "sales"}, OfferTimeout: 20 * time.Second})
	return f
}

func makeQueue(t testing.TB, addr string) {
	client, err := cloudtasks.NewClient(context.Background(), option.WithEndpoint("passthrough:///"+addr), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	defer client.Close()
	_, err = client.CreateQueue(context.Background(), &cloudtaskspb.CreateQueueRequest{Parent: "projects/test/locations/local",
		Queue: &cloudtaskspb.Queue{Name: "projects/test/locations/local/queues/timers-0"}})
	require.NoError(t, err)
}

func (f *room) put(recs ...desk.Record) {
	f.t.Helper()
	for len(recs) > 0 {
		some := recs[:min(len(recs), 200)]
		recs = recs[len(some):]
		require.NoError(f.t, f.Store.Reader().Save(context.Background(), desk.Change{Save: some}))
	}
}

func agentID(n int) string       { return fmt.Sprintf("agent-%04d", n) }
func interactionID(n int) string { return fmt.Sprintf("i-%04d", n) }

// free is the n-th agent, who has been free for longer than those after him.
func free(n int) *desk.Agent {
	a := desk.Agent{Head: desk.Head{ID: agentID(n)}, State: desk.AgentAvailable, Capacity: 10, Serves: []string{sales},
		FreeSince: noon.Add(time.Duration(n) * time.Second)}.Settle()
	return &a
}

// waits is the n-th interaction that waits.
func waits(n int) *desk.Interaction {
	return &desk.Interaction{Head: desk.Head{ID: interactionID(n)}, State: desk.InteractionQueued, Channel: desk.WhatsApp, Queue: "sales",
		Wants: sales, Rank: int64(n + 1), WaitingSince: noon}
}

// fills puts agents and interactions into the room.
func (f *room) fills(agents, waiting int) {
	var recs []desk.Record
	for n := range agents {
		recs = append(recs, free(n))
	}
	for n := range waiting {
		recs = append(recs, waits(n))
	}
	f.put(recs...)
	f.mu.Lock()
	f.limits = nil
	f.mu.Unlock()
	f.commits.Store(0)
}

// offered says which agent each interaction is offered to, and checks that the three records agree.
func (f *room) offered() map[string]string {
	f.t.Helper()
	r := f.Store.Reader()
	offers, err := store.All[desk.Offer](f.t.Context(), r)
	require.NoError(f.t, err)
	out, busy := map[string]string{}, map[string]bool{}
	for _, o := range offers {
		x, err := r.Offer(f.t.Context(), o.ID)
		require.NoError(f.t, err)
		a, i := x.Agent, x.Interaction
		assert.Equal(f.t, []string{o.ID, i.ID}, []string{a.Offer, a.Ringing})
		assert.Equal(f.t, o.ID, i.Offer)
		assert.Equal(f.t, desk.InteractionOffered, i.State)
		assert.Empty(f.t, a.Takes)
		assert.False(f.t, busy[a.ID], "%s has two offers", a.ID)
		assert.Empty(f.t, out[i.ID], "%s is offered twice", i.ID)
		busy[a.ID], out[i.ID] = true, a.ID
	}
	return out
}

func TestAPassEndsWithTheAgents(t *testing.T) {
	f := open(t)
	f.fills(3, 10)
	require.NoError(t, f.pass(t.Context(), sales))
	want := map[string]string{"i-0000": "agent-0000", "i-0001": "agent-0001", "i-0002": "agent-0002"}
	assert.Equal(t, want, f.offered(), "first come, longest free")
	assert.Equal(t, []int32{4, 4}, f.limits, "a page that is not full is the last")
	f.limits = nil
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Equal(t, []int32{4}, f.limits, "without agents nobody asks who waits")
	assert.Equal(t, want, f.offered())
}

func TestAPassEndsWithThoseWhoWait(t *testing.T) {
	f := open(t)
	f.fills(10, 2)
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Equal(t, map[string]string{"i-0000": "agent-0000", "i-0001": "agent-0001"}, f.offered())
	require.NoError(t, f.pass(t.Context(), "other|whatsapp|any"))
}

func TestPagesGrow(t *testing.T) {
	f := open(t)
	f.fills(200, 200)
	require.NoError(t, f.pass(t.Context(), sales))
	got := f.offered()
	assert.Len(t, got, 200)
	for n := range 200 {
		assert.Equal(t, agentID(n), got[interactionID(n)])
	}
	assert.Equal(t, []int32{4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 64, 64, 64, 64}, f.limits)
}

func TestAnOfferCarriesWhatThePassFound(t *testing.T) {
	f := open(t)
	var rings []time.Time
	made := func(req *cloudtaskspb.CreateTaskRequest) error {
		rings = append(rings, req.GetTask().GetScheduleTime().AsTime())
		return nil
	}
	f.timers.Store(&made)
	f.fills(1, 1)
	begun := f.Now()
	require.NoError(t, f.pass(t.Context(), sales))
	offers, err := store.All[desk.Offer](t.Context(), f.Store.Reader())
	require.NoError(t, err)
	require.Len(t, offers, 1)
	o := offers[0]
	assert.Equal(t, desk.WhyLongestAvailable, o.Why)
	assert.WithinRange(t, o.Deadline, begun.Add(20*time.Second), f.Now().Add(20*time.Second))
	require.Len(t, rings, 1)
	assert.Equal(t, o.Deadline, rings[0], "the timer and the offer agree")
	assert.Equal(t, o.Deadline, o.DueAt)
}

func TestAnOfferIsMadeWithoutItsTimer(t *testing.T) {
	f := open(t)
	refuse := func(*cloudtaskspb.CreateTaskRequest) error { return status.Error(codes.ResourceExhausted, "quota") }
	f.timers.Store(&refuse)
	f.fills(2, 2)
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Len(t, f.offered(), 2)
	assert.Equal(t, 2, strings.Count(f.log.String(), "offer made without its timer"))
}

// A record at odds with itself would be found by every round.
func TestAPairThatCannotBeEndsThePass(t *testing.T) {
	f := open(t)
	torn := waits(0)
	torn.State = desk.InteractionActive
	f.put(torn, free(0))
	f.commits.Store(0)
	err := f.pass(t.Context(), sales)
	assert.ErrorContains(t, err, "agent agent-0000 and interaction i-0000 cannot be a pair")
	assert.False(t, fault.Of(err).Kind.Retry(), "it would be so again")
	assert.Zero(t, f.commits.Load())
}

// spoil makes every commit that touches the interaction fail for good.
func (f *room) spoil(id string) {
	refuse := func(req *pb.CommitRequest) error {
		for _, w := range req.GetWrites() {
			if strings.HasSuffix(w.GetUpdate().GetName(), "/"+id) {
				return status.Error(codes.InvalidArgument, "the document is too large")
			}
		}
		return nil
	}
	f.before.Store(&refuse)
}

// An interaction that cannot be stored is first in line, and one agent is free: who stands behind it gets him.
func TestNobodyWaitsBehindAnInteractionThatCannotBeClaimed(t *testing.T) {
	f := open(t)
	f.fills(1, 3)
	f.spoil(interactionID(0))
	assert.ErrorContains(t, f.pass(t.Context(), sales), "too large")
	assert.Equal(t, map[string]string{"i-0001": "agent-0000"}, f.offered())
}

// The timer service takes more than half of the time an offer rings. The offer is made anew instead of ringing for what
// is left: nobody goes to RONA who had no time to answer.
func TestAnOfferThatWouldBeginLateIsMadeAnew(t *testing.T) {
	f := open(t)
	f.fills(1, 1)
	var ahead atomic.Int64
	f.Now = func() time.Time { return desk.Micro(time.Now().Add(time.Duration(ahead.Load()))) }
	var set atomic.Int64
	slow := func(*cloudtaskspb.CreateTaskRequest) error {
		if set.Add(1) == 1 {
			ahead.Store(int64(11 * time.Second))
		}
		return nil
	}
	f.timers.Store(&slow)
	require.NoError(t, f.pass(t.Context(), sales))
	offers, err := store.All[desk.Offer](t.Context(), f.Store.Reader())
	require.NoError(t, err)
	require.Len(t, offers, 1)
	assert.Equal(t, int64(2), set.Load(), "each with its own timer")
	assert.Greater(t, offers[0].Deadline.Sub(offers[0].OfferedAt), 10*time.Second)
}

// Who is claimed after others have taken their time rings for as long as the first of the page.
func TestWhoIsClaimedLaterRingsNoShorter(t *testing.T) {
	const pages, each = pageMin * (1 + 2 + 4 + 8), 100 * time.Millisecond // the last of them is of twice as many as are claimed at once
	f := open(t)
	f.fills(pages, pages)
	began := f.Now()
	var set atomic.Int64
	f.Now = func() time.Time { return began.Add(time.Duration(set.Load()) * each) }
	slow := func(*cloudtaskspb.CreateTaskRequest) error {
		set.Add(1)
		return nil
	}
	f.timers.Store(&slow)
	require.NoError(t, f.pass(t.Context(), sales))
	offers, err := store.All[desk.Offer](t.Context(), f.Store.Reader())
	require.NoError(t, err)
	require.Len(t, offers, pages)
	last := slices.MaxFunc(offers, func(a, b desk.Offer) int { return a.Deadline.Compare(b.Deadline) })
	assert.GreaterOrEqual(t, last.Deadline.Sub(began), desk.DefaultOfferTimeout+(pages-claims)*each, "but for those claimed beside it")
}

// Whoever let an interaction expire is asked last, however many did and however far back the others stand.
func TestTheLastResortIsTheLast(t *testing.T) {
	f := open(t)
	f.fills(30, 0)
	i := waits(0)
	for n := range 29 {
		i.Passed = append(i.Passed, agentID(n))
	}
	f.put(i)
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Equal(t, map[string]string{"i-0000": "agent-0029"}, f.offered())
}

func TestAPassThatCannotWork(t *testing.T) {
	f := open(t)
	f.fills(1, 1)
	broken := func(*pb.CommitRequest) error { return status.Error(codes.PermissionDenied, "no") }
	f.before.Store(&broken)
	assert.ErrorContains(t, f.pass(t.Context(), sales), "PermissionDenied")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := f.pass(ctx, sales)
	assert.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	assert.Empty(t, f.offered())
}

func TestAPassForAQueueThatIsGone(t *testing.T) {
	f := open(t)
	lost := waits(0)
	lost.Queue = "gone"
	f.put(lost, free(0))
	err := f.pass(t.Context(), sales)
	assert.True(t, fault.HasCode(err, "queue_missing"), "%v", err)
}
