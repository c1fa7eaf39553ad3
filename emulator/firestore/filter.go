package firestore

import (
	"math"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// Limits on filters. Source of the first two: firebase.google.com/docs/firestore/query-data/queries and
// query.proto, read 2026-11-21. maxFilterDepth is this server's own, so that a request cannot exhaust
// the stack. maxInequalityFields is unverified.
const (
	maxDisjunctions     = 30
	maxNotIn            = 10
	maxFilterDepth      = 20
	maxInequalityFields = 10
)

// maxComponents is how many filters one disjunction may have, together with the query's orders and one for a parent document.
// Source: firebase.google.com/docs/firestore/query-data/queries, read 2026-11-21, and Google's emulator 1.19.9.
const maxComponents = 100

// filterReader turns a filter tree into its disjunctive normal form and keeps what the rules about
// combinations need to know.
type filterReader struct {
	db       databaseName
	negative int // NOT_EQUAL, NOT_IN, IS_NOT_NULL, IS_NOT_NAN
	notIn    bool
	widening bool // OR, IN or ARRAY_CONTAINS_ANY
	unequal  []fieldPath
}

// readFilter returns the alternatives of a filter; no filter is one empty alternative. unequal are the
// fields with an inequality, those too in alternatives that are left out because nothing satisfies them.
func readFilter(db databaseName, f *pb.StructuredQuery_Filter) (alternatives []conjunction, unequal []fieldPath, err error) {
	if f == nil {
		return []conjunction{nil}, nil, nil
	}
	r := &filterReader{db: db}
	if alternatives, err = r.filter(f, 0); err != nil {
		return nil, nil, err
	}
	switch {
	case r.negative > 1:
		return nil, nil, invalid("a query may have only one of NOT_EQUAL, NOT_IN, IS_NOT_NULL and IS_NOT_NAN")
	case r.notIn && r.widening:
		return nil, nil, invalid("NOT_IN cannot be combined with OR, IN or ARRAY_CONTAINS_ANY")
	}
	for _, c := range alternatives {
		if err := checkContains(c); err != nil {
			return nil, nil, err
		}
	}
	return alternatives, r.unequal, nil
}

func checkContains(c conjunction) error {
	n := 0
	for i := range c {
		if c[i].op == opContains {
			n++
		}
	}
	if n > 1 {
		return invalid("a disjunction may have only one of ARRAY_CONTAINS and ARRAY_CONTAINS_ANY")
	}
	return nil
}

func (r *filterReader) filter(f *pb.StructuredQuery_Filter, depth int) ([]conjunction, error) {
	if depth > maxFilterDepth {
		return nil, invalid("filters are nested deeper than %d levels", maxFilterDepth)
	}
	switch t := f.GetFilterType().(type) {
	case *pb.StructuredQuery_Filter_CompositeFilter:
		return r.composite(t.CompositeFilter, depth)
	case *pb.StructuredQuery_Filter_FieldFilter:
		return r.field(t.FieldFilter)
	case *pb.StructuredQuery_Filter_UnaryFilter:
		return r.unary(t.UnaryFilter)
	default:
		return nil, invalid("a filter is empty")
	}
}

func (r *filterReader) composite(f *pb.StructuredQuery_CompositeFilter, depth int) ([]conjunction, error) {
	if len(f.GetFilters()) == 0 {
		return nil, invalid("a composite filter has no filters")
	}
	var out []conjunction
	switch f.GetOp() {
	case pb.StructuredQuery_CompositeFilter_AND:
		out = []conjunction{nil}
	case pb.StructuredQuery_CompositeFilter_OR:
		r.widening = r.widening || len(f.GetFilters()) > 1
	default:
		return nil, invalid("a composite filter has the unknown operator %s", f.GetOp())
	}
	for _, part := range f.GetFilters() {
		alternatives, err := r.filter(part, depth+1)
		if err != nil {
			return nil, err
		}
		if f.GetOp() == pb.StructuredQuery_CompositeFilter_AND {
			alternatives = product(out, alternatives)
			out = nil
		}
		out = append(out, alternatives...)
		if slices.ContainsFunc(out, func(c conjunction) bool { return len(c) > maxComponents }) {
			return nil, invalid("a disjunction has more than %d filters", maxComponents)
		}
		if len(out) > maxDisjunctions {
			return nil, invalid("the query has more than %d disjunctions after IN, ARRAY_CONTAINS_ANY and OR are multiplied out", maxDisjunctions)
		}
	}
	return out, nil
}

// product joins every alternative of a with every one of b.
func product(a, b []conjunction) []conjunction {
	out := make([]conjunction, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			joined := make(conjunction, 0, len(x)+len(y))
			out = append(out, append(append(joined, x...), y...))
		}
	}
	return out
}

// The encodings that no comparison by a field filter is true for; the unary filters find them. In an
// IN or an ARRAY_CONTAINS_ANY the other values still count. Source: what the JavaScript SDK's
// integration tests expect of the service (query.test.ts) and Google's emulator 1.19.9, 2026-11.
var (
	nullKey = encoded(nil)
	nanKey  = encoded(&pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: math.NaN()}})
)

// matching makes one alternative for each value that something can be equal to.
func matching(path fieldPath, op operator, values []string) []conjunction {
	return alternatives(path, op, slices.DeleteFunc(values, incomparable))
}

// ranged is the alternative of a range, which orders by its field even when it is never true.
func (r *filterReader) ranged(path fieldPath, op operator, values []string) []conjunction {
	r.unequal = append(r.unequal, path)
	if incomparable(values[0]) {
		op = opNever
	}
	return alternatives(path, op, values)
}

// except is the alternative of a negative operator.
func (r *filterReader) except(p predicate) []conjunction {
	r.negative++
	r.unequal = append(r.unequal, p.path)
	return []conjunction{{p}}
}

func incomparable(value string) bool { return value == nullKey || value == nanKey }

// alternatives makes one conjunction of one predicate for each value.
func alternatives(path fieldPath, op operator, values []string) []conjunction {
	out := make([]conjunction, len(values))
	for i, v := range values {
		out[i] = conjunction{{path, op, []string{v}}}
	}
	return out
}

func (r *filterReader) unary(f *pb.StructuredQuery_UnaryFilter) ([]conjunction, error) {
	path, err := readFilterField(f.GetField())
	if err != nil {
		return nil, err
	}
	if path.isName() {
		return nil, invalid("%s cannot be applied to __name__", f.GetOp())
	}
	switch f.GetOp() {
	case pb.StructuredQuery_UnaryFilter_IS_NULL:
		return alternatives(path, opEqual, []string{nullKey}), nil
	case pb.StructuredQuery_UnaryFilter_IS_NAN:
		return alternatives(path, opEqual, []string{nanKey}), nil
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NULL:
		return r.except(predicate{path, opExcept, nil}), nil
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NAN:
		return r.except(predicate{path, opExcept, []string{nanKey}}), nil
	default:
		return nil, invalid("a unary filter has the unknown operator %s", f.GetOp())
	}
}

func (r *filterReader) field(f *pb.StructuredQuery_FieldFilter) ([]conjunction, error) {
	path, err := readFilterField(f.GetField())
	if err != nil {
		return nil, err
	}
	values, err := r.operands(path, f)
	if err != nil {
		return nil, err
	}
	switch f.GetOp() {
	case pb.StructuredQuery_FieldFilter_EQUAL:
		return matching(path, opEqual, values), nil
	case pb.StructuredQuery_FieldFilter_LESS_THAN:
		return r.ranged(path, opLess, values), nil
	case pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL:
		return r.ranged(path, opLessOrEqual, values), nil
	case pb.StructuredQuery_FieldFilter_GREATER_THAN:
		return r.ranged(path, opGreater, values), nil
	case pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL:
		return r.ranged(path, opGreaterOrEqual, values), nil
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:
		return matching(path, opContains, values), nil
	case pb.StructuredQuery_FieldFilter_IN:
		r.widening = true
		return matching(path, opEqual, values), nil
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:
		r.widening = true
		return matching(path, opContains, values), nil
	case pb.StructuredQuery_FieldFilter_NOT_EQUAL:
		return r.except(notIn(path, values)), nil
	case pb.StructuredQuery_FieldFilter_NOT_IN:
		r.notIn = true
		return r.except(notIn(path, values)), nil
	default:
		return nil, invalid("the filter on %q has the unknown operator %s", path, f.GetOp())
	}
}

// notIn is NOT_IN and NOT_EQUAL. It is never true when null is among the values: a comparison with null is not known to differ.
func notIn(path fieldPath, values []string) predicate {
	for _, v := range values {
		if v == nullKey {
			return predicate{path, opNever, values}
		}
	}
	return predicate{path, opExcept, values}
}

// operands reads a filter's value, or the distinct values of an operator that takes a list.
func (r *filterReader) operands(path fieldPath, f *pb.StructuredQuery_FieldFilter) ([]string, error) {
	limit := maxDisjunctions
	switch f.GetOp() {
	case pb.StructuredQuery_FieldFilter_IN, pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:
	case pb.StructuredQuery_FieldFilter_NOT_IN:
		limit = maxNotIn
	default:
		v, err := r.operand(path, f.GetOp(), f.GetValue())
		return []string{v}, err
	}
	list, isArray := f.GetValue().GetValueType().(*pb.Value_ArrayValue)
	if !isArray || len(list.ArrayValue.GetValues()) == 0 {
		return nil, invalid("%s on %q needs a non-empty array", f.GetOp(), path)
	}
	if n := len(list.ArrayValue.GetValues()); n > limit {
		return nil, invalid("%s on %q supports up to %d values, not %d", f.GetOp(), path, limit, n)
	}
	var out []string
	seen := map[string]bool{}
	for _, value := range list.ArrayValue.GetValues() {
		v, err := r.operand(path, f.GetOp(), value)
		if err != nil {
			return nil, err
		}
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out, nil
}

func (r *filterReader) operand(path fieldPath, op pb.StructuredQuery_FieldFilter_Operator, v *pb.Value) (string, error) {
	if path.isName() {
		if op == pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS || op == pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY {
			return "", invalid("%s cannot be applied to __name__", op)
		}
		return nameOperand(r.db, v)
	}
	size, err := checkValue(v)
	if err != nil {
		return "", invalid("the filter on %q: %s", path, message(err))
	}
	if _, isMap := v.GetValueType().(*pb.Value_MapValue); isMap && !isVector(v) {
		size -= 32
	}
	if size > maxIndexedBytes && !isVector(v) {
		return "", invalid("value for %s is too large to be used in a query", path)
	}
	return encoded(v), nil
}

// nameOperand is the key of the document that a reference value names.
func nameOperand(db databaseName, v *pb.Value) (string, error) {
	ref, ok := v.GetValueType().(*pb.Value_ReferenceValue)
	if !ok {
		return "", invalid("__name__ can only be compared with a reference")
	}
	path, err := parseDocumentIn(db, ref.ReferenceValue)
	if err != nil {
		return "", err
	}
	return documentKey(path), nil
}

func documentKey(path string) string { return string(appendPath(nil, path)) }

func readFilterField(f *pb.StructuredQuery_FieldReference) (fieldPath, error) {
	if f.GetFieldPath() == nameField {
		return fieldPath{nameField}, nil
	}
	return parseFieldPath(f.GetFieldPath())
}
