package desk

import "time"

// Message is one thing said in an interaction.
type Message struct {
	Head
	Interaction string
	Contact     string
	Asset       string
	Seq         int64     // order of learning within the interaction, from 1; never changes
	At          time.Time // the channel's time of the message, and ours, as precise, of what agents write; sorts transcripts with Seq
	ReceivedAt  time.Time // when we learned of it
	Direction   Direction
	Author      string // agent ID of what an agent wrote
	AuthorName  string // as shown beside it
	Kind        MessageKind
	Text        string // what was written, a caption included
	Fallback    string // what to show where the type has no view of its own; empty for text
	ProviderID  string // the channel's ID
	ReplyTo     string // the channel's ID of the message this one answers
	ClientID    string // the desktop's own ID of what it sent
	Elsewhere   bool   // outbound, but sent by other means than this system, such as the business's phone
	Detail
	Template Filled // what it was made of, when an agent sent a template

	Stub      bool      // the message itself has not come yet, only what the customer did to it; it stands in no transcript
	EditedAt  time.Time // the channel's time of the newest edit
	Before    []Wording // what it said before its edits, oldest first; all but the first may be clipped
	RevokedAt time.Time // when the customer took it back: what it said is gone
	Reaction  string    // the customer's emoji on it
	ReactedAt time.Time // the channel's time of his newest reaction, or of its removal

	DiscardedAt time.Time // when an administrator gave it up before any interaction had it; nothing else is kept of it

	To          Address      // where an outbound message goes
	Reads       string       // the channel's ID of the customer's message that this answer shows was read
	WroteAt     time.Time    // when the customer last wrote before it: what the channel's window counts from
	State       MessageState // of outbound messages
	Claim       string       // ID of the delivery that is sending it
	ClaimedAt   time.Time    // when the send under way began
	SentAt      time.Time
	DeliveredAt time.Time
	ReadAt      time.Time
	Tries       int       // sends begun
	FirstTry    time.Time // when the first began
	Problem     Problem   // why it failed, or why its fate is unknown
	DueAt       time.Time // when the sweep reminds delivery
}

// Problem is a failure as the channel told it, in a stable code and a sentence an agent understands.
type Problem struct {
	Code   string
	Advice string
}

// Direction is who a message came from.
type Direction string

// The directions.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// MessageKind is what a message consists of. Text has a view; the others are shown by their fallback text.
type MessageKind string

// The types of messages.
const (
	TextMessage        MessageKind = "text"
	ImageMessage       MessageKind = "image"
	VideoMessage       MessageKind = "video"
	AudioMessage       MessageKind = "audio"
	DocumentMessage    MessageKind = "document"
	StickerMessage     MessageKind = "sticker"
	LocationMessage    MessageKind = "location"
	ContactsMessage    MessageKind = "contacts"
	ReplyMessage       MessageKind = "reply"    // a choice from buttons or a list
	FormMessage        MessageKind = "form"     // an answered form
	OrderMessage       MessageKind = "order"    // a cart
	TemplateMessage    MessageKind = "template" // a composed card, such as a product or an itinerary
	SystemMessage      MessageKind = "system"   // the channel speaks, such as a changed number, or outbound we do, to the agents at least
	HandoverMessage    MessageKind = "handover" // another program, such as a bot, passed the conversation on to us
	ReferralMessage    MessageKind = "referral" // the customer came by a link and has not written yet
	UnsupportedMessage MessageKind = "unsupported"
)

// Opens says whether a message of this type begins a conversation: it is the customer's word, which an agent must read and
// may answer. A notice of the channel, or that the customer came by a link, joins an open one and opens none.
func (t MessageKind) Opens() bool { return t != SystemMessage && t != ReferralMessage }

// Wording is what a message said until it was edited.
type Wording struct {
	At       time.Time // the channel's time from which it said so
	Text     string
	Fallback string
}

// MessageState is how far an outbound message has come.
type MessageState string

// The states, in the order of their rank (R15), except that Sending ranks with Pending.
const (
	MessagePending   MessageState = "pending"   // delivery's move
	MessageSending   MessageState = "sending"   // claimed by one delivery; the clock's move after SendPatience
	MessageUnknown   MessageState = "unknown"   // the channel may have taken it; a status settles it, nothing sends it again
	MessageSent      MessageState = "sent"      // the channel took it
	MessageFailed    MessageState = "failed"    // the channel refused it
	MessageDelivered MessageState = "delivered" // it reached the customer
	MessageRead      MessageState = "read"      // final
)

// rank orders the states; a message never goes to a lower rank.
func (s MessageState) rank() int {
	switch s {
	case MessageUnknown:
		return 1
	case MessageSent:
		return 2
	case MessageFailed:
		return 3
	case MessageDelivered:
		return 4
	case MessageRead:
		return 5
	}
	return 0
}

// Record implements Record.
func (*Message) Record() RecordKind { return KindMessage }

// Due implements Owed.
func (m *Message) Due() time.Time { return m.DueAt }

// Parked is a message for an asset the centre does not know. It waits for the asset to be configured; nothing is lost.
type Parked struct {
	Head
	Asset   string // AssetID it came for
	At      time.Time
	Arrival Arrival
	DueAt   time.Time // when the sweep looks for the asset again
}

// Park keeps a message until its asset is configured, or keeps it for longer: the first look is a minute away, and the
// pauses grow with the wait, to ten minutes at most.
func Park(p Parked, now time.Time) Parked {
	if p.At.IsZero() {
		p.At = now
	}
	p.DueAt = now.Add(min(max(now.Sub(p.At), time.Minute), 10*time.Minute))
	return p
}

// Due implements Owed.
func (p *Parked) Due() time.Time { return p.DueAt }

// Record implements Record.
func (*Parked) Record() RecordKind { return KindParked }

// ArrivalID is the message ID of an inbound message: the same message always has the same one, whatever interaction
// it belongs to, so a repeat is recognised however late it comes.
func ArrivalID(c Channel, account, providerID string) string {
	return hash("in", string(c), account, providerID)
}

// SentID is the message ID of what an agent sends: a desktop that repeats its own ID gets the same message.
func SentID(interaction, agent, clientID string) string {
	return hash("out", interaction, agent, clientID)
}
