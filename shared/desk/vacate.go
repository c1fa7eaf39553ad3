package desk

import "time"

// vacate takes an agent who is gone out of the conversations he sits in. He owes no wrap-up for a leg he could not finish.
func (ch *Change) vacate(a Agent, live []Attended, now time.Time) Agent {
	for _, x := range live {
		var one Change
		a, one = x.without(a, now)
		*ch = ch.with(one)
	}
	return a
}

// without is a conversation without an agent who sits in it. That of an owner goes to his guest, else to the front of its
// queue, or is closed when nobody can do anything for the customer; who is asked to join is not asked any more.
func (x Attended) without(a Agent, now time.Time) (Agent, Change) {
	i, ch := x.withdraw("", now)
	guest := i.Guest()
	i = i.endLeg(a.ID, WrapUp{State: WrapUpSkipped}, now)
	switch {
	case guest == a.ID:
		i = ch.note(i.alone(), now, EventGuestLost, a.ID, "")
	case guest != "":
		i = ch.note(i.promoted(now), now, EventPromoted, guest, a.ID)
	default:
		i.Owner, i.OwnerName, i.AssignedAt = "", "", time.Time{}
		i = ch.note(i, now, EventHandedBack, a.ID, i.pointless())
		i = ch.requeue(i, now).notFor(a.ID)
	}
	i, a = i.released(a)
	ch.Hints = append(ch.Hints, waiting(i)...)
	return a, ch.of(&i)
}

// requeue puts an interaction that has lost its agent in front of its queue, or closes it when it is pointless.
func (ch *Change) requeue(i Interaction, now time.Time) Interaction {
	reason := i.pointless()
	if reason == "" {
		return i.wait(now, true)
	}
	var page *HistoryPage
	i, page = i.closed(reason, now)
	ch.save(page)
	return i
}
