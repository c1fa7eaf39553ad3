package desk

import (
	"slices"
	"time"
)

// untransferred is what becomes of an interaction whose transfer to an agent was not taken, as its queue wants it. back
// reports that it went back to sender, the agent who transferred it; then he must be saved, because that he is there and
// has room was decided on.
func (i Interaction) untransferred(sender Agent, now time.Time) (_ Interaction, _ Agent, back bool, _ *HistoryPage) {
	var page *HistoryPage
	switch t := i.Transfer; {
	case t.Unanswered == UnansweredReturn && sender.ID == t.By && sender.hasRoomFor(i):
		i = i.skipped(sender.ID, now).owned(sender, now)
		i.History, page = i.History.add(i.ID, now, EventReturned, "", sender.ID)
		sender.Seats = with(sender.Seats, i.ID)
		return i, sender.Settle(), true, page
	case t.Unanswered == UnansweredReturn || t.Unanswered == UnansweredRequeue:
		i.Transfer = Transfer{}
		return i.wait(now, true), sender, false, nil
	}
	i, page = i.closed(ClosedUnanswered, now)
	return i, sender, false, page
}

// hasRoomFor reports whether the agent is at the desk, in whatever state, and can hold a seat in the interaction; who holds
// one there already can.
func (a Agent) hasRoomFor(i Interaction) bool {
	if a.Version == 0 || a.State == AgentOffline || a.State == "" {
		return false
	}
	load := len(a.Seats)
	if a.Offer != "" {
		load++
	}
	return load < a.Capacity || slices.Contains(a.Seats, i.ID)
}

// skipped is the interaction without the wrap-up that the agent owes for the last time he owned it.
func (i Interaction) skipped(agent string, now time.Time) Interaction {
	i.Legs = slices.Clone(i.Legs)
	for n, l := range slices.Backward(i.Legs) {
		if l.Agent != agent || l.Seat != SeatOwner {
			continue
		}
		if l.WrapUp.State == WrapUpOwed {
			i.Legs[n].WrapUp = WrapUp{State: WrapUpSkipped, At: now}
		}
		break
	}
	return i
}
