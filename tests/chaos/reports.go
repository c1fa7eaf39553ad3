package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
)

// metricsOf asks what happened in a queue, hour by hour, of each agent or of all. What is still being counted is asked for again.
func metricsOf(ctx context.Context, d *desktop.Desktop, queue string, from, to time.Time, agents bool) (list api.MetricsList, err error) {
	q := url.Values{"queue": {queue}, "from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)}, "agents": {strconv.FormatBool(agents)}}
	for range 10 {
		err = d.Call(ctx, http.MethodGet, "/v1/reports/metrics?"+q.Encode(), "", nil, &list)
		var no *desktop.Refused
		if !errors.As(err, &no) || no.Problem.Code != "still_counting" {
			return list, err
		}
	}
	return list, err
}

// reported compares what reports tell of the whole run with what is counted here, and looks for conversations that do not have exactly
// one contact record.
func (w *world) reported(ctx context.Context, r *records) (f findings) {
	ada := desktop.New(w.suite.URL, w.token(suite.Admin))
	ada.HTTP = w.client
	from, to := w.begins.Add(-overnight).Truncate(time.Hour), w.suite.Clock.Now().Truncate(time.Hour).Add(time.Hour)
	counted, recorded := r.count(), map[string]bool{}
	for _, queue := range queues {
		told := counts{}
		for _, agents := range []bool{false, true} {
			list, err := metricsOf(ctx, ada, queue, from, to, agents)
			if err != nil {
				return append(f, violation{What: fmt.Sprintf("metrics of %s cannot be read: %v", queue, err)})
			}
			for _, m := range list.Items {
				told.adds(queue, m)
			}
		}
		f = append(f, counted.differs(queue, told)...)
		listed, err := contactRecords(ctx, ada, queue, from, to)
		if err != nil {
			return append(f, violation{What: fmt.Sprintf("contact records of %s cannot be read: %v", queue, err)})
		}
		f = append(f, counted.unlisted(queue, listed)...)
		for _, id := range listed {
			recorded[id] = true
		}
	}
	for id, i := range r.interactions {
		if !recorded[id] {
			f.interaction(id, "it has no contact record")
		}
		var one api.ContactRecord
		if err := ada.Call(ctx, http.MethodGet, "/v1/reports/records/"+id, "", nil, &one); err != nil {
			f.interaction(id, "its contact record cannot be read: %v", err)
			continue
		}
		if moves := r.history(i); len(one.Moves) != len(moves) || one.CloseReason != i.CloseReason || len(one.Legs) != len(i.Legs) {
			f.interaction(id, "its contact record has %d moves, %d legs and the end %q; it has %d, %d and %q",
				len(one.Moves), len(one.Legs), one.CloseReason, len(moves), len(i.Legs), i.CloseReason)
		}
	}
	return f
}

// contactRecords are the interactions whose contact records are listed for a queue, as often as they are.
func contactRecords(ctx context.Context, d *desktop.Desktop, queue string, from, to time.Time) (ids []string, err error) {
	q := url.Values{"queue": {queue}, "from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)}, "limit": {"100"}}
	for {
		var list api.ContactRecordList
		if err := d.Call(ctx, http.MethodGet, "/v1/reports/records?"+q.Encode(), "", nil, &list); err != nil {
			return nil, err
		}
		for _, one := range list.Items {
			ids = append(ids, one.Interaction)
		}
		if list.Next == "" {
			return ids, nil
		}
		q.Set("cursor", list.Next)
	}
}

// adds adds what one entry of the metrics tells. Rates, and what is not a sum, are left out; times are in microseconds.
func (c counts) adds(queue string, m api.Metrics) {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // it came as JSON
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		panic(err)
	}
	for _, name := range slices.Concat(sums, times) {
		n, _ := fields[name].(float64)
		if slices.Contains(times, name) {
			n = math.Round(n * 1e6)
		}
		c.add("", queue, m.Agent.ID, name, int(n))
	}
	for _, one := range m.Closes {
		c.add("", queue, m.Agent.ID, "closed "+one.Reason, one.Count)
	}
	for _, one := range m.Reasons {
		c.add("", queue, m.Agent.ID, strings.TrimSpace("reason "+one.Reason+" "+one.SubReason), one.Count)
	}
}

// inexact is how many microseconds a sum of seconds may be off.
const inexact = 10

// differs finds what metrics tell otherwise than it was counted.
func (c counts) differs(queue string, told counts) (f findings) {
	places := map[place]bool{}
	for _, from := range []counts{c, told} {
		for p := range from {
			places[p] = places[p] || p.queue == queue
		}
	}
	for p, here := range places {
		is, says := c[p].n, told[p].n
		if !here || is == says || slices.Contains(times, p.what) && max(is-says, says-is) <= inexact {
			continue
		}
		f.agent(p.agent, "metrics of %s tell %s %d of agent %q, and the histories %d: %v", queue, p.what, says, p.agent, is, c[p].of)
	}
	return f
}

// unlisted finds conversations of which something was counted in a queue and that have not exactly one contact record there, and those
// that have one without.
func (c counts) unlisted(queue string, listed []string) (f findings) {
	times := map[string]int{}
	for _, id := range listed {
		times[id]++
	}
	here := map[string]bool{}
	for p, t := range c {
		for _, id := range t.of {
			here[id] = here[id] || p.queue == queue
		}
	}
	for id, n := range times {
		if n != 1 || !here[id] {
			f.interaction(id, "it has %d contact records in %s, and was there: %t", n, queue, here[id])
		}
	}
	for id, was := range here {
		if was && times[id] == 0 {
			f.interaction(id, "it was in %s, and has no contact record there", queue)
		}
	}
	return f
}
