package graph

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

// PageOptions describe a page.
type PageOptions struct {
	ID       string   // page ID, in the path of calls and the entries of webhooks
	Name     string   // as users see it
	Token    string   // page access token calls must carry; no other page has it
	Statuses Statuses // which events follow a message by themselves; "": StatusesAuto

	NoMetadata bool // echoes come without the metadata that was sent along
	NoMIDs     bool // delivery events tell the watermark only
}

// PageMessage is a message that was accepted for a user.
type PageMessage struct {
	ID           string          `json:"id"` // mid
	To           string          `json:"to"` // page-scoped user ID
	Type         string          `json:"messaging_type"`
	Tag          string          `json:"tag,omitempty"`
	Text         string          `json:"text,omitempty"`
	Attachment   string          `json:"attachment,omitempty"` // its type
	QuickReplies []QuickReply    `json:"quick_replies,omitempty"`
	ReplyTo      string          `json:"reply_to,omitempty"` // mid of the message it answers
	Metadata     string          `json:"metadata,omitempty"`
	Status       string          `json:"status"` // the furthest reported; accepted before any, sent once echoed
	At           time.Time       `json:"at"`     // acceptance, UTC
	Body         json.RawMessage `json:"body"`   // the request as it came
}

// QuickReply is one of the answers a message offers.
type QuickReply struct {
	ContentType string `json:"content_type"`
	Title       string `json:"title,omitempty"`
	Payload     string `json:"payload,omitempty"`
}

// The sender actions.
const (
	ActionMarkSeen  = "mark_seen"
	ActionTypingOn  = "typing_on"
	ActionTypingOff = "typing_off"
)

// SenderAction is an accepted sender action.
type SenderAction struct {
	To     string    `json:"to"` // page-scoped user ID
	Action string    `json:"action"`
	At     time.Time `json:"at"` // UTC
}

// Page is a page. Get one from Server.AddPage or Server.Page.
type Page struct {
	server *Server
	o      PageOptions

	mu       sync.Mutex
	statuses Statuses
	sent     []*PageMessage // in order of acceptance
	byID     map[string]*PageMessage
	actions  []SenderAction
	inbound  posts
	users    map[string]*User
}

func newPage(s *Server, o PageOptions) *Page {
	return &Page{
		server:   s,
		o:        o,
		statuses: cmp.Or(o.Statuses, StatusesAuto),
		byID:     make(map[string]*PageMessage),
		actions:  []SenderAction{},
		inbound:  posts{body: make(map[string][]byte)},
		users:    make(map[string]*User),
	}
}

// Options returns the page's settings, Statuses being the present mode.
func (p *Page) Options() PageOptions {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.o
	o.Statuses = p.statuses
	return o
}

// SetStatuses changes which events messages accepted from now on get by themselves.
func (p *Page) SetStatuses(mode Statuses) error {
	if err := mode.check(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statuses = cmp.Or(mode, StatusesAuto)
	return nil
}

// Sent returns the messages accepted so far, in order of acceptance.
func (p *Page) Sent() []PageMessage { return p.sentTo("") }

// sentTo returns the messages to one user; "" is everybody.
func (p *Page) sentTo(psid string) []PageMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]PageMessage, 0, len(p.sent))
	for _, m := range p.sent {
		if psid == "" || m.To == psid {
			out = append(out, *m)
		}
	}
	return out
}

// Actions returns the sender actions accepted so far, in order.
func (p *Page) Actions() []SenderAction {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.actions)
}

func (p *Page) token() string { return p.o.Token }

// me is true: a page access token stands for its page.
func (p *Page) me() bool { return true }

// plays leaves out what Messenger has not: a message that was taken never fails later.
func (p *Page) plays(kind FaultKind) bool { return kind != FaultFailed }

// messages takes a message or a sender action.
func (p *Page) messages(w http.ResponseWriter, r *http.Request, body []byte) {
	request, problem := parsePageSend(body)
	if problem == nil {
		problem = p.reaches(request)
	}
	if problem != nil {
		p.server.refuse(w, problem)
		return
	}
	if request.Action != nil {
		p.act(request)
		p.server.count(func(c *Requests) { c.Marked++ })
		answer(w, http.StatusOK, map[string]string{"recipient_id": request.to})
		return
	}
	fault := p.server.faultFor(p.o.ID, request.to)
	p.server.take(w, r, fault, Fault.refusal, func() taken {
		accepted, plan := p.accept(request, body)
		return taken{
			answer:   map[string]string{"recipient_id": accepted.To, "message_id": accepted.ID},
			announce: func() { p.announce(accepted.ID, plan) },
		}
	})
}

// Windows of a page, from the user's last message. Sources: Messenger's Send API reference
// of 2026-03; that CUSTOMER_FEEDBACK has seven days too is unverified.
const (
	pageWindow = 24 * time.Hour
	tagWindow  = 7 * 24 * time.Hour
)

// reaches says why the user cannot be sent this, if so. Sender actions have no window.
func (p *Page) reaches(request pageRequest) *apiError {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.users[request.to]
	if !ok || !u.known {
		return fail(codeInvalid, subcodeNoUser)
	}
	window := pageWindow
	if request.kind == typeTag {
		window = tagWindow
	}
	if request.Action == nil && (u.wrote.IsZero() || p.server.now().Sub(u.wrote) >= window) {
		return fail(codePermission, subcodeWindow)
	}
	return nil
}

func (p *Page) act(request pageRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.actions = append(p.actions, SenderAction{To: request.to, Action: *request.Action, At: p.server.now().UTC()})
}

// accept records the message and says which events it will get by itself.
func (p *Page) accept(request pageRequest, body []byte) (PageMessage, []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := &PageMessage{
		ID:           newMID(),
		To:           request.to,
		Type:         request.kind,
		Tag:          deref(request.Tag),
		Text:         deref(request.Message.Text),
		QuickReplies: request.Message.QuickReplies,
		ReplyTo:      request.replyTo(),
		Metadata:     deref(request.Message.Metadata),
		Status:       statusAccepted,
		At:           p.server.now().UTC(),
		Body:         slices.Clone(body),
	}
	if a := request.Message.Attachment; a != nil {
		m.Attachment = a.Type
	}
	p.sent = append(p.sent, m)
	p.byID[m.ID] = m
	return *m, plans[p.statuses]
}
