package pubsub_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/emulator/clock"
	"github.com/deskline/deskline/emulator/pubsub"
)

const pulled = "projects/p/subscriptions/events-pull"

// library is a topic whose subscription is pulled, by a clock that the test moves.
func library(t *testing.T, topicKeeps time.Duration, change func(*pubsubpb.Subscription)) (*suite, *clock.Clock) {
	t.Helper()
	by := &clock.Clock{}
	c := start(t, pubsub.Options{Clock: by, PushBackoff: noBackoff})
	topic := &pubsubpb.Topic{Name: "projects/p/topics/events"}
	if topicKeeps > 0 {
		topic.MessageRetentionDuration = durationpb.New(topicKeeps)
	}
	_, err := c.client.TopicAdminClient.CreateTopic(c.ctx(), topic)
	require.NoError(t, err)
	sub := &pubsubpb.Subscription{Name: pulled, Topic: topic.Name, ExpirationPolicy: &pubsubpb.ExpirationPolicy{}}
	change(sub)
	c.subscribe(sub)
	return c, by
}

func retaining(s *pubsubpb.Subscription) { s.RetainAckedMessages = true }

// takes pulls and acknowledges all there is, one after the other.
func (c *suite) takes(subscription string) (texts []string) {
	c.t.Helper()
	for {
		//lint:ignore SA1019 who knows what is there does not want to wait for more
		resp, err := c.client.SubscriptionAdminClient.Pull(c.ctx(), &pubsubpb.PullRequest{Subscription: subscription, MaxMessages: 10, ReturnImmediately: true})
		require.NoError(c.t, err)
		if len(resp.GetReceivedMessages()) == 0 {
			return texts
		}
		for _, m := range resp.GetReceivedMessages() {
			texts = append(texts, string(m.GetMessage().GetData()))
			require.NoError(c.t, c.client.SubscriptionAdminClient.Acknowledge(c.ctx(), &pubsubpb.AcknowledgeRequest{
				Subscription: subscription, AckIds: []string{m.GetAckId()}}))
		}
	}
}

func (c *suite) seeks(subscription string, to time.Time) {
	c.t.Helper()
	_, err := c.client.SubscriptionAdminClient.Seek(c.ctx(), &pubsubpb.SeekRequest{
		Subscription: subscription, Target: &pubsubpb.SeekRequest_Time{Time: timestamppb.New(to)}})
	require.NoError(c.t, err)
}

func (c *suite) seeksSnapshot(subscription, snapshot string) error {
	_, err := c.client.SubscriptionAdminClient.Seek(c.ctx(), &pubsubpb.SeekRequest{
		Subscription: subscription, Target: &pubsubpb.SeekRequest_Snapshot{Snapshot: "projects/p/snapshots/" + snapshot}})
	return err
}

func (c *suite) snapshot(id, subscription string) (*pubsubpb.Snapshot, error) {
	return c.client.SubscriptionAdminClient.CreateSnapshot(c.ctx(), &pubsubpb.CreateSnapshotRequest{
		Name: "projects/p/snapshots/" + id, Subscription: subscription, Labels: map[string]string{"why": "deploy"}})
}

func TestSeekToATimeBringsBackWhatIsRetained(t *testing.T) {
	for name, c := range map[string]struct {
		topicKeeps time.Duration
		change     func(*pubsubpb.Subscription)
		want       []string
	}{
		"by the subscription": {0, retaining, []string{"two", "three"}},
		"by the topic":        {time.Hour, func(*pubsubpb.Subscription) {}, []string{"two", "three"}},
		"by nobody":           {0, func(*pubsubpb.Subscription) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, by := library(t, c.topicKeeps, c.change)
			s.publish("events", text("one"))
			by.Advance(time.Minute)
			then := by.Now()
			s.publish("events", text("two"))
			s.publish("events", text("three"))
			assert.Equal(t, []string{"one", "two", "three"}, s.takes(pulled))
			s.seeks(pulled, then)
			assert.Equal(t, c.want, s.takes(pulled))
			assert.Empty(t, s.takes(pulled))
			s.seeks(pulled, then)
			assert.Equal(t, c.want, s.takes(pulled), "as often as one likes")
		})
	}
}

func TestSeekForwardAcknowledges(t *testing.T) {
	s, by := library(t, 0, retaining)
	s.publish("events", text("one"))
	by.Advance(time.Minute)
	then := by.Now()
	s.publish("events", text("two"))
	s.seeks(pulled, then)
	assert.Equal(t, []string{"two"}, s.takes(pulled))
	s.publish("events", text("three"))
	s.seeks(pulled, by.Now().Add(time.Hour))
	assert.Empty(t, s.takes(pulled), "a time to come purges")
	s.publish("events", text("four"))
	assert.Equal(t, []string{"four"}, s.takes(pulled), "it is about what is there")
	s.seeks(pulled, by.Now().Add(-time.Hour))
	assert.Equal(t, []string{"one", "two", "three", "four"}, s.takes(pulled), "what a seek acknowledged is retained too")
}

// What is out when a seek comes is delivered anew, in the order of its key, and its old acknowledgement is still good.
func TestSeekWhileMessagesAreOut(t *testing.T) {
	s, by := library(t, 0, func(sub *pubsubpb.Subscription) { sub.RetainAckedMessages, sub.EnableMessageOrdering = true, true })
	begin := by.Now()
	for _, word := range []string{"one", "two", "three"} {
		s.publish("events", keyed("lea", word))
	}
	pull := func() *pubsubpb.ReceivedMessage {
		t.Helper()
		resp, err := s.client.SubscriptionAdminClient.Pull(s.ctx(), &pubsubpb.PullRequest{Subscription: pulled, MaxMessages: 1})
		require.NoError(t, err)
		require.Len(t, resp.GetReceivedMessages(), 1)
		return resp.GetReceivedMessages()[0]
	}
	ack := func(m *pubsubpb.ReceivedMessage) {
		t.Helper()
		require.NoError(t, s.client.SubscriptionAdminClient.Acknowledge(s.ctx(), &pubsubpb.AcknowledgeRequest{Subscription: pulled, AckIds: []string{m.GetAckId()}}))
	}
	ack(pull())
	out := pull()
	assert.Equal(t, "two", string(out.GetMessage().GetData()))
	s.seeks(pulled, begin)
	assert.Equal(t, []string{"one", "two", "three"}, s.takes(pulled))
	s.seeks(pulled, begin)
	ack(out)
	assert.Equal(t, []string{"one", "three"}, s.takes(pulled))
	by.Advance(time.Hour)
	assert.Empty(t, s.takes(pulled), "no old deadline brings anything back")
}

func TestWhatIsRetainedIsForgottenInTime(t *testing.T) {
	s, by := library(t, 0, func(sub *pubsubpb.Subscription) {
		sub.RetainAckedMessages, sub.MessageRetentionDuration = true, durationpb.New(time.Hour)
	})
	begin := by.Now()
	s.publish("events", text("one"))
	by.Advance(30 * time.Minute)
	s.publish("events", text("two"))
	s.takes(pulled)
	by.Advance(30 * time.Minute)
	s.seeks(pulled, begin)
	assert.Equal(t, []string{"two"}, s.takes(pulled))
	update := func(retain bool) {
		_, err := s.client.SubscriptionAdminClient.UpdateSubscription(s.ctx(), &pubsubpb.UpdateSubscriptionRequest{
			Subscription: &pubsubpb.Subscription{Name: pulled, RetainAckedMessages: retain}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"retain_acked_messages"}}})
		require.NoError(t, err)
	}
	update(false)
	update(true)
	s.seeks(pulled, begin)
	assert.Empty(t, s.takes(pulled), "who retains no more has forgotten")

	s, by = library(t, time.Hour, func(*pubsubpb.Subscription) {})
	begin = by.Now()
	s.publish("events", text("one"))
	by.Advance(time.Hour)
	s.publish("events", text("two"))
	s.takes(pulled)
	s.seeks(pulled, begin)
	assert.Equal(t, []string{"two"}, s.takes(pulled))
	late := &pubsubpb.Subscription{Name: "projects/p/subscriptions/late", Topic: "projects/p/topics/events", Filter: `attributes.kind = "x"`}
	s.subscribe(late)
	s.publish("events", &pubsubpb.PubsubMessage{Data: []byte("three"), Attributes: map[string]string{"kind": "x"}})
	s.takes(late.Name)
	s.seeks(late.Name, begin)
	assert.Equal(t, []string{"three"}, s.takes(late.Name), "a subscription gets what it asks for")
	got, err := s.client.SubscriptionAdminClient.GetSubscription(s.ctx(), &pubsubpb.GetSubscriptionRequest{Subscription: late.Name})
	require.NoError(t, err)
	assert.Equal(t, time.Hour, got.GetTopicMessageRetentionDuration().AsDuration())
	require.NoError(t, s.client.TopicAdminClient.DeleteTopic(s.ctx(), &pubsubpb.DeleteTopicRequest{Topic: "projects/p/topics/events"}))
	s.seeks(late.Name, begin)
	assert.Empty(t, s.takes(late.Name), "the topic kept it")
}

// Of a push subscription what comes back is pushed, and counts as pending.
func TestSeekPushes(t *testing.T) {
	by := &clock.Clock{}
	s := start(t, pubsub.Options{Clock: by, PushBackoff: noBackoff})
	s.topic("events")
	sub := s.push("events-push", "events")
	sub.RetainAckedMessages = true
	s.subscribe(sub)
	begin := by.Now()
	s.publish("events", text("one"))
	s.idle()
	s.seeks(sub.Name, begin)
	s.idle()
	assert.Equal(t, []string{"one", "one"}, s.endpoint.texts())
	s.endpoint.answers(func(hit, int) int { return http.StatusInternalServerError })
	_, err := s.client.SubscriptionAdminClient.UpdateSubscription(s.ctx(), &pubsubpb.UpdateSubscriptionRequest{
		Subscription: &pubsubpb.Subscription{Name: sub.Name, RetryPolicy: &pubsubpb.RetryPolicy{
			MinimumBackoff: durationpb.New(100 * time.Second), MaximumBackoff: durationpb.New(100 * time.Second)}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"retry_policy"}}})
	require.NoError(t, err)
	s.publish("events", text("two"))
	require.Eventually(t, func() bool { return len(s.endpoint.got()) == 3 }, time.Minute, time.Millisecond)
	assert.Equal(t, 1, s.server.Pending())
	s.seeks(sub.Name, by.Now().Add(time.Hour))
	s.idle()
	assert.Zero(t, s.server.Pending(), "what was purged is not waited for")
}

func TestSeekToASnapshot(t *testing.T) {
	s, by := library(t, 0, func(*pubsubpb.Subscription) {})
	s.publish("events", text("acknowledged"))
	s.takes(pulled)
	s.publish("events", text("backlog"))
	got, err := s.snapshot("before", pulled)
	require.NoError(t, err)
	assert.Equal(t, "projects/p/snapshots/before projects/p/topics/events deploy", got.GetName()+" "+got.GetTopic()+" "+got.GetLabels()["why"])
	assert.WithinDuration(t, by.Now().Add(7*day), got.GetExpireTime().AsTime(), time.Second)
	s.publish("events", text("since"))
	assert.Equal(t, []string{"backlog", "since"}, s.takes(pulled))
	require.NoError(t, s.seeksSnapshot(pulled, "before"))
	assert.Equal(t, []string{"backlog", "since"}, s.takes(pulled))
	other := &pubsubpb.Subscription{Name: "projects/p/subscriptions/other", Topic: "projects/p/topics/events"}
	s.subscribe(other)
	s.publish("events", text("later"))
	require.NoError(t, s.seeksSnapshot(other.Name, "before"))
	assert.Equal(t, []string{"backlog", "since", "later"}, s.takes(other.Name), "another subscription of the topic comes to the same state")
}

func TestSnapshotsExpire(t *testing.T) {
	s, by := library(t, 0, func(*pubsubpb.Subscription) {})
	s.publish("events", text("old"))
	by.Advance(3 * day)
	got, err := s.snapshot("three", pulled)
	require.NoError(t, err)
	assert.WithinDuration(t, by.Now().Add(4*day), got.GetExpireTime().AsTime(), time.Minute, "seven days less the age of the backlog")
	by.Advance(4*day - 2*time.Hour)
	_, err = s.snapshot("short", pulled)
	require.NoError(t, err)
	by.Advance(61 * time.Minute)
	_, err = s.snapshot("shorter", pulled)
	refused(t, codes.FailedPrecondition, "too old", err)
	require.NoError(t, s.seeksSnapshot(pulled, "three"))
	by.Advance(time.Hour)
	refused(t, codes.NotFound, "three", s.seeksSnapshot(pulled, "three"))
	_, err = s.snapshot("three", pulled)
	require.NoError(t, err, "its name is free")
}

func TestSnapshots(t *testing.T) {
	s, _ := library(t, 0, func(*pubsubpb.Subscription) {})
	admin := s.client.SubscriptionAdminClient
	for _, id := range []string{"ccc", "aaa", "bbb"} {
		_, err := s.snapshot(id, pulled)
		require.NoError(t, err)
	}
	_, err := s.snapshot("aaa", pulled)
	refused(t, codes.AlreadyExists, "aaa", err)
	_, err = s.snapshot("x y", pulled)
	refused(t, codes.InvalidArgument, "invalid resource name", err)
	_, err = s.snapshot("ddd", "projects/p/subscriptions/none")
	refused(t, codes.NotFound, "none", err)
	unnamed, err := admin.CreateSnapshot(s.ctx(), &pubsubpb.CreateSnapshotRequest{Subscription: pulled})
	require.NoError(t, err)
	assert.Regexp(t, `^projects/p/snapshots/snapshot-\d+$`, unnamed.GetName())
	require.NoError(t, admin.DeleteSnapshot(s.ctx(), &pubsubpb.DeleteSnapshotRequest{Snapshot: unnamed.GetName()}))
	_, err = admin.CreateSnapshot(s.ctx(), &pubsubpb.CreateSnapshotRequest{Subscription: pulled, Tags: map[string]string{"a": "b"}})
	refused(t, codes.Unimplemented, "tags", err)

	list := admin.ListSnapshots(s.ctx(), &pubsubpb.ListSnapshotsRequest{Project: "projects/p", PageSize: 2})
	var names []string
	for {
		snap, err := list.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		require.NoError(t, err)
		names = append(names, snap.GetName())
	}
	assert.Equal(t, []string{"projects/p/snapshots/aaa", "projects/p/snapshots/bbb", "projects/p/snapshots/ccc"}, names)
	first, err := s.client.TopicAdminClient.ListTopicSnapshots(s.ctx(), &pubsubpb.ListTopicSnapshotsRequest{Topic: "projects/p/topics/events", PageSize: 1}).Next()
	require.NoError(t, err)
	assert.Equal(t, "projects/p/snapshots/aaa", first)

	update := func(paths ...string) (*pubsubpb.Snapshot, error) {
		return admin.UpdateSnapshot(s.ctx(), &pubsubpb.UpdateSnapshotRequest{
			Snapshot: &pubsubpb.Snapshot{Name: "projects/p/snapshots/aaa", Labels: map[string]string{"a": "b"}}, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	}
	changed, err := update("labels")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "b"}, changed.GetLabels())
	for want, paths := range map[codes.Code][]string{codes.InvalidArgument: {"topic"}, codes.Unimplemented: {"expire_time"}} {
		_, err = update(paths...)
		refused(t, want, paths[0], err)
	}
	_, err = update()
	refused(t, codes.InvalidArgument, "no field", err)

	require.NoError(t, admin.DeleteSnapshot(s.ctx(), &pubsubpb.DeleteSnapshotRequest{Snapshot: "projects/p/snapshots/aaa"}))
	refused(t, codes.NotFound, "aaa", admin.DeleteSnapshot(s.ctx(), &pubsubpb.DeleteSnapshotRequest{Snapshot: "projects/p/snapshots/aaa"}))
	s.topic("others")
	other := s.push("others-push", "others")
	s.subscribe(other)
	refused(t, codes.FailedPrecondition, "of the topic", s.seeksSnapshot(other.Name, "bbb"))
	require.NoError(t, s.client.TopicAdminClient.DeleteTopic(s.ctx(), &pubsubpb.DeleteTopicRequest{Topic: "projects/p/topics/events"}))
	left, err := admin.GetSnapshot(s.ctx(), &pubsubpb.GetSnapshotRequest{Snapshot: "projects/p/snapshots/bbb"})
	require.NoError(t, err)
	assert.Equal(t, "_deleted-topic_", left.GetTopic())
	refused(t, codes.FailedPrecondition, "of the topic", s.seeksSnapshot(pulled, "bbb"))
	_, err = s.snapshot("orphan", pulled)
	refused(t, codes.FailedPrecondition, "was deleted", err)
}

func TestSeeksThatMakeNoSense(t *testing.T) {
	s, _ := library(t, 0, func(*pubsubpb.Subscription) {})
	for _, c := range []struct {
		req  *pubsubpb.SeekRequest
		code codes.Code
		says string
	}{
		{&pubsubpb.SeekRequest{Subscription: "projects/p/subscriptions/none"}, codes.NotFound, "none"},
		{&pubsubpb.SeekRequest{Subscription: pulled}, codes.InvalidArgument, "target"},
		{&pubsubpb.SeekRequest{Subscription: pulled, Target: &pubsubpb.SeekRequest_Snapshot{Snapshot: "projects/p/snapshots/none"}}, codes.NotFound, "none"},
		{&pubsubpb.SeekRequest{Subscription: pulled, Target: &pubsubpb.SeekRequest_Time{Time: &timestamppb.Timestamp{Nanos: -1}}}, codes.InvalidArgument, "time"},
	} {
		_, err := s.client.SubscriptionAdminClient.Seek(s.ctx(), c.req)
		refused(t, c.code, c.says, err)
	}
}

func TestModifyPushConfig(t *testing.T) {
	s, _ := library(t, 0, func(*pubsubpb.Subscription) {})
	modify := func(p *pubsubpb.PushConfig) error {
		return s.client.SubscriptionAdminClient.ModifyPushConfig(s.ctx(), &pubsubpb.ModifyPushConfigRequest{Subscription: pulled, PushConfig: p})
	}
	s.publish("events", text("one"))
	require.NoError(t, modify(&pubsubpb.PushConfig{PushEndpoint: s.endpoint.URL}))
	s.idle()
	assert.Equal(t, []string{"one"}, s.endpoint.texts(), "what waited is pushed")
	refused(t, codes.InvalidArgument, "not an http", modify(&pubsubpb.PushConfig{PushEndpoint: "nowhere"}))
	require.NoError(t, modify(nil))
	s.publish("events", text("two"))
	assert.Equal(t, []string{"two"}, s.takes(pulled))
	assert.Len(t, s.endpoint.got(), 1)
	refused(t, codes.NotFound, "none", s.client.SubscriptionAdminClient.ModifyPushConfig(s.ctx(), &pubsubpb.ModifyPushConfigRequest{
		Subscription: "projects/p/subscriptions/none", PushConfig: &pubsubpb.PushConfig{}}))
}

func TestListTopicSubscriptions(t *testing.T) {
	s, _ := library(t, 0, func(*pubsubpb.Subscription) {})
	s.topic("others")
	s.subscribe(s.push("others-push", "others"))
	for _, id := range []string{"bbb", "aaa"} {
		s.subscribe(s.push(id, "events"))
	}
	list := s.client.TopicAdminClient.ListTopicSubscriptions(s.ctx(), &pubsubpb.ListTopicSubscriptionsRequest{Topic: "projects/p/topics/events", PageSize: 2})
	var names []string
	for {
		name, err := list.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		require.NoError(t, err)
		names = append(names, name)
	}
	assert.Equal(t, []string{"projects/p/subscriptions/aaa", "projects/p/subscriptions/bbb", pulled}, names)
	_, err := s.client.TopicAdminClient.ListTopicSubscriptions(s.ctx(), &pubsubpb.ListTopicSubscriptionsRequest{Topic: "projects/p/topics/none"}).Next()
	refused(t, codes.NotFound, "none", err)
}
