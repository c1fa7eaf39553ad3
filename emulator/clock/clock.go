// Package clock is the time the local suite lives by: real time plus an offset that tests move forward.
//
// A suite left alone runs in real time. A test that needs an hour to pass calls [Clock.Advance], and every timer that
// became due has fired by the time the call returns, earliest first.
package clock

import (
	"container/heap"
	"sync"
	"sync/atomic"
	"time"
)

// Clock tells the time and calls functions at given times. The zero value is ready to use, has offset zero and no
// timers. All methods may be called from many goroutines; a Clock must not be copied after first use.
//
// A Clock owns no goroutine: while timers wait, one runtime timer is armed for the earliest of them.
type Clock struct {
	offset atomic.Int64 // nanoseconds ahead of real time

	moved  func()     // told when the clock was moved; see Tell
	firing sync.Mutex // held while due timers run, so that they run one after the other

	mu     sync.Mutex // guards what follows; never held while a timer's function runs
	timers timers
	made   uint64
	alarm  *time.Timer
}

// Now is the current time of this clock, in UTC. It never goes backwards.
func (c *Clock) Now() time.Time {
	return time.Now().UTC().Add(time.Duration(c.offset.Load()))
}

// Ahead is how far the clock is ahead of real time.
func (c *Clock) Ahead() time.Duration { return time.Duration(c.offset.Load()) }

// Tell has f called by every [Clock.Advance], when the clock has its new time and before the timers that are due run: for those who
// live by a copy of the clock. It must be called before the clock is moved; a second Tell replaces the first.
func (c *Clock) Tell(f func()) { c.moved = f }

// Advance moves the clock forward by d and then runs every timer that is due, earliest first and equal times in the
// order they were set, including those that running timers set. It returns when all of them have returned. Timers see the
// clock at its new time. Advance(0) runs what is due without moving the clock; a negative d panics, because time that
// goes backwards is a mistake of the caller.
//
// Advance must not be called from a timer's function.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		panic("clock: Advance by a negative duration")
	}
	c.offset.Add(int64(d))
	if c.moved != nil {
		c.moved()
	}
	c.fire()
}

// At calls f once, as soon as the clock has reached t; a t that has passed already means at once. Functions run one at a
// time, the earliest of those that are due first, on a goroutine that belongs to the clock or to a caller of
// [Clock.Advance], never on that of At: f must be short and start its own goroutine for longer work. f may call At and
// cancel.
//
// cancel stops the timer and reports whether it did: after true, f will never run; after false, it has run, is running or
// was cancelled before. A nil f panics.
func (c *Clock) At(t time.Time, f func()) (cancel func() bool) {
	if f == nil {
		panic("clock: At with a nil function")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	tm := &timer{at: t, order: c.made, f: f}
	heap.Push(&c.timers, tm)
	if c.timers[0] == tm {
		c.arm()
	}
	return func() bool { return c.cancel(tm) }
}

func (c *Clock) cancel(tm *timer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if tm.index < 0 {
		return false
	}
	first := tm.index == 0
	heap.Remove(&c.timers, tm.index)
	if first {
		c.arm()
	}
	return true
}

// fire runs what is due. Whoever calls it second waits for the first, so that Advance returns after the timers it made due
// even when the alarm took them.
func (c *Clock) fire() {
	c.firing.Lock()
	defer c.firing.Unlock()
	for {
		tm := c.nextDue()
		if tm == nil {
			return
		}
		tm.f()
	}
}

// nextDue takes the earliest timer if it is due, or else arms the alarm for it and returns nil.
func (c *Clock) nextDue() *timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) > 0 && !c.timers[0].at.After(c.Now()) {
		return heap.Pop(&c.timers).(*timer)
	}
	c.arm()
	return nil
}

// arm sets the alarm for the earliest timer. The caller holds mu.
func (c *Clock) arm() {
	if len(c.timers) == 0 {
		if c.alarm != nil {
			c.alarm.Stop()
		}
		return
	}
	wait := max(0, c.timers[0].at.Sub(c.Now()))
	if c.alarm == nil {
		c.alarm = time.AfterFunc(wait, c.fire)
		return
	}
	c.alarm.Reset(wait)
}

type timer struct {
	at    time.Time
	order uint64
	f     func()
	index int // place in the heap; -1 once taken out
}

// timers is a heap by time, then by the order of setting.
type timers []*timer

func (ts timers) Len() int { return len(ts) }

func (ts timers) Less(i, j int) bool {
	if ts[i].at.Equal(ts[j].at) {
		return ts[i].order < ts[j].order
	}
	return ts[i].at.Before(ts[j].at)
}

func (ts timers) Swap(i, j int) {
	ts[i], ts[j] = ts[j], ts[i]
	ts[i].index, ts[j].index = i, j
}

func (ts *timers) Push(x any) {
	tm := x.(*timer)
	tm.index = len(*ts)
	*ts = append(*ts, tm)
}

func (ts *timers) Pop() any {
	last := len(*ts) - 1
	tm := (*ts)[last]
	(*ts)[last] = nil
	*ts = (*ts)[:last]
	tm.index = -1
	return tm
}
