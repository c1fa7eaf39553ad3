package firestore

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseIndexesRefuses(t *testing.T) {
	index := func(fields string) string { return composites("c", "COLLECTION", fields) }
	override := func(index string) string { return single("c", "a", `{"order":"ASCENDING",`+index+`}`) }
	const a, b = `{"fieldPath":"a","order":"ASCENDING"}`, `{"fieldPath":"b","order":"DESCENDING"}`
	for name, tc := range map[string]struct{ file, want string }{
		"no JSON":                        {`{`, "unexpected EOF"},
		"text behind":                    {`{} {}`, "text follows"},
		"unknown field":                  {`{"index":[]}`, `unknown field "index"`},
		"one field":                      {index(a), "index 0: a composite index has at least two fields"},
		"two arrays":                     {index(`{"fieldPath":"a","arrayConfig":"CONTAINS"},{"fieldPath":"b","arrayConfig":"CONTAINS"}`), "at most one array"},
		"order and array":                {index(a + `,{"fieldPath":"b","order":"ASCENDING","arrayConfig":"CONTAINS"}`), `field "b": want either order`},
		"neither":                        {index(a + `,{"fieldPath":"b"}`), `field "b": want either order`},
		"field twice":                    {index(a + `,` + a), `field "a" is given twice`},
		"unknown order":                  {index(a + `,{"fieldPath":"b","order":"UP"}`), `field "b": want either order`},
		"bad path":                       {index(a + `,{"fieldPath":"b..c","order":"ASCENDING"}`), `field path "b..c"`},
		"no collection":                  {`{"indexes":[{"fields":[` + a + `,` + b + `]}]}`, "collectionGroup"},
		"unknown scope":                  {`{"indexes":[{"collectionGroup":"c","queryScope":"ALL","fields":[` + a + `,` + b + `]}]}`, `queryScope "ALL"`},
		"declared twice":                 {`{"indexes":[{"collectionGroup":"c","fields":[` + a + `,` + b + `]},{"collectionGroup":"c","queryScope":"COLLECTION","fields":[` + a + `,` + b + `]}]}`, "index 1: declared twice"},
		"override twice":                 {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":"a","indexes":[]},{"collectionGroup":"c","fieldPath":"a","indexes":[]}]}`, "field override 1: declared twice"},
		"override's order":               {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":"a","indexes":[{"order":"UP"}]}]}`, "field override 0: want either order"},
		"override's path":                {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":""}]}`, "field override 0"},
		"override's scope":               {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":"a","indexes":[{"order":"ASCENDING","queryScope":"X"}]}]}`, `queryScope "X"`},
		"override's nothing":             {`{"fieldOverrides":[{"fieldPath":"a"}]}`, "collectionGroup"},
		"override's indexes":             {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":"a"}]}`, "field override 0: indexes is missing"},
		"declared twice, said otherwise": {`{"indexes":[` + `{"collectionGroup":"c","fields":[` + a + `,` + b + `]},{"collectionGroup":"c","fields":[` + a + `,` + b + `,{"fieldPath":"__name__","order":"DESCENDING"}]}]}`, "index 1: declared twice"},
		"one field and its names":        {index(a + `,{"fieldPath":"__name__","order":"ASCENDING"}`), "index 0: a composite index has at least two fields"},
		"names upwards":                  {index(`{"fieldPath":"__name__","order":"ASCENDING"}`), "index 0: a composite index has at least two fields"},
		"no fields":                      {`{"indexes":[{"collectionGroup":"c"}]}`, "index 0: a composite index has at least two fields"},
		"name in front":                  {index(`{"fieldPath":"__name__","order":"ASCENDING"},` + a), "__name__ can only be the last field"},
		"name as an array":               {index(a + `,{"fieldPath":"__name__","arrayConfig":"CONTAINS"}`), "__name__ can only be the last field"},
		"order and vector":               {index(a + `,{"fieldPath":"b","order":"ASCENDING","vectorConfig":{"dimension":2}}`), `field "b": want either`},
		"the old form":                   {`{"indexes":[{"collectionId":"c"}]}`, `unknown field "collectionId"`},
		"Datastore's index":              {strings.Replace(index(a+`,`+b), `"fields"`, `"apiScope":"DATASTORE_MODE_API","fields"`, 1), `index 0: apiScope "DATASTORE_MODE_API"`},
		"dense index":                    {strings.Replace(index(a+`,`+b), `"fields"`, `"density":"DENSE","fields"`, 1), `index 0: density "DENSE"`},
		"multikey index":                 {strings.Replace(index(a+`,`+b), `"fields"`, `"multikey":true,"fields"`, 1), "index 0: multikey"},
		"override's unique index":        {override(`"unique":true`), "field override 0: multikey and unique"},
		"override's dense index":         {override(`"density":"SPARSE_ANY"`), `field override 0: density "SPARSE_ANY"`},
		"override's foreign index":       {override(`"apiScope":"MONGODB_COMPATIBLE_API"`), `field override 0: apiScope`},
	} {
		_, err := ParseIndexes([]byte(tc.file))
		if assert.ErrorContains(t, err, tc.want, name) {
			assert.NotContains(t, err.Error(), "\n", name)
		}
	}
	indexes, err := ParseIndexes([]byte(`{}`))
	require.NoError(t, err)
	assert.NotNil(t, indexes)
}

// TestParseIndexesTakesAnExport parses what the Firebase CLI writes for a native database of the Standard edition.
func TestParseIndexesTakesAnExport(t *testing.T) {
	indexes, err := ParseIndexes([]byte(`{
	  "indexes": [
	    {"collectionGroup": "c", "queryScope": "COLLECTION", "apiScope": "ANY_API", "density": "SPARSE_ALL", "multikey": false, "unique": false, "fields": [
	      {"fieldPath": "tags", "arrayConfig": "CONTAINS"}, {"fieldPath": "n", "order": "DESCENDING"}, {"fieldPath": "__name__", "order": "DESCENDING"}]},
	    {"collectionGroup": "c", "queryScope": "COLLECTION_GROUP", "density": "SPARSE_ALL", "fields": [
	      {"fieldPath": "n", "order": "ASCENDING"}, {"fieldPath": "face", "vectorConfig": {"dimension": 768, "flat": {}}}]}
	  ],
	  "fieldOverrides": [
	    {"collectionGroup": "c", "fieldPath": "big", "ttl": false, "indexes": [
	      {"order": "ASCENDING", "queryScope": "COLLECTION", "apiScope": "ANY_API", "density": "SPARSE_ALL"}]}
	  ]}`))
	require.NoError(t, err)
	assert.Equal(t, []composite{{CollectionGroup: "c", QueryScope: scopeCollection,
		edition: edition{APIScope: "ANY_API", Density: "SPARSE_ALL"}, Fields: []indexField{
			{FieldPath: "tags", ArrayConfig: "CONTAINS"}, {FieldPath: "n", Order: "DESCENDING"}, {FieldPath: "__name__", Order: "DESCENDING"}}}},
		indexes.composites, "without the vector's, which nothing here can use")
	assert.Len(t, indexes.overrides, 1)
}
