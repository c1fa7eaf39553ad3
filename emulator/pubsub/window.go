package pubsub

import "time"

// What is known of production's slow start: the push window begins with a small single-digit number of requests, grows
// exponentially with successes and shrinks with failures; when more than 99 % are acknowledged and the mean latency is below
// a second it grows to any throughput; above 3,000 it grows linearly, and falls back to 3,000 when either is no longer so.
// Source: cloud.google.com/pubsub/docs/push, "Delivery rate", read 2026-11. The page gives no steps; these make its limits
// come out: an acknowledgement widens the window by one, which doubles it each time all of it was answered, and a failure
// takes back what 99 acknowledgements gave.
const (
	firstWindow   = 4
	linearFrom    = 3000
	slowPush      = time.Second
	failureCost   = 99
	latencyWeight = 0.1 // of the last answer in the mean latency
)

// window is how many push requests of one subscription may be under way at the same time.
type window struct {
	first, limit float64
	size         float64
	latency      time.Duration // mean
}

// newWindow begins with first requests and never grows above limit; without slow start when first is the larger.
func newWindow(first, limit int) window {
	f := float64(min(first, limit))
	return window{first: f, limit: float64(limit), size: f}
}

// admits reports whether one more request may be made beside those under way.
func (w *window) admits(underWay int) bool { return underWay < int(w.size) }

// answered adjusts the window to an answer that took so long.
func (w *window) answered(ack bool, took time.Duration) {
	w.latency += time.Duration(latencyWeight * float64(took-w.latency))
	slow := w.latency >= slowPush
	switch {
	case w.size > linearFrom && (slow || !ack):
		w.size = linearFrom
	case !ack:
		w.size = max(w.size-failureCost, w.first)
	case slow:
	case w.size > linearFrom:
		w.size = min(w.size+1/w.size, w.limit)
	default:
		w.size = min(w.size+1, w.limit)
	}
}
