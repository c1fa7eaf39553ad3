package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/desk"
)

func TestStandingCountsBothSidesForOneReadEach(t *testing.T) {
	var reads atomic.Int64
	srv := serve(t, firestore.Options{Observe: func(_ context.Context, op firestore.Op) {
		if op.Kind == firestore.Read {
			reads.Add(int64(op.Count))
		}
	}})
	s := connect(t, srv, time.Now)
	var recs []desk.Record
	for n := range 7 {
		recs = append(recs, &desk.Agent{Head: desk.Head{ID: number("a", n)}, Takes: []string{"sales", "help"}, FreeSince: noon})
	}
	for n := range 3 {
		recs = append(recs, &desk.Interaction{Head: desk.Head{ID: number("i", n)}, Wants: "sales"})
	}
	put(t, s, append(recs, &desk.Agent{Head: desk.Head{ID: "busy"}, FreeSince: noon}, &desk.Interaction{Head: desk.Head{ID: "active"}})...)
	before := reads.Load()
	free, waiting, err := s.Reader().Standing(t.Context(), "sales")
	require.NoError(t, err)
	assert.Equal(t, []int{7, 3}, []int{free, waiting})
	assert.Equal(t, int64(2), reads.Load()-before)
	free, waiting, err = s.Reader().Standing(t.Context(), "help")
	require.NoError(t, err)
	assert.Equal(t, []int{7, 0}, []int{free, waiting})
	free, waiting, err = s.Reader().Standing(t.Context(), "nobody's")
	require.NoError(t, err)
	assert.Equal(t, []int{0, 0}, []int{free, waiting})
}

func TestStandingStopsCounting(t *testing.T) {
	s := open(t)
	for n := 0; n < 1050; n += 350 {
		var recs []desk.Record
		for m := range 350 {
			recs = append(recs, &desk.Interaction{Head: desk.Head{ID: number("i", n+m)}, Wants: "sales"})
		}
		put(t, s, recs...)
	}
	_, waiting, err := s.Reader().Standing(t.Context(), "sales")
	require.NoError(t, err)
	assert.Equal(t, 1000, waiting)
}

func TestMates(t *testing.T) {
	s, ctx := open(t), t.Context()
	for n, teams := range [][]string{{"owls"}, {"larks", "owls"}, {"owls"}, {"larks"}, nil} {
		put(t, s, &desk.Agent{Head: desk.Head{ID: number("a", n)}, Teams: teams})
	}
	for team, want := range map[string]int{"owls": 2, "larks": 2, "wrens": 0} {
		mates, err := s.Mates(ctx, team)
		require.NoError(t, err)
		assert.Equal(t, want, mates, team)
	}
	found, err := s.Reader().Members(ctx, "owls", 9)
	require.NoError(t, err)
	assert.Equal(t, []string{"a-0000", "a-0001", "a-0002"}, ids(found))
}

// Who transferred what rings is read only where it may go back to him.
func TestTheSenderOfATransferIsRead(t *testing.T) {
	s, ctx := open(t), t.Context()
	put(t, s, &desk.Agent{Head: desk.Head{ID: "ana"}}, &desk.Agent{Head: desk.Head{ID: "bea"}, Offer: "o", Ringing: "i"})
	o := &desk.Offer{Head: desk.Head{ID: "o"}, Kind: desk.OfferTransfer, State: desk.OfferPending, Agent: "bea", Interaction: "i"}
	i := &desk.Interaction{Head: desk.Head{ID: "i"}, Offer: "o", Transfer: desk.Transfer{By: "ana", Unanswered: desk.UnansweredReturn}}
	put(t, s, o, i)
	senders := func() []string {
		t.Helper()
		x, err := s.Reader().Offer(ctx, "o")
		require.NoError(t, err)
		p, err := s.Reader().Present(ctx, "bea")
		require.NoError(t, err)
		assert.Equal(t, x.Sender.Version, p.Sender.Version)
		return []string{x.Sender.ID, p.Sender.ID}
	}
	changes := func(rec desk.Record, change func()) {
		t.Helper()
		r := s.Reader()
		require.NoError(t, r.Load(ctx, rec))
		change()
		require.NoError(t, save(s, r, rec))
	}
	assert.Equal(t, []string{"ana", "ana"}, senders())
	changes(i, func() { i.Transfer.By = "nobody" })
	assert.Equal(t, []string{"nobody", "nobody"}, senders(), "he was deleted: his version says so")
	changes(i, func() { i.Transfer.Unanswered = desk.UnansweredRequeue })
	assert.Equal(t, []string{"", ""}, senders())
	changes(i, func() { i.Transfer.Unanswered = desk.UnansweredReturn })
	changes(o, func() { o.State = desk.OfferDeclined })
	assert.Equal(t, []string{"", ""}, senders(), "it has its answer")
}

func TestOverflowIsReadUntilSomethingIsOpen(t *testing.T) {
	s := open(t)
	shut := desk.Closure{At: noon, By: "sam"}
	put(t, s, &desk.Queue{Head: desk.Head{ID: "a"}, Overflow: "b"}, &desk.Queue{Head: desk.Head{ID: "b"}, Overflow: "c", Closed: shut},
		&desk.Queue{Head: desk.Head{ID: "c"}, Overflow: "d"}, &desk.Queue{Head: desk.Head{ID: "d"}},
		&desk.Queue{Head: desk.Head{ID: "round"}, Overflow: "about", Closed: shut}, &desk.Queue{Head: desk.Head{ID: "about"}, Overflow: "round", Closed: shut},
		&desk.Queue{Head: desk.Head{ID: "broken"}, Overflow: "none"})
	for from, want := range map[string][]string{
		"a": {"b", "c"}, "c": {"d"}, "d": nil, "broken": {"none"},
		"round": {"about", "round", "about", "round", "about", "round", "about", "round"},
	} {
		q := desk.Queue{Head: desk.Head{ID: from}}
		require.NoError(t, s.Reader().Load(t.Context(), &q))
		list, err := s.Reader().Overflow(t.Context(), desk.Interaction{Queue: from}, q, noon)
		require.NoError(t, err)
		var got []string
		for _, to := range list {
			got = append(got, to.ID)
		}
		assert.Equal(t, want, got, from)
	}
	list, err := s.Reader().Overflow(t.Context(), desk.Interaction{Queue: "a", Overflowed: []string{"c"}}, desk.Queue{Overflow: "b"}, noon)
	require.NoError(t, err)
	assert.Len(t, list, 3, "one that it has left is not where it goes")
}
