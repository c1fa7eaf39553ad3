package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/emulator/tasks"
)

func TestDispatchAtItsTime(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	c.mustCreate(c.task("ring", 20*time.Second))

	c.advance(19 * time.Second)
	require.Empty(t, c.target.got())
	c.advance(time.Second)
	require.Len(t, c.target.got(), 1)
	assert.Equal(t, "/ring", c.target.got()[0].path)
	assert.Equal(t, "ring", c.target.got()[0].body)
	assert.Equal(t, "POST", c.target.got()[0].method)

	c.advance(24 * time.Hour)
	assert.Len(t, c.target.got(), 1)
	_, err := c.client.GetTask(c.ctx(), &cloudtaskspb.GetTaskRequest{Name: queue + "/tasks/ring"})
	refused(t, codes.NotFound, "not found", err)
}

func TestDispatchInRealTime(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	c.mustCreate(c.task("now", 0))
	c.mustCreate(c.task("soon", 20*time.Millisecond))
	c.mustCreate(c.task("overdue", -time.Hour))
	c.mustCreate(c.task("later", time.Hour))
	require.Eventually(t, func() bool { return len(c.target.got()) == 3 }, time.Minute, time.Millisecond)
	assert.ElementsMatch(t, []string{"/now", "/soon", "/overdue"}, c.target.paths())
	c.idle()
	assert.Zero(t, c.server.Pending())
}

func TestDispatchInOrderOfTime(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxConcurrentDispatches: 1}})
	c.mustCreate(c.task("c", 3*time.Minute))
	c.mustCreate(c.task("a", 1*time.Minute))
	c.mustCreate(c.task("e", 5*time.Minute))
	c.mustCreate(c.task("b", 2*time.Minute))
	c.mustCreate(c.task("d", 4*time.Minute))
	c.advance(4 * time.Minute)
	assert.Equal(t, []string{"/a", "/b", "/c", "/d"}, c.target.paths())
	c.advance(time.Minute)
	assert.Equal(t, []string{"/a", "/b", "/c", "/d", "/e"}, c.target.paths())
}

func TestConcurrentDispatchesAreBounded(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxConcurrentDispatches: 2}})
	var in, most atomic.Int32
	c.target.answers(func(*http.Request, int) int {
		n := in.Add(1)
		defer in.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		return 200
	})
	for i := range 50 {
		c.mustCreate(c.task(fmt.Sprintf("t%d", i), time.Minute))
	}
	c.clock.Advance(time.Minute)
	c.idle()
	assert.Len(t, c.target.got(), 50)
	assert.LessOrEqual(t, most.Load(), int32(2))
}

func TestHeaders(t *testing.T) {
	c := start(t, tasks.Options{Token: func(_ context.Context, account, audience string) (string, error) {
		return account + "|" + audience, nil
	}})
	c.queue(nil)
	at := time.Unix(1_900_000_000, 123_456_789)
	c.clock.Advance(time.Until(at) - time.Hour)
	task := c.task("ring", 0)
	task.ScheduleTime = timestamppb.New(at)
	request := task.GetHttpRequest()
	request.HttpMethod = cloudtaskspb.HttpMethod_PUT
	request.Headers = map[string]string{
		"content-type": "application/json", "X-Own": "kept", "Authorization": "replaced", "User-Agent": "replaced",
		"X-Google-Thing": "dropped", "X-AppEngine-Thing": "dropped", "X-CloudTasks-TaskName": "replaced", "Host": "replaced",
	}
	request.AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{
		ServiceAccountEmail: "timer@p.iam.gserviceaccount.com", Audience: "https://desk.example",
	}}
	c.mustCreate(task)
	bare := c.task("bare", 2*time.Hour)
	bare.GetHttpRequest().AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{
		ServiceAccountEmail: "timer@p.iam.gserviceaccount.com",
	}}
	c.mustCreate(bare)
	c.advance(61 * time.Minute)
	c.advance(time.Hour)

	require.Len(t, c.target.got(), 2)
	got := c.target.got()[0]
	assert.Equal(t, "PUT", got.method)
	got.header.Del("Content-Length")
	assert.Equal(t, http.Header{
		"Authorization":                   {"Bearer timer@p.iam.gserviceaccount.com|https://desk.example"},
		"Content-Type":                    {"application/json"},
		"User-Agent":                      {"Google-Cloud-Tasks"},
		"X-Own":                           {"kept"},
		"X-Cloudtasks-Queuename":          {"q"},
		"X-Cloudtasks-Taskname":           {"ring"},
		"X-Cloudtasks-Taskretrycount":     {"0"},
		"X-Cloudtasks-Taskexecutioncount": {"0"},
		"X-Cloudtasks-Tasketa":            {"1900000000.123456"},
	}, got.header)
	assert.Equal(t, "Bearer timer@p.iam.gserviceaccount.com|"+c.target.URL+"/bare", c.target.got()[1].header.Get("Authorization"))
}

func TestAllSuccessesEndATaskAndNothingElseDoes(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: seconds(10), MaxBackoff: seconds(10)}})
	for code, ends := range map[int]bool{
		200: true, 201: true, 202: true, 203: true, 204: true, 206: true, 226: true, 299: true,
		304: false, 400: false, 401: false, 403: false, 404: false, 409: false, 425: false, 429: false, 500: false, 503: false,
	} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			before := len(c.target.got())
			c.target.answers(func(*http.Request, int) int { return code })
			c.mustCreate(c.task("", 0))
			c.idle()
			c.target.answers(func(*http.Request, int) int { return 200 })
			c.advance(20 * time.Second)
			want := 2
			if ends {
				want = 1
			}
			assert.Len(t, c.target.got(), before+want)
		})
	}
}

// The example of the API's own comments: 10 s to 300 s with three doublings.
func TestRetriesFollowTheClock(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{
		MinBackoff: seconds(10), MaxBackoff: seconds(300), MaxDoublings: 3, MaxAttempts: 9,
	}})
	answers := []int{500, 503, 404, 429, 500, 409, 500, 500, 500}
	c.target.answers(func(_ *http.Request, nth int) int { return answers[nth-1] })
	c.mustCreate(c.task("ring", 0))
	c.idle()
	require.Len(t, c.target.got(), 1)
	for i, wait := range []int{10, 20, 40, 80, 160, 240, 300, 300} {
		c.advance(time.Duration(wait)*time.Second - 5*time.Second)
		require.Len(t, c.target.got(), i+1, "before retry %d", i+1)
		assert.Zero(t, c.server.Pending(), "a task that waits for its retry belongs to the future")
		c.advance(5 * time.Second)
		require.Len(t, c.target.got(), i+2, "after retry %d", i+1)
	}
	var retries, executions, previous []string
	for _, h := range c.target.got() {
		retries = append(retries, h.header.Get("X-CloudTasks-TaskRetryCount"))
		executions = append(executions, h.header.Get("X-CloudTasks-TaskExecutionCount"))
		previous = append(previous, h.header.Get("X-CloudTasks-TaskPreviousResponse"))
	}
	assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8"}, retries)
	assert.Equal(t, []string{"0", "0", "0", "1", "2", "2", "3", "3", "3"}, executions)
	assert.Equal(t, []string{"", "500", "503", "404", "429", "500", "409", "500", "500"}, previous)

	_, err := c.client.GetTask(c.ctx(), &cloudtaskspb.GetTaskRequest{Name: queue + "/tasks/ring"})
	refused(t, codes.NotFound, "not found", err)
	c.advance(time.Hour)
	assert.Len(t, c.target.got(), 9)
}

func TestTaskBringsItsOwnRetries(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	c.target.answers(func(*http.Request, int) int { return 500 })
	task := c.task("ring", 0)
	task.RetryConfig = &cloudtaskspb.RetryConfig{MaxAttempts: 2, MinBackoff: seconds(1), MaxBackoff: seconds(1)}
	c.mustCreate(task)
	c.idle()
	for range 5 {
		c.advance(2 * time.Second)
	}
	assert.Len(t, c.target.got(), 2)
}

func TestUnreachableTargetIsRetried(t *testing.T) {
	var unreachable atomic.Int32
	c := start(t, tasks.Options{Observe: func(e tasks.Event) {
		if e.Kind == tasks.Attempted && e.Err != nil {
			unreachable.Add(1)
		}
	}})
	c.queue(&cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: seconds(10), MaxBackoff: seconds(10)}})
	task := c.task("ring", 0)
	task.GetHttpRequest().Url = "http://127.0.0.1:1/"
	c.mustCreate(task)
	c.idle()
	got, err := c.client.GetTask(c.ctx(), &cloudtaskspb.GetTaskRequest{Name: queue + "/tasks/ring"})
	require.NoError(t, err)
	assert.EqualValues(t, 1, got.GetDispatchCount())
	assert.Zero(t, got.GetResponseCount())
	assert.EqualValues(t, codes.Unavailable, got.GetLastAttempt().GetResponseStatus().GetCode())
	assert.NotNil(t, got.GetFirstAttempt().GetDispatchTime())
	c.advance(11 * time.Second)
	assert.EqualValues(t, 2, unreachable.Load())
}

func TestTokenErrorIsAFailedAttempt(t *testing.T) {
	var calls atomic.Int32
	c := start(t, tasks.Options{Token: func(context.Context, string, string) (string, error) {
		if calls.Add(1) == 1 {
			return "", errors.New("no key yet")
		}
		return "jwt", nil
	}})
	c.queue(&cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: seconds(10), MaxBackoff: seconds(10)}})
	task := c.task("ring", 0)
	task.GetHttpRequest().AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{ServiceAccountEmail: "a@b"}}
	c.mustCreate(task)
	c.idle()
	require.Empty(t, c.target.got())
	c.advance(11 * time.Second)
	require.Len(t, c.target.got(), 1)
	assert.Equal(t, "Bearer jwt", c.target.got()[0].header.Get("Authorization"))
	assert.Equal(t, "1", c.target.got()[0].header.Get("X-CloudTasks-TaskRetryCount"))
	assert.Equal(t, "0", c.target.got()[0].header.Get("X-CloudTasks-TaskExecutionCount"))
}

func TestRunTask(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: seconds(10), MaxBackoff: seconds(10)}})
	c.mustCreate(c.task("ring", 24*time.Hour))
	c.target.answers(func(_ *http.Request, nth int) int {
		if nth == 1 {
			return 500
		}
		return 200
	})
	run := func() error {
		_, err := c.client.RunTask(c.ctx(), &cloudtaskspb.RunTaskRequest{Name: queue + "/tasks/ring"})
		return err
	}
	require.NoError(t, run())
	c.idle()
	require.Len(t, c.target.got(), 1)
	c.advance(11 * time.Second)
	require.Len(t, c.target.got(), 2, "retried by the queue's rule, not at its old time")
	refused(t, codes.NotFound, "not found", run())
	c.advance(48 * time.Hour)
	assert.Len(t, c.target.got(), 2)
}

func TestRunTaskBesideADispatchUnderWay(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxConcurrentDispatches: 1}})
	entered, release := make(chan struct{}), make(chan struct{})
	c.target.answers(func(_ *http.Request, nth int) int {
		if nth == 1 {
			close(entered)
			<-release
			return 500
		}
		return 200
	})
	c.mustCreate(c.task("ring", 0))
	c.mustCreate(c.task("waits", 0))
	<-entered
	_, err := c.client.RunTask(c.ctx(), &cloudtaskspb.RunTaskRequest{Name: queue + "/tasks/ring"})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := c.client.GetTask(c.ctx(), &cloudtaskspb.GetTaskRequest{Name: queue + "/tasks/ring"})
		return err != nil
	}, time.Minute, time.Millisecond, "the second dispatch ended it")
	close(release)
	c.idle()
	assert.Equal(t, []string{"/ring", "/ring", "/waits"}, c.target.paths())
}

func TestTheLastOfTwoDispatchesDecides(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	entered := make(chan struct{}, 2)
	release := []chan struct{}{make(chan struct{}), make(chan struct{})}
	c.target.answers(func(_ *http.Request, nth int) int {
		entered <- struct{}{}
		<-release[nth-1]
		return map[int]int{1: 500, 2: 200}[nth]
	})
	c.mustCreate(c.task("ring", 0))
	<-entered
	_, err := c.client.RunTask(c.ctx(), &cloudtaskspb.RunTaskRequest{Name: queue + "/tasks/ring"})
	require.NoError(t, err)
	<-entered
	close(release[0])
	require.Eventually(t, func() bool { return c.server.Pending() == 1 }, time.Minute, time.Millisecond)
	c.clock.Advance(time.Hour)
	assert.Equal(t, 1, c.server.Pending(), "the failure of the first schedules nothing while the second is under way")
	close(release[1])
	c.idle()
	c.advance(time.Hour)
	assert.Len(t, c.target.got(), 2)
}

func TestTargetThatCreatesKeepsTheServerBusy(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	c.target.answers(func(_ *http.Request, nth int) int {
		if nth < 20 {
			c.mustCreate(c.task("", 0))
		}
		return 200
	})
	c.mustCreate(c.task("", 0))
	c.idle()
	assert.Len(t, c.target.got(), 20)
}

func TestObserve(t *testing.T) {
	seen := make(chan tasks.Event, 10)
	c := start(t, tasks.Options{Observe: func(e tasks.Event) { seen <- e }})
	c.queue(&cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MaxAttempts: 1, MinBackoff: durationpb.New(0)}})
	c.target.answers(func(r *http.Request, _ int) int {
		if r.URL.Path == "/bad" {
			return 500
		}
		return 200
	})
	events := func(id string) []tasks.Event {
		c.mustCreate(c.task(id, time.Minute))
		c.advance(3 * time.Minute)
		var got []tasks.Event
		for len(seen) > 0 {
			e := <-seen
			assert.Equal(t, queue+"/tasks/"+id, e.Task)
			if e.Kind == tasks.Attempted {
				assert.GreaterOrEqual(t, e.Late, 2*time.Minute)
			}
			assert.Equal(t, c.target.URL+"/"+id, e.URL)
			e.Task, e.URL, e.Late = "", "", 0
			got = append(got, e)
		}
		return got
	}
	assert.Equal(t, []tasks.Event{
		{Kind: tasks.Created}, {Kind: tasks.Attempted, Attempt: 1, Status: 200, Done: true},
	}, events("good"))
	assert.Equal(t, []tasks.Event{
		{Kind: tasks.Created}, {Kind: tasks.Attempted, Attempt: 1, Status: 500}, {Kind: tasks.GivenUp, Attempt: 1},
	}, events("bad"))
}
