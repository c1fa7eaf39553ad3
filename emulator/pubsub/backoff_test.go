package pubsub_test

import (
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/deskline/deskline/emulator/pubsub"
)

func TestAMessageThatRestsIsPendingAndHoldsNothingUp(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(600 * time.Second)}
	c.subscribe(sub)
	last := make(chan struct{})
	c.endpoint.answers(func(h hit, _ int) int {
		switch h.text() {
		case "bad":
			return 500
		case "last":
			close(last)
		}
		return 204
	})
	c.publish("events", text("bad"))
	c.publish("events", text("good"))
	c.publish("events", text("last"))
	<-last
	require.Eventually(t, func() bool { return c.server.Pending() == 1 && len(c.endpoint.texts()) == 3 }, time.Minute, time.Millisecond)
	assert.ElementsMatch(t, []string{"bad", "good", "last"}, c.endpoint.texts())
}

func TestRetryPolicyRedelivers(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(time.Millisecond), MaximumBackoff: durationpb.New(4 * time.Millisecond)}
	c.subscribe(sub)
	c.endpoint.answers(func(_ hit, nth int) int {
		if nth < 6 {
			return 500
		}
		return 204
	})
	c.publish("events", text("x"))
	c.idle()
	assert.Len(t, c.endpoint.got(), 6)
}

func TestPushBackoffPausesTheWholeSubscriptionAndNoOther(t *testing.T) {
	braked := make(chan struct{})
	c := start(t, pubsub.Options{
		PushBackoff: pubsub.Backoff{Min: time.Hour, Max: time.Hour},
		Parallel:    1,
		Observe: func(e pubsub.Event) {
			if e.Kind == pubsub.Pushed && !e.Ack {
				close(braked)
			}
		},
	})
	c.topic("events")
	c.subscribe(c.push("paused", "events"))
	c.subscribe(c.push("free", "events"))
	c.endpoint.answers(func(h hit, _ int) int {
		if h.path == "/paused" {
			return 500
		}
		return 204
	})
	c.publish("events", text("first"))
	<-braked
	c.publish("events", text("second"))
	// Only one push at a time runs per subscription, so "second" could only follow the refusal that started the pause.
	require.Eventually(t, func() bool { return c.server.Pending() == 2 }, time.Minute, time.Millisecond)
	var paused []string
	for _, h := range c.endpoint.got() {
		if h.path == "/paused" {
			paused = append(paused, h.text())
		}
	}
	assert.Equal(t, []string{"first"}, paused)
}

func TestPushBackoffEnds(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: pubsub.Backoff{Min: time.Millisecond, Max: 3 * time.Millisecond}})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.endpoint.answers(func(_ hit, nth int) int {
		if nth <= 5 {
			return 429
		}
		return 204
	})
	for range 5 {
		c.publish("events", text("x"))
	}
	c.idle()
	assert.GreaterOrEqual(t, len(c.endpoint.got()), 10)
}
