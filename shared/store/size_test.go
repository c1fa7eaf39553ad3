package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// bulky is an hour of many rows, and as many bytes as are asked for.
func bulky(t *testing.T, id string, bytes int) *desk.Hourly {
	h := &desk.Hourly{Head: desk.Head{ID: id}, Queue: "sales", Hour: noon, Parts: 2}
	for range 1000 {
		h.Rows = append(h.Rows, desk.Row{At: noon, Agent: "ana", Tally: desk.Tally{Offers: 1, AnsweredAfter: 7, AnsweredIn: []int{0, 2, 0},
			Reasons: []desk.Count{{Reason: "sold", Name: "Vendido ñ", N: 3}}}})
	}
	rest := bytes - Size(h)
	require.Positive(t, rest)
	h.Rows[0].Agent += strings.Repeat("a", rest)
	require.Equal(t, bytes, Size(h))
	return h
}

// A record of the greatest size is stored whatever its name, and the database counts as Size does: one byte more than a document
// may have, its name included, is refused.
func TestSizeIsWhatTheDatabaseCounts(t *testing.T) {
	s, ctx := open(t), t.Context()
	require.NoError(t, s.Reader().Save(ctx, desk.Change{Save: []desk.Record{bulky(t, strings.Repeat("i", 1400), SizeMax)}}))
	const version = len("version") + 1 + 8 // which a saved record has beside
	name := len("hourly/x") + 1 + 16
	require.NoError(t, s.Reader().Save(ctx, desk.Change{Save: []desk.Record{bulky(t, "x", 1<<20-name-version)}}))
	assert.Error(t, s.Reader().Save(ctx, desk.Change{Save: []desk.Record{bulky(t, "y", 1<<20-name-version+1)}}))
}
