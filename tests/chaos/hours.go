package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// shift is a time in which a queue is closed.
type shift struct{ From, To time.Time }

// Sales closes by the clock: from its first minute to its third, and again in each cycle, as long as the day lasts.
const (
	closesAfter = time.Minute
	closedFor   = 2 * time.Minute
	cycle       = 5 * time.Minute
)

// gaps are the times in which sales is closed on a day that begins at the time and lasts so long.
func gaps(begins time.Time, lasts time.Duration) (list []shift) {
	minute := begins.Truncate(time.Minute).Add(time.Minute)
	for at := closesAfter; at == closesAfter || at+closedFor < lasts; at += cycle {
		list = append(list, shift{minute.Add(at), minute.Add(at + closedFor)})
	}
	return list
}

// hoursOf are the hours of a queue that is closed in the gaps, in a time zone in which it is about noon in the first of them, so that no
// day begins or ends in a run.
func hoursOf(closed []shift) string {
	ahead := 12 - closed[0].From.UTC().Hour()
	zone := time.FixedZone("", ahead*60*60)
	var open []string
	from := "00:00"
	span := func(to string) {
		open = append(open, fmt.Sprintf(`{days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday], from: "%s", to: "%s"}`, from, to))
	}
	for _, s := range closed {
		span(s.From.In(zone).Format("15:04"))
		from = s.To.In(zone).Format("15:04")
	}
	span("24:00")
	return fmt.Sprintf("{timeZone: Etc/GMT%+d, week: [%s]}", -ahead, strings.Join(open, ", "))
}

// turns closes or opens a queue.
func turns(ctx context.Context, d *desktop.Desktop, queue, what string) error {
	return d.Call(ctx, http.MethodPost, "/v1/queues/"+queue+"/"+what, "", nil, nil)
}

// opens has all queues open, and waits until the clock has opened those that it closes.
func (w *world) opens(ctx context.Context) error {
	ada := desktop.New(w.suite.URL, w.token(suite.Admin))
	for _, q := range queues {
		if err := turns(ctx, ada, q, "open"); err != nil {
			return fmt.Errorf("open %s: %w", q, err)
		}
	}
	now := w.suite.Clock.Now()
	for _, s := range w.gaps {
		if !now.Before(s.From) && now.Before(s.To) {
			return w.act(ctx, steady, int(s.To.Sub(now)/time.Second))
		}
	}
	return nil
}

// closures are when each queue was closed, by the clock or by somebody, in no order. One that never ended ends at the last moment.
func (r *records) closures() map[string][]shift {
	all, since := map[string][]shift{"sales": slices.Clone(r.gaps)}, map[string]time.Time{}
	for _, c := range r.centres {
		for _, e := range r.moves(c.ID, c.History) {
			at, closed := since[e.Detail]
			switch {
			case e.Event == desk.EventQueueClosed && !closed:
				since[e.Detail] = e.At
			case e.Event == desk.EventQueueOpened && closed:
				all[e.Detail] = append(all[e.Detail], shift{at, e.At})
				delete(since, e.Detail)
			}
		}
	}
	for queue, at := range since {
		all[queue] = append(all[queue], shift{at, at.Add(24 * time.Hour)})
	}
	return all
}

// How long after a queue has closed it may still offer what waits there: routing knows its configuration by what it read not long ago,
// and what it has begun it carries through while the clock here runs on.
const (
	carriesOn  = 30 * time.Second
	offersLate = store.ConfigAge + carriesOn
)

// throughout reports whether a queue was closed at all times from one moment to another.
func throughout(closed []shift, from, to time.Time) bool {
	for moved := true; moved && !from.After(to); {
		moved = false
		for _, s := range closed {
			if !from.Before(s.From) && from.Before(s.To) {
				from, moved = s.To, true
			}
		}
	}
	return from.After(to)
}

// within reports whether a queue was closed at some time from one moment to another.
func within(closed []shift, from, to time.Time) bool {
	return slices.ContainsFunc(closed, func(s shift) bool { return s.From.Before(to) && from.Before(s.To) })
}
