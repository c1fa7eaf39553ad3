// Package admin sets up the centre.
//
//	Trigger   POST /v1/admin/import and GET /v1/admin/export, and the records one by one under /v1/admin, from an
//	          administrator; centre.due from the sweep, when agents were left behind; asset.due and queue.due, when one
//	          was deleted or a queue is configured otherwise; timer "queue" a while after that
//	Changes   clients, projects, teams, queues with their reasons and templates, assets, the agents something new is said about and the
//	          centre's own record, in one commit; then what the other agents serve, each by himself; the interactions of
//	          a deleted asset or queue, each by itself, with their offers and agents, and those of a queue which
//	          has other profiles or times now; with a deleted agent, in the same
//	          commit, his lease, his interactions, the offer that rings for him, and his successor
//	Hints     routing: an agent takes other interactions than before, or is free again; an interaction waits elsewhere
//	Repeats   safe: the same file or record again changes nothing, reports so and hints again; it finishes what the first
//	          time left undone. What was deleted is missing the second time, and the sweep finishes what is left
//
// A file is checked as a whole; with one mistake nothing is stored. One record is read, checked and stored as a file of
// one. Two changes at once meet in the centre's record; a caller who has not seen the first is told by If-Match.
// Agents are written by routing and by their own desktops all the time, so one commit over all whose queues change would
// hardly ever win: they follow one by one. The centre's record says for how long some may be behind, and until then no
// other change is made: it first helps them along.
//
// So do the interactions of a deleted asset or queue. Its tombstone says for how long some may be left; until then the
// sweep reminds. Whoever comes to an interaction second finds it done, so the walk may stop anywhere, run twice and beside
// itself, and it is made once more when nobody can know the record as it was before.
package admin

import (
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/host"
)

func init() { host.HTTP("admin", Register) }

type config struct {
	AlignFor  time.Duration `env:"ALIGN_FOR, default=20s"`  // how long one call brings agents in line; an event must be answered within a minute
	RetireFor time.Duration `env:"RETIRE_FOR, default=40s"` // how long one goes through the interactions of what was deleted
}

type handlers struct {
	host.Deps
	config
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{Deps: d}
	if err := d.Load(&h.config); err != nil {
		return err
	}
	d.Timer(mux, "queue", h.lookAgain)
	d.Events(mux, map[string]host.EventFunc{
		desk.HintCentreDue: h.centreDue, desk.HintAssetDue: h.assetDue, desk.HintQueueDue: h.queueDue})
	return api.Admin(mux, d.Edge(), h)
}
