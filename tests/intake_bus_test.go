package tests

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pubsubclient "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/sethvargo/go-envconfig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/tests/floor"
)

// broken is a bus that refuses what customers write while it is down.
type broken struct {
	down atomic.Bool
	code codes.Code
	only string // ordering keys it refuses; empty is all
	keys atomic.Pointer[string]
}

func (b *broken) refuse(req *pubsubpb.PublishRequest) error {
	if !b.down.Load() || !strings.HasSuffix(req.GetTopic(), "/"+bus.MessageReceived) {
		return nil
	}
	if first := req.GetMessages()[0].GetOrderingKey(); b.only == "one" && !b.keys.CompareAndSwap(nil, &first) && *b.keys.Load() != first {
		return nil
	}
	return status.Error(b.code, "the bus is down")
}

func (b *broken) options() suite.Options {
	return suite.Options{PubSub: pubsub.Options{InterceptPublish: b.refuse}}
}

// B1: as long as the bus does not take a message, Meta hears that it is not safe and keeps it. The same instance takes
// it when the bus is back. Once it refuses at once, once it does not answer within Meta's patience.
func TestWhileTheBusIsDownMetaKeepsTheMessages(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.PermissionDenied, codes.Unavailable} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			b := broken{code: code}
			c := floor.OpenWith(t, b.options())
			ana := c.Agent("ana").SignsIn()
			b.down.Store(true)
			together(3, func(n int) {
				r, err := c.Number().Receive(c.Customer("lea").Who, graph.Inbound{Text: string(rune('a' + n))})
				assert.NoError(t, err)
				assert.Equal(t, 503, r.Status)
				assert.NotContains(t, r.Body, "the bus is down", "what is wrong with us is not Meta's matter")
				assert.Contains(t, r.Body, "not_published")
			})
			assert.Empty(t, all[desk.Message](c))
			b.down.Store(false)
			c.Settle()
			assert.ElementsMatch(t, []string{"a", "b", "c"}, texts(ana.Reads(ana.Accepts().ID)), "each once")
			assert.Len(t, all[desk.Interaction](c), 1)
			c.Customer("lea").Writes("d")
			c.Customer("max").Writes("hola")
			c.Settle()
			assert.Len(t, all[desk.Message](c), 5)
		})
	}
}

// B1: where the bus takes some of a call's messages and refuses others, Meta sends all of them again, and none is
// recorded twice.
func TestACallThatWasPublishedInPartIsRepeatedAsAWhole(t *testing.T) {
	t.Parallel()
	b := broken{code: codes.PermissionDenied, only: "one"}
	c := floor.OpenWith(t, b.options())
	var batch []graph.Incoming
	for _, name := range []string{"lea", "max", "lea", "kim", "max"} {
		batch = append(batch, graph.Incoming{From: c.Customer(name).Who, Message: graph.Inbound{Text: name}})
	}
	b.down.Store(true)
	r, err := c.Number().ReceiveBatch(batch)
	require.NoError(t, err)
	require.Equal(t, 503, r.Status)
	b.down.Store(false)
	c.Settle()
	assert.Len(t, all[desk.Message](c), 5)
	assert.Len(t, all[desk.Interaction](c), 3)
	assert.GreaterOrEqual(t, c.Suite.Graph.Callbacks().Posts, 2)
}

// durable is how a subscription must be: 31 days, no end, and somebody who is told.
func durable(s *pubsubpb.Subscription) {
	s.PushConfig = &pubsubpb.PushConfig{PushEndpoint: "http://127.0.0.1:1/events"}
	s.MessageRetentionDuration = durationpb.New(31 * 24 * time.Hour)
	s.ExpirationPolicy = &pubsubpb.ExpirationPolicy{}
}

// Intake promises Meta that a message is safe. It does not start where that would not be true.
func TestIntakeRefusesToStartWhereMessagesCouldBeLost(t *testing.T) {
	t.Parallel()
	week := func(s *pubsubpb.Subscription) {
		durable(s)
		s.MessageRetentionDuration = durationpb.New(7 * 24 * time.Hour)
	}
	idle := func(s *pubsubpb.Subscription) { durable(s); s.ExpirationPolicy = nil }
	ends := func(s *pubsubpb.Subscription) {
		durable(s)
		s.ExpirationPolicy.Ttl = durationpb.New(365 * 24 * time.Hour)
	}
	unread := func(s *pubsubpb.Subscription) { durable(s); s.PushConfig = nil }
	gives := func(s *pubsubpb.Subscription) {
		durable(s)
		s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/" + suite.Project + "/topics/" + bus.MessageReceived}
	}
	for name, c := range map[string]struct {
		live, dead func(*pubsubpb.Subscription) // nil is none
		says       string                       // empty is a start
	}{
		"both as they must be":       {durable, durable, ""},
		"no subscription":            {nil, nil, "message.received.conversation"},
		"none for dead letters":      {durable, nil, "message.received.dead.kept"},
		"only for dead letters":      {nil, durable, "message.received.conversation"},
		"kept for seven days":        {week, durable, "168h"},
		"dead letters for a week":    {durable, week, "168h"},
		"expires when nobody reads":  {idle, durable, "expires"},
		"expires after a year":       {ends, durable, "expires"},
		"dead letters expire unread": {durable, idle, "expires"},
		"nobody is told":             {unread, durable, "nobody"},
		"nobody gets dead letters":   {durable, unread, "nobody"},
		"given up to another topic":  {gives, durable, "gives messages up"},
		"dead letters are given up":  {durable, gives, "gives messages up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := provisioned(t, map[string]func(*pubsubpb.Subscription){
				"message.received.conversation": c.live, "message.received.dead.kept": c.dead})
			err := opens(t, "intake", settings(addr))
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.ErrorContains(t, err, c.says)
		})
	}
}

// A secret that is missing or empty would let nobody in, or hash addresses with no key; the deployment fails instead.
func TestIntakeAndConversationRefuseToStartWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	addr := provisioned(t, map[string]func(*pubsubpb.Subscription){
		"message.received.conversation": durable, "message.received.dead.kept": durable})
	for _, c := range []struct{ function, setting string }{
		{"intake", "META_APP_SECRETS"}, {"intake", "META_VERIFY_TOKEN"}, {"intake", "IDENTITY_KEY"}, {"conversation", "IDENTITY_KEY"},
	} {
		require.NoError(t, opens(t, c.function, settings(addr)))
		empty := settings(addr)
		empty[c.setting] = ""
		assert.ErrorContains(t, opens(t, c.function, empty), c.setting)
		delete(empty, c.setting)
		assert.ErrorContains(t, opens(t, c.function, empty), c.setting)
	}
	commas := settings(addr)
	commas["META_APP_SECRETS"] = " , "
	assert.ErrorContains(t, opens(t, "intake", commas), "META_APP_SECRETS")
}

// provisioned starts a bus with the two topics of what customers write and the subscriptions that are given.
func provisioned(t *testing.T, subscriptions map[string]func(*pubsubpb.Subscription)) (addr string) {
	t.Helper()
	s, err := pubsub.Start("127.0.0.1:0", pubsub.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	client, err := pubsubclient.NewClient(t.Context(), suite.Project, option.WithEndpoint("passthrough:///"+s.Addr()),
		option.WithoutAuthentication(), option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	defer client.Close()
	for _, topic := range []string{bus.MessageReceived, bus.MessageReceived + ".dead"} {
		_, err := client.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/" + suite.Project + "/topics/" + topic})
		require.NoError(t, err)
	}
	for name, shape := range subscriptions {
		if shape == nil {
			continue
		}
		topic := name[:strings.LastIndexByte(name, '.')]
		sub := &pubsubpb.Subscription{Name: "projects/" + suite.Project + "/subscriptions/" + name, Topic: "projects/" + suite.Project + "/topics/" + topic}
		shape(sub)
		_, err := client.SubscriptionAdminClient.CreateSubscription(t.Context(), sub)
		require.NoError(t, err)
	}
	return s.Addr()
}

// settings are those of intake and conversation, with a bus and nothing else to talk to.
func settings(bus string) map[string]string {
	return map[string]string{
		"GOOGLE_CLOUD_PROJECT": suite.Project, "PUBSUB_EMULATOR_HOST": bus,
		"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1", "CLOUD_TASKS_EMULATOR_HOST": "127.0.0.1:1",
		"META_APP_SECRETS": "secret", "META_VERIFY_TOKEN": "word", "IDENTITY_KEY": "key",
		"SERVICE_ISSUER": "http://127.0.0.1:1", "SERVICE_AUDIENCE": "https://example.com", "SERVICE_EMAILS": "events@example.com",
	}
}

// opens starts a function and stops it again.
func opens(t *testing.T, function string, env map[string]string) error {
	t.Helper()
	var log floor.Log
	f, err := host.Open(context.Background(), function, host.Options{Env: envconfig.MapLookuper(env), Log: log.Logger()})
	if err != nil {
		return err
	}
	return f.Close()
}
