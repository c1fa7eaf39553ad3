package routing

import (
	"context"
	"log/slog"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
)

// telling makes the pass for an interaction that came to wait, and tells its customer what the queue has to say: before it, that
// his conversation has begun, and after it, if it found nobody for him, that all are busy. Who waits for one agent alone is told
// the latter when he waits for the others too. When the queue is closed, what that means for him takes the place of both. In a
// queue without such texts that costs nothing: its configuration is what a claim needs anyway. A hint without an interaction, the
// sweep's, tells nothing.
func (h handlers) telling(ctx context.Context, hint desk.Hint, pass func(context.Context) error) error {
	q, err := h.tells(ctx, hint)
	if err != nil {
		return err
	}
	if q.Version > 0 && !q.Open(h.Now()) {
		if err := pass(ctx); err != nil || !bars(q) {
			return err
		}
		return h.turnAway(ctx, hint.Interaction)
	}
	if err := h.tell(ctx, hint, q, desk.TextGreeting, desk.Greet); err != nil {
		return err
	}
	if err := pass(ctx); err != nil {
		return err
	}
	if _, own := desk.TokenAgent(hint.Token); !own {
		if err := h.tell(ctx, hint, q, desk.TextBusy, desk.TellBusy); err != nil {
			return err
		}
	}
	return h.watch(ctx, hint.Interaction, q)
}

// tells is the queue whose texts are for the customer of a hint; the zero Queue when there are none.
func (h handlers) tells(ctx context.Context, hint desk.Hint) (desk.Queue, error) {
	queue := desk.QueueOf(hint.Token)
	if _, own := desk.TokenAgent(hint.Token); own && hint.Interaction != "" {
		i := desk.Interaction{Head: desk.Head{ID: hint.Interaction}}
		if err := h.Store.Reader().Find(ctx, &i); err != nil {
			return desk.Queue{}, err
		}
		queue = i.Queue
	}
	if hint.Interaction == "" {
		return desk.Queue{}, nil
	}
	return h.queue(ctx, queue)
}

// tell makes the rule's move if the queue has a text for the occasion.
func (h handlers) tell(ctx context.Context, hint desk.Hint, q desk.Queue, on desk.TextKind,
	rule func(desk.Interaction, desk.Queue, time.Time) (desk.Change, error)) error {
	if q.Says(on, "") == "" {
		return nil
	}
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: hint.Interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		return rule(i, q, h.Now())
	})
	return err
}

// watch sets the timer for an interaction that nobody was found for and that will ask for less or go to another queue: these are
// seconds that matter, and few conversations. Without it the sweep sees to that. Where the queue has neither, it costs nothing.
func (h handlers) watch(ctx context.Context, interaction string, q desk.Queue) error {
	if !q.Relaxes() && q.MaxWait == 0 {
		return nil
	}
	i := desk.Interaction{Head: desk.Head{ID: interaction}}
	if err := h.Store.Reader().Find(ctx, &i); err != nil || i.WaitOver().IsZero() {
		return err
	}
	if err := h.Timers.Set(ctx, timer.ForWait(i.ID, i.WaitOver())); err != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "timer not set, left to the sweep", slog.String("interaction", i.ID), slog.Any("err", err))
	}
	return nil
}
