package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// The fields of metrics that are compared, by their names in the contract.
var (
	sums = []string{"entered", "again", "answered", "answeredWithin", "answeredAgain", "abandoned", "abandonedAgain", "left", "overflowed",
		"offers", "accepted", "declined", "rona", "rescinded", "transfersToQueues", "transfersToAgents", "transfersFromQueues", "transfersFromAgents",
		"conferencesRequested", "conferences", "handled", "lost", "reopened"}
	times = []string{"talkTime", "wrapUpTime"}
)

// answersWithin is within how long conversations ought to be answered.
const answersWithin = 20 * time.Second

// counts is how often what happened where. agent is empty for all, nobody included.
type counts map[place]total

type place struct{ queue, agent, what string }

// total is a number, and the interactions that it is of.
type total struct {
	n  int
	of []string
}

// add counts something of an interaction at one place.
func (c counts) add(interaction, queue, agent, what string, n int) {
	p := place{queue, agent, what}
	t := c[p]
	t.n += n
	if interaction != "" && !slices.Contains(t.of, interaction) {
		t.of = append(t.of, interaction)
	}
	if t.n != 0 || len(t.of) > 0 {
		c[p] = t
	}
}

// count counts everything, from offers, legs and histories, by itself.
func (r *records) count() counts {
	c := counts{}
	for _, o := range r.offers {
		t := telling{counts: c, of: o.Interaction, queue: o.Queue}
		t.tells(o.Agent, "offers")
		t.tells(o.Agent, map[desk.OfferState]string{desk.OfferAccepted: "accepted", desk.OfferDeclined: "declined", desk.OfferExpired: "rona",
			desk.OfferRescinded: "rescinded"}[o.State])
		switch {
		case o.State != desk.OfferAccepted:
		case o.Kind == desk.OfferTransfer:
			t.tells(o.Agent, "transfersFromAgents")
		case o.Kind == desk.OfferConference:
			t.tells(o.Agent, "conferences")
		}
	}
	for id, i := range r.interactions {
		for _, l := range i.Legs {
			(&telling{counts: c, of: id, queue: cmp.Or(l.Queue, i.Queue)}).leg(l)
		}
		t := telling{counts: c, of: id}
		for _, e := range r.history(i) {
			t.hears(e)
		}
	}
	return c
}

// telling is an interaction's history as far as it has been counted.
type telling struct {
	counts
	of    string // the interaction
	queue string // it is in
	waits bool   // nobody owns it
	first bool   // nor has since it came into the queue
	since time.Time
}

// tells counts something once: of the agent, if there is one, and of all.
func (t *telling) tells(agent, what string) { t.sums(agent, what, 1) }

func (t *telling) sums(agent, what string, n int) {
	t.add(t.of, t.queue, "", what, n)
	if agent != "" {
		t.add(t.of, t.queue, agent, what, n)
	}
}

// leg counts what an agent did in a seat once its wrap-up is settled.
func (t *telling) leg(l desk.Leg) {
	w := l.WrapUp
	if l.To.IsZero() || w.State == desk.WrapUpOwed {
		return
	}
	t.sums(l.Agent, "talkTime", took(l.From, l.To))
	if w.State != desk.WrapUpContinued {
		t.tells(l.Agent, "handled")
	}
	if w.State == desk.WrapUpDone || w.State == desk.WrapUpAutomatic {
		t.sums(l.Agent, "wrapUpTime", took(l.To, w.At))
		if w.Reason != "" {
			t.tells(l.Agent, strings.TrimSpace("reason "+w.Reason+" "+w.SubReason))
		}
	}
}

// took are the microseconds from one moment to another: none when the clocks of two functions have it the other way round.
func took(from, to time.Time) int { return int(max(0, to.Sub(from).Microseconds())) }

// hears counts a move.
func (t *telling) hears(e desk.Entry) {
	kind, rest, _ := strings.Cut(e.Detail, " ")
	switch e.Event {
	case desk.EventOpened:
		t.queue = e.Detail
		t.begins(e, true)
	case desk.EventStarted:
		t.queue = e.Detail
	case desk.EventTransferred:
		t.transferred(e, kind, rest)
	case desk.EventHandedBack:
		if e.Detail == "" {
			t.tells(e.By, "lost")
			t.begins(e, false)
		}
	case desk.EventRequeued:
		if !t.waits {
			t.begins(e, false)
		}
	case desk.EventDiverted:
		t.tells("", "overflowed")
		first := t.first
		t.leaves()
		t.queue = kind
		t.begins(e, first)
	case desk.EventAccepted, desk.EventTaken:
		t.answered(e, e.By)
	case desk.EventReassigned:
		t.answered(e, e.Detail[strings.LastIndex(e.Detail, " ")+1:])
	case desk.EventReturned:
		t.leaves()
	case desk.EventConferenceRequested:
		t.tells(e.By, "conferencesRequested")
	case desk.EventReopened:
		t.tells(e.By, "reopened")
	case desk.EventClosed:
		t.closed(e)
	}
}

func (t *telling) transferred(e desk.Entry, kind, to string) {
	if kind == "agent" {
		t.tells(e.By, "transfersToAgents")
		t.begins(e, false)
		return
	}
	t.tells(e.By, "transfersToQueues")
	t.queue = to
	t.tells("", "transfersFromQueues")
	t.begins(e, true)
}

// begins begins a wait.
func (t *telling) begins(e desk.Entry, first bool) {
	t.waits, t.first, t.since = true, first, e.At
	t.tells("", map[bool]string{true: "entered", false: "again"}[first])
}

// leaves ends a wait that nobody answered.
func (t *telling) leaves() {
	if t.waits && t.first {
		t.tells("", "left")
	}
	t.waits = false
}

// answered ends a wait, if there is one.
func (t *telling) answered(e desk.Entry, agent string) {
	switch {
	case t.waits && t.first:
		t.tells(agent, "answered")
		if e.At.Sub(t.since) <= answersWithin {
			t.tells(agent, "answeredWithin")
		}
	case t.waits:
		t.tells(agent, "answeredAgain")
	}
	t.waits = false
}

func (t *telling) closed(e desk.Entry) {
	t.tells("", "closed "+e.Detail)
	switch {
	case !t.waits || e.Detail != desk.ClosedUnanswered && e.Detail != desk.ClosedAbandoned:
	case t.first:
		t.tells("", "abandoned")
	default:
		t.tells("", "abandoned")
		t.tells("", "abandonedAgain")
	}
	if e.Detail != desk.ClosedUnanswered && e.Detail != desk.ClosedAbandoned {
		t.leaves()
	}
	t.waits = false
}
