package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

const (
	secret  = "app-secret"
	phoneID = "106540352242922"
	token   = "token-one"
	lea     = "34600000001"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// hand is a clock that moves when told.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) advance(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(by)
}

// post is a call that arrived at the webhook.
type post struct {
	body   string
	header http.Header
	event  event
}

// event is as much of a webhook body as the tests look at.
type event struct {
	Object string
	Entry  []struct {
		ID        string
		Time      int64
		Messaging []map[string]any
		Standby   []map[string]any
		Changes   []struct {
			Field string
			Value value
		}
	}
}

type value struct {
	Metadata struct {
		Display string `json:"display_phone_number"`
		ID      string `json:"phone_number_id"`
	}
	Contacts []map[string]any
	Messages []map[string]any
	Statuses []status

	Echoes      []map[string]any `json:"message_echoes"`
	Preferences []map[string]any `json:"user_preferences"`
}

type status struct {
	ID, Status, Timestamp string
	RecipientID           string `json:"recipient_id"`
	RecipientUserID       string `json:"recipient_user_id"`
	CallbackData          string `json:"biz_opaque_callback_data"`
	Conversation          *struct {
		ID      string
		Expires string `json:"expiration_timestamp"`
		Origin  struct{ Type string }
	}
	Pricing *struct {
		Billable       bool
		Model          string `json:"pricing_model"`
		Category, Type string
	}
	Errors []struct {
		Code           int
		Title, Message string
		Data           struct{ Details string } `json:"error_data"`
	}
}

// inbox is the product's webhook: it keeps what arrives and answers as told.
type inbox struct {
	t *testing.T
	*httptest.Server

	mu    sync.Mutex
	posts []post
	reply func(nth int) int // HTTP status for the nth post, from 1; nil: 200
}

func newInbox(t *testing.T) *inbox {
	in := &inbox{t: t}
	in.Server = httptest.NewServer(in)
	t.Cleanup(in.Server.Close)
	return in
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	assert.NoError(in.t, err)
	arrived := post{body: string(body), header: r.Header.Clone()}
	_ = json.Unmarshal(body, &arrived.event)
	in.mu.Lock()
	in.posts = append(in.posts, arrived)
	nth, reply := len(in.posts), in.reply
	in.mu.Unlock()
	if reply != nil {
		w.WriteHeader(reply(nth))
	}
}

func (in *inbox) answers(reply func(nth int) int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.reply = reply
}

func (in *inbox) all() []post {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]post(nil), in.posts...)
}

// statuses returns all status callbacks in the order they arrived.
func (in *inbox) statuses() []status {
	var out []status
	for _, p := range in.all() {
		for _, entry := range p.event.Entry {
			for _, change := range entry.Changes {
				out = append(out, change.Value.Statuses...)
			}
		}
	}
	return out
}

// names returns the statuses of one message in the order they arrived.
func (in *inbox) names(id string) []string {
	var out []string
	for _, s := range in.statuses() {
		if s.ID == id {
			out = append(out, s.Status)
		}
	}
	return out
}

// fixture is a Graph API over HTTP with one number and an inbox for its events.
type fixture struct {
	t      *testing.T
	server *graph.Server
	number *graph.Number
	inbox  *inbox
	clock  *hand
	url    string
}

// newFixture starts a server; change adjusts its options first.
func newFixture(t *testing.T, change ...func(*graph.Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, inbox: newInbox(t), clock: &hand{at: start}}
	o := graph.Options{
		Now: f.clock.now, WebhookURL: f.inbox.URL + "/webhooks/whatsapp", AppSecret: secret, VerifyToken: "verify-me",
		RetryPause: time.Millisecond, RetryMax: 4 * time.Millisecond,
		Numbers: []graph.NumberOptions{{ID: phoneID, Display: "15550783881", WABA: "419561257915477", Token: token}},
	}
	for _, c := range change {
		c(&o)
	}
	var err error
	f.server, err = graph.New(o)
	require.NoError(t, err)
	f.number, err = f.server.Number(phoneID)
	require.NoError(t, err)
	served := httptest.NewServer(f.server)
	t.Cleanup(served.Close)
	t.Cleanup(f.server.Close)
	f.url = served.URL
	return f
}

func manual(o *graph.Options) { o.Numbers[0].Statuses = graph.StatusesManual }

// settle waits for all callbacks.
func (f *fixture) settle() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
	defer cancel()
	require.NoError(f.t, f.server.Settle(ctx))
}

// do makes a call with the number's token and decodes the answer.
func (f *fixture) do(method, path, body string, header ...string) (*http.Response, map[string]any) {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	require.NoError(f.t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(f.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(f.t, err)
	var out map[string]any
	if bytes.HasPrefix(raw, []byte("{")) {
		require.NoError(f.t, json.Unmarshal(raw, &out), "%s", raw)
	}
	return response, out
}

// send posts a message and returns the answer.
func (f *fixture) send(body string) (*http.Response, map[string]any) {
	f.t.Helper()
	return f.do(http.MethodPost, "/v25.0/"+phoneID+"/messages", body)
}

// text sends a text to Lea and returns its wamid.
func (f *fixture) text(body string) string {
	f.t.Helper()
	response, out := f.send(`{"messaging_product":"whatsapp","to":"34600000001","type":"text","text":{"body":"` + body + `"}}`)
	require.Equal(f.t, http.StatusOK, response.StatusCode, "%v", out)
	return messageID(f.t, out)
}

func messageID(t *testing.T, out map[string]any) string {
	t.Helper()
	messages, ok := out["messages"].([]any)
	require.True(t, ok, "%v", out)
	require.Len(t, messages, 1)
	id, ok := messages[0].(map[string]any)["id"].(string)
	require.True(t, ok)
	return id
}

// problem returns the error of an answer.
func problem(t *testing.T, out map[string]any) map[string]any {
	t.Helper()
	e, ok := out["error"].(map[string]any)
	require.True(t, ok, "%v", out)
	return e
}

// How long and how often tests look for something another goroutine does.
const (
	waitFor = time.Minute
	tick    = time.Millisecond
)
