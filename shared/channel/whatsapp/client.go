package whatsapp

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// Client sends by the WhatsApp Cloud API. It may be used from many goroutines at once.
type Client struct{ graph *meta.Graph }

var _ channel.Sender = Client{}

// NewClient makes a client that talks to the Graph API by g.
func NewClient(g *meta.Graph) Client { return Client{graph: g} }

// messagingProduct stands in every request.
const messagingProduct = "whatsapp"

type sending struct {
	Product   string           `json:"messaging_product"`
	Recipient string           `json:"recipient_type"`
	To        string           `json:"to,omitempty"`        // phone number with its +
	UserID    string           `json:"recipient,omitempty"` // business-scoped user ID, where there is no phone number
	Context   *answering       `json:"context,omitempty"`
	Type      string           `json:"type"`
	Text      *sendingText     `json:"text,omitempty"`
	Template  *sendingTemplate `json:"template,omitempty"`
	Callback  string           `json:"biz_opaque_callback_data,omitempty"` // comes back in each status
}

type answering struct {
	MessageID string `json:"message_id"`
}

type sendingText struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url"`
}

type accepted struct {
	Messages []struct {
		ID string `json:"id"`
	} `json:"messages"`
}

// Send sends a text, or a template with its values, and returns WhatsApp's ID of it, which means accepted, not delivered. It goes to the phone number
// where there is one and else to the user ID. The message's own ID goes along, so that every status names it. A link
// in the text gets no preview. Errors are those of channel.Sender; a text that is empty or longer than the channel's
// limit, and a customer without an address, are refused without asking WhatsApp.
func (c Client) Send(ctx context.Context, out channel.Outgoing) (string, error) {
	request := sending{Product: messagingProduct, Recipient: "individual", Callback: out.Message}
	request.To, request.UserID = recipient(out.To)
	request.Type, request.Text, request.Template = written(out)
	if out.ReplyTo != "" {
		request.Context = &answering{MessageID: out.ReplyTo}
	}
	if err := sendable(request, out.Text); err != nil {
		return "", err
	}
	var answer accepted
	if err := c.graph.Post(ctx, out.Token, out.Account, messages, request, &answer); err != nil {
		return "", err
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		return "", errors.New("whatsapp's answer names no message")
	}
	return answer.Messages[0].ID, nil
}

// recipient is where a message goes: a phone number, or a business-scoped user ID. With both WhatsApp would take the
// phone number. Source: Meta's page on business-scoped user IDs, read 2026-11.
func recipient(to desk.Address) (phone, user string) {
	switch to.Kind {
	case desk.AddressPhone:
		return "+" + to.Value, ""
	case desk.AddressUserID:
		return "", to.Value
	}
	return "", ""
}

func sendable(s sending, text string) error {
	switch {
	case s.To == "" && s.UserID == "":
		return refuse("no_address", "The customer has no address on this channel.")
	case text == "":
		return refuse("empty_message", "The message is empty.")
	case utf8.RuneCountInString(text) > desk.WhatsApp.ComposeLimit():
		return refuse("too_long", "The message is longer than the channel allows.")
	}
	return nil
}

func refuse(code, advice string) error {
	return &channel.SendError{Problem: desk.Problem{Code: code, Advice: advice}}
}

type seen struct {
	Product   string  `json:"messaging_product"`
	Status    string  `json:"status"`
	MessageID string  `json:"message_id"`
	Typing    *typing `json:"typing_indicator,omitempty"`
}

type typing struct {
	Type string `json:"type"`
}

// MarkSeen shows the customer that the message was read, and those before it, and if asked that the agent is writing:
// for 25 seconds or until he is answered, whichever comes first; WhatsApp has no way to end it before. Doing it again
// is harmless. WhatsApp knows the customer by the message, so that without one it refuses without asking. Source:
// Meta's reference of the messages endpoint, read 2026-11.
func (c Client) MarkSeen(ctx context.Context, s channel.Seen) error {
	var answer struct {
		Success bool `json:"success"`
	}
	if s.Customer == "" {
		return refuse("no_message", "The customer has not written a message yet.")
	}
	request := seen{Product: messagingProduct, Status: "read", MessageID: s.Customer}
	if s.Typing {
		request.Typing = &typing{Type: "text"}
	}
	if err := c.graph.Post(ctx, s.Token, s.Account, messages, request, &answer); err != nil {
		return err
	}
	if !answer.Success {
		return errors.New("whatsapp did not confirm that the message was marked as read")
	}
	return nil
}
