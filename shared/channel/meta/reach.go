package meta

import (
	"context"
	"fmt"
	"net/http/httptrace"
	"sync/atomic"
)

// reach watches how far one request comes. A request was never sent when net/http asked for a connection and got
// none: names, dialling, proxies and TLS all come before that. From the moment it holds a connection we no longer
// claim to know, even where an error suggests that nothing was written.
//
// net/http may ask for a connection again after it had one. It does that for a POST only when not a byte was written
// to the first (HTTP/1) or the server declared the stream unprocessed (HTTP/2), so the second request starts afresh.
// A transport that does not report at all leaves us not knowing.
type reach struct{ asked, held atomic.Bool }

func (r *reach) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			r.asked.Store(true)
			r.held.Store(false)
		},
		GotConn: func(httptrace.GotConnInfo) { r.held.Store(true) },
	})
}

// judge says what a request that ended in err means for the message.
func (r *reach) judge(err error) error {
	if r.asked.Load() && !r.held.Load() {
		return unreached(err)
	}
	return fmt.Errorf("no answer from graph: %w", err)
}
