package store

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"

	firestorepb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/deskline/deskline/shared/desk"
)

// The shape of a document: a struct is a map with the Go field's name, its first letter in lower case; a zero value is
// absent, so that a query on a field finds only records that have one; times are cut to microseconds; bytes are bytes; a
// record's ID is the document's name; dueAt comes with the shard the sweep finds it by.

const shardField = "shard"

var timeType = reflect.TypeFor[time.Time]()

// field is one field of a struct as a document has it.
type field struct {
	name  string
	index []int
}

var plans sync.Map // reflect.Type -> []field

func planOf(t reflect.Type) []field {
	if p, ok := plans.Load(t); ok {
		return p.([]field)
	}
	var plan []field
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() || f.Name == "ID" && len(f.Index) > 1 {
			continue
		}
		plan = append(plan, field{name: fieldName(f.Name), index: f.Index})
	}
	plans.Store(t, plan)
	return plan
}

// fieldName is the Go name with its first word in lower case: DueAt is dueAt, ID is id.
func fieldName(name string) string {
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	r := []rune(name)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

// encode makes a record's document.
func encode(rec desk.Record) map[string]*firestorepb.Value {
	fields := encodeStruct(reflect.ValueOf(rec).Elem())
	if owed, ok := rec.(desk.Owed); ok && !owed.Due().IsZero() {
		fields[shardField] = &firestorepb.Value{ValueType: &firestorepb.Value_IntegerValue{IntegerValue: shardOf(rec.Base().ID)}}
	}
	return fields
}

func encodeStruct(v reflect.Value) map[string]*firestorepb.Value {
	plan := planOf(v.Type())
	set := 0 // of most structs few fields are
	for _, f := range plan {
		if !isZero(v.FieldByIndex(f.index)) {
			set++
		}
	}
	fields := make(map[string]*firestorepb.Value, set)
	for _, f := range plan {
		if x := v.FieldByIndex(f.index); !isZero(x) {
			fields[f.name] = encodeValue(x)
		}
	}
	return fields
}

// isZero says that the field is absent in the document. The zero time is zero in every time zone.
func isZero(v reflect.Value) bool {
	switch {
	case v.Kind() == reflect.Slice:
		return v.Len() == 0
	case v.Type() == timeType:
		return timeOf(v).IsZero()
	}
	return v.IsZero()
}

// timeOf is where a record has a time.
func timeOf(v reflect.Value) *time.Time { return v.Addr().Interface().(*time.Time) }

func encodeValue(v reflect.Value) *firestorepb.Value {
	switch v.Kind() {
	case reflect.String:
		return &firestorepb.Value{ValueType: &firestorepb.Value_StringValue{StringValue: v.String()}}
	case reflect.Bool:
		return &firestorepb.Value{ValueType: &firestorepb.Value_BooleanValue{BooleanValue: v.Bool()}}
	case reflect.Int, reflect.Int64:
		return &firestorepb.Value{ValueType: &firestorepb.Value_IntegerValue{IntegerValue: v.Int()}}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return &firestorepb.Value{ValueType: &firestorepb.Value_BytesValue{BytesValue: v.Bytes()}}
		}
		list := make([]*firestorepb.Value, v.Len())
		for n := range list {
			list[n] = encodeValue(v.Index(n))
		}
		return &firestorepb.Value{ValueType: &firestorepb.Value_ArrayValue{ArrayValue: &firestorepb.ArrayValue{Values: list}}}
	case reflect.Struct:
		if v.Type() == timeType {
			return &firestorepb.Value{ValueType: &firestorepb.Value_TimestampValue{
				TimestampValue: timestamppb.New(desk.Micro(*timeOf(v)))}}
		}
		return &firestorepb.Value{ValueType: &firestorepb.Value_MapValue{MapValue: &firestorepb.MapValue{Fields: encodeStruct(v)}}}
	}
	panic(fmt.Sprintf("store: a record has a field of type %s", v.Type()))
}

// decode fills a record from a document's data. Fields the record does not have are ignored, so that an older
// version of the product can read what a newer one wrote.
func decode(data map[string]any, id string, into desk.Record) error {
	v := reflect.ValueOf(into).Elem()
	if err := decodeStruct(data, v); err != nil {
		return err
	}
	into.Base().ID = id
	return nil
}

func decodeStruct(data map[string]any, v reflect.Value) error {
	for _, f := range planOf(v.Type()) {
		x := v.FieldByIndex(f.index)
		got, ok := data[f.name]
		if !ok || got == nil {
			x.SetZero()
			continue
		}
		if err := decodeValue(got, x); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

func decodeValue(got any, v reflect.Value) error {
	switch x := got.(type) {
	case string:
		if v.Kind() == reflect.String {
			v.SetString(x)
			return nil
		}
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(x)
			return nil
		}
	case int64:
		if v.CanInt() {
			v.SetInt(x)
			return nil
		}
	case time.Time:
		if v.Type() == timeType {
			*timeOf(v) = x.UTC()
			return nil
		}
	case []byte:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(x)
			return nil
		}
	case []any:
		if v.Kind() == reflect.Slice {
			return decodeList(x, v)
		}
	case map[string]any:
		if v.Kind() == reflect.Struct && v.Type() != timeType {
			return decodeStruct(x, v)
		}
	}
	return fmt.Errorf("a %T does not fit %s", got, v.Type())
}

func decodeList(list []any, v reflect.Value) error {
	s := reflect.MakeSlice(v.Type(), len(list), len(list))
	for n, x := range list {
		if err := decodeValue(x, s.Index(n)); err != nil {
			return err
		}
	}
	v.Set(s)
	return nil
}
