package conversation

import (
	"context"
	"log/slog"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// arrival records a message, unless it is the echo of one of ours.
func (h handlers) arrival(ctx context.Context, in desk.Arrival) error {
	if in.ID == "" || len(in.Customer.Addresses) == 0 {
		return incomplete("a message needs an ID and somebody who wrote it")
	}
	if in.Elsewhere {
		if ours, err := h.echo(ctx, in); ours || err != nil {
			return err
		}
	}
	asset, err := h.Store.Asset(ctx, desk.AssetID(in.Channel, in.Account))
	if fault.Is(err, fault.Missing) {
		return h.park(ctx, in)
	}
	if err != nil {
		return err
	}
	return h.record(ctx, in, asset, nil)
}

// record stores the message, and takes it out of the parked ones if it comes from there.
func (h handlers) record(ctx context.Context, in desk.Arrival, asset desk.Asset, parked *desk.Parked) error {
	ids, gone := desk.NewIDs{Contact: h.NewID(), Interaction: h.NewID()}, false
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		if parked != nil {
			if err := r.Find(ctx, parked); err != nil {
				return desk.Change{}, err
			}
			if gone = parked.Version == 0; gone {
				return desk.Change{}, nil
			}
		}
		known, err := h.known(ctx, r, in, asset)
		if err != nil {
			return desk.Change{}, err
		}
		ch, err := desk.Receive(in, known, ids, h.Now())
		if parked != nil {
			ch.Drop = append(ch.Drop, parked)
		}
		return ch, err
	})
	if err != nil {
		return err
	}
	switch {
	case gone:
		ignore(ctx, ignoredRepeat)
	case ch.Message == nil && len(ch.Save) == 0:
		ignore(ctx, ignoredOpensNothing)
	case len(ch.Save) == 0:
		ignore(ctx, ignoredRepeat)
	}
	if ch.Interaction != nil {
		web.Note(ctx, slog.String("interaction", ch.Interaction.ID))
	}
	return nil
}

// known reads what is on record about an arrival.
func (h handlers) known(ctx context.Context, r *store.Reader, in desk.Arrival, asset desk.Asset) (desk.Known, error) {
	m := desk.Message{Head: desk.Head{ID: desk.ArrivalID(in.Channel, in.Account, in.ID)}}
	k, err := h.whose(ctx, r, asset.ID, in.Customer, &m)
	k.Asset, k.Message = asset, m
	if err != nil {
		return k, err
	}
	if m.Version == 0 || m.Stub {
		return k, h.ahead(ctx, r, in, &k)
	}
	k.Interaction = desk.Interaction{Head: desk.Head{ID: m.Interaction}}
	return k, r.Find(ctx, &k.Interaction)
}

// ahead reads whom a new conversation may wait for before the others of its queue.
func (h handlers) ahead(ctx context.Context, r *store.Reader, in desk.Arrival, k *desk.Known) error {
	if queue := desk.QueueAhead(in, *k, h.Now()); queue != "" {
		var err error
		if k.Queue, err = h.Store.Queue(ctx, queue); err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
	}
	k.Asked.ID = desk.AgentAhead(in, *k, h.Now())
	return r.Find(ctx, &k.Asked)
}
