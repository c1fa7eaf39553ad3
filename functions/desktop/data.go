package desktop

import (
	"cmp"
	"context"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// SetData implements the operation of the same name in the contract.
func (h handlers) SetData(ctx context.Context, req api.SetDataRequest) (api.InteractionData, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.InteractionData{}, err
	}
	by := desk.Agent{Head: desk.Head{ID: who.ID}, Name: who.Name, Roles: who.Roles, Teams: who.Teams}
	set := wishes(req.Body)
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: req.Interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		q, err := h.Store.Queue(ctx, i.Queue)
		if err != nil && !fault.Is(err, fault.Missing) {
			return desk.Change{}, err
		}
		return desk.SetData(i, q, by, set, h.Now())
	})
	if err != nil {
		return api.InteractionData{}, err
	}
	return h.view.Data(ctx, *ch.Interaction, by)
}

// wishes are the values in the order of their variables' IDs, those to be removed empty.
func wishes(change api.DataChange) []desk.Datum {
	var set []desk.Datum
	for id, value := range change {
		d := desk.Datum{ID: id}
		if value != nil {
			d.Value = *value
		}
		set = append(set, d)
	}
	slices.SortFunc(set, func(a, b desk.Datum) int { return cmp.Compare(a.ID, b.ID) })
	return set
}
