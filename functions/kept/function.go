// Package kept holds on to what could not be handled, until an administrator has it handled again or gives it up.
//
//	Trigger   the dead-letter topics message.received.dead and hints.dead; /v1/admin/dead-letters and /v1/admin/parked,
//	          from an administrator
//	Changes   dead letter with its parts; parked message, and the message in whose place it was
//	Hints     conversation: a parked message is to be looked at; a replay publishes the dead event itself
//	Repeats   safe: a letter's ID is derived from the event's own, so a repeat finds it, whatever became of it; a replay is
//	          published before it is noted, so stopping between the two leaves a letter to replay once more, and whoever
//	          handles an event twice finds that he did
//
// A dead letter has nowhere else to go: whatever fails here brings it again, for as long as Pub/Sub keeps it. What is
// given up leaves its ID behind, so that a late repeat does not bring it back. Letters expire in the database by
// themselves; parked messages wait until their asset is there.
package kept

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("kept", Register) }

type handlers struct{ host.Deps }

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{d}
	d.DeadLetters(mux, h.died)
	return api.Kept(mux, d.Edge(), h)
}

// died stores an event that was given up. Its parts come first, so that a letter is never without them.
func (h handlers) died(ctx context.Context, e bus.Dead) error {
	letter, parts := desk.SplitLetter(h.letterOf(e))
	have := desk.DeadLetter{Head: letter.Head}
	if err := h.Store.Reader().Find(ctx, &have); err != nil {
		return err
	}
	if have.Version == 0 {
		for _, p := range parts {
			if err := h.keep(ctx, p); err != nil {
				return err
			}
		}
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		have := desk.DeadLetter{Head: desk.Head{ID: letter.ID}}
		if err := r.Find(ctx, &have); err != nil {
			return desk.Change{}, err
		}
		return desk.KeepLetter(have, letter)
	})
	if err != nil {
		return err
	}
	if len(ch.Save) == 0 {
		web.Note(ctx, slog.Any("ignored", map[string]int{"repeat": 1}))
		return nil
	}
	h.Log.WarnContext(ctx, "an event could not be handled and is kept", "event", letter.Event, "letter", letter.ID,
		"reason", letter.Reason, "subscription", letter.Subscription)
	return nil
}

// letterOf is the letter of a dead event, with all of its data.
func (h handlers) letterOf(e bus.Dead) desk.DeadLetter {
	now, keep := h.Now(), desk.KeepDeadData
	if e.Topic == bus.HintsDead {
		keep = desk.KeepDeadHints
	}
	l := desk.DeadLetter{
		Event: e.Type, EventID: e.ID, Subscription: e.Subscription, Reason: e.Reason, Attempts: e.Attempt, Key: e.OrderingKey,
		Traceparent: e.Traceparent, PublishedAt: desk.Micro(e.Published), DiedAt: desk.Micro(e.At), Data: e.Data, ExpireAt: now.Add(keep),
	}
	l.ID = desk.DeadLetterID(e.ID, e.Subscription)
	if l.DiedAt.IsZero() {
		l.DiedAt = now
	}
	return l
}

// keep stores a part of a letter, if it is not stored yet.
func (h handlers) keep(ctx context.Context, p desk.DeadLetterPart) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		have := desk.DeadLetterPart{Head: desk.Head{ID: p.ID}}
		if err := r.Find(ctx, &have); err != nil || have.Version > 0 {
			return desk.Change{}, err
		}
		part := p
		return desk.Change{Save: []desk.Record{&part}}, nil
	})
	return err
}
