package whatsapp_test

import (
	"fmt"
	"strings"
	"testing"
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
			if e.Arrival != nil {
				assert.Nil(t, e.Status)
				checkArrival(t, *e.Arrival)
				continue
			}
			require.NotNil(t, e.Status)
			checkStatus(t, *e.Status)
		}
	})
}

func checkArrival(t *testing.T, a desk.Arrival) {
	assert.Equal(t, desk.WhatsApp, a.Channel)
	assert.NotEmpty(t, a.Account)
	assert.NotContains(t, a.Account, "/")
	assert.NotEmpty(t, a.ID)
	assert.LessOrEqual(t, len(a.ID), 512)
	assert.LessOrEqual(t, len(a.ReplyTo), 512)
	assert.False(t, a.At.IsZero())
	assert.NotEmpty(t, a.Kind)
	assert.LessOrEqual(t, len(a.Text), 65536)
	assert.LessOrEqual(t, len(a.Fallback), 65536)
	assert.Equal(t, a.Kind == desk.TextMessage, a.Fallback == "", "text has a view, all else a fallback")
	assert.True(t, a.Kind != desk.TextMessage || a.Text != "")
	assert.LessOrEqual(t, utf8.RuneCountInString(a.Customer.Name), 200)
	assert.NotEmpty(t, a.Customer.Addresses)
	for _, address := range a.Customer.Addresses {
		assert.NotEmpty(t, address.Value)
		assert.LessOrEqual(t, len(address.Value), 512)
	}
	for _, s := range []string{a.ID, a.Text, a.Fallback, a.ReplyTo, a.Customer.Name, a.Customer.Username} {
		assert.True(t, utf8.ValidString(s))
	}
}

func checkStatus(t *testing.T, s desk.Status) {
	assert.Equal(t, desk.WhatsApp, s.Channel)
	assert.NotEmpty(t, s.Account)
	assert.NotEmpty(t, s.ProviderID)
	assert.False(t, s.At.IsZero())
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
