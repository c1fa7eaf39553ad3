package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// members is the problem document of an answer.
func members(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	var doc map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc), w.Body.String())
	return doc
}

// failed is the answer to err, outside Handler.
func failed(err error) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), err)
	return w
}

func TestFailTellsTheFault(t *testing.T) {
	w := failed(fmt.Errorf("accept: %w", fault.New(fault.Conflict, "offer_expired", "nobody accepted")))
	assert.Equal(t, http.StatusConflict, w.Code)
	assert.Empty(t, w.Header().Get("Retry-After"))
	assert.Empty(t, w.Header().Get("WWW-Authenticate"))
	assert.Equal(t, map[string]any{"type": "about:blank", "title": "Conflict", "status": 409.0, "code": "offer_expired",
		"detail": "nobody accepted"}, members(t, w))
}

func TestFailByKind(t *testing.T) {
	for kind, want := range map[fault.Kind]struct {
		status int
		retry  string
	}{
		fault.Invalid: {400, ""}, fault.Unauthenticated: {401, ""}, fault.Denied: {403, ""}, fault.Missing: {404, ""},
		fault.Conflict: {409, ""}, fault.Stale: {412, ""}, fault.TooLarge: {413, ""}, fault.Unprocessable: {422, ""},
		fault.Unconditional: {428, ""}, fault.TooEarly: {425, "1"}, fault.Limited: {429, "1"}, fault.Internal: {500, "1"}, fault.Unavailable: {503, "1"},
	} {
		w := failed(fault.New(kind, "some_code", "x"))
		assert.Equal(t, want.status, w.Code, kind)
		assert.Equal(t, want.retry, w.Header().Get("Retry-After"), kind)
		doc := members(t, w)
		assert.Equal(t, http.StatusText(want.status), doc["title"])
		assert.Equal(t, want.retry != "", doc["retryAfter"] != nil, kind)
	}
}

func TestFailNeverDescribesWhatIsNoFault(t *testing.T) {
	for _, err := range []error{errors.New("password is hunter2"), nil} {
		w := failed(err)
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		assert.Equal(t, "internal", members(t, w)["code"])
		assert.NotContains(t, w.Body.String(), "hunter2")
	}
}

func TestFailLogsInternalErrorsOutsideHandler(t *testing.T) {
	var log bytes.Buffer
	edge := Edge{Log: slog.New(slog.NewJSONHandler(&log, nil))}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	edge.Fail(httptest.NewRecorder(), r, fault.New(fault.Missing, "nothing", "x"))
	assert.Empty(t, log.String(), "a fault is the caller's business")
	edge.Fail(httptest.NewRecorder(), r, errors.New("disk full"))
	assert.Contains(t, log.String(), `"err":"disk full"`)
}

func TestChallenge(t *testing.T) {
	for code, want := range map[string]string{
		"token_missing": `Bearer`, "token_expired": `Bearer error="invalid_token"`, "token_invalid": `Bearer error="invalid_token"`,
	} {
		w := failed(fault.New(fault.Unauthenticated, code, "x"))
		assert.Equal(t, want, w.Header().Get("WWW-Authenticate"), code)
	}
}

func TestWith(t *testing.T) {
	err := fault.New(fault.Invalid, "import_invalid", "1 mistake")
	err = With(err, "errors", []string{"inner"})
	err = With(err, "errors", []string{"line 3"})
	err = With(err, "limit", 7)
	err = With(err, "code", "other")
	doc := members(t, failed(fmt.Errorf("import: %w", err)))
	assert.Equal(t, []any{"line 3"}, doc["errors"], "the last added counts")
	assert.Equal(t, 7.0, doc["limit"])
	assert.Equal(t, "import_invalid", doc["code"], "what the fault says cannot be replaced")

	assert.NoError(t, With(nil, "errors", 1))
	assert.Equal(t, "invalid import_invalid: 1 mistake", err.Error())
	assert.True(t, fault.HasCode(err, "import_invalid"))
}

func TestWithWhatCannotBeEncoded(t *testing.T) {
	w := failed(With(fault.New(fault.Invalid, "x", "x"), "errors", func() {}))
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Equal(t, "internal", members(t, w)["code"])
}

func TestTagged(t *testing.T) {
	stale := fault.New(fault.Stale, "version_mismatch", "the record has version 4")
	w := failed(fmt.Errorf("put: %w", With(Tagged(stale, `"4"`), "limit", 1)))
	assert.Equal(t, http.StatusPreconditionFailed, w.Code)
	assert.Equal(t, `"4"`, w.Header().Get("ETag"))
	assert.Equal(t, 1.0, members(t, w)["limit"])
	assert.Equal(t, `"5"`, failed(Tagged(Tagged(stale, `"4"`), `"5"`)).Header().Get("ETag"), "the outermost counts")
	assert.Empty(t, failed(stale).Header().Get("ETag"))
	assert.NoError(t, Tagged(nil, `"4"`))
}

func TestRetryAfter(t *testing.T) {
	busy := fault.New(fault.Unavailable, "unavailable", "busy")
	for wait, want := range map[time.Duration]string{
		0: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60",
	} {
		w := failed(RetryAfter(busy, wait))
		assert.Equal(t, want, w.Header().Get("Retry-After"), wait)
	}
	w := failed(RetryAfter(RetryAfter(busy, time.Minute), time.Hour))
	assert.Equal(t, "3600", w.Header().Get("Retry-After"), "the outermost counts")
	w = failed(RetryAfter(fault.New(fault.Conflict, "x", "x"), time.Minute))
	assert.Empty(t, w.Header().Get("Retry-After"), "a repeat cannot help")
	assert.NoError(t, RetryAfter(nil, time.Second))
}

func TestJSON(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	JSON(w, r, http.StatusCreated, map[string]string{"text": "a 🙂"})
	assert.Equal(t, http.StatusCreated, w.Code)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.Equal(t, "17", w.Header().Get("Content-Length"))
	assert.Equal(t, `{"text":"a 🙂"}`, w.Body.String())

	w = httptest.NewRecorder()
	JSON(w, r, http.StatusOK, func() {})
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Equal(t, "internal", members(t, w)["code"])
}
