package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// shownMost is how many violations are told in full; one mistake may violate much.
const shownMost = 25

// byTime are the moves that are counted because the clock makes them, or that come after the end.
var byTime = []string{desk.EventOverflowed, desk.EventRelaxed, desk.EventDiverted, desk.EventWarned, desk.EventWrapUpTimedOut, desk.EventWrapUpExtended, desk.EventAfterword,
	desk.EventReopened}

// byHand are the moves that are counted because a supervisor makes them, or an agent by himself.
var byHand = []string{desk.EventTaken, desk.EventReassigned, desk.EventRequeued, desk.EventPrioritised, desk.EventStarted}

// report prints what was done, and every violation with what there is to explain it.
func (w *world) report(ctx context.Context, out io.Writer) {
	r, err := w.look(ctx)
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	given, clocked, led := map[string]int{}, map[string]int{}, map[string]int{}
	for _, i := range r.interactions {
		clocked["overflowed in time"] += r.overflows(i)
		for _, e := range r.history(i) {
			if e.Event == desk.EventTransferred || e.Event == desk.EventReturned || e.Detail == desk.ClosedUnanswered {
				given[e.Event]++
			}
			if slices.Contains(byTime, e.Event) || e.Detail == desk.ClosedInactive {
				clocked[e.Event]++
			}
			if slices.Contains(byHand, e.Event) || e.Detail == desk.ClosedBySupervisor && e.Event == desk.EventEnded {
				led[e.Event]++
			}
		}
	}
	ended := map[desk.OfferState]int{}
	for _, o := range r.offers {
		ended[o.State]++
	}
	shown, told, guests := map[string]int{}, map[desk.TextKind]int{}, 0
	for _, m := range r.messages {
		if notice(m) && m.Fallback != "" {
			guests++
		}
		switch {
		case notice(m):
			told[occasionOf(m.Text)]++
		case m.Direction == desk.Outbound:
			shown[strings.TrimSpace(string(m.State)+" "+m.Problem.Code)]++
		}
	}
	fmt.Fprintf(out, "seed %d: %d words of %d customers, %d conversations, transfers %v, %d guests, offers %v, answers %v, %d dead letters\n",
		w.opt.seed, len(w.words), len(w.customers), len(r.interactions), given, guests, ended, shown, len(r.letters))
	fmt.Fprintf(out, "seed %d: by time and after the end %v, told by itself %v\n", w.opt.seed, clocked, told)
	shut := map[string]int{}
	for queue, list := range r.closures() {
		shut[queue] = len(list)
	}
	for _, a := range r.agents {
		for _, e := range a.History.Entries {
			if e.Event == desk.EventDeskChanged || e.By != "" && e.By != a.ID {
				led[e.Event]++
			}
		}
	}
	fmt.Fprintf(out, "seed %d: by supervisors and agents %v, queues closed %v, %d desktops told, %d boards compared, %d templates\n",
		w.opt.seed, led, shut, w.replaced.Load(), w.boards, w.templates())
	for n, v := range w.violations {
		if n == shownMost {
			fmt.Fprintf(out, "and %d more violations\n", len(w.violations)-n)
			return
		}
		w.explain(out, r, v)
	}
}

// overflows counts how often an interaction had waited for one agent alone for as long as it may; else it went on at once because he
// was not there.
func (r *records) overflows(i desk.Interaction) (n int) {
	var state desk.InteractionState
	var since time.Time
	for _, e := range r.history(i) {
		next, _ := after(state, e.Event)
		switch {
		case e.Event == desk.EventOverflowed && !e.At.Before(since.Add(exclusiveWait)):
			n++
		case next == desk.InteractionQueued && state != next:
			since = e.At
		}
		state = next
	}
	return n
}

func (w *world) explain(out io.Writer, r *records, v violation) {
	fmt.Fprintf(out, "\nVIOLATION (seed %d): %s\n", w.opt.seed, v.What)
	if v.Customer != "" {
		fmt.Fprintf(out, "  customer %s\n", v.Customer)
	}
	if a, ok := r.agents[v.Agent]; ok {
		fmt.Fprintf(out, "  agent %s, %s since %s, seats %v, offer %q\n", a.ID, a.State, clock(a.Since), a.Seats, a.Offer)
		for _, e := range a.History.Entries[max(0, len(a.History.Entries)-10):] {
			fmt.Fprintf(out, "    %3d %s %s %s\n", e.Seq, clock(e.At), e.Event, e.Detail)
		}
	}
	i, ok := r.interactions[v.Interaction]
	if !ok {
		return
	}
	fmt.Fprintf(out, "  interaction %s, %s, %s\n", i.ID, i.Channel, i.State)
	for _, e := range r.history(i) {
		fmt.Fprintf(out, "    %3d %s %-12s %-4s %s\n", e.Seq, clock(e.At), e.Event, e.By, e.Detail)
	}
	for _, m := range r.transcript(i.ID) {
		fmt.Fprintf(out, "    msg %d %s %-8s %s %-9s %q %s\n", m.Seq, clock(m.At), m.Direction, m.Author, m.State, m.Text, m.Problem.Code)
	}
	about := w.notes.about(i.ID)
	slices.Sort(about)
	for _, line := range about {
		fmt.Fprintf(out, "    %s\n", strings.TrimSpace(line))
	}
}

// templates counts the templates that reached customers.
func (w *world) templates() (n int) {
	for _, m := range w.number.Sent() {
		if m.Type == "template" {
			n++
		}
	}
	return n
}
