package desk

import "time"

// What channels tell, in our words. Each names the channel, the asset's ID there (Account), and whom it concerns.

// Arrival is a message as a channel told it: a customer's or, when Elsewhere is set, one that the business sent to him by
// other means, as far as the channel can tell.
type Arrival struct {
	Channel   Channel
	Account   string
	ID        string // the channel's ID of the message
	Customer  Customer
	At        time.Time
	Kind      MessageKind
	Text      string
	Fallback  string
	ReplyTo   string
	Entrance  Entrance
	Elsewhere bool
	Sent      string // what may be our ID of it: where we have such a message it was not sent elsewhere, and this is its echo
	Detail
}

// Remark is what a customer did to a message that is there already or, when Elsewhere is set, what the business did to
// one of its own by other means.
type Remark struct {
	Channel   Channel
	Account   string
	About     string // the channel's ID of the message
	Kind      RemarkKind
	At        time.Time
	Customer  Customer
	Text      string // of an edit, what the message says now; of a reaction, its emoji, or nothing when it is taken back
	Fallback  string // of an edit
	Elsewhere bool
}

// RemarkKind is the sort of a remark.
type RemarkKind string

// The kinds of remarks.
const (
	RemarkEdit     RemarkKind = "edit"
	RemarkRevoke   RemarkKind = "revoke"
	RemarkReaction RemarkKind = "reaction"
)

// Status is a channel's word on a message we sent.
type Status struct {
	Channel    Channel
	Account    string
	ProviderID string       // the channel's ID of the message
	Message    string       // our ID, which we sent along; empty when the channel gives only its own
	State      MessageState // sent, delivered, read or failed
	At         time.Time
	Problem    Problem // of a failure
}

// Watermark says that everything sent to a customer up to a time has been delivered, or read.
type Watermark struct {
	Channel  Channel
	Account  string
	Customer Customer
	State    MessageState // delivered or read
	UpTo     time.Time
}

// Departure says that a customer has left: he closed the conversation, or another program took it over.
type Departure struct {
	Channel  Channel
	Account  string
	Customer Customer
	At       time.Time
}

// Preference says whether a customer takes marketing messages from now on.
type Preference struct {
	Channel   Channel
	Account   string
	Customer  Customer
	At        time.Time
	Marketing bool
}

// Renaming says that the customer's addresses are one person's: one of them is new to the channel.
type Renaming struct {
	Channel  Channel
	Account  string
	Customer Customer
	At       time.Time
}
