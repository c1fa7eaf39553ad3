// Package hours lets supervisors close a queue at once and open it again.
//
//	Trigger   POST /v1/queues/{queue}/close and .../open, from a supervisor of the queue's team or an administrator
//	Changes   the queue and, for its history, the centre's record, in one commit
//	Hints     routing, for whom may wait in the queue: to be told, to go elsewhere, or to be offered
//	Repeats   safe: a queue that is closed, or open, stays so; the hints go out again
//
// The clock opens and closes queues too, and nobody has to be there for it: routing looks at a queue's hours whenever it looks at
// who waits there, which is in every round of the sweep at the latest.
package hours

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("hours", Register) }

type handlers struct{ host.Deps }

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	return api.Hours(mux, d.Edge(), handlers{d})
}

// CloseQueue implements the operation of the same name in the contract.
func (h handlers) CloseQueue(ctx context.Context, req api.CloseQueueRequest) (api.QueueDoor, error) {
	return h.turn(ctx, req.Queue, desk.CloseQueue)
}

// OpenQueue implements the operation of the same name in the contract.
func (h handlers) OpenQueue(ctx context.Context, req api.OpenQueueRequest) (api.QueueDoor, error) {
	return h.turn(ctx, req.Queue, desk.OpenQueue)
}

type rule func(desk.Centre, desk.Queue, desk.Agent, time.Time) (desk.Change, error)

// turn makes the rule's move with the queue and shows it.
func (h handlers) turn(ctx context.Context, queue string, decide rule) (api.QueueDoor, error) {
	web.Note(ctx, slog.String("queue", queue))
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.QueueDoor{}, err
	}
	by := desk.Agent{Head: desk.Head{ID: who.ID}, Name: who.Name, Roles: who.Roles, Teams: who.Teams}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		c, q := desk.Centre{Head: desk.Head{ID: desk.CentreID}}, desk.Queue{Head: desk.Head{ID: queue}}
		if err := r.Find(ctx, &c, &q); err != nil {
			return desk.Change{}, err
		}
		return decide(c, q, by, h.Now())
	})
	if err != nil {
		return api.QueueDoor{}, err
	}
	return h.shown(*ch.Queue), nil
}

func (h handlers) shown(q desk.Queue) api.QueueDoor {
	out := api.QueueDoor{Queue: api.Ref{ID: q.ID, Name: q.Name}, Version: q.Version, Open: q.Open(h.Now()),
		WhenClosed: api.WhenClosed(cmp.Or(q.WhenClosed, desk.WhenClosedWait))}
	if c := q.Closed; !c.At.IsZero() {
		out.Closed = api.Closure{At: c.At, By: api.Ref{ID: c.By, Name: cmp.Or(c.ByName, c.By)}}
	}
	return out
}
