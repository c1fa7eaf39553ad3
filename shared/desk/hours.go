package desk

import (
	"iter"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // the rules must not depend on what the machine knows of time zones
)

// Hours are when a queue is open (B15). The zero Hours are always.
type Hours struct {
	Zone     string // IANA name of the time zone; empty for always open
	Week     []Opening
	Holidays []Holiday
}

// Opening is a time of the day, on some days of the week, from From until before To.
type Opening struct {
	Days []time.Weekday
	Span
}

// Span is a part of a day by the clock on the wall, in minutes since midnight: From 0 and To 1440 is all of it. It includes
// From and excludes To.
type Span struct {
	From int
	To   int
}

// Holiday is a day on which other hours hold than in the week: without any the queue is closed.
type Holiday struct {
	Date string // as 2026-12-25
	Open []Span
}

// Closure is somebody's word that a queue is closed, whatever its hours say. The zero Closure is nobody's.
type Closure struct {
	At     time.Time
	By     string // agent ID
	ByName string
}

// WhenClosed is what becomes of conversations that wait in a queue that is closed. The zero value is WhenClosedWait.
type WhenClosed string

// What a queue may say about it.
const (
	WhenClosedWait     WhenClosed = "wait"     // they wait until it opens
	WhenClosedOverflow WhenClosed = "overflow" // they go to its overflow queue
	WhenClosedClose    WhenClosed = "close"    // they are closed
)

// Open reports whether the queue is open: nobody has closed it, and it is within its hours. One whose time zone nobody knows is
// open.
func (q Queue) Open(now time.Time) bool { return q.Closed.At.IsZero() && q.Hours.open(now) }

// OpensAt is when a queue that is closed opens by its hours; zero when it is open, when somebody has closed it, for then it opens when
// somebody wants it to, and when it does not open within a year.
func (q Queue) OpensAt(now time.Time) time.Time {
	if !q.Closed.At.IsZero() || q.Open(now) {
		return time.Time{}
	}
	zone := zoneOf(q.Hours.Zone)
	local := now.In(zone)
	for day := range 366 {
		noon := time.Date(local.Year(), local.Month(), local.Day()+day, 12, 0, 0, 0, zone)
		if at := q.Hours.opens(noon, now); !at.IsZero() {
			return at.UTC()
		}
	}
	return time.Time{}
}

// opens is the first minute after now in which it is open on the day of noon; zero when there is none. It steps through the day's
// time, not its clock, which may be put forward or back: by an hour, so that no day begins earlier or ends later than it looks.
func (h Hours) opens(noon, now time.Time) time.Time {
	if len(slices.Collect(h.spans(noon))) == 0 {
		return time.Time{}
	}
	for at := noon.Add(-13 * time.Hour); at.Before(noon.Add(13 * time.Hour)); at = at.Add(time.Minute) {
		if at.After(now) && h.open(at) {
			return at
		}
	}
	return time.Time{}
}

func (h Hours) open(now time.Time) bool {
	zone := zoneOf(h.Zone)
	if zone == nil {
		return true
	}
	local := now.In(zone)
	minute := 60*local.Hour() + local.Minute()
	for s := range h.spans(local) {
		if s.From <= minute && minute < s.To {
			return true
		}
	}
	return false
}

// spans are the times of the day, as it is there, in which it is open.
func (h Hours) spans(day time.Time) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		date := day.Format(time.DateOnly)
		if n := slices.IndexFunc(h.Holidays, func(d Holiday) bool { return d.Date == date }); n >= 0 {
			slices.Values(h.Holidays[n].Open)(yield)
			return
		}
		for _, o := range h.Week {
			if slices.Contains(o.Days, day.Weekday()) && !yield(o.Span) {
				return
			}
		}
	}
}

// zones keeps what was looked up: a time zone takes longer to read than all rules together.
var zones sync.Map // name -> *time.Location

// zoneOf is the time zone with the name; nil when it is empty or unknown.
func zoneOf(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zones.Store(name, z)
	return z
}

// KnownZone reports whether there is a time zone of the name.
func KnownZone(name string) bool { return zoneOf(name) != nil }
