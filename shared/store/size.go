package store

import (
	"reflect"

	"github.com/deskline/deskline/shared/desk"
)

// SizeMax is how many bytes a record may have: a document has 1 MiB at most, its name included, which has at most 6 KiB.
// Source: cloud.google.com/firestore/quotas, read 2026-11.
const SizeMax = 1<<20 - 6<<10

// sizeOfNumber is that of numbers and times.
const sizeOfNumber = 8

// Size is how many bytes the record's document has as Firestore counts them, without its name. Source:
// firebase.google.com/docs/firestore/storage-size, read 2026-11.
func Size(rec desk.Record) int {
	n := sizeOfStruct(reflect.ValueOf(rec).Elem())
	if owes(rec) {
		n += len(shardField) + 1 + sizeOfNumber
	}
	return n
}

func sizeOfStruct(v reflect.Value) int {
	n := 32
	for _, f := range planOf(v.Type()).fields {
		if x := v.FieldByIndex(f.index); !isZero(x) {
			n += len(f.name) + 1 + sizeOf(x)
		}
	}
	return n
}

func sizeOf(v reflect.Value) (n int) {
	switch {
	case v.Kind() == reflect.String:
		return v.Len() + 1
	case isBytes(v):
		return v.Len()
	case v.Kind() == reflect.Bool:
		return 1
	case v.Kind() == reflect.Struct && v.Type() != timeType:
		return sizeOfStruct(v)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			n += sizeOf(v.Index(i))
		}
		return n
	}
	return sizeOfNumber
}
