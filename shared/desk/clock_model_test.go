package desk

import (
	"cmp"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// The moves of the clock in the model centre.

// drawLimits is what the queues of a centre allow.
func drawLimits(t *rapid.T) Limits {
	one := func(label string) time.Duration {
		return rapid.SampledFrom([]time.Duration{0, 30 * time.Second, 40 * time.Minute}).Draw(t, label)
	}
	return Limits{WrapUp: one("wrap-up limit"), WarnAfter: one("warning"), CloseAfter: one("silence")}
}

// elapse does what the clock owes a conversation, as its function does.
func (c *centre) elapse(talk string) move {
	return move{name: "elapse", decide: func() (Change, error) {
		i := get[Interaction](c, talk)
		if ch, err := Unheard(i, c.newestWords(i), c.now); err != nil || len(ch.Save) > 0 {
			return ch, err
		}
		switch i.Elapsed(c.now) {
		case ElapsedWrapUp:
			return TimeOutWrapUp(i, get[Agent](c, i.Legs[i.Overdue(c.now)].Agent), Reason{}, c.now)
		case ElapsedWarning:
			return WarnOfSilence(i, Queue{Texts: []Text{{On: TextWarning, Text: "still there?"}}}, c.now)
		case ElapsedSilence:
			sitting := []Agent{get[Agent](c, i.Owner)}
			if i.Guest() != "" {
				sitting = append(sitting, get[Agent](c, i.Guest()))
			}
			return CloseInSilence(c.attended(i), sitting, sold(), c.now)
		case ElapsedWait:
			return Divert(i, c.queue(i.Queue), c.behind(i.Queue), c.now)
		case ElapsedProfile:
			return Relax(i, c.queue(i.Queue), c.now)
		}
		return EndRequest(i, c.now)
	}}
}

// newestWords is what the store reads for Unheard.
func (c *centre) newestWords(i Interaction) []Message {
	said := slices.DeleteFunc(all[Message](c), func(m Message) bool { return m.Interaction != i.ID || m.Seq <= i.NewestWords() })
	slices.SortFunc(said, func(a, b Message) int { return cmp.Compare(a.Seq, b.Seq) })
	return said
}

func owesSomething(i Interaction) bool { return len(owedLegs(i)) > 0 }

func owedLegs(i Interaction) (owed []Leg) {
	for _, l := range i.Legs {
		if l.WrapUp.State == WrapUpOwed {
			owed = append(owed, l)
		}
	}
	return owed
}

func (c *centre) agentExtends(t *rapid.T) {
	i := pick(t, all[Interaction](c), owesSomething)
	who, key := c.by(t, i), c.name("key")
	c.try(t, move{name: "ExtendWrapUp", repeats: true, decide: func() (Change, error) {
		return ExtendWrapUp(get[Interaction](c, i.ID), who, key, c.now)
	}})
}

// promisesOfClock: what the clock owes is found by the earliest of its times, and nothing else is.
func (c *centre) promisesOfClock(t *rapid.T, i Interaction) {
	var first time.Time
	earlier := func(at time.Time) {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	for _, l := range i.Legs {
		must(t, l.WrapUp.State == WrapUpOwed || l.WrapUp.DueAt.IsZero() && l.WrapUp.Limit == 0, "a wrap-up of %s is %s and due", i.ID, l.WrapUp.State)
		must(t, (l.WrapUp.Limit > 0) == !l.WrapUp.DueAt.IsZero(), "a wrap-up of %s has the limit %s and is due %s", i.ID, l.WrapUp.Limit, l.WrapUp.DueAt)
		must(t, !l.WrapUp.DueAt.After(l.To.Add(time.Hour)), "a wrap-up of %s is due more than an hour after the end", i.ID)
		earlier(l.WrapUp.DueAt)
	}
	if i.State == InteractionActive && i.Wants != "" {
		earlier(i.Second.Until)
	}
	for _, w := range []struct {
		since time.Time
		most  time.Duration
	}{{i.ProfileSince, i.Terms.Relax}, {i.QueueSince, i.Terms.Most}} {
		if i.State == InteractionQueued && w.most > 0 {
			earlier(slices.MaxFunc([]time.Time{w.since, i.WaitingSince}, time.Time.Compare).Add(w.most))
		}
	}
	must(t, i.State == InteractionActive || i.CloseReason != ClosedInactive || c.limits.CloseAfter > 0, "%s is closed as inactive, and nobody counts silence", i.ID)
	if i.State == InteractionActive && i.Limits.CloseAfter > 0 && !i.AnsweredAt.IsZero() && !i.Left && !i.Blocked && !i.Interrupted {
		began := slices.MaxFunc([]time.Time{i.AnsweredAt, i.AssignedAt}, time.Time.Compare)
		switch warned := !i.WarnedAt.IsZero() && !i.WarnedAt.Before(began); {
		case warned:
			earlier(i.WarnedAt.Add(i.Limits.CloseAfter))
		case i.Limits.WarnAfter > 0:
			earlier(began.Add(i.Limits.WarnAfter))
		default:
			earlier(began.Add(i.Limits.CloseAfter))
		}
	}
	must(t, i.DueAt.Equal(first), "the clock owes %s something at %s, and looks at %s", i.ID, first, i.DueAt)
}

// customerIsTold greets a customer, or tells him that all are busy.
func (c *centre) customerIsTold(t *rapid.T) {
	i := pick(t, all[Interaction](c), func(i Interaction) bool { return i.State.Open() })
	rule := Greet
	if rapid.Bool().Draw(t, "busy") {
		rule = TellBusy
	}
	q := Queue{Head: stored(i.Queue, 1), Texts: chatty().Texts}
	c.try(t, move{name: "tell", repeats: true, forever: true, decide: func() (Change, error) { return rule(get[Interaction](c, i.ID), q, c.now) }})
}
