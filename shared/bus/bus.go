// Package bus carries events between functions over Pub/Sub.
//
// An event follows the CloudEvents Pub/Sub binding: attributes ce-id, ce-type, ce-source, ce-specversion, ce-time and
// traceparent, JSON data; its topic is named as its type. Almost all events are hints (desk.Hint): IDs that say "look
// here". message.received is the one that is data, so its topic alone keeps the order of each customer's messages.
package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"github.com/google/uuid"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/dial"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// MessageReceived carries a channel.Event: what a customer or a channel told.
const MessageReceived = "message.received"

// The topics of what could not be handled: data has its own, hints share one.
const (
	MessageReceivedDead = MessageReceived + ".dead"
	HintsDead           = "hints.dead"
)

// Config says where events go.
type Config struct {
	Project  string
	Endpoint string // host:port of a local server, spoken to without credentials; empty is Google's service
	Source   string // the function that publishes, for ce-source
}

// Bus publishes events. It is safe for concurrent use.
type Bus struct {
	client *pubsub.Client
	source string

	mu     sync.Mutex
	topics map[string]*pubsub.Publisher
}

// Open makes a bus. Connections are made when first used.
func Open(ctx context.Context, c Config) (*Bus, error) {
	opts, err := dial.Options(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	client, err := pubsub.NewClient(ctx, c.Project, opts...)
	if err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	return &Bus{client: client, source: "/functions/" + c.Source, topics: map[string]*pubsub.Publisher{}}, nil
}

// Close sends what is under way and ends the connection.
func (b *Bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.topics {
		t.Stop()
	}
	return b.client.Close()
}

// publishDelay is how long a publish waits for company, and publishFor how long it may take: Meta wants its answer
// within five seconds, and a hint that takes longer is better made by the sweep.
const (
	publishDelay = time.Millisecond
	publishFor   = 3 * time.Second
)

func (b *Bus) topic(name string) *pubsub.Publisher {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topics[name]
	if t == nil {
		t = b.client.Publisher(name)
		t.PublishSettings.DelayThreshold = publishDelay
		t.PublishSettings.Timeout = publishFor
		t.EnableMessageOrdering = name == MessageReceived
		b.topics[name] = t
	}
	return t
}

// Out is an event to publish.
type Out struct {
	Type string
	Key  string // ordering key; only message.received has one
	Data any    // JSON; a json.RawMessage goes out as it is
	ID   string // the event's own; empty makes a new one

	attributes map[string]string // of a dead letter, which keeps those it came with; nil makes new ones
}

// Publish sends the events side by side and returns when all are acknowledged. A failure is Unavailable (code
// not_published): some of the events may have been sent, and all may be sent again.
func (b *Bus) Publish(ctx context.Context, events ...Out) error {
	ctx, cancel := context.WithTimeout(ctx, publishFor)
	defer cancel()
	messages := make([]*pubsub.Message, len(events))
	for n, e := range events {
		data, err := encode(e.Data)
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		messages[n] = &pubsub.Message{Data: data, OrderingKey: e.Key, Attributes: b.attributes(ctx, e)}
	}
	for _, e := range events {
		if e.Key != "" {
			b.topic(e.Type).ResumePublish(e.Key) // a failed publish pauses its key, at times only after its caller gave up
		}
	}
	results := make([]*pubsub.PublishResult, len(events))
	for n, e := range events {
		results[n] = b.topic(e.Type).Publish(ctx, messages[n])
	}
	var failed error
	for _, r := range results {
		_, err := r.Get(ctx)
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "not_published", "the change may not have been passed on; try again"), failed)
	}
	return nil
}

// encode makes an event's data. The data of a dead letter may be no JSON at all, and nothing of it must be lost.
func encode(data any) ([]byte, error) {
	if raw, ok := data.(json.RawMessage); ok {
		return raw, nil
	}
	return json.Marshal(data)
}

func (b *Bus) attributes(ctx context.Context, e Out) map[string]string {
	if e.attributes != nil {
		return e.attributes
	}
	a := map[string]string{
		"ce-specversion": "1.0",
		"ce-id":          cmp.Or(e.ID, uuid.NewString()),
		"ce-type":        e.Type,
		"ce-source":      b.source,
		"ce-time":        time.Now().UTC().Format(time.RFC3339Nano),
		"content-type":   "application/json",
	}
	if t := web.Traceparent(ctx); t != "" {
		a["traceparent"] = t
	}
	return a
}

// Hint publishes hints; see Publish.
func (b *Bus) Hint(ctx context.Context, hints ...desk.Hint) error {
	if len(hints) == 0 {
		return nil
	}
	out := make([]Out, len(hints))
	for n, h := range hints {
		out[n] = Out{Type: h.Event, Data: h}
	}
	return b.Publish(ctx, out...)
}
