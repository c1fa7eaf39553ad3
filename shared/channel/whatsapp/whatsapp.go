// Package whatsapp reads the webhooks of the WhatsApp Business Cloud API and sends by it.
package whatsapp

import (
	"strings"
	"time"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
)

// object is what WhatsApp's webhooks are about.
const object = "whatsapp_business_account"

// The subscribed fields whose changes we read.
const (
	messages    = "messages"
	appEchoes   = "smb_message_echoes" // what the business sent by its WhatsApp Business app
	echoes      = "message_echoes"     // the same, of other programs
	userUpdates = "user_id_update"
	preferences = "user_preferences"
)

// The reasons for leaving out a part of a webhook, besides those in fieldReasons. They are counted under these names.
const (
	IgnoredObject     = "unknown_object"     // the webhook is about something else; What names it
	IgnoredField      = "unknown_field"      // a subscribed field we do not read; What names it
	IgnoredEmpty      = "empty"              // an envelope, entry or change with nothing in it; What says which
	IgnoredUnreadable = "unreadable"         // an entry, change or contact of the wrong shape; What says which
	IgnoredMessage    = "unreadable_message" // a message of the wrong shape
	IgnoredRemark     = "unreadable_remark"  // a reaction, edit or deletion that does not say of what, or an edit to what; What says which
	IgnoredStatus     = "unreadable_status"  // a status of the wrong shape
	IgnoredAccount    = "no_account"         // a change that does not say, in letters and digits, which number it is for; What names the field
	IgnoredID         = "no_id"              // a message or status without an ID
	IgnoredLongID     = "id_too_long"        // an ID of more than 512 bytes
	IgnoredSender     = "no_sender"          // names nobody by phone number or user ID; What is the message's type, or the field
	IgnoredRecipient  = "no_recipient"       // a message of the business's that does not say to whom
	IgnoredGroup      = "group_message"      // a message in a group
	IgnoredGroupState = "group_status"       // a status of a message to a group
	IgnoredState      = "unknown_status"     // a status value we do not know; What names it
	IgnoredOwn        = "own_reaction"       // the business's reaction by other means: only a customer's is kept
	IgnoredRenaming   = "nothing_new"        // an update of a user ID that names one address only
	IgnoredPreference = "unknown_preference" // a preference for other messages than marketing, or with a value we do not know; What names it
	IgnoredError      = "channel_error"      // an error told by itself; What is Meta's code
)

// fieldReasons gives the known fields we leave aside a reason of their own; a key ending in "_" stands for all fields
// that begin so. Source: Meta's list of webhook fields, read 2026-11.
var fieldReasons = []struct{ field, reason string }{
	{"smb_app_state_sync", "history"},
	{"history", "history"},
	{"calls", "call"},
	{"message_template_", "template_update"},
	{"template_", "template_update"},
	{"account_", "account_update"},
	{"business_", "account_update"},
	{"phone_number_", "account_update"},
	{"group_", "group_update"},
}

// Parse reads the body of a webhook, already verified, into what we know of: messages of customers and what they did to
// them, messages the business sent by other means, statuses of ours, new addresses and preferences of customers, in the
// order they stand in. now is the time of arrival; it stands in for a time that cannot be read or lies in the future.
// What is not for us is in ignored, with the reason. A part of the wrong shape spoils only itself, and a message in a
// form we do not know still arrives, without its content. An ID that comes twice is returned twice.
//
// The error is a fault.Invalid, with code malformed_json or wrong_shape, and then there is nothing else.
func Parse(body []byte, now time.Time) (events []channel.Event, ignored []channel.Ignored, err error) {
	envelope, err := meta.ReadEnvelope(body)
	if err != nil {
		return nil, nil, err
	}
	r := reading{now: now.UTC()}
	r.envelope(envelope)
	return r.events, r.ignored, nil
}

// reading collects what one body holds.
type reading struct {
	now     time.Time
	events  []channel.Event
	ignored []channel.Ignored
}

func (r *reading) ignore(reason, what string) {
	r.ignored = append(r.ignored, channel.Ignored{Reason: reason, What: meta.Label(what)})
}

func (r *reading) ignoreOdd(n int, reason, what string) {
	for range n {
		r.ignore(reason, what)
	}
}

func (r *reading) envelope(e meta.Envelope) {
	if e.Object != object {
		r.ignore(IgnoredObject, string(e.Object))
		return
	}
	r.ignoreOdd(e.Entries.Odd, IgnoredUnreadable, "entry")
	if len(e.Entries.Items)+e.Entries.Odd == 0 {
		r.ignore(IgnoredEmpty, "envelope")
	}
	for _, entry := range e.Entries.Items {
		r.ignoreOdd(entry.Changes.Odd, IgnoredUnreadable, "change")
		if len(entry.Changes.Items)+entry.Changes.Odd == 0 {
			r.ignore(IgnoredEmpty, "entry")
		}
		for _, change := range entry.Changes.Items {
			r.change(change)
		}
	}
}

func (r *reading) change(c meta.Change) {
	field := string(c.Field)
	switch field {
	case messages, appEchoes, echoes, userUpdates, preferences:
	default:
		r.ignore(fieldReason(field), field)
		return
	}
	value, ok := readValue(c.Value)
	if !ok {
		r.ignore(IgnoredUnreadable, "change")
		return
	}
	before := len(r.events) + len(r.ignored)
	r.value(field, &value)
	if len(r.events)+len(r.ignored) == before {
		r.ignore(IgnoredEmpty, "change")
	}
}

func fieldReason(field string) string {
	for _, f := range fieldReasons {
		if field == f.field || strings.HasSuffix(f.field, "_") && strings.HasPrefix(field, f.field) {
			return f.reason
		}
	}
	return IgnoredField
}

// value reads the lists that belong to the field.
func (r *reading) value(field string, v *value) {
	for _, e := range v.Errors.Items {
		r.ignore(IgnoredError, string(e.Code))
	}
	r.ignoreOdd(v.Errors.Odd, IgnoredError, "")
	if v.told(field) == 0 {
		return
	}
	account := accountOf(v)
	if account == "" {
		r.ignore(IgnoredAccount, field)
		return
	}
	r.ignoreOdd(v.Contacts.Odd, IgnoredUnreadable, "contact")
	switch field {
	case messages:
		r.messages(account, v)
	case appEchoes, echoes:
		r.ignoreOdd(v.Echoes.Odd, IgnoredMessage, "")
		known := newPeople(v.Contacts.Items, len(v.Echoes.Items))
		for i := range v.Echoes.Items {
			r.echo(account, &v.Echoes.Items[i], known)
		}
	case userUpdates:
		r.ignoreOdd(v.Updates.Odd, IgnoredUnreadable, field)
		known := newPeople(v.Contacts.Items, len(v.Updates.Items))
		for i := range v.Updates.Items {
			r.userUpdate(account, &v.Updates.Items[i], known)
		}
	case preferences:
		r.ignoreOdd(v.Preferences.Odd, IgnoredUnreadable, field)
		known := newPeople(v.Contacts.Items, len(v.Preferences.Items))
		for i := range v.Preferences.Items {
			r.preference(account, &v.Preferences.Items[i], known)
		}
	}
}

// told is how many elements the value has that belong to the field, right or odd.
func (v *value) told(field string) int {
	switch field {
	case messages:
		return len(v.Messages.Items) + v.Messages.Odd + len(v.Statuses.Items) + v.Statuses.Odd
	case userUpdates:
		return len(v.Updates.Items) + v.Updates.Odd
	case preferences:
		return len(v.Preferences.Items) + v.Preferences.Odd
	}
	return len(v.Echoes.Items) + v.Echoes.Odd
}

func (r *reading) messages(account string, v *value) {
	r.ignoreOdd(v.Messages.Odd, IgnoredMessage, "")
	r.ignoreOdd(v.Statuses.Odd, IgnoredStatus, "")
	known := newPeople(v.Contacts.Items, len(v.Messages.Items))
	for i := range v.Messages.Items {
		r.message(account, &v.Messages.Items[i], known)
	}
	for i := range v.Statuses.Items {
		r.status(account, &v.Statuses.Items[i])
	}
}

// accountOf is the phone number ID the value is for. It becomes part of document names, so that only letters, digits,
// "_", "-" and "." may stand in it; everything else is no account.
func accountOf(v *value) string {
	if v.Metadata.Value == nil {
		return ""
	}
	account := string(v.Metadata.Value.PhoneNumberID)
	if account != meta.Word(account, meta.AccountMax) {
		return ""
	}
	return account
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
