package supervision

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// GetBoard implements the operation of the same name in the contract.
func (h handlers) GetBoard(ctx context.Context, _ api.GetBoardRequest) (api.Board, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.Board{}, err
	}
	return h.shown(ctx, who)
}

// shown is the board as the supervisor sees it, with its cursor.
func (h handlers) shown(ctx context.Context, who desk.Agent) (api.Board, error) {
	queues, err := h.overseen(ctx, who)
	if err != nil {
		return api.Board{}, err
	}
	b, err := h.board.shows(ctx, queues)
	b.Cursor = cursorOf(b)
	return b, err
}

// cursorOf names what a board says, and nothing else: two that say the same have the same.
func cursorOf(b api.Board) string {
	text, err := json.Marshal([]any{b.Queues, b.Teams})
	if err != nil {
		panic("supervision: a board cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// GetBoardFeed implements the operation of the same name in the contract. Last-Event-ID counts before the query's cursor.
func (h handlers) GetBoardFeed(w http.ResponseWriter, r *http.Request, req api.GetBoardFeedRequest) error {
	who, err := caller(r.Context())
	if err != nil {
		return err
	}
	expiry, ok := auth.Expiry(r.Context())
	if !ok {
		return fault.New(fault.Unauthenticated, "token_expired", "the token has no end")
	}
	ends, reason := h.StreamFor, api.FeedEndReasonTimeLimit
	if left := expiry.Sub(h.Now()); left < ends {
		ends, reason = left, api.FeedEndReasonTokenExpired
	}
	ctx, cancel := context.WithTimeout(r.Context(), ends)
	defer cancel()
	defer context.AfterFunc(h.Stopping, cancel)()
	s := &stream{handlers: h, who: who, out: web.NewEvents(w)}
	err = s.run(ctx, cmp.Or(req.LastEventID, req.Cursor))
	if !s.out.Begun() {
		return err
	}
	switch {
	case h.Stopping.Err() != nil:
		reason = api.FeedEndReasonShuttingDown
	case err != nil && ctx.Err() == nil:
		web.Note(r.Context(), slog.String("err", err.Error()))
		reason = api.FeedEndReasonBroken
	}
	if r.Context().Err() == nil {
		_ = s.out.Send("", "end", api.FeedEnd{Reason: reason}) // the desktop is gone: it connects again by itself
		_ = s.out.Flush()
	}
	return nil
}

// stream is one supervisor's feed.
type stream struct {
	handlers
	who  desk.Agent
	out  *web.Events
	told api.Board
}

// run streams from the cursor until ctx ends, which is no error.
func (s *stream) run(ctx context.Context, cursor string) error {
	b, err := s.shown(ctx, s.who)
	if err != nil {
		return err
	}
	if err := s.out.Begin(); err != nil {
		return err
	}
	s.told = b
	if cursor != b.Cursor {
		if err := errors.Join(s.out.Send(b.Cursor, "snapshot", b), s.out.Flush()); err != nil {
			return err
		}
	}
	look, beat := time.NewTicker(s.Every), time.NewTicker(s.Heartbeat)
	defer look.Stop()
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			err = s.out.Beat()
		case <-look.C:
			err = s.look(ctx)
		}
		if err := errors.Join(err, s.out.Flush()); err != nil {
			return err
		}
	}
}

// look tells what stands otherwise than told last. Other queues than then, or other teams, are a new board.
func (s *stream) look(ctx context.Context) error {
	b, err := s.shown(ctx, s.who)
	if err != nil || b.Cursor == s.told.Cursor {
		return err
	}
	sameQueues := slices.EqualFunc(b.Queues, s.told.Queues, func(x, y api.BoardQueue) bool { return x.ID == y.ID })
	sameTeams := slices.EqualFunc(b.Teams, s.told.Teams, func(x, y api.BoardTeam) bool { return x.ID == y.ID })
	if !sameQueues || !sameTeams {
		s.told = b
		return s.out.Send(b.Cursor, "snapshot", b)
	}
	for n, q := range b.Queues {
		if err := tell(s, "queue", &s.told.Queues[n], q); err != nil {
			return err
		}
	}
	for n, t := range b.Teams {
		if err := tell(s, "team", &s.told.Teams[n], t); err != nil {
			return err
		}
	}
	return nil
}

// tell sends what stands otherwise than told, with the cursor as it is after it.
func tell[T comparable](s *stream, event string, told *T, now T) error {
	if *told == now {
		return nil
	}
	*told = now
	s.told.Cursor = cursorOf(s.told)
	return s.out.Send(s.told.Cursor, event, now)
}
