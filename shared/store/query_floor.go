package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/deskline/deskline/shared/desk"
)

// The queries of supervisors. What is counted takes one read however much there is, up to CountMost.

// QueueStand is how many of a queue's interactions are in each state that is not closed, each up to CountMost.
type QueueStand struct {
	Queued, Offered, Active, WrapUp int
	WaitingSince                    time.Time // since when the customer waits who waits longest; zero when nobody does
}

// QueueStand counts a queue's interactions. It takes five reads.
func (r *Reader) QueueStand(ctx context.Context, queue string) (s QueueStand, err error) {
	of := r.s.all(desk.KindInteraction).Where("queue", "==", queue)
	for state, n := range map[desk.InteractionState]*int{desk.InteractionQueued: &s.Queued, desk.InteractionOffered: &s.Offered,
		desk.InteractionActive: &s.Active, desk.InteractionWrapUp: &s.WrapUp} {
		if *n, err = r.count(ctx, "a queue's interactions", of.Where("state", "==", string(state))); err != nil {
			return s, err
		}
	}
	waits := []string{string(desk.InteractionQueued), string(desk.InteractionOffered)}
	first, err := list[desk.Interaction](ctx, r, "who waits longest", of.Where("state", "in", waits).
		OrderBy("waitingSince", firestore.Asc).Limit(1).Select("waitingSince"))
	if len(first) > 0 {
		s.WaitingSince = first[0].WaitingSince
	}
	return s, err
}

// TeamStand is how many of a team's agents are in each state, each up to CountMost.
type TeamStand struct{ Available, Idle, RONA, Offline int }

// TeamStand counts a team's agents. It takes four reads.
func (r *Reader) TeamStand(ctx context.Context, team string) (s TeamStand, err error) {
	for state, n := range map[desk.AgentState]*int{desk.AgentAvailable: &s.Available, desk.AgentIdle: &s.Idle,
		desk.AgentRONA: &s.RONA, desk.AgentOffline: &s.Offline} {
		if *n, err = r.count(ctx, "a team's agents", inTeams(r, []string{team}).Where("state", "==", string(state))); err != nil {
			return s, err
		}
	}
	return s, nil
}

func inTeams(r *Reader, teams []string) firestore.Query {
	if len(teams) == 1 {
		return r.s.all(desk.KindAgent).Where("teams", "array-contains", teams[0])
	}
	return r.s.all(desk.KindAgent).Where("teams", "array-contains-any", teams[:min(len(teams), tokensMax)])
}

// AgentsIn finds agents who are in one of the teams (the first thirty count), and in the state unless that is empty, by ID, at most limit
// of them, after the ID given (empty begins).
func (r *Reader) AgentsIn(ctx context.Context, teams []string, state desk.AgentState, limit int, after string) ([]desk.Agent, error) {
	if len(teams) == 0 {
		return nil, nil
	}
	q := inTeams(r, teams)
	if state != "" {
		q = q.Where("state", "==", string(state))
	}
	return r.agentsByID(ctx, q, limit, after)
}

// Agents finds agents in the state, or all when that is empty, as AgentsIn does.
func (r *Reader) Agents(ctx context.Context, state desk.AgentState, limit int, after string) ([]desk.Agent, error) {
	if state == "" {
		return Page[desk.Agent](ctx, r, limit, after)
	}
	return r.agentsByID(ctx, r.s.all(desk.KindAgent).Where("state", "==", string(state)), limit, after)
}

func (r *Reader) agentsByID(ctx context.Context, q firestore.Query, limit int, after string) ([]desk.Agent, error) {
	q = q.OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
	if after != "" {
		q = q.StartAfter(after)
	}
	return list[desk.Agent](ctx, r, "agents", q)
}

// Supervised finds interactions of the queues in any of the states, those that opened first before the others, at most limit of
// them, after the spot. One query goes over as many queues as it may; each reads up to limit.
func (r *Reader) Supervised(ctx context.Context, queues []string, states []desk.InteractionState, limit int, after Spot) ([]desk.Interaction, error) {
	if len(states) == 0 {
		return nil, nil
	}
	var out []desk.Interaction
	for some := range slices.Chunk(queues, tokensMax/len(states)) {
		q := r.s.all(desk.KindInteraction).Where("queue", "in", some).Where("state", "in", states).
			OrderBy("openedAt", firestore.Asc).OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
		if after.ID != "" {
			q = q.StartAfter(after.At, after.ID)
		}
		found, err := list[desk.Interaction](ctx, r, "interactions of queues", q)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b desk.Interaction) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	return out[:min(len(out), limit)], nil
}
