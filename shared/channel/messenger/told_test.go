package messenger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
)

func TestPostback(t *testing.T) {
	want := desk.Arrival{
		Channel:  desk.Messenger,
		Account:  "777001",
		ID:       "m_P1",
		Customer: lea,
		At:       written,
		Kind:     desk.ReplyMessage,
		Text:     "Ver pedidos",
		Fallback: "[reply] Ver pedidos",
		Detail:   desk.Detail{Choice: desk.Selection{ID: "ORDERS", Title: "Ver pedidos"}},
	}
	assert.Equal(t, want, arrival(t, hook(by(`"postback":{"mid":"m_P1","title":"Ver pedidos","payload":"ORDERS"}`))))

	want.Detail.Referral = desk.Referral{Source: "shortlink", Ref: "r1"}
	want.Entrance.Ref = "r1"
	assert.Equal(t, want, arrival(t, hook(by(`"postback":{"mid":"m_P1","title":"Ver pedidos","payload":"ORDERS","referral":{"ref":"r1","source":"SHORTLINK","type":"OPEN_THREAD"}}`))))

	for rest, fallback := range map[string]string{
		`"payload":"GET_STARTED"`:           "[reply] GET_STARTED",
		`"payload":"","title":""`:           "[reply]",
		`"payload":{"a":1}`:                 "[reply]",
		`"payload":"a\nb"`:                  "[reply] a b",
		`"payload":["x"],"title":"Empezar"`: "[reply] Empezar",
	} {
		assert.Equal(t, fallback, arrival(t, hook(by(`"postback":{"mid":"m_P1",`+rest+`}`))).Fallback, rest)
	}
}

// What has no ID gets the same one each time it comes, and another one when it is something else.
func TestDerivedIDs(t *testing.T) {
	id := func(event string) string {
		a := arrival(t, hook(event))
		assert.Regexp(t, `^derived:[0-9a-f]{32}$`, a.ID)
		return a.ID
	}
	const lea, leo = `"sender":{"id":"24"}`, `"sender":{"id":"25"}`
	const now, later = `"timestamp":1795166998250`, `"timestamp":1795166998251`
	seen := map[string]string{}
	for _, event := range []string{
		`{` + lea + `,` + now + `,"postback":{"payload":"A"}}`,
		`{` + leo + `,` + now + `,"postback":{"payload":"A"}}`,
		`{` + lea + `,` + later + `,"postback":{"payload":"A"}}`,
		`{` + lea + `,` + now + `,"postback":{"payload":"B"}}`,
		`{` + lea + `,` + now + `,"postback":{"payload":"A","title":"B"}}`,
		`{` + lea + `,` + now + `,"postback":{"payload":"","title":"A"}}`,
		`{` + lea + `,"postback":{"payload":"A"}}`,
		`{` + lea + `,` + now + `,"referral":{"ref":"A"}}`,
		`{` + lea + `,` + now + `,"referral":{"ad_id":"A"}}`,
		`{` + lea + `,` + now + `,"referral":{"source":"A"}}`,
		`{` + lea + `,` + now + `,"pass_thread_control":{"previous_owner_app_id":"A"}}`,
		`{` + lea + `,` + now + `,"pass_thread_control":{"metadata":"A"}}`,
		`{` + lea + `,` + later + `,"pass_thread_control":{"metadata":"A"}}`,
	} {
		got := id(event)
		assert.Equal(t, got, id(event), "a repeat")
		assert.Empty(t, seen[got], "%s is not %s", event, seen[got])
		seen[got] = event
	}
	assert.Equal(t, id(`{`+lea+`,"postback":{"payload":"A"}}`), id(`{"timestamp":null,`+lea+`,"postback":{"payload":"A"}}`),
		"without a time of its own it has the entry's")
	alone := func(time string) string {
		return arrival(t, entries(`{"id":"777001","time":`+time+`,"messaging":[{`+lea+`,"postback":{"payload":"A"}}]}`)).ID
	}
	assert.NotEqual(t, alone("1795166998250"), alone("1795166998251"))
	assert.Equal(t, "derived:4ad8a2a2a5b4d70ff42e1dcbb22285b0", id(`{`+lea+`,`+now+`,"postback":{"payload":"A"}}`),
		"an ID never changes, or repeats would be taken for new; this one was computed with other means")
}

func TestReferral(t *testing.T) {
	a := arrival(t, hook(by(`"referral":{"ref":"r1","source":"SHORTLINK","type":"OPEN_THREAD"}`)))
	assert.Equal(t, desk.Arrival{
		Channel:  desk.Messenger,
		Account:  "777001",
		ID:       a.ID,
		Customer: lea,
		At:       written,
		Kind:     desk.ReferralMessage,
		Fallback: "[referral] shortlink, r1",
		Entrance: desk.Entrance{Ref: "r1"},
		Detail:   desk.Detail{Referral: desk.Referral{Source: "shortlink", Ref: "r1"}},
	}, a)
	for rest, fallback := range map[string]string{
		``:                         "[referral]",
		`"source":"ADS","ad_id":9`: "[referral] ad, 9",
		`"source":"ADS","ref":"r1","ads_context_data":{"ad_title":"Rebajas"}`: "[referral] ad, Rebajas",
		`"source":"CUSTOMER_CHAT_PLUGIN"`:                                     "[referral] customer_chat_plugin",
	} {
		assert.Equal(t, fallback, arrival(t, hook(by(`"referral":{`+rest+`}`))).Fallback, rest)
	}
}

func TestHandover(t *testing.T) {
	a := arrival(t, hook(by(`"pass_thread_control":{"new_owner_app_id":"1","previous_owner_app_id":"2","metadata":"Quiere una persona"}`)))
	assert.Equal(t, desk.Arrival{
		Channel:  desk.Messenger,
		Account:  "777001",
		ID:       a.ID,
		Customer: lea,
		At:       written,
		Kind:     desk.HandoverMessage,
		Fallback: "[handed over by another app] Quiere una persona",
	}, a)
	for metadata, note := range map[string]string{
		`""`:                                  "",
		`null`:                                "",
		`{"a":1}`:                             "",
		`"{\"a\":1}"`:                         "",
		`" [1]"`:                              "",
		`"<xml/>"`:                            "",
		`"ñ"`:                                 " ñ",
		`"two\nlines"`:                        " two lines",
		`7`:                                   " 7",
		`"` + strings.Repeat("x", 1001) + `"`: " " + strings.Repeat("x", 1000),
	} {
		a := arrival(t, hook(by(`"pass_thread_control":{"metadata":`+metadata+`}`)))
		assert.Equal(t, "[handed over by another app]"+note, a.Fallback, "%.20s", metadata)
	}
}

func TestTakenFromUs(t *testing.T) {
	for _, event := range []string{
		by(`"take_thread_control":{"previous_owner_app_id":"1","new_owner_app_id":"2","metadata":"x"}`),
		by(`"take_thread_control":{}`),
		`{"sender":{"id":"777001"},"recipient":{"id":"2400111222"},"timestamp":1795166998250,"take_thread_control":{}}`,
	} {
		assert.Equal(t, channel.Event{Departure: &desk.Departure{
			Channel: desk.Messenger, Account: "777001", Customer: lea, At: written,
		}}, only(t, hook(event)))
	}
}

func echo(rest string) string {
	return hook(`{"sender":{"id":"777001"},"recipient":{"id":"2400111222"},"timestamp":1795166998250,"message":{"mid":"m_E1","is_echo":true,` + rest + `}}`)
}

func TestEchoOfOurs(t *testing.T) {
	want := channel.Event{Arrival: &desk.Arrival{
		Channel: desk.Messenger, Account: "777001", ID: "m_E1", Customer: lea, At: written, Kind: desk.TextMessage, Text: "hola",
		Elsewhere: true, Sent: ours,
	}}
	assert.Equal(t, want, only(t, echo(`"app_id":1517776481860111,"metadata":"`+ours+`","text":"hola"`)))
	assert.Equal(t, want, only(t, hook(by(`"message":{"mid":"m_E1","is_echo":true,"text":"hola","metadata":"`+ours+`"}`))), "the other way round")
	assert.Empty(t, arrival(t, hook(by(`"message":{"mid":"m","text":"x","metadata":"`+ours+`"}`))).Sent, "a customer sends nothing of ours")
}

func TestEchoOfOthers(t *testing.T) {
	for name, rest := range map[string]string{
		"no metadata":        `"text":"hola"`,
		"another's metadata": `"text":"hola","metadata":"DEVELOPER_DEFINED_METADATA_STRING"`,
		"too short":          `"text":"hola","metadata":"` + ours[1:] + `"`,
		"too long":           `"text":"hola","metadata":"` + ours + `0"`,
		"capitals":           `"text":"hola","metadata":"` + strings.ToUpper(ours) + `"`,
		"not hexadecimal":    `"text":"hola","metadata":"` + ours[1:] + `g"`,
		"within":             `"text":"hola","metadata":"` + ours[:31] + ` "`,
		"a number":           `"text":"hola","metadata":12345678901234567890`,
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, desk.Arrival{
				Channel:   desk.Messenger,
				Account:   "777001",
				ID:        "m_E1",
				Customer:  lea,
				At:        written,
				Kind:      desk.TextMessage,
				Text:      "hola",
				Elsewhere: true,
			}, arrival(t, echo(rest)))
		})
	}
	a := arrival(t, echo(`"attachments":[{"type":"template","title":"","payload":{"template_type":"media","elements":[{"media_type":"image","attachment_id":1}]}}]`))
	assert.True(t, a.Elsewhere)
	assert.Equal(t, "[template]", a.Fallback)
	assert.True(t, arrival(t, hook(by(`"message":{"mid":"m","is_echo":"true","text":"x"}`))).Elsewhere)
}

func remark(t *testing.T, event string) desk.Remark {
	t.Helper()
	e := only(t, hook(by(event)))
	require.NotNil(t, e.Remark)
	require.Equal(t, channel.Event{Remark: e.Remark}, e)
	return *e.Remark
}

func TestRevoke(t *testing.T) {
	assert.Equal(t, desk.Remark{
		Channel: desk.Messenger, Account: "777001", About: "m_A1", Kind: desk.RemarkRevoke, At: written, Customer: lea,
	}, remark(t, `"message":{"mid":"m_A1","is_deleted":true}`))
}

func TestEdit(t *testing.T) {
	want := desk.Remark{
		Channel: desk.Messenger, Account: "777001", About: "m_A1", Kind: desk.RemarkEdit, At: written, Customer: lea, Text: "martes",
	}
	for _, edits := range []string{`1`, `"2"`, `null`, `{}`} {
		assert.Equal(t, want, remark(t, `"message_edit":{"mid":"m_A1","text":"martes","num_edit":`+edits+`}`))
	}
	want.Text, want.Fallback = "", "[empty message]"
	assert.Equal(t, want, remark(t, `"message_edit":{"mid":"m_A1"}`))
	assert.Len(t, remark(t, `"message_edit":{"mid":"m","text":"`+strings.Repeat("x", 70000)+`"}`).Text, 65536)
}

// What was done in the page's inbox to a message of the page's own.
func TestRemarksOfThePage(t *testing.T) {
	want := desk.Remark{
		Channel: desk.Messenger, Account: "777001", About: "m_E1", Kind: desk.RemarkRevoke, At: written, Customer: lea, Elsewhere: true,
	}
	assert.Equal(t, channel.Event{Remark: &want}, only(t, echo(`"is_deleted":true`)))
	assert.Equal(t, channel.Event{Remark: &want}, only(t, echo(`"is_deleted":true,"metadata":"`+ours+`"`)))
	assert.Equal(t, want, remark(t, `"message":{"mid":"m_E1","is_echo":true,"is_deleted":true}`), "the other way round")

	want.Kind, want.Text = desk.RemarkEdit, "martes"
	assert.Equal(t, channel.Event{Remark: &want}, only(t, hook(
		`{"sender":{"id":777001},"recipient":{"id":"2400111222"},"timestamp":1795166998250,"message_edit":{"mid":"m_E1","text":"martes"}}`)))
}

func TestReaction(t *testing.T) {
	assert.Equal(t, desk.Remark{
		Channel: desk.Messenger, Account: "777001", About: "m_A1", Kind: desk.RemarkReaction, At: written, Customer: lea, Text: "❤️",
	}, remark(t, `"reaction":{"mid":"m_A1","action":"react","emoji":"\u2764\ufe0f","reaction":"love"}`))
	for rest, want := range map[string]string{
		`"action":"react","emoji":"👩‍👩‍👧","reaction":"other"`: "👩‍👩‍👧",
		`"action":"unreact"`: "",
		`"action":"unreact","emoji":"👍","reaction":"like"`: "",
		`"emoji":"👍"`:                                                "👍",
		`"action":"react","reaction":"like"`:                         "👍",
		`"action":"react","reaction":"dislike"`:                      "👎",
		`"action":"react","reaction":"love"`:                         "❤",
		`"action":"react","reaction":"smile"`:                        "😆",
		`"action":"react","reaction":"haha"`:                         "😆",
		`"action":"react","reaction":"wow"`:                          "😮",
		`"action":"react","reaction":"sad"`:                          "😢",
		`"action":"react","reaction":"angry"`:                        "😠",
		`"action":"react","reaction":"other"`:                        "❓",
		`"action":"react"`:                                           "❓",
		`"action":"react","emoji":"","reaction":"like"`:              "👍",
		`"action":"react","emoji":{},"reaction":[]`:                  "❓",
		`"action":"react","emoji":" \n","reaction":"wow"`:            "😮",
		`"action":"react","emoji":"` + strings.Repeat("x", 40) + `"`: strings.Repeat("x", 32),
	} {
		assert.Equal(t, want, remark(t, `"reaction":{"mid":"m_A1",`+rest+`}`).Text, rest)
	}
}

func TestWatermarks(t *testing.T) {
	upTo := time.Date(2026, 11, 20, 9, 29, 57, 100_000_000, time.UTC)
	for name, c := range map[string]struct {
		event string
		state desk.MessageState
		upTo  time.Time
	}{
		"delivered":             {`"delivery":{"mids":["m_1","m_2"],"watermark":1795166997100,"seq":37}`, desk.MessageDelivered, upTo},
		"delivered, no mids":    {`"delivery":{"watermark":1795166997100}`, desk.MessageDelivered, upTo},
		"delivered, mids odd":   {`"delivery":{"mids":7,"watermark":1795166997100}`, desk.MessageDelivered, upTo},
		"delivered, as text":    {`"delivery":{"watermark":"1795166997100"}`, desk.MessageDelivered, upTo},
		"read":                  {`"read":{"watermark":1795166997100,"seq":38}`, desk.MessageRead, upTo},
		"read, seconds":         {`"read":{"watermark":1795166997}`, desk.MessageRead, upTo.Truncate(time.Second)},
		"read what is to come":  {`"read":{"watermark":1795267000000}`, desk.MessageRead, arrived},
		"delivered in a minute": {`"delivery":{"watermark":1795167060000}`, desk.MessageDelivered, arrived.Add(time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, channel.Event{Watermark: &desk.Watermark{
				Channel: desk.Messenger, Account: "777001", Customer: lea, State: c.state, UpTo: c.upTo,
			}}, only(t, hook(by(c.event))))
		})
	}
}

// Where a delivery says no time, each message it names was delivered, once.
func TestDeliveriesByID(t *testing.T) {
	events, ignored := parse(t, hook(by(`"delivery":{"mids":["m_2",{},"m_1","m_2",3]}`)))
	assert.Equal(t, []string{"no_id:delivery"}, reasons(ignored))
	delivered := func(id string) channel.Event {
		return channel.Event{Status: &desk.Status{
			Channel: desk.Messenger, Account: "777001", ProviderID: id, State: desk.MessageDelivered, At: written,
		}}
	}
	assert.Equal(t, []channel.Event{delivered("3"), delivered("m_1"), delivered("m_2")}, events)
}
