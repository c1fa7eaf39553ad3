package delivery

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/web"
)

// read tells the customer's channel that the agent has read everything without an answer; an answer says so itself.
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
	if !ok || a.Gone() || i.Unread > 0 || i.LastCustomerID == "" {
		return nil
	}
	token, err := h.Secret(a.Token)
	if err != nil {
		return fmt.Errorf("tell that it was read: %w", err)
	}
	h.tellRead(ctx, sender, a, channel.Seen{Token: token, To: i.Customer.Reach(), Customer: i.LastCustomerID})
	return nil
}

// tellRead has the customer's app show that a message of his was read. A channel that does not take it hears it with a
// later one.
func (h handlers) tellRead(ctx context.Context, sender channel.Sender, a desk.Asset, seen channel.Seen) {
	seen.Account = a.Account
	if err := sender.MarkSeen(ctx, seen); err != nil {
		h.Log.LogAttrs(ctx, slog.LevelWarn, "the channel was not told what was read", slog.String("asset", a.ID), slog.Any("err", err))
	}
}
