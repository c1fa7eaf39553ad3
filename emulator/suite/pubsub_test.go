package suite_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/deskline/deskline/emulator/pubsub"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
)

// runningPubSub is a Pub/Sub that runs already. Ours stands in for Google's, so that the test needs none.
func runningPubSub(t *testing.T) (addr string, subscriptions pubsubpb.SubscriberClient) {
	t.Helper()
	server, err := pubsub.Start("127.0.0.1:0", pubsub.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	conn, err := grpc.NewClient(server.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return server.Addr(), pubsubpb.NewSubscriberClient(conn)
}

// inProject are the subscriptions of the suite, as the emulator has them.
func inProject(t *testing.T, c pubsubpb.SubscriberClient, project string) []*pubsubpb.Subscription {
	t.Helper()
	list, err := c.ListSubscriptions(t.Context(), &pubsubpb.ListSubscriptionsRequest{Project: "projects/" + project, PageSize: 100})
	require.NoError(t, err)
	return list.GetSubscriptions()
}

// pushed hears which functions get events.
type pushed struct {
	mu        sync.Mutex
	functions []string
}

func (p *pushed) wrap(function string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events" {
			p.mu.Lock()
			p.functions = append(p.functions, function)
			p.mu.Unlock()
		}
		h.ServeHTTP(w, r)
	})
}

func (p *pushed) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.functions...)
}

func TestSuitesOnOnePubSubShareNothingAndLeaveNothing(t *testing.T) {
	addr, c := runningPubSub(t)
	var heard, other pushed
	one, err := suite.Start(t.Context(), suite.Options{GooglePubSub: addr, Wrap: heard.wrap})
	require.NoError(t, err)
	assert.Nil(t, one.PubSub)
	two := start(t, suite.Options{GooglePubSub: addr, Wrap: other.wrap})
	require.NotEqual(t, one.Bus.Project, two.Bus.Project)
	assert.Equal(t, one.Bus.Project, one.Env()["PUBSUB_PROJECT"])
	b, err := bus.Open(t.Context(), one.Bus)
	require.NoError(t, err)
	require.NoError(t, b.Hint(t.Context(), desk.Hint{Event: desk.HintAgentFreed, Agent: "nobody"}))
	require.Eventually(t, func() bool { return len(heard.heard()) > 0 }, time.Minute, time.Millisecond)
	assert.Equal(t, "routing", heard.heard()[0], "it came by the relay, and with a token")
	assert.Empty(t, other.heard())
	require.NoError(t, b.Close())
	assert.NotEmpty(t, inProject(t, c, one.Bus.Project))
	require.NoError(t, one.Close())
	assert.Empty(t, inProject(t, c, one.Bus.Project))
	assert.NotEmpty(t, inProject(t, c, two.Bus.Project))
}

// Nobody but the emulator can have the suite's token put on what he sends to a function.
func TestARelayIsFoundByWhoWasToldAlone(t *testing.T) {
	addr, c := runningPubSub(t)
	s := start(t, suite.Options{GooglePubSub: addr})
	seen := map[string]bool{}
	for _, sub := range inProject(t, c, s.Bus.Project) {
		at := sub.GetPushConfig().GetPushEndpoint()
		assert.Regexp(t, "^"+s.URL+"/relay/[A-Z2-7]{26}$", at)
		assert.False(t, seen[at], "each has its own")
		assert.LessOrEqual(t, sub.GetMessageRetentionDuration().AsDuration(), 7*24*time.Hour)
		seen[at] = true
	}
	for path, want := range map[string]int{"/relay/routing": 404, "/relay/": 404, "/relay/x/routing": 404, "/functions/routing/events": 401} {
		resp, err := http.Post(s.URL+path, "application/json", strings.NewReader(`{"message":{},"subscription":"x"}`))
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		assert.Equal(t, want, resp.StatusCode, path)
	}
	resp, err := http.Post(start(t, suite.Options{}).URL+"/relay/routing", "application/json", nil)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusNotFound, resp.StatusCode, "our Pub/Sub needs none")
}

// What an emulator does not do is told, and a suite whose emulator has gone closes all the same.
func TestAPubSubThatIsNotOurs(t *testing.T) {
	for _, o := range []pubsub.Options{
		{Observe: func(pubsub.Event) {}}, {InterceptDelivery: func(pubsub.Delivery) pubsub.Fault { return pubsub.Fault{} }}} {
		_, err := suite.Start(t.Context(), suite.Options{GooglePubSub: "127.0.0.1:1", PubSub: o})
		assert.EqualError(t, err, "pubsub: Google's emulator does not tell what becomes of a message")
	}
	var before, after atomic.Int64
	server, err := pubsub.Start("127.0.0.1:0", pubsub.Options{})
	require.NoError(t, err)
	s, err := suite.Start(t.Context(), suite.Options{GooglePubSub: server.Addr(), PubSub: pubsub.Options{
		InterceptPublish: func(*pubsubpb.PublishRequest) error { before.Add(1); return nil },
		AfterPublish:     func(*pubsubpb.PublishRequest) error { after.Add(1); return nil }}})
	require.NoError(t, err)
	b, err := bus.Open(t.Context(), s.Bus)
	require.NoError(t, err)
	require.NoError(t, b.Hint(t.Context(), desk.Hint{Event: desk.HintAgentFreed, Agent: "nobody"}))
	require.NoError(t, b.Close())
	assert.Positive(t, before.Load())
	assert.Positive(t, after.Load())
	require.NoError(t, server.Close())
	require.NoError(t, s.Close())
}
