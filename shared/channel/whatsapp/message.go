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
	if told := remarkOf(m); told != nil {
		told.Channel, told.Account, told.At, told.Customer = desk.WhatsApp, account, r.at(m.Timestamp), customer
		r.events = append(r.events, channel.Event{Remark: told})
		return
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
	case "system":
		s = saying{kind: desk.SystemMessage, fallback: "[system]"}
		if v := m.System.Value; v != nil {
			s.fallback = bracket("system", string(v.Body))
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

// remarkOf is what the customer did to a message that is there already; nil for a message of its own.
func remarkOf(m *message) *desk.Remark {
	switch m.Type {
	case "reaction":
		if v := m.Reaction.Value; v != nil {
			return &desk.Remark{Kind: desk.RemarkReaction, About: string(v.MessageID), Text: string(v.Emoji)}
		}
	case "edit":
		if v := m.Edit.Value; v != nil && v.Message.Value != nil {
			now := v.Message.Value.says()
			return &desk.Remark{Kind: desk.RemarkEdit, About: string(v.OriginalID), Text: clip(now.text), Fallback: clip(now.fallback)}
		}
	case "revoke":
		if v := m.Revoke.Value; v != nil {
			return &desk.Remark{Kind: desk.RemarkRevoke, About: string(v.OriginalID)}
		}
	}
	return nil
}
