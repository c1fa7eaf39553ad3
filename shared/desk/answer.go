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
// customer_blocked, channel_removed; the last is also refused while the offer rings, when i is interrupted (see
// Interaction.On). The deadline instant itself is too late, whether or not the clock has spoken yet.
func AcceptOffer(o Offer, a Agent, i Interaction, by string, now time.Time) (Change, error) {
	if o.Agent != by {
		return Change{}, notYours()
	}
	if o.State == OfferAccepted {
		return Change{Offer: &o, Agent: &a, Interaction: &i, Hints: freed(a)}, nil
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
	a.Seats, a.FreeSince = with(a.Seats, i.ID), now
	i.State, i.Offer, i.WaitingSince, i.Passed = InteractionActive, "", time.Time{}, nil
	i.Owner, i.OwnerName, i.AssignedAt = a.ID, a.Name, now
	i.Agents = with(i.Agents, a.ID)
	i.Legs = append(slices.Clip(slices.Clone(i.Legs)), Leg{Agent: a.ID, Name: a.Name, Seat: SeatOwner, From: now})
	return answer(o, a, i, EventAccepted, a.ID, now), nil
}

// DeclineOffer refuses the offer: the agent becomes idle (reason declined) and the interaction is queued in front.
// Repeats and lost races are answered as for AcceptOffer, with code offer_accepted after an accept.
func DeclineOffer(o Offer, a Agent, i Interaction, by string, now time.Time) (Change, error) {
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
	a = a.stopRinging().enter(AgentIdle, IdleDeclined, now)
	ch := answer(o.end(OfferDeclined, now), a, i.unanswered(now), EventDeclined, a.ID, now)
	ch.save(page)
	return ch, nil
}

// ExpireOffer ends an offer nobody answered (RONA). The interaction goes back to the front of its queue and the agent
// gets no offers until they say they are back. Before the deadline it is TooEarly; an offer that has its answer stays
// as it is.
func ExpireOffer(o Offer, a Agent, i Interaction, now time.Time) (Change, error) {
	if o.State != OfferPending {
		return Change{Offer: &o, Agent: &a, Interaction: &i, Hints: waiting(i)}, nil
	}
	if now.Before(o.Deadline) {
		return Change{}, fault.New(fault.TooEarly, "too_early", "the offer rings until %s", o.Deadline.Format(time.RFC3339))
	}
	o = o.end(OfferExpired, now)
	a, page := a.noted(now, EventRONA, o.ID)
	a = a.stopRinging().enter(AgentRONA, "", now)
	i.Passed = append(without(i.Passed, a.ID), a.ID)
	i = i.unanswered(now)
	ch := answer(o, a, i, EventExpired, a.ID, now)
	ch.save(page)
	return ch, nil
}

// RescindOffer takes back an offer whose agent is no longer the one to ask. He stays as he is, free for the next; the
// interaction goes to the front of its queue. An offer that has its answer stays as it is.
func RescindOffer(o Offer, a Agent, i Interaction, now time.Time) (Change, error) {
	if o.State != OfferPending {
		return Change{Offer: &o, Agent: &a, Interaction: &i, Hints: append(waiting(i), freed(a)...)}, nil
	}
	return answer(o.end(OfferRescinded, now), a.stopRinging(), i.unanswered(now), EventRescinded, "", now), nil
}

// answer is the change that ends an offer, with the move in the interaction's history.
func answer(o Offer, a Agent, i Interaction, event, by string, now time.Time) Change {
	var page *HistoryPage
	i.History, page = i.History.add(i.ID, now, event, by, o.ID)
	a = a.Settle()
	ch := Change{Save: []Record{&o, &a, &i}, Offer: &o, Agent: &a, Interaction: &i}
	ch.save(page)
	ch.Hints = append(waiting(i), freed(a)...)
	return ch
}

func (o Offer) end(s OfferState, now time.Time) Offer {
	o.State, o.EndedAt, o.DueAt = s, now, time.Time{}
	return o
}

func (a Agent) stopRinging() Agent {
	a.Offer, a.Ringing = "", ""
	return a
}

// unanswered puts an offered interaction back in front of its queue.
func (i Interaction) unanswered(now time.Time) Interaction {
	i.Offer = ""
	return i.wait(now, true)
}

// noted adds a move to the agent's history.
func (a Agent) noted(now time.Time, event, detail string) (Agent, *HistoryPage) {
	var page *HistoryPage
	a.History, page = a.History.add(a.ID, now, event, a.ID, detail)
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
