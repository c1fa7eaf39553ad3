package whatsapp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// echoed is a webhook of what the business did by its own app.
func echoed(field, contacts, list string) string {
	return change(field, `{"messaging_product":"whatsapp","metadata":{"display_phone_number":"34910000000","phone_number_id":"5550001"},`+
		contacts+`"message_echoes":[`+list+`]}`)
}

// to is an echo of what was sent to Lea, with the rest of its fields.
func to(rest string) string {
	return `{"from":"34910000000","to":"34600111222","id":"wamid.A1","timestamp":"1795166998",` + rest + `}`
}

// What the business sends by its own app is the customer's conversation too, and never a message of his.
func TestEchoes(t *testing.T) {
	customer := desk.Customer{Name: "Lea Ortiz", Phone: "+34600111222", Addresses: []desk.Address{phone("34600111222")}}
	for _, field := range []string{"smb_message_echoes", "message_echoes"} {
		for name, c := range map[string]struct {
			rest string
			want desk.Arrival
		}{
			"text": {`"type":"text","text":{"body":"te llamo ya"},"context":{"id":"wamid.Q"}`,
				desk.Arrival{Kind: "text", Text: "te llamo ya", ReplyTo: "wamid.Q"}},
			"image": {`"type":"image","image":{"id":"9","caption":"el modelo"}`,
				desk.Arrival{Kind: "image", Text: "el modelo", Fallback: "[image] el modelo", Detail: desk.Detail{Attachments: []desk.Attachment{{Kind: "image", MediaID: "9"}}}}},
			"no way in": {`"type":"text","text":{"body":"x"},"referral":{"source_id":"7","source_type":"ad"}`,
				desk.Arrival{Kind: "text", Text: "x"}},
			"unsupported": {`"type":"unsupported","errors":[{"code":131060}]`,
				desk.Arrival{Kind: "unsupported", Fallback: "[unsupported message]"}},
		} {
			t.Run(field+", "+name, func(t *testing.T) {
				got := arrival(t, echoed(field, lea+`,`, to(c.rest)))
				c.want.Channel, c.want.Account, c.want.ID, c.want.At = desk.WhatsApp, "5550001", "wamid.A1", written
				c.want.Customer, c.want.Elsewhere = customer, true
				assert.Equal(t, c.want, got)
			})
		}
	}
}

func TestWhomEchoesAreFor(t *testing.T) {
	for name, c := range map[string]struct {
		contacts, recipient string
		want                desk.Customer
	}{
		"phone":             {``, `"to":"346"`, desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"phone with a plus": {``, `"to":"+346"`, desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"both": {`"contacts":[{"wa_id":"346","user_id":"ES.1"}],`, `"to":"346","to_user_id":"ES.1"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.1"), phone("346")}}},
		"user ID": {`"contacts":[{"user_id":"ES.1","profile":{"name":"Lea","username":"@lea"}}],`, `"to_user_id":"ES.1"`,
			desk.Customer{Name: "Lea", Username: "lea", Addresses: []desk.Address{user("ES.1")}}},
		"by the contact": {`"contacts":[{"wa_id":"346","user_id":"ES.1"}],`, `"x":1`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.1"), phone("346")}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := arrival(t, echoed("smb_message_echoes", c.contacts,
				`{"from":"34910000000",`+c.recipient+`,"id":"wamid.A1","type":"text","text":{"body":"x"}}`))
			assert.Equal(t, c.want, got.Customer)
		})
	}
}

// The business edits and deletes what it sent by its app.
func TestEchoedRemarks(t *testing.T) {
	events, ignored := parse(t, echoed("smb_message_echoes", ``,
		to(`"type":"edit","edit":{"original_message_id":"wamid.E","message":{"type":"text","text":{"body":"martes"}}}`)+`,`+
			to(`"type":"revoke","revoke":{"original_message_id":"wamid.V"}`)))
	assert.Empty(t, ignored)
	require.Len(t, events, 2)
	base := desk.Remark{Channel: desk.WhatsApp, Account: "5550001", At: written, Elsewhere: true,
		Customer: desk.Customer{Phone: "+34600111222", Addresses: []desk.Address{phone("34600111222")}}}
	edit, revoke := base, base
	edit.Kind, edit.About, edit.Text = desk.RemarkEdit, "wamid.E", "martes"
	revoke.Kind, revoke.About = desk.RemarkRevoke, "wamid.V"
	assert.Equal(t, &edit, events[0].Remark)
	assert.Equal(t, &revoke, events[1].Remark)
}

func TestEchoesLeftOut(t *testing.T) {
	good := to(`"type":"text","text":{"body":"hola"}`)
	for odd, want := range map[string]string{
		`7`:    "unreadable_message:",
		`null`: "no_id:message",
		`{"id":"wamid.A1","type":"text","text":{"body":"x"}}`:                   "no_recipient:text",
		`{"id":"wamid.A1","to":"PHONE","from":"34910000000","type":"image"}`:    "no_recipient:image",
		to(`"group_id":"g","type":"text","text":{"body":"x"}`):                  "group_message:",
		to(`"recipient_type":"group","type":"text","text":{"body":"x"}`):        "group_message:",
		to(`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":"👍"}`): "own_reaction:reaction",
		to(`"type":"edit","edit":{}`):                                           "unreadable_remark:edit",
		to(`"type":"revoke"`):                                                   "unreadable_remark:revoke",
	} {
		events, ignored := parse(t, echoed("smb_message_echoes", ``, good+`,`+odd+`,`+good))
		assert.Len(t, events, 2, "its neighbours count")
		assert.Equal(t, []string{want}, reasons(ignored), odd)
	}
}
