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
	i.Queue, i.QueueSince = q.ID, time.Time{}
	i = i.asking(q, q.ProfileFor(profile), now)
	if i.Terms.Most > 0 {
		i.QueueSince = now
	}
	return i.timed()
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
	i.Profile, i.ProfileSince = profile, time.Time{}
	if i.Terms.Relax > 0 {
		i.ProfileSince = now
	}
	if i.State == InteractionQueued {
		i.Wants = i.token()
	}
	return i.timed()
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
// profile it relaxes to as the queue is configured now, if any and if there is the queue. Its place in time stays. Before that
// time, or in another queue, nothing is stored.
func Relax(i Interaction, q Queue, now time.Time) (Change, error) {
	at := i.relaxesAt()
	if at.IsZero() || now.Before(at) || q.Version > 0 && q.ID != i.Queue {
		return Change{Interaction: &i}, nil
	}
	from := cmp.Or(i.Profile, ProfileAny)
	to := q.profile(from).RelaxTo
	if to == "" {
		return Change{}.of(ptr(i.led(i.Priority, q.terms(from)).timed())), nil
	}
	first := cmp.Or(i.Relaxed, from)
	i = i.asking(q, q.ProfileFor(to), at)
	i.Relaxed = first
	var ch Change
	i = ch.note(i, now, EventRelaxed, "", from+" "+cmp.Or(i.Profile, ProfileAny))
	ch.Hints = waiting(i)
	return ch.of(&i), nil
}

func ptr[T any](v T) *T { return &v }

// The reasons for which an interaction leaves its queue by Divert, as the history tells them.
const (
	divertedClosed = "closed"
	divertedWaited = "max_wait"
)

// Divert takes an interaction out of q, the queue it waits in, that is closed or has had it wait for too long: to the queue's
// overflow, to, which is as it is on record; or, where the queue wants that while it is closed, it is closed and its customer
// told so. It keeps its place in time, and waits for all of that queue who have the profile that the queue asks for first. It
// never comes to a queue that it has left so: then it waits where it is, and so it does where the overflow is not served.
// One that need not leave stays as it is. A repeat stores nothing and hints again.
func Divert(i Interaction, q, to Queue, now time.Time) (Change, error) {
	if i.State != InteractionQueued || q.Version > 0 && i.Queue != q.ID {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	shut, late := q.Version > 0 && !q.Open(now), past(i.overflowsAt(), now)
	var ch Change
	switch cause := q.leads(shut, late); {
	case shut && q.WhenClosed == WhenClosedClose:
		return i.turnedAway(q, now), nil
	case cause != "" && q.Overflow != "" && to.Version > 0 && to.ID == q.Overflow && to.Served() && to.ID != q.ID && !slices.Contains(i.Overflowed, to.ID):
		i = ch.note(i.divertedTo(to, now), now, EventDiverted, "", to.ID+" "+cause)
	case late:
		i.Terms.Most = 0
		i = i.timed()
	default:
		return Change{Interaction: &i}, nil
	}
	ch.Hints = waiting(i)
	return ch.of(&i), nil
}

// leads is why the queue leads an interaction to its overflow; empty when it does not.
func (q Queue) leads(shut, late bool) string {
	switch {
	case shut && q.WhenClosed == WhenClosedOverflow:
		return divertedClosed
	case late:
		return divertedWaited
	}
	return ""
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

// Reroute has an interaction wait by the terms of its queue as it is configured now, and ask for the queue's first profile
// where it asks for one that the queue does not have any more. One that waits is hinted to routing. A repeat stores nothing and
// hints again.
func Reroute(i Interaction, q Queue, now time.Time) (Change, error) {
	if i.Version == 0 || i.State != InteractionQueued || i.Queue != q.ID || q.Version == 0 || !q.Served() {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	profile := cmp.Or(i.Profile, ProfileAny)
	if q.ProfileFor(profile) == profile && i.Terms == q.terms(profile) {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	if q.ProfileFor(profile) != profile {
		i = i.asking(q, q.ProfileFor(""), now)
	} else {
		i = i.led(i.Priority, q.terms(profile)).timed()
	}
	var ch Change
	i = ch.note(i, now, EventRerouted, "", cmp.Or(i.Profile, ProfileAny))
	ch.Hints = waiting(i)
	return ch.of(&i), nil
}
