package firestore

import (
	"math"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Operators of filters.
const (
	lt     = pb.StructuredQuery_FieldFilter_LESS_THAN
	lte    = pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL
	gt     = pb.StructuredQuery_FieldFilter_GREATER_THAN
	gte    = pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL
	eq     = pb.StructuredQuery_FieldFilter_EQUAL
	ne     = pb.StructuredQuery_FieldFilter_NOT_EQUAL
	holds  = pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS
	in     = pb.StructuredQuery_FieldFilter_IN
	hasAny = pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY
	notAny = pb.StructuredQuery_FieldFilter_NOT_IN
)

// clause changes a query.
type clause func(*pb.StructuredQuery)

// is filters v.
func is(op pb.StructuredQuery_FieldFilter_Operator, v any) *pb.StructuredQuery_Filter {
	return fieldFilter("v", op, valueOf(v))
}

// w filters w.
func w(op pb.StructuredQuery_FieldFilter_Operator, v any) *pb.StructuredQuery_Filter {
	return fieldFilter("w", op, valueOf(v))
}

func or(parts ...*pb.StructuredQuery_Filter) *pb.StructuredQuery_Filter {
	return compositeFilter(pb.StructuredQuery_CompositeFilter_OR, parts...)
}

func filtered(parts ...*pb.StructuredQuery_Filter) clause {
	return func(q *pb.StructuredQuery) {
		if q.Where = parts[0]; len(parts) > 1 {
			q.Where = and(parts...)
		}
	}
}

// by orders by fields; a minus before one turns its direction.
func by(fields ...string) clause {
	return func(q *pb.StructuredQuery) {
		for _, f := range fields {
			name, down := strings.CutPrefix(f, "-")
			o := &pb.StructuredQuery_Order{Field: fieldRef(name), Direction: pb.StructuredQuery_ASCENDING}
			if down {
				o.Direction = pb.StructuredQuery_DESCENDING
			}
			q.OrderBy = append(q.OrderBy, o)
		}
	}
}

func position(before bool, values ...any) *pb.Cursor {
	return &pb.Cursor{Before: before, Values: valueOf(values).GetArrayValue().GetValues()}
}

func from(before bool, values ...any) clause {
	return func(q *pb.StructuredQuery) { q.StartAt = position(before, values...) }
}

func to(before bool, values ...any) clause {
	return func(q *pb.StructuredQuery) { q.EndAt = position(before, values...) }
}

func limit(n int32) clause {
	return func(q *pb.StructuredQuery) { q.Limit = wrapperspb.Int32(n) }
}

func offset(n int32) clause {
	return func(q *pb.StructuredQuery) { q.Offset = n }
}

func under(collection string, descendants bool) clause {
	return func(q *pb.StructuredQuery) {
		q.From = []*pb.StructuredQuery_CollectionSelector{{CollectionId: collection, AllDescendants: descendants}}
	}
}

func selected(paths ...string) clause {
	return func(q *pb.StructuredQuery) {
		q.Select = &pb.StructuredQuery_Projection{}
		for _, p := range paths {
			q.Select.Fields = append(q.Select.Fields, fieldRef(p))
		}
	}
}

func queryOf(clauses ...clause) *pb.StructuredQuery {
	q := &pb.StructuredQuery{From: fromC}
	for _, f := range clauses {
		f(q)
	}
	return q
}

func (c *conversation) fill(docs map[string]map[string]any) {
	c.t.Helper()
	var writes []*pb.Write
	for path, data := range docs {
		writes = append(writes, c.update(path, data))
	}
	c.must(writes...)
}

// finds queries documents with a value of every type.
func finds(clauses ...clause) func(*conversation) string {
	return func(c *conversation) string {
		c.fill(ofEveryType)
		return c.query(c.root(), queryOf(clauses...))
	}
}

var filterCases = []conformanceCase{
	{name: "filter: none", ask: finds(), want: "list list2 map nan none null one onef text true two"},
	{name: "filter: == integer finds doubles", ask: finds(filtered(is(eq, 1))), want: "one onef"},
	{name: "filter: == double finds integers", ask: finds(filtered(is(eq, 2.0))), want: "two"},
	{name: "filter: == string", ask: finds(filtered(is(eq, "1"))), want: "text"},
	{name: "filter: == boolean", ask: finds(filtered(is(eq, true))), want: "true"},
	{name: "filter: == array", ask: finds(filtered(is(eq, []any{1, "a"}))), want: "list"},
	{name: "filter: == map", ask: finds(filtered(is(eq, map[string]any{"in": 1}))), want: "map"},
	{name: "filter: == field of a map", ask: finds(filtered(fieldFilter("v.in", eq, intValue(1)))), want: "map"},
	{name: "filter: == null", ask: finds(filtered(is(eq, nil))), want: ""},
	{name: "filter: == NaN", ask: finds(filtered(is(eq, math.NaN()))), want: ""},
	{name: "filter: == nothing has", ask: finds(filtered(is(eq, 3))), want: ""},
	{name: "filter: is null", ask: finds(filtered(unaryFilter("v", 3))), want: "null"},
	{name: "filter: is NaN", ask: finds(filtered(unaryFilter("v", 2))), want: "nan"},
	{name: "filter: is not null", ask: finds(filtered(unaryFilter("v", 5))), want: "true nan one onef two text list list2 map"},
	{name: "filter: is not NaN", ask: finds(filtered(unaryFilter("v", 4))), want: "true one onef two text list list2 map"},
	{name: "filter: !=", ask: finds(filtered(is(ne, 1))), want: "true nan two text list list2 map"},
	{name: "filter: != null", ask: finds(filtered(is(ne, nil))), want: ""},
	{name: "filter: < keeps to numbers", ask: finds(filtered(is(lt, 2))), want: "one onef"},
	{name: "filter: <=", ask: finds(filtered(is(lte, 2))), want: "one onef two"},
	{name: "filter: >", ask: finds(filtered(is(gt, 1))), want: "two"},
	{name: "filter: >=", ask: finds(filtered(is(gte, 1))), want: "one onef two"},
	{name: "filter: > string", ask: finds(filtered(is(gt, ""))), want: "text"},
	{name: "filter: >= boolean", ask: finds(filtered(is(gte, false))), want: "true"},
	{name: "filter: > array", ask: finds(filtered(is(gt, []any{1, "a"}))), want: "list2"},
	{name: "filter: < map", ask: finds(filtered(is(lt, map[string]any{"in": 2}))), want: "map"},
	{name: "filter: > null", ask: finds(filtered(is(gt, nil))), want: ""},
	{name: "filter: >= null", ask: finds(filtered(is(gte, nil))), want: ""},
	{name: "filter: > NaN", ask: finds(filtered(is(gt, math.NaN()))), want: ""},
	{name: "filter: range", ask: finds(filtered(is(gt, 0), is(lt, 2))), want: "one onef"},
	{name: "filter: empty range", ask: finds(filtered(is(gt, 2), is(lt, 1))), want: ""},
	{name: "filter: ranges of two fields", ask: finds(filtered(is(gt, 0), w(lt, "y"))), want: "one two"},
	{name: "filter: in", ask: finds(filtered(is(in, []any{2, "1"}))), want: "text two"},
	{name: "filter: in with a value twice", ask: finds(filtered(is(in, []any{1, 1.0}))), want: "one onef"},
	{name: "filter: in with null", ask: finds(filtered(is(in, []any{2, nil}))), want: "two"},
	{name: "filter: in of one array", ask: finds(filtered(is(in, []any{[]any{2, "a"}}))), want: "list2"},
	{name: "filter: not in", ask: finds(filtered(is(notAny, []any{1, "1"}))), want: "true nan two list list2 map"},
	{name: "filter: not in with null", ask: finds(filtered(is(notAny, []any{1, nil}))), want: ""},
	{name: "filter: array contains", ask: finds(filtered(is(holds, "a"))), want: "list list2"},
	{name: "filter: array contains a double", ask: finds(filtered(is(holds, 1.0))), want: "list"},
	{name: "filter: array contains null", ask: finds(filtered(is(holds, nil))), want: ""},
	{name: "filter: array contains any", ask: finds(filtered(is(hasAny, []any{1, 2, "a"}))), want: "list list2"},
	{name: "filter: == and ==", ask: finds(filtered(is(eq, 1), w(eq, "x"))), want: "one"},
	{name: "filter: two values for one field", ask: finds(filtered(is(eq, 1), is(eq, 2))), want: ""},
	{name: "filter: array contains and ==", ask: finds(filtered(is(holds, "a"), w(eq, "y"))), want: "list2"},
	{name: "filter: in and in", ask: finds(filtered(is(in, []any{1, 2}), w(in, []any{"x", "z"}))), want: "one two"},
	{name: "filter: or", ask: finds(filtered(or(is(eq, 2), w(eq, "y"), is(holds, "a")))), want: "list list2 onef two"},
	{name: "filter: or of ranges is ordered by the field", ask: finds(filtered(or(is(gt, 1), is(lt, 1)))), want: "two"},
	{name: "filter: and of or", ask: finds(filtered(w(eq, "x"), or(is(gt, 1), is(holds, 1)))), want: "two list"},
	{name: "filter: or of one", ask: finds(filtered(or(is(eq, 2)))), want: "two"},
	{name: "filter: missing field never unequal", ask: finds(filtered(fieldFilter("absent", ne, intValue(1)))), want: ""},
}

var orderCases = []conformanceCase{
	{name: "order: across types", ask: finds(by("v")), want: "null true nan one onef two text list list2 map"},
	{name: "order: across types, descending", ask: finds(by("-v")), want: "map list2 list text two onef one nan true null"},
	{name: "order: by a field some lack", ask: finds(by("w")), want: "list none one two list2 onef"},
	{name: "order: ties by name in the last direction", ask: finds(by("-w")), want: "onef list2 two one none list"},
	{name: "order: by two fields", ask: finds(by("-w", "v")), want: "onef list2 one two list"},
	{name: "order: by name, descending", ask: finds(by("-__name__"), limit(2)), want: "two true",
		google: "FailedPrecondition", why: "production as Google's: it asks for an index (flutterfire issue 4398); so does ours with Indexes"},
	{name: "order: != descending", ask: finds(filtered(is(ne, 1)), by("-v")), want: "map list2 list text two nan true"},
	{name: "order: by another field than the range", ask: finds(filtered(is(gt, 0)), by("w")), want: "one two onef"},
	{name: "order: limit", ask: finds(by("v"), limit(3)), want: "null true nan"},
	{name: "order: limit 0", ask: finds(by("v"), limit(0)), want: ""},
	{name: "order: offset", ask: finds(by("v"), offset(8)), want: "list2 map"},
	{name: "order: offset beyond the end", ask: finds(by("v"), offset(80)), want: ""},
	{name: "order: offset and limit", ask: finds(by("v"), offset(1), limit(2)), want: "true nan"},
	{name: "cursor: start at", ask: finds(by("w"), from(true, "y")), want: "list2 onef"},
	{name: "cursor: start after", ask: finds(by("w"), from(false, "x")), want: "list2 onef"},
	{name: "cursor: start after, descending", ask: finds(by("-w"), from(false, "y")), want: "two one none list"},
	{name: "cursor: end before", ask: finds(by("w"), to(true, "y")), want: "list none one two"},
	{name: "cursor: end at", ask: finds(by("-w"), to(false, "y")), want: "onef list2"},
	{name: "cursor: of another type", ask: finds(by("v"), from(true, "")), want: "text list list2 map"},
	{name: "cursor: of two fields", ask: finds(by("w", "v"), from(false, "x", 1)), want: "two list onef list2"},
	{name: "cursor: of the first of two fields", ask: finds(by("w", "v"), from(false, "x")), want: "onef list2"},
	{name: "cursor: between start and end", ask: finds(by("v"), from(true, 1), to(true, "1")), want: "one onef two"},
	{name: "cursor: end before the start", ask: finds(by("v"), from(true, 2), to(false, 1)), want: ""},
	{name: "cursor: of a name", want: "text true two", ask: func(c *conversation) string {
		return finds(by("__name__"), from(true, referenceValue(c.doc("c/text"))))(c)
	}},
	{name: "cursor: of a field and a name", want: "two list2 onef", ask: func(c *conversation) string {
		return finds(by("w", "__name__"), from(false, "x", referenceValue(c.doc("c/one"))))(c)
	}},
	{name: "name: range", want: "true two", ask: func(c *conversation) string {
		return finds(filtered(fieldFilter("__name__", gt, referenceValue(c.doc("c/text")))))(c)
	}},
	{name: "name: in", want: "map one", ask: func(c *conversation) string {
		return finds(filtered(fieldFilter("__name__", in, arrayValue(referenceValue(c.doc("c/one")), referenceValue(c.doc("c/map"))))))(c)
	}},
	{name: "select: fields", want: `{v:1}`, ask: selects("v")},
	{name: "select: field of a map", want: `{m:{a:2}}`, ask: selects("m.a")},
	{name: "select: names alone", want: `{}`, ask: selects("__name__")},
	{name: "select: nothing", want: `{}`, ask: selects()},
	{name: "select: missing field", want: `{}`, ask: selects("absent")},
	{name: "group: all descendants", want: "1 2 3", ask: groups("", under("c", true))},
	{name: "group: below a document", want: "2 3", ask: groups("/o/1", under("c", true))},
	{name: "group: one collection below a document", want: "2", ask: groups("/o/1", under("c", false))},
	{name: "group: filter", want: "2", ask: groups("", under("c", true), filtered(is(eq, 2)))},
}

func selects(paths ...string) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/d", map[string]any{"v": 1, "m": map[string]any{"a": 2, "b": 3}}))
		docs, err := c.found(c.root(), queryOf(selected(paths...)))
		if err != nil || len(docs) != 1 {
			return "failed"
		}
		return c.fields(docs[0].GetFields())
	}
}

func groups(below string, clauses ...clause) func(*conversation) string {
	return func(c *conversation) string {
		c.fill(map[string]map[string]any{
			"c/1": {"v": 1}, "o/1/c/2": {"v": 2}, "o/1/p/1/c/3": {"v": 3}, "o/1/d/4": {"v": 4},
		})
		return c.query(c.root()+below, queryOf(clauses...))
	}
}
