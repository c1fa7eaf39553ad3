package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// tale writes a history: each move so many seconds after nine.
func tale(moves ...Entry) []Entry {
	for n := range moves {
		moves[n].Seq = int64(n + 1)
	}
	return moves
}

func happens(seconds int, event, by, detail string) Entry {
	return Entry{At: sec(seconds), Event: event, By: by, Detail: detail}
}

func sec(n int) time.Time { return after(time.Duration(n) * time.Second) }

func sat(agent string, seat Seat, from, to int, w WrapUp) Leg {
	l := Leg{Agent: agent, Name: agent, Seat: seat, From: sec(from), WrapUp: w}
	if to > 0 {
		l.To = sec(to)
	}
	return l
}

func settled(state WrapUpState, at int, reason string) WrapUp {
	return WrapUp{State: state, Reason: reason, ReasonName: reason, At: sec(at)}
}

func TestAccountOf(t *testing.T) {
	for name, c := range map[string]struct {
		talk  Interaction
		moves []Entry
		want  Account
	}{
		"nothing yet": {Interaction{Queue: "sales"}, nil, Account{}},
		"a customer waits": {Interaction{Queue: "sales"},
			tale(happens(0, EventOpened, "", "sales")),
			Account{Waits: []Wait{{Queue: "sales", Cause: WaitOpened, First: true, From: nine}}}},
		"a blocked one is closed from the beginning": {Interaction{Queue: "sales"},
			tale(happens(0, EventClosed, "", ClosedBlocked)),
			Account{Closed: Closing{"sales", nine, ClosedBlocked}}},
		"an agent begins": {Interaction{Queue: "care", Direction: Outbound, Legs: []Leg{sat("ana", SeatOwner, 0, 0, WrapUp{})}},
			tale(happens(0, EventStarted, "ana", "sales"), happens(9, EventMoved, "", "care")),
			Account{Started: Started{"sales", "ana", nine},
				Legs: []Leg{{Agent: "ana", Name: "ana", Seat: SeatOwner, Queue: "sales", From: nine}}}},
		"an agent responds": {Interaction{Queue: "sales", Responded: Responded{"sales", "ana", sec(8), 8 * time.Second}},
			tale(happens(0, EventOpened, "", "sales"), happens(2, EventAccepted, "ana", "o1")),
			Account{Responded: Responded{"sales", "ana", sec(8), 8 * time.Second},
				Waits: []Wait{{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(2), End: WaitAnswered, Agent: "ana"}}}},
		"missed, declined, left": {Interaction{Queue: "sales"},
			tale(happens(0, EventOpened, "", "sales"), happens(1, EventOffered, "ana", WhyLongestAvailable), happens(21, EventExpired, "ana", "o1"),
				happens(22, EventOffered, "bea", WhyLastResort), happens(30, EventDeclined, "bea", "idle"), happens(31, EventOffered, "eva", WhyLastResort),
				happens(40, EventLeft, "", "o3"), happens(40, EventClosed, "", ClosedAbandoned)),
			Account{
				Waits: []Wait{{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(40), End: WaitAbandoned}},
				Asked: []Asked{
					{"sales", "ana", OfferAssign, WhyLongestAvailable, sec(1), sec(21), OfferExpired},
					{"sales", "bea", OfferAssign, WhyLastResort, sec(22), sec(30), OfferDeclined},
					{"sales", "eva", OfferAssign, WhyLastResort, sec(31), sec(40), OfferRescinded},
				},
				Closed: Closing{"sales", sec(40), ClosedAbandoned},
			}},
		"a transfer to an agent that nobody took": {Interaction{Queue: "sales", Legs: []Leg{sat("ana", SeatOwner, 2, 9, settled(WrapUpDone, 9, "sold"))}},
			tale(happens(0, EventOpened, "", "sales"), happens(1, EventOffered, "ana", WhyLongestAvailable), happens(2, EventAccepted, "ana", "o1"),
				happens(9, EventTransferred, "ana", "agent bea"), happens(9, EventWrappedUp, "ana", "sold"), happens(9, EventOffered, "bea", WhyTransfer),
				happens(29, EventExpired, "bea", "o2"), happens(29, EventClosed, "", ClosedUnanswered)),
			Account{
				Waits: []Wait{
					{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(2), End: WaitAnswered, Agent: "ana"},
					{Queue: "sales", Cause: WaitForAgent, From: sec(9), To: sec(29), End: WaitAbandoned, Lost: "ana"},
				},
				Asked: []Asked{
					{"sales", "ana", OfferAssign, WhyLongestAvailable, sec(1), sec(2), OfferAccepted},
					{"sales", "bea", OfferTransfer, WhyTransfer, sec(9), sec(29), OfferExpired},
				},
				Legs:      []Leg{{Agent: "ana", Name: "ana", Seat: SeatOwner, Queue: "sales", From: sec(2), To: sec(9), WrapUp: settled(WrapUpDone, 9, "sold")}},
				Transfers: []Handing{{Queue: "sales", By: "ana", ToAgent: "bea", At: sec(9)}},
				Closed:    Closing{"sales", sec(29), ClosedUnanswered},
			}},
		"a transfer that came back": {Interaction{Queue: "sales"},
			tale(happens(0, EventOpened, "", "sales"), happens(2, EventAccepted, "ana", "o1"), happens(9, EventTransferred, "ana", "agent bea"),
				happens(9, EventOffered, "bea", WhyTransfer), happens(12, EventDeclined, "bea", "o2"), happens(12, EventReturned, "", "ana")),
			Account{
				Waits: []Wait{
					{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(2), End: WaitAnswered, Agent: "ana"},
					{Queue: "sales", Cause: WaitForAgent, From: sec(9), To: sec(12), End: WaitReturned, Agent: "ana", Lost: "ana"},
				},
				Asked:     []Asked{{"sales", "bea", OfferTransfer, WhyTransfer, sec(9), sec(12), OfferDeclined}},
				Transfers: []Handing{{Queue: "sales", By: "ana", ToAgent: "bea", At: sec(9)}},
			}},
		"another queue, whose heir it goes to": {Interaction{Queue: "care", Legs: []Leg{sat("ana", SeatOwner, 2, 9, WrapUp{State: WrapUpOwed}), sat("bea", SeatOwner, 30, 0, WrapUp{})}},
			tale(happens(0, EventOpened, "", "sales"), happens(2, EventAccepted, "ana", "o1"), happens(9, EventTransferred, "ana", "queue support"),
				happens(12, EventMoved, "", "care"), happens(30, EventAccepted, "bea", "o2"), happens(31, EventMoved, "", "help")),
			Account{
				Waits: []Wait{
					{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(2), End: WaitAnswered, Agent: "ana"},
					{Queue: "support", Cause: WaitTransferred, First: true, From: sec(9), To: sec(12), End: WaitMovedOn, Lost: "ana"},
					{Queue: "care", Cause: WaitMoved, First: true, From: sec(12), To: sec(30), End: WaitAnswered, Agent: "bea"},
				},
				Legs: []Leg{
					{Agent: "ana", Name: "ana", Seat: SeatOwner, Queue: "sales", From: sec(2), To: sec(9), WrapUp: WrapUp{State: WrapUpOwed}},
					{Agent: "bea", Name: "bea", Seat: SeatOwner, Queue: "care", From: sec(30)},
				},
				Transfers: []Handing{{Queue: "sales", By: "ana", ToQueue: "support", At: sec(9)}},
			}},
		"handed back, and pointlessly so": {Interaction{Queue: "sales"},
			tale(happens(0, EventOpened, "", "sales"), happens(2, EventAccepted, "ana", "o1"), happens(60, EventHandedBack, "ana", ""),
				happens(70, EventAccepted, "bea", "o2"), happens(80, EventLeft, "", ""), happens(90, EventHandedBack, "bea", ClosedAbandoned), happens(90, EventClosed, "", ClosedAbandoned)),
			Account{
				Waits: []Wait{
					{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(2), End: WaitAnswered, Agent: "ana"},
					{Queue: "sales", Cause: WaitHandedBack, From: sec(60), To: sec(70), End: WaitAnswered, Agent: "bea", Lost: "ana"},
				},
				Closed: Closing{"sales", sec(90), ClosedAbandoned},
			}},
		"a supervisor takes, reassigns and requeues": {Interaction{Queue: "sales", Legs: []Leg{
			sat("sam", SeatOwner, 5, 10, WrapUp{}), sat("bea", SeatOwner, 10, 20, WrapUp{})}},
			tale(happens(0, EventOpened, "", "sales"), happens(1, EventOffered, "ana", WhyLongestAvailable), happens(5, EventRescinded, "sam", "o1"), happens(5, EventTaken, "sam", ""),
				happens(10, EventReassigned, "sam", "sam to bea"), happens(20, EventRequeued, "sam", "bea"), happens(21, EventOffered, "eva", WhyLongestAvailable),
				happens(22, EventRescinded, "sam", "o2"), happens(22, EventRequeued, "sam", ""), happens(30, EventReassigned, "sam", "to ana")),
			Account{
				Waits: []Wait{
					{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(5), End: WaitAnswered, Agent: "sam"},
					{Queue: "sales", Cause: WaitRequeued, From: sec(20), To: sec(30), End: WaitAnswered, Agent: "ana", Lost: "bea"},
				},
				Asked: []Asked{
					{"sales", "ana", OfferAssign, WhyLongestAvailable, sec(1), sec(5), OfferRescinded},
					{"sales", "eva", OfferAssign, WhyLongestAvailable, sec(21), sec(22), OfferRescinded},
				},
				Legs: []Leg{
					{Agent: "sam", Name: "sam", Seat: SeatOwner, Queue: "sales", From: sec(5), To: sec(10)},
					{Agent: "bea", Name: "bea", Seat: SeatOwner, Queue: "sales", From: sec(10), To: sec(20)},
				},
			}},
		"a conference, and seats that are swapped": {Interaction{Queue: "sales", Legs: []Leg{
			sat("ana", SeatOwner, 2, 20, settled(WrapUpContinued, 20, "")), sat("bea", SeatGuest, 10, 20, settled(WrapUpContinued, 20, "")),
			sat("bea", SeatOwner, 20, 0, WrapUp{}), sat("ana", SeatGuest, 20, 0, WrapUp{})}},
			tale(happens(0, EventOpened, "", "sales"), happens(2, EventAccepted, "ana", "o1"), happens(5, EventConferenceRequested, "ana", "support"),
				happens(6, EventOffered, "eva", WhyLongestAvailable), happens(7, EventDeclined, "eva", "o2"), happens(8, EventOffered, "bea", WhyLongestAvailable),
				happens(10, EventJoined, "bea", "o3"), happens(20, EventHandedOver, "ana", "bea")),
			Account{
				Waits: []Wait{{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(2), End: WaitAnswered, Agent: "ana"}},
				Asked: []Asked{
					{"sales", "eva", OfferConference, WhyLongestAvailable, sec(6), sec(7), OfferDeclined},
					{"sales", "bea", OfferConference, WhyLongestAvailable, sec(8), sec(10), OfferAccepted},
				},
				Legs: []Leg{
					{Agent: "ana", Name: "ana", Seat: SeatOwner, Queue: "sales", From: sec(2), To: sec(20), WrapUp: settled(WrapUpContinued, 20, "")},
					{Agent: "bea", Name: "bea", Seat: SeatGuest, Queue: "sales", From: sec(10), To: sec(20), WrapUp: settled(WrapUpContinued, 20, "")},
					{Agent: "bea", Name: "bea", Seat: SeatOwner, Queue: "sales", From: sec(20)},
					{Agent: "ana", Name: "ana", Seat: SeatGuest, Queue: "sales", From: sec(20)},
				},
				Invited: []Inviting{{Queue: "sales", By: "ana", To: "support", At: sec(5), Joined: "bea", Came: sec(10)}},
			}},
		"reopened": {Interaction{Queue: "sales"},
			tale(happens(0, EventOpened, "", "sales"), happens(2, EventAccepted, "ana", "o1"), happens(3, EventEnded, "ana", ""), happens(4, EventClosed, "", ClosedEnded),
				happens(50, EventAfterword, "", "m"), happens(60, EventReopened, "ana", "next")),
			Account{
				Waits:    []Wait{{Queue: "sales", Cause: WaitOpened, First: true, From: nine, To: sec(2), End: WaitAnswered, Agent: "ana"}},
				Reopened: []Reopened{{"sales", "ana", sec(60), "next"}},
				Closed:   Closing{"sales", sec(4), ClosedEnded},
			}},
	} {
		t.Run(name, func(t *testing.T) {
			legs := copied(c.talk.Legs)
			assert.Equal(t, c.want, AccountOf(c.talk, c.moves))
			assert.Equal(t, legs, c.talk.Legs, "what it is read from stays as it is")
		})
	}
}

func TestWaitsAreNeverNegative(t *testing.T) {
	w := Wait{From: sec(5), To: sec(3)}
	assert.Zero(t, w.For(sec(9)), "clocks differ")
	assert.Equal(t, 4*time.Second, Wait{From: sec(5)}.For(sec(9)), "until now")
}
