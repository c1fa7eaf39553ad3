package tasks

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// burstOf is the burst size that the service gives a queue: as many tasks as it dispatches in a second. Source: comments of
// cloudtaskspb v1.21.1, "at least equal to max_dispatches_per_second", read 2026-11.
func burstOf(rate float64) int32 { return int32(max(1, math.Ceil(rate))) }

// bucket holds the tokens that dispatches take, one each. It is refilled at a rate, up to the burst size.
type bucket struct {
	tokens float64
	filled time.Time // when tokens was right
}

// take takes a token, or tells how long it takes until there is one.
func (b *bucket) take(now time.Time, rate float64, burst int32) (wait time.Duration) {
	if passed := now.Sub(b.filled); passed > 0 {
		b.tokens = min(b.tokens+passed.Seconds()*rate, float64(burst))
		b.filled = now
	}
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return time.Duration(min(math.Ceil((1-b.tokens)/rate*float64(time.Second)), float64(maxTaskAge)))
}

// What is known of production's system throttling: a queue slows down by itself when its target answers 429 or 503 or when
// errors are many, its settings stay as they are, and the Retry-After header is considered. Source: comments of
// Queue.rate_limits and HttpRequest in cloudtaskspb v1.21.1, read 2026-11. They give no steps; these are ours.
const (
	slowerBy    = 2        // the queue's rate for each 429 or 503
	slowest     = 1.0 / 64 // of the queue's rate
	recoverStep = 1.0 / 32 // of the queue's rate, for each other answer
)

// throttled is which part of its rate a queue keeps to after an answer, when it was at this part before.
func throttled(part float64, code int) float64 {
	switch {
	case overloaded(code):
		return max(part/slowerBy, slowest)
	case code != 0:
		return min(part+recoverStep, 1)
	}
	return part
}

// overloaded tells the answers by which a target asks for less.
func overloaded(code int) bool {
	return code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable
}

// retryAfter is how long an overloaded target asks to be left alone; zero when it does not, or in a way that is not
// understood. Both forms of RFC 9110, section 10.2.3, are.
func retryAfter(code int, h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if !overloaded(code) || text == "" {
		return 0
	}
	if n, err := strconv.Atoi(text); err == nil {
		return min(time.Duration(max(n, 0)), maxTaskAge/time.Second) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
