package store

import (
	"cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/deskline/deskline/shared/desk"
)

// SizeMax is how many bytes a record may have: a document has 1 MiB at most, its name included, which has at most 6 KiB.
// Source: cloud.google.com/firestore/quotas, read 2026-11.
const SizeMax = 1<<20 - 6<<10

// Size is how many bytes the record's document has as Firestore counts them, without its name. Source:
// firebase.google.com/docs/firestore/storage-size, read 2026-11.
func Size(rec desk.Record) int { return sizeOfMap(encode(rec)) }

func sizeOfMap(fields map[string]*firestorepb.Value) int {
	n := 32
	for name, v := range fields {
		n += len(name) + 1 + sizeOf(v)
	}
	return n
}

func sizeOf(v *firestorepb.Value) (n int) {
	switch is := v.GetValueType().(type) {
	case *firestorepb.Value_StringValue:
		return len(is.StringValue) + 1
	case *firestorepb.Value_BytesValue:
		return len(is.BytesValue)
	case *firestorepb.Value_BooleanValue:
		return 1
	case *firestorepb.Value_MapValue:
		return sizeOfMap(is.MapValue.GetFields())
	case *firestorepb.Value_ArrayValue:
		for _, each := range is.ArrayValue.GetValues() {
			n += sizeOf(each)
		}
		return n
	}
	return 8 // a number or a time
}
