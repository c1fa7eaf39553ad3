package wrapup

import (
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// ReopenInteraction implements the operation of the same name in the contract.
func (h handlers) ReopenInteraction(ctx context.Context, req api.ReopenInteractionRequest) (api.Interaction, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x := desk.Reopening{
			Ended: desk.Interaction{Head: desk.Head{ID: req.Interaction}},
			Next:  desk.Interaction{Head: desk.Head{ID: desk.ReopeningID(req.Interaction)}},
		}
		if err := r.Load(ctx, &x.Ended); err != nil {
			return desk.Change{}, err
		}
		if x.Contact, err = r.Contact(ctx, x.Ended.Contact); err != nil {
			return desk.Change{}, err
		}
		by := desk.Agent{Head: desk.Head{ID: who}}
		x.Asset.ID, x.Queue.ID = x.Ended.Asset, x.Ended.Queue
		if err := r.Find(ctx, &by, &x.Next, &x.Asset, &x.Queue); err != nil { // after the contact: who is named there is there
			return desk.Change{}, err
		}
		return desk.Reopen(x, by, h.Now())
	})
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who)
}
