// Package reports says what became of conversations, how much happened in a queue, and how long agents were in which state (B6).
//
//	Trigger   GET /v1/reports/records, /v1/reports/records/{interaction}, /v1/reports/metrics, the same as a table at
//	          /v1/reports/metrics.csv, and /v1/reports/agents/{agent}, from supervisors, administrators and, about
//	          themselves, agents
//	Changes   hourly: what was counted in an hour that is over, must not exist
//	Hints     nobody
//	Repeats   safe: who counts an hour again finds the same, and of two who keep it the second finds it kept
//
// A contact record is an interaction's history, read from the beginning (desk.AccountOf), so there is exactly one for each and
// nothing to write for it. Metrics are counted from the records of the interactions whose ledgers name the hour; the formulas
// stand at desk.Tally and its methods, and in the contract. How queues and agents stand now is the board of package supervision.
//
// What it costs: an hour of a queue is counted once, by whoever asks for it first when it is over: one read for each conversation
// in it and for each page of a long history, and one write, even when nothing happened; after that it is one read, and one more
// for each further record that an hour with very many agents takes. To find out that thirty hours are too busy to be counted at
// once costs 200 reads more. The hour that is going on is counted anew when somebody
// asks, at most once in COUNT_EVERY and instance. Nobody pays who does not ask. What metrics need beside the history, such as
// the first response, is a field in a commit that is made anyway.
package reports

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
)

func init() { host.HTTP("reports", Register) }

type config struct {
	Every time.Duration `env:"COUNT_EVERY, default=5s"` // how old a count of the hour that is going on may be
	For   time.Duration `env:"COUNT_FOR, default=20s"`  // after how long a request begins to count no further hour, and the caller is asked to come again
}

type handlers struct {
	host.Deps
	config
	counter *counter
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{Deps: d}
	if err := d.Load(&h.config); err != nil {
		return err
	}
	h.counter = &counter{Deps: d, config: h.config}
	return api.Reports(mux, d.Edge(), h)
}

// me is how a caller names himself.
const me = "me"

// caller is who calls, by who he is and what he may.
func caller(ctx context.Context) (desk.Agent, error) {
	who, err := auth.Agent(ctx)
	return desk.Agent{Head: desk.Head{ID: who.ID}, Name: who.Name, Roles: who.Roles, Teams: who.Teams}, err
}

// supervisor is the caller, if his role reaches beyond himself.
func supervisor(ctx context.Context) (desk.Agent, error) {
	if _, err := auth.Require(ctx, desk.RoleSupervisor, desk.RoleAdmin); err != nil {
		return desk.Agent{}, err
	}
	return caller(ctx)
}

// queue is the queue that the caller asks about. own says that he asks about himself, which an agent may in the queues that his
// teams serve.
func (h handlers) queue(ctx context.Context, id string, who desk.Agent, own bool) (desk.Queue, error) {
	q, err := h.Store.Queue(ctx, id)
	if err != nil || own && slices.Contains(who.Teams, q.Team) {
		return q, err
	}
	return q, desk.MayOversee(who, q)
}

// timeOf reads the times of a request, which the contract has checked.
func timeOf(from, to string) (desk.Period, error) {
	begin, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return desk.Period{}, fault.New(fault.Invalid, "bad_request", "from is no time")
	}
	end, err := time.Parse(time.RFC3339, to)
	if err != nil {
		return desk.Period{}, fault.New(fault.Invalid, "bad_request", "to is no time")
	}
	p := desk.Period{From: begin.UTC(), To: end.UTC()}
	return p, desk.CheckTime(p.From, p.To)
}
