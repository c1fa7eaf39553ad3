package whatsapp

import (
	"fmt"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// saying is what a message says, in our words.
type saying struct {
	kind     desk.MessageKind
	text     string // what was written
	fallback string // what to show where the kind has no view; empty for text
	detail   desk.Detail
}

// says tells what the content says. A kind we do not know, or that has no content, is still a message: the customer
// waits for an answer to it.
func (c *content) says() saying {
	switch c.Type {
	case "text":
		if c.Text.Value != nil && c.Text.Value.Body != "" {
			return saying{kind: desk.TextMessage, text: string(c.Text.Value.Body)}
		}
		return saying{kind: desk.UnsupportedMessage, fallback: "[empty message]"}
	case "image":
		return attached(desk.ImageMessage, "image", c.Image.Value)
	case "video":
		return attached(desk.VideoMessage, "video", c.Video.Value)
	case "audio":
		if v := c.Audio.Value; v != nil && is(v.Voice) {
			return attached(desk.AudioMessage, voiceMessage, v)
		}
		return attached(desk.AudioMessage, "audio", c.Audio.Value)
	case "voice":
		return attached(desk.AudioMessage, voiceMessage, c.Voice.Value)
	case "document":
		return attached(desk.DocumentMessage, "document", c.Document.Value)
	case "sticker":
		return attached(desk.StickerMessage, "sticker", c.Sticker.Value)
	case "location":
		return place(c.Location.Value)
	case "contacts":
		return cards(c.Contacts.Value)
	case "interactive":
		return answered(c.Interactive.Value)
	case "button":
		if v := c.Button.Value; v != nil {
			return chosen(choice{ID: v.Payload, Title: v.Text})
		}
		return chosen(choice{})
	case "order":
		return ordered(c.Order.Value)
	}
	return c.unsupported()
}

// unsupported is a message that WhatsApp does not pass on, or of a kind we do not know. Which one it was is named where
// WhatsApp tells; its explanation is not shown, lest it be taken for the customer's words.
func (c *content) unsupported() saying {
	s := saying{kind: desk.UnsupportedMessage, fallback: "[unsupported message]"}
	if v := c.Unsupported.Value; v != nil && v.Type != "unknown" {
		s.fallback = meta.Bracket("unsupported message", meta.Label(string(v.Type)))
	}
	return s
}

// voiceMessage is how the fallback names an audio that was recorded for the message.
const voiceMessage = "voice message"

// attached is a message with a file, of which only the reference comes. One with nothing to fetch it by has no
// attachment.
func attached(kind desk.MessageKind, name string, v *media) saying {
	if v == nil {
		return saying{kind: kind, fallback: meta.Bracket(name)}
	}
	caption := string(v.Caption)
	a := desk.Attachment{
		Kind:     kind,
		MediaID:  whole(v.ID, meta.IDMax),
		URL:      meta.Link(v.URL),
		MimeType: meta.Line(string(v.MimeType), meta.LineMax),
		SHA256:   whole(v.SHA256, meta.IDMax),
		Name:     meta.Line(string(v.Filename), meta.LineMax),
		Voice:    name == voiceMessage,
		Animated: is(v.Animated),
	}
	s := saying{kind: kind, text: caption, fallback: meta.Bracket(name, a.Name, caption)}
	if a.MediaID != "" || a.URL != "" {
		s.detail.Attachments = []desk.Attachment{a}
	}
	return s
}

func place(l *location) saying {
	s := saying{kind: desk.LocationMessage, fallback: meta.Bracket("location")}
	if l == nil {
		return s
	}
	where := desk.Location{
		Name:    meta.Line(string(l.Name), meta.LineMax),
		Address: meta.Line(string(l.Address), meta.LineMax),
		URL:     meta.Link(l.URL),
	}
	s.fallback = meta.Bracket("location", where.Name, where.Address)
	if where.Latitude, where.Longitude = meta.Degrees(l.Latitude, l.Longitude); where.Latitude != "" {
		s.fallback += fmt.Sprintf(" (%s, %s)", where.Latitude, where.Longitude)
	}
	s.detail.Location = where
	return s
}

// How much is kept of shared contacts.
const (
	cardsMax  = 10 // contacts
	waysMax   = 5  // phone numbers, and as many e-mail addresses, of one
	numberMax = 64 // code points of a phone number
)

func cards(list *meta.List[card]) saying {
	s := saying{kind: desk.ContactsMessage, fallback: meta.Bracket("contact")}
	if list == nil {
		return s
	}
	names := make([]string, 0, min(len(list.Items), cardsMax)+1)
	for i := range list.Items {
		if i == cardsMax {
			names = append(names, fmt.Sprintf("and %d more", len(list.Items)-cardsMax))
			break
		}
		c := cardOf(&list.Items[i])
		s.detail.Cards = append(s.detail.Cards, c)
		switch {
		case c.Name != "":
			names = append(names, c.Name)
		case len(c.Phones) > 0:
			names = append(names, c.Phones[0])
		default:
			names = append(names, "no name")
		}
	}
	s.fallback = meta.Bracket("contact", names...)
	return s
}

func cardOf(from *card) desk.Card {
	var c desk.Card
	if n := from.Name.Value; n != nil {
		if c.Name = meta.Line(string(n.Formatted), meta.LineMax); c.Name == "" {
			c.Name = meta.Line(string(n.First), meta.LineMax)
		}
	}
	for _, p := range from.Phones.Items {
		number := meta.Line(string(p.Phone), numberMax)
		if id := digits(p.WaID); number == "" && id != "" {
			number = "+" + id
		}
		if number != "" && len(c.Phones) < waysMax {
			c.Phones = append(c.Phones, number)
		}
	}
	for _, e := range from.Emails.Items {
		if address := meta.Line(string(e.Email), meta.LineMax); address != "" && len(c.Emails) < waysMax {
			c.Emails = append(c.Emails, address)
		}
	}
	return c
}
