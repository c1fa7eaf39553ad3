package delivery

import (
	"net/http"
	"time"
)

// idleMax is how many connections to the channel are kept open for the next messages: as many as an instance has calls under way.
// Go's own default of two would have most messages of a busy instance begin with a handshake.
const idleMax = 100

// newClient makes the client that calls the channels; an answer must be there within the time.
func newClient(within time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleMax
	return &http.Client{Transport: transport, Timeout: within}
}
