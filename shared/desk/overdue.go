package desk

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// WrapUpMost is until how long after the end of a leg its wrap-up can be put off.
const WrapUpMost = time.Hour

// allow is a wrap-up that is owed from now on, for as long as the limits say.
func (l Limits) allow(w WrapUp, now time.Time) WrapUp {
	if l.WrapUp > 0 {
		w.Limit, w.DueAt = l.WrapUp, now.Add(l.WrapUp)
	}
	return w
}

// Overdue is the number of the leg whose wrap-up has been owed for too long, of several the one whose time was over first; -1
// when there is none.
func (i Interaction) Overdue(now time.Time) int {
	first := -1
	for n, l := range i.Legs {
		due := l.WrapUp.DueAt
		if l.WrapUp.State != WrapUpOwed || due.IsZero() || now.Before(due) {
			continue
		}
		if first < 0 || due.Before(i.Legs[first].WrapUp.DueAt) {
			first = n
		}
	}
	return first
}

// TimeOutWrapUp settles the wrap-up that is Overdue, a's, as SubmitWrapUp does: the agent's slot is free, and the last owner's
// closes the interaction. It gets the reason it was given before, if any, or else usual, the queue's for this; that has Version
// zero where the queue has none. While nothing of a's is overdue nothing is stored, and who is free is hinted.
func TimeOutWrapUp(i Interaction, a Agent, usual Reason, now time.Time) (Change, error) {
	leg := i.Overdue(now)
	if leg < 0 || i.Legs[leg].Agent != a.ID {
		return Change{Interaction: &i, Agent: &a, Hints: freed(a)}, nil
	}
	w := i.Legs[leg].WrapUp.automatic(usual, now)
	return i.settles(leg, w, a, wrapUpMove{EventWrapUpTimedOut, "", a.ID}, now), nil
}

// automatic is the wrap-up as the clock settles it.
func (w WrapUp) automatic(usual Reason, now time.Time) WrapUp {
	out := WrapUp{State: WrapUpAutomatic, Reason: w.Reason, ReasonName: w.ReasonName, SubReason: w.SubReason,
		SubReasonName: w.SubReasonName, Note: w.Note, At: now}
	if out.Reason == "" && usual.Version > 0 {
		out.Reason, out.ReasonName = usual.ID, usual.Name
	}
	return out
}

// MayExtend is nil while the agent can put off the wrap-up he owes. Otherwise it is the Conflict that says why not:
// nothing_to_wrap_up, wrap_up_unlimited, and wrap_up_over when it was put off as far as it goes or the clock has settled it.
func (i Interaction) MayExtend(agent string) error {
	leg := i.Owes(agent)
	if leg < 0 {
		return i.nothingOwed(agent)
	}
	switch w := i.Legs[leg].WrapUp; {
	case w.DueAt.IsZero():
		return conflict("wrap_up_unlimited", "the wrap-up may take as long as it takes")
	case !w.DueAt.Before(i.Legs[leg].To.Add(WrapUpMost)):
		return conflict("wrap_up_over", "the wrap-up cannot be put off any further")
	}
	return nil
}

// nothingOwed is the Conflict of a wrap-up that the agent does not owe.
func (i Interaction) nothingOwed(agent string) error {
	for _, l := range slices.Backward(i.Legs) {
		if l.Agent == agent && l.WrapUp.State == WrapUpAutomatic {
			return conflict("wrap_up_over", "the time for the wrap-up is over")
		}
	}
	return conflict("nothing_to_wrap_up", "no wrap-up is owed")
}

// ExtendWrapUp gives the agent the queue's limit once more for the wrap-up he owes, until WrapUpMost after the end of his leg
// at most. A repeat of the key stores nothing. Faults: not_your_conversation, key_reused and those of MayExtend.
func ExtendWrapUp(i Interaction, by, key string, now time.Time) (Change, error) {
	if !i.Sat(by) {
		return Change{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	request := hash("extend wrap-up")
	seen, err := repeats(i.Keys, key, request)
	if err != nil {
		return Change{}, err
	}
	if seen {
		return Change{Interaction: &i}, nil
	}
	if err := i.MayExtend(by); err != nil {
		return Change{}, err
	}
	leg := i.Owes(by)
	i.Legs = slices.Clone(i.Legs)
	l := &i.Legs[leg]
	l.WrapUp.DueAt = l.WrapUp.DueAt.Add(l.WrapUp.Limit)
	if most := l.To.Add(WrapUpMost); l.WrapUp.DueAt.After(most) {
		l.WrapUp.DueAt = most
	}
	i.Keys = remember(i.Keys, key, request)
	var ch Change
	i = ch.note(i.timed(), now, EventWrapUpExtended, by, "")
	return ch.of(&i), nil
}
