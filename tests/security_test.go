package tests

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/identity"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// Who may do what over the HTTP API. The operations come from the contract: one that is new fails here until it has a
// row in requests.

// request is a good request for an operation; the contract says what else it takes.
type request struct{ query, body string }

// requests has a row for each operation of the contract.
var requests = map[string]request{
	"getMe":                  {},
	"signIn":                 {body: `{"session":"desk-7f3a9c21","state":"idle","reason":"mail"}`},
	"signOut":                {query: "session=desk-7f3a9c21"},
	"renewLease":             {body: `{"session":"desk-7f3a9c21"}`},
	"setState":               {body: `{"state":"idle","reason":"lunch","version":1}`},
	"getSnapshot":            {},
	"getFeed":                {},
	"listMyInteractions":     {},
	"getOffer":               {},
	"acceptOffer":            {},
	"declineOffer":           {},
	"getInteraction":         {},
	"listMessages":           {},
	"sendMessage":            {body: `{"id":"01JD8Q5K2M","text":"hola"}`},
	"showTyping":             {},
	"markRead":               {body: `{"seq":1}`},
	"addNote":                {body: `{"id":"01JD8Q5K2N","text":"nota"}`},
	"endInteraction":         {},
	"listTargets":            {query: "for=transfer&q=bob&all=true&limit=10"},
	"transferInteraction":    {body: `{"agent":"bob","note":"ok","reason":"sale","subReason":"new"}`},
	"getWrapUp":              {},
	"extendWrapUp":           {},
	"submitWrapUp":           {body: `{"reason":"sale","subReason":"new","note":"ok"}`},
	"requestConference":      {body: `{"agent":"bob","note":"knows it"}`},
	"cancelConference":       {},
	"removeGuest":            {},
	"exitConference":         {},
	"handOver":               {},
	"getBoard":               {},
	"getBoardFeed":           {},
	"listSupervisedAgents":   {query: "team=support&state=idle&limit=10"},
	"setAgentState":          {body: `{"state":"idle","reason":"training"}`},
	"listSupervised":         {query: "queue=sales&state=queued&agent=ana&limit=10"},
	"getSupervised":          {},
	"listSupervisedMessages": {},
	"takeOver":               {body: `{"note":"mine"}`},
	"reassign":               {body: `{"agent":"bob","note":"yours"}`},
	"requeue":                {body: `{"note":"anybody"}`},
	"setPriority":            {body: `{"priority":8,"note":"urgent"}`},
	"endBySupervisor":        {body: `{"note":"over"}`},
	"getSettings":            {},
	"putSettings":            {body: `{"idleReasons":[{"id":"evil","name":"Evil","limit":"1h"}]}`},
	"importCentre":           {body: "clients: [{id: evil, name: Evil}]"},
	"exportCentre":           {},
	"listClients":            {}, "getClient": {}, "deleteClient": {query: "successor=luna"},
	"listProjects": {}, "getProject": {}, "deleteProject": {query: "successor=care"},
	"listTeams": {}, "getTeam": {}, "deleteTeam": {query: "successor=travel"},
	"listQueues": {}, "getQueue": {}, "deleteQueue": {query: "successor=support"},
	"listReasons": {}, "getReason": {}, "deleteReason": {},
	"listTemplates": {query: "q=tienda&limit=10"}, "listTemplateRecords": {}, "getTemplate": {}, "deleteTemplate": {},
	"listAssets": {}, "getAsset": {}, "deleteAsset": {},
	"listAgents": {}, "getAgent": {}, "deleteAgent": {query: "successor=bob"},
	"putClient":  {body: `{"name":"Evil"}`},
	"putProject": {body: `{"name":"Evil","client":"acme"}`},
	"putTeam":    {body: `{"name":"Evil"}`},
	"putQueue": {body: `{"name":"Evil","project":"shop","team":"support","offerTimeout":"20s","historyHours":1,"attachments":true,` +
		`"variables":[{"id":"v","name":"V","access":"hidden"}]}`},
	"putReason":   {body: `{"name":"Evil","order":1,"subReasons":[{"id":"s","name":"S"}]}`},
	"putTemplate": {body: `{"name":"Evil","channel":"whatsapp","channelName":"evil","language":"es","header":"h","body":"b {{1}}","footer":"f"}`},
	"putAsset": {body: `{"name":"Evil","display":"+34","queue":"sales","token":"evil","statusUpdates":true,` +
		`"rules":[{"on":"ref","value":"x","queue":"sales"}]}`},
	"putAgent":          {body: `{"name":"Evil","email":"evil@acme.example","roles":["admin"],"teams":["support"],"capacity":1}`},
	"listDeadLetters":   {query: "state=dead&event=message.received&reason=bad_event&limit=10"},
	"getDeadLetter":     {},
	"replayDeadLetter":  {},
	"discardDeadLetter": {},
	"listParked":        {query: "asset=whatsapp:100000000000002&limit=10"},
	"getParked":         {},
	"replayParked":      {},
	"discardParked":     {},
	"setData":           {body: `{"order":"2026-1147"}`},

	"searchContacts":          {query: "name=lea"},
	"getContact":              {},
	"editContact":             {body: `{"name":"Eva"}`},
	"listContactNotes":        {},
	"addContactNote":          {body: `{"id":"01JD8Q5K2N","text":"nota"}`},
	"listContactInteractions": {},
	"startInteraction":        {body: `{"queue":"sales","asset":"whatsapp:100000000000001","template":{"id":"order-ready","values":["Lea","A-1042"]}}`},
	"blockContact":            {body: `{"reason":"insults"}`},
	"unblockContact":          {},
	"reopenInteraction":       {},
	"setExclusiveAgent":       {body: `{"agent":"ana","until":"2099-01-01T00:00:00Z"}`},
	"dropExclusiveAgent":      {},
	"closeQueue":              {},
	"openQueue":               {},

	"listContactRecords": {query: "queue=sales&from=2026-11-21T09:00:00Z&to=2026-11-21T10:00:00Z"},
	"getContactRecord":   {},
	"getMetrics":         {query: "queue=sales&from=2026-11-21T09:00:00Z&to=2026-11-21T10:00:00Z&interval=15m&zone=Europe/Madrid"},
	"exportMetrics":      {query: "queue=sales&from=2026-11-21T09:00:00Z&to=2026-11-21T10:00:00Z&interval=1d&zone=Europe/Madrid"},
	"getAgentTimes":      {query: "from=2026-11-21T09:00:00Z&to=2026-11-21T10:00:00Z"},
}

// administrators are the tags of what takes the role.
var administrators = []string{"admin", "kept"}

// places are the records that stand in paths.
type places struct{ interaction, offer, contact, letter, parked, setUp string }

// setUp are the records of the example centre that stand in paths.
var setUp = strings.NewReplacer("{client}", "acme", "{project}", "shop", "{team}", "support", "{queue}", "sales",
	"{reason}", "sale", "{template}", "order-ready", "{asset}", "whatsapp:100000000000001", "{agent}", "ana")

// asked is a request to an operation, ready to be spoiled.
type asked struct {
	op      operation
	path    string
	query   string
	headers []string
	body    string
}

// ask makes the good request for an operation.
func ask(t *testing.T, op operation, at places) asked {
	t.Helper()
	row, ok := requests[op.ID]
	require.True(t, ok, "the new operation %s needs a row in requests", op.ID)
	a := asked{op: op, query: row.query, body: row.body,
		path: strings.NewReplacer("{interaction}", at.interaction, "{offer}", at.offer, "{contact}", at.contact,
			"{letter}", cmp.Or(at.letter, "nobodys-id"), "{parked}", cmp.Or(at.parked, "nobodys-id")).Replace(op.Path)}
	if at.setUp != "" {
		a.path = regexp.MustCompile(`\{\w+\}`).ReplaceAllLiteralString(a.path, at.setUp)
	}
	a.path = setUp.Replace(a.path)
	require.NotContains(t, a.path, "{", "the new parameter needs a place")
	if op.Body != "" {
		a.headers = append(a.headers, "Content-Type: "+op.Body)
	}
	if op.has("If-Match", "header") {
		a.headers = append(a.headers, map[bool]string{true: `If-Match: "1"`, false: "If-Match: *"}[op.Tag == "admin"])
	}
	if op.has("Idempotency-Key", "header") {
		a.headers = append(a.headers, "Idempotency-Key: 2b1f0f4e-key")
	}
	return a
}

// by sends the request with further headers, such as who is calling.
func (a asked) by(c *floor.Floor, headers ...string) floor.Answer {
	c.T.Helper()
	path := a.path
	if a.query != "" {
		path += "?" + a.query
	}
	return c.Call(a.op.Method, path, strings.NewReader(a.body), append(headers, a.headers...)...)
}

// internals are words that belong to the inside of the product and to no answer.
var internals = regexp.MustCompile(`(?i)goroutine|panic|runtime|\.go:\d|rpc error|firestore|pubsub|grpc|googleapis|github\.com|projects/|documents/|stack|10\.1\.2\.3`)

// isRefusedWith checks that an answer is the refusal, as the contract tells it, and says nothing of the inside.
func isRefusedWith(t *testing.T, op operation, got floor.Answer, status int, code, about string) {
	t.Helper()
	assert.Equal(t, status, got.Status, "%s: %s: %s", op.ID, about, got.Body)
	assert.Equal(t, code, got.Problem().Code, "%s: %s: %s", op.ID, about, got.Body)
	assert.Equal(t, status, got.Problem().Status, "%s: %s", op.ID, about)
	assert.True(t, op.tells(got.Status, got.Problem().Code), "%s: %s: the contract does not tell of %d %s", op.ID, about, got.Status, got.Problem().Code)
	assert.Empty(t, internals.FindString(got.Body), "%s: %s: %s", op.ID, about, got.Body)
	assert.Equal(t, "no-store", got.Header.Get("Cache-Control"), "%s: %s", op.ID, about)
	if got.Status == http.StatusUnauthorized {
		assert.True(t, strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer"), "%s: %s", op.ID, about)
	}
}

// carrying makes the header of a token, whose making must not fail.
func carrying(t testing.TB) func(token string, err error) string {
	return func(token string, err error) string {
		t.Helper()
		require.NoError(t, err)
		return "Authorization: Bearer " + token
	}
}

// as is the header with which an agent of the example centre calls.
func as(c *floor.Floor, id string) string {
	c.T.Helper()
	return carrying(c.T)(c.Suite.Identity.Token(id+"@acme.example", suite.Audience, time.Hour))
}

// stranger is somebody whom no operation lets in.
type stranger struct {
	name    string
	headers []string
	status  int
	code    string
}

func strangers(c *floor.Floor) []stranger {
	c.T.Helper()
	ids, have := c.Suite.Identity, carrying(c.T)
	const ana = "ana@acme.example"
	good := have(ids.Token(ana, suite.Audience, time.Hour))
	token := strings.TrimPrefix(good, "Authorization: Bearer ")
	parts := strings.Split(token, ".")
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	other := identity.New(ids.BaseURL(), c.Suite.Clock.Now)
	mint := func(claims map[string]any) string { return have(ids.Mint(claims)) }
	return []stranger{
		{"nobody", nil, 401, "token_missing"},
		{"an empty token", []string{"Authorization: Bearer "}, 401, "token_missing"},
		{"a password", []string{"Authorization: Basic YW5hOmFuYQ=="}, 401, "token_missing"},
		{"a bare token", []string{"Authorization: " + token}, 401, "token_missing"},
		{"two tokens", []string{good, good}, 401, "token_missing"},
		{"a token in a cookie", []string{"Cookie: access_token=" + token}, 401, "token_missing"},
		{"garbage", []string{"Authorization: Bearer garbage"}, 401, "token_invalid"},
		{"three dots", []string{"Authorization: Bearer ..."}, 401, "token_invalid"},
		{"a huge token", []string{"Authorization: Bearer " + strings.Repeat("x", 20000)}, 401, "token_invalid"},
		{"a token without signature", []string{"Authorization: Bearer " + unsigned}, 401, "token_invalid"},
		{"somebody else's signature", []string{"Authorization: Bearer " + parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))}, 401, "token_invalid"},
		{"another issuer of the same name", []string{have(other.Token(ana, suite.Audience, time.Hour))}, 401, "token_invalid"},
		{"another issuer", []string{mint(map[string]any{"iss": "https://evil.example", "aud": suite.Audience, "email": ana, "email_verified": true})}, 401, "token_invalid"},
		{"another audience", []string{have(ids.Token(ana, "another-app", time.Hour))}, 401, "token_invalid"},
		{"no audience", []string{mint(map[string]any{"email": ana, "email_verified": true})}, 401, "token_invalid"},
		{"no e-mail", []string{mint(map[string]any{"aud": suite.Audience, "sub": ana})}, 401, "token_invalid"},
		{"an expired token", []string{have(ids.Token(ana, suite.Audience, -time.Minute))}, 401, "token_expired"},
		{"an unverified e-mail", []string{mint(map[string]any{"aud": suite.Audience, "email": ana, "email_verified": false})}, 403, "email_unverified"},
		{"an unverified administrator", []string{mint(map[string]any{"aud": suite.Audience, "email": suite.Admin, "email_verified": false})}, 403, "email_unverified"},
		{"somebody unknown", []string{have(ids.Token("eve@acme.example", suite.Audience, time.Hour))}, 403, "unknown_agent"},
		{"the service account", []string{have(ids.Token(serviceAccount(c.T), suite.Audience, time.Hour))}, 403, "unknown_agent"},
	}
}

// R33: every operation knows who is calling, or refuses.
func TestNoOperationLetsAStrangerIn(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	offer := ana.IsOffered()
	at := places{interaction: offer.Interaction, offer: offer.ID, contact: read[desk.Interaction](c, offer.Interaction).Contact}
	ringsOn(c, offer.ID)
	turnedAway := strangers(c)
	for _, op := range operations(t) {
		_, err := ana.Desktop.Renew(c.Context())
		require.NoError(t, err)
		w.NothingHappens(c, func() {
			for _, s := range turnedAway {
				isRefusedWith(t, op, ask(t, op, at).by(c, s.headers...), s.status, s.code, s.name)
			}
			inAddress := ask(t, op, at)
			inAddress.query = "access_token=" + url.QueryEscape(strings.TrimPrefix(as(c, "ana"), "Authorization: Bearer "))
			isRefusedWith(t, op, inAddress.by(c), 401, "token_missing", "a token in the address")
		})
	}
	assert.Equal(t, offer.ID, ana.IsOffered().ID, "ana's offer still rings")
}

// Whose offer and whose conversation it is counts, not who knows its ID: not for a colleague, a supervisor or the
// administrator.
func TestWhatBelongsToAnotherAgentIsOutOfReach(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola, es privado")
	i := ana.Accepts()
	c.Customer("max").Writes("también privado")
	at := places{interaction: i.ID, offer: ringsOn(c, ana.IsOffered().ID), contact: i.Contact}
	for _, id := range []string{"bob", "sam", "ada"} {
		idles(c, id)
	}
	stays := func() {
		for _, id := range []string{"ana", "bob", "sam", "ada"} {
			_, err := c.Agent(id).Desktop.Renew(c.Context())
			require.NoError(t, err)
		}
	}
	seen := 0
	refusedToAll := func(when string) {
		for _, op := range operations(t) {
			code := map[bool]string{strings.Contains(op.Path, "{offer}"): "not_your_offer", strings.Contains(op.Path, "{interaction}"): "not_your_conversation"}[true]
			if code == "" || op.Tag == "reports" || op.Tag == "supervision" {
				continue
			}
			others := []string{"bob", "sam", "ada"}
			if op.ID == "setData" { // supervisors set variables of every conversation
				others = others[:1]
			}
			for _, id := range others {
				got := ask(t, op, at).by(c, as(c, id))
				isRefusedWith(t, op, got, 403, code, id+" "+when)
				assert.NotContains(t, got.Body, "privado")
				seen++
			}
			got := ask(t, op, places{interaction: "nobodys-id", offer: "nobodys-id", contact: "nobodys-id"}).by(c, as(c, "bob"))
			isRefusedWith(t, op, got, 404, map[string]string{"not_your_offer": "offer_missing", "not_your_conversation": "interaction_missing"}[code], when)
		}
	}
	stays()
	w.NothingHappens(c, func() { refusedToAll("while it is active") })
	require.Positive(t, seen)
	assert.Equal(t, []string{"hola, es privado"}, texts(ana.Reads(i.ID)))
	ana.Ends(i.ID)
	stays()
	w.NothingHappens(c, func() { refusedToAll("while a wrap-up is owed") })
	_, err := ana.Desktop.WrapUp(c.Context(), i.ID, "key-of-the-wrap-up", api.WrapUpChoice{Reason: "question"})
	require.NoError(t, err)
	stays()
	w.NothingHappens(c, func() { refusedToAll("when it is closed") })
}

// A contact is every agent's to look at and to write down something about, but to block, or to give him an agent of his own,
// takes a conversation with him or the role.
func TestBlockingTakesAConversationOrTheRole(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola, es privado")
	i := ana.Accepts()
	at := places{contact: i.Contact}
	seen := 0
	w.NothingHappens(c, func() {
		for _, op := range operations(t) {
			if op.Tag != "contacts" {
				continue
			}
			if strings.Contains(op.Path, "{contact}") {
				isRefusedWith(t, op, ask(t, op, places{contact: "nobodys-id"}).by(c, as(c, "sam")), 404, "contact_missing", "nobody")
			}
			switch {
			case strings.HasSuffix(op.Path, "block"), strings.Contains(op.Path, "/exclusive/"):
				isRefusedWith(t, op, ask(t, op, at).by(c, as(c, "bob")), 403, "not_your_contact", "bob")
				seen++
			case op.Method == http.MethodGet:
				got := ask(t, op, at).by(c, as(c, "bob"))
				assert.Equal(t, http.StatusOK, got.Status, "%s: %s", op.ID, got.Body)
				seen++
			}
		}
	})
	assert.Equal(t, 8, seen)
}

// Only an administrator sets up the centre, and sees what could not be handled.
func TestSettingUpTheCentreTakesTheRole(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	seen := 0
	w.NothingHappens(c, func() {
		for _, op := range operations(t) {
			if !slices.Contains(administrators, op.Tag) {
				continue
			}
			for _, id := range []string{"ana", "sam"} {
				isRefusedWith(t, op, ask(t, op, places{}).by(c, as(c, id)), 403, "role_missing", id)
				seen++
			}
		}
	})
	require.Positive(t, seen)
}

// The administrator of the settings can set up an empty centre, and has no desk in it.
func TestTheFirstAdministratorHasNoDesk(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenEmpty(t, w.On(suite.Options{}))
	w.NothingHappens(c, func() {
		for _, op := range operations(t) {
			alone := op.Tag == "supervision" && !strings.Contains(op.Path, "{")                // an empty floor is his to see
			if slices.Contains(administrators, op.Tag) || alone || op.ID == "searchContacts" { // which finds nobody there
				continue
			}
			got := ask(t, op, places{interaction: "nobodys-id", offer: "nobodys-id", contact: "nobodys-id"}).by(c, as(c, "ada"))
			assert.GreaterOrEqual(t, got.Status, 400, op.ID)
			isRefusedWith(t, op, got, got.Status, got.Problem().Code, "ada, who has no record")
		}
		isRefusedWith(t, named(t, "getMe"), ask(t, named(t, "getMe"), places{}).by(c, as(c, "ana")), 403, "unknown_agent", "ana before the import")
	})
}

// named is the operation with the ID.
func named(t *testing.T, id string) operation {
	t.Helper()
	for _, op := range operations(t) {
		if op.ID == id {
			return op
		}
	}
	require.Fail(t, "the contract has no such operation", id)
	return operation{}
}
