package admin

import (
	"context"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// rerouteAll has those who wait in a queue that is configured otherwise wait by what it says now.
func (h handlers) rerouteAll(ctx context.Context, queue string) error {
	return walk(
		func(after string) ([]desk.Interaction, error) {
			return h.Store.Reader().InQueue(ctx, queue, retirePage, after)
		},
		func(i desk.Interaction) error {
			if i.State != desk.InteractionQueued {
				return nil
			}
			return h.reroute(ctx, i.ID)
		})
}

// reroute does it to one interaction.
func (h handlers) reroute(ctx context.Context, interaction string) error {
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i, q, err := r.Queueing(ctx, interaction)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.Reroute(i, q, h.Now())
	})
	return err
}
