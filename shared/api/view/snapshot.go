package view

import (
	"cmp"
	"context"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// Snapshot shows everything that is on an agent's desktop, with the cursor from which the feed goes on. The records are
// read one after another; the cursor holds the version of each, so whatever changed meanwhile the feed tells.
func (v Viewer) Snapshot(ctx context.Context, agent string) (api.Snapshot, error) {
	r := v.Store.Reader()
	p, err := r.Present(ctx, agent)
	if err != nil {
		return api.Snapshot{}, err
	}
	held, err := r.InteractionsOf(ctx, agent)
	if err != nil {
		return api.Snapshot{}, err
	}
	out := api.Snapshot{Agent: v.Agent(p.Agent), Cursor: CursorOf(p.Agent, held).String(), Now: v.Now()}
	if p.Offer.State == desk.OfferPending {
		if out.Offer, err = v.Offer(ctx, p.Offer); err != nil {
			return api.Snapshot{}, err
		}
	}
	for _, i := range Newest(held) {
		shown, err := v.Interaction(ctx, i, agent)
		if err != nil {
			return api.Snapshot{}, err
		}
		out.Interactions = append(out.Interactions, shown)
	}
	return out, nil
}

// Newest sorts conversations as lists show them: the newest message first.
func Newest(list []desk.Interaction) []desk.Interaction {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b desk.Interaction) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), cmp.Compare(a.ID, b.ID))
	})
	return list
}
