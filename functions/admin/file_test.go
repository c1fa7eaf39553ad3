package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// mistakes are what is wrong with a file for a centre that has what stored says, one line each: line:column path:
// message.
func mistakes(body string, stored desk.Setup) []string {
	f, err := parse([]byte(body))
	if err == nil {
		err = f.check(stored)
	}
	if err == nil {
		return nil
	}
	var out []string
	for _, m := range errorsOf(err) {
		out = append(out, fmt.Sprintf("%d:%d %s: %s", m.Line, m.Column, m.Path, m.Message))
	}
	return out
}

// errorsOf are the mistakes that a caller is told with the fault.
func errorsOf(err error) []api.ImportError {
	answer := httptest.NewRecorder()
	web.Fail(answer, httptest.NewRequest(http.MethodPost, "/", nil), err)
	var problem api.Problem
	if err := json.Unmarshal(answer.Body.Bytes(), &problem); err != nil {
		panic(err)
	}
	return problem.Errors
}

// complete is a small centre with every field of the format.
const complete = `clients:
  - {id: acme, name: Acme, historyConversations: 7}
projects:
  - {id: care, name: Customer care, client: acme}
teams:
  - {id: support, name: Support}
queues:
  - id: sales
    name: Sales
    project: care
    team: support
    offerTimeout: 1m30s
    historyHours: 24
    attachments: true
    autoAccept: true
    conferenceWait: 90s
    exclusiveWait: 1h
    previousHours: 48
    afterword: 1m
    serviceLevel: 45s
    wrapUpLimit: 2m
    wrapUpReason: question
    inactivity: {warnAfter: 10m, closeAfter: 5m}
    texts: {joined: Somebody has joined}
    translations: [{language: pt-br, greeting: Olá}]
    variables:
      - {id: order, name: Order number, access: editable}
      - {id: tier, name: Tier, access: hidden}
    assets: ["messenger:200000000000002"]
    unansweredTransfer: return
    reasons:
      - {id: sale, name: Sale, subReasons: [{id: new, name: New customer}, {id: more, name: Existing customer}]}
      - {id: question, name: Question, order: 7}
    templates:
      - {id: zone, name: Zone, channel: whatsapp, channelName: zone, language: es, body: Hola}
      - id: parcel
        name: Parcel has come
        channel: whatsapp
        channelName: parcel_ready
        language: pt_BR
        header: Acme
        body: "Olá {{1}},\no seu pedido {{2}} chegou."
        footer: A sua loja
  - {id: plain, name: Plain, project: care, team: support}
assets:
  - {channel: whatsapp, account: "100000000000001", name: Acme WhatsApp, display: "+34 600 000 000", queue: sales, token: whatsapp-acme, statusUpdates: true}
  - channel: messenger
    account: "200000000000002"
    name: Acme page
    display: Acme
    queue: plain
    token: messenger-acme
    rules: [{on: keyword, value: buy now, queue: sales}, {on: locale, value: es, queue: sales}]
agents:
  - {id: ana, name: Ana García, email: Ana@Acme.Example, roles: [agent, supervisor], teams: [support], capacity: 5}
  - {id: ada, name: Ada, email: ada@acme.example, roles: [admin]}
`

func TestParseReadsEveryField(t *testing.T) {
	f, err := parse([]byte(complete))
	require.NoError(t, err)
	require.NoError(t, f.check(desk.Setup{}))
	head := func(id string) desk.Head { return desk.Head{ID: id} }
	assert.Equal(t, desk.Setup{
		Clients:  []desk.Client{{Head: head("acme"), Name: "Acme", HistoryConversations: 7}},
		Projects: []desk.Project{{Head: head("care"), Name: "Customer care", Client: "acme"}},
		Teams:    []desk.Team{{Head: head("support"), Name: "Support"}},
		Queues: []desk.Queue{
			{Head: head("sales"), Name: "Sales", Project: "care", Team: "support", OfferTimeout: 90 * time.Second,
				HistoryHours: 24, Attachments: true, AutoAccept: true, ConferenceWait: 90 * time.Second, ExclusiveWait: time.Hour, PreviousHours: 48,
				Afterword: time.Minute, ServiceLevel: 45 * time.Second, Texts: []desk.Text{
					{On: desk.TextJoined, Text: "Somebody has joined"}, {On: desk.TextGreeting, Language: "pt-BR", Text: "Olá"}}, Variables: []desk.Variable{
					{ID: "order", Name: "Order number", Access: desk.VariableEditable},
					{ID: "tier", Name: "Tier", Access: desk.VariableHidden}},
				Assets: []string{"messenger:200000000000002"}, Unanswered: desk.UnansweredReturn,
				Limits: desk.Limits{WrapUp: 2 * time.Minute, WarnAfter: 10 * time.Minute, CloseAfter: 5 * time.Minute}, WrapUpReason: "question"},
			{Head: head("plain"), Name: "Plain", Project: "care", Team: "support", OfferTimeout: 20 * time.Second, Afterword: 10 * time.Minute},
		},
		Reasons: []desk.Reason{
			{Head: head("sale"), Queue: "sales", Name: "Sale", Order: 1, SubReasons: []desk.SubReason{
				{ID: "new", Name: "New customer"}, {ID: "more", Name: "Existing customer"}}},
			{Head: head("question"), Queue: "sales", Name: "Question", Order: 7},
		},
		Templates: []desk.Template{
			{Head: head("zone"), Queue: "sales", Channel: desk.WhatsApp, Name: "Zone", ChannelName: "zone", Language: "es", Body: "Hola"},
			{Head: head("parcel"), Queue: "sales", Channel: desk.WhatsApp, Name: "Parcel has come", ChannelName: "parcel_ready", Language: "pt_BR",
				Header: "Acme", Body: "Olá {{1}},\no seu pedido {{2}} chegou.", Footer: "A sua loja"},
		},
		Assets: []desk.Asset{
			{Head: head("whatsapp:100000000000001"), Channel: desk.WhatsApp, Account: "100000000000001",
				Name: "Acme WhatsApp", Display: "+34 600 000 000", Queue: "sales", Token: "whatsapp-acme", StatusUpdates: true},
			{Head: head("messenger:200000000000002"), Channel: desk.Messenger, Account: "200000000000002",
				Name: "Acme page", Display: "Acme", Queue: "plain", Token: "messenger-acme", Rules: []desk.EntryRule{
					{On: desk.EntryKeyword, Value: "buy now", Queue: "sales"}, {On: desk.EntryLocale, Value: "es", Queue: "sales"}}},
		},
		Agents: []desk.Agent{
			{Head: head("ana"), Name: "Ana García", Email: "ana@acme.example", Roles: []string{"agent", "supervisor"},
				Teams: []string{"support"}, Capacity: 5},
			{Head: head("ada"), Name: "Ada", Email: "ada@acme.example", Roles: []string{"admin"}, Capacity: 3},
		},
	}, f.Setup)
}

func TestTheExampleCentreHasNoMistakes(t *testing.T) {
	assert.Empty(t, mistakes(string(centre.Example), desk.Setup{}))
}

func TestReferencesMayBeToWhatIsStored(t *testing.T) {
	stored := desk.Setup{
		Clients:  []desk.Client{{Head: desk.Head{ID: "acme"}}},
		Projects: []desk.Project{{Head: desk.Head{ID: "care"}}},
		Teams:    []desk.Team{{Head: desk.Head{ID: "support"}}},
		Queues:   []desk.Queue{{Head: desk.Head{ID: "sales"}}},
	}
	body := `projects: [{id: shop, name: Shop, client: acme}]
queues: [{id: q, name: Q, project: care, team: support}]
assets: [{channel: whatsapp, account: "1", name: N, display: "+1", queue: sales, token: t}]
agents: [{id: bob, name: Bob, email: bob@x.example, roles: [agent], teams: [support]}]
`
	assert.Empty(t, mistakes(body, stored))
	assert.Equal(t, []string{
		`1:43 projects[0].client: there is no client "acme"`,
		`2:36 queues[0].project: there is no project "care"`,
		`2:48 queues[0].team: there is no team "support"`,
		`3:75 assets[0].queue: there is no queue "sales"`,
		`4:77 agents[0].teams[0]: there is no team "support"`,
	}, mistakes(body, desk.Setup{}))
}

func TestMistakesNameTheirPlace(t *testing.T) {
	const team = "teams: [{id: t, name: T}]\n"
	const long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" // 65
	tests := []struct {
		name, body string
		want       []string
	}{
		{"no document", "", []string{"1:0 : the file is empty"}},
		{"comments only", "# nothing\n# here\n", []string{"1:0 : the file is empty"}},
		{"null", "---\n~\n", []string{"2:1 : must have keys and values; possible: settings, clients, projects, teams, queues, assets, agents"}},
		{"no records", "clients: []\nteams:\n", []string{"1:1 : the file describes nothing"}},
		{"no keys", "{}", []string{"1:1 : the file describes nothing"}},
		{"a list", "- a\n", []string{"1:1 : must have keys and values; possible: settings, clients, projects, teams, queues, assets, agents"}},
		{"a text", "hello", []string{"1:1 : must have keys and values; possible: settings, clients, projects, teams, queues, assets, agents"}},
		{"two documents", team + "---\n" + team, []string{"2:1 : a second document begins here; a file is one"}},
		{"one document in marks", "---\n" + team + "...\n", nil},
		{"second document is broken", team + "---\na: [\n", []string{"3:0 : not YAML: did not find expected node content"}},

		{"unknown key at the top", team + "teem: []\n", []string{`2:1 teem: there is no key "teem" here; possible: settings, clients, projects, teams, queues, assets, agents`}},
		{"unknown key of a record", "teams:\n- id: t\n  name: T\n  colour: red\n", []string{`4:3 teams[0].colour: there is no key "colour" here; possible: id, name`}},
		{"unknown key that no path can show", "teams:\n- {id: t, name: T, \"a.b c\": 1}\n", []string{`2:20 teams[0]: there is no key "a.b c" here; possible: id, name`}},
		{"a key that is no text", team + "? [a]\n: b\n", []string{`2:3 : there is no key "" here; possible: settings, clients, projects, teams, queues, assets, agents`}},
		{"merge key", "teams:\n- &a {id: t, name: T}\n- {<<: *a, id: u}\n", []string{
			"3:3 teams[1].name: is required", `3:4 teams[1]: there is no key "<<" here; possible: id, name`}},
		{"duplicate section", team + team, []string{"2:1 teams: the key is given twice"}},
		{"duplicate key", "teams:\n- id: t\n  name: T\n  id: u\n", []string{"4:3 teams[0].id: the key is given twice"}},

		{"missing fields", "clients: [{}]\nprojects:\n- {id: p}\n", []string{
			"1:11 clients[0].name: is required", "1:11 clients[0].id: is required",
			"3:3 projects[0].name: is required", "3:3 projects[0].client: is required"}},
		{"null field", "teams: [{id: t, name: }]", []string{"1:23 teams[0].name: is required"}},
		{"null record", "teams:\n-\n- {id: t, name: T}\n", []string{"2:2 teams[0]: must have keys and values; possible: id, name"}},
		{"record is a text", "teams: [support]", []string{"1:9 teams[0]: must have keys and values; possible: id, name"}},
		{"section is a record", "teams: {id: t, name: T}", []string{"1:8 teams: must be a list"}},
		{"section is a text", "teams: support", []string{"1:8 teams: must be a list"}},

		{"number for a name", "teams: [{id: t, name: 007}]", []string{"1:23 teams[0].name: must be text; put it in quotes"}},
		{"date for a name", "teams: [{id: t, name: 2026-01-02}]", []string{"1:23 teams[0].name: must be text; put it in quotes"}},
		{"truth for an ID", "teams: [{id: true, name: T}]", []string{"1:14 teams[0].id: must be text; put it in quotes"}},
		{"list for a name", "teams: [{id: t, name: [T]}]", []string{"1:23 teams[0].name: must be text"}},
		{"tag of their own", "teams: [{id: t, name: !mine T}]", []string{"1:23 teams[0].name: must be text; put it in quotes"}},
		{"tagged number", "teams: [{id: t, name: !!str 007}]", nil},
		{"no is a text", "teams: [{id: no, name: on}]", nil},
		{"empty name", "teams: [{id: t, name: \"\"}]", []string{"1:23 teams[0].name: must not be empty"}},
		{"name with spaces around", "teams: [{id: t, name: \" T\"}]", []string{"1:23 teams[0].name: must be one line without spaces around it"}},
		{"name of two lines", "teams: [{id: t, name: \"a\\nb\"}]", []string{"1:23 teams[0].name: must be one line without spaces around it"}},
		{"name of 200 characters", "teams: [{id: t, name: " + strings.Repeat("ñ", 200) + "}]", nil},
		{"name of 201 characters", "teams: [{id: t, name: " + strings.Repeat("ñ", 201) + "}]", []string{"1:23 teams[0].name: may have at most 200 characters"}},

		{"ID of 64 characters", "teams: [{id: " + long[:64] + ", name: T}]", nil},
		{"ID of 65 characters", "teams: [{id: " + long + ", name: T}]", []string{"1:14 teams[0].id: an ID has 1 to 64 lower-case letters, digits, - and _"}},
		{"empty ID", "teams: [{id: \"\", name: T}]", []string{"1:14 teams[0].id: an ID has 1 to 64 lower-case letters, digits, - and _"}},
		{"upper case ID", "teams: [{id: Sales, name: T}]", []string{"1:14 teams[0].id: an ID has 1 to 64 lower-case letters, digits, - and _"}},
		{"ID with a slash", "teams: [{id: a/b, name: T}]", []string{"1:14 teams[0].id: an ID has 1 to 64 lower-case letters, digits, - and _"}},
		{"ID with a newline", "teams: [{id: \"a\\n\", name: T}]", []string{"1:14 teams[0].id: an ID has 1 to 64 lower-case letters, digits, - and _"}},
		{"ID no document can have", "teams: [{id: __a__, name: T}]", []string{"1:14 teams[0].id: an ID has 1 to 64 lower-case letters, digits, - and _"}},
		{"ID of underscores", "teams: [{id: _a_, name: T}]", nil},
		{"duplicate ID", "teams:\n- {id: t, name: T}\n- {id: u, name: U}\n- {id: t, name: V}\n", []string{`4:8 teams[2].id: there is another team "t" in line 2`}},
		{"same ID in two sections", "teams: [{id: a, name: T}]\nclients: [{id: a, name: A}]\n", nil},
		{"a bad ID is one mistake", "clients: [{id: A, name: A}]\nprojects: [{id: p, name: P, client: A}]\n", []string{
			"1:16 clients[0].id: an ID has 1 to 64 lower-case letters, digits, - and _"}},

		{"anchors", "clients: [&a {id: a, name: A}]\nteams: [*a]\n", nil},
		{"unknown anchor", team + "clients: [*b]\n", []string{"2:0 : not YAML: unknown anchor 'b' referenced"}},
		{"anchor in itself", "teams: &a [*a]\n", []string{"1:8 teams[0]: must have keys and values; possible: id, name"}},
		{"alias as key", "clients: [{&k id: a, name: A}]\nteams: [{*k : b, name: B}]\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, mistakes(tt.body, desk.Setup{})) })
	}
}

func TestSyntaxErrorsNameTheLine(t *testing.T) {
	tests := []struct {
		body string
		want string
	}{
		{"clients: [{id: a, name: b]\n\n\nteams: []\n", "4:0 : not YAML: did not find expected ',' or '}'"},
		{"teams:\n- id: a\n  name: b\n- id: c\n name: d\n- id: e\n", "5:0 : not YAML: did not find expected key"},
		{"teams:\n- id: a\n   name: b\n- id: c\n", "3:0 : not YAML: mapping values are not allowed in this context"},
		{"teams:\n  - a\n  b: c\n\n\n", "3:0 : not YAML: did not find expected '-' indicator"},
		{"teams:\n\t- a\n", "2:0 : not YAML: found character that cannot start any token"},
		{"a: b\nc: @d\n\n", "2:0 : not YAML: found character that cannot start any token"},
		{"a: b\nc: \x01\n", "2:0 : not YAML: control characters are not allowed"},
		{"a: b\nc: \xff\n", "2:0 : not YAML: invalid leading UTF-8 octet"},
		{strings.Repeat("[", 20_000), "1:0 : not YAML: exceeded max depth of 10000"},
	}
	for _, tt := range tests {
		assert.Equal(t, []string{tt.want}, mistakes(tt.body, desk.Setup{}), "%.40q", tt.body)
	}
}

func TestAllMistakesComeInTheOrderOfTheFile(t *testing.T) {
	assert.Equal(t, []string{
		`2:48 agents[0].roles[0]: there is no role "boss"; possible: agent, supervisor, admin`,
		`2:63 agents[0].teams[0]: there is no team "u"`,
		`3:1 extra: there is no key "extra" here; possible: settings, clients, projects, teams, queues, assets, agents`,
		"5:3 teams[0].name: is required",
		`6:37 projects[0].client: there is no client "nobody"`,
	}, mistakes(`agents:
- {id: a, name: A, email: a@x.example, roles: [boss], teams: [u]}
extra: 1
teams:
- {id: t}
projects: [{id: p, name: P, client: nobody}]
`, desk.Setup{}))
}

func TestTheFirstHundredMistakesAreShown(t *testing.T) {
	body := "teams:\n" + strings.Repeat("- {}\n", 50)
	_, err := parse([]byte(body))
	require.NoError(t, err, "mistakes alone are told by check")
	f, _ := parse([]byte(body))
	err = f.check(desk.Setup{})
	assert.Len(t, errorsOf(err), 100)
	assert.Equal(t, "the file has 100 mistakes", fault.Of(err).Detail)

	body += "- {id: t}\n"
	f, _ = parse([]byte(body))
	err = f.check(desk.Setup{})
	assert.Len(t, errorsOf(err), 100)
	assert.Equal(t, "the file has more than 100 mistakes; these are the first", fault.Of(err).Detail)

	_, err = parse([]byte("teams:\n" + strings.Repeat("- {}\n", 4000)))
	require.Error(t, err)
	got := errorsOf(err)
	assert.Len(t, got, 100)
	assert.Equal(t, 51, got[99].Line)
}

func TestTooMuchIsRefused(t *testing.T) {
	teams := func(n int) string {
		var b strings.Builder
		b.WriteString("teams:\n")
		for i := range n {
			fmt.Fprintf(&b, "- {id: t%d, name: T}\n", i)
		}
		return b.String()
	}
	queue := "clients: [{id: c, name: C}]\nprojects: [{id: p, name: P, client: c}]\nqueues:\n" +
		"- {id: q, name: Q, project: p, team: t0}\n" +
		"- id: r\n  name: R\n  project: p\n  team: t0\n  reasons:\n" + strings.ReplaceAll(strings.TrimPrefix(teams(4995), "teams:\n"), "- {", "  - {")
	laughs := "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nteams: *c\n"
	tests := []struct {
		name, body string
		want       []string
	}{
		{"5000 records", teams(5000), nil},
		{"5001 records", teams(5001), []string{"5002:3 teams[5000]: more than 5000 records; import them in parts"}},
		{"5000 with reasons", queue + teams(1), nil},
		{"5001 with reasons", queue + teams(2), []string{
			"5004:5 queues[1].reasons[4994]: more than 5000 records; import them in parts"}},
		{"too many values", "teams: [" + strings.Repeat("a,", 500_000) + "]", []string{"1:0 : " + tooManyValues}},
		{"too many keys", strings.Repeat("a:\n", 300_000), []string{"1:0 : " + tooManyValues}},
		{"a billion laughs", laughs, []string{
			`1:1 a: there is no key "a" here; possible: settings, clients, projects, teams, queues, assets, agents`,
			`2:1 b: there is no key "b" here; possible: settings, clients, projects, teams, queues, assets, agents`,
			`2:4 teams[0]: must have keys and values; possible: id, name`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mistakes(tt.body, desk.Setup{})
			assert.Equal(t, tt.want, got[:min(len(got), 3)])
		})
	}
}

func TestAliasesCountAsOftenAsTheyAreUsed(t *testing.T) {
	var b strings.Builder
	b.WriteString("clients: [{id: c, name: C}]\nprojects: [{id: p, name: P, client: c}]\nteams: [{id: t, name: T}]\n" +
		"queues:\n- id: q\n  name: Q\n  project: p\n  team: t\n  reasons:\n  - id: all\n    name: All\n    subReasons: &all\n")
	for n := range 200 {
		fmt.Fprintf(&b, "    - {id: s%d, name: S}\n", n)
	}
	head := b.String()
	for n := range 100 {
		fmt.Fprintf(&b, "  - {id: r%d, name: R, subReasons: *all}\n", n)
	}
	assert.Empty(t, mistakes(b.String(), desk.Setup{}), "20 000 sub-reasons")
	b.Reset()
	b.WriteString(head)
	for n := range 1000 {
		fmt.Fprintf(&b, "  - {id: r%d, name: R, subReasons: *all}\n", n)
	}
	got := mistakes(b.String(), desk.Setup{})
	require.Len(t, got, 1)
	assert.Contains(t, got[0], tooManyValues)
}
