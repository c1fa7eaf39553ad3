package pubsub_test

import (
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/deskline/deskline/emulator/pubsub"
)

func TestRefusedPublishReachesNobody(t *testing.T) {
	var seen events
	c := start(t, pubsub.Options{
		Observe: seen.add,
		InterceptPublish: func(req *pubsubpb.PublishRequest) error {
			if string(req.GetMessages()[0].GetData()) == "refuse" {
				return status.Error(codes.PermissionDenied, "not today")
			}
			return nil
		},
	})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	_, err := c.client.TopicAdminClient.Publish(c.ctx(), &pubsubpb.PublishRequest{
		Topic: "projects/p/topics/events", Messages: []*pubsubpb.PubsubMessage{text("refuse")},
	})
	refused(t, codes.PermissionDenied, "not today", err)
	assert.Empty(t, seen.of(pubsub.Published))
	c.publish("events", text("take"))
	c.idle()
	assert.Equal(t, []string{"take"}, c.endpoint.texts())
}

func TestDroppedDeliveryIsRetried(t *testing.T) {
	var seen events
	c := start(t, pubsub.Options{PushBackoff: noBackoff, Observe: seen.add, InterceptDelivery: func(d pubsub.Delivery) pubsub.Fault {
		return pubsub.Fault{Drop: d.Attempt <= 2}
	}})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.publish("events", text("x"))
	c.idle()
	assert.Len(t, c.endpoint.got(), 1)
	pushed := seen.of(pubsub.Pushed)
	require.Len(t, pushed, 3)
	assert.ErrorContains(t, pushed[0].Err, "dropped by a fault")
	assert.Equal(t, 3, pushed[2].Attempt)
	assert.True(t, pushed[2].Ack)
}

func TestDuplicateIsDeliveredTwiceAtOnce(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff, InterceptDelivery: func(pubsub.Delivery) pubsub.Fault {
		return pubsub.Fault{Duplicate: true}
	}})
	var in atomic.Int32
	both := make(chan struct{})
	c.endpoint.answers(func(hit, int) int {
		if in.Add(1) == 2 {
			close(both)
			return 500
		}
		<-both
		return 204
	})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.publish("events", text("x"))
	c.idle()
	hits := c.endpoint.got()
	require.Len(t, hits, 2, "one acknowledgement is enough")
	assert.Equal(t, string(hits[0].raw), string(hits[1].raw))
}

func TestLostAcknowledgementIsDeliveredAgain(t *testing.T) {
	var seen events
	c := start(t, pubsub.Options{PushBackoff: noBackoff, Observe: seen.add, InterceptDelivery: func(d pubsub.Delivery) pubsub.Fault {
		return pubsub.Fault{LoseAck: d.Attempt == 1}
	}})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.publish("events", text("x"))
	c.idle()
	assert.Equal(t, []string{"x", "x"}, c.endpoint.texts())
	pushed := seen.of(pubsub.Pushed)
	require.Len(t, pushed, 2)
	assert.Equal(t, 204, pushed[0].Status)
	assert.False(t, pushed[0].Ack)
	assert.ErrorContains(t, pushed[0].Err, "acknowledgement lost by a fault")
	assert.True(t, pushed[1].Ack)
}

// The client publishes again when it got no answer, so a lost answer makes two messages of one.
func TestAnswerOfAPublishIsLostAndTheMessageIsNot(t *testing.T) {
	var lost atomic.Bool
	c := start(t, pubsub.Options{AfterPublish: func(req *pubsubpb.PublishRequest) error {
		if req.GetMessages()[0].GetMessageId() != "" && lost.CompareAndSwap(false, true) {
			return status.Error(codes.Unavailable, "lost")
		}
		return nil
	}})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	id := c.publish("events", text("x"))
	c.idle()
	hits := c.endpoint.got()
	require.Len(t, hits, 2)
	assert.NotEqual(t, hits[0].body.Message.MessageID, hits[1].body.Message.MessageID)
	assert.Equal(t, id, hits[1].body.Message.MessageID)
}

func TestOvertakenDeliveryComesAfterTheNext(t *testing.T) {
	c := start(t, pubsub.Options{InterceptDelivery: func(d pubsub.Delivery) pubsub.Fault {
		if string(d.Message.GetData()) == "first" {
			return pubsub.Fault{Overtaken: time.Hour}
		}
		return pubsub.Fault{}
	}})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.publish("events", text("first"))
	require.Eventually(t, func() bool {
		c.publish("events", text("other")) // "first" may begin to wait only now
		return c.server.Pending() == 0
	}, time.Minute, 10*time.Millisecond)
	got := c.endpoint.texts()
	assert.Equal(t, "other", got[0])
	assert.Contains(t, got, "first")
}

func TestOvertakenDeliveryKeepsTheOrderOfItsKeyAndWaitsNoLongerThanItShould(t *testing.T) {
	c := start(t, pubsub.Options{InterceptDelivery: func(d pubsub.Delivery) pubsub.Fault {
		if string(d.Message.GetData()) == "1" {
			return pubsub.Fault{Overtaken: time.Millisecond}
		}
		return pubsub.Fault{}
	}})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.EnableMessageOrdering = true
	c.subscribe(sub)
	for _, s := range []string{"1", "2", "3"} {
		c.publish("events", keyed("k", s))
	}
	c.idle()
	assert.Equal(t, []string{"1", "2", "3"}, c.endpoint.texts())
}

func TestEventsTellThePublishersTrace(t *testing.T) {
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	var seen events
	c := start(t, pubsub.Options{Observe: seen.add})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.publish("events", &pubsubpb.PubsubMessage{Attributes: map[string]string{"traceparent": trace}})
	c.idle()
	require.Len(t, seen.of(pubsub.Published), 1)
	assert.Equal(t, trace, seen.of(pubsub.Published)[0].Traceparent)
	require.Len(t, seen.of(pubsub.Pushed), 1)
	assert.Equal(t, trace, seen.of(pubsub.Pushed)[0].Traceparent)
}

func TestDelayedDeliveryIsOvertaken(t *testing.T) {
	c := start(t, pubsub.Options{Grace: 10 * time.Millisecond, InterceptDelivery: func(d pubsub.Delivery) pubsub.Fault {
		if string(d.Message.GetData()) == "late" {
			return pubsub.Fault{Delay: time.Hour}
		}
		return pubsub.Fault{}
	}})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.publish("events", text("late"))
	c.publish("events", text("soon"))
	require.Eventually(t, func() bool { return c.server.Pending() == 1 }, time.Minute, time.Millisecond)
	assert.Equal(t, []string{"soon"}, c.endpoint.texts())
}

func TestObserveTellsWhatAMeterNeeds(t *testing.T) {
	var seen events
	c := start(t, pubsub.Options{PushBackoff: noBackoff, Observe: seen.add})
	c.topic("events")
	c.subscribe(c.push("one", "events"))
	c.subscribe(&pubsubpb.Subscription{Name: pullName, Topic: "projects/p/topics/events"})
	c.endpoint.answers(func(_ hit, nth int) int {
		if nth == 1 {
			return 503
		}
		return 200
	})
	id := c.publish("events", &pubsubpb.PubsubMessage{Data: []byte("12345"), Attributes: map[string]string{"key": "value"}, OrderingKey: "k"})
	c.idle()
	require.Len(t, c.pull(1), 1)
	published := pubsub.Event{Kind: pubsub.Published, Topic: "projects/p/topics/events", MessageID: id, Bytes: 14}
	assert.Equal(t, []pubsub.Event{published}, seen.of(pubsub.Published))
	delivered := pubsub.Event{
		Kind: pubsub.Pushed, Topic: "projects/p/topics/events", Subscription: "projects/p/subscriptions/one", MessageID: id, Bytes: 14,
		Attempt: 1, Status: 503,
	}
	again := delivered
	again.Attempt, again.Status, again.Ack = 2, 200, true
	assert.Equal(t, []pubsub.Event{delivered, again}, seen.of(pubsub.Pushed))
	pulled := pubsub.Event{
		Kind: pubsub.Pulled, Topic: "projects/p/topics/events", Subscription: pullName, MessageID: id, Bytes: 14, Attempt: 1,
	}
	assert.Equal(t, []pubsub.Event{pulled}, seen.of(pubsub.Pulled))
}
