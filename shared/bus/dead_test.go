package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// pushDead posts a body to the handler of dead letters.
func (p *post) pushDead(body string, f func(context.Context, Dead) error) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	mux := http.NewServeMux()
	mux.Handle("POST /events", p.DeadHandler(f))
	web.Handler(mux, web.Options{Log: slog.New(slog.DiscardHandler)}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/events", strings.NewReader(body)))
	return w
}

// deadPush is the body of a push of a dead letter with the attributes.
func deadPush(t *testing.T, attributes map[string]string, key string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"message": map[string]any{
			"attributes": attributes, "data": "/wA=", "messageId": "17", "orderingKey": key, "publishTime": "2026-11-21T12:00:00.5Z"},
		"subscription": "projects/test/subscriptions/message.received.dead.kept",
	})
	require.NoError(t, err)
	return string(body)
}

var died = time.Date(2026, 11, 21, 12, 0, 0, 5e8, time.UTC)

func TestADeadLetterTellsItsLife(t *testing.T) {
	p := open(t)
	for name, c := range map[string]struct {
		attributes map[string]string
		key        string
		want       Dead
	}{
		"given up by a function": {
			map[string]string{"ce-id": "e1", "ce-type": MessageReceived, "traceparent": trace, "reason": "bad_event",
				"dead-subscription": "message.received.conversation", "dead-attempts": "3", "dead-key": "lea", "dead-published": "2026-11-21T11:00:00Z"}, "",
			Dead{Event: Event{ID: "e1", Type: MessageReceived, Subscription: "message.received.conversation", OrderingKey: "lea", Attempt: 3,
				Published: time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)}, Reason: "bad_event", Traceparent: trace},
		},
		"forwarded by Pub/Sub": {
			map[string]string{"ce-id": "e2", "ce-type": MessageReceived, "CloudPubSubDeadLetterSourceDeliveryCount": "100",
				"CloudPubSubDeadLetterSourceSubscription": "message.received.conversation", "CloudPubSubDeadLetterSourceSubscriptionProject": "p",
				"CloudPubSubDeadLetterSourceTopicPublishTime": "2026-11-21T12:00:00.250+01:00"}, "lea",
			Dead{Event: Event{ID: "e2", Type: MessageReceived, Subscription: "message.received.conversation", OrderingKey: "lea", Attempt: 100,
				Published: time.Date(2026, 11, 21, 11, 0, 0, 25e7, time.UTC)}, Reason: "attempts_used_up"},
		},
		"forwarded under its full name": {
			map[string]string{"CloudPubSubDeadLetterSourceSubscription": "projects/p/subscriptions/lease.due.presence"}, "",
			Dead{Event: Event{ID: "17", Subscription: "lease.due.presence"}, Reason: "attempts_used_up"}},
		"nobody says anything": {nil, "", Dead{Event: Event{ID: "17"}, Reason: "unknown"}},
		"what is no number and no time": {
			map[string]string{"dead-attempts": "many", "dead-published": "today", "reason": "r"}, "", Dead{Event: Event{ID: "17"}, Reason: "r"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got Dead
			w := p.pushDead(deadPush(t, c.attributes, c.key), func(_ context.Context, d Dead) error {
				got = d
				return nil
			})
			assert.Equal(t, http.StatusNoContent, w.Code)
			got.attributes = nil
			c.want.Topic, c.want.At, c.want.Data = MessageReceivedDead, died, json.RawMessage{0xff, 0}
			assert.Equal(t, c.want, got)
		})
	}
}

// What a function gives up is what the handler of dead letters gets.
func TestADeadLetterArrivesAsItWasBuried(t *testing.T) {
	p := open(t, MessageReceivedDead)
	w := p.push(pushed(t, MessageReceived, "\xff no text"), func(context.Context, Event) error { return fault.New(fault.Invalid, "bad_event", "") })
	require.Equal(t, http.StatusNoContent, w.Code)
	sent := p.takes()
	require.Len(t, sent, 1)
	var got Dead
	w = p.pushDead(deadPush(t, sent[0].Attributes, sent[0].OrderingKey), func(_ context.Context, d Dead) error {
		got = d
		return nil
	})
	require.Equal(t, http.StatusNoContent, w.Code)
	assert.Equal(t, "e1", got.ID)
	assert.Equal(t, "message.received.conversation", got.Subscription)
	assert.Equal(t, "lea", got.OrderingKey)
	assert.Equal(t, 3, got.Attempt)
	assert.Equal(t, died, got.Published)
	assert.Equal(t, "bad_event", got.Reason)
}

// There is nowhere else a dead letter could go: whatever fails brings it again, and nothing is published.
func TestADeadLetterIsNeverGivenUp(t *testing.T) {
	p := open(t, MessageReceivedDead, HintsDead)
	for _, kind := range []fault.Kind{
		fault.Unauthenticated, fault.Denied, fault.Missing, fault.Conflict, fault.Stale, fault.TooLarge, fault.Unprocessable, fault.Invalid,
		fault.TooEarly, fault.Limited, fault.Unavailable, fault.Internal,
	} {
		w := p.pushDead(deadPush(t, nil, ""), func(context.Context, Dead) error { return fmt.Errorf("keep: %w", fault.New(kind, "some_code", "")) })
		assert.GreaterOrEqual(t, w.Code, 400, "%s is not acknowledged", kind)
	}
	assert.Equal(t, 500, p.pushDead(deadPush(t, nil, ""), func(context.Context, Dead) error { return errors.New("disk full") }).Code)
	assert.Equal(t, 400, p.pushDead("no push", func(context.Context, Dead) error { return nil }).Code)
	assert.Empty(t, p.takes())
}

func TestAnEventMayBringItsID(t *testing.T) {
	p := open(t, desk.HintAgentFreed)
	require.NoError(t, p.Publish(t.Context(), Out{Type: desk.HintAgentFreed, ID: "mine", Data: 1}, Out{Type: desk.HintAgentFreed, Data: 2}))
	ids := map[string]string{}
	for _, m := range p.takes() {
		ids[string(m.Data)] = m.Attributes["ce-id"]
	}
	assert.Equal(t, "mine", ids["1"])
	assert.Len(t, ids["2"], 36)
}

func TestTheTopicOfASubscription(t *testing.T) {
	for name, want := range map[string]string{
		"message.received.dead.kept": "message.received.dead", "hints.dead.kept": "hints.dead", "s": "", "": "", ".": "", "a.": "a",
	} {
		assert.Equal(t, want, topicOf(name), name)
	}
}
