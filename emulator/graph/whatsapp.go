package graph

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// NumberOptions describe a business phone number.
type NumberOptions struct {
	ID       string   // phone number ID, in the path of calls and the metadata of webhooks
	Display  string   // the number as customers see it, digits only in webhooks
	WABA     string   // WhatsApp Business Account ID, the entry ID of webhooks
	Token    string   // access token calls must carry
	Statuses Statuses // which status callbacks come by themselves; "": StatusesAuto

	// Window enforces the customer service window: a message other than a template
	// to somebody who did not write in the last 24 hours is taken and then fails
	// with 131047.
	Window bool

	// Templates are those the business agreed upon with WhatsApp: others are refused. Nil: any is taken.
	Templates []Template

	NoCallbackData bool // statuses come without the biz_opaque_callback_data that was sent along
}

// Message is a message that was accepted for a customer.
type Message struct {
	ID           string          `json:"id"`                      // wamid
	To           string          `json:"to"`                      // digits of a phone number, or a business-scoped user ID
	Type         string          `json:"type"`                    // text, image, template, ...
	Text         string          `json:"text,omitempty"`          // body, caption, emoji, or what a template reads as
	ReplyTo      string          `json:"reply_to,omitempty"`      // wamid of the message it answers
	CallbackData string          `json:"callback_data,omitempty"` // biz_opaque_callback_data
	Status       string          `json:"status"`                  // the furthest reported; accepted before any
	At           time.Time       `json:"at"`                      // acceptance, UTC
	Body         json.RawMessage `json:"body"`                    // the request as it came
}

// Mark is an accepted read receipt.
type Mark struct {
	ID     string    `json:"id"`     // wamid of the message that was read
	Typing bool      `json:"typing"` // a typing indicator came with it
	At     time.Time `json:"at"`     // UTC
}

// Number is a business phone number. Get one from Server.AddNumber or Server.Number.
type Number struct {
	server *Server
	o      NumberOptions

	mu            sync.Mutex
	statuses      Statuses
	templates     []Template // nil: any
	sent          []*Message // in order of acceptance
	byID          map[string]*Message
	marks         []Mark
	inbound       posts
	heard         map[string]time.Time // by customer: when they last wrote
	conversations map[string]conversation
}

func newNumber(s *Server, o NumberOptions) *Number {
	return &Number{
		server:        s,
		o:             o,
		statuses:      cmp.Or(o.Statuses, StatusesAuto),
		templates:     slices.Clone(o.Templates),
		byID:          make(map[string]*Message),
		marks:         []Mark{},
		inbound:       posts{body: make(map[string][]byte)},
		heard:         make(map[string]time.Time),
		conversations: make(map[string]conversation),
	}
}

// Options returns the number's settings, Statuses being the present mode and Templates the present ones.
func (n *Number) Options() NumberOptions {
	n.mu.Lock()
	defer n.mu.Unlock()
	o := n.o
	o.Statuses, o.Templates = n.statuses, slices.Clone(n.templates)
	return o
}

// SetStatuses changes which statuses messages accepted from now on get by themselves.
func (n *Number) SetStatuses(mode Statuses) error {
	if err := mode.check(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.statuses = cmp.Or(mode, StatusesAuto)
	return nil
}

// Sent returns the messages accepted so far, in order of acceptance.
func (n *Number) Sent() []Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]Message, 0, len(n.sent))
	for _, m := range n.sent {
		out = append(out, *m)
	}
	return out
}

// Marks returns the read receipts accepted so far, in order.
func (n *Number) Marks() []Mark {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.marks)
}

func (n *Number) token() string { return n.o.Token }

// me is false: the token is a system user's, who has no messages.
func (n *Number) me() bool { return false }

func (n *Number) plays(FaultKind) bool { return true }

// messages takes a message or a read receipt.
func (n *Number) messages(w http.ResponseWriter, r *http.Request, body []byte) {
	request, problem := parseSend(body)
	if problem != nil {
		n.server.refuse(w, problem)
		return
	}
	if request.marksRead() {
		n.mark(request)
		n.server.count(func(c *Requests) { c.Marked++ })
		answer(w, http.StatusOK, map[string]bool{"success": true})
		return
	}
	if problem := n.agreed(&request, body); problem != nil {
		n.server.refuse(w, problem)
		return
	}
	fault := n.server.faultFor(n.o.ID, request.customer)
	n.server.take(w, r, fault, refusalOfMessage, func() taken {
		accepted, plan := n.accept(request, body, fault)
		return taken{answer: request.acceptance(accepted), announce: func() { n.announce(accepted.ID, plan) }}
	})
}

// refusalOfMessage is a fault's error with the details WhatsApp gives.
func refusalOfMessage(f Fault) *apiError {
	e := f.refusal()
	e.Data = &errorData{Product: product, Details: describe(e.Code).title}
	return e
}

func (n *Number) mark(request sendRequest) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.marks = append(n.marks, Mark{ID: *request.MessageID, Typing: request.Typing != nil, At: n.server.now().UTC()})
}

// accept records the message and says which statuses it will get by itself.
func (n *Number) accept(request sendRequest, body []byte, f Fault) (Message, []step) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.server.now()
	m := &Message{
		ID:           newMessageID(request.customer, toCustomer, toCustomerDigits),
		To:           request.customer,
		Type:         request.kind,
		Text:         request.text,
		ReplyTo:      request.replyTo(),
		CallbackData: deref(request.CallbackData),
		Status:       statusAccepted,
		At:           now.UTC(),
		Body:         slices.Clone(body),
	}
	n.sent = append(n.sent, m)
	n.byID[m.ID] = m

	if f.Kind == FaultFailed {
		return *m, []step{{status: statusFailed, code: f.Code}}
	}
	if n.o.Window && m.Type != typeTemplate && !n.open(m.To, now) {
		return *m, []step{{status: statusFailed, code: codeReengagement}}
	}
	var plan []step
	for _, status := range plans[n.statuses] {
		plan = append(plan, step{status: status})
	}
	return *m, plan
}

// open says whether the customer wrote in the last 24 hours.
func (n *Number) open(customer string, now time.Time) bool {
	at, ok := n.heard[customer]
	return ok && now.Sub(at) < conversationLength
}

// spacing is what people write between the digits of a phone number, and what becomes of it.
var spacing = strings.NewReplacer("+", "", " ", "", "-", "", "(", "", ")", "", ".", "")

// customerID turns a phone number as people write it into the digits WhatsApp uses;
// anything else, such as a business-scoped user ID, is returned as it is.
func customerID(to string) string {
	digits := spacing.Replace(to)
	if _, err := strconv.ParseUint(digits, 10, 64); err != nil {
		return to
	}
	return digits
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
