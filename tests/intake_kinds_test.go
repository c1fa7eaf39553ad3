package tests

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

// transcriptBegins is where a transcript begins.
var transcriptBegins store.Mark

// kind is a sort of message: what comes, what an agent is shown where his desktop has no view for it, and whether somebody
// who has no conversation gets one by it.
type kind struct {
	kind           desk.MessageKind
	raw            string
	text, fallback string
	opens          bool
}

// kinds are WhatsApp's messages of every kind there is.
var kinds = []kind{
	{"text", `{"type":"text","text":{"body":"hola"}}`, "hola", "", true},
	{"image", `{"type":"image","image":{"id":"1","mime_type":"image/jpeg","caption":"mi bici"}}`, "mi bici", "[image] mi bici", true},
	{"video", `{"type":"video","video":{"id":"1","mime_type":"video/mp4"}}`, "", "[video]", true},
	{"audio", `{"type":"audio","audio":{"id":"1","voice":true}}`, "", "[voice message]", true},
	{"document", `{"type":"document","document":{"id":"1","filename":"factura.pdf"}}`, "", "[document] factura.pdf", true},
	{"sticker", `{"type":"sticker","sticker":{"id":"1","animated":true}}`, "", "[sticker]", true},
	{"location", `{"type":"location","location":{"latitude":40.4168,"longitude":-3.7038,"name":"Sol"}}`, "", "[location] Sol (40.4168, -3.7038)", true},
	{"contacts", `{"type":"contacts","contacts":[{"name":{"formatted_name":"Max Roe"}}]}`, "", "[contact] Max Roe", true},
	{"reply", `{"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"b1","title":"Sí"}}}`, "Sí", "[reply] Sí", true},
	{"form", `{"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"response_json":"{\"talla\":\"42\",\"flow_token\":\"x\"}"}}}`, "", "[form] talla: 42", true},
	{"order", `{"type":"order","order":{"catalog_id":"1","product_items":[{"quantity":1}]}}`, "", "[order] 1 item", true},
	{"unsupported", `{"type":"unsupported","errors":[{"code":131051}]}`, "", "[unsupported message]", true},
	{"unsupported", `{"type":"hologram","hologram":{"x":1}}`, "", "[unsupported message]", true},
	{"unsupported", `{"type":"text"}`, "", "[empty message]", true},
	{"system", `{"type":"system","system":{"type":"customer_identity_changed","body":"Lea has a new phone"}}`, "", "[system] Lea has a new phone", false},
}

// pageKinds are those of Messenger, as elements of a webhook.
var pageKinds = []kind{
	{"text", `{"message":{"text":"hola"}}`, "hola", "", true},
	{"image", `{"message":{"attachments":[{"type":"image","payload":{"url":"https://cdn.example/1"}}]}}`, "", "[image]", true},
	{"video", `{"message":{"attachments":[{"type":"video","payload":{"url":"https://cdn.example/1"}}]}}`, "", "[video]", true},
	{"audio", `{"message":{"attachments":[{"type":"audio","payload":{"url":"https://cdn.example/1"}}]}}`, "", "[audio]", true},
	{"document", `{"message":{"attachments":[{"type":"file","payload":{"url":"https://cdn.example/1"}}]}}`, "", "[document]", true},
	{"sticker", `{"message":{"sticker_id":3,"attachments":[{"type":"image","payload":{"url":"https://cdn.example/1","sticker_id":3}}]}}`, "", "[sticker]", true},
	{"location", `{"message":{"attachments":[{"type":"location","title":"Sol","payload":{"coordinates":{"lat":40.4168,"long":-3.7038}}}]}}`, "", "[location] Sol (40.4168, -3.7038)", true},
	{"reply", `{"message":{"text":"Rojo","quick_reply":{"payload":"RED"}}}`, "Rojo", "[reply] Rojo", true},
	{"reply", `{"postback":{"title":"Empezar","payload":"START"}}`, "Empezar", "[reply] Empezar", true},
	{"template", `{"message":{"attachments":[{"type":"template","payload":{"template_type":"generic"}}]}}`, "", "[template]", true},
	{"handover", `{"pass_thread_control":{"previous_owner_app_id":"1","new_owner_app_id":"400000000000001","metadata":"VIP"}}`, "", "[handed over by another app] VIP", true},
	{"unsupported", `{"message":{"is_unsupported":true}}`, "", "[unsupported message]", true},
	{"referral", `{"referral":{"ref":"spring","source":"SHORTLINK","type":"OPEN_THREAD"}}`, "", "[referral] shortlink, spring", false},
}

// Every kind of the contract has a row, and the rows say what the rule says.
func TestEveryKindOfMessageHasARow(t *testing.T) {
	t.Parallel()
	doc, err := readContract()
	require.NoError(t, err)
	rows := map[string]bool{}
	for _, k := range slices.Concat(kinds, pageKinds) {
		rows[string(k.kind)] = true
		assert.Equal(t, k.opens, k.kind.Opens(), k.kind)
	}
	for _, kind := range doc.Components.Schemas["MessageKind"].Value.Enum {
		assert.True(t, rows[kind.(string)], "%s has no row", kind)
	}
}

// R13, R15: whatever a customer sends in a conversation, the agent sees at least that and what it was.
func TestEveryKindOfMessageIsShown(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	for n, k := range kinds {
		r, err := c.Number().Receive(lea.Who, graph.Inbound{Raw: json.RawMessage(k.raw)})
		require.NoError(t, err)
		require.Equal(t, 200, r.Status, r.Body)
		c.Settle()
		said := ana.Reads(i)
		require.Len(t, said, n+2, "%s", k.raw)
		got := said[n+1]
		assert.Equal(t, api.MessageKind(k.kind), got.Kind, k.raw)
		assert.Equal(t, k.text, got.Text, k.raw)
		assert.Equal(t, k.fallback, got.Fallback, k.raw)
		assert.Equal(t, api.DirectionInbound, got.Direction)
	}
	assert.Equal(t, len(kinds), ana.Sees(i).Unread, "the notice asks for no answer")
}

// R13, R15: so he does of what a customer sends by Messenger.
func TestEveryKindOfMessengersIsShown(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := chatting(t, suite.Options{})
	for n, k := range pageKinds {
		r, err := c.Page().Receive(graph.Event{From: lea.Who.ID(), Raw: json.RawMessage(k.raw)})
		require.NoError(t, err)
		require.Equal(t, 200, r.Status, r.Body)
		c.Settle()
		said := ana.Reads(i)
		require.Len(t, said, n+2, "%s", k.raw)
		got := said[n+1]
		assert.Equal(t, api.MessageKind(k.kind), got.Kind, k.raw)
		assert.Equal(t, k.text, got.Text, k.raw)
		assert.Equal(t, k.fallback, got.Fallback, k.raw)
	}
	assert.Equal(t, len(pageKinds), ana.Sees(i).Unread, "that he came by a link asks for no answer")
}

// What begins a conversation is offered to an agent. A notice of the channel is not, and leaves nothing.
func TestWhatOpensAConversation(t *testing.T) {
	t.Parallel()
	var log floor.Log
	c := floor.OpenWith(t, suite.Options{Log: log.Logger()})
	for n, k := range kinds {
		who := c.Customer(fmt.Sprint("c", n))
		before := len(all[desk.Interaction](c))
		line := log.Next(c, "conversation", func() {
			r, err := c.Number().Receive(who.Who, graph.Inbound{Raw: json.RawMessage(k.raw)})
			require.NoError(t, err)
			require.Equal(t, 200, r.Status, r.Body)
		})
		c.Settle()
		if k.opens {
			assert.Len(t, all[desk.Interaction](c), before+1, k.raw)
			assert.Empty(t, line.Ignored())
			continue
		}
		assert.Len(t, all[desk.Interaction](c), before, k.raw)
		assert.Equal(t, map[string]int{"opens_nothing": 1}, line.Ignored(), k.raw)
	}
	opened := 14
	assert.Len(t, all[desk.Interaction](c), opened)
	assert.Len(t, all[desk.Message](c), opened)
	assert.Len(t, all[desk.Contact](c), opened, "nobody is on record for a notice alone")
}

// R1: somebody with a user name and no phone number is a customer like any other, and no opaque ID is shown for him.
func TestACustomerKnownByUserIDOnly(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := graph.Customer{UserID: "ES.13491208655302741918", Name: "Lea", Username: "@lea"}
	writes(c, lea, "hola")
	offer := ana.IsOffered()
	assert.Equal(t, "Lea", offer.Customer.Name)
	assert.Empty(t, offer.Customer.Phone)
	i := ana.Accepts()
	ana.Writes(i.ID, "buenas")
	c.Settle()
	require.Len(t, c.Number().Sent(), 1)
	assert.Equal(t, "ES.13491208655302741918", c.Number().Sent()[0].To)
	writes(c, lea, "gracias")
	c.Settle()
	assert.Equal(t, []string{"hola", "buenas", "gracias"}, texts(ana.Reads(i.ID)))
}

func writes(c *floor.Floor, who graph.Customer, text string) {
	c.T.Helper()
	r, err := c.Number().Receive(who, graph.Inbound{Text: text})
	require.NoError(c.T, err)
	require.Equal(c.T, 200, r.Status, r.Body)
}

// A person whom the channel tells by two IDs stays the same one when it tells only one of them, whichever it is, and
// when somebody's number changes.
func TestAPersonWithTwoAddressesIsOneContact(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	both := graph.Customer{Phone: "34611000001", UserID: "ES.1349", Name: "Lea"}
	writes(c, both, "1: both")
	i := ana.Accepts()
	writes(c, graph.Customer{Phone: "34611000001", Name: "Lea"}, "2: the number")
	c.Settle()
	writes(c, graph.Customer{UserID: "ES.1349", Name: "Lea"}, "3: the user ID")
	c.Settle()
	notice := `{"type":"system","system":{"type":"user_changed_number","body":"Lea has a new number","wa_id":"34622000002"}}`
	r, err := c.Number().Receive(graph.Customer{Phone: "34611000001"}, graph.Inbound{Raw: json.RawMessage(notice)})
	require.NoError(t, err)
	require.Equal(t, 200, r.Status)
	c.Settle()
	writes(c, graph.Customer{Phone: "34622000002", Name: "Lea"}, "5: the new number")
	c.Settle()

	said := ana.Reads(i.ID)
	require.Len(t, said, 5)
	assert.Equal(t, "5: the new number", said[4].Text)
	assert.Len(t, all[desk.Contact](c), 1)
	assert.Len(t, all[desk.Identity](c), 3, "two numbers and a user ID, each pointing to her")
	assert.Len(t, all[desk.Interaction](c), 1)
	assert.Equal(t, "+34622000002", ana.Sees(i.ID).Customer.Phone)

	writes(c, graph.Customer{Phone: "34633000003", Name: "Max"}, "hola")
	c.Settle()
	assert.Len(t, all[desk.Contact](c), 2, "somebody else is somebody else")
}

// Two first messages that come at once, one under each of a person's two IDs and one under both, never lose one.
func TestTwoAddressesAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	people := []graph.Customer{
		{Phone: "34611000001", UserID: "ES.1349", Name: "Lea"}, {Phone: "34611000001", Name: "Lea"}, {UserID: "ES.1349", Name: "Lea"}}
	together(12, func(n int) {
		r, err := c.Number().Receive(people[n%3], graph.Inbound{Text: fmt.Sprint(n)})
		assert.NoError(t, err)
		assert.Equal(t, 200, r.Status)
	})
	c.Settle()
	assert.Len(t, all[desk.Message](c), 12)
	assert.Len(t, all[desk.Identity](c), 2)
}
