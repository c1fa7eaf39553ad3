package tests

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// Who may do what: every operation of the contract against everybody who may call it. Ana, of the support team, has or is offered
// what an operation is about; it is in the queue Sales, which that team serves.

// callers are the columns of the matrix, by how each calls.
var callers = []string{"nobody", "expired", "service", "ana", "bob", "carla", "toni", "sam", "tess", "ada"}

// grants is what an operation asks of its caller: for each sort of grant the code with which each caller is refused; "-" lets him
// pass. Nobody, somebody with an expired token and the service account never pass. Bob is of Ana's team, Carla of
// both, Toni of another; Sam supervises both teams, Tess the other alone; Ada administrates.
var grants = map[string]map[string]string{
	"desk":    row("-", "-", "-", "-", "-", "-", "-"),
	"contact": row("-", "-", "-", "-", "-", "-", "-"),
	"offer":   row("-", "not_your_offer", "not_your_offer", "not_your_offer", "not_your_offer", "not_your_offer", "not_your_offer"),
	"seat": row("-", "not_your_conversation", "not_your_conversation", "not_your_conversation", "not_your_conversation",
		"not_your_conversation", "not_your_conversation"),
	"data":  row("-", "not_your_conversation", "not_your_conversation", "not_your_conversation", "-", "not_your_conversation", "-"),
	"block": row("-", "not_your_contact", "not_your_contact", "not_your_contact", "-", "-", "-"),
	"floor": row("role_missing", "role_missing", "role_missing", "role_missing", "-", "-", "-"),
	"queue": row("role_missing", "role_missing", "role_missing", "role_missing", "-", "not_your_queue", "-"),
	"door":  row("not_your_queue", "not_your_queue", "not_your_queue", "not_your_queue", "-", "not_your_queue", "-"),
	"times": row("-", "role_missing", "role_missing", "role_missing", "-", "not_your_agent", "-"),
	"words": row("-", "-", "-", "not_your_queue", "-", "not_your_queue", "-"),
	"start": row("-", "-", "-", "not_your_queue", "-", "not_your_queue", "not_your_queue"),
	"team":  row("role_missing", "role_missing", "role_missing", "role_missing", "-", "not_your_team", "-"),
	"admin": row("role_missing", "role_missing", "role_missing", "role_missing", "role_missing", "role_missing", "-"),
}

func row(codes ...string) map[string]string {
	out := map[string]string{"nobody": "token_missing", "expired": "token_expired", "service": "unknown_agent"}
	for n, code := range codes {
		out[callers[3+n]] = code
	}
	return out
}

// granted has a row for each operation of the contract: which of grants it takes.
var granted = map[string]string{
	"getMe": "desk", "signIn": "desk", "signOut": "desk", "renewLease": "desk", "setState": "desk", "getSnapshot": "desk",
	"getFeed": "desk", "listMyInteractions": "desk",

	"getOffer": "offer", "acceptOffer": "offer", "declineOffer": "offer",

	"getInteraction": "seat", "listMessages": "seat", "sendMessage": "seat", "showTyping": "seat", "markRead": "seat",
	"addNote": "seat", "listTargets": "seat", "setData": "data",
	"transferInteraction": "seat", "requestConference": "seat", "cancelConference": "seat", "removeGuest": "seat",
	"exitConference": "seat", "handOver": "seat", "endInteraction": "seat", "getWrapUp": "seat", "submitWrapUp": "seat",
	"extendWrapUp": "seat", "reopenInteraction": "seat",

	"searchContacts": "contact", "getContact": "contact", "editContact": "contact", "listContactNotes": "contact",
	"addContactNote": "contact", "listContactInteractions": "contact",
	"blockContact": "block", "unblockContact": "block", "setExclusiveAgent": "block", "dropExclusiveAgent": "block",

	"getBoard": "floor", "getBoardFeed": "floor",
	"listSupervisedAgents": "team", "setAgentState": "team", "listSupervised": "queue", "getSupervised": "queue",
	"listSupervisedMessages": "queue", "takeOver": "queue", "reassign": "queue", "requeue": "queue", "setPriority": "queue",
	"endBySupervisor": "queue", "closeQueue": "door", "openQueue": "door",

	"listContactRecords": "queue", "getContactRecord": "queue", "getMetrics": "queue", "exportMetrics": "queue", "getAgentTimes": "times",
	"listTemplates": "words", "startInteraction": "start",
}

// grantOf is what the operation takes: what granted says or, of the tags of administrators, the role.
func grantOf(t *testing.T, op operation) map[string]string {
	t.Helper()
	name := granted[op.ID]
	if op.Tag == "admin" || op.Tag == "kept" {
		name = "admin"
	}
	require.NotEmpty(t, name, "the new operation %s needs a row in granted", op.ID)
	return grants[name]
}

// travellers are people of the other team.
const travellers = `
agents:
  - {id: toni, name: Toni Reis, email: toni@acme.example, roles: [agent], teams: [travel]}
  - {id: tess, name: Tess Bauer, email: tess@acme.example, roles: [supervisor], teams: [travel]}
`

// calls is how each caller does.
func (m *matrix) calls(who string) []string {
	m.c.T.Helper()
	have, ids := carrying(m.c.T), m.c.Suite.Identity
	switch who {
	case "nobody":
		return nil
	case "expired":
		return []string{have(ids.Token("ana@acme.example", suite.Audience, -time.Minute))}
	case "service":
		return []string{have(ids.Token(serviceAccount(m.c.T), suite.Audience, time.Hour))}
	}
	return []string{as(m.c, who)}
}

// matrix is a floor on which every cell is tried.
type matrix struct {
	c        *floor.Floor
	ana      *floor.Agent
	serial   int
	keys     int
	customer string
}

// somethingOfAnas is what an operation can be about: a conversation that she has, or is offered.
func (m *matrix) somethingOfAnas(op operation) places {
	m.c.T.Helper()
	m.serial++
	m.customer = fmt.Sprintf("customer-%d", m.serial)
	_, _ = m.ana.Desktop.Renew(m.c.Context()) // unless she was sent home
	m.ana.ComesBack()
	m.c.Customer(m.customer).Writes("hola, es privado")
	o := m.ana.IsOffered()
	at := places{interaction: o.Interaction, offer: o.ID}
	if !strings.Contains(op.Path, "{offer}") {
		_, err := m.ana.Desktop.Accept(m.c.Context(), o.ID)
		require.NoError(m.c.T, err)
	}
	at.contact = m.c.Agent("ada").LooksAt(o.Interaction).Contact
	return at
}

// tidiesUp ends what is still open and wraps it up, whoever has it.
func (m *matrix) tidiesUp(at places) {
	m.c.T.Helper()
	boss := m.c.Agent("ada")
	m.c.Settle()
	if i := boss.LooksAt(at.interaction); i.State != api.InteractionStateWrapup && i.State != api.InteractionStateClosed {
		boss.EndsFor(at.interaction)
	}
	for _, l := range boss.LooksAt(at.interaction).Legs {
		if l.WrapUp.State == api.WrapUpStateOwed {
			_, err := m.c.Agent(l.Agent.ID).Desktop.WrapUp(m.c.Context(), at.interaction, desktop.Key(), api.WrapUpChoice{Reason: "question"})
			require.NoError(m.c.T, err)
		}
	}
}

// answers is what a caller gets: the status and, of a refusal, the code. A stream is not read.
func (m *matrix) answers(op operation, at places, who string) (int, string, string) {
	m.c.T.Helper()
	a := ask(m.c.T.(*testing.T), op, at)
	for n, line := range a.headers {
		if strings.HasPrefix(line, "Idempotency-Key: ") {
			m.keys++
			a.headers[n] = fmt.Sprintf("Idempotency-Key: cell-%08d", m.keys)
		}
	}
	if op.ID != "getFeed" && op.ID != "getBoardFeed" {
		got := a.by(m.c, m.calls(who)...)
		return got.Status, got.Problem().Code, got.Body
	}
	ctx, cancel := context.WithCancel(m.c.Context())
	defer cancel()
	header := http.Header{}
	for _, line := range m.calls(who) {
		name, value, _ := strings.Cut(line, ": ")
		header.Add(name, value)
	}
	resp := m.c.Get(ctx, a.path, header)
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return resp.StatusCode, "", ""
	}
	got := a.by(m.c, m.calls(who)...)
	return got.Status, got.Problem().Code, got.Body
}

// forbids are the codes with which somebody is told that something is not for him.
var forbids = map[string]bool{"token_missing": true, "token_expired": true, "token_invalid": true, "unknown_agent": true, "email_unverified": true,
	"role_missing": true, "not_your_offer": true, "not_your_conversation": true, "not_your_contact": true, "not_your_queue": true,
	"not_your_team": true, "not_your_agent": true, "variable_not_editable": true}

// B9, R33: operation × role × own or another team. Who is refused is told so with the code that says why, nothing is stored, and
// nothing of the conversation shows; who is not refused passes.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	var w floor.Watch
	c := floor.OpenWith(t, w.On(suite.Options{}))
	c.Configure(travellers)
	m := &matrix{c: c, ana: c.Agent("ana").SignsIn()}
	here, cells := []*floor.Agent{m.ana}, 0
	last := []string{"closeQueue", "openQueue", "signIn", "signOut"} // what changes the floor for everybody
	all := slices.DeleteFunc(operations(t), func(op operation) bool { return slices.Contains(last, op.ID) })
	for _, id := range last {
		all = append(all, named(t, id))
	}
	for _, op := range all {
		grant, at := grantOf(t, op), places{}
		theirs := strings.Contains(op.Path, "{interaction}") || strings.Contains(op.Path, "{offer}") || strings.Contains(op.Path, "{contact}")
		if theirs {
			at = m.somethingOfAnas(op)
		}
		if op.ID == "startInteraction" { // which takes being at the desk first
			for _, id := range []string{"toni", "tess", "ada"} {
				here = append(here, idles(c, id))
			}
		}
		for _, a := range here { // nobody's desktop vanishes meanwhile, however slow the machine is
			_, _ = a.Desktop.Renew(c.Context()) // unless he was sent home
		}
		w.NothingHappens(c, func() {
			for _, who := range callers {
				if grant[who] == "-" {
					continue
				}
				status, code, body := m.answers(op, at, who)
				assert.Equal(t, grant[who], code, "%s by %s: %d %s", op.ID, who, status, body)
				assert.True(t, op.tells(status, code), "%s: the contract does not tell of %d %s", op.ID, status, code)
				assert.NotContains(t, body, "privado", "%s by %s", op.ID, who)
				cells++
			}
		})
		if op.Tag == "admin" {
			at.setUp = map[bool]string{true: "whatsapp:0", false: "nobodys-id"}[strings.Contains(op.Path, "{asset}")] // the centre stays
		}
		for n, who := range callers {
			if grant[who] != "-" {
				continue
			}
			if theirs && n > 3 && op.Method != http.MethodGet {
				m.tidiesUp(at)
				at = m.somethingOfAnas(op)
			}
			status, code, body := m.answers(op, at, who)
			assert.False(t, forbids[code], "%s by %s: %d %s", op.ID, who, status, body)
			assert.Less(t, status, 500, "%s by %s: %s", op.ID, who, body)
			cells++
		}
		if theirs {
			m.tidiesUp(at)
		}
	}
	assert.Equal(t, len(callers)*len(operations(t)), cells)
	t.Logf("%d operations × %d callers = %d cells", len(operations(t)), len(callers), cells)
}
