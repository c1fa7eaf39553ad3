package view

import (
	"cmp"
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// Supervised shows a conversation to a supervisor of its queue: with all, the moves of its history, all variables, and what he can do
// as one. Whether he has a seat in it himself makes no difference.
func (v Viewer) Supervised(ctx context.Context, i desk.Interaction, all []desk.Entry, by desk.Agent) (api.Interaction, error) {
	out, err := v.Interaction(ctx, i, "")
	if err != nil {
		return api.Interaction{}, err
	}
	queue, err := v.queue(ctx, i.Queue)
	if err != nil {
		return api.Interaction{}, err
	}
	out.Data = data(i, queue.config, by)
	out.History = explained(all)
	out.Offer, out.Priority, out.Profile = i.Rings(), i.Priority, i.Profile
	out.Actions = supervisorActions(i, by)
	return out, nil
}

// explained shows moves with how routing came to choose its agents: why her?
func explained(list []desk.Entry) []api.Move {
	out := moves(desk.History{Entries: list})
	for n, e := range list {
		if g := e.Grounds; g != (desk.Grounds{}) {
			out[n].Grounds = api.Grounds{Strategy: api.Strategy(cmp.Or(g.Strategy, desk.StrategyLongest)), Profile: g.Profile,
				Relaxed: g.Relaxed, Priority: g.Priority, Among: g.Among}
		}
	}
	return out
}

func supervisorActions(i desk.Interaction, by desk.Agent) (can []string) {
	if !i.State.Open() {
		return nil
	}
	if !i.Interrupted && !i.Blocked && !i.Left {
		if i.Owner != by.ID {
			can = append(can, "take_over")
		}
		can = append(can, "reassign")
		if i.State != desk.InteractionQueued {
			can = append(can, "requeue")
		}
	}
	if i.State != desk.InteractionActive {
		can = append(can, "prioritise")
	}
	return append(can, "end")
}

// IdleReasons shows the reasons for which agents may be idle.
func IdleReasons(s desk.Settings) (out api.List[api.IdleReason]) {
	for _, r := range s.IdleReasons {
		shown := api.IdleReason{ID: r.ID, Name: r.Name}
		if r.Limit > 0 {
			shown.Limit = api.Duration(r.Limit)
		}
		out = append(out, shown)
	}
	return out
}

// SupervisedAgent shows an agent to a supervisor; settings name the reasons for being idle.
func SupervisedAgent(a desk.Agent, settings desk.Settings) api.SupervisedAgent {
	out := api.SupervisedAgent{
		ID: a.ID, Name: a.Name, State: api.AgentState(state(a)), Reason: a.Reason, Since: a.Since, Version: a.Version, Teams: a.Teams,
		Load: len(a.Seats), Capacity: a.Capacity, Interactions: a.Seats, Ringing: a.Ringing,
	}
	if a.State == desk.AgentIdle {
		out.ReasonName, out.IdleUntil = settings.Idle(a.Reason, a.Since)
	}
	switch state(a) {
	case desk.AgentOffline:
	case desk.AgentIdle:
		out.Actions = []string{"offline"}
	default:
		out.Actions = []string{"idle", "offline"}
	}
	return out
}
