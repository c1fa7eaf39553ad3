// Package web is the HTTP edge: what every function that is called over HTTP does the same way.
//
// [Handler] goes around a function's routes: security headers, CORS, trace, one log line, recovery from panics, and
// problem documents where no route matches. [Edge] is what the handlers themselves use: it limits bodies, asks who is
// calling and turns errors into problem documents (RFC 9457). A caller sees of an error only its fault; everything
// else is logged and answered with code "internal".
package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/deskline/deskline/shared/fault"
)

// Edge gives handlers what they share. The zero value authenticates nobody.
type Edge struct {
	// Authenticate finds out who is calling; the context it returns says so to the rest of the request. It fails with
	// an Unauthenticated or Denied fault, or Unavailable when it cannot tell now. Nil refuses every request.
	Authenticate func(*http.Request) (context.Context, error)
	// Log takes what the request's own log line cannot, when [Handler] is not around the routes. Nil is
	// slog.Default().
	Log *slog.Logger
	// MaxBody is how many bytes a body may have. Zero is DefaultMaxBody.
	MaxBody int64
}

// Identify calls Authenticate, or refuses when there is none.
func (e Edge) Identify(r *http.Request) (context.Context, error) {
	if e.Authenticate == nil {
		return nil, fault.New(fault.Unauthenticated, "token_missing", "this endpoint has no way to know who is calling")
	}
	return e.Authenticate(r)
}

// Fail answers the request with err as a problem document. See the package's [Fail].
func (e Edge) Fail(w http.ResponseWriter, r *http.Request, err error) { fail(w, r, err, e.Log) }

// JSON answers with v as a JSON document. A v that cannot be encoded is a bug of ours and answered as an internal
// error.
func JSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		Fail(w, r, err)
		return
	}
	write(w, status, "application/json", body)
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller is gone: nobody is left to tell
}
