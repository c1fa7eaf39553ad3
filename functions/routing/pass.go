package routing

import (
	"context"
	"log/slog"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
)

const (
	pageMin = 4  // a first look costs few reads: mostly one waits, or one is free
	pageMax = 64 // and a long one few queries
	claims  = 16 // made at once
)

// pass pairs those who wait under a token with the agents free for it until one side is exhausted. A round that lost a
// race for a pair counts as progress: there is another.
func (h handlers) pass(ctx context.Context, token string) error {
	for {
		lost, err := h.round(ctx, token)
		if err != nil || !lost {
			return err
		}
	}
}

// round walks once over both sides by cursor, never from the head again. It asks for agents first and stops when there
// are none, which is what a busy centre finds most of the time.
func (h handlers) round(ctx context.Context, token string) (lost bool, err error) {
	var lastAgent desk.Agent
	var lastWaiting desk.Interaction
	for page := pageMin; ; page = min(2*page, pageMax) {
		r := h.Store.Reader()
		agents, err := r.FreeAgents(ctx, token, page, lastAgent)
		if err != nil || len(agents) == 0 {
			return lost, err
		}
		waiting, err := r.Waiting(ctx, []string{token}, page, lastWaiting)
		if err != nil || len(waiting) == 0 {
			return lost, err
		}
		lostHere, err := h.claimAll(ctx, r, desk.Match(agents, waiting))
		lost = lost || lostHere
		if err != nil || len(agents) < page || len(waiting) < page {
			return lost, err
		}
		lastAgent, lastWaiting = agents[len(agents)-1], waiting[len(waiting)-1]
	}
}

// claimAll claims the pairs side by side.
func (h handlers) claimAll(ctx context.Context, r *store.Reader, pairs []desk.Pair) (bool, error) {
	var lost atomic.Bool
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(claims)
	for _, p := range pairs {
		g.Go(func() error {
			made, err := h.claim(ctx, r, p)
			if !made {
				lost.Store(true)
			}
			return err
		})
	}
	err := g.Wait()
	return lost.Load(), err
}

// claim makes the offer for a pair: its ID and deadline first, then its timer, then the commit. The first try uses what
// the pass has read; after a lost race both are read again by ID, for losing it is no refusal. False means that the
// pair is no longer possible. One that never was, because a record is at odds with itself, is logged: another round
// would find it again, for ever.
func (h handlers) claim(ctx context.Context, r *store.Reader, p desk.Pair) (bool, error) {
	queue, err := h.Store.Queue(ctx, p.Interaction.Queue)
	if err != nil {
		return false, err
	}
	o := desk.Offer{Head: desk.Head{ID: h.NewID()}, Deadline: desk.Micro(h.Now().Add(queue.OfferTimeout))}
	if err := h.Timers.Set(ctx, timer.ForOffer(o.ID, o.Deadline)); err != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "offer made without its timer", slog.String("offer", o.ID), slog.Any("err", err))
	}
	ch, err := desk.MakeOffer(o, p, h.Now())
	if err != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "a pair that cannot be", slog.String("agent", p.Agent.ID),
			slog.String("interaction", p.Interaction.ID), slog.Any("err", err))
		return true, nil
	}
	if err = r.Save(ctx, ch); store.Lost(err) {
		_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) { return h.again(ctx, r, o, p) })
	}
	if fault.Is(err, fault.Conflict) {
		return false, nil
	}
	return err == nil, err
}

// again decides on the pair as it is now.
func (h handlers) again(ctx context.Context, r *store.Reader, o desk.Offer, p desk.Pair) (desk.Change, error) {
	p.Agent = desk.Agent{Head: desk.Head{ID: p.Agent.ID}}
	p.Interaction = desk.Interaction{Head: desk.Head{ID: p.Interaction.ID}}
	if err := r.Find(ctx, &o); err != nil {
		return desk.Change{}, err
	}
	if err := r.Load(ctx, &p.Agent, &p.Interaction); err != nil {
		return desk.Change{}, err
	}
	return desk.MakeOffer(o, p, h.Now())
}
