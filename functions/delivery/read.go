package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/web"
)

// read tells the customer's channel that the agent has read everything without an answer; an answer says so itself.
func (h handlers) read(ctx context.Context, e bus.Event) error {
	return h.seen(ctx, e, func(i desk.Interaction) bool { return i.Unread == 0 }, false)
}

// typing tells the customer's channel that the agent is writing. One who is told late would see him write who has stopped.
func (h handlers) typing(ctx context.Context, e bus.Event) error {
	if h.Now().Sub(e.Published) > typingFor {
		return nil
	}
	return h.seen(ctx, e, func(i desk.Interaction) bool { return i.State == desk.InteractionActive }, true)
}

// typingFor is how long channels show that somebody writes: Messenger for 20 seconds, WhatsApp for 25 (Meta's references
// of sender actions and typing indicators, read 2026-11).
const typingFor = 20 * time.Second

// seen tells the channel of the hint's interaction what its agent does, if that still holds.
func (h handlers) seen(ctx context.Context, e bus.Event, holds func(desk.Interaction) bool, typing bool) error {
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
	if !ok || a.Gone() || !holds(i) || i.LastCustomerID == "" {
		return nil
	}
	tokens, err := h.Secrets(a.Token)
	if err != nil {
		return fmt.Errorf("tell what was seen: %w", err)
	}
	h.tellSeen(ctx, sender, a, tokens, channel.Seen{To: i.Customer.Reach(), Customer: i.LastCustomerID, Typing: typing})
	return nil
}

// tellSeen has the customer's app show that a message of his was read, or that somebody writes. A channel that does not take it hears it with a
// later one.
func (h handlers) tellSeen(ctx context.Context, sender channel.Sender, a desk.Asset, tokens []string, seen channel.Seen) {
	seen.Account = a.Account
	err := withToken(tokens, func(token string) error {
		seen.Token = token
		return sender.MarkSeen(ctx, seen)
	})
	if err != nil {
		h.Log.LogAttrs(ctx, slog.LevelWarn, "the channel was not told what was read", slog.String("asset", a.ID), slog.Any("err", err))
	}
}
