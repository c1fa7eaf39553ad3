package firestore

import (
	"math"
	"slices"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// transform is a checked field transform. next computes the field's new value and the result to
// answer from the old value, nil when the field is missing, and the time of the request.
type transform struct {
	path fieldPath
	next func(old *pb.Value, now int64) (value, result *pb.Value)
}

func readTransforms(list []*pb.DocumentTransform_FieldTransform) ([]transform, error) {
	if len(list) > maxTransforms {
		return nil, invalid("a write has %d field transforms, more than the allowed %d", len(list), maxTransforms)
	}
	out := make([]transform, len(list))
	transformed := make(map[string]bool, len(list))
	for i, t := range list {
		path, err := parseFieldPath(t.GetFieldPath())
		if err != nil {
			return nil, invalid("transform: %s", message(err))
		}
		next, err := readTransform(t)
		if err != nil {
			return nil, invalid("transform of %q: %s", path, message(err))
		}
		out[i] = transform{path, next}
		transformed[path.String()] = true
	}
	for _, t := range out {
		for n := 1; n < len(t.path); n++ {
			if transformed[t.path[:n].String()] {
				return nil, invalid("%q and the field %q around it are both transformed", t.path, t.path[:n])
			}
		}
	}
	return out, nil
}

func readTransform(t *pb.DocumentTransform_FieldTransform) (func(*pb.Value, int64) (*pb.Value, *pb.Value), error) {
	switch f := t.GetTransformType().(type) {
	case *pb.DocumentTransform_FieldTransform_SetToServerValue:
		if f.SetToServerValue != pb.DocumentTransform_FieldTransform_REQUEST_TIME {
			return nil, invalid("unknown server value %s", f.SetToServerValue)
		}
		return requestTime, nil
	case *pb.DocumentTransform_FieldTransform_Increment:
		return numeric(f.Increment, add)
	case *pb.DocumentTransform_FieldTransform_Maximum:
		return numeric(f.Maximum, larger)
	case *pb.DocumentTransform_FieldTransform_Minimum:
		return numeric(f.Minimum, smaller)
	case *pb.DocumentTransform_FieldTransform_AppendMissingElements:
		return listed(f.AppendMissingElements, union)
	case *pb.DocumentTransform_FieldTransform_RemoveAllFromArray:
		return listed(f.RemoveAllFromArray, difference)
	default:
		return nil, invalid("it has no type this server knows")
	}
}

// requestTime is cut to milliseconds. Source: write.proto, ServerValue.REQUEST_TIME.
func requestTime(_ *pb.Value, now int64) (value, result *pb.Value) {
	at := timestamppb.New(time.UnixMilli(now / 1000))
	v := &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: at}}
	return v, v
}

// numeric makes a transform from a function of two numbers; a field that holds none becomes operand.
func numeric(operand *pb.Value, f func(old, operand *pb.Value) *pb.Value) (func(*pb.Value, int64) (*pb.Value, *pb.Value), error) {
	if !isNumber(operand) {
		return nil, invalid("the operand must be an integer or a double")
	}
	return func(old *pb.Value, _ int64) (value, result *pb.Value) {
		v := operand
		if isNumber(old) {
			v = f(old, operand)
		}
		return v, v
	}, nil
}

func isNumber(v *pb.Value) bool {
	switch v.GetValueType().(type) {
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue:
		return true
	default:
		return false
	}
}

func isDouble(v *pb.Value) bool {
	_, ok := v.GetValueType().(*pb.Value_DoubleValue)
	return ok
}

func double(v *pb.Value) float64 {
	if isDouble(v) {
		return v.GetDoubleValue()
	}
	return float64(v.GetIntegerValue())
}

// add saturates integers; with a double on either side the sum is one.
func add(old, operand *pb.Value) *pb.Value {
	if isDouble(old) || isDouble(operand) {
		return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: double(old) + double(operand)}}
	}
	a, b := old.GetIntegerValue(), operand.GetIntegerValue()
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		sum = math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		sum = math.MinInt64
	}
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: sum}}
}

// larger keeps the stored value when the two are equivalent; NaN wins over every number.
func larger(old, operand *pb.Value) *pb.Value {
	return outer(old, operand, func(a, b string) bool { return a > b })
}

// smaller keeps the stored value when the two are equivalent; NaN wins over every number.
func smaller(old, operand *pb.Value) *pb.Value {
	return outer(old, operand, func(a, b string) bool { return a < b })
}

func outer(old, operand *pb.Value, beats func(a, b string) bool) *pb.Value {
	switch {
	case math.IsNaN(double(old)):
		return old
	case math.IsNaN(double(operand)) || beats(encoded(operand), encoded(old)):
		return operand
	default:
		return old
	}
}

// listed makes a transform from a function of two lists; a field that holds no array counts as an
// empty one. The answered result is null. Source: write.proto, FieldTransform.
func listed(operand *pb.ArrayValue, f func(old, operand []*pb.Value) []*pb.Value) (func(*pb.Value, int64) (*pb.Value, *pb.Value), error) {
	if _, err := checkArray(operand.GetValues(), 0); err != nil {
		return nil, err
	}
	return func(old *pb.Value, _ int64) (value, result *pb.Value) {
		values := f(old.GetArrayValue().GetValues(), operand.GetValues())
		value = &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
		return value, &pb.Value{ValueType: &pb.Value_NullValue{}}
	}, nil
}

func union(old, operand []*pb.Value) []*pb.Value {
	out := slices.Clone(old)
	seen := make(map[string]bool, len(old)+len(operand))
	for _, v := range old {
		seen[encoded(v)] = true
	}
	for _, v := range operand {
		if key := encoded(v); !seen[key] {
			seen[key] = true
			out = append(out, v)
		}
	}
	return out
}

func difference(old, operand []*pb.Value) []*pb.Value {
	drop := make(map[string]bool, len(operand))
	for _, v := range operand {
		drop[encoded(v)] = true
	}
	var out []*pb.Value
	for _, v := range old {
		if !drop[encoded(v)] {
			out = append(out, v)
		}
	}
	return out
}

// transformed applies transforms in order and returns the new fields and the results to answer.
func (st *stage) transformed(fields map[string]*pb.Value, list []transform) (map[string]*pb.Value, []*pb.Value) {
	if len(list) == 0 {
		return fields, nil
	}
	e, results := overlay{fields: fields}, make([]*pb.Value, len(list))
	for i, t := range list {
		var value *pb.Value
		value, results[i] = t.next(t.path.in(e.fields), st.at)
		e.set(t.path, value)
	}
	return e.fields, results
}
