package pubsub_test

import (
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/pubsub"
)

// deadLetters makes topics "events" and "dead" and returns a push subscription of the first with the second behind it.
func (c *suite) deadLetters(attempts int32) *pubsubpb.Subscription {
	c.t.Helper()
	c.topic("events")
	c.topic("dead")
	sub := c.push("events-push", "events")
	sub.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/p/topics/dead", MaxDeliveryAttempts: attempts}
	return sub
}

func TestDeadLetterAfterTheLastAttempt(t *testing.T) {
	var seen events
	stamp := time.Date(2026, 11, 21, 10, 20, 30, 456_000_000, time.UTC)
	c := start(t, pubsub.Options{PushBackoff: noBackoff, Observe: seen.add, Now: func() time.Time { return stamp }})
	c.subscribe(c.deadLetters(6))
	c.subscribe(c.push("dead-push", "dead"))
	c.endpoint.answers(func(h hit, _ int) int {
		if h.path == "/events-push" {
			return 500
		}
		return 204
	})
	id := c.publish("events", &pubsubpb.PubsubMessage{Data: []byte("bad"), Attributes: map[string]string{"ce-type": "x"}, OrderingKey: "k"})
	c.idle()

	hits := c.endpoint.got()
	require.Len(t, hits, 7)
	for i, h := range hits[:6] {
		assert.Equal(t, "/events-push", h.path)
		assert.Equal(t, i+1, h.body.DeliveryAttempt)
		assert.Equal(t, id, h.body.Message.MessageID)
	}
	dead := hits[6]
	assert.Equal(t, "/dead-push", dead.path)
	assert.Equal(t, "bad", dead.text())
	assert.Equal(t, "k", dead.body.Message.OrderingKey)
	assert.NotEqual(t, id, dead.body.Message.MessageID)
	assert.Equal(t, map[string]string{
		"ce-type": "x",
		"CloudPubSubDeadLetterSourceDeliveryCount":       "6",
		"CloudPubSubDeadLetterSourceSubscription":        "events-push",
		"CloudPubSubDeadLetterSourceSubscriptionProject": "p",
		"CloudPubSubDeadLetterSourceTopicPublishTime":    "2026-11-21T10:20:30.456+00:00",
	}, dead.body.Message.Attributes)

	buried := seen.of(pubsub.DeadLettered)
	require.Len(t, buried, 1)
	assert.Equal(t, pubsub.Event{
		Kind: pubsub.DeadLettered, Topic: "projects/p/topics/dead", Subscription: "projects/p/subscriptions/events-push",
		MessageID: id, Bytes: 3 + 1 + 7 + 1, Attempt: 6,
	}, buried[0])
	assert.Zero(t, c.server.Pending())
}

func TestDeadLetterDefaultsToFiveAttempts(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	c.subscribe(c.deadLetters(0))
	c.endpoint.answers(func(hit, int) int { return 404 })
	c.publish("events", text("bad"))
	c.idle()
	assert.Len(t, c.endpoint.got(), 5)
}

func TestDeadLetterLetsItsKeyGoOn(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	sub := c.deadLetters(5)
	sub.EnableMessageOrdering = true
	c.subscribe(sub)
	c.endpoint.answers(func(h hit, _ int) int {
		if h.text() == "bad" {
			return 500
		}
		return 204
	})
	c.publish("events", keyed("k", "bad"))
	c.publish("events", keyed("k", "next"))
	c.publish("events", keyed("k", "last"))
	c.idle()
	assert.Equal(t, []string{"bad", "bad", "bad", "bad", "bad", "next", "last"}, c.endpoint.texts())
}

func TestAttemptsAreCountedPerSubscription(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	one := c.deadLetters(5)
	c.subscribe(one)
	two := c.push("second", "events")
	two.DeadLetterPolicy = one.DeadLetterPolicy
	c.subscribe(two)
	c.endpoint.answers(func(h hit, _ int) int {
		if h.path == "/second" && h.body.DeliveryAttempt == 4 {
			return 204
		}
		return 500
	})
	c.publish("events", text("x"))
	c.idle()
	attempts := map[string][]int{}
	for _, h := range c.endpoint.got() {
		attempts[h.path] = append(attempts[h.path], h.body.DeliveryAttempt)
	}
	assert.Equal(t, map[string][]int{"/events-push": {1, 2, 3, 4, 5}, "/second": {1, 2, 3, 4}}, attempts)
}

func TestDeadLetterWaitsForItsTopic(t *testing.T) {
	sixth := make(chan struct{})
	c := start(t, pubsub.Options{PushBackoff: pubsub.Backoff{Min: time.Millisecond, Max: 2 * time.Millisecond}})
	c.subscribe(c.deadLetters(5))
	require.NoError(t, c.client.TopicAdminClient.DeleteTopic(c.ctx(), &pubsubpb.DeleteTopicRequest{Topic: "projects/p/topics/dead"}))
	c.endpoint.answers(func(_ hit, nth int) int {
		if nth == 6 {
			close(sixth)
		}
		return 500
	})
	c.publish("events", text("bad"))
	<-sixth
	assert.Equal(t, 1, c.server.Pending())
	c.topic("dead")
	c.idle()
	assert.Zero(t, c.server.Pending())
}
