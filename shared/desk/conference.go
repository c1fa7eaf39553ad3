package desk

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Invitation is whom the owner of a conversation asks to join it: an agent, or a queue for one of its own.
type Invitation struct {
	Agent Agent     // zero when a queue is asked
	Offer Offer     // to the agent: its ID and deadline, chosen before its timer was set
	Queue Queue     // zero when an agent is asked
	Until time.Time // when the queue is no longer asked, chosen before its timer was set
	Home  Queue     // the conversation's own queue
	Asset Asset     // the conversation's
	Note  string
	Key   string // idempotency key
}

func (v Invitation) request() string {
	return hash("conference", v.Agent.ID, v.Queue.ID, v.Note)
}

// RequestConference asks a second agent to join the owner's conversation (R24). An agent who is asked himself gets the offer
// in the same commit, and is not asked again; a queue is asked, one of its agents after the other and never the owner, until
// one accepts, the owner cancels or Until has come. A repeat of the key, or of the same offer or Until, stores nothing and
// hints again.
//
// Faults: key_reused, those of MayBeTransferred, of AgentAsTarget or of QueueAsGuest, and too_late for an Until or a deadline
// that has passed.
func RequestConference(i Interaction, by string, v Invitation, now time.Time) (Change, error) {
	seen, err := repeats(i.Keys, v.Key, v.request())
	if err != nil {
		return Change{}, err
	}
	if i.Sat(by) && (seen || i.asked(v)) {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	if err := i.mayInvite(by, v, now); err != nil {
		return Change{}, err
	}
	i.Keys = remember(i.Keys, v.Key, v.request())
	i.Second = Second{
		State: SecondRequested, By: by, ByName: i.OwnerName, Agent: v.Agent.ID, AgentName: v.Agent.Name,
		Queue: v.Queue.ID, QueueName: v.Queue.Name,
		Note: v.Note, At: now, Until: v.Until, Text: v.Home.Says(TextJoined, i.Language),
	}
	if v.Queue.ID != "" {
		return i.invitesQueue(by, now), nil
	}
	i.Second.Until = time.Time{}
	var ch Change
	i = ch.note(i, now, EventConferenceRequested, by, v.Agent.ID)
	return offered(v.Offer, Pair{Agent: v.Agent, Interaction: i, Why: WhyConference}, now).with(ch), nil
}

// invitesQueue has routing look for an agent of the queue.
func (i Interaction) invitesQueue(by string, now time.Time) Change {
	var ch Change
	i.Passed = nil
	i = ch.note(i.asksAround(now), now, EventConferenceRequested, by, i.Second.Queue)
	ch.Hints = waiting(i)
	return ch.of(&i)
}

// asked reports whether what was asked is what v asks, by its offer or its end: the first try did its work.
func (i Interaction) asked(v Invitation) bool {
	if i.Second.State != SecondRequested {
		return false
	}
	if v.Queue.ID != "" {
		return i.Second.Queue == v.Queue.ID && i.Second.Until.Equal(v.Until)
	}
	return v.Offer.ID != "" && i.Second.Offer == v.Offer.ID
}

// mayInvite is nil when the owner may ask for what v names.
func (i Interaction) mayInvite(by string, v Invitation, now time.Time) error {
	if err := i.MayBeTransferred(by); err != nil {
		return err
	}
	if v.Queue.ID != "" {
		return i.mayAskQueue(v, now)
	}
	if err := AgentAsTarget(i, by, v.Agent); err != nil {
		return err
	}
	if !now.Before(v.Offer.Deadline) {
		return fault.New(fault.Unavailable, "too_late", "the offer would be over before it rang")
	}
	return nil
}

// second is nil while nobody has the second seat, or is asked to take it.
func (i Interaction) second() error {
	switch i.Second.State {
	case SecondRequested:
		return conflict("request_pending", "somebody is being asked to join")
	case SecondJoined:
		return conflict("in_conference", "%s has joined", i.Second.AgentName)
	}
	return nil
}

// QueueAsGuest is nil when the queue can be asked for a second agent now: its own, for a colleague, or another that serves the
// asset. While it is closed it offers nothing, and the owner would wait in vain. Otherwise the fault's code is
// queue_target_not_supported, no_such_target or target_closed.
func QueueAsGuest(i Interaction, q Queue, asset Asset, now time.Time) error {
	if !i.Channel.ConfersByQueue() {
		return fault.New(fault.Invalid, "queue_target_not_supported", "on this channel an agent is asked by name")
	}
	if q.Version > 0 && !q.Deleted() && q.ID == i.Queue {
		return q.shut(now)
	}
	i.Queue = ""
	if err := CouldBeTarget(i, q, asset); err != nil {
		return err
	}
	return q.shut(now)
}

func (i Interaction) mayAskQueue(v Invitation, now time.Time) error {
	if !now.Before(v.Until) {
		return fault.New(fault.Unavailable, "too_late", "the request would be over before it began")
	}
	return QueueAsGuest(i, v.Queue, v.Asset, now)
}

// ownedBy is nil for the owner of an active conversation. Otherwise it is the fault that says why not: conversation_ended,
// not_your_conversation or, for the guest, owner_only.
func (i Interaction) ownedBy(agent string) error {
	switch {
	case i.Sat(agent) && (i.State == InteractionWrapUp || i.State == InteractionClosed):
		return conflict("conversation_ended", "the conversation has ended")
	case !i.Sits(agent):
		return fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	case i.Guest() == agent:
		return fault.New(fault.Denied, "owner_only", "it is the owner's conversation; a guest can leave it")
	}
	return nil
}

// CancelConference takes the request for a second agent back, and the offer that rings for it. A repeat of the key stores
// nothing and hints again. Faults: not_your_conversation, owner_only, key_reused, conversation_ended, no_request, and
// in_conference when somebody was faster and joined.
func CancelConference(x Attended, by, key string, now time.Time) (Change, error) {
	i := x.Interaction
	request := hash("cancel conference")
	if done, ch, err := i.repeated(by, key, request); done || err != nil {
		return ch, err
	}
	switch {
	case i.Second.State == SecondJoined:
		return Change{}, conflict("in_conference", "%s has joined already", i.Second.AgentName)
	case i.Second.State == "":
		return Change{}, conflict("no_request", "nobody is asked to join")
	}
	i, ch := x.withdraw("", now)
	i.Keys = remember(i.Keys, key, request)
	i = ch.note(i, now, EventConferenceCancelled, by, "")
	return ch.of(&i), nil
}

// EndRequest stops asking a queue for a second agent when its time is over. While an offer rings that is left to it: not
// taken, it is the last. Before the time it is TooEarly; without such a request nothing is stored.
func EndRequest(i Interaction, now time.Time) (Change, error) {
	if i.Second.State != SecondRequested || i.Wants == "" {
		return Change{Interaction: &i}, nil
	}
	if now.Before(i.Second.Until) {
		return Change{Interaction: &i}, fault.New(fault.TooEarly, "too_early", "the queue is asked until %s", i.Second.Until.Format(time.RFC3339))
	}
	var ch Change
	i = ch.note(i.alone(), now, EventConferenceDropped, "", "")
	return ch.of(&i), nil
}

// DropRequest stops asking the deleted queue q for a second agent (B16), and takes back the offer that rings for it. Who has joined
// stays. Where q is not asked, or came back, nothing is stored.
func DropRequest(x Attended, q Queue, now time.Time) (Change, error) {
	i := x.Interaction
	if i.Second.State != SecondRequested || i.Second.Queue != q.ID || !q.Deleted() {
		return Change{Interaction: &i}, nil
	}
	i, ch := x.withdraw("", now)
	i = ch.note(i, now, EventConferenceDropped, "", "")
	return ch.of(&i), nil
}

// ExitConference is the guest's way out (R26): he owes a wrap-up, the conversation goes on with its owner. Leaving again
// stores nothing, also when it was the owner or the clock that took him out. Faults: not_your_conversation, key_reused,
// guest_only for the owner.
func ExitConference(i Interaction, by, key string, now time.Time) (Change, error) {
	if !i.Sat(by) {
		return Change{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	request := hash("exit conference")
	seen, err := repeats(i.Keys, key, request)
	if err != nil {
		return Change{}, err
	}
	was := slices.ContainsFunc(i.Legs, func(l Leg) bool { return l.Agent == by && l.Seat == SeatGuest })
	switch {
	case seen:
		return Change{Interaction: &i}, nil
	case i.Guest() == by:
		return i.guestOut(by, key, request, EventGuestExited, now), nil
	case i.Owner == by || !was:
		return Change{}, fault.New(fault.Denied, "guest_only", "the owner ends the conversation, or hands it over")
	}
	return Change{Interaction: &i}, nil
}

// RemoveGuest has the owner take the guest out, who owes a wrap-up; the conversation goes on. A repeat of the key stores
// nothing. Faults: not_your_conversation, owner_only, key_reused,
// conversation_ended, no_guest.
func RemoveGuest(i Interaction, by, key string, now time.Time) (Change, error) {
	request := hash("remove guest")
	if done, ch, err := i.withGuest(by, key, request); done || err != nil {
		return ch, err
	}
	return i.guestOut(by, key, request, EventGuestRemoved, now), nil
}

// HandOver swaps the seats: the guest becomes the owner, who becomes the guest (R26). Neither owes a wrap-up for the leg
// that ends with it: it is continued in the other seat. A repeat of the key stores nothing. Faults: those of RemoveGuest.
func HandOver(i Interaction, by, key string, now time.Time) (Change, error) {
	request := hash("hand over")
	if done, ch, err := i.withGuest(by, key, request); done || err != nil {
		return ch, err
	}
	s := i.Second
	s.Agent, s.AgentName, s.At = i.Owner, i.OwnerName, now
	guest := i.Second.Agent
	i = i.endLeg(by, WrapUp{State: WrapUpContinued, At: now}, now).promoted(now).seated(s.Agent, s.AgentName, SeatGuest, now)
	i.Second = s
	i.Keys = remember(i.Keys, key, request)
	var ch Change
	i = ch.note(i, now, EventHandedOver, by, guest)
	return ch.of(&i), nil
}

// repeated looks whether the owner may do something to his conversation; done says that he has.
func (i Interaction) repeated(by, key, request string) (done bool, _ Change, _ error) {
	seen, err := repeats(i.Keys, key, request)
	if err != nil {
		return false, Change{}, err
	}
	if seen && i.Sat(by) { // by now he may be the guest, or gone
		return true, Change{Interaction: &i}, nil
	}
	return false, Change{}, i.ownedBy(by)
}

// withGuest is repeated for what takes a guest.
func (i Interaction) withGuest(by, key, request string) (done bool, ch Change, err error) {
	if done, ch, err = i.repeated(by, key, request); err == nil && !done && i.Guest() == "" {
		err = conflict("no_guest", "nobody has joined the conversation")
	}
	return done, ch, err
}

// guestOut ends the guest's leg, for which he owes a wrap-up.
func (i Interaction) guestOut(by, key, request, event string, now time.Time) Change {
	guest := i.Second.Agent
	i = i.endLeg(guest, WrapUp{State: WrapUpOwed}, now).alone()
	i.Keys = remember(i.Keys, key, request)
	var ch Change
	i = ch.note(i, now, event, by, guest)
	return ch.of(&i)
}
