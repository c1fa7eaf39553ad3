package whatsapp

import (
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// marketing is the one category of messages WhatsApp knows preferences for, and the values say whether the customer
// takes them. Source: Meta's webhook reference of user_preferences (2026-05-21), read 2026-11.
const marketing = "marketing_messages"

var takesMarketing = map[meta.Scalar]bool{"resume": true, "stop": false}

// preference adds what a customer wants to be sent, or why it is left out.
func (r *reading) preference(account string, p *preference, known people) {
	if p.Category != marketing {
		r.ignore(IgnoredPreference, string(p.Category))
		return
	}
	takes, ok := takesMarketing[p.Value]
	if !ok {
		r.ignore(IgnoredPreference, string(p.Value))
		return
	}
	customer, reason := known.customer(digits(p.WaID), string(p.UserID))
	if reason != "" {
		r.ignore(reason, preferences)
		return
	}
	r.events = append(r.events, channel.Event{Preference: &desk.Preference{
		Channel:   desk.WhatsApp,
		Account:   account,
		Customer:  customer,
		At:        meta.At(r.now, p.Timestamp),
		Marketing: takes,
	}})
}
