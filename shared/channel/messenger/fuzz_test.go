package messenger_test

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/messenger"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// seeds have every shape an event and an attachment can come in, right and wrong.
var seeds = []string{
	writes(`"text":"hola","reply_to":{"mid":"m_B"},"referral":{"ref":"r","source":"ADS","ad_id":9,"ads_context_data":{"ad_title":"x","post_id":"p"},"product":{"id":"s"}}`),
	hook(by(`"message":{"mid":"m","text":"Sí","quick_reply":{"payload":"YES"}},"prior_message":{"source":"checkbox_plugin"}`)),
	writes(with(att("image", `"url":"https://cdn.example/a.png"`), att("video", `"url":"x"`), att("audio", `"url":5`), att("file", `"url":"https://cdn.example/a.pdf"`), `7`)),
	writes(`"sticker_id":369,` + with(att("sticker", `"sticker_id":"369"`), att("image", `"sticker_id":369,"url":"https://cdn.example/s"`))),
	writes(with(`{"type":"fallback","title":"x","url":"https://a.example","payload":"BLOB"}`, att("fallback", ``), att("post", `"title":"x"`), att("ig_reel", `"url":"https://a.example"`))),
	writes(with(`{"type":"location","title":"Sol","payload":{"coordinates":{"lat":40.4,"long":"-3.7"}}}`, att("appointment_booking", `"status":"requested","start_time":1795167000`))),
	writes(with(att("template", `"text":"x","buttons":[{"title":"S"},7],"elements":[{"title":"A","subtitle":"B"}]`), att("template", `"product":{"elements":[{"id":9,"retailer_id":"s"}]}`), att("hologram", ``))),
	writes(`"is_unsupported":true`), writes(`"is_deleted":true`), writes(`"text":{},"attachments":{}`),
	echo(`"metadata":"` + ours + `"`), echo(`"app_id":1,"metadata":"x","text":"hola"`),
	hook(by(`"postback":{"title":"x","payload":"P","referral":{"ref":"r"}}`), by(`"postback":{"mid":"m_P","payload":{}}`)),
	hook(by(`"message_edit":{"mid":"m","text":"x","num_edit":"2"}`)),
	hook(by(`"reaction":{"mid":"m","action":"react","emoji":"👍","reaction":"like"}`), by(`"reaction":{"mid":"m","action":"unreact"}`)),
	hook(by(`"delivery":{"mids":["a",7],"watermark":1795166997100}`), by(`"delivery":{"mids":["b","a","b",{}]}`), by(`"read":{"watermark":1795166997100}`)),
	hook(by(`"referral":{"ref":"r","source":"SHORTLINK","referer_uri":"https://a.example"}`)),
	hook(by(`"pass_thread_control":{"previous_owner_app_id":1,"metadata":"x"}`), by(`"take_thread_control":{}`), by(`"request_thread_control":{}`)),
	hook(by(`"optin":{}`), `{"policy-enforcement":{}}`, by(`"telepathy":{}`), by(`"message":7`), `null`, `{}`, `5`),
	hook(`{"sender":{"user_ref":"r"},"message":{"mid":"m"}}`, `{"sender":{"id":777001},"read":{"watermark":1}}`),
	entries(`{"messaging":[{"sender":{"id":24},"recipient":{"id":777},"message":{"mid":1,"text":2}}]}`, `{"id":"1","standby":[{}]}`, `{"id":"1","changes":[{"field":"messages"}]}`, `{"id":1}`, `7`),
	`{"field":"messaging_postbacks","value":{"postback":{}}}`,
	`{"object":"instagram"}`, `{"object":"page"}`, `[]`, `{"object":`, "{\"object\":\"\xff\"}",
}

// Whatever comes, Parse ends, says something of it, says the same of it again, and what it gives can be stored and
// answered.
func FuzzParse(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, ignored, err := messenger.Parse(body, arrived)
		again, ignoredAgain, errAgain := messenger.Parse(body, arrived)
		assert.Equal(t, err, errAgain)
		assert.True(t, reflect.DeepEqual(events, again) && reflect.DeepEqual(ignored, ignoredAgain), "a repeat reads the same")
		if err != nil {
			assert.True(t, fault.Is(err, fault.Invalid))
			assert.Empty(t, events)
			assert.Empty(t, ignored)
			return
		}
		assert.NotZero(t, len(events)+len(ignored), "nothing is passed over in silence")
		for _, i := range ignored {
			assert.NotEmpty(t, i.Reason)
			assert.LessOrEqual(t, len(i.What), 64)
		}
		for _, e := range events {
			checkEvent(t, e)
		}
	})
}

func checkEvent(t *testing.T, e channel.Event) {
	switch {
	case e.Arrival != nil:
		require.Equal(t, channel.Event{Arrival: e.Arrival}, e)
		checkArrival(t, *e.Arrival)
	case e.Remark != nil:
		require.Equal(t, channel.Event{Remark: e.Remark}, e)
		r := e.Remark
		assert.False(t, r.At.IsZero())
		checkPlace(t, r.Channel, r.Account, r.Customer)
		checkID(t, r.About)
		checkTexts(t, 65536, r.Text, r.Fallback)
		assert.NotEmpty(t, r.Kind)
	case e.Status != nil:
		require.Equal(t, channel.Event{Status: e.Status}, e)
		assert.False(t, e.Status.At.IsZero())
		assert.Equal(t, desk.Messenger, e.Status.Channel)
		checkID(t, e.Status.ProviderID)
		assert.Equal(t, desk.MessageDelivered, e.Status.State)
		assert.Empty(t, e.Status.Message)
	case e.Watermark != nil:
		require.Equal(t, channel.Event{Watermark: e.Watermark}, e)
		assert.False(t, e.Watermark.UpTo.IsZero())
		checkPlace(t, e.Watermark.Channel, e.Watermark.Account, e.Watermark.Customer)
		assert.Contains(t, []desk.MessageState{desk.MessageDelivered, desk.MessageRead}, e.Watermark.State)
	default:
		require.NotNil(t, e.Departure)
		require.Equal(t, channel.Event{Departure: e.Departure}, e)
		assert.False(t, e.Departure.At.IsZero())
		checkPlace(t, e.Departure.Channel, e.Departure.Account, e.Departure.Customer)
	}
}

func checkArrival(t *testing.T, a desk.Arrival) {
	checkPlace(t, a.Channel, a.Account, a.Customer)
	checkID(t, a.ID)
	assert.False(t, a.At.IsZero())
	assert.NotEmpty(t, a.Kind)
	assert.True(t, a.Sent == "" || a.Elsewhere && len(a.Sent) == 32)
	assert.Equal(t, a.Kind == desk.TextMessage, a.Fallback == "", "text has a view, all else a fallback")
	assert.True(t, a.Kind != desk.TextMessage || a.Text != "")
	checkTexts(t, 65536, a.Text, a.Fallback, a.Choice.Title)
	checkTexts(t, 4096, a.Choice.ID, a.Referral.Ref, a.Referral.URL, a.Entrance.Ref, a.Location.URL)
	checkTexts(t, 800, a.Referral.Source, a.Referral.Headline, a.Location.Name)
	checkTexts(t, 512, a.ReplyTo, a.Referral.ID, a.Product.ID)
	assert.LessOrEqual(t, len(a.Attachments), 30)
	for _, file := range a.Attachments {
		assert.NotEmpty(t, file.Kind)
		assert.NotEmpty(t, file.URL)
		checkTexts(t, 4096, file.URL)
		checkTexts(t, 800, file.Name)
	}
}

func checkPlace(t *testing.T, c desk.Channel, account string, customer desk.Customer) {
	assert.Equal(t, desk.Messenger, c)
	assert.NotEmpty(t, account)
	assert.NotContains(t, account, "/")
	assert.LessOrEqual(t, len(account), 128)
	require.Len(t, customer.Addresses, 1)
	assert.Equal(t, desk.AddressPSID, customer.Addresses[0].Kind)
	checkID(t, customer.Addresses[0].Value)
	assert.NotEqual(t, account, customer.Addresses[0].Value)
}

func checkID(t *testing.T, id string) {
	assert.NotEmpty(t, id)
	checkTexts(t, 512, id)
}

func checkTexts(t *testing.T, limit int, texts ...string) {
	for _, s := range texts {
		assert.LessOrEqual(t, len(s), limit)
		assert.True(t, utf8.ValidString(s))
	}
}

// batch is a webhook of n text messages of n/10 customers, each in an entry of its own, as Messenger sends them.
func batch(n int) []byte {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"id":"777001","time":1795166999000,"messaging":[{"sender":{"id":"24001%06d"},"recipient":{"id":"777001"},`+
			`"timestamp":1795166998250,"message":{"mid":"m_1fTq8oLumEyIp3Q2MR-aY7IfLZDamVrALniheU%08d","text":"\u00bfD\u00f3nde est\u00e1 mi pedido %d?"}}]}`,
			i%max(n/10, 1), i, i)
	}
	return []byte(entries(list...))
}

func TestLargeBatch(t *testing.T) {
	events, ignored := parse(t, string(batch(2000)))
	assert.Empty(t, ignored)
	require.Len(t, events, 2000)
	assert.Equal(t, "¿Dónde está mi pedido 1999?", events[1999].Arrival.Text)
	assert.Equal(t, "24001000199", events[1999].Arrival.Customer.Addresses[0].Value)
}

// hostile are bodies of about size bytes, made to cost as much as they can.
func hostile(size int) map[string]string {
	fill := func(s string) string { return strings.TrimSuffix(strings.Repeat(s+",", size/(len(s)+1)), ",") }
	return map[string]string{
		"odd events":      hook(fill(`5`)),
		"null events":     hook(fill(`null`)),
		"empty events":    hook(fill(`{}`)),
		"standby":         entries(`{"id":"1","standby":[` + fill(`7`) + `]}`),
		"small messages":  hook(fill(`{"sender":{"id":1},"message":{"mid":1}}`)),
		"attachments":     writes(with(fill(`{}`))),
		"mids":            hook(by(`"delivery":{"mids":[` + fill(`7`) + `]}`)),
		"odd mids":        hook(by(`"delivery":{"mids":[` + fill(`""`) + `]}`)),
		"unknown parts":   hook(`{` + fill(`"a":1`) + `}`),
		"one long text":   writes(`"text":"` + strings.Repeat("x", size) + `"`),
		"deep":            writes(`"attachments":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000)),
		"deeper than Go":  hook(strings.Repeat("[", size/2) + strings.Repeat("]", size/2)),
		"deep within all": hook(`{"message":` + strings.Repeat(`{"referral":`, 4000) + `1` + strings.Repeat(`}`, 4000) + `}`),
	}
}

// What it costs to read a body grows with its length and nothing else: no body takes more than a fixed multiple of it.
func TestHostileBodies(t *testing.T) {
	const size, multiple = 256 << 10, 300
	for name, body := range hostile(size) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			events, ignored, err := messenger.Parse([]byte(body), arrived)
			runtime.ReadMemStats(&after)
			assert.True(t, err != nil || len(events)+len(ignored) > 0)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(multiple*(len(body)+4096)))
			t.Logf("%d bytes took %d times as many", len(body), (after.TotalAlloc-before.TotalAlloc)/uint64(len(body)))
		})
	}
}

var sink []channel.Event

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1, 10, 1000} {
		body := batch(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				events, _, err := messenger.Parse(body, arrived)
				if err != nil || len(events) != n {
					b.Fatal(err, len(events))
				}
				sink = events
			}
		})
	}
}
