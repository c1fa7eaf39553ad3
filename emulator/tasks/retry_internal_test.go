package tasks

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestRetryDelay(t *testing.T) {
	config := func(lo, hi time.Duration, doublings int32) *cloudtaskspb.RetryConfig {
		return &cloudtaskspb.RetryConfig{MinBackoff: durationpb.New(lo), MaxBackoff: durationpb.New(hi), MaxDoublings: doublings}
	}
	for name, tc := range map[string]struct {
		config *cloudtaskspb.RetryConfig
		want   []time.Duration // in seconds
	}{
		"the API's example": {config(10*time.Second, 300*time.Second, 3), []time.Duration{10, 20, 40, 80, 160, 240, 300, 300}},
		"no doubling":       {config(10*time.Second, 35*time.Second, 0), []time.Duration{10, 20, 30, 35, 35}},
		"always doubling":   {config(1*time.Second, 3600*time.Second, 16), []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600}},
		"many doublings":    {config(1*time.Second, 5*time.Second, 1000), []time.Duration{1, 2, 4, 5, 5}},
		"equal bounds":      {config(7*time.Second, 7*time.Second, 16), []time.Duration{7, 7, 7}},
		"none":              {config(0, time.Hour, 16), []time.Duration{0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			for i, want := range tc.want {
				assert.Equal(t, want*time.Second, retryDelay(tc.config, i+1), "after attempt %d", i+1)
			}
			assert.Equal(t, tc.want[len(tc.want)-1]*time.Second, retryDelay(tc.config, 1_000_000))
		})
	}
}

func TestExhausted(t *testing.T) {
	for name, tc := range map[string]struct {
		attempts int32
		limit    time.Duration
		made     int
		since    time.Duration
		want     bool
	}{
		"attempts left":                {3, 0, 2, time.Hour, false},
		"attempts used up":             {3, 0, 3, 0, true},
		"both, attempts used up alone": {3, time.Minute, 9, 59 * time.Second, false},
		"both, time used up alone":     {3, time.Minute, 2, time.Hour, false},
		"both":                         {3, time.Minute, 3, time.Minute, true},
		"unlimited":                    {-1, 0, 1_000_000, 1000 * time.Hour, false},
		"unlimited attempts, in time":  {-1, time.Minute, 50, 59 * time.Second, false},
		"unlimited attempts, too late": {-1, time.Minute, 1, time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			config := &cloudtaskspb.RetryConfig{MaxAttempts: tc.attempts, MaxRetryDuration: durationpb.New(tc.limit)}
			assert.Equal(t, tc.want, exhausted(config, tc.made, tc.since))
		})
	}
}

// The shortest dispatch deadline the API takes is 15 s, so the call is tested by itself.
func TestDispatchDeadline(t *testing.T) {
	s, err := Start("127.0.0.1:0", Options{})
	require.NoError(t, err)
	defer s.Close()
	release := make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer target.Close()
	defer close(release)
	o := s.call(attempt{conf: &cloudtaskspb.Task{
		Name:             "projects/p/locations/l/queues/q/tasks/ring",
		DispatchDeadline: durationpb.New(20 * time.Millisecond),
		ScheduleTime:     timestamppb.Now(),
		MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{
			Url: target.URL, HttpMethod: cloudtaskspb.HttpMethod_POST,
		}},
	}})
	assert.Zero(t, o.code)
	require.ErrorIs(t, o.err, context.DeadlineExceeded)
	assert.Equal(t, codes.DeadlineExceeded, statusOf(o.code, o.err).Code())
}

func TestStatusOf(t *testing.T) {
	for answer, want := range map[int]codes.Code{
		200: codes.OK, 299: codes.OK, 400: codes.InvalidArgument, 401: codes.Unauthenticated, 403: codes.PermissionDenied, 404: codes.NotFound,
		409: codes.Aborted, 429: codes.ResourceExhausted, 500: codes.Internal, 503: codes.Unavailable, 418: codes.Unknown,
	} {
		assert.Equal(t, want, statusOf(answer, nil).Code(), answer)
	}
}
