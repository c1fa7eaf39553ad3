package messenger_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/messenger"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// sent is a request the server got.
type sent struct{ path, query, token, body string }

// answers starts a server that gives the answers in turn, the last one again and again, and keeps the requests.
func answers(t *testing.T, status int, bodies ...string) (messenger.Client, *[]sent) {
	t.Helper()
	var got []sent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = append(got, sent{r.URL.Path, r.URL.RawQuery, r.Header.Get("Authorization"), string(b)})
		w.WriteHeader(status)
		io.WriteString(w, bodies[min(len(got), len(bodies))-1])
	}))
	t.Cleanup(server.Close)
	graph, err := meta.NewGraph(server.URL, server.Client(), nil)
	require.NoError(t, err)
	return messenger.NewClient(graph), &got
}

const taken = `{"recipient_id":"2400111222","message_id":"m_out1"}`

func outgoing(text string) channel.Outgoing {
	return channel.Outgoing{
		Message: ours,
		Account: "777001",
		Token:   "tok",
		To:      desk.Address{Kind: desk.AddressPSID, Value: "2400111222"},
		Text:    text,
	}
}

func TestSend(t *testing.T) {
	const message = `"message":{"text":"buenos días 👋 <b>&","metadata":"` + ours + `"}`
	for name, c := range map[string]struct {
		change func(*channel.Outgoing)
		want   string
	}{
		"an answer": {func(*channel.Outgoing) {},
			`{"recipient":{"id":"2400111222"},"messaging_type":"RESPONSE",` + message + `}`},
		"an answer to a message": {func(o *channel.Outgoing) { o.ReplyTo = "m_A1" },
			`{"recipient":{"id":"2400111222"},"messaging_type":"RESPONSE","reply_to":{"mid":"m_A1"},` + message + `}`},
		"an answer to what has no ID": {func(o *channel.Outgoing) { o.ReplyTo = "derived:" + ours },
			`{"recipient":{"id":"2400111222"},"messaging_type":"RESPONSE",` + message + `}`},
		"after a day": {func(o *channel.Outgoing) { o.Late, o.ReplyTo = true, "m_A1" },
			`{"recipient":{"id":"2400111222"},"messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT","reply_to":{"mid":"m_A1"},` + message + `}`},
		"without an ID of ours": {func(o *channel.Outgoing) { o.Message = "" },
			`{"recipient":{"id":"2400111222"},"messaging_type":"RESPONSE","message":{"text":"buenos días 👋 <b>&"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			cl, got := answers(t, http.StatusOK, taken)
			out := outgoing("buenos días 👋 <b>&")
			c.change(&out)
			id, err := cl.Send(t.Context(), out)
			require.NoError(t, err)
			assert.Equal(t, "m_out1", id)
			require.Len(t, *got, 1)
			assert.Equal(t, "/v25.0/777001/messages", (*got)[0].path)
			assert.Empty(t, (*got)[0].query, "no token where logs would show it")
			assert.Equal(t, "Bearer tok", (*got)[0].token)
			assert.JSONEq(t, c.want, (*got)[0].body)
		})
	}
}

func TestSendRefusesWithoutAsking(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*channel.Outgoing)
		want   string
	}{
		"a template":    {func(o *channel.Outgoing) { o.Template = channel.Template{Name: "hello", Language: "es"} }, "unsupported_type"},
		"nowhere":       {func(o *channel.Outgoing) { o.To = desk.Address{} }, "no_address"},
		"to a phone":    {func(o *channel.Outgoing) { o.To.Kind = desk.AddressPhone }, "no_address"},
		"to an empty":   {func(o *channel.Outgoing) { o.To.Value = "" }, "no_address"},
		"nothing":       {func(o *channel.Outgoing) { o.Text = "" }, "empty_message"},
		"too much":      {func(o *channel.Outgoing) { o.Text = strings.Repeat("ñ", 1001) }, "too_long"},
		"without token": {func(o *channel.Outgoing) { o.Token = "" }, "channel_token"},
		"without page":  {func(o *channel.Outgoing) { o.Account = "" }, "channel_permission"},
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
	_, err := cl.Send(t.Context(), outgoing(strings.Repeat("👋", 1000)))
	assert.NoError(t, err, "the limit counts code points")
	assert.Len(t, *got, 1)
}

func TestSendWhatBecameOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string // empty: unknown fate
		retry  bool
	}{
		"window closed":       {400, `{"error":{"code":10,"error_subcode":2018278}}`, "window_closed", false},
		"not available":       {400, `{"error":{"code":551,"error_subcode":1545041}}`, "undeliverable", false},
		"no such user":        {400, `{"error":{"code":100,"error_subcode":2018001}}`, "undeliverable", false},
		"another app's":       {400, `{"error":{"code":10,"error_subcode":2018300}}`, "held_elsewhere", false},
		"page restricted":     {400, `{"error":{"code":10,"error_subcode":1893063}}`, "account_locked", false},
		"too many":            {400, `{"error":{"code":613}}`, "rate_limited", true},
		"page's limit":        {400, `{"error":{"code":80006}}`, "rate_limited", true},
		"failed for now":      {400, `{"error":{"code":1200}}`, "channel_busy", true},
		"unexpected":          {400, `{"error":{"code":2,"is_transient":true}}`, "", false},
		"internal":            {400, `{"error":{"code":-1,"error_subcode":2018012}}`, "", false},
		"trouble":             {500, `{"error":{"code":2}}`, "", false},
		"taken, no ID":        {200, `{"recipient_id":"2400111222"}`, "", false},
		"taken, empty ID":     {200, `{"message_id":""}`, "", false},
		"taken, ID odd":       {200, `{"message_id":{}}`, "", false},
		"taken, empty answer": {200, ``, "", false},
		"error as success":    {200, `{"error":{"code":551}}`, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			cl, got := answers(t, c.status, c.body)
			id, err := cl.Send(t.Context(), outgoing("hola"))
			require.Error(t, err)
			assert.Empty(t, id)
			assert.Len(t, *got, 1, "never twice by itself")
			assert.NotContains(t, err.Error(), "2400111222")
			refused, ok := channel.NotTaken(err)
			require.Equal(t, c.want != "", ok, "%v", err)
			if ok {
				assert.Equal(t, c.want, refused.Problem.Code)
				assert.Equal(t, c.retry, refused.Retry)
			}
		})
	}
}

func TestSendNeverReached(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	graph, err := meta.NewGraph(server.URL, &http.Client{}, nil)
	require.NoError(t, err)
	_, err = messenger.NewClient(graph).Send(t.Context(), outgoing("hola"))
	refused, ok := channel.NotTaken(err)
	require.True(t, ok)
	assert.Equal(t, "channel_unreachable", refused.Problem.Code)
	assert.True(t, refused.Retry)
	assert.NotContains(t, err.Error(), "2400111222")
}

func seen(typing bool) channel.Seen {
	return channel.Seen{Account: "777001", Token: "tok", To: desk.Address{Kind: desk.AddressPSID, Value: "2400111222"}, Customer: "m_A1", Typing: typing}
}

func TestMarkSeen(t *testing.T) {
	const read = `{"recipient":{"id":"2400111222"},"sender_action":"mark_seen"}`
	const typing = `{"recipient":{"id":"2400111222"},"sender_action":"typing_on"}`
	for _, c := range []struct {
		typing bool
		want   []string
	}{{false, []string{read}}, {true, []string{read, typing}}} {
		cl, got := answers(t, http.StatusOK, `{"recipient_id":"2400111222"}`)
		require.NoError(t, cl.MarkSeen(t.Context(), seen(c.typing)))
		require.Len(t, *got, len(c.want))
		for i, want := range c.want {
			assert.Equal(t, "/v25.0/777001/messages", (*got)[i].path)
			assert.Equal(t, "Bearer tok", (*got)[i].token)
			assert.JSONEq(t, want, (*got)[i].body)
		}
	}
}

func TestMarkSeenFails(t *testing.T) {
	cl, got := answers(t, http.StatusBadRequest, `{"error":{"code":10,"error_subcode":2018278}}`)
	refused, ok := channel.NotTaken(cl.MarkSeen(t.Context(), seen(true)))
	require.True(t, ok)
	assert.Equal(t, "window_closed", refused.Problem.Code)
	assert.Len(t, *got, 1, "who was not told of one is not told of the other")

	cl, got = answers(t, http.StatusOK, `{"recipient_id":"2400111222"}`, `<html>`)
	assert.Error(t, cl.MarkSeen(t.Context(), seen(true)))
	assert.Len(t, *got, 2)

	cl, got = answers(t, http.StatusOK, taken)
	nobody := seen(true)
	nobody.To = desk.Address{Kind: desk.AddressPhone, Value: "34600111222"}
	refused, ok = channel.NotTaken(cl.MarkSeen(t.Context(), nobody))
	require.True(t, ok)
	assert.Equal(t, "no_address", refused.Problem.Code)
	assert.Empty(t, *got)
}
