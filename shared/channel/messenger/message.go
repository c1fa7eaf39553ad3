package messenger

import (
	"strings"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// message adds a message, what became of one, or why it is left out.
func (r *reading) message(s scene, m *message) {
	if reason := checkID(m.MID); reason != "" {
		r.ignore(reason, nameMessage)
		return
	}
	if m.Deleted {
		told := s.remark(desk.RemarkRevoke, m.MID)
		told.Elsewhere = bool(m.Echo)
		r.add(channel.Event{Remark: told})
		return
	}
	r.add(channel.Event{Arrival: s.said(m)})
}

// oursLen is the length of the IDs we send along: 32 hexadecimal digits in lower case.
const oursLen = 32

// ours says whether the metadata of an echo could be an ID of ours: another app may send by the same page and use the
// field in its own way.
func ours(metadata string) bool {
	return len(metadata) == oursLen && strings.Trim(metadata, "0123456789abcdef") == ""
}

// said is the message as it arrived; that of an echo was sent by us, by another app, or in the page's inbox.
func (s scene) said(m *message) *desk.Arrival {
	a := s.arrival(string(m.MID))
	a.Elsewhere = bool(m.Echo)
	if a.Elsewhere && ours(string(m.Metadata)) {
		a.Sent = string(m.Metadata)
	}
	m.say(a)
	if v := m.ReplyTo.Value; v != nil && len(v.MID) <= meta.IDMax {
		a.ReplyTo = string(v.MID)
	}
	came(a, m.Referral, s.Referral)
	return a
}

func (s scene) arrival(id string) *desk.Arrival {
	return &desk.Arrival{Channel: desk.Messenger, Account: s.account, ID: id, Customer: s.customer, At: s.at}
}

func (s scene) remark(kind desk.RemarkKind, about meta.Scalar) *desk.Remark {
	return &desk.Remark{
		Channel:  desk.Messenger,
		Account:  s.account,
		About:    string(about),
		Kind:     kind,
		At:       s.at,
		Customer: s.customer,
	}
}

// edit adds what a message says now. How often it was edited before does not matter: the newest time does.
func (r *reading) edit(s scene, e *edit) {
	if reason := checkID(e.MID); reason != "" {
		r.ignore(reason, nameEdit)
		return
	}
	told := s.remark(desk.RemarkEdit, e.MID)
	told.Elsewhere = s.byPage()
	told.Text = meta.Clip(string(e.Text), meta.TextMax)
	if told.Text == "" {
		told.Fallback = emptyMessage
	}
	r.add(channel.Event{Remark: told})
}

// emojis stand in for reactions that come as a word only.
var emojis = map[meta.Scalar]string{
	"like":    "👍",
	"dislike": "👎",
	"love":    "❤",
	"smile":   "😆",
	"haha":    "😆",
	"wow":     "😮",
	"sad":     "😢",
	"angry":   "😠",
}

// otherEmoji stands for a reaction of which we know only that there is one; an empty text would take it back.
const otherEmoji = "❓"

// emojiMax is how many code points of an emoji are kept; families and flags have about ten.
const emojiMax = 32

func (r *reading) reaction(s scene, re *reaction) {
	if reason := checkID(re.MID); reason != "" {
		r.ignore(reason, nameReaction)
		return
	}
	told := s.remark(desk.RemarkReaction, re.MID)
	if re.Action != "unreact" {
		told.Text = re.emoji()
	}
	r.add(channel.Event{Remark: told})
}

func (re *reaction) emoji() string {
	if emoji := meta.Line(string(re.Emoji), emojiMax); emoji != "" {
		return emoji
	}
	if emoji, ok := emojis[re.Reaction]; ok {
		return emoji
	}
	return otherEmoji
}
