package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	firestorepb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// recorded are the types of package desk that are records.
func recorded(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../desk/*.go")
	require.NoError(t, err)
	var names []string
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "Record" && !strings.HasSuffix(file, "_test.go") {
				names = append(names, f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name)
			}
		}
	}
	return names
}

// Every record has a collection and a round trip in the tests.
func TestEveryRecordHasACollection(t *testing.T) {
	assert.ElementsMatch(t, recorded(t), slices.Collect(maps.Keys(records)), "a record without a round trip")
	for name, empty := range records {
		assert.Contains(t, collections, empty().Record(), name)
	}
	all := slices.Sorted(maps.Values(collections))
	assert.Len(t, slices.Compact(slices.Clone(all)), len(all), "two kinds share a collection")
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"":                           false,
		"a":                          true,
		".":                          false,
		"..":                         false,
		"...":                        true,
		"a/b":                        false,
		"/":                          false,
		"a\x00":                      false,
		"\xff":                       false,
		"caf\xc3":                    false,
		"café":                       true,
		"whatsapp:1":                 true,
		"a b\n":                      true,
		"__":                         true,
		"___":                        true,
		"____":                       false,
		"__id__":                     false,
		"__id":                       true,
		"id__":                       true,
		strings.Repeat("a", 1500):    true,
		strings.Repeat("a", 1501):    false,
		strings.Repeat("é", 750):     true,
		strings.Repeat("é", 751):     false,
		"_" + strings.Repeat("_", 9): false,
	} {
		assert.Equal(t, want, validID(id), "%q", id)
	}
}

func TestAnIDThatNoRecordCanHaveIsMissing(t *testing.T) {
	s := open(t)
	for _, id := range []string{"..", "a/b", "\xff", "__x__", strings.Repeat("a", 1501)} {
		a := agent(id)
		for what, err := range map[string]error{
			"load":  s.Reader().Load(t.Context(), a),
			"find":  s.Reader().Find(t.Context(), a),
			"save":  s.Reader().Save(t.Context(), desk.Change{Save: []desk.Record{a}}),
			"watch": s.WatchAgent(t.Context(), id, nil),
		} {
			assert.True(t, fault.HasCode(err, "agent_missing"), "%s %q: %v", what, id, err)
		}
		assert.Zero(t, a.Version, "nothing was tried")
		_, err := s.Reasons(t.Context(), id)
		assert.True(t, fault.HasCode(err, "queue_missing"), "%q: %v", id, err)
		err = s.Reader().Load(t.Context(), &desk.Reason{Head: desk.Head{ID: "sale"}, Queue: id})
		assert.True(t, fault.HasCode(err, "queue_missing"), "%q: %v", id, err)
	}
	err := s.Reader().Save(t.Context(), desk.Change{Save: []desk.Record{agent("")}})
	assert.True(t, fault.HasCode(err, "agent_missing"), "%v", err)
}

func TestShardsAreStableAndUsedEvenly(t *testing.T) {
	for id, want := range map[string]int64{"ana": 5, "": 5, "0af7651916cd43dd8448eb211c80319c": 5, "bob": 4} {
		assert.Equal(t, want, shardOf(id), id)
	}
	var count [Shards]int
	for n := range 16_000 {
		count[shardOf(strconv.Itoa(n))]++
	}
	for _, c := range count {
		assert.InDelta(t, 1000, c, 300)
	}
}

func TestInteractionsAreKnownFromOutside(t *testing.T) {
	text := func(s string) map[string]*firestorepb.Value {
		return map[string]*firestorepb.Value{"interaction": {ValueType: &firestorepb.Value_StringValue{StringValue: s}}}
	}
	for _, rec := range []desk.Record{
		&desk.Offer{Interaction: "i"}, &desk.Message{Interaction: "i"}, &desk.Note{Interaction: "i"},
	} {
		assert.Equal(t, "i", InteractionOf("any/x", shape(t, rec)), "%T", rec)
	}
	for _, c := range []struct {
		path   string
		fields map[string]*firestorepb.Value
		want   string
	}{
		{"interactions/i", nil, "i"},
		{"interactions/i", text("other"), "i"},
		{"contacts/c/notes/n", text("i"), "i"},
		{"offers/o", nil, ""},
		{"agents/a", map[string]*firestorepb.Value{}, ""},
		{"interactions", nil, ""},
		{"interactions/i/x/y", nil, ""},
		{"offers/o", map[string]*firestorepb.Value{"interaction": {ValueType: &firestorepb.Value_IntegerValue{IntegerValue: 1}}}, ""},
		{"", nil, ""},
	} {
		assert.Equal(t, c.want, InteractionOf(c.path, c.fields), c.path)
	}
}
