package graph_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

func TestStatusesComeByThemselvesInOrder(t *testing.T) {
	for mode, test := range map[graph.Statuses]struct {
		callbacks []string
		state     string
	}{
		"":                      {[]string{"sent", "delivered", "read"}, "read"},
		graph.StatusesAuto:      {[]string{"sent", "delivered", "read"}, "read"},
		graph.StatusesDelivered: {[]string{"sent", "delivered"}, "delivered"},
		graph.StatusesSent:      {[]string{"sent"}, "sent"},
		graph.StatusesManual:    {nil, "accepted"},
	} {
		t.Run(string(mode), func(t *testing.T) {
			f := newFixture(t, func(o *graph.Options) { o.Numbers[0].Statuses = mode })
			id := f.text("hola")
			f.settle()
			assert.Equal(t, test.callbacks, f.inbox.names(id))
			assert.Equal(t, test.state, f.server.Sent(phoneID)[0].Status)
		})
	}
}

func TestStatusesModeCanChange(t *testing.T) {
	f := newFixture(t)
	require.Error(t, f.number.SetStatuses("some"))
	assert.Equal(t, graph.StatusesAuto, f.number.Options().Statuses)
	require.NoError(t, f.number.SetStatuses(graph.StatusesSent))
	assert.Equal(t, graph.StatusesSent, f.number.Options().Statuses)
	id := f.text("hola")
	f.settle()
	assert.Equal(t, []string{"sent"}, f.inbox.names(id))
	require.NoError(t, f.number.SetStatuses(""))
	assert.Equal(t, graph.StatusesAuto, f.number.Options().Statuses)
}

func TestStatusCallbackOnTheWire(t *testing.T) {
	f := newFixture(t, func(o *graph.Options) { o.Numbers[0].Statuses = graph.StatusesSent })
	_, out := f.send(`{"messaging_product":"whatsapp","to":"34600000001","text":{"body":"hola"},"biz_opaque_callback_data":"año/1"}`)
	id := messageID(t, out)
	f.settle()

	posts := f.inbox.all()
	require.Len(t, posts, 1)
	conversation := f.inbox.statuses()[0].Conversation.ID
	assert.Regexp(t, `^[0-9a-f]{32}$`, conversation)
	assert.Equal(t, `{"object":"whatsapp_business_account","entry":[{"id":"419561257915477","changes":[{"value":`+
		`{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},`+
		`"statuses":[{"id":"`+strings.ReplaceAll(id, "/", `\/`)+`","status":"sent","timestamp":"1772442000","recipient_id":"34600000001",`+
		`"conversation":{"id":"`+conversation+`","expiration_timestamp":"1772528400","origin":{"type":"service"}},`+
		`"pricing":{"billable":false,"pricing_model":"PMP","category":"service","type":"free_customer_service"},`+
		`"biz_opaque_callback_data":"a\u00f1o\/1"}]},"field":"messages"}]}]}`, posts[0].body)
	assert.Equal(t, "application/json", posts[0].header.Get("Content-Type"))
	assert.Equal(t, graph.Sign(secret, []byte(posts[0].body)), posts[0].header.Get("X-Hub-Signature-256"))
	assert.Empty(t, posts[0].header.Get("X-Hub-Signature"))
}

func TestStatusesByHand(t *testing.T) {
	f := newFixture(t, manual)
	id := f.text("hola")
	state := func() string { return f.server.Sent(phoneID)[0].Status }

	receipt, err := f.number.Deliver(id)
	require.NoError(t, err)
	assert.Equal(t, graph.Receipt{ID: id, IDs: []string{id}, Status: http.StatusOK}, receipt)
	assert.Equal(t, "delivered", state())

	_, err = f.number.Fail(id, 131026)
	require.NoError(t, err)
	assert.Equal(t, "delivered", state(), "one of several devices failed")
	_, err = f.number.Read(id)
	require.NoError(t, err)
	_, err = f.number.Deliver(id)
	require.NoError(t, err)
	_, err = f.number.Report(id, "played")
	require.NoError(t, err)
	assert.Equal(t, "read", state())
	assert.Equal(t, []string{"delivered", "failed", "read", "delivered", "played"}, f.inbox.names(id))

	statuses := f.inbox.statuses()
	assert.NotNil(t, statuses[0].Conversation)
	assert.Empty(t, statuses[0].Conversation.Expires, "only sent says when the conversation ends")
	assert.Nil(t, statuses[2].Conversation, "read is not billed")
	assert.Nil(t, statuses[2].Pricing)

	failed := statuses[1]
	require.Len(t, failed.Errors, 1)
	assert.Equal(t, 131026, failed.Errors[0].Code)
	assert.Equal(t, "Message undeliverable", failed.Errors[0].Title)
	assert.Equal(t, "Message undeliverable", failed.Errors[0].Message)
	assert.NotEmpty(t, failed.Errors[0].Data.Details)
	assert.Nil(t, failed.Conversation)

	for _, bad := range []string{"", "failed"} {
		_, err = f.number.Report(id, bad)
		require.Error(t, err)
	}
	_, err = f.number.Read("wamid.unknown")
	require.ErrorIs(t, err, graph.ErrUnknownMessage)
	assert.Len(t, f.inbox.all(), 5)
}

func TestFailedBeforeDeliveredIsFailed(t *testing.T) {
	f := newFixture(t, manual)
	id := f.text("hola")
	_, err := f.number.Report(id, "sent")
	require.NoError(t, err)
	_, err = f.number.Fail(id, 999999)
	require.NoError(t, err)
	assert.Equal(t, "failed", f.server.Sent(phoneID)[0].Status)
	assert.Equal(t, "Unspecified error", f.inbox.statuses()[1].Errors[0].Title)
}

func TestStatusOfAUserID(t *testing.T) {
	f := newFixture(t)
	_, out := f.send(`{"messaging_product":"whatsapp","recipient":"ES.13491208655302741918","text":{"body":"hola"}}`)
	f.settle()
	statuses := f.inbox.statuses()
	require.Len(t, statuses, 3)
	assert.Equal(t, messageID(t, out), statuses[0].ID)
	assert.Equal(t, "ES.13491208655302741918", statuses[0].RecipientUserID)
	assert.Empty(t, statuses[0].RecipientID)
}

func TestConversationsLastADay(t *testing.T) {
	f := newFixture(t, func(o *graph.Options) { o.Numbers[0].Statuses = graph.StatusesSent })
	f.text("one")
	f.settle()
	f.clock.advance(24*time.Hour - time.Second)
	f.text("two")
	f.settle()
	f.clock.advance(time.Second)
	f.text("three")
	f.settle()
	f.send(`{"messaging_product":"whatsapp","to":"34600000002","type":"template","template":{"name":"hello","language":{"code":"es"}}}`)
	f.settle()

	s := f.inbox.statuses()
	require.Len(t, s, 4)
	assert.Equal(t, s[0].Conversation.ID, s[1].Conversation.ID)
	assert.Equal(t, "1772528400", s[1].Conversation.Expires)
	assert.NotEqual(t, s[1].Conversation.ID, s[2].Conversation.ID)
	assert.Equal(t, "1772614800", s[2].Conversation.Expires)
	assert.NotEqual(t, s[2].Conversation.ID, s[3].Conversation.ID, "another customer")
	assert.True(t, s[3].Pricing.Billable, "templates cost")
	assert.Equal(t, "utility", s[3].Pricing.Category)
}

func TestCustomerServiceWindow(t *testing.T) {
	f := newFixture(t, func(o *graph.Options) { o.Numbers[0].Window = true })
	outcome := func() []string {
		id := f.text("hola")
		f.settle()
		return f.inbox.names(id)
	}
	assert.Equal(t, []string{"failed"}, outcome(), "she never wrote")
	assert.Equal(t, 131047, f.inbox.statuses()[0].Errors[0].Code)

	_, err := f.number.Receive(graph.Customer{Phone: "+34 600 000 001", Name: "Lea"}, graph.Inbound{Text: "hola"})
	require.NoError(t, err)
	f.clock.advance(24*time.Hour - time.Second)
	assert.Equal(t, []string{"sent", "delivered", "read"}, outcome())
	f.clock.advance(time.Second)
	assert.Equal(t, []string{"failed"}, outcome())

	_, out := f.send(`{"messaging_product":"whatsapp","to":"34600000001","type":"template","template":{"name":"hello","language":{"code":"es"}}}`)
	f.settle()
	assert.Equal(t, []string{"sent", "delivered", "read"}, f.inbox.names(messageID(t, out)), "templates may")
}

func TestStatusesWithoutWebhookAreNotMade(t *testing.T) {
	f := newFixture(t, func(o *graph.Options) { o.WebhookURL = "" })
	id := f.text("hola")
	f.settle()
	assert.Equal(t, "read", f.server.Sent(phoneID)[0].Status, "the customer has it all the same")
	_, err := f.number.Deliver(id)
	require.ErrorIs(t, err, graph.ErrNoWebhook)
	f.server.SetWebhook(f.inbox.URL)
	_, err = f.number.Deliver(id)
	require.NoError(t, err)
	assert.Equal(t, []string{"delivered"}, f.inbox.names(id))
}
