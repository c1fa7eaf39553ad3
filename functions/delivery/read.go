package delivery

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/web"
)

// read tells the customer's channel that the agent has read everything, as the customer's app shows. A channel that
// does not take it hears it with the next messages.
func (h handlers) read(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	web.Note(ctx, slog.String("interaction", hint.Interaction))
	r := h.Store.Reader()
	i := desk.Interaction{Head: desk.Head{ID: hint.Interaction}}
	if err := r.Load(ctx, &i); err != nil {
		return err
	}
	a := desk.Asset{Head: desk.Head{ID: i.Asset}}
	if err := r.Load(ctx, &a); err != nil {
		return err
	}
	sender, ok := h.senders[a.Channel]
	if !ok || i.Unread > 0 || i.LastCustomerID == "" {
		return nil
	}
	token, err := h.Secret(a.Token)
	if err == nil {
		err = sender.MarkRead(ctx, a.Account, token, i.LastCustomerID)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", fault.New(fault.Conflict, "read_not_told", "the channel was not told"), err)
	}
	return nil
}
