package store

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// walked reads a list page by page, and once whole.
func walked[T any, P record[T]](t *testing.T, read func(limit int, after Spot) ([]T, error), at func(T) Spot) []string {
	t.Helper()
	whole, err := read(1000, Spot{})
	require.NoError(t, err)
	for _, limit := range []int{1, 2, 3} {
		got := []string{}
		for after := (Spot{}); ; {
			page, err := read(limit, after)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			require.LessOrEqual(t, len(page), limit)
			got = append(got, ids[T, P](page)...)
			after = at(page[len(page)-1])
		}
		require.Equal(t, ids[T, P](whole), got, "pages of %d", limit)
	}
	return ids[T, P](whole)
}

func TestContactsAreFoundByATerm(t *testing.T) {
	s, ctx := open(t), t.Context()
	contact := func(id string, since int, terms ...string) *desk.Contact {
		return &desk.Contact{Head: desk.Head{ID: id}, Since: at(since), Search: terms}
	}
	put(t, s, contact("a", 1, "n:lea", "p:0001"), contact("b", 3, "n:lea"), contact("d", 2, "n:lea"), contact("c", 2, "n:lea"),
		contact("e", 9, "n:max"), contact("f", 9))
	got := walked(t, func(limit int, after Spot) ([]desk.Contact, error) {
		return s.Reader().Contacts(ctx, "n:lea", limit, after)
	},
		func(c desk.Contact) Spot { return Spot{c.Since, c.ID} })
	assert.Equal(t, []string{"b", "d", "c", "a"}, got, "who came last comes first")
	none, err := s.Reader().Contacts(ctx, "n:le", 10, Spot{})
	require.NoError(t, err)
	assert.Empty(t, none, "a term is a whole one")
}

func TestWhatStandsUnderAContact(t *testing.T) {
	s, ctx := open(t), t.Context()
	talk := func(id, contact string, opened int) *desk.Interaction {
		return &desk.Interaction{Head: desk.Head{ID: id}, Contact: contact, OpenedAt: at(opened)}
	}
	note := func(id, contact string, made int) *desk.Note {
		return &desk.Note{Head: desk.Head{ID: id}, Contact: contact, At: at(made)}
	}
	put(t, s, talk("i1", "lea", 1), talk("i4", "lea", 4), talk("i3", "lea-before", 3), talk("i2", "lea-before", 2), talk("same", "lea", 3),
		talk("other", "max", 9), note("n1", "lea", 1), note("n3", "lea", 3), note("n2", "lea-before", 2), note("tie", "lea-before", 3), note("max", "max", 9))
	lea := desk.Contact{Head: desk.Head{ID: "lea"}, Others: []string{"lea-before"}}

	assert.Equal(t, []string{"i4", "same", "i3", "i2", "i1"}, walked(t,
		func(limit int, after Spot) ([]desk.Interaction, error) {
			return s.Reader().InteractionsWith(ctx, lea, limit, after)
		},
		func(i desk.Interaction) Spot { return Spot{i.OpenedAt, i.ID} }))
	assert.Equal(t, []string{"tie", "n3", "n2", "n1"}, walked(t,
		func(limit int, after Spot) ([]desk.Note, error) { return s.Reader().NotesOn(ctx, lea, limit, after) },
		func(n desk.Note) Spot { return Spot{n.At, n.ID} }))
	alone, err := s.Reader().NotesOn(ctx, desk.Contact{Head: desk.Head{ID: "lea"}}, 10, Spot{})
	require.NoError(t, err)
	assert.Equal(t, []string{"n3", "n1"}, ids(alone))
}

func TestWhatWasSaidWithAContact(t *testing.T) {
	s, ctx := open(t), t.Context()
	message := func(id, talk, contact string, said int, seq int64) *desk.Message {
		return &desk.Message{Head: desk.Head{ID: id}, Interaction: talk, Contact: contact, At: at(said), Seq: seq}
	}
	put(t, s, message("m1", "i1", "lea-before", 1, 1), message("z2", "i1", "lea-before", 2, 2), message("a3", "i1", "lea", 2, 3),
		message("m4", "i2", "lea", 3, 1), message("m5", "i3", "lea", 4, 1), message("max", "i9", "max", 2, 1))
	lea := desk.Contact{Head: desk.Head{ID: "lea"}, Others: []string{"lea-before"}}
	for _, c := range []struct {
		from, to, limit int
		want            []string
	}{
		{1, 4, 100, []string{"m1", "z2", "a3", "m4", "m5"}},
		{2, 3, 100, []string{"z2", "a3", "m4"}},
		{1, 3, 2, []string{"a3", "m4"}},
		{5, 9, 100, []string{}},
	} {
		got, err := s.Reader().Said(ctx, lea, at(c.from), at(c.to), c.limit)
		require.NoError(t, err)
		if c.limit == 2 { // of two messages of one time either may be left out
			require.Len(t, got, 2)
			assert.Equal(t, "m4", got[1].ID)
			continue
		}
		assert.Equal(t, c.want, ids(got))
	}
}

func TestAContactIsReadAsTheOneThatTookOver(t *testing.T) {
	s, ctx := open(t), t.Context()
	put(t, s, &desk.Contact{Head: desk.Head{ID: "first"}, Into: "second"}, &desk.Contact{Head: desk.Head{ID: "second"}, Into: "third"},
		&desk.Contact{Head: desk.Head{ID: "third"}, Open: "i", Others: []string{"second", "first"}},
		&desk.Contact{Head: desk.Head{ID: "round"}, Into: "round"}, &desk.Contact{Head: desk.Head{ID: "torn"}, Into: "nobody"},
		&desk.Contact{Head: desk.Head{ID: "silent"}},
		&desk.Interaction{Head: desk.Head{ID: "i"}, Offer: "o"}, &desk.Offer{Head: desk.Head{ID: "o"}, Agent: "ana"}, agent("ana"))
	for _, id := range []string{"first", "second", "third"} {
		c, err := s.Reader().Contact(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, "third", c.ID)
		x, err := s.Reader().Newest(ctx, c)
		require.NoError(t, err)
		assert.Equal(t, []string{"i", "o", "ana"}, []string{x.Interaction.ID, x.Offer.ID, x.Agent.ID})
	}
	c, err := s.Reader().Contact(ctx, "silent")
	require.NoError(t, err)
	x, err := s.Reader().Newest(ctx, c)
	require.NoError(t, err)
	assert.Equal(t, desk.Attended{}, x)
	_, err = s.Reader().Contact(ctx, "nobody")
	assert.True(t, fault.HasCode(err, "contact_missing"), "%v", err)
	_, err = s.Reader().Contact(ctx, "torn")
	assert.True(t, fault.HasCode(err, "contact_missing"), "%v", err)
	_, err = s.Reader().Contact(ctx, "round")
	assert.True(t, fault.Is(err, fault.Internal), "%v", err)
}
