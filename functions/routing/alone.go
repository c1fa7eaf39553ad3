package routing

import (
	"context"
	"errors"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// look looks for agents for those who wait under a token, unless their queue is closed. Of those who wait for one agent alone
// and were not offered to him, it gives to their whole queues who need not wait for him any more. Those who ask for a profile
// that their queue does not have any more ask for another.
// It says what the pass says.
func (h handlers) look(ctx context.Context, token string) (left bool, err error) {
	if agent, own := desk.TokenAgent(token); own {
		left, err = h.pass(ctx, token)
		return left, errors.Join(err, h.overflow(ctx, agent))
	}
	q, err := h.queue(ctx, desk.QueueOf(token))
	if err != nil {
		return true, err
	}
	if q.Version > 0 && !q.Open(h.Now()) {
		return true, h.shutOut(ctx, token, q)
	}
	h.lanes.doors.opened(token)
	left, err = h.pass(ctx, token)
	if profile := desk.ProfileOf(token); q.Version > 0 && q.ProfileFor(profile) != profile {
		err = errors.Join(err, h.each(ctx, token, func(desk.Interaction) bool { return true }, h.reroute))
	}
	return left, err
}

// queue is the queue as it is configured, up to the age limit; without an ID, or one that is not on record, it has Version zero.
func (h handlers) queue(ctx context.Context, id string) (desk.Queue, error) {
	if id == "" {
		return desk.Queue{}, nil
	}
	q, err := h.Store.Queue(ctx, id)
	if fault.Is(err, fault.Missing) {
		return desk.Queue{}, nil
	}
	return q, err
}

// alone is the agent in a list when he is free for who waits for him alone; an empty one when he is not, or is deleted.
func alone(ctx context.Context, r *store.Reader, agent string) ([]desk.Agent, error) {
	a := desk.Agent{Head: desk.Head{ID: agent}}
	if err := r.Find(ctx, &a); err != nil || !a.CanTake(desk.AgentToken(agent)) {
		return nil, err
	}
	return []desk.Agent{a}, nil
}

// overflow looks at everybody who waits for the agent alone. One that cannot be looked at or changed stops no other.
func (h handlers) overflow(ctx context.Context, agent string) (failed error) {
	r := h.Store.Reader()
	a := desk.Agent{Head: desk.Head{ID: agent}}
	if err := r.Find(ctx, &a); err != nil {
		return err
	}
	var after desk.Interaction
	for {
		waiting, err := r.Waiting(ctx, []string{desk.AgentToken(agent)}, pageMax, after)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, i := range waiting {
			if h.mustLeave(ctx, i) {
				failed = errors.Join(failed, h.turnAway(ctx, i.ID))
			}
			if ch, err := h.overflows(ctx, i, a); err != nil || len(ch.Save) > 0 {
				failed = errors.Join(failed, err, h.release(ctx, i.ID))
			}
		}
		if len(waiting) < pageMax {
			return failed
		}
		after = waiting[len(waiting)-1]
	}
}

// overflows decides on an interaction and the agent it waits for.
func (h handlers) overflows(ctx context.Context, i desk.Interaction, a desk.Agent) (desk.Change, error) {
	q, err := h.queue(ctx, i.Queue)
	if err != nil {
		return desk.Change{}, err
	}
	return desk.Overflow(i, a, q, h.Now())
}

// release decides on both as they are now, saves it and hints.
func (h handlers) release(ctx context.Context, interaction string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		a := desk.Agent{Head: desk.Head{ID: i.Awaits.Agent}}
		if err := r.Find(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		return h.overflows(ctx, i, a)
	})
	return err
}
