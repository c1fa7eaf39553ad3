// Package intake takes Meta's webhooks.
//
//	Trigger   GET and POST /webhooks/meta, from Meta
//	Changes   nothing: no database here
//	Hints     none; publishes one message.received for each thing a webhook tells
//	Repeats   safe: whatever comes twice is published twice and recorded once
//
// The answer is 200 only when every event is acknowledged by the bus, so Meta's retry is the outbox: a function that
// stops half-way has answered nothing, and Meta sends the same again. The key that orders a customer's messages is a
// keyed hash, for no address may stand in it.
package intake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/messenger"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/channel/whatsapp"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("intake", Register) }

type config struct {
	AppSecrets  []string `env:"META_APP_SECRETS, required"`  // one, or two while it is being changed
	VerifyToken string   `env:"META_VERIFY_TOKEN, required"` // the word Meta proves itself with when it subscribes
	IdentityKey string   `env:"IDENTITY_KEY, required"`      // keys the hashes that stand for customers' addresses
}

type handlers struct {
	host.Deps
	secrets     [][]byte
	verifyToken string
	key         []byte
}

// Register adds the function's routes to mux. It fails when the bus would not keep what is published, for then a
// message could be lost after Meta was told that it is safe.
func Register(mux *http.ServeMux, d host.Deps) error {
	var c config
	if err := d.Load(&c); err != nil {
		return err
	}
	h := handlers{Deps: d, verifyToken: c.VerifyToken, key: []byte(c.IdentityKey)}
	for _, s := range c.AppSecrets {
		if s != "" {
			h.secrets = append(h.secrets, []byte(s))
		}
	}
	if len(h.secrets) == 0 || c.VerifyToken == "" || c.IdentityKey == "" {
		return errors.New("settings: META_APP_SECRETS, META_VERIFY_TOKEN and IDENTITY_KEY must not be empty")
	}
	if len(h.secrets) > 2 {
		return errors.New("settings: META_APP_SECRETS holds more than two")
	}
	if err := d.Bus.Keeps(context.Background(), bus.MessageReceived, "conversation"); err != nil {
		return err
	}
	if err := d.Bus.Keeps(context.Background(), bus.MessageReceivedDead, "kept"); err != nil {
		return err
	}
	mux.HandleFunc("GET /webhooks/meta", h.verify)
	mux.HandleFunc("POST /webhooks/meta", h.receive)
	return nil
}

// verify answers Meta's challenge when the webhook is subscribed.
func (h handlers) verify(w http.ResponseWriter, r *http.Request) {
	answer, ok := meta.Challenge(r.URL.Query(), h.verifyToken)
	if !ok {
		web.Fail(w, r, fault.New(fault.Denied, "bad_verify_token", "the verify token is not ours"))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, answer) // Meta is gone: it will ask again
}

// receive takes a webhook: signature over the raw bytes, then what it tells, then the bus.
func (h handlers) receive(w http.ResponseWriter, r *http.Request) {
	body, err := web.ReadBody(w, r, 0)
	if err == nil && !meta.Verify(body, r.Header.Get(meta.SignatureHeader), h.secrets...) {
		err = fault.New(fault.Unauthenticated, "bad_signature", "the signature does not fit the body")
	}
	var events []channel.Event
	var ignored []channel.Ignored
	if err == nil {
		events, ignored, err = h.parse(body)
	}
	if err != nil {
		web.Fail(w, r, err)
		return
	}
	note(r.Context(), len(events), ignored)
	if err := h.publish(r.Context(), events); err != nil {
		web.Fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// parse reads a webhook as what it is about. Both channels come to one address, because Meta has one for each app.
func (h handlers) parse(body []byte) ([]channel.Event, []channel.Ignored, error) {
	if meta.ObjectOf(body) == messenger.Object {
		return messenger.Parse(body, h.Now())
	}
	return whatsapp.Parse(body, h.Now())
}

// note puts what was taken and what was ignored, by reason, on the request's log line: log-based metrics count them.
func note(ctx context.Context, events int, ignored []channel.Ignored) {
	web.Note(ctx, slog.Int("events", events))
	counts := map[string]int{}
	for _, i := range ignored {
		counts[i.Reason]++
	}
	if len(counts) > 0 {
		web.Note(ctx, slog.Any("ignored", counts))
	}
}

func (h handlers) publish(ctx context.Context, events []channel.Event) error {
	out := make([]bus.Out, len(events))
	for n, e := range events {
		out[n] = bus.Out{Type: bus.MessageReceived, Key: h.order(e), Data: e}
	}
	return h.Bus.Publish(ctx, out...)
}

// order is the ordering key: the customer's for what he does, the message's for what became of one of ours.
func (h handlers) order(e channel.Event) string {
	switch {
	case e.Arrival != nil:
		return h.keyOf(e.Arrival.Channel, e.Arrival.Account, e.Arrival.Customer)
	case e.Remark != nil:
		return h.keyOf(e.Remark.Channel, e.Remark.Account, e.Remark.Customer)
	case e.Watermark != nil:
		return h.keyOf(e.Watermark.Channel, e.Watermark.Account, e.Watermark.Customer)
	case e.Departure != nil:
		return h.keyOf(e.Departure.Channel, e.Departure.Account, e.Departure.Customer)
	case e.Preference != nil:
		return h.keyOf(e.Preference.Channel, e.Preference.Account, e.Preference.Customer)
	case e.Renaming != nil:
		return h.keyOf(e.Renaming.Channel, e.Renaming.Account, e.Renaming.Customer)
	}
	return h.hash(string(e.Status.Channel), e.Status.Account, e.Status.ProviderID)
}

func (h handlers) keyOf(c desk.Channel, account string, who desk.Customer) string {
	parts := []string{string(c), account}
	if len(who.Addresses) > 0 {
		parts = append(parts, who.Addresses[0].Value)
	}
	return h.hash(parts...)
}

func (h handlers) hash(parts ...string) string {
	mac := hmac.New(sha256.New, h.key)
	for _, p := range parts {
		mac.Write([]byte(p))
		mac.Write([]byte{0})
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
