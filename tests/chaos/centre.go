package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
)

// The centre: WhatsApp's customers wait in sales, Messenger's in care. Every third agent serves both, and each queue takes what the
// other gives it. Both tell their customers everything there is to tell, and hold their conversations to the same times.
const centreHead = `
clients: [{id: acme, name: Acme}]
projects: [{id: shop, name: Shop, client: acme}]
teams: [{id: sales, name: Sales}, {id: care, name: Care}]
queues:
  - {id: sales, name: Sales, project: shop, team: sales, offerTimeout: 20s, unansweredTransfer: %[4]s, conferenceWait: 1m, exclusiveWait: 30s, afterword: 30s, previousHours: 1,
     wrapUpLimit: 40s, wrapUpReason: done, inactivity: {warnAfter: 40s, closeAfter: 30s},
     texts: {greeting: "sales: greeting", busy: "sales: busy", joined: "sales: joined", warning: "sales: warning", ended: "sales: ended", closed: "sales: closed"},
     assets: ["messenger:%[2]s"], reasons: [{id: done, name: Done}]}
  - {id: care, name: Care, project: shop, team: care, offerTimeout: 30s, exclusiveWait: 30s, afterword: 30s, previousHours: 1, unansweredTransfer: %[5]s,
     wrapUpLimit: 40s, wrapUpReason: done, inactivity: {warnAfter: 40s, closeAfter: 30s},
     texts: {greeting: "care: greeting", busy: "care: busy", joined: "care: joined", warning: "care: warning", ended: "care: ended", closed: "care: closed"},
     assets: ["whatsapp:%[1]s"],
     reasons: [{id: done, name: Done}, {id: part, name: Part, subReasons: [{id: one, name: One}, {id: two, name: Two}]}]}
assets:
  - {channel: whatsapp, account: "%[1]s", name: Acme WhatsApp, display: "+34 600 000 000", queue: sales, token: whatsapp-acme, statusUpdates: true}
  - {channel: messenger, account: "%[2]s", name: Acme Shoes, display: Acme Shoes, queue: care, token: messenger-acme, statusUpdates: true}
agents:
  - {id: ada, name: Ada, email: %[3]s, roles: [admin]}
`

// What the queues hold their conversations to.
const (
	wrapUpLimit   = 40 * time.Second
	warnAfter     = 40 * time.Second
	closeAfter    = 30 * time.Second
	exclusiveWait = 30 * time.Second
)

// textOf is what a queue tells its customers on an occasion.
func textOf(queue string, on desk.TextKind) string { return queue + ": " + string(on) }

// occasionOf is the occasion on which a queue tells its customers the text; empty for what none of them tells.
func occasionOf(text string) desk.TextKind {
	for _, queue := range []string{"sales", "care"} {
		for _, on := range desk.TextKinds() {
			if text == textOf(queue, on) {
				return on
			}
		}
	}
	return ""
}

var teams = []string{"sales", "care", "sales, care"}

// untaken is what may become of a transfer that is not taken; a seed has two of them.
var untaken = []desk.Unanswered{desk.UnansweredDrop, desk.UnansweredRequeue, desk.UnansweredReturn}

// capacityMax is the most conversations an agent may hold at once.
const capacityMax = 4

// centreOf describes a centre with as many agents.
func centreOf(agents int, dice *rand.Rand) []byte {
	var b strings.Builder
	ways := dice.Perm(len(untaken))
	fmt.Fprintf(&b, centreHead, suite.PhoneNumber, suite.PageID, suite.Admin, untaken[ways[0]], untaken[ways[1]])
	for n := range agents {
		fmt.Fprintf(&b, "  - {id: %[1]s, name: Agent %[1]s, email: %[2]s, roles: [agent], teams: [%[3]s], capacity: %[4]d}\n",
			agentID(n), email(agentID(n)), teams[(n+2)%len(teams)], 1+dice.IntN(capacityMax))
	}
	return []byte(b.String())
}

func agentID(n int) string { return fmt.Sprintf("a%02d", n+1) }

func email(agent string) string { return agent + "@acme.example" }
