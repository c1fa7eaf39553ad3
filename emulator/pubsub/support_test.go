package pubsub_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gpubsub "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/deskline/deskline/emulator/pubsub"
)

// noBackoff turns the push backoff off, for tests of everything else.
var noBackoff = pubsub.Backoff{Max: -1}

// suite is a server, the real client and an endpoint that keeps what it was sent.
type suite struct {
	t        testing.TB
	server   *pubsub.Server
	client   *gpubsub.Client
	endpoint *endpoint
}

func start(t testing.TB, opts pubsub.Options) *suite {
	t.Helper()
	server, err := pubsub.Start("127.0.0.1:0", opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	c := &suite{t: t, server: server, client: dial(t, server), endpoint: newEndpoint(t)}
	return c
}

func dial(t testing.TB, server *pubsub.Server) *gpubsub.Client {
	t.Helper()
	client, err := gpubsub.NewClient(context.Background(), "p",
		option.WithEndpoint(server.Addr()),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (c *suite) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	c.t.Cleanup(cancel)
	return ctx
}

func (c *suite) topic(id string) {
	c.t.Helper()
	_, err := c.client.TopicAdminClient.CreateTopic(c.ctx(), &pubsubpb.Topic{Name: "projects/p/topics/" + id})
	require.NoError(c.t, err)
}

// push is a push subscription of the topic to the suite's endpoint.
func (c *suite) push(id, topic string) *pubsubpb.Subscription {
	return &pubsubpb.Subscription{
		Name:       "projects/p/subscriptions/" + id,
		Topic:      "projects/p/topics/" + topic,
		PushConfig: &pubsubpb.PushConfig{PushEndpoint: c.endpoint.URL + "/" + id},
	}
}

func (c *suite) subscribe(sub *pubsubpb.Subscription) {
	c.t.Helper()
	_, err := c.client.SubscriptionAdminClient.CreateSubscription(c.ctx(), sub)
	require.NoError(c.t, err)
}

// publish sends one message and returns its ID.
func (c *suite) publish(topic string, m *pubsubpb.PubsubMessage) string {
	c.t.Helper()
	resp, err := c.client.TopicAdminClient.Publish(c.ctx(), &pubsubpb.PublishRequest{
		Topic: "projects/p/topics/" + topic, Messages: []*pubsubpb.PubsubMessage{m},
	})
	require.NoError(c.t, err)
	require.Len(c.t, resp.GetMessageIds(), 1)
	return resp.GetMessageIds()[0]
}

func text(s string) *pubsubpb.PubsubMessage { return &pubsubpb.PubsubMessage{Data: []byte(s)} }

func keyed(key, s string) *pubsubpb.PubsubMessage {
	return &pubsubpb.PubsubMessage{Data: []byte(s), OrderingKey: key}
}

func (c *suite) idle() {
	c.t.Helper()
	require.NoError(c.t, c.server.Idle(c.ctx()))
}

// hit is one push request, decoded and raw.
type hit struct {
	path   string
	header http.Header
	raw    []byte
	at     time.Time
	body   struct {
		Message struct {
			Attributes  map[string]string `json:"attributes"`
			Data        []byte            `json:"data"`
			MessageID   string            `json:"messageId"`
			OrderingKey string            `json:"orderingKey"`
			PublishTime string            `json:"publishTime"`
		} `json:"message"`
		Subscription    string `json:"subscription"`
		DeliveryAttempt int    `json:"deliveryAttempt"`
	}
}

func (h hit) text() string { return string(h.body.Message.Data) }

// endpoint answers what answer says, 204 by default, and keeps the requests in order of arrival.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	hits   []hit
	answer func(h hit, nth int) int
}

func newEndpoint(t testing.TB) *endpoint {
	e := &endpoint{answer: func(hit, int) int { return http.StatusNoContent }}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := hit{path: r.URL.Path, header: r.Header, at: time.Now()}
	h.raw, _ = io.ReadAll(r.Body)
	if err := json.Unmarshal(h.raw, &h.body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	e.hits = append(e.hits, h)
	nth, answer := len(e.hits), e.answer
	e.mu.Unlock()
	w.WriteHeader(answer(h, nth))
}

func (e *endpoint) answers(f func(h hit, nth int) int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = f
}

func (e *endpoint) got() []hit {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.hits)
}

func (e *endpoint) texts() []string {
	var texts []string
	for _, h := range e.got() {
		texts = append(texts, h.text())
	}
	return texts
}

// events collects what Observe is told.
type events struct {
	mu  sync.Mutex
	all []pubsub.Event
}

func (e *events) add(ev pubsub.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, ev)
}

func (e *events) of(kind pubsub.Kind) []pubsub.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []pubsub.Event
	for _, ev := range e.all {
		if ev.Kind == kind {
			out = append(out, ev)
		}
	}
	return out
}

// replaceID puts a message's ID where an expected body says ID.
func replaceID(body, id string) string { return strings.ReplaceAll(body, `"ID"`, `"`+id+`"`) }
