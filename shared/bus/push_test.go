package bus

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
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

// pushed is the body of a push.
func pushed(t *testing.T, event, data string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"message": map[string]any{
			"attributes": map[string]string{"ce-id": "e1", "ce-type": event, "ce-source": "/functions/intake", "traceparent": trace},
			"data":       base64.StdEncoding.EncodeToString([]byte(data)), "messageId": "17", "message_id": "17", "orderingKey": "lea",
			"publishTime": "2026-11-21T12:00:00.5Z", "publish_time": "2026-11-21T12:00:00.5Z",
		},
		"subscription": "projects/test/subscriptions/message.received.conversation", "deliveryAttempt": 3,
	})
	require.NoError(t, err)
	return string(body)
}

// push posts a body to the handler as Pub/Sub does, within what every function has around it.
func (p *post) push(body string, f func(context.Context, Event) error) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	mux := http.NewServeMux()
	mux.Handle("POST /events", p.Handler(f))
	web.Handler(mux, web.Options{Log: slog.New(slog.DiscardHandler)}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/events", strings.NewReader(body)))
	return w
}

func TestAPushIsDecoded(t *testing.T) {
	p := open(t)
	var got Event
	w := p.push(pushed(t, MessageReceived, `{"Text":"hola"}`), func(_ context.Context, e Event) error {
		got = e
		return nil
	})
	assert.Equal(t, http.StatusNoContent, w.Code)
	assert.Empty(t, w.Body.String())
	assert.NotEmpty(t, got.attributes)
	got.attributes = nil
	assert.Equal(t, Event{ID: "e1", Type: MessageReceived, Subscription: "message.received.conversation", OrderingKey: "lea", Attempt: 3,
		Published: time.Date(2026, 11, 21, 12, 0, 0, 5e8, time.UTC), Data: json.RawMessage(`{"Text":"hola"}`)}, got)
	var text struct{ Text string }
	require.NoError(t, got.Decode(&text))
	assert.Equal(t, "hola", text.Text)
}

func TestAnswersToPushes(t *testing.T) {
	p := open(t, MessageReceived+".dead", "hints.dead")
	answer := func(err error) func(context.Context, Event) error {
		return func(context.Context, Event) error { return err }
	}
	for kind, want := range map[fault.Kind]int{
		fault.Unauthenticated: 204, fault.Denied: 204, fault.Missing: 204, fault.Conflict: 204, fault.Stale: 204, fault.TooLarge: 204,
		fault.Unprocessable: 204, fault.Invalid: 204, fault.TooEarly: 425, fault.Limited: 429, fault.Unavailable: 503, fault.Internal: 500,
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := p.push(pushed(t, desk.HintAgentFreed, `{}`), answer(fault.New(kind, "some_code", "as the test wants it")))
			assert.Equal(t, want, w.Code)
			assert.Equal(t, kind == fault.Invalid, len(p.takes()) == 1, "only what can never succeed is a dead letter")
		})
	}
	assert.Equal(t, 500, p.push(pushed(t, desk.HintAgentFreed, `{}`), answer(errors.New("disk full"))).Code)
	assert.Equal(t, 204, p.push(pushed(t, desk.HintAgentFreed, `{}`), answer(nil)).Code)
	assert.Empty(t, p.takes())
}

func TestDeadLettersKeepWhatTheyCameWith(t *testing.T) {
	p := open(t, "message.received.dead", "hints.dead")
	for _, c := range []struct{ event, data, topic string }{
		{MessageReceived, `{"Text":"hola"}`, "message.received.dead"},
		{desk.HintAgentFreed, `{"Agent":1}`, "hints.dead"},
		{desk.HintAgentFreed, `{"Agent":`, "hints.dead"},
		{desk.HintOfferDue, "\xff\x00 no JSON", "hints.dead"},
		{desk.HintOfferDue, "", "hints.dead"},
	} {
		w := p.push(pushed(t, c.event, c.data), func(_ context.Context, e Event) error {
			var hint desk.Hint
			if err := e.Decode(&hint); err != nil {
				return err
			}
			return fault.New(fault.Invalid, "bad_event", "it tells nothing")
		})
		require.Equal(t, http.StatusNoContent, w.Code, c.data)
		got := p.takes()
		require.Len(t, got, 1, c.data)
		assert.Equal(t, c.topic, got[0].topic)
		assert.Equal(t, c.data, string(got[0].Data))
		assert.Equal(t, map[string]string{"ce-id": "e1", "ce-type": c.event, "ce-source": "/functions/intake", "traceparent": trace,
			"reason": "bad_event", "dead-subscription": "message.received.conversation", "dead-attempts": "3", "dead-key": "lea",
			"dead-published": "2026-11-21T12:00:00.5Z"}, got[0].Attributes)
		assert.Empty(t, got[0].OrderingKey)
	}
}

func TestAnEventWithoutAttributesCanDie(t *testing.T) {
	p := open(t, "hints.dead")
	w := p.push(`{"message":{"data":"e30="}}`, func(context.Context, Event) error { return fault.New(fault.Invalid, "bad_event", "") })
	assert.Equal(t, http.StatusNoContent, w.Code)
	got := p.takes()
	require.Len(t, got, 1)
	assert.Equal(t, map[string]string{"reason": "bad_event", "dead-attempts": "0", "dead-published": "0001-01-01T00:00:00Z"}, got[0].Attributes)
}

func TestADeadLetterThatCannotBeSentComesAgain(t *testing.T) {
	p := open(t, "hints.dead")
	p.answers(refused)
	w := p.push(pushed(t, desk.HintAgentFreed, `{}`), func(context.Context, Event) error { return fault.New(fault.Invalid, "bad_event", "") })
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), "not_published")
}

func TestABodyThatIsNoPush(t *testing.T) {
	p := open(t)
	for body, want := range map[string]int{
		"":                                    400,
		"hello":                               400,
		"[]":                                  400,
		`{"message":{"data":"not base64!"}}`:  400,
		`{"message":{"data":17}}`:             400,
		`{"message":"x"}`:                     400,
		`{"message":{"publishTime":"today"}}`: 400,
		`{"deliveryAttempt":"x"}`:             400,
		strings.Repeat(" ", maxPush+1):        413,
	} {
		w := p.push(body, func(context.Context, Event) error {
			assert.Fail(t, "it was handled", "%.40q", body)
			return nil
		})
		assert.Equal(t, want, w.Code, "%.40q", body)
	}
	for _, body := range []string{"null", "{}", `{"message":null,"extra":1}`} {
		var got Event
		w := p.push(body, func(_ context.Context, e Event) error {
			got = e
			return nil
		})
		assert.Equal(t, 204, w.Code, body)
		assert.Equal(t, Event{}, got, body)
	}
}

func TestDecodingOtherData(t *testing.T) {
	for _, data := range []string{"", "null1", "[]", `"x"`, `{"Agent":1}`} {
		err := Event{Type: desk.HintAgentFreed, Data: json.RawMessage(data)}.Decode(new(desk.Hint))
		assert.True(t, fault.Is(err, fault.Invalid), "%q: %v", data, err)
		assert.True(t, fault.HasCode(err, "bad_event"), "%q: %v", data, err)
	}
}

// What is published for an event is found under the event's trace, and is this request's doing, not that of who published it.
func TestTheTraceIsCarriedOn(t *testing.T) {
	p := open(t, desk.HintAgentFreed)
	hint := func(ctx context.Context, _ Event) error { return p.Hint(ctx, desk.Hint{Event: desk.HintAgentFreed}) }
	require.Equal(t, 204, p.push(pushed(t, desk.HintOfferDue, `{}`), hint).Code)
	assert.Regexp(t, "^"+trace[:36]+"[0-9a-f]{16}-01$", p.takes()[0].Attributes["traceparent"])
	require.Equal(t, 204, p.push(pushed(t, desk.HintOfferDue, `{}`), hint).Code)
	assert.NotEqual(t, trace, p.takes()[0].Attributes["traceparent"], "the publisher's own part of the trace")

	require.Equal(t, 204, p.push(`{}`, hint).Code)
	assert.Regexp(t, "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$", p.takes()[0].Attributes["traceparent"], "one that has none begins one")
}
