package desk

import (
	"cmp"
	"slices"
	"time"
)

// Hourly is what was counted of a queue in an hour, kept so that it need not be counted again. It is made of the accounts of
// the interactions whose ledgers have the hour, and anybody who counts again finds the same: once an hour is Over nothing more
// happens in it.
type Hourly struct {
	Head  // its ID is HourlyID
	Queue string
	Hour  time.Time
	Rows  []Row // without those in which nothing was counted; by time, then by agent
}

// Row is what was counted of one agent's doing, or of nobody's, in a quarter of an hour.
type Row struct {
	At    time.Time // its beginning
	Agent string
	Tally Tally
}

// Quarter is the time that counts are kept for one by one. The hours of all time zones begin with one.
const Quarter = 15 * time.Minute

// SettlesIn is how long after an hour something may still happen in it: a move takes the time before it is saved, for which it
// has five seconds, and clocks differ.
const SettlesIn = 5 * time.Minute

// Record implements Record.
func (*Hourly) Record() RecordKind { return KindHourly }

// HourlyID is the ID of what was counted of a queue in the hour that the time is in: the mark that ledgers have for it.
func HourlyID(queue string, at time.Time) string { return LedgerMark(queue, at) }

// HourOver reports whether nothing can happen any more in the hour that begins at the time.
func HourOver(hour, now time.Time) bool { return !now.Before(hour.Add(time.Hour + SettlesIn)) }

// Counting counts what happened in a queue in one hour.
type Counting struct {
	queue string
	hour  time.Time
	rows  map[rowKey]Tally
}

type rowKey struct {
	at    time.Time
	agent string
}

// CountHour begins to count what happened in the queue in the hour that begins at the time, which is UTC's.
func CountHour(queue string, hour time.Time) *Counting {
	return &Counting{queue: queue, hour: hour.UTC().Truncate(time.Hour), rows: map[rowKey]Tally{}}
}

// Add counts what the account has of the queue in the hour. No account may be added twice.
func (c *Counting) Add(a Account) {
	for _, f := range a.Facts() {
		if f.Queue != c.queue || !f.At.Truncate(time.Hour).Equal(c.hour) {
			continue
		}
		k := rowKey{f.At.UTC().Truncate(Quarter), f.Agent}
		c.rows[k] = c.rows[k].Plus(f.Tally)
	}
}

// Hourly is what was counted.
func (c *Counting) Hourly() Hourly {
	h := Hourly{Head: Head{ID: HourlyID(c.queue, c.hour)}, Queue: c.queue, Hour: c.hour}
	for k, t := range c.rows {
		h.Rows = append(h.Rows, Row{At: k.at, Agent: k.agent, Tally: t})
	}
	slices.SortFunc(h.Rows, func(a, b Row) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Agent, b.Agent)) })
	return h
}
