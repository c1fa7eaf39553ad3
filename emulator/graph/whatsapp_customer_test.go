package graph_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

func TestWhatCustomersDoToMessages(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(*graph.Number) (graph.Receipt, error)
		want map[string]any
	}{
		"edit": {func(n *graph.Number) (graph.Receipt, error) { return n.Edit(customer, "wamid.x", "martes") },
			map[string]any{"type": "edit", "edit": map[string]any{
				"original_message_id": "wamid.x", "message": map[string]any{"type": "text", "text": map[string]any{"body": "martes"}},
			}}},
		"revoke": {func(n *graph.Number) (graph.Receipt, error) { return n.Revoke(customer, "wamid.x") },
			map[string]any{"type": "revoke", "revoke": map[string]any{"original_message_id": "wamid.x"}}},
		"reaction": {func(n *graph.Number) (graph.Receipt, error) { return n.React(customer, "wamid.x", "👍") },
			map[string]any{"type": "reaction", "reaction": map[string]any{"message_id": "wamid.x", "emoji": "👍"}}},
		"no reaction any more": {func(n *graph.Number) (graph.Receipt, error) { return n.Unreact(customer, "wamid.x") },
			map[string]any{"type": "reaction", "reaction": map[string]any{"message_id": "wamid.x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			receipt, err := test.do(f.number)
			require.NoError(t, err)
			assert.Equal(t, 200, receipt.Status)
			assert.Regexp(t, wamid, receipt.ID, "it has an ID of its own")
			value := f.inbox.all()[0].event.Entry[0].Changes[0].Value
			test.want["from"], test.want["id"], test.want["timestamp"] = lea, receipt.ID, "1772442000"
			assert.Equal(t, []map[string]any{test.want}, value.Messages)
			assert.Len(t, value.Contacts, 1)
		})
	}
}

func TestNoticeOfANewNumber(t *testing.T) {
	f := newFixture(t)
	receipt, err := f.number.ChangeNumber(customer, "+34 600 000 009")
	require.NoError(t, err)
	value := f.inbox.all()[0].event.Entry[0].Changes[0].Value
	assert.Nil(t, value.Contacts)
	assert.Equal(t, []map[string]any{{
		"from": lea, "id": receipt.ID, "timestamp": "1772442000", "type": "system",
		"system": map[string]any{"type": "user_changed_number", "wa_id": "34600000009",
			"body": "User Léa <3 changed from 34600000001 to 34600000009"},
	}}, value.Messages)
}

func TestOnlyWritingOpensTheWindow(t *testing.T) {
	f := newFixture(t, func(o *graph.Options) { o.Numbers[0].Window = true })
	for _, do := range []func() (graph.Receipt, error){
		func() (graph.Receipt, error) { return f.number.Edit(customer, "wamid.x", "hola") },
		func() (graph.Receipt, error) { return f.number.Revoke(customer, "wamid.x") },
		func() (graph.Receipt, error) { return f.number.ChangeNumber(customer, "34600000009") },
		func() (graph.Receipt, error) { return f.number.Prefer(customer, true) },
		func() (graph.Receipt, error) { return f.number.WriteElsewhere(customer, "hola") },
	} {
		_, err := do()
		require.NoError(t, err)
		id := f.text("hola")
		f.settle()
		assert.Equal(t, []string{"failed"}, f.inbox.names(id))
	}
}

func TestMarketingPreferences(t *testing.T) {
	f := newFixture(t)
	both := graph.Customer{Phone: "+34 600 000 001", UserID: "ES.1", Name: "Lea"}
	for n, test := range []struct {
		from      graph.Customer
		marketing bool
		want      map[string]any
	}{
		{both, false, map[string]any{"wa_id": lea, "user_id": "ES.1", "detail": "User requested to stop marketing messages",
			"category": "marketing_messages", "value": "stop", "timestamp": 1772442000.0}},
		{graph.Customer{UserID: "ES.1"}, true, map[string]any{"user_id": "ES.1", "detail": "User requested to resume marketing messages",
			"category": "marketing_messages", "value": "resume", "timestamp": 1772442000.0}},
	} {
		receipt, err := f.number.Prefer(test.from, test.marketing)
		require.NoError(t, err)
		change := f.inbox.all()[n].event.Entry[0].Changes[0]
		assert.Equal(t, "user_preferences", change.Field)
		assert.Equal(t, phoneID, change.Value.Metadata.ID)
		assert.Len(t, change.Value.Contacts, 1)
		assert.Equal(t, []map[string]any{test.want}, change.Value.Preferences)
		assert.NotEmpty(t, receipt.ID)
	}
	_, err := f.number.Prefer(graph.Customer{Name: "Nobody"}, true)
	require.ErrorContains(t, err, "without phone")
}

func TestAnswersByTheBusinessApp(t *testing.T) {
	f := newFixture(t)
	receipt, err := f.number.WriteElsewhere(graph.Customer{Phone: "+34 600 000 001"}, "le atiendo yo")
	require.NoError(t, err)
	assert.Regexp(t, wamid, receipt.ID)
	change := f.inbox.all()[0].event.Entry[0].Changes[0]
	assert.Equal(t, "smb_message_echoes", change.Field)
	assert.Equal(t, []map[string]any{{
		"from": "15550783881", "to": lea, "id": receipt.ID, "timestamp": "1772442000", "type": "text",
		"text": map[string]any{"body": "le atiendo yo"},
	}}, change.Value.Echoes)
	assert.Empty(t, f.number.Sent(), "the product did not send it")

	f.clock.advance(time.Minute)
	_, err = f.number.Repost(receipt.ID)
	require.NoError(t, err)
	posts := f.inbox.all()
	assert.Equal(t, posts[0].body, posts[1].body)

	_, err = f.number.WriteElsewhere(graph.Customer{UserID: "ES.1"}, "hola")
	require.ErrorContains(t, err, "without phone")
	f.server.SetWebhook("")
	_, err = f.number.WriteElsewhere(customer, "hola")
	require.ErrorIs(t, err, graph.ErrNoWebhook)
}

func TestStatusesWithoutCallbackData(t *testing.T) {
	f := newFixture(t, func(o *graph.Options) {
		o.Numbers[0].NoCallbackData, o.Numbers[0].Statuses = true, graph.StatusesReversed
	})
	f.send(`{"messaging_product":"whatsapp","to":"34600000001","text":{"body":"hola"},"biz_opaque_callback_data":"m-1"}`)
	f.settle()
	var names []string
	for _, s := range f.inbox.statuses() {
		assert.Empty(t, s.CallbackData)
		names = append(names, s.Status)
	}
	assert.Equal(t, []string{"read", "delivered", "sent"}, names)
	assert.Equal(t, "m-1", f.number.Sent()[0].CallbackData)
	assert.Equal(t, "read", f.number.Sent()[0].Status)
}
