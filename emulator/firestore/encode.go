package firestore

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// The encoding maps values to bytes that compare as the service orders values, across types:
// null, booleans, numbers, timestamps, strings, bytes, references, geo points, arrays, vectors, maps.
// Source: cloud.google.com/firestore/docs/concepts/data-types, read 2026-11-21.
//
// No encoding is a prefix of another. So encodings can be put one after the other and still
// compare field by field, and inverting every bit turns ascending into descending.
const (
	tagNull      = 0x08
	tagBoolean   = 0x10
	tagNumber    = 0x18
	tagTimestamp = 0x20
	tagString    = 0x28
	tagBytes     = 0x30
	tagReference = 0x38
	tagGeoPoint  = 0x40
	tagArray     = 0x48
	tagVector    = 0x50
	tagMap       = 0x58
)

// Inside lists: end sorts before more, so a shorter list sorts before the longer it starts.
const (
	listEnd    = 0x01
	listNumber = 0x02 // a segment of a path that is a numeric ID
	listMore   = 0x03
)

// appendValue appends the ascending encoding of v, which must have passed checkValue.
func appendValue(b []byte, v *pb.Value) []byte {
	switch t := v.GetValueType().(type) {
	case *pb.Value_BooleanValue:
		if t.BooleanValue {
			return append(b, tagBoolean, 1)
		}
		return append(b, tagBoolean, 0)
	case *pb.Value_IntegerValue:
		return appendInteger(append(b, tagNumber), t.IntegerValue)
	case *pb.Value_DoubleValue:
		return appendDouble(append(b, tagNumber), t.DoubleValue)
	case *pb.Value_TimestampValue:
		b = append(b, tagTimestamp)
		b = binary.BigEndian.AppendUint64(b, uint64(t.TimestampValue.GetSeconds())^1<<63)
		return binary.BigEndian.AppendUint32(b, uint32(t.TimestampValue.GetNanos()))
	case *pb.Value_StringValue:
		return appendText(append(b, tagString), t.StringValue)
	case *pb.Value_BytesValue:
		return appendText(append(b, tagBytes), string(t.BytesValue))
	case *pb.Value_ReferenceValue:
		return appendPath(append(b, tagReference), t.ReferenceValue)
	case *pb.Value_GeoPointValue:
		b = appendFloat(append(b, tagGeoPoint), t.GeoPointValue.GetLatitude())
		return appendFloat(b, t.GeoPointValue.GetLongitude())
	case *pb.Value_ArrayValue:
		b = append(b, tagArray)
		for _, e := range t.ArrayValue.GetValues() {
			b = appendValue(b, e)
		}
		return append(b, listEnd)
	case *pb.Value_MapValue:
		return appendMap(b, v)
	default:
		return append(b, tagNull)
	}
}

func appendMap(b []byte, v *pb.Value) []byte {
	if isVector(v) {
		elements := vectorElements(v)
		b = binary.BigEndian.AppendUint32(append(b, tagVector), uint32(len(elements)))
		for _, e := range elements {
			b = appendFloat(b, e.GetDoubleValue())
		}
		return b
	}
	b = append(b, tagMap)
	fields := v.GetMapValue().GetFields()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		b = appendText(append(b, listMore), name)
		b = appendValue(b, fields[name])
	}
	return append(b, listEnd)
}

// appendText escapes zero bytes so that the terminator sorts before any continuation.
func appendText(b []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(append(b, s...), 0, 1)
		}
		b = append(append(b, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
}

// appendPath encodes a slash-separated path so that it compares segment by segment, numeric IDs by
// their number and before the others.
func appendPath(b []byte, path string) []byte {
	for segment := range strings.SplitSeq(path, "/") {
		if n, ok := numericID(segment); ok {
			b = binary.BigEndian.AppendUint64(append(b, listNumber), uint64(n)^1<<63)
			continue
		}
		b = appendText(append(b, listMore), segment)
	}
	return append(b, listEnd)
}

// appendInteger encodes the nearest double and the distance to it, so that integers beyond 2^53
// keep their order among themselves and among doubles.
func appendInteger(b []byte, i int64) []byte {
	f := float64(i)
	var distance int64
	if f == 1<<63 {
		distance = i - math.MaxInt64 - 1
	} else {
		distance = i - int64(f)
	}
	return binary.BigEndian.AppendUint16(appendFloat(b, f), uint16(distance+1<<15))
}

func appendDouble(b []byte, f float64) []byte {
	return binary.BigEndian.AppendUint16(appendFloat(b, f), 1<<15)
}

// appendFloat puts NaN before every other number and makes -0 equal to 0.
func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) {
		return binary.BigEndian.AppendUint64(b, 0)
	}
	bits := math.Float64bits(f + 0)
	if f == 0 {
		bits = 0
	}
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(b, bits)
}

// invert turns the ascending encoding in b into the descending one, in place.
func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// after is the smallest key behind every key that starts with prefix; "" stands for the end.
func after(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}
