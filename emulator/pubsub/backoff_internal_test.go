package pubsub

import (
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestRetryDelay(t *testing.T) {
	policy := func(lo, hi time.Duration) *pubsubpb.RetryPolicy {
		return &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(lo), MaximumBackoff: durationpb.New(hi)}
	}
	for _, tc := range []struct {
		name     string
		policy   *pubsubpb.RetryPolicy
		attempt  int
		from, to time.Duration
	}{
		{"no policy", nil, 7, 0, 0},
		{"first", policy(time.Second, time.Minute), 1, time.Second, 1200 * time.Millisecond},
		{"second", policy(time.Second, time.Minute), 2, 1600 * time.Millisecond, 2400 * time.Millisecond},
		{"fourth", policy(time.Second, time.Minute), 4, 6400 * time.Millisecond, 9600 * time.Millisecond},
		{"at the maximum", policy(time.Second, 10*time.Second), 5, 8 * time.Second, 10 * time.Second},
		{"far past the maximum", policy(time.Second, 10*time.Second), 5000, 8 * time.Second, 10 * time.Second},
		{"defaults", &pubsubpb.RetryPolicy{}, 1, 10 * time.Second, 12 * time.Second},
		{"default maximum", &pubsubpb.RetryPolicy{}, 99, 480 * time.Second, 600 * time.Second},
		{"equal bounds", policy(3*time.Second, 3*time.Second), 3, 3 * time.Second, 3 * time.Second},
		{"zero bounds", policy(0, 0), 3, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seen := map[time.Duration]bool{}
			for range 200 {
				d := retryDelay(tc.policy, tc.attempt)
				assert.GreaterOrEqual(t, d, tc.from)
				assert.LessOrEqual(t, d, tc.to)
				seen[d] = true
			}
			assert.Equal(t, tc.from != tc.to, len(seen) > 1, "spread")
		})
	}
}

func TestBrakeGrowsAndShrinks(t *testing.T) {
	b := brake{bounds: Backoff{Min: 100 * time.Millisecond, Max: time.Second}}
	pause := func() time.Duration {
		b.on = false
		return b.refused()
	}
	assert.Equal(t, 100*time.Millisecond, pause())
	assert.Zero(t, b.refused(), "a refusal during the pause does not lengthen it")
	assert.True(t, b.on)
	assert.Equal(t, 200*time.Millisecond, pause())
	assert.Equal(t, 400*time.Millisecond, pause())
	assert.Equal(t, 800*time.Millisecond, pause())
	assert.Equal(t, time.Second, pause())
	assert.Equal(t, time.Second, pause())
	b.accepted()
	b.accepted()
	assert.Equal(t, 500*time.Millisecond, pause())
	for range 3 {
		b.accepted()
	}
	assert.Equal(t, 100*time.Millisecond, pause(), "forgotten")
}

func TestBrakeTurnedOff(t *testing.T) {
	b := brake{bounds: Backoff{Max: -1}}
	assert.Zero(t, b.refused())
	assert.False(t, b.on)
}

func TestDefaultsAreProductions(t *testing.T) {
	o := withDefaults(Options{})
	assert.Equal(t, Backoff{Min: 100 * time.Millisecond, Max: time.Minute}, o.PushBackoff)
	assert.Equal(t, 64, o.Parallel)
	assert.Equal(t, 4, o.Window)
	assert.Equal(t, 7, withDefaults(Options{Parallel: 7, Window: -1}).Window)
	assert.Equal(t, time.Second, o.Grace)
	assert.Equal(t, Backoff{Max: -1}, withDefaults(Options{PushBackoff: Backoff{Max: -1}}).PushBackoff)
}
