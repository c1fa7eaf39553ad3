package whatsapp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

func TestKinds(t *testing.T) {
	for name, c := range map[string]struct {
		rest     string
		kind     desk.MessageKind
		text     string
		fallback string
		replyTo  string
	}{
		"image":                  {`"type":"image","image":{"id":"9","mime_type":"image/png","caption":"mi pedido"}`, "image", "mi pedido", "[image] mi pedido", ""},
		"image without caption":  {`"type":"image","image":{"id":"9"}`, "image", "", "[image]", ""},
		"image without image":    {`"type":"image"`, "image", "", "[image]", ""},
		"image of another shape": {`"type":"image","image":"9"`, "image", "", "[image]", ""},
		"caption is a number":    {`"type":"image","image":{"caption":5}`, "image", "5", "[image] 5", ""},
		"video":                  {`"type":"video","video":{"id":"9","caption":"mira"}`, "video", "mira", "[video] mira", ""},
		"audio":                  {`"type":"audio","audio":{"id":"9","voice":false}`, "audio", "", "[audio]", ""},
		"audio, voice unsaid":    {`"type":"audio","audio":{"id":"9"}`, "audio", "", "[audio]", ""},
		"audio, voice odd":       {`"type":"audio","audio":{"id":"9","voice":"yes"}`, "audio", "", "[audio]", ""},
		"voice note":             {`"type":"audio","audio":{"id":"9","voice":true}`, "audio", "", "[voice message]", ""},
		"old voice note":         {`"type":"voice","voice":{"id":"9"}`, "audio", "", "[voice message]", ""},
		"document":               {`"type":"document","document":{"id":"9","filename":"factura 7.pdf","caption":"la factura"}`, "document", "la factura", "[document] factura 7.pdf, la factura", ""},
		"document, caption only": {`"type":"document","document":{"id":"9","caption":"la factura"}`, "document", "la factura", "[document] la factura", ""},
		"document, name only":    {`"type":"document","document":{"filename":"a\u202efdp.exe\n"}`, "document", "", "[document] a fdp.exe", ""},
		"sticker":                {`"type":"sticker","sticker":{"id":"9","animated":true}`, "sticker", "", "[sticker]", ""},

		"location":                {`"type":"location","location":{"latitude":40.4168,"longitude":-3.70379,"name":"Sol","address":"Madrid"}`, "location", "", "[location] Sol, Madrid (40.4168, -3.70379)", ""},
		"pin":                     {`"type":"location","location":{"latitude":40,"longitude":-3.7037901234}`, "location", "", "[location] (40, -3.70379)", ""},
		"location as texts":       {`"type":"location","location":{"latitude":"40.4","longitude":"-3.7","name":"Sol"}`, "location", "", "[location] Sol (40.4, -3.7)", ""},
		"location off the earth":  {`"type":"location","location":{"latitude":91,"longitude":0,"name":"Sol"}`, "location", "", "[location] Sol", ""},
		"location no number":      {`"type":"location","location":{"latitude":"NaN","longitude":0}`, "location", "", "[location]", ""},
		"location beyond numbers": {`"type":"location","location":{"latitude":1e999,"longitude":0}`, "location", "", "[location]", ""},
		"half a location":         {`"type":"location","location":{"latitude":40}`, "location", "", "[location]", ""},
		"no location":             {`"type":"location"`, "location", "", "[location]", ""},

		"contact":              {`"type":"contacts","contacts":[{"name":{"formatted_name":"Iván Ruiz","first_name":"Iván"},"phones":[{"phone":"+34 1"}]}]`, "contacts", "", "[contact] Iván Ruiz", ""},
		"two contacts":         {`"type":"contacts","contacts":[{"name":{"formatted_name":"Iván"}},{"name":{"first_name":"Eva"}}]`, "contacts", "", "[contact] Iván, Eva", ""},
		"contact with a phone": {`"type":"contacts","contacts":[{"name":"Iván","phones":[{"phone":"+34 600 1"}]}]`, "contacts", "", "[contact] +34 600 1", ""},
		"contact of nothing":   {`"type":"contacts","contacts":[{}]`, "contacts", "", "[contact] no name", ""},
		"many contacts":        {`"type":"contacts","contacts":[` + strings.Repeat(`{"name":{"formatted_name":"x"}},`, 11) + `{}]`, "contacts", "", "[contact] x, x, x, x, x, x, x, x, x, x, and 2 more", ""},
		"odd contact":          {`"type":"contacts","contacts":[5,{"name":{"formatted_name":"Eva"}}]`, "contacts", "", "[contact] Eva", ""},
		"contacts no list":     {`"type":"contacts","contacts":{"name":"x"}`, "contacts", "", "[contact]", ""},
		"no contacts":          {`"type":"contacts"`, "contacts", "", "[contact]", ""},

		"button":             {`"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"b1","title":"Sí"}},"context":{"id":"wamid.Q"}`, "reply", "Sí", "[reply] Sí", "wamid.Q"},
		"list":               {`"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"r1","title":"Mañana","description":"9 a 12"}}`, "reply", "Mañana", "[reply] Mañana, 9 a 12", ""},
		"form":               {`"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"flow_token\":\"t\",\"talla\":\"M\",\"cantidad\":2,\"color\":[\"rojo\"]}"}}`, "form", "", `[form] cantidad: 2, color: ["rojo"], talla: M`, ""},
		"form of a list":     {`"type":"interactive","interactive":{"nfm_reply":{"response_json":"[1]"}}`, "form", "", "[form]", ""},
		"form of no JSON":    {`"type":"interactive","interactive":{"nfm_reply":{"response_json":"{"}}`, "form", "", "[form]", ""},
		"form of nothing":    {`"type":"interactive","interactive":{"nfm_reply":{}}`, "form", "", "[form]", ""},
		"unknown answer":     {`"type":"interactive","interactive":{"type":"new"}`, "reply", "", "[reply]", ""},
		"answer is odd":      {`"type":"interactive","interactive":[]`, "reply", "", "[reply]", ""},
		"template button":    {`"type":"button","button":{"payload":"p","text":"Cancelar"}`, "reply", "Cancelar", "[reply] Cancelar", ""},
		"no template button": {`"type":"button"`, "reply", "", "[reply]", ""},

		"order":                 {`"type":"order","order":{"text":"sin prisa","product_items":[{"quantity":2},{"quantity":1}]}`, "order", "sin prisa", "[order] 2 items, sin prisa", ""},
		"order of one":          {`"type":"order","order":{"product_items":[{"quantity":2}]}`, "order", "", "[order] 1 item", ""},
		"order of nothing":      {`"type":"order","order":{}`, "order", "", "[order] 0 items", ""},
		"no order":              {`"type":"order"`, "order", "", "[order]", ""},
		"unsupported":           {`"type":"unsupported","errors":[{"code":131051,"title":"Unsupported","error_data":{"details":"x"}}]`, "unsupported", "", "[unsupported message]", ""},
		"unsupported, named":    {`"type":"unsupported","errors":[{"code":131051}],"unsupported":{"type":"poll_creation"}`, "unsupported", "", "[unsupported message] poll_creation", ""},
		"unsupported, unnamed":  {`"type":"unsupported","unsupported":{"type":"unknown"}`, "unsupported", "", "[unsupported message]", ""},
		"unsupported, sentence": {`"type":"unsupported","unsupported":{"type":"call Ana on 600"}`, "unsupported", "", "[unsupported message]", ""},
		"unsupported, odd":      {`"type":"unsupported","unsupported":["poll"],"errors":"x"`, "unsupported", "", "[unsupported message]", ""},
		"unknown":               {`"type":"unknown","errors":[{"code":131051,"details":"x"}]`, "unsupported", "", "[unsupported message]", ""},
		"from the future":       {`"type":"hologram","hologram":{"body":"x"}`, "unsupported", "", "[unsupported message]", ""},
		"no type":               {`"text":{"body":"x"}`, "unsupported", "", "[unsupported message]", ""},
		"type is odd":           {`"type":{"a":1}`, "unsupported", "", "[unsupported message]", ""},
		"empty text":            {`"type":"text","text":{"body":""}`, "unsupported", "", "[empty message]", ""},
		"text of no text":       {`"type":"text","text":{"body":{"x":1}}`, "unsupported", "", "[empty message]", ""},
		"text is a text":        {`"type":"text","text":"hola"`, "unsupported", "", "[empty message]", ""},
		"forwarded":             {`"type":"text","text":{"body":"x"},"context":{"forwarded":true}`, "text", "x", "", ""},
		"odd context":           {`"type":"text","text":{"body":"x"},"context":"wamid.Q"`, "text", "x", "", ""},
		"endless context":       {`"type":"text","text":{"body":"x"},"context":{"id":"` + strings.Repeat("w", 513) + `"}`, "text", "x", "", ""},
		"number for a text":     {`"type":"text","text":{"body":42}`, "text", "42", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := arrival(t, hook(lea, `"messages":[`+from(c.rest)+`]`))
			assert.Equal(t, c.kind, got.Kind)
			assert.Equal(t, c.text, got.Text)
			assert.Equal(t, c.fallback, got.Fallback)
			assert.Equal(t, c.replyTo, got.ReplyTo)
			assert.Equal(t, "Lea Ortiz", got.Customer.Name)
		})
	}
}

func TestDetails(t *testing.T) {
	file := func(a desk.Attachment) desk.Detail { return desk.Detail{Attachments: []desk.Attachment{a}} }
	for name, c := range map[string]struct {
		rest string
		want desk.Detail
	}{
		"text": {`"type":"text","text":{"body":"x"}`, desk.Detail{}},
		"image": {`"type":"image","image":{"id":"1003","mime_type":"image/jpeg","sha256":"SfIn+FD0=","caption":"mi bici","url":"https://lookaside.fbsbx.com/x?mid=1"}`,
			file(desk.Attachment{Kind: "image", MediaID: "1003", URL: "https://lookaside.fbsbx.com/x?mid=1", MimeType: "image/jpeg", SHA256: "SfIn+FD0="})},
		"image, ID a number":    {`"type":"image","image":{"id":1003}`, file(desk.Attachment{Kind: "image", MediaID: "1003"})},
		"image by address only": {`"type":"image","image":{"url":"https://x.test/a"}`, file(desk.Attachment{Kind: "image", URL: "https://x.test/a"})},
		"image at no address":   {`"type":"image","image":{"id":"9","url":"javascript:alert(1)"}`, file(desk.Attachment{Kind: "image", MediaID: "9"})},
		"image in a file":       {`"type":"image","image":{"id":"9","url":"file:///etc/passwd"}`, file(desk.Attachment{Kind: "image", MediaID: "9"})},
		"image nowhere":         {`"type":"image","image":{"caption":"x","mime_type":"image/png"}`, desk.Detail{}},
		"image, odd":            {`"type":"image","image":{"id":{},"url":["https://x.test"]}`, desk.Detail{}},
		"no image":              {`"type":"image"`, desk.Detail{}},
		"another's image":       {`"type":"text","text":{"body":"x"},"image":{"id":"9"}`, desk.Detail{}},
		"video":                 {`"type":"video","video":{"id":"9","mime_type":"video/mp4"}`, file(desk.Attachment{Kind: "video", MediaID: "9", MimeType: "video/mp4"})},
		"audio":                 {`"type":"audio","audio":{"id":"9","mime_type":"audio/mpeg","voice":false}`, file(desk.Attachment{Kind: "audio", MediaID: "9", MimeType: "audio/mpeg"})},
		"voice note": {`"type":"audio","audio":{"id":"9","mime_type":"audio/ogg; codecs=opus","voice":true}`,
			file(desk.Attachment{Kind: "audio", MediaID: "9", MimeType: "audio/ogg; codecs=opus", Voice: true})},
		"old voice note": {`"type":"voice","voice":{"id":"9"}`, file(desk.Attachment{Kind: "audio", MediaID: "9", Voice: true})},
		"document": {`"type":"document","document":{"id":"9","filename":"factura\u202efdp.exe","caption":"la factura"}`,
			file(desk.Attachment{Kind: "document", MediaID: "9", Name: "factura fdp.exe"})},
		"sticker":           {`"type":"sticker","sticker":{"id":"9","mime_type":"image/webp","animated":false}`, file(desk.Attachment{Kind: "sticker", MediaID: "9", MimeType: "image/webp"})},
		"sticker, animated": {`"type":"sticker","sticker":{"id":"9","animated":true}`, file(desk.Attachment{Kind: "sticker", MediaID: "9", Animated: true})},

		"location": {`"type":"location","location":{"latitude":40.4168,"longitude":-3.70379,"name":"Sol","address":"Madrid","url":"https://sol.test/"}`,
			desk.Detail{Location: desk.Location{Latitude: "40.4168", Longitude: "-3.70379", Name: "Sol", Address: "Madrid", URL: "https://sol.test/"}}},
		"pin":                 {`"type":"location","location":{"latitude":0,"longitude":0}`, desk.Detail{Location: desk.Location{Latitude: "0", Longitude: "0"}}},
		"location unsafe":     {`"type":"location","location":{"latitude":1,"longitude":2,"url":"data:text/html,x"}`, desk.Detail{Location: desk.Location{Latitude: "1", Longitude: "2"}}},
		"location half":       {`"type":"location","location":{"latitude":1,"name":"Sol"}`, desk.Detail{Location: desk.Location{Name: "Sol"}}},
		"location, not there": {`"type":"location","location":{"latitude":1,"longitude":181}`, desk.Detail{}},

		"card": {`"type":"contacts","contacts":[{"name":{"formatted_name":"Iván Ruiz","first_name":"Iván"},"phones":[{"phone":"+34 1","wa_id":"341","type":"HOME"},{"wa_id":"342"},{},{"phone":"x"}],"emails":[{"email":"ivan@x.test"},{"email":""},{"email":7}]}]`,
			desk.Detail{Cards: []desk.Card{{Name: "Iván Ruiz", Phones: []string{"+34 1", "+342", "x"}, Emails: []string{"ivan@x.test", "7"}}}}},
		"card of nothing": {`"type":"contacts","contacts":[{}]`, desk.Detail{Cards: []desk.Card{{}}}},
		"odd card":        {`"type":"contacts","contacts":[7,{"name":"x","phones":"y","emails":[1]}]`, desk.Detail{Cards: []desk.Card{{}}}},
		"no cards":        {`"type":"contacts","contacts":"x"`, desk.Detail{}},

		"button": {`"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"cancel-7","title":"Cancelar"}}`,
			desk.Detail{Choice: desk.Selection{ID: "cancel-7", Title: "Cancelar"}}},
		"row": {`"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"r1","title":"Mañana","description":"9 a 12"}}`,
			desk.Detail{Choice: desk.Selection{ID: "r1", Title: "Mañana", Description: "9 a 12"}}},
		"template button":             {`"type":"button","button":{"payload":"stop","text":"No más"},"context":{"id":"wamid.Q","from":"34910000000"}`, desk.Detail{Choice: desk.Selection{ID: "stop", Title: "No más"}}},
		"template button, no context": {`"type":"button","button":{"payload":"stop","text":"No más"}`, desk.Detail{Choice: desk.Selection{ID: "stop", Title: "No más"}}},
		"unknown answer":              {`"type":"interactive","interactive":{"type":"new","new":{"id":"x"}}`, desk.Detail{}},

		"form": {`"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"flow_token\":\"t\",\"talla\":\"M\",\"cantidad\":2,\"si\":true,\"nada\":null,\"color\":[\"rojo\"]}"}}`,
			desk.Detail{Form: []desk.Answer{{Name: "cantidad", Value: "2"}, {Name: "color", Value: `["rojo"]`}, {Name: "nada"}, {Name: "si", Value: "true"}, {Name: "talla", Value: "M"}}}},
		"form of a list":    {`"type":"interactive","interactive":{"nfm_reply":{"response_json":"[1]"}}`, desk.Detail{}},
		"form of a text":    {`"type":"interactive","interactive":{"nfm_reply":{"response_json":"\"hola\""}}`, desk.Detail{}},
		"form of no JSON":   {`"type":"interactive","interactive":{"nfm_reply":{"response_json":"{"}}`, desk.Detail{}},
		"form as an object": {`"type":"interactive","interactive":{"nfm_reply":{"response_json":{"talla":"M"}}}`, desk.Detail{}},

		"order": {`"type":"order","order":{"catalog_id":"194","text":"sin prisa","product_items":[{"product_retailer_id":"di9","quantity":2,"item_price":30,"currency":"USD"},"odd",{"product_retailer_id":77,"quantity":"1","item_price":"2.50","currency":null}]}`,
			desk.Detail{Order: desk.Order{Catalog: "194", Items: []desk.OrderItem{{Product: "di9", Quantity: "2", Price: "30", Currency: "USD"}, {Product: "77", Quantity: "1", Price: "2.50"}}}}},
		"order of nothing": {`"type":"order","order":{"product_items":"x"}`, desk.Detail{}},

		"about a product": {`"type":"text","text":{"body":"x"},"context":{"from":"34910000000","id":"wamid.Q","referred_product":{"catalog_id":"194","product_retailer_id":"di9"}}`,
			desk.Detail{Product: desk.Product{Catalog: "194", ID: "di9"}}},
		"about an odd product": {`"type":"text","text":{"body":"x"},"context":{"referred_product":"di9"}`, desk.Detail{}},
		"forwarded":            {`"type":"text","text":{"body":"x"},"context":{"forwarded":true}`, desk.Detail{Forwarded: true}},
		"forwarded often":      {`"type":"text","text":{"body":"x"},"context":{"frequently_forwarded":true}`, desk.Detail{Forwarded: true}},
		"not forwarded":        {`"type":"text","text":{"body":"x"},"context":{"forwarded":false,"frequently_forwarded":"true"}`, desk.Detail{}},
		"forwarded image":      {`"type":"image","image":{"id":"9"},"context":{"forwarded":true}`, desk.Detail{Forwarded: true, Attachments: []desk.Attachment{{Kind: "image", MediaID: "9"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := arrival(t, hook(lea, `"messages":[`+from(c.rest)+`]`))
			assert.Equal(t, c.want, got.Detail)
			assert.Zero(t, got.Entrance)
		})
	}
}

// What brought the customer is in the message, and its ID is what entry rules look at.
func TestReferrals(t *testing.T) {
	for name, c := range map[string]struct {
		referral string
		want     desk.Referral
		ref      string
	}{
		"advertisement": {`{"source_url":"https://fb.me/3cr","source_id":"1202","source_type":"ad","headline":"Chat\nwith us","body":"Summer\nis here","media_type":"image","image_url":"https://x.test","ctwa_clid":"Aff-n8","welcome_message":{"text":"Hi"}}`,
			desk.Referral{Source: "ad", ID: "1202", URL: "https://fb.me/3cr", Headline: "Chat with us", Body: "Summer\nis here", Click: "Aff-n8"}, "1202"},
		"post":            {`{"source_id":1202,"source_type":"POST"}`, desk.Referral{Source: "post", ID: "1202"}, "1202"},
		"without an ID":   {`{"source_type":"ad"}`, desk.Referral{Source: "ad"}, ""},
		"endless ID":      {`{"source_id":"` + strings.Repeat("1", 513) + `","ctwa_clid":"` + strings.Repeat("1", 513) + `"}`, desk.Referral{}, ""},
		"unsafe address":  {`{"source_id":"1","source_url":"javascript:x","source_type":"an ad of Ana's"}`, desk.Referral{ID: "1"}, "1"},
		"nothing":         {`{}`, desk.Referral{}, ""},
		"null":            {`null`, desk.Referral{}, ""},
		"another shape":   {`"ad"`, desk.Referral{}, ""},
		"parts of others": {`{"source_id":{},"headline":[],"body":{"x":1}}`, desk.Referral{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := arrival(t, hook(lea, `"messages":[`+from(`"type":"text","text":{"body":"x"},"referral":`+c.referral)+`]`))
			assert.Equal(t, desk.Detail{Referral: c.want}, got.Detail)
			assert.Equal(t, desk.Entrance{Ref: c.ref}, got.Entrance)
		})
	}
}

func TestLongTextsAreCut(t *testing.T) {
	exact := strings.Repeat("a", 65536)
	got := arrival(t, hook(`"messages":[`+from(`"type":"text","text":{"body":"`+exact+`"}`)+`]`))
	assert.Equal(t, exact, got.Text)

	got = arrival(t, hook(`"messages":[`+from(`"type":"text","text":{"body":"`+exact+`b"}`)+`]`))
	assert.Equal(t, exact, got.Text)

	got = arrival(t, hook(`"messages":[`+from(`"type":"image","image":{"caption":"`+strings.Repeat("a", 65534)+`👋"}`)+`]`))
	assert.Equal(t, strings.Repeat("a", 65534), got.Text, "no half of a code point")
	assert.Len(t, got.Fallback, 65536)
}

// Whatever a customer sends, what is kept of it has a limit.
func TestDetailsAreBounded(t *testing.T) {
	body := func(rest string) desk.Arrival { return arrival(t, hook(`"messages":[`+from(rest)+`]`)) }
	many := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	long := strings.Repeat("x", 100_000)

	card := `{"name":{"formatted_name":"` + long + `"},"phones":[` + many(9, `{"phone":"`+long+`"}`) + `],"emails":[` + many(9, `{"email":"`+long+`"}`) + `]}`
	got := body(`"type":"contacts","contacts":[` + many(3, card) + `,` + many(200, `{}`) + `]`)
	require.Len(t, got.Cards, 10)
	assert.Len(t, got.Cards[0].Name, 200)
	require.Len(t, got.Cards[0].Phones, 5)
	assert.Len(t, got.Cards[0].Phones[0], 64)
	require.Len(t, got.Cards[0].Emails, 5)
	assert.Len(t, got.Cards[0].Emails[4], 200)
	assert.Contains(t, got.Fallback, ", and 193 more")

	var fields []string
	for n := range 60 {
		fields = append(fields, fmt.Sprintf(`\"%02d%s\":\"%s\"`, n, strings.Repeat("n", 300), strings.Repeat("v", 3000)))
	}
	got = body(`"type":"interactive","interactive":{"nfm_reply":{"response_json":"{` + strings.Join(fields, ",") + `}"}}`)
	require.Len(t, got.Form, 50)
	assert.Equal(t, "49"+strings.Repeat("n", 198), got.Form[49].Name)
	assert.Len(t, got.Form[49].Value, 2048)
	assert.Len(t, got.Fallback, 65536)

	item := `{"product_retailer_id":"` + long + `","quantity":"` + long + `","item_price":"` + long + `","currency":"` + long + `"}`
	got = body(`"type":"order","order":{"catalog_id":"` + long + `","product_items":[` + item + `,` + many(120, `{"product_retailer_id":"p"}`) + `]}`)
	require.Len(t, got.Order.Items, 100)
	assert.Equal(t, "[order] 121 items", got.Fallback)
	assert.Empty(t, got.Order.Catalog)
	assert.Equal(t, desk.OrderItem{Quantity: long[:32], Price: long[:32], Currency: long[:32]}, got.Order.Items[0])

	got = body(`"type":"interactive","interactive":{"list_reply":{"id":"` + long + `","title":"` + long + `","description":"` + long + `"}}`)
	assert.Empty(t, got.Choice.ID)
	assert.Len(t, got.Choice.Title, 200)
	assert.Len(t, got.Choice.Description, 200)

	got = body(`"type":"document","document":{"id":"9","mime_type":"` + long + `","sha256":"` + long + `","filename":"` + long + `","url":"https://x.test/` + long + `"}`)
	assert.Equal(t, []desk.Attachment{{Kind: "document", MediaID: "9", MimeType: long[:200], Name: long[:200]}}, got.Attachments)

	got = body(`"type":"text","text":{"body":"x"},"context":{"referred_product":{"catalog_id":"` + long + `","product_retailer_id":"` + long + `"}},"referral":{"source_type":"` + long + `","headline":"` + long + `","body":"` + long + `"}`)
	assert.Equal(t, desk.Detail{Referral: desk.Referral{Headline: long[:200], Body: long[:2048]}}, got.Detail)
}
