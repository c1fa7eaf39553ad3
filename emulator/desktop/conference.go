package desktop

import (
	"context"
	"net/http"

	"github.com/deskline/deskline/shared/api"
)

// Confer asks a second agent to join a conversation.
func (d *Desktop) Confer(ctx context.Context, interaction, key string, wish api.ConferenceWish) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/conference"), key, wish, &i)
}

// CancelConference asks nobody any more.
func (d *Desktop) CancelConference(ctx context.Context, interaction, key string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodDelete, of(interaction, "/conference/request"), key, nil, &i)
}

// RemoveGuest takes the guest out.
func (d *Desktop) RemoveGuest(ctx context.Context, interaction, key string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodDelete, of(interaction, "/conference/guest"), key, nil, &i)
}

// Exit leaves as the guest.
func (d *Desktop) Exit(ctx context.Context, interaction, key string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/conference/exit"), key, nil, &i)
}

// HandOver makes the guest the owner.
func (d *Desktop) HandOver(ctx context.Context, interaction, key string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodPost, of(interaction, "/conference/hand-over"), key, nil, &i)
}
