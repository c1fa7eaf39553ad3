package whatsapp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/whatsapp"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

var (
	arrived = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	written = time.Date(2026, 11, 20, 9, 29, 58, 0, time.UTC) // 1795166998
)

// lea stands beside messages from +34600111222.
const lea = `"contacts":[{"wa_id":"34600111222","profile":{"name":"Lea Ortiz"}}]`

// hook is a webhook of one change of the field "messages", for the number 5550001.
func hook(parts ...string) string {
	return change("messages", `{"messaging_product":"whatsapp","metadata":{"display_phone_number":"34910000000","phone_number_id":"5550001"},`+
		strings.Join(parts, ",")+`}`)
}

func change(field, value string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"777","changes":[{"field":"` + field + `","value":` + value + `}]}]}`
}

// from is a message of Lea's with the rest of its fields.
func from(rest string) string {
	return `{"from":"34600111222","id":"wamid.A1","timestamp":"1795166998",` + rest + `}`
}

func parse(t *testing.T, body string) ([]channel.Event, []channel.Ignored) {
	t.Helper()
	events, ignored, err := whatsapp.Parse([]byte(body), arrived)
	require.NoError(t, err)
	return events, ignored
}

// arrival is the one message the body holds.
func arrival(t *testing.T, body string) desk.Arrival {
	t.Helper()
	events, ignored := parse(t, body)
	require.Empty(t, ignored)
	require.Len(t, events, 1)
	require.NotNil(t, events[0].Arrival)
	require.Nil(t, events[0].Status)
	return *events[0].Arrival
}

func reasons(ignored []channel.Ignored) (out []string) {
	for _, i := range ignored {
		out = append(out, i.Reason+":"+i.What)
	}
	return out
}

func TestText(t *testing.T) {
	got := arrival(t, hook(lea, `"messages":[`+from(`"type":"text","text":{"body":"hola 👋🏽\nqué tal"},"context":{"from":"34910000000","id":"wamid.B7"}`)+`]`))
	assert.Equal(t, desk.Arrival{
		Channel: desk.WhatsApp,
		Account: "5550001",
		ID:      "wamid.A1",
		Customer: desk.Customer{
			Name:      "Lea Ortiz",
			Phone:     "+34600111222",
			Addresses: []desk.Address{{Kind: desk.AddressPhone, Value: "34600111222"}},
		},
		At:      written,
		Kind:    desk.TextMessage,
		Text:    "hola 👋🏽\nqué tal",
		ReplyTo: "wamid.B7",
	}, got)
}

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

		"order":             {`"type":"order","order":{"text":"sin prisa","product_items":[{"quantity":2},{"quantity":1}]}`, "order", "sin prisa", "[order] 2 items, sin prisa", ""},
		"order of one":      {`"type":"order","order":{"product_items":[{"quantity":2}]}`, "order", "", "[order] 1 item", ""},
		"order of nothing":  {`"type":"order","order":{}`, "order", "", "[order] 0 items", ""},
		"no order":          {`"type":"order"`, "order", "", "[order]", ""},
		"reaction":          {`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":"❤️"}`, "reaction", "❤️", "[reaction] ❤️", "wamid.R"},
		"reaction gone":     {`"type":"reaction","reaction":{"message_id":"wamid.R","emoji":""}`, "reaction", "", "[reaction removed]", "wamid.R"},
		"reaction absent":   {`"type":"reaction","reaction":{"message_id":"wamid.R"}`, "reaction", "", "[reaction removed]", "wamid.R"},
		"reaction odd":      {`"type":"reaction","reaction":"x"`, "reaction", "", "[reaction removed]", ""},
		"edit":              {`"type":"edit","edit":{"original_message_id":"wamid.E","message":{"type":"text","text":{"body":"martes"}}}`, "edit", "martes", "[edited] martes", "wamid.E"},
		"edited caption":    {`"type":"edit","edit":{"original_message_id":"wamid.E","message":{"type":"image","image":{"caption":"nuevo"}}}`, "edit", "nuevo", "[edited] [image] nuevo", "wamid.E"},
		"edit of nothing":   {`"type":"edit","edit":{"original_message_id":"wamid.E"}`, "edit", "", "[edited]", "wamid.E"},
		"no edit":           {`"type":"edit"`, "edit", "", "[edited]", ""},
		"revoke":            {`"type":"revoke","revoke":{"original_message_id":"wamid.V"}`, "revoke", "", "[message deleted]", "wamid.V"},
		"no revoke":         {`"type":"revoke","revoke":7`, "revoke", "", "[message deleted]", ""},
		"unsupported":       {`"type":"unsupported","errors":[{"code":131051}],"unsupported":{"type":"poll"}`, "unsupported", "", "[unsupported message]", ""},
		"unknown":           {`"type":"unknown","errors":[{"code":131051,"details":"x"}]`, "unsupported", "", "[unsupported message]", ""},
		"from the future":   {`"type":"hologram","hologram":{"body":"x"}`, "unsupported", "", "[unsupported message]", ""},
		"no type":           {`"text":{"body":"x"}`, "unsupported", "", "[unsupported message]", ""},
		"type is odd":       {`"type":{"a":1}`, "unsupported", "", "[unsupported message]", ""},
		"empty text":        {`"type":"text","text":{"body":""}`, "unsupported", "", "[empty message]", ""},
		"text of no text":   {`"type":"text","text":{"body":{"x":1}}`, "unsupported", "", "[empty message]", ""},
		"text is a text":    {`"type":"text","text":"hola"`, "unsupported", "", "[empty message]", ""},
		"forwarded":         {`"type":"text","text":{"body":"x"},"context":{"forwarded":true}`, "text", "x", "", ""},
		"odd context":       {`"type":"text","text":{"body":"x"},"context":"wamid.Q"`, "text", "x", "", ""},
		"endless context":   {`"type":"text","text":{"body":"x"},"context":{"id":"` + strings.Repeat("w", 513) + `"}`, "text", "x", "", ""},
		"number for a text": {`"type":"text","text":{"body":42}`, "text", "42", "", ""},
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

func TestTimes(t *testing.T) {
	for stamp, want := range map[string]time.Time{
		`"1795166998"`:       written,
		`1795166998`:         written,
		`"1795166998250"`:    written.Add(250 * time.Millisecond),
		`1795166998250`:      written.Add(250 * time.Millisecond),
		`"1600000000"`:       time.Date(2020, 9, 13, 12, 26, 40, 0, time.UTC),
		`"1795167060"`:       arrived.Add(time.Minute),
		`"1795167061"`:       arrived,
		`"TIMESTAMP"`:        arrived,
		`""`:                 arrived,
		`null`:               arrived,
		`{}`:                 arrived,
		`-5`:                 arrived,
		`"1795166998000000"`: arrived,
	} {
		got := arrival(t, hook(`"messages":[{"from":"34600111222","id":"wamid.A1","timestamp":`+stamp+`,"type":"text","text":{"body":"x"}}]`))
		assert.Equal(t, want, got.At, stamp)
	}
	local := arrived.In(time.FixedZone("CET", 3600))
	events, _, err := whatsapp.Parse([]byte(hook(`"messages":[`+`{"from":"1","id":"i"}`+`]`)), local)
	require.NoError(t, err)
	assert.Equal(t, arrived, events[0].Arrival.At, "UTC whatever the clock says")
}

func TestRefusedBodies(t *testing.T) {
	for body, code := range map[string]string{
		``:                         "malformed_json",
		`{`:                        "malformed_json",
		hook() + `}`:               "malformed_json",
		`[]`:                       "wrong_shape",
		`null`:                     "wrong_shape",
		`{"object":"x","entry":7}`: "wrong_shape",
	} {
		events, ignored, err := whatsapp.Parse([]byte(body), arrived)
		require.Error(t, err, body)
		assert.True(t, fault.Is(err, fault.Invalid), body)
		assert.True(t, fault.HasCode(err, code), "%s: %v", body, err)
		assert.Empty(t, events)
		assert.Empty(t, ignored)
	}
}

func TestIgnoredWholes(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"another object":        {`{"object":"page","entry":[{"id":"1"}]}`, "unknown_object:page"},
		"no object":             {`{"field":"messages","value":{}}`, "unknown_object:"},
		"object is odd":         {`{"object":["page"]}`, "unknown_object:"},
		"personal object":       {`{"object":"Lea Ortiz"}`, "unknown_object:"},
		"no entry":              {`{"object":"whatsapp_business_account"}`, "empty:envelope"},
		"no change":             {`{"object":"whatsapp_business_account","entry":[{"id":"1"}]}`, "empty:entry"},
		"odd entry":             {`{"object":"whatsapp_business_account","entry":["x"]}`, "unreadable:entry"},
		"odd change":            {`{"object":"whatsapp_business_account","entry":[{"changes":[7]}]}`, "unreadable:change"},
		"changes no list":       {`{"object":"whatsapp_business_account","entry":[{"changes":{}}]}`, "unreadable:change"},
		"no value":              {`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages"}]}]}`, "unreadable:change"},
		"odd value":             {change("messages", `"x"`), "unreadable:change"},
		"null value":            {change("messages", `null`), "empty:change"},
		"empty value":           {change("messages", `{}`), "empty:change"},
		"contacts alone":        {hook(lea), "empty:change"},
		"echo":                  {change("smb_message_echoes", `{"message_echoes":[{"id":"x"}]}`), "echo:smb_message_echoes"},
		"history":               {change("history", `{}`), "history:history"},
		"app state":             {change("smb_app_state_sync", `{}`), "history:smb_app_state_sync"},
		"user ID update":        {change("user_id_update", `{}`), "user_id_update:user_id_update"},
		"preferences":           {change("user_preferences", `{}`), "user_preferences:user_preferences"},
		"call":                  {change("calls", `{}`), "call:calls"},
		"template status":       {change("message_template_status_update", `{}`), "template_update:message_template_status_update"},
		"template category":     {change("template_category_update", `{}`), "template_update:template_category_update"},
		"account":               {change("account_alerts", `{}`), "account_update:account_alerts"},
		"business":              {change("business_capability_update", `{}`), "account_update:business_capability_update"},
		"number":                {change("phone_number_quality_update", `{}`), "account_update:phone_number_quality_update"},
		"group":                 {change("group_lifecycle_update", `{}`), "group_update:group_lifecycle_update"},
		"unknown field":         {change("flows", `{}`), "unknown_field:flows"},
		"beginning of a field":  {change("group", `{}`), "unknown_field:group"},
		"field of any text":     {change("Lea Ortiz", `{}`), "unknown_field:"},
		"no field":              {change("", `{}`), "unknown_field:"},
		"error alone":           {hook(`"errors":[{"code":131000,"title":"Something went wrong"}]`), "channel_error:131000"},
		"error without a code":  {hook(`"errors":[{"title":"x"}]`), "channel_error:"},
		"odd error":             {hook(`"errors":["x"]`), "channel_error:"},
		"error without account": {change("messages", `{"errors":[{"code":130429}]}`), "channel_error:130429"},
	} {
		t.Run(name, func(t *testing.T) {
			events, ignored := parse(t, c.body)
			assert.Empty(t, events)
			assert.Equal(t, []string{c.want}, reasons(ignored))
		})
	}
}

func TestIgnoredMessages(t *testing.T) {
	long := strings.Repeat("x", 513)
	for name, c := range map[string]struct{ message, want string }{
		"number":                {`7`, "unreadable_message:"},
		"list":                  {`[]`, "unreadable_message:"},
		"text":                  {`"hola"`, "unreadable_message:"},
		"null":                  {`null`, "no_id:message"},
		"empty":                 {`{}`, "no_id:message"},
		"ID is odd":             {`{"from":"34600111222","id":{},"type":"text"}`, "no_id:message"},
		"ID too long":           {`{"from":"34600111222","id":"` + long + `","type":"text"}`, "id_too_long:message"},
		"no sender":             {`{"id":"wamid.A1","type":"text","text":{"body":"x"}}`, "no_sender:text"},
		"sender empty":          {`{"from":"","from_user_id":"","id":"wamid.A1","type":"text"}`, "no_sender:text"},
		"sender no phone":       {`{"from":"PHONE","id":"wamid.A1","type":"image"}`, "no_sender:image"},
		"sender is +":           {`{"from":"+","id":"wamid.A1","type":"image"}`, "no_sender:image"},
		"sender is a long text": {`{"from":"` + strings.Repeat("1", 33) + `","id":"wamid.A1","type":"text"}`, "no_sender:text"},
		"sender is an object":   {`{"from":{"a":1},"id":"wamid.A1","type":"text"}`, "no_sender:text"},
		"user ID too long":      {`{"from_user_id":"` + long + `","id":"wamid.A1","type":"text"}`, "id_too_long:text"},
		"group":                 {`{"from":"34600111222","id":"wamid.A1","group_id":"g","type":"text","text":{"body":"x"}}`, "group_message:"},
		"nobody's group":        {`{"id":"wamid.A1","group_id":"g","type":"text"}`, "group_message:"},
		"notice of nobody":      {`{"id":"wamid.A1","type":"system","system":{"type":"user_changed_user_id","user_id":"ES.2"}}`, "no_sender:system"},
	} {
		t.Run(name, func(t *testing.T) {
			good := from(`"type":"text","text":{"body":"hola"}`)
			events, ignored := parse(t, hook(lea, `"messages":[`+good+`,`+c.message+`,`+good+`]`))
			assert.Len(t, events, 2, "its neighbours arrive")
			assert.Equal(t, []string{c.want}, reasons(ignored))
		})
	}
}

func TestAccountMustBeNamed(t *testing.T) {
	message := `"messages":[` + from(`"type":"text","text":{"body":"x"}`) + `]`
	for _, metadata := range []string{
		`"metadata":null`, `"metadata":"5550001"`, `"metadata":{}`, `"metadata":{"phone_number_id":""}`,
		`"metadata":{"phone_number_id":{}}`, `"metadata":{"phone_number_id":"a/b"}`, `"metadata":{"phone_number_id":"a b"}`,
		`"metadata":{"phone_number_id":"` + strings.Repeat("5", 129) + `"}`, `"x":1`,
	} {
		events, ignored := parse(t, change("messages", `{`+metadata+`,`+message+`}`))
		assert.Empty(t, events, metadata)
		assert.Equal(t, []string{"no_account:messages"}, reasons(ignored), metadata)
	}
	events, _ := parse(t, change("messages", `{"metadata":{"phone_number_id":5550001},`+message+`}`))
	require.Len(t, events, 1)
	assert.Equal(t, "5550001", events[0].Arrival.Account)
}

// One body with something wrong at every level still gives all that is right, in its order.
func TestOddPartsSpoilOnlyThemselves(t *testing.T) {
	good := func(id string) string {
		return `{"metadata":{"phone_number_id":"1"},"messages":[{"from":"34600111222","id":"` + id + `","type":"text","text":{"body":"x"}}]}`
	}
	body := `{"object":"whatsapp_business_account","entry":[
		1,
		{"changes":[{"field":"messages","value":` + good("a") + `},"odd",{"field":"messages","value":5},{"field":"flows","value":{}},
			{"field":"messages","value":` + good("b") + `}]},
		{"changes":"odd"},
		{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1"},"contacts":["odd",` + `{"wa_id":"34600111222","profile":"odd"}` + `],
			"messages":["odd",{"from":"34600111222","id":"c","type":"image","image":7}],
			"statuses":["odd",{"id":"d","status":"sent"}],"errors":[{"code":1}]}}]}
	]}`
	events, ignored := parse(t, body)
	var ids []string
	for _, e := range events {
		if e.Arrival != nil {
			ids = append(ids, e.Arrival.ID)
		} else {
			ids = append(ids, "status "+e.Status.ProviderID)
		}
	}
	assert.Equal(t, []string{"a", "b", "c", "status d"}, ids)
	assert.ElementsMatch(t, []string{
		"unreadable:entry", "unreadable:change", "unreadable:change", "unknown_field:flows", "unreadable:change",
		"channel_error:1", "unreadable:contact", "unreadable_message:", "unreadable_status:",
	}, reasons(ignored))
}

func TestSameIDTwiceIsReturnedTwice(t *testing.T) {
	good := from(`"type":"text","text":{"body":"hola"}`)
	events, ignored := parse(t, hook(lea, `"messages":[`+good+`,`+good+`]`))
	assert.Empty(t, ignored)
	require.Len(t, events, 2)
	assert.Equal(t, events[0].Arrival, events[1].Arrival)
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
