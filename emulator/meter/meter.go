// Package meter counts what production would bill: documents read, written and deleted in Firestore, messages and bytes of
// Pub/Sub, tasks, and requests to functions; for each function, and for each interaction.
//
// # Whose it is
//
// A function's is what its calls asked for, by the trace context that every request to a service carries; further the delivery of
// a message or task to it, and the request itself. What no call of a function asked for, such as a test's own reading, is listed
// as outside and is no cost of the product.
//
// An interaction's is, in this order:
//
//   - an operation on a document that names it: its own, or one with its ID;
//   - what a listener is told because of a write that was the interaction's;
//   - what else a call asked for that wrote, or else dealt with, this interaction and no other;
//   - what else happened in a trace that wrote, or else dealt with, this interaction and no other: the webhook of a message.
//
// The rest is shared: signing in, leases, sweeps, configuration, listening while nothing happens. So somebody who signs in and is
// offered a conversation that waited has signed in for it. What is known of a trace decides, so figures of an interaction may grow
// until its last event has come to rest; figures of functions and totals are exact at any time.
//
// # As production bills
//
// Documents as package firestore says. A message counts with its data, attributes, ordering key, ID and 20 bytes for the time, and
// with at least 1000 bytes for publishing it and for each delivery. Production charges those 1000 for a request, which may publish
// several messages; which ones go together is chance, so here each counts for itself. A task counts once for each call to Cloud
// Tasks and for each attempt to deliver it. Only requests are counted of functions: what computing costs in production cannot be
// told from this machine. See prices.yaml for the prices.
//
// # Over HTTP
//
//	GET /meter                the [Report] as JSON; its table with ?format=text or Accept: text/plain;
//	                          ?interactions=N lists that many, 20 unless told, at most 1000
//	GET /meter/{interaction}  the [Detail] of one interaction, or of what is shared (GET /meter/shared); 404 when nothing was
//	                          counted for it, or too long ago
//	DELETE /meter             counts anew from now; 204
//
// There are names of functions, methods, collections, topics and subscriptions in it, and IDs of interactions; never anything of
// what they hold.
package meter

import (
	"container/list"
	"context"
	"strings"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/deskline/deskline/emulator/calls"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/tasks"
)

// Options set up a Meter. Calls is required.
type Options struct {
	Calls *calls.Register // who asks the services for what

	// Interaction is the interaction that a document names by its path or its fields, which are nil when it does not exist; empty
	// when it names none. Nil knows none.
	Interaction func(path string, fields map[string]*pb.Value) string

	// Reader is the function that gets a subscription's messages, by the subscription's full name, and Target the one that a
	// task's URL calls; empty when there is none. Nil knows none.
	Reader func(subscription string) string
	Target func(url string) string

	// Uncounted is what nobody tells the meter, and why; empty when it hears of everything. Reports repeat it.
	Uncounted string

	// Traces and Interactions are how many are kept apart, the latest used; 4096 and 1000 when zero. The figures of older ones go
	// into the totals.
	Traces, Interactions int

	Now func() time.Time // time.Now when nil
}

// Meter counts. Its methods are safe for concurrent use.
type Meter struct {
	opt    Options
	prices Prices

	mu           sync.Mutex
	since        time.Time
	traces       map[string]*trace
	spans        map[string]*span
	used         *list.List // of *trace, the latest used first
	interactions map[string]*conversation
	latest       *list.List // of *conversation, the latest charged first
	earlier      account    // of interactions that are not kept apart any more
	earlierCount int
	shared       account
	outside      account
	writings     map[version]*writing
	recent       [versions]version // a ring
	nextVersion  int
}

// conversation is the account of one interaction.
type conversation struct {
	id      string
	account account
	place   *list.Element
}

// New makes a meter. The error is that of a price list that cannot be read.
func New(o Options) (*Meter, error) {
	prices, err := ReadPrices()
	if err != nil {
		return nil, err
	}
	if o.Interaction == nil {
		o.Interaction = func(string, map[string]*pb.Value) string { return "" }
	}
	none := func(string) string { return "" }
	if o.Reader == nil {
		o.Reader = none
	}
	if o.Target == nil {
		o.Target = none
	}
	if o.Traces <= 0 {
		o.Traces = 4096
	}
	if o.Interactions <= 0 {
		o.Interactions = 1000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Meter{opt: o, prices: prices}
	m.Reset()
	return m, nil
}

// Reset forgets everything. What is under way is counted from now on.
func (m *Meter) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since = m.opt.Now()
	m.traces, m.spans, m.used = map[string]*trace{}, map[string]*span{}, list.New()
	m.interactions, m.latest = map[string]*conversation{}, list.New()
	m.earlier, m.earlierCount, m.shared, m.outside = account{}, 0, account{}, account{}
	m.writings, m.recent, m.nextVersion = map[version]*writing{}, [versions]version{}, 0
}

// charges is the account of an interaction that was dealt with. The lock must be held.
func (m *Meter) charges(id string) account {
	if c := m.interactions[id]; c != nil {
		m.latest.MoveToFront(c.place)
		return c.account
	}
	c := &conversation{id: id, account: account{}}
	c.place = m.latest.PushFront(c)
	m.interactions[id] = c
	if len(m.interactions) > m.opt.Interactions {
		old := m.latest.Remove(m.latest.Back()).(*conversation)
		delete(m.interactions, old.id)
		m.earlier.addAll(old.account)
		m.earlierCount++
	}
	return c.account
}

// settles is the account of an interaction for what turned out to be its own; of nobody for an empty ID. The lock must be held.
func (m *Meter) settles(id string) account {
	if id == "" {
		return m.shared
	}
	if c := m.interactions[id]; c != nil {
		return c.account
	}
	return m.earlier
}

// Firestore counts an operation; it is for firestore.Options.Observe.
func (m *Meter) Firestore(ctx context.Context, op firestore.Op) {
	parent := calls.Traceparent(ctx)
	call := m.opt.Calls.Find(parent)
	each := one(op.Kind)
	if call == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.outside.add(item{what: op.Method, of: op.Collection}, times(each, op.Count))
		return
	}
	i := item{function: call.Function, what: op.Method, of: op.Collection}
	m.mu.Lock()
	defer m.mu.Unlock()
	if op.Method == listen {
		m.listened(op, call.Began, i)
		return
	}
	s := m.span(traceOf(parent), call.Span)
	for _, d := range op.Documents {
		path := pathOf(d)
		id := m.opt.Interaction(path, d.GetFields())
		if id == "" {
			m.owes(s, i, each)
			if op.Kind == firestore.Write {
				m.wrote(versionOf(path, d), s)
			}
			continue
		}
		m.deals(s, id, op.Kind != firestore.Read)
		m.charges(id).add(i, each)
	}
	if rest := op.Count - len(op.Documents); rest > 0 {
		m.missing(s, op, i, times(each, rest))
	}
}

// missing counts what an operation is billed for beside documents that exist. The lock must be held.
func (m *Meter) missing(s *span, op firestore.Op, i item, c Counts) {
	id := ""
	if op.Document != "" {
		id = m.opt.Interaction(op.Document, nil)
	}
	if id == "" {
		m.owes(s, i, c)
		return
	}
	m.deals(s, id, op.Kind != firestore.Read)
	m.charges(id).add(i, c)
}

func (m *Meter) deals(s *span, id string, written bool) {
	s.ties.tell(id, written)
	s.trace.ties.tell(id, written)
}

// listen is the method of listeners. A stream may stay open for days and hears of many interactions, so it is not told by them
// whose the rest is.
const listen = "Listen"

// listened counts what a listener was told. The lock must be held.
func (m *Meter) listened(op firestore.Op, began time.Time, i item) {
	for _, d := range op.Documents {
		path := pathOf(d)
		if id := m.opt.Interaction(path, d.GetFields()); id != "" {
			m.charges(id).add(i, Counts{Reads: 1})
			continue
		}
		m.told(versionOf(path, d), began, i)
	}
	if rest := op.Count - len(op.Documents); rest > 0 {
		m.shared.add(i, Counts{Reads: int64(rest)})
	}
}

// PubSub counts a message or a delivery; it is for pubsub.Options.Observe.
func (m *Meter) PubSub(e pubsub.Event) {
	switch e.Kind {
	case pubsub.Published:
		m.caused(e.Traceparent, item{function: m.functionOf(e.Traceparent), what: publish, of: short(e.Topic)},
			Counts{Messages: 1, Bytes: volume(e)})
	case pubsub.Pushed:
		m.caused(e.Traceparent, item{function: m.opt.Reader(e.Subscription), what: push, of: short(e.Subscription)},
			Counts{Deliveries: 1, Bytes: volume(e)})
	case pubsub.Pulled:
		m.caused("", item{what: "pull", of: short(e.Subscription)}, Counts{Deliveries: 1, Bytes: volume(e)})
	case pubsub.DeadLettered: // was counted when the dead-letter topic took it
	}
}

// What a message's volume is beside its data, attributes and ordering key, and the least that a request is billed for, in bytes.
// Source: cloud.google.com/pubsub/pricing, read 2026-11-21.
const (
	timeBytes  = 20
	leastBytes = 1000
)

func volume(e pubsub.Event) int64 { return int64(max(leastBytes, e.Bytes+timeBytes+len(e.MessageID))) }

// Tasks counts a task or an attempt to deliver one; it is for tasks.Options.Observe.
func (m *Meter) Tasks(e tasks.Event) {
	switch e.Kind {
	case tasks.Created:
		m.caused(e.Traceparent, item{function: m.functionOf(e.Traceparent), what: task}, Counts{Tasks: 1})
	case tasks.Attempted:
		m.caused(e.Traceparent, item{function: m.opt.Target(e.URL), what: dispatch}, Counts{TaskOperations: 1})
	case tasks.GivenUp: // costs nothing
	}
}

// TasksCalled counts a call to Cloud Tasks; it is for tasks.Options.Called.
func (m *Meter) TasksCalled(ctx context.Context, method string) {
	parent := calls.Traceparent(ctx)
	function := m.functionOf(parent)
	if function == "" {
		parent = ""
	}
	m.caused(parent, item{function: function, what: method}, Counts{TaskOperations: 1})
}

// Called counts a request to a function; it is for calls.Register.Ended.
func (m *Meter) Called(c *calls.Call, _ int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owes(m.span(c.Trace, c.Span), item{function: c.Function, what: request}, Counts{Calls: 1})
}

// caused counts something for the call that a traceparent names. Without one it came from outside.
func (m *Meter) caused(traceparent string, i item, c Counts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if traceOf(traceparent) == "" {
		m.outside.add(i, c)
		return
	}
	m.owes(m.span(traceOf(traceparent), spanOf(traceparent)), i, c)
}

// functionOf is the function whose call a traceparent names; empty when it is not known.
func (m *Meter) functionOf(traceparent string) string {
	if c := m.opt.Calls.Find(traceparent); c != nil {
		return c.Function
	}
	return ""
}

// traceLength is the length of a traceparent. Source: W3C Trace Context, section 3.2, read 2026-11-21.
const traceLength = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

func traceOf(traceparent string) string {
	if len(traceparent) < traceLength {
		return ""
	}
	return traceparent[3:35]
}

func spanOf(traceparent string) string { return traceparent[36:52] }

func one(k firestore.Kind) Counts {
	switch k {
	case firestore.Write:
		return Counts{Writes: 1}
	case firestore.Delete:
		return Counts{Deletes: 1}
	default:
		return Counts{Reads: 1}
	}
}

func times(c Counts, n int) Counts {
	return Counts{Reads: c.Reads * int64(n), Writes: c.Writes * int64(n), Deletes: c.Deletes * int64(n)}
}

// pathOf is a document's path below its database's root.
func pathOf(d *pb.Document) string {
	_, path, _ := strings.Cut(d.GetName(), "/documents/")
	return path
}

// short is the last part of a full name.
func short(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
