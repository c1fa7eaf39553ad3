package firestore

import (
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// clock hands out times in microseconds since 1970 that never go back.
// A commit's time is later than every time handed out before it.
type clock struct {
	now  func() time.Time
	note func(int64) // is told a time before it is handed out; nil when nobody keeps it
	last atomic.Int64
}

// read is the time of a read: every commit with an earlier or equal time is visible to it.
func (c *clock) read() int64 {
	return c.advance(0)
}

// commit is the time of a new commit.
func (c *clock) commit() int64 {
	return c.advance(1)
}

func (c *clock) advance(step int64) int64 {
	now := c.now().UnixMicro()
	for {
		last := c.last.Load()
		t := max(now, last+step)
		if c.last.CompareAndSwap(last, t) {
			if c.note != nil {
				c.note(t)
			}
			return t
		}
	}
}

func timestamp(micros int64) *timestamppb.Timestamp {
	return timestamppb.New(time.UnixMicro(micros))
}
