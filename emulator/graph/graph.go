// Package graph plays Meta's Graph API for the local suite: it takes the messages
// the product sends, and calls the product's webhook as Meta would, for what
// customers write and for what becomes of messages sent to them.
//
//	Graph API   POST /{version}/{phone number ID}/messages
//	Simulator   POST /simulator/whatsapp/{number}/receive   a customer writes
//	            GET  /simulator/whatsapp/{number}/sent      what customers received
//	            POST /simulator/whatsapp/{number}/status    a status callback by hand
//	            PUT  /simulator/whatsapp/{number}/statuses  which statuses come by themselves
//	            GET  /simulator/whatsapp                    the numbers
//	            GET, POST, DELETE /simulator/faults         what shall go wrong
//
// Everything the simulator routes do is also a Go method. The server, its error
// envelope, faults, signature and webhook delivery know no channel; each channel is
// a node beside them (whatsapp*.go).
//
// Wire facts: developers.facebook.com/documentation/business-messaging/whatsapp and
// github.com/facebook/openapi, business-messaging-api_v23.0.yaml, read 2026-11.
package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Errors of the Go methods; the HTTP routes answer with Meta's own.
var (
	// ErrClosed is returned by everything that would call the webhook after Close.
	ErrClosed = errors.New("graph: server closed")
	// ErrNoWebhook is returned while no webhook URL is set.
	ErrNoWebhook = errors.New("graph: no webhook URL")
	// ErrUnknownNumber is returned for a phone number ID that was never added.
	ErrUnknownNumber = errors.New("graph: unknown phone number ID")
	// ErrUnknownMessage is returned for a message ID this number did not give out.
	ErrUnknownMessage = errors.New("graph: unknown message ID")
)

// Options are the settings of a Server. The zero value is usable: no numbers and no
// webhook, both of which can come later.
type Options struct {
	Now         func() time.Time // clock of all timestamps; nil: time.Now
	Client      *http.Client     // calls the webhook; nil: one of its own. Redirects are never followed
	WebhookURL  string           // "" until SetWebhook
	AppSecret   string           // signs webhook calls
	VerifyToken string           // presented when subscribing (Verify)
	Numbers     []NumberOptions  // further ones: AddNumber

	RetryPause   time.Duration // before the first retry of a webhook call, doubled for each further one; 0: 1 s
	RetryMax     time.Duration // the longest pause between retries; 0: 1 min
	AnswerWithin time.Duration // how long the webhook may take to answer; 0: 10 s
}

// Server is the simulated Graph API. Make one with New, serve it over HTTP, Close it
// before the HTTP server that serves it: only Close ends calls that hang on request.
// Its methods may be called from many goroutines.
type Server struct {
	now   func() time.Time
	tasks *tasks
	hook  *webhook
	mux   *http.ServeMux

	mu       sync.Mutex
	nodes    map[string]node
	numbers  []*Number // in the order they were added
	faults   []*Fault
	requests Requests
}

// node is an object with a messages edge. It owns the answer to a call that
// carries a valid token for it.
type node interface {
	token() string
	messages(w http.ResponseWriter, r *http.Request, body []byte)
}

// Requests counts calls to the Graph API since the start. Every call to a messages
// edge is in Calls and in exactly one of the others once it is decided.
type Requests struct {
	Calls      int // all calls
	Accepted   int // messages taken and answered
	Marked     int // read receipts and typing indicators
	Refused    int // answered with an error, asked for by a fault or earned
	Unanswered int // left hanging or cut off by a fault, taken or not
}

// New makes a server. It fails for numbers AddNumber would refuse.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{now: o.Now, tasks: newTasks(), nodes: make(map[string]node)}
	s.hook = newWebhook(o, s.tasks)
	s.mux = s.routes()
	for _, number := range o.Numbers {
		if _, err := s.AddNumber(number); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// SetWebhook names the address that events are posted to from now on, retries of
// earlier ones included. With "" events are no longer made, as for an app without
// a subscription.
func (s *Server) SetWebhook(address string) { s.hook.setURL(address) }

// SetAppSecret changes the key of the signatures from now on.
func (s *Server) SetAppSecret(secret string) { s.hook.setSecret(secret) }

// Close ends retries, status callbacks under way and calls that hang on request, and
// returns when no goroutine of the server is left. A second Close does nothing.
func (s *Server) Close() {
	s.tasks.close()
	s.hook.close()
}

// Settle returns when no status callback and no retry is outstanding, or with the
// context's error.
func (s *Server) Settle(ctx context.Context) error { return s.tasks.settle(ctx) }

// Requests returns the counts of calls so far.
func (s *Server) Requests() Requests {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Callbacks returns the counts of webhook calls so far.
func (s *Server) Callbacks() Callbacks { return s.hook.counts() }

// AddNumber adds a business phone number. It fails without ID or token, and for an
// ID that is taken or does not fit into a URL path.
func (s *Server) AddNumber(o NumberOptions) (*Number, error) {
	if o.ID == "" || url.PathEscape(o.ID) != o.ID {
		return nil, fmt.Errorf("graph: bad phone number ID %q", o.ID)
	}
	if o.Token == "" {
		return nil, fmt.Errorf("graph: number %s has no token", o.ID)
	}
	if err := o.Statuses.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.nodes[o.ID]; taken {
		return nil, fmt.Errorf("graph: ID %s is taken", o.ID)
	}
	n := newNumber(s, o)
	s.nodes[o.ID] = n
	s.numbers = append(s.numbers, n)
	return n, nil
}

// Number returns the number with this phone number ID, or ErrUnknownNumber.
func (s *Server) Number(id string) (*Number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.nodes[id].(*Number); ok {
		return n, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownNumber, id)
}

// Numbers returns all numbers in the order they were added.
func (s *Server) Numbers() []*Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.numbers)
}

// Sent returns the messages this number's customers were sent, in the order they
// were accepted, and nothing for an unknown number.
func (s *Server) Sent(number string) []Message {
	n, err := s.Number(number)
	if err != nil {
		return nil
	}
	return n.Sent()
}

// count changes the counters.
func (s *Server) count(change func(*Requests)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.requests)
}
