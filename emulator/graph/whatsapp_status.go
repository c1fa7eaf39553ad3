package graph

import (
	"fmt"
	"strconv"
	"time"
)

// conversationLength is how long a customer service window and the conversation it
// is billed as last. Source: error 131047 in Meta's error codes page, read 2026-11.
const conversationLength = 24 * time.Hour

// errorsHref is where the error of a failed status says more can be read.
const errorsHref = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

// step is a status callback to be made.
type step struct {
	status string
	code   int // error of statusFailed
}

type conversation struct {
	id      string
	expires time.Time
}

// statusValue is an element of statuses[] in a webhook.
// Source: facebook/openapi business-messaging-api_v23.0.yaml, schema StatusMessageValue.
type statusValue struct {
	ID              string             `json:"id"`
	Status          string             `json:"status"`
	Timestamp       string             `json:"timestamp"` // seconds
	RecipientID     string             `json:"recipient_id,omitempty"`
	RecipientUserID string             `json:"recipient_user_id,omitempty"`
	Conversation    *conversationValue `json:"conversation,omitempty"`
	Pricing         *pricingValue      `json:"pricing,omitempty"`
	Errors          []statusError      `json:"errors,omitempty"`
	CallbackData    string             `json:"biz_opaque_callback_data,omitempty"`
}

type conversationValue struct {
	ID      string `json:"id"`
	Expires string `json:"expiration_timestamp,omitempty"` // seconds; with status sent only
	Origin  struct {
		Type string `json:"type"`
	} `json:"origin"`
}

type pricingValue struct {
	Billable bool   `json:"billable"`
	Model    string `json:"pricing_model"`
	Category string `json:"category"`
	Type     string `json:"type"`
}

type statusError struct {
	Code    int       `json:"code"`
	Title   string    `json:"title"`
	Message string    `json:"message"`
	Data    errorData `json:"error_data"`
	Href    string    `json:"href"`
}

// Deliver reports that the message reached the customer's phone. Like all reports
// it returns after the webhook's first answer; any other answer than 200 is retried
// in the background and is no error. Each call is a callback of its own, whatever
// was reported before.
func (n *Number) Deliver(id string) (Receipt, error) {
	return n.report(id, step{status: statusDelivered})
}

// Read reports that the customer read the message.
func (n *Number) Read(id string) (Receipt, error) { return n.report(id, step{status: statusRead}) }

// Fail reports that the message failed with this error code.
func (n *Number) Fail(id string, code int) (Receipt, error) {
	return n.report(id, step{status: statusFailed, code: code})
}

// Report reports any status, also one nobody documented. A failed one needs Fail.
func (n *Number) Report(id, status string) (Receipt, error) {
	if status == "" || status == statusFailed {
		return Receipt{}, fmt.Errorf("graph: cannot report status %q without an error", status)
	}
	return n.report(id, step{status: status})
}

// announce posts the statuses of a message one after the other. A status that is not
// taken at once is retried beside the ones that follow, so it arrives after them.
func (n *Number) announce(id string, plan []step) {
	for _, s := range plan {
		if _, err := n.report(id, s); n.server.tasks.ctx.Err() != nil && err != nil {
			return
		}
	}
}

func (n *Number) report(id string, s step) (Receipt, error) {
	if n.server.tasks.ctx.Err() != nil {
		return Receipt{}, ErrClosed
	}
	value, err := n.statusValue(id, s)
	if err != nil {
		return Receipt{}, err
	}
	body, err := encode(n.event(fieldMessages, webhookValue{Statuses: []statusValue{value}}))
	if err != nil {
		return Receipt{}, err
	}
	if err := n.server.hook.ready(); err != nil {
		return Receipt{}, err
	}
	receipt, err := n.server.hook.deliver(body)
	receipt.ID, receipt.IDs = id, []string{id}
	return receipt, err
}

// statusValue notes the status and describes it.
func (n *Number) statusValue(id string, s step) (statusValue, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m, ok := n.byID[id]
	if !ok {
		return statusValue{}, fmt.Errorf("%w: %q", ErrUnknownMessage, id)
	}
	if ranks[s.status] > ranks[m.Status] {
		m.Status = s.status
	}
	now := n.server.now()
	value := statusValue{ID: m.ID, Status: s.status, Timestamp: seconds(now)}
	if !n.o.NoCallbackData {
		value.CallbackData = m.CallbackData
	}
	if userID.MatchString(m.To) {
		value.RecipientUserID = m.To
	} else {
		value.RecipientID = m.To
	}
	switch s.status {
	case statusSent, statusDelivered:
		value.Conversation, value.Pricing = n.billing(m, s.status, now)
	case statusFailed:
		title := describe(s.code).title
		value.Errors = []statusError{{
			Code: s.code, Title: title, Message: title, Data: errorData{Details: title + "."}, Href: errorsHref,
		}}
	}
	return value, nil
}

// billing describes the conversation a message belongs to, as sent and delivered
// callbacks do. One conversation covers a customer's messages of 24 hours.
func (n *Number) billing(m *Message, status string, now time.Time) (*conversationValue, *pricingValue) {
	c, ok := n.conversations[m.To]
	if !ok || !now.Before(c.expires) {
		c = conversation{id: newConversationID(), expires: now.Add(conversationLength)}
		n.conversations[m.To] = c
	}
	pricing := &pricingValue{Model: "PMP", Category: "service", Type: "free_customer_service"}
	if m.Type == typeTemplate {
		pricing = &pricingValue{Billable: true, Model: "PMP", Category: "utility", Type: "regular"}
	}
	value := &conversationValue{ID: c.id}
	value.Origin.Type = pricing.Category
	if status == statusSent {
		value.Expires = seconds(c.expires)
	}
	return value, pricing
}

// seconds writes a time as webhooks do: Unix seconds in a string.
func seconds(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
