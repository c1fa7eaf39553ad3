package desk

import (
	"cmp"
	"slices"
	"time"
)

// terms are those by which the queue has a conversation wait that asks for the profile.
func (q Queue) terms(profile string) Terms {
	t := Terms{Boost: q.PriorityBoost}
	if p := q.profile(profile); p.RelaxTo != "" {
		t.Relax = p.After
	}
	if q.Overflow != "" {
		t.Most = q.MaxWait
	}
	return t
}

// into has the interaction belong to the queue, ask for the profile that is named, as far as the queue has it, and wait by the
// queue's terms. It keeps its priority, and its place in time.
func (i Interaction) into(q Queue, profile string, now time.Time) Interaction {
	i.Queue, i.QueueSince = q.ID, now
	return i.asking(q, q.ProfileFor(profile), now)
}

// asking has the interaction ask for another of the queue's profiles.
func (i Interaction) asking(q Queue, profile string, now time.Time) Interaction {
	i = i.led(i.Priority, q.terms(profile))
	if profile == ProfileAny {
		profile = ""
	}
	if i.Profile != profile {
		i.Relaxed = ""
	}
	i.Profile, i.ProfileSince = profile, now
	if i.State == InteractionQueued {
		i.Wants = i.token()
	}
	return i.timed()
}

// by is the interaction by the terms of q, its queue, as they are now.
func (i Interaction) by(q Queue) Interaction {
	return i.led(i.Priority, q.terms(cmp.Or(i.Profile, ProfileAny))).timed()
}

// led is the interaction with another priority and by other terms, which count at once.
func (i Interaction) led(priority int, t Terms) Interaction {
	was := i.lead()
	i.Priority, i.Terms = priority, t
	if i.State == InteractionQueued {
		i.Rank += (was - i.lead()).Microseconds()
	}
	return i
}

// lead is how much earlier than it came the interaction counts for its priority.
func (i Interaction) lead() time.Duration {
	return time.Duration(i.Priority) * cmp.Or(i.Terms.Boost, DefaultPriorityBoost)
}

// relaxesAt is when the interaction asks for less; zero for never. It counts while it waits only.
func (i Interaction) relaxesAt() time.Time {
	return i.waitedFrom(i.ProfileSince, i.Terms.Relax)
}

// overflowsAt is when the interaction has waited in its queue for too long; zero for never.
func (i Interaction) overflowsAt() time.Time {
	return i.waitedFrom(i.QueueSince, i.Terms.Most)
}

func (i Interaction) waitedFrom(since time.Time, most time.Duration) time.Time {
	if i.State != InteractionQueued || most == 0 {
		return time.Time{}
	}
	if since.Before(i.WaitingSince) {
		since = i.WaitingSince
	}
	return since.Add(most)
}

// WaitOver is when the clock next changes what the waiting interaction waits for, or where; zero for never.
func (i Interaction) WaitOver() time.Time {
	relaxes, overflows := i.relaxesAt(), i.overflowsAt()
	if relaxes.IsZero() || !overflows.IsZero() && overflows.Before(relaxes) {
		return overflows
	}
	return relaxes
}

// Relax has an interaction ask for less that has waited for its profile in q, its queue, for as long as that says: for the
// profile it relaxes to as the queue is configured now, if any and if there is the queue. Its place in time stays. If by that it
// need not yet, it waits on by what the queue says now. Before that time, or in another queue, nothing is stored.
func Relax(i Interaction, q Queue, now time.Time) (Change, error) {
	at := i.relaxesAt()
	if at.IsZero() || now.Before(at) || q.Version > 0 && q.ID != i.Queue {
		return Change{Interaction: &i}, nil
	}
	i = i.by(q)
	if at = i.relaxesAt(); at.IsZero() || now.Before(at) {
		return Change{}.of(&i), nil
	}
	from := cmp.Or(i.Profile, ProfileAny)
	first := cmp.Or(i.Relaxed, from)
	i = i.asking(q, q.ProfileFor(q.profile(from).RelaxTo), at)
	i.Relaxed = first
	var ch Change
	i = ch.note(i, now, EventRelaxed, "", from+" "+cmp.Or(i.Profile, ProfileAny))
	ch.Hints = waiting(i)
	return ch.of(&i), nil
}

// The reasons for which an interaction leaves its queue by Divert, as the history tells them.
const (
	divertedClosed = "closed"
	divertedWaited = "max_wait"
)

// Divert takes an interaction out of q, the queue it waits in, that is closed or has had it wait for too long by its terms as they
// are now: to the first of overflow that has it; or, where the queue wants that while it is closed and no agent has had it, it is
// closed and its customer told so. overflow is the queue's overflow, that one's, and so on, as they are on record. It keeps its
// place in time, and waits for all of that queue who have the profile that the queue asks for first. It never comes to a queue that
// it has left so, nor to one that is closed or not served: when there is no other it waits where it is, until the queue opens or
// for as long again. One that need not leave stays as it is. A repeat stores nothing and hints again.
func Divert(i Interaction, q Queue, overflow []Queue, now time.Time) (Change, error) {
	if i.State != InteractionQueued || q.Version > 0 && i.Queue != q.ID {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	if q.TurnsAway(i, now) {
		return i.turnedAway(q, now), nil
	}
	was := i
	i = i.by(q)
	cause := i.leaves(q, now)
	to := q.along(overflow, func(to Queue) bool { return i.MayOverflow(to, now) })
	var ch Change
	switch {
	case cause != "" && to.Version > 0:
		i = ch.note(i.divertedTo(to, now), now, EventDiverted, "", to.ID+" "+cause)
	case past(i.overflowsAt(), now):
		i.QueueSince = now
		i = i.timed()
	case !past(was.overflowsAt(), now):
		return Change{Interaction: &was}, nil
	}
	ch.Hints = waiting(i)
	return ch.of(&i), nil
}

// TurnAway is Divert for a queue that is closed: when the interaction stays there, its customer is told so, once. What is told already
// stores nothing.
func TurnAway(i Interaction, q Queue, overflow []Queue, now time.Time) (Change, error) {
	ch, err := Divert(i, q, overflow, now)
	if err != nil || ch.Interaction.State != InteractionQueued || ch.Interaction.Queue != i.Queue {
		return ch, err
	}
	if told := ch.Interaction.tellOnce(TextClosed, q, !q.Open(now), now); len(told.Save) > 0 {
		return told, nil
	}
	return ch, nil
}

// TurnsAway reports whether the queue is closed and therefore closes the interaction that waits there: one that no agent has had.
func (q Queue) TurnsAway(i Interaction, now time.Time) bool {
	return q.Version > 0 && !q.Open(now) && q.WhenClosed == WhenClosedClose && len(i.Legs) == 0
}

// leaves is why the interaction goes to the overflow of q, its queue; empty when it does not.
func (i Interaction) leaves(q Queue, now time.Time) string {
	switch {
	case q.Version > 0 && !q.Open(now) && q.WhenClosed == WhenClosedOverflow:
		return divertedClosed
	case past(i.overflowsAt(), now):
		return divertedWaited
	}
	return ""
}

// along is the first of the queue's overflow, that one's and so on, that will do; the zero Queue when none does. Each must be the
// overflow of the one before.
func (q Queue) along(overflow []Queue, do func(Queue) bool) Queue {
	for _, to := range overflow {
		switch {
		case q.Overflow == "" || to.ID != q.Overflow:
			return Queue{}
		case do(to):
			return to
		}
		q = to
	}
	return Queue{}
}

// MayOverflow reports whether the interaction may go to the queue because its own is closed or has had it wait for too long.
func (i Interaction) MayOverflow(to Queue, now time.Time) bool {
	return to.Version > 0 && to.Served() && to.ID != i.Queue && !slices.Contains(i.Overflowed, to.ID) && to.Open(now)
}

// divertedTo is the interaction in the queue's overflow.
func (i Interaction) divertedTo(to Queue, now time.Time) Interaction {
	i.Overflowed = with(i.Overflowed, i.Queue)
	i.Awaits = Awaited{}
	return i.keepsReasons().into(to, "", now)
}

// keepsReasons has the legs so far wrapped up with the reasons of the queue that the interaction is about to leave.
func (i Interaction) keepsReasons() Interaction {
	i.Legs = slices.Clone(i.Legs)
	for n, l := range i.Legs {
		i.Legs[n].Queue = cmp.Or(l.Queue, i.Queue)
	}
	return i
}

// turnedAway is the change that closes an interaction because its queue is closed.
func (i Interaction) turnedAway(q Queue, now time.Time) Change {
	ch := i.tellOnce(TextClosed, q, true, now)
	told := *ch.Interaction
	ch.Save = slices.DeleteFunc(ch.Save, func(r Record) bool { return r.Record() == KindInteraction })
	closed, page := told.closed(ClosedQueue, now)
	ch.save(page)
	return ch.of(&closed)
}

// Reroute has an open interaction wait by the terms of its queue as it is configured now, be it that it waits or that it comes to wait
// again, and ask for the queue's first profile where it asks for one that the queue does not have any more. What it has waited so far
// counts from when it came into the queue, or began to ask for its profile. One that waits is hinted to routing. A repeat stores
// nothing and hints again.
func Reroute(i Interaction, q Queue, now time.Time) (Change, error) {
	if i.Version == 0 || !i.State.Open() || i.Queue != q.ID || q.Version == 0 || !q.Served() {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	profile := cmp.Or(i.Profile, ProfileAny)
	if q.ProfileFor(profile) == profile && i.Terms == q.terms(profile) {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	if q.ProfileFor(profile) != profile {
		i = i.asking(q, q.ProfileFor(""), now)
	} else {
		i = i.by(q)
	}
	var ch Change
	i = ch.note(i, now, EventRerouted, "", cmp.Or(i.Profile, ProfileAny))
	ch.Hints = waiting(i)
	return ch.of(&i), nil
}
