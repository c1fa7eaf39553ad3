package desk

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// The histories of the model centre explain its records: whoever reads one from the beginning, and nothing else, knows how the
// record stands now, and what has been counted in it.

// stay is one leg as a history tells of it.
type stay struct {
	agent string
	seat  Seat
}

// retold is an interaction as its history tells of it.
type retold struct {
	state        InteractionState
	queue        string
	reason       string
	owner, guest string
	asks         string // who is asked for a second agent: a queue or an agent
	rings        string // the agent who is asked
	legs         []stay
	wraps        map[string]map[WrapUpState]int // by agent: how his legs that are over stand
	interrupted  bool
	blocked      bool
	left         bool // he left, and has not come back
	warned       bool
	afterword    string
	offers       map[OfferState]int
	made         int
	wrong        string // what cannot have happened when the history says so
}

// retell reads a history from the beginning.
func retell(entries []Entry) retold {
	r := retold{wraps: map[string]map[WrapUpState]int{}, offers: map[OfferState]int{}}
	for _, e := range entries {
		r.reads(e)
	}
	return r
}

func (r *retold) reads(e Entry) {
	if r.ofOffers(e) || r.bySupervisors(e) || r.ofSeats(e) || r.ofSecond(e) || r.ofWrapUps(e) {
		return
	}
	switch e.Event {
	case EventOpened:
		r.enters(e, InteractionQueued, "")
		r.queue = e.Detail
	case EventStarted:
		r.enters(e, InteractionActive, "")
		r.queue, r.owner = e.Detail, r.sits(e.By, SeatOwner)
	case EventClosed:
		r.closes(e)
	case EventLeft:
		r.left = true
		r.asks = ""
	case EventCameBack:
		r.while(e, r.state == InteractionActive && r.left)
		r.left = false
	case EventInterrupted:
		r.interrupted, r.asks = r.state == InteractionActive, ""
	case EventBlocked:
		r.blocked, r.asks = r.state == InteractionActive, ""
	case EventUnblocked:
		r.blocked = false
	case EventMoved:
		r.queue = e.Detail
	case EventAfterword:
		r.afterword, r.left = e.Detail, false
	case EventWarned:
		r.warned = true
	case EventDiverted:
		r.while(e, r.state == InteractionQueued)
		r.queue, _, _ = strings.Cut(e.Detail, " ")
	case EventOverflowed, EventRelaxed:
		r.while(e, r.state == InteractionQueued)
	case EventRerouted:
		r.while(e, r.state.Open())
	case EventReopened:
		r.while(e, r.afterword != "")
	case EventEdited, EventDataChanged, EventExclusiveSet, EventExclusiveDropped:
	default:
		r.while(e, false)
	}
}

// while notes a move that cannot be made as things stand.
func (r *retold) while(e Entry, may bool) {
	if !may && r.wrong == "" {
		r.wrong = "entry " + e.Event + " by " + e.By + " of " + e.Detail + " while " + string(r.state)
	}
}

func (r *retold) enters(e Entry, to InteractionState, from ...InteractionState) {
	r.while(e, slices.Contains(from, r.state))
	r.state = to
}

// ofOffers are the moves of offers. Of an active conversation they are about its second seat.
func (r *retold) ofOffers(e Entry) bool {
	ends := map[string]OfferState{EventAccepted: OfferAccepted, EventJoined: OfferAccepted, EventDeclined: OfferDeclined, EventExpired: OfferExpired, EventRescinded: OfferRescinded}
	second := r.state == InteractionActive
	if e.Event == EventOffered {
		r.while(e, r.rings == "" && (r.state == InteractionQueued || second && r.asks != ""))
		r.rings = e.By
		r.made++
		if !second {
			r.state = InteractionOffered
		}
		return true
	}
	to, ends1 := ends[e.Event]
	if !ends1 {
		return false
	}
	r.while(e, r.rings != "" && (e.By == r.rings || to == OfferRescinded) && (second || r.state == InteractionOffered))
	r.rings = ""
	r.offers[to]++
	switch {
	case e.Event == EventAccepted:
		r.enters(e, InteractionActive, InteractionOffered)
		r.owner = r.sits(e.By, SeatOwner)
	case e.Event == EventJoined:
		r.while(e, second)
		r.guest, r.asks = r.sits(e.By, SeatGuest), ""
	case second && strings.HasPrefix(r.asks, "agent-"): // who is asked by name is asked once
		r.asks = ""
	case !second:
		r.state = InteractionQueued
	}
	return true
}

func (r *retold) sits(agent string, in Seat) string {
	r.legs = append(r.legs, stay{agent, in})
	return agent
}

// gets up: the agent's leg is over, and his wrap-up stands so.
func (r *retold) leaves(agent string, w WrapUpState) {
	if r.wraps[agent] == nil {
		r.wraps[agent] = map[WrapUpState]int{}
	}
	r.wraps[agent][w]++
}

// ofSeats are the moves by which somebody sits down or gets up.
func (r *retold) ofSeats(e Entry) bool {
	switch e.Event {
	case EventStarted:
		r.enters(e, InteractionActive, "")
		r.queue, r.owner = e.Detail, r.sits(e.By, SeatOwner)
	case EventTransferred:
		r.enters(e, InteractionQueued, InteractionActive)
		r.ownerLeaves(e.By, WrapUpOwed)
		if queue, ok := strings.CutPrefix(e.Detail, "queue "); ok {
			r.queue = queue
		}
	case EventHandedBack:
		r.enters(e, InteractionQueued, InteractionActive)
		r.ownerLeaves(e.By, WrapUpSkipped)
		r.asks = ""
	case EventReturned:
		r.enters(e, InteractionActive, InteractionQueued)
		r.owner = r.sits(e.Detail, SeatOwner)
	case EventEnded:
		r.enters(e, InteractionWrapUp, InteractionActive)
		r.ownerLeaves(e.By, WrapUpOwed)
		r.guestLeaves(r.guest, WrapUpOwed)
		r.reason, r.asks = ClosedEnded, ""
	case EventPromoted:
		guest := r.guest
		r.ownerLeaves(e.Detail, WrapUpSkipped)
		r.guestLeaves(guest, WrapUpContinued)
		r.owner = r.sits(guest, SeatOwner)
	case EventHandedOver:
		was := r.owner
		r.while(e, e.Detail == r.guest)
		r.ownerLeaves(e.By, WrapUpContinued)
		r.guestLeaves(e.Detail, WrapUpContinued)
		r.owner, r.guest = r.sits(e.Detail, SeatOwner), r.sits(was, SeatGuest)
	default:
		return false
	}
	return true
}

// bySupervisors are the moves of those who have no seat in it.
func (r *retold) bySupervisors(e Entry) bool {
	open := r.state.Open()
	switch e.Event {
	case EventTaken:
		r.while(e, open && e.Detail == r.owner)
		r.given(e.Detail, e.By)
	case EventReassigned:
		was, heir, _ := strings.Cut(" "+e.Detail, "to ")
		r.while(e, open && strings.TrimSpace(was) == r.owner)
		r.given(r.owner, heir)
	case EventRequeued:
		r.enters(e, InteractionQueued, InteractionQueued, InteractionActive)
		if e.Detail != "" {
			r.ownerLeaves(e.Detail, WrapUpSkipped)
		}
		r.guestLeaves(r.guest, WrapUpSkipped)
		r.asks = ""
	case EventPrioritised:
		r.while(e, r.state == InteractionQueued || r.state == InteractionOffered)
	case EventEnded:
		if e.Detail != ClosedBySupervisor {
			return false
		}
		r.while(e, open && r.rings == "")
		r.asks = ""
		if r.state == InteractionActive {
			r.state, r.reason = InteractionWrapUp, ClosedBySupervisor
			r.ownerLeaves(r.owner, WrapUpOwed)
			r.guestLeaves(r.guest, WrapUpOwed)
		}
	default:
		return false
	}
	return true
}

// given: the owner's seat goes to an agent who may be its guest.
func (r *retold) given(was, to string) {
	if was != "" {
		r.ownerLeaves(was, WrapUpSkipped)
	}
	if r.guest == to {
		r.guestLeaves(to, WrapUpContinued)
	}
	r.state, r.asks = InteractionActive, ""
	r.owner = r.sits(to, SeatOwner)
}

func (r *retold) ownerLeaves(agent string, w WrapUpState) {
	r.while(Entry{Event: "owner leaves", By: agent}, agent != "" && agent == r.owner)
	r.leaves(agent, w)
	r.owner = ""
}

func (r *retold) guestLeaves(agent string, w WrapUpState) {
	r.while(Entry{Event: "guest leaves", By: agent}, agent == r.guest)
	if agent != "" {
		r.leaves(agent, w)
	}
	r.guest = ""
}

// ofSecond are the moves of the second seat that no offer makes.
func (r *retold) ofSecond(e Entry) bool {
	switch e.Event {
	case EventConferenceRequested:
		r.while(e, r.state == InteractionActive && r.asks == "" && r.guest == "")
		r.asks = e.Detail
	case EventConferenceCancelled, EventConferenceDropped:
		r.while(e, r.state == InteractionActive)
		r.asks = ""
	case EventGuestExited, EventGuestRemoved:
		r.guestLeaves(e.Detail, WrapUpOwed)
	case EventGuestLost:
		r.guestLeaves(r.guest, WrapUpSkipped)
	default:
		return false
	}
	return true
}

// ofWrapUps are the moves that settle what somebody owes.
func (r *retold) ofWrapUps(e Entry) bool {
	who, to := e.By, WrapUpDone
	switch e.Event {
	case EventWrappedUp:
	case EventWrapUpTimedOut:
		who, to = e.Detail, WrapUpAutomatic
	case EventWrapUpSkipped:
		who, to = e.Detail, WrapUpSkipped
	case EventWrapUpExtended:
		r.while(e, r.wraps[who][WrapUpOwed] > 0)
		return true
	default:
		return false
	}
	r.while(e, r.wraps[who][WrapUpOwed] > 0)
	r.leaves(who, to)
	r.wraps[who][WrapUpOwed]--
	return true
}

// closes is the end. One that somebody has closes because its customer is silent: then the clock settles what its agents owe.
func (r *retold) closes(e Entry) {
	if r.state == InteractionActive {
		r.while(e, e.Detail == ClosedInactive)
		r.ownerLeaves(r.owner, WrapUpAutomatic)
		r.guestLeaves(r.guest, WrapUpAutomatic)
	}
	if r.rings != "" { // the customer is gone, and what rang with him
		r.offers[OfferRescinded]++
	}
	r.enters(e, InteractionClosed, "", InteractionQueued, InteractionOffered, InteractionActive, InteractionWrapUp)
	r.reason, r.rings, r.asks = e.Detail, "", ""
}

// explained: the history of a conversation tells how it came to be what it is, and its totals are those of the history.
func (c *centre) explained(t *rapid.T, i Interaction, offers []Offer) {
	r := retell(c.historyOf(i.ID, i.History))
	must(t, r.wrong == "", "the history of %s says what cannot be: %s", i.ID, r.wrong)
	must(t, r.state == i.State && (r.queue == i.Queue || i.CloseReason == ClosedBlocked && len(i.Legs) == 0), "%s is %s in %s, and its history says %s in %s", i.ID, i.State, i.Queue, r.state, r.queue)
	must(t, r.reason == i.CloseReason, "%s closed as %q, and its history says %q", i.ID, i.CloseReason, r.reason)
	must(t, r.owner == i.Owner && r.guest == i.Guest(), "%s has the owner %q and the guest %q, and its history says %q and %q", i.ID, i.Owner, i.Guest(), r.owner, r.guest)
	must(t, (r.asks != "") == (i.Second.State == SecondRequested), "%s has the second seat %q, and its history asks %q", i.ID, i.Second.State, r.asks)
	must(t, r.rings == see[Offer](c, i.Rings()).Agent, "%s rings for %q, and its history says %q", i.ID, see[Offer](c, i.Rings()).Agent, r.rings)
	must(t, r.interrupted == i.Interrupted && r.blocked == i.Blocked, "%s has the flags %v, and its history says otherwise", i.ID, flags(i))
	must(t, i.Left == r.left || r.left && i.State == InteractionClosed, "%s: its customer has left is %v, and its history says %v", i.ID, i.Left, r.left)
	must(t, i.WarnedAt.IsZero() || r.warned, "%s: its customer was warned, and its history does not say so", i.ID)
	must(t, r.afterword == i.Afterword, "%s has the afterword %q, and its history says %q", i.ID, i.Afterword, r.afterword)
	c.totals(t, i, r, offers)
}

// totals: what is counted in the records of a conversation is what a replay of its history counts.
func (c *centre) totals(t *rapid.T, i Interaction, r retold, offers []Offer) {
	var legs []stay
	wraps := map[string]map[WrapUpState]int{}
	for _, l := range i.Legs {
		legs = append(legs, stay{l.Agent, l.Seat})
		if !l.To.IsZero() {
			if wraps[l.Agent] == nil {
				wraps[l.Agent] = map[WrapUpState]int{}
			}
			wraps[l.Agent][l.WrapUp.State]++
		}
	}
	must(t, slices.Equal(legs, r.legs), "%s has the legs %v, and its history tells of %v", i.ID, legs, r.legs)
	for agent := range r.wraps {
		maps.DeleteFunc(r.wraps[agent], func(_ WrapUpState, n int) bool { return n == 0 })
	}
	must(t, maps.EqualFunc(wraps, r.wraps, maps.Equal), "the wrap-ups of %s are %v, and its history tells of %v", i.ID, wraps, r.wraps)
	ended, rings := map[OfferState]int{}, 0
	for _, o := range offers {
		if o.State == OfferPending {
			rings++
			continue
		}
		ended[o.State]++
	}
	must(t, len(offers) == r.made && maps.Equal(ended, r.offers), "of %s %d offers were made and ended so: %v; its history tells of %d, %v", i.ID, len(offers), ended, r.made, r.offers)
	must(t, (rings == 1) == (r.rings != "") && rings <= 1, "%d offers ring for %s, and its history says %q", rings, i.ID, r.rings)
}

// explainedAgent: the history of an agent tells his state.
func (c *centre) explainedAgent(t *rapid.T, a Agent) {
	if a.History.Last == 0 || c.unknown(a) {
		return
	}
	state := AgentState("")
	for _, e := range c.historyOf(a.ID, a.History) {
		switch e.Event {
		case EventSignedIn:
			state = AgentState(e.Detail)
		case EventSignedOut, EventLeaseLost:
			state = AgentOffline
		case EventAvailable, EventIdle, EventRONA:
			state = AgentState(e.Event)
		}
	}
	must(t, state == a.State, "%s is %s, and his history says %q", a.ID, a.State, state)
}

// news reports whether the record is another than when it was explained last.
func (c *centre) news(r Record) bool {
	v := r.Base().Version
	fresh := c.told[at(r)] != v
	c.told[at(r)] = v
	return fresh
}

// unknown reports whether nothing of what has happened to the agent in this centre is in his history: he comes with one.
func (c *centre) unknown(a Agent) bool {
	return !slices.ContainsFunc(c.historyOf(a.ID, a.History), func(e Entry) bool {
		return slices.Contains([]string{EventSignedIn, EventSignedOut, EventLeaseLost}, e.Event)
	})
}

// historyOf is all that a record went through, in order.
func (c *centre) historyOf(of string, h History) []Entry {
	var list []Entry
	for _, p := range all[HistoryPage](c) {
		if p.Of == of {
			list = append(list, p.Entries...)
		}
	}
	list = append(list, h.Entries...)
	slices.SortStableFunc(list, func(a, b Entry) int { return int(a.Seq - b.Seq) })
	return list
}
