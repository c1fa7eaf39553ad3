package store

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/desk"
)

func TestDeadLetters(t *testing.T) {
	s, ctx := open(t), t.Context()
	letter := func(id string, died int, state desk.LetterState, event, reason string) *desk.DeadLetter {
		return &desk.DeadLetter{Head: desk.Head{ID: id}, DiedAt: at(died), State: state, Event: event, Reason: reason, Data: []byte("hola")}
	}
	put(t, s, letter("a", 1, desk.LetterDead, "x", "bad"), letter("c", 2, desk.LetterDead, "y", "bad"), letter("b", 2, desk.LetterDead, "x", "late"),
		letter("d", 3, desk.LetterDead, "x", "bad"), letter("e", 4, desk.LetterReplayed, "x", "bad"), letter("f", 5, desk.LetterDiscarded, "x", "bad"))
	for _, c := range []struct {
		which Letters
		want  []string
	}{
		{Letters{State: desk.LetterDead}, []string{"d", "c", "b", "a"}},
		{Letters{State: desk.LetterReplayed}, []string{"e"}},
		{Letters{State: desk.LetterDead, Event: "x"}, []string{"d", "b", "a"}},
		{Letters{State: desk.LetterDead, Reason: "bad"}, []string{"d", "c", "a"}},
		{Letters{State: desk.LetterDead, Event: "x", Reason: "bad"}, []string{"d", "a"}},
		{Letters{State: desk.LetterDead, Event: "z"}, []string{}},
	} {
		walked := []string{}
		for after := (Spot{}); ; {
			page, err := s.Reader().DeadLetters(ctx, c.which, 2, after)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			require.LessOrEqual(t, len(page), 2)
			walked = append(walked, ids(page)...)
			for _, l := range page {
				assert.Empty(t, l.Data, "a list does not read what they say")
				assert.Equal(t, int64(1), l.Version)
			}
			after = Spot{At: page[len(page)-1].DiedAt, ID: page[len(page)-1].ID}
		}
		assert.Equal(t, c.want, walked, "%+v", c.which)
	}
}

func TestAListShowsAllOfALetterButItsData(t *testing.T) {
	var want []string
	for _, f := range planOf(reflect.TypeFor[desk.DeadLetter]()).fields {
		if f.name != "data" {
			want = append(want, f.name)
		}
	}
	assert.ElementsMatch(t, want, letterFields)

	s := open(t)
	full := full(t, "DeadLetter").(*desk.DeadLetter)
	put(t, s, full)
	found, err := s.Reader().DeadLetters(t.Context(), Letters{State: full.State}, 1, Spot{})
	require.NoError(t, err)
	full.Data = nil
	assert.Equal(t, []desk.DeadLetter{*full}, found)
}

func TestParkedMessages(t *testing.T) {
	s, ctx := open(t), t.Context()
	parked := func(id string, came int, asset string) *desk.Parked {
		return &desk.Parked{Head: desk.Head{ID: id}, At: at(came), Asset: asset, Arrival: desk.Arrival{Text: id}}
	}
	put(t, s, parked("a", 1, "x"), parked("b", 3, "y"), parked("c", 2, "x"), parked("d", 3, "x"))
	for asset, want := range map[string][]string{"": {"d", "b", "c", "a"}, "x": {"d", "c", "a"}, "y": {"b"}, "z": {}} {
		walked := []string{}
		for after := (Spot{}); ; {
			page, err := s.Reader().ParkedMessages(ctx, asset, 1, after)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			walked = append(walked, ids(page)...)
			after = Spot{At: page[0].At, ID: page[0].ID}
		}
		assert.Equal(t, want, walked, asset)
	}
}

// What the database deletes by itself says from when, and nothing else is deleted so.
func TestWhatExpiresIsDeclared(t *testing.T) {
	var want []string
	for _, empty := range records {
		if _, ok := reflect.TypeOf(empty()).Elem().FieldByName("ExpireAt"); ok {
			want = append(want, collections[empty().Record()])
		}
	}
	var file struct {
		FieldOverrides []struct {
			CollectionGroup, FieldPath string
			TTL                        bool
		}
	}
	require.NoError(t, json.Unmarshal(infra.Indexes, &file))
	var declared []string
	for _, o := range file.FieldOverrides {
		if o.TTL {
			assert.Equal(t, "expireAt", o.FieldPath, o.CollectionGroup)
			declared = append(declared, o.CollectionGroup)
		}
	}
	require.NotEmpty(t, want)
	assert.ElementsMatch(t, want, declared)
}
