// Package supervision lets supervisors see how their queues, agents and conversations stand, and step in.
//
//	Trigger   /v1/supervision/…: the board and its feed, a server-sent event stream; lists; a conversation with its transcript;
//	          take-over, reassign, requeue and end; an agent's state
//	Changes   a move in a conversation: interaction, a note on it, the agents who lose or get it, and an offer that is taken
//	          back, in one commit; an agent's state: agent, lease, the pending offer, conversations that are handed on
//	Hints     routing: a conversation waits, or agents can take one more
//	Repeats   safe: the interaction, or the agent, remembers the idempotency key, and a repeat finds it as it is. What a repeat
//	          cannot hint again, agents who are free because of it, the sweep finds
//
// Who may: a supervisor for the queues that his teams serve and the agents who are in them, an administrator for all. What that is
// follows from the configuration, and may be as old as that is kept. Every move stands in the history with who made it; reading
// leaves no trace but the log's.
//
// The board is counted, not listened to: for each queue five reads and for each team four, at most once in BOARD_EVERY and
// instance, and only while somebody looks. So it costs the same however much goes on and however many watch.
package supervision

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("supervision", Register) }

type config struct {
	Every     time.Duration `env:"BOARD_EVERY, default=5s"`       // how old the board may be, and how often its feed looks
	StreamFor time.Duration `env:"BOARD_STREAM_FOR, default=10m"` // how long a feed lasts: then who may see what is asked again
	Heartbeat time.Duration `env:"BOARD_HEARTBEAT, default=15s"`  // between comments that keep proxies from closing it
}

type handlers struct {
	host.Deps
	config
	view  view.Viewer
	board *board
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{Deps: d, view: view.Viewer{Store: d.Store, Now: d.Now}}
	if err := d.Load(&h.config); err != nil {
		return err
	}
	h.board = &board{store: d.Store, now: d.Now, age: h.Every}
	return api.Supervision(mux, d.Edge(), h)
}

// caller is the supervisor who calls, by who he is and what he may.
func caller(ctx context.Context) (desk.Agent, error) {
	who, err := auth.Require(ctx, desk.RoleSupervisor, desk.RoleAdmin)
	return desk.Agent{Head: desk.Head{ID: who.ID}, Name: who.Name, Roles: who.Roles, Teams: who.Teams}, err
}

// queue is the queue of a conversation, as it is configured; one that nobody knows any more is nobody's but an administrator's.
func (h handlers) queue(ctx context.Context, id string) (desk.Queue, error) {
	q, err := h.Store.Queue(ctx, id)
	if fault.Is(err, fault.Missing) {
		return desk.Queue{Head: desk.Head{ID: id}}, nil
	}
	return q, err
}

// GetSupervised implements the operation of the same name in the contract.
func (h handlers) GetSupervised(ctx context.Context, req api.GetSupervisedRequest) (api.Interaction, error) {
	who, r, i, err := h.looks(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	moves, err := r.Moves(ctx, i)
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Supervised(ctx, i, moves, who)
}

// ListSupervisedMessages implements the operation of the same name in the contract.
func (h handlers) ListSupervisedMessages(ctx context.Context, req api.ListSupervisedMessagesRequest) (api.MessageList, error) {
	who, r, i, err := h.looks(ctx, req.Interaction)
	if err != nil {
		return api.MessageList{}, err
	}
	return h.view.Transcript(ctx, r, i, who.ID, req.Cursor, req.Limit)
}

// looks reads a conversation for a supervisor who may see it.
func (h handlers) looks(ctx context.Context, id string) (desk.Agent, *store.Reader, desk.Interaction, error) {
	r, i := h.Store.Reader(), desk.Interaction{Head: desk.Head{ID: id}}
	who, err := caller(ctx)
	if err != nil {
		return who, r, i, err
	}
	web.Note(ctx, slog.String("interaction", id))
	if err := r.Load(ctx, &i); err != nil {
		return who, r, i, err
	}
	q, err := h.queue(ctx, i.Queue)
	if err != nil {
		return who, r, i, err
	}
	return who, r, i, desk.MayOversee(who, q)
}

// overseen are the queues the caller oversees, by ID.
func (h handlers) overseen(ctx context.Context, who desk.Agent) ([]desk.Queue, error) {
	all, err := h.Store.Queues(ctx)
	if err != nil {
		return nil, err
	}
	mine := slices.DeleteFunc(slices.Clone(all), func(q desk.Queue) bool { return !who.Oversees(q) || q.Deleted() })
	slices.SortFunc(mine, func(a, b desk.Queue) int { return cmp.Compare(a.ID, b.ID) })
	return mine, nil
}
