package tasks_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/deskline/deskline/emulator/tasks"
)

const day = 24 * time.Hour

// slowQueue dispatches one task in a thousand seconds.
func (c *suite) slowQueue() {
	c.queue(&cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 0.001}})
}

// dispatched waits until the target got so many requests and that many tasks are left in line.
func (c *suite) dispatched(n, left int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool { return len(c.target.got()) == n && c.server.Pending() == left }, time.Minute, time.Millisecond)
}

// startSlow is a server whose queue has dispatched its first task and makes the second wait for its rate.
func startSlow(t *testing.T) *suite {
	t.Helper()
	c := start(t, tasks.Options{})
	c.slowQueue()
	c.mustCreate(c.task("first", 0))
	c.mustCreate(c.task("second", 0))
	c.dispatched(1, 1)
	return c
}

func TestRateLimitFollowsTheClock(t *testing.T) {
	c := start(t, tasks.Options{})
	c.slowQueue()
	for i := range 3 {
		c.mustCreate(c.task(fmt.Sprint("t", i), 0))
	}
	c.dispatched(1, 2)
	c.clock.Advance(999 * time.Second)
	assert.Equal(t, 2, c.server.Pending())
	c.clock.Advance(time.Second)
	c.dispatched(2, 1)
	c.clock.Advance(time.Hour)
	c.dispatched(3, 0)
	assert.Equal(t, []string{"/t0", "/t1", "/t2"}, c.target.paths(), "first come, first served")
}

func TestBurstIsDispatchedAtOnce(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 20}})
	for range 50 {
		c.mustCreate(c.task("", time.Hour))
	}
	c.clock.Advance(time.Hour)
	require.Eventually(t, func() bool { return len(c.target.got()) >= 20 }, time.Minute, time.Millisecond)
	assert.Greater(t, c.server.Pending(), 0, "the rest waits for its turn")
	c.clock.Advance(time.Second)
	c.clock.Advance(time.Second)
	c.idle()
	assert.Len(t, c.target.got(), 50)
}

func TestRunTaskIsBeyondTheRate(t *testing.T) {
	c := startSlow(t)
	_, err := c.client.RunTask(c.ctx(), &cloudtaskspb.RunTaskRequest{Name: queue + "/tasks/second"})
	require.NoError(t, err)
	c.dispatched(2, 0)
}

func TestAnOverloadedTargetSlowsItsQueueDown(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{
		RateLimits:  &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 1},
		RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: seconds(3600)},
	})
	c.target.answers(func(r *http.Request, _ int) int {
		if r.URL.Path == "/bad" {
			return http.StatusServiceUnavailable
		}
		return 200
	})
	c.mustCreate(c.task("bad", 0))
	c.idle()
	c.mustCreate(c.task("next", time.Minute)) // the bucket is full again by then
	c.advance(time.Minute)
	c.mustCreate(c.task("last", 0))
	c.clock.Advance(1500 * time.Millisecond)
	assert.Equal(t, 1, c.server.Pending(), "a second a task no longer does")
	c.clock.Advance(500 * time.Millisecond)
	c.dispatched(3, 0)
}

func TestRetryAfterDelaysTheTask(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	target := http.NewServeMux()
	calls := make(chan struct{}, 10)
	target.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		calls <- struct{}{}
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	c.target.Config.Handler = target
	c.mustCreate(c.task("x", 0))
	c.idle()
	c.advance(59 * time.Minute)
	assert.Len(t, calls, 1)
	c.advance(2 * time.Minute)
	assert.Len(t, calls, 2)
}

func TestATaskLivesForThirtyOneDays(t *testing.T) {
	given := make(chan tasks.Event, 100)
	c := start(t, tasks.Options{Observe: func(e tasks.Event) {
		if e.Kind == tasks.GivenUp {
			given <- e
		}
	}})
	c.queue(&cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{
		MaxAttempts: -1, MinBackoff: durationpb.New(10 * day), MaxBackoff: durationpb.New(10 * day),
	}})
	c.target.answers(func(*http.Request, int) int { return 500 })
	c.mustCreate(c.task("x", 0))
	c.idle()
	for range 5 {
		c.advance(10*day + time.Second)
	}
	assert.Len(t, c.target.got(), 4)
	require.Len(t, given, 1)
	assert.Equal(t, 4, (<-given).Attempt)
}

func TestPausedQueueDispatchesWhenItIsResumed(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	got, err := c.client.PauseQueue(c.ctx(), &cloudtaskspb.PauseQueueRequest{Name: queue})
	require.NoError(t, err)
	assert.Equal(t, cloudtaskspb.Queue_PAUSED, got.GetState())
	_, err = c.client.PauseQueue(c.ctx(), &cloudtaskspb.PauseQueueRequest{Name: queue})
	require.NoError(t, err, "a repeat")
	c.mustCreate(c.task("x", 0))
	c.mustCreate(c.task("y", time.Minute))
	c.mustCreate(c.task("z", 0))
	require.NoError(t, c.client.DeleteTask(c.ctx(), &cloudtaskspb.DeleteTaskRequest{Name: queue + "/tasks/z"}))
	c.advance(time.Hour)
	assert.Empty(t, c.target.got())
	assert.Zero(t, c.server.Pending())
	for range 2 {
		got, err = c.client.ResumeQueue(c.ctx(), &cloudtaskspb.ResumeQueueRequest{Name: queue})
		require.NoError(t, err)
		assert.Equal(t, cloudtaskspb.Queue_RUNNING, got.GetState())
	}
	c.idle()
	assert.ElementsMatch(t, []string{"/x", "/y"}, c.target.paths())
}

func TestPurgedQueueForgetsItsTasks(t *testing.T) {
	c := start(t, tasks.Options{})
	c.slowQueue()
	c.mustCreate(c.task("ran", 0))
	c.mustCreate(c.task("inline", 0))
	c.mustCreate(c.task("later", time.Minute))
	c.dispatched(1, 1)
	got, err := c.client.PurgeQueue(c.ctx(), &cloudtaskspb.PurgeQueueRequest{Name: queue})
	require.NoError(t, err)
	assert.False(t, got.GetPurgeTime().AsTime().IsZero())
	c.advance(day)
	assert.Equal(t, []string{"/ran"}, c.target.paths())
	c.mustCreate(c.task("new", 0))
	c.idle()
	assert.Equal(t, []string{"/ran", "/new"}, c.target.paths())
}

func TestDeletedQueueIsGoneAndItsNameTakenForThreeDays(t *testing.T) {
	c := start(t, tasks.Options{})
	c.slowQueue()
	c.mustCreate(c.task("ran", 0))
	c.mustCreate(c.task("inline", 0))
	c.dispatched(1, 1)
	require.NoError(t, c.client.DeleteQueue(c.ctx(), &cloudtaskspb.DeleteQueueRequest{Name: queue}))
	assert.Zero(t, c.server.Pending())
	_, err := c.create(c.task("x", 0))
	refused(t, codes.NotFound, "Queue does not exist", err)
	refused(t, codes.NotFound, "Queue does not exist", c.client.DeleteQueue(c.ctx(), &cloudtaskspb.DeleteQueueRequest{Name: queue}))
	again := &cloudtaskspb.CreateQueueRequest{Parent: location, Queue: &cloudtaskspb.Queue{Name: queue}}
	_, err = c.client.CreateQueue(c.ctx(), again)
	refused(t, codes.FailedPrecondition, "too recently", err)
	_, err = c.client.UpdateQueue(c.ctx(), &cloudtaskspb.UpdateQueueRequest{Queue: again.GetQueue()})
	refused(t, codes.FailedPrecondition, "too recently", err)
	c.advance(3 * day)
	_, err = c.client.CreateQueue(c.ctx(), again)
	require.NoError(t, err)
	assert.Len(t, c.target.got(), 1)
}

func TestUpdateQueue(t *testing.T) {
	c := startSlow(t)
	update := func(q *cloudtaskspb.Queue, paths ...string) (*cloudtaskspb.Queue, error) {
		return c.client.UpdateQueue(c.ctx(), &cloudtaskspb.UpdateQueueRequest{Queue: q, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	}
	got, err := update(&cloudtaskspb.Queue{Name: queue, RetryConfig: &cloudtaskspb.RetryConfig{MaxAttempts: 7}}, "retry_config.max_attempts")
	require.NoError(t, err)
	assert.EqualValues(t, 7, got.GetRetryConfig().GetMaxAttempts())
	assert.EqualValues(t, 16, got.GetRetryConfig().GetMaxDoublings(), "as it was")
	assert.Equal(t, 0.001, got.GetRateLimits().GetMaxDispatchesPerSecond(), "as it was")
	assert.Equal(t, 1, c.server.Pending())
	got, err = update(&cloudtaskspb.Queue{Name: queue, RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 500}}, "rate_limits.max_dispatches_per_second")
	require.NoError(t, err)
	assert.EqualValues(t, 500, got.GetRateLimits().GetMaxBurstSize())
	c.idle()
	assert.Len(t, c.target.got(), 2)

	_, err = update(&cloudtaskspb.Queue{Name: queue}, "state")
	refused(t, codes.Unimplemented, "state", err)
	_, err = update(&cloudtaskspb.Queue{Name: queue, RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 501}}, "rate_limits")
	refused(t, codes.InvalidArgument, "max_dispatches_per_second", err)
	_, err = update(&cloudtaskspb.Queue{Name: "nonsense"})
	refused(t, codes.InvalidArgument, "invalid queue name", err)
	got, err = update(&cloudtaskspb.Queue{Name: location + "/queues/made"})
	require.NoError(t, err, "no queue of that name: it is made")
	assert.EqualValues(t, 100, got.GetRetryConfig().GetMaxAttempts())
	got, err = update(&cloudtaskspb.Queue{Name: location + "/queues/made", RetryConfig: &cloudtaskspb.RetryConfig{MaxAttempts: 3}})
	require.NoError(t, err, "without a mask everything is replaced")
	assert.EqualValues(t, 3, got.GetRetryConfig().GetMaxAttempts())
}
