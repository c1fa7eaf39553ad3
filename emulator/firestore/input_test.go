package firestore

import (
	"context"
	"math"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const testDatabase = "projects/p/databases/d"

func TestBadDocumentNames(t *testing.T) {
	raw := rawClient(t, startServer(t, Options{}))
	for name, bad := range map[string]string{
		"empty":               "",
		"no project":          "databases/d/documents/c/x",
		"empty project":       "projects//databases/d/documents/c/x",
		"empty database":      "projects/p/databases//documents/c/x",
		"no documents":        "projects/p/databases/d/c/x",
		"the root":            testDatabase + "/documents",
		"nothing below":       testDatabase + "/documents/",
		"a collection":        testDatabase + "/documents/c",
		"a deeper collection": testDatabase + "/documents/c/x/d",
		"empty ID":            testDatabase + "/documents/c/",
		"empty collection":    testDatabase + "/documents//x",
		"dot":                 testDatabase + "/documents/c/.",
		"dots":                testDatabase + "/documents/../x",
		"reserved ID":         testDatabase + "/documents/c/__x__",
		"reserved collection": testDatabase + "/documents/__c__/x",
		"long ID":             testDatabase + "/documents/c/" + strings.Repeat("x", 1501),
		"too long":            testDatabase + "/documents" + strings.Repeat("/"+strings.Repeat("x", 1500), 4) + "/" + strings.Repeat("x", 200) + "/y",
		"too deep":            testDatabase + "/documents/" + strings.Repeat("c/x/", 100) + "c/x",
	} {
		ctx := context.Background()
		_, err := raw.GetDocument(ctx, &pb.GetDocumentRequest{Name: bad})
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "get: %s", name)
		_, err = raw.Commit(ctx, &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{{Operation: &pb.Write_Delete{Delete: bad}}}})
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "delete: %s", name)
		_, err = raw.Commit(ctx, &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{{
			Operation: &pb.Write_Update{Update: &pb.Document{Name: bad}},
		}}})
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "update: %s", name)
		stream, err := raw.BatchGetDocuments(ctx, &pb.BatchGetDocumentsRequest{Database: testDatabase, Documents: []string{bad}})
		require.NoError(t, err)
		_, err = stream.Recv()
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "batch get: %s", name)
	}
	for name, good := range map[string]string{
		"longest ID": testDatabase + "/documents/c/" + strings.Repeat("x", 1500),
		"deepest":    testDatabase + "/documents/" + strings.Repeat("c/x/", 99) + "c/x",
		"odd ID":     testDatabase + "/documents/c/... ü\n`*~[",
		"underlines": testDatabase + "/documents/__c/x__",
	} {
		_, err := raw.GetDocument(context.Background(), &pb.GetDocumentRequest{Name: good})
		assert.Equal(t, codes.NotFound, status.Code(err), name)
	}
}

func nest(depth int, v *pb.Value) *pb.Value {
	for range depth {
		v = mapValue(map[string]*pb.Value{"m": v})
	}
	return v
}

const written = testDatabase + "/documents/c/x"

func withFields(fields map[string]*pb.Value) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: written, Fields: fields}}}
}

func withValue(v *pb.Value) *pb.Write { return withFields(map[string]*pb.Value{"v": v}) }

func withMask(paths ...string) *pb.Write {
	w := withValue(intValue(1))
	w.UpdateMask = &pb.DocumentMask{FieldPaths: paths}
	return w
}

func withTransform(ts ...*pb.DocumentTransform_FieldTransform) *pb.Write {
	w := withValue(intValue(1))
	w.UpdateTransforms = ts
	return w
}

// badWrite is a write and a part of the text it must be refused with.
type badWrite struct {
	write *pb.Write
	want  string
}

func refuseWrites(t *testing.T, cases map[string]badWrite) {
	t.Helper()
	raw := rawClient(t, startServer(t, Options{}))
	for name, tc := range cases {
		_, err := raw.Commit(context.Background(), &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{tc.write}})
		assert.Equal(t, codes.InvalidArgument, status.Code(err), name)
		assert.ErrorContains(t, err, tc.want, name)
	}
}

func TestBadFields(t *testing.T) {
	refuseWrites(t, map[string]badWrite{
		"a value without type":  {withValue(&pb.Value{}), `field "v": the value has no type`},
		"an array in an array":  {withValue(arrayValue(arrayValue())), "directly contain another array"},
		"maps too deep":         {withValue(nest(21, intValue(1))), "nested deeper than 20"},
		"an empty field name":   {withFields(map[string]*pb.Value{"": intValue(1)}), "a field name is empty"},
		"a reserved field name": {withFields(map[string]*pb.Value{"__x__": intValue(1)}), "reserved"},
		"a reserved inner name": {withValue(mapValue(map[string]*pb.Value{"__x__": intValue(1)})), "reserved"},
		"a broken vector":       {withValue(mapValue(map[string]*pb.Value{"__type__": stringValue("__vector__"), "value": arrayValue(intValue(1))})), "reserved"},
		"a long field name":     {withFields(map[string]*pb.Value{strings.Repeat("n", 1501): intValue(1)}), "1501 bytes"},
		"a time out of range":   {withValue(&pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: &timestamppb.Timestamp{Seconds: 1 << 60}}}), "bad timestamp"},
		"a place out of range":  {withValue(geoValue(90.1, 0)), "geo point"},
		"a place that is NaN":   {withValue(geoValue(0, math.NaN())), "geo point"},
		"a broken reference":    {withValue(referenceValue("c/x")), "no document name"},
		"a long string":         {withValue(stringValue(strings.Repeat("x", 1<<20))), "longer than 1048487 bytes"},
	})
}

func TestBadMasksAndOperations(t *testing.T) {
	refuseWrites(t, map[string]badWrite{
		"a mask with __name__":   {withMask("__name__"), "must not contain __name__"},
		"a mask with a gap":      {withMask("a..b"), `field path "a..b"`},
		"an empty mask path":     {withMask(""), `field path ""`},
		"an unquoted mask path":  {withMask("a-b"), "must be quoted"},
		"an unclosed quote":      {withMask("`a"), "unclosed"},
		"text behind a quote":    {withMask("`a`b"), "a dot must follow"},
		"a dangling backslash":   {withMask("`a\\"), "ends in a backslash"},
		"a long mask path":       {withMask("a." + strings.Repeat("b", 1499)), "1501 bytes"},
		"a digit first":          {withMask("1a"), "must be quoted"},
		"no document":            {&pb.Write{Operation: &pb.Write_Update{}}, "no document name"},
		"another database":       {&pb.Write{Operation: &pb.Write_Delete{Delete: "projects/p/databases/e/documents/c/x"}}, "not in the database of the request"},
		"a delete with mask":     {&pb.Write{Operation: &pb.Write_Delete{Delete: written}, UpdateMask: &pb.DocumentMask{}}, "neither update_mask"},
		"a transform of nothing": {&pb.Write{Operation: &pb.Write_Transform{Transform: &pb.DocumentTransform{Document: written}}}, "no field transforms"},
	})
}

func TestBadTransforms(t *testing.T) {
	increment := &pb.DocumentTransform_FieldTransform_Increment{Increment: intValue(1)}
	many := make([]*pb.DocumentTransform_FieldTransform, 501)
	for i := range many {
		many[i] = &pb.DocumentTransform_FieldTransform{FieldPath: "n", TransformType: increment}
	}
	refuseWrites(t, map[string]badWrite{
		"a transform's type": {withTransform(&pb.DocumentTransform_FieldTransform{FieldPath: "a"}), "no type"},
		"a transform's path": {withTransform(&pb.DocumentTransform_FieldTransform{FieldPath: "a.", TransformType: increment}), `field path "a."`},
		"an increment by text": {withTransform(&pb.DocumentTransform_FieldTransform{FieldPath: "a",
			TransformType: &pb.DocumentTransform_FieldTransform_Increment{Increment: stringValue("1")}}), "integer or a double"},
		"an unknown server value": {withTransform(&pb.DocumentTransform_FieldTransform{FieldPath: "a",
			TransformType: &pb.DocumentTransform_FieldTransform_SetToServerValue{SetToServerValue: 7}}), "unknown server value"},
		"arrays into an array": {withTransform(&pb.DocumentTransform_FieldTransform{FieldPath: "a",
			TransformType: &pb.DocumentTransform_FieldTransform_AppendMissingElements{AppendMissingElements: arrayValue(arrayValue()).GetArrayValue()}}), "another array"},
		"a transform in a transformed map": {withTransform(
			&pb.DocumentTransform_FieldTransform{FieldPath: "m.x", TransformType: increment},
			&pb.DocumentTransform_FieldTransform{FieldPath: "m", TransformType: increment}), `"m.x" and the field "m" around it`},
		"501 transforms": {withTransform(many...), "501 field transforms"},
	})
}

func TestOddButGoodWrites(t *testing.T) {
	raw := rawClient(t, startServer(t, Options{}))
	for name, w := range map[string]*pb.Write{
		"deepest maps":    withValue(nest(20, intValue(1))),
		"longest name":    withFields(map[string]*pb.Value{strings.Repeat("n", 1500): intValue(1)}),
		"array, map":      withValue(arrayValue(mapValue(map[string]*pb.Value{"a": arrayValue()}))),
		"vector":          withValue(vectorValue(1, 2)),
		"underlines":      withFields(map[string]*pb.Value{"__": intValue(1), "___": intValue(1), "__x": intValue(1)}),
		"mask with marks": withMask("`a\\`b\\\\c`.d", "_e1"),
	} {
		_, err := raw.Commit(context.Background(), &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{w}})
		assert.NoError(t, err, name)
	}
}
