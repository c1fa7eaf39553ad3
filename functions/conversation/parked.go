package conversation

import (
	"context"
	"fmt"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// park keeps a message for an asset that is not configured yet, unless it is kept already or was discarded.
func (h handlers) park(ctx context.Context, in desk.Arrival) error {
	asset := desk.AssetID(in.Channel, in.Account)
	id := desk.ArrivalID(in.Channel, in.Account, in.ID)
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, m := desk.Parked{Head: desk.Head{ID: id}}, desk.Message{Head: desk.Head{ID: id}}
		if err := r.Find(ctx, &p, &m); err != nil || p.Version > 0 || m.Version > 0 && !m.Stub {
			return desk.Change{}, err
		}
		p.Asset, p.Arrival = asset, in
		p = desk.Unsaid(desk.Park(p, h.Now()), m)
		return desk.Change{Save: []desk.Record{&p}}, nil
	})
	if err != nil {
		return fmt.Errorf("park a message: %w", err)
	}
	if len(ch.Save) == 0 {
		ignore(ctx, ignoredRepeat)
		return nil
	}
	h.Log.WarnContext(ctx, "message parked: its asset is not configured", "event", bus.MessageReceived, "asset", asset)
	return nil
}

// parkedDue looks whether the asset of a parked message has been configured. Then the message is recorded as if it had
// come now; otherwise it is parked for longer.
func (h handlers) parkedDue(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	p := desk.Parked{Head: desk.Head{ID: hint.Parked}}
	if err := h.Store.Reader().Load(ctx, &p); err != nil {
		return err
	}
	asset, err := h.Store.Asset(ctx, p.Asset)
	switch {
	case fault.Is(err, fault.Missing):
		return h.parkLonger(ctx, p.ID)
	case err != nil:
		return err
	}
	return h.record(ctx, p.Arrival, asset, &p)
}

// parkLonger also empties one that was taken back in the moment it was parked.
func (h handlers) parkLonger(ctx context.Context, id string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		p, m := desk.Parked{Head: desk.Head{ID: id}}, desk.Message{Head: desk.Head{ID: id}}
		if err := r.Find(ctx, &p, &m); err != nil || p.Version == 0 || h.Now().Before(p.DueAt) {
			return desk.Change{}, err
		}
		p = desk.Unsaid(desk.Park(p, h.Now()), m)
		return desk.Change{Save: []desk.Record{&p}}, nil
	})
	return err
}
