package whatsapp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/channel/whatsapp"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/fixtures"
)

// recorded says what each recorded webhook holds: for a message its kind and what an agent reads, for a status its
// state and problem, for anything else the reason it is left out for.
var recorded = map[string]string{
	"meta-webhook-button-message.json":                            "reply | Sheena Nelson | [reply] Unsubscribe",
	"meta-webhook-contact-sharing-message.json":                   "contacts | Sheena Nelson | [contact] Lucía Gómez",
	"meta-webhook-group-create-message.json":                      "ignored | group_update",
	"meta-webhook-group-remove-participants.json":                 "ignored | group_update",
	"meta-webhook-group-settings-update.json":                     "ignored | group_update",
	"meta-webhook-image-message.json":                             "image | Sheena Nelson | [image] Taj Mahal",
	"meta-webhook-interactive-button-reply-message.json":          "reply | Sheena Nelson | [reply] Cancel",
	"meta-webhook-interactive-list-reply-message.json":            "reply | Sheena Nelson | [reply] Priority Mail Express, Next Day to 2 Days",
	"meta-webhook-location-message.json":                          "location | Sheena Nelson | [location] Philz Coffee, 101 Forest Ave, Palo Alto, CA 94301 (37.442215, -122.161659)",
	"meta-webhook-order-message.json":                             "order | Sheena Nelson | [order] 2 items",
	"meta-webhook-reaction-message.json":                          "reaction | Sheena Nelson | [reaction] 👍",
	"meta-webhook-system-message.json":                            "system |  | [system] User Sheena Nelson changed from 16505551234 to 12195555358",
	"meta-webhook-text-message-from-click-to-whatsapp-ad.json":    "text | Sheena Nelson | Hello! Can I get more info on this?",
	"meta-webhook-text-message-with-context-product-inquiry.json": "text | Sheena Nelson | Is this still available?",
	"meta-webhook-text-message.json":                              "text | Sheena Nelson | Does it come in another color?",
	"meta-webhook-unsupported-message.json":                       "unsupported | Sheena Nelson | [unsupported message]",

	"restfb-webhook-incoming-message-ads.json":             "text | TestUser | Test",
	"restfb-webhook-incoming-message-button.json":          "reply | TestUser | [reply] No",
	"restfb-webhook-incoming-message-contacts.json":        "contacts | John | [contact] j_doe",
	"restfb-webhook-incoming-message-document.json":        "document | TestUser | [document] RESTFB ANNIVERSARY.zip, RESTFB ANNIVERSARY",
	"restfb-webhook-incoming-message-error.json":           "unsupported | TestUser | [unsupported message]",
	"restfb-webhook-incoming-message-interactive-btn.json": "reply | TestUser | [reply] button-text",
	// The backslash is doubled in the recorded body.
	"restfb-webhook-incoming-message-location.json":            `location | TestUser | [location] Saarbr\u00fccken, Saarbr\u00fccken (49.23494, 6.99936)`,
	"restfb-webhook-incoming-message-status-errors.json":       "status | failed | undeliverable",
	"restfb-webhook-incoming-message-status-ui.json":           "status | sent | ",
	"restfb-webhook-incoming-message-system-bsuid.json":        "ignored | no_sender",
	"restfb-webhook-incoming-message-text-bsuid.json":          "ignored | group_message",
	"restfb-webhook-incoming-message-unsupported.json":         "unsupported | John | [unsupported message]",
	"restfb-webhook-messageTemplateStatusUpdate-approved.json": "ignored | template_update",
	"restfb-webhook-userIdUpdate.json":                         "ignored | user_id_update",
}

func TestRecordedWebhooks(t *testing.T) {
	files := fixtures.Files(t, "whatsapp")
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	seen := 0
	for name, body := range files {
		if !strings.Contains(name, "-webhook-") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			want, ok := recorded[name]
			require.True(t, ok, "a new recording needs a row in the table")
			events, ignored, err := whatsapp.Parse(body, now)
			require.NoError(t, err)
			assert.Equal(t, []string{want}, summary(events, ignored))
		})
		seen++
	}
	assert.Equal(t, len(recorded), seen, "a row of the table has lost its recording")
}

func summary(events []channel.Event, ignored []channel.Ignored) (lines []string) {
	for _, e := range events {
		switch {
		case e.Arrival != nil:
			shown := e.Arrival.Fallback
			if shown == "" {
				shown = e.Arrival.Text
			}
			lines = append(lines, string(e.Arrival.Kind)+" | "+e.Arrival.Customer.Name+" | "+shown)
		case e.Status != nil:
			lines = append(lines, "status | "+string(e.Status.State)+" | "+e.Status.Problem.Code)
		}
	}
	for _, i := range ignored {
		lines = append(lines, "ignored | "+i.Reason)
	}
	return lines
}

// A recorded answer of WhatsApp's to a send gives the message's ID.
func TestRecordedAnswers(t *testing.T) {
	for name, body := range fixtures.Files(t, "whatsapp") {
		if !strings.HasPrefix(name, "restfb-message-response-") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
			defer server.Close()
			id, err := client(t, server).Send(t.Context(), outgoing("hello"))
			require.NoError(t, err)
			assert.Equal(t, "wamid.foobar", id)
		})
	}
}

// What we send has the fields that recorded requests of the same sort have.
func TestRecordedRequests(t *testing.T) {
	files := fixtures.Files(t, "whatsapp")
	const placeholder = "{{Recipient-Phone-Number}}"
	send := func(text, phone, replyTo string) func(whatsapp.Client) error {
		return func(c whatsapp.Client) error {
			out := outgoing(text)
			out.To, out.ReplyTo = desk.Address{Kind: desk.AddressPhone, Value: strings.TrimPrefix(phone, "+")}, replyTo
			_, err := c.Send(context.Background(), out)
			return err
		}
	}
	for name, do := range map[string]func(whatsapp.Client) error{
		"meta-send-text-message.json":          send("text-message-content", placeholder, ""),
		"meta-send-reply-to-text-message.json": send("<TEXT_MSG_CONTENT>", placeholder, "<MSGID_OF_PREV_MSG>"),
		"restfb-send-message-phone-only.json":  send("hello via phone", "+16505551234", ""),
		"meta-send-typing-indicator-and-read-receipt.json": func(c whatsapp.Client) error {
			return c.MarkSeen(context.Background(), channel.Seen{Account: "106540352242922", Token: "token", Typing: true,
				Customer: "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUYzMjEzNDM2RTZGQ0MzMDJBRgA="})
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := object(t, files[name])
			if want["to"] == placeholder {
				want["to"] = "+" + placeholder // we write numbers with it
			}
			var sent map[string]any
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				sent = object(t, body)
				io.WriteString(w, `{"success":true,"messages":[{"id":"wamid.x"}]}`)
			}))
			defer server.Close()
			require.NoError(t, do(client(t, server)))
			assert.Subset(t, flat(sent), flat(want))
		})
	}
}

func object(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var o map[string]any
	assert.NoError(t, json.Unmarshal(body, &o))
	return o
}

// flat gives a nested object's values by their path.
func flat(o map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range o {
		if inner, ok := v.(map[string]any); ok {
			for path, w := range flat(inner) {
				out[name+"."+path] = w
			}
			continue
		}
		out[name] = v
	}
	return out
}

func client(t *testing.T, server *httptest.Server) whatsapp.Client {
	t.Helper()
	graph, err := meta.NewGraph(server.URL, server.Client(), nil)
	require.NoError(t, err)
	return whatsapp.NewClient(graph)
}

func outgoing(text string) channel.Outgoing {
	return channel.Outgoing{
		Message: "0123456789abcdef0123456789abcdef",
		Account: "106540352242922",
		Token:   "token",
		To:      desk.Address{Kind: desk.AddressPhone, Value: "16505551234"},
		Text:    text,
	}
}
