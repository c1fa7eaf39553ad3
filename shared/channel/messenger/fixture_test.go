package messenger_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/messenger"
	"github.com/deskline/deskline/tests/fixtures"
)

// recorded says what each recorded webhook holds: for a message its kind, the customer and what an agent reads, for all
// else what was told, or the reason it is left out for.
var recorded = map[string][]string{
	"restfb-messaging-accountlinking-linked.json":      {"ignored | account_linking"},
	"restfb-messaging-airline-itinerary-template.json": {"template | 987654321432 | [template] Here's your flight itinerary."},
	"restfb-messaging-button-template.json":            {"template | 987654321432 | [template] Visit Messenger"},
	"restfb-messaging-delivery-basic.json":             {"delivered | 987654321432 | 2016-03-22T17:47:36.253Z"},
	"restfb-messaging-message-basic.json":              {"text | 987654321432 | hello, world!"},
	"restfb-messaging-message-fallback-attachment.json": {
		"template | 987654321432 | [link] Legacy Attachment, https://www.messenger.com/"},
	"restfb-messaging-message-isunsupported.json": {"unsupported | 987654321432 | [unsupported message]"},
	// The URL in it is a placeholder, so that there is no file.
	"restfb-messaging-message-media-attachment.json": {"image | 987654321432 | [image]"},
	"restfb-messaging-message-nlp-email.json":        {"text | 987654321432 | please send me a message at test@emaple.org"},
	"restfb-messaging-message-prior.json":            {"text | 987654321432 | Thanks for messaging me!"},
	"restfb-messaging-message-product-template.json": {"template | <PSID> | [product] Some product title, $40"},
	"restfb-messaging-message-reply-1.json": {
		"text | 987654321432 | hello, world! | to very_long_id_representing_the_original_message"},
	"restfb-messaging-message-sticker-thumbup.json": {
		"sticker | 987654321432 | [sticker] | https://scontent.xx.fbcdn.net/v/t39.1997-6/851557_369239266556155_759568595_n.png?_nc_ad=z-m&oh=85e24066ebe64f04d457b242e22e7054&oe=5939B5DC"},
	"restfb-messaging-optin-basic.json":           {"ignored | optin"},
	"restfb-messaging-pass-thread-control.json":   {"handover | USER_ID | [handed over by another app] METADATA"},
	"restfb-messaging-policy-callback-block.json": {"ignored | policy_enforcement"},
	"restfb-messaging-postback-basic.json":        {"reply | 987654321432 | [reply] USER_DEFINED_PAYLOAD"},
	"restfb-messaging-postback-referral.json":     {"reply | 987654321432 | [reply] USER_DEFINED_PAYLOAD | by ref_data_in_m_dot_me_param"},
	"restfb-messaging-reaction-2.json":            {"reaction | USER_ID | original_message_id "},
	"restfb-messaging-referral-basic.json": {
		"referral | 987654321432 | [referral] shortlink, ref_data_in_m_dot_me_param | by ref_data_in_m_dot_me_param"},
	"restfb-messaging-take-thread-control.json": {"departure | USER_ID"},
	"restfb-standby-message-basic-echo.json":    {"ignored | standby"},
}

func TestRecordedWebhooks(t *testing.T) {
	files := fixtures.Files(t, "messenger")
	for name, body := range files {
		t.Run(name, func(t *testing.T) {
			want, ok := recorded[name]
			require.True(t, ok, "a new recording needs a row in the table")
			events, ignored, err := messenger.Parse(body, arrived)
			require.NoError(t, err)
			assert.Equal(t, want, summary(events, ignored))
		})
	}
	assert.Len(t, files, len(recorded), "a row of the table has lost its recording")
}

func summary(events []channel.Event, ignored []channel.Ignored) (lines []string) {
	for _, e := range events {
		lines = append(lines, told(e))
	}
	for _, i := range ignored {
		lines = append(lines, "ignored | "+i.Reason)
	}
	return lines
}

func told(e channel.Event) string {
	switch {
	case e.Arrival != nil:
		a := e.Arrival
		s := string(a.Kind) + " | " + a.Customer.Addresses[0].Value + " | " + a.Fallback
		if a.Fallback == "" {
			s += a.Text
		}
		for _, file := range a.Attachments {
			s += " | " + file.URL
		}
		if a.ReplyTo != "" {
			s += " | to " + a.ReplyTo
		}
		if a.Entrance.Ref != "" {
			s += " | by " + a.Entrance.Ref
		}
		return s
	case e.Remark != nil:
		return string(e.Remark.Kind) + " | " + e.Remark.Customer.Addresses[0].Value + " | " + e.Remark.About + " " + e.Remark.Text
	case e.Watermark != nil:
		return string(e.Watermark.State) + " | " + e.Watermark.Customer.Addresses[0].Value + " | " +
			e.Watermark.UpTo.Format("2006-01-02T15:04:05.999Z07:00")
	case e.Departure != nil:
		return "departure | " + e.Departure.Customer.Addresses[0].Value
	}
	return "something else"
}
