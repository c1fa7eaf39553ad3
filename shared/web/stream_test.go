package web_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/web"
)

// A caller who stopped reading does not hold a stream for ever.
func TestAStreamNobodyReadsEnds(t *testing.T) {
	failed := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		rc, much := http.NewResponseController(w), bytes.Repeat([]byte("x"), 1<<20)
		for {
			err := web.WriteWithin(rc, 50*time.Millisecond)
			if err == nil {
				_, err = w.Write(much)
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}))
	defer server.Close()
	resp, err := http.Get(server.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	select {
	case err := <-failed:
		assert.ErrorContains(t, err, "timeout")
	case <-time.After(time.Minute):
		require.Fail(t, "the stream goes on although nobody reads it")
	}
}

func TestWhatHasNoDeadlinesIsLeftAsItIs(t *testing.T) {
	assert.NoError(t, web.WriteWithin(http.NewResponseController(httptest.NewRecorder()), time.Second))
}
