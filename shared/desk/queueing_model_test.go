package desk

import (
	"time"

	"pgregory.net/rapid"
)

// queueShuts looks at somebody who waits in a queue that is closed, and does with him what that wants.
func (c *centre) queueShuts(t *rapid.T) {
	i := pick(t, all[Interaction](c), func(i Interaction) bool { return i.State == InteractionQueued })
	when := rapid.SampledFrom([]WhenClosed{"", WhenClosedOverflow, WhenClosedOverflow, WhenClosedClose}).Draw(t, "when closed")
	q, overflow := c.queue(i.Queue), c.behind(i.Queue)
	if len(overflow) > 0 && rapid.IntRange(0, 3).Draw(t, "that too") == 0 {
		overflow[0].Closed.At = nine
	}
	c.try(t, move{name: "TurnAway", repeats: true, decide: func() (Change, error) {
		i, q := get[Interaction](c, i.ID), q
		q.Closed, q.WhenClosed, q.Texts = Closure{At: nine, By: "boss"}, when, []Text{{On: TextClosed, Text: "closed"}}
		return TurnAway(i, q, overflow, c.now)
	}})
}

// queueChanges has a queue declare other profiles, and whoever is there follow.
func (c *centre) queueChanges(t *rapid.T) {
	i := pick(t, all[Interaction](c), func(i Interaction) bool { return i.State.Open() })
	plain := rapid.Bool().Draw(t, "without profiles")
	c.try(t, move{name: "Reroute", repeats: true, decide: func() (Change, error) {
		i := get[Interaction](c, i.ID)
		q := c.queue(i.Queue)
		if plain {
			q.Profiles, q.Overflow = nil, ""
		}
		return Reroute(i, q, c.now)
	}})
}

// promisesOfQueue: who waits for everybody wants what his queue and profile stand for; he is never before his place in time by more
// than his priority, unless he is in front; and the clock owes him what his terms say.
func (c *centre) promisesOfQueue(t *rapid.T, i Interaction) {
	must(t, i.CloseReason != ClosedQueue || len(i.Legs) == 0, "%s was closed with its queue, and an agent has had it", i.ID)
	must(t, !i.QueueSince.Before(i.OpenedAt) && !i.ProfileSince.Before(i.OpenedAt) || i.Blocked || i.CloseReason == ClosedBlocked, "%s is in its queue since %s, and asks for its profile since %s", i.ID, i.QueueSince, i.ProfileSince)
	if i.State != InteractionQueued {
		must(t, i.WaitOver().IsZero(), "%s is %s, and its wait ends", i.ID, i.State)
		return
	}
	must(t, i.Awaits.Agent != "" || i.Wants == TokenFor(i.Queue, i.Channel, i.Profile), "%s of %s asks for %q and wants %q", i.ID, i.Queue, i.Profile, i.Wants)
	place := i.WaitingSince.UnixMicro() - i.lead().Microseconds()
	must(t, i.Rank == place || i.Rank == place-frontOf.Microseconds(), "%s has rank %d, its place in time is %d", i.ID, i.Rank, place)
	over := i.WaitOver()
	must(t, over.IsZero() || !i.DueAt.IsZero() && !i.DueAt.After(over), "%s is due %s, its wait is over %s", i.ID, i.DueAt, over)
	must(t, over.IsZero() || over.Sub(i.WaitingSince) >= 20*time.Second, "%s waits no time at all", i.ID)
}
