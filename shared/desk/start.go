package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// StartID is the ID of the interaction that an agent begins under an idempotency key: the same at every try.
func StartID(agent, key string) string { return hash("start", agent, key) }

// Start is what an agent wants who begins a conversation (B13), with what is on record about it, all read fresh.
type Start struct {
	Next    Interaction // with the ID StartID gives; Version zero when it was not begun yet
	First   Message     // what it begins with, its ID by SentID; Version zero as Next
	By      Agent
	Contact Contact
	Newest  Interaction // the contact's; zero when there never was any
	Queue   Queue       // that the conversation is of; Version zero when there is none of its ID
	Asset   Asset       // the contact's
	Whom    string      // the contact's ID as the agent names it: another may have taken him over
	On      string      // the asset that the agent names; empty when he leaves it to the contact
	Reply   Reply       // its ClientID is the idempotency key
}

// Begin has an agent begin a conversation with a contact: he owns it at once, and what he says goes out. Everything the rule
// looks at that somebody else may change at the same time is written: of two who begin one, or of an agent and a customer who
// writes, one is first, and the other finds the conversation open.
//
// The agent is available or idle, has room and is in the queue's team; the queue serves the contact's asset; the contact is not
// blocked, takes messages that he did not ask for, and has no open conversation. While the channel's window is open any text
// will do; after it WhatsApp takes a template of the queue, and Messenger nothing. An ended conversation takes no afterword
// any more. A repeat of the key stores nothing and hints again.
//
// Faults: key_reused, agent_offline, agent_rona, agent_full, queue_missing, not_your_queue, other_asset, channel_removed,
// queue_not_serving, customer_blocked, opted_out, conversation_open, template_needed, and those of Send about what is sent.
func Begin(s Start, now time.Time) (Change, error) {
	s.Next.Channel = s.Contact.Channel
	next, first := s.Next, s.First
	seen, err := repeats(next.Keys, s.Reply.ClientID, s.request())
	if err != nil {
		return Change{}, err
	}
	if seen || next.Version > 0 {
		return Change{Interaction: &next, Message: &first, Agent: &s.By, Contact: &s.Contact, Hints: sending(first)}, nil
	}
	for _, may := range []error{s.byAgent(), s.inQueue(), s.toContact(), s.inTime(now)} {
		if may != nil {
			return Change{}, may
		}
	}
	a, c, last := s.By, s.Contact, s.Newest
	next = Interaction{
		Head: next.Head, Channel: c.Channel, Asset: s.Asset.ID, Source: s.Asset.Display, Queue: s.Queue.ID, Contact: c.ID,
		Customer: c.Shown(), Direction: Outbound, OpenedAt: now, Before: last.LastAt, Language: c.Profile.Language, Exclusives: c.Exclusives,
		LastCustomerAt: last.LastCustomerAt, LastCustomerID: last.LastCustomerID, Limits: s.Queue.Limits,
		Priority: s.Queue.Priority, Keys: remember(nil, s.Reply.ClientID, s.request()),
	}.into(s.Queue, "", now).owned(a, now)
	if next, first, err = next.says(first, a, s.Reply, now); err != nil {
		return Change{}, err
	}
	a.FreeSince = now
	a = a.sits(next).Settle()
	c.Open = next.ID
	var ch Change
	next = ch.note(next, now, EventStarted, a.ID, s.Queue.ID)
	ch.Save = append(ch.Save, &first, &a, &c)
	if last.CloseReason == ClosedEnded && last.FollowedBy == "" {
		last = last.followed(next.ID)
		ch.Save = append(ch.Save, &last)
	}
	ch.Message, ch.Agent, ch.Contact, ch.Hints = &first, &a, &c, sending(first)
	return ch.of(&next), nil
}

// request tells one wish from another under the same key.
func (s Start) request() string {
	parts := append([]string{"start", s.Whom, s.Queue.ID, s.On, s.Reply.Text, s.Reply.Template.ID}, s.Reply.Values...)
	return hash(parts...)
}

// byAgent is nil when the agent is at work and can hold one more conversation.
func (s Start) byAgent() error {
	switch a := s.By; {
	case cmp.Or(a.State, AgentOffline) == AgentOffline:
		return conflict("agent_offline", "sign in first")
	case a.State == AgentRONA:
		return conflict("agent_rona", "say first that you are back")
	case !a.hasRoomFor(s.Next):
		return conflict("agent_full", "you have as many conversations as you can hold")
	}
	return nil
}

// inQueue is nil when the queue is the agent's and serves the contact's asset.
func (s Start) inQueue() error {
	switch q := s.Queue; {
	case q.Version == 0 || q.Deleted():
		return fault.New(fault.Missing, "queue_missing", "there is no queue %q", q.ID)
	case !slices.Contains(s.By.Teams, q.Team):
		return fault.New(fault.Denied, "not_your_queue", "you are not in the team of the queue")
	case s.On != "" && s.On != s.Contact.Asset:
		return fault.New(fault.Invalid, "other_asset", "the contact is known on another asset only")
	case s.Asset.Gone():
		return conflict("channel_removed", "the channel was removed")
	case !s.Asset.servedBy(q):
		return conflict("queue_not_serving", "the queue %s does not serve %s", q.Name, s.Asset.Name)
	}
	return nil
}

// toContact is nil when the contact may be written to and nobody talks with him.
func (s Start) toContact() error {
	switch c := s.Contact; {
	case c.isBlocked():
		return conflict("customer_blocked", "the customer is blocked")
	case !c.OptedOut.IsZero():
		return conflict("opted_out", "the customer takes no messages he did not ask for")
	case s.Newest.State.Open():
		return conflict("conversation_open", "there is an open conversation with the customer")
	}
	return nil
}

// inTime is nil when the channel takes what the agent says now.
func (s Start) inTime(now time.Time) error {
	c := s.Contact.Channel
	switch {
	case s.Reply.Template.ID != "" || c.Window(s.Newest.LastCustomerAt, now).State != WindowClosed:
		return nil
	case c.TakesTemplates():
		return conflict("template_needed", "the customer wrote too long ago; the channel takes only a template")
	}
	return conflict("window_closed", "the customer wrote too long ago; the channel takes nothing until he writes again")
}

// servedBy reports whether the queue serves the asset: conversations on it may wait there, or be transferred to it.
func (a Asset) servedBy(q Queue) bool { return a.leadsTo(q.ID) || slices.Contains(q.Assets, a.ID) }
