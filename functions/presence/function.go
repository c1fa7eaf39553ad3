// Package presence keeps who is at the desk: signing in and out, the agent's state, and the lease by which a desktop
// that vanishes is noticed.
//
//	Trigger   /v1/agents/me, its session, state and lease, from the desktop; timers "lease" and "grace"; lease.due and
//	          agent.due from the sweep when a timer was lost
//	Changes   agent and lease, the pending offer with its interaction, and conversations that are handed on
//	Hints     routing: an agent is free, or interactions wait again
//	Repeats   safe: a change of state carries an idempotency key that the agent's record remembers; signing in is
//	          repeated by its session; an ended lease stays ended. What a repeat cannot hint again, interactions that
//	          were given up, the sweep finds
//
// The lease is a record of its own, so that renewing it never collides with routing. Its timer looks when the lease
// should have run out and, when it was renewed, sets its successor; timers of the same lease and time are one.
package presence

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
)

func init() { host.HTTP("presence", Register) }

type handlers struct {
	host.Deps
	view view.Viewer
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{d, view.Viewer{Store: d.Store, Now: d.Now}}
	d.Timer(mux, "lease", h.leaseRang)
	d.Timer(mux, "grace", h.graceRang)
	d.Events(mux, map[string]host.EventFunc{desk.HintLeaseDue: h.leaseDue, desk.HintAgentDue: h.agentDue})
	return api.Presence(mux, d.Edge(), h)
}

// GetMe implements the operation of the same name in the contract.
func (h handlers) GetMe(ctx context.Context, _ api.GetMeRequest) (api.Agent, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.Agent{}, err
	}
	a := desk.Agent{Head: desk.Head{ID: who.ID}}
	if err := h.Store.Reader().Load(ctx, &a); err != nil {
		return api.Agent{}, err
	}
	return h.view.Agent(a), nil
}

// SignIn implements the operation of the same name in the contract.
func (h handlers) SignIn(ctx context.Context, req api.SignInRequest) (api.Session, error) {
	want := cmp.Or(desk.AgentState(req.Body.State), desk.AgentIdle)
	settings, err := h.Store.Settings(ctx)
	if err != nil {
		return api.Session{}, err
	}
	ch, err := h.move(ctx, func(_ context.Context, _ *store.Reader, p desk.Present) (desk.Change, error) {
		p.Reasons = settings.IdleReasons
		return desk.SignIn(p, req.Body.Session, want, req.Body.Reason, h.Now())
	})
	if err != nil {
		return api.Session{}, err
	}
	h.watch(ctx, timer.ForLease(ch.Lease.ID, ch.Lease.Until))
	return api.Session{Agent: h.view.Agent(*ch.Agent), Lease: h.view.Lease(*ch.Lease), IdleReasons: view.IdleReasons(settings), Now: h.Now()}, nil
}

// SignOut implements the operation of the same name in the contract.
func (h handlers) SignOut(ctx context.Context, req api.SignOutRequest) (api.Agent, error) {
	ch, err := h.move(ctx, func(ctx context.Context, r *store.Reader, p desk.Present) (desk.Change, error) {
		live, err := r.Sits(ctx, p.Agent)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.SignOut(p, req.Session, live, req.HandOver, h.Now())
	})
	if err != nil {
		return api.Agent{}, err
	}
	return h.view.Agent(*ch.Agent), nil
}

// SetState implements the operation of the same name in the contract.
func (h handlers) SetState(ctx context.Context, req api.SetStateRequest) (api.Agent, error) {
	wish := desk.StateWish{
		State: desk.AgentState(req.Body.State), Reason: req.Body.Reason, Version: req.Body.Version, Key: req.IdempotencyKey}
	settings, err := h.Store.Settings(ctx)
	if err != nil {
		return api.Agent{}, err
	}
	ch, err := h.move(ctx, func(_ context.Context, _ *store.Reader, p desk.Present) (desk.Change, error) {
		p.Reasons = settings.IdleReasons
		return desk.SetState(p, wish, h.Now())
	})
	if err != nil {
		return api.Agent{}, err
	}
	return h.view.Agent(*ch.Agent), nil
}

// RenewLease implements the operation of the same name in the contract.
func (h handlers) RenewLease(ctx context.Context, req api.RenewLeaseRequest) (api.Lease, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.Lease{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		l := desk.Lease{Head: desk.Head{ID: who.ID}}
		if err := r.Find(ctx, &l); err != nil {
			return desk.Change{}, err
		}
		return desk.RenewLease(l, req.Body.Session, h.Now())
	})
	if err != nil {
		return api.Lease{}, err
	}
	return h.view.Lease(*ch.Lease), nil
}

// move changes the calling agent's presence.
func (h handlers) move(ctx context.Context, decide func(context.Context, *store.Reader, desk.Present) (desk.Change, error)) (desk.Change, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return desk.Change{}, err
	}
	return h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, err := r.Present(ctx, who.ID)
		if err != nil {
			return desk.Change{}, err
		}
		return decide(ctx, r, p)
	})
}

// watch sets a timer. One that cannot be set is left to the sweep.
func (h handlers) watch(ctx context.Context, c timer.Call) {
	if err := h.Timers.Set(ctx, c); err != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "timer not set, left to the sweep", slog.String("agent", c.ID), slog.Any("err", err))
	}
}
