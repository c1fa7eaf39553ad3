package whatsapp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

func TestRemarks(t *testing.T) {
	edit := func(message string) string {
		return `"type":"edit","edit":{"original_message_id":"wamid.E","message":` + message + `}`
	}
	for name, c := range map[string]struct {
		rest string
		want desk.Remark
	}{
		"reaction":                 {`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":"❤️"}`, desk.Remark{Kind: desk.RemarkReaction, About: "wamid.R", Text: "❤️"}},
		"reaction, escaped":        {`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":"\ud83d\udc4d"}`, desk.Remark{Kind: desk.RemarkReaction, About: "wamid.R", Text: "👍"}},
		"reaction of many":         {`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":"👨🏽‍👩🏽‍👧🏽‍👦🏽"}`, desk.Remark{Kind: desk.RemarkReaction, About: "wamid.R", Text: "👨🏽‍👩🏽‍👧🏽‍👦🏽"}},
		"reaction taken back":      {`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":""}`, desk.Remark{Kind: desk.RemarkReaction, About: "wamid.R"}},
		"reaction absent":          {`"type":"reaction","reaction":{"message_id":"wamid.R"}`, desk.Remark{Kind: desk.RemarkReaction, About: "wamid.R"}},
		"reaction null":            {`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":null}`, desk.Remark{Kind: desk.RemarkReaction, About: "wamid.R"}},
		"endless reaction":         {`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":"` + strings.Repeat("x", 99) + `"}`, desk.Remark{Kind: desk.RemarkReaction, About: "wamid.R", Text: strings.Repeat("x", 32)}},
		"edit":                     {edit(`{"type":"text","text":{"body":"martes"}}`), desk.Remark{Kind: desk.RemarkEdit, About: "wamid.E", Text: "martes"}},
		"edited caption":           {edit(`{"type":"image","image":{"id":"9","caption":"nuevo"}}`), desk.Remark{Kind: desk.RemarkEdit, About: "wamid.E", Text: "nuevo", Fallback: "[image] nuevo"}},
		"caption taken away":       {edit(`{"type":"image","image":{"id":"9"}}`), desk.Remark{Kind: desk.RemarkEdit, About: "wamid.E", Fallback: "[image]"}},
		"edit to what we know not": {edit(`{"type":"hologram"}`), desk.Remark{Kind: desk.RemarkEdit, About: "wamid.E", Fallback: "[unsupported message]"}},
		"edit to nothing":          {edit(`{}`), desk.Remark{Kind: desk.RemarkEdit, About: "wamid.E", Fallback: "[unsupported message]"}},
		"endless edit":             {edit(`{"type":"text","text":{"body":"` + strings.Repeat("x", 65537) + `"}}`), desk.Remark{Kind: desk.RemarkEdit, About: "wamid.E", Text: strings.Repeat("x", 65536)}},
		"revoke":                   {`"type":"revoke","revoke":{"original_message_id":"wamid.V"}`, desk.Remark{Kind: desk.RemarkRevoke, About: "wamid.V"}},
	} {
		t.Run(name, func(t *testing.T) {
			events, ignored := parse(t, hook(lea, `"messages":[`+from(c.rest)+`]`))
			assert.Empty(t, ignored)
			require.Len(t, events, 1)
			c.want.Channel, c.want.Account, c.want.At = desk.WhatsApp, "5550001", written
			c.want.Customer = desk.Customer{Name: "Lea Ortiz", Phone: "+34600111222", Addresses: []desk.Address{phone("34600111222")}}
			assert.Equal(t, &c.want, events[0].Remark)
			assert.Nil(t, events[0].Arrival)
		})
	}
}

func TestRemarksThatSayTooLittle(t *testing.T) {
	long := strings.Repeat("w", 513)
	good := from(`"type":"text","text":{"body":"hola"}`)
	for rest, want := range map[string]string{
		`"type":"reaction"`:                                               "unreadable_remark:reaction",
		`"type":"reaction","reaction":"👍"`:                                "unreadable_remark:reaction",
		`"type":"reaction","reaction":{"emoji":"👍"}`:                      "unreadable_remark:reaction",
		`"type":"reaction","reaction":{"message_id":{"a":1},"emoji":"👍"}`: "unreadable_remark:reaction",
		`"type":"reaction","reaction":{"message_id":"` + long + `"}`:      "id_too_long:reaction",
		`"type":"edit"`:           "unreadable_remark:edit",
		`"type":"edit","edit":[]`: "unreadable_remark:edit",
		`"type":"edit","edit":{"original_message_id":"wamid.E"}`:                                "unreadable_remark:edit",
		`"type":"edit","edit":{"original_message_id":"e","message":"x"}`:                        "unreadable_remark:edit",
		`"type":"edit","edit":{"message":{"type":"text"}}`:                                      "unreadable_remark:edit",
		`"type":"edit","edit":{"original_message_id":"` + long + `","message":{"type":"text"}}`: "id_too_long:edit",
		`"type":"revoke"`:                                       "unreadable_remark:revoke",
		`"type":"revoke","revoke":7`:                            "unreadable_remark:revoke",
		`"type":"revoke","revoke":{}`:                           "unreadable_remark:revoke",
		`"type":"revoke","revoke":{"original_message_id":null}`: "unreadable_remark:revoke",
	} {
		events, ignored := parse(t, hook(lea, `"messages":[`+good+`,`+from(rest)+`,`+good+`]`))
		assert.Len(t, events, 2, "its neighbours arrive")
		assert.Equal(t, []string{want}, reasons(ignored), rest)
	}
}
