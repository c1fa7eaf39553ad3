package routing

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// shutAgain is how often an instance looks at all who wait under a token of a closed queue. Each who comes to wait there is
// looked at by himself; this is for those who waited when it closed.
const shutAgain = time.Minute

// doors remembers since when those are outside who wait under tokens of closed queues.
type doors struct {
	mu   sync.Mutex
	shut map[string]time.Time // when all under the token were looked at last
}

func (d *doors) opened(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.shut, token)
}

// closes reports whether it is time to look at those who wait under the token.
func (d *doors) closes(token string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if last, ok := d.shut[token]; ok && now.Sub(last) < shutAgain {
		return false
	}
	if d.shut == nil {
		d.shut = map[string]time.Time{}
	}
	d.shut[token] = now
	return true
}

// closed reports whether the token's queue is known to be closed, without reading it.
func (h handlers) closed(token string) bool { return h.shutNow(desk.QueueOf(token)) }

func (h handlers) shutNow(queue string) bool {
	q, ok := h.Store.KeptQueue(queue)
	return ok && !q.Open(h.Now())
}

// shut reports whether the interaction must not be offered because its queue is closed: it may have closed since the pass began, and
// nobody has looked for one that waits under an agent's own token. The queue is one that the claim needs anyway; one that cannot be
// read keeps that from being made.
func (w *walk) shut(ctx context.Context, i desk.Interaction) bool {
	q, err := w.Store.Queue(ctx, i.WaitsIn())
	return err == nil && !q.Open(w.Now())
}

// mustLeave reports whether the interaction waits in a queue that is closed and does something with it. The queue was read for it a
// moment ago, or will be: overflow comes again.
func (h handlers) mustLeave(ctx context.Context, i desk.Interaction) bool {
	q, ok := h.Store.KeptQueue(i.Queue)
	return ok && !q.Open(h.Now()) && h.moves(ctx, i, q)
}

// moves reports whether q, the interaction's queue, which is closed, does anything with it, as far as is known: closes it, has
// somewhere to send it, or something to tell it. One for which a second agent is asked of q waits on.
func (h handlers) moves(ctx context.Context, i desk.Interaction, q desk.Queue) bool {
	if i.State != desk.InteractionQueued {
		return false
	}
	if q.TurnsAway(i, h.Now()) || q.StillTells(desk.TextClosed, i) {
		return true
	}
	if q.WhenClosed != desk.WhenClosedOverflow {
		return false
	}
	for range store.OverflowMost {
		to, err := h.queue(ctx, q.Overflow)
		if err != nil || i.MayOverflow(to, h.Now()) {
			return true
		}
		q = to
	}
	return false
}

// bars reports whether the queue, when it is closed, does anything with those who wait.
func bars(q desk.Queue) bool { return q.WhenClosed != "" || q.Says(desk.TextClosed, "") != "" }

// shutOut does with those who wait under a token of a closed queue what the queue wants: they are told, go elsewhere, or are
// closed. Of those with whom it does nothing none is read but in the page that finds them.
func (h handlers) shutOut(ctx context.Context, token string, q desk.Queue) error {
	if !bars(q) || !h.lanes.doors.closes(token, h.Now()) {
		return nil
	}
	err := h.each(ctx, token, func(i desk.Interaction) bool { return h.moves(ctx, i, q) }, h.turnAway)
	if err != nil {
		h.lanes.doors.opened(token)
	}
	return err
}

// each does something with those who wait under a token and whom it concerns, a page at a time. One with whom it fails stops no other.
func (h handlers) each(ctx context.Context, token string, whom func(desk.Interaction) bool, do func(ctx context.Context, interaction string) error) (failed error) {
	var after desk.Interaction
	for {
		waiting, err := h.Store.Reader().Waiting(ctx, []string{token}, pageMax, after)
		if err != nil {
			return errors.Join(failed, err)
		}
		var side errgroup.Group
		side.SetLimit(claims)
		for _, i := range waiting {
			if whom(i) {
				side.Go(func() error { return do(ctx, i.ID) })
			}
		}
		failed = errors.Join(failed, side.Wait())
		if len(waiting) < pageMax {
			return failed
		}
		after = waiting[len(waiting)-1]
	}
}

// turnAway decides what becomes of an interaction whose queue is closed, all as it is now. One that may wait there has its
// customer told.
func (h handlers) turnAway(ctx context.Context, interaction string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i, q, err := r.Queueing(ctx, interaction)
		if err != nil {
			return desk.Change{}, err
		}
		overflow, err := r.Overflow(ctx, i, q, h.Now())
		if err != nil {
			return desk.Change{}, err
		}
		ch, err := desk.TurnAway(i, q, overflow, h.Now())
		if len(ch.Save) == 0 && h.shutNow(i.WaitsIn()) {
			ch.Hints = nil // the hint that led here would lead here again
		}
		return ch, err
	})
	return err
}

// reroute has an interaction ask for what its queue has.
func (h handlers) reroute(ctx context.Context, interaction string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		q := desk.Queue{Head: desk.Head{ID: i.Queue}}
		if err := r.Find(ctx, &q); err != nil {
			return desk.Change{}, err
		}
		ch, err := desk.Reroute(i, q, h.Now())
		if len(ch.Save) == 0 {
			ch.Hints = nil // the hint that led here would lead here again
		}
		return ch, err
	})
	return err
}
