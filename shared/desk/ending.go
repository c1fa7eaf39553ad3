package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// End ends the conversation for the customer; the owner then owes a wrap-up (R27), and so does a guest (R26). Who is asked to
// join is not asked any more. The customer's next message opens a new interaction. Ending again gives the same interaction.
// Faults: not_your_conversation, not_active, owner_only for a guest.
func End(x Attended, by string, key string, now time.Time) (Change, error) {
	i := x.Interaction
	if !i.Sat(by) {
		return Change{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	seen, err := repeats(i.Keys, key, hash("end"))
	if err != nil {
		return Change{}, err
	}
	if seen || i.ended(by) {
		return Change{Interaction: &i}, nil
	}
	if !i.Sits(by) {
		return Change{}, conflict("not_active", "the conversation is %s", i.State)
	}
	if err := i.ownedBy(by); err != nil {
		return Change{}, err
	}
	i, ch := x.withdraw("", now)
	i = ch.tell(i.toWrapUp(ClosedEnded, now), x.Queue.Says(TextEnded, i.Language), now)
	i.Keys = remember(i.Keys, key, hash("end"))
	i = ch.note(i, now, EventEnded, by, "")
	return ch.of(&i), nil
}

// toWrapUp ends an active interaction: its owner owes a wrap-up, and so does a guest. reason is why it ends.
func (i Interaction) toWrapUp(reason string, now time.Time) Interaction {
	i = i.endLeg(i.Owner, WrapUp{State: WrapUpOwed}, now).endLeg(i.Guest(), WrapUp{State: WrapUpOwed}, now).alone()
	i.State, i.Owner, i.OwnerName, i.Unread = InteractionWrapUp, "", "", 0
	i.CloseReason = reason
	return i.timed()
}

// ended reports whether it is the agent who ended the conversation.
func (i Interaction) ended(by string) bool {
	if i.State != InteractionWrapUp && i.State != InteractionClosed {
		return false
	}
	n := i.lastOwner()
	return n >= 0 && i.Legs[n].Agent == by && i.Legs[n].WrapUp.State != WrapUpSkipped
}

// endLeg closes the agent's current leg. What is owed for it is owed for as long as the limits allow.
func (i Interaction) endLeg(agent string, w WrapUp, now time.Time) Interaction {
	i.Legs = slices.Clone(i.Legs)
	if w.State == WrapUpOwed {
		w = i.Limits.allow(w, now)
	}
	for n, l := range i.Legs {
		if l.Agent == agent && l.To.IsZero() {
			i.Legs[n].To, i.Legs[n].WrapUp = now, w
		}
	}
	return i.timed()
}

// Owes is the number of the oldest leg whose wrap-up the agent owes; -1 when he owes none.
func (i Interaction) Owes(agent string) int {
	return slices.IndexFunc(i.Legs, func(l Leg) bool { return l.Agent == agent && l.WrapUp.State == WrapUpOwed })
}

// holds reports whether the agent sits in the interaction or owes a wrap-up, so that it counts as his load.
func (i Interaction) holds(agent string) bool {
	return slices.ContainsFunc(i.Legs, func(l Leg) bool {
		return l.Agent == agent && (l.To.IsZero() || l.WrapUp.State == WrapUpOwed)
	})
}

// released takes the interaction off the agent when he neither sits there nor owes a wrap-up.
func (i Interaction) released(a Agent) (Interaction, Agent) {
	if i.holds(a.ID) {
		return i, a
	}
	i.Agents = without(i.Agents, a.ID)
	return i, a.leaves(i.ID)
}

// Choice is the wrap-up an agent submits.
type Choice struct {
	Reason    string
	SubReason string
	Note      string
	Key       string // idempotency key
}

// lastOwner is the number of the leg of who owned the interaction last; -1 when nobody ever did.
func (i Interaction) lastOwner() int {
	for n := len(i.Legs) - 1; n >= 0; n-- {
		if i.Legs[n].Seat == SeatOwner {
			return n
		}
	}
	return -1
}

// ownerOwes reports whether the one who owned the interaction last owes his wrap-up: that keeps it from being closed, once
// it has ended.
func (i Interaction) ownerOwes() bool {
	n := i.lastOwner()
	return n >= 0 && i.Legs[n].WrapUp.State == WrapUpOwed
}

// ReasonsFor is the queue whose reasons are for the wrap-up that the agent owes.
func (i Interaction) ReasonsFor(agent string) string {
	if n := i.Owes(agent); n >= 0 {
		return cmp.Or(i.Legs[n].Queue, i.Queue)
	}
	return i.Queue
}

// SubmitWrapUp settles the oldest wrap-up the agent owes with a reason of the queue it is for (R28, ReasonsFor) and frees
// his slot, unless he sits there again or owes another. In an interaction that has ended the last owner's closes it; what
// earlier ones owe they may settle before and after. Routing is hinted when he can take something that he could not before;
// who had room already has been asked for everybody who waits. reason is the record of c.Reason, with Version zero when the
// queue has no such reason. Faults: not_your_conversation, nothing_to_wrap_up, wrap_up_over when the clock has settled it,
// reason_unknown, sub_reason_required, sub_reason_unknown, key_reused.
func SubmitWrapUp(i Interaction, a Agent, c Choice, reason Reason, now time.Time) (Change, error) {
	if !slices.ContainsFunc(i.Legs, func(l Leg) bool { return l.Agent == a.ID }) {
		return Change{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	request := hash("wrapup", c.Reason, c.SubReason, c.Note)
	seen, err := repeats(i.Keys, c.Key, request)
	if err != nil {
		return Change{}, err
	}
	if seen {
		return Change{Interaction: &i, Agent: &a, Hints: freed(a)}, nil
	}
	leg := i.Owes(a.ID)
	if leg < 0 {
		return Change{}, i.nothingOwed(a.ID)
	}
	w, err := chosen(c, reason, now)
	if err != nil {
		return Change{}, err
	}
	i.Keys = remember(i.Keys, c.Key, request)
	return i.settles(leg, w, a, wrapUpMove{EventWrappedUp, a.ID, c.Reason}, now), nil
}

// wrapUpMove is how the history tells that a wrap-up was settled.
type wrapUpMove struct{ event, by, detail string }

// settles has the leg's wrap-up settled and its agent, a, freed from it; the last owner's closes the interaction.
func (i Interaction) settles(leg int, w WrapUp, a Agent, told wrapUpMove, now time.Time) Change {
	var ch Change
	was := a
	i.Legs = slices.Clone(i.Legs)
	i.Legs[leg].WrapUp = w
	i, a = i.released(a)
	i = ch.note(i.timed(), now, told.event, told.by, told.detail)
	if i.State == InteractionWrapUp && !i.ownerOwes() {
		i.State, i.ClosedAt = InteractionClosed, now
		i = ch.note(i, now, EventClosed, "", i.CloseReason)
	}
	a = a.Settle()
	ch.Save, ch.Interaction, ch.Agent = append([]Record{&i, &a}, ch.Save...), &i, &a
	ch.Hints = gained(was, a)
	return ch
}

// chosen is the wrap-up a choice makes, if the reason allows it.
func chosen(c Choice, reason Reason, now time.Time) (WrapUp, error) {
	w := WrapUp{State: WrapUpDone, Reason: c.Reason, ReasonName: reason.Name, SubReason: c.SubReason, Note: c.Note, At: now}
	if reason.Version == 0 {
		return w, fault.New(fault.Invalid, "reason_unknown", "the queue has no reason %q", c.Reason)
	}
	if c.SubReason == "" {
		if len(reason.SubReasons) > 0 {
			return w, fault.New(fault.Invalid, "sub_reason_required", "the reason %q asks for a sub-reason", reason.Name)
		}
		return w, nil
	}
	n := slices.IndexFunc(reason.SubReasons, func(s SubReason) bool { return s.ID == c.SubReason })
	if n < 0 {
		return w, fault.New(fault.Invalid, "sub_reason_unknown", "the reason %q has no sub-reason %q", reason.Name, c.SubReason)
	}
	w.SubReasonName = reason.SubReasons[n].Name
	return w, nil
}
