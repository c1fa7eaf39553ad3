package bus

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/web"
)

// Dead is an event that was given up, as it was on the subscription it died on: Subscription, OrderingKey and Published
// are those of its life, and Attempt is how often it was delivered. An event that had no ID has its dead letter's.
type Dead struct {
	Event
	Topic       string // the dead-letter topic it came by
	Reason      string // a fault's code, or one of desk's Died constants
	At          time.Time
	Traceparent string // of what was done for it; empty where it had none
}

// The attributes that a dead letter of ours has besides the event's own.
const (
	deadReason       = "reason"
	deadSubscription = "dead-subscription"
	deadAttempts     = "dead-attempts"
	deadKey          = "dead-key"
	deadPublished    = "dead-published"
)

// The attributes that Pub/Sub adds when it gives an event up by itself. Source: Google's dead-letter topics
// documentation, read 2026-11.
const (
	forwardedSubscription = "CloudPubSubDeadLetterSourceSubscription"
	forwardedAttempts     = "CloudPubSubDeadLetterSourceDeliveryCount"
	forwardedPublished    = "CloudPubSubDeadLetterSourceTopicPublishTime"
)

// bury publishes an event that can never succeed to its dead-letter topic, as it came and with what became of it. The
// topic keeps no order, so the ordering key goes along as an attribute.
func (b *Bus) bury(ctx context.Context, e Event, reason string) error {
	a := map[string]string{}
	maps.Copy(a, e.attributes)
	for name, value := range map[string]string{
		deadReason: reason, deadSubscription: e.Subscription, deadAttempts: strconv.Itoa(e.Attempt), deadKey: e.OrderingKey,
		deadPublished: e.Published.UTC().Format(time.RFC3339Nano),
	} {
		if value != "" {
			a[name] = value
		}
	}
	return b.Publish(ctx, Out{Type: deadTopic(e.Type), Data: e.Data, attributes: a})
}

// deadTopic is where an event goes that can never succeed.
func deadTopic(event string) string {
	if event == MessageReceived {
		return MessageReceivedDead
	}
	return HintsDead
}

// DeadHandler answers the pushes of dead-letter topics with what f makes of them. There is no further topic they could go
// to, so every error, of whatever kind, is answered with its status and brings the letter again.
func (b *Bus) DeadHandler(f func(context.Context, Dead) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ctx, err := readPush(w, r)
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		d := p.dead()
		web.Note(ctx, slog.String("event", d.Type))
		if err := f(ctx, d); err != nil {
			web.Fail(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// dead reads a dead letter: one of ours by our attributes, else one that Pub/Sub forwarded by Pub/Sub's. What neither
// tells stays zero.
func (p push) dead() Dead {
	e := p.event()
	a := e.attributes
	d := Dead{Event: e, Topic: topicOf(e.Subscription), At: e.Published, Traceparent: a["traceparent"]}
	d.ID = cmp.Or(d.ID, p.Message.MessageID)
	d.Subscription, d.OrderingKey = cmp.Or(a[deadSubscription], shortName(a[forwardedSubscription])), cmp.Or(a[deadKey], e.OrderingKey)
	d.Attempt, _ = strconv.Atoi(cmp.Or(a[deadAttempts], a[forwardedAttempts]))                     // what is no number is not known
	d.Published, _ = time.Parse(time.RFC3339Nano, cmp.Or(a[deadPublished], a[forwardedPublished])) // what is no time is not known
	d.Published = d.Published.UTC()
	switch {
	case a[deadReason] != "":
		d.Reason = a[deadReason]
	case a[forwardedSubscription] != "":
		d.Reason = desk.DiedOfAttempts
	default:
		d.Reason = desk.DiedUnknown
	}
	return d
}
