package firestore

import (
	"bytes"
	"math"
	"unicode/utf8"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Limits on documents in bytes, and on maps and arrays inside one another. Source: cloud.google.com/firestore/quotas, read 2026-11-21.
const (
	maxDocumentBytes = 1 << 20
	maxValueBytes    = maxDocumentBytes - 89
	maxMapDepth      = 20
)

// maxDimensions is how long a vector may be. Source: firebase.google.com/docs/firestore/vector-search, read 2026-11-21; Google's
// emulator 1.19.9 refuses more, none, and vectors in arrays.
const maxDimensions = 2048

// The map that clients send for a vector: {"__type__": "__vector__", "value": [...]}.
const (
	vectorTypeField  = "__type__"
	vectorTypeName   = "__vector__"
	vectorValueField = "value"
)

// checkFields validates a document's fields, cuts its timestamps to microseconds as the service
// does when it stores them, and returns the fields' size by the service's rules. The fields are inside
// depth maps and arrays, and the path of the map they are in, with a dot behind it, is outer bytes long.
// Source of the sizes: cloud.google.com/firestore/docs/storage-size, read 2026-11-21.
func checkFields(fields map[string]*pb.Value, depth, outer int) (int, error) {
	size := 0
	for name, v := range fields {
		if err := checkFieldName(name); err != nil {
			return 0, err
		}
		if n := outer + len(name); n > maxNameBytes {
			return 0, invalid("the path of field %q is %d bytes long, more than the allowed %d", name, n, maxNameBytes)
		}
		n, err := checkValueAt(v, depth, outer+len(name)+1)
		if err != nil {
			return 0, invalid("field %q: %s", name, message(err))
		}
		size += len(name) + 1 + n
	}
	return size, nil
}

// checkValue validates a value that is in no field, and returns its size.
func checkValue(v *pb.Value) (int, error) { return checkValueAt(v, 0, 0) }

// checkValueAt validates a value inside depth maps and arrays, whose path with a dot behind it is outer bytes long. Inside an array
// no path leads any further.
func checkValueAt(v *pb.Value, depth, outer int) (int, error) {
	switch t := v.GetValueType().(type) {
	case *pb.Value_NullValue, *pb.Value_BooleanValue:
		return 1, nil
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue:
		return 8, nil
	case *pb.Value_TimestampValue:
		return 8, cutToMicroseconds(t.TimestampValue)
	case *pb.Value_StringValue:
		return len(t.StringValue) + 1, checkText(t.StringValue)
	case *pb.Value_BytesValue:
		return len(t.BytesValue), checkValueLength(len(t.BytesValue))
	case *pb.Value_ReferenceValue:
		_, path, err := parseDocument(t.ReferenceValue)
		return nameSize(path), err
	case *pb.Value_GeoPointValue:
		return 16, checkGeoPoint(t.GeoPointValue.GetLatitude(), t.GeoPointValue.GetLongitude())
	case *pb.Value_ArrayValue:
		return checkArray(t.ArrayValue.GetValues(), depth)
	case *pb.Value_MapValue:
		if depth >= maxMapDepth {
			return 0, invalid("maps and arrays are nested deeper than %d levels", maxMapDepth)
		}
		if isVector(v) {
			return checkVector(len(vectorElements(v)))
		}
		n, err := checkFields(t.MapValue.GetFields(), depth+1, outer)
		return n + 32, err
	default:
		return 0, invalid("the value has no type this server knows")
	}
}

func checkArray(values []*pb.Value, depth int) (int, error) {
	if depth >= maxMapDepth {
		return 0, invalid("maps and arrays are nested deeper than %d levels", maxMapDepth)
	}
	size := 0
	for _, v := range values {
		if _, nested := v.GetValueType().(*pb.Value_ArrayValue); nested {
			return 0, invalid("an array must not directly contain another array")
		}
		if isVector(v) {
			return 0, invalid("an array must not contain a vector")
		}
		n, err := checkValueAt(v, depth+1, 0)
		if err != nil {
			return 0, err
		}
		size += n
	}
	return size, nil
}

func checkVector(dimensions int) (int, error) {
	if dimensions < 1 || dimensions > maxDimensions {
		return 0, invalid("a vector has 1 to %d dimensions, not %d", maxDimensions, dimensions)
	}
	return 8 * dimensions, nil
}

func checkText(s string) error {
	if !utf8.ValidString(s) {
		return invalid("the text is not valid UTF-8")
	}
	return checkValueLength(len(s))
}

func checkValueLength(n int) error {
	if n > maxValueBytes {
		return invalid("the value is longer than %d bytes", maxValueBytes)
	}
	return nil
}

func checkGeoPoint(latitude, longitude float64) error {
	if !(math.Abs(latitude) <= 90) || !(math.Abs(longitude) <= 180) {
		return invalid("geo point (%v, %v) is out of range", latitude, longitude)
	}
	return nil
}

func cutToMicroseconds(t *timestamppb.Timestamp) error {
	if err := t.CheckValid(); err != nil {
		return invalid("bad timestamp: %s", err)
	}
	if rest := t.Nanos % 1000; rest != 0 {
		t.Nanos -= rest
	}
	return nil
}

// nameSize is the stored size of a document's name: 16 bytes and each segment with one more.
func nameSize(path string) int { return 16 + len(path) + 1 }

func isVector(v *pb.Value) bool {
	fields := v.GetMapValue().GetFields()
	if len(fields) != 2 || fields[vectorTypeField].GetStringValue() != vectorTypeName {
		return false
	}
	for _, e := range vectorElements(v) {
		if _, ok := e.GetValueType().(*pb.Value_DoubleValue); !ok {
			return false
		}
	}
	return fields[vectorValueField].GetArrayValue() != nil
}

func vectorElements(v *pb.Value) []*pb.Value {
	return v.GetMapValue().GetFields()[vectorValueField].GetArrayValue().GetValues()
}

// sameFields reports whether a write of b over a would change nothing: same names, types and values.
func sameFields(a, b map[string]*pb.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for name, v := range a {
		w, ok := b[name]
		if !ok || !sameValue(v, w) {
			return false
		}
	}
	return true
}

// sameValue tells 1 from 1.0 and 0.0 from -0.0, which compare as equal in queries.
func sameValue(a, b *pb.Value) bool {
	if a == b {
		return true
	}
	switch x := a.GetValueType().(type) {
	case *pb.Value_NullValue:
		_, ok := b.GetValueType().(*pb.Value_NullValue)
		return ok
	case *pb.Value_BooleanValue:
		y, ok := b.GetValueType().(*pb.Value_BooleanValue)
		return ok && x.BooleanValue == y.BooleanValue
	case *pb.Value_IntegerValue:
		y, ok := b.GetValueType().(*pb.Value_IntegerValue)
		return ok && x.IntegerValue == y.IntegerValue
	case *pb.Value_DoubleValue:
		y, ok := b.GetValueType().(*pb.Value_DoubleValue)
		return ok && math.Float64bits(x.DoubleValue) == math.Float64bits(y.DoubleValue)
	case *pb.Value_TimestampValue:
		y, ok := b.GetValueType().(*pb.Value_TimestampValue)
		return ok && x.TimestampValue.GetSeconds() == y.TimestampValue.GetSeconds() &&
			x.TimestampValue.GetNanos() == y.TimestampValue.GetNanos()
	case *pb.Value_StringValue:
		y, ok := b.GetValueType().(*pb.Value_StringValue)
		return ok && x.StringValue == y.StringValue
	default:
		return sameLargeValue(a, b)
	}
}

func sameLargeValue(a, b *pb.Value) bool {
	switch x := a.GetValueType().(type) {
	case *pb.Value_BytesValue:
		y, ok := b.GetValueType().(*pb.Value_BytesValue)
		return ok && bytes.Equal(x.BytesValue, y.BytesValue)
	case *pb.Value_ReferenceValue:
		y, ok := b.GetValueType().(*pb.Value_ReferenceValue)
		return ok && x.ReferenceValue == y.ReferenceValue
	case *pb.Value_GeoPointValue:
		y, ok := b.GetValueType().(*pb.Value_GeoPointValue)
		return ok && x.GeoPointValue.GetLatitude() == y.GeoPointValue.GetLatitude() &&
			x.GeoPointValue.GetLongitude() == y.GeoPointValue.GetLongitude()
	case *pb.Value_ArrayValue:
		y, ok := b.GetValueType().(*pb.Value_ArrayValue)
		return ok && sameValues(x.ArrayValue.GetValues(), y.ArrayValue.GetValues())
	case *pb.Value_MapValue:
		y, ok := b.GetValueType().(*pb.Value_MapValue)
		return ok && sameFields(x.MapValue.GetFields(), y.MapValue.GetFields())
	default:
		return false
	}
}

func sameValues(a, b []*pb.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameValue(a[i], b[i]) {
			return false
		}
	}
	return true
}
