package whatsapp

import (
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
)

// message adds a message, or why it is left out.
func (r *reading) message(account string, m *message, known people) {
	if reason := checkID(m.ID); reason != "" {
		r.ignore(reason, "message")
		return
	}
	if m.GroupID != "" {
		r.ignore(IgnoredGroup, "")
		return
	}
	customer, reason := customerOf(m, known)
	if reason != "" {
		r.ignore(reason, string(m.Type))
		return
	}
	if notice := m.System.Value; notice != nil {
		moved(&customer, notice)
	}
	what := said(m)
	r.events = append(r.events, channel.Event{Arrival: &desk.Arrival{
		Channel:  desk.WhatsApp,
		Account:  account,
		ID:       string(m.ID),
		Customer: customer,
		At:       r.at(m.Timestamp),
		Kind:     what.kind,
		Text:     clip(what.text),
		Fallback: clip(what.fallback),
		ReplyTo:  what.replyTo,
	}})
}

// said tells what a message says and which one it is about.
func said(m *message) saying {
	var s saying
	var about string
	switch m.Type {
	case "reaction":
		s = saying{kind: desk.ReactionMessage, fallback: "[reaction removed]"}
		if v := m.Reaction.Value; v != nil {
			about = string(v.MessageID)
			if v.Emoji != "" {
				s.text, s.fallback = string(v.Emoji), bracket("reaction", string(v.Emoji))
			}
		}
	case "system":
		s = saying{kind: desk.SystemMessage, fallback: "[system]"}
		if v := m.System.Value; v != nil {
			s.fallback = bracket("system", string(v.Body))
		}
	case "edit":
		s = saying{kind: desk.EditMessage, fallback: "[edited]"}
		if v := m.Edit.Value; v != nil {
			about = string(v.OriginalID)
			s = edited(v.Message.Value)
		}
	case "revoke":
		s = saying{kind: desk.RevokeMessage, fallback: "[message deleted]"}
		if v := m.Revoke.Value; v != nil {
			about = string(v.OriginalID)
		}
	default:
		s = m.content.says()
		if v := m.Context.Value; v != nil {
			about = string(v.ID)
		}
	}
	if len(about) <= idMax {
		s.replyTo = about
	}
	return s
}

// edited is what a message says after its edit. The kind of the original is not repeated: an edit changes words only.
func edited(c *content) saying {
	s := saying{kind: desk.EditMessage, fallback: "[edited]"}
	if c == nil {
		return s
	}
	now := c.says()
	s.text = now.text
	if now.kind == desk.TextMessage {
		s.fallback = bracket("edited", now.text)
	} else {
		s.fallback = bracket("edited", now.fallback)
	}
	return s
}
