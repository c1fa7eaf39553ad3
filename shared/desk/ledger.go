package desk

import (
	"slices"
	"strings"
	"time"
)

// hourForm is how a ledger names an hour, in UTC.
const hourForm = "2006-01-02T15"

// LedgerMark is what an interaction's Ledger has for an hour in which something happened to it while it was in the queue, or
// after it had been: the hour that the time is in, by UTC.
func LedgerMark(queue string, at time.Time) string {
	return queue + "|" + at.UTC().Format(hourForm)
}

// noted adds a move to the interaction's history; the page is that of History.add.
func (i Interaction) noted(now time.Time, event, by, detail string) (Interaction, *HistoryPage) {
	var page *HistoryPage
	i.History, page = i.History.add(i.ID, now, event, by, detail)
	return i.marked(now), page
}

// marked has the ledger name the hour for the queue the interaction is in and those it was in: what an agent of an earlier one
// still does, such as his wrap-up, counts there.
func (i Interaction) marked(now time.Time) Interaction {
	queues := []string{i.Queue}
	for _, m := range i.Ledger {
		queue, _, _ := strings.Cut(m, "|")
		queues = with(queues, queue)
	}
	for _, queue := range queues {
		i.Ledger = with(i.Ledger, LedgerMark(queue, now))
	}
	return i
}

// MarkedIn reports whether the ledger has the queue: something happened while the interaction was in it.
func (i Interaction) MarkedIn(queue string) bool {
	return slices.ContainsFunc(i.Ledger, func(m string) bool { return strings.HasPrefix(m, queue+"|") })
}
