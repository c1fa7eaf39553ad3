package admin

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// alignMost is how many agents one call brings in line at once.
const alignMost = 16

// centreDue goes on where an import stopped.
func (h handlers) centreDue(ctx context.Context, _ bus.Event) error { return h.align(ctx) }

// align brings the agents who are behind in line, and notes it when all are. Where nobody is behind it does nothing.
// Several may be at it: who comes to an agent second finds him in line.
func (h handlers) align(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.AlignFor)
	defer cancel()
	r := h.Store.Reader()
	c := desk.Centre{Head: desk.Head{ID: desk.CentreID}}
	if err := r.Find(ctx, &c); err != nil || c.DueAt.IsZero() {
		return err
	}
	queues, err := store.All[desk.Queue](ctx, r)
	if err != nil {
		return err
	}
	agents, err := store.All[desk.Agent](ctx, r)
	if err != nil {
		return err
	}
	services := c.Services(queues)
	var side errgroup.Group
	side.SetLimit(alignMost)
	for _, id := range services.Behind(agents) {
		side.Go(func() error { return h.alignAgent(ctx, id, services) })
	}
	if err := side.Wait(); err != nil {
		return err
	}
	_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		c := desk.Centre{Head: desk.Head{ID: desk.CentreID}}
		if err := r.Load(ctx, &c); err != nil {
			return desk.Change{}, err
		}
		return desk.Aligned(c, services), nil
	})
	return err
}

// alignAgent brings one agent in line. One who is written without a pause is tried until the call's time is over.
func (h handlers) alignAgent(ctx context.Context, id string, services desk.Services) error {
	for {
		_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			a := desk.Agent{Head: desk.Head{ID: id}}
			if err := r.Load(ctx, &a); err != nil {
				return desk.Change{}, err
			}
			c := desk.Centre{Head: desk.Head{ID: desk.CentreID}}
			if err := r.Load(ctx, &c); err != nil {
				return desk.Change{}, err
			}
			return desk.Align(a, c, services), nil
		})
		if !fault.HasCode(err, "busy") || ctx.Err() != nil {
			return err
		}
	}
}
