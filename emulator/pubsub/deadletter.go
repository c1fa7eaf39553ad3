package pubsub

import (
	"maps"
	"strconv"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// Attributes production adds to a message it forwards to a dead-letter topic. Source:
// cloud.google.com/pubsub/docs/dead-letter-topics; the time's form is taken from forwarded messages. Both read 2026-11-21.
const (
	deadLetterCount       = "CloudPubSubDeadLetterSourceDeliveryCount"
	deadLetterSource      = "CloudPubSubDeadLetterSourceSubscription"
	deadLetterProject     = "CloudPubSubDeadLetterSourceSubscriptionProject"
	deadLetterPublishTime = "CloudPubSubDeadLetterSourceTopicPublishTime"

	deadLetterTimeForm = "2006-01-02T15:04:05.000-07:00"
)

func maxAttempts(d *pubsubpb.DeadLetterPolicy) int {
	if n := d.GetMaxDeliveryAttempts(); n > 0 {
		return int(n)
	}
	return minDeadLetter
}

// bury forwards a message that refuse declared dead and then ends it here. It is on the dead-letter topic before it leaves
// this subscription, so it is never nowhere. When the topic does not exist any more the message stays and is tried again.
func (sub *subscription) bury(it *item) {
	sub.mu.Lock()
	topic, attempt := sub.conf.GetDeadLetterPolicy().GetDeadLetterTopic(), it.attempt
	sub.mu.Unlock()

	attributes := maps.Clone(it.msg.GetAttributes())
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes[deadLetterCount] = strconv.Itoa(attempt)
	attributes[deadLetterSource] = lastPart(sub.name)
	attributes[deadLetterProject] = project(sub.name)
	attributes[deadLetterPublishTime] = it.msg.GetPublishTime().AsTime().Format(deadLetterTimeForm)
	err := sub.server.publish(topic, []*pubsubpb.PubsubMessage{{
		Data: it.msg.GetData(), Attributes: attributes, OrderingKey: it.msg.GetOrderingKey(),
	}})
	if err == nil {
		sub.server.observe(it.event(DeadLettered, topic, sub.name, attempt))
	}

	sub.mu.Lock()
	defer sub.mu.Unlock()
	switch {
	case err == nil:
		sub.accept(it)
	case it.state == leaving && !sub.closed:
		sub.rest(it)
	}
	sub.move()
}
