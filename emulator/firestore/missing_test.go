package firestore

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"
)

// rawFile is a firestore.indexes.json, read without the code under test.
type rawFile struct {
	Indexes        []map[string]any `json:"indexes"`
	FieldOverrides []map[string]any `json:"fieldOverrides"`
}

func readRaw(t require.TestingT, text string) rawFile {
	var f rawFile
	require.NoError(t, json.Unmarshal([]byte(text), &f))
	return f
}

func (f rawFile) parse(t require.TestingT) *Indexes {
	text, err := json.Marshal(f)
	require.NoError(t, err)
	indexes, err := ParseIndexes(text)
	require.NoError(t, err)
	return indexes
}

// with is the file after someone followed a refusal: indexes added, overrides in the place of those of the same field.
func (f rawFile) with(more rawFile) rawFile {
	out := rawFile{slices.Concat(f.Indexes, more.Indexes), slices.Clone(more.FieldOverrides)}
	for _, old := range f.FieldOverrides {
		if !slices.ContainsFunc(more.FieldOverrides, func(o map[string]any) bool {
			return o["collectionGroup"] == old["collectionGroup"] && o["fieldPath"] == old["fieldPath"]
		}) {
			out.FieldOverrides = append(out.FieldOverrides, old)
		}
	}
	return out
}

func paste(t require.TestingT, file, printed string) *Indexes {
	return readRaw(t, file).with(readRaw(t, printed)).parse(t)
}

// printedIn is the JSON in a refusal.
func printedIn(err error) string {
	text := status.Convert(err).Message()
	return text[strings.IndexByte(text, '{'):]
}

// TestWhatIsPrintedIsEnoughAndNeeded follows refusals of random queries: with everything that was printed the query runs, without
// any one part of it it does not.
func TestWhatIsPrintedIsEnoughAndNeeded(t *testing.T) {
	const file = `{"indexes": [{"collectionGroup": "c", "queryScope": "COLLECTION", "fields": [
	  {"fieldPath": "a", "order": "ASCENDING"}, {"fieldPath": "b", "order": "ASCENDING"}]}],
	  "fieldOverrides": [{"collectionGroup": "c", "fieldPath": "m", "indexes": [{"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}]}]}`
	declared := readRaw(t, file)
	indexes := declared.parse(t)
	served, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		q, err := readQuery(oracleRoot, drawQuery(t))
		if err != nil {
			return
		}
		err = indexes.check(q)
		if err == nil {
			served++
			return
		}
		refused++
		more := readRaw(t, printedIn(err))
		require.NoError(t, declared.with(more).parse(t).check(q), "%v", err)
		for i := range more.Indexes {
			fewer := rawFile{slices.Delete(slices.Clone(more.Indexes), i, i+1), more.FieldOverrides}
			require.Error(t, declared.with(fewer).parse(t).check(q), "without index %d of %v", i, err)
		}
		for i := range more.FieldOverrides {
			fewer := rawFile{more.Indexes, slices.Delete(slices.Clone(more.FieldOverrides), i, i+1)}
			require.Error(t, declared.with(fewer).parse(t).check(q), "without override %d of %v", i, err)
		}
	})
	require.Positive(t, served)
	require.Positive(t, refused)
}
