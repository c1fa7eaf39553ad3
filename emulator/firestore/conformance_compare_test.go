package firestore

import (
	"math"
	"time"
)

// among queries documents whose v is one of these values; their IDs are a, b, c and so on.
func among(values []any, clauses ...clause) func(*conversation) string {
	return func(c *conversation) string {
		for i, v := range values {
			if f, ok := v.(func(*conversation) any); ok {
				v = f(c)
			}
			c.must(c.update("c/"+string(rune('a'+i)), map[string]any{"v": v}))
		}
		return c.query(c.root(), queryOf(clauses...))
	}
}

// sorted orders documents by their v.
func sorted(values ...any) func(*conversation) string { return among(values, by("v")) }

// pointer is a reference to a document of the conversation's database.
func pointer(path string) any {
	return func(c *conversation) any { return referenceValue(c.doc(path)) }
}

func object(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

var (
	large    = []any{1<<53 - 1, 1 << 53, 1<<53 + 1, float64(1 << 53), float64(1<<53 + 2), math.MaxInt64, float64(1 << 63), math.MinInt64, -float64(1 << 63)}
	zeros    = []any{0, 0.0, minus0, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64}
	strange  = []any{"", "a", "a\x00", "aa", "b", "é", "\uffff", "\U00010000", "Z"}
	lists    = []any{[]any{}, []any{nil}, []any{1}, []any{1, 1}, []any{1.0, 0}, []any{"a"}, []any{2}}
	mappings = []any{object(), object("a", nil), object("a", 1), object("a", 1, "b", 0), object("a", 2), object("b", 0), object("aa", 0)}
)

var compareCases = []conformanceCase{
	{name: "compare: zeros are equal", ask: among(zeros, filtered(is(eq, 0))), want: "a b c"},
	{name: "compare: negative zero finds zeros", ask: among(zeros, filtered(is(eq, minus0))), want: "a b c"},
	{name: "compare: below zero", ask: among(zeros, filtered(is(lt, 0))), want: "e"},
	{name: "compare: in with negative zero", ask: among(zeros, filtered(is(in, []any{minus0, 5}))), want: "a b c"},
	{name: "compare: not in with zero", ask: among(zeros, filtered(is(notAny, []any{0}))), want: "e d"},
	{name: "compare: zeros in order", ask: among(zeros, by("v")), want: "e a b c d"},
	{name: "compare: 2^53 finds integer and double", ask: among(large, filtered(is(eq, 1<<53))), want: "b d"},
	{name: "compare: 2^53+1 finds no double", ask: among(large, filtered(is(eq, 1<<53+1))), want: "c"},
	{name: "compare: double 2^53 finds no neighbour", ask: among(large, filtered(is(eq, float64(1<<53)))), want: "b d"},
	{name: "compare: above double 2^53", ask: among(large, filtered(is(gt, float64(1<<53)))), want: "c e f g"},
	{name: "compare: below 2^53+1", ask: among(large, filtered(is(lt, 1<<53+1), is(gt, 0))), want: "a b d"},
	{name: "compare: the largest integer is below 2^63", ask: among(large, filtered(is(gte, float64(1<<63)))), want: "g"},
	{name: "compare: the smallest integer is -2^63", ask: among(large, filtered(is(eq, math.MinInt64))), want: "h i"},
	{name: "compare: large numbers in order", ask: among(large, by("v")), want: "h i a b d c e f g"},
	{name: "compare: numbers and infinities in order", ask: sorted(infinity, math.MaxInt64, 0, -infinity, math.MinInt64, nan, math.MaxFloat64), want: "f d e c b g a"},
	{name: "compare: strings by their bytes", ask: among(strange, by("v")), want: "a i b c d e f g h"},
	{name: "compare: strings above", ask: among(strange, filtered(is(gt, "\uffff"))), want: "h"},
	{name: "compare: strings from a zero", ask: among(strange, filtered(is(gt, "a"), is(lt, "aa"))), want: "c"},
	{name: "compare: bytes", ask: sorted([]byte{}, []byte{0}, []byte{0, 0}, []byte{255}, []byte{1}, []byte{127}), want: "a b c e f d"},
	{name: "compare: booleans", ask: sorted(true, false), want: "b a"},
	{name: "compare: timestamps", ask: sorted(timeValue(time.Unix(1, 0)), timeValue(time.Unix(0, 5000)), timeValue(time.Unix(-1, 999_999_000)), timeValue(time.Unix(0, 0))), want: "c d b a"},
	{name: "compare: timestamps of the same microsecond", ask: among([]any{timeValue(time.Unix(1, 1999)), timeValue(time.Unix(1, 1000)), timeValue(time.Unix(1, 2000))},
		filtered(is(eq, timeValue(time.Unix(1, 1500))))), want: "a b",
		google: "", why: "production unknown: whether an operand is cut to microseconds as a stored value is"},
	{name: "compare: above a timestamp with nanoseconds", ask: among([]any{timeValue(time.Unix(1, 1999)), timeValue(time.Unix(1, 1000)), timeValue(time.Unix(1, 2000))},
		filtered(is(gt, timeValue(time.Unix(1, 1500))))), want: "c"},
	{name: "compare: geo points", ask: sorted(geoValue(1, -1), geoValue(1, 1), geoValue(-1, 5), geoValue(0, 0), geoValue(1, 0)), want: "c d a e b"},
	{name: "compare: references by segments", ask: sorted(pointer("c/a!"), pointer("c/a"), pointer("c/a/d/e"), pointer("c!/a"), pointer("b/z"),
		referenceValue("projects/a/databases/z/documents/c/z")), want: "f e b c a d"},
	{name: "compare: reference equality", want: "b", ask: func(c *conversation) string {
		return among([]any{pointer("c/a"), pointer("c/b"), "c/a"}, filtered(is(eq, referenceValue(c.doc("c/b")))))(c)
	}},
	{name: "compare: reference range", want: "b c", ask: func(c *conversation) string {
		return among([]any{pointer("c/a"), pointer("c/a/d/e"), pointer("c/a!"), pointer("c/b")}, filtered(is(gt, referenceValue(c.doc("c/a"))), is(lt, referenceValue(c.doc("c/b")))))(c)
	}},
	{name: "compare: a reference of another database", ask: among([]any{pointer("c/a")}, filtered(is(eq, referenceValue("projects/q/databases/r/documents/c/a")))), want: ""},
	{name: "compare: arrays", ask: among(lists, by("v")), want: "a b c e d g f"},
	{name: "compare: empty array equals itself alone", ask: among(lists, filtered(is(eq, []any{}))), want: "a"},
	{name: "compare: above the empty array", ask: among(lists, filtered(is(gt, []any{}))), want: "b c e d g f"},
	{name: "compare: array of a double finds integers", ask: among(lists, filtered(is(eq, []any{1.0}))), want: "c"},
	{name: "compare: array with null", ask: among(lists, filtered(is(eq, []any{nil}))), want: "b"},
	{name: "compare: array with NaN", ask: among([]any{[]any{nan}}, filtered(is(eq, []any{nan}))), want: "a"},
	{name: "compare: maps", ask: among(mappings, by("v")), want: "a b c d e g f"},
	{name: "compare: empty map equals itself alone", ask: among(mappings, filtered(is(eq, object()))), want: "a"},
	{name: "compare: above a map", ask: among(mappings, filtered(is(gt, object("a", 1)))), want: "d e g f"},
	{name: "compare: map with a double", ask: among(mappings, filtered(is(eq, object("a", 1.0)))), want: "c"},
	{name: "compare: maps of maps", ask: sorted(object("a", object("b", 2)), object("a", object("b", 1)), object("a", object()), object("a", object("b", 1, "c", 0))), want: "c b d a"},
	{name: "compare: vectors by length", ask: sorted(vectorValue(9), vectorValue(1, 2), vectorValue(1), []any{1}, object("a", 1)), want: "d c a b e"},
	{name: "compare: a vector of nothing", ask: kept(vectorValue()), want: "InvalidArgument"},
	{name: "compare: a vector of 2048", ask: longVector(2048), want: "OK"},
	{name: "compare: a vector of 2049", ask: longVector(2049), want: "InvalidArgument"},
	{name: "compare: vector equality", ask: among([]any{vectorValue(1, 2), vectorValue(1), []any{1, 2}}, filtered(is(eq, vectorValue(1, 2)))), want: "a"},
	{name: "compare: a map that is no vector", ask: kept(map[string]any{"__type__": "__vector__", "value": []any{"x"}}), want: "InvalidArgument"},
	{name: "compare: a map with a reserved type", ask: kept(map[string]any{"__type__": "x", "value": 1}), want: "InvalidArgument"},
	{name: "compare: a vector with one more field", ask: kept(map[string]any{"__type__": "__vector__", "value": []any{1.0}, "more": 1}), want: "InvalidArgument"},
	{name: "compare: a vector of integers", ask: kept(map[string]any{"__type__": "__vector__", "value": []any{1, 2}}), want: "InvalidArgument"},
	{name: "compare: a range keeps to strings", ask: among([]any{"a", "b", []byte("b"), 5, nil, true, []any{"b"}}, filtered(is(gte, "a"))), want: "a b"},
	{name: "compare: a range keeps to bytes", ask: among([]any{"b", []byte("b"), []byte("a")}, filtered(is(gt, []byte("a")))), want: "b"},
	{name: "compare: a range keeps to booleans", ask: among([]any{false, true, 0, 1}, filtered(is(gt, false))), want: "b"},
	{name: "compare: a range keeps to timestamps", ask: among([]any{timeValue(time.Unix(5, 0)), 5, "x"}, filtered(is(gt, timeValue(time.Unix(0, 0))))), want: "a"},
	{name: "compare: a range keeps to geo points", ask: among([]any{geoValue(5, 0), 5, []any{5}}, filtered(is(gte, geoValue(0, 0)))), want: "a"},
	{name: "compare: a range keeps to arrays", ask: among([]any{[]any{1}, object("a", 1), vectorValue(1), "x"}, filtered(is(gte, []any{}))), want: "a"},
	{name: "compare: a range keeps to maps", ask: among([]any{[]any{1}, object("a", 1), vectorValue(1), "x"}, filtered(is(gte, object()))), want: "b"},
	{name: "compare: ranges of two types never meet", ask: among([]any{1, "a"}, filtered(is(gt, 0), is(lt, "z"))), want: ""},
	{name: "compare: a cursor between types", ask: among([]any{nil, true, 1, "a", []byte("a"), []any{}}, by("v"), from(false, true), to(true, []byte{})), want: "c d"},
}

// longVector writes a vector of zeros.
func longVector(dimensions int) func(*conversation) string {
	return func(c *conversation) string {
		return c.commit(c.update("c/d", map[string]any{"v": vectorValue(make([]float64, dimensions)...)}))
	}
}
