package whatsapp

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// saying is what a message says, in our words.
type saying struct {
	kind     desk.MessageKind
	text     string // what the customer wrote
	fallback string // what to show where the kind has no view; empty for text
	replyTo  string // the channel's ID of the message it is about
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
		return attached(desk.ImageMessage, "image", c.Image)
	case "video":
		return attached(desk.VideoMessage, "video", c.Video)
	case "audio":
		if v := c.Audio.Value; v != nil && v.Voice.Value != nil && *v.Voice.Value {
			return attached(desk.AudioMessage, "voice message", c.Audio)
		}
		return attached(desk.AudioMessage, "audio", c.Audio)
	case "voice":
		return attached(desk.AudioMessage, "voice message", c.Voice)
	case "document":
		return attached(desk.DocumentMessage, "document", c.Document)
	case "sticker":
		return attached(desk.StickerMessage, "sticker", c.Sticker)
	case "location":
		return saying{kind: desk.LocationMessage, fallback: place(c.Location.Value)}
	case "contacts":
		return saying{kind: desk.ContactsMessage, fallback: cards(c.Contacts.Value)}
	case "interactive":
		return answered(c.Interactive.Value)
	case "button":
		if v := c.Button.Value; v != nil {
			return chosen(choice{Title: v.Text})
		}
		return chosen(choice{})
	case "order":
		return ordered(c.Order.Value)
	}
	return saying{kind: desk.UnsupportedMessage, fallback: "[unsupported message]"}
}

func attached(kind desk.MessageKind, name string, m meta.Maybe[media]) saying {
	v := m.Value
	if v == nil {
		return saying{kind: kind, fallback: bracket(name)}
	}
	caption := string(v.Caption)
	return saying{kind: kind, text: caption, fallback: bracket(name, line(string(v.Filename), nameMax), caption)}
}

func place(l *location) string {
	if l == nil {
		return bracket("location")
	}
	s := bracket("location", line(string(l.Name), nameMax), line(string(l.Address), nameMax))
	latitude, err := strconv.ParseFloat(string(l.Latitude), 64)
	longitude, err2 := strconv.ParseFloat(string(l.Longitude), 64)
	if err != nil || err2 != nil || !(latitude >= -90 && latitude <= 90) || !(longitude >= -180 && longitude <= 180) {
		return s
	}
	return s + fmt.Sprintf(" (%s, %s)", degrees(latitude), degrees(longitude))
}

// degrees gives six decimals at most, which is a tenth of a metre.
func degrees(d float64) string {
	s := strconv.FormatFloat(d, 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// cardsMax is how many names of shared contacts are shown.
const cardsMax = 10

func cards(list *meta.List[card]) string {
	if list == nil {
		return bracket("contact")
	}
	var names []string
	for _, c := range list.Items {
		if len(names) == cardsMax {
			names = append(names, fmt.Sprintf("and %d more", len(list.Items)-cardsMax))
			break
		}
		names = append(names, cardName(c))
	}
	return bracket("contact", names...)
}

func cardName(c card) string {
	if n := c.Name.Value; n != nil {
		if n.Formatted != "" {
			return line(string(n.Formatted), nameMax)
		}
		if n.First != "" {
			return line(string(n.First), nameMax)
		}
	}
	if len(c.Phones.Items) > 0 {
		return line(string(c.Phones.Items[0].Phone), nameMax)
	}
	return "no name"
}

func answered(i *interactive) saying {
	switch {
	case i == nil:
		return chosen(choice{})
	case i.Button.Value != nil:
		return chosen(*i.Button.Value)
	case i.List.Value != nil:
		return chosen(*i.List.Value)
	case i.Form.Value != nil:
		return saying{kind: desk.FormMessage, fallback: bracket("form", answers(string(i.Form.Value.Response))...)}
	}
	return chosen(choice{})
}

func chosen(c choice) saying {
	title := string(c.Title)
	return saying{kind: desk.ReplyMessage, text: title, fallback: bracket("reply", title, string(c.Description))}
}

// formToken is the answer in which WhatsApp repeats what the business called the form.
const formToken = "flow_token"

// answers lists what a form's answer says, by name of the field. A form that is no JSON object says nothing we could
// show.
func answers(response string) []string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(response), &fields); err != nil {
		return nil
	}
	delete(fields, formToken)
	list := make([]string, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var words string
		if err := json.Unmarshal(fields[name], &words); err != nil {
			words = string(fields[name])
		}
		list = append(list, name+": "+words)
	}
	return list
}

func ordered(o *order) saying {
	s := saying{kind: desk.OrderMessage, fallback: bracket("order")}
	if o == nil {
		return s
	}
	s.text = string(o.Text)
	count := strconv.Itoa(len(o.Items.Items)) + " items"
	if len(o.Items.Items) == 1 {
		count = "1 item"
	}
	s.fallback = bracket("order", count, s.text)
	return s
}

// bracket is "[name] part, part" without the empty parts.
func bracket(name string, parts ...string) string {
	full := slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" })
	if len(full) == 0 {
		return "[" + name + "]"
	}
	return "[" + name + "] " + strings.Join(full, ", ")
}

// textMax is how many bytes of a text are kept: no message of WhatsApp's comes near, and records stay far below what
// the database takes.
const textMax = 65536

// clip cuts s to textMax bytes, between two code points.
func clip(s string) string {
	if len(s) <= textMax {
		return s
	}
	end := textMax
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
