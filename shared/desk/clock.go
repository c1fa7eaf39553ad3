package desk

import "time"

// Limits are the times a queue holds its conversations to. An interaction keeps them as they stood when it was last offered to
// somebody who would own it: a change of the queue counts from the next time.
type Limits struct {
	WrapUp     time.Duration // how long a wrap-up may be owed; zero for as long as it takes
	WarnAfter  time.Duration // of silence, until the customer is warned (B7); zero when he is not
	CloseAfter time.Duration // of silence, after the warning if there is one, until the conversation closes; zero for never
}

// Elapsed is what the clock owes an interaction.
type Elapsed string

// What the clock may owe.
const (
	ElapsedWrapUp  Elapsed = "wrap_up"  // a wrap-up is owed for too long: TimeOutWrapUp
	ElapsedWarning Elapsed = "warning"  // the customer has been silent for long: WarnOfSilence
	ElapsedSilence Elapsed = "silence"  // and still is: CloseInSilence
	ElapsedWait    Elapsed = "max_wait" // it has waited in its queue for too long: Divert
	ElapsedProfile Elapsed = "profile"  // nobody with the profile it asks for was free for long: Relax
	ElapsedRequest Elapsed = "request"  // nobody of the queue that is asked for a second agent came in time: EndRequest
)

// Elapsed is what the clock owes the interaction now; empty for nothing.
func (i Interaction) Elapsed(now time.Time) Elapsed {
	what, at := i.silence()
	switch {
	case i.Overdue(now) >= 0:
		return ElapsedWrapUp
	case past(at, now):
		return what
	case past(i.overflowsAt(), now):
		return ElapsedWait
	case past(i.relaxesAt(), now):
		return ElapsedProfile
	case i.asksQueue() && !now.Before(i.Second.Until):
		return ElapsedRequest
	}
	return ""
}

// past reports whether there is a time, and it has come.
func past(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// timed is the interaction with the time at which the clock owes it the next move. Every rule that writes an interaction ends
// with it, as those that write an agent end with Settle.
func (i Interaction) timed() Interaction {
	i.DueAt = time.Time{}
	owes := func(at time.Time) {
		if !at.IsZero() && (i.DueAt.IsZero() || at.Before(i.DueAt)) {
			i.DueAt = at
		}
	}
	if i.asksQueue() {
		owes(i.Second.Until)
	}
	for _, l := range i.Legs {
		if l.WrapUp.State == WrapUpOwed {
			owes(l.WrapUp.DueAt)
		}
	}
	_, silent := i.silence()
	owes(silent)
	owes(i.WaitOver())
	return i
}

// asksQueue reports whether a queue is asked for a second agent, and nobody of it at the moment.
func (i Interaction) asksQueue() bool { return i.Second.State == SecondRequested && i.Wants != "" }
