package desk

import "time"

// Attended is an interaction with the offer that rings for it, the agent it was made to and, where he may get it back
// (UnansweredReturn), the agent who transferred it. Of these, who is not there has Version zero.
type Attended struct {
	Interaction Interaction
	Offer       Offer
	Agent       Agent
	Sender      Agent // only where the offer may end without being taken: DeclineOffer, ExpireOffer, RescindOffer
	Queue       Queue // the interaction's, only where its customer may be told something: End, CloseInSilence; the zero one tells nothing
}

// Leave says that the customer has left (B17): closed the conversation, or went on with another program. One that no agent
// has is closed as abandoned, and its offer rescinded; an agent who has it is told, and ends it, and a second one is no longer
// asked. What has ended stays as it is, and so does a repeat.
func Leave(x Attended, now time.Time) (Change, error) {
	if x.Interaction.Left {
		return Change{Interaction: &x.Interaction}, nil
	}
	return x.cutShort(ClosedAbandoned, EventLeft, "", func(i *Interaction) { i.Left = true }, now), nil
}

// Interrupt says that the interaction's asset was deleted (R8). One that no agent has is closed as removed, and its offer
// rescinded; an agent who has it can send nothing more, and ends it, and a second one is no longer asked. What has ended
// stays as it is, and so does a repeat, and everything once the asset is there again.
func Interrupt(x Attended, a Asset, now time.Time) (Change, error) {
	if x.Interaction.Interrupted || !a.Gone() {
		return Change{Interaction: &x.Interaction}, nil
	}
	return x.cutShort(ClosedRemoved, EventInterrupted, "", func(i *Interaction) { i.Interrupted = true }, now), nil
}

// shut does to the open interaction of a contact that somebody blocked what Interrupt does to one whose asset is gone.
func (x Attended) shut(by string, now time.Time) Change {
	if x.Interaction.Blocked {
		return Change{Interaction: &x.Interaction}
	}
	return x.cutShort(ClosedBlocked, EventBlocked, by, func(i *Interaction) { i.Blocked = true }, now)
}

// cutShort closes an interaction that no agent has, with the reason; to one that an agent has it does mark.
func (x Attended) cutShort(reason, event, by string, mark func(*Interaction), now time.Time) Change {
	i := x.Interaction
	if i.Version == 0 || !i.State.Open() {
		return Change{Interaction: &i}
	}
	var pages [2]*HistoryPage
	i, pages[0] = i.noted(now, event, by, x.Offer.ID)
	ch := Change{Interaction: &i, Save: []Record{&i}}
	if i.State == InteractionActive {
		x.Interaction = i
		i, asked := x.withdraw(reason, now)
		mark(&i)
		i = i.timed()
		ch.Save, ch.Interaction = []Record{&i}, &i
		ch.save(pages[0])
		return ch.with(asked)
	}
	if x.Offer.State == OfferPending {
		o, a := x.Offer.end(OfferRescinded, now), x.Agent.stopRinging().Settle()
		o.Cause = reason
		ch.Offer, ch.Agent, ch.Hints = &o, &a, freed(a)
		ch.Save = append(ch.Save, &o, &a)
	}
	i, pages[1] = i.closed(reason, now)
	ch.save(pages[0])
	ch.save(pages[1])
	return ch
}

// closed ends an interaction that no agent has.
func (i Interaction) closed(reason string, now time.Time) (Interaction, *HistoryPage) {
	i.State, i.CloseReason, i.ClosedAt = InteractionClosed, reason, now
	i.Wants, i.Offer, i.Transfer, i.WaitingSince, i.Passed, i.Awaits = "", "", Transfer{}, time.Time{}, nil, Awaited{}
	var page *HistoryPage
	i, page = i.noted(now, EventClosed, "", reason)
	return i.timed(), page
}

// pointless is the reason to close an interaction, once its agent is gone, that no other can do anything for; empty for
// one that goes on.
func (i Interaction) pointless() string {
	switch {
	case i.Interrupted:
		return ClosedRemoved
	case i.Blocked:
		return ClosedBlocked
	case i.Left:
		return ClosedAbandoned
	}
	return ""
}
