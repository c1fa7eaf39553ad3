// Package view shows records as the contract has them: what an agent's desktop gets to see.
package view

import (
	"context"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// Viewer shows records. Names of queues, projects and clients come from the configuration.
type Viewer struct {
	Store *store.Store
	Now   func() time.Time
}

// Agent shows an agent to himself.
func (v Viewer) Agent(a desk.Agent) api.Agent {
	return api.Agent{
		ID: a.ID, Name: a.Name, Email: a.Email, State: api.AgentState(state(a)), Reason: a.Reason, Since: a.Since,
		Version: a.Version, Roles: a.Roles, Teams: a.Teams, Load: len(a.Seats), Capacity: a.Capacity, Offer: a.Offer,
		Actions: agentActions(a),
	}
}

// state is the agent's; a record that was only imported is of an agent who is offline.
func state(a desk.Agent) desk.AgentState {
	if a.State == "" {
		return desk.AgentOffline
	}
	return a.State
}

func agentActions(a desk.Agent) []string {
	switch state(a) {
	case desk.AgentOffline:
		return []string{"sign_in"}
	case desk.AgentAvailable:
		return []string{"idle", "sign_out"}
	case desk.AgentIdle:
		return []string{"available", "sign_out"}
	}
	return []string{"available", "idle", "sign_out"}
}

// Lease shows a desktop's lease.
func (v Viewer) Lease(l desk.Lease) api.Lease {
	return api.Lease{Session: l.Session, Until: l.Until, RenewEvery: int(desk.LeaseEvery.Seconds()), Version: l.Version, Now: v.Now()}
}

// Offer shows an offer to the agent it was made to (R1).
func (v Viewer) Offer(ctx context.Context, o desk.Offer) (api.Offer, error) {
	queue, err := v.queue(ctx, o.Queue)
	if err != nil {
		return api.Offer{}, err
	}
	out := api.Offer{
		ID: o.ID, Kind: api.OfferKind(o.Kind), State: api.OfferState(o.State), Version: o.Version,
		Interaction: o.Interaction, Channel: api.Channel(o.Channel), Queue: queue.ref, Customer: customer(o.Customer),
		Source: o.Source, OfferedAt: o.OfferedAt, Deadline: o.Deadline, WaitingSince: o.WaitingSince, EndedAt: o.EndedAt,
		Why: o.Why, By: api.Ref{ID: o.By, Name: o.ByName}, Note: o.Note, Reason: o.ReasonName, Preview: o.Preview, Now: v.Now(),
	}
	if o.State == desk.OfferPending && out.Now.Before(o.Deadline) {
		out.Actions = []string{"accept", "decline"}
	}
	return out, nil
}

// Interaction shows a conversation to an agent, with the moves he can make now.
func (v Viewer) Interaction(ctx context.Context, i desk.Interaction, agent string) (api.Interaction, error) {
	queue, err := v.queue(ctx, i.Queue)
	if err != nil {
		return api.Interaction{}, err
	}
	out := api.Interaction{
		ID: i.ID, State: api.InteractionState(i.State), Interrupted: i.Interrupted, Left: i.Left, Blocked: i.Blocked, Version: i.Version,
		Channel: api.Channel(i.Channel), Queue: queue.ref, Project: queue.project, Client: queue.client,
		Contact: i.Contact, Customer: customer(i.Customer), Source: i.Source, Direction: api.Direction(i.Direction),
		OpenedAt: i.OpenedAt, WaitingSince: i.WaitingSince, AssignedAt: i.AssignedAt,
		Owner: api.Ref{ID: i.Owner, Name: i.OwnerName}, Conference: conference(i.Second), Preview: i.Preview, Unread: i.Unread,
		LastCustomerMessageAt: i.LastCustomerAt, LastMessageAt: i.LastAt, ComposeLimit: i.Channel.ComposeLimit(),
		Window: window(i, v.Now()), Referral: referral(i.Referral), ClosedAt: i.ClosedAt,
		Transfer: transfer(i.Transfer),
		Data:     data(i, queue.config, desk.Agent{Head: desk.Head{ID: agent}}), Legs: legs(i), History: moves(i.History),
		Actions: interactionActions(i, agent, v.Now()),
	}
	if i.Guest() != "" {
		out.Guest = out.Conference.Agent
	}
	if i.State == desk.InteractionClosed {
		out.CloseReason = i.CloseReason
	}
	if i.MayBeTransferred(agent) == nil {
		there, err := v.hasTarget(ctx, i, queue.config.Team)
		if err != nil {
			return api.Interaction{}, err
		}
		if there {
			out.Actions = append(out.Actions, "transfer")
		}
	}
	return out, nil
}

// hasTarget reports whether the centre has somebody to transfer a conversation of the team to: another agent of it, or
// another queue that serves the asset. The configuration says so, whoever is there now.
func (v Viewer) hasTarget(ctx context.Context, i desk.Interaction, team string) (bool, error) {
	mates, err := v.Store.Mates(ctx, team)
	if err != nil || mates > 1 {
		return err == nil, err
	}
	asset, err := v.Store.Asset(ctx, i.Asset)
	if err != nil {
		return false, known(err)
	}
	queues, err := v.Store.Queues(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(queues, func(q desk.Queue) bool { return desk.CouldBeTarget(i, q, asset) == nil }), nil
}

// transfer shows a request that an agent take a conversation over; the zero one is absent.
func transfer(t desk.Transfer) api.PendingTransfer {
	if t.By == "" {
		return api.PendingTransfer{}
	}
	return api.PendingTransfer{
		By: api.Ref{ID: t.By, Name: t.ByName}, To: api.Ref{ID: t.To, Name: t.ToName}, Note: t.Note, Reason: t.ReasonName,
		At: t.At, Unanswered: api.Unanswered(t.Unanswered),
	}
}

// window shows how the customer can be answered, while somebody may.
func window(i desk.Interaction, now time.Time) api.Window {
	if !i.State.Open() {
		return api.Window{}
	}
	w := i.Channel.Window(i.LastCustomerAt, now)
	return api.Window{State: api.WindowState(w.State), Until: w.Until}
}

func interactionActions(i desk.Interaction, agent string, now time.Time) []string {
	var can []string
	if i.Sits(agent) {
		if i.MayBeAnswered(now) == nil {
			can = append(can, "send")
		}
		if i.Channel.TakesTemplates() && i.MayBeReached() == nil {
			can = append(can, "send_template")
		}
		if i.Guest() == agent {
			can = append(can, "note", "exit")
		} else {
			can = append(can, "read", "note")
			can = append(append(can, conferenceActions(i)...), "end")
		}
	}
	if slices.Contains(i.Agents, agent) && i.Owes(agent) >= 0 {
		if !i.Sits(agent) {
			can = append(can, "note")
		}
		can = append(can, "wrap_up")
		if i.MayExtend(agent) == nil {
			can = append(can, "extend_wrap_up")
		}
	}
	if i.Afterword != "" && i.FollowedBy == "" && i.Sat(agent) {
		can = append(can, "reopen")
	}
	return can
}

// WrapUp shows a wrap-up; the zero one is absent.
func WrapUp(w desk.WrapUp) api.WrapUp {
	if w.State == "" {
		return api.WrapUp{}
	}
	return api.WrapUp{
		State: api.WrapUpState(w.State), Reason: api.Ref{ID: w.Reason, Name: w.ReasonName},
		SubReason: api.Ref{ID: w.SubReason, Name: w.SubReasonName}, Note: w.Note, At: w.At, DueAt: w.DueAt,
	}
}

// Note shows a note.
func Note(n desk.Note) api.Note {
	return api.Note{
		ID: n.ID, Version: n.Version, At: n.At, By: api.Ref{ID: n.By, Name: n.ByName}, Interaction: n.Interaction, Text: n.Text}
}

func customer(c desk.Customer) api.Customer {
	return api.Customer{Name: c.Name, Phone: c.Phone, Initials: desk.Initials(c.Name)}
}

// placed is a queue with what it belongs to.
type placed struct {
	ref, project, client api.Ref
	config               desk.Queue
}

// queue names a queue, its project and its client. What was deleted since keeps its ID as its name.
func (v Viewer) queue(ctx context.Context, id string) (placed, error) {
	p := placed{ref: api.Ref{ID: id, Name: id}}
	q, err := v.Store.Queue(ctx, id)
	if err != nil {
		return p, known(err)
	}
	p.ref.Name, p.config, p.project = q.Name, q, api.Ref{ID: q.Project, Name: q.Project}
	project, err := v.Store.Project(ctx, q.Project)
	if err != nil {
		return p, known(err)
	}
	p.project.Name, p.client = project.Name, api.Ref{ID: project.Client, Name: project.Client}
	client, err := v.Store.Client(ctx, project.Client)
	if err != nil {
		return p, known(err)
	}
	p.client.Name = client.Name
	return p, nil
}

// known is nil for a record that is merely missing.
func known(err error) error {
	if fault.Is(err, fault.Missing) {
		return nil
	}
	return err
}
