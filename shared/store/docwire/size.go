package docwire

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Size is proto.Size. Of commits it is faster.
func Size(m proto.Message) int {
	commit, ok := m.(*pb.CommitRequest)
	if !ok {
		return proto.Size(m)
	}
	rest := &pb.CommitRequest{Database: commit.GetDatabase(), Transaction: commit.GetTransaction(), RequestOptions: commit.GetRequestOptions()}
	n := sizeOfRest(rest, m)
	for _, w := range commit.GetWrites() {
		n += sizeOf(commitWrites, sizeOfWrite(w))
	}
	return n
}

func sizeOfWrite(w *pb.Write) int {
	update, ok := w.GetOperation().(*pb.Write_Update)
	if !ok {
		return proto.Size(w)
	}
	rest := &pb.Write{UpdateMask: w.GetUpdateMask(), UpdateTransforms: w.GetUpdateTransforms(), CurrentDocument: w.GetCurrentDocument()}
	return sizeOfRest(rest, w) + sizeOf(carriedDocument, sizeOfDocument(update.Update))
}

func sizeOfDocument(d *pb.Document) int {
	rest := &pb.Document{Name: d.GetName(), CreateTime: d.GetCreateTime(), UpdateTime: d.GetUpdateTime()}
	return sizeOfRest(rest, d) + sizeOfEntries(documentFields, d.GetFields())
}

// sizeOfRest is the size of what is left of a message, with what protobuf did not know of it.
func sizeOfRest(rest, of proto.Message) int {
	return proto.Size(rest) + len(of.ProtoReflect().GetUnknown())
}

// sizeOf is the size of a field that holds so many bytes.
func sizeOf(field protowire.Number, n int) int {
	return protowire.SizeTag(field) + protowire.SizeBytes(n)
}

func sizeOfEntries(field protowire.Number, m map[string]*pb.Value) (n int) {
	for key, v := range m {
		n += sizeOf(field, sizeOf(entryKey, len(key))+sizeOf(entryValue, sizeOfValue(v)))
	}
	return n
}

// sizeOfValue is the size of a value; those of the rarer types are left to protobuf.
func sizeOfValue(v *pb.Value) int {
	unknown := len(v.ProtoReflect().GetUnknown())
	switch is := v.GetValueType().(type) {
	case *pb.Value_StringValue:
		return unknown + sizeOf(valueString, len(is.StringValue))
	case *pb.Value_IntegerValue:
		return unknown + protowire.SizeTag(valueInteger) + protowire.SizeVarint(uint64(is.IntegerValue))
	case *pb.Value_MapValue:
		n := len(is.MapValue.ProtoReflect().GetUnknown()) + sizeOfEntries(mapFields, is.MapValue.GetFields())
		return unknown + sizeOf(valueMap, n)
	case *pb.Value_ArrayValue:
		n := len(is.ArrayValue.ProtoReflect().GetUnknown())
		for _, each := range is.ArrayValue.GetValues() {
			n += sizeOf(arrayValues, sizeOfValue(each))
		}
		return unknown + sizeOf(valueArray, n)
	}
	return proto.Size(v)
}
