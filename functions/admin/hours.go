package admin

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

const (
	openingsMax = 50  // of one queue
	holidaysMax = 400 // of one queue
	spansMax    = 10  // of one holiday
	waitMin     = 10 * time.Second
	waitMax     = 7 * 24 * time.Hour
	wholeDay    = 24 * 60 // minutes
)

// waits reads when a queue is open, and where its conversations go when it is not or has them wait for too long.
func (f *file) waits(o object, q *desk.Queue) {
	q.Hours = hours(o.key("hours"))
	q.MaxWait = o.key("maxWait").duration(waitMin, waitMax, 0)
	if v := o.key("whenClosed"); v.given {
		q.WhenClosed = desk.WhenClosed(oneOf(v, "way", desk.WhenClosedWait, desk.WhenClosedOverflow, desk.WhenClosedClose))
	}
	if q.WhenClosed == desk.WhenClosedWait {
		q.WhenClosed = ""
	}
	at := o.key("overflow")
	if at.given {
		q.Overflow = f.refer(at, desk.KindQueue)
		f.overflows = append(f.overflows, overflow{at, q.ID})
	} else if q.MaxWait > 0 || q.WhenClosed == desk.WhenClosedOverflow {
		at.needed()
	}
}

// overflow is where a queue says which other its conversations go to.
type overflow struct {
	value
	queue string
}

// endless notes the queues from which conversations would come back to where they were.
func (f *file) endless(have desk.Setup, more *reading) {
	next := map[string]string{}
	for _, q := range slices.Concat(have.Queues, f.Queues) {
		next[q.ID] = q.Overflow
	}
	for _, o := range f.overflows {
		to := next[o.queue]
		for range next {
			if to == "" || to == o.queue {
				break
			}
			to = next[to]
		}
		if to == o.queue {
			o.reading = more
			o.wrong("the conversations would come back to the queue %q", short(o.queue))
		}
	}
}

// hours reads when a queue is open.
func hours(v value) (h desk.Hours) {
	if !v.given {
		return h
	}
	o := v.object("timeZone", "week", "holidays")
	if zone, ok := o.key("timeZone").text(); ok {
		if h.Zone = zone; !desk.KnownZone(zone) {
			o.key("timeZone").wrong("must be a time zone such as Europe/Madrid")
		}
	}
	week := o.key("week")
	for _, v := range week.few(openingsMax, "openings") {
		o := v.object("days", "from", "to")
		h.Week = append(h.Week, desk.Opening{Days: days(o.key("days")), Span: span(o)})
	}
	if week.needed() && len(h.Week) == 0 && week.node.Kind == yaml.SequenceNode && len(week.node.Content) == 0 {
		week.wrong("must name at least one opening")
	}
	seen := map[string]int{}
	for _, v := range o.key("holidays").few(holidaysMax, "holidays") {
		o := v.object("date", "open")
		d := desk.Holiday{Date: date(o.key("date"))}
		if d.Date != "" {
			o.key("date").once(seen, d.Date, "holiday "+d.Date)
		}
		for _, v := range o.key("open").few(spansMax, "openings") {
			d.Open = append(d.Open, span(v.object("from", "to")))
		}
		h.Holidays = append(h.Holidays, d)
	}
	return h
}

// days reads days of the week.
func days(list value) (out []time.Weekday) {
	list.needed()
	names := weekdays()
	for _, name := range different(list.list(), func(v value) string { return oneOf(v, "day", names...) }) {
		out = append(out, time.Weekday(slices.Index(names, name)))
	}
	return out
}

// weekdays are the names of the days, the first one's that of zero.
func weekdays() (names []string) {
	for d := range time.Weekday(7) {
		names = append(names, strings.ToLower(d.String()))
	}
	return names
}

// span reads a part of a day.
func span(o object) desk.Span {
	s := desk.Span{From: clock(o.key("from")), To: clock(o.key("to"))}
	if to := o.key("to"); to.given && o.key("from").given && s.From >= 0 && s.To >= 0 && s.To <= s.From {
		to.wrong("must be after %s; what goes on after midnight is another opening, of the next day", clockText(s.From))
	}
	return desk.Span{From: max(s.From, 0), To: max(s.To, 0)}
}

var clockTime = regexp.MustCompile(`^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`)

// clock reads a time of the day, in minutes; -1 when there is none.
func clock(v value) int {
	s, ok := v.text()
	if !ok {
		return -1
	}
	if !clockTime.MatchString(s) {
		v.wrong("must be a time from 00:00 to 24:00")
		return -1
	}
	var hour, minute int
	_, _ = fmt.Sscanf(s, "%d:%d", &hour, &minute) // it has the form
	return 60*hour + minute
}

func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// date reads a day of the calendar, which YAML takes for a time where it has no quotes.
func date(v value) string {
	if !v.needed() {
		return ""
	}
	s := v.node.Value
	day, err := time.Parse(time.DateOnly, s)
	if v.node.Kind != yaml.ScalarNode || err != nil || day.Format(time.DateOnly) != s {
		v.wrong("must be a date such as 2026-12-25")
		return ""
	}
	return s
}

// How the file shows the hours.
type (
	writtenHours struct {
		Zone     string           `yaml:"timeZone,omitempty"`
		Week     []writtenOpening `yaml:",omitempty"`
		Holidays []writtenHoliday `yaml:",omitempty"`
	}
	writtenOpening struct {
		Days []string `yaml:",flow"`
		From string
		To   string
	}
	writtenHoliday struct {
		Date string
		Open []writtenSpan `yaml:",omitempty,flow"`
	}
	writtenSpan struct {
		From string
		To   string
	}
)

func hoursText(h desk.Hours) (out writtenHours) {
	out.Zone = h.Zone
	for _, o := range h.Week {
		out.Week = append(out.Week, writtenOpening{dayTexts(o.Days), clockText(o.From), clockText(o.To)})
	}
	for _, d := range h.Holidays {
		day := writtenHoliday{Date: d.Date}
		for _, s := range d.Open {
			day.Open = append(day.Open, writtenSpan{clockText(s.From), clockText(s.To)})
		}
		out.Holidays = append(out.Holidays, day)
	}
	return out
}

func dayTexts(days []time.Weekday) (out []string) {
	for _, d := range days {
		out = append(out, weekdays()[d])
	}
	return out
}

// hoursView shows when a queue is open.
func hoursView(h desk.Hours) (out api.OpeningHours) {
	out.TimeZone = h.Zone
	for _, o := range h.Week {
		out.Week = append(out.Week, api.Opening{Days: dayTexts(o.Days), From: clockText(o.From), To: clockText(o.To)})
	}
	for _, d := range h.Holidays {
		day := api.Holiday{Date: d.Date}
		for _, s := range d.Open {
			day.Open = append(day.Open, api.Span{From: clockText(s.From), To: clockText(s.To)})
		}
		out.Holidays = append(out.Holidays, day)
	}
	return out
}

// closureView shows who closed a queue; the zero Closure is not shown.
func closureView(c desk.Closure) api.Closure {
	if c.At.IsZero() {
		return api.Closure{}
	}
	return api.Closure{At: c.At, By: api.Ref{ID: c.By, Name: cmp.Or(c.ByName, c.By)}}
}
