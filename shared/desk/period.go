package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Period is a time that is counted as one, From it until before To.
type Period struct {
	From time.Time
	To   time.Time
}

// Interval is how a time is cut into periods.
type Interval string

// The intervals. Hours and days are those of a time zone: a day is from midnight to midnight, however long that takes.
const (
	IntervalQuarter Interval = "15m"
	IntervalHour    Interval = "1h"
	IntervalDay     Interval = "1d"
	IntervalAll     Interval = "all" // the whole time is one period
)

// PeriodsMost is how long a time may be that is asked for at once: a month, and an hour in which the clocks were put back.
const PeriodsMost = 31*24*time.Hour + time.Hour

// Periods cuts a time into periods by the clock of the time zone, an IANA name; the first and the last are as much of one as
// there is. Faults: time_not_on_quarter when from or to is not on a quarter of an hour, time_empty, time_too_long,
// zone_unknown.
func Periods(from, to time.Time, every Interval, zone string) ([]Period, error) {
	if err := CheckTime(from, to); err != nil {
		return nil, err
	}
	local := zoneOf(zone)
	if local == nil {
		return nil, fault.New(fault.Invalid, "zone_unknown", "there is no time zone %q", zone)
	}
	var all []Period
	for from.Before(to) {
		next := every.after(from.In(local)).UTC()
		if every == IntervalAll || to.Before(next) {
			next = to
		}
		all = append(all, Period{from, next})
		from = next
	}
	return all, nil
}

// CheckTime is nil for a time that can be counted; its faults are those of Periods.
func CheckTime(from, to time.Time) error {
	switch {
	case !from.Equal(from.Truncate(Quarter)) || !to.Equal(to.Truncate(Quarter)):
		return fault.New(fault.Invalid, "time_not_on_quarter", "from and to are quarters of an hour, such as 09:15:00")
	case !from.Before(to):
		return fault.New(fault.Invalid, "time_empty", "from is before to")
	case to.Sub(from) > PeriodsMost:
		return fault.New(fault.Invalid, "time_too_long", "at most 31 days are counted at once")
	}
	return nil
}

// after is the end of the period that the time, which is local, is in.
func (e Interval) after(t time.Time) time.Time {
	var next time.Time
	switch e {
	case IntervalDay:
		next = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location())
	case IntervalHour:
		_, offset := t.Zone()
		ahead := time.Duration(offset) * time.Second
		next = t.Add(ahead).Truncate(time.Hour).Add(time.Hour - ahead)
	default:
		next = t.Truncate(Quarter).Add(Quarter)
	}
	for !next.After(t) { // a midnight that the clocks skipped
		next = next.Add(Quarter)
	}
	return next
}

// HoursOf are the hours that the time from one instant to another touches, by their beginnings.
func HoursOf(from, to time.Time) []time.Time {
	var all []time.Time
	for at := from.UTC().Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
		all = append(all, at)
	}
	return all
}

// Sum is what was counted in a period: of one agent's doing, or of everybody's and nobody's when Agent is empty.
type Sum struct {
	Period
	Agent string
	Tally Tally
}

// Summed adds up what was counted in hours, by periods, which are in the order of time. byAgent has a sum for every agent of
// whom anything was counted in the period, by ID, and none of what is nobody's; otherwise there is one sum for each period.
func Summed(hours []Hourly, periods []Period, byAgent bool) []Sum {
	found := make([]map[string]Tally, len(periods))
	for _, h := range hours {
		for _, r := range h.Rows {
			n, in := slices.BinarySearchFunc(periods, r.At, Period.compare)
			if !in || byAgent && r.Agent == "" {
				continue
			}
			agent := ""
			if byAgent {
				agent = r.Agent
			}
			if found[n] == nil {
				found[n] = map[string]Tally{}
			}
			found[n][agent] = found[n][agent].Plus(r.Tally)
		}
	}
	var sums []Sum
	for n, p := range periods {
		if !byAgent {
			sums = append(sums, Sum{Period: p, Tally: found[n][""]})
			continue
		}
		from := len(sums)
		for agent, t := range found[n] {
			sums = append(sums, Sum{Period: p, Agent: agent, Tally: t})
		}
		slices.SortFunc(sums[from:], func(a, b Sum) int { return cmp.Compare(a.Agent, b.Agent) })
	}
	return sums
}

// compare says where the time lies: in the period, before or after it.
func (p Period) compare(at time.Time) int {
	switch {
	case at.Before(p.From):
		return 1
	case !at.Before(p.To):
		return -1
	}
	return 0
}

// Complete reports whether nothing can happen in the period any more.
func (p Period) Complete(now time.Time) bool { return !now.Before(p.To.Add(SettlesIn)) }
