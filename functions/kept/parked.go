package kept

import (
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// ListParked implements the operation of the same name in the contract.
func (h handlers) ListParked(ctx context.Context, req api.ListParkedRequest) (api.ParkedList, error) {
	if _, err := auth.Require(ctx, auth.RoleAdmin); err != nil {
		return api.ParkedList{}, err
	}
	after, err := view.ParsePlace(req.Cursor)
	if err != nil {
		return api.ParkedList{}, err
	}
	found, err := h.Store.Reader().ParkedMessages(ctx, req.Asset, req.Limit+1, after.Spot())
	if err != nil {
		return api.ParkedList{}, err
	}
	list := api.ParkedList{Now: h.Now()}
	found, list.Next = view.Page(found, req.Limit, func(p desk.Parked) view.Place { return view.Place{At: p.At, Key: p.ID} })
	for _, p := range found {
		list.Items = append(list.Items, showParked(p))
	}
	return list, nil
}

// GetParked implements the operation of the same name in the contract.
func (h handlers) GetParked(ctx context.Context, req api.GetParkedRequest) (api.Parked, error) {
	p, err := h.parked(ctx, req.Parked)
	if err != nil {
		return api.Parked{}, err
	}
	return showMessage(p), nil
}

// ReplayParked implements the operation of the same name in the contract.
func (h handlers) ReplayParked(ctx context.Context, req api.ReplayParkedRequest) (api.Parked, error) {
	p, err := h.parked(ctx, req.Parked)
	if err != nil {
		return api.Parked{}, err
	}
	return showParked(p), h.Bus.Hint(ctx, desk.Hint{Event: desk.HintParkedDue, Parked: p.ID})
}

// DiscardParked implements the operation of the same name in the contract.
func (h handlers) DiscardParked(ctx context.Context, req api.DiscardParkedRequest) (api.Parked, error) {
	who, err := auth.Require(ctx, auth.RoleAdmin)
	if err != nil {
		return api.Parked{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, m := desk.Parked{Head: desk.Head{ID: req.Parked}}, desk.Message{Head: desk.Head{ID: req.Parked}}
		if err := r.Find(ctx, &p, &m); err != nil {
			return desk.Change{}, err
		}
		return desk.DiscardParked(p, m, h.Now())
	})
	if err != nil {
		return api.Parked{}, err
	}
	if ch.Message.DiscardedAt.IsZero() {
		return api.Parked{}, fault.New(fault.Missing, "parked_missing", "the message has come in meanwhile")
	}
	h.Log.InfoContext(ctx, "parked message discarded", "parked", ch.Message.ID, "asset", ch.Message.Asset, "agent", who.ID)
	return showDiscarded(*ch.Message), nil
}

// parked reads a parked message for an administrator.
func (h handlers) parked(ctx context.Context, id string) (desk.Parked, error) {
	p := desk.Parked{Head: desk.Head{ID: id}}
	if _, err := auth.Require(ctx, auth.RoleAdmin); err != nil {
		return p, err
	}
	return p, h.Store.Reader().Load(ctx, &p)
}
