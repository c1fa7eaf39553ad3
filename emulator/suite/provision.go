package suite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/bus"
)

// provision creates the topics, subscriptions and task queues of the topology, as the deployment does.
func (s *Suite) provision(ctx context.Context) error {
	if err := s.provisionBus(ctx); err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	if err := s.provisionTimers(ctx); err != nil {
		return fmt.Errorf("task queues: %w", err)
	}
	return nil
}

// local is how a client reaches a server of the suite.
func local(addr string) []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint("passthrough:///" + addr), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

func (s *Suite) provisionBus(ctx context.Context) error {
	client, err := pubsub.NewClient(ctx, s.Bus.Project, local(s.Bus.Endpoint)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, topic := range slices.Sorted(maps.Keys(s.topology.Topics)) {
		if _, err := client.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: s.topicName(topic)}); err != nil {
			return err
		}
	}
	for topic, t := range s.topology.Topics {
		for reader, sub := range t.Subscriptions {
			if _, err := client.SubscriptionAdminClient.CreateSubscription(ctx, s.subscription(topic, reader, sub)); err != nil {
				return fmt.Errorf("%s: %w", bus.SubscriptionName(topic, reader), err)
			}
		}
	}
	return nil
}

func (s *Suite) topicName(topic string) string {
	return "projects/" + s.Bus.Project + "/topics/" + topic
}

func (s *Suite) subscriptionName(topic, reader string) string {
	return "projects/" + s.Bus.Project + "/subscriptions/" + bus.SubscriptionName(topic, reader)
}

// subscription is what the deployment makes of the topology's.
func (s *Suite) subscription(topic, reader string, sub infra.Subscription) *pubsubpb.Subscription {
	out := &pubsubpb.Subscription{
		Name:                  s.subscriptionName(topic, reader),
		Topic:                 s.topicName(topic),
		EnableMessageOrdering: sub.Ordered,
		ExpirationPolicy:      &pubsubpb.ExpirationPolicy{},
	}
	if sub.Retention > 0 {
		out.MessageRetentionDuration = durationpb.New(sub.Retention)
	}
	if sub.DeadLetter != "" {
		out.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{
			DeadLetterTopic: s.topicName(sub.DeadLetter), MaxDeliveryAttempts: int32(sub.Attempts)}
	}
	push := s.topology.Push
	out.AckDeadlineSeconds = int32(push.AckDeadline / time.Second)
	out.RetryPolicy = &pubsubpb.RetryPolicy{
		MinimumBackoff: durationpb.New(push.MinBackoff), MaximumBackoff: durationpb.New(push.MaxBackoff)}
	out.PushConfig = s.push(reader)
	return out
}

// push is how a subscription reaches its reader.
func (s *Suite) push(reader string) *pubsubpb.PushConfig {
	if s.opt.GooglePubSub != "" {
		return &pubsubpb.PushConfig{PushEndpoint: s.relay(reader)}
	}
	return &pubsubpb.PushConfig{
		PushEndpoint: s.FunctionURL(reader) + "/events",
		AuthenticationMethod: &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{
			ServiceAccountEmail: s.account(), Audience: s.FunctionURL(reader)}},
	}
}

func (s *Suite) provisionTimers(ctx context.Context) error {
	client, err := cloudtasks.NewClient(ctx, local(s.Tasks.Addr())...)
	if err != nil {
		return err
	}
	defer client.Close()
	parent := "projects/" + Project + "/locations/local"
	for n := range s.topology.Timers.Queues {
		if _, err := client.CreateQueue(ctx, &cloudtaskspb.CreateQueueRequest{Parent: parent, Queue: &cloudtaskspb.Queue{
			Name: fmt.Sprintf("%s/queues/timers-%d", parent, n),
			RateLimits: &cloudtaskspb.RateLimits{
				MaxDispatchesPerSecond:  s.topology.Timers.PerSecond,
				MaxConcurrentDispatches: int32(s.topology.Timers.Concurrent),
			},
			RetryConfig: &cloudtaskspb.RetryConfig{
				MaxAttempts: -1,
				MinBackoff:  durationpb.New(s.topology.Timers.MinBackoff),
				MaxBackoff:  durationpb.New(s.topology.Timers.MaxBackoff),
			},
		}}); err != nil {
			return err
		}
	}
	return nil
}
