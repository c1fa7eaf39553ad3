package admin

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// imported is a centre after a file was imported into it.
func imported(t require.TestingT, have desk.Setup, text []byte) (desk.Imported, desk.Setup) {
	f, err := parse(text)
	require.NoError(t, err, "%s", text)
	require.NoError(t, f.check(have), "%s", text)
	in := desk.Import(desk.Centre{Head: desk.Head{ID: desk.CentreID}}, have, f.Setup, "ada", nine)
	return in, stored(in.Save)
}

// said is what an export says of a configuration, to compare two.
func said(t require.TestingT, have desk.Setup) string {
	text, err := export(have)
	require.NoError(t, err)
	return string(text)
}

// Export equals import: into the same centre it changes nothing, into an empty one it makes the same centre.
func TestAnExportIsWhatWasImported(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have := setups().Draw(t, "setup")
		text := said(t, have)
		in, _ := imported(t, have, []byte(text))
		assert.Empty(t, in.Save, "%s", text)
		assert.Empty(t, in.Created)
		assert.Empty(t, in.Changed)

		_, copied := imported(t, desk.Setup{}, []byte(text))
		assert.Equal(t, text, said(t, copied))
		assert.Equal(t, plainly(have), plainly(copied), "%s", text)
	})
}

func TestAnExportIsStable(t *testing.T) {
	_, have := imported(t, desk.Setup{}, centre.Example)
	want := said(t, have)
	for range 5 {
		mixed(have.Clients)
		mixed(have.Projects)
		mixed(have.Teams)
		mixed(have.Queues)
		mixed(have.Reasons)
		mixed(have.Templates)
		mixed(have.Assets)
		mixed(have.Agents)
		assert.Equal(t, want, said(t, have))
	}
}

func mixed[T any](list []T) {
	rand.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
}

// plainly is a configuration without what its way into the database adds, in the order of IDs.
func plainly(s desk.Setup) desk.Setup {
	return desk.Setup{
		Clients: bare(s.Clients), Projects: bare(s.Projects), Teams: bare(s.Teams), Queues: bare(s.Queues),
		Reasons: bare(s.Reasons), Assets: bare(s.Assets), Agents: bare(s.Agents), Templates: bare(s.Templates),
	}
}

func bare[T any, P interface {
	*T
	desk.Record
}](list []T) []T {
	list = slices.Clone(list)
	for n := range list {
		p := P(&list[n])
		p.Base().Version = 0
		if a, ok := any(p).(*desk.Agent); ok {
			*a = desk.Agent{Head: a.Head, Name: a.Name, Email: a.Email, Roles: a.Roles, Teams: a.Teams, Capacity: a.Capacity,
				Capacities: a.Capacities, Skills: a.Skills, Serves: a.Serves}
		}
	}
	slices.SortFunc(list, func(a, b T) int {
		return slices.Compare([]string{desk.QueueOfRecord(P(&a)), P(&a).Base().ID}, []string{desk.QueueOfRecord(P(&b)), P(&b).Base().ID})
	})
	return list
}

// setups are configurations that can be stored.
func setups() *rapid.Generator[desk.Setup] {
	return rapid.Custom(func(t *rapid.T) (s desk.Setup) {
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9_-]{1,6}`).Filter(goodID), 1, 4, rapid.ID)
		named := rapid.OneOf(rapid.StringOf(rapid.Rune()), rapid.SampledFrom([]string{
			"yes", "no", "~", "null", "1", "0x1f", "1e3", "12:30", "2026-03-02", "<<", "=", "- a", "a: b", "a #b", "#", "'", `"`, "{}", "[", "!x", "&a", "*a", "%", "@", "`", "|", ">", "?", "é 😀", "ا"})).
			Filter(goodName)
		name := func(label string) string { return named.Draw(t, label) }
		pick := func(from []string) string { return rapid.SampledFrom(from).Draw(t, "reference") }
		clients, projects, teams, queues := ids.Draw(t, "clients"), ids.Draw(t, "projects"), ids.Draw(t, "teams"), ids.Draw(t, "queues")
		for _, id := range clients {
			s.Clients = append(s.Clients, desk.Client{Head: desk.Head{ID: id, Version: 3}, Name: name("client"), HistoryConversations: rapid.IntRange(0, pastMax).Draw(t, "past")})
		}
		for _, id := range projects {
			s.Projects = append(s.Projects, desk.Project{Head: desk.Head{ID: id, Version: 2}, Name: name("project"), Client: pick(clients)})
		}
		for _, id := range teams {
			s.Teams = append(s.Teams, desk.Team{Head: desk.Head{ID: id, Version: 2}, Name: name("team")})
		}
		for _, id := range queues {
			q := desk.Queue{Head: desk.Head{ID: id, Version: 2}, Name: name("queue"), Project: pick(projects), Team: pick(teams),
				OfferTimeout: time.Duration(rapid.Int64Range(5000, 900_000).Draw(t, "timeout")) * time.Millisecond,
				HistoryHours: rapid.IntRange(0, historyMax).Draw(t, "history"), Attachments: rapid.Bool().Draw(t, "attachments"),
				AutoAccept: rapid.Bool().Draw(t, "not asked"),
				Unanswered: rapid.SampledFrom([]desk.Unanswered{"", desk.UnansweredRequeue, desk.UnansweredReturn}).Draw(t, "unanswered")}
			for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 0, 3, rapid.ID).Draw(t, "variables") {
				q.Variables = append(q.Variables, desk.Variable{ID: id, Name: name("variable"),
					Access: rapid.SampledFrom([]desk.VariableAccess{desk.VariableHidden, desk.VariableVisible, desk.VariableEditable}).Draw(t, "access")})
			}
			q.Afterword = time.Duration(rapid.SampledFrom([]int{0, 1, 10, 1440}).Draw(t, "afterword")) * time.Minute
			q.ServiceLevel = rapid.SampledFrom([]time.Duration{0, 5 * time.Second, 45 * time.Second, time.Hour}).Draw(t, "level")
			q.PreviousHours = rapid.SampledFrom([]int{0, 1, 8760}).Draw(t, "previous")
			q.ExclusiveWait = time.Duration(rapid.SampledFrom([]int{0, 10, 300, 86400}).Draw(t, "exclusive")) * time.Second
			q.ConferenceWait = time.Duration(rapid.SampledFrom([]int{0, 10, 90, 1800}).Draw(t, "wait")) * time.Second
			if text := rapid.SampledFrom([]string{"", "hola", "0x1f", "on: off\nyes"}).Draw(t, "text"); text != "" {
				q.Texts = []desk.Text{{On: desk.TextJoined, Text: text}}
				for _, language := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"es", "pt-BR", "zh-Hant-TW"}), 0, 3, rapid.ID).Draw(t, "languages") {
					q.Texts = append(q.Texts, desk.Text{On: desk.TextGreeting, Language: language, Text: text}, desk.Text{On: desk.TextEnded, Language: language, Text: text})
				}
			}
			q.Limits.WrapUp = time.Duration(rapid.SampledFrom([]int{0, 10, 90, 3600}).Draw(t, "wrap-up limit")) * time.Second
			if rapid.Bool().Draw(t, "inactivity") {
				q.Limits.WarnAfter = time.Duration(rapid.SampledFrom([]int{0, 30, 600}).Draw(t, "warning")) * time.Second
				q.Limits.CloseAfter = time.Duration(rapid.SampledFrom([]int{30, 600}).Draw(t, "silence")) * time.Second
			}
			q.WrapUpReason = rapid.SampledFrom([]string{"", desk.ReasonTransfer}).Draw(t, "wrap-up reason")
			routed(t, &q, queues)
			s.Queues = append(s.Queues, q)
			transfer := desk.DefaultTransfer(id)
			transfer.Version = 1
			if rapid.Bool().Draw(t, "own transfer") {
				transfer.Name, transfer.Order = name("transfer"), rapid.IntRange(1, desk.OrderMax).Draw(t, "order")
			}
			s.Reasons = append(s.Reasons, transfer)
			for _, reason := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 0, 4, rapid.ID).Draw(t, "reasons") {
				one := desk.Reason{Head: desk.Head{ID: reason, Version: 1}, Queue: id, Name: name("reason"), Order: rapid.IntRange(1, 6).Draw(t, "order")}
				for n := range rapid.IntRange(0, 2).Draw(t, "sub-reasons") {
					one.SubReasons = append(one.SubReasons, desk.SubReason{ID: fmt.Sprint(n), Name: name("sub-reason")})
				}
				s.Reasons = append(s.Reasons, one)
			}
			for _, template := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 0, 3, rapid.ID).Draw(t, "templates") {
				s.Templates = append(s.Templates, desk.Template{Head: desk.Head{ID: template, Version: 1}, Queue: id, Channel: desk.WhatsApp,
					Name: name("template"), ChannelName: "t_" + template, Language: rapid.SampledFrom([]string{"es", "no", "pt_BR"}).Draw(t, "language"),
					Header: rapid.SampledFrom([]string{"", "Acme: shoes"}).Draw(t, "header"), Footer: rapid.SampledFrom([]string{"", "# bye"}).Draw(t, "footer"),
					Body: rapid.SampledFrom([]string{"Hola", "Hola {{1}}:\n- {{2}}\n\n  ok", "'{{1}}' \"x\""}).Draw(t, "body")})
			}
		}
		s.Assets = assets(t, queues, name)
		for n, id := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{3,6}`), 0, 3, rapid.ID).Draw(t, "agents") {
			a := desk.Agent{Head: desk.Head{ID: id, Version: 9}, Name: name("agent"), Email: fmt.Sprintf("%d@x.example", n),
				Roles: []string{desk.RoleAgent}, Teams: rapid.SliceOfNDistinct(rapid.SampledFrom(teams), 0, len(teams), rapid.ID).Draw(t, "teams"),
				Capacity: rapid.IntRange(1, capacityMax).Draw(t, "capacity"), State: desk.AgentOffline}
			if len(a.Teams) == 0 {
				a.Teams = nil
			}
			a.Skills = drawnSkills(t)
			if rapid.Bool().Draw(t, "channel") {
				a.Capacities = []desk.ChannelCapacity{{Channel: desk.WhatsApp, Most: rapid.IntRange(0, capacityMax).Draw(t, "most")}, {Channel: desk.Messenger, Most: 1}}
			}
			s.Agents = append(s.Agents, serving(a, s.Queues))
		}
		return s
	})
}

// routed gives a queue what its conversations ask for and when it is open; its overflow is one that comes later in the list, so
// that no conversation comes back.
func routed(t *rapid.T, q *desk.Queue, queues []string) {
	for n := range rapid.IntRange(0, 2).Draw(t, "profiles") {
		p := desk.SkillProfile{ID: fmt.Sprint("p", n), Skills: drawnSkills(t)}
		if rapid.Bool().Draw(t, "relaxes") {
			p.RelaxTo, p.After = desk.ProfileAny, 45*time.Second
		}
		q.Profiles = append(q.Profiles, p)
	}
	if len(q.Profiles) == 2 {
		q.Profiles[0].RelaxTo, q.Profiles[0].After = "p1", 90*time.Minute
	}
	q.Priority = rapid.IntRange(0, desk.PriorityMax).Draw(t, "priority")
	q.PriorityBoost = time.Duration(rapid.SampledFrom([]int{0, 1, 59, 90, 3600}).Draw(t, "boost")) * time.Second
	q.Strategy = rapid.SampledFrom([]desk.Strategy{"", desk.StrategyLeastBusy, desk.StrategyRoundRobin}).Draw(t, "strategy")
	if rapid.Bool().Draw(t, "hours") {
		q.Hours = desk.Hours{Zone: rapid.SampledFrom([]string{"UTC", "Europe/Madrid", "America/Argentina/Buenos_Aires"}).Draw(t, "zone"),
			Week: []desk.Opening{{Days: []time.Weekday{time.Monday, time.Sunday}, Span: desk.Span{From: 540, To: 1080}},
				{Days: []time.Weekday{time.Saturday}, Span: desk.Span{To: 1440}}}}
		if rapid.Bool().Draw(t, "holidays") {
			q.Hours.Holidays = []desk.Holiday{{Date: "2026-12-25"}, {Date: "2026-12-24", Open: []desk.Span{{From: 1, To: 2}, {From: 59, To: 61}}}}
		}
	}
	if n := slices.Index(queues, q.ID); n+1 < len(queues) && rapid.Bool().Draw(t, "overflow") {
		q.Overflow, q.MaxWait = queues[n+1], time.Duration(rapid.SampledFrom([]int{0, 10, 3600}).Draw(t, "longest wait"))*time.Second
		q.WhenClosed = desk.WhenClosedOverflow
	} else {
		q.WhenClosed = rapid.SampledFrom([]desk.WhenClosed{"", desk.WhenClosedClose}).Draw(t, "closed")
	}
}

func drawnSkills(t *rapid.T) (list []desk.Skill) {
	for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,3}`), 0, 2, rapid.ID).Draw(t, "skills") {
		list = append(list, desk.Skill{ID: id, Level: rapid.IntRange(1, desk.LevelMax).Draw(t, "level")})
	}
	return list
}

// assets are some that lead to the queues.
func assets(t *rapid.T, queues []string, name func(string) string) (list []desk.Asset) {
	for _, account := range rapid.SliceOfNDistinct(rapid.StringMatching(`[0-9]{1,5}`), 0, 3, rapid.ID).Draw(t, "assets") {
		a := desk.Asset{Channel: rapid.SampledFrom(desk.Channels()).Draw(t, "channel"), Account: account, Name: name("asset"),
			Display: name("display"), Queue: rapid.SampledFrom(queues).Draw(t, "queue"), Token: "token", StatusUpdates: rapid.Bool().Draw(t, "updates")}
		a.Head = desk.Head{ID: desk.AssetID(a.Channel, account), Version: 1}
		for range rapid.IntRange(0, 2).Draw(t, "rules") {
			a.Rules = append(a.Rules, desk.EntryRule{
				On:    rapid.SampledFrom([]desk.EntryKind{desk.EntryIntent, desk.EntryGroup, desk.EntryRef}).Draw(t, "on"),
				Value: name("value"), Queue: rapid.SampledFrom(queues).Draw(t, "queue"),
				Profile: rapid.SampledFrom([]string{"", desk.ProfileAny}).Draw(t, "profile"), Priority: rapid.IntRange(0, desk.PriorityMax).Draw(t, "priority")})
		}
		list = append(list, a)
	}
	return list
}

// serving is an agent who is in line with the queues.
func serving(a desk.Agent, queues []desk.Queue) desk.Agent {
	c := desk.Centre{Head: desk.Head{ID: desk.CentreID, Version: 1}}
	return *desk.Align(a, c, c.Services(queues)).Agent
}

// goodName reports whether a file may hold the name.
func goodName(s string) bool {
	body, err := json.Marshal(map[string]string{"name": s})
	if err != nil || !utf8.ValidString(s) {
		return false
	}
	f, err := single(key{kind: desk.KindTeam, id: "t"}, body)
	return err == nil && len(f.found) == 0
}

func TestTheCentreIsExportedAndImportedBack(t *testing.T) {
	r := start(t, firestore.Options{})
	r.imports(string(centre.Example))
	r.creates("queues/sales/reasons/late", `{"name":"Too late"}`).is("")
	r.deletes("queues/sales/reasons/question", `"1"`).is("")
	got := r.gets("export")
	assert.Equal(t, `"3"`, got.is(""))
	assert.Equal(t, "application/yaml", got.Header().Get("Content-Type"))
	before := r.stored()
	again := r.imports(got.Body.String())
	assert.Equal(t, api.Counts{}, again.Created)
	assert.Equal(t, api.Counts{}, again.Changed)
	assert.Equal(t, before, r.stored())

	other := start(t, firestore.Options{})
	other.imports(got.Body.String())
	assert.Equal(t, got.Body.String(), other.gets("export").Body.String())
	assert.Equal(t, plainly(before), plainly(other.stored()))
}

// YAML of old reads a bare on as a truth, so it is written in quotes; a file need not.
func TestAnExportReadsWell(t *testing.T) {
	_, have := imported(t, desk.Setup{}, []byte(complete))
	assert.Equal(t, `clients:
  - id: acme
    name: Acme
    historyConversations: 7
projects:
  - id: care
    name: Customer care
    client: acme
teams:
  - id: support
    name: Support
queues:
  - id: plain
    name: Plain
    project: care
    team: support
    offerTimeout: 20s
  - id: sales
    name: Sales
    project: care
    team: support
    offerTimeout: 1m30s
    historyHours: 24
    attachments: true
    autoAccept: true
    wrapUpLimit: 2m
    wrapUpReason: question
    inactivity:
      warnAfter: 10m
      closeAfter: 5m
    variables:
      - id: order
        name: Order number
        access: editable
      - id: tier
        name: Tier
        access: hidden
    assets:
      - messenger:200000000000002
    unansweredTransfer: return
    conferenceWait: 1m30s
    exclusiveWait: 1h
    previousHours: 48
    afterword: 1m
    serviceLevel: 45s
    texts:
      joined: Somebody has joined
    translations:
      - language: pt-BR
        greeting: Olá
    reasons:
      - id: sale
        name: Sale
        subReasons:
          - id: new
            name: New customer
          - id: more
            name: Existing customer
      - id: question
        name: Question
        order: 7
    templates:
      - id: parcel
        name: Parcel has come
        channel: whatsapp
        channelName: parcel_ready
        language: pt_BR
        header: Acme
        body: |-
          Olá {{1}},
          o seu pedido {{2}} chegou.
        footer: A sua loja
      - id: zone
        name: Zone
        channel: whatsapp
        channelName: zone
        language: es
        body: Hola
assets:
  - channel: messenger
    account: "200000000000002"
    name: Acme page
    display: Acme
    queue: plain
    token: messenger-acme
    rules:
      - "on": keyword
        value: buy now
        queue: sales
      - "on": locale
        value: es
        queue: sales
  - channel: whatsapp
    account: "100000000000001"
    name: Acme WhatsApp
    display: +34 600 000 000
    queue: sales
    token: whatsapp-acme
    statusUpdates: true
agents:
  - id: ada
    name: Ada
    email: ada@acme.example
    roles: [admin]
    capacity: 3
  - id: ana
    name: Ana García
    email: ana@acme.example
    roles: [agent, supervisor]
    teams: [support]
    capacity: 5
`, said(t, have))
}
