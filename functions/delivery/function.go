// Package delivery hands agents' messages to the customers' channels.
//
//	Trigger   message.queued; timer "retry" when a channel asked to wait; message.read; agent.typing
//	Changes   message, once when it is claimed and once when its fate is known
//	Hints     none: desktops listen to the message
//	Repeats   safe: a message is claimed before it is sent, and only a claim that the channel certainly did not take is
//	          ever sent again
//
// An interaction's messages go out one at a time in the order they were written: only the first that is not yet with
// the channel may be claimed. A function that dies between claim and outcome leaves a claim; when that is older than
// desk.SendPatience the sweep's reminder marks the message unknown and goes on with the next. That an agent has read the
// customer's messages, or is writing, is told to the channel as best it can: a hint that is lost tells nobody.
package delivery

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/messenger"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/channel/whatsapp"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("delivery", Register) }

type config struct {
	GraphURL    string        `env:"GRAPH_URL, default=https://graph.facebook.com"` // Meta's Graph API
	AppSecret   string        `env:"META_APP_SECRET"`                               // signs calls (appsecret_proof) when it is set
	SendTimeout time.Duration `env:"SEND_TIMEOUT, default=8s"`                      // after that nobody knows a message's fate
	SendFor     time.Duration `env:"SEND_FOR, default=30s"`                         // sends begun by one call; the rest is another's
	RetryFor    time.Duration `env:"SEND_RETRY_FOR, default=10m"`                   // how long a message that the channel asks to send later holds up those behind it; then it has failed
}

type handlers struct {
	host.Deps
	config
	senders map[desk.Channel]channel.Sender
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{Deps: d}
	if err := d.Load(&h.config); err != nil {
		return err
	}
	graph, err := meta.NewGraph(h.GraphURL, newClient(h.SendTimeout), []byte(h.AppSecret))
	if err != nil {
		return err
	}
	h.senders = map[desk.Channel]channel.Sender{
		desk.Messenger: messenger.NewClient(graph),
		desk.WhatsApp:  whatsapp.NewClient(graph),
	}
	d.Events(mux, map[string]host.EventFunc{desk.HintMessageQueued: h.queued, desk.HintMessageRead: h.read, desk.HintAgentTyping: h.typing})
	d.Timer(mux, "retry", h.rang)
	return nil
}

// queued handles a reply that waits. A timer that cannot be set is left to the sweep: the hint must not come again for
// it, or the channel's pace would become everybody's.
func (h handlers) queued(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	err := h.deliver(ctx, hint.Interaction, timer.Body{})
	if fault.HasCode(err, "no_timer") {
		h.Log.LogAttrs(ctx, slog.LevelError, "retry left to the sweep", slog.String("interaction", hint.Interaction), slog.Any("err", err))
		return nil
	}
	return err
}

// rang handles the timer of a reply the channel wanted later.
func (h handlers) rang(ctx context.Context, b timer.Body) error { return h.deliver(ctx, b.ID, b) }

// deliver sends what the interaction has to send until nothing is left, a message must wait, another delivery is at it,
// or there is more than one call should take. rang is the timer it comes from, if any.
func (h handlers) deliver(ctx context.Context, interaction string, rang timer.Body) error {
	web.Note(ctx, slog.String("interaction", interaction))
	claim, began := h.NewID(), h.Now()
	for ctx.Err() == nil && h.Now().Sub(began) < h.SendFor {
		// What has begun is brought to its end: a claim or a send that is cut off has a fate nobody knows.
		more, err := h.next(context.WithoutCancel(ctx), interaction, claim, rang)
		if err != nil || !more {
			return err
		}
	}
	return h.Bus.Hint(ctx, desk.Hint{Event: desk.HintMessageQueued, Interaction: interaction})
}

// next sends the interaction's first message; false when there is none to send now.
func (h handlers) next(ctx context.Context, interaction, claim string, rang timer.Body) (more bool, err error) {
	var r *store.Reader
	var first desk.Message
	var asset desk.Asset
	ch, err := h.Move(ctx, func(ctx context.Context, reader *store.Reader) (desk.Change, error) {
		out, err := reader.Outgoing(ctx, interaction, 1)
		if err != nil || len(out) == 0 {
			return desk.Change{}, err
		}
		r, first, asset = reader, out[0], desk.Asset{Head: desk.Head{ID: out[0].Asset}}
		if err := r.Find(ctx, &asset); err != nil { // fresh, for it may have been deleted
			return desk.Change{}, err
		}
		return desk.ClaimSend(first, asset, claim, h.Now())
	})
	switch {
	case fault.HasCode(err, "being_sent"):
		return false, nil
	case fault.Is(err, fault.TooEarly):
		return false, h.Timers.Set(ctx, timer.ForRetry(interaction, first.DueAt).After(rang))
	case err != nil || ch.Message == nil:
		return false, err
	case ch.Message.State != desk.MessageSending:
		return true, nil
	}
	return true, h.settle(ctx, r, *ch.Message, h.send(ctx, *ch.Message, asset))
}

// send hands the message to its channel and says what came of it.
func (h handlers) send(ctx context.Context, m desk.Message, asset desk.Asset) desk.Outcome {
	sender, ok := h.senders[asset.Channel]
	if !ok {
		return desk.Outcome{Problem: desk.Problem{Code: "channel_removed", Advice: "The channel was removed; nothing more can be sent in this conversation."}}
	}
	tokens, err := h.Secrets(asset.Token)
	if err != nil {
		h.Log.LogAttrs(ctx, slog.LevelError, "asset has no usable token", slog.String("asset", asset.ID), slog.Any("err", err))
		return desk.Outcome{Problem: desk.Problem{Code: "channel_token", Advice: "The centre's access to the channel is not set up. Tell an administrator."}}
	}
	if m.Reads != "" {
		h.tellSeen(ctx, sender, asset, tokens, channel.Seen{To: m.To, Customer: m.Reads})
	}
	out := channel.Outgoing{Message: m.ID, Account: asset.Account, To: m.To, Text: m.Text, ReplyTo: m.ReplyTo,
		Template: channel.Template{Name: m.Template.ChannelName, Language: m.Template.Language, Values: m.Template.Values},
		Late:     asset.Channel.Window(m.WroteAt, h.Now()).State == desk.WindowHuman}
	var id string
	err = withToken(tokens, func(token string) (err error) {
		out.Token = token
		id, err = sender.Send(ctx, out)
		return err
	})
	if err == nil {
		return desk.Outcome{ProviderID: id}
	}
	h.Log.LogAttrs(ctx, slog.LevelWarn, "message not sent", slog.String("interaction", m.Interaction), slog.Any("err", err))
	refused, ok := channel.NotTaken(err)
	if !ok {
		return desk.Outcome{Unknown: true, Problem: desk.Problem{
			Code: "no_answer", Advice: "The channel did not answer. The customer may have got the message; wait for its status before you send it again."}}
	}
	outcome := desk.Outcome{Problem: refused.Problem}
	at := desk.Micro(h.Now().Add(max(refused.After, backoff(m.Tries))))
	if refused.Retry && at.Before(m.FirstTry.Add(h.RetryFor)) {
		outcome.RetryAt = at
	}
	return outcome
}

// pause waits before another try to store an outcome: not at all, then 100 ms, 200 ms …
func (h handlers) pause(try int) {
	if try > 0 {
		<-time.NewTimer(50 * time.Millisecond << try).C
	}
}

// backoff is the pause after the n-th refusal where the channel names none: 1 s, 2 s, 4 s … up to a minute.
func backoff(n int) time.Duration { return min(time.Second<<min(max(n-1, 0), 6), time.Minute) }

// settleTries is how often an outcome is stored before it is given up to the sweep, which can only call it unknown.
const settleTries = 5

// settle stores the outcome. The customer's channel may have reported a status meanwhile: then the message is read
// again, and so it is while the database takes nothing.
func (h handlers) settle(ctx context.Context, r *store.Reader, m desk.Message, out desk.Outcome) error {
	ch, err := desk.SettleSend(m, out, h.Now())
	if err != nil {
		return err
	}
	err = r.Save(ctx, ch)
	for try := 0; try < settleTries && err != nil && (store.Lost(err) || fault.Of(err).Kind.Retry()); try++ {
		h.pause(try)
		_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			m := desk.Message{Head: desk.Head{ID: m.ID}}
			if err := r.Load(ctx, &m); err != nil {
				return desk.Change{}, err
			}
			return desk.SettleSend(m, out, h.Now())
		})
	}
	return err
}
