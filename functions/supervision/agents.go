package supervision

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// ListSupervisedAgents implements the operation of the same name in the contract.
func (h handlers) ListSupervisedAgents(ctx context.Context, req api.ListSupervisedAgentsRequest) (api.SupervisedAgentList, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.SupervisedAgentList{}, err
	}
	after, err := view.ParsePlace(req.Cursor)
	if err != nil {
		return api.SupervisedAgentList{}, err
	}
	admin := slices.Contains(who.Roles, desk.RoleAdmin)
	if req.Team != "" && !admin && !slices.Contains(who.Teams, req.Team) {
		return api.SupervisedAgentList{}, fault.New(fault.Denied, "not_your_team", "the team is none of yours")
	}
	found, err := h.members(ctx, who, req, after.Key)
	if err != nil {
		return api.SupervisedAgentList{}, err
	}
	settings, err := h.Store.Settings(ctx)
	if err != nil {
		return api.SupervisedAgentList{}, err
	}
	list := api.SupervisedAgentList{Now: h.Now()}
	found, list.Next = view.Page(found, req.Limit, func(a desk.Agent) view.Place { return view.Place{At: time.Unix(0, 0), Key: a.ID} })
	for _, a := range found {
		list.Items = append(list.Items, view.SupervisedAgent(a, settings))
	}
	return list, nil
}

// members are the agents of the page, and one more when the list goes on.
func (h handlers) members(ctx context.Context, who desk.Agent, req api.ListSupervisedAgentsRequest, after string) ([]desk.Agent, error) {
	r, state := h.Store.Reader(), desk.AgentState(req.State)
	switch {
	case req.Team != "":
		return r.AgentsIn(ctx, []string{req.Team}, state, req.Limit+1, after)
	case slices.Contains(who.Roles, desk.RoleAdmin):
		return r.Agents(ctx, state, req.Limit+1, after)
	}
	return r.AgentsIn(ctx, who.Teams, state, req.Limit+1, after)
}

// SetAgentState implements the operation of the same name in the contract.
func (h handlers) SetAgentState(ctx context.Context, req api.SetAgentStateRequest) (api.SupervisedAgent, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.SupervisedAgent{}, err
	}
	web.Note(ctx, slog.String("target", req.Agent))
	settings, err := h.Store.Settings(ctx)
	if err != nil {
		return api.SupervisedAgent{}, err
	}
	order := desk.StateOrder{By: who, State: desk.AgentState(req.Body.State), Reason: req.Body.Reason,
		HandOver: req.Body.HandOver, Version: req.Body.Version, Key: req.IdempotencyKey}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, err := r.Present(ctx, req.Agent)
		if err != nil {
			return desk.Change{}, err
		}
		p.Reasons = settings.IdleReasons
		live, err := r.Sits(ctx, p.Agent)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.SetStateOf(p, order, live, h.Now())
	})
	if err != nil {
		return api.SupervisedAgent{}, err
	}
	return view.SupervisedAgent(*ch.Agent, settings), nil
}
