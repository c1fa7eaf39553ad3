package whatsapp

import (
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// remarks says whether the message does something to one that is there already.
func (m *message) remarks() bool {
	switch m.Type {
	case "reaction", "edit", "revoke":
		return true
	}
	return false
}

// remark adds what was done to a message that is there already, or why it is left out.
func (r *reading) remark(account string, m *message, customer desk.Customer, elsewhere bool) {
	told := remarkOf(m)
	if told == nil {
		r.ignore(IgnoredRemark, string(m.Type))
		return
	}
	if len(told.About) > meta.IDMax {
		r.ignore(IgnoredLongID, string(m.Type))
		return
	}
	told.Channel, told.Account, told.At = desk.WhatsApp, account, meta.At(r.now, m.Timestamp)
	told.Customer, told.Elsewhere = customer, elsewhere
	r.events = append(r.events, channel.Event{Remark: told})
}

// emojiMax is how many code points of an emoji are kept; those of a family with skin tones have eleven.
const emojiMax = 32

// remarkOf is what the message does, without who did it and when; nil when it says too little.
func remarkOf(m *message) *desk.Remark {
	told := &desk.Remark{}
	switch {
	case m.Type == "reaction" && m.Reaction.Value != nil:
		told.Kind, told.About = desk.RemarkReaction, string(m.Reaction.Value.MessageID)
		told.Text = meta.Line(string(m.Reaction.Value.Emoji), emojiMax)
	case m.Type == "edit" && m.Edit.Value != nil && m.Edit.Value.Message.Value != nil:
		now := m.Edit.Value.Message.Value.says()
		told.Kind, told.About = desk.RemarkEdit, string(m.Edit.Value.OriginalID)
		told.Text, told.Fallback = meta.Clip(now.text, meta.TextMax), meta.Clip(now.fallback, meta.TextMax)
	case m.Type == "revoke" && m.Revoke.Value != nil:
		told.Kind, told.About = desk.RemarkRevoke, string(m.Revoke.Value.OriginalID)
	}
	if told.About == "" {
		return nil
	}
	return told
}
