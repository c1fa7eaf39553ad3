package google_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/google"
)

const database = "projects/p/databases/d"

// behind is a client of a front with the hooks. Our Firestore stands in for Google's, which speaks the same.
func behind(t *testing.T, o firestore.Options, h google.Hooks) pb.FirestoreClient {
	t.Helper()
	server := firestore.New(o)
	require.NoError(t, server.Start("127.0.0.1:0"))
	t.Cleanup(server.Close)
	f, err := google.NewFront(server.Addr(), h)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	conn, err := grpc.NewClient(f.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return pb.NewFirestoreClient(conn)
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func name(id string) string { return database + "/documents/things/" + id }

// set is a commit of documents without fields, which must not exist.
func set(ids ...string) *pb.CommitRequest {
	req := &pb.CommitRequest{Database: database}
	for _, id := range ids {
		req.Writes = append(req.Writes, &pb.Write{
			Operation:       &pb.Write_Update{Update: &pb.Document{Name: name(id)}},
			CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: false}}})
	}
	return req
}

// things are the IDs of all documents, as a query finds them.
func things(t *testing.T, c pb.FirestoreClient) (names []string) {
	t.Helper()
	stream, err := c.RunQuery(within(t), &pb.RunQueryRequest{Parent: database + "/documents", QueryType: &pb.RunQueryRequest_StructuredQuery{
		StructuredQuery: &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "things"}}}}})
	require.NoError(t, err)
	for {
		resp, err := stream.Recv()
		if err == io.EOF {
			return names
		}
		require.NoError(t, err)
		if d := resp.GetDocument(); d != nil {
			names = append(names, d.GetName())
		}
	}
}

// listens opens a stream and asks for everything.
func listens(t *testing.T, c pb.FirestoreClient) pb.Firestore_ListenClient {
	t.Helper()
	stream, err := c.Listen(within(t))
	require.NoError(t, err)
	require.NoError(t, stream.Send(&pb.ListenRequest{Database: database, TargetChange: &pb.ListenRequest_AddTarget{
		AddTarget: &pb.Target{TargetId: 7, TargetType: &pb.Target_Documents{Documents: &pb.Target_DocumentsTarget{Documents: []string{name("a")}}}}}}))
	return stream
}

// hears reads the stream until the document of the name comes.
func hears(t *testing.T, stream pb.Firestore_ListenClient, name string) {
	t.Helper()
	for {
		resp, err := stream.Recv()
		require.NoError(t, err)
		if resp.GetDocumentChange().GetDocument().GetName() == name {
			return
		}
	}
}

func TestAFrontPassesOnWhatBothSidesSay(t *testing.T) {
	headers := make(chan metadata.MD, 100)
	c := behind(t, firestore.Options{Intercept: func(ctx context.Context, _ string, _ proto.Message) error {
		md, _ := metadata.FromIncomingContext(ctx)
		headers <- md
		return nil
	}}, google.Hooks{})
	stream := listens(t, c)
	_, err := c.Commit(metadata.AppendToOutgoingContext(within(t), "google-cloud-resource-prefix", database), set("a", "b"))
	require.NoError(t, err)
	hears(t, stream, name("a"))
	assert.Equal(t, []string{name("a"), name("b")}, things(t, c))
	_, err = c.Commit(within(t), set("b"))
	assert.Equal(t, codes.AlreadyExists, status.Code(err))
	_, err = c.BeginTransaction(within(t), &pb.BeginTransactionRequest{Database: database})
	assert.Equal(t, codes.Unimplemented, status.Code(err), "as who stands behind it says")
	require.NoError(t, stream.CloseSend())
	for err == nil || status.Code(err) == codes.Unimplemented {
		_, err = stream.Recv()
	}
	assert.ErrorIs(t, err, io.EOF)
	var passed []string
	for len(headers) > 0 {
		passed = append(passed, (<-headers).Get("google-cloud-resource-prefix")...)
	}
	assert.Equal(t, []string{database}, passed)
}

func TestAFrontRefusesWhatInterceptRefuses(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	c := behind(t, firestore.Options{}, google.Hooks{Intercept: func(_ context.Context, method string, req proto.Message) error {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, method)
		if r, ok := req.(*pb.ListenRequest); ok && r.GetRemoveTarget() == 0 {
			return nil
		}
		if method == "RunQuery" {
			return nil
		}
		return status.Error(codes.ResourceExhausted, "not today")
	}})
	_, err := c.Commit(within(t), set("a"))
	assert.Equal(t, codes.ResourceExhausted, status.Code(err))
	assert.Empty(t, things(t, c), "it was not passed on")
	stream := listens(t, c)
	require.NoError(t, stream.Send(&pb.ListenRequest{Database: database, TargetChange: &pb.ListenRequest_RemoveTarget{RemoveTarget: 7}}))
	for err = nil; err == nil; {
		_, err = stream.Recv()
	}
	assert.Equal(t, "rpc error: code = ResourceExhausted desc = not today", err.Error())
	assert.Equal(t, []string{"Commit", "RunQuery", "Listen", "Listen"}, asked)
}

func TestAFrontTellsOfCommitsThatWereApplied(t *testing.T) {
	var applied []int
	c := behind(t, firestore.Options{}, google.Hooks{Answered: func(_ context.Context, asked, answer proto.Message) error {
		req, ok := asked.(*pb.CommitRequest)
		if !ok {
			return nil
		}
		assert.Len(t, answer.(*pb.CommitResponse).GetWriteResults(), len(req.GetWrites()))
		applied = append(applied, len(req.GetWrites()))
		if len(req.GetWrites()) == 2 {
			return status.Error(codes.Unavailable, "the line went dead")
		}
		return nil
	}})
	_, err := c.Commit(within(t), set("a"))
	require.NoError(t, err)
	_, err = c.Commit(within(t), set("b", "c"))
	assert.Equal(t, codes.Unavailable, status.Code(err))
	_, err = c.Commit(within(t), set("a", "b", "c"))
	assert.Equal(t, codes.AlreadyExists, status.Code(err), "this one was not applied")
	assert.Equal(t, []string{name("a"), name("b"), name("c")}, things(t, c))
	assert.Equal(t, []int{1, 2}, applied)
}

func TestAFrontOutlivesItsCallers(t *testing.T) {
	server := firestore.New(firestore.Options{})
	require.NoError(t, server.Start("127.0.0.1:0"))
	f, err := google.NewFront(server.Addr(), google.Hooks{})
	require.NoError(t, err)
	conn, err := grpc.NewClient(f.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	c := pb.NewFirestoreClient(conn)
	assert.Equal(t, codes.Unimplemented, status.Code(conn.Invoke(within(t), "/google.firestore.v1.Firestore/Forget", set("a"), &pb.CommitResponse{})))
	_, err = c.Commit(within(t), set("a"))
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(within(t))
	left, err := c.Listen(ctx)
	require.NoError(t, err)
	cancel()
	_, err = left.Recv()
	assert.Equal(t, codes.Canceled, status.Code(err))
	broken := listens(t, c)
	hears(t, broken, name("a"))
	server.Close()
	for err = nil; err == nil; {
		_, err = broken.Recv()
	}
	assert.Equal(t, codes.Unavailable, status.Code(err), "as who stood behind it went")
	_, err = c.Commit(within(t), set("b"))
	assert.Equal(t, codes.Unavailable, status.Code(err))
	require.NoError(t, f.Close())
}
