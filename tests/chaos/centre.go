package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/deskline/deskline/emulator/suite"
)

// The centre: WhatsApp's customers wait in sales, Messenger's in care. Every third agent serves both.
const centreHead = `
clients: [{id: acme, name: Acme}]
projects: [{id: shop, name: Shop, client: acme}]
teams: [{id: sales, name: Sales}, {id: care, name: Care}]
queues:
  - {id: sales, name: Sales, project: shop, team: sales, offerTimeout: 20s, reasons: [{id: done, name: Done}]}
  - {id: care, name: Care, project: shop, team: care, offerTimeout: 30s,
     reasons: [{id: done, name: Done}, {id: part, name: Part, subReasons: [{id: one, name: One}, {id: two, name: Two}]}]}
assets:
  - {channel: whatsapp, account: "%s", name: Acme WhatsApp, display: "+34 600 000 000", queue: sales, token: whatsapp-acme, statusUpdates: true}
  - {channel: messenger, account: "%s", name: Acme Shoes, display: Acme Shoes, queue: care, token: messenger-acme, statusUpdates: true}
agents:
  - {id: ada, name: Ada, email: %s, roles: [admin]}
`

var teams = []string{"sales", "care", "sales, care"}

// capacityMax is the most conversations an agent may hold at once.
const capacityMax = 4

// centreOf describes a centre with as many agents.
func centreOf(agents int, dice *rand.Rand) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, centreHead, suite.PhoneNumber, suite.PageID, suite.Admin)
	for n := range agents {
		fmt.Fprintf(&b, "  - {id: %[1]s, name: Agent %[1]s, email: %[2]s, roles: [agent], teams: [%[3]s], capacity: %[4]d}\n",
			agentID(n), email(agentID(n)), teams[(n+2)%len(teams)], 1+dice.IntN(capacityMax))
	}
	return []byte(b.String())
}

func agentID(n int) string { return fmt.Sprintf("a%02d", n+1) }

func email(agent string) string { return agent + "@acme.example" }
