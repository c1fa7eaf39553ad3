package timeout

import (
	"context"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
)

// waits handles the timer of an interaction that waits: what it waits for changes now. One that comes early sets its successor.
func (h handlers) waits(ctx context.Context, b timer.Body) error {
	err := h.elapse(ctx, b.ID)
	if fault.Is(err, fault.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	i := desk.Interaction{Head: desk.Head{ID: b.ID}}
	if err := h.Store.Reader().Find(ctx, &i); err != nil || i.WaitOver().IsZero() {
		return err
	}
	return h.Timers.Set(ctx, timer.ForWait(i.ID, i.WaitOver()).After(b))
}

// relax has the interaction ask for less. What its queue says is read fresh, as in divert: these moves are made once.
func (h handlers) relax(ctx context.Context, r *store.Reader, i desk.Interaction) (desk.Change, error) {
	q := desk.Queue{Head: desk.Head{ID: i.Queue}}
	if err := r.Find(ctx, &q); err != nil {
		return desk.Change{}, err
	}
	return desk.Relax(i, q, h.Now())
}

// divert has the interaction go to its queue's overflow.
func (h handlers) divert(ctx context.Context, r *store.Reader, i desk.Interaction) (desk.Change, error) {
	q := desk.Queue{Head: desk.Head{ID: i.Queue}}
	if err := r.Find(ctx, &q); err != nil {
		return desk.Change{}, err
	}
	overflow, err := r.Overflow(ctx, i, q, h.Now())
	if err != nil {
		return desk.Change{}, err
	}
	return desk.Divert(i, q, overflow, h.Now())
}
