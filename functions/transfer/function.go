// Package transfer gives an agent's conversation to another queue or agent.
//
//	Trigger   POST /v1/interactions/{interaction}/transfer, from the agent desktop
//	Changes   interaction and a note on it; the agent, when his wrap-up is settled with it; to an agent, that agent and a
//	          new offer: all in one commit
//	Hints     routing: the interaction waits in another queue, or the agent can take one more
//	Repeats   safe: the interaction remembers the idempotency key, and a repeat finds it as it is, and hints again
//
// The offer's timer is set before the offer is made, as routing does: one that finds no offer has nothing to do. How the
// offer ends is for acceptance, timeout and presence; what becomes of the conversation when nobody takes it, the rules that
// end it decide.
package transfer

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
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

func init() { host.HTTP("transfer", Register) }

type handlers struct {
	host.Deps
	view view.Viewer
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	return api.Transfer(mux, d.Edge(), handlers{d, view.Viewer{Store: d.Store, Now: d.Now}})
}

// TransferInteraction implements the operation of the same name in the contract.
func (h handlers) TransferInteraction(ctx context.Context, req api.TransferInteractionRequest) (api.Interaction, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.Interaction{}, err
	}
	web.Note(ctx, slog.String("interaction", req.Interaction))
	g := gift{handlers: h, interaction: req.Interaction, by: who.ID, wish: wish(req, who.ID)}
	var ch desk.Change
	switch b := req.Body; {
	case (b.Queue == "") == (b.Agent == ""):
		return api.Interaction{}, fault.New(fault.Invalid, "one_target", "name either a queue or an agent")
	case b.Queue != "":
		ch, err = h.Move(ctx, g.toQueue(b.Queue))
	default:
		ch, err = h.Move(ctx, g.toAgent(b.Agent))
	}
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who.ID)
}

// wish is what the agent asks. The note's ID follows from the key, so that a repeat finds the same.
func wish(req api.TransferInteractionRequest, by string) desk.Handover {
	return desk.Handover{
		Note: req.Body.Note, NoteID: desk.NoteID(req.Interaction, by, "transfer "+req.IdempotencyKey),
		Reason: req.Body.Reason, SubReason: req.Body.SubReason, Key: req.IdempotencyKey,
	}
}

// gift is a conversation on the way from its agent.
type gift struct {
	handlers
	interaction, by string
	wish            desk.Handover
}

// decision reads what a rule needs, and asks it.
type decision = func(context.Context, *store.Reader) (desk.Change, error)

func (g gift) toQueue(queue string) decision {
	return func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i, a, reason, err := g.read(ctx, r, nil)
		if err != nil {
			return desk.Change{}, err
		}
		to, asset := desk.Queue{Head: desk.Head{ID: queue}}, desk.Asset{Head: desk.Head{ID: i.Asset}}
		if err := r.Find(ctx, &to, &asset); err != nil { // fresh, for either may have been deleted
			return desk.Change{}, err
		}
		return desk.TransferToQueue(i, a, to, asset, g.wish, reason, g.Now())
	}
}

func (g gift) toAgent(agent string) decision {
	o := desk.Offer{Head: desk.Head{ID: g.NewID()}}
	var half time.Time // until when the offer may still be made: whoever is asked has time to answer
	return func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		to := desk.Agent{Head: desk.Head{ID: agent}}
		i, a, reason, err := g.read(ctx, r, &to)
		if err != nil {
			return desk.Change{}, err
		}
		asset := desk.Asset{Head: desk.Head{ID: i.Asset}}
		if err := r.Find(ctx, &asset); err != nil {
			return desk.Change{}, err
		}
		queue, err := g.Store.Queue(ctx, i.Queue)
		if err != nil {
			return desk.Change{}, err
		}
		first := half.IsZero()
		if first {
			rings := cmp.Or(queue.OfferTimeout, desk.DefaultOfferTimeout)
			o.Deadline = desk.Micro(g.Now().Add(rings))
			half = o.Deadline.Add(-rings / 2)
		}
		ch, err := desk.TransferToAgent(i, a, o, to, queue, asset, g.wish, reason, g.Now())
		if err != nil || len(ch.Save) == 0 {
			return ch, err
		}
		if first {
			g.WatchOffer(ctx, o)
		}
		if g.Now().After(half) {
			return desk.Change{}, fault.New(fault.Unavailable, "busy", "half of the offer's time is gone")
		}
		return ch, nil
	}
}

// read reads the conversation, its agent, and the reason he settles his wrap-up with or is suggested. The agent to whom it
// shall go, if it is one, is read at the same instant: read later he might be busy with this very transfer, which another
// try at it has made meanwhile.
func (g gift) read(ctx context.Context, r *store.Reader, to *desk.Agent) (i desk.Interaction, a desk.Agent, reason desk.Reason, err error) {
	i.ID, a.ID = g.interaction, g.by
	recs := []desk.Record{&i, &a}
	if to != nil && to.ID != g.by {
		recs = append(recs, to)
	}
	if err = r.Find(ctx, recs...); err != nil {
		return
	}
	if to != nil && to.ID == g.by {
		*to = a
	}
	if i.Version == 0 {
		err = fault.New(fault.Missing, "interaction_missing", "there is no such interaction")
		return
	}
	reason, err = g.Store.Reason(ctx, i.Queue, cmp.Or(g.wish.Reason, desk.ReasonTransfer))
	return
}
