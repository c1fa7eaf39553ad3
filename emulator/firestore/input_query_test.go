package firestore

import (
	"context"
	"io"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func runRaw(t testing.TB, raw pb.FirestoreClient, req *pb.RunQueryRequest) error {
	t.Helper()
	stream, err := raw.RunQuery(context.Background(), req)
	require.NoError(t, err)
	for {
		if _, err := stream.Recv(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

var fromC = []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}}

func where(f *pb.StructuredQuery_Filter) *pb.StructuredQuery {
	return &pb.StructuredQuery{From: fromC, Where: f}
}

// op is a filter on the field a; 5 is EQUAL, 6 NOT_EQUAL, 7 ARRAY_CONTAINS, 8 IN, 9
// ARRAY_CONTAINS_ANY and 10 NOT_IN.
func op(n int32, v *pb.Value) *pb.StructuredQuery_Filter {
	return fieldFilter("a", pb.StructuredQuery_FieldFilter_Operator(n), v)
}

func and(parts ...*pb.StructuredQuery_Filter) *pb.StructuredQuery_Filter {
	return compositeFilter(pb.StructuredQuery_CompositeFilter_AND, parts...)
}

// values is an array of n different numbers.
func values(n int) *pb.Value {
	var list []*pb.Value
	for i := range n {
		list = append(list, intValue(int64(i)))
	}
	return arrayValue(list...)
}

// badQuery is a query and a part of the text it must be refused with.
type badQuery struct {
	query *pb.StructuredQuery
	want  string
}

func refuseQueries(t *testing.T, cases map[string]badQuery) {
	t.Helper()
	raw := rawClient(t, startServer(t, Options{}))
	for name, tc := range cases {
		req := &pb.RunQueryRequest{Parent: oracleRoot}
		if tc.query != nil {
			req.QueryType = &pb.RunQueryRequest_StructuredQuery{StructuredQuery: tc.query}
		}
		err := runRaw(t, raw, req)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), name)
		assert.ErrorContains(t, err, tc.want, name)
	}
}

func TestBadSources(t *testing.T) {
	refuseQueries(t, map[string]badQuery{
		"no query":              {nil, "no structured query"},
		"no collection":         {&pb.StructuredQuery{}, "exactly one collection"},
		"two collections":       {&pb.StructuredQuery{From: append(fromC, fromC...)}, "exactly one collection"},
		"a path as collection":  {&pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c/x/d"}}}, "contains a slash"},
		"a reserved collection": {&pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "__c__"}}}, "reserved"},
	})
	raw := rawClient(t, startServer(t, Options{}))
	good := &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{From: fromC}}
	for _, parent := range []string{"", testDatabase, oracleRoot + "/", oracleRoot + "/c", "projects/p"} {
		err := runRaw(t, raw, &pb.RunQueryRequest{Parent: parent, QueryType: good})
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "parent %q", parent)
	}
	assert.NoError(t, runRaw(t, raw, &pb.RunQueryRequest{Parent: oracleRoot + "/c/x", QueryType: good}))
}

func TestBadFilters(t *testing.T) {
	deep := op(5, intValue(1))
	for range 30 {
		deep = and(deep)
	}
	refuseQueries(t, map[string]badQuery{
		"filters too deep":       {where(deep), "nested deeper than 20"},
		"an empty filter":        {where(&pb.StructuredQuery_Filter{}), "a filter is empty"},
		"an empty composite":     {where(and()), "has no filters"},
		"an unknown composite":   {where(compositeFilter(7, op(5, intValue(1)))), "unknown operator"},
		"an unknown operator":    {where(op(77, intValue(1))), "unknown operator"},
		"no operator":            {where(op(0, intValue(1))), "unknown operator"},
		"an unknown unary":       {where(unaryFilter("a", 9)), "unknown operator"},
		"a filter without field": {where(fieldFilter("", 5, intValue(1))), `field path ""`},
		"a reserved field":       {where(fieldFilter("__x__", 5, intValue(1))), "reserved"},
		"a filter without value": {where(op(5, nil)), "no type"},
		"a bad value":            {where(op(5, arrayValue(arrayValue()))), "another array"},
	})
}

func TestBadCombinations(t *testing.T) {
	var ranges []*pb.StructuredQuery_Filter
	for i := range 11 {
		ranges = append(ranges, fieldFilter("f"+string(rune('a'+i)), pb.StructuredQuery_FieldFilter_LESS_THAN, intValue(1)))
	}
	or := pb.StructuredQuery_CompositeFilter_OR
	refuseQueries(t, map[string]badQuery{
		"in a number":             {where(op(8, intValue(1))), "non-empty array"},
		"in nothing":              {where(op(8, arrayValue())), "non-empty array"},
		"in 31":                   {where(op(8, values(31))), "up to 30 values, not 31"},
		"any of nothing":          {where(op(9, nil)), "non-empty array"},
		"not in 11":               {where(op(10, values(11))), "up to 10 values, not 11"},
		"too many disjunctions":   {where(and(op(8, values(6)), fieldFilter("b", 8, values(6)))), "more than 30 disjunctions"},
		"too many of a nested or": {where(compositeFilter(or, op(8, values(20)), op(8, values(20)))), "more than 30 disjunctions"},
		"two unequal":             {where(and(op(6, intValue(1)), op(6, intValue(2)))), "only one of NOT_EQUAL"},
		"not in and in":           {where(and(op(10, values(1)), fieldFilter("b", 8, values(2)))), "NOT_IN cannot be combined"},
		"two elements":            {where(and(op(7, intValue(1)), fieldFilter("b", 7, intValue(2)))), "only one of ARRAY_CONTAINS"},
		"element and any":         {where(and(op(7, intValue(1)), op(9, values(2)))), "only one of ARRAY_CONTAINS"},
		"eleven inequalities":     {where(and(ranges...)), "inequalities on 11 fields"},
		"name and a string":       {where(fieldFilter("__name__", 5, stringValue("x"))), "only be compared with a reference"},
		"name and a foreign one":  {where(fieldFilter("__name__", 5, referenceValue("projects/q/databases/d/documents/c/x"))), "not in the database"},
		"name contains":           {where(fieldFilter("__name__", 7, referenceValue(testDatabase+"/documents/c/x"))), "cannot be applied to __name__"},
		"name is null":            {where(unaryFilter("__name__", 3)), "cannot be applied to __name__"},
	})
}

func TestBadOrdersAndWindows(t *testing.T) {
	order := func(path string, direction int32) *pb.StructuredQuery_Order {
		return &pb.StructuredQuery_Order{Field: fieldRef(path), Direction: pb.StructuredQuery_Direction(direction)}
	}
	refuseQueries(t, map[string]badQuery{
		"order by a bad path":       {&pb.StructuredQuery{From: fromC, OrderBy: []*pb.StructuredQuery_Order{order("a b", 1)}}, "must be quoted"},
		"order by nothing":          {&pb.StructuredQuery{From: fromC, OrderBy: []*pb.StructuredQuery_Order{{}}}, `field path ""`},
		"order after the name":      {&pb.StructuredQuery{From: fromC, OrderBy: []*pb.StructuredQuery_Order{order("__name__", 1), order("a", 1)}}, "comes after __name__"},
		"inequality after the name": {&pb.StructuredQuery{From: fromC, Where: op(3, intValue(1)), OrderBy: []*pb.StructuredQuery_Order{order("__name__", 1)}}, "comes after __name__"},
		"order by twice":            {&pb.StructuredQuery{From: fromC, OrderBy: []*pb.StructuredQuery_Order{order("a", 1), order("a", 2)}}, "given twice"},
		"an unknown direction":      {&pb.StructuredQuery{From: fromC, OrderBy: []*pb.StructuredQuery_Order{order("a", 3)}}, "unknown direction"},
		"a cursor too long":         {&pb.StructuredQuery{From: fromC, StartAt: &pb.Cursor{Values: values(2).GetArrayValue().GetValues()}}, "start_at has 2 values for 0 orders"},
		"a cursor that is no name":  {&pb.StructuredQuery{From: fromC, OrderBy: []*pb.StructuredQuery_Order{order("__name__", 1)}, EndAt: &pb.Cursor{Values: values(1).GetArrayValue().GetValues()}}, "end_at: __name__"},
		"a cursor without type": {&pb.StructuredQuery{From: fromC, OrderBy: []*pb.StructuredQuery_Order{order("a", 1)},
			EndAt: &pb.Cursor{Values: []*pb.Value{{}}}}, "end_at: the value has no type"},
		"a negative limit":  {&pb.StructuredQuery{From: fromC, Limit: wrapperspb.Int32(-1)}, "limit -1 is negative"},
		"a negative offset": {&pb.StructuredQuery{From: fromC, Offset: -1}, "offset -1 is negative"},
		"a bad projection":  {&pb.StructuredQuery{From: fromC, Select: &pb.StructuredQuery_Projection{Fields: []*pb.StructuredQuery_FieldReference{fieldRef("a.")}}}, `field path "a."`},
	})
}
