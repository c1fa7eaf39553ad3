package admin

import (
	"context"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

const (
	retireMost = 16  // interactions one call changes at once
	retirePage = 200 // interactions one query reads
)

// assetDue interrupts the live interactions of a deleted asset, and notes it when all are.
func (h handlers) assetDue(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, h.RetireFor)
	defer cancel()
	web.Note(ctx, slog.String("asset", hint.Asset))
	began := h.Now()
	a := desk.Asset{Head: desk.Head{ID: hint.Asset}}
	if err := h.Store.Reader().Load(ctx, &a); err != nil || a.DueAt.IsZero() {
		return err
	}
	err := walk(
		func(after string) ([]desk.Interaction, error) {
			return h.Store.Reader().OnAsset(ctx, a.ID, retirePage, after)
		},
		func(i desk.Interaction) error {
			if i.Interrupted {
				return nil
			}
			return h.interrupt(ctx, i.ID, a.ID)
		})
	if err != nil {
		return err
	}
	_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		a := desk.Asset{Head: desk.Head{ID: a.ID}}
		if err := r.Load(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		return desk.AssetRetired(a, began, store.Linger)
	})
	return err
}

// interrupt does it to one interaction, unless the asset came back.
func (h handlers) interrupt(ctx context.Context, interaction, asset string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		a := desk.Asset{Head: desk.Head{ID: asset}}
		if err := r.Find(ctx, &a); err != nil {
			return desk.Change{}, err
		}
		x, err := r.Attended(ctx, interaction)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.Interrupt(x, a, h.Now())
	})
	return err
}

// queueDue has the successor of a deleted queue inherit its interactions and nobody asked for a second agent of it any more, and
// notes it when all that is done. Of one that is there but configured otherwise, see reconfigured.
func (h handlers) queueDue(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, h.RetireFor)
	defer cancel()
	web.Note(ctx, slog.String("queue", hint.Queue))
	began := h.Now()
	q := desk.Queue{Head: desk.Head{ID: hint.Queue}}
	if err := h.Store.Reader().Load(ctx, &q); err != nil {
		return err
	}
	if !q.Deleted() {
		return h.reconfigured(ctx, q)
	}
	if q.DueAt.IsZero() {
		return nil
	}
	err := walk(
		func(after string) ([]desk.Interaction, error) {
			return h.Store.Reader().AskingQueue(ctx, q.ID, retirePage, after)
		},
		func(i desk.Interaction) error { return h.dropRequest(ctx, i.ID, q.ID) })
	if err != nil {
		return err
	}
	if !q.Served() {
		err = walk(
			func(after string) ([]desk.Interaction, error) {
				return h.Store.Reader().InQueue(ctx, q.ID, retirePage, after)
			},
			func(i desk.Interaction) error { return h.inherit(ctx, i.ID, q.ID) })
		if err != nil {
			return err
		}
	}
	_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		q := desk.Queue{Head: desk.Head{ID: q.ID}}
		if err := r.Load(ctx, &q); err != nil {
			return desk.Change{}, err
		}
		return desk.QueueRetired(q, began, store.Linger)
	})
	return err
}

// dropRequest stops one interaction's asking of the queue, unless that came back.
func (h handlers) dropRequest(ctx context.Context, interaction, queue string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		q := desk.Queue{Head: desk.Head{ID: queue}}
		if err := r.Load(ctx, &q); err != nil {
			return desk.Change{}, err
		}
		x, err := r.Attended(ctx, interaction)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.DropRequest(x, q, h.Now())
	})
	return err
}

// inherit gives one interaction to the first successor that is served, unless the queue came back.
func (h handlers) inherit(ctx context.Context, interaction, queue string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		from, i := desk.Queue{Head: desk.Head{ID: queue}}, desk.Interaction{Head: desk.Head{ID: interaction}}
		if err := r.Load(ctx, &from); err != nil {
			return desk.Change{}, err
		}
		heir, err := r.Heir(ctx, from)
		if err != nil {
			return desk.Change{}, err
		}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		return desk.Inherit(i, from, heir, h.Now())
	})
	return err
}

// walk does something to every interaction that list finds, page by page and side by side within a page. One that fails
// stops no other; the first error comes back when all have had their turn.
func walk(list func(after string) ([]desk.Interaction, error), do func(desk.Interaction) error) error {
	var failed error
	for after := ""; ; {
		page, err := list(after)
		if err != nil {
			return err
		}
		var side errgroup.Group
		side.SetLimit(retireMost)
		for _, i := range page {
			side.Go(func() error { return do(i) })
		}
		if err := side.Wait(); failed == nil {
			failed = err
		}
		if len(page) < retirePage {
			return failed
		}
		after = page[len(page)-1].ID
	}
}
