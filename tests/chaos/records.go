package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// records is everything on record and everything customers got, read while nothing moves.
type records struct {
	agents       map[string]desk.Agent
	interactions map[string]desk.Interaction
	offers       map[string]desk.Offer
	messages     map[string]desk.Message
	pages        []desk.HistoryPage
	letters      []desk.DeadLetter
	parked       []desk.Parked
	receipts     []desk.Receipt
	contacts     []desk.Contact
	leases       []desk.Lease
	centres      []desk.Centre
	gaps         []shift // in which sales is closed by the clock

	received []received        // at the customers' phones, in order
	whose    map[string]string // the customer of an interaction; see words
	doubted  map[string]bool   // messages whose fate was unknown at some time
}

// received is a message that reached a customer.
type received struct {
	Customer, Text string
	Told           string // the furthest status that the channel reported; told of nothing it is untold
}

// untold is the status of a message that the channel took and never spoke of.
const untold = "accepted"

// look reads it all.
func (w *world) look(ctx context.Context) (*records, error) {
	r, err := read(ctx, w.store)
	if err != nil {
		return nil, err
	}
	r.doubted, r.gaps = w.trail.doubted(), w.gaps
	for _, m := range w.number.Sent() {
		r.received = append(r.received, received{strings.TrimPrefix(m.To, "+"), m.Text, m.Status})
	}
	for _, m := range w.page.Sent() {
		r.received = append(r.received, received{m.To, m.Text, m.Status})
	}
	return r, nil
}

// read reads everything on record.
func read(ctx context.Context, s *store.Store) (*records, error) {
	r := &records{
		agents: map[string]desk.Agent{}, interactions: map[string]desk.Interaction{}, offers: map[string]desk.Offer{},
		messages: map[string]desk.Message{}, whose: map[string]string{},
	}
	err := errors.Join(
		byID(ctx, s, r.agents), byID(ctx, s, r.interactions), byID(ctx, s, r.offers), byID(ctx, s, r.messages),
		all(ctx, s, &r.pages), all(ctx, s, &r.letters), all(ctx, s, &r.parked), all(ctx, s, &r.receipts),
		all(ctx, s, &r.contacts), all(ctx, s, &r.leases), all(ctx, s, &r.centres),
	)
	if err != nil {
		return nil, fmt.Errorf("read the records: %w", err)
	}
	return r, nil
}

type record[T any] interface {
	*T
	desk.Record
}

func all[T any, P record[T]](ctx context.Context, s *store.Store, into *[]T) (err error) {
	*into, err = store.All[T, P](ctx, s.Reader())
	return err
}

func byID[T any, P record[T]](ctx context.Context, s *store.Store, into map[string]T) error {
	list, err := store.All[T, P](ctx, s.Reader())
	for n := range list {
		into[P(&list[n]).Base().ID] = list[n]
	}
	return err
}

// history is all that an interaction went through, with the pages that its record no longer holds.
func (r *records) history(i desk.Interaction) []desk.Entry { return r.moves(i.ID, i.History) }

// moves are all entries of the history of a record.
func (r *records) moves(of string, h desk.History) []desk.Entry {
	var list []desk.Entry
	for _, p := range r.pages {
		if p.Of == of {
			list = append(list, p.Entries...)
		}
	}
	list = append(list, h.Entries...)
	slices.SortStableFunc(list, func(a, b desk.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}

// transcript is what was said in an interaction, in the order of transcripts.
func (r *records) transcript(interaction string) []desk.Message {
	var list []desk.Message
	for _, m := range r.messages {
		if m.Interaction == interaction {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b desk.Message) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq)) })
	return list
}
