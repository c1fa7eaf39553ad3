package routing

import (
	"context"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// telling makes the pass for an interaction that came to wait, and tells its customer what the queue has to say: before it, that
// his conversation has begun, and after it, if it found nobody for him, that all are busy. Who waits for one agent alone is told
// the latter when he waits for the others too. In a queue without such texts that costs nothing: its configuration is what a
// claim needs anyway. A hint without an interaction, the sweep's, tells nothing.
func (h handlers) telling(ctx context.Context, hint desk.Hint, pass func(context.Context) error) error {
	q, err := h.tells(ctx, hint)
	if err != nil {
		return err
	}
	if err := h.tell(ctx, hint, q, desk.TextGreeting, desk.Greet); err != nil {
		return err
	}
	if err := pass(ctx); err != nil {
		return err
	}
	if _, own := desk.TokenAgent(hint.Token); own {
		return nil
	}
	return h.tell(ctx, hint, q, desk.TextBusy, desk.TellBusy)
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
	if hint.Interaction == "" || queue == "" {
		return desk.Queue{}, nil
	}
	q, err := h.Store.Queue(ctx, queue)
	if fault.Is(err, fault.Missing) {
		return desk.Queue{}, nil
	}
	return q, err
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
