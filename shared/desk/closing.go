package desk

import (
	"cmp"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// CloseQueue closes a queue at once, whatever its hours say, until OpenQueue (B15). Nothing of it is offered from then on; who has a
// conversation goes on with it. by oversees the queue: ID, name, roles and teams. The move stands in the history of the centre, which
// was read before the queue; it may be saved while the centre is owed, for it is none of what agents follow. Routing is hinted for
// all who may wait in the queue. A repeat stores nothing and hints again. Faults: queue_missing, not_your_queue.
func CloseQueue(c Centre, q Queue, by Agent, now time.Time) (Change, error) {
	return q.turned(c, by, Closure{At: now, By: by.ID, ByName: by.Name}, EventQueueClosed, now)
}

// OpenQueue takes back that somebody has closed a queue: its hours hold again. The rest is as for CloseQueue.
func OpenQueue(c Centre, q Queue, by Agent, now time.Time) (Change, error) {
	return q.turned(c, by, Closure{}, EventQueueOpened, now)
}

func (q Queue) turned(c Centre, by Agent, to Closure, event string, now time.Time) (Change, error) {
	if q.Version == 0 || q.Deleted() {
		return Change{}, fault.New(fault.Missing, "queue_missing", "there is no queue %q", q.ID)
	}
	if err := MayOversee(by, q); err != nil {
		return Change{}, err
	}
	ch := Change{Queue: &q, Hints: q.looked()}
	if q.Closed.At.IsZero() == to.At.IsZero() {
		return ch, nil
	}
	q.Closed = to
	var page *HistoryPage
	c.History, page = c.History.add(c.ID, now, event, by.ID, q.ID)
	ch.Save = []Record{&q, &c}
	ch.save(page)
	return ch, nil
}

// looked hints routing for all tokens of the queue, and that what it knows of the queue is old.
func (q Queue) looked() (hints []Hint) {
	for _, c := range Channels() {
		for _, p := range append(profileIDs(q.Profiles), ProfileAny) {
			hints = append(hints, Hint{Event: HintInteractionQueued, Token: TokenFor(q.ID, c, p), Queue: q.ID})
		}
	}
	return hints
}

func profileIDs(list []SkillProfile) (ids []string) {
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return ids
}

// reroutes hints admin to look at those who wait in the file's queues, where it matters what the file says of the queue: it had or
// has others than the plain terms.
func reroutes(have, file []Queue) (hints []Hint) {
	was := map[string]Queue{}
	for _, q := range have {
		was[q.ID] = q
	}
	plain := func(q Queue) bool {
		return len(q.Profiles) == 0 && q.MaxWait == 0 && cmp.Or(q.PriorityBoost, DefaultPriorityBoost) == DefaultPriorityBoost
	}
	for _, q := range file {
		if old, ok := was[q.ID]; ok && !old.Deleted() && !q.Deleted() && !(plain(q) && plain(old)) {
			hints = append(hints, Hint{Event: HintQueueDue, Queue: q.ID})
		}
	}
	return hints
}
