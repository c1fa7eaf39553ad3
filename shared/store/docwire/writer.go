package docwire

import (
	"errors"
	"time"
	"unicode/utf8"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protowire"
)

// Writer writes one document as it goes over the wire. Between an Entry, or an Item, and its End stands one value; between a Map and its
// End stand entries, and between a List and its End items.
type Writer struct {
	b     []byte
	wrong bool
}

// Of says where an entry stands.
type Of protowire.Number

// An entry is of the document or of a map in it.
const (
	OfDocument Of = documentFields
	OfMap      Of = mapFields
)

// Open is what was begun and must be ended: the places of what it consists of, zero for none.
type Open struct{ outer, inner int }

// NewWriter begins the document that has the full name.
func NewWriter(name string) *Writer {
	w := &Writer{b: make([]byte, 0, usualSize)}
	w.text(documentName, name)
	return w
}

// Entry begins the next one.
func (w *Writer) Entry(of Of, key string) (o Open) {
	w.b, o.outer = begin(w.b, protowire.Number(of))
	w.text(entryKey, key)
	w.b, o.inner = begin(w.b, entryValue)
	return o
}

// Item begins the next one of a list.
func (w *Writer) Item() Open { return w.begin(arrayValues) }

// Map begins a value that is a map.
func (w *Writer) Map() Open { return w.begin(valueMap) }

// List begins a value that is a list.
func (w *Writer) List() Open { return w.begin(valueArray) }

func (w *Writer) begin(field protowire.Number) (o Open) {
	w.b, o.inner = begin(w.b, field)
	return o
}

// End ends what was begun last.
func (w *Writer) End(o Open) {
	w.b = end(w.b, o.inner)
	if o.outer > 0 {
		w.b = end(w.b, o.outer)
	}
}

// Text writes a value.
func (w *Writer) Text(s string) { w.text(valueString, s) }

func (w *Writer) text(field protowire.Number, s string) {
	w.wrong = w.wrong || !utf8.ValidString(s)
	w.b = protowire.AppendString(protowire.AppendTag(w.b, field, protowire.BytesType), s)
}

// Bytes writes a value.
func (w *Writer) Bytes(b []byte) {
	w.b = protowire.AppendBytes(protowire.AppendTag(w.b, valueBytes, protowire.BytesType), b)
}

// Integer writes a value.
func (w *Writer) Integer(n int64) { w.number(valueInteger, uint64(n)) }

// Boolean writes a value.
func (w *Writer) Boolean(is bool) { w.number(valueBoolean, protowire.EncodeBool(is)) }

func (w *Writer) number(field protowire.Number, n uint64) {
	w.b = protowire.AppendVarint(protowire.AppendTag(w.b, field, protowire.VarintType), n)
}

// Time writes a value.
func (w *Writer) Time(t time.Time) {
	w.b = appendTime(w.b, valueTimestamp, t.Unix(), int32(t.Nanosecond()))
}

// Document is what was written, to be sent as Encoded's is. A text that is not valid UTF-8 is an error: protobuf has none.
func (w *Writer) Document() (*pb.Document, error) {
	if w.wrong {
		return nil, errors.New("docwire: a text is not valid UTF-8")
	}
	return carrying(w.b), nil
}
