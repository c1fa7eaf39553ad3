// Package conversation records what customers and channels tell: it opens and continues interactions, notes what a
// customer does to a message, and keeps how far each sent message has come.
//
//	Trigger   message.received; from the sweep: parked.due, for a message whose asset was not configured when it came,
//	          receipt.due and contact.due, for news about a message that was not known yet
//	Changes   message, interaction, which has ended when the message is its afterword, and contact with its identities
//	          when they are new; what was done to a message; the status of a message, and that the channel echoed it; or
//	          what came is parked, or waits at a receipt
//	Hints     routing, while the interaction waits or its agent is freed
//	Repeats   safe: the message's ID is derived from the channel's, so a repeat finds it and stores nothing; so does one
//	          of a parked message that an administrator discarded, which left its ID behind; of everything else the
//	          channel's time or the rank of a state decides, so that order and repeats do not matter
//
// Two first messages of one person at once meet at the identity, which must not exist when it is saved: the loser
// reads again, finds the contact and joins. Everything is one commit, so stopping half-way leaves nothing behind.
package conversation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("conversation", Register) }

type config struct {
	IdentityKey string `env:"IDENTITY_KEY, required"` // keys the hashes that stand for customers' addresses
}

type handlers struct {
	host.Deps
	key []byte
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	var c config
	if err := d.Load(&c); err != nil {
		return err
	}
	if c.IdentityKey == "" {
		return errors.New("settings: IDENTITY_KEY must not be empty")
	}
	h := handlers{Deps: d, key: []byte(c.IdentityKey)}
	d.Events(mux, map[string]host.EventFunc{
		bus.MessageReceived: h.received,
		desk.HintParkedDue:  h.parkedDue,
		desk.HintReceiptDue: h.receiptDue,
		desk.HintContactDue: h.contactDue,
	})
	return nil
}

func (h handlers) received(ctx context.Context, e bus.Event) error {
	var told channel.Event
	if err := e.Decode(&told); err != nil {
		return err
	}
	switch {
	case told.Arrival != nil:
		return h.arrival(ctx, *told.Arrival)
	case told.Remark != nil:
		return h.remark(ctx, *told.Remark)
	case told.Status != nil:
		return h.status(ctx, *told.Status)
	case told.Watermark != nil:
		return h.watermark(ctx, *told.Watermark)
	case told.Departure != nil:
		return h.departure(ctx, *told.Departure)
	case told.Preference != nil:
		return h.preference(ctx, *told.Preference)
	case told.Renaming != nil:
		return h.renaming(ctx, *told.Renaming)
	}
	return fault.New(fault.Invalid, "bad_event", "the event tells nothing")
}

// The reasons for storing nothing. They are counted under these names, as intake's are.
const (
	ignoredRepeat       = "repeat"        // it was recorded before
	ignoredOpensNothing = "opens_nothing" // it joins an open conversation and there is none
	ignoredNoContact    = "no_contact"    // it is about somebody who has never written
	ignoredNotOurs      = "not_ours"      // it is about a message that was sent by other means
	ignoredUpdatesOff   = "updates_off"   // its asset shows no delivered and read (R15)
)

// ignore puts on the request's log line why nothing was stored.
func ignore(ctx context.Context, reason string) {
	web.Note(ctx, slog.Any("ignored", map[string]int{reason: 1}))
}

// waits puts on the request's log line that the message it is about is not known yet.
func waits(ctx context.Context) { web.Note(ctx, slog.Bool("waits_for_message", true)) }

// incomplete is the fault of an event that lacks what it cannot do without.
func incomplete(what string) error {
	return fault.New(fault.Invalid, "bad_event", "%s", what)
}
