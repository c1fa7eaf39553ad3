package firestore

import (
	"context"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func maskOf(paths ...string) *pb.DocumentMask { return &pb.DocumentMask{FieldPaths: paths} }

func exists(want bool) *pb.Precondition {
	return &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: want}}
}

func fieldsOf(data map[string]any) map[string]*pb.Value {
	return valueOf(data).GetMapValue().GetFields()
}

func assertFields(t *testing.T, want map[string]any, d *pb.Document, name string) {
	t.Helper()
	assert.True(t, sameFields(fieldsOf(want), d.GetFields()), "%s: %v", name, d.GetFields())
}

func TestCreateDocument(t *testing.T) {
	ctx := context.Background()
	raw := rawClient(t, startServer(t, Options{}))
	d, err := raw.CreateDocument(ctx, &pb.CreateDocumentRequest{
		Parent: oracleRoot, CollectionId: "rooms", DocumentId: "r1",
		Document: &pb.Document{Fields: fieldsOf(map[string]any{"a": 1, "b": 2})}, Mask: maskOf("b"),
	})
	require.NoError(t, err)
	assert.Equal(t, oracleRoot+"/rooms/r1", d.GetName())
	assertFields(t, map[string]any{"b": 2}, d, "the mask")
	assert.True(t, d.GetCreateTime().AsTime().Equal(d.GetUpdateTime().AsTime()))
	d, err = raw.GetDocument(ctx, &pb.GetDocumentRequest{Name: oracleRoot + "/rooms/r1"})
	require.NoError(t, err)
	assertFields(t, map[string]any{"a": 1, "b": 2}, d, "stored")

	_, err = raw.CreateDocument(ctx, &pb.CreateDocumentRequest{Parent: oracleRoot, CollectionId: "rooms", DocumentId: "r1"})
	assert.Equal(t, codes.AlreadyExists, status.Code(err))
	d, err = raw.CreateDocument(ctx, &pb.CreateDocumentRequest{Parent: oracleRoot + "/rooms/r1", CollectionId: "seats", DocumentId: "s"})
	require.NoError(t, err)
	assert.Equal(t, oracleRoot+"/rooms/r1/seats/s", d.GetName(), "below a document")

	seen := map[string]bool{}
	for range 20 {
		d, err = raw.CreateDocument(ctx, &pb.CreateDocumentRequest{Parent: oracleRoot, CollectionId: "made", Document: &pb.Document{}})
		require.NoError(t, err)
		id, ok := strings.CutPrefix(d.GetName(), oracleRoot+"/made/")
		require.True(t, ok, d.GetName())
		assert.Regexp(t, "^[A-Za-z0-9]{20}$", id)
		assert.False(t, seen[id], "%s was made twice", id)
		seen[id] = true
	}
}

func TestUpdateDocument(t *testing.T) {
	ctx := context.Background()
	raw := rawClient(t, startServer(t, Options{}))
	const name = oracleRoot + "/rooms/r1"
	update := func(data map[string]any, mask *pb.DocumentMask, want *pb.Precondition) (*pb.Document, error) {
		return raw.UpdateDocument(ctx, &pb.UpdateDocumentRequest{
			Document: &pb.Document{Name: name, Fields: fieldsOf(data)}, UpdateMask: mask, CurrentDocument: want,
		})
	}
	_, err := update(nil, nil, exists(true))
	assert.Equal(t, codes.NotFound, status.Code(err))
	made, err := update(map[string]any{"a": 1, "b": 2}, nil, exists(false))
	require.NoError(t, err)
	assertFields(t, map[string]any{"a": 1, "b": 2}, made, "made")
	_, err = update(map[string]any{"a": 7}, nil, exists(false))
	assert.Equal(t, codes.AlreadyExists, status.Code(err))

	d, err := update(map[string]any{"a": 3, "z": 9}, maskOf("a", "b", "m.x"), nil)
	require.NoError(t, err)
	assertFields(t, map[string]any{"a": 3}, d, "z is not in the mask, b is but has no value")
	assert.True(t, made.GetCreateTime().AsTime().Equal(d.GetCreateTime().AsTime()))
	assert.True(t, made.GetUpdateTime().AsTime().Before(d.GetUpdateTime().AsTime()))

	same, err := update(map[string]any{"q": 1}, maskOf(), nil)
	require.NoError(t, err)
	assertFields(t, map[string]any{"a": 3}, same, "a mask without fields")
	assert.True(t, d.GetUpdateTime().AsTime().Equal(same.GetUpdateTime().AsTime()), "nothing changed")

	stale := &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: made.GetUpdateTime()}}
	_, err = update(map[string]any{"a": 4}, nil, stale)
	assert.Equal(t, codes.FailedPrecondition, status.Code(err))
	d, err = update(map[string]any{"only": true}, nil, nil)
	require.NoError(t, err)
	assertFields(t, map[string]any{"only": true}, d, "without a mask everything is replaced")
}

func TestDeleteDocument(t *testing.T) {
	ctx := context.Background()
	raw := rawClient(t, startServer(t, Options{}))
	const name = oracleRoot + "/rooms/r1"
	remove := func(want *pb.Precondition) error {
		_, err := raw.DeleteDocument(ctx, &pb.DeleteDocumentRequest{Name: name, CurrentDocument: want})
		return err
	}
	require.NoError(t, remove(nil), "one that does not exist")
	assert.Equal(t, codes.NotFound, status.Code(remove(exists(true))))
	d, err := raw.CreateDocument(ctx, &pb.CreateDocumentRequest{Parent: oracleRoot, CollectionId: "rooms", DocumentId: "r1"})
	require.NoError(t, err)
	other := timestamppb.New(d.GetUpdateTime().AsTime().Add(-time.Millisecond))
	assert.Equal(t, codes.FailedPrecondition, status.Code(remove(&pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: other}})))
	require.NoError(t, remove(&pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: d.GetUpdateTime()}}))
	_, err = raw.GetDocument(ctx, &pb.GetDocumentRequest{Name: name})
	assert.Equal(t, codes.NotFound, status.Code(err))
}

func TestBadDocumentCalls(t *testing.T) {
	ctx := context.Background()
	raw := rawClient(t, startServer(t, Options{}))
	create := func(parent, collection, id string, d *pb.Document, mask *pb.DocumentMask) error {
		_, err := raw.CreateDocument(ctx, &pb.CreateDocumentRequest{Parent: parent, CollectionId: collection, DocumentId: id, Document: d, Mask: mask})
		return err
	}
	update := func(d *pb.Document, mask, show *pb.DocumentMask) error {
		_, err := raw.UpdateDocument(ctx, &pb.UpdateDocumentRequest{Document: d, UpdateMask: mask, Mask: show})
		return err
	}
	remove := func(name string) error {
		_, err := raw.DeleteDocument(ctx, &pb.DeleteDocumentRequest{Name: name})
		return err
	}
	reserved := map[string]*pb.Value{"__x__": intValue(1)}
	for want, err := range map[string]error{
		"no document name":            create(testDatabase, "c", "x", nil, nil),
		"names a collection":          create(oracleRoot+"/c", "c", "x", nil, nil),
		"collection_id: an ID":        create(oracleRoot, "", "x", nil, nil),
		`collection_id: ID "a/b"`:     create(oracleRoot, "a/b", "x", nil, nil),
		`collection_id: ID "__c__"`:   create(oracleRoot, "__c__", "x", nil, nil),
		`document_id: ID "a/b"`:       create(oracleRoot, "c", "a/b", nil, nil),
		`document_id: ID ".."`:        create(oracleRoot, "c", "..", nil, nil),
		"name must not be set":        create(oracleRoot, "c", "x", &pb.Document{Name: written}, nil),
		`field name "__x__"`:          create(oracleRoot, "c", "x", &pb.Document{Fields: reserved}, nil),
		`field path "a..b"`:           create(oracleRoot, "c", "x", nil, maskOf("a..b")),
		`"" is no document name`:      update(nil, nil, nil),
		`x/y" names a collection`:     update(&pb.Document{Name: written + "/y"}, nil, nil),
		"must not contain __name__":   update(&pb.Document{Name: written}, maskOf("__name__"), nil),
		`field path "a-b"`:            update(&pb.Document{Name: written}, nil, maskOf("a-b")),
		`documents/c" names a`:        remove(oracleRoot + "/c"),
		"more than the allowed 200":   remove(oracleRoot + strings.Repeat("/c/x", 101)),
		`"c/x" is no document name: `: remove("c/x"),
	} {
		assert.Equal(t, codes.InvalidArgument, status.Code(err), want)
		assert.ErrorContains(t, err, want)
	}
	_, err := raw.GetDocument(ctx, &pb.GetDocumentRequest{Name: written})
	assert.Equal(t, codes.NotFound, status.Code(err), "a refused call wrote")
}
