package conversation

import (
	"context"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// echo takes what the business sent for the echo of a message of ours, if it is one; then that was sent. Ours is on record
// before it is sent, so that our ID always finds it. By the channel's ID alone it is found once its sending is recorded.
func (h handlers) echo(ctx context.Context, in desk.Arrival) (ours bool, err error) {
	told := desk.Status{
		Channel: in.Channel, Account: in.Account, ProviderID: in.ID, Message: in.Sent, State: desk.MessageSent, At: in.At,
	}
	_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		m, err := h.sent(ctx, r, told)
		ours = m.Version > 0 && !m.Stub && m.Direction == desk.Outbound && !m.Elsewhere
		if err != nil || !ours {
			return desk.Change{}, err
		}
		return desk.ApplyStatus(m, told, true, h.Now())
	})
	return ours, err
}
