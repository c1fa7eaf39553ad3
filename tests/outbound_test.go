package tests

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// ready is that Lea's bicycle is, in a conversation of Sales; it reads so.
func ready() api.NewInteraction {
	return api.NewInteraction{Queue: "sales", Template: api.TemplateUse{ID: "order-ready", Values: []string{"Lea", "A-1042"}}}
}

const readyReads = "Acme Bicycles\n\nHola Lea, tu pedido A-1042 ya está en la tienda. Puedes recogerlo cuando quieras.\n\n" +
	"Responde a este mensaje si tienes alguna pregunta."

// B13: two days after Lea wrote, her bicycle is ready. WhatsApp takes no text any more; Ana picks a template, and the conversation
// is hers at once. What Lea answers joins it, and from then on Ana writes freely.
func TestAnAgentStartsAConversationByTemplate(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Number: graph.NumberOptions{Window: true}})
	ana, lea := c.Agent("ana"), c.Customer("lea")
	contact := ana.HasTalked(lea, 48*time.Hour)
	m := ana.Mirror()
	m.Connect(0)
	defer m.Cut()
	seen, err := ana.Desktop.Contact(c.Context(), contact)
	require.NoError(t, err)
	assert.Equal(t, api.WindowStateClosed, seen.Window.State)
	_, err = ana.Desktop.Start(c.Context(), contact, desktop.Key(), api.NewInteraction{Queue: "sales", Text: "ya está"})
	c.IsRefused(err, 409, "template_needed")
	assert.Empty(t, lea.Received())

	i := ana.Starts(contact, ready())
	lea.Hears(readyReads)
	sent := c.Number().Sent()[0]
	assert.Equal(t, "template", sent.Type)
	var body struct{ Template json.RawMessage }
	require.NoError(t, json.Unmarshal(sent.Body, &body))
	assert.JSONEq(t, `{"name":"order_ready","language":{"code":"es"},"components":[{"type":"body","parameters":[{"type":"text","text":"Lea"},{"type":"text","text":"A-1042"}]}]}`,
		string(body.Template))
	c.Settle()

	now := ana.Sees(i.ID)
	assert.Equal(t, []any{api.InteractionStateActive, api.DirectionOutbound, "ana", "sales", "Lea", readyReads[:len("Acme Bicycles")]},
		[]any{now.State, now.Direction, now.Owner.ID, now.Queue.ID, now.Customer.Name, now.Preview[:len("Acme Bicycles")]})
	assert.Equal(t, []string{"started"}, events(now))
	assert.Contains(t, now.Data, api.Datum{ID: "direction", Name: "Direction", Value: "outbound"})
	assert.Equal(t, api.WindowStateClosed, now.Window.State)
	assert.NotContains(t, now.Actions, "send")
	assert.Subset(t, now.Actions, []string{"send_template", "end", "transfer", "conference"})
	assert.Equal(t, 1, ana.Me().Load)
	read := ana.Reads(i.ID)
	require.Len(t, read, 1)
	assert.Equal(t, api.Ref{ID: "order-ready", Name: "Bicycle is ready"}, read[0].Template)
	assert.Equal(t, []any{readyReads, api.MessageKindText, api.MessageStateRead, "ana"}, []any{read[0].Text, read[0].Kind, read[0].State, read[0].Author.ID})
	m.ShowsAll()

	lea.Writes("¡gracias! ¿hasta qué hora?")
	ana.IsNotOffered()
	now = ana.Sees(i.ID)
	assert.Equal(t, []any{1, api.WindowStateOpen, "¡gracias! ¿hasta qué hora?"}, []any{now.Unread, now.Window.State, now.Preview})
	ana.Writes(i.ID, "hasta las ocho")
	lea.Hears("hasta las ocho")
	m.ShowsAll()
	over(c, ana, i.ID)
	assert.Zero(t, ana.Me().Load)
	past, err := ana.Desktop.Past(c.Context(), contact, url.Values{})
	require.NoError(t, err)
	require.Len(t, past.Items, 2)
	assert.Equal(t, i.ID, past.Items[0].ID)
	assert.Equal(t, "question", past.Items[0].Legs[0].WrapUp.Reason.ID)

	lea.Writes("otra cosa")
	next := ana.Accepts()
	assert.Equal(t, api.DirectionInbound, next.Direction, "after the end it is as ever")
}

// B13: while the window is open a text will do, on every channel; on Messenger nothing will after it.
func TestAnAgentStartsAConversationByText(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea, max := c.Agent("ana"), c.Customer("lea"), c.Visitor("max")
	contact := ana.HasTalked(lea, time.Hour)
	i := ana.Starts(contact, api.NewInteraction{Queue: "sales", Asset: "whatsapp:" + suite.PhoneNumber, Text: "¿todo bien?"})
	assert.Contains(t, i.Actions, "send")
	lea.Hears("¿todo bien?")
	over(c, ana, i.ID)
	_, err := ana.Desktop.SignOut(c.Context(), false)
	require.NoError(t, err)

	visitor := ana.HasTalked(max, 25*time.Hour)
	_, err = ana.Desktop.Start(c.Context(), visitor, desktop.Key(), ready())
	c.IsRefused(err, 400, "template_other_channel")
	j := ana.Starts(visitor, api.NewInteraction{Queue: "sales", Text: "¿y a ti?"})
	max.Hears("¿y a ti?")
	over(c, ana, j.ID)
	_, err = ana.Desktop.SignOut(c.Context(), false)
	require.NoError(t, err)
	c.Advance(7 * 24 * time.Hour)
	ana.SignsIn()
	_, err = ana.Desktop.Start(c.Context(), visitor, desktop.Key(), api.NewInteraction{Queue: "sales", Text: "¿sigues ahí?"})
	c.IsRefused(err, 409, "window_closed")
	assert.Equal(t, []string{"¿y a ti?"}, max.Received())
}

// B13: a desktop that was not answered asks again and gets the conversation it began; nothing goes out twice. Under the same
// key nothing else begins.
func TestStartingAgainStartsNothing(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana"), c.Customer("lea")
	contact := ana.HasTalked(lea, 48*time.Hour)
	key := desktop.Key()
	first, err := ana.Desktop.Start(c.Context(), contact, key, ready())
	require.NoError(t, err)
	lea.Hears(readyReads)
	lea.Writes("¿sí?")
	c.Settle()
	for range 2 {
		again, err := ana.Desktop.Start(c.Context(), contact, key, ready())
		require.NoError(t, err)
		assert.Equal(t, []any{first.ID, 1}, []any{again.ID, again.Unread})
	}
	other := ready()
	other.Template.Values[1] = "A-1043"
	_, err = ana.Desktop.Start(c.Context(), contact, key, other)
	c.IsRefused(err, 422, "key_reused")
	_, err = ana.Desktop.Start(c.Context(), contact, desktop.Key(), ready())
	c.IsRefused(err, 409, "conversation_open")
	over(c, ana, first.ID)
	again, err := ana.Desktop.Start(c.Context(), contact, key, ready())
	require.NoError(t, err)
	assert.Equal(t, []any{first.ID, api.InteractionStateClosed}, []any{again.ID, again.State})
	c.Settle()
	assert.Equal(t, []string{readyReads}, lea.Received())
	assert.Len(t, all[desk.Interaction](c), 2)
}

// B13: in a conversation that goes on, the window closes. A text is refused, a template is not; sent again under its ID, it goes
// out once.
func TestATemplateInAConversationWhoseWindowHasClosed(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, suite.Options{Number: graph.NumberOptions{Window: true}})
	ana, lea := c.Agent("ana"), c.Customer("lea")
	lea.Writes("hola")
	c.Advance(24*time.Hour - time.Minute)
	i := ana.SignsIn().Accepts()
	stay(c, time.Minute, ana)
	assert.NotContains(t, ana.Sees(i.ID).Actions, "send")
	assert.Contains(t, ana.Sees(i.ID).Actions, "send_template")
	_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "¿sigues ahí?")
	c.IsRefused(err, 409, "window_closed")

	id, use := desktop.Key(), api.TemplateUse{ID: "hello"}
	sent, err := ana.Desktop.SendTemplate(c.Context(), i.ID, id, use)
	require.NoError(t, err)
	assert.Equal(t, []any{"¿Podemos ayudarte con algo más?", "hello", id}, []any{sent.Text, sent.Template.ID, sent.ClientID})
	again, err := ana.Desktop.SendTemplate(c.Context(), i.ID, id, use)
	require.NoError(t, err)
	assert.Equal(t, sent.ID, again.ID)
	_, err = ana.Desktop.SendTemplate(c.Context(), i.ID, id, ready().Template)
	c.IsRefused(err, 422, "id_reused")
	_, err = ana.Desktop.Send(c.Context(), i.ID, id, "¿Podemos ayudarte con algo más?")
	c.IsRefused(err, 422, "id_reused")
	lea.Hears("¿Podemos ayudarte con algo más?")
	assert.Equal(t, api.MessageStateRead, ana.Reads(i.ID)[1].State)
	lea.Writes("sí")
	c.Settle()
	ana.Writes(i.ID, "dime")
	lea.Hears("dime")
}

// B13: what can be said wrongly about a template is refused before anything is stored.
func TestATemplateThatCannotBeSent(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana"), c.Customer("lea")
	contact := ana.HasTalked(lea, 48*time.Hour)
	for code, use := range map[string]api.TemplateUse{
		"template_unknown": {ID: "nothing"},
		"values_mismatch":  {ID: "order-ready", Values: []string{"Lea"}},
		"value_empty":      {ID: "order-ready", Values: []string{"Lea", " "}},
		"value_invalid":    {ID: "order-ready", Values: []string{"Lea", "a\nb"}},
		"text_or_template": {},
	} {
		_, err := ana.Desktop.Start(c.Context(), contact, desktop.Key(), api.NewInteraction{Queue: "sales", Template: use})
		c.IsRefused(err, 400, code)
	}
	long := ready()
	long.Template.Values[1] = string(make([]rune, 1024))
	_, err := ana.Desktop.Start(c.Context(), contact, desktop.Key(), long)
	c.IsRefused(err, 400, "value_invalid")
	both := ready()
	both.Text = "hola"
	_, err = ana.Desktop.Start(c.Context(), contact, desktop.Key(), both)
	c.IsRefused(err, 400, "text_or_template")
	_, err = ana.Desktop.Start(c.Context(), contact, desktop.Key(), api.NewInteraction{Queue: "support", Template: ready().Template})
	c.IsRefused(err, 400, "template_unknown")
	c.Settle()
	assert.Empty(t, lea.Received())
	assert.Len(t, all[desk.Interaction](c), 1)
	assert.Zero(t, ana.Me().Load)
}

// B13: a template that the channel does not know, or no longer, fails where the agent sees it; the conversation stays his.
func TestATemplateTheChannelRefuses(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana"), c.Customer("lea")
	contact := ana.HasTalked(lea, 48*time.Hour)
	c.Number().SetTemplates([]graph.Template{})
	i := ana.Starts(contact, ready())
	c.Settle()
	read := ana.Reads(i.ID)
	require.Len(t, read, 1)
	assert.Equal(t, []any{api.MessageStateFailed, "template_rejected"}, []any{read[0].State, read[0].Error.Code})
	c.Number().SetTemplates([]graph.Template{{Name: "order_ready", Language: "es", Body: "{{1}} {{2}} {{3}}"}})
	m, err := ana.Desktop.SendTemplate(c.Context(), i.ID, desktop.Key(), ready().Template)
	require.NoError(t, err)
	c.Settle()
	assert.Equal(t, []any{m.ID, api.MessageStateFailed}, []any{ana.Reads(i.ID)[1].ID, ana.Reads(i.ID)[1].State})
	c.Number().SetTemplates(nil)
	_, err = ana.Desktop.SendTemplate(c.Context(), i.ID, desktop.Key(), ready().Template)
	require.NoError(t, err)
	lea.Hears("order_ready")
	over(c, ana, i.ID)
}

// B13: agents find the templates of their own queues, a page at a time; a new one shows when what was read before is too old.
func TestAgentsListTheTemplatesOfTheirQueues(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana")
	list := func(a *floor.Agent, query url.Values) (ids []string, next string) {
		t.Helper()
		l, err := a.Desktop.Templates(c.Context(), "sales", query)
		require.NoError(t, err)
		for _, one := range l.Items {
			ids = append(ids, one.ID)
		}
		return ids, l.Next
	}
	ids, _ := list(ana, nil)
	assert.Equal(t, []string{"hello", "order-ready"}, ids)
	l, err := ana.Desktop.Templates(c.Context(), "sales", url.Values{"q": {"TIENDA"}})
	require.NoError(t, err)
	assert.Equal(t, api.List[api.Template]{{ID: "order-ready", Name: "Bicycle is ready", Channel: "whatsapp", Language: "es", Header: "Acme Bicycles",
		Body: "Hola {{1}}, tu pedido {{2}} ya está en la tienda. Puedes recogerlo cuando quieras.", Footer: "Responde a este mensaje si tienes alguna pregunta.", Places: 2}}, l.Items)
	ids, next := list(ana, url.Values{"limit": {"1"}})
	assert.Equal(t, []string{"hello"}, ids)
	ids, next = list(ana, url.Values{"limit": {"1"}, "cursor": {next}})
	assert.Equal(t, []string{"order-ready"}, ids)
	assert.Empty(t, next)
	ids, _ = list(ana, url.Values{"q": {"nada"}})
	assert.Empty(t, ids)
	for _, id := range []string{"sam", "ada"} {
		ids, _ = list(c.Agent(id), nil)
		assert.Len(t, ids, 2, "%s sees all", id)
	}
	_, err = ana.Desktop.Templates(c.Context(), "bookings", nil)
	c.IsRefused(err, 403, "not_your_queue")
	_, err = ana.Desktop.Templates(c.Context(), "nothing", nil)
	c.IsRefused(err, 404, "queue_missing")
	_, err = ana.Desktop.Templates(c.Context(), "sales", url.Values{"cursor": {"AAA"}})
	c.IsRefused(err, 400, "bad_cursor")

	c.Office("ada").Creates("queues/sales/templates/bye", `{"name":"Bye","channel":"whatsapp","channelName":"bye","language":"es","body":"Adiós"}`)
	c.Advance(15 * time.Second)
	ids, _ = list(ana, nil)
	assert.Equal(t, []string{"bye", "hello", "order-ready"}, ids)
}
