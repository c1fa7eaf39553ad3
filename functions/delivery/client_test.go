package delivery

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Twenty messages at once open twenty connections; the next twenty open none.
func TestConnectionsAreKeptForTheNextMessages(t *testing.T) {
	t.Parallel()
	const many = 20
	var opened atomic.Int64
	var arrived sync.WaitGroup
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Done()
		arrived.Wait()
		_, _ = io.WriteString(w, "{}")
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	client := newClient(time.Minute)
	defer client.CloseIdleConnections()
	for range 2 {
		arrived.Add(many)
		var sent sync.WaitGroup
		for range many {
			sent.Go(func() {
				resp, err := client.Get(srv.URL)
				if !assert.NoError(t, err) {
					return
				}
				defer resp.Body.Close()
				_, err = io.Copy(io.Discard, resp.Body)
				assert.NoError(t, err)
			})
		}
		sent.Wait()
	}
	require.Equal(t, int64(many), opened.Load())
}
