package firestore

import (
	"context"
	"fmt"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
)

// stream is a raw Listen call on the database projects/p/databases/d.
type rawStream struct {
	t *testing.T
	pb.Firestore_ListenClient
}

func openStream(ctx context.Context, t *testing.T, s *Server) rawStream {
	t.Helper()
	stream, err := rawClient(t, s).Listen(ctx)
	require.NoError(t, err)
	return rawStream{t, stream}
}

func (s rawStream) add(target *pb.Target) {
	s.t.Helper()
	require.NoError(s.t, s.Send(&pb.ListenRequest{
		Database: "projects/p/databases/d", TargetChange: &pb.ListenRequest_AddTarget{AddTarget: target},
	}))
}

func (s rawStream) removeTarget(id int32) {
	s.t.Helper()
	require.NoError(s.t, s.Send(&pb.ListenRequest{
		Database: "projects/p/databases/d", TargetChange: &pb.ListenRequest_RemoveTarget{RemoveTarget: id},
	}))
}

// expect reads as many messages as are wanted and compares them in short form.
func (s rawStream) expect(want ...string) *pb.ListenResponse {
	s.t.Helper()
	var last *pb.ListenResponse
	for _, w := range want {
		resp, err := s.Recv()
		require.NoError(s.t, err)
		require.Equal(s.t, w, short(resp))
		last = resp
	}
	return last
}

func short(resp *pb.ListenResponse) string {
	base := func(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
	switch r := resp.GetResponseType().(type) {
	case *pb.ListenResponse_TargetChange:
		tc := r.TargetChange
		if tc.GetCause() != nil {
			return fmt.Sprintf("%s%v %s", tc.GetTargetChangeType(), tc.GetTargetIds(), codes.Code(tc.GetCause().GetCode()))
		}
		return fmt.Sprintf("%s%v", tc.GetTargetChangeType(), tc.GetTargetIds())
	case *pb.ListenResponse_DocumentChange:
		d := r.DocumentChange
		return fmt.Sprintf("change %s%v%v", base(d.GetDocument().GetName()), d.GetTargetIds(), d.GetRemovedTargetIds())
	case *pb.ListenResponse_DocumentDelete:
		return fmt.Sprintf("delete %s%v", base(r.DocumentDelete.GetDocument()), r.DocumentDelete.GetRemovedTargetIds())
	case *pb.ListenResponse_DocumentRemove:
		return fmt.Sprintf("remove %s%v", base(r.DocumentRemove.GetDocument()), r.DocumentRemove.GetRemovedTargetIds())
	case *pb.ListenResponse_Filter:
		return fmt.Sprintf("filter %d %d", r.Filter.GetTargetId(), r.Filter.GetCount())
	default:
		return "?"
	}
}

func documentTarget(id int32, names ...string) *pb.Target {
	for i := range names {
		names[i] = oracleRoot + "/c/" + names[i]
	}
	return &pb.Target{TargetId: id, TargetType: &pb.Target_Documents{Documents: &pb.Target_DocumentsTarget{Documents: names}}}
}

func queryTarget(id int32, where *pb.StructuredQuery_Filter) *pb.Target {
	return &pb.Target{TargetId: id, TargetType: &pb.Target_Query{Query: &pb.Target_QueryTarget{
		Parent: oracleRoot,
		QueryType: &pb.Target_QueryTarget_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
			From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}}, Where: where,
		}},
	}}}
}

// databaseClient writes to the database that raw streams listen to.
func databaseClient(t *testing.T, s *Server) func(id string, data map[string]any) {
	t.Helper()
	raw := rawClient(t, s)
	return func(id string, data map[string]any) {
		t.Helper()
		w := &pb.Write{Operation: &pb.Write_Delete{Delete: oracleRoot + "/c/" + id}}
		if data != nil {
			fields := map[string]*pb.Value{}
			for name, v := range data {
				fields[name] = intValue(int64(v.(int)))
			}
			w.Operation = &pb.Write_Update{Update: &pb.Document{Name: oracleRoot + "/c/" + id, Fields: fields}}
		}
		_, err := raw.Commit(context.Background(), &pb.CommitRequest{Database: "projects/p/databases/d", Writes: []*pb.Write{w}})
		require.NoError(t, err)
	}
}
