// Package acceptance lets an agent take or decline the interaction they were offered.
//
//	Trigger   POST /v1/offers/{offer}/accept and .../decline, from the agent desktop
//	Changes   offer, agent, interaction, in one commit
//	Hints     routing: after an accept when the agent can take one more, after a decline for the interaction; admin, when
//	          the offer is of an asset that was deleted
//	Repeats   safe: a second accept by the same agent answers 200 and changes nothing
//
// Accept, decline, expiry and rescind all write the offer as it was read, so exactly one of them wins; the others read
// again and find its answer. An accept also reads the asset: from the moment an administrator has deleted it, nobody takes
// a conversation of it any more. The timer of an answered offer is deleted as best it can: one that fires finds an offer
// that no longer rings.
package acceptance

import (
	"context"
	"errors"
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
	"github.com/deskline/deskline/shared/timer"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("acceptance", Register) }

type handlers struct {
	host.Deps
	view view.Viewer
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	return api.Acceptance(mux, d.Edge(), handlers{d, view.Viewer{Store: d.Store, Now: d.Now}})
}

// GetOffer implements the operation of the same name in the contract.
func (h handlers) GetOffer(ctx context.Context, req api.GetOfferRequest) (api.Offer, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.Offer{}, err
	}
	o := desk.Offer{Head: desk.Head{ID: req.Offer}}
	if err := h.Store.Reader().Load(ctx, &o); err != nil {
		return api.Offer{}, err
	}
	if o.Agent != who.ID {
		return api.Offer{}, fault.New(fault.Denied, "not_your_offer", "the offer was made to somebody else")
	}
	return h.view.Offer(ctx, o)
}

// AcceptOffer implements the operation of the same name in the contract.
func (h handlers) AcceptOffer(ctx context.Context, req api.AcceptOfferRequest) (api.Offer, error) {
	return h.answer(ctx, req.Offer, h.accept)
}

// DeclineOffer implements the operation of the same name in the contract.
func (h handlers) DeclineOffer(ctx context.Context, req api.DeclineOfferRequest) (api.Offer, error) {
	return h.answer(ctx, req.Offer, h.decline)
}

// rule reads an offer and decides on an answer to it.
type rule func(ctx context.Context, r *store.Reader, offer, by string) (desk.Change, error)

// accept looks whether the asset is still there: nobody should take a conversation in which nothing can be said.
func (h handlers) accept(ctx context.Context, r *store.Reader, offer, by string) (desk.Change, error) {
	x, asset, err := r.OfferOn(ctx, offer)
	if err != nil {
		return desk.Change{}, err
	}
	x.Interaction = x.Interaction.On(asset)
	ch, err := desk.AcceptOffer(x, by, h.Now())
	if fault.HasCode(err, "channel_removed") { // it need not ring until the next look at the asset
		err = errors.Join(err, h.Bus.Hint(ctx, desk.Hint{Event: desk.HintAssetDue, Asset: asset.ID}))
	}
	return ch, err
}

func (h handlers) decline(ctx context.Context, r *store.Reader, offer, by string) (desk.Change, error) {
	x, err := r.Offer(ctx, offer)
	if err != nil {
		return desk.Change{}, err
	}
	return desk.DeclineOffer(x, by, h.Now())
}

func (h handlers) answer(ctx context.Context, offer string, decide rule) (api.Offer, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.Offer{}, err
	}
	web.Note(ctx, slog.String("offer", offer))
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		return decide(ctx, r, offer, who.ID)
	})
	if err != nil {
		return api.Offer{}, err
	}
	if len(ch.Save) > 0 {
		h.dropTimer(ctx, *ch.Offer)
	}
	return h.view.Offer(ctx, *ch.Offer)
}

// dropFor is how long an agent waits for a timer that is only deleted to save a call.
const dropFor = 300 * time.Millisecond

func (h handlers) dropTimer(ctx context.Context, o desk.Offer) {
	ctx, cancel := context.WithTimeout(ctx, dropFor)
	defer cancel()
	if err := h.Timers.Delete(ctx, timer.ForOffer(o.ID, o.Deadline)); err != nil {
		h.Log.LogAttrs(ctx, slog.LevelWarn, "timer not deleted", slog.String("offer", o.ID), slog.Any("err", err))
	}
}
