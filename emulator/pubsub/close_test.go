package pubsub_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/pubsub"
)

// goroutines is the number of goroutines that run this package's server code.
func goroutines() int {
	stacks := make([]byte, 4<<20)
	n := 0
	for _, stack := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "emulator/pubsub.") && !strings.Contains(stack, "emulator/pubsub_test.") {
			n++
		}
	}
	return n
}

func TestCloseMidFlightLeavesNothing(t *testing.T) {
	before := goroutines()
	c := start(t, pubsub.Options{Grace: 50 * time.Millisecond, Window: -1})
	entered := make(chan struct{}, 1000)
	release := make(chan struct{})
	c.endpoint.answers(func(hit, int) int {
		entered <- struct{}{}
		<-release
		return 204
	})
	defer close(release)
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.subscribe(&pubsubpb.Subscription{Name: pullName, Topic: "projects/p/topics/events"})
	stream, err := c.client.SubscriptionAdminClient.StreamingPull(c.ctx())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&pubsubpb.StreamingPullRequest{Subscription: pullName, StreamAckDeadlineSeconds: 60}))
	for range 200 {
		c.publish("events", text("x"))
	}
	for range 64 {
		<-entered
	}
	require.NoError(t, c.server.Close())
	assert.Eventually(t, func() bool { return goroutines() <= before }, time.Minute, time.Millisecond, "one that is done is still returning")
	assert.Equal(t, 200, c.server.Pending())
	assert.ErrorContains(t, c.server.Idle(context.Background()), "closed")
	require.NoError(t, c.server.Close(), "a repeat")
	for err == nil {
		_, err = stream.Recv()
	}
	assert.Equal(t, codes.Unavailable, status.Code(err), err)
}

func TestCloseWaitsForAnswersUnderWay(t *testing.T) {
	c := start(t, pubsub.Options{Grace: 10 * time.Second})
	entered, release := make(chan struct{}), make(chan struct{})
	c.endpoint.answers(func(hit, int) int {
		close(entered)
		<-release
		return http.StatusNoContent
	})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.publish("events", text("x"))
	<-entered
	closed := make(chan error)
	go func() { closed <- c.server.Close() }()
	select {
	case <-closed:
		require.Fail(t, "Close did not wait")
	default:
	}
	close(release)
	require.NoError(t, <-closed)
	assert.Zero(t, c.server.Pending())
}

func TestClosedServerRefusesCalls(t *testing.T) {
	c := start(t, pubsub.Options{})
	require.NoError(t, c.server.Close())
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := c.client.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: "projects/p/topics/events"})
	assert.Error(t, err)
}

func TestIdleEndsWithItsContext(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: pubsub.Backoff{Min: time.Hour, Max: time.Hour}})
	c.endpoint.answers(func(hit, int) int { return 500 })
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	require.NoError(t, c.server.Idle(context.Background()))
	c.publish("events", text("x"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := c.server.Idle(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "1 messages still pending")
}

func TestStartOnATakenAddress(t *testing.T) {
	c := start(t, pubsub.Options{})
	_, err := pubsub.Start(c.server.Addr(), pubsub.Options{})
	assert.ErrorContains(t, err, "pubsub: ")
}
