package desk

import (
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/fault"
)

// SendPatience is how long a send may be under way. A claim older than that means its function died: the message's
// fate is unknown.
const SendPatience = 2 * time.Minute

// Reply is what an agent sends: a text or, in its place, a template.
type Reply struct {
	ClientID string // the desktop's own ID of it
	Text     string
	Template Template // of the interaction's queue; of one that the queue does not have only the ID
	Values   []string // for the template's places
}

// said reports whether the message is what the reply would have sent.
func (r Reply) said(m Message) bool {
	if r.Template.ID == "" && m.Template.ID == "" {
		return m.Text == r.Text
	}
	return m.Template.ID == r.Template.ID && slices.Equal(m.Template.Values, r.Values)
}

// Send puts an agent's reply on its way. m carries the ID of what is sent (SentID) and is the stored message when it
// was sent before: a repeat with the same text, or template and values, gives that message again, with others it is refused
// (id_reused). A template is sent although the window is closed. Other faults: not_your_conversation, conversation_ended,
// interrupted, customer_blocked, customer_left, empty, too_long, window_closed; template_unknown, template_other_channel,
// values_mismatch, value_empty, value_invalid, template_too_long.
func Send(m Message, i Interaction, by Agent, r Reply, now time.Time) (Change, error) {
	if m.Version > 0 {
		if !r.said(m) {
			return Change{}, fault.New(fault.Unprocessable, "id_reused", "another message was sent under this ID")
		}
		return Change{Message: &m, Interaction: &i, Hints: sending(m)}, nil
	}
	err := mayReach(i, by.ID)
	if err == nil && r.Template.ID == "" {
		err = i.inWindow(now)
	}
	if err != nil {
		return Change{}, err
	}
	i, m, err = i.says(m, by, r, now)
	if err != nil {
		return Change{}, err
	}
	return Change{Save: []Record{&m, &i}, Message: &m, Interaction: &i, Hints: sending(m)}, nil
}

// says is the interaction with what an agent sends in it, and the message that m becomes.
func (i Interaction) says(m Message, by Agent, r Reply, now time.Time) (Interaction, Message, error) {
	text, filled, err := r.words(i)
	if err != nil {
		return i, m, err
	}
	i.Seq++
	m = Message{
		Head: m.Head, Interaction: i.ID, Contact: i.Contact, Asset: i.Asset, Seq: i.Seq, At: i.Channel.cut(now), ReceivedAt: now,
		Direction: Outbound, Author: by.ID, AuthorName: by.Name, Kind: TextMessage, Text: text, Template: filled, ClientID: r.ClientID,
		To: i.Customer.Reach(), WroteAt: i.LastCustomerAt, State: MessagePending, DueAt: now.Add(Patience),
	}
	if i.Unread > 0 && i.Owner == by.ID {
		m.Reads, i.Unread = i.LastCustomerID, 0
	}
	i.Preview, i.PreviewBy, i.LastAt = preview(text), Outbound, now
	return i.responded(by.ID, now).answered(now), m, nil
}

// responded is the interaction with a message of the agent's in it.
func (i Interaction) responded(agent string, now time.Time) Interaction {
	if i.Direction == Outbound || !i.Responded.At.IsZero() {
		return i
	}
	i.Responded = Responded{Queue: i.Queue, Agent: agent, At: now, After: span(i.OpenedAt, now)}
	return i.marked(now)
}

// words are what the customer reads, and the template it was made of.
func (r Reply) words(i Interaction) (string, Filled, error) {
	if r.Template.ID != "" {
		return r.Template.fill(r.Values, i.Queue, i.Channel)
	}
	if r.Text == "" {
		return "", Filled{}, fault.New(fault.Invalid, "empty", "there is nothing to send")
	}
	if n, limit := utf8.RuneCountInString(r.Text), i.Channel.ComposeLimit(); n > limit {
		return "", Filled{}, fault.New(fault.Invalid, "too_long", "the message has %d characters, the channel takes %d", n, limit)
	}
	return r.Text, Filled{}, nil
}

// mayTalk is nil when the agent sits in the active interaction, as its owner or its guest, and the customer can be answered.
func mayTalk(i Interaction, agent string, now time.Time) error {
	if err := mayReach(i, agent); err != nil {
		return err
	}
	return i.inWindow(now)
}

// mayReach is mayTalk but for the channel's window.
func mayReach(i Interaction, agent string) error {
	switch {
	case i.Sat(agent) && (i.State == InteractionWrapUp || i.State == InteractionClosed):
		return conflict("conversation_ended", "the conversation has ended")
	case !i.Sits(agent):
		return fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	return i.MayBeReached()
}

// MayBeAnswered is nil while the customer can be sent a text. Otherwise it is the Conflict that says why not: those of
// MayBeReached, and window_closed.
func (i Interaction) MayBeAnswered(now time.Time) error {
	if err := i.MayBeReached(); err != nil {
		return err
	}
	return i.inWindow(now)
}

func (i Interaction) inWindow(now time.Time) error {
	if i.Channel.Window(i.LastCustomerAt, now).State == WindowClosed {
		return conflict("window_closed", "the customer wrote too long ago; the channel takes no answer until he writes again")
	}
	return nil
}

// MayBeReached is nil while the customer can be sent something, if only a template. Otherwise it is the Conflict that says why
// not: interrupted, customer_blocked, customer_left.
func (i Interaction) MayBeReached() error {
	switch {
	case i.Interrupted:
		return conflict("interrupted", "the channel was removed; nothing more can be sent")
	case i.Blocked:
		return conflict("customer_blocked", "the customer is blocked; nothing more can be sent")
	case i.Left:
		return conflict("customer_left", "the customer has left; nothing more can be sent")
	}
	return nil
}

// Type says that the agent is writing to the customer. Nothing is stored. Faults: those of Send about the conversation.
func Type(i Interaction, by string, now time.Time) (Change, error) {
	if err := mayTalk(i, by, now); err != nil {
		return Change{}, err
	}
	return Change{Interaction: &i, Hints: []Hint{{Event: HintAgentTyping, Interaction: i.ID}}}, nil
}

func sending(m Message) []Hint {
	if m.State != MessagePending {
		return nil
	}
	return []Hint{{Event: HintMessageQueued, Interaction: m.Interaction}}
}

// ClaimSend takes a pending message for one delivery, known by its claim. A message claimed under the same claim is
// found claimed: a save that reported failure was applied. One that somebody else is sending is a Conflict (being_sent)
// until his claim is older than SendPatience; then its fate is unknown, which is stored instead. A pending message
// whose next try is not due yet is TooEarly. One that can no longer be sent fails: its asset was deleted, or the window for
// an answer closed while it waited and it is no template.
func ClaimSend(m Message, asset Asset, claim string, now time.Time) (Change, error) {
	switch m.State {
	case MessagePending:
		if p := m.hindered(asset, now); p != (Problem{}) {
			m = m.advance(MessageFailed, p)
			break
		}
		if m.Tries > 0 && now.Before(m.DueAt) {
			return Change{}, fault.New(fault.TooEarly, "too_early", "the next try is at %s", m.DueAt.Format(time.RFC3339))
		}
		m.State, m.Claim, m.ClaimedAt = MessageSending, claim, now
		m.DueAt, m.Tries, m.FirstTry = now.Add(SendPatience), m.Tries+1, timeOr(m.FirstTry, now)
	case MessageSending:
		if m.Claim == claim {
			return Change{Message: &m}, nil
		}
		if now.Before(m.ClaimedAt.Add(SendPatience)) {
			return Change{}, conflict("being_sent", "another delivery is sending it")
		}
		m = m.lost(Problem{Code: "delivery_lost", Advice: "Nobody knows whether the customer got this message. Ask, or send it again as a new message."})
	default:
		return Change{Message: &m}, nil
	}
	return Change{Save: []Record{&m}, Message: &m}, nil
}

// hindered is what keeps a message from being sent at all; the zero Problem when nothing does.
func (m Message) hindered(asset Asset, now time.Time) Problem {
	switch {
	case asset.Gone():
		return Problem{Code: "channel_removed", Advice: "The channel was removed; nothing more can be sent in this conversation."}
	case m.Template.ID == "" && !m.WroteAt.IsZero() && asset.Channel.Window(m.WroteAt, now).State == WindowClosed:
		return Problem{Code: "window_closed", Advice: "The customer wrote too long ago. Nothing can be sent until he writes again."}
	}
	return Problem{}
}

func (m Message) lost(p Problem) Message {
	m.State, m.Problem, m.DueAt = MessageUnknown, p, time.Time{}
	return m
}

// Outcome is what came of a send.
type Outcome struct {
	ProviderID string    // set when the channel took it
	Unknown    bool      // nobody knows whether the channel took it
	RetryAt    time.Time // refused, and the same message may be taken then; after the claim; zero means refused for good
	Problem    Problem   // of what was not taken, or is unknown
}

// SettleSend records what came of a claimed send. A status may have come first: the message never goes to a lower
// rank, but learns the channel's ID. A repeat changes nothing, even when the message was claimed again meanwhile: the
// next claim is never before RetryAt, and so is told from the one whose outcome this is.
func SettleSend(m Message, out Outcome, now time.Time) (Change, error) {
	was := m
	switch {
	case out.ProviderID != "":
		m.ProviderID = out.ProviderID
		if m.SentAt.IsZero() {
			m.SentAt = now
		}
		m = m.advance(MessageSent, Problem{})
	case out.Unknown:
		m = m.advance(MessageUnknown, out.Problem)
	case out.RetryAt.IsZero():
		m = m.advance(MessageFailed, out.Problem)
	case !m.ClaimedAt.Before(out.RetryAt): // another send is under way, or over
	case m.State == MessageSending:
		m.State, m.DueAt, m.Problem = MessagePending, out.RetryAt, out.Problem
	case m.State == MessageUnknown:
		m = m.advance(MessageFailed, out.Problem)
	}
	if same(m, was) {
		return Change{Message: &m}, nil
	}
	return Change{Save: []Record{&m}, Message: &m}, nil
}

// same reports whether two states of a message are equal.
func same(a, b Message) bool { return reflect.DeepEqual(a, b) }

// advance raises the message to a state of higher rank; to any other it changes nothing.
func (m Message) advance(to MessageState, p Problem) Message {
	if to.rank() <= m.State.rank() {
		return m
	}
	m.State, m.Problem, m.DueAt = to, p, time.Time{}
	return m
}

// ApplyStatus records the channel's word on a message we sent. updates says whether the asset shows delivered and read
// (R15); failures always show. Ranks never decrease, so order and repeats do not matter; times are kept even when a
// later state came first.
func ApplyStatus(m Message, s Status, updates bool, now time.Time) (Change, error) {
	was := m
	if m.Direction != Outbound {
		return Change{Message: &m}, nil
	}
	if m.ProviderID == "" {
		m.ProviderID = s.ProviderID
	}
	at := Micro(timeOr(s.At, now))
	to := s.State
	if !updates && (to == MessageDelivered || to == MessageRead) {
		to = MessageSent
	}
	first := func(t *time.Time) {
		if t.IsZero() {
			*t = at
		}
	}
	switch to {
	case MessageSent:
		first(&m.SentAt)
	case MessageDelivered:
		first(&m.DeliveredAt)
	case MessageRead:
		first(&m.ReadAt)
	case MessageFailed:
	default:
		return Change{Message: &was}, nil
	}
	m = m.advance(to, s.Problem)
	if same(m, was) {
		return Change{Message: &m}, nil
	}
	return Change{Save: []Record{&m}, Message: &m}, nil
}

// MarkRead says that the owner has seen the messages up to some point. Unread becomes the number of the customer's
// messages after it, which the caller counts; it never grows by that, nor falls below zero. A repeat stores nothing, and
// neither does what a guest sees, or somebody who only wraps up: what is unread is the owner's, or waits for the next.
func MarkRead(i Interaction, by string, unread int) (Change, error) {
	if !slices.Contains(i.Agents, by) {
		return Change{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	unread = max(0, min(unread, i.Unread))
	if i.Unread == unread || i.Owner != by {
		return Change{Interaction: &i}, nil
	}
	i.Unread = unread
	ch := Change{Save: []Record{&i}, Interaction: &i}
	if unread == 0 {
		ch.Hints = []Hint{{Event: HintMessageRead, Interaction: i.ID}}
	}
	return ch, nil
}
