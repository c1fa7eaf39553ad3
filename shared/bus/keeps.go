package bus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// keepFor is the longest Pub/Sub keeps a message: 31 days. Source: Pub/Sub quotas, read 2026-11.
const keepFor = 31 * 24 * time.Hour

// SubscriptionName is the name of a topic's subscription, told apart by who reads it.
func SubscriptionName(topic, reader string) string { return topic + "." + reader }

// Keeps is nil when the subscription exists, never expires and keeps messages for 31 days. Whoever promises that a
// message is safe checks it before the first promise.
func (b *Bus) Keeps(ctx context.Context, topic, reader string) error {
	ctx, cancel := context.WithTimeout(ctx, publishFor)
	defer cancel()
	name := SubscriptionName(topic, reader)
	s, err := b.client.SubscriptionAdminClient.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{
		Subscription: "projects/" + b.client.Project() + "/subscriptions/" + name})
	switch {
	case err != nil:
		return fmt.Errorf("subscription %s: %w", name, err)
	case s.GetMessageRetentionDuration().AsDuration() < keepFor:
		return fmt.Errorf("subscription %s keeps messages for %s only, not %s", name, s.GetMessageRetentionDuration().AsDuration(), keepFor)
	case s.GetExpirationPolicy().GetTtl() != nil:
		return fmt.Errorf("subscription %s expires", name)
	case s.GetExpirationPolicy() == nil:
		return fmt.Errorf("subscription %s expires when nothing reads it", name)
	}
	return nil
}

// topicOf is the topic of a subscription by its name (SubscriptionName); empty when the name has another form.
func topicOf(subscription string) string {
	return subscription[:max(0, strings.LastIndexByte(subscription, '.'))]
}
