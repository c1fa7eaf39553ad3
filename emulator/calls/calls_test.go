package calls_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"

	"github.com/deskline/deskline/emulator/calls"
	"github.com/deskline/deskline/shared/dial"
)

const trace = "0af7651916cd43dd8448eb211c80319c"

// asked is how a service sees a call by somebody with this traceparent.
func asked(traceparent string) context.Context {
	return metadata.NewIncomingContext(context.Background(), metadata.Pairs(dial.Traceparent, traceparent))
}

func serve(t *testing.T, r *calls.Register, h http.HandlerFunc) func(traceparent string) (*http.Response, error) {
	t.Helper()
	server := httptest.NewServer(r.Wrap("routing", h))
	t.Cleanup(server.Close)
	return func(traceparent string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
		require.NoError(t, err)
		req.Header.Set("Traceparent", traceparent)
		return http.DefaultClient.Do(req)
	}
}

func TestWhatAFunctionAsksForIsAskedOnBehalfOfItsCall(t *testing.T) {
	var r calls.Register
	var ended []int
	r.Ended = func(c *calls.Call, status int) {
		assert.Equal(t, "routing", c.Function)
		ended = append(ended, status)
	}
	var seen string
	call := serve(t, &r, func(w http.ResponseWriter, req *http.Request) {
		seen = req.Header.Get("Traceparent")
		c := r.Of(asked(seen))
		if assert.NotNil(t, c) {
			assert.Equal(t, "routing", c.Function)
			assert.Equal(t, trace, c.Trace)
			assert.Len(t, r.Under("routing"), 1)
			assert.Empty(t, r.Under("timeout"))
		}
		w.WriteHeader(http.StatusTeapot)
	})
	resp, err := call("00-" + trace + "-b7ad6b7169203331-01")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusTeapot, resp.StatusCode)
	assert.Equal(t, []int{http.StatusTeapot}, ended)
	assert.NotContains(t, seen, "b7ad6b7169203331", "the caller's span is the caller's")
	assert.NotNil(t, r.Of(asked(seen)), "what comes in late is known too")
	assert.Empty(t, r.Under("routing"))
}

func TestARequestOfNoTraceBeginsOne(t *testing.T) {
	var r calls.Register
	var first string
	call := serve(t, &r, func(_ http.ResponseWriter, req *http.Request) { first = r.Find(req.Header.Get("Traceparent")).Trace })
	resp, err := call("")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Len(t, first, 32)
}

func TestStrangersAskOnNobodysBehalf(t *testing.T) {
	var r calls.Register
	assert.Nil(t, r.Of(context.Background()))
	assert.Nil(t, r.Of(asked("00-"+trace+"-b7ad6b7169203331-01")))
	assert.Nil(t, r.Of(asked("x")))
}

func TestACallThatDiedAnswersNothing(t *testing.T) {
	for name, die := range map[string]func(*calls.Call, http.ResponseWriter){
		"before the answer": func(c *calls.Call, w http.ResponseWriter) {
			c.Die()
			w.WriteHeader(http.StatusOK)
			_, err := io.WriteString(w, "done")
			assert.Error(t, err)
		},
		"in the middle of it": func(c *calls.Call, w http.ResponseWriter) {
			_, err := io.WriteString(w, "do")
			assert.NoError(t, err)
			assert.NoError(t, http.NewResponseController(w).Flush())
			c.Die()
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := calls.Register{Ended: func(_ *calls.Call, status int) { assert.Zero(t, status) }}
			call := serve(t, &r, func(w http.ResponseWriter, req *http.Request) {
				c := r.Find(req.Header.Get("Traceparent"))
				die(c, w)
				assert.True(t, c.Dead())
				assert.ErrorIs(t, req.Context().Err(), context.Canceled)
			})
			resp, err := call("")
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				err = errors.Join(err, resp.Body.Close())
			}
			assert.Error(t, err)
		})
	}
}
