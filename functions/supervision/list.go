package supervision

import (
	"cmp"
	"context"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// ListSupervised implements the operation of the same name in the contract. What one agent holds his capacity bounds, so that
// is read whole and paged here.
func (h handlers) ListSupervised(ctx context.Context, req api.ListSupervisedRequest) (api.InteractionList, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.InteractionList{}, err
	}
	after, err := view.ParsePlace(req.Cursor)
	if err != nil {
		return api.InteractionList{}, err
	}
	queues, err := h.chosen(ctx, who, req.Queue)
	if err != nil {
		return api.InteractionList{}, err
	}
	states := statesOf(req.State)
	var found []desk.Interaction
	if req.Agent == "" {
		found, err = h.Store.Reader().Supervised(ctx, queues, states, req.Limit+1, after.Spot())
	} else {
		found, err = h.heldBy(ctx, req.Agent, queues, states, after)
	}
	if err != nil {
		return api.InteractionList{}, err
	}
	list := api.InteractionList{Now: h.Now()}
	found, list.Next = view.Page(found, req.Limit, func(i desk.Interaction) view.Place { return view.Place{At: i.OpenedAt, Key: i.ID} })
	for _, i := range found {
		shown, err := h.view.Supervised(ctx, i, i.History.Entries, who)
		if err != nil {
			return api.InteractionList{}, err
		}
		list.Items = append(list.Items, shown)
	}
	return list, nil
}

// chosen are the IDs of the queues that the list is about: the one, or all that the caller oversees.
func (h handlers) chosen(ctx context.Context, who desk.Agent, one string) (ids []string, err error) {
	if one != "" {
		q, err := h.queue(ctx, one)
		if err != nil {
			return nil, err
		}
		return []string{one}, desk.MayOversee(who, q)
	}
	mine, err := h.overseen(ctx, who)
	for _, q := range mine {
		ids = append(ids, q.ID)
	}
	return ids, err
}

// heldBy are the conversations of the queues in which the agent has a seat or owes a wrap-up, those that opened first before the others.
// One that is closed and that he still wraps up is none of them.
func (h handlers) heldBy(ctx context.Context, agent string, queues []string, states []desk.InteractionState, after view.Place) ([]desk.Interaction, error) {
	held, err := h.Store.Reader().InteractionsOf(ctx, agent)
	if fault.Is(err, fault.Missing) {
		return nil, nil
	}
	held = slices.DeleteFunc(held, func(i desk.Interaction) bool {
		behind := i.OpenedAt.Compare(after.At)
		return !slices.Contains(queues, i.Queue) || !slices.Contains(states, i.State) ||
			after.Key != "" && (behind < 0 || behind == 0 && i.ID <= after.Key)
	})
	slices.SortFunc(held, func(a, b desk.Interaction) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	return held, err
}

// statesOf are the states somebody asked for; all that are not closed when he named none.
func statesOf(asked []api.OpenState) (states []desk.InteractionState) {
	for _, s := range asked {
		states = append(states, desk.InteractionState(s))
	}
	if len(states) == 0 {
		states = []desk.InteractionState{desk.InteractionQueued, desk.InteractionOffered, desk.InteractionActive, desk.InteractionWrapUp}
	}
	return states
}
