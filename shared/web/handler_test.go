package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// floor is a handler under test with its log.
type floor struct {
	http.Handler
	mu  sync.Mutex
	out bytes.Buffer
}

// Write implements io.Writer for the log.
func (f *floor) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.out.Write(p)
}

// line is the one line the log has, which is forgotten.
func (f *floor) line(t *testing.T) map[string]any {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	require.Equal(t, 1, strings.Count(f.out.String(), "\n"), f.out.String())
	var line map[string]any
	require.NoError(t, json.Unmarshal(f.out.Bytes(), &line))
	f.out.Reset()
	return line
}

func newFloor() *floor {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		Note(r.Context(), slog.String("agent", "ana"))
		JSON(w, r, http.StatusOK, r.PathValue("name"))
	})
	mux.HandleFunc("POST /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		Fail(w, r, fault.New(fault.Conflict, "taken", "somebody has it"))
	})
	mux.HandleFunc("GET /broken", func(w http.ResponseWriter, r *http.Request) { Fail(w, r, errors.New("disk full")) })
	mux.HandleFunc("GET /panic", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Content-Encoding", "gzip")
		panic("secret of the house")
	})
	mux.HandleFunc("GET /late", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half an ")
		_ = http.NewResponseController(w).Flush()
		panic("too late")
	})
	mux.HandleFunc("GET /latefail", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data")
		Fail(w, r, errors.New("stream broke"))
	})
	mux.HandleFunc("GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /flush", func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
	})
	mux.HandleFunc("GET /widget", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusNoContent)
	})
	f := &floor{}
	times := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	f.Handler = Handler(mux, Options{Function: "greeter", Log: slog.New(slog.NewJSONHandler(f, nil)), Now: func() time.Time {
		times = times.Add(25 * time.Millisecond)
		return times
	}})
	return f
}

func (f *floor) ask(method, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Traceparent", parent)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestHandlerServes(t *testing.T) {
	f := newFloor()
	w := f.ask("GET", "/hello/lea?token=secret")
	assert.Equal(t, `"lea"`, w.Body.String())
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Equal(t, "default-src 'none'; frame-ancestors 'none'", w.Header().Get("Content-Security-Policy"))
	assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
	assert.Equal(t, "max-age=31536000", w.Header().Get("Strict-Transport-Security"))

	line := f.line(t)
	delete(line, "time")
	assert.Equal(t, map[string]any{"level": "INFO", "msg": "request", "function": "greeter", "method": "GET",
		"route": "/hello/{name}", "status": 200.0, "took_ms": 25.0, "trace": "0af7651916cd43dd8448eb211c80319c", "agent": "ana"}, line,
		"no path, query, header or body")
}

func TestHandlerLogsWhyItFailed(t *testing.T) {
	f := newFloor()
	w := f.ask("POST", "/hello/lea")
	assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", members(t, w)["trace"])
	line := f.line(t)
	assert.Equal(t, "INFO", line["level"])
	assert.Equal(t, "conflict", line["kind"])
	assert.Equal(t, "conflict taken: somebody has it", line["err"])

	w = f.ask("GET", "/broken")
	assert.NotContains(t, w.Body.String(), "disk")
	line = f.line(t)
	assert.Equal(t, "ERROR", line["level"])
	assert.Equal(t, "internal", line["kind"])
	assert.Equal(t, "disk full", line["err"])
}

func TestHandlerWithoutARoute(t *testing.T) {
	f := newFloor()
	for _, target := range []string{"/", "/nothing", "/hello", "/hello/a/b", "/hello//lea/.."} {
		w := f.ask("GET", target)
		assert.Equal(t, http.StatusNotFound, w.Code, target)
		doc := members(t, w)
		assert.Equal(t, "not_found", doc["code"])
		assert.NotContains(t, w.Body.String(), "nothing\"")
		f.line(t)
	}
	w := f.ask("DELETE", "/hello/lea")
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET, HEAD, POST", w.Header().Get("Allow"))
	assert.Equal(t, map[string]any{"type": "about:blank", "title": "Method Not Allowed", "status": 405.0, "code": "method_not_allowed",
		"detail": "DELETE is not possible here; possible: GET, HEAD, POST", "trace": "0af7651916cd43dd8448eb211c80319c"}, members(t, w))
	assert.Equal(t, 405.0, f.line(t)["status"])
}

func TestHandlerRecovers(t *testing.T) {
	f := newFloor()
	w := f.ask("GET", "/panic")
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Equal(t, "internal", members(t, w)["code"])
	assert.NotContains(t, w.Body.String(), "secret")
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Empty(t, w.Header().Get("Content-Encoding"))
	line := f.line(t)
	assert.Equal(t, "ERROR", line["level"])
	assert.Equal(t, "panic: secret of the house", line["err"])
	assert.Contains(t, line["stack"], "newFloor", "where it happened")
}

func TestHalfAnAnswerNeverLooksWhole(t *testing.T) {
	f := newFloor()
	server := httptest.NewServer(f)
	defer server.Close()
	res, err := server.Client().Get(server.URL + "/late")
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	_, err = io.ReadAll(res.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return strings.Contains(f.out.String(), "panic: too late")
	}, time.Minute, time.Millisecond)
	assert.NotEmpty(t, f.line(t)["stack"])
}

func TestHandlerLetsAbortsThrough(t *testing.T) {
	f := newFloor()
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { f.ask("GET", "/abort") })
	assert.Nil(t, f.line(t)["err"])
}

func TestFailAfterTheAnswerBegan(t *testing.T) {
	f := newFloor()
	w := f.ask("GET", "/latefail")
	assert.Equal(t, "data", w.Body.String(), "no second answer behind the first")
	assert.Equal(t, "stream broke", f.line(t)["err"])
}

func TestStatusOfEveryKindOfAnswer(t *testing.T) {
	f := newFloor()
	for target, want := range map[string]float64{"/silent": 200, "/flush": 200, "/widget": 204} {
		f.ask("GET", target)
		assert.Equal(t, want, f.line(t)["status"], target)
	}
	assert.Equal(t, "max-age=60", f.ask("GET", "/widget").Header().Get("Cache-Control"), "a route may say otherwise")
}

func TestEventsAreNotHeldBack(t *testing.T) {
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		<-release
	})
	server := httptest.NewServer(Handler(mux, Options{Log: slog.New(slog.DiscardHandler)}))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/events", nil)
	require.NoError(t, err)
	res, err := server.Client().Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "data: 1\n", line)
}

func TestNoteOutsideHandlerDoesNothing(t *testing.T) {
	assert.NotPanics(t, func() { Note(context.Background(), slog.String("agent", "ana")) })
}

func TestEdgeWithoutAuthenticateRefuses(t *testing.T) {
	_, err := Edge{}.Identify(httptest.NewRequest(http.MethodGet, "/", nil))
	assert.True(t, fault.HasCode(err, "token_missing"))
	ctx, err := Edge{Authenticate: func(r *http.Request) (context.Context, error) { return r.Context(), nil }}.
		Identify(httptest.NewRequest(http.MethodGet, "/", nil))
	require.NoError(t, err)
	assert.NotNil(t, ctx)
}
