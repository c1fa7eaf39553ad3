package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// R29: a queue has its own number, team, project, client, offer timeout and reasons, and they all apply to who waits in
// it.
func TestAQueueCarriesWhatItNeeds(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Configure(`
clients:  [{id: sol, name: Sol}]
projects: [{id: night, name: Night service, client: sol}]
teams:    [{id: owls, name: Owls}]
queues:
  - {id: lost-keys, name: Lost keys, project: night, team: owls, offerTimeout: 45s, historyHours: 12, attachments: true,
     reasons: [{id: found, name: Found}]}
assets: [{channel: whatsapp, account: "100000000000002", name: Keys, display: "+34 600 000 002", queue: lost-keys, token: whatsapp-acme}]
agents: [{id: olga, name: Olga, email: olga@acme.example, roles: [agent], teams: [owls], capacity: 1}]
`)
	ana, olga := c.Agent("ana").SignsIn(), c.Agent("olga").SignsIn()
	c.Customer("lea").WritesTo("100000000000002", "he perdido las llaves")

	o := olga.IsOffered()
	ana.IsNotOffered()
	assert.Equal(t, api.Ref{ID: "lost-keys", Name: "Lost keys"}, o.Queue)
	assert.Equal(t, "+34 600 000 002", o.Source)
	ringsFor(t, 45*time.Second, o)
	i := olga.Accepts()
	assert.Equal(t, api.Ref{ID: "night", Name: "Night service"}, i.Project)
	assert.Equal(t, api.Ref{ID: "sol", Name: "Sol"}, i.Client)
	form, err := olga.Desktop.WrapUpForm(c.Context(), i.ID, "")
	assert.NoError(t, err)
	assert.Equal(t, []string{"Found", "Transfer"}, []string{form.Reasons[0].Name, form.Reasons[1].Name})

	c.Customer("max").WritesTo("100000000000002", "yo también")
	olga.IsNotOffered() // she takes one at a time
}
