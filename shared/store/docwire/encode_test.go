package docwire

import (
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

// assertSent checks that the encoded document arrives as the document.
func assertSent(t require.TestingT, d *pb.Document) {
	for range 2 {
		b, err := proto.Marshal(&pb.Write{Operation: &pb.Write_Update{Update: Encoded(d)}})
		require.NoError(t, err)
		var got pb.Write
		require.NoError(t, proto.Unmarshal(b, &got))
		assert.True(t, proto.Equal(d, got.GetUpdate()), "want %v, got %v", d, got.GetUpdate())
		assert.Empty(t, got.GetUpdate().ProtoReflect().GetUnknown())
	}
	for name, m := range carriers(d) {
		assert.Equal(t, proto.Size(m), Size(m), name)
	}
	if e := Encoded(d); proto.Size(d) > 0 {
		assert.NotSame(t, d, e)
		assert.Equal(t, proto.Size(d), proto.Size(e), "as protobuf writes it")
	}
}

func TestDocumentsAreWrittenAsProtobufWritesThem(t *testing.T) {
	at := timestamppb.New(noon)
	assertSent(t, &pb.Document{})
	assertSent(t, &pb.Document{Name: "n", CreateTime: at, UpdateTime: &timestamppb.Timestamp{}})
	assertSent(t, &pb.Document{Name: "n", Fields: map[string]*pb.Value{"nothing": nil}})
	for _, v := range values {
		assertSent(t, &pb.Document{Name: "n", Fields: map[string]*pb.Value{"a": v, "": v}, UpdateTime: at})
	}
	for _, length := range []int{120, 127, 128, 129, 16_383, 16_384, 3_000_000} { // where lengths become longer
		assertSent(t, &pb.Document{Name: "n", Fields: map[string]*pb.Value{"a": text(strings.Repeat("x", length)), "b": list(text(strings.Repeat("y", length-4)))}})
	}
	rapid.Check(t, func(t *rapid.T) {
		inner := rapid.MapOf(rapid.String(), rapid.SampledFrom(all())).Draw(t, "inner")
		outer := rapid.MapOf(rapid.String(), rapid.SampledFrom(append(all(), mapping(inner), list(mapping(inner), text("a"))))).Draw(t, "outer")
		assertSent(t, &pb.Document{Name: rapid.String().Draw(t, "name"), Fields: outer, CreateTime: at})
	})
}

func TestWhatProtobufDoesNotWriteFailsWhenItIsSent(t *testing.T) {
	for name, d := range map[string]*pb.Document{
		"name":  {Name: "\xff"},
		"key":   {Fields: map[string]*pb.Value{"\xff": text("a")}},
		"text":  {Fields: map[string]*pb.Value{"a": text("\xff")}},
		"deep":  {Fields: map[string]*pb.Value{"a": list(mapping(map[string]*pb.Value{"b": text("\xff")}))}},
		"other": {Fields: map[string]*pb.Value{"a": {ValueType: &pb.Value_ReferenceValue{ReferenceValue: "\xff"}}}},
	} {
		assert.Same(t, d, Encoded(d), name)
		_, err := proto.Marshal(Encoded(d))
		assert.ErrorContains(t, err, "invalid UTF-8", name)
	}
}
