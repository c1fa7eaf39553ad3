// Package messenger reads the webhooks of the Messenger Platform and sends by it.
package messenger

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
)

// Object is what Messenger's webhooks are about: a page of the business.
const Object = "page"

// The reasons for leaving out a part of a webhook, besides those in eventReasons. They are counted under these names.
const (
	IgnoredObject     = "unknown_object" // the webhook is about something else; What names it
	IgnoredSample     = "sample"         // a sample from Meta's dashboard, in a form no real event has; What is its field
	IgnoredField      = "unknown_field"  // a field of the page that is no message; What names it
	IgnoredEmpty      = "empty"          // an envelope, entry or event with nothing in it; What says which
	IgnoredUnreadable = "unreadable"     // an entry, event or part of one of the wrong shape; What says which
	IgnoredEvent      = "unknown_event"  // an event we do not know; What is what it holds
	IgnoredStandby    = "standby"        // an event of a conversation that another app has
	IgnoredAccount    = "no_account"     // an event that does not say, in letters and digits, which page it is for
	IgnoredSender     = "no_sender"      // an event without the customer's ID
	IgnoredOwn        = "own_event"      // something that the page itself did
	IgnoredID         = "no_id"          // a message, or what was done to one, without its ID
	IgnoredLongID     = "id_too_long"    // an ID of more than 512 bytes
	IgnoredWatermark  = "no_watermark"   // a receipt that does not say for what
)

// Parse reads the body of a webhook, already verified, into what we know of: messages of customers and what they did to
// messages, receipts, echoes, and conversations that come from and go to other apps, in the order they stand in. now is
// the time of arrival; it stands in for a time that cannot be read or lies in the future. What is not for us is in
// ignored, with the reason. A part of the wrong shape spoils only itself, and a message in a form we do not know still
// arrives, without its content. An ID that comes twice is returned twice. The names of customers are not in Messenger's
// webhooks.
//
// The page is the one the entry is for, whatever the event says: entries are what apps subscribe to, and sender and
// recipient are known to come in either order. Only where the entry names none does the event decide.
//
// The error is a fault.Invalid, with code malformed_json or wrong_shape, and then there is nothing else.
func Parse(body []byte, now time.Time) (events []channel.Event, ignored []channel.Ignored, err error) {
	envelope, err := meta.ReadEnvelope(body)
	if err != nil {
		return nil, nil, err
	}
	r := reading{now: now.UTC()}
	if field, ok := sampleOf(envelope, body); ok {
		r.ignore(IgnoredSample, field)
	} else {
		r.envelope(envelope)
	}
	return r.events, r.ignored, nil
}

// sampleOf gives the field of a body that is one bare change, as Meta's dashboard shows samples.
func sampleOf(e meta.Envelope, body []byte) (field string, ok bool) {
	if e.Object != "" || len(e.Entries.Items)+e.Entries.Odd > 0 {
		return "", false
	}
	var sample meta.Change
	if err := json.Unmarshal(body, &sample); err != nil {
		return "", false
	}
	return string(sample.Field), sample.Field != "" && len(sample.Value) > 0
}

// reading collects what one body holds.
type reading struct {
	now     time.Time
	events  []channel.Event
	ignored []channel.Ignored
}

func (r *reading) add(e channel.Event) { r.events = append(r.events, e) }

func (r *reading) ignore(reason, what string) {
	r.ignored = append(r.ignored, channel.Ignored{Reason: reason, What: meta.Label(what)})
}

func (r *reading) ignoreOdd(n int, reason, what string) {
	for range n {
		r.ignore(reason, what)
	}
}

func (r *reading) envelope(e meta.Envelope) {
	if e.Object != Object {
		r.ignore(IgnoredObject, string(e.Object))
		return
	}
	r.ignoreOdd(e.Entries.Odd, IgnoredUnreadable, "entry")
	if len(e.Entries.Items)+e.Entries.Odd == 0 {
		r.ignore(IgnoredEmpty, "envelope")
	}
	for i := range e.Entries.Items {
		r.entry(&e.Entries.Items[i])
	}
}

func (r *reading) entry(e *meta.Entry) {
	before := len(r.events) + len(r.ignored)
	r.ignoreOdd(e.Messaging.Odd, IgnoredUnreadable, "messaging")
	for _, raw := range e.Messaging.Items {
		r.event(e, raw)
	}
	r.ignoreOdd(e.Standby.Odd+len(e.Standby.Items), IgnoredStandby, "")
	r.ignoreOdd(e.Changes.Odd, IgnoredUnreadable, "change")
	for _, change := range e.Changes.Items {
		r.ignore(fieldReason(string(change.Field)), string(change.Field))
	}
	if len(r.events)+len(r.ignored) == before {
		r.ignore(IgnoredEmpty, "entry")
	}
}

// fieldReason says why a change is left out. Real messages never come as changes; the dashboard's test button sends
// samples of them so, under the names of their fields (messages, messaging_postbacks, message_reads and so on).
func fieldReason(field string) string {
	if strings.HasPrefix(field, "messag") {
		return IgnoredSample
	}
	return IgnoredField
}
