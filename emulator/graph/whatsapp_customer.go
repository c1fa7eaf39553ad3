package graph

import (
	"errors"
	"fmt"
)

// What customers do besides writing. Each calls the webhook and returns as Receive does.

// Edit changes the text of a message of the customer's.
func (n *Number) Edit(from Customer, wamid, text string) (Receipt, error) {
	return n.do(from, "edit", map[string]any{
		"original_message_id": wamid,
		"message":             map[string]any{"type": typeText, typeText: map[string]string{"body": text}},
	})
}

// Revoke takes a message of the customer's back.
func (n *Number) Revoke(from Customer, wamid string) (Receipt, error) {
	return n.do(from, "revoke", map[string]any{"original_message_id": wamid})
}

// React reacts to a message, the customer's or the number's.
func (n *Number) React(from Customer, wamid, emoji string) (Receipt, error) {
	return n.do(from, "reaction", map[string]any{"message_id": wamid, "emoji": emoji})
}

// Unreact takes the reaction to a message back: it comes without an emoji.
func (n *Number) Unreact(from Customer, wamid string) (Receipt, error) {
	return n.do(from, "reaction", map[string]any{"message_id": wamid})
}

// ChangeNumber tells that the customer has another phone number from now on. It is a
// notice under the old one.
func (n *Number) ChangeNumber(from Customer, phone string) (Receipt, error) {
	now := customerID(phone)
	return n.do(from, typeSystem, map[string]any{
		"type": "user_changed_number", "wa_id": now,
		"body": fmt.Sprintf("User %s changed from %s to %s", from.Name, customerID(from.Phone), now),
	})
}

// do makes a message with the part that bears the name of its type.
func (n *Number) do(from Customer, kind string, part map[string]any) (Receipt, error) {
	raw, err := plainJSON(map[string]any{"type": kind, kind: part})
	if err != nil {
		return Receipt{}, err
	}
	return n.Receive(from, Inbound{Raw: raw})
}

// preferenceValue is an element of user_preferences[] in a webhook. Source:
// developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences,
// read 2026-11; that user_id stands beside wa_id is unverified.
type preferenceValue struct {
	WAID      string `json:"wa_id,omitempty"`
	UserID    string `json:"user_id,omitempty"`
	Detail    string `json:"detail"`
	Category  string `json:"category"`
	Value     string `json:"value"`
	Timestamp int64  `json:"timestamp"` // seconds
}

// Prefer tells whether the customer takes marketing messages from now on.
func (n *Number) Prefer(from Customer, marketing bool) (Receipt, error) {
	from.Phone = customerID(from.Phone)
	if from.Phone == "" && from.UserID == "" {
		return Receipt{}, errNobody
	}
	value := "stop"
	if marketing {
		value = "resume"
	}
	return n.tell("user_preferences", newTraceID(), webhookValue{
		Contacts: from.contacts(false),
		Preferences: []preferenceValue{{
			WAID: from.Phone, UserID: from.UserID, Detail: "User requested to " + value + " marketing messages",
			Category: "marketing_messages", Value: value, Timestamp: n.server.now().Unix(),
		}},
	})
}

var errNobody = errors.New("graph: customer without phone and user ID")

// echoValue is an element of message_echoes[] in a webhook. Source:
// developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes
// of 2025-10-22, read 2026-11.
type echoValue struct {
	From      string            `json:"from"`
	To        string            `json:"to"`
	ID        string            `json:"id"`
	Timestamp string            `json:"timestamp"` // seconds
	Type      string            `json:"type"`
	Text      map[string]string `json:"text"`
}

// WriteElsewhere lets the business answer the customer by its WhatsApp Business app: the
// product hears the echo. It is no message of Sent. The customer must have a phone number.
func (n *Number) WriteElsewhere(to Customer, text string) (Receipt, error) {
	phone := customerID(to.Phone)
	if phone == "" {
		return Receipt{}, errors.New("graph: customer without phone")
	}
	id := newMessageID(phone, toCustomer, toCustomerDigits)
	return n.tell("smb_message_echoes", id, webhookValue{Echoes: []echoValue{{
		From: n.o.Display, To: phone, ID: id, Timestamp: seconds(n.server.now()),
		Type: typeText, Text: map[string]string{"body": text},
	}}})
}

// tell posts a value of another field than messages and keeps it under the ID for Repost.
func (n *Number) tell(field, id string, value webhookValue) (Receipt, error) {
	if err := n.server.hook.ready(); err != nil {
		return Receipt{}, err
	}
	body, err := encode(n.event(field, value))
	if err != nil {
		return Receipt{}, err
	}
	n.mu.Lock()
	n.inbound.keep([]string{id}, body)
	n.mu.Unlock()
	receipt, err := n.server.hook.deliver(body)
	receipt.ID, receipt.IDs = id, []string{id}
	return receipt, err
}
