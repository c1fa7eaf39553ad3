package routing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

const (
	pageMin = 4  // a first look costs few reads: mostly one waits, or one is free
	pageMax = 64 // and a long one few queries
	claims  = 16 // made at once

	passFor  = 20 * time.Second // of a pass; then its hint comes again, and others get their turn
	pauseMax = 50 * time.Millisecond
)

// pass pairs those who wait under a token with the agents free for it until one side is exhausted. A round that lost a
// race for a pair counts as progress: there is another, after a pause. An interaction that cannot be claimed is left out
// of the rounds that follow, so that nobody waits behind it; the error comes at the end. A pass that takes too long is
// Unavailable (code pass_unfinished). left says that some agent who takes the token may still be free.
func (h handlers) pass(ctx context.Context, token string) (left bool, err error) {
	q, err := h.queue(ctx, desk.QueueOf(token))
	if err != nil {
		return true, err
	}
	ctx, cancel := context.WithTimeout(ctx, passFor)
	defer cancel()
	w := walk{handlers: h, token: token, by: q.Asks(), broken: map[string]bool{}}
	for n := 0; ; n++ {
		again, err := w.round(ctx)
		if err != nil || !again {
			return w.left || err != nil, errors.Join(err, w.failed)
		}
		if !pause(ctx, n) {
			return true, errors.Join(fault.New(fault.Unavailable, "pass_unfinished", "there is still somebody to pair"), w.failed)
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

// rule is how an agent gets an interaction: he is asked, or given it.
type rule func(desk.Offer, desk.Pair, time.Time) (desk.Change, error)

// walk is one pass through those who wait under a token.
type walk struct {
	handlers
	token string
	by    desk.Strategy // whom of the agents it asks first
	left  bool          // the last round found more agents than it made offers

	mu     sync.Mutex
	broken map[string]bool // interactions that cannot be claimed
	failed error           // why
}

// round walks once over both sides by cursor, never from the head again. It asks for agents first and stops when there
// are none, which is what a busy centre finds most of the time. again says that another round may find more.
func (w *walk) round(ctx context.Context) (again bool, err error) {
	var lastAgent desk.Agent
	var lastWaiting desk.Interaction
	free := 0 // agents found and not offered anything
	defer func() { w.left = free > 0 }()
	for page := pageMin; ; page = min(2*page, pageMax) {
		r := w.Store.Reader()
		agents, err := w.free(ctx, r, page, lastAgent)
		if err != nil || len(agents) == 0 {
			return again, err
		}
		waiting, err := r.Waiting(ctx, []string{w.token}, page, lastWaiting)
		if err != nil || len(waiting) == 0 {
			free += len(agents)
			return again, err
		}
		pairs, agents, err := w.match(ctx, r, agents, waiting, page)
		if err != nil {
			return again, err
		}
		made, left := w.claimAll(ctx, r, pairs)
		free += len(agents) - made
		again = again || left || made > 0 && len(agents) > page // some of the further agents have nobody yet
		if len(agents)%page != 0 || len(waiting) < page {
			return again, nil
		}
		lastAgent, lastWaiting = agents[len(agents)-1], waiting[len(waiting)-1]
	}
}

// match pairs a page of agents with a page of those who wait. Somebody's last resort is taken only when there is nobody
// else behind the page: more agents are read until there is a better one or no more.
func (w *walk) match(ctx context.Context, r *store.Reader, agents []desk.Agent, waiting []desk.Interaction, page int) ([]desk.Pair, []desk.Agent, error) {
	waiting = slices.DeleteFunc(slices.Clone(waiting), func(i desk.Interaction) bool { return w.broken[i.ID] || w.shut(ctx, i) })
	for {
		pairs := desk.MatchBy(w.by, agents, waiting)
		if len(agents)%page != 0 || !slices.ContainsFunc(pairs, lastResort) {
			return pairs, agents, nil
		}
		more, err := w.free(ctx, r, page, agents[len(agents)-1])
		if err != nil || len(more) == 0 {
			return pairs, agents, err
		}
		agents = append(agents, more...)
	}
}

// free is a page of the agents who can take the token now, after the one given.
func (w *walk) free(ctx context.Context, r *store.Reader, page int, after desk.Agent) ([]desk.Agent, error) {
	if agent, own := desk.TokenAgent(w.token); own {
		return alone(ctx, r, agent)
	}
	return r.FreeAgents(ctx, w.token, w.by, page, after)
}

func lastResort(p desk.Pair) bool { return p.Why == desk.WhyLastResort }

// claimAll claims the pairs side by side. It counts the offers made; left says that some agent may still be free: his pair
// was no longer possible or cannot be claimed, or he was not asked and has room for more. Each claim has a time of its own in the order
// of the pairs, whichever is made first: whose turn it is next goes by it, and by chance some would be asked more often than others.
func (w *walk) claimAll(ctx context.Context, r *store.Reader, pairs []desk.Pair) (made int, left bool) {
	var g errgroup.Group
	g.SetLimit(claims)
	began := w.Now()
	for n, p := range pairs {
		g.Go(func() error {
			free, ok, err := w.claim(ctx, r, p, began.Add(time.Duration(n)*time.Microsecond))
			w.mu.Lock()
			defer w.mu.Unlock()
			if err != nil {
				w.broken[p.Interaction.ID], w.failed = true, errors.Join(w.failed, err)
			}
			if ok {
				made++
			}
			left = left || free
			return nil
		})
	}
	_ = g.Wait() // what went wrong is in w.failed
	return made, left
}

// claim makes the offer for a pair: its ID and deadline first, then its timer, then the commit. The first try uses what
// the pass has read; after a lost race both are read again by ID, for losing it is no refusal. It is not made when the
// pair is no longer possible, or took so long that half of the offer's time is gone: then it is made anew. A queue that
// does not ask needs no timer. free says that the agent may take one more. at is the time of the first try;
// the offer rings from when it is made.
func (h handlers) claim(ctx context.Context, r *store.Reader, p desk.Pair, at time.Time) (free, made bool, err error) {
	queue, err := h.Store.Queue(ctx, p.Interaction.WaitsIn())
	if err != nil {
		return true, false, err
	}
	if !queue.Open(h.Now()) { // it has closed since the pass began; the next round leaves it out
		return true, false, nil
	}
	p.Limits = queue.Limits
	rings := cmp.Or(queue.OfferTimeout, desk.DefaultOfferTimeout)
	o := desk.Offer{Head: desk.Head{ID: h.NewID()}, Deadline: desk.Micro(h.Now().Add(rings))}
	half := o.Deadline.Add(-rings / 2)
	decide := rule(desk.MakeOffer)
	if queue.AutoAccept {
		decide = desk.Assign
	}
	ch, err := decide(o, p, at)
	if err != nil { // a record is at odds with itself: another round would find it again, for ever
		return true, false, fmt.Errorf("agent %s and interaction %s cannot be a pair: %w", p.Agent.ID, p.Interaction.ID, err)
	}
	if !queue.AutoAccept {
		h.WatchOffer(ctx, o)
		if h.Now().After(half) {
			return true, false, nil
		}
	}
	if err = r.Save(ctx, ch); err == nil {
		err = h.Bus.Hint(ctx, ch.Hints...)
	} else if store.Lost(err) {
		_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			return h.again(ctx, r, decide, o, p, half)
		})
	}
	if fault.Is(err, fault.Conflict) {
		return true, false, nil
	}
	return err != nil || queue.AutoAccept, err == nil, err
}

// again decides on the pair as it is now. An offer that is stored already was made by the first try; who is gone is no
// longer possible.
func (h handlers) again(ctx context.Context, r *store.Reader, decide rule, o desk.Offer, p desk.Pair, half time.Time) (desk.Change, error) {
	p.Agent = desk.Agent{Head: desk.Head{ID: p.Agent.ID}}
	p.Interaction = desk.Interaction{Head: desk.Head{ID: p.Interaction.ID}}
	if err := r.Find(ctx, &o, &p.Agent, &p.Interaction); err != nil {
		return desk.Change{}, err
	}
	if o.Version == 0 && h.shutNow(p.Interaction.WaitsIn()) {
		return desk.Change{}, fault.New(fault.Conflict, "queue_closed", "the queue has closed")
	}
	if o.Version == 0 && h.Now().After(half) {
		return desk.Change{}, fault.New(fault.Conflict, "too_late", "half of the offer's time is gone")
	}
	return decide(o, p, h.Now())
}
