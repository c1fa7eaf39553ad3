package desk

import "time"

// Channel is a way customers reach the centre.
type Channel string

// The channels.
const (
	WhatsApp Channel = "whatsapp"
)

// Channels are all channels, in the order lists show them.
func Channels() []Channel { return []Channel{WhatsApp} }

// ComposeLimit is how many Unicode code points one message may have on the channel (R7); zero for an unknown channel.
// WhatsApp's 4096 is Meta's own limit of text.body. Source: Meta's text message reference, read 2026-11.
func (c Channel) ComposeLimit() int {
	switch c {
	case WhatsApp:
		return 4096
	}
	return 0
}

// cut is a time as precise as the channel tells times: WhatsApp in whole seconds (Meta's messages webhook reference, read
// 2026-11). What we send is dated so too; otherwise the answer a customer gives within the same second would stand
// before the question.
func (c Channel) cut(t time.Time) time.Time {
	if c == WhatsApp {
		return Micro(t).Truncate(time.Second)
	}
	return Micro(t)
}

// Client is a company the centre works for, never a customer.
type Client struct {
	Head
	Name string
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
}

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
