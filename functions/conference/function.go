// Package conference lets a second agent into a conversation (R24–R26).
//
//	Trigger   POST /v1/interactions/{interaction}/conference, DELETE .../conference/request and .../conference/guest, POST
//	          .../conference/exit and .../conference/hand-over, from the desktop
//	Changes   interaction; where an agent is asked, or is not asked any more, also the offer and that agent, in one commit
//	Hints     routing: a queue is asked for an agent, or who was asked is free
//	Repeats   safe: each carries an idempotency key that the interaction remembers, and a request is known by its offer or
//	          its end, which are fixed before its first try
//
// An agent's seat, the offer that rings for it and the conversation are written together as they were read, so of a cancel,
// an accept and an end exactly one wins. The timer is set before the commit: one that finds no offer and no request has
// nothing to do, and what a lost one should have ended the sweep finds.
package conference

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("conference", Register) }

type handlers struct {
	host.Deps
	view view.Viewer
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	return api.Conference(mux, d.Edge(), handlers{d, view.Viewer{Store: d.Store, Now: d.Now}})
}

// CancelConference implements the operation of the same name in the contract.
func (h handlers) CancelConference(ctx context.Context, req api.CancelConferenceRequest) (api.Interaction, error) {
	return h.move(ctx, req.Interaction, func(x desk.Attended, by string) (desk.Change, error) {
		return desk.CancelConference(x, by, req.IdempotencyKey, h.Now())
	})
}

// RemoveGuest implements the operation of the same name in the contract.
func (h handlers) RemoveGuest(ctx context.Context, req api.RemoveGuestRequest) (api.Interaction, error) {
	return h.move(ctx, req.Interaction, func(x desk.Attended, by string) (desk.Change, error) {
		return desk.RemoveGuest(x.Interaction, by, req.IdempotencyKey, h.Now())
	})
}

// ExitConference implements the operation of the same name in the contract.
func (h handlers) ExitConference(ctx context.Context, req api.ExitConferenceRequest) (api.Interaction, error) {
	return h.move(ctx, req.Interaction, func(x desk.Attended, by string) (desk.Change, error) {
		return desk.ExitConference(x.Interaction, by, req.IdempotencyKey, h.Now())
	})
}

// HandOver implements the operation of the same name in the contract.
func (h handlers) HandOver(ctx context.Context, req api.HandOverRequest) (api.Interaction, error) {
	return h.move(ctx, req.Interaction, func(x desk.Attended, by string) (desk.Change, error) {
		return desk.HandOver(x.Interaction, by, req.IdempotencyKey, h.Now())
	})
}

// move changes a conversation as its caller wishes and shows it to him.
func (h handlers) move(ctx context.Context, interaction string, decide func(x desk.Attended, by string) (desk.Change, error)) (api.Interaction, error) {
	who, err := caller(ctx, interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x, err := r.Attended(ctx, interaction)
		if err != nil {
			return desk.Change{}, err
		}
		return decide(x, who)
	})
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who)
}

// caller is the ID of the agent who calls.
func caller(ctx context.Context, interaction string) (string, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return "", err
	}
	web.Note(ctx, slog.String("interaction", interaction))
	return who.ID, nil
}
