package tasks

import (
	"context"
	"errors"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/metadata"
)

// Kind says what an [Event] reports.
type Kind int

// The kinds of events.
const (
	Created   Kind = iota + 1 // a task was accepted
	Attempted                 // a dispatch ended
	GivenUp                   // a task was deleted because its attempts were used up, or it was too old for another
)

// Event is one thing that happened to one task. Fields that do not apply to its kind are zero.
type Event struct {
	Kind Kind
	Task string // full name
	URL  string // of the task's target

	// Traceparent is the W3C trace context of who set the task: of the CreateTask call for Created, else the task's own header
	// of that name. Empty when there is none.
	Traceparent string

	Attempt int           // which dispatch of the task, from 1
	Late    time.Duration // Attempted: from schedule time to dispatch, by the clock
	Status  int           // Attempted: the HTTP answer; zero when there was none
	Done    bool          // Attempted: the answer ended the task
	Err     error         // Attempted: why there was no answer, or why it did not count
}

// Dispatch is a call of a target about to be made.
type Dispatch struct {
	Task    *cloudtaskspb.Task // as its target sees it; must not be changed
	Attempt int                // from 1
}

// Fault is what goes wrong with one dispatch. The zero value is none.
type Fault struct {
	Delay      time.Duration // the call is made this much later, by the clock
	Drop       bool          // no call is made; the attempt fails
	Duplicate  bool          // the call is made twice at the same time; one good answer is enough
	LoseAnswer bool          // the call is made, and whatever its answer is, the attempt fails
}

var (
	errDropped = errors.New("dispatch dropped by a fault")
	errLost    = errors.New("answer lost by a fault")
)

// attempted makes one attempt, with the faults asked for, and returns the outcome that counts.
func (s *Server) attempted(a attempt) outcome {
	if s.opts.InterceptDispatch == nil {
		return s.attemptOnce(a, false)
	}
	fault := s.opts.InterceptDispatch(Dispatch{Task: a.conf, Attempt: a.retries + 1})
	if fault.Delay > 0 {
		s.wait(fault.Delay)
	}
	if fault.Drop {
		s.observeAttempt(a, 0, false, errDropped)
		return outcome{err: errDropped}
	}
	if !fault.Duplicate {
		return s.attemptOnce(a, fault.LoseAnswer)
	}
	other := make(chan outcome, 1)
	go func() { other <- s.attemptOnce(a, fault.LoseAnswer) }()
	first, second := s.attemptOnce(a, fault.LoseAnswer), <-other
	if succeeded(second.code) {
		return second
	}
	return first
}

// attemptOnce makes one call and returns its outcome, without an answer when that is lost.
func (s *Server) attemptOnce(a attempt, lose bool) outcome {
	o := s.call(a)
	if lose && o.code != 0 {
		s.observeAttempt(a, o.code, false, errLost)
		return outcome{err: errLost}
	}
	s.observeAttempt(a, o.code, succeeded(o.code), o.err)
	return o
}

func (s *Server) observeAttempt(a attempt, code int, done bool, err error) {
	e := eventOf(Attempted, a.conf)
	e.Attempt, e.Late, e.Status, e.Done, e.Err = a.retries+1, a.late, code, done, err
	s.opts.Observe(e)
}

// eventOf is the beginning of every event: what it tells of the task.
func eventOf(kind Kind, conf *cloudtaskspb.Task) Event {
	target := conf.GetHttpRequest()
	e := Event{Kind: kind, Task: conf.GetName(), URL: target.GetUrl()}
	for k, v := range target.GetHeaders() {
		if strings.EqualFold(k, traceparent) {
			e.Traceparent = v
		}
	}
	return e
}

// traceparent is the key of W3C trace contexts, in headers and in gRPC metadata.
const traceparent = "traceparent"

// caller is the trace context of a call; empty when it has none.
func caller(ctx context.Context) string {
	if t := metadata.ValueFromIncomingContext(ctx, traceparent); len(t) == 1 {
		return t[0]
	}
	return ""
}

// wait returns when the clock has moved on by d or when the server gives up its calls.
func (s *Server) wait(d time.Duration) {
	over := make(chan struct{})
	cancel := s.clock.At(s.clock.Now().Add(d), func() { close(over) })
	defer cancel()
	select {
	case <-over:
	case <-s.ctx.Done():
	}
}
