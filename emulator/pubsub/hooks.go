package pubsub

import (
	"errors"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// Kind says what an [Event] reports.
type Kind int

// The kinds of events.
const (
	Published    Kind = iota + 1 // a message was accepted from a publisher or, as a dead letter, from a subscription
	Pushed                       // a push delivery ended
	Pulled                       // a message was handed to a Pull or StreamingPull
	DeadLettered                 // a message left its subscription for the dead-letter topic
)

// Event is one thing that happened to one message. Fields that do not apply to its kind are zero.
type Event struct {
	Kind         Kind
	Topic        string // full name: where the message was published or, for DeadLettered, the dead-letter topic
	Subscription string // full name; empty for Published
	MessageID    string
	Bytes        int    // data, attributes and ordering key
	Traceparent  string // the message's attribute of that name: what the publisher was at; empty when it has none
	Attempt      int    // which delivery of the message in this subscription, from 1
	Status       int    // Pushed: the HTTP answer; zero when there was none
	Ack          bool   // Pushed: the answer acknowledged
	Err          error  // Pushed: why there was no answer, or why it did not count
}

// eventOf is the beginning of every event: what it tells of the message.
func eventOf(kind Kind, topic string, m *pubsubpb.PubsubMessage) Event {
	return Event{Kind: kind, Topic: topic, MessageID: m.GetMessageId(), Bytes: size(m), Traceparent: m.GetAttributes()[traceparent]}
}

// traceparent is the attribute that carries the publisher's W3C trace context.
const traceparent = "traceparent"

func (it *item) event(kind Kind, topic, subscription string, attempt int) Event {
	e := eventOf(kind, topic, it.msg)
	e.Subscription, e.Attempt = subscription, attempt
	return e
}

// Delivery is a push request about to be made.
type Delivery struct {
	Subscription string                  // full name
	Message      *pubsubpb.PubsubMessage // must not be changed
	Attempt      int                     // from 1
}

// Fault is what goes wrong with one push delivery. The zero value is none.
type Fault struct {
	// Delay is how much later the request is made, by the server's clock.
	Delay time.Duration

	// Overtaken holds the request back until the endpoint has acknowledged another message of the subscription, but no longer
	// than this. It changes the order of messages without an ordering key, and of those of different keys; a message's own
	// key waits behind it.
	Overtaken time.Duration

	Drop      bool // no request is made; the delivery counts as refused
	Duplicate bool // the request is made twice at the same time; one acknowledging answer is enough
	LoseAck   bool // the request is made, and whatever its answer is, the delivery counts as refused
}

var (
	errDropped = errors.New("delivery dropped by a fault")
	errAckLost = errors.New("acknowledgement lost by a fault")
)

// deliver makes one attempt, with the faults asked for, and reports whether the message is acknowledged.
func (sub *subscription) deliver(d delivery) (ack bool) {
	s := sub.server
	if s.opts.InterceptDelivery == nil {
		return s.pushOnce(d, false)
	}
	fault := s.opts.InterceptDelivery(Delivery{Subscription: d.conf.GetName(), Message: d.it.msg, Attempt: d.attempt})
	if fault.Delay > 0 {
		s.wait(fault.Delay, nil)
	}
	if fault.Overtaken > 0 {
		s.wait(fault.Overtaken, sub.overtaken())
	}
	if fault.Drop {
		s.pushed(d, 0, false, errDropped)
		return false
	}
	if !fault.Duplicate {
		return s.pushOnce(d, fault.LoseAck)
	}
	second := make(chan bool, 1)
	go func() { second <- s.pushOnce(d, fault.LoseAck) }()
	first := s.pushOnce(d, fault.LoseAck)
	return <-second || first
}

// wait returns when the clock has moved on by d, when until is closed or when the server gives up its requests.
func (s *Server) wait(d time.Duration, until <-chan struct{}) {
	over := make(chan struct{})
	cancel := s.clock.At(s.clock.Now().Add(d), func() { close(over) })
	defer cancel()
	select {
	case <-over:
	case <-until:
	case <-s.ctx.Done():
	}
}

// overtaken is a channel that is closed when a push of the subscription is acknowledged.
func (sub *subscription) overtaken() <-chan struct{} {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if sub.passed == nil {
		sub.passed = make(chan struct{})
	}
	return sub.passed
}

// overtake lets go what waits to be overtaken. The caller holds mu.
func (sub *subscription) overtake() {
	if sub.passed != nil {
		close(sub.passed)
		sub.passed = nil
	}
}
