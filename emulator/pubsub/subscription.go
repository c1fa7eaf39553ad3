package pubsub

import (
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// state says what an unacknowledged message is waiting for.
type state int

const (
	behind  state = iota // for an earlier message of its ordering key
	ready                // for somebody to deliver it
	out                  // for an answer
	resting              // for the end of its retry delay
	leaving              // for the dead-letter topic to take it
	gone                 // for nothing: acknowledged, dead-lettered or deleted
)

// item is one message in one subscription. Its fields are guarded by the subscription's lock, except msg and topic, which
// never change.
type item struct {
	msg      *pubsubpb.PubsubMessage // shared between subscriptions
	topic    string                  // it was published to
	state    state
	attempt  int         // deliveries so far
	since    time.Time   // it came in, by the clock
	cancel   func() bool // of the timer that ends a rest or, when pulled, the ack deadline; nil when none is set
	deadline time.Time   // of the ack, when pulled
	stream   *pullFlow   // whose flow control it counts against, when pulled by a stream
}

// subscription holds the unacknowledged messages of one subscription and decides which may be delivered. Whoever delivers
// (push worker, Pull, StreamingPull) takes a message and brings it back with accept or refuse.
type subscription struct {
	server  *Server
	name    string
	wants   filter
	ordered bool

	mu      sync.Mutex
	conf    *pubsubpb.Subscription // replaced on update, never changed
	closed  bool                   // deleted, or the server is closing: nothing more is taken
	msgs    map[string]*item       // by message ID
	acked   []kept                 // what it retains although it was acknowledged
	ready   fifo
	lanes   map[string]*fifo // by ordering key; the head is the one that is not behind
	workers int              // push deliveries under way
	window  window
	brake   brake
	resume  func() bool   // cancels the end of a pause of the brake
	arrived chan struct{} // closed when a pull may find something; nil while nobody waits
	passed  chan struct{} // closed when a push is acknowledged; nil while no delivery waits to be overtaken

	aging   func() bool // cancels the timer that drops old messages; nil when none is set
	unused  func() bool // cancels the timer that deletes the subscription; nil when none is set
	used    time.Time   // last, by the clock
	streams int         // StreamingPulls under way
}

func newSubscription(s *Server, conf *pubsubpb.Subscription, wants filter) *subscription {
	sub := &subscription{
		server:  s,
		name:    conf.GetName(),
		wants:   wants,
		ordered: conf.GetEnableMessageOrdering(),
		conf:    conf,
		msgs:    map[string]*item{},
		lanes:   map[string]*fifo{},
		window:  newWindow(s.opts.Window, s.opts.Parallel),
		brake:   brake{bounds: s.opts.PushBackoff},
	}
	sub.use()
	return sub
}

func (sub *subscription) config() *pubsubpb.Subscription {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	return sub.conf
}

// pushes reports whether messages go to an endpoint. The caller holds mu.
func (sub *subscription) pushes() bool { return sub.conf.GetPushConfig().GetPushEndpoint() != "" }

// ackDeadline is how long a delivery may stay unanswered. The caller holds mu.
func (sub *subscription) ackDeadline() time.Duration {
	if d := sub.server.opts.AckDeadline; d > 0 {
		return d
	}
	if n := sub.conf.GetAckDeadlineSeconds(); n > 0 {
		return time.Duration(n) * time.Second
	}
	return minAckSeconds * time.Second
}

// update replaces the configuration. A backlog that changes hands between push and pull enters or leaves what
// [Server.Pending] counts.
func (sub *subscription) update(conf *pubsubpb.Subscription) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	before := sub.pushes()
	sub.conf = conf
	sub.use()
	sub.watchUse()
	if !conf.GetRetainAckedMessages() {
		sub.acked = nil
	}
	sub.rewatchAge()
	switch after := sub.pushes(); {
	case after && !before:
		sub.server.pending.add(len(sub.msgs))
	case before && !after:
		sub.server.pending.add(-len(sub.msgs))
	}
	sub.move()
}

// add takes in what was just published, in order.
func (sub *subscription) add(topic string, msgs []*pubsubpb.PubsubMessage) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if sub.closed {
		return
	}
	now := sub.server.clock.Now()
	for _, m := range msgs {
		if !sub.wants(m.GetAttributes()) {
			continue
		}
		sub.insert(kept{msg: m, topic: topic, since: now})
		if sub.pushes() {
			sub.server.pending.add(1)
		}
	}
	if len(sub.msgs) > 0 {
		sub.watchAge(now)
	}
	sub.move()
}

// insert puts a message behind all others. The caller holds mu.
func (sub *subscription) insert(k kept) {
	it := &item{msg: k.msg, topic: k.topic, since: k.since}
	sub.msgs[it.msg.GetMessageId()] = it
	key := it.msg.GetOrderingKey()
	if !sub.ordered || key == "" {
		sub.makeReady(it)
		return
	}
	lane := sub.lanes[key]
	if lane == nil {
		lane = &fifo{}
		sub.lanes[key] = lane
	}
	lane.push(it)
	if lane.len() == 1 {
		sub.makeReady(it)
	}
}

// makeReady queues the message for delivery. The caller holds mu and calls move when it has changed everything it wants to.
func (sub *subscription) makeReady(it *item) {
	it.state = ready
	sub.ready.push(it)
}

// move gets deliveries going after something changed. The caller holds mu.
func (sub *subscription) move() {
	if !sub.pushes() {
		sub.wakePulls()
		return
	}
	for {
		d, ok := sub.nextPush()
		if !ok {
			return
		}
		sub.server.working.Add(1)
		go sub.work(d)
	}
}

// take hands out the next deliverable message, or nil. The caller holds mu.
func (sub *subscription) take() *item {
	if sub.closed {
		return nil
	}
	for {
		it := sub.ready.pop()
		if it == nil {
			return nil
		}
		if it.state == ready { // else acknowledged late, while it waited for its next turn
			it.state = out
			it.attempt++
			return it
		}
	}
}

// accept ends the message: it is acknowledged, with the dead letters or too old. Repeats are harmless. The caller holds mu.
func (sub *subscription) accept(it *item) {
	if it.state == gone {
		return
	}
	sub.leaveOut(it)
	it.state = gone
	delete(sub.msgs, it.msg.GetMessageId())
	sub.retain(it.kept())
	if sub.pushes() {
		sub.server.pending.add(-1)
	}
	key := it.msg.GetOrderingKey()
	lane := sub.lanes[key]
	if lane == nil || lane.peek() != it {
		return
	}
	lane.pop()
	for next := lane.peek(); next != nil; next = lane.peek() {
		if next.state != gone { // else it was too old before its turn came
			sub.makeReady(next)
			return
		}
		lane.pop()
	}
	delete(sub.lanes, key)
}

// refuse puts a message that is out back: to the ready ones, to rest for its retry delay, or, after its last attempt, on
// its way to the dead letters, which it reports; the caller then calls bury without the lock. The caller holds mu.
func (sub *subscription) refuse(it *item) (dead bool) {
	if it.state != out {
		return false
	}
	sub.leaveOut(it)
	if d := sub.conf.GetDeadLetterPolicy(); d != nil && it.attempt >= maxAttempts(d) {
		it.state = leaving
		return true
	}
	sub.rest(it)
	return false
}

// rest makes the message ready after its retry delay. The caller holds mu.
func (sub *subscription) rest(it *item) {
	delay := retryDelay(sub.conf.GetRetryPolicy(), it.attempt)
	if delay == 0 || sub.closed {
		sub.makeReady(it)
		return
	}
	it.state = resting
	it.cancel = sub.server.clock.At(sub.server.clock.Now().Add(delay), func() { sub.rested(it) })
}

func (sub *subscription) rested(it *item) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if it.state == resting && !sub.closed {
		it.cancel = nil
		sub.makeReady(it)
		sub.move()
	}
}

// leaveOut ends what belongs to being out or resting: the timer and the place in a stream's flow control. The caller
// holds mu.
func (sub *subscription) leaveOut(it *item) {
	if it.cancel != nil {
		it.cancel()
		it.cancel = nil
	}
	if it.stream != nil {
		it.stream.give(it)
		it.stream = nil
		sub.wakePulls()
	}
}

// close forgets the backlog when the subscription is deleted, and only stops deliveries when the server closes.
func (sub *subscription) close(deleted bool) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	sub.closed = true
	for _, cancel := range []func() bool{sub.resume, sub.aging, sub.unused} {
		if cancel != nil {
			cancel()
		}
	}
	for _, it := range sub.msgs {
		sub.leaveOut(it)
		if deleted {
			it.state = gone
		}
	}
	if deleted {
		if sub.pushes() {
			sub.server.pending.add(-len(sub.msgs))
		}
		sub.msgs, sub.ready, sub.lanes, sub.acked = map[string]*item{}, fifo{}, map[string]*fifo{}, nil
	}
	sub.wakePulls()
}

// wakePulls tells waiting pulls to look again. The caller holds mu.
func (sub *subscription) wakePulls() {
	if sub.arrived != nil {
		close(sub.arrived)
		sub.arrived = nil
	}
}
