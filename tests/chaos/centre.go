package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
)

// The centre: WhatsApp's customers wait in sales, Messenger's in care. Every third agent serves both, and each queue takes what the
// other gives it. Who is urgent comes first, and sales asks for somebody who knows repairs, then for somebody who has heard of them, then
// for anybody. Care has nobody wait for long: spare takes its customers then, and those of the two when they are closed, if they want
// that. All tell their customers everything there is to tell, and hold their conversations to the same times.
const centreHead = `
settings: {idleReasons: [{id: lunch, name: Lunch, limit: 45m}, {id: training, name: Training}]}
clients: [{id: acme, name: Acme}]
projects: [{id: shop, name: Shop, client: acme}]
teams: [{id: sales, name: Sales}, {id: care, name: Care}, {id: spare, name: Spare}]
queues:
  - {id: sales, name: Sales, project: shop, team: sales, offerTimeout: 20s, unansweredTransfer: %[4]s, conferenceWait: 1m, assets: ["messenger:%[2]s"],
     profiles: [{id: expert, skills: [{id: repairs, level: 6}], relaxTo: skilled, after: 15s}, {id: skilled, skills: [{id: repairs, level: 3}], relaxTo: any, after: 15s}],
     strategy: least_loaded, hours: %[8]s, whenClosed: %[6]s, overflow: spare, reasons: [{id: done, name: Done}], %[9]s}
  - {id: care, name: Care, project: shop, team: care, offerTimeout: 30s, unansweredTransfer: %[5]s, assets: ["whatsapp:%[1]s"],
     whenClosed: %[7]s, overflow: spare, maxWait: 45s, %[10]s,
     reasons: [{id: done, name: Done}, {id: part, name: Part, subReasons: [{id: one, name: One}, {id: two, name: Two}]}]}
  - {id: spare, name: Spare, project: shop, team: spare, offerTimeout: 20s, strategy: round_robin, assets: ["whatsapp:%[1]s", "messenger:%[2]s"],
     reasons: [{id: done, name: Done}], %[11]s}
assets:
  - {channel: whatsapp, account: "%[1]s", name: Acme WhatsApp, display: "+34 600 000 000", queue: sales, token: whatsapp-acme, statusUpdates: true,
     rules: [{on: keyword, value: urgent, queue: sales, priority: 5}]}
  - {channel: messenger, account: "%[2]s", name: Acme Shoes, display: Acme Shoes, queue: care, token: messenger-acme, statusUpdates: true,
     rules: [{on: keyword, value: urgent, queue: care, priority: 5}]}
agents:
  - {id: ada, name: Ada, email: %[3]s, roles: [admin]}
`

// alike is what all queues have alike: their times, what they tell, and a template.
const alike = `exclusiveWait: 30s, afterword: 30s, previousHours: 1, wrapUpLimit: 40s, wrapUpReason: done, inactivity: {warnAfter: 40s, closeAfter: 30s},
     texts: {greeting: "%[1]s: greeting", busy: "%[1]s: busy", joined: "%[1]s: joined", warning: "%[1]s: warning", ended: "%[1]s: ended", closed: "%[1]s: closed"},
     templates: [{id: news, name: News, channel: whatsapp, channelName: news, language: es, header: Acme, body: "News: {{1}}!", footer: Bye}]`

// The queues, each served by the team of its name, and the template that all of them have.
var (
	queues = []string{"sales", "care", "spare"}
	news   = graph.Template{Name: "news", Language: "es", Header: "Acme", Body: "News: {{1}}!", Footer: "Bye"}
)

// newsOf is what the template reads as with a value.
func newsOf(value string) string { return "Acme\n\nNews: " + value + "!\n\nBye" }

// urgent is the priority of the conversations of those who say that they are.
const urgent = 5

// levels are how much of repairs the profiles of sales ask for.
var levels = map[string]int{"expert": 6, "skilled": 3, "any": 0}

// What the queues hold their conversations to.
const (
	wrapUpLimit   = 40 * time.Second
	warnAfter     = 40 * time.Second
	closeAfter    = 30 * time.Second
	exclusiveWait = 30 * time.Second
	relaxAfter    = 15 * time.Second
	careMaxWait   = 45 * time.Second
)

// textOf is what a queue tells its customers on an occasion.
func textOf(queue string, on desk.TextKind) string { return queue + ": " + string(on) }

// occasionOf is the occasion on which a queue tells its customers the text; empty for what none of them tells.
func occasionOf(text string) desk.TextKind {
	for _, queue := range queues {
		for _, on := range desk.TextKinds() {
			if text == textOf(queue, on) {
				return on
			}
		}
	}
	return ""
}

// The teams of the agents, in turn. Every fourth is in spare as well, and every sixth is a supervisor, in all teams.
var teams = [][]string{{"sales"}, {"care"}, {"sales", "care"}}

func teamsOf(n int) []string {
	of := teams[(n+2)%len(teams)]
	switch {
	case supervises(n):
		return queues
	case n%4 == 1:
		return append(slices.Clip(of), "spare")
	}
	return of
}

func supervises(n int) bool { return n%6 == 0 }

// What may become of a transfer that is not taken, and of those who wait in a queue that is closed; a seed has two of each.
var (
	untaken = []desk.Unanswered{desk.UnansweredDrop, desk.UnansweredRequeue, desk.UnansweredReturn}
	shut    = []desk.WhenClosed{desk.WhenClosedWait, desk.WhenClosedOverflow, desk.WhenClosedClose}
)

// capacityMax is the most conversations an agent may hold at once.
const capacityMax = 4

// centreOf describes a centre with as many agents. hours are those of sales.
func centreOf(agents int, hours string, dice *rand.Rand) []byte {
	var b strings.Builder
	ways, doors := dice.Perm(len(untaken)), dice.Perm(len(shut))
	fmt.Fprintf(&b, centreHead, suite.PhoneNumber, suite.PageID, suite.Admin, untaken[ways[0]], untaken[ways[1]], shut[doors[0]], shut[doors[1]],
		hours, fmt.Sprintf(alike, "sales"), fmt.Sprintf(alike, "care"), fmt.Sprintf(alike, "spare"))
	for n := range agents {
		roles, capacities := "agent", ""
		if supervises(n) {
			roles = "agent, supervisor"
		}
		if dice.IntN(3) == 0 {
			capacities = fmt.Sprintf(", capacities: [{channel: %s, most: %d}]", []desk.Channel{desk.WhatsApp, desk.Messenger}[dice.IntN(2)], 1+dice.IntN(2))
		}
		fmt.Fprintf(&b, "  - {id: %[1]s, name: Agent %[1]s, email: %[2]s, roles: [%[3]s], teams: [%[4]s], capacity: %[5]d%[6]s, skills: [{id: repairs, level: %[7]d}]}\n",
			agentID(n), email(agentID(n)), roles, strings.Join(teamsOf(n), ", "), 1+dice.IntN(capacityMax), capacities, 1+dice.IntN(10))
	}
	return []byte(b.String())
}

func agentID(n int) string { return fmt.Sprintf("a%02d", n+1) }

func email(agent string) string { return agent + "@acme.example" }
