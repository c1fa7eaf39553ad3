package routing

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

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

	passFor  = 20 * time.Second // of a pass; then its hint comes again, and others get their turn
	pauseMax = 50 * time.Millisecond
	timerFor = time.Second // an offer does not wait longer for its timer
)

// pass pairs those who wait under a token with the agents free for it until one side is exhausted. A round that lost a
// race for a pair counts as progress: there is another, after a pause. A pass that takes too long is Unavailable (code
// pass_unfinished).
func (h handlers) pass(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, passFor)
	defer cancel()
	for n := 0; ; n++ {
		lost, err := h.round(ctx, token)
		if err != nil || !lost {
			return err
		}
		if !pause(ctx, n) {
			return fault.New(fault.Unavailable, "pass_unfinished", "there is still somebody to pair")
		}
	}
}

// pause waits a random time that doubles with each round up to pauseMax; false means that ctx ended.
func pause(ctx context.Context, round int) bool {
	t := time.NewTimer(rand.N(min(time.Millisecond<<min(round, 10), pauseMax)))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// round walks once over both sides by cursor, never from the head again. It asks for agents first and stops when there
// are none, which is what a busy centre finds most of the time. A pair that cannot be claimed for an error does not
// stop it: those behind must not wait for it.
func (h handlers) round(ctx context.Context, token string) (lost bool, failed error) {
	var lastAgent desk.Agent
	var lastWaiting desk.Interaction
	for page := pageMin; ; page = min(2*page, pageMax) {
		r := h.Store.Reader()
		agents, err := r.FreeAgents(ctx, token, page, lastAgent)
		if err != nil || len(agents) == 0 {
			return lost, errors.Join(failed, err)
		}
		waiting, err := r.Waiting(ctx, []string{token}, page, lastWaiting)
		if err != nil || len(waiting) == 0 {
			return lost, errors.Join(failed, err)
		}
		pairs, agents, err := h.match(ctx, r, token, agents, waiting, page)
		if err != nil {
			return lost, errors.Join(failed, err)
		}
		lostHere, err := h.claimAll(ctx, r, pairs)
		lost, failed = lost || lostHere || len(agents) > page, errors.Join(failed, err) // some of more agents have nobody yet
		if len(agents)%page != 0 || len(waiting) < page {
			return lost, failed
		}
		lastAgent, lastWaiting = agents[len(agents)-1], waiting[len(waiting)-1]
	}
}

// match pairs a page of agents with a page of those who wait. Somebody's last resort is taken only when there is nobody
// else behind the page: more agents are read until there is a better one or no more.
func (h handlers) match(ctx context.Context, r *store.Reader, token string, agents []desk.Agent, waiting []desk.Interaction, page int) ([]desk.Pair, []desk.Agent, error) {
	for {
		pairs := desk.Match(agents, waiting)
		if len(agents)%page != 0 || !slices.ContainsFunc(pairs, lastResort) {
			return pairs, agents, nil
		}
		more, err := r.FreeAgents(ctx, token, page, agents[len(agents)-1])
		if err != nil || len(more) == 0 {
			return pairs, agents, err
		}
		agents = append(agents, more...)
	}
}

func lastResort(p desk.Pair) bool { return p.Why == desk.WhyLastResort }

// claimAll claims the pairs side by side. lost says that some pair was no longer possible.
func (h handlers) claimAll(ctx context.Context, r *store.Reader, pairs []desk.Pair) (lost bool, failed error) {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(claims)
	for _, p := range pairs {
		g.Go(func() error {
			made, err := h.claim(ctx, r, p)
			mu.Lock()
			defer mu.Unlock()
			lost, failed = lost || !made && err == nil, errors.Join(failed, err)
			return nil
		})
	}
	_ = g.Wait() // the errors are in failed, all of them
	return lost, failed
}

// claim makes the offer for a pair: its ID and deadline first, then its timer, then the commit. The first try uses what
// the pass has read; after a lost race both are read again by ID, for losing it is no refusal. False means that the
// pair is no longer possible, or took so long that half of the offer's time is gone: then it is made anew. A pair that
// never was, because a record is at odds with itself, is logged: another round would find it again, for ever.
func (h handlers) claim(ctx context.Context, r *store.Reader, p desk.Pair) (bool, error) {
	queue, err := h.Store.Queue(ctx, p.Interaction.Queue)
	if err != nil {
		return false, err
	}
	rings := cmp.Or(queue.OfferTimeout, desk.DefaultOfferTimeout)
	o := desk.Offer{Head: desk.Head{ID: h.NewID()}, Deadline: desk.Micro(h.Now().Add(rings))}
	h.setTimer(ctx, o)
	half := o.Deadline.Add(-rings / 2)
	ch, err := desk.MakeOffer(o, p, h.Now())
	switch {
	case h.Now().After(half):
		return false, nil
	case err != nil:
		h.Log.LogAttrs(ctx, slog.LevelError, "a pair that cannot be", slog.String("agent", p.Agent.ID),
			slog.String("interaction", p.Interaction.ID), slog.Any("err", err))
		return true, nil
	}
	if err = r.Save(ctx, ch); store.Lost(err) {
		_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) { return h.again(ctx, r, o, p, half) })
	}
	if fault.Is(err, fault.Conflict) {
		return false, nil
	}
	return err == nil, err
}

// setTimer sets the offer's timer. Without it the offer is made all the same: the sweep ends it.
func (h handlers) setTimer(ctx context.Context, o desk.Offer) {
	ctx, cancel := context.WithTimeout(ctx, timerFor)
	defer cancel()
	if err := h.Timers.Set(ctx, timer.ForOffer(o.ID, o.Deadline)); err != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "offer made without its timer", slog.String("offer", o.ID), slog.Any("err", err))
	}
}

// again decides on the pair as it is now. An offer that is stored already was made by the first try.
func (h handlers) again(ctx context.Context, r *store.Reader, o desk.Offer, p desk.Pair, half time.Time) (desk.Change, error) {
	p.Agent = desk.Agent{Head: desk.Head{ID: p.Agent.ID}}
	p.Interaction = desk.Interaction{Head: desk.Head{ID: p.Interaction.ID}}
	if err := r.Find(ctx, &o); err != nil {
		return desk.Change{}, err
	}
	if o.Version == 0 && h.Now().After(half) {
		return desk.Change{}, fault.New(fault.Conflict, "too_late", "half of the offer's time is gone")
	}
	if err := r.Load(ctx, &p.Agent, &p.Interaction); err != nil {
		return desk.Change{}, err
	}
	return desk.MakeOffer(o, p, h.Now())
}
