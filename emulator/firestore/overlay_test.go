package firestore

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// setIn is overlay.set by its definition, on maps of nobody else's.
func setIn(fields map[string]*pb.Value, p fieldPath, v *pb.Value) {
	for ; len(p) > 1; p = p[1:] {
		inner := fields[p[0]].GetMapValue()
		if inner == nil && v == nil {
			return
		}
		if inner == nil || inner.Fields == nil {
			fields[p[0]] = mapValue(map[string]*pb.Value{})
		}
		fields = fields[p[0]].GetMapValue().GetFields()
	}
	if fields[p[0]] = v; v == nil {
		delete(fields, p[0])
	}
}

// TestOverlaysLeaveWhatTheyWereGiven makes any changes, and expects their result, and the fields they began with and the values they
// put in to be as they were.
func TestOverlaysLeaveWhatTheyWereGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := &pb.MapValue{Fields: everyType()}
		put := mapValue(map[string]*pb.Value{"a": intValue(1), "b": mapValue(map[string]*pb.Value{"a": intValue(2)})})
		want, putBefore := proto.CloneOf(given), proto.CloneOf(put)
		before := proto.CloneOf(given)
		e := overlay{fields: given.GetFields()}
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			path := fieldPath(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "m", "c"}), 1, 4).Draw(t, "path"))
			v := rapid.SampledFrom([]*pb.Value{nil, intValue(7), put}).Draw(t, "value")
			e.set(path, v)
			setIn(want.Fields, path, proto.CloneOf(v))
		}
		require.True(t, sameFields(want.GetFields(), e.fields), "%v is not %v", e.fields, want)
		require.True(t, sameFields(before.GetFields(), given.GetFields()))
		require.True(t, sameValue(putBefore, put))
	})
}

// TestAMaskOfEveryField writes and reads with a mask of as many fields as a document may have: a copy for each field would take
// longer than the test may.
func TestAMaskOfEveryField(t *testing.T) {
	s, fields := New(Options{}).service, nulls(20_000)
	paths := slices.Collect(maps.Keys(fields))
	w := withFields(fields)
	w.UpdateMask = &pb.DocumentMask{FieldPaths: paths}
	for i := range 500 {
		w.UpdateTransforms = append(w.UpdateTransforms, &pb.DocumentTransform_FieldTransform{FieldPath: fmt.Sprint("f", i),
			TransformType: &pb.DocumentTransform_FieldTransform_Increment{Increment: intValue(1)}})
	}
	for range 20 {
		_, err := s.Commit(t.Context(), &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{w}})
		require.NoError(t, err)
		d, err := s.GetDocument(t.Context(), &pb.GetDocumentRequest{Name: written, Mask: &pb.DocumentMask{FieldPaths: paths}})
		require.NoError(t, err)
		assert.Len(t, d.GetFields(), 20_000)
	}
}
