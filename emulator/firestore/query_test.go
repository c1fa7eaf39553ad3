package firestore

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func idsOf(t *testing.T, q firestore.Query) string {
	t.Helper()
	docs, err := q.Documents(context.Background()).GetAll()
	require.NoError(t, err)
	var ids []string
	for _, d := range docs {
		ids = append(ids, d.Ref.ID)
	}
	return strings.Join(ids, " ")
}

// ofEveryType has a value of each kind in v.
var ofEveryType = map[string]map[string]any{
	"c/null":  {"v": nil},
	"c/true":  {"v": true},
	"c/nan":   {"v": math.NaN()},
	"c/one":   {"v": 1, "w": "x"},
	"c/onef":  {"v": 1.0, "w": "y"},
	"c/two":   {"v": 2, "w": "x"},
	"c/text":  {"v": "1"},
	"c/list":  {"v": []any{1, "a"}, "w": "x"},
	"c/list2": {"v": []any{2, "a"}, "w": "y"},
	"c/map":   {"v": map[string]any{"in": 1}},
	"c/none":  {"w": "x"},
}

// found is a query and the IDs it must find, in order.
type found struct {
	query firestore.Query
	want  string
}

func TestFilters(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, ofEveryType)
	col := c.Collection("c")
	where := func(op string, v any) firestore.Query { return col.Where("v", op, v) }
	for name, tc := range map[string]found{
		"all by name":              {col.Query, "list list2 map nan none null one onef text true two"},
		"==":                       {where("==", 1), "one onef"},
		"== string":                {where("==", "1"), "text"},
		"== array":                 {where("==", []any{1, "a"}), "list"},
		"== map":                   {where("==", map[string]any{"in": 1}), "map"},
		"== nested":                {col.Where("v.in", "==", 1), "map"},
		"== null":                  {where("==", nil), "null"},
		"== NaN":                   {where("==", math.NaN()), "nan"},
		"== absent value":          {where("==", 3), ""},
		"two values for one field": {where("==", 1).Where("v", "==", 2), ""},
		"the same value twice":     {where("==", 1).Where("v", "==", 1), "one onef"},
		"!=":                       {where("!=", 1), "true nan two text list list2 map"},
		"!= null":                  {where("!=", nil), "true nan one onef two text list list2 map"},
		"!= NaN":                   {where("!=", math.NaN()), "true one onef two text list list2 map"},
		"<":                        {where("<", 2), "one onef"},
		"<=":                       {where("<=", 2), "one onef two"},
		">":                        {where(">", 1), "two"},
		">=":                       {where(">=", 1), "one onef two"},
		"> keeps to strings":       {where(">", ""), "text"},
		"> keeps to booleans":      {where(">=", false), "true"},
		"in":                       {where("in", []any{2, "1", nil}), "text two"},
		"in of NaN":                {where("in", []any{math.NaN(), 2}), "two"},
		"in of nothing comparable": {where("in", []any{math.NaN(), nil}), ""},
		"name !=":                  {col.Where(firestore.DocumentID, "!=", col.Doc("nan")).Limit(4), "list list2 map none"},
		"name not-in":              {col.Where(firestore.DocumentID, "not-in", []any{col.Doc("list"), col.Doc("map")}).Limit(3), "list2 nan none"},
		"in twice the same":        {where("in", []any{1, 1.0}), "one onef"},
		"not-in":                   {where("not-in", []any{1, "1"}), "true nan two list list2 map"},
		"not-in with null":         {where("not-in", []any{1, nil}), ""},
		"array-contains":           {where("array-contains", "a"), "list list2"},
		"array-contains-any":       {where("array-contains-any", []any{1, 2, "a"}), "list list2"},
		"== and ==":                {where("==", 1).Where("w", "==", "x"), "one"},
		"array-contains and ==":    {where("array-contains", "a").Where("w", "==", "y"), "list2"},
		"in and in":                {where("in", []any{1, 2}).Where("w", "in", []any{"x", "z"}), "one two"},
		"two ranges of one field":  {where(">", 0).Where("v", "<", 2), "one onef"},
		"ranges of two fields":     {where(">", 0).Where("w", "<", "y"), "one two"},
		"name in":                  {col.Where(firestore.DocumentID, "in", []any{col.Doc("one"), col.Doc("absent"), col.Doc("map")}), "map one"},
		"name range":               {col.Where(firestore.DocumentID, ">", col.Doc("one")).Where("w", "==", "x"), "two"},
		"or": {col.WhereEntity(firestore.OrFilter{Filters: []firestore.EntityFilter{
			firestore.PropertyFilter{Path: "v", Operator: "==", Value: 2},
			firestore.PropertyFilter{Path: "w", Operator: "==", Value: "y"},
			firestore.PropertyFilter{Path: "v", Operator: "array-contains", Value: "a"},
		}}), "list list2 onef two"},
		"and of or": {col.Where("w", "==", "x").WhereEntity(firestore.OrFilter{Filters: []firestore.EntityFilter{
			firestore.PropertyFilter{Path: "v", Operator: ">", Value: 1},
			firestore.PropertyFilter{Path: "v", Operator: "array-contains", Value: 1},
		}}), "two list"},
	} {
		assert.Equal(t, tc.want, idsOf(t, tc.query), name)
	}
}

// TestNullAndNaNCompareWithNothing sends what the client would not: it asks for both by unary filters.
func TestNullAndNaNCompareWithNothing(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{
		"c/null": {"a": nil}, "c/nan": {"a": math.NaN()}, "c/one": {"a": 1}, "c/list": {"a": []any{nil, math.NaN()}},
	})
	count := func(f *pb.StructuredQuery_Filter) int64 {
		req := aggregationRequest(where(f), countOf("n", nil))
		req.Parent = "projects/" + c.project + "/databases/(default)/documents"
		got, err := aggregateRaw(t, c.raw, req)
		require.NoError(t, err)
		return got["n"].GetIntegerValue()
	}
	for _, operand := range []*pb.Value{nullValue(), doubleValue(math.NaN())} {
		for _, operator := range []int32{1, 2, 3, 4, 5, 7} {
			assert.Zero(t, count(op(operator, operand)), "operator %d with %v", operator, operand)
		}
		for _, operator := range []int32{8, 9} {
			assert.Zero(t, count(op(operator, arrayValue(operand))), "operator %d with %v", operator, operand)
		}
		other := compositeFilter(pb.StructuredQuery_CompositeFilter_OR, op(5, operand), op(5, intValue(1)))
		assert.Equal(t, int64(1), count(other), "or something else")
		assert.Zero(t, count(and(op(5, operand), op(5, intValue(1)))), "and something else")
	}
	assert.Zero(t, count(op(6, nullValue())))
	assert.Equal(t, int64(2), count(op(6, doubleValue(math.NaN()))))
	assert.Equal(t, int64(1), count(unaryFilter("a", pb.StructuredQuery_UnaryFilter_IS_NULL)))
	assert.Equal(t, int64(1), count(unaryFilter("a", pb.StructuredQuery_UnaryFilter_IS_NAN)))
	assert.Equal(t, int64(3), count(unaryFilter("a", pb.StructuredQuery_UnaryFilter_IS_NOT_NULL)))
	assert.Equal(t, int64(2), count(unaryFilter("a", pb.StructuredQuery_UnaryFilter_IS_NOT_NAN)))
}

func TestOrdersAndCursors(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, ofEveryType)
	col := c.Collection("c")
	for name, tc := range map[string]found{
		"order":                      {col.OrderBy("w", firestore.Asc), "list none one two list2 onef"},
		"order descending":           {col.OrderBy("w", firestore.Desc), "onef list2 two one none list"},
		"order by two":               {col.OrderBy("w", firestore.Desc).OrderBy("v", firestore.Asc), "onef list2 one two list"},
		"order by name":              {col.OrderBy(firestore.DocumentID, firestore.Desc).Limit(2), "two true"},
		"order across types":         {col.OrderBy("v", firestore.Asc), "null true nan one onef two text list list2 map"},
		"!= descending":              {col.Where("v", "!=", 1).OrderBy("v", firestore.Desc), "map list2 list text two nan true"},
		"order implied by two":       {col.Where("w", ">=", "x").Where("v", "<", 5), "one onef two"},
		"implied, descending":        {col.Where("w", ">=", "x").Where("v", ">", 0).OrderBy("w", firestore.Desc), "onef two one"},
		"two cursors":                {col.OrderBy("w", firestore.Asc).OrderBy("v", firestore.Asc).StartAt("x", 2).EndBefore("y", []any{2, "a"}), "two list onef"},
		"limit":                      {col.OrderBy("v", firestore.Asc).Limit(3), "null true nan"},
		"limit to last":              {col.OrderBy("v", firestore.Asc).LimitToLast(2), "list2 map"},
		"offset":                     {col.OrderBy("v", firestore.Asc).Offset(8), "list2 map"},
		"offset and limit":           {col.OrderBy("v", firestore.Asc).Offset(1).Limit(2), "true nan"},
		"start at":                   {col.OrderBy("w", firestore.Asc).StartAt("y"), "list2 onef"},
		"start after":                {col.OrderBy("w", firestore.Asc).StartAfter("x"), "list2 onef"},
		"start after, descending":    {col.OrderBy("w", firestore.Desc).StartAfter("y"), "two one none list"},
		"end before":                 {col.OrderBy("w", firestore.Asc).EndBefore("y"), "list none one two"},
		"end at, descending":         {col.OrderBy("w", firestore.Desc).EndAt("y"), "onef list2"},
		"start after two":            {col.OrderBy("w", firestore.Asc).OrderBy("v", firestore.Desc).StartAfter("x", 2), "one list2 onef"},
		"start at name":              {col.OrderBy(firestore.DocumentID, firestore.Asc).StartAt("text"), "text true two"},
		"limit zero":                 {col.Limit(0), ""},
		"a collection without docs":  {c.Collection("empty").Where("v", "==", 1), ""},
		"documents below, not of it": {c.Collection("c/one/below").Query, ""},
	} {
		assert.Equal(t, tc.want, idsOf(t, tc.query), name)
	}
}

func TestSelect(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{"c/d": {"a": 1, "b": 2, "m": map[string]any{"x": 1, "y": 2, "z": 3}}})
	for name, tc := range map[string]struct {
		fields []string
		want   map[string]any
	}{
		"one":              {[]string{"a"}, map[string]any{"a": int64(1)}},
		"nested":           {[]string{"m.x", "m.z", "absent"}, map[string]any{"m": map[string]any{"x": int64(1), "z": int64(3)}}},
		"overlap":          {[]string{"m.x", "m"}, map[string]any{"m": map[string]any{"x": int64(1), "y": int64(2), "z": int64(3)}}},
		"name only":        {[]string{firestore.DocumentID}, map[string]any{}},
		"no field":         {nil, map[string]any{}},
		"below a non-map":  {[]string{"a.x"}, map[string]any{}},
		"name and a field": {[]string{firestore.DocumentID, "b"}, map[string]any{"b": int64(2)}},
	} {
		docs, err := c.Collection("c").Select(tc.fields...).Documents(context.Background()).GetAll()
		require.NoError(t, err, name)
		require.Len(t, docs, 1, name)
		assert.Equal(t, tc.want, docs[0].Data(), name)
		assert.False(t, docs[0].UpdateTime.IsZero(), name)
	}
}

func TestCollectionGroups(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{
		"notes/top":             {"n": 3, "kind": "a"},
		"contacts/1/notes/x":    {"n": 1, "kind": "a"},
		"contacts/1/notes/y":    {"n": 4, "kind": "b"},
		"contacts/2/notes/x":    {"n": 2, "kind": "a"},
		"contacts/1/drafts/x":   {"n": 0, "kind": "a"},
		"contacts/10/notes/far": {"n": 5, "kind": "b"},
	})
	notes := c.CollectionGroup("notes")
	assert.Equal(t, "x y far x top", idsOf(t, notes.Query))
	assert.Equal(t, "x x top", idsOf(t, notes.Where("kind", "==", "a").OrderBy("n", firestore.Asc)))
	assert.Equal(t, "far y", idsOf(t, notes.OrderBy("n", firestore.Desc).Limit(2)))
	assert.Equal(t, "x y", idsOf(t, c.Collection("contacts/1/notes").OrderBy("n", firestore.Asc)))
	assert.Equal(t, "top", idsOf(t, c.Collection("notes").Query))
	c.fill(t, map[string]map[string]any{"contacts/3/notes/new": {"n": 9, "kind": "a"}})
	assert.Equal(t, "new far", idsOf(t, notes.OrderBy("n", firestore.Desc).Limit(2)))
}

// TestPagesCoverEverythingOnce walks a collection by document cursors while equal values repeat.
func TestPagesCoverEverythingOnce(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	docs := map[string]map[string]any{}
	for i := range 100 {
		docs[fmt.Sprintf("c/%02d", i)] = map[string]any{"rank": i % 3}
	}
	c.fill(t, docs)
	seen := map[string]bool{}
	q := c.Collection("c").OrderBy("rank", firestore.Desc).Limit(7)
	for {
		page, err := q.Documents(context.Background()).GetAll()
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, d := range page {
			require.False(t, seen[d.Ref.ID], "%s came twice", d.Ref.ID)
			seen[d.Ref.ID] = true
		}
		q = q.StartAfter(page[len(page)-1])
	}
	assert.Len(t, seen, 100)
}

func TestIndexesFollowWrites(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	col := c.Collection("c")
	c.fill(t, map[string]map[string]any{"c/a": {"n": 1, "l": []any{"x", "x", "y"}}, "c/b": {"n": 2, "l": []any{"y"}}})
	byN, withX := col.OrderBy("n", firestore.Asc), col.Where("l", "array-contains", "x").OrderBy("n", firestore.Asc)
	require.Equal(t, "a b", idsOf(t, byN))
	require.Equal(t, "a", idsOf(t, withX))
	c.fill(t, map[string]map[string]any{"c/a": {"n": 3, "l": []any{"y"}}, "c/b": {"n": 2, "l": []any{"y", "x"}}, "c/c": {"n": 2.5, "l": []any{"x"}}})
	assert.Equal(t, "b c a", idsOf(t, byN))
	assert.Equal(t, "b c", idsOf(t, withX))
	c.fill(t, map[string]map[string]any{"c/b": {"l": []any{"x"}}})
	assert.Equal(t, "c a", idsOf(t, byN))
	assert.Equal(t, "c", idsOf(t, withX))
	for _, id := range []string{"a", "b", "c"} {
		_, err := col.Doc(id).Delete(ctx)
		require.NoError(t, err)
	}
	assert.Empty(t, idsOf(t, byN))
	c.fill(t, map[string]map[string]any{"c/z": {"n": 0}})
	assert.Equal(t, "z", idsOf(t, byN))
}

// TestManyShapesOfQueries makes more indexes than are kept.
func TestManyShapesOfQueries(t *testing.T) {
	s := startServer(t, Options{})
	c := newClient(t, s)
	data := map[string]any{}
	for i := range 3 * maxIndexes {
		data[fmt.Sprintf("f%d", i)] = i
	}
	c.fill(t, map[string]map[string]any{"c/d": data})
	for i := range 3 * maxIndexes {
		require.Equal(t, "d", idsOf(t, c.Collection("c").Where(fmt.Sprintf("f%d", i), "==", i)))
	}
	for _, db := range s.service.databases {
		assert.Len(t, db.byPath["c"].indexes.byID, maxIndexes)
	}
}

// TestIndexDecidesEverything expects no condition to be left to filtering, so that a query touches
// only the index entries of its result.
func TestIndexDecidesEverything(t *testing.T) {
	equal, contains := pb.StructuredQuery_FieldFilter_EQUAL, pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS
	and := pb.StructuredQuery_CompositeFilter_AND
	for name, tc := range map[string]struct {
		where *pb.StructuredQuery_Filter
		scans int
	}{
		"equality":           {fieldFilter("a", equal, intValue(1)), 1},
		"two equalities":     {compositeFilter(and, fieldFilter("a", equal, intValue(1)), fieldFilter("b", equal, intValue(1))), 1},
		"element":            {fieldFilter("tags", contains, intValue(1)), 1},
		"element, equality":  {compositeFilter(and, fieldFilter("tags", contains, intValue(1)), fieldFilter("b", equal, intValue(1))), 1},
		"range of the order": {fieldFilter("rank", pb.StructuredQuery_FieldFilter_GREATER_THAN, intValue(1)), 1},
		"in":                 {fieldFilter("a", pb.StructuredQuery_FieldFilter_IN, arrayValue(intValue(1), intValue(2), intValue(2))), 2},
		"any element":        {fieldFilter("tags", pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY, arrayValue(intValue(1), intValue(2))), 2},
		"contradiction":      {compositeFilter(and, fieldFilter("a", equal, intValue(1)), fieldFilter("a", equal, intValue(2))), 0},
	} {
		for _, direction := range []pb.StructuredQuery_Direction{pb.StructuredQuery_ASCENDING, pb.StructuredQuery_DESCENDING} {
			q, err := readQuery(oracleRoot, &pb.StructuredQuery{
				From:    []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}},
				Where:   tc.where,
				OrderBy: []*pb.StructuredQuery_Order{{Field: fieldRef("rank"), Direction: direction}},
			})
			require.NoError(t, err, name)
			assert.Len(t, q.scans, tc.scans, name)
			for _, s := range q.scans {
				assert.Empty(t, s.residual, name)
			}
		}
	}
}
