package desktop

import (
	"context"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// GetSnapshot implements the operation of the same name in the contract.
func (h handlers) GetSnapshot(ctx context.Context, _ api.GetSnapshotRequest) (api.Snapshot, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.Snapshot{}, err
	}
	return h.view.Snapshot(ctx, who.ID)
}

// ListMyInteractions implements the operation of the same name in the contract. The list is what the agent holds, which
// his capacity bounds, so it is read whole and paged here.
func (h handlers) ListMyInteractions(ctx context.Context, req api.ListMyInteractionsRequest) (api.InteractionList, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.InteractionList{}, err
	}
	after, err := view.ParsePlace(req.Cursor)
	if err != nil {
		return api.InteractionList{}, err
	}
	tasks, rings, err := h.tasks(ctx, who.ID)
	if err != nil {
		return api.InteractionList{}, err
	}
	tasks = slices.DeleteFunc(tasks, func(i desk.Interaction) bool {
		return len(req.State) > 0 && !slices.Contains(req.State, task(i, who.ID, rings)) || !before(after, i)
	})
	list := api.InteractionList{Now: h.Now()}
	if len(tasks) > req.Limit {
		tasks = tasks[:req.Limit]
		last := tasks[len(tasks)-1]
		list.Next = view.Place{At: last.LastAt, Key: last.ID}.String()
	}
	for _, i := range tasks {
		shown, err := h.view.Interaction(ctx, i, who.ID)
		if err != nil {
			return api.InteractionList{}, err
		}
		if task(i, who.ID, rings) == api.TaskStateOffered {
			shown.Offer = i.Rings()
		}
		list.Items = append(list.Items, shown)
	}
	return list, nil
}

// tasks are the agent's conversations, those with the newest message first, with the one he is offered: rings is its ID.
func (h handlers) tasks(ctx context.Context, agent string) (tasks []desk.Interaction, rings string, err error) {
	r := h.Store.Reader()
	if tasks, err = r.InteractionsOf(ctx, agent); err != nil {
		return nil, "", err
	}
	offered, err := h.offered(ctx, r, agent)
	if err != nil {
		return nil, "", err
	}
	for _, i := range offered {
		rings = i.ID
		if !slices.Contains(i.Agents, agent) {
			tasks = append(tasks, i)
		}
	}
	return view.Newest(tasks), rings, nil
}

// task is how a conversation concerns the agent. One that goes on without him, or is closed, he still wraps up.
func task(i desk.Interaction, agent, rings string) api.TaskState {
	switch {
	case i.ID == rings:
		return api.TaskStateOffered
	case i.Sits(agent):
		return api.TaskStateActive
	}
	return api.TaskStateWrapup
}

// offered is the interaction the agent is asked to take now, if there is one.
func (h handlers) offered(ctx context.Context, r *store.Reader, agent string) ([]desk.Interaction, error) {
	a := desk.Agent{Head: desk.Head{ID: agent}}
	if err := r.Load(ctx, &a); err != nil {
		return nil, err
	}
	i := desk.Interaction{Head: desk.Head{ID: a.Ringing}}
	if err := r.Find(ctx, &i); err != nil {
		return nil, err
	}
	if a.Offer == "" || i.Rings() != a.Offer {
		return nil, nil
	}
	return []desk.Interaction{i}, nil
}
