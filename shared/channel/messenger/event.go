package messenger

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// The vendor's names of the events we read.
const (
	nameMessage  = "message"
	namePostback = "postback"
	nameEdit     = "message_edit"
	nameReaction = "reaction"
	nameDelivery = "delivery"
	nameRead     = "read"
	nameReferral = "referral"
	namePassed   = "pass_thread_control"
	nameTaken    = "take_thread_control"
)

var names = []string{nameMessage, namePostback, nameEdit, nameReaction, nameDelivery, nameRead, nameReferral, namePassed, nameTaken}

// eventReasons gives the known events we leave aside a reason of their own. Source: Meta's webhook event reference,
// read 2026-11.
var eventReasons = map[string]string{
	"optin":                          "optin",
	"account_linking":                "account_linking",
	"app_roles":                      "app_roles",
	"request_thread_control":         "request_thread_control",
	"policy-enforcement":             "policy_enforcement",
	"policy_enforcement":             "policy_enforcement",
	"game_play":                      "game_play",
	"payment":                        "payment",
	"checkout_update":                "payment",
	"pre_checkout":                   "payment",
	"messaging_feedback":             "feedback",
	"response_feedback":              "feedback",
	"messaging_customer_information": "customer_information",
}

// scene is one event and who it concerns.
type scene struct {
	*event
	account  string
	customer desk.Customer
	at       time.Time
	stamp    meta.Scalar // the vendor's time as written; the same in every repeat
}

// event adds what the event tells, or why it is left out.
func (r *reading) event(entry *meta.Entry, raw json.RawMessage) {
	e, ok := readEvent(raw)
	if !ok {
		r.ignore(IgnoredUnreadable, "event")
		return
	}
	name := e.name()
	if name == "" {
		r.ignore(leftOut(raw))
		return
	}
	account := accountOf(entry, e)
	if account == "" {
		r.ignore(IgnoredAccount, name)
		return
	}
	customer, reason := customerOf(e, account)
	if reason != "" {
		r.ignore(reason, name)
		return
	}
	s := scene{event: e, account: account, customer: customer, at: meta.At(r.now, e.Timestamp, entry.Time), stamp: e.Timestamp}
	if s.stamp == "" {
		s.stamp = entry.Time
	}
	r.tell(name, s)
}

// readEvent decodes an event, which is an object or null.
func readEvent(raw json.RawMessage) (*event, bool) {
	if raw[0] != '{' {
		return new(event), string(raw) == "null"
	}
	e := new(event)
	err := json.Unmarshal(raw, e)
	return e, err == nil
}

func (r *reading) tell(name string, s scene) {
	switch name {
	case nameMessage:
		r.message(s, s.Message.Value)
	case namePostback:
		r.postback(s, s.Postback.Value)
	case nameEdit:
		r.edit(s, s.Edit.Value)
	case nameReaction:
		r.reaction(s, s.Reaction.Value)
	case nameDelivery:
		r.delivery(s, s.Delivery.Value)
	case nameRead:
		r.read(s, s.Read.Value)
	case nameReferral:
		r.referral(s, s.Referral.Value)
	case namePassed:
		r.passed(s, s.Passed.Value)
	case nameTaken:
		r.taken(s)
	}
}

// name is what the event is. A message may carry further parts, such as the referral it came by; it is a message then.
func (e *event) name() string {
	switch {
	case e.Message.Value != nil:
		return nameMessage
	case e.Postback.Value != nil:
		return namePostback
	case e.Edit.Value != nil:
		return nameEdit
	case e.Reaction.Value != nil:
		return nameReaction
	case e.Delivery.Value != nil:
		return nameDelivery
	case e.Read.Value != nil:
		return nameRead
	case e.Referral.Value != nil:
		return nameReferral
	case e.Passed.Value != nil:
		return namePassed
	case e.Taken.Value != nil:
		return nameTaken
	}
	return ""
}

// leftOut says why an event without a part we read is left out.
func leftOut(raw json.RawMessage) (reason, what string) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return IgnoredUnreadable, "event"
	}
	for _, name := range names {
		if _, ok := parts[name]; ok {
			return IgnoredUnreadable, name
		}
	}
	for _, about := range []string{"sender", "recipient", "timestamp"} {
		delete(parts, about)
	}
	if len(parts) == 0 {
		return IgnoredEmpty, "event"
	}
	unknown := slices.Sorted(maps.Keys(parts))
	for _, name := range unknown {
		if reason, ok := eventReasons[name]; ok {
			return reason, name
		}
	}
	return IgnoredEvent, joined(unknown)
}

// joined lists names, divided by "/", as far as they look like names and the list still makes a label.
func joined(names []string) string {
	list := ""
	for _, name := range names {
		longer := strings.TrimPrefix(list+"/"+meta.Label(name), "/")
		if meta.Label(name) != "" && meta.Label(longer) != "" {
			list = longer
		}
	}
	return list
}

func (e *event) echo() bool { return e.Message.Value != nil && bool(e.Message.Value.Echo) }

func (e *event) handover() bool { return e.Passed.Value != nil || e.Taken.Value != nil }

// accountOf is the page the event is for. It becomes part of document names. An echo is sent by the page, all else is
// sent to it.
func accountOf(entry *meta.Entry, e *event) string {
	if account := meta.Word(string(entry.ID), meta.AccountMax); account != "" {
		return account
	}
	page := e.Recipient
	if e.echo() {
		page = e.Sender
	}
	return meta.Word(string(idOf(page)), meta.AccountMax)
}

// byPage says whether the event names the page as the one who did it.
func (s scene) byPage() bool { return idOf(s.Sender) == meta.Scalar(s.account) }

// customerOf is the customer of an event of the account. Without one the reason says why. What a customer does names
// him as the sender. Of an echo, an edit, and where a conversation changes hands, he is whoever is not the page.
func customerOf(e *event, account string) (c desk.Customer, reason string) {
	page := meta.Scalar(account)
	who, other := idOf(e.Sender), idOf(e.Recipient)
	if e.echo() && other != page || (e.handover() || e.Edit.Value != nil) && who == page {
		who = other
	}
	switch {
	case who == "":
		return c, IgnoredSender
	case who == page:
		return c, IgnoredOwn
	case len(who) > meta.IDMax:
		return c, IgnoredLongID
	}
	return desk.Customer{Addresses: []desk.Address{{Kind: desk.AddressPSID, Value: string(who)}}}, ""
}

func idOf(p meta.Maybe[party]) meta.Scalar {
	if p.Value == nil {
		return ""
	}
	return p.Value.ID
}

// checkID says why an ID cannot be used; empty when it can.
func checkID(id meta.Scalar) (reason string) {
	switch {
	case id == "":
		return IgnoredID
	case len(id) > meta.IDMax:
		return IgnoredLongID
	}
	return ""
}
