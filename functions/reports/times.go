package reports

import (
	"context"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// GetAgentTimes implements the operation of the same name in the contract.
func (h handlers) GetAgentTimes(ctx context.Context, req api.GetAgentTimesRequest) (api.AgentTimesList, error) {
	a, r, err := h.agent(ctx, req.Agent)
	if err != nil {
		return api.AgentTimesList{}, err
	}
	p, err := timeOf(req.From, req.To)
	if err != nil {
		return api.AgentTimesList{}, err
	}
	periods, err := desk.Periods(p.From, p.To, desk.Interval(req.Interval), req.Zone)
	if err != nil {
		return api.AgentTimesList{}, err
	}
	spells, err := spells(ctx, r, a, p.From)
	if err != nil {
		return api.AgentTimesList{}, err
	}
	list := api.AgentTimesList{Agent: api.Ref{ID: a.ID, Name: a.Name}, Now: h.Now()}
	for _, p := range periods {
		list.Items = append(list.Items, times(spells, p, list.Now))
	}
	return list, nil
}

// agent is the agent whom the caller asks about, if he may. One who was deleted is only an administrator's to see.
func (h handlers) agent(ctx context.Context, id string) (desk.Agent, *store.Reader, error) {
	who, err := caller(ctx)
	if err != nil {
		return desk.Agent{}, nil, err
	}
	if id == me {
		id = who.ID
	}
	if id != who.ID {
		if _, err := auth.Require(ctx, desk.RoleSupervisor, desk.RoleAdmin); err != nil {
			return desk.Agent{}, nil, err
		}
	}
	r := h.Store.Reader()
	a := desk.Agent{Head: desk.Head{ID: id}}
	if err := r.Find(ctx, &a); err != nil {
		return desk.Agent{}, nil, err
	}
	shared := slices.ContainsFunc(a.Teams, func(team string) bool { return slices.Contains(who.Teams, team) })
	if id != who.ID && !shared && !slices.Contains(who.Roles, desk.RoleAdmin) {
		return desk.Agent{}, nil, fault.New(fault.Denied, "not_your_agent", "the agent is in other teams than yours")
	}
	if a.Version > 0 {
		return a, r, nil
	}
	left, err := r.EarlierMoves(ctx, id, 1<<62)
	if err == nil && len(left) == 0 {
		err = fault.New(fault.Missing, "agent_missing", "there is no such agent")
	}
	a.Name = id
	return a, r, err
}

// spells reads in which states the agent was since a time, and what he was in then.
func spells(ctx context.Context, r *store.Reader, a desk.Agent, since time.Time) ([]desk.Spell, error) {
	moves := a.History.Entries
	before := int64(1 << 62)
	for {
		if len(moves) > 0 {
			before = moves[0].Seq
		}
		found := desk.SpellsOf(moves)
		if len(found) > 0 && !found[0].From.After(since) || before == 1 {
			return found, nil
		}
		pages, err := r.EarlierMoves(ctx, a.ID, before)
		if err != nil || len(pages) == 0 {
			return found, err
		}
		for _, p := range pages {
			moves = slices.Concat(p.Entries, moves)
		}
	}
}

// times shows how long an agent was in which state in a period. Before his first move he was offline.
func times(spells []desk.Spell, p desk.Period, now time.Time) api.AgentTimes {
	in := map[desk.AgentState]time.Duration{}
	out := api.AgentTimes{From: p.From, To: p.To, Complete: p.Complete(now), IdleReasons: map[string]float64{}}
	all := desk.Spell{From: p.From}.Within(p.From, p.To, now)
	for _, s := range spells {
		d := s.Within(p.From, p.To, now)
		in[s.State] += d
		all -= d
		if s.State == desk.AgentIdle && s.Reason != "" && d > 0 {
			out.IdleReasons[s.Reason] += d.Seconds()
		}
	}
	out.Available, out.Idle, out.RONA = in[desk.AgentAvailable].Seconds(), in[desk.AgentIdle].Seconds(), in[desk.AgentRONA].Seconds()
	out.Offline = (in[desk.AgentOffline] + all).Seconds()
	return out
}
