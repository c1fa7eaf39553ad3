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

// shortName is the name of a subscription without the project it is in.
func shortName(subscription string) string {
	return subscription[strings.LastIndexByte(subscription, '/')+1:]
}

// topicOf is the topic of a subscription by its name (SubscriptionName); empty when the name has another form.
func topicOf(subscription string) string {
	return subscription[:max(0, strings.LastIndexByte(subscription, '.'))]
}

// Keeps is nil when nothing that is published to the topic can be lost before the reader has taken it: the subscription
// exists, gets everything, never expires, keeps messages for 31 days, pushes them to somebody, and gives none up but into
// the topic's dead-letter topic, where that is another promise to be checked. Whoever promises that a message is safe
// checks it before the first promise.
func (b *Bus) Keeps(ctx context.Context, topic, reader string) error {
	ctx, cancel := context.WithTimeout(ctx, publishFor)
	defer cancel()
	name, project := SubscriptionName(topic, reader), "projects/"+b.client.Project()
	s, err := b.client.SubscriptionAdminClient.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{
		Subscription: project + "/subscriptions/" + name})
	if err != nil {
		return fmt.Errorf("subscription %s: %w", name, err)
	}
	return keeps(s, name, project+"/topics/"+topic)
}

func keeps(s *pubsubpb.Subscription, name, topic string) error {
	dead := s.GetDeadLetterPolicy().GetDeadLetterTopic()
	switch {
	case s.GetTopic() != topic || s.GetDetached():
		return fmt.Errorf("subscription %s is not of the topic %s", name, topic)
	case s.GetFilter() != "":
		return fmt.Errorf("subscription %s leaves messages out", name)
	case s.GetMessageRetentionDuration().AsDuration() < keepFor:
		return fmt.Errorf("subscription %s keeps messages for %s only, not %s", name, s.GetMessageRetentionDuration().AsDuration(), keepFor)
	case s.GetExpirationPolicy().GetTtl() != nil:
		return fmt.Errorf("subscription %s expires", name)
	case s.GetExpirationPolicy() == nil:
		return fmt.Errorf("subscription %s expires when nothing reads it", name)
	case s.GetPushConfig().GetPushEndpoint() == "":
		return fmt.Errorf("subscription %s is pushed to nobody", name)
	case dead != "" && dead != topic+".dead":
		return fmt.Errorf("subscription %s gives messages up to %s", name, dead)
	}
	return nil
}
