// Package conversation records what customers and channels tell: it opens and continues interactions, and keeps how
// far each sent message has come.
//
//	Trigger   message.received; parked.due from the sweep, for a message whose asset was not configured when it came
//	Changes   message, interaction, and contact with its identities when they are new; the status of a message; or the
//	          message is parked
//	Hints     routing, while the interaction waits
//	Repeats   safe: the message's ID is derived from the channel's, so a repeat finds it and stores nothing; so does one
//	          of a parked message that an administrator discarded, which left its ID behind
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
	"github.com/deskline/deskline/shared/store"
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
	d.Events(mux, map[string]host.EventFunc{bus.MessageReceived: h.received, desk.HintParkedDue: h.parkedDue})
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
	case told.Status != nil:
		return h.status(ctx, *told.Status)
	}
	return fault.New(fault.Invalid, "bad_event", "the event tells nothing")
}

// The reasons for storing nothing. They are counted under these names, as intake's are.
const (
	ignoredRepeat       = "repeat"        // it was recorded before
	ignoredOpensNothing = "opens_nothing" // it joins an open conversation and there is none, such as a late reaction
)

// ignore puts on the request's log line why nothing was stored.
func ignore(ctx context.Context, reason string) {
	web.Note(ctx, slog.Any("ignored", map[string]int{reason: 1}))
}

// arrival records a customer's message.
func (h handlers) arrival(ctx context.Context, in desk.Arrival) error {
	if in.ID == "" || len(in.Customer.Addresses) == 0 {
		return fault.New(fault.Invalid, "bad_event", "a message needs an ID and somebody who wrote it")
	}
	asset, err := h.Store.Asset(ctx, desk.AssetID(in.Channel, in.Account))
	if fault.Is(err, fault.Missing) {
		return h.park(ctx, in)
	}
	if err != nil {
		return err
	}
	return h.record(ctx, in, asset, nil)
}

// record stores the message, and takes it out of the parked ones if it comes from there.
func (h handlers) record(ctx context.Context, in desk.Arrival, asset desk.Asset, parked *desk.Parked) error {
	ids, gone := desk.NewIDs{Contact: h.NewID(), Interaction: h.NewID()}, false
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		if parked != nil {
			if err := r.Find(ctx, parked); err != nil {
				return desk.Change{}, err
			}
			if gone = parked.Version == 0; gone {
				return desk.Change{}, nil
			}
		}
		known, err := h.known(ctx, r, in, asset)
		if err != nil {
			return desk.Change{}, err
		}
		ch, err := desk.Receive(in, known, ids, h.Now())
		if parked != nil {
			ch.Drop = append(ch.Drop, parked)
		}
		return ch, err
	})
	if err != nil {
		return err
	}
	switch {
	case gone:
		ignore(ctx, ignoredRepeat)
	case ch.Message == nil:
		ignore(ctx, ignoredOpensNothing)
	case len(ch.Save) == 0:
		ignore(ctx, ignoredRepeat)
	}
	if ch.Interaction != nil {
		web.Note(ctx, slog.String("interaction", ch.Interaction.ID))
	}
	return nil
}

// known reads what is on record about an arrival.
func (h handlers) known(ctx context.Context, r *store.Reader, in desk.Arrival, asset desk.Asset) (desk.Known, error) {
	k := desk.Known{Asset: asset, Identities: make([]desk.Identity, len(in.Customer.Addresses))}
	k.Message.ID = desk.ArrivalID(in.Channel, in.Account, in.ID)
	first := []desk.Record{&k.Message}
	for n, a := range in.Customer.Addresses {
		k.Identities[n].ID = desk.IdentityID(h.key, asset.ID, a)
		first = append(first, &k.Identities[n])
	}
	if err := r.Find(ctx, first...); err != nil {
		return k, err
	}
	if k.Message.Version > 0 {
		k.Interaction.ID = k.Message.Interaction
		return k, r.Find(ctx, &k.Interaction)
	}
	for _, id := range k.Identities {
		if id.Contact != "" {
			k.Contact.ID = id.Contact
			break
		}
	}
	if err := r.Find(ctx, &k.Contact); err != nil {
		return k, err
	}
	k.Interaction.ID = k.Contact.Open
	return k, r.Find(ctx, &k.Interaction)
}

// status records the channel's word on a message we sent. One that names no message of ours was sent by somebody else
// on the same number.
func (h handlers) status(ctx context.Context, s desk.Status) error {
	if s.Message == "" {
		return fault.New(fault.Missing, "not_ours", "the status is of a message sent elsewhere")
	}
	asset, err := h.Store.Asset(ctx, desk.AssetID(s.Channel, s.Account))
	if err != nil && !fault.Is(err, fault.Missing) {
		return err
	}
	_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		m := desk.Message{Head: desk.Head{ID: s.Message}}
		if err := r.Load(ctx, &m); err != nil {
			return desk.Change{}, err
		}
		return desk.ApplyStatus(m, s, asset.StatusUpdates, h.Now())
	})
	return err
}
