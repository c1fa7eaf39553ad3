package desk

import (
	"slices"
	"time"
)

// Second is the second seat of an active conversation: who is asked to join its owner, or has joined him (R24–R26). The zero
// Second is nobody.
type Second struct {
	State     SecondState
	By        string // the owner who asked
	ByName    string
	Agent     string // who is asked, or sits there; empty while a queue is asked
	AgentName string
	Queue     string // that is asked for one of its agents; empty when an agent was asked
	QueueName string
	Note      string    // why, for who is asked
	Offer     string    // the pending offer
	At        time.Time // since when it is in State
	Until     time.Time // when the queue is no longer asked
	Text      string    // what the customer is told when somebody joins; empty when nothing
}

// SecondState is how the second seat stands.
type SecondState string

// The states of a second seat; a conversation without one has none of them. None is final.
const (
	SecondRequested SecondState = "requested" // somebody is asked: his move, or that of the clock, or routing's while the queue has nobody free
	SecondJoined    SecondState = "joined"    // a guest sits there
)

// DefaultConferenceWait is how long a queue is asked for a second agent where the conversation's own queue does not say.
const DefaultConferenceWait = 2 * time.Minute

// Guest is the agent in the second seat; empty while nobody sits there.
func (i Interaction) Guest() string {
	if i.Second.State != SecondJoined {
		return ""
	}
	return i.Second.Agent
}

// Sits reports whether the agent has a seat in the conversation now, the owner's or the guest's.
func (i Interaction) Sits(agent string) bool {
	return i.State == InteractionActive && agent != "" && (i.Owner == agent || i.Guest() == agent)
}

// Rings is the ID of the offer that is pending for the interaction; empty when none is.
func (i Interaction) Rings() string {
	if i.Second.State == SecondRequested {
		return i.Second.Offer
	}
	return i.Offer
}

// waits reports whether the interaction waits for an agent: to own it or, while a queue is asked, to join its owner.
func (i Interaction) waits() bool {
	return i.State == InteractionQueued || i.State == InteractionActive && i.Second.State == SecondRequested && i.Wants != ""
}

// WaitsIn is the queue whose agents the interaction waits for: its own, unless that of another is asked to join.
func (i Interaction) WaitsIn() string {
	if i.Second.State == SecondRequested && i.Second.Queue != "" {
		return i.Second.Queue
	}
	return i.Queue
}

// alone is the interaction with nobody in the second seat, and nobody asked.
func (i Interaction) alone() Interaction {
	i.Second, i.Wants, i.Passed = Second{}, "", nil
	return i.timed()
}

// asksAround has routing look for somebody of the queue that is asked to join. Their customer is being served and the
// owner waits with him, so they go in front of those who never had an agent.
func (i Interaction) asksAround(now time.Time) Interaction {
	i.Wants, i.Rank = Token(i.Second.Queue, i.Channel), now.UnixMicro()-frontOf.Microseconds()
	return i.timed()
}

// unjoined is the conversation after an offer to join it was not taken: its queue goes on being asked while there is time,
// an agent is asked once.
func (ch *Change) unjoined(i Interaction, now time.Time) Interaction {
	i.Second.Offer = ""
	switch {
	case i.Second.Queue == "":
		return i.alone()
	case now.Before(i.Second.Until):
		return i.asksAround(i.Second.At)
	}
	return ch.note(i.alone(), now, EventConferenceDropped, "", "")
}

// joined gives the second seat to the agent who accepted. The message tells the agents and, where there is a text for it, the
// customer.
func (i Interaction) joined(o Offer, a Agent, now time.Time) (Interaction, Message) {
	s := i.Second
	s.State, s.Agent, s.AgentName, s.Offer, s.At, s.Until = SecondJoined, a.ID, a.Name, "", now, time.Time{}
	i = i.alone()
	i.Second = s
	i.Agents = with(i.Agents, a.ID)
	i = i.seated(a.ID, a.Name, SeatGuest, now)
	i.Seq++
	m := Message{
		Head: Head{ID: hash("joined", o.ID)}, Interaction: i.ID, Contact: i.Contact, Asset: i.Asset, Seq: i.Seq,
		At: i.Channel.cut(now), ReceivedAt: now, Direction: Outbound, Kind: SystemMessage, Fallback: a.Name + " joined the conversation",
	}
	if s.Text != "" && i.MayBeAnswered(now) == nil {
		m.Text, m.To, m.WroteAt, m.State, m.DueAt = s.Text, i.Customer.Reach(), i.LastCustomerAt, MessagePending, now.Add(Patience)
	}
	return i, m
}

// seated begins a leg.
func (i Interaction) seated(agent, name string, seat Seat, now time.Time) Interaction {
	i.Legs = append(slices.Clip(slices.Clone(i.Legs)), Leg{Agent: agent, Name: name, Seat: seat, From: now})
	return i
}

// promoted makes the guest the owner, whose leg is over.
func (i Interaction) promoted(now time.Time) Interaction {
	guest, name := i.Second.Agent, i.Second.AgentName
	i = i.endLeg(guest, WrapUp{State: WrapUpContinued, At: now}, now).alone()
	return i.owned(Agent{Head: Head{ID: guest}, Name: name}, now)
}

// withdraw ends the request for a second seat. The Change has the offer that rang for it, rescinded with the cause, and its
// agent; and, of several that may be needed, the pages of the interaction's history. Somebody who has joined stays.
func (x Attended) withdraw(cause string, now time.Time) (Interaction, Change) {
	i, ch := x.Interaction, Change{}
	if i.Second.State != SecondRequested {
		return i, ch
	}
	i = i.alone()
	if x.Offer.Version == 0 || x.Offer.State != OfferPending {
		return i, ch
	}
	o, a := x.Offer.end(OfferRescinded, now), x.Agent.stopRinging().Settle()
	o.Cause = cause
	i = ch.note(i, now, EventRescinded, "", o.ID)
	ch.Save = append(ch.Save, &o, &a)
	ch.Hints = freed(a)
	return i, ch
}

// note adds a move to the interaction's history, and to the change the page that this may fill.
func (ch *Change) note(i Interaction, now time.Time, event, by, detail string) Interaction {
	var page *HistoryPage
	i, page = i.noted(now, event, by, detail)
	ch.save(page)
	return i
}

// of is the change that stores the interaction first, and shows it.
func (ch Change) of(i *Interaction) Change {
	ch.Save, ch.Interaction = append([]Record{i}, ch.Save...), i
	return ch
}

// with is the change with another that is saved in the same commit.
func (ch Change) with(other Change) Change {
	ch.Save = append(slices.Clip(ch.Save), other.Save...)
	ch.Drop = append(slices.Clip(ch.Drop), other.Drop...)
	ch.Hints = append(slices.Clip(ch.Hints), other.Hints...)
	return ch
}

// telling hints delivery when somebody has joined and the customer is told.
func (i Interaction) telling() []Hint {
	if i.Guest() == "" || i.Second.Text == "" {
		return nil
	}
	return []Hint{{Event: HintMessageQueued, Interaction: i.ID}}
}
