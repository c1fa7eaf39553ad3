package messenger_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// cdn is where Messenger keeps files.
const cdn = "https://cdn.example/v/"

// att is an attachment of the type with the rest of its payload.
func att(kind, payload string) string {
	return `{"type":"` + kind + `","payload":{` + payload + `}}`
}

func with(attachments ...string) string {
	return `"attachments":[` + strings.Join(attachments, ",") + `]`
}

func TestKinds(t *testing.T) {
	at := func(file string) string { return `"url":"` + cdn + file + `"` }
	for name, c := range map[string]struct {
		rest     string
		kind     desk.MessageKind
		text     string
		fallback string
	}{
		"text is a number": {`"text":5`, "text", "5", ""},
		"text is odd":      {`"text":{}`, "unsupported", "", "[empty message]"},
		"nothing":          {`"seq":1`, "unsupported", "", "[empty message]"},
		"empty text":       {`"text":""`, "unsupported", "", "[empty message]"},
		"unsupported":      {`"is_unsupported":true`, "unsupported", "", "[unsupported message]"},
		"unsupported text": {`"is_unsupported":"true","text":"x"`, "unsupported", "x", "[unsupported message] x"},
		"supported":        {`"is_unsupported":false,"text":"x"`, "text", "x", ""},
		"not a truth":      {`"is_unsupported":{},"is_echo":[],"is_deleted":"no","text":"x"`, "text", "x", ""},

		"image":                {with(att("image", at("a.png"))), "image", "", "[image]"},
		"image and words":      {`"text":"mira",` + with(att("image", at("a.png"))), "image", "mira", "[image] mira"},
		"two images":           {with(att("image", at("a.png")), att("image", at("b.png"))), "image", "", "[image] [image]"},
		"two images and words": {`"text":"mira",` + with(att("image", at("a.png")), att("image", at("b.png"))), "image", "mira", "[image] [image] mira"},
		"image and file":       {with(att("image", at("a.png")), att("file", at("b.pdf"))), "image", "", "[image] [document] b.pdf"},
		"image without URL":    {with(att("image", ``)), "image", "", "[image]"},
		"image, payload text":  {with(`{"type":"image","payload":"x"}`), "image", "", "[image]"},
		"image, no payload":    {with(`{"type":"image"}`), "image", "", "[image]"},
		"image, URL beside":    {with(`{"type":"image","url":"` + cdn + `a.png"}`), "image", "", "[image]"},
		"video":                {with(att("video", at("a.mp4"))), "video", "", "[video]"},
		"audio":                {with(att("audio", at("a.mp4"))), "audio", "", "[audio]"},
		"file":                 {with(att("file", at("factura%207.pdf?_nc=1"))), "document", "", "[document] factura 7.pdf"},
		"file and words":       {`"text":"la factura",` + with(att("file", at("f.pdf"))), "document", "la factura", "[document] f.pdf, la factura"},
		"file with a title":    {with(`{"type":"file","title":"Factura","payload":{` + at("f.pdf") + `}}`), "document", "", "[document] Factura"},
		"file without a name":  {with(att("file", at("abc"))), "document", "", "[document]"},
		"file, hidden name":    {with(att("file", at(".pdf"))), "document", "", "[document]"},
		"file, name turned":    {with(att("file", at("a%E2%80%AEfdp.exe"))), "document", "", "[document] a fdp.exe"},

		"sticker":                {with(att("sticker", at("s.png")+`,"sticker_id":"369"`)), "sticker", "", "[sticker]"},
		"sticker, old":           {`"sticker_id":369,` + with(att("image", at("s.png")+`,"sticker_id":369`)), "sticker", "", "[sticker]"},
		"sticker, ID in one":     {with(att("image", at("s.png")+`,"sticker_id":369`)), "sticker", "", "[sticker]"},
		"sticker, ID outside":    {`"sticker_id":369,` + with(att("image", at("s.png"))), "sticker", "", "[sticker]"},
		"sticker, ID alone":      {`"sticker_id":369`, "sticker", "", "[sticker]"},
		"sticker as both":        {with(att("sticker", at("s.png")+`,"sticker_id":"369"`), att("image", at("s.png")+`,"sticker_id":369`)), "sticker", "", "[sticker]"},
		"sticker as both, IDs 1": {with(att("sticker", at("s.png")+`,"sticker_id":"369"`), att("image", at("s.png"))), "sticker", "", "[sticker]"},
		"sticker as both, IDs 0": {with(att("image", at("s.png")), att("sticker", at("s.png"))), "sticker", "", "[sticker]"},
		"two stickers":           {with(att("sticker", `"sticker_id":1`), att("sticker", `"sticker_id":2`)), "sticker", "", "[sticker] [sticker]"},

		"link":                {with(`{"type":"fallback","title":"Zapatos","url":"https://tienda.example/z","payload":"BLOB"}`), "template", "", "[link] Zapatos, https://tienda.example/z"},
		"link, null payload":  {with(`{"type":"fallback","title":"Zapatos","url":"https://tienda.example/z","payload":null}`), "template", "", "[link] Zapatos, https://tienda.example/z"},
		"link, in payload":    {with(att("fallback", `"title":"Zapatos","url":"https://tienda.example/z"`)), "template", "", "[link] Zapatos, https://tienda.example/z"},
		"link written out":    {`"text":"mira https://tienda.example/z ya",` + with(`{"type":"fallback","title":"Zapatos","url":"https://tienda.example/z"}`), "text", "mira https://tienda.example/z ya", ""},
		"link beside words":   {`"text":"mira",` + with(`{"type":"fallback","title":"Zapatos","url":"https://tienda.example/z"}`), "template", "mira", "[link] Zapatos, https://tienda.example/z, mira"},
		"link of nothing":     {with(`{"type":"fallback"}`), "template", "", "[shared content]"},
		"nothing beside text": {`"text":"mira",` + with(`{"type":"fallback","payload":null}`), "text", "mira", ""},
		"link that runs":      {with(`{"type":"fallback","title":"x","url":"javascript:alert(1)"}`), "template", "", "[link] x"},
		"post":                {with(att("post", `"url":"https://www.facebook.com/p/1","title":"Rebajas\nhoy"`)), "template", "", "[post] Rebajas hoy, https://www.facebook.com/p/1"},
		"post of Instagram":   {with(att("ig_post", `"url":"https://cdn.example/p","title":"x","ig_post_media_id":1`)), "template", "", "[post] x, https://cdn.example/p"},
		"reel":                {with(att("reel", `"url":"https://www.facebook.com/reel/1","title":"Baile","reel_video_id":1`)), "template", "", "[reel] Baile, https://www.facebook.com/reel/1"},
		"reel of Instagram":   {with(att("ig_reel", `"url":"https://cdn.example/r"`)), "template", "", "[reel] https://cdn.example/r"},
		"reel of nothing":     {with(att("reel", ``)), "template", "", "[shared content]"},

		"appointment":          {with(att("appointment_booking", `"booking_id":"b","status":"requested","start_time":1795167000,"timezone":"America/Los_Angeles"`)), "template", "", "[appointment] requested, 2026-11-20 09:30 UTC"},
		"appointment, no time": {with(att("appointment_booking", `"status":"cancelled"`)), "template", "", "[appointment] cancelled"},
		"appointment, nothing": {with(att("appointment_booking", ``)), "template", "", "[appointment]"},

		"buttons":           {with(att("template", `"template_type":"button","text":"¿Qué talla?","buttons":[{"title":"S"},{"title":"M"},7]`)), "template", "", "[template] ¿Qué talla?, S, M"},
		"cards":             {with(`{"type":"template","title":"Lista","payload":{"template_type":"generic","elements":[{"title":"A","subtitle":"1 €"},{"title":"B"}]}}`), "template", "", "[template] Lista, A, 1 €, B"},
		"many cards":        {with(att("template", `"elements":[`+strings.Repeat(`{"title":"x"},`, 11)+`{}]`)), "template", "", "[template] x, x, x, x, x, x, x, x, x, x"},
		"product":           {with(att("template", `"product":{"elements":[{"id":"9","retailer_id":"SKU1","title":"Bota","subtitle":"$40"}]}`)), "template", "", "[product] Bota, $40"},
		"itinerary":         {with(att("template", `"template_type":"airline_itinerary","intro_message":"Tu vuelo."`)), "template", "", "[template] Tu vuelo."},
		"template, URL":     {with(att("template", at("t"))), "template", "", "[template] " + cdn + "t"},
		"template, nothing": {with(att("template", `"template_type":"media"`)), "template", "", "[template]"},
		"template, odd":     {with(att("template", `"elements":{},"buttons":7,"product":"x"`)), "template", "", "[template]"},

		"place":             {with(`{"type":"location","title":"Sol","url":"https://maps.example/1","payload":{"coordinates":{"lat":40.4168,"long":-3.70379}}}`), "location", "", "[location] Sol (40.4168, -3.70379)"},
		"place, texts":      {with(att("location", `"coordinates":{"lat":"40.5","long":"-3"}`)), "location", "", "[location] (40.5, -3)"},
		"off the earth":     {with(att("location", `"coordinates":{"lat":91,"long":0}`)), "location", "", "[location]"},
		"half a place":      {with(att("location", `"coordinates":{"lat":40}`)), "location", "", "[location]"},
		"place of nothing":  {with(att("location", ``)), "location", "", "[location]"},
		"place and words":   {`"text":"aquí",` + with(att("location", `"coordinates":{"lat":1,"long":2}`)), "location", "aquí", "[location] (1, 2), aquí"},
		"unknown":           {with(att("hologram", `"title":"x",`+at("h"))), "unsupported", "", "[unsupported attachment] x, " + cdn + "h"},
		"unknown, no type":  {with(`{}`), "unsupported", "", "[unsupported attachment]"},
		"odd attachment":    {with(`7`), "unsupported", "", "[unsupported attachment]"},
		"odd, and an image": {with(`7`, att("image", at("a.png"))), "unsupported", "", "[unsupported attachment] [image]"},
		"attachments odd":   {`"attachments":{"type":"image"}`, "unsupported", "", "[unsupported message]"},
		"odd beside text":   {`"text":"x","attachments":"y"`, "text", "x", ""},
		"attachments null":  {`"text":"x","attachments":null`, "text", "x", ""},
		"no attachments":    {`"text":"x","attachments":[]`, "text", "x", ""},

		"quick reply":              {`"text":"Sí","quick_reply":{"payload":"YES"}`, "reply", "Sí", "[reply] Sí"},
		"quick reply, no payload":  {`"text":"Sí","quick_reply":{}`, "reply", "Sí", "[reply] Sí"},
		"quick reply without text": {`"quick_reply":{"payload":"YES"}`, "reply", "", "[reply] YES"},
		"quick reply is odd":       {`"text":"Sí","quick_reply":"YES"`, "text", "Sí", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := arrival(t, writes(c.rest))
			assert.Equal(t, c.kind, a.Kind)
			assert.Equal(t, c.text, a.Text)
			assert.Equal(t, c.fallback, a.Fallback)
			assert.Equal(t, "m_A1", a.ID)
			assert.False(t, a.Elsewhere)
		})
	}
}

func TestDetails(t *testing.T) {
	for name, c := range map[string]struct {
		rest string
		want desk.Detail
	}{
		"image": {with(att("image", `"url":"`+cdn+`a.png?x=1"`)),
			desk.Detail{Attachments: []desk.Attachment{{Kind: "image", URL: cdn + "a.png?x=1"}}}},
		"several": {with(att("image", `"url":"`+cdn+`a"`), att("video", `"url":"`+cdn+`b"`), att("audio", `"url":"`+cdn+`c"`), att("file", `"url":"`+cdn+`d.pdf"`)),
			desk.Detail{Attachments: []desk.Attachment{
				{Kind: "image", URL: cdn + "a"}, {Kind: "video", URL: cdn + "b"}, {Kind: "audio", URL: cdn + "c"}, {Kind: "document", URL: cdn + "d.pdf", Name: "d.pdf"},
			}}},
		"no address on the web": {with(att("image", `"url":"IMAGE_URL"`), att("image", `"url":"file:///etc/passwd"`)), desk.Detail{}},
		"sticker as both": {with(att("sticker", `"url":"`+cdn+`s","sticker_id":"369"`), att("image", `"url":"`+cdn+`s2","sticker_id":369`)),
			desk.Detail{Attachments: []desk.Attachment{{Kind: "sticker", URL: cdn + "s"}}}},
		"a page is no file": {with(att("post", `"url":"https://www.facebook.com/p/1"`), att("reel", `"url":"https://www.facebook.com/r/1"`)), desk.Detail{}},
		"place": {with(`{"type":"location","title":"Sol","url":"https://maps.example/1","payload":{"coordinates":{"lat":40.4168,"long":-3.70379}}}`),
			desk.Detail{Location: desk.Location{Latitude: "40.4168", Longitude: "-3.70379", Name: "Sol", URL: "https://maps.example/1"}}},
		"product": {with(att("template", `"product":{"elements":[{"id":"9","retailer_id":"SKU1"},{"id":"10"}]}`)),
			desk.Detail{Product: desk.Product{ID: "SKU1"}}},
		"product by Meta's ID": {with(att("template", `"product":{"elements":[{"id":9}]}`)),
			desk.Detail{Product: desk.Product{ID: "9"}}},
		"quick reply": {`"text":"Sí","quick_reply":{"payload":"{\"a\":1}"}`,
			desk.Detail{Choice: desk.Selection{ID: `{"a":1}`, Title: "Sí"}}},
		"quick reply's payload odd": {`"text":"Sí","quick_reply":{"payload":{"a":1}}`,
			desk.Detail{Choice: desk.Selection{Title: "Sí"}}},
		"advertisement": {`"text":"x","referral":{"ref":"r1","ad_id":60901,"source":"ADS","type":"OPEN_THREAD","ads_context_data":{"ad_title":"Rebajas\n","post_id":"p1","product_id":"SKU2","photo_url":"x"}}`,
			desk.Detail{Referral: desk.Referral{Source: "ad", Ref: "r1", ID: "60901", Headline: "Rebajas"}, Product: desk.Product{ID: "SKU2"}}},
		"advertised post": {`"text":"x","referral":{"source":"ADS","ads_context_data":{"post_id":"p1"}}`,
			desk.Detail{Referral: desk.Referral{Source: "ad", ID: "p1"}}},
		"product page": {`"text":"x","referral":{"product":{"id":"SKU3"}}`,
			desk.Detail{Product: desk.Product{ID: "SKU3"}}},
		"link": {`"text":"x","referral":{"ref":"r1","source":"SHORTLINK","referer_uri":"https://tienda.example/z"}`,
			desk.Detail{Referral: desk.Referral{Source: "shortlink", Ref: "r1", URL: "https://tienda.example/z"}}},
		"referral is odd": {`"text":"x","referral":"r1"`, desk.Detail{}},
		"referral, odd within": {`"text":"x","referral":{"ref":{},"source":7,"ad_id":[],"referer_uri":"x","ads_context_data":5,"product":[]}`,
			desk.Detail{Referral: desk.Referral{Source: "7"}}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, arrival(t, writes(c.rest)).Detail)
		})
	}
}

func TestEntrance(t *testing.T) {
	for name, c := range map[string]struct {
		event string
		want  string
	}{
		"none":                 {`"message":{"mid":"m","text":"x"}`, ""},
		"ref":                  {`"message":{"mid":"m","text":"x","referral":{"ref":"r1","ad_id":"9"}}`, "r1"},
		"advertisement":        {`"message":{"mid":"m","text":"x","referral":{"ad_id":9}}`, "9"},
		"beside the message":   {`"message":{"mid":"m","text":"x"},"referral":{"ref":"r2"}`, "r2"},
		"in and beside it":     {`"message":{"mid":"m","text":"x","referral":{"ref":"r1"}},"referral":{"ref":"r2"}`, "r1"},
		"postback":             {`"postback":{"mid":"m","payload":"x","referral":{"ref":"r3"}}`, "r3"},
		"beside the postback":  {`"postback":{"mid":"m","payload":"x"},"referral":{"ref":"r4"}`, "r4"},
		"referral":             {`"referral":{"ref":"r5"}`, "r5"},
		"referral, ad":         {`"referral":{"ad_id":"9","source":"ADS"}`, "9"},
		"only a post is known": {`"message":{"mid":"m","text":"x","referral":{"ads_context_data":{"post_id":"p"}}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, desk.Entrance{Ref: c.want}, arrival(t, hook(by(c.event))).Entrance)
		})
	}
}

// However much comes, what is kept can be stored.
func TestLimits(t *testing.T) {
	much := strings.Repeat("ñ", 50000)
	a := arrival(t, writes(`"text":"`+much+`","quick_reply":{"payload":"`+much+`"},"referral":{"ref":"`+much+`","ad_id":"`+much+`","source":"`+much+`"}`))
	assert.Equal(t, strings.Repeat("ñ", 32768), a.Text)
	assert.Equal(t, 2000, utf8.RuneCountInString(a.Choice.ID))
	assert.Equal(t, a.Text, a.Choice.Title)
	assert.Equal(t, 65536, len(a.Fallback))
	assert.Equal(t, desk.Referral{Ref: strings.Repeat("ñ", 2048), Source: strings.Repeat("ñ", 200)}, a.Referral)

	images := make([]string, 33)
	for i := range images {
		images[i] = att("image", fmt.Sprintf(`"url":"%s%d"`, cdn, i))
	}
	a = arrival(t, writes(`"text":"todas",`+with(images...)))
	require.Len(t, a.Attachments, 30)
	assert.Equal(t, cdn+"0", a.Attachments[0].URL)
	assert.Equal(t, cdn+"29", a.Attachments[29].URL)
	assert.Equal(t, strings.Repeat("[image] ", 30)+"[and 3 more] todas", a.Fallback)

	a = arrival(t, writes(with(`{"type":"template","title":"`+much+`","payload":{"text":"`+much+`"}}`)))
	assert.Equal(t, "[template] "+strings.Repeat("ñ", 200)+", "+strings.Repeat("ñ", 200), a.Fallback)

	a = arrival(t, writes(with(att("image", `"url":"`+cdn+strings.Repeat("a", 4097)+`"`))))
	assert.Empty(t, a.Attachments)
}
