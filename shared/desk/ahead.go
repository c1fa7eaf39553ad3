package desk

import (
	"slices"
	"time"
)

// QueueAhead is the queue in which a new conversation that the arrival opens waits: Receive needs to know how. Empty when none is
// opened.
func QueueAhead(in Arrival, k Known, now time.Time) string {
	w := k.opens(in, now)
	if w == nil {
		return ""
	}
	return w.queue(in, k.Asset, now)
}

// AgentAhead is whom a new conversation that the arrival opens would wait for before the others of its queue: the contact's
// exclusive agent (R30), else the one he had last, for as long as k.Queue says. Empty when there is nobody, or none is opened.
func AgentAhead(in Arrival, k Known, now time.Time) string {
	w := k.opens(in, now)
	if w == nil {
		return ""
	}
	return w.ahead(w.queue(in, k.Asset, now), k.Queue, now).Agent
}

// opens is the meeting of an arrival that opens a conversation; nil of another.
func (k Known) opens(in Arrival, now time.Time) *meeting {
	if !in.Kind.Opens() || in.Elsewhere {
		return nil
	}
	w := meet(in.Channel, in.Customer, k, k.Contact.ID, now)
	if w.talk.State.Open() || w.contact.isBlocked() {
		return nil
	}
	return w
}

// queue is where a conversation that he opens waits.
func (w *meeting) queue(in Arrival, asset Asset, now time.Time) string {
	return w.rule(in, asset, now).Queue
}

// rule is what leads a conversation that he opens to its queue.
func (w *meeting) rule(in Arrival, asset Asset, now time.Time) EntryRule {
	in.Entrance = w.contact.entrance(in, now)
	return RuleFor(asset, in)
}

// ahead is whom a conversation that he opens in the queue waits for first. q is the queue's configuration, which counts for
// the agent of the conversation before.
func (w *meeting) ahead(queue string, q Queue, now time.Time) Awaited {
	if e := exclusiveIn(w.contact.Exclusives, queue, now); e.Agent != "" {
		return Awaited{Agent: e.Agent, Why: WhyExclusive, Since: now}
	}
	n := w.talk.lastOwner()
	if n < 0 || q.ID != queue || !now.Before(w.talk.Legs[n].To.Add(q.previousFor())) {
		return Awaited{}
	}
	return Awaited{Agent: w.talk.Legs[n].Agent, Why: WhyPrevious, Since: now}
}

// previousFor is for how long after a conversation its agent is asked first.
func (q Queue) previousFor() time.Duration { return time.Duration(q.PreviousHours) * time.Hour }

// mayAwait reports whether it has a point that the interaction waits for the agent it does, as he is now. The exclusive agent
// is at the desk and serves the queue; the previous one can take it at once.
func (i Interaction) mayAwait(a Agent, now time.Time) bool {
	switch {
	case a.Version == 0 || a.ID != i.Awaits.Agent || a.Hired.After(i.Awaits.Since):
		return false
	case i.Awaits.Why == WhyPrevious:
		return a.CanTake(Token(i.Queue, i.Channel))
	}
	e := exclusiveIn(i.Exclusives, i.Queue, now)
	return a.ID == e.Agent && !a.Hired.After(e.Since) &&
		a.State != AgentOffline && a.State != "" && slices.Contains(a.Serves, Token(i.Queue, i.Channel))
}
