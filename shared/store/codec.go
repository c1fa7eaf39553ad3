package store

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"

	"cloud.google.com/go/firestore"
	firestorepb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store/docwire"
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

// plan is how a struct stands in a document.
type plan struct {
	fields []field
	byName map[string]int // in fields
}

var plans sync.Map // reflect.Type -> *plan

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{byName: map[string]int{}}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() || f.Name == "ID" && len(f.Index) > 1 {
			continue
		}
		name := fieldName(f.Name)
		p.byName[name] = len(p.fields)
		p.fields = append(p.fields, field{name: name, index: f.Index})
	}
	plans.Store(t, p)
	return p
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

// encode makes a record's document, which has the full name, to be sent.
func encode(name string, rec desk.Record) (*firestorepb.Document, error) {
	w := docwire.NewWriter(name)
	encodeStruct(w, docwire.OfDocument, reflect.ValueOf(rec).Elem())
	if owes(rec) {
		entry := w.Entry(docwire.OfDocument, shardField)
		w.Integer(shardOf(rec.Base().ID))
		w.End(entry)
	}
	return w.Document()
}

// owes says that somebody owes the record a move.
func owes(rec desk.Record) bool {
	owed, ok := rec.(desk.Owed)
	return ok && !owed.Due().IsZero()
}

func encodeStruct(w *docwire.Writer, of docwire.Of, v reflect.Value) {
	for _, f := range planOf(v.Type()).fields {
		if x := v.FieldByIndex(f.index); !isZero(x) {
			entry := w.Entry(of, f.name)
			encodeValue(w, x)
			w.End(entry)
		}
	}
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

func encodeValue(w *docwire.Writer, v reflect.Value) {
	switch {
	case v.Kind() == reflect.String:
		w.Text(v.String())
	case v.Kind() == reflect.Bool:
		w.Boolean(v.Bool())
	case v.CanInt():
		w.Integer(v.Int())
	case isBytes(v):
		w.Bytes(v.Bytes())
	case v.Kind() == reflect.Slice:
		list := w.List()
		for n := range v.Len() {
			item := w.Item()
			encodeValue(w, v.Index(n))
			w.End(item)
		}
		w.End(list)
	case v.Type() == timeType:
		w.Time(desk.Micro(*timeOf(v)))
	case v.Kind() == reflect.Struct:
		fields := w.Map()
		encodeStruct(w, docwire.OfMap, v)
		w.End(fields)
	default:
		panic(fmt.Sprintf("store: a record has a field of type %s", v.Type()))
	}
}

func isBytes(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8
}

// read fills a record from a document. Fields the record does not have are ignored, so that an older version of the product can
// read what a newer one wrote.
func read(snap *firestore.DocumentSnapshot, into desk.Record) error {
	text, ok := snap.Data()[docwire.Seal].(string)
	if !ok {
		return errors.New("the document is not sealed")
	}
	return decode(text, snap.Ref.ID, into)
}

// decode fills a record from the text of a sealed document.
func decode(text, id string, into desk.Record) error {
	v := reflect.ValueOf(into).Elem()
	v.SetZero()
	err := decodeStruct(docwire.Sealed(text), v)
	if errors.Is(err, docwire.ErrUnusual) {
		if text, err = docwire.Usual(text); err == nil {
			v.SetZero()
			err = decodeStruct(docwire.Sealed(text), v)
		}
	}
	into.Base().ID = id
	return err
}

func decodeStruct(entries docwire.Entries, v reflect.Value) error {
	plan := planOf(v.Type())
	for entries.More() {
		key, got, err := entries.Next()
		if err != nil {
			return err
		}
		n, ok := plan.byName[key]
		if !ok || got.Kind == docwire.Null {
			continue
		}
		if err := decodeValue(got, v.FieldByIndex(plan.fields[n].index)); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func decodeValue(got docwire.Value, v reflect.Value) (err error) {
	switch {
	case got.Kind == docwire.Text && v.Kind() == reflect.String:
		v.SetString(got.Text)
	case got.Kind == docwire.Boolean && v.Kind() == reflect.Bool:
		v.SetBool(got.Number != 0)
	case got.Kind == docwire.Integer && v.CanInt():
		v.SetInt(got.Number)
	case got.Kind == docwire.Time && v.Type() == timeType:
		*timeOf(v), err = got.Time()
	case got.Kind == docwire.Bytes && isBytes(v):
		v.SetBytes([]byte(got.Text))
	case got.Kind == docwire.List && v.Kind() == reflect.Slice && !isBytes(v):
		return decodeList(got.Items(), v)
	case got.Kind == docwire.Map && v.Kind() == reflect.Struct && v.Type() != timeType:
		return decodeStruct(got.Entries(), v)
	default:
		return fmt.Errorf("%s does not fit %s", got.Kind, v.Type())
	}
	return err
}

func decodeList(items docwire.Items, v reflect.Value) error {
	length := items.Len()
	s := reflect.MakeSlice(v.Type(), length, length)
	for n := range length {
		got, err := items.Next()
		if err != nil {
			return err
		}
		if err := decodeValue(got, s.Index(n)); err != nil {
			return err
		}
	}
	v.Set(s)
	return nil
}
