package tasks_test

import (
	"math"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/emulator/tasks"
)

// Values at and beyond every limit, of which requests are made.
var (
	anyDuration = rapid.SampledFrom([]*durationpb.Duration{
		nil, {}, {Seconds: -1}, {Seconds: 1}, {Seconds: 15}, {Seconds: 1 << 62}, {Seconds: -1 << 62}, {Nanos: -1}, {Nanos: math.MaxInt32},
	})
	anyTime = rapid.SampledFrom([]*timestamppb.Timestamp{
		nil, {}, {Seconds: -1 << 62}, {Seconds: 1 << 62}, {Nanos: -1}, timestamppb.New(time.Now().Add(29 * 24 * time.Hour)),
	})
	anyInt  = rapid.SampledFrom([]int32{0, 1, -1, -2, 100, 5000, 5001, math.MaxInt32, math.MinInt32})
	anyRate = rapid.SampledFrom([]float64{0, 1, -1, 500, 500.1, 1e-300, math.NaN(), math.Inf(1), math.Inf(-1)})
	anyName = rapid.SampledFrom([]string{
		"", "nonsense", location, queue, queue + "/tasks/t", queue + "/tasks/", location + "/queues/q2", location + "/queues/", "projects//locations//queues/", queue + "/tasks/\x00",
	})
	anyURL = rapid.SampledFrom([]string{"", "http://", "::", "ftp://h/", "http://127.0.0.1:1/", "http://h h/", "https://127.0.0.1:1/%zz"})
)

func anyRetry(t *rapid.T) *cloudtaskspb.RetryConfig {
	return &cloudtaskspb.RetryConfig{
		MaxAttempts: anyInt.Draw(t, "attempts"), MaxRetryDuration: anyDuration.Draw(t, "duration"), MinBackoff: anyDuration.Draw(t, "min"),
		MaxBackoff: anyDuration.Draw(t, "max"), MaxDoublings: anyInt.Draw(t, "doublings"),
	}
}

func anyQueue(t *rapid.T) *cloudtaskspb.Queue {
	return &cloudtaskspb.Queue{
		Name: anyName.Draw(t, "name"), RetryConfig: anyRetry(t),
		RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: anyRate.Draw(t, "rate"), MaxConcurrentDispatches: anyInt.Draw(t, "concurrent")},
	}
}

func anyTask(t *rapid.T) *cloudtaskspb.Task {
	return &cloudtaskspb.Task{
		Name: anyName.Draw(t, "task"), ScheduleTime: anyTime.Draw(t, "at"), DispatchDeadline: anyDuration.Draw(t, "deadline"), RetryConfig: anyRetry(t),
		MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{
			Url: anyURL.Draw(t, "url"), HttpMethod: cloudtaskspb.HttpMethod(anyInt.Draw(t, "method")), Headers: map[string]string{anyURL.Draw(t, "header"): "a\nb"},
		}},
	}
}

// Whatever a client sends, it gets an answer that says what is wrong with it, and the server goes on.
func TestAnyInputIsAnswered(t *testing.T) {
	c := start(t, tasks.Options{Grace: time.Millisecond})
	rapid.Check(t, func(rt *rapid.T) {
		var err error
		switch rapid.IntRange(0, 7).Draw(rt, "call") {
		case 0:
			_, err = c.client.CreateQueue(c.ctx(), &cloudtaskspb.CreateQueueRequest{Parent: anyName.Draw(rt, "parent"), Queue: anyQueue(rt)})
		case 1:
			paths := []string{rapid.SampledFrom([]string{"rate_limits", "retry_config", "retry_config.max_attempts", "name", ""}).Draw(rt, "path")}
			_, err = c.client.UpdateQueue(c.ctx(), &cloudtaskspb.UpdateQueueRequest{Queue: anyQueue(rt), UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
		case 2, 3, 4:
			_, err = c.client.CreateTask(c.ctx(), &cloudtaskspb.CreateTaskRequest{Parent: anyName.Draw(rt, "parent"), Task: anyTask(rt)})
		case 5:
			_, err = c.client.RunTask(c.ctx(), &cloudtaskspb.RunTaskRequest{Name: anyName.Draw(rt, "name")})
		case 6:
			_, err = c.client.PurgeQueue(c.ctx(), &cloudtaskspb.PurgeQueueRequest{Name: anyName.Draw(rt, "name")})
		case 7:
			_, err = c.client.ListTasks(c.ctx(), &cloudtaskspb.ListTasksRequest{Parent: anyName.Draw(rt, "parent"), PageSize: anyInt.Draw(rt, "page")}).Next()
		}
		if s, ok := status.FromError(err); ok {
			assert.Contains(rt, []codes.Code{codes.OK, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition, codes.Unimplemented}, s.Code(), s.Message())
		}
	})
	_, err := c.client.GetQueue(c.ctx(), &cloudtaskspb.GetQueueRequest{Name: location + "/queues/none"})
	require.Equal(t, codes.NotFound, status.Code(err))
}
