package desk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
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
	Parts int   // in how many further records there are more rows; see Cut
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

// Part is the nth of the further records, from 1, by its ID alone: for reading it.
func (h Hourly) Part(n int) Hourly {
	return Hourly{Head: Head{ID: h.ID + "|" + strconv.Itoa(n)}}
}

// Cut spreads the rows over as many records as it takes for each to be of at most the size, by what size says of one; the first
// has the hour's own ID, and the others those of Part. They are to be stored together. A record has one row at least.
func (h Hourly) Cut(most int, size func(Hourly) int) []Hourly {
	empty := h
	empty.Rows, empty.Parts = nil, 0
	parts := []Hourly{empty}
	room := most - size(empty)
	for _, r := range h.Rows {
		n := size(Hourly{Rows: []Row{r}})
		if last := parts[len(parts)-1]; n > room && len(last.Rows) > 0 {
			next := empty
			next.Head = h.Part(len(parts)).Head
			parts, room = append(parts, next), most-size(empty)
		}
		last := &parts[len(parts)-1]
		last.Rows, room = append(last.Rows, r), room-n
	}
	parts[0].Parts = len(parts) - 1
	return parts
}

// HourOver reports whether nothing can happen any more in the hour that begins at the time.
func HourOver(hour, now time.Time) bool { return !now.Before(hour.Add(time.Hour + SettlesIn)) }

// Counting counts what happened in a queue in one hour.
type Counting struct {
	queue string
	hour  time.Time
	rows  map[rowKey]Tally
	texts map[string]string // see own
}

type rowKey struct {
	at    time.Time
	agent string
}

// CountHour begins to count what happened in the queue in the hour that begins at the time, which is UTC's.
func CountHour(queue string, hour time.Time) *Counting {
	return &Counting{queue: queue, hour: hour.UTC().Truncate(time.Hour), rows: map[rowKey]Tally{}, texts: map[string]string{}}
}

// Add counts what the account has of the queue in the hour. No account may be added twice.
func (c *Counting) Add(a Account) {
	for _, f := range a.Facts() {
		if f.Queue != c.queue || !f.At.Truncate(time.Hour).Equal(c.hour) {
			continue
		}
		for _, counts := range [][]Count{f.Tally.Closes, f.Tally.Reasons} {
			for n, x := range counts {
				counts[n] = Count{Reason: c.own(x.Reason), Name: c.own(x.Name), Sub: c.own(x.Sub), SubName: c.own(x.SubName), N: x.N}
			}
		}
		k := rowKey{f.At.UTC().Truncate(Quarter), c.own(f.Agent)}
		c.rows[k] = c.rows[k].Plus(f.Tally)
	}
}

// own is the text for keeping. One that was read may be part of all that was read with it, which would be kept, too.
func (c *Counting) own(text string) string {
	mine, ok := c.texts[text]
	if !ok {
		mine = strings.Clone(text)
		c.texts[mine] = mine
	}
	return mine
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
