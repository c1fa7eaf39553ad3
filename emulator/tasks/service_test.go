package tasks_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/emulator/tasks"
)

func refused(t *testing.T, code codes.Code, message string, err error) {
	t.Helper()
	require.Error(t, err)
	assert.Equal(t, code, status.Code(err), err.Error())
	assert.Contains(t, status.Convert(err).Message(), message)
}

func TestQueues(t *testing.T) {
	c := start(t, tasks.Options{})
	_, err := c.client.GetQueue(c.ctx(), &cloudtaskspb.GetQueueRequest{Name: queue})
	refused(t, codes.NotFound, "Queue does not exist", err)
	_, err = c.create(c.task("ring", 0))
	refused(t, codes.NotFound, "Queue does not exist", err)
	c.queue(nil)
	got, err := c.client.GetQueue(c.ctx(), &cloudtaskspb.GetQueueRequest{Name: queue})
	require.NoError(t, err)
	want := &cloudtaskspb.Queue{
		Name: queue, State: cloudtaskspb.Queue_RUNNING,
		RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 500, MaxBurstSize: 500, MaxConcurrentDispatches: 1000},
		RetryConfig: &cloudtaskspb.RetryConfig{
			MaxAttempts: 100, MinBackoff: durationpb.New(100 * time.Millisecond), MaxBackoff: seconds(3600), MaxDoublings: 16,
		},
	}
	assert.True(t, proto.Equal(want, got), got)
	_, err = c.client.CreateQueue(c.ctx(), &cloudtaskspb.CreateQueueRequest{Parent: location, Queue: &cloudtaskspb.Queue{Name: queue}})
	refused(t, codes.AlreadyExists, "Queue already exists", err)

	for _, id := range []string{"z", "a"} {
		_, err = c.client.CreateQueue(c.ctx(), &cloudtaskspb.CreateQueueRequest{Parent: location, Queue: &cloudtaskspb.Queue{Name: location + "/queues/" + id}})
		require.NoError(t, err)
	}
	var names []string
	queues := c.client.ListQueues(c.ctx(), &cloudtaskspb.ListQueuesRequest{Parent: location, PageSize: 2})
	for {
		q, err := queues.Next()
		if err == iterator.Done {
			break
		}
		require.NoError(t, err)
		names = append(names, q.GetName())
	}
	assert.Equal(t, []string{location + "/queues/a", queue, location + "/queues/z"}, names)
}

func TestCreatedTask(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	at := c.clock.Now().Add(time.Hour)
	task := c.task("ring", 0)
	task.ScheduleTime = timestamppb.New(at)
	task.DispatchCount, task.ResponseCount = 7, 7
	got := c.mustCreate(task)
	assert.Equal(t, queue+"/tasks/ring", got.GetName())
	assert.Equal(t, at.Truncate(time.Microsecond), got.GetScheduleTime().AsTime())
	assert.Zero(t, got.GetCreateTime().GetNanos())
	assert.Equal(t, 10*time.Minute, got.GetDispatchDeadline().AsDuration())
	assert.Equal(t, cloudtaskspb.HttpMethod_POST, got.GetHttpRequest().GetHttpMethod())
	assert.Equal(t, cloudtaskspb.Task_BASIC, got.GetView())
	assert.Empty(t, got.GetHttpRequest().GetBody(), "BASIC shows no payload")
	assert.Zero(t, got.GetDispatchCount())
	assert.Zero(t, got.GetResponseCount())

	full, err := c.client.GetTask(c.ctx(), &cloudtaskspb.GetTaskRequest{Name: got.GetName(), ResponseView: cloudtaskspb.Task_FULL})
	require.NoError(t, err)
	assert.Equal(t, "ring", string(full.GetHttpRequest().GetBody()))
	assert.Equal(t, cloudtaskspb.Task_FULL, full.GetView())

	one, two := c.mustCreate(c.task("", time.Hour)), c.mustCreate(c.task("", time.Hour))
	assert.Regexp(t, `^projects/p/locations/l/queues/q/tasks/[0-9]+$`, one.GetName())
	assert.NotEqual(t, one.GetName(), two.GetName())
}

func TestNamesAreTakenForAnHourLonger(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	taken := func() {
		t.Helper()
		_, err := c.create(c.task("ring", 0))
		refused(t, codes.AlreadyExists, "already exists", err)
	}
	c.mustCreate(c.task("ring", time.Minute))
	taken()
	c.advance(2 * time.Minute)
	require.Len(t, c.target.got(), 1)
	taken()
	c.advance(59 * time.Minute)
	taken()
	c.advance(2 * time.Minute)
	c.mustCreate(c.task("ring", time.Minute))
	require.NoError(t, c.client.DeleteTask(c.ctx(), &cloudtaskspb.DeleteTaskRequest{Name: queue + "/tasks/ring"}))
	taken()
	c.advance(61 * time.Minute)
	c.mustCreate(c.task("ring", 0))
	c.idle()
	assert.Len(t, c.target.got(), 2)
}

func TestDelete(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	remove := func(id string) error {
		return c.client.DeleteTask(c.ctx(), &cloudtaskspb.DeleteTaskRequest{Name: queue + "/tasks/" + id})
	}
	refused(t, codes.NotFound, "not found", remove("never"))
	c.mustCreate(c.task("ring", time.Minute))
	require.NoError(t, remove("ring"))
	refused(t, codes.NotFound, "not found", remove("ring"))
	c.advance(time.Hour)
	assert.Empty(t, c.target.got())
	refused(t, codes.NotFound, "Queue does not exist", c.client.DeleteTask(c.ctx(), &cloudtaskspb.DeleteTaskRequest{
		Name: location + "/queues/none/tasks/ring",
	}))
	refused(t, codes.InvalidArgument, "invalid task name", c.client.DeleteTask(c.ctx(), &cloudtaskspb.DeleteTaskRequest{Name: "ring"}))
}

func TestDeleteUnderWayAndInLine(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(&cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxConcurrentDispatches: 1}})
	entered, release := make(chan struct{}), make(chan struct{})
	c.target.answers(func(*http.Request, int) int {
		close(entered)
		<-release
		return 500
	})
	c.mustCreate(c.task("first", 0))
	c.mustCreate(c.task("second", 0))
	<-entered
	assert.Equal(t, 2, c.server.Pending())
	for _, id := range []string{"first", "second"} {
		require.NoError(t, c.client.DeleteTask(c.ctx(), &cloudtaskspb.DeleteTaskRequest{Name: queue + "/tasks/" + id}))
	}
	assert.Equal(t, 1, c.server.Pending(), "the dispatch under way")
	close(release)
	c.idle()
	c.advance(time.Hour)
	assert.Equal(t, []string{"/first"}, c.target.paths(), "neither retried nor begun")
}

func TestListTasks(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	for i := range 7 {
		c.mustCreate(c.task(fmt.Sprintf("t%d", 6-i), time.Hour))
	}
	list := func(view cloudtaskspb.Task_View) (names []string, bodies string) {
		it := c.client.ListTasks(c.ctx(), &cloudtaskspb.ListTasksRequest{Parent: queue, PageSize: 3, ResponseView: view})
		for {
			task, err := it.Next()
			if err == iterator.Done {
				return names, bodies
			}
			require.NoError(t, err)
			names = append(names, strings.TrimPrefix(task.GetName(), queue+"/tasks/"))
			bodies += string(task.GetHttpRequest().GetBody())
		}
	}
	names, bodies := list(cloudtaskspb.Task_BASIC)
	assert.Equal(t, []string{"t0", "t1", "t2", "t3", "t4", "t5", "t6"}, names)
	assert.Empty(t, bodies)
	_, bodies = list(cloudtaskspb.Task_FULL)
	assert.Equal(t, "t0t1t2t3t4t5t6", bodies)
	c.advance(2 * time.Hour)
	names, _ = list(cloudtaskspb.Task_BASIC)
	assert.Empty(t, names)
}

// spoiled is a task made unacceptable, and the answer.
type spoiled struct {
	spoil   func(*cloudtaskspb.Task)
	code    codes.Code
	message string
}

func (c *suite) refuses(t *testing.T, cases map[string]spoiled) {
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			task := c.task("ring", 0)
			tc.spoil(task)
			_, err := c.create(task)
			refused(t, tc.code, tc.message, err)
		})
	}
}

func TestBadTasks(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	c.refuses(t, map[string]spoiled{
		"name of another queue": {func(k *cloudtaskspb.Task) { k.Name = location + "/queues/z/tasks/ring" }, codes.InvalidArgument, "invalid task name"},
		"name with a slash":     {func(k *cloudtaskspb.Task) { k.Name = queue + "/tasks/a/b" }, codes.InvalidArgument, "invalid task name"},
		"name with a dot":       {func(k *cloudtaskspb.Task) { k.Name = queue + "/tasks/a.b" }, codes.InvalidArgument, "invalid task name"},
		"long name":             {func(k *cloudtaskspb.Task) { k.Name = queue + "/tasks/" + strings.Repeat("a", 501) }, codes.InvalidArgument, "invalid task name"},
		"no request":            {func(k *cloudtaskspb.Task) { k.MessageType = nil }, codes.InvalidArgument, "no http_request"},
		"app engine": {func(k *cloudtaskspb.Task) {
			k.MessageType = &cloudtaskspb.Task_AppEngineHttpRequest{AppEngineHttpRequest: &cloudtaskspb.AppEngineHttpRequest{}}
		},
			codes.Unimplemented, "app_engine_http_request"},
		"too far ahead": {func(k *cloudtaskspb.Task) {
			k.ScheduleTime = timestamppb.New(c.clock.Now().Add(30*24*time.Hour + time.Minute))
		}, codes.InvalidArgument, "schedule_time"},
		"impossible time":   {func(k *cloudtaskspb.Task) { k.ScheduleTime = &timestamppb.Timestamp{Nanos: -1} }, codes.InvalidArgument, "schedule_time"},
		"short deadline":    {func(k *cloudtaskspb.Task) { k.DispatchDeadline = durationpb.New(14 * time.Second) }, codes.InvalidArgument, "dispatch_deadline is 14s"},
		"long deadline":     {func(k *cloudtaskspb.Task) { k.DispatchDeadline = durationpb.New(31 * time.Minute) }, codes.InvalidArgument, "dispatch_deadline is 31m0s"},
		"negative attempts": {func(k *cloudtaskspb.Task) { k.RetryConfig = &cloudtaskspb.RetryConfig{MaxAttempts: -2} }, codes.InvalidArgument, "max_attempts"},
		"crossed backoff": {func(k *cloudtaskspb.Task) {
			k.RetryConfig = &cloudtaskspb.RetryConfig{MinBackoff: seconds(9), MaxBackoff: seconds(3)}
		}, codes.InvalidArgument, "retry_config"},
	})
	_, err := c.client.CreateTask(c.ctx(), &cloudtaskspb.CreateTaskRequest{Parent: queue})
	refused(t, codes.InvalidArgument, "no task", err)
	_, err = c.client.CreateTask(c.ctx(), &cloudtaskspb.CreateTaskRequest{Parent: "q", Task: &cloudtaskspb.Task{MessageType: c.task("", 0).MessageType}})
	refused(t, codes.InvalidArgument, "invalid queue name", err)

	c.mustCreate(c.task("limit", 30*24*time.Hour))
	c.advance(30*24*time.Hour + time.Second)
	assert.Equal(t, []string{"/limit"}, c.target.paths())
}

func TestBadTargets(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	c.refuses(t, map[string]spoiled{
		"no URL":       {func(k *cloudtaskspb.Task) { k.GetHttpRequest().Url = "" }, codes.InvalidArgument, "http_request.url"},
		"other scheme": {func(k *cloudtaskspb.Task) { k.GetHttpRequest().Url = "ftp://a/b" }, codes.InvalidArgument, "http_request.url"},
		"no host":      {func(k *cloudtaskspb.Task) { k.GetHttpRequest().Url = "http:///b" }, codes.InvalidArgument, "http_request.url"},
		"long URL":     {func(k *cloudtaskspb.Task) { k.GetHttpRequest().Url = "http://a/" + strings.Repeat("b", 2075) }, codes.InvalidArgument, "http_request.url has 2084 bytes"},
		"GET with body": {func(k *cloudtaskspb.Task) { k.GetHttpRequest().HttpMethod = cloudtaskspb.HttpMethod_GET },
			codes.InvalidArgument, "body is not allowed with GET"},
		"unknown method": {func(k *cloudtaskspb.Task) { k.GetHttpRequest().HttpMethod = 99; k.GetHttpRequest().Body = nil }, codes.InvalidArgument, "http_method is 99"},
		"large body":     {func(k *cloudtaskspb.Task) { k.GetHttpRequest().Body = make([]byte, 100<<10) }, codes.InvalidArgument, "at most 102400"},
		"large headers": {func(k *cloudtaskspb.Task) {
			k.GetHttpRequest().Headers = map[string]string{"x": strings.Repeat("y", 80<<10)}
		}, codes.InvalidArgument, "headers have 81921 bytes"},
		"oauth": {func(k *cloudtaskspb.Task) {
			k.GetHttpRequest().AuthorizationHeader = &cloudtaskspb.HttpRequest_OauthToken{OauthToken: &cloudtaskspb.OAuthToken{}}
		},
			codes.Unimplemented, "oauth_token"},
		"no account": {func(k *cloudtaskspb.Task) {
			k.GetHttpRequest().AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{}}
		},
			codes.InvalidArgument, "service_account_email"},
		"no token source": {func(k *cloudtaskspb.Task) {
			k.GetHttpRequest().AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{ServiceAccountEmail: "a@b"}}
		},
			codes.FailedPrecondition, "no token source"},
	})
}

func TestBadQueues(t *testing.T) {
	c := start(t, tasks.Options{})
	for name, tc := range map[string]struct {
		parent  string
		queue   *cloudtaskspb.Queue
		code    codes.Code
		message string
	}{
		"no queue":        {location, nil, codes.InvalidArgument, "invalid queue name"},
		"underscore":      {location, &cloudtaskspb.Queue{Name: location + "/queues/a_b"}, codes.InvalidArgument, "invalid queue name"},
		"long name":       {location, &cloudtaskspb.Queue{Name: location + "/queues/" + strings.Repeat("a", 101)}, codes.InvalidArgument, "invalid queue name"},
		"other parent":    {"projects/p/locations/z", &cloudtaskspb.Queue{Name: queue}, codes.InvalidArgument, "invalid queue name"},
		"bad parent":      {"projects/p", &cloudtaskspb.Queue{Name: queue}, codes.InvalidArgument, "invalid parent"},
		"too fast":        {location, &cloudtaskspb.Queue{Name: queue, RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 501}}, codes.InvalidArgument, "max_dispatches_per_second"},
		"too parallel":    {location, &cloudtaskspb.Queue{Name: queue, RateLimits: &cloudtaskspb.RateLimits{MaxConcurrentDispatches: 5001}}, codes.InvalidArgument, "max_concurrent_dispatches"},
		"negative":        {location, &cloudtaskspb.Queue{Name: queue, RetryConfig: &cloudtaskspb.RetryConfig{MaxRetryDuration: seconds(-1)}}, codes.InvalidArgument, "max_retry_duration"},
		"doublings":       {location, &cloudtaskspb.Queue{Name: queue, RetryConfig: &cloudtaskspb.RetryConfig{MaxDoublings: -1}}, codes.InvalidArgument, "max_doublings"},
		"queue target":    {location, &cloudtaskspb.Queue{Name: queue, HttpTarget: &cloudtaskspb.HttpTarget{}}, codes.Unimplemented, "queue.http_target"},
		"engine override": {location, &cloudtaskspb.Queue{Name: queue, AppEngineRoutingOverride: &cloudtaskspb.AppEngineRouting{}}, codes.Unimplemented, "app_engine_routing_override"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.CreateQueue(c.ctx(), &cloudtaskspb.CreateQueueRequest{Parent: tc.parent, Queue: tc.queue})
			refused(t, tc.code, tc.message, err)
		})
	}
}

func TestMissingMethodsAnswerTheirName(t *testing.T) {
	c := start(t, tasks.Options{})
	c.queue(nil)
	_, err := c.client.GetCmekConfig(c.ctx(), &cloudtaskspb.GetCmekConfigRequest{Name: location + "/cmekConfig"})
	refused(t, codes.Unimplemented, "GetCmekConfig", err)
	_, err = c.client.ListQueues(c.ctx(), &cloudtaskspb.ListQueuesRequest{Parent: location, Filter: "state: RUNNING"}).Next()
	refused(t, codes.Unimplemented, "filter", err)
}

func TestInterceptCreate(t *testing.T) {
	c := start(t, tasks.Options{InterceptCreate: func(req *cloudtaskspb.CreateTaskRequest) error {
		if strings.HasSuffix(req.GetTask().GetName(), "/refuse") {
			return status.Error(codes.ResourceExhausted, "quota")
		}
		return nil
	}})
	c.queue(nil)
	_, err := c.create(c.task("refuse", 0))
	refused(t, codes.ResourceExhausted, "quota", err)
	c.mustCreate(c.task("take", 0))
	c.idle()
	assert.Equal(t, []string{"/take"}, c.target.paths())
}

func TestEveryCallIsTold(t *testing.T) {
	var mu sync.Mutex
	var called []string
	c := start(t, tasks.Options{Called: func(ctx context.Context, method string) {
		mu.Lock()
		defer mu.Unlock()
		called = append(called, method+" "+strings.Join(metadata.ValueFromIncomingContext(ctx, "traceparent"), ""))
	}})
	c.queue(nil)
	task := c.mustCreate(c.task("later", time.Hour))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "whose")
	require.NoError(t, c.client.DeleteTask(ctx, &cloudtaskspb.DeleteTaskRequest{Name: task.GetName()}))
	require.Error(t, c.client.DeleteTask(ctx, &cloudtaskspb.DeleteTaskRequest{Name: task.GetName()}), "it is gone")
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, []string{"CreateQueue ", "CreateTask ", "DeleteTask whose", "DeleteTask whose"}, called)
}
