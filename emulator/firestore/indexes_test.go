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
      {"fieldPath": "by", "order": "ASCENDING"}, {"fieldPath": "at", "order": "DESCENDING"}]},
    {"collectionGroup": "log", "queryScope": "COLLECTION", "fields": [{"fieldPath": "__name__", "order": "DESCENDING"}]},
    {"collectionGroup": "agents", "queryScope": "COLLECTION", "fields": [{"fieldPath": "face", "vectorConfig": {"dimension": 2, "flat": {}}}]}
  ],
  "fieldOverrides": [
    {"collectionGroup": "agents", "fieldPath": "secret", "indexes": []},
    {"collectionGroup": "agents", "fieldPath": "secret.shown", "indexes": [{"order": "ASCENDING", "queryScope": "COLLECTION"}]},
    {"collectionGroup": "agents", "fieldPath": "onlyUp", "indexes": [{"order": "ASCENDING", "queryScope": "COLLECTION"}]},
    {"collectionGroup": "agents", "fieldPath": "onlyDown", "indexes": [{"order": "DESCENDING", "queryScope": "COLLECTION"}]},
    {"collectionGroup": "agents", "fieldPath": "expireAt", "ttl": true, "indexes": []},
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
		"array and equality merged":   agents.Where("team", "==", 1).Where("takes", "array-contains", "t"),
		"arrays and in merged":        agents.Where("x", "in", []any{1, 2}).Where("tags", "array-contains-any", []any{"t", "u"}),
		"any of an array, order":      agents.Where("takes", "array-contains-any", []any{"t", "u"}).OrderBy("freeSince", up),
		"array, range":                agents.Where("takes", "array-contains", "t").Where("freeSince", ">", 5),
		"equality, order":             agents.Where("team", "==", 1).OrderBy("freeSince", up),
		"in, order":                   agents.Where("team", "in", []any{1, 2}).OrderBy("freeSince", up),
		"fixed field declared down":   agents.Where("state", "==", 1).OrderBy("freeSince", up),
		"equalities, names downwards": agents.Where("x", "==", 1).Where("y", "==", 2).OrderBy(firestore.DocumentID, down),
		"orders of fixed fields":      agents.Where("x", "==", 1).Where("y", "==", 2).OrderBy("y", down).OrderBy("x", up),
		"in, order of it":             agents.Where("x", "in", []any{1, 2}).OrderBy("x", down),
		"names of an exempt group":    c.Collection("bare").OrderBy(firestore.DocumentID, up),
		"names downwards, declared":   c.Collection("log").OrderBy(firestore.DocumentID, down),
		"map in an exempt map":        agents.Where("secret.shown", "==", 1),
		"equality declared down":      agents.Where("onlyDown", "==", 1),
		"or of single fields": agents.WhereEntity(firestore.OrFilter{Filters: []firestore.EntityFilter{
			firestore.PropertyFilter{Path: "x", Operator: "==", Value: 1},
			firestore.PropertyFilter{Path: "tags", Operator: "array-contains", Value: 1},
		}}),
		"two indexes merged":          agents.Where("team", "==", 1).Where("state", "==", 2).OrderBy("freeSince", up),
		"two orders":                  agents.OrderBy("name.last", up).OrderBy("name.first", down),
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
	return `{"indexes":[` + declaration(group, scope, fields...) + `]}`
}

func declaration(group, scope string, fields ...string) string {
	return `{"collectionGroup":"` + group + `","queryScope":"` + scope + `","fields":[` + strings.Join(fields, ",") + `]}`
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
		"array, order turned round": {agents.Where("takes", "array-contains", "t").OrderBy("freeSince", down),
			composites("agents", "COLLECTION", field("takes", has), field("freeSince", desc))},
		"two orders turned round": {agents.OrderBy("name.last", down).OrderBy("name.first", up),
			composites("agents", "COLLECTION", field("name.last", desc), field("name.first", asc))},
		"limit to last": {agents.Where("team", "==", 1).OrderBy("freeSince", up).LimitToLast(1),
			composites("agents", "COLLECTION", field("team", asc), field("freeSince", desc))},
		"names downwards": {agents.OrderBy(firestore.DocumentID, down),
			composites("agents", "COLLECTION", field("__name__", desc))},
		"array, names downwards": {agents.Where("takes", "array-contains", "t").OrderBy(firestore.DocumentID, down),
			composites("agents", "COLLECTION", field("takes", has), field("__name__", desc))},
		"equality with its order in one branch": {agents.WhereEntity(firestore.OrFilter{Filters: []firestore.EntityFilter{
			firestore.PropertyFilter{Path: "x", Operator: "==", Value: 1},
			firestore.PropertyFilter{Path: "y", Operator: "==", Value: 1},
		}}).Where("team", "==", 1).OrderBy("x", down),
			`{"indexes":[` + declaration("agents", "COLLECTION", field("team", asc), field("x", desc)) + `,` +
				declaration("agents", "COLLECTION", field("y", asc), field("team", asc), field("x", desc)) + `]}`},
		"order of a fixed field, names": {agents.Where("x", "==", 1).OrderBy("freeSince", down).OrderBy("x", up),
			composites("agents", "COLLECTION", field("x", asc), field("freeSince", desc), field("__name__", asc))},
		"exempt and not": {agents.Where("secret", "==", 1).Where("x", "==", 1),
			composites("agents", "COLLECTION", field("secret", asc), field("x", asc))},
		"group by two fields": {c.CollectionGroup("notes").Where("x", "==", 1).Where("y", "==", 1),
			composites("notes", "COLLECTION_GROUP", field("x", asc), field("y", asc))},
		"array and equality, ordered": {agents.Where("takes", "array-contains", "t").Where("team", "==", 2).OrderBy("freeSince", up),
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
		tc.check(t, name, "an index. Add to firestore.indexes.json")
	}
}

func TestRefusedForASingleFieldIndex(t *testing.T) {
	c := newClient(t, startServer(t, Options{Indexes: declaredIndexes(t)}))
	agents, notes, bare := c.Collection("agents"), c.CollectionGroup("notes"), c.Collection("bare")
	const of, ofGroup = `,"queryScope":"COLLECTION"}`, `,"queryScope":"COLLECTION_GROUP"}`
	for lacks, tc := range map[string]refused{
		"COLLECTION_ASC index for collection agents and field secret":      {agents.Where("secret", "==", 1), single("agents", "secret", `{`+asc+of)},
		"COLLECTION_ASC index for collection agents and field secret.code": {agents.Where("secret.code", "==", 1), single("agents", "secret.code", `{`+asc+of)},
		"COLLECTION_DESC index for collection agents and field onlyUp":     {agents.OrderBy("onlyUp", down), single("agents", "onlyUp", `{`+asc+of, `{`+desc+of)},
		"COLLECTION_DESC index for collection agents and field secret":     {agents.Where("secret", "==", 1).OrderBy(firestore.DocumentID, down), single("agents", "secret", `{`+desc+of)},
		"COLLECTION_CONTAINS index for collection bare and field x":        {bare.Where("x", "array-contains", 1), single("bare", "x", `{`+has+of)},
		"COLLECTION_GROUP_ASC index for collection notes and field x":      {notes.Where("x", "==", 1), single("notes", "x", `{`+asc+of, `{`+desc+of, `{`+has+of, `{`+asc+ofGroup)},
		"COLLECTION_GROUP_DESC index for collection notes and field by":    {notes.OrderBy("by", down), single("notes", "by", `{`+asc+of, `{`+asc+ofGroup, `{`+desc+ofGroup)},
		"COLLECTION_ASC index for collection agents and field expireAt": {agents.OrderBy("expireAt", up),
			`{"fieldOverrides":[{"collectionGroup":"agents","fieldPath":"expireAt","ttl":true,"indexes":[{` + asc + of + `]}]}`},
		"COLLECTION_CONTAINS index for collection agents and field onlyUp": {agents.WhereEntity(firestore.OrFilter{Filters: []firestore.EntityFilter{
			firestore.PropertyFilter{Path: "onlyUp", Operator: "array-contains", Value: 1},
			firestore.PropertyFilter{Path: "secret", Operator: "==", Value: 1},
		}}), `{"fieldOverrides":[{"collectionGroup":"agents","fieldPath":"onlyUp","indexes":[{` + asc + of + `,{` + has + of + `]},` +
			`{"collectionGroup":"agents","fieldPath":"secret","indexes":[{` + asc + of + `]}]}`},
	} {
		tc.check(t, lacks, "a "+lacks+". Add to firestore.indexes.json, where a field has one override only")
	}
}

// check runs the query, which lacks something, and again on a server that declares what was asked for too.
func (r refused) check(t *testing.T, name, lacks string) {
	t.Helper()
	_, err := r.query.Documents(context.Background()).GetAll()
	assert.Equal(t, codes.FailedPrecondition, status.Code(err), name)
	assert.Equal(t, "The query requires "+lacks+": "+r.want, status.Convert(err).Message(), name)
	data, err := r.query.Serialize()
	require.NoError(t, err, name)
	c := newClient(t, startServer(t, Options{Indexes: paste(t, declared, r.want)}))
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
