package admin

import (
	"context"
	"log/slog"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
	"github.com/deskline/deskline/shared/web"
)

// reconfigured has the conversations of a queue that is configured otherwise wait by what it says now, and looks once more when nobody
// can have opened another by what the queue said before. Who comes by then is missed only where the timer is lost.
func (h handlers) reconfigured(ctx context.Context, q desk.Queue) error {
	if err := h.Timers.Set(ctx, timer.ForQueue(q.ID, h.Now().Add(store.Linger))); err != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "timer not set, who comes meanwhile keeps the old terms", slog.String("queue", q.ID), slog.Any("err", err))
	}
	return h.rerouteAll(ctx, q)
}

// lookAgain handles the timer.
func (h handlers) lookAgain(ctx context.Context, b timer.Body) error {
	ctx, cancel := context.WithTimeout(ctx, h.RetireFor)
	defer cancel()
	web.Note(ctx, slog.String("queue", b.ID))
	if h.Now().Before(b.At) {
		return h.Timers.Set(ctx, timer.ForQueue(b.ID, b.At).After(b))
	}
	q := desk.Queue{Head: desk.Head{ID: b.ID}}
	if err := h.Store.Reader().Load(ctx, &q); err != nil || q.Deleted() {
		if fault.Is(err, fault.Missing) {
			return nil
		}
		return err
	}
	return h.rerouteAll(ctx, q)
}

// rerouteAll has those wait by what the queue says now who wait in it, and those too who have an agent or are being offered, for they
// may come to wait again. Of these, only whom it concerns is read.
func (h handlers) rerouteAll(ctx context.Context, q desk.Queue) error {
	return walk(
		func(after string) ([]desk.Interaction, error) {
			return h.Store.Reader().InQueue(ctx, q.ID, retirePage, after)
		},
		func(i desk.Interaction) error {
			if ch, err := desk.Reroute(i, q, h.Now()); err != nil || len(ch.Save)+len(ch.Hints) == 0 {
				return err
			}
			return h.reroute(ctx, i.ID)
		})
}

// reroute does it to one interaction.
func (h handlers) reroute(ctx context.Context, interaction string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i, q, err := r.Queueing(ctx, interaction)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.Reroute(i, q, h.Now())
	})
	return err
}
