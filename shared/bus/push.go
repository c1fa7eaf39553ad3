package bus

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// Event is what a push subscription delivers.
type Event struct {
	ID           string // ce-id; the same event always has the same one
	Type         string
	Subscription string
	OrderingKey  string
	Attempt      int // delivery attempt; zero where the subscription does not count
	Published    time.Time
	Data         json.RawMessage

	attributes map[string]string
}

// Decode reads the event's data. Data of another shape is Invalid (code bad_event): it can never succeed.
func (e Event) Decode(into any) error {
	if err := json.Unmarshal(e.Data, into); err != nil {
		return fault.New(fault.Invalid, "bad_event", "the data of %s does not fit: %v", e.Type, err)
	}
	return nil
}

// push is the body Pub/Sub posts. Source: Google's push subscription documentation, read 2026-11.
type push struct {
	Message struct {
		Attributes  map[string]string `json:"attributes"`
		Data        []byte            `json:"data"`
		MessageID   string            `json:"messageId"`
		OrderingKey string            `json:"orderingKey"`
		PublishTime time.Time         `json:"publishTime"`
	} `json:"message"`
	Subscription    string `json:"subscription"`
	DeliveryAttempt int    `json:"deliveryAttempt"`
}

// event is what the push delivers.
func (p push) event() Event {
	return Event{
		ID: p.Message.Attributes["ce-id"], Type: p.Message.Attributes["ce-type"], Data: p.Message.Data,
		Subscription: shortName(p.Subscription), OrderingKey: p.Message.OrderingKey,
		Attempt: p.DeliveryAttempt, Published: p.Message.PublishTime,
		attributes: p.Message.Attributes,
	}
}

// maxPush is above Pub/Sub's largest message of 10 MB in base64. Source: Pub/Sub quotas, read 2026-11.
const maxPush = 15 << 20

// Handler answers pushes with what f makes of them. A fault that may pass (fault.Kind.Retry) is answered with its
// status, so that Pub/Sub delivers again. Everything else is acknowledged with 204: a business "no" is logged, and an
// event that can never succeed (Invalid) goes to the dead-letter topic first, as it came and with its reason.
func (b *Bus) Handler(f func(context.Context, Event) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ctx, err := readPush(w, r)
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		e := p.event()
		web.Note(ctx, slog.String("event", e.Type))
		if err := b.handle(ctx, e, f); err != nil {
			web.Fail(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// readPush reads the body of a push, and gives the context in which it is handled.
func readPush(w http.ResponseWriter, r *http.Request) (p push, ctx context.Context, err error) {
	body, err := web.ReadBody(w, r, maxPush)
	if err != nil {
		return p, nil, err
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return p, nil, fault.New(fault.Invalid, "bad_push", "the body is no push: %v", err)
	}
	return p, web.JoinTrace(r.Context(), p.Message.Attributes["traceparent"]), nil
}

// handle runs f and says what Pub/Sub must hear: nil acknowledges.
func (b *Bus) handle(ctx context.Context, e Event, f func(context.Context, Event) error) error {
	err := f(ctx, e)
	if err == nil || fault.Of(err).Kind.Retry() {
		return err
	}
	web.Note(ctx, slog.String("kind", string(fault.Of(err).Kind)), slog.String("err", err.Error()))
	if fault.Is(err, fault.Invalid) {
		return b.bury(ctx, e, fault.Of(err).Code)
	}
	return nil
}
