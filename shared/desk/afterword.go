package desk

import (
	"cmp"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// DefaultAfterword is for how long after the end one message of the customer's opens nothing, where the queue does not say.
const DefaultAfterword = 10 * time.Minute

// takesAfterword reports whether a message that opens a conversation belongs to the one that has ended instead: it is the first
// since, comes within the time of the queue q, and would wait in the same queue.
func (w *meeting) takesAfterword(in Arrival, k Known, now time.Time) bool {
	i := w.talk
	n := i.lastOwner()
	return n >= 0 && i.CloseReason == ClosedEnded && i.Afterword == "" && !w.contact.isBlocked() &&
		k.Queue.ID == i.Queue && now.Before(i.Legs[n].To.Add(k.Queue.Afterword)) && w.queue(in, k.Asset, now) == i.Queue
}

// followed is an ended conversation once there is another for what the customer wrote after its end.
func (i Interaction) followed(by string) Interaction {
	i.FollowedBy, i.Unread = by, 0
	return i
}

// ReopeningID is the ID of the conversation that follows one by Reopen.
func ReopeningID(interaction string) string { return hash("reopen", interaction) }

// Reopening is an ended conversation with what is on record about its contact. Next has the ID ReopeningID gives, and Version
// zero when nobody has asked yet.
type Reopening struct {
	Ended   Interaction
	Next    Interaction
	Contact Contact
	Asset   Asset // read fresh
	Queue   Queue // of the conversation; Version zero when it is not on record
}

// Reopen opens a conversation for what a customer wrote after his last one had ended (B8). It waits in the same queue for the
// agent who asks, by, if he can take it at once; otherwise for everybody. It has no messages of its own yet: what was written
// stays in the conversation before, where the customer was greeted. A repeat stores nothing and hints again. Faults: not_your_conversation, not_ended,
// nothing_to_reopen, already_followed, customer_blocked, channel_removed.
func Reopen(x Reopening, by Agent, now time.Time) (Change, error) {
	i, c, next := x.Ended, x.Contact, x.Next
	if !i.Sat(by.ID) {
		return Change{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	if next.Version > 0 {
		return Change{Interaction: &next, Hints: waiting(next)}, nil
	}
	switch {
	case i.State.Open():
		return Change{}, conflict("not_ended", "the conversation is %s", i.State)
	case i.FollowedBy != "" || c.Open != i.ID && i.Afterword != "":
		return Change{}, conflict("already_followed", "there is a newer conversation with the customer")
	case i.Afterword == "":
		return Change{}, conflict("nothing_to_reopen", "the customer has written nothing since the end")
	case c.isBlocked():
		return Change{}, conflict("customer_blocked", "the customer is blocked")
	case x.Asset.Gone():
		return Change{}, conflict("channel_removed", "the channel was removed")
	}
	next = Interaction{
		Head: next.Head, Channel: i.Channel, Asset: i.Asset, Source: i.Source, Queue: i.Queue, Contact: c.ID, Customer: c.Shown(),
		Direction: Inbound, OpenedAt: now, Told: []TextKind{TextGreeting}, Profile: i.Profile, Relaxed: i.Relaxed, Priority: i.Priority,
		Terms: i.Terms, Exclusives: c.Exclusives, Preview: i.Preview, PreviewBy: i.PreviewBy,
		LastCustomerAt: i.LastCustomerAt, LastCustomerID: i.LastCustomerID, LastAt: i.LastAt,
	}
	if x.Queue.ID == i.Queue && x.Queue.Version > 0 {
		next = next.into(x.Queue, cmp.Or(i.Profile, ProfileAny), now)
	}
	if next = next.awaiting(now); next.Awaits.Agent == "" || next.Awaits.Agent == by.ID {
		next.Awaits = Awaited{Agent: by.ID, Why: WhyPrevious, Since: now}
		next = next.unless(by, now)
	}
	next = next.wait(now, false)
	var ch Change
	next = ch.note(next, now, EventOpened, by.ID, next.Queue)
	i = ch.note(i.followed(next.ID), now, EventReopened, by.ID, next.ID)
	c.Open = next.ID
	ch.Save, ch.Hints = append(ch.Save, &i, &c), waiting(next)
	return ch.of(&next), nil
}
