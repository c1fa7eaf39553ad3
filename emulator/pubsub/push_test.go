package pubsub_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/pubsub"
)

func TestPushBodyIsProductions(t *testing.T) {
	stamp := time.Date(2026, 11, 21, 10, 20, 30, 456_789_000, time.UTC)
	c := start(t, pubsub.Options{Now: func() time.Time { return stamp }})
	c.topic("events")
	c.topic("dead")
	c.subscribe(c.push("plain", "events"))
	counted := c.push("counted", "events")
	counted.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/p/topics/dead"}
	c.subscribe(counted)

	for _, tc := range []struct {
		name           string
		message        *pubsubpb.PubsubMessage
		plain, counted string // %s is the message ID
	}{
		{
			name:    "data only",
			message: text("hello <world>"),
			plain: `{"message":{"attributes":{},"data":"aGVsbG8gPHdvcmxkPg==","messageId":"ID","message_id":"ID",` +
				`"publishTime":"2026-11-21T10:20:30.456Z","publish_time":"2026-11-21T10:20:30.456Z"},` +
				`"subscription":"projects/p/subscriptions/plain"}`,
			counted: `{"message":{"attributes":{},"data":"aGVsbG8gPHdvcmxkPg==","messageId":"ID","message_id":"ID",` +
				`"publishTime":"2026-11-21T10:20:30.456Z","publish_time":"2026-11-21T10:20:30.456Z"},` +
				`"subscription":"projects/p/subscriptions/counted","deliveryAttempt":1}`,
		},
		{
			name:    "attributes and key",
			message: &pubsubpb.PubsubMessage{Attributes: map[string]string{"ce-type": "offer.made", "a": "ñ"}, OrderingKey: "k1"},
			plain: `{"message":{"attributes":{"a":"ñ","ce-type":"offer.made"},"data":"","messageId":"ID","message_id":"ID","orderingKey":"k1",` +
				`"publishTime":"2026-11-21T10:20:30.456Z","publish_time":"2026-11-21T10:20:30.456Z"},` +
				`"subscription":"projects/p/subscriptions/plain"}`,
			counted: `{"message":{"attributes":{"a":"ñ","ce-type":"offer.made"},"data":"","messageId":"ID","message_id":"ID","orderingKey":"k1",` +
				`"publishTime":"2026-11-21T10:20:30.456Z","publish_time":"2026-11-21T10:20:30.456Z"},` +
				`"subscription":"projects/p/subscriptions/counted","deliveryAttempt":1}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(c.endpoint.got())
			id := c.publish("events", tc.message)
			c.idle()
			hits := c.endpoint.got()[before:]
			require.Len(t, hits, 2)
			for _, h := range hits {
				want := map[string]string{"/plain": tc.plain, "/counted": tc.counted}[h.path]
				assert.Equal(t, replaceID(want, id), string(h.raw))
				assert.Equal(t, "application/json", h.header.Get("Content-Type"))
				assert.Empty(t, h.header.Get("Authorization"))
			}
		})
	}
}

func TestWholeSecondsHaveNoFraction(t *testing.T) {
	c := start(t, pubsub.Options{Now: func() time.Time { return time.Date(2026, 11, 21, 10, 20, 30, 999, time.UTC) }})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.publish("events", text("x"))
	c.idle()
	require.Len(t, c.endpoint.got(), 1)
	assert.Equal(t, "2026-11-21T10:20:30Z", c.endpoint.got()[0].body.Message.PublishTime)
}

func TestToken(t *testing.T) {
	c := start(t, pubsub.Options{Token: func(_ context.Context, account, audience string) (string, error) {
		return account + "|" + audience, nil
	}})
	c.topic("events")
	named := c.push("named", "events")
	named.PushConfig.AuthenticationMethod = &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{
		ServiceAccountEmail: "push@p.iam.gserviceaccount.com", Audience: "https://desk.example",
	}}
	c.subscribe(named)
	bare := c.push("bare", "events")
	bare.PushConfig.AuthenticationMethod = &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{
		ServiceAccountEmail: "push@p.iam.gserviceaccount.com",
	}}
	c.subscribe(bare)
	c.publish("events", text("x"))
	c.idle()

	got := map[string]string{}
	for _, h := range c.endpoint.got() {
		got[h.path] = h.header.Get("Authorization")
	}
	assert.Equal(t, map[string]string{
		"/named": "Bearer push@p.iam.gserviceaccount.com|https://desk.example",
		"/bare":  "Bearer push@p.iam.gserviceaccount.com|" + c.endpoint.URL + "/bare",
	}, got)
}

func TestTokenErrorIsARefusal(t *testing.T) {
	var calls atomic.Int32
	var seen events
	c := start(t, pubsub.Options{
		PushBackoff: noBackoff,
		Observe:     seen.add,
		Token: func(context.Context, string, string) (string, error) {
			if calls.Add(1) < 3 {
				return "", errors.New("no key yet")
			}
			return "jwt", nil
		},
	})
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.PushConfig.AuthenticationMethod = &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{ServiceAccountEmail: "push@p"}}
	c.subscribe(sub)
	c.publish("events", text("x"))
	c.idle()

	require.Len(t, c.endpoint.got(), 1)
	assert.Equal(t, "Bearer jwt", c.endpoint.got()[0].header.Get("Authorization"))
	pushed := seen.of(pubsub.Pushed)
	require.Len(t, pushed, 3)
	assert.ErrorContains(t, pushed[0].Err, "no key yet")
	assert.NoError(t, pushed[2].Err)
}

func TestOnlySomeAnswersAcknowledge(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	for code, acks := range map[int]bool{
		200: true, 201: true, 202: true, 204: true,
		203: false, 205: false, 206: false, 301: false, 302: false, 304: false, 307: false,
		400: false, 401: false, 403: false, 404: false, 409: false, 412: false, 425: false, 429: false,
		500: false, 501: false, 502: false, 503: false, 504: false,
	} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			before := len(c.endpoint.got())
			c.endpoint.answers(func(_ hit, nth int) int {
				if nth == before+1 {
					return code
				}
				return 204
			})
			c.publish("events", text("x"))
			c.idle()
			want := 2
			if acks {
				want = 1
			}
			assert.Len(t, c.endpoint.got(), before+want)
		})
	}
}

func TestProcessingAcknowledgesWhateverFollows(t *testing.T) {
	var seen events
	c := start(t, pubsub.Options{PushBackoff: noBackoff, Observe: seen.add})
	e := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusProcessing)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer e.Close()
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.PushConfig.PushEndpoint = e.URL
	c.subscribe(sub)
	c.publish("events", text("x"))
	c.idle()
	pushed := seen.of(pubsub.Pushed)
	require.Len(t, pushed, 1)
	assert.Equal(t, 102, pushed[0].Status)
	assert.True(t, pushed[0].Ack)
}

func TestEarlyHintsDoNotAcknowledge(t *testing.T) {
	var calls atomic.Int32
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	e := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		if calls.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer e.Close()
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.PushConfig.PushEndpoint = e.URL
	c.subscribe(sub)
	c.publish("events", text("x"))
	c.idle()
	assert.EqualValues(t, 2, calls.Load())
}

func TestNoAnswerInTimeIsARefusal(t *testing.T) {
	var seen events
	c := start(t, pubsub.Options{PushBackoff: noBackoff, AckDeadline: 50 * time.Millisecond, Observe: seen.add})
	var calls atomic.Int32
	e := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the caller left
		if calls.Add(1) == 1 {
			<-r.Context().Done()
		}
	}))
	defer e.Close()
	c.topic("events")
	sub := c.push("events-push", "events")
	sub.PushConfig.PushEndpoint = e.URL
	c.subscribe(sub)
	c.publish("events", text("x"))
	c.idle()
	pushed := seen.of(pubsub.Pushed)
	require.GreaterOrEqual(t, len(pushed), 2)
	assert.ErrorIs(t, pushed[0].Err, context.DeadlineExceeded)
	assert.Zero(t, pushed[0].Status)
	assert.False(t, pushed[0].Ack)
	assert.True(t, pushed[len(pushed)-1].Ack)
}

func TestEndpointDownThenUp(t *testing.T) {
	refused := make(chan struct{})
	var once sync.Once
	c := start(t, pubsub.Options{
		PushBackoff: pubsub.Backoff{Min: time.Millisecond, Max: 5 * time.Millisecond},
		Observe: func(e pubsub.Event) {
			if e.Kind == pubsub.Pushed && e.Err != nil {
				once.Do(func() { close(refused) })
			}
		},
	})
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := reserved.Addr().String()
	require.NoError(t, reserved.Close())

	c.topic("events")
	sub := c.push("events-push", "events")
	sub.PushConfig.PushEndpoint = "http://" + addr
	c.subscribe(sub)
	for i := range 20 {
		c.publish("events", text(strconv.Itoa(i)))
	}
	<-refused
	assert.Equal(t, 20, c.server.Pending())

	listener, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	up := &http.Server{Handler: c.endpoint}
	defer up.Close()
	go func() { _ = up.Serve(listener) }()
	c.idle()
	assert.ElementsMatch(t, []string{
		"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
	}, c.endpoint.texts())
	assert.Zero(t, c.server.Pending())
}

func TestManySubscriptionsOfATopic(t *testing.T) {
	c := start(t, pubsub.Options{PushBackoff: noBackoff})
	c.topic("events")
	c.endpoint.answers(func(h hit, nth int) int {
		if nth%5 == 0 {
			return 503
		}
		return 204
	})
	for i := range 20 {
		c.subscribe(c.push("sub-"+strconv.Itoa(i), "events"))
	}
	for i := range 10 {
		c.publish("events", text(strconv.Itoa(i)))
	}
	c.idle()
	got := map[string]map[string]bool{}
	for _, h := range c.endpoint.got() {
		if got[h.body.Subscription] == nil {
			got[h.body.Subscription] = map[string]bool{}
		}
		got[h.body.Subscription][h.text()] = true
	}
	require.Len(t, got, 20)
	for sub, texts := range got {
		assert.Len(t, texts, 10, sub)
	}
}

func TestParallelismIsBounded(t *testing.T) {
	c := start(t, pubsub.Options{Parallel: 3})
	var inFlight, most atomic.Int32
	three := make(chan struct{})
	var once sync.Once
	c.endpoint.answers(func(hit, int) int {
		n := inFlight.Add(1)
		defer inFlight.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == 3 {
			once.Do(func() { close(three) })
		}
		<-three
		return 204
	})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	for range 40 {
		c.publish("events", text("x"))
	}
	c.idle()
	assert.EqualValues(t, 3, most.Load())
	assert.Len(t, c.endpoint.got(), 40)
}

func TestHandlerThatPublishesKeepsTheServerBusy(t *testing.T) {
	c := start(t, pubsub.Options{})
	c.topic("events")
	c.subscribe(c.push("events-push", "events"))
	c.endpoint.answers(func(h hit, nth int) int {
		if nth < 50 {
			c.publish("events", text(strconv.Itoa(nth)))
		}
		return 204
	})
	c.publish("events", text("0"))
	c.idle()
	assert.Len(t, c.endpoint.got(), 50)
}
