package tasks

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBurst(t *testing.T) {
	assert.EqualValues(t, 500, burstOf(500))
	assert.EqualValues(t, 3, burstOf(2.5))
	assert.EqualValues(t, 1, burstOf(0.01))
}

func TestBucket(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	b := bucket{tokens: 2, filled: at}
	assert.Zero(t, b.take(at, 4, 10))
	assert.Zero(t, b.take(at, 4, 10))
	assert.Equal(t, 250*time.Millisecond, b.take(at, 4, 10), "empty")
	assert.Equal(t, 50*time.Millisecond, b.take(at.Add(200*time.Millisecond), 4, 10))
	assert.Equal(t, 50*time.Millisecond, b.take(at, 4, 10), "time that goes backwards changes nothing")
	assert.Zero(t, b.take(at.Add(250*time.Millisecond), 4, 10))
	later := at.Add(time.Hour)
	for range 10 {
		assert.Zero(t, b.take(later, 4, 10))
	}
	assert.Equal(t, 250*time.Millisecond, b.take(later, 4, 10), "never more than the burst")
	assert.Equal(t, 31*24*time.Hour, b.take(later, 1e-300, 10), "as good as never")
}

func TestThrottled(t *testing.T) {
	assert.Equal(t, 0.5, throttled(1, 429))
	assert.Equal(t, 0.25, throttled(0.5, 503))
	assert.Equal(t, 1.0/64, throttled(1.0/64, 503), "never to nothing")
	assert.Equal(t, 0.5+1.0/32, throttled(0.5, 200))
	assert.Equal(t, 0.5+1.0/32, throttled(0.5, 500), "an answer all the same")
	assert.Equal(t, 1.0, throttled(1, 200))
	assert.Equal(t, 0.5, throttled(0.5, 0), "no answer tells nothing")
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		code int
		text string
		want time.Duration
	}{
		{503, "", 0},
		{503, "120", 2 * time.Minute},
		{429, "Sat, 21 Nov 2026 10:05:00 GMT", 5 * time.Minute},
		{429, "Sat, 21 Nov 2026 09:05:00 GMT", 0},
		{429, "-5", 0},
		{429, "soon", 0},
		{429, "99999999999", 31 * 24 * time.Hour},
		{500, "120", 0},
		{200, "120", 0},
	} {
		h := http.Header{"Retry-After": {tc.text}}
		assert.Equal(t, tc.want, retryAfter(tc.code, h, now), "%d %q", tc.code, tc.text)
	}
}
