package firestore

import (
	"math"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"pgregory.net/rapid"
)

const oracleRoot = "projects/p/databases/d/documents"

var (
	oracleScalars = []*pb.Value{
		nullValue(), boolValue(false), boolValue(true), doubleValue(math.NaN()), intValue(-1), intValue(0), doubleValue(0),
		doubleValue(0.5), intValue(1), intValue(2), stringValue(""), stringValue("a"), stringValue("a\x00"), stringValue("b"),
	}
	oracleFields = []string{"a", "b", "m.c", "tags"}
)

func drawScalar(t *rapid.T) *pb.Value { return rapid.SampledFrom(oracleScalars).Draw(t, "scalar") }

func drawArray(t *rapid.T, least int) *pb.Value {
	var values []*pb.Value
	for range rapid.IntRange(least, 3).Draw(t, "elements") {
		values = append(values, drawScalar(t))
	}
	return arrayValue(values...)
}

func drawFields(t *rapid.T) map[string]*pb.Value {
	fields := map[string]*pb.Value{}
	if rapid.Bool().Draw(t, "has a") {
		fields["a"] = drawScalar(t)
	}
	if rapid.Bool().Draw(t, "has b") {
		fields["b"] = drawScalar(t)
	}
	if rapid.Bool().Draw(t, "has c") {
		fields["m"] = mapValue(map[string]*pb.Value{"c": drawScalar(t)})
	}
	if rapid.Bool().Draw(t, "has tags") {
		fields["tags"] = drawArray(t, 0)
	}
	return fields
}

func fieldRef(path string) *pb.StructuredQuery_FieldReference {
	return &pb.StructuredQuery_FieldReference{FieldPath: path}
}

func fieldFilter(path string, op pb.StructuredQuery_FieldFilter_Operator, v *pb.Value) *pb.StructuredQuery_Filter {
	return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{
		FieldFilter: &pb.StructuredQuery_FieldFilter{Field: fieldRef(path), Op: op, Value: v},
	}}
}

func unaryFilter(path string, op pb.StructuredQuery_UnaryFilter_Operator) *pb.StructuredQuery_Filter {
	return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_UnaryFilter{
		UnaryFilter: &pb.StructuredQuery_UnaryFilter{
			OperandType: &pb.StructuredQuery_UnaryFilter_Field{Field: fieldRef(path)}, Op: op,
		},
	}}
}

func compositeFilter(op pb.StructuredQuery_CompositeFilter_Operator, parts ...*pb.StructuredQuery_Filter) *pb.StructuredQuery_Filter {
	return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_CompositeFilter{
		CompositeFilter: &pb.StructuredQuery_CompositeFilter{Op: op, Filters: parts},
	}}
}

func drawName(t *rapid.T) string {
	return oracleRoot + "/" + rapid.SampledFrom([]string{"c", "c", "o/1/c"}).Draw(t, "collection") +
		"/" + rapid.SampledFrom([]string{"1", "2", "3", "a", "a!", "b"}).Draw(t, "id")
}

func drawFilter(t *rapid.T, depth int) *pb.StructuredQuery_Filter {
	switch kind := rapid.IntRange(0, 9).Draw(t, "filter"); {
	case kind < 2 && depth < 3:
		var parts []*pb.StructuredQuery_Filter
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			parts = append(parts, drawFilter(t, depth+1))
		}
		return compositeFilter(pb.StructuredQuery_CompositeFilter_Operator(1+kind), parts...)
	case kind == 2:
		op := rapid.SampledFrom([]int32{2, 3, 4, 5}).Draw(t, "unary")
		return unaryFilter(rapid.SampledFrom(oracleFields).Draw(t, "field"), pb.StructuredQuery_UnaryFilter_Operator(op))
	case kind == 3:
		op := rapid.SampledFrom([]pb.StructuredQuery_FieldFilter_Operator{1, 2, 3, 4, 5, 6, 8, 10}).Draw(t, "name operator")
		name := referenceValue(drawName(t))
		if op == pb.StructuredQuery_FieldFilter_IN || op == pb.StructuredQuery_FieldFilter_NOT_IN {
			name = arrayValue(name, referenceValue(drawName(t)))
		}
		return fieldFilter("__name__", op, name)
	}
	op := pb.StructuredQuery_FieldFilter_Operator(rapid.IntRange(1, 10).Draw(t, "operator"))
	field := rapid.SampledFrom(oracleFields).Draw(t, "field")
	switch op {
	case pb.StructuredQuery_FieldFilter_IN, pb.StructuredQuery_FieldFilter_NOT_IN, pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:
		return fieldFilter(field, op, drawArray(t, 1))
	default:
		return fieldFilter(field, op, drawScalar(t))
	}
}

func drawCursor(t *rapid.T, orders []oracleOrder) *pb.Cursor {
	c := &pb.Cursor{Before: rapid.Bool().Draw(t, "before")}
	for _, o := range orders[:rapid.IntRange(1, len(orders)).Draw(t, "values")] {
		v := drawScalar(t)
		if o.field == "__name__" {
			v = referenceValue(drawName(t))
		}
		c.Values = append(c.Values, v)
	}
	return c
}

func drawQuery(t *rapid.T) *pb.StructuredQuery {
	sq := &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{
		{CollectionId: "c", AllDescendants: rapid.Bool().Draw(t, "descendants")},
	}}
	if rapid.IntRange(0, 3).Draw(t, "where") > 0 {
		sq.Where = drawFilter(t, 0)
	}
	fields := rapid.Permutation(append([]string{"__name__"}, oracleFields...)).Draw(t, "orders")
	fields = fields[:rapid.SampledFrom([]int{0, 0, 1, 1, 2, 3}).Draw(t, "order count")]
	for i, field := range fields {
		if field == "__name__" && i < len(fields)-1 {
			continue
		}
		sq.OrderBy = append(sq.OrderBy, &pb.StructuredQuery_Order{
			Field:     fieldRef(field),
			Direction: pb.StructuredQuery_Direction(rapid.IntRange(0, 2).Draw(t, "direction")),
		})
	}
	ordered := len(sq.GetOrderBy()) > 0
	if ordered && rapid.IntRange(0, 3).Draw(t, "start") == 0 {
		sq.StartAt = drawCursor(t, oracleOrders(sq)[:len(sq.GetOrderBy())])
	}
	if ordered && rapid.IntRange(0, 3).Draw(t, "end") == 0 {
		sq.EndAt = drawCursor(t, oracleOrders(sq)[:len(sq.GetOrderBy())])
	}
	sq.Offset = int32(rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "offset"))
	if limit := rapid.SampledFrom([]int32{-1, -1, 1, 2, 4}).Draw(t, "limit"); limit > 0 {
		sq.Limit = wrapperspb.Int32(limit)
	}
	return sq
}
