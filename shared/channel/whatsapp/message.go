package whatsapp

import (
	"strings"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// message adds a message of a customer's, or why it is left out.
func (r *reading) message(account string, m *message, known people) {
	if reason := checkID(m.ID); reason != "" {
		r.ignore(reason, "message")
		return
	}
	if m.GroupID != "" {
		r.ignore(IgnoredGroup, "")
		return
	}
	customer, reason := known.sender(m)
	if reason != "" {
		r.ignore(reason, string(m.Type))
		return
	}
	if m.remarks() {
		r.remark(account, m, customer, false)
		return
	}
	told := r.arrival(account, m, customer)
	told.Referral = referralOf(m.Referral.Value)
	told.Entrance.Ref = told.Referral.ID
	r.events = append(r.events, channel.Event{Arrival: told})
}

// echo adds what the business did by other means, or why it is left out.
func (r *reading) echo(account string, e *echo, known people) {
	m := &e.message
	if reason := checkID(m.ID); reason != "" {
		r.ignore(reason, "message")
		return
	}
	if m.GroupID != "" || e.RecipientType == "group" {
		r.ignore(IgnoredGroup, "")
		return
	}
	customer, reason := known.customer(digits(e.To), string(e.ToUserID))
	if reason == IgnoredSender {
		reason = IgnoredRecipient
	}
	switch {
	case reason != "":
		r.ignore(reason, string(m.Type))
	case m.Type == "reaction":
		r.ignore(IgnoredOwn, string(m.Type))
	case m.remarks():
		r.remark(account, m, customer, true)
	default:
		told := r.arrival(account, m, customer)
		told.Elsewhere = true
		r.events = append(r.events, channel.Event{Arrival: told})
	}
}

func (r *reading) arrival(account string, m *message, customer desk.Customer) *desk.Arrival {
	what := said(m)
	told := &desk.Arrival{
		Channel:  desk.WhatsApp,
		Account:  account,
		ID:       string(m.ID),
		Customer: customer,
		At:       meta.At(r.now, m.Timestamp),
		Kind:     what.kind,
		Text:     meta.Clip(what.text, meta.TextMax),
		Fallback: meta.Clip(what.fallback, meta.TextMax),
		Detail:   what.detail,
	}
	if about := m.Context.Value; about != nil {
		told.ReplyTo = whole(about.ID, meta.IDMax)
		told.Forwarded = is(about.Forwarded) || is(about.Frequently)
		if p := about.Product.Value; p != nil {
			told.Product = desk.Product{Catalog: whole(p.Catalog, meta.IDMax), ID: whole(p.ID, meta.IDMax)}
		}
	}
	return told
}

// said tells what a message says. A notice that somebody has a new user ID names only IDs that mean nothing to anyone,
// so it is told in our words.
func said(m *message) saying {
	if m.Type != "system" {
		return m.content.says()
	}
	s := saying{kind: desk.SystemMessage, fallback: "[system]"}
	switch v := m.System.Value; {
	case v == nil:
	case v.Type == changedUserID:
		s.fallback = "[system] The customer has a new ID at the channel"
	default:
		s.fallback = meta.Bracket("system", string(v.Body))
	}
	return s
}

func is(b meta.Maybe[bool]) bool { return b.Value != nil && *b.Value }

func referralOf(v *referral) desk.Referral {
	if v == nil {
		return desk.Referral{}
	}
	return desk.Referral{
		Source:   strings.ToLower(meta.Label(string(v.SourceType))),
		ID:       whole(v.SourceID, meta.IDMax),
		URL:      meta.Link(v.SourceURL),
		Headline: meta.Line(string(v.Headline), meta.LineMax),
		Body:     meta.Clip(string(v.Body), valueMax),
		Click:    whole(v.Click, meta.IDMax),
	}
}
