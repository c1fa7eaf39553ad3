package presence

import (
	"context"
	"log/slog"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
	"github.com/deskline/deskline/shared/web"
)

// leaseRang handles the timer of a lease.
func (h handlers) leaseRang(ctx context.Context, b timer.Body) error {
	until, err := h.lose(ctx, b.ID)
	if fault.Is(err, fault.TooEarly) {
		return h.Timers.Set(ctx, timer.ForLease(b.ID, until.Until).After(b))
	}
	return err
}

// leaseDue handles the sweep's reminder of one.
func (h handlers) leaseDue(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	_, err := h.lose(ctx, hint.Lease)
	return unlessEarly(err)
}

// lose takes the agent offline if his lease has run out; otherwise the lease comes back with TooEarly.
func (h handlers) lose(ctx context.Context, agent string) (desk.Lease, error) {
	web.Note(ctx, slog.String("agent", agent))
	var l desk.Lease
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, err := r.Present(ctx, agent)
		if err != nil {
			return desk.Change{}, err
		}
		l = p.Lease
		return desk.LoseLease(p, h.Now())
	})
	if err == nil && !ch.Agent.DueAt.IsZero() {
		h.watch(ctx, timer.ForGrace(agent, ch.Agent.DueAt))
	}
	return l, err
}

// graceRang handles the timer of an absent agent's grace.
func (h handlers) graceRang(ctx context.Context, b timer.Body) error {
	a, err := h.handBack(ctx, b.ID)
	if fault.Is(err, fault.TooEarly) {
		return h.Timers.Set(ctx, timer.ForGrace(b.ID, a.DueAt).After(b))
	}
	return err
}

// agentDue handles the sweep's reminder of it.
func (h handlers) agentDue(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	_, err := h.handBack(ctx, hint.Agent)
	return unlessEarly(err)
}

// handBack hands the conversations of an agent whose grace is over on; otherwise the agent comes back with TooEarly.
func (h handlers) handBack(ctx context.Context, agent string) (desk.Agent, error) {
	web.Note(ctx, slog.String("agent", agent))
	a := desk.Agent{Head: desk.Head{ID: agent}}
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		if err := r.Load(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		live, err := r.Sits(ctx, a)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.HandBack(a, live, h.Now())
	})
	return a, err
}

// unlessEarly is nil for a reminder that came before its time, as one on another clock may.
func unlessEarly(err error) error {
	if fault.Is(err, fault.TooEarly) {
		return nil
	}
	return err
}
