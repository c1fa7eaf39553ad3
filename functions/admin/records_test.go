package admin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/desk"
)

func TestMistakesInQueues(t *testing.T) {
	const rest = "clients: [{id: c, name: C}]\nprojects: [{id: p, name: P, client: c}]\nteams: [{id: t, name: T}]\n"
	tests := []struct {
		name, with string
		want       []string
	}{
		{"reference to nothing", "team: slaes", []string{`8:9 queues[0].team: there is no team "slaes"`}},
		{"reference to another kind", "team: p", []string{`8:9 queues[0].team: there is no team "p"`}},
		{"reference that is a number", "team: 7", []string{"8:9 queues[0].team: must be text; put it in quotes"}},
		{"shortest offer", "team: t\n  offerTimeout: 5s", nil},
		{"longest offer", "team: t\n  offerTimeout: 15m", nil},
		{"offer too short", "team: t\n  offerTimeout: 4999ms", []string{"9:17 queues[0].offerTimeout: must be from 5s to 15m0s"}},
		{"offer too long", "team: t\n  offerTimeout: 15m1ms", []string{"9:17 queues[0].offerTimeout: must be from 5s to 15m0s"}},
		{"offer without unit", "team: t\n  offerTimeout: 20", []string{"9:17 queues[0].offerTimeout: must be a duration such as 20s or 2m"}},
		{"offer of nonsense", "team: t\n  offerTimeout: soon", []string{"9:17 queues[0].offerTimeout: must be a duration such as 20s or 2m"}},
		{"offer before its time", "team: t\n  offerTimeout: -20s", []string{"9:17 queues[0].offerTimeout: must be from 5s to 15m0s"}},
		{"shortest request", "team: t\n  conferenceWait: 10s", nil},
		{"longest request", "team: t\n  conferenceWait: 30m", nil},
		{"request too short", "team: t\n  conferenceWait: 9999ms", []string{"9:19 queues[0].conferenceWait: must be from 10s to 30m0s"}},
		{"shortest wait for one agent", "team: t\n  exclusiveWait: 10s", nil},
		{"longest wait for one agent", "team: t\n  exclusiveWait: 24h", nil},
		{"wait for one agent too short", "team: t\n  exclusiveWait: 9999ms", []string{"9:18 queues[0].exclusiveWait: must be from 10s to 24h0m0s"}},
		{"wait for one agent too long", "team: t\n  exclusiveWait: 24h1s", []string{"9:18 queues[0].exclusiveWait: must be from 10s to 24h0m0s"}},
		{"longest memory of an agent", "team: t\n  previousHours: 8760", nil},
		{"memory of an agent too long", "team: t\n  previousHours: 8761", []string{"9:18 queues[0].previousHours: must be a whole number from 0 to 8760"}},
		{"no word after the end", "team: t\n  afterword: 0s", nil},
		{"longest time after the end", "team: t\n  afterword: 24h", nil},
		{"time after the end too long", "team: t\n  afterword: 25h", []string{"9:14 queues[0].afterword: must be from 0s to 24h0m0s"}},
		{"request too long", "team: t\n  conferenceWait: 31m", []string{"9:19 queues[0].conferenceWait: must be from 10s to 30m0s"}},
		{"a service level", "team: t\n  serviceLevel: 1m30s", nil},
		{"a service level too short", "team: t\n  serviceLevel: 4s", []string{"9:17 queues[0].serviceLevel: must be from 5s to 1h0m0s"}},
		{"a service level that is not counted", "team: t\n  serviceLevel: 21s", []string{"9:17 queues[0].serviceLevel: must be one of 5s, 10s, 15s, 20s, 30s, 45s, 1m, 1m30s, 2m, 3m, 4m, 5m, 10m, 15m, 30m, 1h"}},
		{"a text", "team: t\n  texts: {joined: '" + strings.Repeat("é", 1000) + "'}", nil},
		{"no texts", "team: t\n  texts: {}", nil},
		{"a text too long", "team: t\n  texts: {joined: '" + strings.Repeat("é", 1001) + "'}", []string{"9:19 queues[0].texts.joined: must have 1 to 1000 characters"}},
		{"an empty text", "team: t\n  texts: {joined: ''}", []string{"9:19 queues[0].texts.joined: must have 1 to 1000 characters"}},
		{"a text for no occasion", "team: t\n  texts: {left: adios}", []string{`9:11 queues[0].texts.left: there is no key "left" here; possible: greeting, busy, closed, joined, warning, ended`}},
		{"shortest wrap-up", "team: t\n  wrapUpLimit: 10s", nil},
		{"longest wrap-up", "team: t\n  wrapUpLimit: 1h", nil},
		{"wrap-up too short", "team: t\n  wrapUpLimit: 9999ms", []string{"9:16 queues[0].wrapUpLimit: must be from 10s to 1h0m0s"}},
		{"wrap-up too long", "team: t\n  wrapUpLimit: 61m", []string{"9:16 queues[0].wrapUpLimit: must be from 10s to 1h0m0s"}},
		{"wrap-up without end", "team: t\n  wrapUpLimit: 0s", []string{"9:16 queues[0].wrapUpLimit: must be from 10s to 1h0m0s"}},
		{"wrap-up reason", "team: t\n  wrapUpReason: r\n  reasons: [{id: r, name: R}]", nil},
		{"wrap-up reason that every queue has", "team: t\n  wrapUpReason: transfer", nil},
		{"wrap-up reason of nobody", "team: t\n  wrapUpReason: r", []string{`9:17 queues[0].wrapUpReason: the queue has no reason "r"`}},
		{"wrap-up reason that is a number", "team: t\n  wrapUpReason: 7", []string{"9:17 queues[0].wrapUpReason: must be text; put it in quotes"}},
		{"shortest silence", "team: t\n  inactivity: {warnAfter: 30s, closeAfter: 30s}", nil},
		{"longest silence", "team: t\n  inactivity: {warnAfter: 24h, closeAfter: 24h}", nil},
		{"silence without a warning", "team: t\n  inactivity: {closeAfter: 5m}", nil},
		{"silence too short", "team: t\n  inactivity: {closeAfter: 29s}", []string{"9:28 queues[0].inactivity.closeAfter: must be from 30s to 24h0m0s"}},
		{"warning too late", "team: t\n  inactivity: {warnAfter: 25h, closeAfter: 5m}", []string{"9:27 queues[0].inactivity.warnAfter: must be from 30s to 24h0m0s"}},
		{"a warning of nothing", "team: t\n  inactivity: {warnAfter: 5m}", []string{"9:15 queues[0].inactivity.closeAfter: is required"}},
		{"no inactivity", "team: t\n  inactivity: null", nil},
		{"translations", "team: t\n  translations: [{language: es, greeting: hola, busy: espere}, {language: pt-BR, ended: tchau}]", nil},
		{"translation into nothing", "team: t\n  translations: [{greeting: hola}]", []string{"9:18 queues[0].translations[0].language: is required"}},
		{"translation into no language", "team: t\n  translations: [{language: Spanish, greeting: hola}]", []string{
			"9:29 queues[0].translations[0].language: must be a language tag such as es or pt-BR"}},
		{"two translations", "team: t\n  translations: [{language: es}, {language: ES}]", []string{
			`9:45 queues[0].translations[1].language: there is another translation into es in line 9`}},
		{"empty translation", "team: t\n  translations: [{language: es, greeting: ''}]", []string{
			"9:43 queues[0].translations[0].greeting: must have 1 to 1000 characters"}},
		{"no wrap-up reason", "team: t\n  wrapUpReason: null", nil},
		{"no history", "team: t\n  historyHours: 0", nil},
		{"a year of history", "team: t\n  historyHours: 8760", nil},
		{"too much history", "team: t\n  historyHours: 8761", []string{"9:17 queues[0].historyHours: must be a whole number from 0 to 8760"}},
		{"history before the beginning", "team: t\n  historyHours: -1", []string{"9:17 queues[0].historyHours: must be a whole number from 0 to 8760"}},
		{"half an hour of history", "team: t\n  historyHours: 0.5", []string{"9:17 queues[0].historyHours: must be a whole number"}},
		{"more than a number holds", "team: t\n  historyHours: 99999999999999999999", []string{"9:17 queues[0].historyHours: must be a whole number"}},
		{"attachments perhaps", "team: t\n  attachments: yes", []string{"9:16 queues[0].attachments: must be true or false"}},
		{"reasons are no list", "team: t\n  reasons: none", []string{"9:12 queues[0].reasons: must be a list"}},
		{"duplicate reason", "team: t\n  reasons:\n  - {id: r, name: R}\n  - {id: r, name: R}", []string{
			`11:10 queues[0].reasons[1].id: there is another reason "r" in line 10`}},
		{"duplicate sub-reason", "team: t\n  reasons:\n  - {id: r, name: R, subReasons: [{id: s, name: S}, {id: s, name: S}]}", []string{
			`10:58 queues[0].reasons[0].subReasons[1].id: there is another sub-reason "s" in line 10`}},
		{"sub-reason without a name", "team: t\n  reasons:\n  - {id: r, name: R, subReasons: [{id: s}]}", []string{
			"10:35 queues[0].reasons[0].subReasons[0].name: is required"}},
		{"too many sub-reasons", "team: t\n  reasons:\n  - {id: r, name: R, subReasons: [" + strings.Repeat("{id: s, name: S},", 201) + "]}", []string{
			"10:34 queues[0].reasons[0].subReasons: more than 200 sub-reasons"}},
		{"variables", "team: t\n  variables: [{id: v, name: V, access: hidden}, {id: w, name: W, access: visible}]", nil},
		{"reserved variables", "team: t\n  variables:\n  - {id: origin, name: O, access: hidden}\n  - {id: direction, name: D, access: hidden}", []string{
			`10:10 queues[0].variables[0].id: the ID "origin" is reserved`, `11:10 queues[0].variables[1].id: the ID "direction" is reserved`}},
		{"variable twice", "team: t\n  variables:\n  - {id: v, name: V, access: hidden}\n  - {id: v, name: W, access: hidden}", []string{
			`11:10 queues[0].variables[1].id: there is another variable "v" in line 10`}},
		{"variable without access", "team: t\n  variables:\n  - {id: v, name: V}", []string{"10:5 queues[0].variables[0].access: is required"}},
		{"unknown access", "team: t\n  variables:\n  - {id: v, name: V, access: secret}", []string{
			`10:30 queues[0].variables[0].access: there is no access "secret"; possible: hidden, visible, editable`}},
		{"50 variables", "team: t\n  variables: [" + variablesOf(50) + "]", nil},
		{"51 variables", "team: t\n  variables: [" + variablesOf(51) + "]", []string{"9:14 queues[0].variables: more than 50 variables"}},
		{"assets that help", "team: t\n  assets: [\"whatsapp:1\", \"messenger:2\"]", []string{
			`9:12 queues[0].assets[0]: there is no asset "whatsapp:1"`, `9:26 queues[0].assets[1]: there is no asset "messenger:2"`}},
		{"an asset twice", "team: t\n  assets: [\"whatsapp:1\", \"whatsapp:1\"]", []string{
			`9:12 queues[0].assets[0]: there is no asset "whatsapp:1"`, `9:26 queues[0].assets[1]: "whatsapp:1" is named twice`,
			`9:26 queues[0].assets[1]: there is no asset "whatsapp:1"`}},
		{"101 assets", "team: t\n  assets: [" + strings.Repeat("a, ", 101) + "]", []string{"9:11 queues[0].assets: more than 100 assets"}},
		{"transfers that are dropped", "team: t\n  unansweredTransfer: drop", nil},
		{"transfers that are lost", "team: t\n  unansweredTransfer: lose", []string{
			`9:23 queues[0].unansweredTransfer: there is no way "lose"; possible: drop, requeue, return`}},
		{"places", "team: t\n  reasons: [{id: a, name: A, order: 9}, {id: b, name: B, order: 1000000}]", nil},
		{"place before the first", "team: t\n  reasons: [{id: a, name: A, order: 0}]", []string{
			"9:37 queues[0].reasons[0].order: must be a whole number from 1 to 1000000"}},
		{"a template", oneTemplate("body: Hola"), nil},
		{"a template with places", oneTemplate("body: '{{2}} {{1}}'"), nil},
		{"as long as it may be", oneTemplate("body: '" + strings.Repeat("é", 1024) + "', header: '" + strings.Repeat("é", 60) + "', footer: '" + strings.Repeat("é", 60) + "'"), nil},
		{"templates are no list", "team: t\n  templates: none", []string{"9:14 queues[0].templates: must be a list"}},
		{"a template without a body", oneTemplate("header: a"), []string{"9:15 queues[0].templates[0].body: is required"}},
		{"a body too long", oneTemplate("body: '" + strings.Repeat("é", 1025) + "'"), []string{bad("body: must have 1 to 1024 characters")}},
		{"an empty body", oneTemplate("body: ''"), []string{bad("body: must have 1 to 1024 characters")}},
		{"a body with a tab", oneTemplate(`body: "a\tb"`), []string{bad("body: must be lines without tabs, and without spaces around them all")}},
		{"a body with a space before it", oneTemplate("body: ' a'"), []string{bad("body: must be lines without tabs, and without spaces around them all")}},
		{"a body of two lines", oneTemplate(`body: "a\nb"`), nil},
		{"a place left out", oneTemplate("body: '{{1}} {{3}}'"), []string{bad("body: the places must be numbered without gaps")}},
		{"a place by name", oneTemplate("body: '{{name}}'"), []string{bad("body: a place is a number in double braces, such as {{1}}")}},
		{"place 21", oneTemplate("body: '{{21}}'"), []string{bad("body: places are numbered from {{1}} to {{20}}")}},
		{"a header too long", oneTemplate("body: a, header: '" + strings.Repeat("é", 61) + "'"), []string{"9:98 queues[0].templates[0].header: may have at most 60 characters"}},
		{"a header with a place", oneTemplate("body: a, header: '{{1}}'"), []string{"9:98 queues[0].templates[0].header: has no places for values"}},
		{"a footer of two lines", oneTemplate(`body: a, footer: "a\nb"`), []string{"9:98 queues[0].templates[0].footer: must be one line without spaces around it"}},
		{"a template for Messenger", "team: t\n  templates: [{id: a, name: A, channel: messenger, channelName: a, language: es, body: a}]", []string{
			`9:41 queues[0].templates[0].channel: there is no channel with templates "messenger"; possible: whatsapp`}},
		{"a channel's name in capitals", "team: t\n  templates: [{id: a, name: A, channel: whatsapp, channelName: Parcel, language: es, body: a}]", []string{
			"9:64 queues[0].templates[0].channelName: must be lower-case letters, digits and _, such as parcel_ready"}},
		{"a channel's name too long", "team: t\n  templates: [{id: a, name: A, channel: whatsapp, channelName: " + strings.Repeat("a", 513) + ", language: es, body: a}]", []string{
			"9:64 queues[0].templates[0].channelName: must be lower-case letters, digits and _, such as parcel_ready"}},
		{"a language tag of another kind", "team: t\n  templates: [{id: a, name: A, channel: whatsapp, channelName: a, language: pt-BR, body: a}]", []string{
			"9:77 queues[0].templates[0].language: must be a language as the channel writes it, such as es or pt_BR"}},
		{"duplicate template", "team: t\n  templates:\n  - &a {id: a, name: A, channel: whatsapp, channelName: a, language: es, body: a}\n  - *a", []string{
			`10:13 queues[0].templates[1].id: there is another template "a" in line 10`}},
		{"transfer of their own", "team: t\n  reasons:\n  - {id: transfer, name: Doorverbonden}", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := rest + "queues:\n- id: q\n  name: Q\n  project: p\n  " + tt.with + "\n"
			assert.Equal(t, tt.want, mistakes(body, desk.Setup{}))
		})
	}
}

// oneTemplate is a queue with a template that has these keys besides those it must have; bad is a mistake in the first of them.
func oneTemplate(keys string) string {
	return "team: t\n  templates: [{id: a, name: A, channel: whatsapp, channelName: a, language: es, " + keys + "}]"
}

func bad(mistake string) string { return "9:87 queues[0].templates[0]." + mistake }

func TestAWrapUpReasonMayBeStored(t *testing.T) {
	stored := desk.Setup{Projects: []desk.Project{{Head: desk.Head{ID: "p"}}}, Teams: []desk.Team{{Head: desk.Head{ID: "t"}}},
		Queues:  []desk.Queue{{Head: desk.Head{ID: "q"}}, {Head: desk.Head{ID: "other"}}},
		Reasons: []desk.Reason{{Head: desk.Head{ID: "r"}, Queue: "q"}, {Head: desk.Head{ID: "s"}, Queue: "other"}}}
	const queue = "queues:\n- {id: q, name: Q, project: p, team: t, wrapUpReason: "
	assert.Empty(t, mistakes(queue+"r}\n", stored))
	assert.Equal(t, []string{`2:55 queues[0].wrapUpReason: the queue has no reason "s"`}, mistakes(queue+"s}\n", stored))
}

func variablesOf(n int) string {
	var list []string
	for v := range n {
		list = append(list, fmt.Sprintf("{id: v%d, name: V, access: visible}", v))
	}
	return strings.Join(list, ", ")
}

func TestMistakesInEntryRules(t *testing.T) {
	stored := desk.Setup{Queues: []desk.Queue{
		{Head: desk.Head{ID: "sales"}}, {Head: desk.Head{ID: "gone"}, DeletedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}}
	const rule = "{on: ref, value: x, queue: sales}"
	tests := []struct {
		name, rules string
		want        []string
	}{
		{"every kind", "{on: intent, value: buy, queue: sales}, {on: group, value: a b, queue: sales}, {on: ref, value: '#', queue: sales}, " +
			"{on: locale, value: es_MX, queue: sales}, {on: keyword, value: 'order status', queue: sales}", nil},
		{"unknown kind", "{on: time, value: x, queue: sales}", []string{
			`3:14 assets[0].rules[0].on: there is no rule "time"; possible: intent, group, ref, locale, keyword`}},
		{"no value", "{on: ref, queue: sales}", []string{"3:9 assets[0].rules[0].value: is required"}},
		{"empty value", "{on: keyword, value: '', queue: sales}", []string{"3:30 assets[0].rules[0].value: must not be empty"}},
		{"keyword without a word", "{on: keyword, value: '?!', queue: sales}", []string{"3:30 assets[0].rules[0].value: must hold a letter or a digit"}},
		{"locale without a word", "{on: locale, value: '-', queue: sales}", []string{"3:29 assets[0].rules[0].value: must hold a letter or a digit"}},
		{"keyword of 201 characters", "{on: keyword, value: " + strings.Repeat("é", 201) + ", queue: sales}", []string{
			"3:30 assets[0].rules[0].value: may have at most 200 characters"}},
		{"no such queue", "{on: ref, value: x, queue: nowhere}", []string{`3:36 assets[0].rules[0].queue: there is no queue "nowhere"`}},
		{"deleted queue", "{on: ref, value: x, queue: gone}", []string{`3:36 assets[0].rules[0].queue: there is no queue "gone"`}},
		{"100 rules", strings.Repeat(rule+", ", 99) + rule, nil},
		{"101 rules", strings.Repeat(rule+", ", 100) + rule, []string{"3:8 assets[0].rules: more than 100 rules"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := "assets:\n- {channel: messenger, account: \"1\", name: N, display: D, queue: sales, token: tok, rules:\n      [" + tt.rules + "]}\n"
			assert.Equal(t, tt.want, mistakes(strings.Replace(body, "      [", "       [", 1), stored))
		})
	}
}

func TestMistakesInAssets(t *testing.T) {
	stored := desk.Setup{Queues: []desk.Queue{{Head: desk.Head{ID: "sales"}}}}
	const good = "- {channel: whatsapp, account: \"1\", name: N, display: D, queue: sales, token: tok}\n"
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{"good", "", "", nil},
		{"unknown channel", "whatsapp", "telegram", []string{`2:13 assets[0].channel: there is no channel "telegram"; possible: messenger, whatsapp`}},
		{"account is a number", `"1"`, "1", []string{"2:32 assets[0].account: must be text; put it in quotes"}},
		{"account with a plus", `"1"`, `"+1"`, []string{"2:32 assets[0].account: a WhatsApp account is the phone number ID: up to 32 digits"}},
		{"account of 33 digits", `"1"`, `"` + strings.Repeat("1", 33) + `"`, []string{"2:32 assets[0].account: a WhatsApp account is the phone number ID: up to 32 digits"}},
		{"account in other digits", `"1"`, `"١"`, []string{"2:32 assets[0].account: a WhatsApp account is the phone number ID: up to 32 digits"}},
		{"a page", "whatsapp", "messenger", nil},
		{"page by its name", `whatsapp, account: "1"`, `messenger, account: "acme"`, []string{"2:33 assets[0].account: a Messenger account is the page ID: up to 32 digits"}},
		{"no display", "display: D, ", "", []string{"2:3 assets[0].display: is required"}},
		{"empty display", "display: D", `display: ""`, []string{"2:55 assets[0].display: must not be empty"}},
		{"no such queue", "sales", "support", []string{`2:65 assets[0].queue: there is no queue "support"`}},
		{"no token", ", token: tok", "", []string{"2:3 assets[0].token: is required"}},
		{"token is an access token", "token: tok", "token: EAAJZCexample0ZBqZA", []string{
			"2:79 assets[0].token: must be the name of a secret such as whatsapp-acme, never the secret itself"}},
		{"token is an app secret", "token: tok", "token: 0123456789abcdef0123456789abcdef", []string{
			"2:79 assets[0].token: must be the name of a secret such as whatsapp-acme, never the secret itself"}},
		{"token is a longer name", "token: tok", "token: whatsapp-access-token-of-acme-bicycles", nil},
		{"status updates perhaps", "tok}", "tok, statusUpdates: maybe}", []string{"2:99 assets[0].statusUpdates: must be true or false"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, mistakes("assets:\n"+strings.Replace(good, tt.old, tt.new, 1), stored))
		})
	}
	t.Run("twice", func(t *testing.T) {
		assert.Equal(t, []string{"3:32 assets[1].account: there is another asset with this account in line 2"},
			mistakes("assets:\n"+good+good, stored))
	})
}

func TestMistakesInAgents(t *testing.T) {
	stored := desk.Setup{
		Teams: []desk.Team{{Head: desk.Head{ID: "t"}}},
		Agents: []desk.Agent{
			{Head: desk.Head{ID: "ana"}, Email: "ana@x.example"}, {Head: desk.Head{ID: "bob"}, Email: "bob@x.example"}},
	}
	tests := []struct {
		name, agents string
		want         []string
	}{
		{"good", "- {id: eve, name: E, email: eve@x.example, roles: [agent], teams: [t], capacity: 50}", nil},
		{"no team is needed", "- {id: eve, name: E, email: eve@x.example, roles: [admin]}", nil},
		{"teams: nothing", "- {id: eve, name: E, email: eve@x.example, roles: [admin], teams: }", nil},
		{"no roles", "- {id: eve, name: E, email: eve@x.example}", []string{"2:3 agents[0].roles: is required"}},
		{"empty roles", "- {id: eve, name: E, email: eve@x.example, roles: []}", []string{"2:51 agents[0].roles: must name at least one role"}},
		{"one role as a text", "- {id: eve, name: E, email: eve@x.example, roles: agent}", []string{"2:51 agents[0].roles: must be a list"}},
		{"unknown role", "- {id: eve, name: E, email: eve@x.example, roles: [agent, boss]}", []string{
			`2:59 agents[0].roles[1]: there is no role "boss"; possible: agent, supervisor, admin`}},
		{"role twice", "- {id: eve, name: E, email: eve@x.example, roles: [agent, agent]}", []string{`2:59 agents[0].roles[1]: "agent" is named twice`}},
		{"team twice", "- {id: eve, name: E, email: eve@x.example, roles: [agent], teams: [t, t]}", []string{`2:71 agents[0].teams[1]: "t" is named twice`}},
		{"no such team", "- {id: eve, name: E, email: eve@x.example, roles: [agent], teams: [t, u]}", []string{`2:71 agents[0].teams[1]: there is no team "u"`}},
		{"capacity of nothing", "- {id: eve, name: E, email: eve@x.example, roles: [agent], capacity: 0}", []string{"2:70 agents[0].capacity: must be a whole number from 1 to 50"}},
		{"capacity of 51", "- {id: eve, name: E, email: eve@x.example, roles: [agent], capacity: 51}", []string{"2:70 agents[0].capacity: must be a whole number from 1 to 50"}},
		{"capacity in quotes", "- {id: eve, name: E, email: eve@x.example, roles: [agent], capacity: \"3\"}", []string{"2:70 agents[0].capacity: must be a whole number"}},
		{"no address", "- {id: eve, name: E, email: eve, roles: [agent]}", []string{"2:29 agents[0].email: must be an e-mail address such as ana@example.com"}},
		{"address with a name", "- {id: eve, name: E, email: Eve <eve@x.example>, roles: [agent]}", []string{"2:29 agents[0].email: must be an e-mail address such as ana@example.com"}},
		{"two addresses", "- {id: eve, name: E, email: \"a@x.example, b@x.example\", roles: [agent]}", []string{"2:29 agents[0].email: must be an e-mail address such as ana@example.com"}},
		{"address with spaces around", "- {id: eve, name: E, email: \" eve@x.example\", roles: [agent]}", []string{"2:29 agents[0].email: must be an e-mail address such as ana@example.com"}},
		{"address of 255 bytes", "- {id: eve, name: E, email: e@" + strings.Repeat("x", 253) + ", roles: [agent]}", []string{"2:29 agents[0].email: must be an e-mail address such as ana@example.com"}},
		{"one address in the file", "- {id: eve, name: E, email: eve@x.example, roles: [agent]}\n- {id: kim, name: K, email: EVE@x.example, roles: [agent]}", []string{
			"3:29 agents[1].email: there is another agent with this e-mail address in line 2"}},
		{"one address on record", "- {id: eve, name: E, email: Ana@x.example, roles: [agent]}", []string{
			`2:29 agents[0].email: the agent "ana", who is not in the file, has this e-mail address`}},
		{"his own address", "- {id: ana, name: Ana, email: ana@x.example, roles: [agent]}", nil},
		{"addresses change hands", "- {id: ana, name: Ana, email: bob@x.example, roles: [agent]}\n- {id: bob, name: Bob, email: ana@x.example, roles: [agent]}", nil},
		{"address of one who gets another", "- {id: ana, name: Ana, email: a@x.example, roles: [agent]}\n- {id: eve, name: E, email: ana@x.example, roles: [agent]}", nil},
		{"reserved", "- {id: me, name: M, email: me@x.example, roles: [agent]}\n- {id: bootstrap, name: B, email: b@x.example, roles: [agent]}", []string{
			`2:8 agents[0].id: the ID "me" is reserved`, `3:8 agents[1].id: the ID "bootstrap" is reserved`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, mistakes("agents:\n"+tt.agents+"\n", stored))
		})
	}
}
