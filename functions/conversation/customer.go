package conversation

import (
	"context"
	"log/slog"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// departure records that a customer has left.
func (h handlers) departure(ctx context.Context, told desk.Departure) error {
	if len(told.Customer.Addresses) == 0 {
		return incomplete("a departure needs somebody who left")
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		k, err := h.whose(ctx, r, desk.AssetID(told.Channel, told.Account), told.Customer)
		if err != nil || k.Interaction.Version == 0 {
			return desk.Change{}, err
		}
		x, err := r.Attended(ctx, k.Interaction.ID)
		if err != nil {
			return desk.Change{}, err
		}
		if !told.At.IsZero() && told.At.Before(x.Interaction.LastCustomerAt) {
			return desk.Change{Interaction: &x.Interaction}, nil // he has come back since
		}
		return desk.Leave(x, h.Now())
	})
	switch {
	case err != nil:
		return err
	case ch.Interaction == nil:
		ignore(ctx, ignoredNoContact)
	default:
		web.Note(ctx, slog.String("interaction", ch.Interaction.ID))
	}
	return nil
}

// preference records whether a customer takes marketing messages.
func (h handlers) preference(ctx context.Context, told desk.Preference) error {
	if len(told.Customer.Addresses) == 0 {
		return incomplete("a preference needs somebody whose it is")
	}
	id := h.NewID()
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		k, err := h.whose(ctx, r, desk.AssetID(told.Channel, told.Account), told.Customer)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.Prefer(told, k, id, h.Now())
	})
	return err
}

// renaming records that a customer has another address.
func (h handlers) renaming(ctx context.Context, told desk.Renaming) error {
	if len(told.Customer.Addresses) == 0 {
		return incomplete("a renaming needs somebody who is renamed")
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		k, err := h.whose(ctx, r, desk.AssetID(told.Channel, told.Account), told.Customer)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.Rename(told, k, h.Now())
	})
	if err == nil && ch.Contact == nil {
		ignore(ctx, ignoredNoContact)
	}
	return err
}
