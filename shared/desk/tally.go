package desk

import (
	"cmp"
	"slices"
	"time"
)

// Tally is what is counted of a queue, in a quarter of an hour or any other time. Everything is counted when it happened: a
// wait when it ended, a leg when its wrap-up was settled. So nothing that is counted once is counted differently later, and the
// tallies of two times add up to that of both.
//
// Of the conversations that came into a queue, each is answered, abandoned before it was answered, or left, or it still
// waits: Entered is Answered + (Abandoned - AbandonedAgain) + Left, and those who wait.
type Tally struct {
	Entered int // conversations that came into the queue to wait for an agent: opened, transferred from another queue, or inherited
	Again   int // waits of those whom an agent had had: handed back, or transferred to an agent
	Started int // conversations that agents began; not part of Entered, for nobody waited

	Answered      int           // of Entered: an agent owns it
	AnsweredAfter time.Duration // the sum of their waits, each since it came into the queue
	AnsweredIn    []int         // how many waited for how long: at most WaitSteps of the same place, and more than the one before it; one more place for longer waits
	AnsweredAgain int           // of Again; not part of Answered
	LongestWait   time.Duration // of those answered or abandoned before; of two times it is the longer

	Abandoned      int   // the customer left while he waited, or a transfer to an agent was dropped (R22)
	AbandonedIn    []int // as AnsweredIn, without AbandonedAgain
	AbandonedAgain int   // of Abandoned: of Again
	Left           int   // of Entered: went on in another queue, or was closed for another reason
	Overflowed     int   // conversations that went to the queue's overflow, of Entered or of Again

	Responded      int           // conversations begun by customers in which an agent wrote for the first time
	RespondedAfter time.Duration // the sum of the times until then, each since the conversation was opened, in whatever queue

	Offers    int // offers made to agents, of every kind
	Accepted  int // offers that were accepted
	Declined  int // offers refused, or whose agent went idle or away while they rang
	RONA      int // offers nobody answered
	Rescinded int // offers taken back

	ToQueues   int // conversations that owners transferred to another queue
	ToAgents   int // conversations that owners transferred to an agent, whether or not he took them
	FromQueues int // of Entered: by a transfer
	FromAgents int // conversations that an agent took by a transfer to him

	Invited     int // requests for a second agent
	Conferences int // second agents who joined

	Handled  int           // legs that are over, with their wrap-up: done, settled by the clock, or skipped
	Talk     time.Duration // the sum of those legs, and of those that were continued in the other seat
	WrapUp   time.Duration // the sum of the wrap-ups that were done or settled by the clock, each since the end of its leg
	Lost     int           // conversations handed back because their agent was gone
	Reopened int           // conversations opened for a word after the end

	Closes  []Count // conversations closed, by the reason
	Reasons []Count // legs wrapped up with a reason, by that and the sub-reason
}

// Count is how often there was a reason, by the names it had then.
type Count struct {
	Reason  string
	Name    string
	Sub     string // the sub-reason; empty where there is none
	SubName string
	N       int
}

// WaitSteps are the lengths by which waits are told apart.
func WaitSteps() []time.Duration { return slices.Clone(waitSteps) }

var waitSteps = []time.Duration{
	5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second, 45 * time.Second,
	time.Minute, 90 * time.Second, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute, 5 * time.Minute,
	10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
}

// waitedIn is a count of one wait.
func waitedIn(d time.Duration) []int {
	n, _ := slices.BinarySearch(waitSteps, d)
	list := make([]int, len(waitSteps)+1)
	list[n] = 1
	return list
}

// Plus is both tallies in one. Neither is altered.
func (t Tally) Plus(o Tally) Tally {
	for _, f := range []struct {
		to *int
		by int
	}{
		{&t.Entered, o.Entered}, {&t.Again, o.Again}, {&t.Started, o.Started}, {&t.Responded, o.Responded},
		{&t.Answered, o.Answered}, {&t.AnsweredAgain, o.AnsweredAgain},
		{&t.Abandoned, o.Abandoned}, {&t.AbandonedAgain, o.AbandonedAgain}, {&t.Left, o.Left}, {&t.Overflowed, o.Overflowed},
		{&t.Offers, o.Offers}, {&t.Accepted, o.Accepted}, {&t.Declined, o.Declined}, {&t.RONA, o.RONA}, {&t.Rescinded, o.Rescinded},
		{&t.ToQueues, o.ToQueues}, {&t.ToAgents, o.ToAgents}, {&t.FromQueues, o.FromQueues}, {&t.FromAgents, o.FromAgents},
		{&t.Invited, o.Invited}, {&t.Conferences, o.Conferences}, {&t.Handled, o.Handled}, {&t.Lost, o.Lost}, {&t.Reopened, o.Reopened},
	} {
		*f.to += f.by
	}
	t.AnsweredAfter += o.AnsweredAfter
	t.RespondedAfter += o.RespondedAfter
	t.Talk += o.Talk
	t.WrapUp += o.WrapUp
	t.LongestWait = max(t.LongestWait, o.LongestWait)
	t.AnsweredIn, t.AbandonedIn = summed(t.AnsweredIn, o.AnsweredIn), summed(t.AbandonedIn, o.AbandonedIn)
	t.Closes, t.Reasons = counted(t.Closes, o.Closes), counted(t.Reasons, o.Reasons)
	return t
}

func summed(a, b []int) []int {
	if len(a) < len(b) {
		a, b = b, a
	}
	a = slices.Clone(a)
	for n, v := range b {
		a[n] += v
	}
	return a
}

// counted puts counts of the same reason together, in the order of the reasons.
func counted(a, b []Count) []Count {
	a = slices.Clone(a)
	for _, c := range b {
		n, found := slices.BinarySearchFunc(a, c, byReason)
		if found {
			a[n].N += c.N
		} else {
			a = slices.Insert(a, n, c)
		}
	}
	return a
}

func byReason(a, b Count) int {
	return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Sub, b.Sub), cmp.Compare(a.Name, b.Name), cmp.Compare(a.SubName, b.SubName))
}
