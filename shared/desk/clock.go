package desk

import "time"

// Limits are the times a queue holds its conversations to. An interaction keeps them as they stood when it was last offered to
// somebody who would own it: a change of the queue counts from the next time.
type Limits struct {
	WrapUp time.Duration // how long a wrap-up may be owed; zero for as long as it takes
}

// timed is the interaction with the time at which the clock owes it the next move. Every rule that writes an interaction ends
// with it, as those that write an agent end with Settle.
func (i Interaction) timed() Interaction {
	i.DueAt = time.Time{}
	owes := func(at time.Time) {
		if !at.IsZero() && (i.DueAt.IsZero() || at.Before(i.DueAt)) {
			i.DueAt = at
		}
	}
	if i.Second.State == SecondRequested && i.Wants != "" {
		owes(i.Second.Until)
	}
	for _, l := range i.Legs {
		if l.WrapUp.State == WrapUpOwed {
			owes(l.WrapUp.DueAt)
		}
	}
	return i
}
