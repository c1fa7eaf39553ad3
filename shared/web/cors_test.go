package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseOrigins(t *testing.T) {
	got, err := ParseOrigins([]string{"https://desk.example.com", " HTTP://localhost:5173 ", ""})
	require.NoError(t, err)
	assert.Equal(t, Origins{"https://desk.example.com", "http://localhost:5173"}, got)

	got, err = ParseOrigins(nil)
	require.NoError(t, err)
	assert.Empty(t, got)

	for _, bad := range []string{
		"*", "null", "desk.example.com", "https://", "https://desk.example.com/", "https://desk.example.com/path",
		"https://*.example.com", "ftp://desk.example.com", "https://user@desk.example.com", "https://a.example.com?x", "https://a b",
		"javascript:alert(1)", "//desk.example.com",
	} {
		_, err := ParseOrigins([]string{"https://good.example.com", bad})
		assert.ErrorContains(t, err, "want scheme://host", bad)
	}
}

const desk = "https://desk.example.com"

// ask sends a request to a handler that allows the desk's origin.
func ask(t *testing.T, method string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /x", func(w http.ResponseWriter, r *http.Request) { JSON(w, r, 200, "hello") })
	h := Handler(mux, Options{Log: slog.New(slog.DiscardHandler), Origins: Origins{desk}})
	r := httptest.NewRequest(method, "/x", nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPreflight(t *testing.T) {
	w := ask(t, http.MethodOptions, map[string]string{"Origin": desk, "Access-Control-Request-Method": "GET"})
	assert.Equal(t, http.StatusNoContent, w.Code)
	assert.Equal(t, desk, w.Header().Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "GET, POST, PUT, PATCH, DELETE", w.Header().Get("Access-Control-Allow-Methods"))
	assert.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), "Idempotency-Key")
	assert.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), "Authorization")
	assert.Equal(t, "600", w.Header().Get("Access-Control-Max-Age"))
	assert.Equal(t, "Origin", w.Header().Get("Vary"))
	assert.Empty(t, w.Header().Get("Access-Control-Allow-Credentials"), "tokens travel in a header, cookies never")
}

func TestPreflightOfAStranger(t *testing.T) {
	for _, origin := range []string{"https://evil.example.com", "null", "https://desk.example.com.evil.com", "http://desk.example.com", ""} {
		w := ask(t, http.MethodOptions, map[string]string{"Origin": origin, "Access-Control-Request-Method": "GET"})
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, origin)
		assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"), origin)
		assert.Equal(t, "Origin", w.Header().Get("Vary"), "a cache must not give one origin's answer to another")
	}
}

func TestRequestWithOrigin(t *testing.T) {
	w := ask(t, http.MethodGet, map[string]string{"Origin": desk})
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, desk, w.Header().Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "ETag, Retry-After", w.Header().Get("Access-Control-Expose-Headers"))

	w = ask(t, http.MethodGet, map[string]string{"Origin": "https://evil.example.com"})
	assert.Equal(t, http.StatusOK, w.Code, "the browser refuses, not we")
	assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))

	w = ask(t, http.MethodDelete, map[string]string{"Origin": desk})
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, desk, w.Header().Get("Access-Control-Allow-Origin"), "a desktop must be able to read why")

	w = ask(t, http.MethodOptions, map[string]string{"Origin": desk})
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code, "OPTIONS that is no preflight is a method like any other")
}

func TestNoOriginsByDefault(t *testing.T) {
	h := Handler(http.NewServeMux(), Options{Log: slog.New(slog.DiscardHandler)})
	r := httptest.NewRequest(http.MethodOptions, "/x", nil)
	r.Header.Set("Origin", desk)
	r.Header.Set("Access-Control-Request-Method", "GET")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
	assert.Empty(t, w.Header().Get("Vary"))
}
