package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEventsAreWrittenAsTheStandardHasThem(t *testing.T) {
	rec := httptest.NewRecorder()
	out := NewEvents(rec)
	assert.False(t, out.Begun())
	require.NoError(t, out.Begin())
	assert.True(t, out.Begun())
	require.NoError(t, out.Send("c1", "agent", map[string]string{"text": "two\nlines"}))
	require.NoError(t, out.Send("", "end", struct{}{}))
	require.NoError(t, out.Beat())
	assert.Equal(t, http.StatusOK, rec.Code)
	assert.Equal(t, []string{"text/event-stream", "no-store"}, []string{rec.Header().Get("Content-Type"), rec.Header().Get("Cache-Control")})
	assert.Equal(t, "retry: 1000\n\nid: c1\nevent: agent\ndata: {\"text\":\"two\\nlines\"}\n\nevent: end\ndata: {}\n\n: still here\n\n", rec.Body.String())
}

// gone is a caller who hung up.
type gone struct{ http.ResponseWriter }

func (gone) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestEventsEndWithTheirReader(t *testing.T) {
	out := NewEvents(gone{httptest.NewRecorder()})
	require.Error(t, out.Begin())
	require.Error(t, out.Send("", "agent", func() {}), "what cannot be encoded")
}
