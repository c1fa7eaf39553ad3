package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Options are how [Handler] treats the requests of a function. The zero value is usable.
type Options struct {
	Function string           // name of the function, for the log
	Log      *slog.Logger     // nil is slog.Default()
	Origins  Origins          // whose pages may call from a browser
	Now      func() time.Time // for how long a request took; nil is time.Now
}

// Handler serves the routes of mux with what every endpoint has in common. In this order: security headers, which a
// route may replace; the trace of the request, in its context; CORS; a problem document where no route matches (404
// not_found, 405 method_not_allowed); and, whatever happens, one log line. A panic is logged with its stack and
// answered 500 or, when the answer has begun, by breaking the connection, so that half an answer never looks whole.
//
// The line tells method, route, status and time taken in milliseconds, and of a failure its kind and text; never a
// path with its parameters, a query, a header or a body. [Note] adds to it.
func Handler(mux *http.ServeMux, opt Options) http.Handler {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	log := logger(opt.Log)
	if opt.Function != "" {
		log = log.With("function", opt.Function)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &writer{ResponseWriter: w}
		rec := &record{began: opt.Now(), out: out}
		ctx := WithTraceparent(r.Context(), r.Header.Get("Traceparent"))
		r = r.WithContext(context.WithValue(ctx, recordKey{}, rec))
		secure(w.Header())
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler {
				rec.crashed(r, p)
			}
			rec.log(log, r, opt.Now())
			if p != nil && !rec.answered {
				panic(http.ErrAbortHandler)
			}
		}()
		if opt.Origins.admit(out, r) {
			return
		}
		route(out, r, mux)
	})
}

// secure sets the headers that keep browsers from guessing types, caching answers, framing them or leaking where they
// came from.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=31536000")
}

// route lets mux serve the request, or answers what mux would say in plain text as a problem.
func route(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	h, pattern := mux.Handler(r)
	if pattern != "" {
		mux.ServeHTTP(w, r)
		return
	}
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status != http.StatusMethodNotAllowed {
		Fail(w, r, fault.New(fault.Missing, "not_found", "there is nothing at this address"))
		return
	}
	allow := probe.header.Get("Allow")
	w.Header().Set("Allow", allow)
	writeProblem(w, http.StatusMethodNotAllowed, document(r, http.StatusMethodNotAllowed, "method_not_allowed",
		fmt.Sprintf("%s is not possible here; possible: %s", r.Method, allow)), "")
}

// probe takes an answer that is not sent.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

// writer knows whether the answer has begun.
type writer struct {
	http.ResponseWriter
	status int // zero until it has
}

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Flush implements http.Flusher, for handlers that ask for it instead of using http.ResponseController.
func (w *writer) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush() // what cannot flush sends when it is full
}

// Unwrap lets http.ResponseController reach the connection.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// record is what the request's log line will say.
type record struct {
	began    time.Time
	out      *writer
	err      error
	attrs    []slog.Attr
	answered bool // a crash could still be told to the caller
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	rec, _ := ctx.Value(recordKey{}).(*record)
	return rec
}

// Note adds attributes, such as the interaction a request is about, to the request's log line. They must not hold
// texts, phone numbers or tokens. It must be called from the goroutine that serves the request, and does nothing
// outside [Handler].
func Note(ctx context.Context, attrs ...slog.Attr) {
	if rec := recordOf(ctx); rec != nil {
		rec.attrs = append(rec.attrs, attrs...)
	}
}

// crashed answers a request whose handler panicked.
func (rec *record) crashed(r *http.Request, p any) {
	rec.attrs = append(rec.attrs, slog.String("stack", string(debug.Stack())))
	rec.answered = rec.out.status == 0
	Fail(rec.out, r, fmt.Errorf("panic: %v", p))
}

func (rec *record) log(log *slog.Logger, r *http.Request, now time.Time) {
	status := rec.out.status
	if status == 0 {
		status = http.StatusOK
	}
	_, path, _ := strings.Cut(r.Pattern, " ")
	attrs := []slog.Attr{
		slog.String("method", r.Method),
		slog.String("route", path),
		slog.Int("status", status),
		slog.Int64("took_ms", now.Sub(rec.began).Milliseconds()),
		slog.String("trace", Trace(r.Context())),
	}
	level := slog.LevelInfo
	if rec.err != nil {
		f := fault.Of(rec.err)
		attrs = append(attrs, slog.String("kind", string(f.Kind)), slog.String("err", rec.err.Error()))
		if f.Kind.Status() >= 500 {
			level = slog.LevelError
		}
	}
	log.LogAttrs(r.Context(), level, "request", append(attrs, rec.attrs...)...)
}
