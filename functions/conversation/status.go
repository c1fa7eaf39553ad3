package conversation

import (
	"context"
	"strings"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// status records the channel's word on a message we sent. It names the message by our own ID, or only by the channel's:
// then it may have come before our sending was recorded, and waits.
func (h handlers) status(ctx context.Context, s desk.Status) error {
	if s.Message == "" && s.ProviderID == "" {
		return incomplete("a status needs the message it is of")
	}
	asset := desk.AssetID(s.Channel, s.Account)
	updates, err := h.updates(ctx, asset)
	if err != nil {
		return err
	}
	_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		m, err := h.sent(ctx, r, s)
		if err != nil {
			return desk.Change{}, err
		}
		if m.Version > 0 && !m.Stub {
			return desk.ApplyStatus(m, s, updates, h.Now())
		}
		rc := desk.Receipt{Head: desk.Head{ID: desk.ReceiptID(s.Channel, s.Account, s.ProviderID)}}
		if err := r.Find(ctx, &rc); err != nil {
			return desk.Change{}, err
		}
		waits(ctx)
		return desk.KeepStatus(rc, asset, s, h.Now())
	})
	return err
}

// sent reads the message a status is of; Version zero, or a stub, when it is not known, or not yet.
func (h handlers) sent(ctx context.Context, r *store.Reader, s desk.Status) (desk.Message, error) {
	if s.Message != "" {
		m := desk.Message{Head: desk.Head{ID: s.Message}}
		if err := r.Find(ctx, &m); err != nil || m.Version > 0 {
			return m, err
		}
	}
	return h.spoken(ctx, r, s.Channel, s.Account, s.ProviderID)
}

// updates says whether the asset shows delivered and read (R15). A deleted one does as it did: what was sent before
// arrives all the same.
func (h handlers) updates(ctx context.Context, asset string) (bool, error) {
	a, err := h.Store.Asset(ctx, asset)
	if fault.Is(err, fault.Missing) {
		err = nil
	}
	return a.StatusUpdates, err
}

// receiptDue gives what waits to the message it is about, if that is known by now.
func (h handlers) receiptDue(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		rc := desk.Receipt{Head: desk.Head{ID: hint.Receipt}}
		if err := r.Load(ctx, &rc); err != nil || h.Now().Before(rc.DueAt) {
			return desk.Change{}, err
		}
		updates, err := h.updates(ctx, rc.Asset)
		if err != nil {
			return desk.Change{}, err
		}
		c, account, _ := strings.Cut(rc.Asset, ":")
		m, err := h.spoken(ctx, r, desk.Channel(c), account, rc.About)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.Meet(rc, m, updates, h.Now())
	})
	if err == nil && ch.Message == nil && len(ch.Drop) > 0 {
		ignore(ctx, ignoredNotOurs)
	}
	return err
}
