package graph_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
)

const wamid = `^wamid\.[A-Za-z0-9+/]+=*$`

func TestTextIsAccepted(t *testing.T) {
	f := newFixture(t, manual)
	body := `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+34 (600) 000-001",` +
		`"type":"text","text":{"body":"¿Qué tal? 👍","preview_url":false},` +
		`"context":{"message_id":"wamid.before"},"biz_opaque_callback_data":"m-1"}`
	response, out := f.send(body)
	require.Equal(t, http.StatusOK, response.StatusCode)
	id := messageID(t, out)
	assert.Regexp(t, wamid, id)
	assert.Equal(t, map[string]any{
		"messaging_product": "whatsapp",
		"contacts":          []any{map[string]any{"input": "+34 (600) 000-001", "wa_id": "34600000001"}},
		"messages":          []any{map[string]any{"id": id}},
	}, out)
	assert.Equal(t, []graph.Message{{
		ID: id, To: "34600000001", Type: "text", Text: "¿Qué tal? 👍", ReplyTo: "wamid.before", CallbackData: "m-1",
		Status: "accepted", At: start, Body: json.RawMessage(body),
	}}, f.server.Sent(phoneID))
	assert.Equal(t, graph.Requests{Calls: 1, Accepted: 1}, f.server.Requests())
}

func TestUserIDInsteadOfPhone(t *testing.T) {
	f := newFixture(t, manual)
	_, out := f.send(`{"messaging_product":"whatsapp","recipient":"ES.13491208655302741918","text":{"body":"hola"}}`)
	assert.Equal(t, []any{map[string]any{"input": "ES.13491208655302741918", "user_id": "ES.13491208655302741918"}}, out["contacts"])

	_, out = f.send(`{"messaging_product":"whatsapp","to":"34600000001","recipient":"ES.13491208655302741918","text":{"body":"hola"}}`)
	assert.Equal(t, []any{map[string]any{"input": "34600000001", "wa_id": "34600000001"}}, out["contacts"], "the phone wins")

	sent := f.server.Sent(phoneID)
	require.Len(t, sent, 2)
	assert.Equal(t, "ES.13491208655302741918", sent[0].To)
	assert.Equal(t, "34600000001", sent[1].To)
	assert.Equal(t, "text", sent[0].Type, "the type may be left out for a text")
}

func TestKindsOfMessages(t *testing.T) {
	for name, test := range map[string]struct{ part, kind, text string }{
		"image by ID":      {`"type":"image","image":{"id":"77","caption":"the bill"}`, "image", "the bill"},
		"image by link":    {`"type":"image","image":{"link":"https://files.example.test/a.png"}`, "image", ""},
		"document":         {`"type":"document","document":{"id":"77","filename":"bill.pdf","caption":"bill"}`, "document", "bill"},
		"audio":            {`"type":"audio","audio":{"id":"77"}`, "audio", ""},
		"sticker":          {`"type":"sticker","sticker":{"id":"77"}`, "sticker", ""},
		"video":            {`"type":"video","video":{"id":"77"}`, "video", ""},
		"location":         {`"type":"location","location":{"latitude":41.4,"longitude":2.2,"name":"Shop"}`, "location", "Shop"},
		"contacts":         {`"type":"contacts","contacts":[{"name":{"formatted_name":"Ana"}}]`, "contacts", "Ana"},
		"reaction":         {`"type":"reaction","reaction":{"message_id":"wamid.x","emoji":"👍"}`, "reaction", "👍"},
		"reaction removed": {`"type":"reaction","reaction":{"message_id":"wamid.x","emoji":""}`, "reaction", ""},
		"template":         {`"type":"template","template":{"name":"hello","language":{"code":"es"}}`, "template", "hello"},
		"buttons": {`"type":"interactive","interactive":{"type":"button","body":{"text":"Sure?"},"action":{"buttons":[{},{},{}]}}`,
			"interactive", "Sure?"},
		"list": {`"type":"interactive","interactive":{"type":"list","body":{"text":"Pick"},"action":{"button":"Open","sections":[{}]}}`,
			"interactive", "Pick"},
		"unknown parameter":     {`"type":"text","text":{"body":"hola","colour":"red"},"future":1`, "text", "hola"},
		"longest text":          {`"type":"text","text":{"body":"` + strings.Repeat("😀", 4096) + `"}`, "text", strings.Repeat("😀", 4096)},
		"longest callback data": {`"text":{"body":"hola"},"biz_opaque_callback_data":"` + strings.Repeat("é", 512) + `"`, "text", "hola"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, manual)
			response, out := f.send(`{"messaging_product":"whatsapp","to":"34600000001",` + test.part + `}`)
			require.Equal(t, http.StatusOK, response.StatusCode, "%v", out)
			sent := f.server.Sent(phoneID)
			require.Len(t, sent, 1)
			assert.Equal(t, test.kind, sent[0].Type)
			assert.Equal(t, test.text, sent[0].Text)
			taken := out["messages"].([]any)[0].(map[string]any)
			if test.kind == "template" {
				assert.Equal(t, "accepted", taken["message_status"])
			} else {
				assert.NotContains(t, taken, "message_status")
			}
		})
	}
}

// toLea begins a request to Lea.
const toLea = `{"messaging_product":"whatsapp","to":"34600000001",`

// badMessages are requests nobody can accept, with the reason given.
var badMessages = map[string]struct{ body, details string }{
	"not JSON":               {`{"messaging_product":`, "Malformed JSON"},
	"empty body":             {``, "Malformed JSON"},
	"an array":               {`[]`, "Malformed JSON"},
	"null":                   {`null`, "'messaging_product' is mandatory"},
	"no product":             {`{"to":"34600000001","text":{"body":"hola"}}`, "'messaging_product' is mandatory"},
	"other product":          {`{"messaging_product":"messenger","to":"34600000001","text":{"body":"hola"}}`, "must be 'whatsapp'"},
	"product not a string":   {`{"messaging_product":1}`, "'messaging_product' must not be a JSON number"},
	"nobody":                 {`{"messaging_product":"whatsapp","text":{"body":"hola"}}`, "'to' and 'recipient'"},
	"empty to":               {`{"messaging_product":"whatsapp","to":"","text":{"body":"hola"}}`, "'to' and 'recipient'"},
	"to is a word":           {`{"messaging_product":"whatsapp","to":"lea","text":{"body":"hola"}}`, "'to' is not a valid phone number"},
	"to too short":           {`{"messaging_product":"whatsapp","to":"+346","text":{"body":"hola"}}`, "'to' is not a valid phone number"},
	"to too long":            {`{"messaging_product":"whatsapp","to":"1234567890123456","text":{"body":"hola"}}`, "'to' is not a valid"},
	"to is a number":         {`{"messaging_product":"whatsapp","to":34600000001,"text":{"body":"hola"}}`, "'to' must not be a JSON number"},
	"recipient is a phone":   {`{"messaging_product":"whatsapp","recipient":"34600000001","text":{"body":"hola"}}`, "'recipient' is not a valid"},
	"group":                  {toLea + `"recipient_type":"group","text":{"body":"hola"}}`, "'recipient_type'"},
	"unknown type":           {toLea + `"type":"telegram","telegram":{}}`, "unknown value 'telegram'"},
	"empty type":             {toLea + `"type":"","text":{"body":"hola"}}`, "'type' has the unknown value"},
	"no text":                {toLea + `"type":"text"}`, "'text' is mandatory"},
	"text null":              {toLea + `"type":"text","text":null}`, "'text' is mandatory"},
	"part of another type":   {toLea + `"type":"image","text":{"body":"hola"}}`, "'image' is mandatory"},
	"no body":                {toLea + `"type":"text","text":{}}`, "'text.body' is mandatory"},
	"empty body text":        {toLea + `"type":"text","text":{"body":""}}`, "'text.body' is mandatory"},
	"text too long":          {toLea + `"text":{"body":"` + strings.Repeat("é", 4097) + `"}}`, "at most 4096"},
	"text is a string":       {toLea + `"text":"hola"}`, "'text' is malformed"},
	"body is a number":       {toLea + `"text":{"body":7}}`, "'body' must not be a JSON number"},
	"callback data too long": {toLea + `"text":{"body":"hola"},"biz_opaque_callback_data":"` + strings.Repeat("x", 513) + `"}`, "at most 512"},
	"empty context":          {toLea + `"text":{"body":"hola"},"context":{}}`, "'context.message_id'"},
	"image without file":     {toLea + `"type":"image","image":{}}`, "Exactly one"},
	"image with both":        {toLea + `"type":"image","image":{"id":"1","link":"https://x.test"}}`, "Exactly one"},
	"caption on audio":       {toLea + `"type":"audio","audio":{"id":"1","caption":"hm"}}`, "'audio.caption' is not allowed"},
	"filename on image":      {toLea + `"type":"image","image":{"id":"1","filename":"a.png"}}`, "'image.filename' is not allowed"},
	"media not an object":    {toLea + `"type":"video","video":[]}`, "'video' is malformed"},
	"location without place": {toLea + `"type":"location","location":{"latitude":1}}`, "mandatory"},
	"location off the globe": {toLea + `"type":"location","location":{"latitude":91,"longitude":0}}`, "out of range"},
	"location as text":       {toLea + `"type":"location","location":{"latitude":"1","longitude":0}}`, "'location' is malformed"},
	"no contacts":            {toLea + `"type":"contacts","contacts":[]}`, "must not be empty"},
	"nameless contact":       {toLea + `"type":"contacts","contacts":[{"name":{"formatted_name":"Ana"}},{}]}`, "'contacts[1].name.formatted_name'"},
	"contacts an object":     {toLea + `"type":"contacts","contacts":{}}`, "'contacts' is malformed"},
	"reaction to nothing":    {toLea + `"type":"reaction","reaction":{"emoji":"👍"}}`, "'reaction.message_id'"},
	"reaction without emoji": {toLea + `"type":"reaction","reaction":{"message_id":"wamid.x"}}`, "'reaction.emoji'"},
	"reaction a string":      {toLea + `"type":"reaction","reaction":"👍"}`, "'reaction' is malformed"},
	"nameless template":      {toLea + `"type":"template","template":{"language":{"code":"es"}}}`, "'template.name'"},
	"template, no language":  {toLea + `"type":"template","template":{"name":"hello"}}`, "'template.language.code'"},
	"template a string":      {toLea + `"type":"template","template":"hello"}`, "'template' is malformed"},
	"interactive, unknown":   {toLea + `"type":"interactive","interactive":{"type":"quiz"}}`, "unknown value 'quiz'"},
	"interactive, no text":   {toLea + `"type":"interactive","interactive":{"type":"list","action":{"sections":[{}]}}}`, "'interactive.body.text'"},
	"interactive, no action": {toLea + `"type":"interactive","interactive":{"type":"flow","body":{"text":"x"}}}`, "'interactive.action'"},
	"no buttons":             {toLea + `"type":"interactive","interactive":{"type":"button","body":{"text":"x"},"action":{}}}`, "1 to 3"},
	"four buttons":           {toLea + `"type":"interactive","interactive":{"type":"button","body":{"text":"x"},"action":{"buttons":[1,2,3,4]}}}`, "1 to 3"},
	"empty list":             {toLea + `"type":"interactive","interactive":{"type":"list","body":{"text":"x"},"action":{}}}`, "sections"},
	"interactive an array":   {toLea + `"type":"interactive","interactive":[]}`, "'interactive' is malformed"},
	"other status":           {`{"messaging_product":"whatsapp","status":"delivered","message_id":"wamid.x"}`, "'status' must be 'read'"},
	"read, but what":         {`{"messaging_product":"whatsapp","status":"read"}`, "'message_id' is mandatory"},
	"odd typing indicator":   {`{"messaging_product":"whatsapp","status":"read","message_id":"wamid.x","typing_indicator":{"type":"audio"}}`, "'typing_indicator.type'"},
}

func TestBadMessagesAreRefused(t *testing.T) {
	f := newFixture(t)
	for name, test := range badMessages {
		t.Run(name, func(t *testing.T) {
			response, out := f.send(test.body)
			assert.Equal(t, http.StatusBadRequest, response.StatusCode)
			e := problem(t, out)
			assert.InDelta(t, 100, e["code"], 0)
			assert.Equal(t, "OAuthException", e["type"])
			assert.Contains(t, e["message"], "(#100) ")
			assert.Regexp(t, `^A[A-Za-z0-9_-]{22}$`, e["fbtrace_id"])
			data := e["error_data"].(map[string]any)
			assert.Equal(t, "whatsapp", data["messaging_product"])
			assert.Contains(t, data["details"], test.details)
		})
	}
	f.settle()
	assert.Empty(t, f.server.Sent(phoneID))
	assert.Empty(t, f.number.Marks())
	assert.Empty(t, f.inbox.all())
	requests := f.server.Requests()
	assert.Equal(t, requests.Calls, requests.Refused)
}

func TestCallersAndPathsThatAreRefused(t *testing.T) {
	const hello = `{"messaging_product":"whatsapp","to":"34600000001","text":{"body":"hola"}}`
	const path = "/v25.0/" + phoneID + "/messages"
	f := newFixture(t)
	_, err := f.server.AddNumber(graph.NumberOptions{ID: "2", Token: "token-two"})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		method, path, authorization string
		status, code, subcode       int
		kind                        string
	}{
		"no token":            {"POST", path, "", 401, 190, 0, "OAuthException"},
		"wrong token":         {"POST", path, "Bearer nope", 401, 190, 0, "OAuthException"},
		"empty token":         {"POST", path, "Bearer ", 401, 190, 0, "OAuthException"},
		"other scheme":        {"POST", path, "Basic " + token, 401, 190, 0, "OAuthException"},
		"token of another":    {"POST", path, "Bearer token-two", 400, 100, 33, "GraphMethodException"},
		"unknown number":      {"POST", "/v25.0/404/messages", "Bearer " + token, 400, 100, 33, "GraphMethodException"},
		"unknown, no token":   {"POST", "/v25.0/404/messages", "", 401, 190, 0, "OAuthException"},
		"no version":          {"POST", "/latest/" + phoneID + "/messages", "Bearer " + token, 400, 2500, 0, "OAuthException"},
		"other edge":          {"POST", "/v25.0/" + phoneID + "/mesages", "Bearer " + token, 400, 2500, 0, "OAuthException"},
		"other method":        {"GET", path, "Bearer " + token, 400, 2500, 0, "OAuthException"},
		"nothing of the kind": {"POST", "/", "Bearer " + token, 400, 2500, 0, "OAuthException"},
	} {
		t.Run(name, func(t *testing.T) {
			response, out := f.do(test.method, test.path, hello, "Authorization", test.authorization)
			assert.Equal(t, test.status, response.StatusCode)
			e := problem(t, out)
			assert.InDelta(t, test.code, e["code"], 0)
			assert.Equal(t, test.kind, e["type"])
			assert.NotEmpty(t, e["message"])
			assert.NotEmpty(t, e["fbtrace_id"])
			if test.subcode != 0 {
				assert.InDelta(t, test.subcode, e["error_subcode"], 0)
			} else {
				assert.NotContains(t, e, "error_subcode")
			}
			assert.Contains(t, response.Header.Get("WWW-Authenticate"), `OAuth "Facebook Platform"`)
		})
	}
	assert.Empty(t, f.server.Sent(phoneID))
}

func TestTokenAsParameter(t *testing.T) {
	f := newFixture(t, manual)
	response, _ := f.do(http.MethodPost, "/v25.0/"+phoneID+"/messages?access_token="+token,
		`{"messaging_product":"whatsapp","to":"34600000001","text":{"body":"hola"}}`, "Authorization", "")
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

func TestBodyThatIsNotDeclaredAsJSON(t *testing.T) {
	f := newFixture(t)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		response, out := f.do(http.MethodPost, "/v25.0/"+phoneID+"/messages",
			`{"messaging_product":"whatsapp","to":"34600000001","text":{"body":"hola"}}`, "Content-Type", kind)
		assert.Equal(t, http.StatusBadRequest, response.StatusCode)
		assert.Equal(t, "(#100) The parameter messaging_product is required.", problem(t, out)["message"])
	}
}

func TestBodyTooLargeToRead(t *testing.T) {
	f := newFixture(t)
	response, out := f.send(`{"text":"` + strings.Repeat("x", 1<<20) + `"}`)
	assert.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
	assert.InDelta(t, 100, problem(t, out)["code"], 0)
}

func TestReadReceiptAndTyping(t *testing.T) {
	f := newFixture(t)
	for _, body := range []string{
		`{"messaging_product":"whatsapp","status":"read","message_id":"wamid.one"}`,
		`{"messaging_product":"whatsapp","status":"read","message_id":"wamid.two","typing_indicator":{"type":"text"}}`,
	} {
		response, out := f.send(body)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, map[string]any{"success": true}, out)
	}
	assert.Equal(t, []graph.Mark{
		{ID: "wamid.one", At: start},
		{ID: "wamid.two", Typing: true, At: start},
	}, f.number.Marks())
	f.settle()
	assert.Empty(t, f.server.Sent(phoneID), "no message")
	assert.Empty(t, f.inbox.all(), "and no callbacks")
	assert.Equal(t, graph.Requests{Calls: 2, Marked: 2}, f.server.Requests())
}

func TestSameRequestTwiceIsTwoMessages(t *testing.T) {
	f := newFixture(t, manual)
	first, second := f.text("hola"), f.text("hola")
	assert.NotEqual(t, first, second, "Meta knows no idempotency key")
	assert.Len(t, f.server.Sent(phoneID), 2)
}

func TestNumbersAtRunTime(t *testing.T) {
	f := newFixture(t, manual)
	second, err := f.server.AddNumber(graph.NumberOptions{ID: "2", Display: "34911111111", WABA: "9", Token: "token-two", Statuses: graph.StatusesManual})
	require.NoError(t, err)
	response, _ := f.do(http.MethodPost, "/v25.0/2/messages",
		`{"messaging_product":"whatsapp","to":"34600000001","text":{"body":"hola"}}`, "Authorization", "Bearer token-two")
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Len(t, second.Sent(), 1)
	assert.Empty(t, f.number.Sent())
	assert.Equal(t, []*graph.Number{f.number, second}, f.server.Numbers())
	assert.Equal(t, "34911111111", second.Options().Display)

	for _, bad := range []graph.NumberOptions{
		{}, {ID: "3"}, {Token: "x"}, {ID: "a/b", Token: "x"}, {ID: phoneID, Token: "x"}, {ID: "3", Token: "x", Statuses: "some"},
	} {
		_, err := f.server.AddNumber(bad)
		require.Error(t, err, "%+v", bad)
		_, err = graph.New(graph.Options{Numbers: []graph.NumberOptions{{ID: phoneID, Token: token}, bad}})
		require.Error(t, err, "%+v", bad)
	}
	_, err = f.server.Number("3")
	require.ErrorIs(t, err, graph.ErrUnknownNumber)
	assert.Empty(t, f.server.Sent("3"))
}
