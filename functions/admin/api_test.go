package admin

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/api"
)

// answer is what a caller of the API got.
type answer struct {
	*httptest.ResponseRecorder
	t *testing.T
}

// calls sends a request as the administrator; headers come as name and value in turn.
func (r *rig) calls(method, path, body string, headers ...string) answer {
	r.t.Helper()
	token, err := issuer().Token(root, audience, time.Hour)
	require.NoError(r.t, err)
	req := httptest.NewRequestWithContext(context.Background(), method, "/v1/admin/"+path, bytes.NewBufferString(body))
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for n := 0; n < len(headers); n += 2 {
		req.Header.Set(headers[n], headers[n+1])
	}
	out := answer{httptest.NewRecorder(), r.t}
	r.function.ServeHTTP(out, req)
	return out
}

func (r *rig) gets(path string) answer { r.t.Helper(); return r.calls(http.MethodGet, path, "") }

func (r *rig) creates(path, body string) answer {
	r.t.Helper()
	return r.calls(http.MethodPut, path, body, "If-None-Match", "*")
}

func (r *rig) changes(path, tag, body string) answer {
	r.t.Helper()
	return r.calls(http.MethodPut, path, body, "If-Match", tag)
}

func (r *rig) deletes(path, tag string) answer {
	r.t.Helper()
	return r.calls(http.MethodDelete, path, "", "If-Match", tag)
}

// is requires the success, and gives the ETag.
func (a answer) is(want string) string {
	a.t.Helper()
	require.Equal(a.t, http.StatusOK, a.Code, a.Body.String())
	if want != "" {
		assert.JSONEq(a.t, want, a.Body.String())
	}
	return a.Header().Get("ETag")
}

// refused requires the problem, and gives it.
func (a answer) refused(status int, code string) api.Problem {
	a.t.Helper()
	require.Equal(a.t, status, a.Code, a.Body.String())
	p := problemOf(a.t, a.ResponseRecorder)
	assert.Equal(a.t, code, p.Code, p.Detail)
	return p
}

func (a answer) into(v any) {
	a.t.Helper()
	require.Equal(a.t, http.StatusOK, a.Code, a.Body.String())
	require.NoError(a.t, json.Unmarshal(a.Body.Bytes(), v))
}

// whole is one record of each kind: its address, what creates it, and how it is shown when they are created in turn: its
// version goes on from the centre's.
var whole = []struct{ path, body, shown string }{
	{"clients/acme", `{"name":"Acme"}`, `{"id":"acme","version":1,"name":"Acme","historyConversations":50}`},
	{"projects/shop", `{"name":"Shop","client":"acme"}`, `{"id":"shop","version":2,"name":"Shop","client":"acme"}`},
	{"teams/support", `{"name":"Support"}`, `{"id":"support","version":3,"name":"Support"}`},
	{"queues/sales",
		`{"name":"Sales","project":"shop","team":"support","variables":[{"id":"order","name":"Order number","access":"editable"}]}`,
		`{"id":"sales","version":4,"name":"Sales","project":"shop","team":"support","offerTimeout":"20s","historyHours":0,` +
			`"attachments":false,"autoAccept":false,"variables":[{"id":"order","name":"Order number","access":"editable"}],"assets":[],"unansweredTransfer":"drop","afterword":"10m",` +
			`"priority":0,"priorityBoost":"1m","strategy":"longest_available","whenClosed":"wait"}`},
	{"queues/sales/reasons/sale", `{"name":"Sale \ud83d\ude00","subReasons":[{"id":"new","name":"New"}]}`,
		`{"id":"sale","version":5,"name":"Sale 😀","order":1,"subReasons":[{"id":"new","name":"New"}]}`},
	{"assets/whatsapp:1",
		`{"name":"Number","display":"+34 600","queue":"sales","token":"whatsapp-acme","rules":[{"on":"locale","value":"es","queue":"sales"}]}`,
		`{"id":"whatsapp:1","version":6,"channel":"whatsapp","account":"1","name":"Number","display":"+34 600","queue":"sales",` +
			`"token":"whatsapp-acme","tokenSet":false,"statusUpdates":false,"rules":[{"on":"locale","value":"es","queue":"sales"}]}`},
	{"assets/messenger:22", `{"name":"Page","display":"Acme","queue":"sales","token":"page","statusUpdates":true}`,
		`{"id":"messenger:22","version":7,"channel":"messenger","account":"22","name":"Page","display":"Acme","queue":"sales",` +
			`"token":"page","tokenSet":true,"statusUpdates":true,"rules":[]}`},
	{"agents/ana", `{"name":"Ana","email":"Ana@acme.example","roles":["agent"],"teams":["support"]}`,
		`{"id":"ana","version":8,"name":"Ana","email":"ana@acme.example","roles":["agent"],"teams":["support"],"capacity":3}`},
	{"queues/sales/templates/parcel", `{"name":"Parcel","channel":"whatsapp","channelName":"parcel_ready","language":"es","body":"Hola {{1}} \ud83d\ude00","footer":"Acme"}`,
		`{"id":"parcel","version":9,"name":"Parcel","channel":"whatsapp","channelName":"parcel_ready","language":"es","body":"Hola {{1}} 😀","footer":"Acme"}`},
}

func TestEveryKindIsCreatedReadAndRepeated(t *testing.T) {
	r := start(t, firestore.Options{})
	for n, rec := range whole {
		assert.Equal(t, api.ETag(int64(n+1)), r.creates(rec.path, rec.body).is(rec.shown), rec.path)
		assert.Equal(t, api.ETag(int64(n+1)), r.gets(rec.path).is(rec.shown), rec.path)
	}
	before := r.stored()
	for n, rec := range whole {
		assert.Equal(t, api.ETag(int64(n+1)), r.creates(rec.path, rec.body).is(rec.shown), "%s: the answer was lost", rec.path)
		assert.Equal(t, api.ETag(int64(n+1)), r.changes(rec.path, `"77"`, rec.body).is(rec.shown), "%s: it is so already", rec.path)
	}
	assert.Equal(t, before, r.stored(), "repeats write nothing")
	assert.Equal(t, tokens("sales"), r.agent("ana").Serves, "she was brought in line")
	now, err := read(t.Context(), r.store.Reader())
	require.NoError(t, err)
	assert.EqualValues(t, len(whole), now.History.Last)
	var said []string
	for _, e := range now.History.Entries {
		assert.Equal(t, "configured bootstrap", e.Event+" "+e.By)
		said = append(said, e.Detail)
	}
	assert.Equal(t, []string{"client acme", "project shop", "team support", "queue sales", "reason sales/sale",
		"asset whatsapp:1", "asset messenger:22", "agent ana", "template sales/parcel"}, said)
}

func TestAChangeIsBasedOnAVersion(t *testing.T) {
	r := start(t, firestore.Options{})
	r.calls(http.MethodPut, "clients/acme", `{"name":"Acme"}`).refused(428, "precondition_required")
	r.calls(http.MethodPut, "clients/acme", `{"name":"Acme"}`, "If-Match", `"1"`, "If-None-Match", "*").refused(400, "bad_request")
	r.calls(http.MethodPut, "clients/acme", `{"name":"Acme"}`, "If-Match", `1`).refused(400, "bad_request")
	r.calls(http.MethodPut, "clients/acme", `{"name":"Acme"}`, "If-None-Match", `"1"`).refused(400, "bad_request")
	gone := r.changes("clients/acme", `"1"`, `{"name":"Acme"}`)
	gone.refused(412, "version_mismatch")
	assert.Empty(t, gone.Header().Get("ETag"), "there is none")

	first := r.creates("clients/acme", `{"name":"Acme"}`).is("")
	taken := r.creates("clients/acme", `{"name":"Luna"}`)
	taken.refused(412, "version_mismatch")
	assert.Equal(t, first, taken.Header().Get("ETag"))

	second := r.changes("clients/acme", first, `{"name":"Acme Bicycles"}`).is(`{"id":"acme","version":2,"name":"Acme Bicycles","historyConversations":50}`)
	assert.Equal(t, `"2"`, second)
	late := r.changes("clients/acme", first, `{"name":"Acme Cars"}`)
	late.refused(412, "version_mismatch")
	assert.Equal(t, second, late.Header().Get("ETag"), "two administrators at once: the second learns of the first")
	r.gets("clients/acme").is(`{"id":"acme","version":2,"name":"Acme Bicycles","historyConversations":50}`)

	r.calls(http.MethodDelete, "clients/acme", "").refused(428, "precondition_required")
	stale := r.deletes("clients/acme", first)
	stale.refused(412, "version_mismatch")
	assert.Equal(t, second, stale.Header().Get("ETag"))
	r.deletes("clients/acme", second).is(`{"kind":"client","id":"acme","version":3,"moved":{}}`)
	r.deletes("clients/acme", second).refused(404, "client_missing")
	r.gets("clients/acme").refused(404, "client_missing")
	r.creates("clients/acme", `{"name":"Acme"}`).is(`{"id":"acme","version":4,"name":"Acme","historyConversations":50}`)
}

// An agent's own record is written all the time; only what is configured counts.
func TestAnAgentsWorkDoesNotChangeHisVersion(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	tag := r.gets("agents/ana").is("")
	r.signsIn("ana")
	r.changesMind("ana", 4)
	assert.Equal(t, tag, r.gets("agents/ana").is(""))
	next := r.changes("agents/ana", tag, `{"name":"Ana García","email":"ana@acme.example","roles":["agent"],"teams":["support"],"capacity":2}`).is("")
	assert.NotEqual(t, tag, next)
	r.changesMind("ana", 2)
	assert.Equal(t, next, r.gets("agents/ana").is(""))
	assert.Equal(t, 2, r.agent("ana").Capacity)
	r.changes("agents/ana", tag, `{"name":"Eva","email":"ana@acme.example","roles":["agent"]}`).refused(412, "version_mismatch")
}

// API and file never disagree: the rules and the words are the same, only the path begins at the record.
func TestMistakesInARecordAreToldAsInAFile(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	at := func(line, column int, path, message string) []api.ImportError {
		return []api.ImportError{{Line: line, Column: column, Path: path, Message: message}}
	}
	tests := []struct {
		name, path, body string
		want             []api.ImportError
	}{
		{"empty name", "clients/c", `{"name":""}`, at(1, 9, "name", "must not be empty")},
		{"no such client", "projects/p", "{\n  \"name\": \"P\",\n\t\"client\": \"luna\"\n}", at(3, 12, "client", `there is no client "luna"`)},
		{"duration", "queues/q", `{"name":"Q","project":"care","team":"support","offerTimeout":"1s"}`, at(1, 62, "offerTimeout", "must be from 5s to 15m0s")},
		{"number", "queues/q", `{"name":"Q","project":"care","team":"support","historyHours":9000}`, at(1, 62, "historyHours", "must be a whole number from 0 to 8760")},
		{"too long a history", "clients/c", `{"name":"C","historyConversations":101}`, at(1, 36, "historyConversations", "must be a whole number from 1 to 100")},
		{"no history", "clients/c", `{"name":"C","historyConversations":0}`, at(1, 36, "historyConversations", "must be a whole number from 1 to 100")},
		{"reserved variable", "queues/q", `{"name":"Q","project":"care","team":"support","variables":[{"id":"origin","name":"O","access":"hidden"}]}`,
			at(1, 66, "variables[0].id", `the ID "origin" is reserved`)},
		{"unknown access", "queues/q", `{"name":"Q","project":"care","team":"support","variables":[{"id":"v","name":"V","access":"secret"}]}`,
			at(1, 90, "variables[0].access", `there is no access "secret"; possible: hidden, visible, editable`)},
		{"unknown channel", "assets/telegram:1", `{"name":"A","display":"A","queue":"sales","token":"t"}`,
			at(1, 1, "channel", `there is no channel "telegram"; possible: messenger, whatsapp`)},
		{"page ID", "assets/messenger:acme", `{"name":"A","display":"A","queue":"sales","token":"t"}`,
			at(1, 1, "account", "a Messenger account is the page ID: up to 32 digits")},
		{"rule to nowhere", "assets/messenger:1", `{"name":"A","display":"A","queue":"sales","token":"t","rules":[{"on":"ref","value":"x","queue":"y"}]}`,
			at(1, 96, "rules[0].queue", `there is no queue "y"`)},
		{"address of another", "agents/eve", `{"name":"E","email":"ana@acme.example","roles":["agent"]}`,
			at(1, 21, "email", `the agent "ana", who is not in the file, has this e-mail address`)},
		{"reserved agent", "agents/me", `{"name":"E","email":"e@acme.example","roles":["agent"]}`, at(1, 1, "id", `the ID "me" is reserved`)},
		{"ID of no document", "teams/__t__", `{"name":"T"}`, at(1, 1, "id", "an ID has 1 to 64 lower-case letters, digits, - and _")},
		{"order", "queues/sales/reasons/r", `{"name":"R","order":0}`, at(1, 21, "order", "must be a whole number from 1 to 1000000")},
		{"sub-reason twice", "queues/sales/reasons/r", `{"name":"R","subReasons":[{"id":"s","name":"S"},{"id":"s","name":"S"}]}`,
			at(1, 55, "subReasons[1].id", `there is another sub-reason "s" in line 1`)},
	}
	before := r.stored()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := r.creates(tt.path, tt.body).refused(400, "import_invalid")
			assert.Equal(t, tt.want, p.Errors)
			assert.Equal(t, "the record has 1 mistake", p.Detail)
		})
	}
	for path, body := range map[string]string{
		"clients/c":   `{"name":7}`,
		"clients/d":   `{"name":"D","extra":true}`,
		"clients/e":   `{}`,
		"clients/f":   `{"name":"F","name":"G"}`,
		"clients/Big": `{"name":"B"}`,
		"clients/h":   `["name"]`,
		"clients/i":   `{"name":null}`,
		"teams/t":     `{"name":`,
		"assets/page": `{"name":"A","display":"A","queue":"sales","token":"t"}`,
		"agents/k":    `{"name":"E","email":"e@acme.example","roles":"agent"}`,
	} {
		r.creates(path, body).refused(400, "bad_request")
	}
	r.creates("queues/nowhere/reasons/r", `{"name":"R"}`).refused(404, "queue_missing")
	assert.Equal(t, before, r.stored())
}

func TestListsArePagedInTheOrderOfIDs(t *testing.T) {
	r := start(t, firestore.Options{})
	assert.Contains(t, r.gets("clients").Body.String(), `"items":[]`)
	r.imports("clients: [{id: c3, name: C}, {id: c1, name: A}, {id: c2, name: B}, {id: c10, name: D}]\n")
	ids := func(path string) (out []string) {
		for {
			var list api.ClientRecords
			r.gets(path + "&limit=2").into(&list)
			assert.LessOrEqual(t, len(list.Items), 2)
			for _, c := range list.Items {
				out = append(out, c.ID)
			}
			if list.Next == "" {
				return out
			}
			path = "clients?cursor=" + list.Next
		}
	}
	assert.Equal(t, []string{"c1", "c10", "c2", "c3"}, ids("clients?"))
	for _, cursor := range []string{"!", "YQ==", "AAA"} {
		r.gets("clients?cursor="+cursor).refused(400, "bad_cursor")
	}
	for _, kind := range []string{"clients", "projects", "teams", "queues", "assets", "agents"} {
		for _, place := range []string{"", ".", "..", "__a__", " ", "a b", "a/b", "whatsapp:"} { // no document can be there
			cursor := base64.RawURLEncoding.EncodeToString([]byte(kind + " " + place))
			r.gets(kind+"?cursor="+cursor).refused(400, "bad_cursor")
		}
	}
	r.gets("clients?limit=101").refused(400, "bad_request")
}

func TestTemplatesAreTheirQueues(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(busy)
	body := func(text string) string {
		return `{"name":"T","channel":"whatsapp","channelName":"t","language":"es","body":"` + text + `"}`
	}
	first := r.creates("queues/sales/templates/parcel", body("Hola {{1}}")).is("")
	r.creates("queues/help/templates/parcel", body("Hola")).is("")
	r.creates("queues/sales/templates/hello", body("Hola")).is("")
	r.changes("queues/sales/templates/parcel", `"77"`, body("Adiós {{1}}")).refused(412, "version_mismatch")
	r.changes("queues/sales/templates/parcel", first, body("Adiós {{1}}")).is("")
	r.creates("queues/nowhere/templates/parcel", body("Hola")).refused(404, "queue_missing")
	p := r.creates("queues/sales/templates/bad", body("Hola {{2}}")).refused(400, "import_invalid")
	assert.Equal(t, "the places must be numbered without gaps", p.Errors[0].Message)
	var seen []string
	for path := "queues/sales/templates?limit=1"; path != ""; {
		var list api.TemplateRecords
		r.gets(path).into(&list)
		require.Len(t, list.Items, 1)
		seen, path = append(seen, list.Items[0].ID+" "+list.Items[0].Body), ""
		if list.Next != "" {
			path = "queues/sales/templates?limit=1&cursor=" + list.Next
		}
	}
	assert.Equal(t, []string{"hello Hola", "parcel Adiós {{1}}"}, seen)
	for _, cursor := range []string{"AAA", base64.RawURLEncoding.EncodeToString([]byte("reasons hello")), base64.RawURLEncoding.EncodeToString([]byte("templates a/b"))} {
		r.gets("queues/sales/templates?cursor="+cursor).refused(400, "bad_cursor")
	}
	r.gets("queues/nowhere/templates").refused(404, "queue_missing")
	r.gets("queues/nowhere/templates/parcel").refused(404, "queue_missing")
	r.gets("queues/sales/templates/nothing").refused(404, "template_missing")
	r.deletes("queues/sales/templates/parcel", first).refused(412, "version_mismatch")
	r.deletes("queues/nowhere/templates/parcel", first).refused(404, "queue_missing")
	r.deletes("queues/sales/templates/hello", `"4"`).is(`{"kind":"template","id":"hello","version":6,"moved":{}}`)
	r.deletes("queues/sales/templates/hello", `"4"`).refused(404, "template_missing")
	spare := r.creates("queues/spare", `{"name":"Spare","project":"care","team":"support"}`).is("")
	r.creates("queues/spare/templates/late", body("Tarde")).is("")
	r.deletes("queues/spare", spare).is("")
	r.gets("queues/spare/templates/late").refused(404, "queue_missing")
	assert.Len(t, r.stored().Templates, 3, "a queue without a successor keeps its own")
	assert.NotContains(t, r.gets("export").Body.String(), "Tarde")
}

// B16: the successor of a queue has templates of its own.
func TestTemplatesOfAQueueWithASuccessorGo(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(busy)
	r.creates("queues/sales/templates/parcel", `{"name":"T","channel":"whatsapp","channelName":"t","language":"es","body":"Hola"}`).is("")
	r.deletes("queues/sales?successor=help", `"1"`).is("")
	assert.Empty(t, r.stored().Templates)
}

func TestReasonsStandInTheirOrder(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(little)
	r.creates("queues/sales/reasons/zeta", `{"name":"Z"}`).is(`{"id":"zeta","version":2,"name":"Z","order":1,"subReasons":[]}`)
	beta := r.creates("queues/sales/reasons/beta", `{"name":"B"}`).is(`{"id":"beta","version":3,"name":"B","order":2,"subReasons":[]}`)
	r.creates("queues/sales/reasons/alpha", `{"name":"A","order":1}`).is("")
	r.changes("queues/sales/reasons/beta", beta, `{"name":"BB"}`).is(`{"id":"beta","version":4,"name":"BB","order":2,"subReasons":[]}`)
	var ids []string
	for path := "queues/sales/reasons?limit=1"; ; {
		var list api.ReasonRecords
		r.gets(path).into(&list)
		for _, reason := range list.Items {
			ids = append(ids, reason.ID)
		}
		if list.Next == "" {
			break
		}
		path = "queues/sales/reasons?limit=1&cursor=" + list.Next
	}
	assert.Equal(t, []string{"alpha", "zeta", "beta", "transfer"}, ids)
	r.gets("queues/nowhere/reasons").refused(404, "queue_missing")
	r.gets("queues/nowhere/reasons/transfer").refused(404, "queue_missing")
	r.gets("queues/sales/reasons/nothing").refused(404, "reason_missing")
}
