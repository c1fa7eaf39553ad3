package firestore

import (
	"context"
	"strings"
	"testing"

	"cloud.google.com/go/firestore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const declared = `{
  "indexes": [
    {"collectionGroup": "agents", "queryScope": "COLLECTION", "fields": [
      {"fieldPath": "takes", "arrayConfig": "CONTAINS"}, {"fieldPath": "freeSince", "order": "ASCENDING"}]},
    {"collectionGroup": "agents", "queryScope": "COLLECTION", "fields": [
      {"fieldPath": "team", "order": "ASCENDING"}, {"fieldPath": "freeSince", "order": "ASCENDING"}]},
    {"collectionGroup": "agents", "queryScope": "COLLECTION", "fields": [
      {"fieldPath": "state", "order": "DESCENDING"}, {"fieldPath": "freeSince", "order": "ASCENDING"},
      {"fieldPath": "__name__", "order": "ASCENDING"}]},
    {"collectionGroup": "agents", "queryScope": "COLLECTION", "fields": [
      {"fieldPath": "name.last", "order": "ASCENDING"}, {"fieldPath": "name.first", "order": "DESCENDING"}]},
    {"collectionGroup": "notes", "queryScope": "COLLECTION_GROUP", "fields": [
      {"fieldPath": "by", "order": "ASCENDING"}, {"fieldPath": "at", "order": "DESCENDING"}]}
  ],
  "fieldOverrides": [
    {"collectionGroup": "agents", "fieldPath": "secret", "indexes": []},
    {"collectionGroup": "agents", "fieldPath": "onlyUp", "indexes": [{"order": "ASCENDING", "queryScope": "COLLECTION"}]},
    {"collectionGroup": "notes", "fieldPath": "by", "ttl": false, "indexes": [
      {"order": "ASCENDING", "queryScope": "COLLECTION"}, {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}]},
    {"collectionGroup": "bare", "fieldPath": "*", "indexes": []}
  ]
}`

func declaredIndexes(t *testing.T) *Indexes {
	t.Helper()
	indexes, err := ParseIndexes([]byte(declared))
	require.NoError(t, err)
	return indexes
}

const (
	up   = firestore.Asc
	down = firestore.Desc
)

func TestAllowedByIndexes(t *testing.T) {
	c := newClient(t, startServer(t, Options{Indexes: declaredIndexes(t)}))
	agents, notes := c.Collection("agents"), c.CollectionGroup("notes")
	for name, query := range map[string]firestore.Query{
		"everything":                  agents.Query,
		"one equality":                agents.Where("x", "==", 1),
		"equalities":                  agents.Where("x", "==", 1).Where("y", "==", 2).Where("z", "in", []any{1, 2}),
		"one order":                   agents.OrderBy("x", down),
		"range and its order":         agents.Where("x", ">", 1).Where("x", "<", 9).OrderBy("x", down),
		"one array":                   agents.Where("x", "array-contains", 1),
		"any of an array":             agents.Where("x", "array-contains-any", []any{1, 2}),
		"names":                       agents.Where(firestore.DocumentID, ">", agents.Doc("a")).OrderBy(firestore.DocumentID, up),
		"equality, order of it":       agents.Where("x", "==", 1).OrderBy("x", up),
		"equality, names":             agents.Where("x", "==", 1).OrderBy(firestore.DocumentID, up),
		"array, order":                agents.Where("takes", "array-contains", "t").OrderBy("freeSince", up),
		"array, order turned round":   agents.Where("takes", "array-contains", "t").OrderBy("freeSince", down),
		"any of an array, order":      agents.Where("takes", "array-contains-any", []any{"t", "u"}).OrderBy("freeSince", up),
		"array, range":                agents.Where("takes", "array-contains", "t").Where("freeSince", ">", 5),
		"equality, order":             agents.Where("team", "==", 1).OrderBy("freeSince", up),
		"in, order":                   agents.Where("team", "in", []any{1, 2}).OrderBy("freeSince", up),
		"the order of a fixed field":  agents.Where("state", "==", 1).OrderBy("freeSince", down),
		"two indexes merged":          agents.Where("team", "==", 1).Where("state", "==", 2).OrderBy("freeSince", up),
		"two orders":                  agents.OrderBy("name.last", up).OrderBy("name.first", down),
		"two orders turned round":     agents.OrderBy("name.last", down).OrderBy("name.first", up),
		"one order of the two":        agents.OrderBy("name.last", up),
		"group without fields":        notes.Query,
		"group by declared field":     notes.Where("by", "==", "ana"),
		"group by declared composite": notes.Where("by", "==", "ana").OrderBy("at", down),
		"field left indexed":          agents.OrderBy("onlyUp", up),
	} {
		_, err := query.Documents(context.Background()).GetAll()
		assert.NoError(t, err, name)
	}
}

// field is a field of an index as the server prints it.
func field(name, kind string) string { return `{"fieldPath":"` + name + `",` + kind + `}` }

// composites is the declaration of a composite index as the server prints it.
func composites(group, scope string, fields ...string) string {
	return `{"indexes":[{"collectionGroup":"` + group + `","queryScope":"` + scope + `","fields":[` + strings.Join(fields, ",") + `]}]}`
}

// single is the declaration of a field's own indexes as the server prints it.
func single(group, path string, indexes ...string) string {
	return `{"fieldOverrides":[{"collectionGroup":"` + group + `","fieldPath":"` + path + `","indexes":[` + strings.Join(indexes, ",") + `]}]}`
}

const (
	asc  = `"order":"ASCENDING"`
	desc = `"order":"DESCENDING"`
	has  = `"arrayConfig":"CONTAINS"`
)

// refused is a query and the declaration that the server must ask for.
type refused struct {
	query firestore.Query
	want  string
}

func TestRefusedForACompositeIndex(t *testing.T) {
	c := newClient(t, startServer(t, Options{Indexes: declaredIndexes(t)}))
	agents := c.Collection("agents")
	for name, tc := range map[string]refused{
		"array, other order": {agents.Where("takes", "array-contains", "t").OrderBy("load", up),
			composites("agents", "COLLECTION", field("takes", has), field("load", asc))},
		"array and equality": {agents.Where("team", "==", 1).Where("takes", "array-contains", "t"),
			composites("agents", "COLLECTION", field("takes", has), field("team", asc))},
		"array and equality do not merge": {agents.Where("takes", "array-contains", "t").Where("team", "==", 2).OrderBy("freeSince", up),
			composites("agents", "COLLECTION", field("takes", has), field("team", asc), field("freeSince", asc))},
		"equality, other order": {agents.Where("x", "==", 1).OrderBy("freeSince", down),
			composites("agents", "COLLECTION", field("x", asc), field("freeSince", desc))},
		"equality, range": {agents.Where("x", "==", 1).Where("y", "!=", 2),
			composites("agents", "COLLECTION", field("x", asc), field("y", asc))},
		"one of two not covered": {agents.Where("team", "==", 1).Where("x", "==", 2).OrderBy("freeSince", up),
			composites("agents", "COLLECTION", field("team", asc), field("x", asc), field("freeSince", asc))},
		"two orders the same way": {agents.OrderBy("name.last", up).OrderBy("name.first", up),
			composites("agents", "COLLECTION", field("name.last", asc), field("name.first", asc))},
		"ranges of two fields": {agents.Where("x", ">", 1).Where("y", ">", 1),
			composites("agents", "COLLECTION", field("x", asc), field("y", asc))},
		"order, names the other way": {agents.OrderBy("x", up).OrderBy(firestore.DocumentID, down),
			composites("agents", "COLLECTION", field("x", asc), field("__name__", desc))},
		"collection of the group's index": {c.Collection("notes").Where("by", "==", "ana").OrderBy("at", down),
			composites("notes", "COLLECTION", field("by", asc), field("at", desc))},
		"one branch of an or": {agents.WhereEntity(firestore.OrFilter{Filters: []firestore.EntityFilter{
			firestore.PropertyFilter{Path: "team", Operator: "==", Value: 1},
			firestore.PropertyFilter{Path: "x", Operator: "==", Value: 1},
		}}).OrderBy("freeSince", up), composites("agents", "COLLECTION", field("x", asc), field("freeSince", asc))},
	} {
		tc.check(t, name)
	}
}

func TestRefusedForASingleFieldIndex(t *testing.T) {
	c := newClient(t, startServer(t, Options{Indexes: declaredIndexes(t)}))
	agents, notes, bare := c.Collection("agents"), c.CollectionGroup("notes"), c.Collection("bare")
	const of, ofGroup = `,"queryScope":"COLLECTION"}`, `,"queryScope":"COLLECTION_GROUP"}`
	for name, tc := range map[string]refused{
		"exempt field":           {agents.Where("secret", "==", 1), single("agents", "secret", `{`+asc+of)},
		"below an exempt field":  {agents.Where("secret.code", "==", 1), single("agents", "secret.code", `{`+asc+of)},
		"exempt direction":       {agents.OrderBy("onlyUp", down), single("agents", "onlyUp", `{`+asc+of, `{`+desc+of)},
		"exempt collection":      {bare.Where("x", "array-contains", 1), single("bare", "x", `{`+has+of)},
		"group by another field": {notes.Where("x", "==", 1), single("notes", "x", `{`+asc+of, `{`+desc+of, `{`+has+of, `{`+asc+ofGroup)},
	} {
		tc.check(t, name)
	}
}

// check runs the query, and again on a server that declares what was asked for too.
func (r refused) check(t *testing.T, name string) {
	t.Helper()
	_, err := r.query.Documents(context.Background()).GetAll()
	assert.Equal(t, codes.FailedPrecondition, status.Code(err), name)
	assert.Equal(t, "The query requires an index. Add to firestore.indexes.json: "+r.want, status.Convert(err).Message(), name)
	more, err := ParseIndexes([]byte(r.want))
	require.NoError(t, err, name)
	if len(more.composites) > 0 {
		indexes := declaredIndexes(t)
		more.composites = append(more.composites, indexes.composites...)
		more.overrides = indexes.overrides
	}
	data, err := r.query.Serialize()
	require.NoError(t, err, name)
	c := newClient(t, startServer(t, Options{Indexes: more}))
	again, err := c.Collection("x").Query.Deserialize(data)
	require.NoError(t, err, name)
	_, err = again.Documents(context.Background()).GetAll()
	assert.NoError(t, err, "%s, after adding what was asked for", name)
}

func TestListenRefusesToo(t *testing.T) {
	c := newClient(t, startServer(t, Options{Indexes: &Indexes{}}))
	it := c.Collection("c").Where("a", "==", 1).OrderBy("b", firestore.Asc).Snapshots(listenContext(t))
	defer it.Stop()
	_, err := it.Next()
	assert.Equal(t, codes.FailedPrecondition, status.Code(err))
	assert.Contains(t, err.Error(), "requires an index")
}

func TestParseIndexesRefuses(t *testing.T) {
	index := func(fields string) string {
		return `{"indexes":[{"collectionGroup":"c","queryScope":"COLLECTION","fields":[` + fields + `]}]}`
	}
	const a, b = `{"fieldPath":"a","order":"ASCENDING"}`, `{"fieldPath":"b","order":"DESCENDING"}`
	for name, tc := range map[string]struct{ file, want string }{
		"no JSON":            {`{`, "unexpected EOF"},
		"text behind":        {`{} {}`, "text follows"},
		"unknown field":      {`{"index":[]}`, `unknown field "index"`},
		"one field":          {index(a), "index 0: a composite index has at least two fields"},
		"two arrays":         {index(`{"fieldPath":"a","arrayConfig":"CONTAINS"},{"fieldPath":"b","arrayConfig":"CONTAINS"}`), "at most one array"},
		"order and array":    {index(a + `,{"fieldPath":"b","order":"ASCENDING","arrayConfig":"CONTAINS"}`), `field "b": want either order`},
		"neither":            {index(a + `,{"fieldPath":"b"}`), `field "b": want either order`},
		"field twice":        {index(a + `,` + a), `field "a" is given twice`},
		"unknown order":      {index(a + `,{"fieldPath":"b","order":"UP"}`), `field "b": want either order`},
		"bad path":           {index(a + `,{"fieldPath":"b..c","order":"ASCENDING"}`), `field path "b..c"`},
		"no collection":      {`{"indexes":[{"fields":[` + a + `,` + b + `]}]}`, "collectionGroup"},
		"unknown scope":      {`{"indexes":[{"collectionGroup":"c","queryScope":"ALL","fields":[` + a + `,` + b + `]}]}`, `queryScope "ALL"`},
		"declared twice":     {`{"indexes":[{"collectionGroup":"c","fields":[` + a + `,` + b + `]},{"collectionGroup":"c","queryScope":"COLLECTION","fields":[` + a + `,` + b + `]}]}`, "index 1: declared twice"},
		"override twice":     {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":"a"},{"collectionGroup":"c","fieldPath":"a"}]}`, "field override 1: declared twice"},
		"override's order":   {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":"a","indexes":[{"order":"UP"}]}]}`, "field override 0: want either order"},
		"override's path":    {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":""}]}`, "field override 0"},
		"override's scope":   {`{"fieldOverrides":[{"collectionGroup":"c","fieldPath":"a","indexes":[{"order":"ASCENDING","queryScope":"X"}]}]}`, `queryScope "X"`},
		"override's nothing": {`{"fieldOverrides":[{"fieldPath":"a"}]}`, "collectionGroup"},
	} {
		_, err := ParseIndexes([]byte(tc.file))
		assert.ErrorContains(t, err, tc.want, name)
	}
	indexes, err := ParseIndexes([]byte(`{}`))
	require.NoError(t, err)
	assert.NotNil(t, indexes)
}
