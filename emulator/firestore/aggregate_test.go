package firestore

import (
	"context"
	"fmt"
	"math"
	"testing"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"pgregory.net/rapid"
)

type aggregationPB = pb.StructuredAggregationQuery_Aggregation

func countOf(alias string, upTo *wrapperspb.Int64Value) *aggregationPB {
	return &aggregationPB{Alias: alias, Operator: &pb.StructuredAggregationQuery_Aggregation_Count_{
		Count: &pb.StructuredAggregationQuery_Aggregation_Count{UpTo: upTo}}}
}

func sumOf(alias, path string) *aggregationPB {
	return &aggregationPB{Alias: alias, Operator: &pb.StructuredAggregationQuery_Aggregation_Sum_{
		Sum: &pb.StructuredAggregationQuery_Aggregation_Sum{Field: fieldRef(path)}}}
}

func averageOf(alias, path string) *aggregationPB {
	return &aggregationPB{Alias: alias, Operator: &pb.StructuredAggregationQuery_Aggregation_Avg_{
		Avg: &pb.StructuredAggregationQuery_Aggregation_Avg{Field: fieldRef(path)}}}
}

func aggregationRequest(sq *pb.StructuredQuery, list ...*aggregationPB) *pb.RunAggregationQueryRequest {
	return &pb.RunAggregationQueryRequest{Parent: oracleRoot, QueryType: &pb.RunAggregationQueryRequest_StructuredAggregationQuery{
		StructuredAggregationQuery: &pb.StructuredAggregationQuery{
			QueryType:    &pb.StructuredAggregationQuery_StructuredQuery{StructuredQuery: sq},
			Aggregations: list,
		}}}
}

func aggregateRaw(t *testing.T, raw pb.FirestoreClient, req *pb.RunAggregationQueryRequest) (map[string]*pb.Value, error) {
	t.Helper()
	stream, err := raw.RunAggregationQuery(context.Background(), req)
	require.NoError(t, err)
	resp, err := stream.Recv()
	if err == nil {
		assert.NotNil(t, resp.GetReadTime())
	}
	return resp.GetResult().GetAggregateFields(), err
}

// countSumAverage are the three aggregations of n, as the client sees them.
func countSumAverage(t *testing.T, q firestore.Query) []any {
	t.Helper()
	result, err := q.NewAggregationQuery().WithCount("count").WithSum("n", "sum").WithAvg("n", "average").Get(context.Background())
	require.NoError(t, err)
	require.Len(t, result, 3)
	var out []any
	for _, alias := range []string{"count", "sum", "average"} {
		switch v := result[alias].(*pb.Value).GetValueType().(type) {
		case *pb.Value_IntegerValue:
			out = append(out, int(v.IntegerValue))
		case *pb.Value_DoubleValue:
			out = append(out, v.DoubleValue)
		case *pb.Value_NullValue:
			out = append(out, nil)
		}
	}
	return out
}

func TestAggregations(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{
		"c/1": {"n": 1, "k": "a"}, "c/2": {"n": 2, "k": "a"}, "c/3": {"n": 4, "k": "b"}, "c/none": {"k": "a"}, "c/deep/c/5": {"n": 50},
		"mixed/1": {"n": 1}, "mixed/2": {"n": 0.5}, "mixed/text": {"n": "9"}, "mixed/null": {"n": nil}, "mixed/list": {"n": []any{1}},
		"text/1": {"n": "1"}, "nan/1": {"n": 1}, "nan/2": {"n": math.NaN()},
		"inf/1": {"n": math.Inf(1)}, "inf/2": {"n": 1}, "infs/1": {"n": math.Inf(1)}, "infs/2": {"n": math.Inf(-1)},
		"large/1": {"n": math.MaxInt64}, "large/2": {"n": 1}, "large/3": {"n": -2}, "over/1": {"n": math.MaxInt64}, "over/2": {"n": math.MaxInt64},
		"under/1": {"n": math.MinInt64}, "under/2": {"n": -1},
	})
	col := c.Collection("c")
	for name, tc := range map[string]struct {
		query firestore.Query
		want  []any
	}{
		"numbers":              {col.Query, []any{3, 7, 7.0 / 3}},
		"filter":               {col.Where("k", "==", "a"), []any{2, 3, 1.5}},
		"range":                {col.Where("n", ">", 1), []any{2, 6, 3.0}},
		"alternatives":         {col.Where("k", "in", []any{"a", "b", "c"}), []any{3, 7, 7.0 / 3}},
		"group":                {c.CollectionGroup("c").Query, []any{4, 57, 14.25}},
		"limit":                {col.OrderBy("n", firestore.Desc).Limit(2), []any{2, 6, 3.0}},
		"limit to last":        {col.OrderBy("n", firestore.Asc).LimitToLast(2), []any{2, 6, 3.0}},
		"offset":               {col.OrderBy("n", firestore.Asc).Offset(1), []any{2, 6, 3.0}},
		"limit by name":        {col.OrderBy(firestore.DocumentID, firestore.Desc).Limit(2), []any{2, 6, 3.0}},
		"cursors":              {col.OrderBy("n", firestore.Asc).StartAfter(1).EndBefore(4), []any{1, 2, 2.0}},
		"limit zero":           {col.Limit(0), []any{0, 0, nil}},
		"no documents":         {c.Collection("void").Query, []any{0, 0, nil}},
		"nothing found":        {col.Where("n", ">", 100), []any{0, 0, nil}},
		"integers and doubles": {c.Collection("mixed").Query, []any{5, 1.5, 0.75}},
		"no numbers":           {c.Collection("text").Query, []any{1, 0, nil}},
		"infinity":             {c.Collection("inf").Query, []any{2, math.Inf(1), math.Inf(1)}},
		"fits at the end":      {c.Collection("large").Query, []any{3, math.MaxInt64 - 1, float64(math.MaxInt64) / 3}},
		"too large":            {c.Collection("over").Query, []any{2, float64(1 << 64), float64(1 << 63)}},
		"too small":            {c.Collection("under").Query, []any{2, -float64(1 << 63), -float64(1 << 62)}},
	} {
		assert.Equal(t, tc.want, countSumAverage(t, tc.query), name)
	}
	for _, name := range []string{"nan", "infs"} {
		got := countSumAverage(t, c.Collection(name).Query)
		assert.Equal(t, 2, got[0], name)
		assert.True(t, math.IsNaN(got[1].(float64)), name)
		assert.True(t, math.IsNaN(got[2].(float64)), name)
	}
}

func TestAggregationsTogether(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{
		"c/a": {"n": 1, "m": map[string]any{"x": 10}}, "c/b": {"n": 2}, "c/d": {"n": "text", "m": map[string]any{"x": 20}}, "c/e": {"m": map[string]any{"x": 5}},
	})
	parent := "projects/" + c.project + "/databases/(default)/documents"
	for name, tc := range map[string]struct {
		list []*aggregationPB
		want map[string]any
	}{
		"a count alone counts all": {[]*aggregationPB{countOf("all", nil)}, map[string]any{"all": 4}},
		"only documents with every field": {[]*aggregationPB{countOf("c", nil), sumOf("n", "n"), sumOf("x", "m.x"), averageOf("ax", "m.x")},
			map[string]any{"c": 2, "n": 1, "x": 30, "ax": 15.0}},
		"counts stop": {[]*aggregationPB{countOf("one", wrapperspb.Int64(1)), countOf("three", wrapperspb.Int64(3)), countOf("nine", wrapperspb.Int64(9))},
			map[string]any{"one": 1, "three": 3, "nine": 4}},
		"a count stops, a sum does not": {[]*aggregationPB{countOf("one", wrapperspb.Int64(1)), sumOf("n", "n")}, map[string]any{"one": 1, "n": 3}},
		"names are made up": {[]*aggregationPB{countOf("", wrapperspb.Int64(1)), countOf("named", nil), sumOf("", "n")},
			map[string]any{"field_1": 1, "named": 3, "field_2": 3}},
		"odd aliases": {[]*aggregationPB{countOf("a b", nil), countOf("a.b", nil)}, map[string]any{"a b": 4, "a.b": 4}},
	} {
		req := aggregationRequest(where(nil), tc.list...)
		req.Parent = parent
		got, err := aggregateRaw(t, c.raw, req)
		require.NoError(t, err, name)
		assert.True(t, sameFields(fieldsOf(tc.want), got), "%s: %v", name, got)
	}
}

func TestBadAggregations(t *testing.T) {
	raw := rawClient(t, startServer(t, Options{}))
	some := []*aggregationPB{countOf("", nil)}
	selected := where(nil)
	selected.Select = &pb.StructuredQuery_Projection{Fields: []*pb.StructuredQuery_FieldReference{fieldRef("m"), fieldRef("n.x")}}
	for want, req := range map[string]*pb.RunAggregationQueryRequest{
		"no structured query":           {Parent: oracleRoot},
		"1 to 5 aggregations, not 0":    aggregationRequest(where(nil)),
		"1 to 5 aggregations, not 6":    aggregationRequest(where(nil), countOf("", nil), countOf("", nil), countOf("", nil), countOf("", nil), countOf("", nil), countOf("", nil)),
		"no operator":                   aggregationRequest(where(nil), &aggregationPB{Alias: "x"}),
		`alias "x" is used twice`:       aggregationRequest(where(nil), countOf("x", nil), sumOf("x", "n")),
		`alias "field_1" is used twice`: aggregationRequest(where(nil), countOf("field_1", nil), countOf("", nil)),
		`field name "__x__"`:            aggregationRequest(where(nil), countOf("__x__", nil)),
		"up_to 0 is not greater":        aggregationRequest(where(nil), countOf("", wrapperspb.Int64(0))),
		"up_to -1 is not greater":       aggregationRequest(where(nil), countOf("", wrapperspb.Int64(-1))),
		`field path "a..b"`:             aggregationRequest(where(nil), sumOf("", "a..b")),
		`field path ""`:                 aggregationRequest(where(nil), averageOf("", "")),
		`field name "__name__"`:         aggregationRequest(where(nil), sumOf("", "__name__")),
		"exactly one collection":        aggregationRequest(&pb.StructuredQuery{}, some...),
		`field "n" is not among`:        aggregationRequest(selected, sumOf("", "m.x"), sumOf("", "n")),
		"limit -1 is negative":          aggregationRequest(&pb.StructuredQuery{From: fromC, Limit: wrapperspb.Int32(-1)}, some...),
	} {
		_, err := aggregateRaw(t, raw, req)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), want)
		assert.ErrorContains(t, err, want)
	}
}

// TestAggregationsNeedIndexes expects the aggregated fields in the index behind the query's own.
func TestAggregationsNeedIndexes(t *testing.T) {
	indexes, err := ParseIndexes([]byte(`{"indexes": [
	  {"collectionGroup": "c", "fields": [{"fieldPath": "k", "order": "ASCENDING"}, {"fieldPath": "n", "order": "ASCENDING"}]}],
	  "fieldOverrides": [{"collectionGroup": "c", "fieldPath": "secret", "indexes": []}]}`))
	require.NoError(t, err)
	c := newClient(t, startServer(t, Options{Indexes: indexes}))
	col := c.Collection("c")
	sum := func(q firestore.Query, fields ...string) error {
		a := q.NewAggregationQuery().WithCount("count")
		for _, f := range fields {
			a = a.WithSum(f, f)
		}
		_, err := a.Get(context.Background())
		return err
	}
	for name, err := range map[string]error{
		"count":                     sum(col.Query),
		"count of a filter":         sum(col.Where("x", "==", 1)),
		"a field alone":             sum(col.Query, "x"),
		"the field of the range":    sum(col.Where("x", ">", 1), "x"),
		"the field of the equality": sum(col.Where("x", "==", 1), "x"),
		"equality and field":        sum(col.Where("k", "==", 1), "n"),
		"range and field":           sum(col.Where("k", ">", 1), "n"),
	} {
		assert.NoError(t, err, name)
	}
	for want, err := range map[string]error{
		`{"fieldPath":"x","order":"ASCENDING"},{"fieldPath":"n","order":"ASCENDING"}`:   sum(col.Where("x", "==", 1), "n"),
		`{"fieldPath":"n","order":"ASCENDING"},{"fieldPath":"x","order":"ASCENDING"}`:   sum(col.Query, "x", "n"),
		`{"fieldPath":"n","order":"ASCENDING"},{"fieldPath":"k","order":"ASCENDING"}`:   sum(col.Where("n", ">", 1), "k"),
		`{"fieldPath":"k","order":"DESCENDING"},{"fieldPath":"n","order":"DESCENDING"}`: sum(col.OrderBy("k", firestore.Asc).LimitToLast(1), "n"),
		`"fieldPath":"secret"`: sum(col.Query, "secret"),
	} {
		assert.Equal(t, codes.FailedPrecondition, status.Code(err), want)
		assert.ErrorContains(t, err, want)
	}
}

// TestAggregationsBillPerThousandEntries also expects a bounded count to stop looking.
func TestAggregationsBillPerThousandEntries(t *testing.T) {
	var bill ledger
	c := newClient(t, startServer(t, Options{Observe: bill.observe}))
	docs := map[string]map[string]any{}
	for i := range 2001 {
		docs[fmt.Sprintf("c/%04d", i)] = map[string]any{"v": i}
	}
	c.fill(t, docs)
	parent := "projects/" + c.project + "/databases/(default)/documents"
	for name, tc := range map[string]struct {
		sq   *pb.StructuredQuery
		list []*aggregationPB
		want int
	}{
		"all":              {where(nil), []*aggregationPB{countOf("", nil)}, 3},
		"a thousand":       {&pb.StructuredQuery{From: fromC, Limit: wrapperspb.Int32(1000)}, []*aggregationPB{countOf("", nil)}, 1},
		"one more":         {&pb.StructuredQuery{From: fromC, Limit: wrapperspb.Int32(1001)}, []*aggregationPB{countOf("", nil)}, 2},
		"skipped ones too": {&pb.StructuredQuery{From: fromC, Offset: 1000, Limit: wrapperspb.Int32(1)}, []*aggregationPB{countOf("", nil)}, 2},
		"none":             {where(fieldFilter("v", 5, intValue(-1))), []*aggregationPB{sumOf("", "v")}, 1},
		"a bounded count":  {where(nil), []*aggregationPB{countOf("", wrapperspb.Int64(1)), countOf("", wrapperspb.Int64(1000))}, 1},
		"a sum beside it":  {where(nil), []*aggregationPB{countOf("", wrapperspb.Int64(1)), sumOf("", "v")}, 3},
	} {
		bill.taken()
		req := aggregationRequest(tc.sq, tc.list...)
		req.Parent = parent
		_, err := aggregateRaw(t, c.raw, req)
		require.NoError(t, err, name)
		assert.Equal(t, []string{fmt.Sprintf("RunAggregationQuery %d read c ", tc.want)}, bill.taken(), name)
	}
}

// TestAggregationsAgainstOracle counts and adds the oracle's result of random queries by hand.
func TestAggregationsAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(Options{}).service
		docs := map[string]*pb.Document{}
		for range rapid.IntRange(1, 6).Draw(t, "commits") {
			commitRandom(t, s, docs)
		}
		sq := drawQuery(t)
		field := rapid.SampledFrom([]string{"a", "m.c"}).Draw(t, "aggregated")
		q, list, err := readAggregationQuery(oracleRoot, &pb.StructuredAggregationQuery{
			QueryType:    &pb.StructuredAggregationQuery_StructuredQuery{StructuredQuery: sq},
			Aggregations: []*aggregationPB{countOf("count", nil), sumOf("sum", field), averageOf("average", field)},
		})
		if err != nil {
			return
		}
		with := map[string]*pb.Document{}
		for name, d := range docsFor(q, docs) {
			if oracleValue(d, field) != nil {
				with[name] = d
			}
		}
		names := oracleRun(sq, with)
		sum, numbers, double := 0.0, 0, false
		for _, name := range names {
			switch v := oracleValue(docs[name], field); v.GetValueType().(type) {
			case *pb.Value_IntegerValue:
				sum, numbers = sum+float64(v.GetIntegerValue()), numbers+1
			case *pb.Value_DoubleValue:
				sum, numbers, double = sum+v.GetDoubleValue(), numbers+1, true
			}
		}
		want := []*pb.Value{intValue(int64(len(names))), doubleValue(sum), doubleValue(sum / float64(numbers))}
		if !double {
			want[1] = intValue(int64(sum))
		}
		if numbers == 0 {
			want[2] = nullValue()
		}
		found, _ := s.runQuery(s.database(q.db), q)
		for i, a := range list {
			got := a.over(found.docs)
			if !sameValue(want[i], got) && !(math.IsNaN(want[i].GetDoubleValue()) && math.IsNaN(got.GetDoubleValue())) {
				t.Fatalf("query %v\n%s of %s is %v, want %v\nin %v", sq, a.alias, field, got, want[i], docs)
			}
		}
	})
}
