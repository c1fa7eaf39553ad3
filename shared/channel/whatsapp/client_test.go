package whatsapp_test

import (
	"context"
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
)

// sent is a request the server got.
type sent struct{ path, token, body string }

// answers starts a server that answers every request so, and keeps the requests.
func answers(t *testing.T, status int, body string) (whatsapp.Client, *[]sent) {
	t.Helper()
	var got []sent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = append(got, sent{r.URL.Path, r.Header.Get("Authorization"), string(b)})
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return client(t, server), &got
}

const taken = `{"messaging_product":"whatsapp","contacts":[{"input":"x"}],"messages":[{"id":"wamid.out1","message_status":"accepted"}]}`

func TestSend(t *testing.T) {
	for name, c := range map[string]struct {
		to      desk.Address
		replyTo string
		want    string
	}{
		"to a phone": {
			phone("34600111222"), "",
			`{"messaging_product":"whatsapp","recipient_type":"individual","to":"+34600111222","type":"text",
			  "text":{"body":"buenos días 👋 <b>&","preview_url":false},"biz_opaque_callback_data":"` + ours + `"}`,
		},
		"as an answer": {
			phone("34600111222"), "wamid.in1",
			`{"messaging_product":"whatsapp","recipient_type":"individual","to":"+34600111222","type":"text","context":{"message_id":"wamid.in1"},
			  "text":{"body":"buenos días 👋 <b>&","preview_url":false},"biz_opaque_callback_data":"` + ours + `"}`,
		},
		"to a user ID": {
			user("ES.1"), "",
			`{"messaging_product":"whatsapp","recipient_type":"individual","recipient":"ES.1","type":"text",
			  "text":{"body":"buenos días 👋 <b>&","preview_url":false},"biz_opaque_callback_data":"` + ours + `"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			cl, got := answers(t, http.StatusOK, taken)
			id, err := cl.Send(t.Context(), channel.Outgoing{
				Message: ours, Account: "5550001", Token: "tok", To: c.to, Text: "buenos días 👋 <b>&", ReplyTo: c.replyTo,
			})
			require.NoError(t, err)
			assert.Equal(t, "wamid.out1", id)
			require.Len(t, *got, 1)
			assert.Equal(t, "/v25.0/5550001/messages", (*got)[0].path)
			assert.Equal(t, "Bearer tok", (*got)[0].token)
			assert.JSONEq(t, c.want, (*got)[0].body)
		})
	}
}

func TestSendATemplate(t *testing.T) {
	for name, c := range map[string]struct {
		values []string
		want   string
	}{
		"with values": {[]string{"Lea", "A-1 <b>"}, `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+34600111222","type":"template",
			"template":{"name":"order_ready","language":{"code":"pt_BR"},"components":[{"type":"body","parameters":[{"type":"text","text":"Lea"},{"type":"text","text":"A-1 <b>"}]}]},
			"biz_opaque_callback_data":"` + ours + `"}`},
		"without": {nil, `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+34600111222","type":"template",
			"template":{"name":"order_ready","language":{"code":"pt_BR"}},"biz_opaque_callback_data":"` + ours + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			cl, got := answers(t, http.StatusOK, taken)
			id, err := cl.Send(t.Context(), channel.Outgoing{Message: ours, Account: "5550001", Token: "tok", To: phone("34600111222"), Text: "Hola Lea",
				Template: channel.Template{Name: "order_ready", Language: "pt_BR", Values: c.values}})
			require.NoError(t, err)
			assert.Equal(t, "wamid.out1", id)
			require.Len(t, *got, 1)
			assert.JSONEq(t, c.want, (*got)[0].body)
		})
	}
}

func TestATemplateThatIsRefused(t *testing.T) {
	for code, want := range map[string]string{
		"132000": "template_rejected", "132001": "template_rejected", "132005": "template_rejected", "132015": "template_rejected",
		"132018": "template_rejected", "131050": "withheld",
	} {
		cl, _ := answers(t, http.StatusBadRequest, `{"error":{"message":"no","type":"OAuthException","code":`+code+`}}`)
		out := outgoing("Hola")
		out.Template = channel.Template{Name: "hello", Language: "es"}
		_, err := cl.Send(t.Context(), out)
		refused, ok := channel.NotTaken(err)
		require.True(t, ok, code)
		assert.Equal(t, want, refused.Problem.Code, code)
		assert.False(t, refused.Retry, "nothing changes by itself")
	}
}

func TestSendRefusesWithoutAsking(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*channel.Outgoing)
		want   string
	}{
		"nowhere":        {func(o *channel.Outgoing) { o.To = desk.Address{} }, "no_address"},
		"nothing":        {func(o *channel.Outgoing) { o.Text = "" }, "empty_message"},
		"too much":       {func(o *channel.Outgoing) { o.Text = strings.Repeat("ñ", 4097) }, "too_long"},
		"without token":  {func(o *channel.Outgoing) { o.Token = "" }, "channel_token"},
		"without number": {func(o *channel.Outgoing) { o.Account = "" }, "channel_permission"},
	} {
		t.Run(name, func(t *testing.T) {
			cl, got := answers(t, http.StatusOK, taken)
			out := outgoing("hola")
			c.change(&out)
			_, err := cl.Send(t.Context(), out)
			refused, ok := channel.NotTaken(err)
			require.True(t, ok)
			assert.Equal(t, c.want, refused.Problem.Code)
			assert.NotEmpty(t, refused.Problem.Advice)
			assert.False(t, refused.Retry)
			assert.Empty(t, *got)
		})
	}
	cl, got := answers(t, http.StatusOK, taken)
	_, err := cl.Send(t.Context(), outgoing(strings.Repeat("👋", 4096)))
	assert.NoError(t, err, "the limit counts code points")
	assert.Len(t, *got, 1)
}

func TestSendWhatBecameOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string // empty: unknown fate
	}{
		"window closed":       {400, `{"error":{"code":131047}}`, "window_closed"},
		"too fast":            {400, `{"error":{"code":131056}}`, "too_fast"},
		"trouble":             {500, `{"error":{"code":131000}}`, ""},
		"taken, no message":   {200, `{"messages":[]}`, ""},
		"taken, no ID":        {200, `{"messages":[{}]}`, ""},
		"taken, empty answer": {200, `{}`, ""},
		"taken, ID a number":  {200, `{"messages":[{"id":7}]}`, ""},
		"error as success":    {200, `{"error":{"code":131047}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cl, got := answers(t, c.status, c.body)
			id, err := cl.Send(t.Context(), outgoing("hola"))
			require.Error(t, err)
			assert.Empty(t, id)
			assert.Len(t, *got, 1, "never twice by itself")
			refused, ok := channel.NotTaken(err)
			require.Equal(t, c.want != "", ok, "%v", err)
			if ok {
				assert.Equal(t, c.want, refused.Problem.Code)
			}
		})
	}
}

func TestSendNeverReached(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	graph, err := meta.NewGraph(server.URL, &http.Client{}, nil)
	require.NoError(t, err)
	_, err = whatsapp.NewClient(graph).Send(context.Background(), outgoing("hola"))
	refused, ok := channel.NotTaken(err)
	require.True(t, ok)
	assert.Equal(t, "channel_unreachable", refused.Problem.Code)
	assert.True(t, refused.Retry)
	assert.NotContains(t, err.Error(), "16505551234")
}

func TestMarkSeen(t *testing.T) {
	seen := channel.Seen{Account: "5550001", Token: "tok", To: phone("34600111222"), Customer: "wamid.in1"}
	writing := seen
	writing.Typing = true
	for _, c := range []struct {
		seen channel.Seen
		want string
	}{
		{seen, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.in1"}`},
		{writing, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.in1","typing_indicator":{"type":"text"}}`},
	} {
		cl, got := answers(t, http.StatusOK, `{"success":true}`)
		require.NoError(t, cl.MarkSeen(t.Context(), c.seen))
		require.Len(t, *got, 1)
		assert.Equal(t, "/v25.0/5550001/messages", (*got)[0].path)
		assert.Equal(t, "Bearer tok", (*got)[0].token)
		assert.JSONEq(t, c.want, (*got)[0].body)
	}

	for _, body := range []string{`{"success":false}`, `{}`, `<html>`} {
		cl, _ := answers(t, http.StatusOK, body)
		assert.Error(t, cl.MarkSeen(t.Context(), seen), body)
	}
	cl, _ := answers(t, http.StatusBadRequest, `{"error":{"code":100}}`)
	refused, ok := channel.NotTaken(cl.MarkSeen(t.Context(), seen))
	require.True(t, ok)
	assert.Equal(t, "channel_rejected", refused.Problem.Code)
}

// WhatsApp knows the customer by the message that was read.
func TestMarkSeenNeedsAMessage(t *testing.T) {
	cl, got := answers(t, http.StatusOK, `{"success":true}`)
	refused, ok := channel.NotTaken(cl.MarkSeen(t.Context(), channel.Seen{Account: "5550001", Token: "tok", Typing: true}))
	require.True(t, ok)
	assert.Equal(t, "no_message", refused.Problem.Code)
	assert.NotEmpty(t, refused.Problem.Advice)
	assert.False(t, refused.Retry)
	assert.Empty(t, *got)
}
