package desk

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Intervention is a supervisor's move in a conversation (B9).
type Intervention struct {
	By     Agent  // who makes it: ID, name, roles and teams
	Queue  Queue  // the conversation's, as it is configured
	Note   string // kept on the conversation, for whoever has it next; may be empty
	NoteID string // of the record that keeps it: the same at every try
	Key    string // idempotency key; never empty
}

// Oversees reports whether conversations of the queue are the agent's to supervise: an administrator's are all, a supervisor's
// those of the queues that his teams serve.
func (a Agent) Oversees(q Queue) bool {
	return slices.Contains(a.Roles, RoleAdmin) || slices.Contains(a.Roles, RoleSupervisor) && slices.Contains(a.Teams, q.Team)
}

// MayOversee is nil for who oversees the queue; for others it is the fault not_your_queue.
func MayOversee(a Agent, q Queue) error {
	if a.Oversees(q) {
		return nil
	}
	return fault.New(fault.Denied, "not_your_queue", "the queue is served by other teams than yours")
}

func (v Intervention) hash(request string) string {
	return hash("intervention", v.By.ID, request, v.Note)
}

// heard decides on what every intervention needs: who gives it oversees the queue, and the conversation is open. done reports that
// it was carried out before.
func (v Intervention) heard(i Interaction, request string) (done bool, _ error) {
	if err := MayOversee(v.By, v.Queue); err != nil {
		return false, err
	}
	if done, err := repeats(i.Keys, v.Key, v.hash(request)); done || err != nil {
		return done, err
	}
	if !i.State.Open() {
		return false, conflict("conversation_ended", "the conversation has ended")
	}
	return false, nil
}

// usable is nil while an agent can do something for the customer. Otherwise the conversation can only be ended, and the fault
// says why: channel_removed, customer_blocked, customer_left.
func (i Interaction) usable() error {
	switch {
	case i.Interrupted:
		return conflict("channel_removed", "the channel was removed; the conversation can only be ended")
	case i.Blocked:
		return conflict("customer_blocked", "the customer is blocked; the conversation can only be ended")
	case i.Left:
		return conflict("customer_left", "the customer has left; the conversation can only be ended")
	}
	return nil
}

// grip is a conversation in a supervisor's hands: what an intervention changes, until all of it is stored in one commit.
type grip struct {
	Intervention
	talk    Interaction
	agents  []Agent // who may be touched, each once, as they were
	touched []Agent // as they become; in the order they were touched
	ch      Change
}

// grips takes the conversation up with the agents whom it may touch. One of them may stand there several times.
func (v Intervention) grips(x Attended, request string, now time.Time, agents ...Agent) *grip {
	g := &grip{Intervention: v, talk: x.Interaction}
	for _, a := range slices.Concat(agents, []Agent{x.Agent}) {
		if a.Version > 0 && !slices.ContainsFunc(g.agents, func(b Agent) bool { return b.ID == a.ID }) {
			g.agents = append(g.agents, a)
		}
	}
	g.talk.Keys = remember(g.talk.Keys, v.Key, v.hash(request))
	if v.Note != "" {
		g.ch.Save = append(g.ch.Save, &Note{Head: Head{ID: v.NoteID}, Contact: g.talk.Contact, Interaction: g.talk.ID,
			By: v.By.ID, ByName: v.By.Name, Text: v.Note, At: now})
	}
	return g
}

// agent is the agent as he is by now; the zero one when he is not on record.
func (g *grip) agent(id string) Agent {
	for _, list := range [][]Agent{g.touched, g.agents} {
		if n := slices.IndexFunc(list, func(a Agent) bool { return a.ID == id }); n >= 0 {
			return list[n]
		}
	}
	return Agent{}
}

// touch has the agent become what change makes of him.
func (g *grip) touch(id string, change func(Agent) Agent) {
	a := g.agent(id)
	if a.Version == 0 {
		return
	}
	n := slices.IndexFunc(g.touched, func(a Agent) bool { return a.ID == id })
	if n < 0 {
		n, g.touched = len(g.touched), append(g.touched, a)
	}
	g.touched[n] = change(a)
}

// note adds a move of the supervisor's to the history.
func (g *grip) note(now time.Time, event, detail string) {
	g.talk = g.ch.note(g.talk, now, event, g.By.ID, detail)
}

// retract takes back what rings for the conversation: an offer of it, a transfer, or the request for a second agent, with or
// without an offer. asked is who was asked to own it; empty when nobody was.
func (g *grip) retract(o Offer, now time.Time) (asked string) {
	if g.talk.Second.State == SecondRequested {
		g.talk = g.talk.alone()
	}
	g.talk.Offer, g.talk.Transfer = "", Transfer{}
	if o.Version == 0 || o.State != OfferPending {
		return ""
	}
	o = o.end(OfferRescinded, now)
	g.ch.Save, g.ch.Offer = append(g.ch.Save, &o), &o
	g.touch(o.Agent, Agent.stopRinging)
	g.note(now, EventRescinded, o.ID)
	if o.Kind == OfferConference {
		return ""
	}
	return o.Agent
}

// leave ends the leg of an agent from whom the conversation is taken. He owes no wrap-up for it, and his slot is free unless he
// owes another.
func (g *grip) leave(agent string, now time.Time) {
	g.talk = g.talk.endLeg(agent, WrapUp{State: WrapUpSkipped, At: now}, now)
	if agent == "" || g.talk.holds(agent) {
		return
	}
	g.talk.Agents = without(g.talk.Agents, agent)
	g.touch(agent, func(a Agent) Agent { return a.leaves(g.talk.ID) })
}

// seat gives the conversation to the agent, whoever owned it. A guest stays, unless it is he.
func (g *grip) seat(to string, now time.Time) {
	g.leave(g.talk.Owner, now)
	g.talk.Wants, g.talk.Limits = "", g.Queue.Limits
	if g.talk.Guest() == to {
		g.talk = g.talk.promoted(now)
		return
	}
	g.talk = g.talk.owned(g.agent(to), now)
	g.touch(to, func(a Agent) Agent {
		a = a.sits(g.talk)
		a.FreeSince = now
		return a
	})
}

// change is what the intervention stores and hints.
func (g *grip) change() Change {
	g.talk = g.talk.timed()
	ch := g.ch.of(&g.talk)
	ch.Hints = append(slices.Clip(ch.Hints), waiting(g.talk)...)
	for n := range g.touched {
		a := g.touched[n].Settle()
		ch.Save = append(ch.Save, &a)
		was := slices.IndexFunc(g.agents, func(b Agent) bool { return b.ID == a.ID })
		ch.Hints = append(ch.Hints, gained(g.agents[was], a)...)
	}
	return ch
}
