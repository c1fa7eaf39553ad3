package pubsub_test

import (
	"strings"
	"testing"
	"time"

	gpubsub "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/deskline/deskline/emulator/pubsub"
)

func refused(t *testing.T, code codes.Code, message string, err error) {
	t.Helper()
	require.Error(t, err)
	assert.Equal(t, code, status.Code(err), err.Error())
	assert.Contains(t, status.Convert(err).Message(), message)
}

func TestTopics(t *testing.T) {
	c := start(t, pubsub.Options{})
	admin := c.client.TopicAdminClient
	_, err := admin.GetTopic(c.ctx(), &pubsubpb.GetTopicRequest{Topic: "projects/p/topics/events"})
	refused(t, codes.NotFound, "events", err)
	got, err := admin.CreateTopic(c.ctx(), &pubsubpb.Topic{Name: "projects/p/topics/events", Labels: map[string]string{"a": "b"}})
	require.NoError(t, err)
	want := &pubsubpb.Topic{Name: "projects/p/topics/events", Labels: map[string]string{"a": "b"}, State: pubsubpb.Topic_ACTIVE}
	assert.True(t, proto.Equal(want, got), got)
	got, err = admin.GetTopic(c.ctx(), &pubsubpb.GetTopicRequest{Topic: "projects/p/topics/events"})
	require.NoError(t, err)
	assert.True(t, proto.Equal(want, got), got)
	_, err = admin.CreateTopic(c.ctx(), &pubsubpb.Topic{Name: "projects/p/topics/events"})
	refused(t, codes.AlreadyExists, "events", err)

	require.NoError(t, admin.DeleteTopic(c.ctx(), &pubsubpb.DeleteTopicRequest{Topic: "projects/p/topics/events"}))
	refused(t, codes.NotFound, "events", admin.DeleteTopic(c.ctx(), &pubsubpb.DeleteTopicRequest{Topic: "projects/p/topics/events"}))
}

func TestListsAreSortedAndPaged(t *testing.T) {
	c := start(t, pubsub.Options{})
	for _, id := range []string{"ccc", "aaa", "eee", "bbb", "ddd"} {
		c.topic(id)
		c.subscribe(c.push("sub-"+id, id))
	}
	_, err := c.client.TopicAdminClient.CreateTopic(c.ctx(), &pubsubpb.Topic{Name: "projects/p2/topics/other"})
	require.NoError(t, err)

	var names []string
	topics := c.client.TopicAdminClient.ListTopics(c.ctx(), &pubsubpb.ListTopicsRequest{Project: "projects/p", PageSize: 2})
	for {
		topic, err := topics.Next()
		if err == iterator.Done {
			break
		}
		require.NoError(t, err)
		names = append(names, topic.GetName())
	}
	assert.Equal(t, []string{
		"projects/p/topics/aaa", "projects/p/topics/bbb", "projects/p/topics/ccc", "projects/p/topics/ddd", "projects/p/topics/eee",
	}, names)

	names = nil
	subs := c.client.SubscriptionAdminClient.ListSubscriptions(c.ctx(), &pubsubpb.ListSubscriptionsRequest{Project: "projects/p", PageSize: 3})
	for {
		sub, err := subs.Next()
		if err == iterator.Done {
			break
		}
		require.NoError(t, err)
		names = append(names, strings.TrimPrefix(sub.GetName(), "projects/p/subscriptions/"))
	}
	assert.Equal(t, []string{"sub-aaa", "sub-bbb", "sub-ccc", "sub-ddd", "sub-eee"}, names)
}

func TestSubscriptionDefaults(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	got, err := c.client.SubscriptionAdminClient.CreateSubscription(c.ctx(), &pubsubpb.Subscription{
		Name: "projects/p/subscriptions/pull", Topic: "projects/p/topics/events",
		DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/p/topics/events"},
	})
	require.NoError(t, err)
	want := &pubsubpb.Subscription{
		Name: "projects/p/subscriptions/pull", Topic: "projects/p/topics/events", State: pubsubpb.Subscription_ACTIVE,
		AckDeadlineSeconds: 10, MessageRetentionDuration: durationpb.New(7 * 24 * time.Hour), PushConfig: &pubsubpb.PushConfig{},
		ExpirationPolicy: &pubsubpb.ExpirationPolicy{Ttl: durationpb.New(31 * 24 * time.Hour)},
		DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/p/topics/events", MaxDeliveryAttempts: 5},
	}
	assert.True(t, proto.Equal(want, got), got)
	got, err = c.client.SubscriptionAdminClient.GetSubscription(c.ctx(), &pubsubpb.GetSubscriptionRequest{Subscription: "projects/p/subscriptions/pull"})
	require.NoError(t, err)
	assert.True(t, proto.Equal(want, got), got)
}

func TestBadTopics(t *testing.T) {
	c := start(t, pubsub.Options{})
	for name, tc := range map[string]struct {
		topic   *pubsubpb.Topic
		code    codes.Code
		message string
	}{
		"no name":     {&pubsubpb.Topic{}, codes.InvalidArgument, "invalid resource name"},
		"short ID":    {&pubsubpb.Topic{Name: "projects/p/topics/ab"}, codes.InvalidArgument, "invalid resource name"},
		"digit first": {&pubsubpb.Topic{Name: "projects/p/topics/1events"}, codes.InvalidArgument, "invalid resource name"},
		"goog":        {&pubsubpb.Topic{Name: "projects/p/topics/google"}, codes.InvalidArgument, "invalid resource name"},
		"other kind":  {&pubsubpb.Topic{Name: "projects/p/subscriptions/events"}, codes.InvalidArgument, "invalid resource name"},
		"too long":    {&pubsubpb.Topic{Name: "projects/p/topics/a" + strings.Repeat("b", 255)}, codes.InvalidArgument, "invalid resource name"},
		"retention": {&pubsubpb.Topic{Name: "projects/p/topics/events", MessageRetentionDuration: durationpb.New(time.Minute)},
			codes.InvalidArgument, "message_retention_duration is 1m0s"},
		"kms":       {&pubsubpb.Topic{Name: "projects/p/topics/events", KmsKeyName: "k"}, codes.Unimplemented, "kms_key_name"},
		"schema":    {&pubsubpb.Topic{Name: "projects/p/topics/events", SchemaSettings: &pubsubpb.SchemaSettings{}}, codes.Unimplemented, "schema_settings"},
		"storage":   {&pubsubpb.Topic{Name: "projects/p/topics/events", MessageStoragePolicy: &pubsubpb.MessageStoragePolicy{}}, codes.Unimplemented, "message_storage_policy"},
		"transform": {&pubsubpb.Topic{Name: "projects/p/topics/events", MessageTransforms: []*pubsubpb.MessageTransform{{}}}, codes.Unimplemented, "message_transforms"},
		"ingestion": {&pubsubpb.Topic{Name: "projects/p/topics/events", IngestionDataSourceSettings: &pubsubpb.IngestionDataSourceSettings{}},
			codes.Unimplemented, "ingestion_data_source_settings"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.TopicAdminClient.CreateTopic(c.ctx(), tc.topic)
			refused(t, tc.code, tc.message, err)
		})
	}
}

func TestBadSubscriptions(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	for name, tc := range map[string]struct {
		spoil   func(*pubsubpb.Subscription)
		code    codes.Code
		message string
	}{
		"no name":         {func(s *pubsubpb.Subscription) { s.Name = "" }, codes.InvalidArgument, "invalid resource name"},
		"no topic":        {func(s *pubsubpb.Subscription) { s.Topic = "" }, codes.NotFound, "not found"},
		"missing topic":   {func(s *pubsubpb.Subscription) { s.Topic = "projects/p/topics/none" }, codes.NotFound, "none"},
		"short deadline":  {func(s *pubsubpb.Subscription) { s.AckDeadlineSeconds = 9 }, codes.InvalidArgument, "ack_deadline_seconds is 9"},
		"long deadline":   {func(s *pubsubpb.Subscription) { s.AckDeadlineSeconds = 601 }, codes.InvalidArgument, "ack_deadline_seconds is 601"},
		"short retention": {func(s *pubsubpb.Subscription) { s.MessageRetentionDuration = durationpb.New(599 * time.Second) }, codes.InvalidArgument, "message_retention_duration"},
		"long retention":  {func(s *pubsubpb.Subscription) { s.MessageRetentionDuration = durationpb.New(32 * 24 * time.Hour) }, codes.InvalidArgument, "message_retention_duration"},
		"few attempts":    {func(s *pubsubpb.Subscription) { s.DeadLetterPolicy.MaxDeliveryAttempts = 4 }, codes.InvalidArgument, "max_delivery_attempts is 4"},
		"many attempts":   {func(s *pubsubpb.Subscription) { s.DeadLetterPolicy.MaxDeliveryAttempts = 101 }, codes.InvalidArgument, "max_delivery_attempts is 101"},
		"no dead topic":   {func(s *pubsubpb.Subscription) { s.DeadLetterPolicy.DeadLetterTopic = "projects/p/topics/none" }, codes.NotFound, "none"},
		"long backoff": {func(s *pubsubpb.Subscription) {
			s.RetryPolicy = &pubsubpb.RetryPolicy{MaximumBackoff: durationpb.New(601 * time.Second)}
		}, codes.InvalidArgument, "retry_policy"},
		"crossed backoff": {func(s *pubsubpb.Subscription) {
			s.RetryPolicy = &pubsubpb.RetryPolicy{MaximumBackoff: durationpb.New(9 * time.Second)}
		}, codes.InvalidArgument, "retry_policy runs from 10s to 9s"},
		"endpoint scheme": {func(s *pubsubpb.Subscription) { s.PushConfig.PushEndpoint = "ftp://a/b" }, codes.InvalidArgument, "push_endpoint"},
		"endpoint path":   {func(s *pubsubpb.Subscription) { s.PushConfig.PushEndpoint = "/b" }, codes.InvalidArgument, "push_endpoint"},
		"endpoint escape": {func(s *pubsubpb.Subscription) { s.PushConfig.PushEndpoint = "http://%zz" }, codes.InvalidArgument, "push_endpoint"},
		"push attribute": {func(s *pubsubpb.Subscription) {
			s.PushConfig.Attributes = map[string]string{"x-goog-version": "v1beta1"}
		}, codes.Unimplemented, "x-goog-version"},
		"token account": {func(s *pubsubpb.Subscription) {
			s.PushConfig.AuthenticationMethod = &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{}}
		}, codes.InvalidArgument, "service_account_email"},
		"token source": {func(s *pubsubpb.Subscription) {
			s.PushConfig.AuthenticationMethod = &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{ServiceAccountEmail: "a@b"}}
		}, codes.FailedPrecondition, "no token source"},
		"no wrapper": {func(s *pubsubpb.Subscription) {
			s.PushConfig.Wrapper = &pubsubpb.PushConfig_NoWrapper_{NoWrapper: &pubsubpb.PushConfig_NoWrapper{}}
		}, codes.Unimplemented, "push_config.no_wrapper"},
		"filter":       {func(s *pubsubpb.Subscription) { s.Filter = "attributes:" }, codes.InvalidArgument, "filter ends"},
		"exactly once": {func(s *pubsubpb.Subscription) { s.EnableExactlyOnceDelivery = true }, codes.Unimplemented, "enable_exactly_once_delivery"},
		"bigquery":     {func(s *pubsubpb.Subscription) { s.BigqueryConfig = &pubsubpb.BigQueryConfig{} }, codes.Unimplemented, "bigquery_config"},
		"bigtable":     {func(s *pubsubpb.Subscription) { s.BigtableConfig = &pubsubpb.BigtableConfig{} }, codes.Unimplemented, "bigtable_config"},
		"storage":      {func(s *pubsubpb.Subscription) { s.CloudStorageConfig = &pubsubpb.CloudStorageConfig{} }, codes.Unimplemented, "cloud_storage_config"},
		"transforms":   {func(s *pubsubpb.Subscription) { s.MessageTransforms = []*pubsubpb.MessageTransform{{}} }, codes.Unimplemented, "message_transforms"},
	} {
		t.Run(name, func(t *testing.T) {
			sub := c.push("events-push", "events")
			sub.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/p/topics/events"}
			tc.spoil(sub)
			_, err := c.client.SubscriptionAdminClient.CreateSubscription(c.ctx(), sub)
			refused(t, tc.code, tc.message, err)
		})
	}
	c.subscribe(c.push("events-push", "events"))
	_, err := c.client.SubscriptionAdminClient.CreateSubscription(c.ctx(), c.push("events-push", "events"))
	refused(t, codes.AlreadyExists, "events-push", err)
}

func TestBadPublish(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	many := map[string]string{}
	for i := range 101 {
		many[strings.Repeat("k", i+1)] = "v"
	}
	tooMany := make([]*pubsubpb.PubsubMessage, 1001)
	for i := range tooMany {
		tooMany[i] = text("x")
	}
	big := strings.Repeat("x", 5_000_001)
	for name, tc := range map[string]struct {
		messages []*pubsubpb.PubsubMessage
		message  string
	}{
		"none":            {nil, "0 messages"},
		"too many":        {tooMany, "1001 messages"},
		"empty":           {[]*pubsubpb.PubsubMessage{{OrderingKey: "k"}}, "needs data or attributes"},
		"one of two":      {[]*pubsubpb.PubsubMessage{text("ok"), {}}, "needs data or attributes"},
		"too large":       {[]*pubsubpb.PubsubMessage{text(big), text(big)}, "request has 10000002 bytes"},
		"many attributes": {[]*pubsubpb.PubsubMessage{{Attributes: many}}, "message has 101 attributes"},
		"empty key":       {[]*pubsubpb.PubsubMessage{{Attributes: map[string]string{"": "v"}}}, "attribute"},
		"long key":        {[]*pubsubpb.PubsubMessage{{Attributes: map[string]string{strings.Repeat("k", 257): "v"}}}, "attribute"},
		"long value":      {[]*pubsubpb.PubsubMessage{{Attributes: map[string]string{"k": strings.Repeat("v", 1025)}}}, "attribute"},
		"long order":      {[]*pubsubpb.PubsubMessage{keyed(strings.Repeat("k", 1025), "x")}, "ordering key has 1025 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.TopicAdminClient.Publish(c.ctx(), &pubsubpb.PublishRequest{Topic: "projects/p/topics/events", Messages: tc.messages})
			refused(t, codes.InvalidArgument, tc.message, err)
		})
	}
	_, err := c.client.TopicAdminClient.Publish(c.ctx(), &pubsubpb.PublishRequest{Topic: "projects/p/topics/none", Messages: []*pubsubpb.PubsubMessage{text("x")}})
	refused(t, codes.NotFound, "none", err)
}

func TestMissingMethodsAnswerTheirName(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	_, err := c.client.TopicAdminClient.UpdateTopic(c.ctx(), &pubsubpb.UpdateTopicRequest{Topic: &pubsubpb.Topic{Name: "projects/p/topics/events"}})
	refused(t, codes.Unimplemented, "UpdateTopic", err)
	_, err = c.client.TopicAdminClient.DetachSubscription(c.ctx(), &pubsubpb.DetachSubscriptionRequest{Subscription: "projects/p/subscriptions/x"})
	refused(t, codes.Unimplemented, "DetachSubscription", err)
}

func TestUpdateSubscription(t *testing.T) {
	c := start(t, pubsub.Options{})
	admin := c.client.SubscriptionAdminClient
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.PushConfig.PushEndpoint = ""
	c.subscribe(sub)
	update := func(change *pubsubpb.Subscription, paths ...string) (*pubsubpb.Subscription, error) {
		change.Name = "projects/p/subscriptions/events-push"
		return admin.UpdateSubscription(c.ctx(), &pubsubpb.UpdateSubscriptionRequest{
			Subscription: change, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
		})
	}
	c.publish("events", text("kept for pull"))
	assert.Zero(t, c.server.Pending())

	got, err := update(&pubsubpb.Subscription{PushConfig: &pubsubpb.PushConfig{PushEndpoint: c.endpoint.URL}, AckDeadlineSeconds: 20}, "push_config", "ack_deadline_seconds")
	require.NoError(t, err)
	assert.Equal(t, c.endpoint.URL, got.GetPushConfig().GetPushEndpoint())
	assert.EqualValues(t, 20, got.GetAckDeadlineSeconds())
	c.idle()
	assert.Equal(t, []string{"kept for pull"}, c.endpoint.texts())

	_, err = update(&pubsubpb.Subscription{}, "push_config")
	require.NoError(t, err)
	c.publish("events", text("kept again"))
	assert.Zero(t, c.server.Pending())

	_, err = update(&pubsubpb.Subscription{AckDeadlineSeconds: 5}, "ack_deadline_seconds")
	refused(t, codes.InvalidArgument, "ack_deadline_seconds", err)
	_, err = update(&pubsubpb.Subscription{DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/p/topics/none"}}, "dead_letter_policy")
	refused(t, codes.NotFound, "none", err)
	_, err = update(&pubsubpb.Subscription{Filter: "attributes:a"}, "filter")
	refused(t, codes.InvalidArgument, "filter cannot be changed", err)
	_, err = update(&pubsubpb.Subscription{}, "message_transforms")
	refused(t, codes.Unimplemented, "message_transforms", err)
	_, err = update(&pubsubpb.Subscription{})
	refused(t, codes.InvalidArgument, "update_mask", err)
}

func TestDeletedSubscriptionForgetsItsMessages(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	entered, release := make(chan struct{}), make(chan struct{})
	c.endpoint.answers(func(_ hit, nth int) int {
		if nth == 1 {
			close(entered)
		}
		<-release
		return 500
	})
	for range 100 {
		c.publish("events", text("x"))
	}
	<-entered
	name := "projects/p/subscriptions/events-push"
	require.NoError(t, c.client.SubscriptionAdminClient.DeleteSubscription(c.ctx(), &pubsubpb.DeleteSubscriptionRequest{Subscription: name}))
	assert.Zero(t, c.server.Pending())
	close(release)
	c.publish("events", text("nobody listens"))
	c.idle()
	refused(t, codes.NotFound, "events-push",
		c.client.SubscriptionAdminClient.DeleteSubscription(c.ctx(), &pubsubpb.DeleteSubscriptionRequest{Subscription: name}))
}

func TestDeletedTopicLeavesItsSubscriptions(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	require.NoError(t, c.client.TopicAdminClient.DeleteTopic(c.ctx(), &pubsubpb.DeleteTopicRequest{Topic: "projects/p/topics/events"}))
	got, err := c.client.SubscriptionAdminClient.GetSubscription(c.ctx(), &pubsubpb.GetSubscriptionRequest{Subscription: "projects/p/subscriptions/events-push"})
	require.NoError(t, err)
	assert.Equal(t, "_deleted-topic_", got.GetTopic())
	c.topic("events")
	c.publish("events", text("the new topic has no subscription"))
	c.idle()
	assert.Empty(t, c.endpoint.got())
}

func TestFilteredMessagesAreNotDelivered(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.Filter = `attributes.kind = "offer" AND NOT attributes:test`
	c.subscribe(sub)
	for _, m := range []*pubsubpb.PubsubMessage{
		{Data: []byte("yes"), Attributes: map[string]string{"kind": "offer"}},
		{Data: []byte("other kind"), Attributes: map[string]string{"kind": "agent"}},
		{Data: []byte("test"), Attributes: map[string]string{"kind": "offer", "test": "1"}},
		{Data: []byte("no attributes")},
	} {
		c.publish("events", m)
	}
	c.idle()
	assert.Equal(t, []string{"yes"}, c.endpoint.texts())
}

func TestPublisherOfTheClient(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.EnableMessageOrdering = true
	c.subscribe(sub)
	p := c.client.Publisher("events")
	defer p.Stop()
	p.EnableMessageOrdering = true
	ids := map[string]bool{}
	for range 20 {
		id, err := p.Publish(c.ctx(), &gpubsub.Message{Data: []byte("x"), OrderingKey: "k"}).Get(c.ctx())
		require.NoError(t, err)
		ids[id] = true
	}
	c.idle()
	assert.Len(t, ids, 20)
	assert.Len(t, c.endpoint.got(), 20)
}
