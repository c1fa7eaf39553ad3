package graph_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

var customer = graph.Customer{Phone: lea, Name: "Léa <3"}

func TestTextOfACustomerOnTheWire(t *testing.T) {
	f := newFixture(t)
	receipt, err := f.number.Receive(customer, graph.Inbound{Text: "¿Qué/tal? 👍\n<&>"})
	require.NoError(t, err)
	assert.Regexp(t, wamid, receipt.ID)
	assert.Equal(t, graph.Receipt{ID: receipt.ID, IDs: []string{receipt.ID}, Status: http.StatusOK}, receipt)

	posts := f.inbox.all()
	require.Len(t, posts, 1)
	assert.Equal(t, `{"object":"whatsapp_business_account","entry":[{"id":"419561257915477","changes":[{"value":`+
		`{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},`+
		`"contacts":[{"profile":{"name":"L\u00e9a <3"},"wa_id":"34600000001"}],`+
		`"messages":[{"from":"34600000001","id":"`+strings.ReplaceAll(receipt.ID, "/", `\/`)+`",`+
		`"text":{"body":"\u00bfQu\u00e9\/tal? \ud83d\udc4d\n<&>"},"timestamp":"1772442000","type":"text"}]},"field":"messages"}]}]}`,
		posts[0].body)
	assert.Equal(t, graph.Sign(secret, []byte(posts[0].body)), posts[0].header.Get("X-Hub-Signature-256"))
	assert.Equal(t, "application/json", posts[0].header.Get("Content-Type"))
}

func TestChoicesOfACustomer(t *testing.T) {
	f := newFixture(t)
	receipt, err := f.number.Receive(
		graph.Customer{Phone: "+34 600-000-001", UserID: "ES.1", Name: "Lea", Username: "@lea"},
		graph.Inbound{Text: "sí", ReplyTo: "wamid.before", ID: "wamid.mine", At: start.Add(-time.Hour)})
	require.NoError(t, err)
	assert.Equal(t, "wamid.mine", receipt.ID)

	_, err = f.number.Receive(graph.Customer{UserID: "ES.2", Name: "Bea"}, graph.Inbound{Text: "hola"})
	require.NoError(t, err)

	first := f.inbox.all()[0].event.Entry[0].Changes[0].Value
	assert.Equal(t, "15550783881", first.Metadata.Display)
	assert.Equal(t, []map[string]any{{
		"profile": map[string]any{"name": "Lea", "username": "@lea"}, "wa_id": "34600000001", "user_id": "ES.1",
	}}, first.Contacts)
	assert.Equal(t, []map[string]any{{
		"from": "34600000001", "from_user_id": "ES.1", "id": "wamid.mine", "timestamp": "1772438400", "type": "text",
		"text": map[string]any{"body": "sí"}, "context": map[string]any{"id": "wamid.before"},
	}}, first.Messages)

	second := f.inbox.all()[1].event.Entry[0].Changes[0].Value
	assert.Equal(t, []map[string]any{{"profile": map[string]any{"name": "Bea"}, "user_id": "ES.2"}}, second.Contacts)
	assert.NotContains(t, second.Messages[0], "from", "a user with a name hides the number")
	assert.Equal(t, "ES.2", second.Messages[0]["from_user_id"])
}

func TestRawMessages(t *testing.T) {
	f := newFixture(t)
	receipt, err := f.number.Receive(customer, graph.Inbound{Raw: json.RawMessage(
		` {"type":"image", "image":{"id":"77","mime_type":"image/jpeg","caption":"añ"}} `)})
	require.NoError(t, err)
	message := f.inbox.all()[0].event.Entry[0].Changes[0].Value.Messages[0]
	assert.Equal(t, map[string]any{
		"from": lea, "id": receipt.ID, "timestamp": "1772442000", "type": "image",
		"image": map[string]any{"id": "77", "mime_type": "image/jpeg", "caption": "añ"},
	}, message)
	assert.Contains(t, f.inbox.all()[0].body, `"mime_type":"image\/jpeg","caption":"a\u00f1"`)

	receipt, err = f.number.Receive(customer, graph.Inbound{Raw: json.RawMessage(
		`{"id":"wamid.given","from":"1","timestamp":"1772442000123","type":"mystery"}`)})
	require.NoError(t, err)
	assert.Equal(t, "wamid.given", receipt.ID)
	assert.Equal(t, map[string]any{"id": "wamid.given", "from": "1", "timestamp": "1772442000123", "type": "mystery"},
		f.inbox.all()[1].event.Entry[0].Changes[0].Value.Messages[0])

	_, err = f.number.Receive(customer, graph.Inbound{Raw: json.RawMessage(`{"type":"system","system":{"type":"user_changed_number"}}`)})
	require.NoError(t, err)
	assert.Nil(t, f.inbox.all()[2].event.Entry[0].Changes[0].Value.Contacts)

	receipt, err = f.number.Receive(customer, graph.Inbound{Raw: json.RawMessage(`{"type":7,"id":9}`)})
	require.NoError(t, err, "broken on purpose is delivered")
	assert.Equal(t, "9", receipt.ID)
}

func TestWhatNobodyCouldWrite(t *testing.T) {
	f := newFixture(t)
	for _, raw := range []string{``, `{`, `[]`, `"text"`, `null`} {
		_, err := f.number.Receive(customer, graph.Inbound{Raw: json.RawMessage(raw)})
		require.Error(t, err, raw)
	}
	_, err := f.number.Receive(graph.Customer{Name: "Nobody"}, graph.Inbound{Text: "hola"})
	require.ErrorContains(t, err, "without phone")
	_, err = f.number.ReceiveBatch(nil)
	require.ErrorContains(t, err, "empty batch")
	assert.Empty(t, f.inbox.all())
}

func TestBatchIsOneCall(t *testing.T) {
	f := newFixture(t)
	bea := graph.Customer{Phone: "34600000002", Name: "Bea"}
	receipt, err := f.number.ReceiveBatch([]graph.Incoming{
		{From: customer, Message: graph.Inbound{Text: "one"}},
		{From: customer, Message: graph.Inbound{Text: "two"}},
		{From: bea, Message: graph.Inbound{Text: "three"}},
		{From: customer, Message: graph.Inbound{Text: "four", ID: "wamid.four"}},
	})
	require.NoError(t, err)
	require.Len(t, receipt.IDs, 4)
	assert.Equal(t, receipt.IDs[0], receipt.ID)
	assert.Equal(t, "wamid.four", receipt.IDs[3])

	posts := f.inbox.all()
	require.Len(t, posts, 1)
	var got [][]string
	for _, change := range posts[0].event.Entry[0].Changes {
		require.Len(t, change.Value.Contacts, 1)
		run := []string{change.Value.Contacts[0]["wa_id"].(string)}
		for _, m := range change.Value.Messages {
			run = append(run, m["text"].(map[string]any)["body"].(string))
		}
		got = append(got, run)
	}
	assert.Equal(t, [][]string{{lea, "one", "two"}, {"34600000002", "three"}, {lea, "four"}}, got)
}

func TestSystemMessageInABatch(t *testing.T) {
	f := newFixture(t)
	system := json.RawMessage(`{"type":"system"}`)
	_, err := f.number.ReceiveBatch([]graph.Incoming{
		{From: customer, Message: graph.Inbound{Text: "one"}},
		{From: customer, Message: graph.Inbound{Raw: system}},
		{From: customer, Message: graph.Inbound{Text: "two"}},
	})
	require.NoError(t, err)
	changes := f.inbox.all()[0].event.Entry[0].Changes
	require.Len(t, changes, 3)
	assert.Len(t, changes[0].Value.Contacts, 1)
	assert.Empty(t, changes[1].Value.Contacts)
	assert.Len(t, changes[2].Value.Contacts, 1, "a text after a system message names its writer")
}

func TestRepostSendsTheSameBytes(t *testing.T) {
	f := newFixture(t)
	receipt, err := f.number.ReceiveBatch([]graph.Incoming{
		{From: customer, Message: graph.Inbound{Text: "one"}}, {From: customer, Message: graph.Inbound{Text: "two"}},
	})
	require.NoError(t, err)
	f.clock.advance(time.Minute)
	for _, id := range receipt.IDs {
		again, err := f.number.Repost(id)
		require.NoError(t, err)
		assert.Equal(t, graph.Receipt{ID: id, IDs: []string{id}, Status: http.StatusOK}, again)
	}
	posts := f.inbox.all()
	require.Len(t, posts, 3)
	for _, p := range posts[1:] {
		assert.Equal(t, posts[0].body, p.body)
		assert.Equal(t, posts[0].header.Get("X-Hub-Signature-256"), p.header.Get("X-Hub-Signature-256"))
	}
	_, err = f.number.Repost("wamid.unknown")
	require.ErrorIs(t, err, graph.ErrUnknownMessage)

	f.inbox.answers(func(int) int { return http.StatusInternalServerError })
	again, err := f.number.Repost(receipt.ID)
	require.NoError(t, err)
	assert.Equal(t, http.StatusInternalServerError, again.Status)
	f.settle()
	assert.Len(t, f.inbox.all(), 4, "a repost is not retried")
}

func TestPostOfAnything(t *testing.T) {
	f := newFixture(t)
	f.inbox.answers(func(int) int { return http.StatusUnauthorized })
	for _, test := range []struct{ body, signature string }{
		{`{"object":"page"}`, ""}, {`not JSON`, "sha256=00"}, {"", graph.Sign(secret, nil)},
	} {
		receipt, err := f.server.Post(t.Context(), []byte(test.body), test.signature)
		require.NoError(t, err)
		assert.Equal(t, graph.Receipt{Status: http.StatusUnauthorized}, receipt)
	}
	f.settle()
	posts := f.inbox.all()
	require.Len(t, posts, 3, "not retried")
	assert.NotContains(t, posts[0].header, "X-Hub-Signature-256")
	assert.Equal(t, `not JSON`, posts[1].body)
	assert.Equal(t, "sha256=00", posts[1].header.Get("X-Hub-Signature-256"))
	assert.Empty(t, posts[2].body)
}

func TestReceiveWithoutWebhook(t *testing.T) {
	f := newFixture(t, func(o *graph.Options) { o.WebhookURL = "" })
	receipt, err := f.number.Receive(customer, graph.Inbound{Text: "hola"})
	require.ErrorIs(t, err, graph.ErrNoWebhook)
	assert.Equal(t, graph.Receipt{}, receipt)
	_, err = f.server.Post(t.Context(), []byte("{}"), "")
	require.ErrorIs(t, err, graph.ErrNoWebhook)
}
