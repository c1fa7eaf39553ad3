package conversation

import (
	"context"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// watermark records that everything sent to a customer up to a time was delivered, or read.
func (h handlers) watermark(ctx context.Context, told desk.Watermark) error {
	if len(told.Customer.Addresses) == 0 || told.UpTo.IsZero() {
		return incomplete("a watermark needs a time and somebody who got that far")
	}
	asset := desk.AssetID(told.Channel, told.Account)
	updates, err := h.updates(ctx, asset)
	if err != nil {
		return err
	}
	if !updates {
		ignore(ctx, ignoredUpdatesOff)
		return nil
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		k, err := h.whose(ctx, r, asset, told.Customer)
		if err != nil || k.Contact.Version == 0 {
			return desk.Change{}, err
		}
		sent, err := r.Sent(ctx, k.Contact, told.UpTo)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.ApplyWatermark(told, k.Contact, sent, updates, h.Now())
	})
	if err == nil && ch.Contact == nil {
		ignore(ctx, ignoredNoContact)
	}
	return err
}

// contactDue looks again at the marks that a message under way may have missed.
func (h handlers) contactDue(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		c := desk.Contact{Head: desk.Head{ID: hint.Contact}}
		if err := r.Load(ctx, &c); err != nil || c.DueAt.IsZero() || h.Now().Before(c.DueAt) {
			return desk.Change{}, err
		}
		updates, err := h.updates(ctx, c.Asset)
		if err != nil {
			return desk.Change{}, err
		}
		upTo := c.Marks.Delivered
		if c.Marks.Read.After(upTo) {
			upTo = c.Marks.Read
		}
		sent, err := r.Sent(ctx, c, upTo)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.ApplyMarks(c, sent, updates, h.Now())
	})
	return err
}
