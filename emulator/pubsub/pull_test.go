package pubsub_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	gpubsub "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/pubsub"
)

const pullName = "projects/p/subscriptions/events-pull"

// pullable makes topic "events" and a pull subscription of it.
func (c *suite) pullable(change func(*pubsubpb.Subscription)) {
	c.t.Helper()
	c.topic("events")
	sub := &pubsubpb.Subscription{Name: pullName, Topic: "projects/p/topics/events"}
	if change != nil {
		change(sub)
	}
	c.subscribe(sub)
}

func (c *suite) pull(n int32) []*pubsubpb.ReceivedMessage {
	c.t.Helper()
	resp, err := c.client.SubscriptionAdminClient.Pull(c.ctx(), &pubsubpb.PullRequest{Subscription: pullName, MaxMessages: n})
	require.NoError(c.t, err)
	return resp.GetReceivedMessages()
}

// pullsNothing reports whether a pull gets nothing before it gives up after a tenth of a second.
func (c *suite) pullsNothing() bool {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx(), 100*time.Millisecond)
	defer cancel()
	_, err := c.client.SubscriptionAdminClient.Pull(ctx, &pubsubpb.PullRequest{Subscription: pullName, MaxMessages: 10})
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		require.Equal(c.t, codes.DeadlineExceeded, status.Code(err), err)
	}
	return err != nil
}

func (c *suite) ack(ids ...string) error {
	return c.client.SubscriptionAdminClient.Acknowledge(c.ctx(), &pubsubpb.AcknowledgeRequest{Subscription: pullName, AckIds: ids})
}

func (c *suite) extend(id string, seconds int32) error {
	return c.client.SubscriptionAdminClient.ModifyAckDeadline(c.ctx(), &pubsubpb.ModifyAckDeadlineRequest{
		Subscription: pullName, AckIds: []string{id}, AckDeadlineSeconds: seconds,
	})
}

func TestPullAndAcknowledge(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.pullable(nil)
	id := c.publish("events", text("a"))
	c.publish("events", text("b"))
	assert.Zero(t, c.server.Pending(), "what waits to be pulled is not pending")

	first := c.pull(1)
	require.Len(t, first, 1)
	assert.Equal(t, "a", string(first[0].GetMessage().GetData()))
	assert.Equal(t, id, first[0].GetMessage().GetMessageId())
	assert.Zero(t, first[0].GetDeliveryAttempt(), "without a dead-letter policy")
	rest := c.pull(10)
	require.Len(t, rest, 1)
	assert.Equal(t, "b", string(rest[0].GetMessage().GetData()))

	require.NoError(t, c.ack(first[0].GetAckId(), rest[0].GetAckId()))
	require.NoError(t, c.ack(first[0].GetAckId()), "a repeat")
	assert.True(t, c.pullsNothing())
}

func TestEmptyPullReturnsInTheEnd(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.pullable(nil)
	assert.Empty(t, c.pull(1))
}

func TestPullWaitsForAMessage(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.pullable(nil)
	got := make(chan []*pubsubpb.ReceivedMessage)
	go func() {
		for {
			resp, err := c.client.SubscriptionAdminClient.Pull(context.Background(), &pubsubpb.PullRequest{Subscription: pullName, MaxMessages: 5})
			if err != nil || len(resp.GetReceivedMessages()) > 0 {
				got <- resp.GetReceivedMessages()
				return
			}
		}
	}()
	c.publish("events", text("a"))
	assert.Len(t, <-got, 1)
}

func TestNackIsRedelivered(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.pullable(func(s *pubsubpb.Subscription) {
		s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/p/topics/events"}
	})
	c.publish("events", text("a"))
	first := c.pull(1)
	require.Len(t, first, 1)
	assert.EqualValues(t, 1, first[0].GetDeliveryAttempt())
	require.NoError(t, c.extend(first[0].GetAckId(), 0))
	second := c.pull(1)
	require.Len(t, second, 1)
	assert.EqualValues(t, 2, second[0].GetDeliveryAttempt())

	require.NoError(t, c.extend(first[0].GetAckId(), 0), "an outdated ID changes nothing")
	require.NoError(t, c.ack(first[0].GetAckId()), "but still acknowledges")
	require.NoError(t, c.extend(second[0].GetAckId(), 0))
	assert.True(t, c.pullsNothing())
}

func TestPulledMessageComesBackAfterItsDeadline(t *testing.T) {
	c := start(t, pubsub.Options{AckDeadline: 20 * time.Millisecond})
	c.pullable(nil)
	c.publish("events", text("a"))
	first := c.pull(1)
	require.Len(t, first, 1)
	second := c.pull(1)
	require.Len(t, second, 1)
	assert.NotEqual(t, first[0].GetAckId(), second[0].GetAckId())

}

func TestExtendedMessageStaysOut(t *testing.T) {
	c := start(t, pubsub.Options{AckDeadline: 50 * time.Millisecond})
	c.pullable(nil)
	c.publish("events", text("a"))
	// On a busy machine an extension itself may come too late; then the next delivery is extended.
	for range 50 {
		got := c.pull(1)
		require.Len(t, got, 1)
		require.NoError(t, c.extend(got[0].GetAckId(), 600))
		if c.pullsNothing() {
			return
		}
	}
	require.Fail(t, "every extended message came back")
}

func TestPulledMessageGoesToTheDeadLetters(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("dead")
	c.subscribe(c.push("dead-push", "dead"))
	c.pullable(func(s *pubsubpb.Subscription) {
		s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/p/topics/dead"}
	})
	c.publish("events", text("a"))
	for range 5 {
		got := c.pull(1)
		require.Len(t, got, 1)
		require.NoError(t, c.extend(got[0].GetAckId(), 0))
	}
	c.idle()
	require.Len(t, c.endpoint.got(), 1)
	assert.Equal(t, "5", c.endpoint.got()[0].body.Message.Attributes["CloudPubSubDeadLetterSourceDeliveryCount"])
	assert.Equal(t, "events-pull", c.endpoint.got()[0].body.Message.Attributes["CloudPubSubDeadLetterSourceSubscription"])
	assert.True(t, c.pullsNothing())
}

func TestReceiveOfTheClient(t *testing.T) {
	const keys, each = 20, 8
	c := start(t, pubsub.Options{})
	c.pullable(func(s *pubsubpb.Subscription) { s.EnableMessageOrdering = true })
	for i := range each {
		for k := range keys {
			c.publish("events", keyed(strconv.Itoa(k), strconv.Itoa(1000+i)))
		}
	}
	var mu sync.Mutex
	got := map[string][]string{}
	nacked := map[string]bool{}
	total := 0
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	err := c.client.Subscriber("events-pull").Receive(ctx, func(_ context.Context, m *gpubsub.Message) {
		mu.Lock()
		defer mu.Unlock()
		if text := string(m.Data); text == "1003" && !nacked[m.OrderingKey] {
			nacked[m.OrderingKey] = true
			m.Nack()
			return
		}
		got[m.OrderingKey] = append(got[m.OrderingKey], string(m.Data))
		m.Ack()
		if total++; total == keys*each {
			stop()
		}
	})
	require.NoError(t, err)
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, got, keys)
	for key, texts := range got {
		assert.Len(t, texts, each, key)
		assert.IsIncreasing(t, texts, key)
	}
}

func TestStreamKeepsToItsFlowControl(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.pullable(nil)
	for range 20 {
		c.publish("events", text("x"))
	}
	stream, err := c.client.SubscriptionAdminClient.StreamingPull(c.ctx())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&pubsubpb.StreamingPullRequest{Subscription: pullName, StreamAckDeadlineSeconds: 60, MaxOutstandingMessages: 3}))
	for received := 0; received < 20; {
		resp, err := stream.Recv()
		require.NoError(t, err)
		got := resp.GetReceivedMessages()
		require.NotEmpty(t, got)
		require.LessOrEqual(t, len(got), 3)
		received += len(got)
		var ids []string
		for _, m := range got {
			ids = append(ids, m.GetAckId())
		}
		require.NoError(t, stream.Send(&pubsubpb.StreamingPullRequest{AckIds: ids}))
	}
	require.NoError(t, stream.Send(&pubsubpb.StreamingPullRequest{}))
	resp, err := stream.Recv()
	require.NoError(t, err)
	assert.Empty(t, resp.GetReceivedMessages(), "the answer to a ping")

	require.NoError(t, c.client.SubscriptionAdminClient.DeleteSubscription(c.ctx(), &pubsubpb.DeleteSubscriptionRequest{Subscription: pullName}))
	_, err = stream.Recv()
	refused(t, codes.NotFound, "events-pull", err)
}

func TestBadPulls(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.pullable(nil)
	c.subscribe(c.push("events-push", "events"))
	admin := c.client.SubscriptionAdminClient
	_, err := admin.Pull(c.ctx(), &pubsubpb.PullRequest{Subscription: pullName})
	refused(t, codes.InvalidArgument, "max_messages", err)
	_, err = admin.Pull(c.ctx(), &pubsubpb.PullRequest{Subscription: "projects/p/subscriptions/none", MaxMessages: 1})
	refused(t, codes.NotFound, "none", err)
	_, err = admin.Pull(c.ctx(), &pubsubpb.PullRequest{Subscription: "projects/p/subscriptions/events-push", MaxMessages: 1})
	refused(t, codes.FailedPrecondition, "pushed", err)
	refused(t, codes.InvalidArgument, "malformed ack ID", c.ack("nonsense"))
	refused(t, codes.InvalidArgument, "malformed ack ID", c.ack("5:0"))
	refused(t, codes.InvalidArgument, "ack deadline", c.extend("5:1", -1))
	refused(t, codes.InvalidArgument, "ack deadline", c.extend("5:1", 601))
	require.NoError(t, c.ack("5:1"), "of a message long gone")

	for name, first := range map[string]*pubsubpb.StreamingPullRequest{
		"deadline": {Subscription: pullName, StreamAckDeadlineSeconds: 9},
		"ids":      {Subscription: pullName, StreamAckDeadlineSeconds: 10},
	} {
		t.Run(name, func(t *testing.T) {
			stream, err := admin.StreamingPull(c.ctx())
			require.NoError(t, err)
			require.NoError(t, stream.Send(first))
			if name == "ids" {
				require.NoError(t, stream.Send(&pubsubpb.StreamingPullRequest{ModifyDeadlineAckIds: []string{"5:1"}}))
			}
			_, err = stream.Recv()
			refused(t, codes.InvalidArgument, "deadline", err)
		})
	}
}
