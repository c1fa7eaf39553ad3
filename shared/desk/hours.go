package desk

import (
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

func (h Hours) open(now time.Time) bool {
	zone := zoneOf(h.Zone)
	if zone == nil {
		return true
	}
	local := now.In(zone)
	minute, date := 60*local.Hour()+local.Minute(), local.Format(time.DateOnly)
	within := func(s Span) bool { return s.From <= minute && minute < s.To }
	if n := slices.IndexFunc(h.Holidays, func(d Holiday) bool { return d.Date == date }); n >= 0 {
		return slices.ContainsFunc(h.Holidays[n].Open, within)
	}
	return slices.ContainsFunc(h.Week, func(o Opening) bool {
		return slices.Contains(o.Days, local.Weekday()) && within(o.Span)
	})
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
