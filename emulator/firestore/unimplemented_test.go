package firestore

import (
	"context"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// unimplementedCalls runs calls that must fail and name what is missing.
func unimplementedCalls(t *testing.T, calls map[string]func() error) {
	t.Helper()
	for want, call := range calls {
		err := call()
		assert.Equal(t, codes.Unimplemented, status.Code(err), want)
		assert.ErrorContains(t, err, want)
	}
}

// answer is the first answer's error of a streaming call.
func answer[T any](t *testing.T, stream interface{ Recv() (T, error) }, err error) error {
	t.Helper()
	require.NoError(t, err)
	_, err = stream.Recv()
	return err
}

func TestUnimplementedCallsSayTheirName(t *testing.T) {
	raw := rawClient(t, startServer(t, Options{}))
	ctx := context.Background()
	unimplementedCalls(t, map[string]func() error{
		"BeginTransaction": func() error { _, err := raw.BeginTransaction(ctx, &pb.BeginTransactionRequest{}); return err },
		"Rollback":         func() error { _, err := raw.Rollback(ctx, &pb.RollbackRequest{}); return err },
		"PartitionQuery":   func() error { _, err := raw.PartitionQuery(ctx, &pb.PartitionQueryRequest{}); return err },
		"ExecutePipeline": func() error {
			s, err := raw.ExecutePipeline(ctx, &pb.ExecutePipelineRequest{})
			return answer(t, s, err)
		},
		"Write": func() error {
			s, err := raw.Write(ctx)
			return answer(t, s, err)
		},
	})
}

func TestUnimplementedOptionsSayTheirName(t *testing.T) {
	raw := rawClient(t, startServer(t, Options{}))
	ctx := context.Background()
	run := func(change func(*pb.RunQueryRequest)) error {
		req := &pb.RunQueryRequest{Parent: oracleRoot, QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: where(nil)}}
		change(req)
		return runRaw(t, raw, req)
	}
	batchGet := func(req *pb.BatchGetDocumentsRequest) error {
		req.Database = testDatabase
		s, err := raw.BatchGetDocuments(ctx, req)
		return answer(t, s, err)
	}
	aggregate := func(req *pb.RunAggregationQueryRequest) error {
		s, err := raw.RunAggregationQuery(ctx, req)
		return answer(t, s, err)
	}
	now := timestamppb.New(time.Unix(1, 0))
	unimplementedCalls(t, map[string]func() error{
		"a write that is neither": func() error {
			verify := &pb.Write{}
			verify.ProtoReflect().SetUnknown([]byte{5<<3 | 2, 1, 'x'}) // a text in field 5, which later protos name
			_, err := raw.Commit(ctx, &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{verify}})
			return err
		},
		"GetDocument in a transaction": func() error {
			_, err := raw.GetDocument(ctx, &pb.GetDocumentRequest{ConsistencySelector: &pb.GetDocumentRequest_Transaction{}})
			return err
		},
		"GetDocument with read_time": func() error {
			_, err := raw.GetDocument(ctx, &pb.GetDocumentRequest{ConsistencySelector: &pb.GetDocumentRequest_ReadTime{ReadTime: now}})
			return err
		},
		"BatchGetDocuments in a transaction": func() error {
			return batchGet(&pb.BatchGetDocumentsRequest{ConsistencySelector: &pb.BatchGetDocumentsRequest_NewTransaction{NewTransaction: &pb.TransactionOptions{}}})
		},
		"BatchGetDocuments with read_time": func() error {
			return batchGet(&pb.BatchGetDocumentsRequest{ConsistencySelector: &pb.BatchGetDocumentsRequest_ReadTime{ReadTime: now}})
		},
		"Commit in a transaction": func() error {
			_, err := raw.Commit(ctx, &pb.CommitRequest{Database: testDatabase, Transaction: []byte("t")})
			return err
		},
		"RunQuery in a transaction": func() error {
			return run(func(r *pb.RunQueryRequest) {
				r.ConsistencySelector = &pb.RunQueryRequest_Transaction{Transaction: []byte("t")}
			})
		},
		"RunQuery with read_time": func() error {
			return run(func(r *pb.RunQueryRequest) { r.ConsistencySelector = &pb.RunQueryRequest_ReadTime{ReadTime: now} })
		},
		"RunAggregationQuery in a transaction": func() error {
			return aggregate(&pb.RunAggregationQueryRequest{ConsistencySelector: &pb.RunAggregationQueryRequest_Transaction{}})
		},
		"RunAggregationQuery with read_time": func() error {
			return aggregate(&pb.RunAggregationQueryRequest{ConsistencySelector: &pb.RunAggregationQueryRequest_ReadTime{ReadTime: now}})
		},
		"RunAggregationQuery with explain_options": func() error {
			return aggregate(&pb.RunAggregationQueryRequest{ExplainOptions: &pb.ExplainOptions{}})
		},
		"ListDocuments in a transaction": func() error {
			_, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{ConsistencySelector: &pb.ListDocumentsRequest_Transaction{}})
			return err
		},
		"ListDocuments with read_time": func() error {
			_, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{ConsistencySelector: &pb.ListDocumentsRequest_ReadTime{ReadTime: now}})
			return err
		},
		"ListCollectionIds with read_time": func() error {
			_, err := raw.ListCollectionIds(ctx, &pb.ListCollectionIdsRequest{ConsistencySelector: &pb.ListCollectionIdsRequest_ReadTime{ReadTime: now}})
			return err
		},
		"ListDocuments without a collection_id": func() error {
			_, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: oracleRoot})
			return err
		},
		"RunQuery with explain_options": func() error { return run(func(r *pb.RunQueryRequest) { r.ExplainOptions = &pb.ExplainOptions{} }) },
		"find_nearest": func() error {
			return run(func(r *pb.RunQueryRequest) {
				r.QueryType = &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
					From: fromC, FindNearest: &pb.StructuredQuery_FindNearest{}}}
			})
		},
		"a query over all collections": func() error {
			return run(func(r *pb.RunQueryRequest) {
				r.QueryType = &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
					From: []*pb.StructuredQuery_CollectionSelector{{AllDescendants: true}}}}
			})
		},
	})
}
