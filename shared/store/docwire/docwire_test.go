package docwire

import (
	"math"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

func text(s string) *pb.Value { return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}} }

func number64(n int64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: n}}
}

func list(values ...*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
}

func mapping(fields map[string]*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_MapValue{MapValue: &pb.MapValue{Fields: fields}}}
}

func at(t time.Time) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: timestamppb.New(t)}}
}

var noon = time.Date(2026, 1, 15, 12, 0, 0, 123_456_000, time.UTC)

// values are one of every type, and those at its limits.
var values = map[string]*pb.Value{
	"text": text("hola"), "empty text": text(""), "accents": text("ñandú 😀"),
	"number": number64(7), "zero": number64(0), "largest": number64(math.MaxInt64), "negative": number64(-1),
	"time": at(noon), "whole second": at(noon.Truncate(time.Second)), "1970": at(time.Unix(0, 0)), "before": at(time.Unix(-1, 5)),
	"list": list(text("a"), number64(1)), "empty list": list(), "list in a list": list(list(text("a"))),
	"map": mapping(map[string]*pb.Value{"a": text("b"), "": number64(2)}), "empty map": mapping(nil),
	"true": {ValueType: &pb.Value_BooleanValue{BooleanValue: true}}, "false": {ValueType: &pb.Value_BooleanValue{}},
	"null":   {ValueType: &pb.Value_NullValue{NullValue: structpb.NullValue_NULL_VALUE}},
	"double": {ValueType: &pb.Value_DoubleValue{DoubleValue: 1.5}},
	"bytes":  {ValueType: &pb.Value_BytesValue{BytesValue: []byte{0xff, 0}}},
	"name":   {ValueType: &pb.Value_ReferenceValue{ReferenceValue: "projects/p"}},
	"place":  {ValueType: &pb.Value_GeoPointValue{GeoPointValue: &latlng.LatLng{Latitude: 1}}},
	"none":   {},
}

// carriers are the messages that carry a document, and others of their types.
func carriers(d *pb.Document) map[string]proto.Message {
	now := timestamppb.New(noon)
	update := &pb.Write{Operation: &pb.Write_Update{Update: d}}
	guarded := &pb.Write{Operation: &pb.Write_Update{Update: d}, UpdateMask: &pb.DocumentMask{FieldPaths: []string{"a"}},
		CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: now}}}
	remove := &pb.Write{Operation: &pb.Write_Delete{Delete: "n"}}
	return map[string]proto.Message{
		"found":   &pb.BatchGetDocumentsResponse{Result: &pb.BatchGetDocumentsResponse_Found{Found: d}, ReadTime: now},
		"missing": &pb.BatchGetDocumentsResponse{Result: &pb.BatchGetDocumentsResponse_Missing{Missing: "n"}, ReadTime: now},
		"result":  &pb.RunQueryResponse{Document: d, ReadTime: now, SkippedResults: 2},
		"end":     &pb.RunQueryResponse{ReadTime: now, ContinuationSelector: &pb.RunQueryResponse_Done{Done: true}},
		"change": &pb.ListenResponse{ResponseType: &pb.ListenResponse_DocumentChange{DocumentChange: &pb.DocumentChange{
			Document: d, TargetIds: []int32{1, 2}, RemovedTargetIds: []int32{3}}}},
		"target":           &pb.ListenResponse{ResponseType: &pb.ListenResponse_TargetChange{TargetChange: &pb.TargetChange{TargetIds: []int32{1}, ReadTime: now}}},
		"commit":           &pb.CommitRequest{Database: "projects/p/databases/d", Writes: []*pb.Write{update, remove, guarded}},
		"in a transaction": &pb.CommitRequest{Database: "d", Writes: []*pb.Write{update}, Transaction: []byte{1}},
		"nothing":          &pb.CommitRequest{Database: "d"},
	}
}

// assertSame checks that the codec makes of the bytes what protobuf makes of them.
func assertSame(t assert.TestingT, b []byte, kind proto.Message) {
	want, got := kind.ProtoReflect().New().Interface(), kind.ProtoReflect().New().Interface()
	wrong := proto.Unmarshal(b, want)
	err := Codec().Unmarshal(mem.BufferSlice{mem.SliceBuffer(b)}, got)
	if wrong != nil {
		assert.Equal(t, wrong, err)
		return
	}
	if assert.NoError(t, err) {
		assert.True(t, proto.Equal(want, got), "want %v, got %v", want, got)
	}
}

func TestDocumentsAreReadAsProtobufReadsThem(t *testing.T) {
	for name, v := range values {
		d := &pb.Document{Name: "projects/p/databases/d/documents/c/x", Fields: map[string]*pb.Value{"a": v, "b": v},
			CreateTime: timestamppb.New(noon), UpdateTime: timestamppb.New(noon)}
		for kind, m := range carriers(d) {
			b, err := proto.Marshal(m)
			require.NoError(t, err)
			t.Run(name+" "+kind, func(t *testing.T) { assertSame(t, b, m) })
		}
	}
	for name, d := range map[string]*pb.Document{"empty": {}, "no name": {Fields: map[string]*pb.Value{"a": text("b")}}, "no fields": {Name: "n"}} {
		for kind, m := range carriers(d) {
			b, err := proto.Marshal(m)
			require.NoError(t, err)
			t.Run(name+" "+kind, func(t *testing.T) { assertSame(t, b, m) })
		}
	}
}

// Most documents never come to protobuf, or nothing would be won.
func TestUsualDocumentsAreReadHere(t *testing.T) {
	d := &pb.Document{Name: "n", Fields: map[string]*pb.Value{"text": text("a"), "number": number64(1), "at": at(noon), "list": list(text("a")),
		"map": mapping(map[string]*pb.Value{"a": text("b")}), "true": values["true"]}, CreateTime: timestamppb.New(noon), UpdateTime: timestamppb.New(noon)}
	all := carriers(d)
	for _, kind := range []string{"found", "result", "change", "commit", "in a transaction", "nothing"} {
		b, err := proto.Marshal(all[kind])
		require.NoError(t, err)
		assert.True(t, read(b, all[kind].ProtoReflect().New().Interface(), fields), kind)
	}
}

func TestBytesOfAnyKindAreReadAsProtobufReadsThem(t *testing.T) {
	random := rapid.Deferred(func() *rapid.Generator[*pb.Value] { return rapid.SampledFrom(all()) })
	rapid.Check(t, func(t *rapid.T) {
		d := &pb.Document{Name: rapid.String().Draw(t, "name"), Fields: rapid.MapOf(rapid.String(), random).Draw(t, "fields")}
		kinds := carriers(d)
		m := kinds[rapid.SampledFrom([]string{"found", "missing", "result", "end", "change", "target", "commit", "in a transaction"}).Draw(t, "kind")]
		b, err := proto.Marshal(m)
		require.NoError(t, err)
		for range rapid.IntRange(0, 3).Draw(t, "damages") {
			from := rapid.IntRange(0, len(b)).Draw(t, "from")
			to := min(from+rapid.IntRange(0, 4).Draw(t, "length"), len(b))
			with := rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "with")
			b = append(append(append([]byte{}, b[:from]...), with...), b[to:]...)
		}
		if rapid.Bool().Draw(t, "twice") {
			b = append(b, b...)
		}
		assertSame(t, b, m)
	})
}

func all() (list []*pb.Value) {
	for _, v := range values {
		list = append(list, v)
	}
	return list
}

func TestNobodyReadsWithoutEnd(t *testing.T) {
	v := text("deep")
	for range 2 * depthMax {
		v = list(v)
	}
	m := &pb.RunQueryResponse{Document: &pb.Document{Name: "n", Fields: map[string]*pb.Value{"a": v}}}
	b, err := proto.Marshal(m)
	require.NoError(t, err)
	assert.False(t, read(b, &pb.RunQueryResponse{}, fields))
	assertSame(t, b, m)
}

// usual is a document as a conversation's is.
func usual() *pb.Document {
	entry := mapping(map[string]*pb.Value{"seq": number64(1), "at": at(noon), "event": text("offered"), "by": text("agent12"), "detail": text("longest_available")})
	fields := map[string]*pb.Value{"history": mapping(map[string]*pb.Value{"last": number64(3), "entries": list(entry, entry, entry)})}
	for _, name := range []string{"contact", "queue", "asset", "channel", "project", "state", "offer", "wants", "profile", "customer"} {
		fields[name] = text(name + "-0123456789abcdef")
		fields[name+"At"] = at(noon)
		fields[name+"N"] = number64(5)
	}
	return &pb.Document{Name: "projects/p/databases/(default)/documents/interactions/x", Fields: fields,
		CreateTime: timestamppb.New(noon), UpdateTime: timestamppb.New(noon)}
}

func BenchmarkRead(b *testing.B) {
	data, err := proto.Marshal(&pb.RunQueryResponse{Document: usual(), ReadTime: timestamppb.New(noon)})
	require.NoError(b, err)
	b.Run("protobuf", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(b, proto.Unmarshal(data, &pb.RunQueryResponse{}))
		}
	})
	b.Run("docwire", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.True(b, read(data, &pb.RunQueryResponse{}, fields))
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	d := usual()
	b.Run("protobuf", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := proto.Marshal(d)
			require.NoError(b, err)
		}
	})
	b.Run("docwire", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.NotSame(b, d, Encoded(d))
		}
	})
}
