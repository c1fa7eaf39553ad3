package desk

import (
	"cmp"
	"slices"
	"time"
)

// The formulas over a tally. Each is zero and false where nothing was counted that it could be taken of.

// DefaultServiceLevel is within how long a conversation ought to be answered where its queue does not say.
const DefaultServiceLevel = 20 * time.Second

// ShortAbandon is the longest wait of a customer who counts as having changed his mind rather than waited in vain.
const ShortAbandon = 5 * time.Second

// AnswersWithin is within how long the queue's conversations ought to be answered: one of WaitSteps.
func (q Queue) AnswersWithin() time.Duration { return cmp.Or(q.ServiceLevel, DefaultServiceLevel) }

// IsWaitStep reports whether waits are told apart by the length.
func IsWaitStep(d time.Duration) bool { return slices.Contains(waitSteps, d) }

// atMost is how many of the waits took at most as long as the step.
func atMost(in []int, step time.Duration) (n int) {
	for k, count := range in {
		if k < len(waitSteps) && waitSteps[k] <= step {
			n += count
		}
	}
	return n
}

// AnsweredWithin is how many of Answered waited at most as long as most, which is one of WaitSteps.
func (t Tally) AnsweredWithin(most time.Duration) int { return atMost(t.AnsweredIn, most) }

// AbandonedWithin is how many were abandoned, before they were answered, after a wait of at most that long.
func (t Tally) AbandonedWithin(most time.Duration) int { return atMost(t.AbandonedIn, most) }

// ServiceLevel is AnsweredWithin the time / (Answered + those abandoned before they were answered after a longer wait).
func (t Tally) ServiceLevel(most time.Duration) (float64, bool) {
	return ratio(t.AnsweredWithin(most), t.Answered+t.Abandoned-t.AbandonedAgain-t.AbandonedWithin(most))
}

// AbandonmentRate is Abandoned / (Answered + Abandoned), without those abandoned within ShortAbandon.
func (t Tally) AbandonmentRate() (float64, bool) {
	lost := t.Abandoned - t.AbandonedWithin(ShortAbandon)
	return ratio(lost, t.Answered+lost)
}

// SpeedOfAnswer is AnsweredAfter / Answered (ASA).
func (t Tally) SpeedOfAnswer() (time.Duration, bool) { return each(t.AnsweredAfter, t.Answered) }

// FirstResponse is RespondedAfter / Responded.
func (t Tally) FirstResponse() (time.Duration, bool) { return each(t.RespondedAfter, t.Responded) }

// HandleTime is (Talk + WrapUp) / Handled (AHT).
func (t Tally) HandleTime() (time.Duration, bool) { return each(t.Talk+t.WrapUp, t.Handled) }

// AcceptanceRate is Accepted / (Accepted + Declined + RONA).
func (t Tally) AcceptanceRate() (float64, bool) {
	return ratio(t.Accepted, t.Accepted+t.Declined+t.RONA)
}

func ratio(part, all int) (float64, bool) {
	if all == 0 {
		return 0, false
	}
	return float64(part) / float64(all), true
}

func each(sum time.Duration, n int) (time.Duration, bool) {
	if n == 0 {
		return 0, false
	}
	return sum / time.Duration(n), true
}
