package tests

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// targets are the pages of the list, each in one line: queues with how many are free and wait, agents with their state and free
// seats, and the codes of those who are no target.
func targets(c *floor.Floor, a *floor.Agent, interaction string, query url.Values) (pages []string) {
	c.T.Helper()
	for {
		list, err := a.Desktop.Targets(c.Context(), interaction, query)
		require.NoError(c.T, err)
		var line []string
		for _, q := range list.Queues {
			line = append(line, strings.TrimSpace(fmt.Sprintf("%s %d/%d %s", q.ID, q.Available, q.Waiting, q.Code)))
		}
		for _, g := range list.Agents {
			line = append(line, strings.TrimSpace(fmt.Sprintf("%s %s %d/%d %s", g.ID, g.State, g.Free, g.Capacity, g.Code)))
		}
		pages = append(pages, strings.Join(line, ", "))
		if list.Next == "" {
			return pages
		}
		query.Set("cursor", list.Next)
		require.Less(c.T, len(pages), 20)
	}
}

// R20, R23: the list of targets shows who can take the conversation now, is as live as they are, can be searched without regard
// to case and accents, and pages; with all it shows the rest, with the state and the code each would get.
func TestTheListOfTargets(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
teams:    [{id: owls, name: Owls}]
agents:
  - {id: olga, name: Olga, email: olga@acme.example, roles: [agent], teams: [owls], capacity: 1}
  - {id: full, name: Fulgencio Peñón, email: full@acme.example, roles: [agent], teams: [support], capacity: 1}
`)
	ana, bob, full := c.Agent("ana").SignsIn(), c.Agent("bob"), c.Agent("full")
	i := talks(c, ana, "lea")
	list := func(query ...string) []string {
		t.Helper()
		v := url.Values{}
		for n := 0; n < len(query); n += 2 {
			v.Set(query[n], query[n+1])
		}
		return targets(c, ana, i.ID, v)
	}
	assert.Equal(t, []string{"support 1/0"}, list(), "Ana herself could take one of support's")

	bob.SignsIn()
	full.SignsIn()
	assert.Equal(t, []string{"support 3/0, bob available 3/3, full available 1/1"}, list("for", "transfer"))
	assert.Equal(t, []string{"support 3/0", "bob available 3/3", "full available 1/1"}, list("limit", "1"))
	assert.Equal(t, []string{"full available 1/1"}, list("q", "PENON"))
	assert.Equal(t, []string{"support 3/0"}, list("q", "upp"))
	assert.Equal(t, []string{""}, list("q", "nobody"))

	ana.Becomes(api.ChosenStateIdle)
	c.Customer("max").Writes("hola") // rings at Bob
	bob.IsOffered()
	talks(c, full, "eva")
	given := "bookings 0/0 no_such_target, returns 0/0 no_such_target, sales 0/0 own_queue, support 0/0, " +
		"ada offline 3/3 target_not_in_team, ana idle 2/3 target_is_you, bob available 2/3 target_busy, carla offline 3/3 target_unavailable, " +
		"full available 0/1 target_full, olga offline 1/1 target_not_in_team, sam offline 3/3 target_unavailable"
	assert.Equal(t, []string{given}, list("all", "true"))
	assert.Equal(t, strings.Split(given, ", "), list("all", "true", "limit", "1"))
	assert.Equal(t, []string{"bob available 2/3 target_busy"}, list("all", "true", "q", "bob"))
	assert.Equal(t, []string{"support 0/0"}, list())

	_, err := bob.Desktop.Targets(c.Context(), i.ID, url.Values{})
	c.IsRefused(err, 403, "not_your_conversation")
	_, err = ana.Desktop.Targets(c.Context(), i.ID, url.Values{"cursor": {"eA"}})
	c.IsRefused(err, 400, "bad_cursor")
	_, err = ana.Desktop.Targets(c.Context(), i.ID, url.Values{"for": {"fun"}})
	c.IsRefused(err, 400, "bad_request")
	_, err = ana.Desktop.Targets(c.Context(), "nothing", url.Values{})
	c.IsRefused(err, 404, "interaction_missing")
}

// R20: where there is nobody else and no other queue, `transfer` is not among the moves; either makes it one.
func TestNoTransferWithoutATarget(t *testing.T) {
	t.Parallel()
	const small = `
clients:  [{id: sol, name: Sol}]
projects: [{id: night, name: Night service, client: sol}]
teams:    [{id: owls, name: Owls}, {id: larks, name: Larks}]
queues:
  - {id: keys, name: Keys, project: night, team: owls, reasons: [{id: found, name: Found}]}
  - {id: doors, name: Doors, project: night, team: larks, reasons: [{id: open, name: Open}]}
assets: [{channel: whatsapp, account: "100000000000002", name: Keys, display: "+34 600 000 002", queue: keys, token: whatsapp-acme}]
agents: [{id: olga, name: Olga, email: olga@acme.example, roles: [agent], teams: [owls]}]
`
	for with, file := range map[string]string{
		"another agent": `agents: [{id: omar, name: Omar, email: omar@acme.example, roles: [agent], teams: [owls]}]`,
		"another queue": `queues: [{id: doors, name: Doors, project: night, team: larks, assets: ["whatsapp:100000000000002"], reasons: [{id: open, name: Open}]}]`,
	} {
		c := floor.Open(t)
		c.Configure(small)
		olga := c.Agent("olga").SignsIn()
		c.Customer("lea").WritesTo("100000000000002", "he perdido las llaves")
		i := olga.Accepts()
		assert.NotContains(t, i.Actions, "transfer")
		assert.Equal(t, []string{""}, targets(c, olga, i.ID, url.Values{}))
		c.Configure(file)
		c.Advance(16 * time.Second) // until nobody knows the centre as it was
		assert.Contains(t, olga.Sees(i.ID).Actions, "transfer", with)
	}
}

// R20: a search among more agents than are read for one page goes on where it left off.
func TestASearchAmongManyAgents(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	r := c.Store.Reader()
	team := read[desk.Agent](c, "bob")
	var crowd []desk.Record
	for n := range 620 {
		a := desk.Agent{Head: desk.Head{ID: fmt.Sprintf("x%03d", n)}, Name: fmt.Sprintf("Agent %03d", n), Capacity: 1,
			Serves: team.Serves, Teams: team.Teams, State: desk.AgentAvailable, FreeSince: team.Since}
		if n == 3 || n == 610 {
			a.Name = "Núria"
		}
		a = a.Settle()
		crowd = append(crowd, &a)
	}
	for len(crowd) > 0 {
		some := crowd[:min(100, len(crowd))]
		crowd = crowd[len(some):]
		require.NoError(t, r.Save(c.Context(), desk.Change{Save: some}))
	}
	for _, all := range []string{"false", "true"} {
		pages := targets(c, ana, i.ID, url.Values{"q": {"nuria"}, "all": {all}})
		assert.Equal(t, []string{"x003 available 1/1", "x610 available 1/1"}, pages, "a page may be short, and there is more")
	}
	first, err := ana.Desktop.Targets(c.Context(), i.ID, url.Values{"limit": {"2"}})
	require.NoError(t, err)
	assert.Equal(t, 621, first.Queues[0].Available)
}
