package messenger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/messenger"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

var (
	arrived = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	written = time.Date(2026, 11, 20, 9, 29, 58, 250_000_000, time.UTC) // 1795166998250
	lea     = desk.Customer{Addresses: []desk.Address{{Kind: desk.AddressPSID, Value: "2400111222"}}}
)

// ours looks like an ID of a message we sent.
const ours = "0123456789abcdef0123456789abcdef"

// hook is a webhook of events of the page 777001.
func hook(events ...string) string {
	return entries(`{"id":"777001","time":1795166999000,"messaging":[` + strings.Join(events, ",") + `]}`)
}

func entries(list ...string) string {
	return `{"object":"page","entry":[` + strings.Join(list, ",") + `]}`
}

// by is an event that Lea caused, with the rest of its fields.
func by(rest string) string {
	return `{"sender":{"id":"2400111222"},"recipient":{"id":"777001"},"timestamp":1795166998250,` + rest + `}`
}

// writes is a message of Lea's with the rest of its fields.
func writes(rest string) string {
	return hook(by(`"message":{"mid":"m_A1",` + rest + `}`))
}

func parse(t *testing.T, body string) ([]channel.Event, []channel.Ignored) {
	t.Helper()
	events, ignored, err := messenger.Parse([]byte(body), arrived)
	require.NoError(t, err)
	return events, ignored
}

// only is the one event the body holds.
func only(t *testing.T, body string) channel.Event {
	t.Helper()
	events, ignored := parse(t, body)
	require.Empty(t, ignored)
	require.Len(t, events, 1)
	return events[0]
}

// arrival is the one message the body holds.
func arrival(t *testing.T, body string) desk.Arrival {
	t.Helper()
	e := only(t, body)
	require.NotNil(t, e.Arrival)
	require.Equal(t, channel.Event{Arrival: e.Arrival}, e)
	return *e.Arrival
}

func reasons(ignored []channel.Ignored) (out []string) {
	for _, i := range ignored {
		out = append(out, i.Reason+":"+i.What)
	}
	return out
}

func TestText(t *testing.T) {
	assert.Equal(t, desk.Arrival{
		Channel:  desk.Messenger,
		Account:  "777001",
		ID:       "m_A1",
		Customer: lea,
		At:       written,
		Kind:     desk.TextMessage,
		Text:     "hola 👋🏽\nqué tal",
		ReplyTo:  "m_B7",
	}, arrival(t, writes(`"text":"hola \ud83d\udc4b\ud83c\udffd\nqu\u00e9 tal","seq":51,"reply_to":{"mid":"m_B7","is_self_reply":false}`)))
}

func TestReplyTo(t *testing.T) {
	for rest, want := range map[string]string{
		`{"mid":"m_B7"}`: "m_B7",
		`{"mid":7}`:      "7",
		`{"story":{"url":"https://cdn.example/s","id":"1"}}`: "",
		`{"mid":"` + strings.Repeat("a", 512) + `"}`:         strings.Repeat("a", 512),
		`{"mid":"` + strings.Repeat("a", 513) + `"}`:         "",
		`"m_B7"`: "",
		`null`:   "",
	} {
		a := arrival(t, writes(`"text":"sí","reply_to":`+rest))
		assert.Equal(t, want, a.ReplyTo, "%.30s", rest)
		assert.Equal(t, "sí", a.Text)
	}
}

// Where the page and the customer are, whatever way round and form they come in.
func TestWhoAndWhere(t *testing.T) {
	const m = `"message":{"mid":"m_A1","text":"x"}`
	const e = `"message":{"mid":"m_A1","text":"x","is_echo":true}`
	for name, c := range map[string]struct {
		entry, event   string
		account, value string
	}{
		"as documented":                    {`"id":"777"`, `"sender":{"id":"24"},"recipient":{"id":"777"},` + m, "777", "24"},
		"numbers":                          {`"id":777`, `"sender":{"id":987654321432},"recipient":{"id":777},` + m, "777", "987654321432"},
		"recipient is another page":        {`"id":"777"`, `"sender":{"id":"24"},"recipient":{"id":"888"},` + m, "777", "24"},
		"recipient is no ID":               {`"id":"777"`, `"sender":{"id":"24"},"recipient":{"id":"<PAGE_ID>"},` + m, "777", "24"},
		"no recipient":                     {`"id":"777"`, `"sender":{"id":"24"},` + m, "777", "24"},
		"entry names none":                 {`"time":1`, `"sender":{"id":"24"},"recipient":{"id":"777"},` + m, "777", "24"},
		"entry names what cannot be":       {`"id":"7/7"`, `"sender":{"id":"24"},"recipient":{"id":"777"},` + m, "777", "24"},
		"entry's ID is odd":                {`"id":{}`, `"sender":{"id":"24"},"recipient":{"id":777},` + m, "777", "24"},
		"echo as documented":               {`"id":"777"`, `"sender":{"id":"777"},"recipient":{"id":"24"},` + e, "777", "24"},
		"echo the other way round":         {`"id":"777"`, `"sender":{"id":"24"},"recipient":{"id":"777"},` + e, "777", "24"},
		"echo of neither":                  {`"id":"777"`, `"sender":{"id":"888"},"recipient":{"id":"24"},` + e, "777", "24"},
		"echo without sender":              {`"id":"777"`, `"recipient":{"id":"24"},` + e, "777", "24"},
		"echo, entry names none":           {`"time":1`, `"sender":{"id":"777"},"recipient":{"id":"24"},` + e, "777", "24"},
		"handover from the page":           {`"id":"777"`, `"sender":{"id":"777"},"recipient":{"id":"24"},"pass_thread_control":{}`, "777", "24"},
		"handover":                         {`"id":"777"`, `"sender":{"id":"24"},"recipient":{"id":"777"},"pass_thread_control":{}`, "777", "24"},
		"customer with a user_ref besides": {`"id":"777"`, `"sender":{"id":"24","user_ref":"r"},"recipient":{"id":"777"},` + m, "777", "24"},
	} {
		t.Run(name, func(t *testing.T) {
			a := arrival(t, entries(`{`+c.entry+`,"messaging":[{`+c.event+`}]}`))
			assert.Equal(t, c.account, a.Account)
			assert.Equal(t, desk.Customer{Addresses: []desk.Address{{Kind: desk.AddressPSID, Value: c.value}}}, a.Customer)
		})
	}
}

func TestWhen(t *testing.T) {
	for name, c := range map[string]struct {
		entry, event string
		want         time.Time
	}{
		"milliseconds":            {`"time":1795166999000`, `"timestamp":1795166998250,`, written},
		"seconds":                 {`"time":1795166999000`, `"timestamp":1795166998,`, written.Truncate(time.Second)},
		"a text":                  {`"time":1795166999000`, `"timestamp":"1795166998250",`, written},
		"the entry's":             {`"time":1795166998250`, ``, written},
		"the entry's in seconds":  {`"time":1795166998`, ``, written.Truncate(time.Second)},
		"the entry's, event odd":  {`"time":1795166998250`, `"timestamp":"yesterday",`, written},
		"neither":                 {`"x":1`, ``, arrived},
		"long before Messenger":   {`"time":12341`, `"timestamp":1,`, arrived},
		"ahead":                   {`"time":1795166998250`, `"timestamp":1795167061000,`, arrived},
		"ahead as clocks may be":  {`"time":1795166998250`, `"timestamp":1795167060000,`, arrived.Add(time.Minute)},
		"a number with a decimal": {`"time":1795166998250`, `"timestamp":1.5,`, written},
	} {
		t.Run(name, func(t *testing.T) {
			a := arrival(t, entries(`{"id":"777",`+c.entry+`,"messaging":[{"sender":{"id":"24"},`+c.event+`"message":{"mid":"m","text":"x"}}]}`))
			assert.Equal(t, c.want, a.At)
		})
	}
}

// What comes together is told apart, in its order, and a repeat is told twice.
func TestSeveralEvents(t *testing.T) {
	first := by(`"message":{"mid":"m_1","text":"uno"}`)
	events, ignored := parse(t, entries(
		`{"id":"777001","messaging":[`+first+`,5,`+by(`"message":{"mid":"m_2","text":"dos"}`)+`]}`,
		`"odd"`,
		`{"id":"777001","messaging":[`+first+`]}`,
		`{"id":"777001"}`,
	))
	var ids []string
	for _, e := range events {
		ids = append(ids, e.Arrival.ID)
	}
	assert.Equal(t, []string{"m_1", "m_2", "m_1"}, ids)
	assert.Equal(t, []string{"unreadable:entry", "unreadable:event", "empty:entry"}, reasons(ignored))
}

func TestIgnored(t *testing.T) {
	long := strings.Repeat("a", 513)
	for name, c := range map[string]struct {
		body string
		want string
	}{
		"another object": {`{"object":"instagram","entry":[{"id":"1"}]}`, "unknown_object:instagram"},
		"no object":      {`{"entry":[{"id":"1"}]}`, "unknown_object:"},
		"nothing":        {`{}`, "unknown_object:"},
		"no entries":     {`{"object":"page"}`, "empty:envelope"},
		"empty entries":  {`{"object":"page","entry":[]}`, "empty:envelope"},
		"odd entry":      {entries(`7`), "unreadable:entry"},
		"empty entry":    {entries(`{"id":"777"}`), "empty:entry"},
		"messaging no list": {entries(`{"id":"777","messaging":{"message":{}}}`),
			"unreadable:messaging"},
		"odd event":      {hook(`"x"`), "unreadable:event"},
		"null event":     {hook(`null`), "empty:event"},
		"empty event":    {hook(`{}`), "empty:event"},
		"nobody's event": {hook(`{"sender":{"id":"24"},"recipient":{"id":"777001"},"timestamp":1}`), "empty:event"},

		"sample as a whole":     {`{"field":"messaging_postbacks","value":{"sender":{"id":"12334"},"postback":{"payload":"x"}}}`, "sample:messaging_postbacks"},
		"sample of the button":  {entries(`{"id":"0","changes":[{"field":"messages","value":{"message":{"mid":"x"}}}]}`), "sample:messages"},
		"sample of a read":      {entries(`{"id":"0","changes":[{"field":"message_reads","value":{}}]}`), "sample:message_reads"},
		"the page's feed":       {entries(`{"id":"0","changes":[{"field":"feed","value":{}}]}`), "unknown_field:feed"},
		"a field of another":    {entries(`{"id":"0","changes":[{"field":"a b","value":{}}]}`), "unknown_field:"},
		"odd change":            {entries(`{"id":"0","changes":[7]}`), "unreadable:change"},
		"field without a value": {`{"field":"messages"}`, "unknown_object:"},

		"standby":          {entries(`{"id":"777","standby":[` + by(`"message":{"mid":"m","text":"x"}`) + `]}`), "standby:"},
		"standby echo":     {entries(`{"id":"777","standby":[` + by(`"message":{"mid":"m","is_echo":true,"metadata":"`+ours+`"}`) + `]}`), "standby:"},
		"odd standby":      {entries(`{"id":"777","standby":[7]}`), "standby:"},
		"optin":            {hook(by(`"optin":{"ref":"x"}`)), "optin:optin"},
		"optin of nobody":  {hook(`{"recipient":{"id":"777001"},"optin":{"user_ref":"r"}}`), "optin:optin"},
		"account linking":  {hook(by(`"account_linking":{"status":"linked"}`)), "account_linking:account_linking"},
		"app roles":        {hook(`{"recipient":{"id":"777001"},"app_roles":{"1":["primary_receiver"]}}`), "app_roles:app_roles"},
		"asked for":        {hook(by(`"request_thread_control":{"requested_owner_app_id":1}`)), "request_thread_control:request_thread_control"},
		"policy":           {hook(`{"recipient":{"id":"777001"},"policy-enforcement":{"action":"block"}}`), "policy_enforcement:policy-enforcement"},
		"policy otherwise": {hook(`{"policy_enforcement":{}}`), "policy_enforcement:policy_enforcement"},
		"game":             {hook(by(`"game_play":{"game_id":"1"}`)), "game_play:game_play"},
		"payment":          {hook(by(`"payment":{"payload":"x"}`)), "payment:payment"},
		"checkout":         {hook(by(`"checkout_update":{}`)), "payment:checkout_update"},
		"feedback":         {hook(by(`"messaging_feedback":{"feedback_screens":[]}`)), "feedback:messaging_feedback"},
		"liked or not":     {hook(by(`"response_feedback":{"feedback":"good"}`)), "feedback:response_feedback"},
		"customer data":    {hook(by(`"messaging_customer_information":{}`)), "customer_information:messaging_customer_information"},
		"unknown":          {hook(by(`"telepathy":{}`)), "unknown_event:telepathy"},
		"unknown, two":     {hook(by(`"telepathy":{},"aura":1`)), "unknown_event:aura/telepathy"},
		"unknown words":    {hook(by(`"Ana Pérez":{},"aura":1`)), "unknown_event:aura"},
		"unknown, long":    {hook(by(`"` + strings.Repeat("b", 65) + `":1,"` + strings.Repeat("a", 60) + `":1,"zz":1`)), "unknown_event:" + strings.Repeat("a", 60) + "/zz"},

		"message is a text":     {hook(by(`"message":"x"`)), "unreadable:message"},
		"message is null":       {hook(by(`"message":null`)), "unreadable:message"},
		"postback is a list":    {hook(by(`"postback":[]`)), "unreadable:postback"},
		"read is a number":      {hook(by(`"read":5`)), "unreadable:read"},
		"handover is a text":    {hook(by(`"pass_thread_control":"x"`)), "unreadable:pass_thread_control"},
		"no page":               {entries(`{"messaging":[{"sender":{"id":"24"},"message":{"mid":"m"}}]}`), "no_account:message"},
		"page no ID":            {entries(`{"id":"a/b","messaging":[{"sender":{"id":"24"},"recipient":{"id":"<PAGE>"},"message":{"mid":"m"}}]}`), "no_account:message"},
		"page too long":         {entries(`{"id":"` + strings.Repeat("7", 129) + `","messaging":[{"sender":{"id":"24"},"message":{"mid":"m"}}]}`), "no_account:message"},
		"only a user_ref":       {hook(`{"sender":{"user_ref":"r"},"recipient":{"id":"777001"},"message":{"mid":"m","text":"x"}}`), "no_sender:message"},
		"no sender":             {hook(`{"recipient":{"id":"777001"},"message":{"mid":"m","text":"x"}}`), "no_sender:message"},
		"sender is odd":         {hook(`{"sender":"24","message":{"mid":"m","text":"x"}}`), "no_sender:message"},
		"sender's ID is odd":    {hook(`{"sender":{"id":{}},"message":{"mid":"m","text":"x"}}`), "no_sender:message"},
		"sender too long":       {hook(`{"sender":{"id":"` + long + `"},"message":{"mid":"m","text":"x"}}`), "id_too_long:message"},
		"page writes itself":    {hook(`{"sender":{"id":"777001"},"recipient":{"id":"24"},"message":{"mid":"m","text":"x"}}`), "own_event:message"},
		"page reads":            {hook(`{"sender":{"id":"777001"},"recipient":{"id":"24"},"read":{"watermark":1795166998250}}`), "own_event:read"},
		"page reacts":           {hook(`{"sender":{"id":777001},"recipient":{"id":"24"},"reaction":{"mid":"m","emoji":"x"}}`), "own_event:reaction"},
		"page edits for itself": {hook(`{"sender":{"id":"777001"},"recipient":{"id":"777001"},"message_edit":{"mid":"m"}}`), "own_event:message_edit"},
		"page edits for nobody": {hook(`{"sender":{"id":"777001"},"message_edit":{"mid":"m"}}`), "no_sender:message_edit"},
		"echo to itself":        {hook(`{"sender":{"id":"777001"},"recipient":{"id":"777001"},"message":{"mid":"m","is_echo":true}}`), "own_event:message"},
		"echo to nobody":        {hook(`{"sender":{"id":"777001"},"message":{"mid":"m","is_echo":true}}`), "no_sender:message"},
		"no mid":                {hook(by(`"message":{"text":"x"}`)), "no_id:message"},
		"empty mid":             {hook(by(`"message":{"mid":"","text":"x"}`)), "no_id:message"},
		"mid too long":          {hook(by(`"message":{"mid":"` + long + `","text":"x"}`)), "id_too_long:message"},
		"deleted, no mid":       {hook(by(`"message":{"is_deleted":true}`)), "no_id:message"},
		"echo, no mid":          {hook(by(`"message":{"is_echo":true,"metadata":"` + ours + `"}`)), "no_id:message"},
		"postback, long mid":    {hook(by(`"postback":{"mid":"` + long + `"}`)), "id_too_long:postback"},
		"edit, no mid":          {hook(by(`"message_edit":{"text":"x"}`)), "no_id:message_edit"},
		"edit, long mid":        {hook(by(`"message_edit":{"mid":"` + long + `"}`)), "id_too_long:message_edit"},
		"reaction, no mid":      {hook(by(`"reaction":{"emoji":"x"}`)), "no_id:reaction"},
		"reaction, long mid":    {hook(by(`"reaction":{"mid":"` + long + `"}`)), "id_too_long:reaction"},
		"delivery of nothing":   {hook(by(`"delivery":{}`)), "no_watermark:delivery"},
		"delivery, no time":     {hook(by(`"delivery":{"watermark":"x","mids":[]}`)), "no_watermark:delivery"},
		"delivery, empty mid":   {hook(by(`"delivery":{"mids":[""]}`)), "no_id:delivery"},
		"delivery, long mid":    {hook(by(`"delivery":{"mids":["` + long + `"]}`)), "id_too_long:delivery"},
		"read of nothing":       {hook(by(`"read":{}`)), "no_watermark:read"},
		"read, no time":         {hook(by(`"read":{"watermark":0}`)), "no_watermark:read"},
	} {
		t.Run(name, func(t *testing.T) {
			events, ignored := parse(t, c.body)
			assert.Empty(t, events)
			assert.Equal(t, []string{c.want}, reasons(ignored))
		})
	}
}

func TestBadBodies(t *testing.T) {
	for body, code := range map[string]string{
		"":                                     "malformed_json",
		"{":                                    "malformed_json",
		`{"object":"page"} x`:                  "malformed_json",
		"<html>":                               "malformed_json",
		"[]":                                   "wrong_shape",
		"7":                                    "wrong_shape",
		"null":                                 "wrong_shape",
		`"page"`:                               "wrong_shape",
		`{"object":"page","entry":{"id":"1"}}`: "wrong_shape",
	} {
		events, ignored, err := messenger.Parse([]byte(body), arrived)
		assert.True(t, fault.Is(err, fault.Invalid), body)
		assert.True(t, fault.HasCode(err, code), body)
		assert.Empty(t, events)
		assert.Empty(t, ignored)
	}
}
