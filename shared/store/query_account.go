package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"cloud.google.com/go/firestore"

	"github.com/deskline/deskline/shared/desk"
)

// accountFields are the fields of an interaction that its account is read from.
var accountFields = []string{"version", "state", "channel", "asset", "queue", "contact", "direction", "openedAt", "closedAt",
	"closeReason", "followedBy", "responded", "legs", "history", "ledger"}

// MarksMax is how many marks InLedgers takes.
const MarksMax = tokensMax

// InLedgers finds the interactions whose ledgers have one of the marks, those that opened last first, at most limit of them,
// after the spot. They come with what their accounts need, and are not to be saved.
func (r *Reader) InLedgers(ctx context.Context, marks []string, limit int, after Spot) ([]desk.Interaction, error) {
	q := r.s.all(desk.KindInteraction).Select(accountFields...).Where("ledger", "array-contains-any", marks)
	return list[desk.Interaction](ctx, r, "interactions by ledgers", newest(q, "openedAt", limit, after))
}

// Accounts reads the accounts of the interactions. Where their histories are no longer than a record carries, nothing is read.
func (r *Reader) Accounts(ctx context.Context, of []desk.Interaction) ([]desk.Account, error) {
	moves, err := r.Histories(ctx, of)
	if err != nil {
		return nil, err
	}
	accounts := make([]desk.Account, len(of))
	for n, i := range of {
		accounts[n] = desk.AccountOf(i, moves[n])
	}
	return accounts, nil
}

// Histories reads the complete histories of the interactions.
func (r *Reader) Histories(ctx context.Context, of []desk.Interaction) ([][]desk.Entry, error) {
	pages := make([][]desk.HistoryPage, len(of))
	var recs []desk.Record
	for n, i := range of {
		pages[n] = i.History.Before(i.ID)
		for k := range pages[n] {
			recs = append(recs, &pages[n][k])
		}
	}
	if err := r.Load(ctx, recs...); err != nil {
		return nil, fmt.Errorf("read histories: %w", err)
	}
	moves := make([][]desk.Entry, len(of))
	for n, i := range of {
		for _, p := range pages[n] {
			moves[n] = append(moves[n], p.Entries...)
		}
		moves[n] = append(moves[n], i.History.Entries...)
	}
	return moves, nil
}

// pagesMost is how many pages of a history are read at once.
const pagesMost = 10

// EarlierMoves finds pages of an agent's history, the newest first, that begin before the seq: as many as are read at once. Of
// an agent who was deleted, too, there are those he left.
func (r *Reader) EarlierMoves(ctx context.Context, agent string, before int64) ([]desk.HistoryPage, error) {
	q := r.s.all(desk.KindHistory).Where("of", "==", agent).Where("first", "<", before).
		OrderBy("first", firestore.Desc).Limit(pagesMost)
	return list[desk.HistoryPage](ctx, r, "history of "+strconv.Quote(agent), q)
}

// Hourlies reads those of the hours that are stored, in the order of their IDs, each with the rows of its further records.
func (r *Reader) Hourlies(ctx context.Context, ids []string) ([]desk.Hourly, error) {
	var out []desk.Hourly
	for some := range slices.Chunk(ids, hourliesMost) {
		found := make([]desk.Hourly, len(some))
		recs := make([]desk.Record, len(some))
		for n, id := range some {
			found[n].ID, recs[n] = id, &found[n]
		}
		if err := r.Find(ctx, recs...); err != nil {
			return nil, err
		}
		out = append(out, slices.DeleteFunc(found, func(h desk.Hourly) bool { return h.Version == 0 })...)
	}
	slices.SortFunc(out, func(a, b desk.Hourly) int { return cmp.Compare(a.ID, b.ID) })
	return out, r.parts(ctx, out)
}

// parts reads the further records of the hours that have some. They are stored with the first and never without.
func (r *Reader) parts(ctx context.Context, hours []desk.Hourly) error {
	for n, h := range hours {
		parts := make([]desk.Hourly, h.Parts)
		recs := make([]desk.Record, h.Parts)
		for k := range parts {
			parts[k] = h.Part(k + 1)
			recs[k] = &parts[k]
		}
		if err := r.Load(ctx, recs...); err != nil {
			return fmt.Errorf("read parts of an hour: %w", err)
		}
		for _, p := range parts {
			hours[n].Rows = append(hours[n].Rows, p.Rows...)
		}
	}
	return nil
}

// hourliesMost is how many hours are read at once.
const hourliesMost = 200
