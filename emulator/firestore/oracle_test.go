package firestore

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"pgregory.net/rapid"
)

// The oracle evaluates a structured query by its definition: filter every document, sort, cut.
// It shares no code with the server and knows only the value types that the test draws.

func oracleClass(v *pb.Value) int {
	switch v.GetValueType().(type) {
	case *pb.Value_NullValue:
		return 0
	case *pb.Value_BooleanValue:
		return 1
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue:
		return 2
	case *pb.Value_StringValue:
		return 3
	case *pb.Value_ReferenceValue:
		return 4
	default:
		return 5
	}
}

func oracleCompare(a, b *pb.Value) int {
	if c := cmp.Compare(oracleClass(a), oracleClass(b)); c != 0 {
		return c
	}
	number := func(v *pb.Value) float64 {
		if d, ok := v.GetValueType().(*pb.Value_DoubleValue); ok {
			return d.DoubleValue
		}
		return float64(v.GetIntegerValue())
	}
	switch oracleClass(a) {
	case 1:
		return cmp.Compare(len(fmtBool(a)), len(fmtBool(b)))
	case 2:
		return cmp.Compare(number(a), number(b))
	case 3:
		return cmp.Compare(a.GetStringValue(), b.GetStringValue())
	case 4:
		return slices.Compare(strings.Split(a.GetReferenceValue(), "/"), strings.Split(b.GetReferenceValue(), "/"))
	case 5:
		return slices.CompareFunc(a.GetArrayValue().GetValues(), b.GetArrayValue().GetValues(), oracleCompare)
	default:
		return 0
	}
}

// fmtBool is longer for true.
func fmtBool(v *pb.Value) string {
	if v.GetBooleanValue() {
		return "tt"
	}
	return "f"
}

func oracleValue(d *pb.Document, field string) *pb.Value {
	if field == "__name__" {
		return referenceValue(d.GetName())
	}
	outer, inner, nested := strings.Cut(field, ".")
	v := d.GetFields()[outer]
	if nested {
		v = v.GetMapValue().GetFields()[inner]
	}
	return v
}

func oracleHas(values []*pb.Value, v *pb.Value) bool {
	return slices.ContainsFunc(values, func(w *pb.Value) bool { return oracleCompare(v, w) == 0 })
}

func oracleMatches(f *pb.StructuredQuery_Filter, d *pb.Document) bool {
	if f == nil {
		return true
	}
	if c := f.GetCompositeFilter(); c != nil {
		matches := func(part *pb.StructuredQuery_Filter) bool { return oracleMatches(part, d) }
		if c.GetOp() == pb.StructuredQuery_CompositeFilter_OR {
			return slices.ContainsFunc(c.GetFilters(), matches)
		}
		return !slices.ContainsFunc(c.GetFilters(), func(part *pb.StructuredQuery_Filter) bool { return !matches(part) })
	}
	if u := f.GetUnaryFilter(); u != nil {
		return oracleUnary(u, oracleValue(d, u.GetField().GetFieldPath()))
	}
	return oracleField(f.GetFieldFilter(), oracleValue(d, f.GetFieldFilter().GetField().GetFieldPath()))
}

func oracleUnary(u *pb.StructuredQuery_UnaryFilter, v *pb.Value) bool {
	if v == nil {
		return false
	}
	isNull := oracleClass(v) == 0
	isNaN := math.IsNaN(v.GetDoubleValue())
	switch u.GetOp() {
	case pb.StructuredQuery_UnaryFilter_IS_NULL:
		return isNull
	case pb.StructuredQuery_UnaryFilter_IS_NAN:
		return isNaN
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NULL:
		return !isNull
	default:
		return !isNull && !isNaN
	}
}

// oracleComparable tells the values that a field filter can find.
func oracleComparable(v *pb.Value) bool {
	return oracleClass(v) != 0 && !math.IsNaN(v.GetDoubleValue())
}

func oracleField(f *pb.StructuredQuery_FieldFilter, v *pb.Value) bool {
	if v == nil {
		return false
	}
	operand := f.GetValue()
	list := operand.GetArrayValue().GetValues()
	c := oracleCompare(v, operand)
	sameClass := oracleClass(v) == oracleClass(operand) && oracleComparable(operand)
	switch f.GetOp() {
	case pb.StructuredQuery_FieldFilter_EQUAL:
		return sameClass && c == 0
	case pb.StructuredQuery_FieldFilter_LESS_THAN:
		return sameClass && c < 0 && oracleComparable(v)
	case pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL:
		return sameClass && c <= 0 && oracleComparable(v)
	case pb.StructuredQuery_FieldFilter_GREATER_THAN:
		return sameClass && c > 0
	case pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL:
		return sameClass && c >= 0
	case pb.StructuredQuery_FieldFilter_NOT_EQUAL:
		return c != 0 && oracleClass(v) != 0 && oracleClass(operand) != 0
	case pb.StructuredQuery_FieldFilter_IN:
		return oracleComparable(v) && oracleHas(list, v)
	case pb.StructuredQuery_FieldFilter_NOT_IN:
		return oracleClass(v) != 0 && !oracleHas(list, v) && !oracleHas(list, nullValue())
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:
		return oracleComparable(operand) && oracleHas(v.GetArrayValue().GetValues(), operand)
	default:
		return slices.ContainsFunc(v.GetArrayValue().GetValues(), func(e *pb.Value) bool {
			return oracleComparable(e) && oracleHas(list, e)
		})
	}
}

type oracleOrder struct {
	field string
	down  bool
}

func oracleOrders(sq *pb.StructuredQuery) []oracleOrder {
	var out []oracleOrder
	down, named := false, map[string]bool{}
	for _, o := range sq.GetOrderBy() {
		down = o.GetDirection() == pb.StructuredQuery_DESCENDING
		named[o.GetField().GetFieldPath()] = true
		out = append(out, oracleOrder{o.GetField().GetFieldPath(), down})
	}
	implied := map[string]bool{}
	oracleInequalities(sq.GetWhere(), implied)
	for _, field := range slices.Sorted(maps.Keys(implied)) {
		if !named[field] && field != "__name__" {
			out = append(out, oracleOrder{field, down})
		}
	}
	if !named["__name__"] {
		out = append(out, oracleOrder{"__name__", down})
	}
	return out
}

func oracleInequalities(f *pb.StructuredQuery_Filter, into map[string]bool) {
	for _, part := range f.GetCompositeFilter().GetFilters() {
		oracleInequalities(part, into)
	}
	switch f.GetUnaryFilter().GetOp() {
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NAN, pb.StructuredQuery_UnaryFilter_IS_NOT_NULL:
		into[f.GetUnaryFilter().GetField().GetFieldPath()] = true
	}
	switch f.GetFieldFilter().GetOp() {
	case pb.StructuredQuery_FieldFilter_LESS_THAN, pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL,
		pb.StructuredQuery_FieldFilter_GREATER_THAN, pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL,
		pb.StructuredQuery_FieldFilter_NOT_EQUAL, pb.StructuredQuery_FieldFilter_NOT_IN:
		into[f.GetFieldFilter().GetField().GetFieldPath()] = true
	}
}

// oracleRun returns the names of the result.
func oracleRun(sq *pb.StructuredQuery, docs map[string]*pb.Document) []string {
	orders := oracleOrders(sq)
	keys := func(d *pb.Document) []*pb.Value {
		var out []*pb.Value
		for _, o := range orders {
			out = append(out, oracleValue(d, o.field))
		}
		return out
	}
	compare := func(a, b []*pb.Value) int {
		for i := range min(len(a), len(b)) {
			if c := oracleCompare(a[i], b[i]); c != 0 {
				if orders[i].down {
					return -c
				}
				return c
			}
		}
		return 0
	}
	var found []*pb.Document
	for _, d := range docs {
		k := keys(d)
		if !oracleMatches(sq.GetWhere(), d) || slices.Contains(k, nil) {
			continue
		}
		if s := sq.GetStartAt(); s != nil {
			if c := compare(k, s.GetValues()); c < 0 || c == 0 && !s.GetBefore() {
				continue
			}
		}
		if e := sq.GetEndAt(); e != nil {
			if c := compare(k, e.GetValues()); c > 0 || c == 0 && e.GetBefore() {
				continue
			}
		}
		found = append(found, d)
	}
	slices.SortFunc(found, func(a, b *pb.Document) int { return compare(keys(a), keys(b)) })
	found = found[min(int(sq.GetOffset()), len(found)):]
	if sq.GetLimit() != nil {
		found = found[:min(int(sq.GetLimit().GetValue()), len(found))]
	}
	var names []string
	for _, d := range found {
		names = append(names, d.GetName())
	}
	return names
}

// docsFor is the documents below the query's collection.
func docsFor(q *query, docs map[string]*pb.Document) map[string]*pb.Document {
	out := map[string]*pb.Document{}
	for name, d := range docs {
		path := strings.TrimPrefix(name, oracleRoot+"/")
		parent, _ := splitPath(path)
		under := q.parent == "" || strings.HasPrefix(path, q.parent+"/")
		if parent == q.collectionPath() || q.descendants && under && groupOf(parent) == q.collection {
			out[name] = d
		}
	}
	return out
}

// commitRandom writes a few documents and keeps the plain map in step.
func commitRandom(t *rapid.T, s *service, docs map[string]*pb.Document) {
	db := databaseName{"p", "d"}
	var writes []write
	for range rapid.IntRange(1, 4).Draw(t, "writes") {
		name := drawName(t)
		w := &pb.Write{Operation: &pb.Write_Delete{Delete: name}}
		if rapid.IntRange(0, 3).Draw(t, "delete") > 0 {
			d := &pb.Document{Name: name, Fields: drawFields(t)}
			w.Operation = &pb.Write_Update{Update: d}
			docs[name] = d
		} else {
			delete(docs, name)
		}
		checked, err := readWrite(db, w)
		if err != nil {
			t.Fatal(err)
		}
		writes = append(writes, checked)
	}
	if _, err := s.apply(s.database(db), writes); err != nil {
		t.Fatal(err)
	}
}

// TestQueriesAgainstOracle runs random queries between random commits, so that indexes are both
// built and kept up to date, and compares every result with the oracle's.
func TestQueriesAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(Options{}).service
		docs := map[string]*pb.Document{}
		var asked []*query
		var requests []*pb.StructuredQuery
		for range rapid.IntRange(1, 8).Draw(t, "rounds") {
			commitRandom(t, s, docs)
			parent := oracleRoot + rapid.SampledFrom([]string{"", "", "/o/1"}).Draw(t, "parent")
			sq := drawQuery(t)
			q, err := readQuery(parent, sq)
			if err != nil {
				continue
			}
			asked, requests = append(asked, q), append(requests, sq)
			for i, q := range asked {
				var got []string
				found, _ := s.runQuery(s.database(q.db), q)
				for _, d := range found.docs {
					got = append(got, d.pb.GetName())
				}
				if want := oracleRun(requests[i], docsFor(q, docs)); !slices.Equal(got, want) {
					t.Fatalf("query %v\nfound %v\nwant  %v\nin    %v", requests[i], got, want, docs)
				}
			}
		}
	})
}
