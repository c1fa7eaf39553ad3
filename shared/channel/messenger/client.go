package messenger

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// Client sends by the Messenger Platform's Send API. It may be used from many goroutines at once.
type Client struct{ graph *meta.Graph }

var _ channel.Sender = Client{}

// NewClient makes a client that talks to the Graph API by g.
func NewClient(g *meta.Graph) Client { return Client{graph: g} }

// messages is the edge of a page to which everything is sent.
const messages = "messages"

// Why Meta may let a message through: it answers within a day of the customer's last, or a human wrote it within a
// week. Source: Send API reference, read 2026-11.
const (
	typeResponse = "RESPONSE"
	typeTagged   = "MESSAGE_TAG"
	tagHuman     = "HUMAN_AGENT"
)

type sending struct {
	Recipient recipient  `json:"recipient"`
	Type      string     `json:"messaging_type"`
	Tag       string     `json:"tag,omitempty"`
	ReplyTo   *answering `json:"reply_to,omitempty"`
	Message   text       `json:"message"`
}

type recipient struct {
	ID string `json:"id"`
}

type answering struct {
	MID string `json:"mid"`
}

type text struct {
	Text     string `json:"text"`
	Metadata string `json:"metadata,omitempty"` // comes back in the echo
}

type accepted struct {
	MessageID meta.Scalar `json:"message_id"`
}

// Send sends a text and returns Messenger's ID of it, which means accepted, not delivered. The message's own ID goes
// along, so that the echo names it. A message that answers an event Messenger gave no ID goes without naming it. Errors
// are those of channel.Sender; a text that is empty or longer than the channel's limit, a template, and a customer
// without a Messenger ID, are refused without asking Messenger.
func (c Client) Send(ctx context.Context, out channel.Outgoing) (string, error) {
	request := sending{
		Recipient: recipientOf(out.To),
		Type:      typeResponse,
		Message:   text{Text: out.Text, Metadata: out.Message},
	}
	if out.Late {
		request.Type, request.Tag = typeTagged, tagHuman
	}
	if out.ReplyTo != "" && !strings.HasPrefix(out.ReplyTo, derived) {
		request.ReplyTo = &answering{MID: out.ReplyTo}
	}
	if out.Template.Name != "" {
		return "", refused("unsupported_type", "The channel has no templates.")
	}
	if err := sendable(request); err != nil {
		return "", err
	}
	var answer accepted
	if err := c.graph.Post(ctx, out.Token, out.Account, messages, request, &answer); err != nil {
		return "", err
	}
	if answer.MessageID == "" {
		return "", errors.New("messenger's answer names no message")
	}
	return string(answer.MessageID), nil
}

func recipientOf(to desk.Address) recipient {
	if to.Kind != desk.AddressPSID {
		return recipient{}
	}
	return recipient{ID: to.Value}
}

func sendable(s sending) error {
	switch {
	case s.Recipient.ID == "":
		return refused("no_address", "The customer has no address on this channel.")
	case s.Message.Text == "":
		return refused("empty_message", "The message is empty.")
	case utf8.RuneCountInString(s.Message.Text) > desk.Messenger.ComposeLimit():
		return refused("too_long", "The message is longer than the channel allows.")
	}
	return nil
}

func refused(code, advice string) error {
	return &channel.SendError{Problem: desk.Problem{Code: code, Advice: advice}}
}

// What the customer sees of the agent besides messages. Messenger shows typing for 20 seconds, or until a message
// comes. Source: sender actions, read 2026-11.
const (
	actionSeen   = "mark_seen"
	actionTyping = "typing_on"
)

type acting struct {
	Recipient recipient `json:"recipient"`
	Action    string    `json:"sender_action"`
}

// MarkSeen shows the customer that everything he wrote was read and, if asked to, that somebody is writing. Messenger
// takes one of them at a time; if the first fails the second is not tried. Doing it again changes nothing.
func (c Client) MarkSeen(ctx context.Context, s channel.Seen) error {
	to := recipientOf(s.To)
	if to.ID == "" {
		return refused("no_address", "The customer has no address on this channel.")
	}
	actions := []string{actionSeen}
	if s.Typing {
		actions = append(actions, actionTyping)
	}
	for _, action := range actions {
		var answer struct{}
		if err := c.graph.Post(ctx, s.Token, s.Account, messages, acting{Recipient: to, Action: action}, &answer); err != nil {
			return err
		}
	}
	return nil
}
