package tasks_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/tasks"
)

// faulty is a suite whose first dispatch has the fault, with its events.
func faulty(t *testing.T, fault tasks.Fault) (*suite, chan tasks.Event) {
	seen := make(chan tasks.Event, 100)
	var dispatches atomic.Int32
	c := start(t, tasks.Options{
		Observe: func(e tasks.Event) { seen <- e },
		InterceptDispatch: func(d tasks.Dispatch) tasks.Fault {
			if dispatches.Add(1) > 1 {
				return tasks.Fault{}
			}
			assert.Equal(t, queue+"/tasks/x", d.Task.GetName())
			assert.Equal(t, 1, d.Attempt)
			return fault
		},
	})
	c.queue(nil)
	return c, seen
}

// attempts are the attempts among the events.
func attempts(seen chan tasks.Event) []tasks.Event {
	var got []tasks.Event
	for len(seen) > 0 {
		if e := <-seen; e.Kind == tasks.Attempted {
			got = append(got, e)
		}
	}
	return got
}

func TestLostAnswerIsRetried(t *testing.T) {
	c, seen := faulty(t, tasks.Fault{LoseAnswer: true})
	c.mustCreate(c.task("x", 0))
	c.idle()
	c.advance(time.Second)
	assert.Equal(t, []string{"/x", "/x"}, c.target.paths())
	got := attempts(seen)
	require.Len(t, got, 2)
	assert.Equal(t, 200, got[0].Status)
	assert.False(t, got[0].Done)
	assert.ErrorContains(t, got[0].Err, "answer lost by a fault")
	assert.True(t, got[1].Done)
}

func TestDroppedDispatchIsRetried(t *testing.T) {
	c, seen := faulty(t, tasks.Fault{Drop: true})
	c.mustCreate(c.task("x", 0))
	c.idle()
	assert.Empty(t, c.target.paths())
	c.advance(time.Second)
	assert.Equal(t, []string{"/x"}, c.target.paths())
	got := attempts(seen)
	require.Len(t, got, 2)
	assert.ErrorContains(t, got[0].Err, "dispatch dropped by a fault")
}

func TestDuplicateDispatchComesTwiceAtOnce(t *testing.T) {
	c, _ := faulty(t, tasks.Fault{Duplicate: true})
	var in atomic.Int32
	both := make(chan struct{})
	c.target.answers(func(*http.Request, int) int {
		if in.Add(1) == 2 {
			close(both)
			return 500
		}
		<-both
		return 200
	})
	c.mustCreate(c.task("x", 0))
	c.idle()
	c.advance(time.Minute)
	assert.Len(t, c.target.paths(), 2, "one good answer is enough")
}

func TestDelayedDispatchFollowsTheClock(t *testing.T) {
	c, _ := faulty(t, tasks.Fault{Delay: time.Hour})
	c.mustCreate(c.task("x", 0))
	require.Eventually(t, func() bool { return c.server.Pending() == 1 }, time.Minute, time.Millisecond)
	assert.Empty(t, c.target.paths())
	require.Eventually(t, func() bool {
		c.clock.Advance(time.Hour) // the wait may begin only now
		return len(c.target.paths()) == 1
	}, time.Minute, time.Millisecond)
	c.idle()
}

func TestLostAnswerOfACreationLeavesTheTask(t *testing.T) {
	c := start(t, tasks.Options{AfterCreate: func(req *cloudtaskspb.CreateTaskRequest) error {
		return status.Error(codes.DeadlineExceeded, "lost "+req.GetTask().GetName())
	}})
	c.queue(nil)
	_, err := c.create(c.task("x", 0))
	refused(t, codes.DeadlineExceeded, "lost "+queue+"/tasks/x", err)
	c.idle()
	assert.Equal(t, []string{"/x"}, c.target.paths())
}

// What a meter needs: who set the task, and on whose behalf it runs.
func TestEventsTellTheTrace(t *testing.T) {
	const caller, task = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
	seen := make(chan tasks.Event, 10)
	c := start(t, tasks.Options{Observe: func(e tasks.Event) { seen <- e }})
	c.queue(nil)
	set := c.task("x", 0)
	set.GetHttpRequest().Headers = map[string]string{"Traceparent": task}
	ctx := metadata.AppendToOutgoingContext(context.Background(), "traceparent", caller)
	_, err := c.client.CreateTask(ctx, &cloudtaskspb.CreateTaskRequest{Parent: queue, Task: set})
	require.NoError(t, err)
	c.idle()
	created, attempted := <-seen, <-seen
	assert.Equal(t, caller, created.Traceparent)
	assert.Equal(t, tasks.Attempted, attempted.Kind)
	assert.Equal(t, task, attempted.Traceparent)
	assert.Equal(t, c.target.URL+"/x", attempted.URL)
}

// A deletion is refused, or its answer is lost, as a creation is. The hooks see which task it is, and who asks.
func TestDeletionsFailOnRequest(t *testing.T) {
	var before, after error
	var seen []string
	c := start(t, tasks.Options{
		InterceptDelete: func(ctx context.Context, task *cloudtaskspb.Task) error {
			caller := metadata.ValueFromIncomingContext(ctx, "traceparent")
			seen = append(seen, task.GetName()+" "+task.GetHttpRequest().GetUrl()+" by "+caller[0])
			return before
		},
		AfterDelete: func(_ context.Context, task *cloudtaskspb.Task) error {
			seen = append(seen, "deleted "+task.GetName())
			return after
		},
	})
	c.queue(nil)
	remove := func() error {
		ctx := metadata.AppendToOutgoingContext(c.ctx(), "traceparent", "me")
		return c.client.DeleteTask(ctx, &cloudtaskspb.DeleteTaskRequest{Name: queue + "/tasks/x"})
	}
	created := c.mustCreate(c.task("x", time.Minute))
	before = status.Error(codes.PermissionDenied, "no")
	refused(t, codes.PermissionDenied, "no", remove())
	before, after = nil, status.Error(codes.PermissionDenied, "the answer is lost")
	refused(t, codes.PermissionDenied, "lost", remove())
	refused(t, codes.NotFound, "not found", remove())
	asked := queue + "/tasks/x " + created.GetHttpRequest().GetUrl() + " by me"
	assert.Equal(t, []string{asked, asked, "deleted " + queue + "/tasks/x", queue + "/tasks/x  by me"}, seen)
	c.advance(time.Hour)
	assert.Empty(t, c.target.got())
}
