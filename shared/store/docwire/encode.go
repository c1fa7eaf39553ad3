package docwire

import (
	"slices"
	"unicode/utf8"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// usualSize is as much as most documents take, in bytes.
const usualSize = 1024

// Encoded is the document as a message that has no field set and is sent as d is all the same, because it holds d's encoding as fields
// it does not know. It is made once, and every sending costs a copy of bytes. Nothing in this process can read it. Fields of values
// that this version of Firestore's API does not know are left out. A document that protobuf does not encode is returned as it is, and
// fails when it is sent.
func Encoded(d *pb.Document) *pb.Document {
	b, ok := appendDocument(make([]byte, 0, usualSize), d)
	if !ok {
		return d
	}
	return carrying(b)
}

// carrying is a document that is sent as b.
func carrying(b []byte) *pb.Document {
	d := &pb.Document{}
	d.ProtoReflect().SetUnknown(b)
	return d
}

func appendDocument(b []byte, d *pb.Document) ([]byte, bool) {
	ok := utf8.ValidString(d.GetName()) && len(d.ProtoReflect().GetUnknown()) == 0
	if d.GetName() != "" {
		b = protowire.AppendTag(b, documentName, protowire.BytesType)
		b = protowire.AppendString(b, d.GetName())
	}
	b, fine := appendEntries(b, documentFields, d.GetFields())
	b = appendTimestamp(b, documentCreated, d.GetCreateTime())
	b = appendTimestamp(b, documentUpdated, d.GetUpdateTime())
	return b, ok && fine
}

func appendEntries(b []byte, field protowire.Number, m map[string]*pb.Value) ([]byte, bool) {
	ok, fine := true, false
	for key, v := range m {
		var entry, content int
		b, entry = begin(b, field)
		b = protowire.AppendTag(b, entryKey, protowire.BytesType)
		b = protowire.AppendString(b, key)
		b, content = begin(b, entryValue)
		b, fine = appendValue(b, v)
		b = end(end(b, content), entry)
		ok = ok && fine && utf8.ValidString(key)
	}
	return b, ok
}

// appendValue appends what a value is; those of the rarer types are left to protobuf.
func appendValue(b []byte, v *pb.Value) (_ []byte, ok bool) {
	switch is := v.GetValueType().(type) {
	case *pb.Value_StringValue:
		b = protowire.AppendTag(b, valueString, protowire.BytesType)
		return protowire.AppendString(b, is.StringValue), utf8.ValidString(is.StringValue)
	case *pb.Value_IntegerValue:
		b = protowire.AppendTag(b, valueInteger, protowire.VarintType)
		return protowire.AppendVarint(b, uint64(is.IntegerValue)), true
	case *pb.Value_TimestampValue:
		return appendTimestamp(b, valueTimestamp, is.TimestampValue), is.TimestampValue != nil
	case *pb.Value_MapValue:
		b, at := begin(b, valueMap)
		b, ok = appendEntries(b, mapFields, is.MapValue.GetFields())
		return end(b, at), ok
	case *pb.Value_ArrayValue:
		ok = true
		b, at := begin(b, valueArray)
		for _, each := range is.ArrayValue.GetValues() {
			var item int
			var fine bool
			b, item = begin(b, arrayValues)
			b, fine = appendValue(b, each)
			b, ok = end(b, item), ok && fine
		}
		return end(b, at), ok
	}
	b, err := proto.MarshalOptions{}.MarshalAppend(b, v)
	return b, err == nil
}

func appendTimestamp(b []byte, field protowire.Number, t *timestamppb.Timestamp) []byte {
	if t == nil {
		return b
	}
	return appendTime(b, field, t.GetSeconds(), t.GetNanos())
}

func appendTime(b []byte, field protowire.Number, seconds int64, nanos int32) []byte {
	b, at := begin(b, field)
	if seconds != 0 {
		b = protowire.AppendTag(b, timeSeconds, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(seconds))
	}
	if nanos != 0 {
		b = protowire.AppendTag(b, timeNanos, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(nanos))
	}
	return end(b, at)
}

// begin begins a message in a field. Its length goes before it and is not known yet: there is room for one below 128, as most are.
func begin(b []byte, field protowire.Number) (_ []byte, at int) {
	b = append(protowire.AppendTag(b, field, protowire.BytesType), 0)
	return b, len(b)
}

// end ends the message that begins at the place.
func end(b []byte, at int) []byte {
	n := uint64(len(b) - at)
	if more := protowire.SizeVarint(n) - 1; more > 0 {
		b = slices.Grow(b, more)[:len(b)+more]
		copy(b[at+more:], b[at:])
	}
	protowire.AppendVarint(b[:at-1], n)
	return b
}
