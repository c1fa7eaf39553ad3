package pubsub

import (
	"math/rand/v2"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// Backoff bounds a pause that grows with refusals.
type Backoff struct {
	Min time.Duration // the first pause
	Max time.Duration // the longest pause
}

// productionPush is the pause production makes between deliveries of a push subscription whose endpoint refuses.
// Source: cloud.google.com/pubsub/docs/push, "Push backoff", read 2026-11-21.
var productionPush = Backoff{Min: 100 * time.Millisecond, Max: 60 * time.Second}

// retryBounds is a retry policy with its defaults filled in.
func retryBounds(p *pubsubpb.RetryPolicy) (lo, hi time.Duration) {
	lo, hi = defaultMinBackoff, defaultMaxBackoff
	if d := p.GetMinimumBackoff(); d != nil {
		lo = d.AsDuration()
	}
	if d := p.GetMaximumBackoff(); d != nil {
		hi = d.AsDuration()
	}
	return lo, hi
}

// retryDelay is how long a message rests after its attempt-th delivery was refused: the minimum doubled for every attempt
// after the first, spread by a fifth to both sides, within the policy's bounds. Without a policy it is zero.
func retryDelay(p *pubsubpb.RetryPolicy, attempt int) time.Duration {
	if p == nil {
		return 0
	}
	lo, hi := retryBounds(p)
	d := lo
	for i := 1; i < attempt && d < hi; i++ {
		d *= 2
	}
	d = min(d, hi)
	d += time.Duration((rand.Float64()*0.4 - 0.2) * float64(d))
	return min(max(d, lo), hi)
}

// brake is the push backoff of one subscription: after a refusal nothing of the subscription is delivered for a while.
type brake struct {
	bounds Backoff
	step   time.Duration // the last pause; zero while all is well
	on     bool          // a pause is running
}

// refused starts a pause and returns its length, or zero if one is running already (the refusal belongs to a delivery that
// was under way when it began) or pauses are turned off.
func (b *brake) refused() time.Duration {
	if b.on || b.bounds.Max <= 0 {
		return 0
	}
	b.step = min(max(b.step*2, b.bounds.Min), b.bounds.Max)
	b.on = b.step > 0
	return b.step
}

// accepted halves the next pause.
func (b *brake) accepted() {
	b.step /= 2
	if b.step < b.bounds.Min {
		b.step = 0
	}
}
