package contacts

import (
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// SetExclusiveAgent implements the operation of the same name in the contract.
func (h handlers) SetExclusiveAgent(ctx context.Context, req api.SetExclusiveAgentRequest) (api.Contact, error) {
	return h.change(ctx, req.Contact, func(ctx context.Context, r *store.Reader, c desk.Contact, x desk.Attended, by desk.Agent) (desk.Change, error) {
		held, err := r.InteractionsOf(ctx, by.ID)
		if err != nil {
			return desk.Change{}, err
		}
		w := desk.ExclusiveWish{
			Agent: desk.Agent{Head: desk.Head{ID: req.Body.Agent}}, Queue: desk.Queue{Head: desk.Head{ID: req.Queue}}, Until: req.Body.Until}
		if err := r.Find(ctx, &w.Agent, &w.Queue); err != nil {
			return desk.Change{}, err
		}
		return desk.SetExclusive(c, x, w, by, held, h.Now())
	})
}

// DropExclusiveAgent implements the operation of the same name in the contract.
func (h handlers) DropExclusiveAgent(ctx context.Context, req api.DropExclusiveAgentRequest) (api.Contact, error) {
	return h.change(ctx, req.Contact, func(ctx context.Context, r *store.Reader, c desk.Contact, x desk.Attended, by desk.Agent) (desk.Change, error) {
		held, err := r.InteractionsOf(ctx, by.ID)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.DropExclusive(c, x, req.Queue, by, held, h.Now())
	})
}
