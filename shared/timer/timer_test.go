package timer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/clock"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

const account = "events@test.iam.gserviceaccount.com"

// rung is a call that was made.
type rung struct {
	path, kind, auth, trace string
	body                    Body
}

// bell is a task server with four queues, timers on it, and a function that keeps what calls it.
type bell struct {
	*Timers
	clock  *clock.Clock
	server *tasks.Server
	url    string

	mu     sync.Mutex
	calls  []rung
	made   []*cloudtaskspb.CreateTaskRequest
	refuse error
}

func open(t testing.TB) *bell {
	t.Helper()
	b := &bell{clock: &clock.Clock{}}
	fn := httptest.NewServer(b)
	t.Cleanup(fn.Close)
	b.url = fn.URL + "/timeout"
	var err error
	b.server, err = tasks.Start("127.0.0.1:0", tasks.Options{Clock: b.clock, InterceptCreate: b.intercept,
		Token: func(_ context.Context, email, audience string) (string, error) {
			return email + " for " + audience, nil
		}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.server.Close()) })
	b.Timers, err = Open(context.Background(), Config{Project: "test", Location: "local", Endpoint: b.server.Addr(), Queues: 4,
		Account: account, URLs: map[string]string{"timeout": b.url, "presence": b.url + "/"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	parent := "projects/test/locations/local"
	for n := range 4 {
		_, err := b.client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: parent,
			Queue: &cloudtaskspb.Queue{Name: fmt.Sprintf("%s/queues/timers-%d", parent, n)}})
		require.NoError(t, err)
	}
	return b
}

func (b *bell) intercept(req *cloudtaskspb.CreateTaskRequest) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.made = append(b.made, req)
	return b.refuse
}

func (b *bell) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	got := rung{path: r.URL.Path, kind: r.Header.Get("Content-Type"), auth: r.Header.Get("Authorization"), trace: r.Header.Get("Traceparent")}
	if body, err := io.ReadAll(r.Body); err == nil {
		_ = json.Unmarshal(body, &got.body)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, got)
}

// advance moves the clock and returns what rang.
func (b *bell) advance(t *testing.T, d time.Duration) []rung {
	t.Helper()
	b.clock.Advance(d)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, b.server.Idle(ctx))
	b.mu.Lock()
	defer b.mu.Unlock()
	calls := b.calls
	b.calls = nil
	return calls
}

func TestATimerRingsOnceAtItsTime(t *testing.T) {
	b := open(t)
	deadline := b.clock.Now().Add(20 * time.Second).Truncate(time.Microsecond)
	call := ForOffer("o1", deadline)
	for range 3 {
		require.NoError(t, b.Set(t.Context(), call), "setting it again changes nothing")
	}
	assert.Empty(t, b.advance(t, 15*time.Second))
	assert.Equal(t, []rung{{path: "/timeout/timers/offer", kind: "application/json",
		auth: "Bearer " + account + " for " + b.url, body: Body{ID: "o1", At: deadline}}}, b.advance(t, 6*time.Second))
	require.NoError(t, b.Set(t.Context(), call), "it has rung: it does not ring again")
	assert.Empty(t, b.advance(t, time.Minute))
}

func TestATimerGoesOnWithWhatItWasSetFor(t *testing.T) {
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	b := open(t)
	require.NoError(t, b.Set(web.WithTraceparent(t.Context(), trace), ForOffer("o1", b.clock.Now())))
	calls := b.advance(t, 0)
	require.Len(t, calls, 1)
	assert.Equal(t, trace, calls[0].trace)
}

func TestATimerOfThePastRingsSoon(t *testing.T) {
	b := open(t)
	require.NoError(t, b.Set(t.Context(), ForOffer("o1", b.clock.Now().Add(-time.Hour))))
	assert.Len(t, b.advance(t, 0), 1)
}

// A timer that came early sets its successor, for the same time and under another name.
func TestATimerThatCameEarlyHasASuccessor(t *testing.T) {
	b := open(t)
	deadline := b.clock.Now().Add(20 * time.Second).Truncate(time.Microsecond)
	first := ForOffer("o1", deadline)
	require.NoError(t, b.Set(t.Context(), first))
	for round := 1; round <= 3; round++ {
		next := ForOffer("o1", deadline).After(Body{ID: "o1", At: deadline, Round: round - 1})
		assert.Equal(t, round, next.Round)
		require.NoError(t, b.Set(t.Context(), next))
	}
	var rounds []int
	for _, c := range b.advance(t, 20*time.Second) {
		assert.True(t, deadline.Equal(c.body.At))
		rounds = append(rounds, c.body.Round)
	}
	assert.ElementsMatch(t, []int{0, 1, 2, 3}, rounds)

	assert.Zero(t, ForOffer("o1", deadline.Add(time.Second)).After(Body{At: deadline, Round: 7}).Round, "another time is another timer")
	madrid := deadline.In(time.FixedZone("Madrid", 3600))
	assert.Equal(t, 8, ForOffer("o1", madrid).After(Body{At: deadline, Round: 7}).Round, "in every time zone")
}

func TestDelete(t *testing.T) {
	b := open(t)
	call := ForOffer("o1", b.clock.Now().Add(20*time.Second))
	require.NoError(t, b.Delete(t.Context(), call), "there was none")
	require.NoError(t, b.Set(t.Context(), call))
	require.NoError(t, b.Delete(t.Context(), call))
	require.NoError(t, b.Delete(t.Context(), call), "it is gone")
	assert.Empty(t, b.advance(t, time.Minute))
}

func TestDeleteThatFails(t *testing.T) {
	b := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorContains(t, b.Delete(ctx, ForOffer("o1", b.clock.Now())), "delete timer")
}

func TestARefusedTimerIsUnavailable(t *testing.T) {
	b := open(t)
	call := ForOffer("o1", b.clock.Now().Add(time.Second))
	for _, code := range []codes.Code{codes.Unavailable, codes.ResourceExhausted, codes.PermissionDenied, codes.InvalidArgument, codes.NotFound} {
		b.refuse = status.Error(code, "as the test wants it")
		err := b.Set(t.Context(), call)
		assert.True(t, fault.Is(err, fault.Unavailable), "%s: %v", code, err)
		assert.True(t, fault.HasCode(err, "no_timer"), "%s: %v", code, err)
	}
	b.refuse = nil
	require.NoError(t, b.Set(t.Context(), call))
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	err := b.Set(ctx, call)
	assert.True(t, fault.HasCode(err, "no_timer"), "%v", err)
}

// A service that hangs costs a known time, whatever the caller's: what the server sees has a deadline of its own.
func TestATaskServiceThatHangsIsGivenUp(t *testing.T) {
	var left time.Duration
	b := open(t)
	watched := func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	conn, err := grpc.NewClient(b.server.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUnaryInterceptor(watched))
	require.NoError(t, err)
	client, err := cloudtasks.NewClient(t.Context(), option.WithGRPCConn(conn))
	require.NoError(t, err)
	defer client.Close()
	timers := &Timers{Config: b.Config, client: client}
	require.NoError(t, timers.Set(t.Context(), ForOffer("o1", b.clock.Now().Add(time.Minute))))
	assert.Positive(t, left)
	assert.LessOrEqual(t, left, 3*time.Second)
	left = 0
	require.NoError(t, timers.Delete(t.Context(), ForOffer("o1", b.clock.Now())))
	assert.Positive(t, left)
	assert.LessOrEqual(t, left, 3*time.Second)
}

func TestATimerOfAnUnknownFunctionIsAMistake(t *testing.T) {
	b := open(t)
	err := b.Set(t.Context(), Call{Function: "nobody", Path: "/timers/x", ID: "x", At: b.clock.Now()})
	assert.EqualError(t, err, "no URL for timers of nobody")
	assert.True(t, fault.Is(err, fault.Internal))
	assert.Empty(t, b.made)
}

func TestWhatTimersCall(t *testing.T) {
	b := open(t)
	b.URLs["delivery"] = b.url
	at := b.clock.Now().Add(time.Second)
	want := map[string]string{}
	for path, call := range map[string]Call{"/timeout/timers/offer": ForOffer("a", at), "/timeout/timers/lease": ForLease("b", at),
		"/timeout/timers/grace": ForGrace("c", at), "/timeout/timers/retry": ForRetry("d", at)} {
		require.NoError(t, b.Set(t.Context(), call))
		want[path] = call.ID
	}
	got := map[string]string{}
	for _, c := range b.advance(t, 2*time.Second) {
		got[c.path] = c.body.ID
	}
	assert.Equal(t, want, got, "a slash at the end of a URL is none in the middle")
}

func TestNamesAreStableAndTellTimersApart(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	base := ForOffer("o1", at)
	assert.Equal(t, base.name(), ForOffer("o1", at.In(time.FixedZone("Madrid", 3600))).name(), "whatever the time zone")
	assert.Equal(t, base.name(), ForOffer("o1", at.Add(time.Nanosecond)).name(), "times are microseconds")
	assert.Regexp(t, "^[0-9a-f]{32}$", base.name())
	names := map[string]bool{base.name(): true}
	others := []Call{ForOffer("o2", at), ForOffer("o1", at.Add(time.Microsecond)), ForLease("o1", at), ForGrace("o1", at), ForRetry("o1", at),
		{Function: "timeout", Path: "/timers/offer", ID: "o1", At: at, Round: 1}, {Function: "timeout", Path: "/timers/offero", ID: "1", At: at}}
	for _, c := range others {
		names[c.name()] = true
	}
	assert.Len(t, names, 1+len(others))
	first := strings.Compare(ForOffer("a1", at).name(), ForOffer("a2", at).name())
	assert.NotEqual(t, first, strings.Compare(ForOffer("a2", at).name(), ForOffer("a3", at).name()), "names in sequence slow the service down")
}

func TestTimersAreSpreadOverTheQueues(t *testing.T) {
	used := map[string]int{}
	ts := &Timers{Config: Config{Project: "p", Location: "l", Queues: 4}}
	for n := range 4000 {
		call := ForOffer(fmt.Sprint("offer-", n), time.Time{})
		used[ts.queue(call)]++
		later := call
		later.At, later.Round = time.Now(), 3
		assert.Equal(t, ts.queue(call), ts.queue(later), "a timer is deleted where it was set")
	}
	require.Len(t, used, 4)
	for n := range 4 {
		assert.InDelta(t, 1000, used[fmt.Sprintf("projects/p/locations/l/queues/timers-%d", n)], 200)
	}
	for _, queues := range []int{0, 1, -3} {
		ts.Queues = queues
		assert.Equal(t, "projects/p/locations/l/queues/timers-0", ts.queue(ForOffer("x", time.Time{})))
	}
}

func TestTheBodyIsWhatFunctionsRead(t *testing.T) {
	text, err := json.Marshal(Body{ID: "o1", At: time.Date(2026, 11, 21, 12, 0, 0, 5000, time.UTC)})
	require.NoError(t, err)
	assert.Equal(t, `{"id":"o1","at":"2026-11-21T12:00:00.000005Z"}`, string(text), "no round is round zero")
	var b Body
	require.NoError(t, json.Unmarshal([]byte(`{"id":"o1","at":"2026-11-21T12:00:00.000005Z","round":2}`), &b))
	assert.Equal(t, Body{ID: "o1", At: time.Date(2026, 11, 21, 12, 0, 0, 5000, time.UTC), Round: 2}, b)
}
