package tasks

import (
	"math"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// What production fills in when a queue is created without it. Source: cloud.google.com/tasks/docs/configuring-queues and
// the gcloud reference of "tasks queues create", read 2026-11-21.
const (
	defaultAttempts      = 100
	defaultMinBackoff    = 100 * time.Millisecond
	defaultMaxBackoff    = time.Hour
	defaultDoublings     = 16
	defaultRate          = 500
	defaultConcurrent    = 1000
	maxRate              = 500
	maxConcurrent        = 5000
	unlimited            = -1 // attempts
	largestDoublingsUsed = 62 // beyond it a doubled nanosecond overflows
)

// withRetryDefaults fills in what is left out; zero values count as left out.
func withRetryDefaults(c *cloudtaskspb.RetryConfig) *cloudtaskspb.RetryConfig {
	out := &cloudtaskspb.RetryConfig{}
	if c != nil {
		out = proto.CloneOf(c)
	}
	if out.MaxAttempts == 0 {
		out.MaxAttempts = defaultAttempts
	}
	if out.MinBackoff == nil {
		out.MinBackoff = durationpb.New(defaultMinBackoff)
	}
	if out.MaxBackoff == nil {
		out.MaxBackoff = durationpb.New(max(defaultMaxBackoff, out.MinBackoff.AsDuration()))
	}
	if out.MaxDoublings == 0 {
		out.MaxDoublings = defaultDoublings
	}
	return out
}

func checkRetry(c *cloudtaskspb.RetryConfig) error {
	lo, hi := c.GetMinBackoff().AsDuration(), c.GetMaxBackoff().AsDuration()
	switch {
	case c.GetMaxAttempts() < unlimited:
		return invalid("retry_config.max_attempts is %d, it must be at least -1", c.GetMaxAttempts())
	case c.GetMaxDoublings() < 0:
		return invalid("retry_config.max_doublings is %d", c.GetMaxDoublings())
	case c.GetMaxRetryDuration().AsDuration() < 0:
		return invalid("retry_config.max_retry_duration is %s", c.GetMaxRetryDuration().AsDuration())
	case lo < 0 || hi < 0 || (c.GetMaxBackoff() != nil && lo > hi):
		return invalid("retry_config runs from %s to %s", lo, hi)
	}
	return nil
}

// retryDelay is how long a task waits after its attempts-th attempt failed: the minimum, doubled max_doublings times, then
// growing by the last doubled step, at most the maximum.
func retryDelay(c *cloudtaskspb.RetryConfig, attempts int) time.Duration {
	lo, hi := c.GetMinBackoff().AsDuration(), c.GetMaxBackoff().AsDuration()
	if lo <= 0 {
		return 0
	}
	doublings := min(int(c.GetMaxDoublings()), largestDoublingsUsed)
	delay := float64(lo) * math.Pow(2, float64(min(attempts-1, doublings)))
	if linear := attempts - 1 - doublings; linear > 0 {
		delay += float64(linear) * float64(lo) * math.Pow(2, float64(doublings))
	}
	return time.Duration(min(delay, float64(hi)))
}

// exhausted reports whether a task that was attempted this often, first this long ago, is given up. When attempts and
// duration are both limited, both limits must be reached.
func exhausted(c *cloudtaskspb.RetryConfig, attempts int, since time.Duration) bool {
	limit := c.GetMaxRetryDuration().AsDuration()
	if c.GetMaxAttempts() == unlimited {
		return limit > 0 && since >= limit
	}
	return attempts >= int(c.GetMaxAttempts()) && (limit == 0 || since >= limit)
}
