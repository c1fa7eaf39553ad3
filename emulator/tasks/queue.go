package tasks

import (
	"slices"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// nameMemory is how long a task's name stays taken after the task has ended. Production says "up to 24 hours", older pages
// one hour. Source: comments of cloudtaskspb v1.21.1 and cloud.google.com/tasks/docs, read 2026-11-21.
const nameMemory = time.Hour

// queue holds the tasks of one queue. Everything in it is guarded by the server's lock.
type queue struct {
	server  *Server
	conf    *cloudtaskspb.Queue // replaced on update, never changed
	tasks   map[string]*task    // by full name
	ready   []*task             // due, in that order
	running int
	bucket  bucket
	part    float64         // of its rate, which the queue keeps to; less than 1 when its target is overloaded
	refill  func() bool     // cancels the timer that waits for a token; nil when none is set
	spent   map[string]bool // names of ended tasks that nobody may take yet
	spends  []spend         // the same in order of time
}

func newQueue(s *Server, conf *cloudtaskspb.Queue) *queue {
	return &queue{
		server: s, conf: conf, tasks: map[string]*task{}, spent: map[string]bool{}, part: 1,
		bucket: bucket{tokens: float64(conf.GetRateLimits().GetMaxBurstSize()), filled: s.clock.Now()},
	}
}

type spend struct {
	name  string
	until time.Time
}

// task is one task. Everything in it is guarded by the server's lock.
type task struct {
	queue      *queue
	conf       *cloudtaskspb.Task // of the view FULL; output fields are kept up to date
	named      bool               // by its creator
	gone       bool               // done, given up or deleted
	cancel     func() bool        // stops the timer; nil when none is set
	turn       int                // tells the timer that is set from one that came too late to be cancelled
	queued     bool               // in queue.ready
	running    int                // dispatches under way; RunTask can make it more than one
	executions int                // answers outside 500 to 599
	previous   int                // status of the last answer; zero when there was none
}

// unschedule makes sure no timer makes the task ready.
func (t *task) unschedule() {
	t.turn++
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
}

// schedule makes the task ready at its schedule time, at once if that has come.
func (t *task) schedule(at time.Time) {
	t.unschedule()
	t.conf.ScheduleTime = timestamppb.New(at)
	s := t.queue.server
	if s.closed {
		return
	}
	if !at.After(s.clock.Now()) {
		t.queue.enqueue(t)
		return
	}
	turn := t.turn
	t.cancel = s.clock.At(at, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.turn == turn {
			t.cancel = nil
			t.queue.enqueue(t)
		}
	})
}

func (q *queue) enqueue(t *task) {
	q.ready = append(q.ready, t)
	t.queued = true
	q.due(1)
	q.start()
}

func (q *queue) paused() bool { return q.conf.GetState() == cloudtaskspb.Queue_PAUSED }

// due counts what is due, unless the queue is paused.
func (q *queue) due(n int) {
	if !q.paused() {
		q.server.count(n)
	}
}

// start dispatches ready tasks as far as the queue's limits allow.
func (q *queue) start() {
	limit := int(q.conf.GetRateLimits().GetMaxConcurrentDispatches())
	for len(q.ready) > 0 && q.running < limit && !q.paused() && !q.server.closed && q.mayDispatch() {
		t := q.ready[0]
		q.ready[0] = nil
		q.ready = q.ready[1:]
		t.queued = false
		q.dispatch(t)
		q.due(-1)
	}
}

// mayDispatch takes a token, or sees to it that the queue starts when there is one.
func (q *queue) mayDispatch() bool {
	if q.refill != nil {
		return false
	}
	s, limits := q.server, q.conf.GetRateLimits()
	now := s.clock.Now()
	wait := q.bucket.take(now, limits.GetMaxDispatchesPerSecond()*q.part, limits.GetMaxBurstSize())
	if wait == 0 {
		return true
	}
	q.refill = s.clock.At(now.Add(wait), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if q.refill != nil {
			q.refill = nil
			q.start()
		}
	})
	return false
}

// stop cancels what waits for a token.
func (q *queue) stop() {
	if q.refill != nil {
		q.refill()
		q.refill = nil
	}
}

// startAnew is start after the configuration changed.
func (q *queue) startAnew() {
	q.stop()
	q.start()
}

// clear deletes all tasks.
func (q *queue) clear() {
	for _, t := range q.tasks {
		q.remove(t)
	}
}

// dequeue takes a task that is ready but not dispatched out of the line.
func (q *queue) dequeue(t *task) {
	if !t.queued {
		return
	}
	q.ready = slices.DeleteFunc(q.ready, func(other *task) bool { return other == t })
	t.queued = false
	q.due(-1)
}

// dispatch starts an attempt, whatever the queue's limit.
func (q *queue) dispatch(t *task) {
	s := q.server
	now := s.clock.Now()
	a := attempt{
		task:       t,
		conf:       proto.CloneOf(t.conf),
		retries:    int(t.conf.GetDispatchCount()),
		executions: t.executions,
		previous:   t.previous,
		late:       now.Sub(t.conf.GetScheduleTime().AsTime()),
	}
	t.conf.DispatchCount++
	t.conf.LastAttempt = &cloudtaskspb.Attempt{
		ScheduleTime: t.conf.GetScheduleTime(),
		DispatchTime: timestamppb.New(now),
	}
	if t.conf.FirstAttempt == nil {
		t.conf.FirstAttempt = &cloudtaskspb.Attempt{DispatchTime: timestamppb.New(now)}
	}
	t.running++
	q.running++
	s.count(1)
	s.working.Add(1)
	go s.run(a)
}

// finish records how an attempt ended and decides what follows. It reports whether the task was given up.
func (q *queue) finish(t *task, o outcome) (givenUp bool) {
	t.running--
	q.running--
	q.part = throttled(q.part, o.code)
	if t.gone {
		return false
	}
	code, now := o.code, q.server.clock.Now()
	t.previous = code
	t.conf.LastAttempt.ResponseStatus = statusOf(code, o.err).Proto()
	if code != 0 {
		t.conf.ResponseCount++
		t.conf.LastAttempt.ResponseTime = timestamppb.New(now)
	}
	if code != 0 && (code < 500 || code > 599) {
		t.executions++
	}
	switch {
	case succeeded(code):
		q.remove(t)
	case t.running > 0 || t.queued || t.cancel != nil:
		// RunTask made another attempt, which decides.
	case exhausted(q.retryOf(t), int(t.conf.GetDispatchCount()), now.Sub(t.conf.GetFirstAttempt().GetDispatchTime().AsTime())):
		q.remove(t)
		return true
	default:
		next := now.Add(max(retryDelay(q.retryOf(t), int(t.conf.GetDispatchCount())), o.after))
		if next.Sub(t.conf.GetCreateTime().AsTime()) >= maxTaskAge {
			q.remove(t)
			return true
		}
		t.schedule(next)
	}
	return false
}

// remove ends a task; its name stays taken for a while.
func (q *queue) remove(t *task) {
	t.unschedule()
	q.dequeue(t)
	t.gone = true
	delete(q.tasks, t.conf.GetName())
	if t.named {
		q.spent[t.conf.GetName()] = true
		q.spends = append(q.spends, spend{name: t.conf.GetName(), until: q.server.clock.Now().Add(nameMemory)})
	}
}

// taken reports whether a name belongs to a task or to one that ended within the last hour.
func (q *queue) taken(name string) bool {
	now := q.server.clock.Now()
	for len(q.spends) > 0 && !now.Before(q.spends[0].until) {
		delete(q.spent, q.spends[0].name)
		q.spends = q.spends[1:]
	}
	return q.tasks[name] != nil || q.spent[name]
}

// retryOf is the task's own retry configuration, or its queue's.
func (q *queue) retryOf(t *task) *cloudtaskspb.RetryConfig {
	if t.conf.GetRetryConfig() != nil {
		return t.conf.GetRetryConfig()
	}
	return q.conf.GetRetryConfig()
}
