package meter_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/emulator/calls"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/meter"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/tasks"
)

// metered is a meter for functions that a test writes by hand.
type metered struct {
	*meter.Meter
	t     testing.TB
	calls *calls.Register
}

func open(t testing.TB, o meter.Options) *metered {
	t.Helper()
	o.Calls = &calls.Register{}
	o.Interaction = func(path string, fields map[string]*pb.Value) string {
		if id, ok := strings.CutPrefix(path, "interactions/"); ok {
			return id
		}
		return fields["interaction"].GetStringValue()
	}
	o.Reader = func(subscription string) string { return subscription[strings.LastIndexByte(subscription, '.')+1:] }
	o.Target = func(url string) string { return strings.TrimPrefix(url, "http://") }
	m, err := meter.New(o)
	require.NoError(t, err)
	o.Calls.Ended = m.Called
	return &metered{Meter: m, t: t, calls: o.Calls}
}

// at is a call of a function under way: the context of what it asks for, and its traceparent.
type at struct {
	m      *metered
	ctx    context.Context
	parent string
}

const (
	one = "00-11111111111111111111111111111111-0000000000000001-01"
	two = "00-22222222222222222222222222222222-0000000000000001-01"
)

// call runs a function that was called as part of a trace.
func (m *metered) call(function, trace string, do func(at)) {
	m.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Traceparent", trace)
	m.calls.Wrap(function, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		do(m.by(r.Header.Get("Traceparent")))
	})).ServeHTTP(httptest.NewRecorder(), r)
}

func (m *metered) by(parent string) at {
	return at{m: m, parent: parent, ctx: metadata.NewIncomingContext(context.Background(), metadata.Pairs("traceparent", parent))}
}

// doc is a document in its nth version; a word after the path is the interaction it names.
func doc(path string, nth int64) *pb.Document {
	path, interaction, _ := strings.Cut(path, " ")
	d := &pb.Document{Name: "projects/p/databases/(default)/documents/" + path, UpdateTime: &timestamppb.Timestamp{Seconds: nth}}
	if interaction != "" {
		d.Fields = map[string]*pb.Value{"interaction": {ValueType: &pb.Value_StringValue{StringValue: interaction}}}
	}
	return d
}

func (a at) does(kind firestore.Kind, method string, docs ...*pb.Document) {
	for _, d := range docs {
		path := strings.TrimPrefix(d.GetName(), "projects/p/databases/(default)/documents/")
		a.m.Firestore(a.ctx, firestore.Op{Kind: kind, Method: method, Collection: path[:strings.LastIndexByte(path, '/')], Document: path,
			Count: 1, Documents: []*pb.Document{d}})
	}
}

func (a at) reads(paths ...string) {
	for _, p := range paths {
		a.does(firestore.Read, "BatchGetDocuments", doc(p, 1))
	}
}

func (a at) writes(nth int64, paths ...string) {
	for _, p := range paths {
		a.does(firestore.Write, "Commit", doc(p, nth))
	}
}

func (a at) findsNothing() {
	a.m.Firestore(a.ctx, firestore.Op{Kind: firestore.Read, Method: "RunQuery", Collection: "interactions", Count: 1})
}

func (a at) hears(nth int64, path string) {
	a.m.Firestore(a.ctx, firestore.Op{Kind: firestore.Read, Method: "Listen", Collection: "agents", Count: 1, Documents: []*pb.Document{doc(path, nth)}})
}

func (a at) publishes(topic string) {
	a.m.PubSub(pubsub.Event{Kind: pubsub.Published, Topic: "projects/p/topics/" + topic, MessageID: "1234567890123456", Bytes: 200, Traceparent: a.parent})
}

func (a at) delivered(subscription string) {
	a.m.PubSub(pubsub.Event{Kind: pubsub.Pushed, Subscription: "projects/p/subscriptions/" + subscription, MessageID: "1234567890123456", Bytes: 200, Traceparent: a.parent})
}

// lines is the bill of an interaction as text: function, what, of and how many of what is not zero.
func (m *metered) lines(interaction string) []string {
	d, _ := m.Interaction(interaction)
	out := []string{}
	for _, l := range d.Lines {
		line := strings.TrimSpace(l.Function + " " + l.What + " " + l.Of)
		for _, n := range []struct {
			name string
			n    int64
		}{{"calls", l.Calls}, {"reads", l.Reads}, {"writes", l.Writes}, {"deletes", l.Deletes}, {"messages", l.Messages},
			{"deliveries", l.Deliveries}, {"bytes", l.Bytes}, {"tasks", l.Tasks}, {"operations", l.TaskOperations}} {
			if n.n != 0 {
				line += fmt.Sprintf(" %s=%d", n.name, n.n)
			}
		}
		out = append(out, line)
	}
	return out
}

func TestWhatNamesAnInteractionIsItsOwn(t *testing.T) {
	m := open(t, meter.Options{})
	m.call("desktop", one, func(a at) {
		a.does(firestore.Read, "RunQuery", doc("interactions/x", 1), doc("interactions/y", 1), doc("interactions/x", 2))
		a.writes(1, "messages/1 y")
		m.Firestore(a.ctx, firestore.Op{Kind: firestore.Delete, Method: "Commit", Collection: "interactions", Document: "interactions/x", Count: 1})
		m.Firestore(a.ctx, firestore.Op{Kind: firestore.Read, Method: "BatchGetDocuments", Collection: "interactions", Document: "interactions/z", Count: 1})
	})
	assert.Equal(t, []string{"desktop Commit interactions deletes=1", "desktop RunQuery interactions reads=2"}, m.lines("x"))
	assert.Equal(t, []string{"desktop Commit messages writes=1", "desktop RunQuery interactions reads=1"}, m.lines("y"))
	assert.Equal(t, []string{"desktop BatchGetDocuments interactions reads=1"}, m.lines("z"), "asked for by name, and missing")
	assert.Equal(t, []string{"desktop request calls=1"}, m.lines(meter.Shared), "the call dealt with three, and wrote two")
}

func TestTheRestOfACallIsTheOneItDealtWith(t *testing.T) {
	m := open(t, meter.Options{})
	m.call("acceptance", one, func(a at) {
		a.reads("agents/ana") // before it is known what it is about
		a.reads("interactions/x")
		a.findsNothing()
		a.writes(2, "agents/ana")
	})
	assert.Equal(t, []string{"acceptance BatchGetDocuments agents reads=1", "acceptance BatchGetDocuments interactions reads=1",
		"acceptance Commit agents writes=1", "acceptance RunQuery interactions reads=1", "acceptance request calls=1"}, m.lines("x"))

	m.call("routing", two, func(a at) {
		a.reads("interactions/y", "interactions/z", "agents/ana")
		a.writes(3, "interactions/z")
	})
	assert.Equal(t, []string{"routing BatchGetDocuments agents reads=1", "routing BatchGetDocuments interactions reads=1",
		"routing Commit interactions writes=1", "routing request calls=1"}, m.lines("z"), "of two that it saw it wrote one")
	assert.Equal(t, []string{"routing BatchGetDocuments interactions reads=1"}, m.lines("y"))
	assert.Empty(t, m.lines(meter.Shared))
}

func TestTheRestOfATraceIsTheOneItDealtWith(t *testing.T) {
	m := open(t, meter.Options{})
	var webhook at
	m.call("intake", one, func(a at) {
		a.publishes("message.received")
		webhook = a
	})
	assert.Empty(t, m.lines("x"))
	assert.Equal(t, []string{"intake Publish message.received messages=1 bytes=1000", "intake request calls=1"}, m.lines(meter.Shared), "nobody knows yet")
	m.call("conversation", one, func(a at) {
		a.reads("identities/i")
		a.writes(1, "interactions/x")
	})
	webhook.delivered("message.received.conversation")
	assert.Equal(t, []string{
		"conversation BatchGetDocuments identities reads=1", "conversation Commit interactions writes=1",
		"conversation push message.received.conversation deliveries=1 bytes=1000", "conversation request calls=1",
		"intake Publish message.received messages=1 bytes=1000", "intake request calls=1",
	}, m.lines("x"))
	assert.Empty(t, m.lines(meter.Shared))
}

// A wrap-up frees an agent, who gets the next one who waits: what the hint costs is the first one's, the pass the second one's.
func TestAHintIsHisWhoCausedItAndItsWorkHisWhoGetsIt(t *testing.T) {
	m := open(t, meter.Options{})
	var hint at
	m.call("wrapup", one, func(a at) {
		a.writes(1, "interactions/x")
		a.publishes("agent.freed")
		hint = a
	})
	m.call("routing", one, func(a at) {
		a.reads("agents/ana")
		a.writes(1, "interactions/y")
	})
	hint.delivered("agent.freed.routing")
	assert.Equal(t, []string{"routing push agent.freed.routing deliveries=1 bytes=1000", "wrapup Commit interactions writes=1",
		"wrapup Publish agent.freed messages=1 bytes=1000", "wrapup request calls=1"}, m.lines("x"))
	assert.Equal(t, []string{"routing BatchGetDocuments agents reads=1", "routing Commit interactions writes=1", "routing request calls=1"}, m.lines("y"))
}

func TestWhatIsNobodysIsShared(t *testing.T) {
	m := open(t, meter.Options{})
	m.call("presence", one, func(a at) { a.writes(1, "agents/ana", "leases/ana") })
	m.call("sweep", two, func(a at) {
		a.does(firestore.Read, "RunQuery", doc("interactions/x", 1), doc("interactions/y", 1))
		a.findsNothing()
	})
	assert.Equal(t, []string{"presence Commit agents writes=1", "presence Commit leases writes=1", "presence request calls=1",
		"sweep RunQuery interactions reads=1", "sweep request calls=1"}, m.lines(meter.Shared))
}

func TestAListenerHearsForHimWhoWroteIt(t *testing.T) {
	for name, late := range map[string]bool{"the writer is known first": false, "the listener is told first": true} {
		t.Run(name, func(t *testing.T) {
			m := open(t, meter.Options{})
			m.call("presence", one, func(a at) { a.writes(1, "agents/ana") })
			m.call("feed", two, func(feed at) {
				feed.hears(1, "agents/ana") // as she was before it began
				feed.hears(1, "messages/1 y")
				m.call("routing", one, func(a at) {
					if late {
						feed.hears(2, "agents/ana")
					}
					a.writes(2, "interactions/x", "agents/ana")
					if !late {
						feed.hears(2, "agents/ana")
					}
				})
				feed.hears(7, "agents/ana") // which nobody is known to have written
				m.Firestore(feed.ctx, firestore.Op{Kind: firestore.Read, Method: "Listen", Collection: "interactions", Count: 1})
			})
			assert.Contains(t, m.lines("x"), "feed Listen agents reads=1")
			assert.Equal(t, []string{"feed Listen agents reads=1"}, m.lines("y"), "it names the conversation")
			assert.Subset(t, m.lines(meter.Shared), []string{"feed Listen agents reads=2", "feed Listen interactions reads=1", "feed request calls=1"})
		})
	}
}

func TestTasksAreHisWhoSetsThemAndTheirAttemptsHisWhomTheyCall(t *testing.T) {
	m := open(t, meter.Options{})
	m.call("routing", one, func(a at) {
		a.writes(1, "interactions/x")
		m.Tasks(tasks.Event{Kind: tasks.Created, URL: "http://timeout", Traceparent: a.parent})
		m.TasksCalled(a.ctx, "CreateTask")
		m.Tasks(tasks.Event{Kind: tasks.Attempted, URL: "http://timeout", Traceparent: a.parent, Attempt: 1})
		m.Tasks(tasks.Event{Kind: tasks.Attempted, URL: "http://timeout", Traceparent: a.parent, Attempt: 2})
		m.Tasks(tasks.Event{Kind: tasks.GivenUp, Traceparent: a.parent})
	})
	assert.Equal(t, []string{"routing Commit interactions writes=1", "routing CreateTask operations=1", "routing request calls=1",
		"routing task tasks=1", "timeout dispatch operations=2"}, m.lines("x"))
}

func TestWhatNoFunctionAskedForIsOutside(t *testing.T) {
	m := open(t, meter.Options{})
	test := m.by("")
	test.reads("interactions/x")
	test.writes(1, "interactions/x")
	m.by(two).reads("interactions/x") // a trace, but no call of a function
	m.TasksCalled(m.by(two).ctx, "CreateQueue")
	m.PubSub(pubsub.Event{Kind: pubsub.Published, Topic: "t", Bytes: 10})
	m.PubSub(pubsub.Event{Kind: pubsub.Pushed, Subscription: "t.routing", Bytes: 10})
	m.PubSub(pubsub.Event{Kind: pubsub.Pulled, Subscription: "t.other", Bytes: 10})
	r := m.Report(10)
	assert.Equal(t, meter.Counts{Reads: 2, Writes: 1, Messages: 1, Deliveries: 2, Bytes: 3000, TaskOperations: 1}, r.Outside.Counts)
	assert.Zero(t, r.Total.Counts)
	assert.Zero(t, r.Count)
	_, ok := m.Interaction("x")
	assert.False(t, ok)
}

func TestLargeMessagesCountWithAllThatIsInThem(t *testing.T) {
	m := open(t, meter.Options{})
	for _, size := range []int{0, 964, 965, 5000} { // with a time of 20 bytes and an ID of 16
		m.PubSub(pubsub.Event{Kind: pubsub.Published, Topic: "t", MessageID: "1234567890123456", Bytes: size})
	}
	assert.EqualValues(t, 1000+1000+1001+5036, m.Report(0).Outside.Bytes)
}

func TestTotalsAreExactHoweverLittleIsKept(t *testing.T) {
	m := open(t, meter.Options{Traces: 3, Interactions: 2})
	for n := range 100 {
		m.call("conversation", fmt.Sprintf("00-%032x-0000000000000001-01", n+1), func(a at) {
			a.reads("identities/i")
			a.writes(int64(n), fmt.Sprintf("interactions/%d", n))
			a.publishes("interaction.queued")
		})
	}
	r := m.Report(10)
	assert.Equal(t, meter.Counts{Calls: 100, Reads: 100, Writes: 100, Messages: 100, Bytes: 100_000}, r.Total.Counts)
	assert.Equal(t, 100, r.Count)
	assert.Zero(t, r.Shared.Counts)
	var names []string
	for _, i := range r.Interactions {
		names = append(names, i.Interaction)
		assert.Equal(t, meter.Counts{Calls: 1, Reads: 1, Writes: 1, Messages: 1, Bytes: 1000}, i.Counts)
	}
	assert.Equal(t, []string{"99", "98"}, names, "the latest first")
	_, ok := m.Interaction("3")
	assert.False(t, ok)
}

// What comes in for a trace that is not kept any more goes where the trace went, or is looked at anew.
func TestALateDeliveryOfAForgottenTrace(t *testing.T) {
	m := open(t, meter.Options{Traces: 1})
	var old at
	m.call("wrapup", one, func(a at) {
		old = a
		a.writes(1, "interactions/x", "agents/ana")
	})
	m.call("presence", two, func(a at) { a.writes(1, "leases/ana") })
	old.delivered("agent.freed.routing")
	m.call("feed", two, func(a at) { a.hears(1, "agents/ana") })
	assert.Equal(t, []string{"wrapup Commit agents writes=1", "wrapup Commit interactions writes=1", "wrapup request calls=1"}, m.lines("x"))
	assert.Contains(t, m.lines(meter.Shared), "routing push agent.freed.routing deliveries=1 bytes=1000")
	assert.Contains(t, m.lines(meter.Shared), "feed Listen agents reads=1")
}

func TestWhatListenersHearIsCountedHoweverManyVersionsThereAre(t *testing.T) {
	m := open(t, meter.Options{})
	m.call("feed", one, func(a at) {
		for n := range 10_000 {
			a.hears(int64(n), "agents/ana")
		}
		for range 1000 {
			a.hears(1, "agents/bob")
		}
	})
	assert.Equal(t, []string{"feed Listen agents reads=11000", "feed request calls=1"}, m.lines(meter.Shared))
}

func TestResetBeginsAnew(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	m := open(t, meter.Options{Now: func() time.Time { return now }})
	m.call("desktop", one, func(a at) {
		a.reads("interactions/x", "agents/ana")
		now = now.Add(time.Hour)
		m.Reset()
		a.reads("agents/ana")
	})
	r := m.Report(10)
	assert.Equal(t, meter.Counts{Calls: 1, Reads: 1}, r.Total.Counts)
	assert.Equal(t, now, r.Since)
	assert.Empty(t, r.Interactions)
}

func TestManyAtOnce(t *testing.T) {
	m := open(t, meter.Options{Traces: 8, Interactions: 4})
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := range 200 {
				m.call("desktop", fmt.Sprintf("00-%032x-0000000000000001-01", w*1000+n+1), func(a at) {
					a.reads("agents/ana")
					a.writes(int64(n), fmt.Sprintf("interactions/%d", n), "agents/ana")
					a.hears(int64(n), "agents/ana")
					a.publishes("message.queued")
					a.delivered("message.queued.delivery")
				})
				m.Report(3)
			}
		})
	}
	all.Wait()
	r := m.Report(3)
	assert.Equal(t, meter.Counts{Calls: 1600, Reads: 3200, Writes: 3200, Messages: 1600, Deliveries: 1600, Bytes: 3_200_000}, r.Total.Counts)
	var sum meter.Counts
	for _, f := range r.Functions {
		sum.Calls, sum.Reads, sum.Writes = sum.Calls+f.Calls, sum.Reads+f.Reads, sum.Writes+f.Writes
	}
	assert.Equal(t, meter.Counts{Calls: 1600, Reads: 3200, Writes: 3200}, sum)
}
