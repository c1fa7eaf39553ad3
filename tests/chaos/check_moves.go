package main

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// ending is what an interaction is between two entries of its history: a supervisor has ended it, and nobody had it.
const ending desk.InteractionState = "ending"

// moves are what an interaction's history may say in each state, beside what settling says, and the state after it. One that is given
// away is nobody's until an agent is asked or, when the transfer was not taken, it goes back or is closed; and one that a supervisor
// takes, gives or ends is nobody's for as long as it takes to take the offer back that rang for it.
var moves = map[desk.InteractionState]map[string]desk.InteractionState{
	"": {desk.EventOpened: desk.InteractionQueued, desk.EventStarted: desk.InteractionActive},
	desk.InteractionQueued: {
		desk.EventOffered: desk.InteractionOffered, desk.EventReturned: desk.InteractionActive, desk.EventClosed: desk.InteractionClosed,
		desk.EventRelaxed: desk.InteractionQueued, desk.EventDiverted: desk.InteractionQueued, desk.EventRerouted: desk.InteractionQueued,
		desk.EventOverflowed: desk.InteractionQueued, desk.EventWrapUpSkipped: desk.InteractionQueued,
		desk.EventTaken: desk.InteractionActive, desk.EventReassigned: desk.InteractionActive, desk.EventEnded: ending,
		desk.EventPrioritised: desk.InteractionQueued, desk.EventRequeued: desk.InteractionQueued,
	},
	ending: {desk.EventClosed: desk.InteractionClosed},
	desk.InteractionOffered: {
		desk.EventPrioritised: desk.InteractionOffered,
		desk.EventAccepted:    desk.InteractionActive, desk.EventDeclined: desk.InteractionQueued,
		desk.EventExpired: desk.InteractionQueued, desk.EventRescinded: desk.InteractionQueued,
		desk.EventRerouted: desk.InteractionOffered,
	},
	desk.InteractionActive: {
		desk.EventEnded: desk.InteractionWrapUp, desk.EventHandedBack: desk.InteractionQueued, desk.EventTransferred: desk.InteractionQueued,
		desk.EventTaken: desk.InteractionActive, desk.EventReassigned: desk.InteractionActive, desk.EventRequeued: desk.InteractionQueued,
		desk.EventRerouted: desk.InteractionActive,
		// Of a customer who is silent, or leaves and comes back:
		desk.EventWarned: desk.InteractionActive, desk.EventClosed: desk.InteractionClosed,
		desk.EventLeft: desk.InteractionActive, desk.EventCameBack: desk.InteractionActive,
		// Of a second agent, who is asked and comes and goes while it goes on:
		desk.EventConferenceRequested: desk.InteractionActive, desk.EventConferenceCancelled: desk.InteractionActive,
		desk.EventConferenceDropped: desk.InteractionActive, desk.EventOffered: desk.InteractionActive,
		desk.EventDeclined: desk.InteractionActive, desk.EventExpired: desk.InteractionActive, desk.EventRescinded: desk.InteractionActive,
		desk.EventJoined: desk.InteractionActive, desk.EventGuestExited: desk.InteractionActive,
		desk.EventGuestRemoved: desk.InteractionActive, desk.EventGuestLost: desk.InteractionActive,
		desk.EventHandedOver: desk.InteractionActive, desk.EventPromoted: desk.InteractionActive,
	},
	desk.InteractionWrapUp: {
		desk.EventAfterword: desk.InteractionWrapUp, desk.EventReopened: desk.InteractionWrapUp, desk.EventClosed: desk.InteractionClosed,
	},
	desk.InteractionClosed: {desk.EventAfterword: desk.InteractionClosed, desk.EventReopened: desk.InteractionClosed},
}

// settling are moves of an agent who owes a wrap-up, and of the clock. They are made in every state, and leave it.
var settling = []string{desk.EventWrappedUp, desk.EventWrapUpTimedOut, desk.EventWrapUpExtended}

// after is the state after a move in another; not legal when that cannot be.
func after(state desk.InteractionState, event string) (next desk.InteractionState, legal bool) {
	if state != "" && slices.Contains(settling, event) {
		return state, true
	}
	next, legal = moves[state][event]
	return next, legal
}

// steps are the states one commit may bring an interaction to. Some take more than one entry of the history: an agent is asked to take a
// conversation over, and a transfer that is not taken goes back or is closed.
var steps = map[string][]string{
	"": {"queued", "active"}, "queued": {"offered", "active", "closed"}, "offered": {"active", "queued", "closed"}, "active": {"queued", "offered", "wrapup", "closed"}, "wrapup": {"closed"},
}

// histories finds interactions whose history does not tell how they came to be what they are.
func (r *records) histories() (f findings) {
	offers := map[string]map[desk.OfferState]int{}
	for _, o := range r.offers {
		if offers[o.Interaction] == nil {
			offers[o.Interaction] = map[desk.OfferState]int{}
		}
		offers[o.Interaction][o.State]++
	}
	for id, i := range r.interactions {
		state, told := desk.InteractionState(""), map[string]int{}
		for n, e := range r.history(i) {
			if e.Seq != int64(n+1) {
				f.interaction(id, "entry %d of its history has the number %d", n+1, e.Seq)
				break
			}
			next, legal := after(state, e.Event)
			if !legal {
				f.interaction(id, "entry %d of its history says %s, which cannot be while it is %q", e.Seq, e.Event, state)
				break
			}
			state = next
			told[e.Event]++
		}
		if state != i.State {
			f.interaction(id, "it is %s, and its history ends as %q", i.State, state)
		}
		for event, ended := range map[string]desk.OfferState{desk.EventAccepted: desk.OfferAccepted, desk.EventDeclined: desk.OfferDeclined,
			desk.EventExpired: desk.OfferExpired, desk.EventRescinded: desk.OfferRescinded} {
			if ended == desk.OfferAccepted {
				told[event] += told[desk.EventJoined]
			}
			if told[event] != offers[id][ended] {
				f.interaction(id, "its history says %s %d times, and %d offers are %s", event, told[event], offers[id][ended], ended)
			}
		}
		begun := 2 * told[desk.EventHandedOver]
		for _, event := range []string{desk.EventStarted, desk.EventAccepted, desk.EventReturned, desk.EventPromoted, desk.EventTaken, desk.EventReassigned} {
			begun += told[event]
		}
		if begun != len(i.Legs) {
			f.interaction(id, "by its history it has been in %d hands, and it has %d legs", begun, len(i.Legs))
		}
		f = append(f, r.joins(i, told[desk.EventJoined])...)
	}
	return f
}

// joins finds interactions whose transcript does not say once for each guest that he joined, or that still ask for one.
func (r *records) joins(i desk.Interaction, guests int) (f findings) {
	notices := 0
	for _, m := range r.messages {
		if m.Interaction == i.ID && notice(m) && m.Fallback != "" {
			notices++
		}
	}
	if notices != guests {
		f.interaction(i.ID, "%d agents joined, and its transcript says so %d times", guests, notices)
	}
	if i.State != desk.InteractionActive && i.Second != (desk.Second{}) {
		f.interaction(i.ID, "it is %s, and its second seat is %+v", i.State, i.Second)
	}
	return f
}

// notice reports whether a message is what the system told, agents by its fallback text and customers by its text.
func notice(m desk.Message) bool { return m.Direction == desk.Outbound && m.Kind == desk.SystemMessage }

// check finds what was wrong at any moment there was.
func (t *trail) check() findings {
	var f findings
	agents := t.of("agents")
	for _, collection := range []string{"agents", "offers", "interactions", "messages"} {
		for id, list := range t.of(collection) {
			for n, v := range list {
				if v.N != int64(n+1) {
					f = append(f, violation{What: collection + " " + id + " has a gap or a double in its versions"})
					break
				}
			}
		}
	}
	for id, list := range agents {
		for _, v := range list {
			if v.Seats > v.Room {
				f.agent(id, "%s had %d conversations and room for %d at %s", id, v.Seats, v.Room, clock(v.At))
			}
			if v.Over != "" {
				f.agent(id, "%s had more conversations on %s than there is room for at %s", id, v.Over, clock(v.At))
			}
			if v.Offer != "" && v.State != string(desk.AgentAvailable) {
				f.agent(id, "something rang at %s, who was %s at %s", id, v.State, clock(v.At))
			}
		}
	}
	f = append(f, checkOffers(t.of("offers"), agents)...)
	f = append(f, checkSteps(t.of("interactions"))...)
	return append(f, checkRanks(t.of("messages"))...)
}

// checkOffers finds offers that ended twice, or were made to somebody who could not have them.
func checkOffers(offers, agents map[string][]version) (f findings) {
	for id, list := range offers {
		first, last := list[0], list[len(list)-1]
		if first.State != string(desk.OfferPending) || last.State == string(desk.OfferPending) {
			f.interaction(first.About, "offer %s began as %s and is %s", id, first.State, last.State)
		}
		for n, v := range list[1:] {
			if was := list[n].State; was != v.State && was != string(desk.OfferPending) {
				f.interaction(v.About, "offer %s was %s, and then %s", id, was, v.State)
			}
		}
		of := agents[first.Agent]
		n := slices.IndexFunc(of, func(v version) bool { return v.At.Equal(first.At) })
		if n < 1 || of[n].Offer != id {
			f.interaction(first.About, "offer %s was made to %s without his record", id, first.Agent)
			continue
		}
		if before := of[n-1]; before.State != string(desk.AgentAvailable) || before.Offer != "" || before.Seats >= before.Room {
			f.interaction(first.About, "offer %s was made to %s, who was %s, had %d of %d conversations and the offer %q",
				id, first.Agent, before.State, before.Seats, before.Room, before.Offer)
		}
	}
	return f
}

// checkSteps finds interactions that had two owners, or none while they were active, or went from one state to another in one step that
// takes two.
func checkSteps(interactions map[string][]version) (f findings) {
	for id, list := range interactions {
		was := ""
		for _, v := range list {
			owned := v.State == string(desk.InteractionActive)
			if v.Seats > 1 || owned != (v.Owner != "") || owned != (v.Seats == 1) {
				f.interaction(id, "it was %s with the owner %q and %d owners' seats at %s", v.State, v.Owner, v.Seats, clock(v.At))
			}
			if v.State != was && !slices.Contains(steps[was], v.State) {
				f.interaction(id, "it was %q, and then %s at %s", was, v.State, clock(v.At))
			}
			was = v.State
		}
	}
	return f
}

// ranks are how far a message has come. What is being sent may be to be sent again, when it was certainly not taken.
var ranks = map[string]int{"pending": 0, "sending": 0, "unknown": 1, "sent": 2, "failed": 3, "delivered": 4, "read": 5}

// checkRanks finds messages that went back.
func checkRanks(messages map[string][]version) (f findings) {
	for id, list := range messages {
		for n, v := range list[1:] {
			if ranks[v.State] < ranks[list[n].State] {
				f.interaction(v.About, "message %s was %s, and then %s", id, list[n].State, v.State)
			}
		}
	}
	return f
}

func clock(at time.Time) string { return at.Format("15:04:05.000") }

func quoted(s string) string { return "“" + s + "”" }
