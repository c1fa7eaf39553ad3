package pubsub_test

import (
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/deskline/deskline/emulator/clock"
	"github.com/deskline/deskline/emulator/pubsub"
)

const day = 24 * time.Hour

// refusals waits until so many deliveries were refused and brought back.
func (e *events) refusals(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return len(e.of(pubsub.Pushed)) >= n }, time.Minute, time.Millisecond)
}

func TestRetryDelayFollowsTheClock(t *testing.T) {
	c, seen := &clock.Clock{}, &events{}
	s := start(t, pubsub.Options{PushBackoff: noBackoff, Clock: c, Observe: seen.add})
	s.topic("events")
	sub := s.push("events-push", "events")
	sub.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(100 * time.Second), MaximumBackoff: durationpb.New(100 * time.Second)}
	s.subscribe(sub)
	s.endpoint.answers(func(_ hit, nth int) int {
		if nth == 1 {
			return 500
		}
		return 204
	})
	s.publish("events", text("x"))
	seen.refusals(t, 1)
	c.Advance(50 * time.Second)
	assert.Len(t, s.endpoint.got(), 1)
	s.settles(c, 60*time.Second)
	assert.Len(t, s.endpoint.got(), 2)
}

// settles moves the clock until nothing is pending: what a delivery leaves behind may be set a moment after it was seen.
func (c *suite) settles(by *clock.Clock, step time.Duration) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		by.Advance(step)
		return c.server.Pending() == 0
	}, time.Minute, 5*time.Millisecond)
}

func TestPushBackoffFollowsTheClock(t *testing.T) {
	c := &clock.Clock{}
	s := start(t, pubsub.Options{PushBackoff: pubsub.Backoff{Min: time.Hour, Max: time.Hour}, Clock: c})
	s.topic("events")
	s.subscribe(s.push("events-push", "events"))
	s.endpoint.answers(func(_ hit, nth int) int {
		if nth == 1 {
			return 503
		}
		return 204
	})
	s.publish("events", text("x"))
	s.settles(c, time.Hour)
	assert.Len(t, s.endpoint.got(), 2)
}

func TestAckDeadlineOfAPullFollowsTheClock(t *testing.T) {
	c := &clock.Clock{}
	s := start(t, pubsub.Options{Clock: c})
	s.pullable(nil)
	s.publish("events", text("a"))
	first := s.pull(1)
	require.Len(t, first, 1)
	require.NoError(t, s.extend(first[0].GetAckId(), 600))
	c.Advance(500 * time.Second)
	//lint:ignore SA1019 a pull that waits could take what comes back after it was given up
	none, err := s.client.SubscriptionAdminClient.Pull(s.ctx(), &pubsubpb.PullRequest{Subscription: pullName, MaxMessages: 1, ReturnImmediately: true})
	require.NoError(t, err)
	assert.Empty(t, none.GetReceivedMessages(), "extended")
	c.Advance(101 * time.Second)
	again := s.pull(1)
	require.Len(t, again, 1)
	require.NoError(t, s.extend(again[0].GetAckId(), 0))
	assert.Len(t, s.pull(1), 1, "zero seconds bring it back at once")
}

func TestOldMessagesAreDropped(t *testing.T) {
	c, seen := &clock.Clock{}, &events{}
	s := start(t, pubsub.Options{Clock: c, Observe: seen.add})
	s.topic("events")
	s.subscribe(&pubsubpb.Subscription{Name: pullName, Topic: "projects/p/topics/events"})
	old := s.publish("events", text("old"))
	c.Advance(4 * day)
	s.publish("events", text("new"))
	c.Advance(3*day - time.Minute)
	assert.Empty(t, seen.of(pubsub.Dropped), "a minute is left")
	c.Advance(time.Minute)
	dropped := pubsub.Event{Kind: pubsub.Dropped, Topic: "projects/p/topics/events", Subscription: pullName, MessageID: old, Bytes: 3}
	assert.Equal(t, []pubsub.Event{dropped}, seen.of(pubsub.Dropped))
	got := s.pull(10)
	require.Len(t, got, 1)
	assert.Equal(t, "new", string(got[0].GetMessage().GetData()))
	c.Advance(4 * day)
	assert.Len(t, seen.of(pubsub.Dropped), 2, "one that is out grows old as well")
	require.NoError(t, s.ack(got[0].GetAckId()), "of a message long gone")
	assert.True(t, s.pullsNothing())
}

func TestOldMessagesLeaveTheirKeyAndAreNoLongerPending(t *testing.T) {
	c := &clock.Clock{}
	s := start(t, pubsub.Options{PushBackoff: pubsub.Backoff{Min: 30 * day, Max: 30 * day}, Clock: c, Grace: time.Millisecond})
	s.topic("events")
	sub := s.push("events-push", "events")
	sub.EnableMessageOrdering = true
	sub.MessageRetentionDuration = durationpb.New(time.Hour)
	s.subscribe(sub)
	s.endpoint.answers(func(hit, int) int { return 500 })
	for _, text := range []string{"1", "2", "3"} {
		s.publish("events", keyed("k", text))
	}
	require.Eventually(t, func() bool { return len(s.endpoint.got()) == 1 }, time.Minute, time.Millisecond)
	assert.Equal(t, 3, s.server.Pending())
	c.Advance(time.Hour)
	assert.Zero(t, s.server.Pending())
}

func TestAShorterRetentionCountsAtOnce(t *testing.T) {
	c := &clock.Clock{}
	s := start(t, pubsub.Options{Clock: c})
	s.pullable(nil)
	s.publish("events", text("x"))
	c.Advance(time.Hour)
	_, err := s.client.SubscriptionAdminClient.UpdateSubscription(s.ctx(), &pubsubpb.UpdateSubscriptionRequest{
		Subscription: &pubsubpb.Subscription{Name: pullName, MessageRetentionDuration: durationpb.New(30 * time.Minute)},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"message_retention_duration"}},
	})
	require.NoError(t, err)
	c.Advance(0)
	assert.True(t, s.pullsNothing())
}

func TestUnusedSubscriptionsExpire(t *testing.T) {
	c := &clock.Clock{}
	s := start(t, pubsub.Options{Clock: c})
	s.topic("events")
	for id, policy := range map[string]*pubsubpb.ExpirationPolicy{
		"default": nil, "day": {Ttl: durationpb.New(day)}, "used": {Ttl: durationpb.New(2 * day)}, "never": {},
	} {
		sub := s.push(id, "events")
		sub.ExpirationPolicy = policy
		s.subscribe(sub)
	}
	exists := func(id string) bool {
		_, err := s.client.SubscriptionAdminClient.GetSubscription(s.ctx(), &pubsubpb.GetSubscriptionRequest{Subscription: "projects/p/subscriptions/" + id})
		if err != nil {
			refused(t, codes.NotFound, id, err)
		}
		return err == nil
	}
	c.Advance(day)
	assert.False(t, exists("day"))
	assert.True(t, exists("used"))
	s.publish("events", text("x"))
	s.idle()
	for _, h := range s.endpoint.got() {
		assert.NotEqual(t, "/day", h.path)
	}
	c.Advance(day + time.Hour)
	assert.True(t, exists("used"), "a push was acknowledged a day and an hour ago")
	c.Advance(day)
	assert.False(t, exists("used"))
	assert.True(t, exists("default"))
	c.Advance(31 * day)
	assert.False(t, exists("default"))
	assert.True(t, exists("never"))
}

func TestAStreamKeepsItsSubscriptionAlive(t *testing.T) {
	c := &clock.Clock{}
	s := start(t, pubsub.Options{Clock: c})
	s.pullable(nil)
	stream, err := s.client.SubscriptionAdminClient.StreamingPull(s.ctx())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&pubsubpb.StreamingPullRequest{Subscription: pullName, StreamAckDeadlineSeconds: 60}))
	s.publish("events", text("x"))
	_, err = stream.Recv()
	require.NoError(t, err)
	c.Advance(40 * day)
	_, err = s.client.SubscriptionAdminClient.GetSubscription(s.ctx(), &pubsubpb.GetSubscriptionRequest{Subscription: pullName})
	require.NoError(t, err)
}
