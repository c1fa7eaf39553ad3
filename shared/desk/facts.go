package desk

import (
	"slices"
	"time"
)

// Fact is one thing that is counted: when and in which queue it happened, and whose doing it was.
type Fact struct {
	At    time.Time
	Queue string
	Agent string // empty for what is nobody's
	Tally Tally  // what it adds
}

// Facts are everything that is counted of an interaction, in no particular order.
func (a Account) Facts() []Fact {
	var all []Fact
	if s := a.Started; s.By != "" {
		all = append(all, Fact{At: s.At, Queue: s.Queue, Agent: s.By, Tally: Tally{Started: 1}})
	}
	if r := a.Responded; r.Agent != "" {
		all = append(all, Fact{At: r.At, Queue: r.Queue, Agent: r.Agent, Tally: Tally{Responded: 1, RespondedAfter: r.After}})
	}
	for _, w := range a.Waits {
		all = append(all, w.facts()...)
	}
	for _, o := range a.Asked {
		all = append(all, o.facts()...)
	}
	for _, h := range a.Transfers {
		t := Tally{ToQueues: 1}
		if h.ToAgent != "" {
			t = Tally{ToAgents: 1}
		}
		all = append(all, Fact{At: h.At, Queue: h.Queue, Agent: h.By, Tally: t})
	}
	for _, v := range a.Invited {
		all = append(all, Fact{At: v.At, Queue: v.Queue, Agent: v.By, Tally: Tally{Invited: 1}})
		if v.Joined != "" {
			all = append(all, Fact{At: v.Came, Queue: v.Queue, Agent: v.Joined, Tally: Tally{Conferences: 1}})
		}
	}
	for _, l := range a.Legs {
		if !l.To.IsZero() && l.WrapUp.State != WrapUpOwed {
			all = append(all, l.fact())
		}
	}
	for _, r := range a.Reopened {
		all = append(all, Fact{At: r.At, Queue: r.Queue, Agent: r.By, Tally: Tally{Reopened: 1}})
	}
	if c := a.Closed; c.Reason != "" {
		all = append(all, Fact{At: c.At, Queue: c.Queue, Tally: Tally{Closes: []Count{{Reason: c.Reason, N: 1}}}})
	}
	return all
}

func (w Wait) facts() []Fact {
	begun := Fact{At: w.From, Queue: w.Queue, Tally: Tally{Again: 1}}
	if w.First {
		begun.Tally = Tally{Entered: 1}
	}
	if w.Cause == WaitTransferred {
		begun.Tally.FromQueues = 1
	}
	all := []Fact{begun}
	if w.Cause == WaitHandedBack {
		all = append(all, Fact{At: w.From, Queue: w.Queue, Agent: w.Lost, Tally: Tally{Lost: 1}})
	}
	if w.End != "" {
		all = append(all, Fact{At: w.To, Queue: w.Queue, Agent: w.Agent, Tally: w.ended()})
	}
	return all
}

// ended is what the end of a wait adds.
func (w Wait) ended() Tally {
	took, over := w.For(w.To), 0
	if w.End == WaitDiverted {
		over = 1
	}
	switch {
	case w.First && w.End == WaitAnswered:
		return Tally{Answered: 1, AnsweredAfter: took, AnsweredIn: waitedIn(took), LongestWait: took}
	case w.First && w.End == WaitAbandoned:
		return Tally{Abandoned: 1, AbandonedIn: waitedIn(took), LongestWait: took}
	case w.First:
		return Tally{Left: 1, Overflowed: over}
	case w.End == WaitAnswered:
		return Tally{AnsweredAgain: 1}
	case w.End == WaitAbandoned:
		return Tally{Abandoned: 1, AbandonedAgain: 1}
	}
	return Tally{Overflowed: over}
}

func (o Asked) facts() []Fact {
	all := []Fact{{At: o.At, Queue: o.Queue, Agent: o.Agent, Tally: Tally{Offers: 1}}}
	var t Tally
	switch o.End {
	case OfferAccepted:
		t.Accepted = 1
		if o.Kind == OfferTransfer {
			t.FromAgents = 1
		}
	case OfferDeclined:
		t.Declined = 1
	case OfferExpired:
		t.RONA = 1
	case OfferRescinded:
		t.Rescinded = 1
	case OfferPending:
		return all
	}
	return append(all, Fact{At: o.To, Queue: o.Queue, Agent: o.Agent, Tally: t})
}

// fact is what a leg adds whose wrap-up is settled.
func (l Leg) fact() Fact {
	t := Tally{Talk: span(l.From, l.To), Handled: 1}
	switch w := l.WrapUp; w.State {
	case WrapUpContinued:
		t.Handled = 0
	case WrapUpDone, WrapUpAutomatic:
		t.WrapUp = span(l.To, w.At)
		if w.Reason != "" {
			t.Reasons = []Count{{Reason: w.Reason, Name: w.ReasonName, Sub: w.SubReason, SubName: w.SubReasonName, N: 1}}
		}
	}
	return Fact{At: timeOr(l.WrapUp.At, l.To), Queue: l.Queue, Agent: l.Agent, Tally: t}
}

// Happened reports whether anything of the account was counted of the queue in the period.
func (a Account) Happened(queue string, p Period) bool {
	return slices.ContainsFunc(a.Facts(), func(f Fact) bool { return f.Queue == queue && p.compare(f.At) == 0 })
}
