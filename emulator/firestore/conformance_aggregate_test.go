package firestore

import (
	"math"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// aggregate runs aggregations over a query and answers them by alias, or the code.
func (c *conversation) aggregate(sq *pb.StructuredQuery, list ...*aggregationPB) string {
	req := aggregationRequest(sq, list...)
	req.Parent = c.root()
	stream, err := c.RunAggregationQuery(c.t.Context(), req)
	if err != nil {
		return codeOf(err)
	}
	resp, err := stream.Recv()
	if err != nil {
		return codeOf(err)
	}
	return c.fields(resp.GetResult().GetAggregateFields())
}

// totals counts, adds and averages v over documents with these values of v.
func totals(values ...any) func(*conversation) string {
	return func(c *conversation) string {
		for i, v := range values {
			c.must(c.update("c/"+string(rune('a'+i)), map[string]any{"v": v}))
		}
		return c.aggregate(queryOf(), countOf("n", nil), sumOf("s", "v"), averageOf("x", "v"))
	}
}

// aggregates runs aggregations over c/a {v:1 m:{x:2}}, c/b {v:2}, c/d {v:4 m:{x:8}}, c/e {k:1}.
func aggregates(sq *pb.StructuredQuery, list ...*aggregationPB) func(*conversation) string {
	return func(c *conversation) string {
		c.fill(map[string]map[string]any{
			"c/a": {"v": 1, "m": map[string]any{"x": 2}}, "c/b": {"v": 2}, "c/d": {"v": 4, "m": map[string]any{"x": 8}}, "c/e": {"k": 1},
			"o/1/c/f": {"v": 100},
		})
		return c.aggregate(sq, list...)
	}
}

func upTo(n int64) *wrapperspb.Int64Value { return wrapperspb.Int64(n) }

func repeated(n int) []*aggregationPB {
	var out []*aggregationPB
	for range n {
		out = append(out, countOf("", nil))
	}
	return out
}

var (
	infinity = math.Inf(1)
	nan      = math.NaN()
	minus0   = math.Copysign(0, -1)
)

var aggregateCases = []conformanceCase{
	{name: "total: integers", ask: totals(1, 2, 4), want: "{n:3 s:7 x:2.3333333333333335}"},
	{name: "total: doubles", ask: totals(0.5, 1.5), want: "{n:2 s:2.0 x:1.0}"},
	{name: "total: integers and doubles", ask: totals(1, 0.5), want: "{n:2 s:1.5 x:0.75}"},
	{name: "total: nothing", ask: totals(), want: "{n:0 s:0 x:null}"},
	{name: "total: no numbers", ask: totals("x", nil, true, []any{1}), want: "{n:4 s:0 x:null}"},
	{name: "total: numbers among others", ask: totals("x", 1, nil, 3), want: "{n:4 s:4 x:2.0}"},
	{name: "total: NaN", ask: totals(1, nan), want: "{n:2 s:NaN x:NaN}"},
	{name: "total: infinity", ask: totals(1, infinity), want: "{n:2 s:+Inf x:+Inf}"},
	{name: "total: both infinities", ask: totals(infinity, -infinity), want: "{n:2 s:NaN x:NaN}"},
	{name: "total: integers that overflow", ask: totals(math.MaxInt64, 1), want: "{n:2 s:9.223372036854776e+18 x:4.611686018427388e+18}"},
	{name: "total: integers that overflow downwards", ask: totals(math.MinInt64, -1), want: "{n:2 s:-9.223372036854776e+18 x:-4.611686018427388e+18}"},
	{name: "total: integers that overflow on the way", ask: totals(math.MaxInt64, 1, -2), want: "{n:3 s:9223372036854775806 x:3.0744573456182584e+18}"},
	{name: "total: doubles that overflow", ask: totals(math.MaxFloat64, math.MaxFloat64), want: "{n:2 s:+Inf x:+Inf}"},
	{name: "total: integers beyond a double's precision", ask: totals(1<<53, 1), want: "{n:2 s:9007199254740993 x:4.503599627370496e+15}"},
	{name: "total: integers beyond a double's precision beside a double", ask: totals(1<<53, 1, 0.0), want: "{n:3 s:9.007199254740992e+15 x:3.0023997515803305e+15}"},
	{name: "total: negative zero", ask: totals(minus0), want: "{n:1 s:0.0 x:0.0}"},
	{name: "total: integer and negative zero", ask: totals(0, minus0), want: "{n:2 s:0.0 x:0.0}"},
	{name: "total: doubles that add up to a whole", ask: totals(0.5, 0.5), want: "{n:2 s:1.0 x:0.5}"},
	{name: "total: integer average", ask: totals(2, 4), want: "{n:2 s:6 x:3.0}"},
	{name: "total: average of the largest integers", ask: totals(math.MaxInt64, math.MaxInt64), want: "{n:2 s:1.8446744073709552e+19 x:9.223372036854776e+18}"},

	{name: "aggregate: count alone", ask: aggregates(queryOf(), countOf("n", nil)), want: "{n:4}"},
	{name: "aggregate: count beside a sum", ask: aggregates(queryOf(), countOf("n", nil), sumOf("s", "v")), want: "{n:3 s:7}"},
	{name: "aggregate: sums of two fields", ask: aggregates(queryOf(), sumOf("s", "v"), sumOf("t", "m.x")), want: "{s:5 t:10}"},
	{name: "aggregate: field that nobody has", ask: aggregates(queryOf(), countOf("n", nil), sumOf("s", "none"), averageOf("x", "none")), want: "{n:0 s:0 x:null}"},
	{name: "aggregate: filter", ask: aggregates(queryOf(filtered(is(gt, 1))), countOf("n", nil), sumOf("s", "v")), want: "{n:2 s:6}"},
	{name: "aggregate: limit", ask: aggregates(queryOf(by("v"), limit(2)), countOf("n", nil), sumOf("s", "v")), want: "{n:2 s:3}"},
	{name: "aggregate: limit without order", ask: aggregates(queryOf(limit(3)), countOf("n", nil)), want: "{n:3}"},
	{name: "aggregate: limit 0", ask: aggregates(queryOf(limit(0)), countOf("n", nil)), want: "{n:0}"},
	{name: "aggregate: offset", ask: aggregates(queryOf(by("v"), offset(1)), countOf("n", nil), sumOf("s", "v")), want: "{n:2 s:6}"},
	{name: "aggregate: cursors", ask: aggregates(queryOf(by("v"), from(false, 1), to(false, 2)), countOf("n", nil), sumOf("s", "v")), want: "{n:1 s:2}"},
	{name: "aggregate: group", ask: aggregates(queryOf(under("c", true)), countOf("n", nil), sumOf("s", "v")), want: "{n:4 s:107}"},
	{name: "aggregate: or", ask: aggregates(queryOf(filtered(or(is(eq, 1), is(eq, 2)))), countOf("n", nil), sumOf("s", "v")), want: "{n:2 s:3}"},
	{name: "aggregate: empty result", ask: aggregates(queryOf(filtered(is(gt, 99))), countOf("n", nil), sumOf("s", "v"), averageOf("x", "v")), want: "{n:0 s:0 x:null}"},
	{name: "aggregate: up to 2", ask: aggregates(queryOf(), countOf("n", upTo(2))), want: "{n:2}"},
	{name: "aggregate: up to 9", ask: aggregates(queryOf(), countOf("n", upTo(9))), want: "{n:4}"},
	{name: "aggregate: up to 1 beside a sum", ask: aggregates(queryOf(), countOf("n", upTo(1)), sumOf("s", "v")), want: "{n:1 s:7}"},
	{name: "aggregate: up to 2 and up to 3", ask: aggregates(queryOf(), countOf("n", upTo(2)), countOf("m", upTo(3))), want: "{m:3 n:2}"},
	{name: "aggregate: up to 0", ask: aggregates(queryOf(), countOf("n", upTo(0))), want: "InvalidArgument",
		google: "{n:0}", why: "production as ours: up_to is greater than zero (query.proto, Aggregation.Count)"},
	{name: "aggregate: up to -1", ask: aggregates(queryOf(), countOf("n", upTo(-1))), want: "InvalidArgument"},
	{name: "aggregate: made up aliases", ask: aggregates(queryOf(), countOf("", nil), countOf("", upTo(1)), countOf("z", nil), countOf("", upTo(2))), want: "{field_1:4 field_2:1 field_3:2 z:4}"},
	{name: "aggregate: alias that is made up too", ask: aggregates(queryOf(), countOf("field_1", nil), countOf("", nil)), want: "InvalidArgument"},
	{name: "aggregate: alias twice", ask: aggregates(queryOf(), countOf("n", nil), countOf("n", nil)), want: "InvalidArgument"},
	{name: "aggregate: reserved alias", ask: aggregates(queryOf(), countOf("__n__", nil)), want: "InvalidArgument"},
	{name: "aggregate: alias with a space", ask: aggregates(queryOf(), countOf("a b", nil)), want: "{a b:4}"},
	{name: "aggregate: alias with a dot", ask: aggregates(queryOf(), countOf("a.b", nil)), want: "{a.b:4}"},
	{name: "aggregate: alias of 1501 bytes", ask: aggregates(queryOf(), countOf(strings.Repeat("x", 1501), nil)), want: "InvalidArgument"},
	{name: "aggregate: nothing", ask: aggregates(queryOf()), want: "InvalidArgument"},
	{name: "aggregate: five", ask: aggregates(queryOf(), repeated(5)...), want: "{field_1:4 field_2:4 field_3:4 field_4:4 field_5:4}"},
	{name: "aggregate: six", ask: aggregates(queryOf(), repeated(6)...), want: "InvalidArgument",
		google: "Unknown", why: "production as ours: at most five aggregations (query.proto, StructuredAggregationQuery); the emulator fails without a code"},
	{name: "aggregate: no operator", ask: aggregates(queryOf(), &aggregationPB{Alias: "n"}), want: "InvalidArgument"},
	{name: "aggregate: sum of no field", ask: aggregates(queryOf(), sumOf("s", "")), want: "InvalidArgument"},
	{name: "aggregate: sum of a bad path", ask: aggregates(queryOf(), sumOf("s", "a b")), want: "InvalidArgument"},
	{name: "aggregate: sum of the name", ask: aggregates(queryOf(), sumOf("s", "__name__")), want: "InvalidArgument"},
	{name: "aggregate: sum of a field not selected", ask: aggregates(queryOf(selected("k")), sumOf("s", "v")), want: "InvalidArgument"},
	{name: "aggregate: sum of a field selected", ask: aggregates(queryOf(selected("v")), sumOf("s", "v")), want: "{s:7}",
		google: "InvalidArgument", why: "production unknown"},
	{name: "aggregate: count of selected fields", ask: aggregates(queryOf(selected("k")), countOf("n", nil)), want: "{n:4}"},
	{name: "aggregate: bad query", ask: aggregates(queryOf(filtered(is(in, 1))), countOf("n", nil)), want: "InvalidArgument"},
	{name: "aggregate: no query", want: "InvalidArgument",
		google: "{n:0}", why: "production unknown: the emulator takes the empty query for one of every collection", ask: func(c *conversation) string { return c.aggregate(nil, countOf("n", nil)) }},
}
