package whatsapp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/whatsapp"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// Whatever comes, Parse ends, says something of it, and what it gives can be stored and answered.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		hook(lea, `"messages":[`+from(`"type":"text","text":{"body":"hola"},"context":{"id":"wamid.B"}`)+`]`),
		hook(`"contacts":[{"user_id":"ES.1","profile":{"name":"Lea","username":"@lea"}}]`,
			`"messages":[{"from_user_id":"ES.1","id":"a","timestamp":1795166998000,"type":"image","image":{"caption":"x"}}]`),
		hook(`"messages":[` + from(`"type":"location","location":{"latitude":40.4,"longitude":-3.7,"name":"Sol"}`) + `,5,{},null]`),
		hook(`"messages":[` + from(`"type":"contacts","contacts":[{"name":{"formatted_name":"Eva"}},{"phones":[{"phone":"1"}]}]`) + `]`),
		hook(`"messages":[` + from(`"type":"interactive","interactive":{"nfm_reply":{"response_json":"{\"a\":1,\"flow_token\":2}"}}`) + `]`),
		hook(`"messages":[` + from(`"type":"order","order":{"text":"x","product_items":[{}]}`) + `]`),
		hook(`"messages":[` + from(`"type":"edit","edit":{"original_message_id":"o","message":{"type":"text","text":{"body":"x"}}}`) + `]`),
		hook(`"messages":[` + from(`"type":"system","system":{"type":"user_changed_number","wa_id":"347","body":"x"}`) + `]`),
		hook(`"messages":[` + from(`"type":"reaction","reaction":{"message_id":"r","emoji":"👍"}`) + `]`),
		hook(`"messages":[` + from(`"type":"revoke","revoke":{"original_message_id":"v"}`) + `]`),
		hook(`"messages":[` + from(`"type":"document","document":{"id":"9","url":"https://x.test/9","mime_type":"a/b","sha256":"c=","filename":"d"}`) + `]`),
		hook(`"messages":[` + from(`"type":"audio","audio":{"id":"9","voice":true},"context":{"forwarded":true}`) + `]`),
		hook(`"messages":[` + from(`"type":"sticker","sticker":{"id":"9","animated":true},"context":{"frequently_forwarded":true}`) + `]`),
		hook(`"messages":[` + from(`"type":"contacts","contacts":[{"name":{"first_name":"x"},"phones":[{"wa_id":"1"}],"emails":[{"email":"e"}]}]`) + `]`),
		hook(`"messages":[` + from(`"type":"button","button":{"payload":"p","text":"t"}`) + `]`),
		hook(`"messages":[` + from(`"type":"interactive","interactive":{"list_reply":{"id":"i","title":"t","description":"d"}}`) + `]`),
		hook(`"messages":[` + from(`"type":"order","order":{"catalog_id":"c","product_items":[{"product_retailer_id":"p","quantity":2,"item_price":3.5,"currency":"EUR"}]}`) + `]`),
		hook(`"messages":[` + from(`"type":"text","text":{"body":"x"},"context":{"id":"q","referred_product":{"catalog_id":"c","product_retailer_id":"p"}}`) + `]`),
		hook(`"messages":[` + from(`"type":"text","text":{"body":"x"},"referral":{"source_url":"https://x.test","source_id":"1","source_type":"ad","headline":"h","body":"b","ctwa_clid":"c"}`) + `]`),
		hook(`"messages":[` + from(`"type":"unsupported","unsupported":{"type":"poll"},"errors":[{"code":131051}]`) + `]`),
		hook(`"messages":[{"id":"a","type":"system","system":{"type":"user_changed_user_id","user_id":"ES.2","body":"User x changed from ES.1 to ES.2"}}]`),
		echoed("smb_message_echoes", lea+`,`, to(`"type":"text","text":{"body":"x"}`)+`,`+to(`"type":"edit","edit":{"original_message_id":"o","message":{"type":"text","text":{"body":"y"}}}`)),
		update(`{"wa_id":"346"}`, `{"wa_id":"346","user_id":{"previous":"ES.1","current":"ES.2"},"timestamp":"1795166998"}`),
		prefers(`{"wa_id":"346"}`, `{"wa_id":"346","category":"marketing_messages","value":"stop","timestamp":1795166998}`),
		hook(`"statuses":[{"id":"s","status":"failed","errors":[{"code":131047}],"biz_opaque_callback_data":"` + ours + `"}]`),
		hook(`"errors":[{"code":131000}]`),
		change("message_template_status_update", `{"event":"APPROVED"}`),
		`{"object":"page","entry":[{"messaging":[{}]}]}`,
		`[]`, `{"object":`, "{\"object\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, ignored, err := whatsapp.Parse(body, arrived)
		if err != nil {
			assert.True(t, fault.Is(err, fault.Invalid))
			assert.Empty(t, events)
			assert.Empty(t, ignored)
			return
		}
		assert.NotEmpty(t, len(events)+len(ignored), "nothing is passed over in silence")
		for _, i := range ignored {
			assert.NotEmpty(t, i.Reason)
		}
		for _, e := range events {
			check(t, e)
		}
	})
}

// check looks at what every event promises to those who record it.
func check(t *testing.T, e channel.Event) {
	switch {
	case e.Arrival != nil:
		assert.Equal(t, channel.Event{Arrival: e.Arrival}, e)
		checkArrival(t, *e.Arrival)
	case e.Remark != nil:
		assert.Equal(t, channel.Event{Remark: e.Remark}, e)
		checkRemark(t, *e.Remark)
	case e.Preference != nil:
		assert.Equal(t, channel.Event{Preference: e.Preference}, e)
		checkWhere(t, e.Preference.Channel, e.Preference.Account, e.Preference.At)
		checkCustomer(t, e.Preference.Customer)
	case e.Renaming != nil:
		assert.Equal(t, channel.Event{Renaming: e.Renaming}, e)
		checkWhere(t, e.Renaming.Channel, e.Renaming.Account, e.Renaming.At)
		checkCustomer(t, e.Renaming.Customer)
		assert.GreaterOrEqual(t, len(e.Renaming.Customer.Addresses), 2, "one address alone renames nobody")
	default:
		require.NotNil(t, e.Status)
		assert.Equal(t, channel.Event{Status: e.Status}, e)
		checkStatus(t, *e.Status)
	}
}

func checkWhere(t *testing.T, c desk.Channel, account string, at time.Time) {
	assert.Equal(t, desk.WhatsApp, c)
	assert.NotEmpty(t, account)
	assert.NotContains(t, account, "/")
	assert.False(t, at.IsZero())
	assert.False(t, at.After(arrived.Add(time.Minute)))
}

func checkCustomer(t *testing.T, c desk.Customer) {
	assert.LessOrEqual(t, utf8.RuneCountInString(c.Name), 200)
	assert.NotEmpty(t, c.Addresses)
	assert.NotEmpty(t, c.Reach().Value)
	for n, address := range c.Addresses {
		assert.NotEmpty(t, address.Value)
		assert.LessOrEqual(t, len(address.Value), 512)
		assert.NotContains(t, c.Addresses[:n], address)
	}
	if c.Phone != "" {
		assert.Contains(t, c.Addresses, phone(c.Phone[1:]))
		assert.Equal(t, byte('+'), c.Phone[0])
	}
	checkText(t, c.Name, c.Username)
}

func checkText(t *testing.T, texts ...string) {
	for _, s := range texts {
		assert.True(t, utf8.ValidString(s))
		assert.LessOrEqual(t, len(s), 65536)
	}
}

// detailMax is how many bytes a message consists of at most beside its words, as JSON, which is the longest form.
const detailMax = 400_000

func checkArrival(t *testing.T, a desk.Arrival) {
	checkWhere(t, a.Channel, a.Account, a.At)
	checkCustomer(t, a.Customer)
	checkText(t, a.ID, a.Text, a.Fallback, a.ReplyTo)
	assert.NotEmpty(t, a.ID)
	assert.LessOrEqual(t, len(a.ID), 512)
	assert.LessOrEqual(t, len(a.ReplyTo), 512)
	assert.LessOrEqual(t, len(a.Entrance.Ref), 512)
	assert.NotEmpty(t, a.Kind)
	assert.Equal(t, a.Kind == desk.TextMessage, a.Fallback == "", "text has a view, all else a fallback")
	assert.True(t, a.Kind != desk.TextMessage || a.Text != "")
	assert.LessOrEqual(t, len(a.Cards), 10)
	assert.LessOrEqual(t, len(a.Form), 50)
	assert.LessOrEqual(t, len(a.Order.Items), 100)
	assert.LessOrEqual(t, len(a.Attachments), 1)
	detail, err := json.Marshal(a.Detail)
	assert.NoError(t, err)
	assert.Less(t, len(detail), detailMax)
}

func checkRemark(t *testing.T, r desk.Remark) {
	checkWhere(t, r.Channel, r.Account, r.At)
	checkCustomer(t, r.Customer)
	checkText(t, r.About, r.Text, r.Fallback)
	assert.NotEmpty(t, r.About)
	assert.LessOrEqual(t, len(r.About), 512)
	switch r.Kind {
	case desk.RemarkEdit:
		assert.NotEmpty(t, r.Text+r.Fallback)
	case desk.RemarkReaction:
		assert.LessOrEqual(t, utf8.RuneCountInString(r.Text), 32)
		assert.Empty(t, r.Fallback)
		assert.False(t, r.Elsewhere)
	case desk.RemarkRevoke:
		assert.Empty(t, r.Text+r.Fallback)
	default:
		t.Error(r.Kind)
	}
}

func checkStatus(t *testing.T, s desk.Status) {
	checkWhere(t, s.Channel, s.Account, s.At)
	assert.NotEmpty(t, s.ProviderID)
	assert.Contains(t, []desk.MessageState{desk.MessageSent, desk.MessageDelivered, desk.MessageRead, desk.MessageFailed}, s.State)
	assert.Equal(t, s.State == desk.MessageFailed, s.Problem != desk.Problem{})
}

// batch is a webhook of n text messages of n/10 customers.
func batch(n int) []byte {
	var contacts, messages []string
	for i := range n {
		number := fmt.Sprintf("34600%06d", i%(n/10))
		if i < n/10 {
			contacts = append(contacts, fmt.Sprintf(`{"wa_id":%q,"profile":{"name":"Customer %d"}}`, number, i))
		}
		messages = append(messages, fmt.Sprintf(
			`{"from":%q,"id":"wamid.HBgLMzQ2MDAxMTEyMjIVAgASGBQz%08d","timestamp":"1795166998","type":"text","text":{"body":"¿Dónde está mi pedido %d?"}}`,
			number, i, i))
	}
	return []byte(hook(`"contacts":[`+strings.Join(contacts, ",")+`]`, `"messages":[`+strings.Join(messages, ",")+`]`))
}

func TestLargeBatch(t *testing.T) {
	events, ignored := parse(t, string(batch(2000)))
	assert.Empty(t, ignored)
	require.Len(t, events, 2000)
	assert.Equal(t, "¿Dónde está mi pedido 1999?", events[1999].Arrival.Text)
	assert.Equal(t, "Customer 199", events[1999].Arrival.Customer.Name)
}

var sink []channel.Event

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{10, 1000, 2000} {
		body := batch(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				events, _, err := whatsapp.Parse(body, arrived)
				if err != nil || len(events) != n {
					b.Fatal(err, len(events))
				}
				sink = events
			}
		})
	}
}
