// Package feed streams to an agent's desktop whatever changes on it.
//
//	Trigger   GET /v1/agents/me/feed, a server-sent event stream
//	Changes   nothing
//	Hints     none
//	Repeats   safe: events carry state, not steps, and an ID from which the stream goes on without a gap
//
// The ID of an event is what the desktop has seen once it has it: versions and sequence numbers, no clock. A stream
// that goes on from it reads the agent and his conversations and sends what is newer. Three listeners: the agent, his
// interactions, and their messages, with one more for each thirty conversations. The stream ends when the token expires,
// before the platform cuts it, when the desktop stops reading, and when a later desktop signed in.
package feed

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("feed", Register) }

type config struct {
	StreamFor time.Duration `env:"FEED_STREAM_FOR, default=50m"` // below the platform's request limit
	Heartbeat time.Duration `env:"FEED_HEARTBEAT, default=15s"`  // between comments that keep proxies from closing it
}

type handlers struct {
	host.Deps
	config
	view view.Viewer
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{Deps: d, view: view.Viewer{Store: d.Store, Now: d.Now}}
	if err := d.Load(&h.config); err != nil {
		return err
	}
	return api.Feed(mux, d.Edge(), h)
}

// listeners is how many a stream has: its agent, his interactions, and their messages, for up to thirty of them.
const listeners = 3

// GetFeed implements the operation of the same name in the contract. Last-Event-ID counts before the query's cursor; a
// cursor that cannot be read begins with a snapshot.
func (h handlers) GetFeed(w http.ResponseWriter, r *http.Request, req api.GetFeedRequest) error {
	who, err := auth.Agent(r.Context())
	if err != nil {
		return err
	}
	release, err := h.Store.Reserve(listeners)
	if err != nil {
		return err
	}
	defer release()
	expiry, ok := auth.Expiry(r.Context())
	if !ok {
		return fault.New(fault.Unauthenticated, "token_expired", "the token has no end")
	}
	ends, reason := h.end(expiry)
	ctx, cancel := context.WithTimeout(r.Context(), ends)
	defer cancel()
	defer context.AfterFunc(h.Stopping, cancel)()
	cursor := req.LastEventID
	if cursor == "" {
		cursor = req.Cursor
	}
	s := &stream{handlers: h, agent: who.ID, desk: req.Session, out: web.NewEvents(w), heard: map[string]*heard{}}
	err = s.run(ctx, cursor)
	if !s.out.Begun() {
		return err
	}
	switch {
	case h.Stopping.Err() != nil:
		reason = api.FeedEndReasonShuttingDown
	case errors.Is(err, errReplaced):
		reason = api.FeedEndReasonSessionReplaced
	case err != nil:
		web.Note(r.Context(), slog.String("err", err.Error()))
		reason = api.FeedEndReasonBroken
	}
	if r.Context().Err() == nil {
		_ = s.out.Send("", "end", api.FeedEnd{Reason: reason}) // the desktop is gone: it connects again by itself
		_ = s.out.Flush()
	}
	return nil
}

// end is how long the stream may last and why it ends then.
func (h handlers) end(expiry time.Time) (time.Duration, api.FeedEndReason) {
	if left := expiry.Sub(h.Now()); left < h.StreamFor {
		return left, api.FeedEndReasonTokenExpired
	}
	return h.StreamFor, api.FeedEndReasonTimeLimit
}
