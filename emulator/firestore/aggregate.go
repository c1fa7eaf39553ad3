package firestore

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// maxAggregations is how many aggregations one request computes.
// Source: query.proto, StructuredAggregationQuery, read 2026-11-21.
const maxAggregations = 5

// entriesPerRead is how many index entries an aggregation matches for each document read it is billed.
// Source: cloud.google.com/firestore/docs/query-data/aggregation-queries, read 2026-11-21.
const entriesPerRead = 1000

// aggregation is one value to compute over a query's result.
type aggregation struct {
	alias   string
	upTo    int64     // of a count: where it stops; 0 is at the end
	field   fieldPath // of a sum or an average; nil for a count
	average bool
}

// RunAggregationQuery computes counts, sums and averages over a query's result, all as of one moment.
// Only documents that have every aggregated field take part, in counts too; the query's offset and
// limit apply to those. Google's emulator 1.19.9 does the same.
func (s *service) RunAggregationQuery(req *pb.RunAggregationQueryRequest, stream pb.Firestore_RunAggregationQueryServer) error {
	ctx := stream.Context()
	if err := s.admit(ctx, "RunAggregationQuery", req); err != nil {
		return err
	}
	if req.GetConsistencySelector() != nil {
		return noSelector("RunAggregationQuery", req.GetReadTime() != nil)
	}
	if req.GetExplainOptions() != nil {
		return unimplemented("RunAggregationQuery with explain_options is not implemented")
	}
	q, list, err := readAggregationQuery(req.GetParent(), req.GetStructuredAggregationQuery())
	if err != nil {
		return err
	}
	if err := s.opts.Indexes.check(q); err != nil {
		return err
	}
	db := s.database(q.db)
	found, at := s.runQuery(db, q)
	matched := len(found.docs) + found.skipped
	s.billQuery(ctx, db, "RunAggregationQuery", q, (matched+entriesPerRead-1)/entriesPerRead, nil)
	fields := make(map[string]*pb.Value, len(list))
	for _, a := range list {
		fields[a.alias] = a.over(found.docs)
	}
	return stream.Send(&pb.RunAggregationQueryResponse{
		Result:   &pb.AggregationResult{AggregateFields: fields},
		ReadTime: timestamp(at),
	})
}

// readAggregationQuery checks a request and plans its query, which finds only what is aggregated.
func readAggregationQuery(parent string, req *pb.StructuredAggregationQuery) (*query, []aggregation, error) {
	q, err := parseQuery(parent, req.GetStructuredQuery())
	if err != nil {
		return nil, nil, err
	}
	list, err := readAggregations(req.GetAggregations())
	if err != nil {
		return nil, nil, err
	}
	for _, a := range list {
		if a.field == nil {
			continue
		}
		if !q.mask.shows(a.field) {
			return nil, nil, invalid("the aggregated field %q is not among the selected fields", a.field)
		}
		q.aggregate(a.field)
	}
	slices.SortFunc(q.aggregated, func(a, b fieldPath) int { return strings.Compare(a.String(), b.String()) })
	q.limit = min(q.limit, enough(list, q.limit))
	q.plan()
	return q, list, nil
}

func readAggregations(list []*pb.StructuredAggregationQuery_Aggregation) ([]aggregation, error) {
	if n := len(list); n == 0 || n > maxAggregations {
		return nil, invalid("a request has 1 to %d aggregations, not %d", maxAggregations, n)
	}
	out := make([]aggregation, len(list))
	unnamed := 0
	seen := map[string]bool{}
	for i, a := range list {
		alias := a.GetAlias()
		if alias == "" {
			unnamed++
			alias = fmt.Sprintf("field_%d", unnamed)
		}
		if err := checkFieldName(alias); err != nil {
			return nil, invalid("aggregation alias: %s", message(err))
		}
		if seen[alias] {
			return nil, invalid("aggregation alias %q is used twice", alias)
		}
		seen[alias] = true
		var err error
		if out[i], err = readAggregation(a); err != nil {
			return nil, invalid("aggregation %q: %s", alias, message(err))
		}
		out[i].alias = alias
	}
	return out, nil
}

func readAggregation(a *pb.StructuredAggregationQuery_Aggregation) (out aggregation, err error) {
	switch t := a.GetOperator().(type) {
	case *pb.StructuredAggregationQuery_Aggregation_Count_:
		out.upTo = t.Count.GetUpTo().GetValue()
		if t.Count.GetUpTo() != nil && out.upTo <= 0 {
			return out, invalid("up_to %d is not greater than zero", out.upTo)
		}
	case *pb.StructuredAggregationQuery_Aggregation_Sum_:
		out.field, err = parseFieldPath(t.Sum.GetField().GetFieldPath())
	case *pb.StructuredAggregationQuery_Aggregation_Avg_:
		out.average = true
		out.field, err = parseFieldPath(t.Avg.GetField().GetFieldPath())
	default:
		err = invalid("it has no operator this server knows")
	}
	return out, err
}

// enough is how many documents decide every aggregation: no more than the largest bound when all are
// bounded counts.
func enough(list []aggregation, limit int) int {
	most := int64(0)
	for _, a := range list {
		if a.upTo == 0 {
			return limit
		}
		most = max(most, a.upTo)
	}
	return int(min(most, int64(limit)))
}

func (a aggregation) over(docs []*document) *pb.Value {
	if a.field == nil {
		n := int64(len(docs))
		if a.upTo > 0 {
			n = min(n, a.upTo)
		}
		return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: n}}
	}
	var t total
	for _, d := range docs {
		t.add(a.field.in(d.pb.GetFields()))
	}
	if a.average {
		return t.average()
	}
	return t.sum()
}

// total adds up the numbers among values. Integers add up exactly, however large, before they meet
// doubles. Source of the results: query.proto, Aggregation.Sum and Avg, read 2026-11-21.
type total struct {
	numbers  int64
	integers big.Int
	doubles  float64
	double   bool // there was a double
}

func (t *total) add(v *pb.Value) {
	switch n := v.GetValueType().(type) {
	case *pb.Value_IntegerValue:
		t.numbers++
		t.integers.Add(&t.integers, big.NewInt(n.IntegerValue))
	case *pb.Value_DoubleValue:
		t.numbers++
		t.double = true
		t.doubles += n.DoubleValue
	}
}

func (t *total) float() float64 {
	f, _ := new(big.Float).SetInt(&t.integers).Float64()
	return f + t.doubles
}

// sum is an integer, 0 for no numbers, unless there was a double or it does not fit.
func (t *total) sum() *pb.Value {
	if !t.double && t.integers.IsInt64() {
		return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: t.integers.Int64()}}
	}
	return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: t.float()}}
}

// average is a double, or null for no numbers.
func (t *total) average() *pb.Value {
	if t.numbers == 0 {
		return &pb.Value{ValueType: &pb.Value_NullValue{}}
	}
	return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: t.float() / float64(t.numbers)}}
}
