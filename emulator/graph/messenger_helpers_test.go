package graph_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

const (
	pageID    = "300000000000001"
	pageToken = "page-token"
	appID     = "400000000000001"
	leaPSID   = "7000000000000001"
	pageSend  = "/v25.0/" + pageID + "/messages"
	answerLea = `{"recipient":{"id":"7000000000000001"},"messaging_type":"RESPONSE","message":{"text":"hola"}}`
)

var mid = `^m_[A-Za-z0-9_-]{86}$`

// pageFixture is a fixture with a page, which Lea wrote to at the start.
type pageFixture struct {
	*fixture
	page *graph.Page
	lea  *graph.User
}

// newPageFixture starts a server; change adjusts its options first.
func newPageFixture(t *testing.T, change ...func(*graph.Options)) *pageFixture {
	t.Helper()
	f := stranger(t, change...)
	_, err := f.lea.Write("buenos días")
	require.NoError(t, err)
	return f
}

// stranger is newPageFixture before Lea wrote.
func stranger(t *testing.T, change ...func(*graph.Options)) *pageFixture {
	t.Helper()
	withPage := func(o *graph.Options) {
		o.AppID = appID
		o.Pages = []graph.PageOptions{{ID: pageID, Name: "Acme Shoes", Token: pageToken}}
	}
	f := &pageFixture{fixture: newFixture(t, append([]func(*graph.Options){withPage}, change...)...)}
	var err error
	f.page, err = f.server.Page(pageID)
	require.NoError(t, err)
	f.lea, err = f.page.User(leaPSID)
	require.NoError(t, err)
	return f
}

func quietPage(o *graph.Options) { o.Pages[0].Statuses = graph.StatusesManual }

// sendPage posts a message with the page's token and returns the answer.
func (f *pageFixture) sendPage(body string) (*http.Response, map[string]any) {
	f.t.Helper()
	return f.do(http.MethodPost, pageSend, body, "Authorization", "Bearer "+pageToken)
}

// reply sends a text to Lea and returns its mid.
func (f *pageFixture) reply(text string) string {
	f.t.Helper()
	response, out := f.sendPage(`{"recipient":{"id":"7000000000000001"},"messaging_type":"RESPONSE","message":{"text":"` + text + `"}}`)
	require.Equal(f.t, http.StatusOK, response.StatusCode, "%v", out)
	assert.Equal(f.t, leaPSID, out["recipient_id"])
	require.Regexp(f.t, mid, out["message_id"])
	return out["message_id"].(string)
}

// events returns everything that arrived in messaging, in order.
func (f *pageFixture) events() []map[string]any {
	var out []map[string]any
	for _, p := range f.inbox.all() {
		for _, entry := range p.event.Entry {
			out = append(out, entry.Messaging...)
		}
	}
	return out
}

// told returns the events that are not Lea's first words, as what they are: echo, delivery, read, ...
func (f *pageFixture) told() []string {
	var out []string
	for _, e := range f.events()[1:] {
		out = append(out, kindOf(e))
	}
	return out
}

func kindOf(event map[string]any) string {
	if message, ok := event["message"].(map[string]any); ok {
		if message["is_echo"] == true {
			return "echo"
		}
		return "message"
	}
	for _, kind := range []string{"delivery", "read", "postback", "reaction", "message_edit"} {
		if _, ok := event[kind]; ok {
			return kind
		}
	}
	return "?"
}
