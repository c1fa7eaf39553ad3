package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Customer is somebody who writes to a number. One without a phone has a user name
// and is known by their business-scoped user ID only.
type Customer struct {
	Phone    string // with country code; anything but digits is dropped
	UserID   string // business-scoped user ID, such as ES.1234567890
	Name     string // profile name
	Username string // profile user name, with @
}

// Inbound is what a customer writes. The zero values of At and ID are the usual case.
type Inbound struct {
	Text    string    // a text message
	ReplyTo string    // wamid of the message it answers
	At      time.Time // when it was written; zero: now
	ID      string    // wamid; "": a new one

	// Raw is a whole element of messages[] instead of Text, of any type or none. Its
	// from, from_user_id, id and timestamp are filled in where they are absent, and
	// ReplyTo is ignored. A "system" message comes without contacts[].
	Raw json.RawMessage
}

// Incoming is one message of a batch.
type Incoming struct {
	From    Customer
	Message Inbound
}

// webhookEvent is the body of a webhook call.
type webhookEvent struct {
	Object string         `json:"object"`
	Entry  []webhookEntry `json:"entry"`
}

type webhookEntry struct {
	ID      string          `json:"id"`
	Changes []webhookChange `json:"changes"`
}

type webhookChange struct {
	Value webhookValue `json:"value"`
	Field string       `json:"field"`
}

type webhookValue struct {
	Product  string            `json:"messaging_product"`
	Metadata webhookMetadata   `json:"metadata"`
	Contacts []webhookContact  `json:"contacts,omitempty"`
	Messages []json.RawMessage `json:"messages,omitempty"`
	Statuses []statusValue     `json:"statuses,omitempty"`

	Echoes      []echoValue       `json:"message_echoes,omitempty"`
	Preferences []preferenceValue `json:"user_preferences,omitempty"`
}

type webhookMetadata struct {
	Display string `json:"display_phone_number"`
	ID      string `json:"phone_number_id"`
}

type webhookContact struct {
	Profile webhookProfile `json:"profile"`
	WAID    string         `json:"wa_id,omitempty"`
	UserID  string         `json:"user_id,omitempty"`
}

type webhookProfile struct {
	Name     string `json:"name"`
	Username string `json:"username,omitempty"`
}

// fieldMessages is the field of messages and statuses.
const fieldMessages = "messages"

// event wraps values of this number and of one field as one webhook body.
// Source: facebook/openapi business-messaging-api_v23.0.yaml, schema WebhookPayload.
func (n *Number) event(field string, values ...webhookValue) webhookEvent {
	entry := webhookEntry{ID: n.o.WABA}
	for _, v := range values {
		v.Product = product
		v.Metadata = webhookMetadata{Display: n.o.Display, ID: n.o.ID}
		entry.Changes = append(entry.Changes, webhookChange{Value: v, Field: field})
	}
	return webhookEvent{Object: "whatsapp_business_account", Entry: []webhookEntry{entry}}
}

// Receive lets a customer write to the number: the webhook is called with the
// message. It returns after the webhook's first answer, whatever that was; unless it
// was 200 the call is retried in the background, also when err says that there was
// no answer.
func (n *Number) Receive(from Customer, message Inbound) (Receipt, error) {
	return n.ReceiveBatch([]Incoming{{from, message}})
}

// ReceiveBatch delivers many messages in one call, in order: one change for each run
// of messages by the same customer. Everything else is as for Receive.
func (n *Number) ReceiveBatch(batch []Incoming) (Receipt, error) {
	if len(batch) == 0 {
		return Receipt{}, errors.New("graph: empty batch")
	}
	if err := n.server.hook.ready(); err != nil {
		return Receipt{}, err
	}
	batch = slices.Clone(batch)
	for i := range batch {
		batch[i].From.Phone = customerID(batch[i].From.Phone)
	}
	now := n.server.now()
	values, elements, err := changes(batch, now)
	if err != nil {
		return Receipt{}, err
	}
	body, err := encode(n.event(fieldMessages, values...))
	if err != nil {
		return Receipt{}, err
	}
	ids := make([]string, 0, len(elements))
	for _, e := range elements {
		ids = append(ids, e.id)
	}
	n.remember(batch, elements, body, now)
	receipt, err := n.server.hook.deliver(body)
	receipt.ID, receipt.IDs = ids[0], ids
	return receipt, err
}

// changes puts each run of messages that share their contact into one value.
func changes(batch []Incoming, now time.Time) (values []webhookValue, elements []element, err error) {
	for i, in := range batch {
		message, err := in.element(now)
		if err != nil {
			return nil, nil, err
		}
		if i == 0 || in.From != batch[i-1].From || message.system != elements[i-1].system {
			values = append(values, webhookValue{Contacts: in.From.contacts(message.system)})
		}
		last := &values[len(values)-1]
		last.Messages = append(last.Messages, message.raw)
		elements = append(elements, message)
	}
	return values, elements, nil
}

// remember keeps the bytes for Repost and opens the windows of the customers who wrote.
func (n *Number) remember(batch []Incoming, elements []element, body []byte, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, e := range elements {
		n.inbound.keep([]string{e.id}, body)
		for _, customer := range []string{batch[i].From.Phone, batch[i].From.UserID} {
			if e.writes && customer != "" {
				n.heard[customer] = now
			}
		}
	}
}

// Repost sends the very bytes again that brought this customer message, once, under
// the present app secret. The latest 10 000 messages can be reposted.
func (n *Number) Repost(id string) (Receipt, error) {
	n.mu.Lock()
	body, ok := n.inbound.body[id]
	n.mu.Unlock()
	if !ok {
		return Receipt{}, fmt.Errorf("%w: %q", ErrUnknownMessage, id)
	}
	receipt, err := n.server.hook.signed(body)
	receipt.ID, receipt.IDs = id, []string{id}
	return receipt, err
}

// Post calls the webhook with any bytes and any signature header, once; "" sends
// none. For a right one see Sign.
func (s *Server) Post(ctx context.Context, body []byte, signature string) (Receipt, error) {
	return s.hook.post(ctx, body, signature)
}

func (c Customer) contacts(system bool) []webhookContact {
	if system {
		return nil
	}
	return []webhookContact{{
		Profile: webhookProfile{Name: c.Name, Username: c.Username},
		WAID:    c.Phone,
		UserID:  c.UserID,
	}}
}

// element is a messages[] element and what the rest of the call needs of it.
type element struct {
	raw    json.RawMessage
	id     string
	system bool
	writes bool // neither a notice nor a change of an earlier message
}

func (in Incoming) element(now time.Time) (element, error) {
	customer := in.From.Phone
	if customer == "" {
		customer = in.From.UserID
	}
	if customer == "" {
		return element{}, errNobody
	}
	fields := map[string]json.RawMessage{}
	if in.Message.Raw != nil {
		if err := json.Unmarshal(in.Message.Raw, &fields); err != nil {
			return element{}, fmt.Errorf("graph: raw message is not a JSON object: %w", err)
		}
		if fields == nil {
			return element{}, errors.New("graph: raw message is null")
		}
	} else {
		fields["type"] = quote(typeText)
		fields["text"] = object("body", in.Message.Text)
		if in.Message.ReplyTo != "" {
			fields["context"] = object("id", in.Message.ReplyTo)
		}
	}
	return in.complete(fields, customer, now)
}

// complete fills in what every message carries.
func (in Incoming) complete(fields map[string]json.RawMessage, customer string, now time.Time) (element, error) {
	at, id := in.Message.At, in.Message.ID
	if at.IsZero() {
		at = now
	}
	if id == "" {
		id = newMessageID(customer, fromCustomer, fromCustomerDigits)
	}
	for name, value := range map[string]string{
		"from": in.From.Phone, "from_user_id": in.From.UserID, "id": id, "timestamp": seconds(at),
	} {
		if _, given := fields[name]; !given && value != "" {
			fields[name] = quote(value)
		}
	}
	var kind string
	_ = json.Unmarshal(fields["type"], &kind) // a message may come without a type, or a broken one
	if err := json.Unmarshal(fields["id"], &id); err != nil {
		id = string(fields["id"])
	}
	raw, err := plainJSON(fields)
	if err != nil {
		return element{}, err
	}
	return element{
		raw: raw, id: id, system: kind == typeSystem, writes: !slices.Contains([]string{typeSystem, "edit", "revoke"}, kind),
	}, nil
}

// quote writes a JSON string; every string can be written as one.
func quote(s string) json.RawMessage {
	raw, _ := plainJSON(s)
	return raw
}

// object writes a JSON object with one string in it.
func object(name, value string) json.RawMessage {
	raw, _ := plainJSON(map[string]string{name: value})
	return raw
}
