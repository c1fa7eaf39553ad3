package pubsub_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/emulator/pubsub"
)

// Values at and beyond every limit, of which requests are made.
var (
	anyDuration = rapid.SampledFrom([]*durationpb.Duration{
		nil, {}, {Seconds: -1}, {Seconds: 1}, {Seconds: 600}, {Seconds: 86400}, {Seconds: 1 << 62}, {Seconds: -1 << 62}, {Nanos: math.MaxInt32},
	})
	anyInt   = rapid.SampledFrom([]int32{0, 1, -1, 5, 9, 10, 100, 101, 600, 601, math.MaxInt32, math.MinInt32})
	anyTopic = rapid.SampledFrom([]string{"", "nonsense", "projects/p/topics/events", "projects/p/topics/none", "projects/p/topics/goog", "projects//topics/abc", "_deleted-topic_"})
	anySub   = rapid.SampledFrom([]string{"", "nonsense", "projects/p/subscriptions/one", "projects/p/subscriptions/two", "projects/p/subscriptions/x", pullName})
	anyURL   = rapid.SampledFrom([]string{"", "http://", "::", "ftp://h/", "http://127.0.0.1:1/", "http://h h/"})
	anyText  = rapid.SampledFrom([]string{"", "attributes:a", "attributes.a=", "((", "NOT", "hasPrefix(attributes.a,\"b\")", "\x00", strings.Repeat("x", 257), strings.Repeat("k", 1025)})
)

func anySubscription(t *rapid.T) *pubsubpb.Subscription {
	sub := &pubsubpb.Subscription{
		Name: anySub.Draw(t, "name"), Topic: anyTopic.Draw(t, "topic"), AckDeadlineSeconds: anyInt.Draw(t, "ack"), Filter: anyText.Draw(t, "filter"),
		MessageRetentionDuration: anyDuration.Draw(t, "retention"), EnableMessageOrdering: rapid.Bool().Draw(t, "ordered"),
		PushConfig: &pubsubpb.PushConfig{PushEndpoint: anyURL.Draw(t, "endpoint")},
	}
	if rapid.Bool().Draw(t, "expires") {
		sub.ExpirationPolicy = &pubsubpb.ExpirationPolicy{Ttl: anyDuration.Draw(t, "ttl")}
	}
	if rapid.Bool().Draw(t, "retries") {
		sub.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: anyDuration.Draw(t, "min"), MaximumBackoff: anyDuration.Draw(t, "max")}
	}
	if rapid.Bool().Draw(t, "gives up") {
		sub.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: anyTopic.Draw(t, "dead"), MaxDeliveryAttempts: anyInt.Draw(t, "attempts")}
	}
	return sub
}

func anyAck(t *rapid.T) []string {
	return []string{rapid.SampledFrom([]string{"", ":", "1:1", "x:1", "1:-1", "1:99999999999999999999"}).Draw(t, "ack ID")}
}

// Whatever a client sends, it gets an answer that says what is wrong with it, and the server goes on.
func TestAnyInputIsAnswered(t *testing.T) {
	c := start(t, pubsub.Options{Grace: time.Millisecond})
	c.pullable(nil)
	admin := c.client.SubscriptionAdminClient
	rapid.Check(t, func(rt *rapid.T) {
		var err error
		switch rapid.IntRange(0, 7).Draw(rt, "call") {
		case 0, 1, 2:
			_, err = admin.CreateSubscription(c.ctx(), anySubscription(rt))
		case 3:
			paths := []string{rapid.SampledFrom([]string{"push_config", "expiration_policy", "message_retention_duration", "retry_policy", "filter", ""}).Draw(rt, "path")}
			_, err = admin.UpdateSubscription(c.ctx(), &pubsubpb.UpdateSubscriptionRequest{Subscription: anySubscription(rt), UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
		case 4:
			_, err = c.client.TopicAdminClient.Publish(c.ctx(), &pubsubpb.PublishRequest{Topic: anyTopic.Draw(rt, "topic"), Messages: []*pubsubpb.PubsubMessage{{
				Data: []byte(anyText.Draw(rt, "data")), OrderingKey: anyText.Draw(rt, "key"), Attributes: map[string]string{anyText.Draw(rt, "attribute"): anyText.Draw(rt, "value")},
			}}})
		case 5:
			err = admin.ModifyAckDeadline(c.ctx(), &pubsubpb.ModifyAckDeadlineRequest{Subscription: anySub.Draw(rt, "sub"), AckIds: anyAck(rt), AckDeadlineSeconds: anyInt.Draw(rt, "seconds")})
		case 6:
			err = admin.Acknowledge(c.ctx(), &pubsubpb.AcknowledgeRequest{Subscription: anySub.Draw(rt, "sub"), AckIds: anyAck(rt)})
		case 7:
			err = admin.DeleteSubscription(c.ctx(), &pubsubpb.DeleteSubscriptionRequest{Subscription: rapid.SampledFrom([]string{"", "projects/p/subscriptions/one"}).Draw(rt, "sub")})
		}
		assert.Contains(rt, []codes.Code{codes.OK, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition, codes.Unimplemented}, status.Code(err), err)
	})
	// Some input may have made the subscription a pushed one, so a new one shows that all goes on.
	require.NoError(t, admin.DeleteSubscription(c.ctx(), &pubsubpb.DeleteSubscriptionRequest{Subscription: pullName}))
	c.subscribe(&pubsubpb.Subscription{Name: pullName, Topic: "projects/p/topics/events"})
	c.publish("events", text("still here"))
	for got := c.pull(10); ; got = c.pull(10) {
		for _, m := range got {
			if string(m.GetMessage().GetData()) == "still here" {
				return
			}
		}
	}
}
