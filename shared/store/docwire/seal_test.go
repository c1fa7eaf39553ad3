package docwire

import (
	"fmt"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

// unsealed are the fields of a document whose fields were left as they came.
func unsealed(t require.TestingT, d *pb.Document) map[string]*pb.Value {
	require.Len(t, d.GetFields(), 1)
	require.Contains(t, d.GetFields(), Seal)
	var got pb.Document
	require.NoError(t, proto.Unmarshal([]byte(d.GetFields()[Seal].GetStringValue()), &got))
	return got.GetFields()
}

// assertSealed checks that the sealing codec makes of the bytes what protobuf makes of them, but for the fields of a document.
func assertSealed(t require.TestingT, b []byte, kind proto.Message) {
	want, got := kind.ProtoReflect().New().Interface(), kind.ProtoReflect().New().Interface()
	require.NoError(t, proto.Unmarshal(b, want))
	require.NoError(t, SealingCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer(b)}, got))
	if d := documentIn(got); d != nil {
		d.Fields = unsealed(t, d)
	}
	assert.True(t, proto.Equal(want, got), "want %v, got %v", want, got)
}

func TestASealedDocumentHasItsFieldsAsTheyCame(t *testing.T) {
	for name, d := range map[string]*pb.Document{
		"usual": usual(), "all types": {Name: "n", Fields: values}, "no fields": {Name: "n"}, "nothing": {},
	} {
		for kind, m := range carriers(d) {
			if _, request := m.(*pb.CommitRequest); request {
				continue
			}
			b, err := proto.Marshal(m)
			require.NoError(t, err)
			t.Run(name+" "+kind, func(t *testing.T) { assertSealed(t, b, m) })
		}
	}
}

// What comes in another order is protobuf's to read, and sealed after it.
func TestADocumentOfAnyOrderIsSealed(t *testing.T) {
	name, fields := []byte("\x0a\x01n"), []byte("\x12\x08\x0a\x01a\x12\x03\x8a\x01\x00")
	for n, document := range [][]byte{append(name[:3:3], fields...), append(fields[:10:10], name...)} {
		b := append([]byte{0x0a, byte(len(document))}, document...)
		t.Run(fmt.Sprint(n), func(t *testing.T) { assertSealed(t, b, &pb.RunQueryResponse{}) })
	}
}

// shown is a value as whoever reads a sealed document finds it.
func shown(t require.TestingT, v Value) any {
	switch v.Kind {
	case Text:
		return v.Text
	case Bytes:
		return []byte(v.Text)
	case Integer:
		return v.Number
	case Boolean:
		return v.Number != 0
	case Time:
		at, err := v.Time()
		require.NoError(t, err)
		return at
	case List:
		list := []any{}
		for items := v.Items(); items.Len() > 0; {
			each, err := items.Next()
			require.NoError(t, err)
			list = append(list, shown(t, each))
		}
		return list
	case Map:
		return shownAll(t, v.Entries())
	}
	return v.Kind.String()
}

func shownAll(t require.TestingT, entries Entries) map[string]any {
	all := map[string]any{}
	for entries.More() {
		key, v, err := entries.Next()
		require.NoError(t, err)
		all[key] = shown(t, v)
	}
	return all
}

func TestEntriesAreReadInPlace(t *testing.T) {
	fields := map[string]*pb.Value{}
	for name, v := range values {
		if name != "none" {
			fields[name] = v
		}
	}
	assert.Equal(t, map[string]any{
		"text": "hola", "empty text": "", "accents": "ñandú 😀",
		"number": int64(7), "zero": int64(0), "largest": int64(1<<63 - 1), "negative": int64(-1),
		"time": noon, "whole second": noon.Truncate(time.Second), "1970": time.Unix(0, 0).UTC(), "before": time.Unix(-1, 5).UTC(),
		"list": []any{"a", int64(1)}, "empty list": []any{}, "list in a list": []any{[]any{"a"}},
		"map": map[string]any{"a": "b", "": int64(2)}, "empty map": map[string]any{},
		"true": true, "false": false, "null": "a null", "double": "another value", "bytes": []byte{0xff, 0},
		"name": "another value", "place": "another value",
	}, shownAll(t, Sealed(seal(&pb.Document{Fields: fields}))))
}

func TestWhatIsNotWrittenAsUsualIsSaidToBe(t *testing.T) {
	read := func(text string) (err error) {
		for entries := Sealed(text); err == nil && entries.More(); {
			_, _, err = entries.Next()
		}
		return err
	}
	for name, text := range map[string]string{
		"half a length":           "\x12",
		"a length beyond the end": "\x12\x09\x0a",
		"another field":           "\x0a\x00",
		"a value before its key":  "\x12\x08\x12\x03\x8a\x01\x00\x0a\x01a",
		"no value":                "\x12\x03\x0a\x01a",
		"an empty value":          "\x12\x05\x0a\x01a\x12\x00",
		"half an integer":         "\x12\x07\x0a\x01a\x12\x02\x10\x80",
		"an integer and more":     "\x12\x09\x0a\x01a\x12\x04\x10\x01\x10\x02",
		"more than 64 bits":       "\x12\x10\x0a\x01a\x12\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
		"two texts":               "\x12\x0b\x0a\x01a\x12\x06\x8a\x01\x00\x8a\x01\x00",
		"no UTF-8":                "\x12\x09\x0a\x01a\x12\x04\x8a\x01\x01\xff",
	} {
		assert.ErrorIs(t, read(text), ErrUnusual, name)
	}
	_, err := Value{Kind: Time, Text: "\x10\x01\x08\x01"}.Time()
	assert.ErrorIs(t, err, ErrUnusual)
	_, err = (&Items{"\x12\x00"}).Next()
	assert.ErrorIs(t, err, ErrUnusual)
}

func TestUsualIsWhatProtobufReads(t *testing.T) {
	got, err := Usual("\x12\x08\x12\x03\x8a\x01\x00\x0a\x01a")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"a": ""}, shownAll(t, Sealed(got)))
	_, err = Usual("\x12\x09\x0a\x01a\x12\x04\x8a\x01\x01\xff")
	assert.ErrorContains(t, err, "UTF-8")
}

// put writes a value with the Writer.
func put(w *Writer, v *pb.Value) {
	switch is := v.GetValueType().(type) {
	case *pb.Value_StringValue:
		w.Text(is.StringValue)
	case *pb.Value_BytesValue:
		w.Bytes(is.BytesValue)
	case *pb.Value_IntegerValue:
		w.Integer(is.IntegerValue)
	case *pb.Value_BooleanValue:
		w.Boolean(is.BooleanValue)
	case *pb.Value_TimestampValue:
		w.Time(is.TimestampValue.AsTime())
	case *pb.Value_MapValue:
		m := w.Map()
		writeAll(w, OfMap, is.MapValue.GetFields())
		w.End(m)
	case *pb.Value_ArrayValue:
		l := w.List()
		for _, each := range is.ArrayValue.GetValues() {
			item := w.Item()
			put(w, each)
			w.End(item)
		}
		w.End(l)
	}
}

func writeAll(w *Writer, of Of, fields map[string]*pb.Value) {
	for key, v := range fields {
		entry := w.Entry(of, key)
		put(w, v)
		w.End(entry)
	}
}

func TestAWriterWritesAsProtobufDoes(t *testing.T) {
	random := rapid.SampledFrom([]string{"text", "empty text", "accents", "number", "zero", "negative", "time", "before", "list", "empty list",
		"list in a list", "map", "empty map", "true", "false", "bytes", "none"})
	rapid.Check(t, func(t *rapid.T) {
		want := &pb.Document{Name: rapid.String().Draw(t, "name"), Fields: map[string]*pb.Value{}}
		inner := map[string]*pb.Value{}
		for _, name := range rapid.SliceOf(random).Draw(t, "values") {
			want.Fields[name], inner[name] = values[name], values[name]
		}
		want.Fields["inner"] = list(mapping(inner))
		w := NewWriter(want.GetName())
		writeAll(w, OfDocument, want.GetFields())
		d, err := w.Document()
		require.NoError(t, err)
		b, err := proto.Marshal(d)
		require.NoError(t, err)
		var got pb.Document
		require.NoError(t, proto.Unmarshal(b, &got))
		assert.True(t, proto.Equal(want, &got), "want %v, got %v", want, &got)
	})
}

func TestAWriterRefusesWhatIsNoText(t *testing.T) {
	for name, spoil := range map[string]func(*Writer){
		"text": func(w *Writer) { w.Text("\xff") }, "key": func(w *Writer) { w.End(w.Entry(OfDocument, "\xff")) },
	} {
		w := NewWriter("n")
		spoil(w)
		_, err := w.Document()
		assert.EqualError(t, err, "docwire: a text is not valid UTF-8", name)
	}
}

func BenchmarkSealed(b *testing.B) {
	data, err := proto.Marshal(&pb.RunQueryResponse{Document: usual(), ReadTime: timestamppb.New(noon)})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		m := &pb.RunQueryResponse{}
		require.True(b, read(data, m, sealed))
	}
}
