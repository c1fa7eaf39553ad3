package messenger

import (
	"fmt"
	"strings"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// What is shown of messages that say nothing we could show.
const (
	emptyMessage       = "[empty message]"
	unsupportedMessage = "unsupported message"
)

// payloadMax is how many bytes of a button's payload are kept; Meta allows 1000 characters. Source: Send API reference,
// read 2026-11.
const payloadMax = 4000

// say fills in what the message says. A message with nothing in it still arrives: the customer waits for an answer.
func (m *message) say(a *desk.Arrival) {
	a.Text = meta.Clip(string(m.Text), meta.TextMax)
	parts, more := m.parts()
	attach(a, parts)
	choice := m.QuickReply.Value
	switch {
	case bool(m.Unsupported):
		a.Kind, a.Fallback = desk.UnsupportedMessage, meta.Bracket(unsupportedMessage, a.Text)
	case choice != nil:
		choose(a, a.Text, choice.Payload)
	case len(parts) > 0:
		a.Kind, a.Fallback = parts[0].kind, shown(parts, more, a.Text)
	case a.Text != "":
		a.Kind = desk.TextMessage
	case m.StickerID != "":
		a.Kind, a.Fallback = desk.StickerMessage, meta.Bracket("sticker")
	case more > 0:
		a.Kind, a.Fallback = desk.UnsupportedMessage, meta.Bracket(unsupportedMessage)
	default:
		a.Kind, a.Fallback = desk.UnsupportedMessage, emptyMessage
	}
	a.Fallback = meta.Clip(a.Fallback, meta.TextMax)
}

// choose makes the arrival the choice of a button. One without a title is shown by what the business put behind it.
func choose(a *desk.Arrival, title string, payload meta.Scalar) {
	a.Kind, a.Text = desk.ReplyMessage, title
	a.Choice = desk.Selection{ID: meta.Clip(string(payload), payloadMax), Title: title}
	if title == "" {
		title = meta.Line(string(payload), meta.LineMax)
	}
	a.Fallback = meta.Bracket("reply", title)
}

// shown is what to show of a message with attachments: each in brackets with its words, then what was written.
func shown(parts []part, more int, text string) string {
	shown := make([]string, 0, len(parts)+2)
	for _, p := range parts {
		shown = append(shown, meta.Bracket(p.name, p.words...))
	}
	if more > 0 {
		shown = append(shown, fmt.Sprintf("[and %d more]", more))
	}
	if text == "" {
		return strings.Join(shown, " ")
	}
	if last := len(shown) - 1; more == 0 && len(parts[last].words) > 0 {
		return strings.Join(shown, " ") + ", " + text
	}
	return strings.Join(append(shown, text), " ")
}

// attach fills in what the parts consist of.
func attach(a *desk.Arrival, parts []part) {
	for _, p := range parts {
		if p.file.URL != "" {
			a.Attachments = append(a.Attachments, p.file)
		}
		if a.Location == (desk.Location{}) {
			a.Location = p.place
		}
		if a.Product == (desk.Product{}) {
			a.Product = p.product
		}
	}
}
