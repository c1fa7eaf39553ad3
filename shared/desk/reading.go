package desk

import (
	"slices"
	"time"
)

// Sat reports whether the agent has, or had, a seat in the interaction.
func (i Interaction) Sat(agent string) bool {
	return slices.ContainsFunc(i.Legs, func(l Leg) bool { return l.Agent == agent })
}

// MayReadEarlier reports whether somebody who deals with interactions now, because he has them, still wraps them up or is
// offered them, may read interaction i in which he never sat: when it began before one of them, with the same contact. c is
// the contact of i, or the one that took him over. So the next agent sees what was said before (R16), and nobody else's
// conversation with the same customer.
func MayReadEarlier(i Interaction, c Contact, dealt []Interaction) bool {
	return slices.ContainsFunc(dealt, func(d Interaction) bool {
		return (d.Contact == i.Contact || c.owns(d) && c.owns(i)) && i.OpenedAt.Before(d.OpenedAt)
	})
}

// Past is the time from which on a transcript begins with what was said in the contact's conversations before i: historyHours
// of the queue before i opened (R9). It is zero when nothing was said since then, or the queue wants none of it.
func (i Interaction) Past(q Queue) time.Time {
	from := i.OpenedAt.Add(-time.Duration(q.HistoryHours) * time.Hour)
	if q.HistoryHours == 0 || i.Before.Before(from) {
		return time.Time{}
	}
	return from
}
