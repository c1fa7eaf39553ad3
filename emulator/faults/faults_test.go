package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/calls"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/tasks"
	"github.com/deskline/deskline/shared/dial"
)

// fixture is an injector with two functions, at a time that stands still.
type fixture struct {
	*faults.Injector
	t     *testing.T
	calls calls.Register
}

func newFixture(t *testing.T, p faults.Plan) *fixture {
	t.Helper()
	f := &fixture{t: t}
	f.Injector = faults.New(faults.Options{Functions: []string{"routing", "delivery"}, Calls: &f.calls,
		Now: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }})
	require.NoError(t, f.Set(p))
	return f
}

// in does something within a request to a function, as the services see it.
func (f *fixture) in(function string, do func(ctx context.Context, traceparent string)) {
	f.t.Helper()
	h := f.calls.Wrap(function, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		trace := r.Header.Get("Traceparent")
		do(metadata.NewIncomingContext(r.Context(), metadata.Pairs(dial.Traceparent, trace)), trace)
	}))
	defer func() { _ = recover() }() // of a call that died
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil))
}

func commit(collections ...string) *pb.CommitRequest {
	r := &pb.CommitRequest{}
	for n, c := range collections {
		name := fmt.Sprintf("projects/p/databases/(default)/documents/%s/d%d", c, n)
		r.Writes = append(r.Writes, &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: name}}})
	}
	return r
}

func publish(traceparent string) *pubsubpb.PublishRequest {
	return &pubsubpb.PublishRequest{Topic: "projects/p/topics/agent.freed",
		Messages: []*pubsubpb.PubsubMessage{{Attributes: map[string]string{"traceparent": traceparent}}}}
}

func task(traceparent string) *cloudtaskspb.Task {
	return &cloudtaskspb.Task{MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{
		Url: "http://127.0.0.1:1/functions/delivery/timers/retry", Headers: map[string]string{"Traceparent": traceparent}}}}
}

func delivered(topic, function string) pubsub.Delivery {
	return pubsub.Delivery{Subscription: "projects/p/subscriptions/" + topic + "." + function, Message: &pubsubpb.PubsubMessage{}}
}

// story is a scenario in which one thing comes after the other: what went wrong with each step of it.
func story(f *fixture) (out []string) {
	note := func(step string, what any) { out = append(out, fmt.Sprint(step, " ", what)) }
	for range 40 {
		f.in("routing", func(ctx context.Context, trace string) {
			note("commit", status.Code(f.FirestoreCall(ctx, "Commit", commit("agents", "offers"))))
			note("committed", status.Code(f.FirestoreCommit(ctx, commit("agents", "offers"))))
			note("publish", status.Code(f.Publish(publish(trace))))
		})
		note("delivery", f.Delivery(delivered("message.queued", "delivery")))
		note("send", f.Send(graph.Sending{Account: "1", To: "34600000001"}).Kind)
	}
	return out
}

// every is a plan in which everything goes wrong now and then.
func every(seed uint64) faults.Plan {
	half := faults.Failures{Unavailable: .1, Aborted: .1, Deadline: .1}
	return faults.Plan{
		Seed:      seed,
		Firestore: faults.Firestore{Before: half, After: half},
		PubSub:    faults.PubSub{Refuse: .1, Duplicate: .2, Delay: faults.Delay{Rate: .2, UpTo: faults.Duration(time.Second)}},
		Channel:   faults.Channel{ServerError: .1, HangAfter: .1, StatusesFirst: .1},
		Kill:      faults.Kill{Before: .05, After: .05},
	}
}

func TestASeedRepeats(t *testing.T) {
	first := story(newFixture(t, every(7)))
	f := newFixture(t, every(7))
	f.in("delivery", func(ctx context.Context, _ string) { // what else goes on changes nothing
		for range 9 {
			_ = f.FirestoreCall(ctx, "RunQuery", &pb.RunQueryRequest{})
		}
	})
	assert.Equal(t, first, story(f))
	require.NoError(t, f.Set(every(7)))
	assert.Equal(t, first, story(f), "setting a plan begins it anew")
	require.NoError(t, f.Set(every(8)))
	assert.NotEqual(t, first, story(f))
}

func TestRatesAreRates(t *testing.T) {
	f := newFixture(t, faults.Plan{Seed: 1, Firestore: faults.Firestore{
		After: faults.Failures{Unavailable: .3, Aborted: .05, Deadline: .01}}})
	f.in("routing", func(ctx context.Context, _ string) {
		for range 10_000 {
			_ = f.FirestoreCommit(ctx, commit("agents"))
		}
	})
	assert.Equal(t, map[faults.Kind]int{
		faults.FirestoreAfterUnavailable: 2968, faults.FirestoreAfterAborted: 524, faults.FirestoreAfterDeadline: 108,
	}, f.Count(), "of 10 000: 30 %, 5 % and 1 %")
}

func TestOnlyFunctionsAreHit(t *testing.T) {
	f := newFixture(t, faults.Plan{Functions: []string{"routing"},
		Firestore: faults.Firestore{Methods: []string{"Commit"}, Before: faults.Failures{Aborted: 1}}, PubSub: faults.PubSub{LostAck: 1},
		Tasks: faults.Tasks{Refuse: 1, LostAck: 1}})
	require.NoError(t, f.FirestoreCall(t.Context(), "Commit", commit("agents")), "nobody's")
	require.NoError(t, f.Publish(publish("")), "nobody's")
	require.NoError(t, f.TaskCreate(&cloudtaskspb.CreateTaskRequest{Task: task("")}), "nobody's")
	f.in("delivery", func(ctx context.Context, _ string) {
		assert.NoError(t, f.FirestoreCall(ctx, "Commit", commit("agents")), "another function's")
	})
	f.in("routing", func(ctx context.Context, trace string) {
		assert.NoError(t, f.FirestoreCall(ctx, "RunQuery", &pb.RunQueryRequest{}), "another method")
		assert.Equal(t, codes.Aborted, status.Code(f.FirestoreCall(ctx, "Commit", commit("agents"))))
		assert.Equal(t, codes.PermissionDenied, status.Code(f.TaskCreate(&cloudtaskspb.CreateTaskRequest{Task: task(trace)})))
	})
	assert.Equal(t, pubsub.Fault{}, f.Delivery(delivered("message.queued", "delivery")))
	assert.Equal(t, pubsub.Fault{LoseAck: true}, f.Delivery(delivered("agent.freed", "routing")))
	assert.Equal(t, tasks.Fault{}, f.Dispatch(tasks.Dispatch{Task: task("")}), "it calls delivery")
}

// everything goes wrong in one way each.
func TestEachFaultIsWhatItSays(t *testing.T) {
	second := faults.Delay{Rate: 1, UpTo: faults.Duration(time.Second)}
	for kind, test := range map[faults.Kind]struct {
		plan faults.Plan
		want any
	}{
		faults.PubSubDuplicate: {faults.Plan{PubSub: faults.PubSub{Duplicate: 1}}, pubsub.Fault{Duplicate: true}},
		faults.PubSubLostAck:   {faults.Plan{PubSub: faults.PubSub{LostAck: 1}}, pubsub.Fault{LoseAck: true}},
		faults.TasksDuplicate:  {faults.Plan{Tasks: faults.Tasks{Duplicate: 1}}, tasks.Fault{Duplicate: true}},
		faults.TasksLostAck:    {faults.Plan{Tasks: faults.Tasks{LostAck: 1}}, tasks.Fault{LoseAnswer: true}},
		faults.ChannelServerError: {faults.Plan{Channel: faults.Channel{ServerError: 1}},
			graph.Fault{Kind: graph.FaultError, Status: 500}},
		faults.ChannelRateLimit:     {faults.Plan{Channel: faults.Channel{RateLimit: 1}}, graph.Fault{Kind: graph.FaultError, Code: 4}},
		faults.ChannelHangBefore:    {faults.Plan{Channel: faults.Channel{HangBefore: 1}}, graph.Fault{Kind: graph.FaultHangBefore}},
		faults.ChannelHangAfter:     {faults.Plan{Channel: faults.Channel{HangAfter: 1}}, graph.Fault{Kind: graph.FaultHangAfter}},
		faults.ChannelDropBefore:    {faults.Plan{Channel: faults.Channel{DropBefore: 1}}, graph.Fault{Kind: graph.FaultDropBefore}},
		faults.ChannelDropAfter:     {faults.Plan{Channel: faults.Channel{DropAfter: 1}}, graph.Fault{Kind: graph.FaultDropAfter}},
		faults.ChannelStatusesFirst: {faults.Plan{Channel: faults.Channel{StatusesFirst: 1}}, graph.Fault{Kind: graph.FaultStatusesFirst}},
	} {
		t.Run(string(kind), func(t *testing.T) {
			f := newFixture(t, test.plan)
			all := []any{f.Delivery(delivered("a", "routing")), f.Dispatch(tasks.Dispatch{Task: task("")}),
				f.Send(graph.Sending{Account: "1", To: "2"})}
			assert.Contains(t, all, test.want)
			assert.Equal(t, map[faults.Kind]int{kind: 1}, f.Count())
		})
	}
	f := newFixture(t, faults.Plan{Seed: 5, PubSub: faults.PubSub{Delay: second}, Tasks: faults.Tasks{Delay: second}})
	var total time.Duration
	for range 1000 {
		d := f.Delivery(delivered("a", "routing")).Delay
		assert.Less(t, d, time.Second)
		total += d
	}
	assert.InDelta(t, 500, total.Milliseconds()/1000, 20, "half of the longest on the average")
	assert.NotZero(t, f.Dispatch(tasks.Dispatch{Task: task("")}).Delay)
	require.NoError(t, f.Set(faults.Plan{PubSub: faults.PubSub{Reorder: second}}))
	assert.NotZero(t, f.Delivery(delivered("a", "routing")).Overtaken)
}

func TestFailuresOfCalls(t *testing.T) {
	one := func(u, a, d faults.Rate) faults.Failures {
		return faults.Failures{Unavailable: u, Aborted: a, Deadline: d}
	}
	for want, failing := range map[codes.Code]faults.Failures{
		codes.Unavailable: one(1, 0, 0), codes.Aborted: one(0, 1, 0), codes.DeadlineExceeded: one(0, 0, 1)} {
		f := newFixture(t, faults.Plan{Firestore: faults.Firestore{Before: failing}})
		f.in("routing", func(ctx context.Context, _ string) {
			assert.Equal(t, want, status.Code(f.FirestoreCall(ctx, "RunQuery", &pb.RunQueryRequest{})))
			assert.NoError(t, f.FirestoreCommit(ctx, commit("agents")))
		})
		require.NoError(t, f.Set(faults.Plan{Firestore: faults.Firestore{After: failing}}))
		f.in("routing", func(ctx context.Context, _ string) {
			assert.NoError(t, f.FirestoreCall(ctx, "Commit", commit("agents")))
			assert.Equal(t, want, status.Code(f.FirestoreCommit(ctx, commit("agents"))))
		})
	}
	f := newFixture(t, faults.Plan{PubSub: faults.PubSub{LostAnswer: 1}, Tasks: faults.Tasks{LostAnswer: 1}})
	f.in("routing", func(_ context.Context, trace string) {
		create := &cloudtaskspb.CreateTaskRequest{Task: task(trace)}
		assert.NoError(t, f.Publish(publish(trace)))
		assert.NoError(t, f.TaskCreate(create))
		assert.Equal(t, codes.Unavailable, status.Code(f.Published(publish(trace))))
		assert.Equal(t, codes.Unavailable, status.Code(f.TaskCreated(create)))
	})
}

// Who deletes a timer meets the faults of who sets one; the call is the one that asks, whoever set the timer.
func TestDeletingATimer(t *testing.T) {
	f := newFixture(t, faults.Plan{Functions: []string{"routing"}, Tasks: faults.Tasks{Refuse: 1, LostAnswer: 1}})
	require.NoError(t, f.TaskDelete(t.Context(), task("")), "nobody's")
	f.in("delivery", func(ctx context.Context, _ string) {
		assert.NoError(t, f.TaskDelete(ctx, task("")), "another function's")
	})
	f.in("routing", func(ctx context.Context, _ string) {
		assert.Equal(t, codes.PermissionDenied, status.Code(f.TaskDelete(ctx, task(""))))
		assert.Equal(t, codes.Unavailable, status.Code(f.TaskDeleted(ctx, task(""))))
	})
	require.NoError(t, f.Set(faults.Plan{Once: []faults.Once{{Kind: faults.KillAfter, On: "/timers/retry"}}}))
	f.in("routing", func(ctx context.Context, _ string) {
		assert.NoError(t, f.TaskDelete(ctx, task("")))
		assert.ErrorContains(t, f.TaskDeleted(ctx, task("")), "killed")
		assert.ErrorContains(t, f.TaskDelete(ctx, task("")), "killed", "the dead are not heard")
	})
	h := f.History()
	require.Len(t, h, 1)
	assert.Equal(t, "/timers/retry", h[0].On)
	assert.Len(t, h[0].Trace, 32)
}

func TestLatencyEndsWithItsCall(t *testing.T) {
	f := newFixture(t, faults.Plan{Once: []faults.Once{{Kind: faults.FirestoreLatency, For: faults.Duration(time.Hour)}}})
	f.in("routing", func(ctx context.Context, _ string) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		assert.Equal(t, codes.Canceled, status.Code(f.FirestoreCall(ctx, "RunQuery", &pb.RunQueryRequest{})))
		assert.NoError(t, f.FirestoreCall(ctx, "RunQuery", &pb.RunQueryRequest{}))
	})
}

func TestADeadCallIsNotHeardAgain(t *testing.T) {
	f := newFixture(t, faults.Plan{Once: []faults.Once{{Kind: faults.KillAfter, On: "offers"}}})
	f.in("routing", func(ctx context.Context, trace string) {
		assert.NoError(t, f.FirestoreCommit(ctx, commit("agents")))
		assert.NoError(t, f.FirestoreCall(ctx, "Commit", commit("offers")))
		assert.Equal(t, codes.PermissionDenied, status.Code(f.FirestoreCommit(ctx, commit("offers"))))
		require.ErrorIs(t, ctx.Err(), context.Canceled)
		create := &cloudtaskspb.CreateTaskRequest{Task: task(trace)}
		for _, err := range []error{f.FirestoreCall(ctx, "RunQuery", &pb.RunQueryRequest{}), f.Publish(publish(trace)), f.TaskCreate(create)} {
			assert.ErrorContains(t, err, "killed")
		}
		batch := publish("")
		batch.Messages = append(batch.Messages, publish(trace).Messages...)
		assert.ErrorContains(t, f.Publish(batch), "killed")
	})
	f.in("routing", func(ctx context.Context, _ string) {
		assert.NoError(t, f.FirestoreCommit(ctx, commit("offers")), "the next call lives")
	})
	assert.Equal(t, map[faults.Kind]int{faults.KillAfter: 1}, f.Count())
}

func TestOnceIsANumberOfTimes(t *testing.T) {
	f := newFixture(t, faults.Plan{Functions: []string{"delivery"}, Once: []faults.Once{
		{Kind: faults.FirestoreAfterAborted, Function: "routing", On: "offers", Times: 2},
		{Kind: faults.FirestoreAfterDeadline, On: "offers"}, {Kind: faults.ChannelDropAfter, On: "1"},
	}})
	var got []codes.Code
	f.in("routing", func(ctx context.Context, _ string) {
		for _, c := range [][]string{{"agents"}, {"agents", "offers"}, {"offers"}, {"offers"}, {"offers"}} {
			got = append(got, status.Code(f.FirestoreCommit(ctx, commit(c...))))
		}
	})
	assert.Equal(t, []codes.Code{codes.OK, codes.Aborted, codes.Aborted, codes.DeadlineExceeded, codes.OK}, got)
	assert.Empty(t, f.Send(graph.Sending{Account: "2"}).Kind)
	assert.Equal(t, graph.FaultDropAfter, f.Send(graph.Sending{Account: "1"}).Kind)
	assert.Empty(t, f.Send(graph.Sending{Account: "1"}).Kind)
	assert.Len(t, f.Plan().Once, 3, "the plan is as it was set")
}

func TestHistoryIsTheLastThousand(t *testing.T) {
	f := newFixture(t, faults.Plan{PubSub: faults.PubSub{Duplicate: 1}})
	for range 1500 {
		f.Delivery(delivered("agent.freed", "routing"))
	}
	h := f.History()
	require.Len(t, h, 1000)
	assert.Equal(t, faults.Injected{At: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Kind: faults.PubSubDuplicate,
		Function: "routing", On: "agent.freed.routing", Nth: 500}, h[0])
	assert.EqualValues(t, 1499, h[999].Nth)
	assert.Equal(t, map[faults.Kind]int{faults.PubSubDuplicate: 1500}, f.Count())
}

func TestClocksAreWrong(t *testing.T) {
	told := 0
	f := faults.New(faults.Options{Functions: []string{"routing", "delivery"}, Changed: func() { told++ }})
	require.NoError(t, f.Set(faults.Plan{Skew: map[string]faults.Duration{"routing": faults.Duration(-time.Minute)}}))
	assert.Equal(t, -time.Minute, f.Skew("routing"))
	assert.Zero(t, f.Skew("delivery"))
	require.Error(t, f.Set(faults.Plan{Functions: []string{"nobody"}}))
	assert.Equal(t, 1, told)
	require.NoError(t, f.Set(faults.Plan{}))
	assert.Zero(t, f.Skew("routing"), "a clock follows the plan")
	assert.Equal(t, 2, told)
}
