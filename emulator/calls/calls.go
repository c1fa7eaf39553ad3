// Package calls knows which function is at work for what. Every request to a function gets a span of its own in its W3C trace,
// and the function passes that on with whatever it asks of Firestore, Pub/Sub and Cloud Tasks, so that these can tell on whose
// behalf they are asked: the meter sends the bill there, and a function that died in the middle of a request is not heard again.
package calls

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/deskline/deskline/shared/dial"
	"github.com/deskline/deskline/shared/web"
)

// Call is one request to one function.
type Call struct {
	Function string
	Trace    string // trace ID: what the request is a part of
	Span     string // its own ID within the trace
	Began    time.Time

	dead   atomic.Bool
	over   bool // it has ended; guarded by the register's lock
	cancel context.CancelFunc
}

// Die ends the call as if its process had been killed: its context ends, nothing it asks for is done any more by who looks at Dead,
// and its caller finds the connection cut. Repeats, and dying after the answer, change nothing.
func (c *Call) Die() {
	c.dead.Store(true)
	c.cancel()
}

// Dead reports whether the call has died.
func (c *Call) Dead() bool { return c.dead.Load() }

// late is how many calls that have ended are still known: what they asked for may come in after their end.
const late = 4096

// Register holds the calls under way. The zero value is ready; it is safe for concurrent use.
type Register struct {
	// Ended is told of every call when it has ended, with the status it answered, 0 when it died. Nil tells nobody.
	Ended func(c *Call, status int)

	mu    sync.Mutex
	calls map[string]*Call // by span
	ended [late]string     // a ring of spans
	next  int
}

// Wrap registers the requests that h gets for a function. A request that belongs to no trace begins one.
func (r *Register) Wrap(function string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithCancel(web.WithTraceparent(req.Context(), req.Header.Get("Traceparent")))
		defer cancel()
		c := &Call{Function: function, Trace: web.Trace(ctx), Span: newSpan(), Began: time.Now(), cancel: cancel}
		req = req.WithContext(ctx)
		req.Header = maps.Clone(req.Header) // the server's own stays as it came
		req.Header.Set("Traceparent", "00-"+c.Trace+"-"+c.Span+"-01")
		r.begin(c)
		out := &answer{ResponseWriter: w, call: c}
		defer func() {
			p := recover()
			r.end(c, out)
			if p != nil || c.Dead() {
				panic(http.ErrAbortHandler)
			}
		}()
		h.ServeHTTP(out, req)
	})
}

func newSpan() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

func (r *Register) begin(c *Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		r.calls = map[string]*Call{}
	}
	r.calls[c.Span] = c
}

func (r *Register) end(c *Call, out *answer) {
	if r.Ended != nil {
		r.Ended(c, out.final())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.over = true
	delete(r.calls, r.ended[r.next])
	r.ended[r.next] = c.Span
	r.next = (r.next + 1) % late
}

// Find is the call that a traceparent names; nil when it names none that is known.
func (r *Register) Find(traceparent string) *Call {
	const begin, length = len("00-0af7651916cd43dd8448eb211c80319c-"), 16
	if len(traceparent) < begin+length {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[traceparent[begin:begin+length]]
}

// Of is the call on whose behalf a gRPC call that a server got is made; nil when that is none of a function's.
func (r *Register) Of(ctx context.Context) *Call {
	return r.Find(Traceparent(ctx))
}

// Traceparent is the trace context that a gRPC call came to a server with; empty when it came with none.
func Traceparent(ctx context.Context) string {
	if t := metadata.ValueFromIncomingContext(ctx, dial.Traceparent); len(t) == 1 {
		return t[0]
	}
	return ""
}

// Under lists the calls of a function that are under way, in no order.
func (r *Register) Under(function string) []*Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []*Call
	for _, c := range r.calls {
		if c.Function == function && !c.over {
			list = append(list, c)
		}
	}
	return list
}

// answer is what a function answers, for as long as it lives.
type answer struct {
	http.ResponseWriter
	call   *Call
	status int
}

// final is the status that was answered.
func (a *answer) final() int {
	switch {
	case a.call.Dead():
		return 0
	case a.status == 0:
		return http.StatusOK
	default:
		return a.status
	}
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.call.Dead() {
		return
	}
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if a.call.Dead() {
		return 0, http.ErrAbortHandler
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what is around.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
