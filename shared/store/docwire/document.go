package docwire

import (
	"math"
	"unicode/utf8"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The fields of messages by their numbers. Source: google/firestore/v1/document.proto, read 2026-11.
const (
	documentName    = 1
	documentFields  = 2
	documentCreated = 3
	documentUpdated = 4

	mapFields   = 1
	arrayValues = 1
	entryKey    = 1
	entryValue  = 2

	valueInteger   = 2
	valueMap       = 6
	valueArray     = 9
	valueTimestamp = 10
	valueString    = 17

	timeSeconds = 1
	timeNanos   = 2
)

// depthMax is how deep maps and arrays are followed in each other here; a document may have 20 levels.
// Source: cloud.google.com/firestore/quotas, read 2026-11-21.
const depthMax = 32

// document reads a document. Its names and texts are parts of one copy of its bytes, made at once instead of one by one: each keeps
// the whole copy in memory. A record that is kept whole, such as the configuration's, keeps little more than itself that way; who
// keeps a text for longer than its record clones it, as desk.Counting does.
func document(b []byte) (d *pb.Document, ok bool) {
	d = &pb.Document{}
	name, rest, ok := take(string(b), documentName)
	if !ok || !utf8.ValidString(name) {
		return nil, false
	}
	d.Name = name
	if d.Fields, rest, ok = entries(rest, documentFields, 0); !ok {
		return nil, false
	}
	if created, after, is := take(rest, documentCreated); is {
		d.CreateTime, rest = &timestamppb.Timestamp{}, after
		ok = timestamp(created, d.CreateTime)
	}
	if updated, after, is := take(rest, documentUpdated); is && ok {
		d.UpdateTime, rest = &timestamppb.Timestamp{}, after
		ok = timestamp(updated, d.UpdateTime)
	}
	return d, ok && rest == ""
}

// entries takes a map off the beginning; nil when it has no entries.
func entries(s string, field protowire.Number, depth int) (m map[string]*pb.Value, rest string, ok bool) {
	n := count(s, field)
	if n == 0 {
		return nil, s, true
	}
	m = make(map[string]*pb.Value, n)
	for range n {
		entry, after, _ := take(s, field)
		key, entry, ok := take(entry, entryKey)
		if !ok || !utf8.ValidString(key) {
			return nil, s, false
		}
		content, ok := only(entry, entryValue)
		if !ok {
			return nil, s, false
		}
		if m[key], ok = value(content, depth); !ok {
			return nil, s, false
		}
		s = after
	}
	return m, s, true
}

// value reads a value, which has one field; those of the rarer types are left to protobuf. A value and what tells its type are made
// together, for they live together.
func value(s string, depth int) (*pb.Value, bool) {
	tag, rest, ok := varint(s)
	if !ok || depth > depthMax {
		return nil, false
	}
	field, _ := protowire.DecodeTag(tag)
	content, ok := only(s, field)
	n, rest, isNumber := varint(rest)
	switch {
	case isNumber && rest == "" && tag == protowire.EncodeTag(valueInteger, protowire.VarintType):
		x := &struct {
			value pb.Value
			is    pb.Value_IntegerValue
		}{is: pb.Value_IntegerValue{IntegerValue: int64(n)}}
		x.value.ValueType = &x.is
		return &x.value, true
	case ok && field == valueString:
		x := &struct {
			value pb.Value
			is    pb.Value_StringValue
		}{is: pb.Value_StringValue{StringValue: content}}
		x.value.ValueType = &x.is
		return &x.value, utf8.ValidString(content)
	case ok && field == valueTimestamp:
		x := &struct {
			value pb.Value
			is    pb.Value_TimestampValue
			at    timestamppb.Timestamp
		}{}
		x.is.TimestampValue, x.value.ValueType = &x.at, &x.is
		return &x.value, timestamp(content, &x.at)
	case ok && field == valueMap:
		return mapValue(content, depth+1)
	case ok && field == valueArray:
		return arrayValue(content, depth+1)
	}
	v := &pb.Value{}
	return v, proto.Unmarshal([]byte(s), v) == nil
}

func mapValue(s string, depth int) (*pb.Value, bool) {
	x := &struct {
		value pb.Value
		is    pb.Value_MapValue
		its   pb.MapValue
	}{}
	x.is.MapValue, x.value.ValueType = &x.its, &x.is
	fields, rest, ok := entries(s, mapFields, depth)
	x.its.Fields = fields
	return &x.value, ok && rest == ""
}

func arrayValue(s string, depth int) (*pb.Value, bool) {
	x := &struct {
		value pb.Value
		is    pb.Value_ArrayValue
		its   pb.ArrayValue
	}{}
	x.is.ArrayValue, x.value.ValueType = &x.its, &x.is
	if n := count(s, arrayValues); n > 0 {
		x.its.Values = make([]*pb.Value, n)
	}
	for n := range x.its.Values {
		content, rest, _ := take(s, arrayValues)
		v, ok := value(content, depth)
		if !ok {
			return nil, false
		}
		x.its.Values[n], s = v, rest
	}
	return &x.value, s == ""
}

// timestamp reads a time after 1970.
func timestamp(s string, into *timestamppb.Timestamp) bool {
	seconds, s, ok := number(s, timeSeconds)
	if !ok {
		return false
	}
	nanos, s, ok := number(s, timeNanos)
	into.Seconds, into.Nanos = int64(seconds), int32(nanos)
	return ok && nanos <= math.MaxInt32 && s == ""
}
