// Package graph plays Meta's Graph API for the local suite: it takes the messages
// the product sends, and calls the product's webhook as Meta would, for what
// customers write and for what becomes of messages sent to them.
//
//	Graph API   POST /{version}/{phone number ID}/messages
//	            POST /{version}/{page ID}/messages, /{version}/me/messages
//	Simulator   POST /simulator/whatsapp/{number}/receive   a customer writes
//	            GET  /simulator/whatsapp/{number}/sent      what customers received
//	            POST /simulator/whatsapp/{number}/status    a status callback by hand
//	            PUT  /simulator/whatsapp/{number}/statuses  which statuses come by themselves
//	            GET  /simulator/whatsapp                    the numbers
//	            the same below /simulator/messenger/{page}, and GET /simulator/messenger
//	            GET, POST, DELETE /simulator/faults         what shall go wrong
//
// Everything the simulator routes do is also a Go method. The server, its error
// envelope, faults, signature and webhook delivery know no channel; each channel is
// a node beside them (whatsapp*.go, messenger*.go).
//
// Wire facts: developers.facebook.com/documentation/business-messaging/whatsapp,
// github.com/facebook/openapi, business-messaging-api_v23.0.yaml, and
// developers.facebook.com/docs/messenger-platform, read 2026-11.
package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Errors of the Go methods; the HTTP routes answer with Meta's own.
var (
	// ErrClosed is returned by everything that would call the webhook after Close.
	ErrClosed = errors.New("graph: server closed")
	// ErrNoWebhook is returned while no webhook URL is set.
	ErrNoWebhook = errors.New("graph: no webhook URL")
	// ErrUnknownAccount is returned for an ID that is neither a number's nor a page's.
	ErrUnknownAccount = errors.New("graph: unknown account")
	// ErrUnknownNumber is returned for a phone number ID that was never added.
	ErrUnknownNumber = errors.New("graph: unknown phone number ID")
	// ErrUnknownPage is returned for a page ID that was never added.
	ErrUnknownPage = errors.New("graph: unknown page ID")
	// ErrUnknownMessage is returned for a message ID this number or page did not give out.
	ErrUnknownMessage = errors.New("graph: unknown message ID")
)

// Options are the settings of a Server. The zero value is usable: no numbers, no pages
// and no webhook, all of which can come later.
type Options struct {
	Now         func() time.Time // clock of all timestamps; nil: time.Now
	Client      *http.Client     // calls the webhook; nil: one of its own. Redirects are never followed
	WebhookURL  string           // "" until SetWebhook
	AppID       string           // the product's app, which echoes and thread events name
	AppSecret   string           // signs webhook calls and proves tokens (appsecret_proof)
	VerifyToken string           // presented when subscribing (Verify)
	Numbers     []NumberOptions  // further ones: AddNumber
	Pages       []PageOptions    // further ones: AddPage

	// RequireProof refuses calls without appsecret_proof, as the app's setting of that
	// name does. One that comes unasked must be right all the same.
	RequireProof bool

	RetryPause   time.Duration // before the first retry of a webhook call, doubled for each further one; 0: 1 s
	RetryMax     time.Duration // the longest pause between retries; 0: 1 min
	AnswerWithin time.Duration // how long the webhook may take to answer; 0: 10 s

	// Choose makes a message go wrong that no fault of AddFault fits; the zero Fault lets it be taken, and so does one that
	// AddFault would refuse. Account, To and Times of the fault mean nothing. It is called from many goroutines at once. Nil lets all be taken.
	Choose func(Sending) Fault
}

// Server is the simulated Graph API. Make one with New, serve it over HTTP, Close it
// before the HTTP server that serves it: only Close ends calls that hang on request.
// Its methods may be called from many goroutines.
type Server struct {
	now          func() time.Time
	appID        string
	requireProof bool
	choose       func(Sending) Fault
	tasks        *tasks
	hook         *webhook
	mux          *http.ServeMux

	mu       sync.Mutex
	nodes    map[string]node
	numbers  []*Number // in the order they were added
	pages    []*Page   // likewise
	faults   []*Fault
	requests Requests
}

// Requests counts calls to the Graph API since the start. Every call to a messages
// edge is in Calls and in exactly one of the others once it is decided.
type Requests struct {
	Calls      int // all calls
	Accepted   int // messages taken and answered
	Marked     int // read receipts, typing indicators and other sender actions
	Refused    int // answered with an error, asked for by a fault or earned
	Unanswered int // left hanging or cut off by a fault, taken or not
}

// New makes a server. It fails for an app ID that is no number, for numbers AddNumber and pages AddPage would refuse.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		now: o.Now, appID: o.AppID, requireProof: o.RequireProof, choose: o.Choose, tasks: newTasks(), nodes: make(map[string]node),
	}
	if o.AppID != "" && !scopedID.MatchString(o.AppID) {
		return nil, fmt.Errorf("graph: bad app ID %q", o.AppID)
	}
	s.hook = newWebhook(o, s.tasks)
	s.mux = s.routes()
	for _, number := range o.Numbers {
		if _, err := s.AddNumber(number); err != nil {
			return nil, err
		}
	}
	for _, page := range o.Pages {
		if _, err := s.AddPage(page); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// SetWebhook names the address that events are posted to from now on, retries of
// earlier ones included. With "" events are no longer made, as for an app without
// a subscription.
func (s *Server) SetWebhook(address string) { s.hook.setURL(address) }

// SetAppSecret changes the key of signatures and proofs from now on.
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

// count changes the counters.
func (s *Server) count(change func(*Requests)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.requests)
}
