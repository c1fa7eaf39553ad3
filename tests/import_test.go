package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// outlet is a queue more for Ana's team, and the number whose customers wait there.
const outlet = `queues: [{id: outlet, name: Outlet, project: shop, team: support}]
assets: [{channel: whatsapp, account: "100000000000002", name: Acme outlet, display: "+34 600 000 002", queue: outlet, token: whatsapp-acme}]`

// B1: an import stops after the configuration is stored and before the agents serve the new queue. Nobody repeats it; the
// sweep has it finished, and whoever waits there is served.
func TestAnImportThatStopsHalfWayIsFinishedByTheSweep(t *testing.T) {
	t.Parallel()
	var lost breaks
	c := floor.OpenWith(t, suite.Options{Firestore: firestore.Options{Intercept: breakCommits(&lost, "/agents/")}})
	ana := c.Agent("ana").SignsIn()
	c.Settle()
	lost.left.Store(1000)
	_, err := c.Agent("ada").Desktop.Import(c.Context(), []byte(outlet), false)
	c.IsRefused(err, 500, "internal")
	lost.left.Store(0)
	c.Customer("lea").WritesTo("100000000000002", "hola")
	c.Settle()
	ana.IsNotOffered()
	require.False(t, all[desk.Centre](c)[0].DueAt.IsZero())

	c.Advance(desk.Patience)
	c.Sweep()
	assert.Equal(t, "Lea", ana.IsOffered().Customer.Name)
	assert.Zero(t, all[desk.Centre](c)[0].DueAt, "all are in line")
	for _, a := range all[desk.Agent](c) {
		assert.Equal(t, a.ID != "ada", len(a.Serves) >= 4, "%s serves %v", a.ID, a.Serves)
	}
}
