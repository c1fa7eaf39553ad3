package desk

import (
	"strings"
	"time"
)

// Account is what became of an interaction (B6): the contact record, of which there is exactly one for each, because it is
// nothing but the interaction's history read from the beginning, with its legs and the first response. It holds no personal data
// but the names of agents.
//
// A conversation is of one queue at a time, and what happens is of that queue. What takes time, such as an offer, or a leg with
// its wrap-up, is of the queue in which it began.
type Account struct {
	Started   Started    // zero where the customer began it
	Responded Responded  // the interaction's
	Waits     []Wait     // for an agent to own it, in the order they began
	Asked     []Asked    // offers, in the order they were made
	Legs      []Leg      // the interaction's, Queue being the one in which each began
	Transfers []Handing  // by which an owner gave it away
	Invited   []Inviting // requests for a second agent
	Reopened  []Reopened // what followed because of a word after the end; at most one
	Closed    Closing    // zero while it is not closed
}

// Started is the beginning of a conversation by an agent (B13).
type Started struct {
	Queue string
	By    string
	At    time.Time
}

// Wait is a time in which a customer waited in one queue for an agent to own his conversation.
type Wait struct {
	Queue string
	Cause WaitCause
	First bool // nobody has owned it since it came into the queue
	From  time.Time
	To    time.Time // zero while he waits
	End   WaitEnd
	Agent string // who got the conversation; empty unless WaitAnswered or WaitReturned
	Lost  string // the agent whom it was taken from, where the cause is that it was
}

// For is how long the wait took, or has taken until now. Clocks that differ never make it less than nothing.
func (w Wait) For(now time.Time) time.Duration { return span(w.From, timeOr(w.To, now)) }

// WaitCause is how a wait began.
type WaitCause string

// The causes.
const (
	WaitOpened      WaitCause = "opened"      // the customer came
	WaitTransferred WaitCause = "transferred" // from another queue
	WaitForAgent    WaitCause = "transferred_to_agent"
	WaitHandedBack  WaitCause = "handed_back" // its agent was gone
	WaitRequeued    WaitCause = "requeued"    // a supervisor took it from its agent
	WaitMoved       WaitCause = "moved"       // its queue was deleted, and this one inherits it
	WaitOverflow    WaitCause = "overflow"    // its queue was closed, or had it wait for too long
)

// WaitEnd is how a wait ended; empty while it has not.
type WaitEnd string

// The ends.
const (
	WaitAnswered  WaitEnd = "answered"   // an agent owns it
	WaitReturned  WaitEnd = "returned"   // the agent it was transferred to did not take it, and who had it has it again
	WaitAbandoned WaitEnd = "abandoned"  // the customer left, or the transfer was dropped with him (R22)
	WaitMovedOn   WaitEnd = "moved"      // its queue was deleted, and it went on in another
	WaitDiverted  WaitEnd = "overflowed" // its queue was closed, or had it wait for too long, and it went on in the overflow queue
	WaitClosed    WaitEnd = "closed"     // for another reason: Account.Closed has it
)

// Asked is one offer: an agent who was asked, and what he said.
type Asked struct {
	Queue string
	Agent string
	Kind  OfferKind
	Why   string // the reason he was chosen
	At    time.Time
	To    time.Time  // when it had its answer; zero while it rings
	End   OfferState // pending while it rings
}

// Handing is a transfer. One of ToQueue and ToAgent is empty.
type Handing struct {
	Queue   string // it was in
	By      string
	ToQueue string
	ToAgent string
	At      time.Time
}

// Inviting is a request for a second agent.
type Inviting struct {
	Queue  string // it was in
	By     string
	To     string // the agent, or the queue, who was asked
	At     time.Time
	Joined string    // who came; empty when nobody did, or has yet
	Came   time.Time // when
}

// Reopened is a conversation that an agent opened for a word after the end.
type Reopened struct {
	Queue       string
	By          string
	At          time.Time
	Interaction string
}

// Closing is the end of an interaction.
type Closing struct {
	Queue  string
	At     time.Time
	Reason string
}

// AccountOf reads an interaction's account out of its history. moves are all entries of it from the first, those of its pages
// included: see HistoryPage.
func AccountOf(i Interaction, moves []Entry) Account {
	r := reading{Account: Account{Responded: i.Responded}, queue: i.Queue, legs: i.Legs}
	if len(moves) > 0 && (moves[0].Event == EventOpened || moves[0].Event == EventStarted) {
		r.queue = moves[0].Detail
	}
	for _, e := range moves {
		r.offers(e)
		r.invites(e)
		r.waits(e)
		r.seats(e)
		r.ends(e)
	}
	r.begins(len(r.legs))
	return r.Account
}

// reading is how far an account has been read.
type reading struct {
	Account
	queue string // the conversation is in
	owned bool   // an agent has it
	given bool   // it was transferred to an agent, who is offered it next
	legs  []Leg  // that have not begun yet
}

// waits reads where the customer began or ceased to wait.
func (r *reading) waits(e Entry) {
	switch e.Event {
	case EventOpened:
		r.wait(e, WaitOpened, true, "")
	case EventTransferred:
		kind, to, _ := strings.Cut(e.Detail, " ")
		h := Handing{Queue: r.queue, By: e.By, At: e.At}
		if kind == "queue" {
			h.ToQueue, r.queue = to, to
			r.wait(e, WaitTransferred, true, e.By)
		} else {
			h.ToAgent, r.given = to, true
			r.wait(e, WaitForAgent, false, e.By)
		}
		r.Transfers = append(r.Transfers, h)
	case EventHandedBack:
		r.owned = false
		if e.Detail == "" {
			r.wait(e, WaitHandedBack, false, e.By)
		}
	case EventMoved:
		r.goes(e, e.Detail, WaitMovedOn, WaitMoved)
	case EventDiverted:
		queue, _, _ := strings.Cut(e.Detail, " ")
		r.goes(e, queue, WaitDiverted, WaitOverflow)
	case EventStarted:
		r.Started = Started{Queue: r.queue, By: e.By, At: e.At}
		r.owned = true
	case EventAccepted:
		r.owns(e.At, WaitAnswered, e.By)
	case EventReturned:
		r.owns(e.At, WaitReturned, e.Detail)
	case EventTaken:
		r.owns(e.At, WaitAnswered, e.By)
	case EventReassigned:
		r.owns(e.At, WaitAnswered, e.Detail[strings.LastIndex(e.Detail, " ")+1:]) // "ana to bea", or "to bea"
	case EventRequeued:
		if r.owned {
			r.wait(e, WaitRequeued, false, e.Detail)
		}
	}
}

// goes has the conversation go on in another queue, whether or not it waits.
func (r *reading) goes(e Entry, queue string, end WaitEnd, cause WaitCause) {
	first, waited := r.waited(e.At, end, "")
	r.queue = queue
	if waited {
		r.wait(e, cause, first, "")
	}
}

// wait begins a wait. lost is the agent who had the conversation.
func (r *reading) wait(e Entry, cause WaitCause, first bool, lost string) {
	r.owned = false
	r.Waits = append(r.Waits, Wait{Queue: r.queue, Cause: cause, First: first, From: e.At, Lost: lost})
}

// owns has the agent own the conversation.
func (r *reading) owns(at time.Time, how WaitEnd, agent string) {
	r.owned = true
	r.waited(at, how, agent)
}

// waited ends the wait, if there is one; first is as it had it.
func (r *reading) waited(at time.Time, how WaitEnd, agent string) (first, waited bool) {
	n := len(r.Waits) - 1
	if n < 0 || r.Waits[n].End != "" {
		return false, false
	}
	w := &r.Waits[n]
	w.To, w.End, w.Agent = at, how, agent
	return w.First, true
}

// offers reads who was asked, and what he said. One offer rings for a conversation at a time.
func (r *reading) offers(e Entry) {
	switch e.Event {
	case EventOffered:
		kind := OfferAssign
		switch {
		case r.owned:
			kind = OfferConference
		case r.given:
			kind = OfferTransfer
		}
		r.given = false
		r.Asked = append(r.Asked, Asked{Queue: r.queue, Agent: e.By, Kind: kind, Why: e.Detail, At: e.At, End: OfferPending})
	case EventAccepted, EventJoined:
		r.answer(e.At, OfferAccepted)
	case EventDeclined:
		r.answer(e.At, OfferDeclined)
	case EventExpired:
		r.answer(e.At, OfferExpired)
	case EventRescinded, EventClosed: // what is closed with its offer says so once
		r.answer(e.At, OfferRescinded)
	}
}

func (r *reading) answer(at time.Time, how OfferState) {
	if n := len(r.Asked) - 1; n >= 0 && r.Asked[n].End == OfferPending {
		r.Asked[n].To, r.Asked[n].End = at, how
	}
}

// invites reads who was asked to join, and who did.
func (r *reading) invites(e Entry) {
	switch e.Event {
	case EventConferenceRequested:
		r.Invited = append(r.Invited, Inviting{Queue: r.queue, By: e.By, To: e.Detail, At: e.At})
	case EventJoined:
		if n := len(r.Invited) - 1; n >= 0 {
			r.Invited[n].Joined, r.Invited[n].Came = e.By, e.At
		}
	}
}

// seats reads where legs began.
func (r *reading) seats(e Entry) {
	switch e.Event {
	case EventStarted, EventAccepted, EventJoined, EventReturned, EventReassigned, EventTaken, EventPromoted:
		r.begins(1)
	case EventHandedOver:
		r.begins(2)
	}
}

// begins begins as many legs as there are, up to n.
func (r *reading) begins(n int) {
	for _, l := range r.legs[:min(n, len(r.legs))] {
		l.Queue = r.queue
		r.Legs = append(r.Legs, l)
	}
	r.legs = r.legs[min(n, len(r.legs)):]
}

// ends reads the end of the conversation, and what followed.
func (r *reading) ends(e Entry) {
	switch e.Event {
	case EventReopened:
		r.Account.Reopened = append(r.Account.Reopened, Reopened{Queue: r.queue, By: e.By, At: e.At, Interaction: e.Detail})
	case EventClosed:
		how := WaitClosed
		if e.Detail == ClosedAbandoned || e.Detail == ClosedUnanswered {
			how = WaitAbandoned
		}
		r.waited(e.At, how, "")
		r.Closed = Closing{Queue: r.queue, At: e.At, Reason: e.Detail}
	}
}

// span is the time from one instant to another; never less than nothing.
func span(from, to time.Time) time.Duration { return max(0, to.Sub(from)) }
