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
		"echo of nothing":       {change("smb_message_echoes", `{}`), "empty:change"},
		"echoes of nothing":     {change("message_echoes", `{"message_echoes":[]}`), "empty:change"},
		"messages as echoes":    {change("message_echoes", `{"messages":[{"id":"x"}]}`), "empty:change"},
		"echoes as messages":    {change("messages", `{"message_echoes":[{"id":"x"}]}`), "empty:change"},
		"echoes of nobody":      {change("smb_message_echoes", `{"message_echoes":[{"id":"x"}]}`), "no_account:smb_message_echoes"},
		"history":               {change("history", `{}`), "history:history"},
		"app state":             {change("smb_app_state_sync", `{}`), "history:smb_app_state_sync"},
		"no user ID update":     {change("user_id_update", `{}`), "empty:change"},
		"user ID update, odd":   {change("user_id_update", `7`), "unreadable:change"},
		"no preferences":        {change("user_preferences", `{}`), "empty:change"},
		"preferences of nobody": {change("user_preferences", `{"user_preferences":[{}]}`), "no_account:user_preferences"},
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
		"error of another":      {change("user_preferences", `{"errors":[{"code":131000}]}`), "channel_error:131000"},
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
