// Package wrapup ends conversations and takes the reason for each from the agent.
//
//	Trigger   POST /v1/interactions/{interaction}/end, GET and POST .../wrapup, POST .../wrapup/extend, POST .../reopen, from the desktop
//	Changes   end: interaction, a message if the queue has a text for it, and an offer to join it that rings, with its agent,
//	          in one commit; wrap-up: interaction and agent, in one commit; reopen: a new interaction, the one before and the
//	          contact
//	Hints     routing, when the agent had no room before and can take one more, and for who is no longer asked to join
//	Repeats   safe: all carry an idempotency key that the interaction remembers, and ending what has ended gives the
//	          interaction as it is; what is reopened has an ID that follows from the one before
//
// The wrap-up never holds the customer up: from the end on, his next message opens a new interaction, or the second where
// the first joins the one that has ended. Where the queue has a limit for it the clock settles it in the end: see timeout.
package wrapup

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/fold"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("wrapup", Register) }

type handlers struct {
	host.Deps
	view view.Viewer
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	return api.Wrapup(mux, d.Edge(), handlers{d, view.Viewer{Store: d.Store, Now: d.Now}})
}

// EndInteraction implements the operation of the same name in the contract.
func (h handlers) EndInteraction(ctx context.Context, req api.EndInteractionRequest) (api.Interaction, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x, err := r.Attended(ctx, req.Interaction)
		if err != nil {
			return desk.Change{}, err
		}
		if x.Queue, err = h.Store.Queue(ctx, x.Interaction.Queue); err != nil && !fault.Is(err, fault.Missing) {
			return desk.Change{}, err
		}
		return desk.End(x, who, req.IdempotencyKey, h.Now())
	})
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who)
}

// SubmitWrapUp implements the operation of the same name in the contract.
func (h handlers) SubmitWrapUp(ctx context.Context, req api.SubmitWrapUpRequest) (api.Interaction, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	choice := desk.Choice{Reason: req.Body.Reason, SubReason: req.Body.SubReason, Note: req.Body.Note, Key: req.IdempotencyKey}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i, a := desk.Interaction{Head: desk.Head{ID: req.Interaction}}, desk.Agent{Head: desk.Head{ID: who}}
		if err := r.Load(ctx, &i, &a); err != nil {
			return desk.Change{}, err
		}
		reason, err := h.Store.Reason(ctx, i.ReasonsFor(who), choice.Reason)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.SubmitWrapUp(i, a, choice, reason, h.Now())
	})
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who)
}

// ExtendWrapUp implements the operation of the same name in the contract.
func (h handlers) ExtendWrapUp(ctx context.Context, req api.ExtendWrapUpRequest) (api.Interaction, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: req.Interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		return desk.ExtendWrapUp(i, who, req.IdempotencyKey, h.Now())
	})
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who)
}

// GetWrapUp implements the operation of the same name in the contract.
func (h handlers) GetWrapUp(ctx context.Context, req api.GetWrapUpRequest) (api.WrapUpForm, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.WrapUpForm{}, err
	}
	r := h.Store.Reader()
	i := desk.Interaction{Head: desk.Head{ID: req.Interaction}}
	if err := r.Load(ctx, &i); err != nil {
		return api.WrapUpForm{}, err
	}
	mine := func(l desk.Leg) bool { return l.Agent == who }
	if !slices.ContainsFunc(i.Legs, mine) {
		return api.WrapUpForm{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	reasons, err := h.Store.Reasons(ctx, i.ReasonsFor(who))
	if err != nil {
		return api.WrapUpForm{}, err
	}
	form := api.WrapUpForm{Interaction: i.ID, Version: i.Version, Now: h.Now()}
	if n := i.Owes(who); n >= 0 {
		w := i.Legs[n].WrapUp
		form.Owed, form.Suggested, form.DueAt = true, api.Ref{ID: w.Reason, Name: w.ReasonName}, w.DueAt
	}
	notes, err := r.Notes(ctx, i.Contact, i.ID)
	if err != nil {
		return api.WrapUpForm{}, err
	}
	for _, n := range notes {
		form.Notes = append(form.Notes, view.Note(n))
	}
	for _, reason := range reasons {
		if shown, ok := match(reason, fold.Text(req.Q)); ok {
			form.Reasons = append(form.Reasons, shown)
		}
	}
	for _, l := range i.Legs {
		if mine(l) && (l.WrapUp.State == desk.WrapUpDone || l.WrapUp.State == desk.WrapUpAutomatic) {
			form.Submitted = view.WrapUp(l.WrapUp)
		}
	}
	return form, nil
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
