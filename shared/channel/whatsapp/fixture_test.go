package whatsapp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/channel/whatsapp"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/fixtures"
)

func TestRecordedWebhooks(t *testing.T) {
	files := fixtures.Files(t, "whatsapp")
	for name, want := range recorded {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, files, name, "a row of the table has lost its recording")
			events, ignored, err := whatsapp.Parse(files[name], parsed)
			require.NoError(t, err)
			if want.ignored.Reason != "" {
				assert.Empty(t, events)
				assert.Equal(t, []channel.Ignored{want.ignored}, ignored)
				return
			}
			assert.Empty(t, ignored)
			assert.Equal(t, []channel.Event{want.event}, events)
		})
	}
}

// unsent are recorded requests of sorts that we do not send, with the sort.
var unsent = map[string]string{
	"meta-send-audio-message-by-id.json":           "files",
	"meta-send-contact-message.json":               "contacts",
	"meta-send-document-message-by-id.json":        "files",
	"meta-send-document-message-by-url.json":       "files",
	"meta-send-image-message-by-id.json":           "files",
	"meta-send-image-message-by-url.json":          "files",
	"meta-send-list-message.json":                  "lists",
	"meta-send-location-message.json":              "locations",
	"meta-send-message-template-interactive.json":  "templates",
	"meta-send-message-template-media.json":        "templates",
	"meta-send-message-template-text.json":         "templates",
	"meta-send-reply-button.json":                  "buttons",
	"meta-send-reply-with-reaction-message.json":   "reactions",
	"meta-send-sticker-message-by-id.json":         "files",
	"meta-send-text-message-with-preview-url.json": "previews of links",
	"meta-send-video-message-by-id.json":           "files",
	"restfb-send-message-to-and-recipient.json":    "two addresses at once",
}

// Every recording is in one of the tables.
func TestEveryRecordingHasARow(t *testing.T) {
	for name := range fixtures.Files(t, "whatsapp") {
		_, webhook := recorded[name]
		_, request := requests[name]
		_, left := unsent[name]
		answer := strings.HasPrefix(name, "restfb-message-response-")
		assert.True(t, webhook || request || left || answer, "%s needs a row", name)
	}
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

// placeholder stands for the customer's number in recorded requests.
const placeholder = "{{Recipient-Phone-Number}}"

// requests are recorded requests of the sorts that we send, with what makes us send the same.
var requests = map[string]func(whatsapp.Client) error{
	"meta-send-text-message.json":          sending("text-message-content", placeholder, ""),
	"meta-send-reply-to-text-message.json": sending("<TEXT_MSG_CONTENT>", placeholder, "<MSGID_OF_PREV_MSG>"),
	"restfb-send-message-phone-only.json":  sending("hello via phone", "+16505551234", ""),
	"meta-send-typing-indicator-and-read-receipt.json": func(c whatsapp.Client) error {
		return c.MarkSeen(context.Background(), channel.Seen{Account: metaNumber, Token: "token", Typing: true,
			Customer: "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUYzMjEzNDM2RTZGQ0MzMDJBRgA="})
	},
}

func sending(text, phone, replyTo string) func(whatsapp.Client) error {
	return func(c whatsapp.Client) error {
		out := outgoing(text)
		out.To, out.ReplyTo = desk.Address{Kind: desk.AddressPhone, Value: strings.TrimPrefix(phone, "+")}, replyTo
		_, err := c.Send(context.Background(), out)
		return err
	}
}

// What we send has the fields that recorded requests of the same sort have.
func TestRecordedRequests(t *testing.T) {
	files := fixtures.Files(t, "whatsapp")
	for name, do := range requests {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, files, name, "a row of the table has lost its recording")
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
		Account: metaNumber,
		Token:   "token",
		To:      desk.Address{Kind: desk.AddressPhone, Value: "16505551234"},
		Text:    text,
	}
}
