package firestore

import (
	"math"
	"strings"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// kept writes a value and reads it again.
func kept(v any) func(*conversation) string {
	return func(c *conversation) string {
		if code := c.commit(c.update("c/d", map[string]any{"v": v})); code != "OK" {
			return code
		}
		return c.get("c/d")
	}
}

func nested(depth int) any {
	var v any = 1
	for range depth {
		v = map[string]any{"m": v}
	}
	return v
}

var valueCases = []conformanceCase{
	{name: "value: null", ask: kept(nil), want: "{v:null}"},
	{name: "value: boolean", ask: kept(true), want: "{v:true}"},
	{name: "value: integer", ask: kept(7), want: "{v:7}"},
	{name: "value: largest integer", ask: kept(math.MaxInt64), want: "{v:9223372036854775807}"},
	{name: "value: smallest integer", ask: kept(math.MinInt64), want: "{v:-9223372036854775808}"},
	{name: "value: double", ask: kept(0.5), want: "{v:0.5}"},
	{name: "value: whole double stays a double", ask: kept(1.0), want: "{v:1.0}"},
	{name: "value: negative zero", ask: kept(math.Copysign(0, -1)), want: "{v:-0.0}"},
	{name: "value: NaN", ask: kept(math.NaN()), want: "{v:NaN}"},
	{name: "value: infinity", ask: kept(math.Inf(-1)), want: "{v:-Inf}"},
	{name: "value: empty string", ask: kept(""), want: `{v:""}`},
	{name: "value: string with a zero", ask: kept("a\x00b"), want: `{v:"a\x00b"}`},
	{name: "value: string beyond ASCII", ask: kept("жук𝄞"), want: `{v:"жук𝄞"}`},
	{name: "value: bytes", ask: kept([]byte{0, 255}), want: "{v:x00ff}"},
	{name: "value: empty bytes", ask: kept([]byte{}), want: "{v:x}"},
	{name: "value: timestamp is cut to microseconds", ask: kept(timeValue(time.Unix(1, 1999))), want: "{v:1970-01-01T00:00:01.000001Z}"},
	{name: "value: timestamp before 1970", ask: kept(timeValue(time.Unix(-1, 500_000_000))), want: "{v:1969-12-31T23:59:59.5Z}"},
	{name: "value: first timestamp", ask: kept(timeValue(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))), want: "{v:0001-01-01T00:00:00Z}"},
	{name: "value: last timestamp", ask: kept(timeValue(time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC))), want: "{v:9999-12-31T23:59:59.999999Z}"},
	{name: "value: timestamp in year 10000", ask: kept(timeValue(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))), want: "InvalidArgument"},
	{name: "value: geo point", ask: kept(geoValue(1.5, -180)), want: "{v:(1.5,-180)}"},
	{name: "value: latitude out of range", ask: kept(geoValue(91, 0)), want: "InvalidArgument"},
	{name: "value: longitude out of range", ask: kept(geoValue(0, 181)), want: "InvalidArgument"},
	{name: "value: array", ask: kept([]any{1, "a", nil}), want: `{v:[1 "a" null]}`},
	{name: "value: empty array", ask: kept([]any{}), want: "{v:[]}"},
	{name: "value: array in an array", ask: kept([]any{[]any{1}}), want: "InvalidArgument"},
	{name: "value: array in a map in an array", ask: kept([]any{map[string]any{"a": []any{1}}}), want: "{v:[{a:[1]}]}"},
	{name: "value: map", ask: kept(map[string]any{"b": 1, "a": 2}), want: "{v:{a:2 b:1}}"},
	{name: "value: empty map", ask: kept(map[string]any{}), want: "{v:{}}"},
	{name: "value: vector", ask: kept(vectorValue(1, 2.5)), want: `{v:{__type__:"__vector__" value:[1.0 2.5]}}`},
	{name: "value: maps 20 deep", ask: kept(nested(20)), want: "{v:" + strings.Repeat("{m:", 20) + "1" + strings.Repeat("}", 21)},
	{name: "value: maps 21 deep", ask: kept(nested(21)), want: "InvalidArgument"},
	{name: "value: of no type", ask: kept(&pb.Value{}), want: "InvalidArgument"},
	{name: "value: a string of 1 MiB", ask: kept(strings.Repeat("x", 1<<20)), want: "InvalidArgument"},
	{name: "value: reference", want: "{v:@c/other}", ask: func(c *conversation) string {
		return kept(referenceValue(c.doc("c/other")))(c)
	}},
	{name: "value: reference to another database", want: "{v:@projects/q/databases/r/documents/c/d}",
		ask: kept(referenceValue("projects/q/databases/r/documents/c/d"))},
	{name: "value: reference to a collection", want: "InvalidArgument", ask: func(c *conversation) string {
		return kept(referenceValue(c.doc("c")))(c)
	}},
	{name: "value: reference that is no name", ask: kept(referenceValue("c/d")), want: "InvalidArgument"},
	{name: "value: a document without fields", want: "{}", ask: func(c *conversation) string {
		c.must(c.update("c/d", nil))
		return c.get("c/d")
	}},
}
