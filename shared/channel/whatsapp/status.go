package whatsapp

import (
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// states gives WhatsApp's status values in our words. A played voice message was at least read. "deleted" and whatever
// comes later say nothing about delivery.
var states = map[meta.Scalar]desk.MessageState{
	"sent":      desk.MessageSent,
	"delivered": desk.MessageDelivered,
	"read":      desk.MessageRead,
	"played":    desk.MessageRead,
	"failed":    desk.MessageFailed,
}

// callbackMax is how long the IDs are that we send along.
const callbackMax = 128

// status adds a status of a message we sent, or why it is left out. What came along as callback data is taken for an
// ID of ours only if it could be one: another program may send by the same number.
func (r *reading) status(account string, s *status) {
	if reason := checkID(s.ID); reason != "" {
		r.ignore(reason, "status")
		return
	}
	if s.RecipientType == "group" {
		r.ignore(IgnoredGroupState, string(s.Status))
		return
	}
	state, ok := states[s.Status]
	if !ok {
		r.ignore(IgnoredState, string(s.Status))
		return
	}
	told := &desk.Status{
		Channel:    desk.WhatsApp,
		Account:    account,
		ProviderID: string(s.ID),
		Message:    meta.Word(string(s.Callback), callbackMax),
		State:      state,
		At:         meta.At(r.now, s.Timestamp),
	}
	if state == desk.MessageFailed {
		told.Problem = problemOf(s.Errors.Items)
	}
	r.events = append(r.events, channel.Event{Status: told})
}

// problemOf is what the first error with a code says.
func problemOf(told []graphError) desk.Problem {
	for _, e := range told {
		if code, ok := e.Code.Int(); ok {
			subcode, _ := e.Subcode.Int()
			return meta.Problem(code, subcode)
		}
	}
	return desk.Problem{Code: "not_delivered", Advice: "The channel did not deliver the message and gave no reason."}
}
