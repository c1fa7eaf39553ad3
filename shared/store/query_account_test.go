package store

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

func TestInLedgers(t *testing.T) {
	s, ctx := open(t), t.Context()
	talk := func(id string, opened int, marks ...string) *desk.Interaction {
		return &desk.Interaction{Head: desk.Head{ID: id}, OpenedAt: at(opened), Ledger: marks}
	}
	put(t, s, talk("a", 1, "sales|1", "sales|2"), talk("b", 3, "sales|2"), talk("c", 2, "sales|3"), talk("d", 2, "sales|1"), talk("e", 4, "tech|1"))
	var walked []string
	for after := (Spot{}); ; {
		page, err := s.Reader().InLedgers(ctx, []string{"sales|1", "sales|2", "sales|4"}, 2, after)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		walked = append(walked, ids(page)...)
		after = Spot{At: page[len(page)-1].OpenedAt, ID: page[len(page)-1].ID}
	}
	assert.Equal(t, []string{"b", "d", "a"}, walked, "the newest first, each once")

	whole := &desk.Interaction{Head: desk.Head{ID: "whole"}, Queue: "sales", Preview: "hola", OpenedAt: noon, Ledger: []string{"care|1"},
		Legs:    []desk.Leg{{Agent: "ana", Seat: desk.SeatOwner, From: noon}},
		History: desk.History{Last: 1, Entries: []desk.Entry{{Seq: 1, At: noon, Event: desk.EventOpened, Detail: "sales"}}}}
	put(t, s, whole)
	one, err := s.Reader().InLedgers(ctx, []string{"care|1"}, 2, Spot{})
	require.NoError(t, err)
	want := *whole
	want.Preview = ""
	assert.Equal(t, []desk.Interaction{want}, one, "all that an account needs, and nothing the customer said")

	var many []string
	for n := range MarksMax {
		many = append(many, number("sales|", n))
	}
	_, err = s.Reader().InLedgers(ctx, many, 2, Spot{})
	require.NoError(t, err, "the database takes as many")
	_, err = s.Reader().InLedgers(ctx, append(many, "sales|x"), 2, Spot{})
	require.Error(t, err)
}

// longTalk is an interaction with so many moves that some are in pages.
func longTalk(moves int) []desk.Record {
	i := &desk.Interaction{Head: desk.Head{ID: "talk"}, Queue: "sales"}
	recs := []desk.Record{i}
	var entries []desk.Entry
	for seq := int64(1); seq <= int64(moves); seq++ {
		entries = append(entries, desk.Entry{Seq: seq, At: at(int(seq)), Event: desk.EventDataChanged, By: "ana"})
	}
	entries[0] = desk.Entry{Seq: 1, At: at(1), Event: desk.EventOpened, Detail: "tech"}
	i.History.Last = int64(moves)
	for len(entries) > 100 {
		p := &desk.HistoryPage{Of: "talk", First: entries[0].Seq, Entries: entries[:50]}
		p.ID = map[int64]string{1: "talk:1", 51: "talk:51"}[p.First]
		recs, entries = append(recs, p), entries[50:]
	}
	i.History.Entries = entries
	return recs
}

func TestAccountsAreReadFromTheFirstMove(t *testing.T) {
	s, ctx := open(t), t.Context()
	recs := longTalk(180)
	require.Len(t, recs, 3)
	put(t, s, recs...)
	put(t, s, &desk.Interaction{Head: desk.Head{ID: "short"}, History: desk.History{Last: 1, Entries: []desk.Entry{{Seq: 1, Event: desk.EventOpened, Detail: "sales"}}}})
	talk, short := *recs[0].(*desk.Interaction), desk.Interaction{Head: desk.Head{ID: "short"}}
	r := s.Reader()
	require.NoError(t, r.Load(ctx, &talk, &short))

	moves, err := r.Histories(ctx, []desk.Interaction{short, talk})
	require.NoError(t, err)
	require.Len(t, moves[0], 1)
	require.Len(t, moves[1], 180)
	for n, e := range moves[1] {
		require.Equal(t, int64(n+1), e.Seq)
	}
	accounts, err := r.Accounts(ctx, []desk.Interaction{talk})
	require.NoError(t, err)
	assert.Equal(t, []desk.Wait{{Queue: "tech", Cause: desk.WaitOpened, First: true, From: at(1)}}, accounts[0].Waits, "the first move is in a page")

	talk.ID = "other" // whose pages are nowhere
	_, err = r.Accounts(ctx, []desk.Interaction{talk})
	assert.True(t, fault.Is(err, fault.Missing), "%v", err)
}

func TestEarlierMoves(t *testing.T) {
	s, ctx := open(t), t.Context()
	var recs []desk.Record
	for n := range 12 {
		p := &desk.HistoryPage{Of: "ana", First: int64(1 + 50*n), Entries: []desk.Entry{{Seq: int64(1 + 50*n)}}}
		p.ID = number("ana", n)
		recs = append(recs, p)
	}
	other := &desk.HistoryPage{Of: "bea", First: 1}
	other.ID = "bea:1"
	put(t, s, append(recs, other)...)
	var firsts []int64
	for before := int64(552); ; {
		pages, err := s.Reader().EarlierMoves(ctx, "ana", before)
		require.NoError(t, err)
		if len(pages) == 0 {
			break
		}
		for _, p := range pages {
			firsts = append(firsts, p.First)
		}
		before = firsts[len(firsts)-1]
	}
	assert.Equal(t, []int64{551, 501, 451, 401, 351, 301, 251, 201, 151, 101, 51, 1}, firsts)
}

func TestHourlies(t *testing.T) {
	s, ctx := open(t), t.Context()
	var want []string
	for n := range 3 {
		h := &desk.Hourly{Queue: "sales", Hour: noon, Rows: []desk.Row{{At: noon, Agent: "ana", Tally: desk.Tally{Offers: n + 1, AnsweredIn: []int{0, 2, 0},
			Reasons: []desk.Count{{Reason: "sold", Name: "Sold", N: 3}}}}}}
		h.ID = number("sales|2026-03-02T", n)
		put(t, s, h)
		want = append(want, h.ID)
	}
	asked := []string{want[2], "sales|none", want[0], want[1]}
	found, err := s.Reader().Hourlies(ctx, asked)
	require.NoError(t, err)
	assert.Equal(t, want, ids(found))
	assert.Equal(t, desk.Tally{Offers: 3, AnsweredIn: []int{0, 2, 0}, Reasons: []desk.Count{{Reason: "sold", Name: "Sold", N: 3}}}, found[2].Rows[0].Tally)

	whole := desk.Hourly{Head: desk.Head{ID: "sales|whole"}, Queue: "sales", Hour: noon}
	for n := range 5 {
		whole.Rows = append(whole.Rows, desk.Row{At: noon, Agent: number("agent", n)})
	}
	parts := whole.Cut(2, func(h desk.Hourly) int { return len(h.Rows) })
	require.Len(t, parts, 3)
	put(t, s, &parts[0], &parts[1], &parts[2])
	found, err = s.Reader().Hourlies(ctx, []string{want[0], whole.ID})
	require.NoError(t, err)
	require.Len(t, found, 2)
	assert.Equal(t, whole.Rows, found[1].Rows, "what was cut is whole again")

	many := slices.Repeat([]string{"sales|none"}, 1)
	for n := range 450 {
		many = append(many, number("none", n))
	}
	found, err = s.Reader().Hourlies(ctx, append(many, want...))
	require.NoError(t, err)
	assert.Len(t, found, 3, "in several readings")
}
