package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Exclusive says that a contact's conversations in a queue go to one agent before the others of the queue (R30). A contact
// has at most one for each queue.
//
// It holds while its agent does: one who gets the ID of a deleted agent is another person (Agent.Hired). So nobody has to
// look for the exclusives of an agent or a queue that is deleted.
type Exclusive struct {
	Queue     string
	Agent     string
	AgentName string
	By        string    // agent ID of who set it
	Since     time.Time // when it was set
	Until     time.Time // from when it holds no more; zero when it has no end
}

// DefaultExclusiveWait is how long an interaction waits for its exclusive agent alone where the queue does not say.
const DefaultExclusiveWait = 5 * time.Minute

// Awaited is the one agent an interaction waits for, before the others of its queue. It ends when he takes the offer or does
// not, or by Overflow.
type Awaited struct {
	Agent string
	Why   string    // WhyExclusive or WhyPrevious
	Since time.Time // since when it waits for him
}

const agentToken = "agent:"

// AgentToken is what an interaction wants that waits for one agent alone. He takes it whenever he is free, beside the tokens in
// Takes; see Agent.CanTake.
func AgentToken(agent string) string { return agentToken + agent }

// TokenAgent is the agent whose own token it is; false for a queue's.
func TokenAgent(token string) (agent string, own bool) { return strings.CutPrefix(token, agentToken) }

// CanTake reports whether the agent can be offered what wants the token.
func (a Agent) CanTake(token string) bool {
	return a.Free() && (slices.Contains(a.Takes, token) || token == AgentToken(a.ID))
}

// Holds reports whether an exclusive with the agent, as he is on record, and the queue has a meaning now.
func (e Exclusive) Holds(a Agent, q Queue, now time.Time) bool {
	return e.current(now) && a.Version > 0 && a.ID == e.Agent && !a.Hired.After(e.Since) && q.Version > 0 && !q.Deleted()
}

func (e Exclusive) current(now time.Time) bool { return e.Until.IsZero() || now.Before(e.Until) }

// exclusiveIn is the exclusive for a queue; its Agent is empty when there is none now.
func exclusiveIn(list []Exclusive, queue string, now time.Time) Exclusive {
	n := slices.IndexFunc(list, func(e Exclusive) bool { return e.Queue == queue && e.current(now) })
	if n < 0 {
		return Exclusive{}
	}
	return list[n]
}

// awaiting has a wait begin with the exclusive agent, unless he is one of those who passed it on.
func (i Interaction) awaiting(now time.Time) Interaction {
	i.Awaits = Awaited{}
	if e := exclusiveIn(i.Exclusives, i.Queue, now); e.Agent != "" && !slices.Contains(i.Passed, e.Agent) {
		i.Awaits = Awaited{Agent: e.Agent, Why: WhyExclusive, Since: now}
	}
	return i
}

// token is what the interaction wants while it waits for an owner.
func (i Interaction) token() string {
	if i.Awaits.Agent != "" {
		return AgentToken(i.Awaits.Agent)
	}
	return TokenFor(i.Queue, i.Channel, i.Profile)
}

// forAll has the interaction wait for its whole queue.
func (i Interaction) forAll() Interaction {
	i.Awaits = Awaited{}
	if i.State == InteractionQueued {
		i.Wants = i.token()
	}
	return i
}

// unless is forAll when there is no point in waiting for the agent, who is as he is now.
func (i Interaction) unless(a Agent, now time.Time) Interaction {
	if i.Awaits.Agent != "" && !i.mayAwait(a, now) {
		return i.forAll()
	}
	return i
}

// notFor is forAll when it is the agent whom the interaction waits for.
func (i Interaction) notFor(agent string) Interaction {
	if i.Awaits.Agent == agent {
		return i.forAll()
	}
	return i
}

// Overflow gives an interaction that waits for one agent alone to its whole queue, where it keeps its place in time: when it
// has waited for as long as the queue says, when its exclusive ended, and at once when the agent is offline, deleted (Version
// zero) or does not serve the queue; of one that waits for its previous agent, when he cannot take it now. One that goes on waiting for him stays as it is, without a hint. A repeat stores nothing
// and hints again.
func Overflow(i Interaction, a Agent, q Queue, now time.Time) (Change, error) {
	if i.State != InteractionQueued || i.Awaits.Agent == "" {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	over := i.Awaits.Since.Add(cmp.Or(q.ExclusiveWait, DefaultExclusiveWait))
	if i.mayAwait(a, now) && now.Before(over) {
		return Change{Interaction: &i}, nil
	}
	var ch Change
	i = ch.note(i.forAll(), now, EventOverflowed, "", i.Awaits.Agent)
	ch.Hints = waiting(i)
	return ch.of(&i), nil
}

// absent hints routing that nobody need wait for the agent alone any more.
func absent(a Agent) Hint { return Hint{Event: HintInteractionQueued, Token: AgentToken(a.ID)} }

// ExclusiveWish is which agent, who serves the queue, somebody wants a contact to have there; Until is zero for ever.
type ExclusiveWish struct {
	Agent Agent
	Queue Queue
	Until time.Time
}

// SetExclusive has the contact's conversations in the queue go to the agent (R30), in place of another one if there was: those
// that open from now on and, of the newest one, x, every wait that begins from now on; it waits for him at once if it waits
// in that queue and he is there. held are the conversations the caller has. A wish that is fulfilled stores nothing and hints
// again. Faults: not_your_contact, queue_missing, agent_missing, target_not_in_team, until_past.
func SetExclusive(c Contact, x Attended, w ExclusiveWish, by Agent, held []Interaction, now time.Time) (Change, error) {
	if err := mayBlock(c, by, held); err != nil {
		return Change{}, err
	}
	switch a, q := w.Agent, w.Queue; {
	case q.Version == 0 || q.Deleted():
		return Change{}, fault.New(fault.Missing, "queue_missing", "there is no queue %q", q.ID)
	case a.Version == 0:
		return Change{}, fault.New(fault.Missing, "agent_missing", "there is no agent %q", a.ID)
	case !w.Until.IsZero() && !now.Before(w.Until):
		return Change{}, fault.New(fault.Invalid, "until_past", "the time is over already")
	case !slices.Contains(a.Teams, q.Team):
		return Change{}, conflict("target_not_in_team", "%s is not in the team of the queue", a.Name)
	}
	w.Until = Micro(w.Until)
	if e := exclusiveIn(c.Exclusives, w.Queue.ID, now); e.Holds(w.Agent, w.Queue, now) && e.Until.Equal(w.Until) {
		return Change{Contact: &c, Interaction: &x.Interaction, Hints: waiting(x.Interaction)}, nil
	}
	e := Exclusive{Queue: w.Queue.ID, Agent: w.Agent.ID, AgentName: w.Agent.Name, By: by.ID, Since: now, Until: w.Until}
	return c.exclusively(x, w.Queue.ID, w.Agent, []Exclusive{e}, EventExclusiveSet, e.Queue+" "+e.Agent, by, now), nil
}

// DropExclusive takes an exclusive back: the contact's newest conversation, x, waits for the whole queue at once if it waited
// for the agent. Without one nothing is stored. held and the faults are those of BlockContact: not_your_contact.
func DropExclusive(c Contact, x Attended, queue string, by Agent, held []Interaction, now time.Time) (Change, error) {
	if err := mayBlock(c, by, held); err != nil {
		return Change{}, err
	}
	if exclusiveIn(c.Exclusives, queue, now).Agent == "" {
		return Change{Contact: &c, Interaction: &x.Interaction, Hints: waiting(x.Interaction)}, nil
	}
	return c.exclusively(x, queue, Agent{}, nil, EventExclusiveDropped, queue, by, now), nil
}

// joined are the exclusives of a contact who takes another one over: for each queue his own goes first.
func joined(mine, others []Exclusive) []Exclusive {
	mine = slices.Clone(mine)
	for _, e := range others {
		if !slices.ContainsFunc(mine, func(m Exclusive) bool { return m.Queue == e.Queue }) {
			mine = append(mine, e)
		}
	}
	return byQueue(mine)
}

func byQueue(list []Exclusive) []Exclusive {
	slices.SortFunc(list, func(a, b Exclusive) int { return cmp.Compare(a.Queue, b.Queue) })
	return list
}

// exclusively is the change that puts other exclusives in place of the one for the queue, and forgets those that have ended.
func (c Contact) exclusively(x Attended, queue string, a Agent, put []Exclusive, event, detail string, by Agent, now time.Time) Change {
	rest := slices.DeleteFunc(slices.Clone(c.Exclusives), func(e Exclusive) bool { return e.Queue == queue || !e.current(now) })
	c.Exclusives = byQueue(append(slices.Clip(rest), put...))
	var page *HistoryPage
	c.History, page = c.History.add(c.ID, now, event, by.ID, detail)
	ch := Change{Save: []Record{&c}, Contact: &c, Interaction: &x.Interaction}
	ch.save(page)
	i := x.Interaction
	if i.Version == 0 || !i.State.Open() {
		return ch
	}
	i.Exclusives = c.Exclusives
	if i.State == InteractionQueued && i.Queue == queue {
		was := i.Awaits
		if i = i.awaiting(now); !i.mayAwait(a, now) {
			i.Awaits = Awaited{}
		}
		if i.Awaits.Agent == was.Agent {
			i.Awaits = was
		}
		i.Wants = i.token()
	}
	ch.Hints = waiting(i)
	return ch.of(&i)
}
