package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// retryAfter is what callers are told to wait, where the error does not say, before they repeat a request that may
// succeed then.
const retryAfter = time.Second

// Fail answers the request with err as a problem document (RFC 9457): status, code and detail of the fault in err's
// chain, members added by [With], and Retry-After where repeating the same request may help. An error that is no fault
// is described to the log only. A nil err is a mistake of the caller and answered as an internal error.
//
// The error goes into the request's one log line; without [Handler] around, internal errors get a line of their own.
// When the answer has begun (only [Handler] knows), it is too late to tell the caller and the error is just logged.
func Fail(w http.ResponseWriter, r *http.Request, err error) { fail(w, r, err, nil) }

func fail(w http.ResponseWriter, r *http.Request, err error, log *slog.Logger) {
	if err == nil {
		err = errors.New("web: Fail without an error")
	}
	f := fault.Of(err)
	if rec := recordOf(r.Context()); rec != nil {
		rec.err = err
		if rec.out.status != 0 {
			return
		}
	} else if f.Kind == fault.Internal {
		logger(log).ErrorContext(r.Context(), "request failed", "kind", f.Kind, "err", err)
	}
	doc := document(r, f.Kind.Status(), f.Code, f.Detail)
	extra, wait, tag := added(err)
	if f.Kind.Retry() {
		if wait == 0 {
			wait = retryAfter
		}
		seconds := int(math.Ceil(wait.Seconds()))
		doc["retryAfter"] = seconds
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	for name, value := range extra {
		if _, taken := doc[name]; !taken {
			doc[name] = value
		}
	}
	if f.Kind == fault.Unauthenticated {
		w.Header().Set("WWW-Authenticate", challenge(f.Code))
	}
	writeProblem(w, f.Kind.Status(), doc, tag)
}

// document is a problem document with the members every one has.
func document(r *http.Request, status int, code, detail string) map[string]any {
	doc := map[string]any{
		"type":   "about:blank",
		"title":  http.StatusText(status),
		"status": status,
		"code":   code,
		"detail": detail,
	}
	if trace := Trace(r.Context()); trace != "" {
		doc["trace"] = trace
	}
	return doc
}

// challenge is what a 401 must say about how to authenticate. Source: RFC 6750, section 3, read 2026-11-21.
func challenge(code string) string {
	if code == "token_missing" {
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}

// writeProblem writes a problem document, with the entity tag of what there is unless it is empty.
func writeProblem(w http.ResponseWriter, status int, doc map[string]any, tag string) {
	body, err := json.Marshal(doc)
	if err != nil {
		status = http.StatusInternalServerError
		body = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal"}`)
	}
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified"} { // what the handler meant for its own answer
		h.Del(name)
	}
	if tag != "" {
		h.Set("ETag", tag)
	}
	h.Set("Cache-Control", "no-store")
	write(w, status, "application/problem+json", body)
}

// With adds a member to the problem document err is answered with, such as the list of an import's errors. It is shown
// to the caller, so it must hold nothing he may not see. The members of RFC 9457 and code, retryAfter and trace cannot
// be replaced; of two values for one name the one added last counts. A nil err stays nil.
func With(err error, name string, value any) error {
	if err == nil {
		return nil
	}
	return &annotated{error: err, members: map[string]any{name: value}}
}

// RetryAfter says when the request that failed with err may succeed; it is told to the caller in whole seconds, rounded
// up, where the fault's kind allows a retry at all. Where nobody says, it is one second. A nil err stays nil.
func RetryAfter(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &annotated{error: err, retryAfter: d}
}

// Tagged has the answer to err carry the entity tag of what there is, such as the version that is not the one the caller
// knows. A nil err stays nil.
func Tagged(err error, tag string) error {
	if err == nil {
		return nil
	}
	return &annotated{error: err, tag: tag}
}

type annotated struct {
	error
	members    map[string]any
	retryAfter time.Duration
	tag        string
}

func (a *annotated) Unwrap() error { return a.error }

// added collects what With, RetryAfter and Tagged put into err's chain, the outermost first.
func added(err error) (members map[string]any, wait time.Duration, tag string) {
	for {
		a, ok := errors.AsType[*annotated](err)
		if !ok {
			return members, wait, tag
		}
		merged := maps.Clone(a.members)
		if merged == nil {
			merged = map[string]any{}
		}
		maps.Copy(merged, members)
		members = merged
		if wait == 0 {
			wait = a.retryAfter
		}
		if tag == "" {
			tag = a.tag
		}
		err = a.error
	}
}

func logger(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.Default()
	}
	return log
}
