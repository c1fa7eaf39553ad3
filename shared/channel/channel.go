// Package channel is what the product knows of a customer channel: how to read its webhooks and how to send by it.
// One package per channel lies below it; no word of a vendor's passes beyond them.
package channel

import (
	"context"
	"errors"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// Event is one thing a webhook told. Exactly one of its pointers is set.
type Event struct {
	Arrival    *desk.Arrival    `json:"arrival,omitempty"`
	Remark     *desk.Remark     `json:"remark,omitempty"`
	Status     *desk.Status     `json:"status,omitempty"`
	Watermark  *desk.Watermark  `json:"watermark,omitempty"`
	Departure  *desk.Departure  `json:"departure,omitempty"`
	Preference *desk.Preference `json:"preference,omitempty"`
	Renaming   *desk.Renaming   `json:"renaming,omitempty"`
}

// Ignored is a part of a webhook that is not for us, with the reason. It is counted and answered with success, so that
// the channel does not send it again.
type Ignored struct {
	Reason string // stable, lower_snake_case
	What   string // the vendor's name for the part; never personal data
}

// Outgoing is what a channel needs to send one message.
type Outgoing struct {
	Message  string // our ID, sent along so that statuses name it
	Account  string // the asset's ID at the channel
	Token    string // access token
	To       desk.Address
	Text     string
	Template Template // what Text was made of, and what is sent in its place; zero for a free text
	ReplyTo  string   // the channel's ID of the message this one answers; may be empty
	Late     bool     // past the window for free answers, within the one for answers by a human (desk.WindowHuman)
}

// Template is a wording that was agreed upon with the channel, and what goes into its places.
type Template struct {
	Name     string // the channel's; empty when there is no template
	Language string // the channel's code
	Values   []string
}

// Seen is what a channel needs to show a customer that he was read, or that somebody is writing to him.
type Seen struct {
	Account  string
	Token    string
	To       desk.Address
	Customer string // the channel's ID of the newest message that was read
	Typing   bool   // also show that the agent is writing, for as long as the channel does so
}

// Sender sends by one channel.
type Sender interface {
	// Send hands one message to the channel and returns the channel's ID of it. When the message was not taken the
	// error is a *SendError; any other error means nobody knows whether it was taken.
	Send(ctx context.Context, out Outgoing) (providerID string, err error)
	// MarkSeen tells the channel what the agent has seen.
	MarkSeen(ctx context.Context, seen Seen) error
}

// SendError says that the channel did not take a message: it refused it, or was never reached.
type SendError struct {
	Problem desk.Problem
	Retry   bool          // the same message may be taken later
	After   time.Duration // how long the channel wants us to wait; zero where it does not say
	Vendor  string        // the vendor's code and subcode for the log; no personal data
	Err     error         // the cause, for the log
}

// Error is the text for logs.
func (e *SendError) Error() string {
	s := "not taken: " + e.Problem.Code
	if e.Vendor != "" {
		s += " (" + e.Vendor + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// NotTaken finds the SendError in err's chain; false means that the message's fate is unknown.
func NotTaken(err error) (*SendError, bool) { return errors.AsType[*SendError](err) }
