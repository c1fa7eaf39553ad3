package admin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/deskline/deskline/shared/desk"
)

// What a file may hold.
const (
	recordsMax    = 5000
	subReasonsMax = 200 // of one reason
	variablesMax  = 50  // of one queue
	assetsMax     = 100 // of one queue
	rulesMax      = 100 // of one asset
	offerMin      = 5 * time.Second
	offerMax      = 15 * time.Minute
	historyMax    = 24 * 365 // hours
	pastMax       = 100      // conversations in a contact's history
	afterwordMax  = 24 * time.Hour
	exclusiveMin  = 10 * time.Second
	exclusiveMax  = 24 * time.Hour
	capacityMax   = 50

	conferenceMin = 10 * time.Second
	conferenceMax = 30 * time.Minute
)

// file is what an import file says.
type file struct {
	reading
	desk.Setup
	what   string                             // what is read: a file, or a record
	lines  map[desk.RecordKind]map[string]int // where each ID is, by kind
	emails map[string]int                     // where each agent's e-mail address is
	refs   []reference
	people []reference // the agents' e-mail addresses, with the address in id
	usual  []usual     // the reasons that queues name
	asked  []asked     // the profiles that rules name

	overflows []overflow // where queues' conversations go
	records   int
}

// reference is a value that names a record.
type reference struct {
	value
	kind desk.RecordKind
	id   string
}

// parse reads a file. Mistakes that need no look at what is stored are noted in it; one that leaves nothing to read is
// the error.
func parse(body []byte) (*file, error) {
	root, mistake := document(body)
	if mistake != nil {
		return nil, invalid("file", *mistake)
	}
	f := newFile()
	o := f.value(root, "").object("settings", "clients", "projects", "teams", "queues", "assets", "agents")
	if v := o.key("settings"); v.given {
		f.records++
		f.settings(v)
	}
	each(f, o.key("clients"), f.client)
	each(f, o.key("projects"), f.project)
	each(f, o.key("teams"), f.team)
	each(f, o.key("queues"), f.queue)
	each(f, o.key("assets"), f.asset)
	each(f, o.key("agents"), f.agent)
	if f.records == 0 && len(f.found) == 0 {
		o.wrong("the file describes nothing")
	}
	if f.over {
		return nil, invalid(f.what, f.found...)
	}
	return f, nil
}

func newFile() *file {
	return &file{reading: reading{left: valuesMax}, what: "file", lines: map[desk.RecordKind]map[string]int{}, emails: map[string]int{}}
}

// each reads the records of a list.
func each(f *file, list value, read func(value)) {
	for _, v := range list.list() {
		if f.records++; f.records > recordsMax {
			f.stop(v, fmt.Sprintf("more than %d records; import them in parts", recordsMax))
		}
		if f.over {
			return
		}
		read(v)
	}
}

func (f *file) client(v value) {
	o := v.object("id", "name", "historyConversations")
	c := desk.Client{Name: o.name("name"),
		HistoryConversations: o.key("historyConversations").whole(1, pastMax, 0)}
	c.ID = f.id(o, desk.KindClient)
	f.Clients = append(f.Clients, c)
}

func (f *file) project(v value) {
	o := v.object("id", "name", "client")
	p := desk.Project{Name: o.name("name"), Client: f.refer(o.key("client"), desk.KindClient)}
	p.ID = f.id(o, desk.KindProject)
	f.Projects = append(f.Projects, p)
}

func (f *file) team(v value) {
	o := v.object("id", "name")
	t := desk.Team{Name: o.name("name")}
	t.ID = f.id(o, desk.KindTeam)
	f.Teams = append(f.Teams, t)
}

func (f *file) queue(v value) {
	o := v.object("id", "name", "project", "team", "offerTimeout", "historyHours", "attachments", "autoAccept", "variables", "assets",
		"unansweredTransfer", "conferenceWait", "exclusiveWait", "previousHours", "afterword", "serviceLevel", "texts", "reasons",
		"templates", "wrapUpLimit", "wrapUpReason", "inactivity", "translations",
		"profiles", "priority", "priorityBoost", "strategy", "hours", "whenClosed", "overflow", "maxWait")
	q := desk.Queue{
		Name:         o.name("name"),
		Project:      f.refer(o.key("project"), desk.KindProject),
		Team:         f.refer(o.key("team"), desk.KindTeam),
		OfferTimeout: o.key("offerTimeout").duration(offerMin, offerMax, desk.DefaultOfferTimeout),
		HistoryHours: o.key("historyHours").whole(0, historyMax, 0),
		Attachments:  o.key("attachments").truth(),
		AutoAccept:   o.key("autoAccept").truth(),
		Variables:    variables(o.key("variables")),
		Assets:       f.helped(o.key("assets")),
		Unanswered:   unanswered(o.key("unansweredTransfer")),

		ConferenceWait: o.key("conferenceWait").duration(conferenceMin, conferenceMax, 0),
		Afterword:      o.key("afterword").duration(0, afterwordMax, desk.DefaultAfterword),
		PreviousHours:  o.key("previousHours").whole(0, historyMax, 0),
		ExclusiveWait:  o.key("exclusiveWait").duration(exclusiveMin, exclusiveMax, 0),
		ServiceLevel:   level(o.key("serviceLevel")),
	}
	q.ID = f.id(o, desk.KindQueue)
	f.limits(o, &q)
	chooses(o, &q)
	f.waits(o, &q)
	q.Texts = texts(o.key("texts"), o.key("translations"))
	f.Queues = append(f.Queues, q)
	seen, place := map[string]int{}, 0
	each(f, o.key("reasons"), func(v value) {
		place++
		f.Reasons = append(f.Reasons, reason(v, q.ID, place, seen))
	})
	found := map[string]int{}
	each(f, o.key("templates"), func(v value) { f.Templates = append(f.Templates, template(v, q.ID, found)) })
}

// level reads within how long conversations ought to be answered.
func level(v value) time.Duration {
	steps := desk.WaitSteps()
	d := v.duration(steps[0], steps[len(steps)-1], 0)
	if d >= steps[0] && d <= steps[len(steps)-1] && !desk.IsWaitStep(d) {
		v.wrong("must be one of %s", stepsText(steps))
	}
	return d
}

func stepsText(steps []time.Duration) string {
	words := make([]string, len(steps))
	for n, d := range steps {
		words[n] = durationText(d)
	}
	return strings.Join(words, ", ")
}

// helped reads whose conversations may be transferred to a queue.
func (f *file) helped(list value) []string {
	return different(list.few(assetsMax, "assets"), func(v value) string { return f.refer(v, desk.KindAsset) })
}

// unanswered reads what becomes of a transfer that is not taken; to drop it is the zero value.
func unanswered(v value) desk.Unanswered {
	if !v.given {
		return ""
	}
	what := desk.Unanswered(oneOf(v, "way", desk.UnansweredDrop, desk.UnansweredRequeue, desk.UnansweredReturn))
	if what == desk.UnansweredDrop {
		return ""
	}
	return what
}

// variables reads what a queue's interactions keep (R37).
func variables(list value) (out []desk.Variable) {
	seen := map[string]int{}
	for _, v := range list.few(variablesMax, "variables") {
		o := v.object("id", "name", "access")
		one := desk.Variable{
			ID:   o.id("variable", seen),
			Name: o.name("name"),
			Access: desk.VariableAccess(oneOf(o.key("access"), "access",
				desk.VariableHidden, desk.VariableVisible, desk.VariableEditable)),
		}
		if slices.Contains(desk.ReservedVariables(), one.ID) {
			o.key("id").wrong("the ID %q is reserved", one.ID)
		}
		out = append(out, one)
	}
	return out
}

// reason reads a reason that stands at the place in its queue where it does not say another. Places may be shared.
func reason(v value, queue string, place int, seen map[string]int) desk.Reason {
	o := v.object("id", "name", "order", "subReasons")
	r := desk.Reason{Queue: queue, Name: o.name("name"), Order: o.key("order").whole(1, desk.OrderMax, place)}
	r.ID = o.id("reason", seen)
	within := map[string]int{}
	for _, v := range o.key("subReasons").few(subReasonsMax, "sub-reasons") {
		o := v.object("id", "name")
		r.SubReasons = append(r.SubReasons, desk.SubReason{ID: o.id("sub-reason", within), Name: o.name("name")})
	}
	return r
}

func (f *file) asset(v value) {
	o := v.object("channel", "account", "name", "display", "queue", "token", "statusUpdates", "rules")
	a := desk.Asset{
		Channel:       desk.Channel(oneOf(o.key("channel"), "channel", desk.Channels()...)),
		Name:          o.name("name"),
		Display:       o.name("display"),
		Queue:         f.refer(o.key("queue"), desk.KindQueue),
		Token:         o.key("token").secret(),
		StatusUpdates: o.key("statusUpdates").truth(),
		Rules:         f.rules(o.key("rules")),
	}
	a.Account = o.key("account").account(a.Channel)
	a.ID = desk.AssetID(a.Channel, a.Account)
	if a.Channel != "" && a.Account != "" {
		o.key("account").once(f.linesOf(desk.KindAsset), a.ID, "asset with this account")
	}
	f.Assets = append(f.Assets, a)
}

// rules reads what leads an asset's conversations to other queues than its own.
func (f *file) rules(list value) (out []desk.EntryRule) {
	for _, v := range list.few(rulesMax, "rules") {
		o := v.object("on", "value", "queue", "profile", "priority")
		one := desk.EntryRule{
			On: desk.EntryKind(oneOf(o.key("on"), "rule", desk.EntryIntent, desk.EntryGroup, desk.EntryRef,
				desk.EntryLocale, desk.EntryKeyword)),
			Value:    o.name("value"),
			Queue:    f.refer(o.key("queue"), desk.KindQueue),
			Priority: o.key("priority").whole(1, desk.PriorityMax, 0),
		}
		one.Profile = f.profileOf(o.key("profile"), one.Queue)
		if !one.Fits() && one.Value != "" {
			o.key("value").wrong("must hold a letter or a digit")
		}
		out = append(out, one)
	}
	return out
}

func (f *file) agent(v value) {
	o := v.object("id", "name", "email", "roles", "teams", "capacity", "capacities", "skills")
	a := desk.Agent{
		Name:     o.name("name"),
		Email:    o.key("email").email(),
		Capacity: o.key("capacity").whole(1, capacityMax, desk.DefaultCapacity),
		Skills:   skills(o.key("skills")),

		Capacities: capacities(o.key("capacities")),
	}
	if a.ID = f.id(o, desk.KindAgent); slices.Contains(reservedAgents, a.ID) {
		o.key("id").wrong("the ID %q is reserved", a.ID)
	}
	if roles := o.key("roles"); roles.needed() {
		a.Roles = different(roles.list(), func(v value) string {
			return oneOf(v, "role", desk.RoleAgent, desk.RoleSupervisor, desk.RoleAdmin)
		})
		if roles.node.Kind == yaml.SequenceNode && len(roles.node.Content) == 0 {
			roles.wrong("must name at least one role")
		}
	}
	a.Teams = different(o.key("teams").list(), func(v value) string { return f.refer(v, desk.KindTeam) })
	if at := o.key("email"); a.Email != "" {
		at.once(f.emails, a.Email, "agent with this e-mail address")
		f.people = append(f.people, reference{value: at, kind: desk.KindAgent, id: a.Email})
	}
	f.Agents = append(f.Agents, a)
}

// reservedAgents mean others than the agent of that ID: "me" whoever calls, "bootstrap" an administrator without a
// record.
var reservedAgents = []string{"me", "bootstrap"}

// different reads the texts of a list that may hold each only once.
func different(list []value, read func(value) string) (out []string) {
	seen := map[string]bool{}
	for _, v := range list {
		s := read(v)
		if s != "" && seen[s] {
			v.wrong("%q is named twice", short(s))
		}
		seen[s] = true
		out = append(out, s)
	}
	return out
}

// oneOf is a text out of a few; what says of which sort.
func oneOf[T ~string](v value, what string, possible ...T) string {
	s, ok := v.text()
	if !ok || slices.Contains(possible, T(s)) {
		return s
	}
	words := make([]string, len(possible))
	for n, p := range possible {
		words[n] = string(p)
	}
	v.wrong("there is no %s %q; possible: %s", what, short(s), strings.Join(words, ", "))
	return ""
}
