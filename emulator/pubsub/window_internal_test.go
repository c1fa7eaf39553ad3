package pubsub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const quick = 20 * time.Millisecond

func (w *window) acks(n int, took time.Duration) int {
	for range n {
		w.answered(true, took)
	}
	return int(w.size)
}

func TestWindowDoublesWithEveryRound(t *testing.T) {
	w := newWindow(4, 1_000_000)
	assert.True(t, w.admits(3))
	assert.False(t, w.admits(4))
	assert.Equal(t, 8, w.acks(4, quick))
	assert.Equal(t, 16, w.acks(8, quick))
	assert.Equal(t, 3000, w.acks(2984, quick))
}

func TestWindowGrowsLinearlyAboveThreeThousand(t *testing.T) {
	w := newWindow(4, 1_000_000)
	w.acks(2997, quick)
	assert.Equal(t, 3001, int(w.size))
	assert.Equal(t, 3002, w.acks(3002, quick), "by one for each round")
	w.answered(false, quick)
	assert.Equal(t, 3000, int(w.size), "a refusal takes it back to the lower limit")
	w.acks(1, quick)
	for w.latency < time.Second {
		w.answered(true, 3*time.Second)
	}
	assert.Equal(t, 3000, int(w.size), "and so do slow answers")
}

func TestWindowHoldsAtNinetyNinePercent(t *testing.T) {
	w := newWindow(4, 1000)
	w.acks(496, quick)
	assert.Equal(t, 500, int(w.size))
	for range 10 {
		w.answered(false, quick)
		w.acks(99, quick)
	}
	assert.Equal(t, 500, int(w.size))
	for range 10 {
		w.answered(false, quick)
		w.acks(98, quick)
	}
	assert.Equal(t, 490, int(w.size), "below it shrinks")
	for range 10 {
		w.answered(false, quick)
	}
	assert.Equal(t, 4, int(w.size), "to where it began")
}

func TestSlowAnswersDoNotWidenTheWindow(t *testing.T) {
	w := newWindow(4, 1000)
	w.acks(1000, 2*time.Second)
	narrow := int(w.size)
	assert.Less(t, narrow, 15, "the mean takes a few answers to rise")
	assert.Equal(t, narrow, w.acks(100, 2*time.Second))
	assert.Greater(t, w.acks(100, quick), narrow)
}

func TestWindowStaysBelowItsLimit(t *testing.T) {
	w := newWindow(64, 16)
	assert.Equal(t, 16, int(w.size), "it does not begin above")
	assert.Equal(t, 16, w.acks(100, quick))
	w.answered(false, quick)
	assert.Equal(t, 16, int(w.size), "nor fall below where it begins")
}
