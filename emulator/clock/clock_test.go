package clock_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/emulator/clock"
)

func TestNowIsRealTimePlusWhatWasAdvanced(t *testing.T) {
	var c clock.Clock
	before := time.Now()
	now := c.Now()
	assert.False(t, now.Before(before))
	assert.Equal(t, time.UTC, now.Location())

	c.Advance(36 * time.Hour)
	assert.GreaterOrEqual(t, c.Now().Sub(now), 36*time.Hour)
	assert.Less(t, c.Now().Sub(now), 37*time.Hour)
}

func TestAdvanceFiresWhatIsDueInOrder(t *testing.T) {
	var c clock.Clock
	var fired []string
	now := c.Now()
	set := func(name string, after time.Duration) { c.At(now.Add(after), func() { fired = append(fired, name) }) }
	set("third", 3*time.Hour)
	set("first", 1*time.Hour)
	set("second", 2*time.Hour)
	set("second again", 2*time.Hour)
	set("later", 5*time.Hour)

	c.Advance(30 * time.Minute)
	assert.Empty(t, fired)
	c.Advance(3 * time.Hour)
	assert.Equal(t, []string{"first", "second", "second again", "third"}, fired)
	c.Advance(0)
	assert.Len(t, fired, 4)
	c.Advance(3 * time.Hour)
	assert.Equal(t, []string{"first", "second", "second again", "third", "later"}, fired)
}

func TestTimerSeesTheNewTime(t *testing.T) {
	var c clock.Clock
	start := c.Now()
	var seen time.Time
	c.At(start.Add(time.Hour), func() { seen = c.Now() })
	c.Advance(5 * time.Hour)
	assert.GreaterOrEqual(t, seen.Sub(start), 5*time.Hour)
}

func TestWhoLivesByACopyIsToldBeforeTimersRun(t *testing.T) {
	var c clock.Clock
	var order []string
	var copied time.Duration
	c.Tell(func() {
		copied = c.Ahead()
		order = append(order, "told")
	})
	c.At(c.Now().Add(time.Minute), func() { order = append(order, "timer") })
	c.Advance(time.Hour)
	assert.Equal(t, time.Hour, copied)
	assert.Equal(t, []string{"told", "timer"}, order)
}

func TestTimersSetByTimers(t *testing.T) {
	var c clock.Clock
	start := c.Now()
	var fired []int
	var set func(n int)
	set = func(n int) {
		c.At(start.Add(time.Duration(n)*time.Hour), func() {
			fired = append(fired, n)
			set(n + 1)
		})
	}
	set(1)
	c.Advance(3*time.Hour + time.Minute)
	assert.Equal(t, []int{1, 2, 3}, fired)
}

func TestRealTimeFiresWithoutAdvance(t *testing.T) {
	var c clock.Clock
	fired := make(chan string, 3)
	c.At(c.Now().Add(-time.Hour), func() { fired <- "past" })
	assert.Equal(t, "past", receive(t, fired))
	c.At(c.Now().Add(10*time.Millisecond), func() { fired <- "first" })
	c.At(c.Now().Add(20*time.Millisecond), func() { fired <- "second" })
	assert.Equal(t, "first", receive(t, fired))
	assert.Equal(t, "second", receive(t, fired))
}

// The earlier of two timers rearms the alarm even when it is set second.
func TestEarlierTimerSetLater(t *testing.T) {
	var c clock.Clock
	fired := make(chan string, 2)
	c.At(c.Now().Add(time.Hour), func() { fired <- "hour" })
	c.At(c.Now().Add(time.Millisecond), func() { fired <- "millisecond" })
	assert.Equal(t, "millisecond", receive(t, fired))
}

func TestCancel(t *testing.T) {
	var c clock.Clock
	now := c.Now()
	var fired []string
	one := c.At(now.Add(1*time.Hour), func() { fired = append(fired, "one") })
	two := c.At(now.Add(2*time.Hour), func() { fired = append(fired, "two") })
	three := c.At(now.Add(3*time.Hour), func() { fired = append(fired, "three") })

	assert.True(t, one(), "the earliest")
	assert.False(t, one(), "a repeat")
	assert.True(t, three())
	c.Advance(4 * time.Hour)
	assert.Equal(t, []string{"two"}, fired)
	assert.False(t, two(), "after it fired")
}

func TestCancelledEarliestLeavesTheNextArmed(t *testing.T) {
	var c clock.Clock
	fired := make(chan string, 2)
	cancel := c.At(c.Now().Add(200*time.Millisecond), func() { fired <- "cancelled" })
	c.At(c.Now().Add(210*time.Millisecond), func() { fired <- "next" })
	require.True(t, cancel())
	assert.Equal(t, "next", receive(t, fired))
}

func TestCancelFromATimer(t *testing.T) {
	var c clock.Clock
	now := c.Now()
	var fired []string
	var cancel func() bool
	c.At(now.Add(time.Hour), func() {
		fired = append(fired, "one")
		assert.True(t, cancel())
	})
	cancel = c.At(now.Add(2*time.Hour), func() { fired = append(fired, "two") })
	c.Advance(3 * time.Hour)
	assert.Equal(t, []string{"one"}, fired)
}

func TestMistakesPanic(t *testing.T) {
	var c clock.Clock
	assert.PanicsWithValue(t, "clock: Advance by a negative duration", func() { c.Advance(-1) })
	assert.PanicsWithValue(t, "clock: At with a nil function", func() { c.At(c.Now(), nil) })
}

// Every timer fires exactly once or was cancelled, and never before its time, whoever advances, sets and cancels.
func TestParallelUse(t *testing.T) {
	var c clock.Clock
	const callers, each = 8, 200
	var mu sync.Mutex
	fired, cancelled := map[int]int{}, map[int]bool{}
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := range each {
				id := caller*each + i
				at := c.Now().Add(time.Duration(i%7) * time.Minute)
				cancel := c.At(at, func() {
					mu.Lock()
					defer mu.Unlock()
					fired[id]++
					assert.False(t, c.Now().Before(at))
				})
				if i%5 == 0 && cancel() {
					mu.Lock()
					cancelled[id] = true
					mu.Unlock()
				}
				if i%3 == 0 {
					c.Advance(30 * time.Second)
				}
			}
		})
	}
	wg.Wait()
	c.Advance(time.Hour)
	for id := range callers * each {
		if cancelled[id] {
			assert.Zero(t, fired[id])
		} else {
			assert.Equal(t, 1, fired[id])
		}
	}
}

// Timers set in any order fire sorted by time, and by order of setting where times tie.
func TestOrderProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c clock.Clock
		now := c.Now()
		type entry struct{ minute, nth int }
		var fired []entry
		minutes := rapid.SliceOfN(rapid.IntRange(1, 30), 0, 60).Draw(t, "minutes")
		for nth, minute := range minutes {
			c.At(now.Add(time.Duration(minute)*time.Minute), func() { fired = append(fired, entry{minute, nth}) })
		}
		limit := rapid.IntRange(0, 31).Draw(t, "advance")
		c.Advance(time.Duration(limit)*time.Minute + time.Second)
		due := 0
		for _, minute := range minutes {
			if minute <= limit {
				due++
			}
		}
		require.Len(t, fired, due)
		for i := 1; i < len(fired); i++ {
			a, b := fired[i-1], fired[i]
			require.True(t, a.minute < b.minute || (a.minute == b.minute && a.nth < b.nth), "%v before %v", a, b)
		}
	})
}

func receive(t *testing.T, ch <-chan string) string {
	t.Helper()
	select {
	case got := <-ch:
		return got
	case <-time.After(time.Minute):
		require.Fail(t, "timer did not fire")
		return ""
	}
}
