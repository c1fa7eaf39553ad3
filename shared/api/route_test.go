package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// desk answers every operation with what it was asked, or with err.
type desk struct {
	DesktopServer
	AcceptanceServer
	PresenceServer
	ContactsServer
	AdminServer
	err error
	got any
}

func (d *desk) ListMyInteractions(_ context.Context, req ListMyInteractionsRequest) (InteractionList, error) {
	d.got = req
	return InteractionList{}, d.err
}

func (d *desk) SendMessage(_ context.Context, req SendMessageRequest) (Message, error) {
	d.got = req
	return Message{ID: "m1", Text: req.Body.Text}, d.err
}

func (d *desk) AcceptOffer(_ context.Context, req AcceptOfferRequest) (Offer, error) {
	d.got = req
	return Offer{ID: req.Offer}, d.err
}

func (d *desk) SetState(_ context.Context, req SetStateRequest) (Agent, error) {
	d.got = req
	return Agent{}, d.err
}

func (d *desk) SignIn(_ context.Context, req SignInRequest) (Session, error) {
	d.got = req
	return Session{}, d.err
}

func (d *desk) SignOut(_ context.Context, req SignOutRequest) (Agent, error) {
	d.got = req
	return Agent{}, d.err
}

func (d *desk) ImportCentre(_ context.Context, req ImportCentreRequest) (ImportReport, error) {
	d.got = req
	return ImportReport{}, d.err
}

func (d *desk) EditContact(_ context.Context, req EditContactRequest) (Contact, error) {
	d.got = req
	return Contact{ID: req.Contact, Tag: "7f"}, d.err
}

func (d *desk) SetData(_ context.Context, req SetDataRequest) (InteractionData, error) {
	d.got = req
	return InteractionData{}, d.err
}

func (d *desk) GetFeed(w http.ResponseWriter, _ *http.Request, req GetFeedRequest) error {
	d.got = req
	if d.err == nil {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, ": hello\n\n")
	}
	return d.err
}

// anybody lets every request through.
func anybody(r *http.Request) (context.Context, error) { return r.Context(), nil }

// serve is the routes of all tags the desk answers.
func (d *desk) serve(t testing.TB, edge Edge) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	require.NoError(t, Desktop(mux, edge, d))
	require.NoError(t, Acceptance(mux, edge, d))
	require.NoError(t, Presence(mux, edge, d))
	require.NoError(t, Contacts(mux, edge, d))
	require.NoError(t, Admin(mux, edge, d))
	require.NoError(t, Feed(mux, edge, d))
	return web.Handler(mux, web.Options{Log: slog.New(slog.DiscardHandler)})
}

// request is "METHOD /path", with lines of headers after it.
func request(lines, body string) *http.Request {
	head := strings.Split(lines, "\n")
	method, target, _ := strings.Cut(head[0], " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range head[1:] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func send(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const key = "\nIdempotency-Key: key-0001"

func TestGoodRequests(t *testing.T) {
	long := strings.Repeat("🙂", 20000)
	for name, c := range map[string]struct {
		lines, body string
		want        any
	}{
		"defaults":           {"GET /v1/agents/me/interactions", "", ListMyInteractionsRequest{Limit: 50}},
		"all of the query":   {"GET /v1/agents/me/interactions?state=active&state=wrapup&cursor=abc%2B&limit=100", "", ListMyInteractionsRequest{State: []TaskState{TaskStateActive, TaskStateWrapup}, Cursor: "abc+", Limit: 100}},
		"path":               {"POST /v1/offers/o7/accept", "", AcceptOfferRequest{Offer: "o7"}},
		"path of all kinds":  {"POST /v1/offers/whatsapp:12_3.4-Z/accept", "", AcceptOfferRequest{Offer: "whatsapp:12_3.4-Z"}},
		"ignored body":       {"POST /v1/offers/o7/accept", "{}", AcceptOfferRequest{Offer: "o7"}},
		"message":            {"POST /v1/interactions/i5/messages", `{"id":"client-1","text":"a <b> 🙂"}`, SendMessageRequest{Interaction: "i5", Body: NewMessage{ID: "client-1", Text: "a <b> 🙂"}}},
		"long text":          {"POST /v1/interactions/i5/messages", `{"id":"client-1","text":"` + long + `"}`, SendMessageRequest{Interaction: "i5", Body: NewMessage{ID: "client-1", Text: long}}},
		"longest id":         {"POST /v1/interactions/i5/messages", `{"id":"` + strings.Repeat("~", 64) + `","text":"a"}`, SendMessageRequest{Interaction: "i5", Body: NewMessage{ID: strings.Repeat("~", 64), Text: "a"}}},
		"charset":            {"PUT /v1/agents/me/state" + key + "\nContent-Type: application/json; charset=utf-8", ` {"state":"idle","reason":"lunch"}`, SetStateRequest{IdempotencyKey: "key-0001", Body: StateChange{State: ChosenStateIdle, Reason: "lunch"}}},
		"null and absent":    {"PATCH /v1/contacts/c3\nIf-Match: \"7f\"", `{"name":"Lea","email":null}`, EditContactRequest{Contact: "c3", IfMatch: `"7f"`, Body: ContactEdit{Name: To("Lea"), Email: To("")}}},
		"names of one's own": {"PATCH /v1/interactions/i5/data", `{"order":"7","vip":null}`, SetDataRequest{Interaction: "i5", Body: DataChange{"order": new("7"), "vip": nil}}},
		"large number":       {"PUT /v1/agents/me/state" + key, `{"state":"available","version":9007199254740993}`, SetStateRequest{IdempotencyKey: "key-0001", Body: StateChange{State: ChosenStateAvailable, Version: 9007199254740993}}},
		"optional absent":    {"POST /v1/agents/me/session", `{"session":"desk-0001"}`, SignInRequest{Body: SignIn{Session: "desk-0001"}}},
		"boolean default":    {"DELETE /v1/agents/me/session?session=desk-0001", "", SignOutRequest{Session: "desk-0001"}},
		"boolean":            {"DELETE /v1/agents/me/session?session=desk-0001&handOver=true", "", SignOutRequest{Session: "desk-0001", HandOver: true}},
		"yaml":               {"POST /v1/admin/import?dryRun=true\nContent-Type: application/yaml", "queues: [", ImportCentreRequest{DryRun: true, Body: []byte("queues: [")}},
		"feed":               {"GET /v1/agents/me/feed?cursor=a1.i5-3-7\nLast-Event-ID: a2", "", GetFeedRequest{Cursor: "a1.i5-3-7", LastEventID: "a2"}},
		"feed from nowhere":  {"GET /v1/agents/me/feed", "", GetFeedRequest{}},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{}
			w := send(d.serve(t, Edge{Authenticate: anybody}), request(c.lines, c.body))
			assert.Less(t, w.Code, 300, w.Body.String())
			assert.Equal(t, c.want, d.got)
		})
	}
}

func TestBadRequests(t *testing.T) {
	const list, message, state = "GET /v1/agents/me/interactions", "POST /v1/interactions/i5/messages", "PUT /v1/agents/me/state"
	const note = "POST /v1/interactions/i5/notes"
	for name, c := range map[string]struct{ lines, body, detail string }{
		"too small":          {list + "?limit=0", "", "limit: must be at least 1"},
		"too large":          {list + "?limit=101", "", "limit: must be at most 100"},
		"not a number":       {list + "?limit=many", "", "limit: must be a whole number"},
		"a fraction":         {list + "?limit=1.5", "", "limit: must be a whole number"},
		"an exponent":        {list + "?limit=1e1", "", "limit: must be a whole number"},
		"more than an int":   {list + "?limit=99999999999999999999", "", "limit: must be a whole number"},
		"empty number":       {list + "?limit=", "", "limit: must not be empty"},
		"twice":              {list + "?limit=1&limit=2", "", "limit: given more than once"},
		"empty cursor":       {list + "?cursor=", "", "cursor: must match ^[!-~]+$; cursor: must not be empty"},
		"long cursor":        {list + "?cursor=" + strings.Repeat("a", 4097), "", "cursor: may have at most 4096 characters"},
		"unknown value":      {list + "?state=closed", "", "state.0: must be one of offered, active, wrapup"},
		"same value twice":   {list + "?state=active&state=active", "", "state: names the same twice"},
		"too many values":    {list + "?state=active&state=offered&state=wrapup&state=active", "", "state: maximum number of items is 3; state: names the same twice"},
		"unknown parameter":  {list + "?Limit=1", "", "Limit: there is no such query parameter"},
		"long unknown name":  {list + "?" + strings.Repeat("é", 300) + "=1", "", strings.Repeat("é", 200) + "…"},
		"malformed query":    {list + "?limit=%zz", "", "query: it is not well-formed"},
		"semicolon":          {list + "?limit=1;cursor=2", "", "query: it is not well-formed"},
		"path":               {"POST /v1/offers/a%2Fb/accept", "", "offer: must match ^[A-Za-z0-9_.:-]{1,128}$"},
		"path of spaces":     {"POST /v1/offers/%20/accept", "", "offer: must match ^[A-Za-z0-9_.:-]{1,128}$"},
		"no key":             {state, `{"state":"idle"}`, "Idempotency-Key: is required"},
		"short key":          {state + "\nIdempotency-Key: short", `{"state":"idle"}`, "Idempotency-Key: must have at least 8 characters"},
		"two keys":           {state + key + key, `{"state":"idle"}`, "Idempotency-Key: given more than once"},
		"query missing":      {"DELETE /v1/agents/me/session", "", "session: is required"},
		"not a boolean":      {"DELETE /v1/agents/me/session?session=desk-0001&handOver=yes", "", "handOver: must be true or false"},
		"one for true":       {"DELETE /v1/agents/me/session?session=desk-0001&handOver=1", "", "handOver: must be true or false"},
		"no body":            {message + "\nContent-Type: application/json", "", "body: is required"},
		"no content type":    {message, `[{"id":"client-1","text":"a"}]`, "Content-Type: must be application/json"},
		"other content type": {message + "\nContent-Type: text/plain", `["id"]`, "Content-Type: must be application/json"},
		"yaml as json":       {"POST /v1/admin/import\nContent-Type: application/json", "queues: []", "Content-Type: must be application/yaml"},
		"yaml not in UTF-8":  {"POST /v1/admin/import\nContent-Type: application/yaml", "a: \xff", "body: must be UTF-8"},
		"not in UTF-8":       {message, "{\"id\":\"client-1\",\"text\":\"\xff\"}", "body: must be UTF-8"},
		"not JSON":           {message, `{"id":`, "body: it is not well-formed JSON"},
		"not closed":         {message, `{"id":"client-1","text":"a"`, "body: it is not well-formed JSON"},
		"single quotes":      {message, `{'id':'client-1'}`, "body: it is not well-formed JSON"},
		"not an object":      {message + "\nContent-Type: application/json", `["client-1"]`, "body: must be an object"},
		"null":               {message + "\nContent-Type: application/json", `null`, "body: must not be null"},
		"two values":         {message, `{"id":"client-1","text":"a"}{}`, "body: there is more than one JSON value"},
		"rubbish after":      {message, `{"id":"client-1","text":"a"}]`, "body: there is more than one JSON value"},
		"nested":             {message, `{"a":` + strings.Repeat("[", 1_000_000), "body: it is nested too deeply"},
		"member twice":       {message, `{"id":"client-1","text":"a","text":"b"}`, "text: given more than once"},
		"inner member twice": {message, `{"a":[{"b":1},{"b":1,"b":2}]}`, "a.1.b: given more than once"},
		"missing":            {note, `{}`, "id: is required; text: is required"},
		"unknown field":      {message, `{"id":"client-1","text":"a","colour":"red"}`, "colour: there is no such field"},
		"other case":         {note, `{"id":"client-1","Text":"a"}`, "Text: there is no such field; text: is required"},
		"types":              {message, `{"id":12345678,"text":null}`, "id: must be a string; text: must not be null"},
		"short id":           {message, `{"id":"1234567","text":""}`, "id: must have at least 8 characters; text: must not be empty"},
		"long id":            {message, `{"id":"` + strings.Repeat("a", 65) + `","text":"a"}`, "id: may have at most 64 characters"},
		"id with a space":    {message, `{"id":"client 01","text":"a"}`, "id: must match ^[!-~]+$"},
		"rona is no choice":  {state + key, `{"state":"rona"}`, "state: must be one of available, idle"},
		"version zero":       {state + key, `{"state":"idle","version":0}`, "version: must be at least 1"},
		"version a fraction": {state + key, `{"state":"idle","version":1.5}`, "version: must be an integer"},
		"version too large":  {state + key, `{"state":"idle","version":9223372036854775808}`, "version: is out of range"},
		"an empty edit":      {"PATCH /v1/contacts/c3", `{}`, "body: there must be at least 1 properties"},
		"an empty text":      {"PATCH /v1/contacts/c3", `{"name":""}`, "name: must not be empty"},
		"a number for null":  {"PATCH /v1/contacts/c3", `{"name":0}`, "name: must be one of string, null"},
		"a template's value": {message, `{"id":"client-1","template":{"id":"a","values":[1]}}`, "template.values.0: must be a string"},
		"no such template":   {message, `{"id":"client-1","template":{"id":"A B","values":[]}}`, "template.id: must match ^[a-z0-9_-]{1,64}$"},
		"an empty value":     {"PATCH /v1/interactions/i5/data", `{"order":""}`, "order: must not be empty"},
		"a value of numbers": {"PATCH /v1/interactions/i5/data", `{"order":7}`, "order: must be one of string, null"},
		"a long value":       {"PATCH /v1/interactions/i5/data", `{"order":"` + strings.Repeat("é", 1001) + `"}`, "order: may have at most 1000 characters"},
		"six mistakes":       {note, `{"a":1,"b":1,"c":1,"d":1}`, "a: there is no such field; b: there is no such field; c: there is no such field; d: there is no such field; id: is required; and more"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{}
			w := send(d.serve(t, Edge{Authenticate: anybody}), request(c.lines, c.body))
			assert.Equal(t, http.StatusBadRequest, w.Code)
			p := problem(t, w)
			assert.Equal(t, "bad_request", p.Code)
			assert.Equal(t, c.detail, p.Detail)
			assert.Nil(t, d.got, "the request reached the function")
		})
	}
}

func TestOrderOfChecks(t *testing.T) {
	refuse := func(*http.Request) (context.Context, error) {
		return nil, fault.New(fault.Unauthenticated, "token_expired", "it has expired")
	}
	large := request("POST /v1/interactions/i5/messages?nope", strings.Repeat("{", 100))
	large.Header.Set("Content-Type", "application/json")
	d := &desk{}
	w := send(d.serve(t, Edge{Authenticate: refuse, MaxBody: 10}), large)
	assert.Equal(t, http.StatusUnauthorized, w.Code, "who is calling comes first")
	assert.Equal(t, "token_expired", problem(t, w).Code)

	large = request("POST /v1/interactions/i5/messages?nope", strings.Repeat("{", 100))
	w = send(d.serve(t, Edge{Authenticate: anybody, MaxBody: 10}), large)
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code, "then the size")
	assert.EqualValues(t, 10, problem(t, w).Limit)
	assert.Nil(t, d.got)
}

func TestNobodyIsLetInByDefault(t *testing.T) {
	d := &desk{}
	w := send(d.serve(t, Edge{}), request("GET /v1/agents/me/interactions", ""))
	assert.Equal(t, http.StatusUnauthorized, w.Code)
	assert.Nil(t, d.got)
}

func TestAnswers(t *testing.T) {
	d := &desk{}
	h := d.serve(t, Edge{Authenticate: anybody})

	w := send(h, request("POST /v1/interactions/i5/messages", `{"id":"client-1","text":"a"}`))
	assert.Equal(t, http.StatusCreated, w.Code)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))

	w = send(h, request("GET /v1/agents/me/interactions", ""))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"items":[],"now":"0001-01-01T00:00:00Z"}`, w.Body.String(), "no list is null, nothing absent is there")

	w = send(h, request("PATCH /v1/contacts/c3", `{"name":"Lea"}`))
	assert.Equal(t, `"7f"`, w.Header().Get("ETag"), "the state it shows has a name")

	w = send(h, request("GET /v1/agents/me/feed", ""))
	assert.Equal(t, "text/event-stream", w.Header().Get("Content-Type"))
	assert.Equal(t, ": hello\n\n", w.Body.String())
}

func TestFailures(t *testing.T) {
	for _, target := range []string{"GET /v1/agents/me/interactions", "GET /v1/agents/me/feed"} {
		d := &desk{err: fault.New(fault.Conflict, "interrupted", "it was removed")}
		w := send(d.serve(t, Edge{Authenticate: anybody}), request(target, ""))
		assert.Equal(t, http.StatusConflict, w.Code)
		assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		assert.Equal(t, "interrupted", problem(t, w).Code)

		d.err = errors.New("secret: the database is on fire")
		w = send(d.serve(t, Edge{Authenticate: anybody}), request(target, ""))
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		assert.Equal(t, "internal", problem(t, w).Code)
		assert.NotContains(t, w.Body.String(), "fire")
	}
}

func TestAnUnknownRouteIsNotRegistered(t *testing.T) {
	rt := answer(http.MethodGet, "/v1/nothing", func(*call) struct{} { return struct{}{} },
		func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	err := register(http.NewServeMux(), Edge{}, rt)
	assert.EqualError(t, err, "register: the contract has no GET /v1/nothing")
}

func BenchmarkRequest(b *testing.B) {
	h := (&desk{}).serve(b, Edge{Authenticate: anybody})
	for b.Loop() {
		send(h, request("POST /v1/interactions/i5/messages", `{"id":"client-1","text":"hola"}`))
	}
}
