package bus

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// sent is a message as the server was asked to publish it.
type sent struct {
	topic string
	*pubsubpb.PubsubMessage
}

// post is a Pub/Sub server that keeps what is published, with a bus on it.
type post struct {
	*Bus
	mu     sync.Mutex
	list   []sent
	answer func(topic string) error // of a publish; nil takes it
}

func open(t testing.TB, topics ...string) *post {
	t.Helper()
	p := &post{}
	srv, err := pubsub.Start("127.0.0.1:0", pubsub.Options{InterceptPublish: p.intercept})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	p.Bus, err = Open(context.Background(), Config{Project: "test", Endpoint: srv.Addr(), Source: "routing"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	for _, topic := range topics {
		_, err := p.client.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topicName(topic)})
		require.NoError(t, err)
	}
	return p
}

func topicName(topic string) string { return "projects/test/topics/" + topic }

func (p *post) intercept(req *pubsubpb.PublishRequest) error {
	topic := req.GetTopic()[len(topicName("")):]
	p.mu.Lock()
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		if err := answer(topic); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range req.GetMessages() {
		p.list = append(p.list, sent{topic, m})
	}
	return nil
}

// answers sets what becomes of publishes from now on.
func (p *post) answers(f func(topic string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

// takes is what was published since it was last asked.
func (p *post) takes() []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.list
	p.list = nil
	return list
}

func refused(topic string) error { return status.Error(codes.PermissionDenied, topic) }

func TestAHintIsACloudEvent(t *testing.T) {
	p := open(t, desk.HintAgentFreed, desk.HintInteractionQueued)
	ctx := web.WithTraceparent(t.Context(), trace)
	before := time.Now()
	require.NoError(t, p.Hint(ctx, desk.Hint{Event: desk.HintAgentFreed, Agent: "ana"},
		desk.Hint{Event: desk.HintInteractionQueued, Interaction: "i", Token: "sales|whatsapp|any"}))
	got := map[string]sent{}
	for _, m := range p.takes() {
		got[m.topic] = m
	}
	require.Len(t, got, 2)
	m := got["agent.freed"]
	assert.JSONEq(t, `{"Event":"agent.freed","Agent":"ana"}`, string(m.Data))
	assert.JSONEq(t, `{"Event":"interaction.queued","Interaction":"i","Token":"sales|whatsapp|any"}`, string(got["interaction.queued"].Data))
	assert.Empty(t, m.OrderingKey)

	a := m.Attributes
	at, err := time.Parse(time.RFC3339Nano, a["ce-time"])
	require.NoError(t, err)
	assert.WithinRange(t, at, before.Add(-time.Second), time.Now().Add(time.Second))
	assert.Len(t, a["ce-id"], 36)
	assert.NotEqual(t, a["ce-id"], got["interaction.queued"].Attributes["ce-id"])
	delete(a, "ce-time")
	delete(a, "ce-id")
	assert.Equal(t, map[string]string{"ce-specversion": "1.0", "ce-type": "agent.freed", "ce-source": "/functions/routing",
		"content-type": "application/json", "traceparent": trace}, a)
}

func TestNoHintIsNoCall(t *testing.T) {
	p := open(t)
	require.NoError(t, p.Hint(t.Context()))
	require.NoError(t, p.Publish(t.Context()))
}

func TestWithoutATraceThereIsNoTraceparent(t *testing.T) {
	p := open(t, desk.HintAgentFreed)
	require.NoError(t, p.Hint(t.Context(), desk.Hint{Event: desk.HintAgentFreed}))
	assert.NotContains(t, p.takes()[0].Attributes, "traceparent")
}

func TestOnlyReceivedMessagesAreOrdered(t *testing.T) {
	p := open(t, MessageReceived, desk.HintAgentFreed)
	var events []Out
	for n := range 50 {
		events = append(events, Out{Type: MessageReceived, Key: []string{"lea", "tom"}[n%2], Data: n})
	}
	require.NoError(t, p.Publish(t.Context(), events...))
	got := map[string][]int{}
	for _, m := range p.takes() {
		var n int
		require.NoError(t, json.Unmarshal(m.Data, &n))
		got[m.OrderingKey] = append(got[m.OrderingKey], n)
	}
	for first, key := range []string{"lea", "tom"} {
		require.Len(t, got[key], 25)
		for n, have := range got[key] {
			require.Equal(t, first+2*n, have, "each customer's messages keep their order")
		}
	}
	err := p.Publish(t.Context(), Out{Type: desk.HintAgentFreed, Key: "lea", Data: 1})
	assert.True(t, fault.HasCode(err, "not_published"), "a key elsewhere is a mistake: %v", err)
}

func TestARefusedPublishMayBeRepeated(t *testing.T) {
	p := open(t, MessageReceived, desk.HintAgentFreed)
	lea := Out{Type: MessageReceived, Key: "lea", Data: "hola"}
	for range 3 {
		p.answers(refused)
		err := p.Publish(t.Context(), lea, Out{Type: desk.HintAgentFreed, Data: 1})
		assert.True(t, fault.Is(err, fault.Unavailable), "%v", err)
		assert.True(t, fault.HasCode(err, "not_published"), "%v", err)
		p.answers(nil)
		require.NoError(t, p.Publish(t.Context(), lea), "the same key, on the same instance")
	}
	assert.Len(t, p.takes(), 3)
}

func TestHalfAPublishIsAFailure(t *testing.T) {
	p := open(t, desk.HintAgentFreed, desk.HintOfferDue)
	p.answers(func(topic string) error {
		if topic == desk.HintOfferDue {
			return refused(topic)
		}
		return nil
	})
	err := p.Hint(t.Context(), desk.Hint{Event: desk.HintOfferDue}, desk.Hint{Event: desk.HintAgentFreed})
	assert.True(t, fault.HasCode(err, "not_published"), "%v", err)
	assert.Len(t, p.takes(), 1)
	err = p.Hint(t.Context(), desk.Hint{Event: "no.topic"})
	assert.True(t, fault.HasCode(err, "not_published"), "%v", err)
}

// A publish may fail only after its caller has given up, and pauses its key then.
func TestAKeyThatWasPausedLaterMayBeUsedAgain(t *testing.T) {
	p := open(t, MessageReceived)
	lea := Out{Type: MessageReceived, Key: "lea", Data: "hola"}
	asked, release := make(chan struct{}), make(chan struct{})
	p.answers(func(topic string) error {
		close(asked)
		<-release
		return refused(topic)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	err := p.Publish(ctx, lea)
	assert.True(t, fault.HasCode(err, "not_published"), "%v", err)
	p.answers(nil)
	close(release)
	p.topic(MessageReceived).Flush()
	require.NoError(t, p.Publish(t.Context(), lea))
}

func TestWhatCannotBeEncodedIsNotPublished(t *testing.T) {
	p := open(t, desk.HintAgentFreed)
	err := p.Publish(t.Context(), Out{Type: desk.HintAgentFreed, Data: 1}, Out{Type: desk.HintAgentFreed, Data: func() {}})
	assert.ErrorContains(t, err, "encode event")
	p.topic(desk.HintAgentFreed).Flush()
	assert.Empty(t, p.takes(), "nor is what came before it")
}

func TestABusThatNobodyAnswers(t *testing.T) {
	b, err := Open(context.Background(), Config{Project: "test", Endpoint: "127.0.0.1:1"})
	require.NoError(t, err, "connections are made when first used")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = b.Hint(ctx, desk.Hint{Event: desk.HintAgentFreed})
	assert.True(t, fault.HasCode(err, "not_published"), "%v", err)
	assert.True(t, errors.Is(err, context.DeadlineExceeded), "%v", err)
	assert.Equal(t, 3*time.Second, publishFor)
	require.NoError(t, b.client.Close())
}

func TestAClosedBusLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		b, err := Open(context.Background(), Config{Project: "test", Endpoint: "127.0.0.1:1"})
		require.NoError(t, err)
		require.NoError(t, b.Close())
	}
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+3 }, time.Minute, time.Millisecond)
}

func TestKeeps(t *testing.T) {
	p := open(t, MessageReceived, MessageReceivedDead, HintsDead)
	month := durationpb.New(31 * 24 * time.Hour)
	gives := func(topic string) func(*pubsubpb.Subscription) {
		return func(s *pubsubpb.Subscription) {
			s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: topicName(topic)}
		}
	}
	for name, c := range map[string]struct {
		spoil func(*pubsubpb.Subscription)
		want  string // of the error; empty for none
	}{
		"whole":    {func(*pubsubpb.Subscription) {}, ""},
		"giver":    {gives(MessageReceivedDead), ""},
		"expiring": {func(s *pubsubpb.Subscription) { s.ExpirationPolicy.Ttl = month }, "subscription message.received.expiring expires"},
		"default":  {func(s *pubsubpb.Subscription) { s.ExpirationPolicy = nil }, "subscription message.received.default expires"},
		"short": {func(s *pubsubpb.Subscription) {
			s.MessageRetentionDuration = durationpb.New(31*24*time.Hour - time.Second)
		},
			"subscription message.received.short keeps messages for 743h59m59s only, not 744h0m0s"},
		"unset":  {func(s *pubsubpb.Subscription) { s.MessageRetentionDuration = nil }, "subscription message.received.unset keeps messages for 168h0m0s only"},
		"unread": {func(s *pubsubpb.Subscription) { s.PushConfig = nil }, "subscription message.received.unread is pushed to nobody"},
		"picky":  {func(s *pubsubpb.Subscription) { s.Filter = `attributes:x` }, "subscription message.received.picky leaves messages out"},
		"alien":  {func(s *pubsubpb.Subscription) { s.Topic = topicName(HintsDead) }, "subscription message.received.alien is not of the topic"},
		"waste":  {gives(HintsDead), "subscription message.received.waste gives messages up to projects/test/topics/hints.dead"},
	} {
		sub := &pubsubpb.Subscription{
			Name: "projects/test/subscriptions/" + SubscriptionName(MessageReceived, name), Topic: topicName(MessageReceived),
			MessageRetentionDuration: month, ExpirationPolicy: &pubsubpb.ExpirationPolicy{},
			PushConfig: &pubsubpb.PushConfig{PushEndpoint: "http://127.0.0.1:1/events"},
		}
		c.spoil(sub)
		_, err := p.client.SubscriptionAdminClient.CreateSubscription(t.Context(), sub)
		require.NoError(t, err, name)
		err = p.Keeps(t.Context(), MessageReceived, name)
		if c.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, c.want, name)
	}
	err := p.Keeps(t.Context(), MessageReceived, "none")
	assert.ErrorContains(t, err, "subscription message.received.none: ")
	assert.ErrorContains(t, err, "NotFound")
}
