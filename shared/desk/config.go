package desk

import (
	"cmp"
	"time"
)

// Channel is a way customers reach the centre.
type Channel string

// The channels.
const (
	Messenger Channel = "messenger"
	WhatsApp  Channel = "whatsapp"
)

// Channels are all channels, in the order lists show them.
func Channels() []Channel { return []Channel{Messenger, WhatsApp} }

// ComposeLimit is how many Unicode code points one message may have on the channel (R7); zero for an unknown channel.
// WhatsApp's 4096 is Meta's own limit of text.body (text message reference, read 2026-11); Messenger would take twice
// the thousand that R7 allows.
func (c Channel) ComposeLimit() int {
	switch c {
	case Messenger:
		return 1000
	case WhatsApp:
		return 4096
	}
	return 0
}

// ConfersByQueue reports whether a queue may be asked for a second agent; where not, an agent is asked by name (R24).
func (c Channel) ConfersByQueue() bool { return c != Messenger }

// cut is a time as precise as the channel tells times: WhatsApp in whole seconds, Messenger in milliseconds (Meta's
// webhook references, read 2026-11). What we send is dated so too; otherwise the answer a customer gives within the same
// second would stand before the question.
func (c Channel) cut(t time.Time) time.Time {
	switch c {
	case Messenger:
		return Micro(t).Truncate(time.Millisecond)
	case WhatsApp:
		return Micro(t).Truncate(time.Second)
	}
	return Micro(t)
}

// Client is a company the centre works for, never a customer.
type Client struct {
	Head
	Name                 string
	HistoryConversations int // how many of a contact's conversations the history lists (R9); zero is DefaultHistoryConversations
}

// DefaultHistoryConversations is how many of a contact's conversations the history lists where the client does not say.
const DefaultHistoryConversations = 50

// Listed is how many of a contact's conversations the history lists.
func (c Client) Listed() int {
	return cmp.Or(c.HistoryConversations, DefaultHistoryConversations)
}

// Project is a client's group of queues.
type Project struct {
	Head
	Name   string
	Client string
}

// Team is a group of agents that serves queues.
type Team struct {
	Head
	Name string
}

// Queue is where interactions wait and what decides how they are handled. It belongs to a project and is served by
// one team.
type Queue struct {
	Head
	Name         string
	Project      string
	Team         string
	OfferTimeout time.Duration // how long an offer rings
	HistoryHours int           // how much of the contact's past the transcript begins with
	Attachments  bool          // whether agents may upload files
	AutoAccept   bool          // whether agents are given conversations without being asked (B11)
	Variables    []Variable    // what is kept about an interaction besides its messages (R37)
	Assets       []string      // whose conversations may be transferred to it, besides those of the assets that lead to it
	Unanswered   Unanswered    // what becomes of a transfer to an agent that is not taken (R22)

	ConferenceWait time.Duration // how long a queue is asked for a second agent (R24)
	ExclusiveWait  time.Duration // how long a conversation waits for its exclusive agent alone (R30)
	Afterword      time.Duration // for how long after the end one message opens nothing (B8)
	PreviousHours  int           // for how long after a conversation its agent is asked first for the contact's next (B8)
	Limits         Limits
	WrapUpReason   string // ID of the reason that a wrap-up gets which is owed for too long; empty for none
	Texts          []Text // what the customer is told by itself

	ServiceLevel  time.Duration  // within how long a conversation ought to be answered, one of WaitSteps; see AnswersWithin
	Profiles      []SkillProfile // what its conversations may ask of their agents, the first unless an entry rule says otherwise (B3)
	Priority      int            // of its conversations, unless an entry rule says otherwise
	PriorityBoost time.Duration  // how much earlier each step of priority lets a conversation count; zero is DefaultPriorityBoost
	Strategy      Strategy       // whom of its agents it asks first
	Hours         Hours          // when it is open (B15)
	WhenClosed    WhenClosed     // what becomes of its conversations when it is not
	Overflow      string         // the queue to which they go then, or after MaxWait; empty for none
	MaxWait       time.Duration  // how long a conversation waits before it goes there; zero for as long as it takes
	Closed        Closure        // a supervisor's word; no part of what is configured

	DeletedAt time.Time // a deleted queue stays as a tombstone, for what still names it
	Successor string    // the queue that took over from a deleted one
	DueAt     time.Time // when the sweep reminds admin of interactions that a deleted queue may still have
}

// Unanswered is what becomes of a conversation when the agent whom another asked to take it over does not (R22). The zero
// value is UnansweredDrop.
type Unanswered string

// What a queue may say about it.
const (
	UnansweredDrop    Unanswered = "drop"    // it is closed
	UnansweredRequeue Unanswered = "requeue" // it goes to the front of its queue
	UnansweredReturn  Unanswered = "return"  // it goes back to who had it or, if he has no room, to the front of its queue
)

// ConferenceFor is how long a queue is asked for a second agent in the queue's conversations.
func (q Queue) ConferenceFor() time.Duration { return cmp.Or(q.ConferenceWait, DefaultConferenceWait) }

// Variable is one thing kept about each interaction of a queue (R37), besides those every interaction has
// (ReservedVariables). Its ID is unique within the queue.
type Variable struct {
	ID     string
	Name   string
	Access VariableAccess
}

// VariableAccess is what agents may do with a variable. Who oversees the queue may read and change every one.
type VariableAccess string

// The accesses.
const (
	VariableHidden   VariableAccess = "hidden"   // agents do not see it
	VariableVisible  VariableAccess = "visible"  // agents see it
	VariableEditable VariableAccess = "editable" // agents see and change it
)

// ReservedVariables are the variables every interaction has; no queue may declare them, nobody may change them.
func ReservedVariables() []string { return []string{VariableOrigin, VariableDirection} }

// The reserved variables.
const (
	VariableOrigin    = "origin"    // the customer's phone number; absent where the channel tells none
	VariableDirection = "direction" // who began: the interaction's Direction
)

// DefaultOfferTimeout is how long an offer rings where the queue does not say.
const DefaultOfferTimeout = 20 * time.Second

// Reason is a wrap-up reason of a queue. Its ID is unique within the queue.
type Reason struct {
	Head
	Queue      string
	Name       string
	Order      int // position in the queue's list
	SubReasons []SubReason
}

// SubReason refines a reason; where a reason has any, one must be chosen.
type SubReason struct {
	ID   string
	Name string
}

// Asset is a page, number or widget of the centre's. Its ID is AssetID of its channel and account.
type Asset struct {
	Head
	Channel       Channel
	Account       string // the channel's ID for it, such as WhatsApp's phone number ID
	Name          string
	Display       string // what people know it by, such as the business number
	Queue         string // where its customers wait unless an entry rule says otherwise
	Token         string // name of the secret that holds the access token
	StatusUpdates bool   // whether delivered and read are shown (R15)
	Rules         []EntryRule

	DeletedAt time.Time // a deleted asset stays as a tombstone: its number may still send webhooks (R8)
	DueAt     time.Time // when the sweep reminds admin of conversations that a deleted asset may still have
}

// EntryRule leads a conversation to another queue than the asset's own. Of an asset's rules the first that fits decides.
type EntryRule struct {
	On       EntryKind
	Value    string // compared without regard to case
	Queue    string
	Profile  string // of the queue's, that the conversation asks for; empty for the queue's first
	Priority int    // of the conversation; zero for the queue's
}

// EntryKind is what an entry rule looks at.
type EntryKind string

// The kinds of entry rules.
const (
	EntryIntent  EntryKind = "intent"  // what the customer came for, as the channel tells it
	EntryGroup   EntryKind = "group"   // the business's department, as the channel tells it
	EntryRef     EntryKind = "ref"     // the link, advertisement or post he came by
	EntryLocale  EntryKind = "locale"  // his language, such as "es" or "es-MX"; a rule on "es" fits both
	EntryKeyword EntryKind = "keyword" // a word or words in his first message
)

// Entrance is how a customer came to write, as far as the channel tells.
type Entrance struct {
	Intent string
	Group  string
	Ref    string
	Locale string
}

// AssetID is the ID of the asset that the channel knows as account. Accounts are the business's own numbers and
// pages, so they may stand in document names.
func AssetID(c Channel, account string) string { return string(c) + ":" + account }

// Record implements Record.
func (*Client) Record() RecordKind { return KindClient }

// Record implements Record.
func (*Project) Record() RecordKind { return KindProject }

// Record implements Record.
func (*Team) Record() RecordKind { return KindTeam }

// Record implements Record.
func (*Queue) Record() RecordKind { return KindQueue }

// Record implements Record.
func (*Reason) Record() RecordKind { return KindReason }

// Record implements Record.
func (*Asset) Record() RecordKind { return KindAsset }

// Deleted reports whether the queue is only a tombstone.
func (q Queue) Deleted() bool { return !q.DeletedAt.IsZero() }

// Deleted reports whether the asset is only a tombstone.
func (a Asset) Deleted() bool { return !a.DeletedAt.IsZero() }

// Due implements Owed.
func (q *Queue) Due() time.Time { return q.DueAt }

// Due implements Owed.
func (a *Asset) Due() time.Time { return a.DueAt }
