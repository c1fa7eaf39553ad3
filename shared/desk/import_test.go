package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

var imported = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// importing brings a centre that has what have says in line with a file.
func importing(have, file desk.Setup) desk.Imported {
	return desk.Import(desk.Centre{Head: desk.Head{ID: desk.CentreID}}, have, file, "ada", imported)
}

// both are the tokens of the queues, which are served on both channels.
func both(queues ...string) []string {
	var tokens []string
	for _, q := range queues {
		tokens = append(tokens, q+"|messenger|any", q+"|whatsapp|any")
	}
	return tokens
}

// taken is how a hint says that an agent takes the queues' tokens.
func taken(queues ...string) string { return strings.Join(both(queues...), "/") }

// kept is what the centre has after the import was saved.
func kept(have desk.Setup, in desk.Imported) desk.Setup {
	for _, rec := range in.Save {
		rec.Base().Version++
		switch rec := rec.(type) {
		case *desk.Client:
			have.Clients = put(have.Clients, *rec, rec.ID)
		case *desk.Project:
			have.Projects = put(have.Projects, *rec, rec.ID)
		case *desk.Team:
			have.Teams = put(have.Teams, *rec, rec.ID)
		case *desk.Queue:
			have.Queues = put(have.Queues, *rec, rec.ID)
		case *desk.Reason:
			have.Reasons = append(have.Reasons, *rec)
		case *desk.Asset:
			have.Assets = put(have.Assets, *rec, rec.ID)
		case *desk.Agent:
			have.Agents = put(have.Agents, *rec, rec.ID)
		}
	}
	return have
}

func put[T any, P interface {
	*T
	desk.Record
}](list []T, rec T, id string) []T {
	out := make([]T, 0, len(list)+1)
	for _, old := range list {
		if P(&old).Base().ID != id {
			out = append(out, old)
		}
	}
	return append(out, rec)
}

// savedOf finds the record of a kind that an import stores; nil when it stores none.
func savedOf[T any, P interface {
	*T
	desk.Record
}](in desk.Imported, id string) P {
	for _, rec := range in.Save {
		if p, ok := rec.(P); ok && p.Base().ID == id {
			return p
		}
	}
	return nil
}

// agentOf finds an agent of the centre.
func agentOf(have desk.Setup, id string) *desk.Agent {
	for n := range have.Agents {
		if have.Agents[n].ID == id {
			return &have.Agents[n]
		}
	}
	return nil
}

func small() desk.Setup {
	head := func(id string) desk.Head { return desk.Head{ID: id} }
	return desk.Setup{
		Clients:  []desk.Client{{Head: head("acme"), Name: "Acme"}},
		Projects: []desk.Project{{Head: head("care"), Name: "Care", Client: "acme"}},
		Teams:    []desk.Team{{Head: head("red"), Name: "Red"}, {Head: head("blue"), Name: "Blue"}},
		Queues: []desk.Queue{
			{Head: head("sales"), Name: "Sales", Project: "care", Team: "red", OfferTimeout: 20 * time.Second},
			{Head: head("help"), Name: "Help", Project: "care", Team: "blue", OfferTimeout: 20 * time.Second},
		},
		Reasons: []desk.Reason{{Head: head("sale"), Queue: "sales", Name: "Sale", Order: 1,
			SubReasons: []desk.SubReason{{ID: "new", Name: "New"}}}},
		Assets: []desk.Asset{{Head: head("whatsapp:1"), Channel: desk.WhatsApp, Account: "1", Name: "N", Display: "+1",
			Queue: "sales", Token: "t"}},
		Agents: []desk.Agent{
			{Head: head("ana"), Name: "Ana", Email: "ana@x.example", Roles: []string{"agent"}, Teams: []string{"red"}, Capacity: 2},
			{Head: head("bob"), Name: "Bob", Email: "bob@x.example", Roles: []string{"agent"}, Teams: []string{"red", "blue"}, Capacity: 3},
			{Head: head("ada"), Name: "Ada", Email: "ada@x.example", Roles: []string{"admin"}, Capacity: 3},
		},
	}
}

func TestImportIntoAnEmptyCentre(t *testing.T) {
	in := importing(desk.Setup{}, small())
	assert.Equal(t, map[desk.RecordKind]int{
		desk.KindClient: 1, desk.KindProject: 1, desk.KindTeam: 2, desk.KindQueue: 2, desk.KindReason: 3, desk.KindAsset: 1,
		desk.KindAgent: 3}, in.Created)
	assert.Empty(t, in.Changed)
	assert.Empty(t, in.Unchanged)
	assert.Empty(t, in.Hints, "nobody is at the desk")
	assert.Equal(t, &desk.Agent{
		Head: desk.Head{ID: "bob"}, Name: "Bob", Email: "bob@x.example", Roles: []string{"agent"}, Teams: []string{"red", "blue"},
		Capacity: 3, Load: 1, Serves: both("help", "sales"), SetupVersion: 1,
		State: desk.AgentOffline, Since: imported, Hired: imported, StateVersion: 1,
	}, savedOf[desk.Agent](in, "bob"))
	assert.Empty(t, savedOf[desk.Agent](in, "ada").Serves)
	assert.Equal(t, []desk.Entry{{Seq: 1, At: imported, Event: "imported", By: "ada", Detail: "created 13 changed 0"}},
		savedOf[desk.Centre](in, "centre").History.Entries)
	for _, rec := range in.Save {
		assert.Zero(t, rec.Base().Version, "%s %s", rec.Record(), rec.Base().ID)
	}
}

func TestEveryQueueHasTheReasonTransfer(t *testing.T) {
	file := small()
	file.Reasons = append(file.Reasons, desk.Reason{Head: desk.Head{ID: "transfer"}, Queue: "help", Name: "Doorverbonden", Order: 1})
	in := importing(desk.Setup{}, file)
	have := kept(desk.Setup{}, in)
	assert.ElementsMatch(t, []desk.Reason{
		{Head: desk.Head{ID: "sale", Version: 1}, Queue: "sales", Name: "Sale", Order: 1, SubReasons: []desk.SubReason{{ID: "new", Name: "New"}}},
		{Head: desk.Head{ID: "transfer", Version: 1}, Queue: "help", Name: "Doorverbonden", Order: 1},
		{Head: desk.Head{ID: "transfer", Version: 1}, Queue: "sales", Name: "Transfer", Order: 1_000_000},
	}, have.Reasons)

	again := importing(have, small())
	assert.Empty(t, again.Save, "a file that no longer names the queue's own leaves it alone")
	assert.Equal(t, 3, again.Unchanged[desk.KindReason])
}

func TestTheSameImportAgainChangesNothing(t *testing.T) {
	first := importing(desk.Setup{}, small())
	have := kept(desk.Setup{}, first)
	again := importing(have, small())
	assert.Empty(t, again.Save)
	assert.Empty(t, again.Created)
	assert.Empty(t, again.Changed)
	assert.Equal(t, first.Created, again.Unchanged)
}

func TestImportStoresWhatDiffersAndLeavesTheRest(t *testing.T) {
	have := kept(desk.Setup{}, importing(desk.Setup{}, small()))
	tests := []struct {
		name   string
		file   desk.Setup
		change map[desk.RecordKind]int
		same   map[desk.RecordKind]int
	}{
		{"client", desk.Setup{Clients: []desk.Client{{Head: desk.Head{ID: "acme"}, Name: "Acme Bicycles"}}},
			map[desk.RecordKind]int{desk.KindClient: 1}, map[desk.RecordKind]int{}},
		{"project", desk.Setup{Projects: []desk.Project{{Head: desk.Head{ID: "care"}, Name: "Care", Client: "luna"}}},
			map[desk.RecordKind]int{desk.KindProject: 1}, map[desk.RecordKind]int{}},
		{"team of two", desk.Setup{Teams: []desk.Team{{Head: desk.Head{ID: "red"}, Name: "Rojo"}, {Head: desk.Head{ID: "blue"}, Name: "Blue"}}},
			map[desk.RecordKind]int{desk.KindTeam: 1}, map[desk.RecordKind]int{desk.KindTeam: 1}},
		{"sub-reason", desk.Setup{Queues: small().Queues[:1], Reasons: []desk.Reason{{Head: desk.Head{ID: "sale"}, Queue: "sales",
			Name: "Sale", Order: 1, SubReasons: []desk.SubReason{{ID: "new", Name: "Newest"}}}}},
			map[desk.RecordKind]int{desk.KindReason: 1}, map[desk.RecordKind]int{desk.KindQueue: 1, desk.KindReason: 1}},
		{"reason of the same name in another queue", desk.Setup{Reasons: []desk.Reason{{Head: desk.Head{ID: "transfer"}, Queue: "help",
			Name: "Passed on", Order: 1_000_000}}},
			map[desk.RecordKind]int{desk.KindReason: 1}, map[desk.RecordKind]int{}},
		{"asset", desk.Setup{Assets: []desk.Asset{{Head: desk.Head{ID: "whatsapp:1"}, Channel: desk.WhatsApp, Account: "1", Name: "N",
			Display: "+1", Queue: "sales", Token: "t", StatusUpdates: true}}},
			map[desk.RecordKind]int{desk.KindAsset: 1}, map[desk.RecordKind]int{}},
		{"agent's role", desk.Setup{Agents: []desk.Agent{{Head: desk.Head{ID: "ana"}, Name: "Ana", Email: "ana@x.example",
			Roles: []string{"agent", "supervisor"}, Teams: []string{"red"}, Capacity: 2}}},
			map[desk.RecordKind]int{desk.KindAgent: 1}, map[desk.RecordKind]int{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := importing(have, tt.file)
			assert.Empty(t, in.Created)
			assert.Equal(t, tt.change, in.Changed)
			assert.Equal(t, tt.same, in.Unchanged)
			require.Len(t, in.Save, 2, "the record and the centre's")
			assert.EqualValues(t, 1, in.Save[0].Base().Version, "it replaces the stored one")
		})
	}
}

// working is Ana in the middle of her work: one conversation, another one ringing.
func working(a desk.Agent) desk.Agent {
	a.State, a.Since, a.StateVersion, a.FreeSince = desk.AgentAvailable, imported.Add(-time.Hour), 7, imported.Add(-time.Minute)
	a.Seats, a.Keys = []string{"talk"}, []desk.Key{{Key: "k", Hash: "h"}}
	a.History = desk.History{Last: 9, Entries: []desk.Entry{{Seq: 9, At: imported.Add(-time.Hour), Event: "available"}}}
	return a.Settle()
}

func TestAnAgentsWorkSurvivesAnImport(t *testing.T) {
	have := kept(desk.Setup{}, importing(desk.Setup{}, small()))
	ringing := working(have.Agents[0])
	ringing.Offer, ringing.Ringing = "offer", "other"
	have.Agents[0] = ringing.Settle()
	file := desk.Setup{Agents: []desk.Agent{{Head: desk.Head{ID: "ana"}, Name: "Ana María", Email: "ana.maria@x.example",
		Roles: []string{"supervisor"}, Teams: []string{"blue"}, Capacity: 1}}}

	in := importing(have, file)

	want := ringing
	want.Name, want.Email, want.Roles, want.Teams, want.Capacity =
		"Ana María", "ana.maria@x.example", []string{"supervisor"}, []string{"blue"}, 1
	want.Serves, want.Takes, want.SetupVersion = both("help"), nil, ringing.Version+1
	assert.Equal(t, &want, savedOf[desk.Agent](in, "ana"))
	assert.Empty(t, in.Hints, "she can take nothing: an offer rings")
}

func TestWhatAnAgentTakesFollowsTheImport(t *testing.T) {
	have := kept(desk.Setup{}, importing(desk.Setup{}, small()))
	for n := range have.Agents {
		have.Agents[n] = working(have.Agents[n])
	}
	hint := func(agent string, queues ...string) desk.Hint {
		return desk.Hint{Event: desk.HintAgentFreed, Agent: agent, Takes: taken(queues...)}
	}
	queue := func(id, team string) desk.Setup {
		return desk.Setup{Queues: []desk.Queue{{Head: desk.Head{ID: id}, Name: id, Project: "care", Team: team}}}
	}
	agent := func(n, capacity int, teams ...string) desk.Setup {
		a := small().Agents[n]
		a.Capacity, a.Teams = capacity, teams
		return desk.Setup{Agents: []desk.Agent{a}}
	}
	tests := []struct {
		name  string
		file  desk.Setup
		takes map[string][]string // of the agents who are stored, at once or as they follow
		hints []desk.Hint
	}{
		{"a queue more for the team", queue("new", "blue"),
			map[string][]string{"bob": both("help", "new", "sales")}, []desk.Hint{hint("bob", "help", "new", "sales")}},
		{"a queue goes to another team", queue("sales", "blue"),
			map[string][]string{"ana": nil}, []desk.Hint{hint("bob", "help", "sales")}},
		{"a queue that has nobody gets somebody", queue("help", "red"),
			map[string][]string{"ana": both("help", "sales")}, []desk.Hint{hint("ana", "help", "sales"), hint("bob", "help", "sales")}},
		{"another team", agent(0, 2, "blue"), map[string][]string{"ana": both("help")}, []desk.Hint{hint("ana", "help")}},
		{"no team", agent(1, 3), map[string][]string{"bob": nil}, nil},
		{"less room than work", agent(0, 1, "red"), map[string][]string{"ana": nil}, nil},
		{"nothing changes: hinted again", desk.Setup{Queues: small().Queues[:1], Agents: small().Agents[:1]},
			map[string][]string{}, []desk.Hint{hint("ana", "sales"), hint("bob", "help", "sales")}},
		{"the name of a team concerns nobody", desk.Setup{Teams: []desk.Team{{Head: desk.Head{ID: "red"}, Name: "Rojo"}}},
			map[string][]string{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := importing(have, tt.file)
			saved, hints := in.Save, in.Hints
			now := kept(have, in)
			services := in.Centre.Services(now.Queues)
			for _, id := range services.Behind(now.Agents) {
				ch := desk.Align(*agentOf(now, id), *in.Centre, services)
				saved, hints = append(saved, ch.Save...), append(hints, ch.Hints...)
			}
			takes := map[string][]string{}
			for _, rec := range saved {
				if a, ok := rec.(*desk.Agent); ok {
					takes[a.ID] = a.Takes
				}
			}
			assert.Equal(t, tt.takes, takes)
			assert.ElementsMatch(t, tt.hints, hints)
		})
	}
}

func TestRoomMadeByAnImportIsHinted(t *testing.T) {
	have := kept(desk.Setup{}, importing(desk.Setup{}, small()))
	full := working(have.Agents[0])
	full.Seats = []string{"one", "two"}
	have.Agents[0] = full.Settle()
	file := small()
	file.Agents[0].Capacity = 3
	in := importing(have, file)
	assert.Equal(t, both("sales"), savedOf[desk.Agent](in, "ana").Takes)
	assert.Equal(t, []desk.Hint{{Event: desk.HintAgentFreed, Agent: "ana", Takes: taken("sales")}}, in.Hints)
}

func TestTheCentresHistoryIsKept(t *testing.T) {
	c := desk.Centre{Head: desk.Head{ID: desk.CentreID}}
	var have desk.Setup
	pages := 0
	for n := range 101 {
		file := desk.Setup{Clients: []desk.Client{{Head: desk.Head{ID: "acme"}, Name: fmt.Sprint("Acme ", n)}}}
		in := desk.Import(c, have, file, "ada", imported)
		require.Same(t, in.Centre, savedOf[desk.Centre](in, "centre"))
		for _, rec := range in.Save {
			if page, ok := rec.(*desk.HistoryPage); ok {
				pages++
				assert.Equal(t, "centre:1", page.ID)
				assert.Len(t, page.Entries, 50)
			}
		}
		have = kept(have, in)
		c = *in.Centre
	}
	assert.Equal(t, 1, pages)
	assert.EqualValues(t, 101, c.Version)
	assert.EqualValues(t, 101, c.History.Last)
}

func TestImportLeavesWhatItWasGivenAlone(t *testing.T) {
	have := kept(desk.Setup{}, importing(desk.Setup{}, small()))
	have.Agents[0] = working(have.Agents[0])
	before := fmt.Sprintf("%+v", have)
	file := small()
	file.Queues[1].Team = "red"
	given := fmt.Sprintf("%+v", file)
	in := importing(have, file)
	for _, rec := range in.Save {
		rec.Base().Version += 10
	}
	assert.Equal(t, before, fmt.Sprintf("%+v", have))
	assert.Equal(t, given, fmt.Sprintf("%+v", file))
}
