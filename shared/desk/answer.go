package desk

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

func conflict(code, format string, args ...any) error {
	return fault.New(fault.Conflict, code, format, args...)
}

// AcceptOffer gives the interaction to the agent who was asked. by is the agent who calls. Exactly one answer to an
// offer wins: a repeat of the accept gives the same offer again, and after another answer it is a Conflict with that
// answer's code: offer_expired, offer_declined, offer_rescinded or, where the conversation is over, customer_left,
// customer_blocked, channel_removed; the last is also refused while the offer rings, when the interaction is interrupted
// (see Interaction.On). The deadline instant itself is too late, whether or not the clock has spoken yet.
func AcceptOffer(x Attended, by string, now time.Time) (Change, error) {
	o, a, i := x.Offer, x.Agent, x.Interaction
	if o.Agent != by {
		return Change{}, notYours()
	}
	if o.State == OfferAccepted {
		return Change{Offer: &o, Agent: &a, Interaction: &i, Hints: append(freed(a), i.telling()...)}, nil
	}
	if err := answered(o); err != nil {
		return Change{}, err
	}
	if !now.Before(o.Deadline) {
		return Change{}, answered(Offer{State: OfferExpired})
	}
	if i.Interrupted {
		return Change{}, answered(Offer{State: OfferRescinded, Cause: ClosedRemoved})
	}
	o = o.end(OfferAccepted, now)
	a = a.stopRinging()
	a = a.sits(i)
	a.FreeSince = now
	a = a.Settle()
	ch, event := Change{Hints: freed(a)}, EventAccepted
	if o.Kind == OfferConference {
		var m Message
		i, m = i.joined(o, a, now)
		event, ch.Save, ch.Hints = EventJoined, []Record{&m}, append(ch.Hints, sending(m)...)
	} else {
		i = i.owned(a, now)
	}
	i = ch.note(i, now, event, a.ID, o.ID)
	ch.Save = append([]Record{&o, &a, &i}, ch.Save...)
	ch.Offer, ch.Agent, ch.Interaction = &o, &a, &i
	return ch, nil
}

// owned is the interaction with the agent in the owner's seat, whoever sat there before.
func (i Interaction) owned(a Agent, now time.Time) Interaction {
	i.State, i.Offer, i.Transfer, i.WaitingSince, i.Passed, i.Awaits = InteractionActive, "", Transfer{}, time.Time{}, nil, Awaited{}
	i.Overflowed = nil
	i.Owner, i.OwnerName, i.AssignedAt = a.ID, a.Name, now
	i.Agents = with(i.Agents, a.ID)
	i.Legs = append(slices.Clip(slices.Clone(i.Legs)), Leg{Agent: a.ID, Name: a.Name, Seat: SeatOwner, From: now})
	return i.timed()
}

// DeclineOffer refuses the offer: the agent becomes idle (reason declined), and what becomes of the interaction depends on
// what was asked: one to assign is queued in front. Repeats and lost races are answered as for AcceptOffer, with code
// offer_accepted after an accept.
func DeclineOffer(x Attended, by string, now time.Time) (Change, error) {
	o, a, i := x.Offer, x.Agent, x.Interaction
	if o.Agent != by {
		return Change{}, notYours()
	}
	if o.State == OfferDeclined {
		return Change{Offer: &o, Agent: &a, Interaction: &i, Hints: waiting(i)}, nil
	}
	if err := answered(o); err != nil {
		return Change{}, err
	}
	if !now.Before(o.Deadline) {
		return Change{}, answered(Offer{State: OfferExpired})
	}
	a, page := a.noted(now, EventIdle, IdleDeclined)
	x.Agent = a.enter(AgentIdle, IdleDeclined, now)
	ch := x.untaken(OfferDeclined, EventDeclined, a.ID, o.ID, now)
	ch.save(page)
	return ch, nil
}

// ExpireOffer ends an offer nobody answered (RONA). The agent gets no offers until they say they are back; what becomes of
// the interaction depends on what was asked: one to assign goes to the front of its queue. Before the deadline it is
// TooEarly; an offer that has its answer stays as it is.
func ExpireOffer(x Attended, now time.Time) (Change, error) {
	o, a, i := x.Offer, x.Agent, x.Interaction
	if o.State != OfferPending {
		return Change{Offer: &o, Agent: &a, Interaction: &i, Hints: waiting(i)}, nil
	}
	if now.Before(o.Deadline) {
		return Change{}, fault.New(fault.TooEarly, "too_early", "the offer rings until %s", o.Deadline.Format(time.RFC3339))
	}
	a, page := a.noted(now, EventRONA, o.ID)
	x.Agent = a.enter(AgentRONA, "", now)
	ch := x.untaken(OfferExpired, EventExpired, a.ID, o.ID, now)
	ch.save(page)
	return ch, nil
}

// RescindOffer takes back an offer whose agent is no longer the one to ask. He stays as he is, free for the next; the
// interaction goes on as after DeclineOffer. An offer that has its answer stays as it is.
func RescindOffer(x Attended, now time.Time) (Change, error) {
	o, a, i := x.Offer, x.Agent, x.Interaction
	if o.State != OfferPending {
		return Change{Offer: &o, Agent: &a, Interaction: &i, Hints: append(waiting(i), freed(a)...)}, nil
	}
	return x.untaken(OfferRescinded, EventRescinded, "", o.ID, now), nil
}

// untaken is the change by which an offer ends and nobody took it. event, by and detail go into the interaction's history;
// x.Agent is in the state he goes to.
func (x Attended) untaken(to OfferState, event, by, detail string, now time.Time) Change {
	o, a, i := x.Offer.end(to, now), x.Agent.stopRinging().Settle(), x.Interaction
	ch := Change{Save: []Record{&o, &a, &i}, Offer: &o, Agent: &a, Interaction: &i}
	i = ch.note(i, now, event, by, detail)
	i.Offer = ""
	if to == OfferExpired {
		i.Passed = append(without(i.Passed, a.ID), a.ID)
	}
	switch o.Kind {
	case OfferTransfer:
		var back bool
		if i, x.Sender, back = ch.untransferred(i, x.Sender, now); back {
			ch.Save = append(ch.Save, &x.Sender)
		}
	case OfferConference:
		i = ch.unjoined(i, now)
	default:
		i = i.wait(now, true)
	}
	i = i.notFor(a.ID)
	ch.Hints = append(waiting(i), freed(a)...)
	return ch
}

func (o Offer) end(s OfferState, now time.Time) Offer {
	o.State, o.EndedAt, o.DueAt = s, now, time.Time{}
	return o
}

func (a Agent) stopRinging() Agent {
	a.Offer, a.Ringing, a.RingingOn = "", "", ""
	return a
}

// noted adds a move to the agent's history.
func (a Agent) noted(now time.Time, event, detail string) (Agent, *HistoryPage) {
	return a.notedBy(a.ID, now, event, detail)
}

// notedBy is noted for a move that somebody else made.
func (a Agent) notedBy(by string, now time.Time, event, detail string) (Agent, *HistoryPage) {
	var page *HistoryPage
	a.History, page = a.History.add(a.ID, now, event, by, detail)
	return a, page
}

// answered is the Conflict of an offer that has its answer; nil while it rings.
func answered(o Offer) error {
	switch o.State {
	case OfferAccepted:
		return conflict("offer_accepted", "the offer was accepted")
	case OfferDeclined:
		return conflict("offer_declined", "the offer was declined")
	case OfferExpired:
		return conflict("offer_expired", "nobody accepted the offer in time")
	case OfferRescinded:
		switch o.Cause {
		case ClosedAbandoned:
			return conflict("customer_left", "the customer has left")
		case ClosedBlocked:
			return conflict("customer_blocked", "the customer was blocked")
		case ClosedRemoved:
			return conflict("channel_removed", "the channel was removed")
		}
		return conflict("offer_rescinded", "the offer was taken back")
	}
	return nil
}

func notYours() error {
	return fault.New(fault.Denied, "not_your_offer", "the offer was made to somebody else")
}
