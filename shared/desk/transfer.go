package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Handover is what an agent says who gives his conversation away.
type Handover struct {
	Note      string // for who gets it
	NoteID    string // of the record that keeps the note: the same at every try
	Reason    string // settles his wrap-up in the same commit; empty leaves it owed
	SubReason string
	Key       string // idempotency key; never empty
}

func (h Handover) request(to string) string {
	return hash("transfer", to, h.Note, h.Reason, h.SubReason)
}

// MayBeTransferred is nil when the agent may give the conversation away now, or ask another one to join. Otherwise it is the
// fault that says why not: not_your_conversation, owner_only for a guest, conversation_ended, channel_removed,
// customer_blocked, customer_left, and request_pending or in_conference while a second agent is asked or has joined.
func (i Interaction) MayBeTransferred(by string) error {
	if err := i.ownedBy(by); err != nil {
		return err
	}
	if err := i.usable(); err != nil {
		return err
	}
	return i.second()
}

// QueueAsTarget is nil when the interaction can be transferred to the queue now: one that CouldBeTarget, and is open, or has those
// wait who come while it is closed. What comes to another that is closed would be led elsewhere or closed at once; its agent knows
// better what to do then. Otherwise the fault's code is that of CouldBeTarget, or target_closed.
func QueueAsTarget(i Interaction, q Queue, asset Asset, now time.Time) error {
	if err := CouldBeTarget(i, q, asset); err != nil {
		return err
	}
	if q.WhenClosed == WhenClosedOverflow || q.WhenClosed == WhenClosedClose {
		return q.shut(now)
	}
	return nil
}

// shut is nil while the queue is open.
func (q Queue) shut(now time.Time) error {
	if q.Open(now) {
		return nil
	}
	return conflict("target_closed", "the queue %s is closed", q.Name)
}

// CouldBeTarget is nil when the interaction can be transferred to the queue, as far as that follows from the configuration: another
// than its own that serves its asset (R20). Otherwise the fault's code is own_queue or no_such_target.
func CouldBeTarget(i Interaction, q Queue, asset Asset) error {
	switch {
	case q.ID == i.Queue:
		return fault.New(fault.Invalid, "own_queue", "the conversation is of this queue")
	case q.Version == 0 || q.Deleted() || !asset.servedBy(q):
		return fault.New(fault.Invalid, "no_such_target", "there is no queue %q that serves %s", q.ID, asset.Name)
	}
	return nil
}

// AgentAsTarget is nil when the agent can be asked to take the interaction of the agent by now (R23): he is available, has
// room, nothing rings for him, and his teams serve its queue. Otherwise the fault's code says what is in the way:
// target_missing, target_is_you, target_not_in_team, target_unavailable, target_busy, target_full.
func AgentAsTarget(i Interaction, by string, a Agent) error {
	switch {
	case a.Version == 0:
		return fault.New(fault.Invalid, "target_missing", "there is no agent %q", a.ID)
	case a.ID == by:
		return fault.New(fault.Invalid, "target_is_you", "the conversation is yours")
	case !slices.Contains(a.Serves, Token(i.Queue, i.Channel)):
		return conflict("target_not_in_team", "%s does not serve the queue", a.Name)
	case a.State != AgentAvailable:
		return conflict("target_unavailable", "%s is %s", a.Name, cmp.Or(a.State, AgentOffline))
	case a.Offer != "":
		return conflict("target_busy", "%s is being asked to take another conversation", a.Name)
	case !a.Free() || !a.roomOn(i.Channel):
		return conflict("target_full", "%s has no room", a.Name)
	}
	return nil
}

// TransferToQueue gives a conversation to another queue, in front of those who wait there (R20). Its owner's leg ends: with
// a reason his wrap-up is settled, otherwise it is owed (R21). He is asked last for it. asset is the interaction's, read
// fresh; reason is the record of h.Reason or, when that is empty, of ReasonTransfer. A repeat of the key stores nothing and
// hints again.
//
// Faults: key_reused, reason_unknown, sub_reason_required, sub_reason_unknown, and those of MayBeTransferred and
// QueueAsTarget.
func TransferToQueue(i Interaction, a Agent, to Queue, asset Asset, h Handover, reason Reason, now time.Time) (Change, error) {
	seen, err := repeats(i.Keys, h.Key, h.request("queue "+to.ID))
	if err != nil {
		return Change{}, err
	}
	if seen {
		return Change{Interaction: &i, Agent: &a, Hints: waiting(i)}, nil
	}
	if err := i.On(asset).MayBeTransferred(a.ID); err != nil {
		return Change{}, err
	}
	if err := QueueAsTarget(i, to, asset, now); err != nil {
		return Change{}, err
	}
	g := giving{talk: i, agent: a}
	if err := g.give("queue "+to.ID, h, reason, now); err != nil {
		return Change{}, err
	}
	g.talk = g.talk.keepsReasons().into(to, "", now).wait(now, true)
	return g.change(), nil
}

// TransferToAgent asks another agent to take a conversation over (R23). o carries the ID and the deadline, chosen before
// its timer was set; to and asset, the interaction's, are read fresh. The owner's leg ends as with TransferToQueue, and q,
// the interaction's queue, says what becomes of the conversation when nobody takes it (Queue.Unanswered). A repeat of the
// key stores nothing.
//
// Faults: note_required, key_reused, reason_unknown, sub_reason_required, sub_reason_unknown, busy when the offer would be
// over before it rang, and those of MayBeTransferred and AgentAsTarget.
func TransferToAgent(i Interaction, a Agent, o Offer, to Agent, q Queue, asset Asset, h Handover, reason Reason, now time.Time) (Change, error) {
	seen, err := repeats(i.Keys, h.Key, h.request("agent "+to.ID))
	if err != nil {
		return Change{}, err
	}
	if seen {
		return Change{Interaction: &i, Agent: &a}, nil
	}
	if h.Note == "" {
		return Change{}, fault.New(fault.Invalid, "note_required", "say to the agent what it is about")
	}
	if err := i.On(asset).MayBeTransferred(a.ID); err != nil {
		return Change{}, err
	}
	if err := AgentAsTarget(i, a.ID, to); err != nil {
		return Change{}, err
	}
	if !now.Before(o.Deadline) {
		return Change{}, fault.New(fault.Unavailable, "busy", "the offer would be over before it rang")
	}
	g := giving{talk: i, agent: a}
	if err := g.give("agent "+to.ID, h, reason, now); err != nil {
		return Change{}, err
	}
	g.talk.WaitingSince = now
	g.talk.Transfer = Transfer{By: a.ID, ByName: a.Name, To: to.ID, ToName: to.Name, Note: h.Note, At: now,
		Unanswered: cmp.Or(q.Unanswered, UnansweredDrop)}
	if h.Reason != "" {
		g.talk.Transfer.Reason, g.talk.Transfer.ReasonName = h.Reason, reason.Name
	}
	o.By, o.ByName, o.Note, o.ReasonName = a.ID, a.Name, h.Note, g.talk.Transfer.ReasonName
	o, to, g.talk = o.ask(OfferTransfer, WhyTransfer, to, g.talk, now)
	g.talk.State = InteractionOffered
	g.note(now, EventOffered, to.ID, WhyTransfer)
	ch := g.change()
	ch.Save, ch.Offer = append(ch.Save, &to, &o), &o
	return ch, nil
}

// giving is an agent on the way to give his conversation away.
type giving struct {
	talk  Interaction
	agent Agent
	seat  bool   // his seat is free
	freed []Hint // and he can take what he could not before
	saves []Record
}

func (g *giving) note(now time.Time, event, by, detail string) {
	var page *HistoryPage
	g.talk, page = g.talk.noted(now, event, by, detail)
	if page != nil {
		g.saves = append(g.saves, page)
	}
}

// give takes the owner's seat off the agent, and his load if nothing more is owed. to is for the history.
func (g *giving) give(to string, h Handover, reason Reason, now time.Time) error {
	w := WrapUp{State: WrapUpOwed, Reason: ReasonTransfer, ReasonName: reason.Name}
	if h.Reason != "" || h.SubReason != "" {
		var err error
		if w, err = chosen(Choice{Reason: h.Reason, SubReason: h.SubReason}, reason, now); err != nil {
			return err
		}
	}
	id := g.agent.ID
	i := g.talk.endLeg(id, w, now)
	i.Owner, i.OwnerName, i.AssignedAt, i.Passed = "", "", time.Time{}, []string{id}
	i.Keys = remember(i.Keys, h.Key, h.request(to))
	if !i.holds(id) {
		i.Agents = without(i.Agents, id)
		was := g.agent
		g.agent = g.agent.leaves(i.ID).Settle()
		g.seat, g.freed = true, gained(was, g.agent)
	}
	g.talk = i
	g.note(now, EventTransferred, id, to)
	if w.State == WrapUpDone {
		g.note(now, EventWrappedUp, id, w.Reason)
	}
	if h.Note != "" {
		g.saves = append(g.saves, &Note{Head: Head{ID: h.NoteID}, Contact: i.Contact, Interaction: i.ID,
			By: id, ByName: g.agent.Name, Text: h.Note, At: now})
	}
	return nil
}

// change is what giving it away stores and hints.
func (g *giving) change() Change {
	g.talk = g.talk.timed()
	ch := Change{Save: append([]Record{&g.talk}, g.saves...), Interaction: &g.talk, Agent: &g.agent, Hints: waiting(g.talk)}
	if g.seat {
		ch.Save = append(ch.Save, &g.agent)
	}
	ch.Hints = append(ch.Hints, g.freed...)
	return ch
}

// untransferred is what becomes of an interaction whose transfer to an agent was not taken, as its queue wants it. back
// reports that it went back to sender, the agent who transferred it; then he must be saved, because that he is there and
// has room was decided on.
func (ch *Change) untransferred(i Interaction, sender Agent, now time.Time) (_ Interaction, _ Agent, back bool) {
	switch t := i.Transfer; {
	case t.Unanswered == UnansweredReturn && sender.ID == t.By && sender.hasRoomFor(i):
		i = ch.skipped(i, sender.ID, now).owned(sender, now)
		i = ch.note(i, now, EventReturned, "", sender.ID)
		return i, sender.sits(i).Settle(), true
	case t.Unanswered == UnansweredReturn || t.Unanswered == UnansweredRequeue:
		i.Transfer = Transfer{}
		return i.awaiting(now).wait(now, true), sender, false
	}
	i, page := i.closed(ClosedUnanswered, now)
	ch.save(page)
	return i, sender, false
}

// hasRoomFor reports whether the agent is at the desk, in whatever state, and can hold a seat in the interaction; who holds
// one there already can.
func (a Agent) hasRoomFor(i Interaction) bool {
	if a.Version == 0 || a.State == AgentOffline || a.State == "" {
		return false
	}
	return a.load() < a.Capacity && a.roomOn(i.Channel) || slices.Contains(a.Seats, i.ID)
}

// skipped is the interaction without the wrap-up that the agent owes for the last time he owned it.
func (ch *Change) skipped(i Interaction, agent string, now time.Time) Interaction {
	i.Legs = slices.Clone(i.Legs)
	for n, l := range slices.Backward(i.Legs) {
		if l.Agent != agent || l.Seat != SeatOwner {
			continue
		}
		if l.WrapUp.State == WrapUpOwed {
			i.Legs[n].WrapUp = WrapUp{State: WrapUpSkipped, At: now}
			i = ch.note(i, now, EventWrapUpSkipped, "", agent)
		}
		break
	}
	return i.timed()
}
