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

// TestUnimplementedCallsSayTheirName goes over all that the service has and this server has not.
func TestUnimplementedCallsSayTheirName(t *testing.T) {
	raw := rawClient(t, startServer(t, Options{}))
	ctx := context.Background()
	first := func(recv func() error, err error) error {
		require.NoError(t, err)
		return recv()
	}
	selectAll := &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}}}
	run := func(change func(*pb.RunQueryRequest)) error {
		req := &pb.RunQueryRequest{Parent: oracleRoot, QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: selectAll}}
		change(req)
		return runRaw(t, raw, req)
	}
	batchGet := func(req *pb.BatchGetDocumentsRequest) error {
		req.Database = testDatabase
		s, err := raw.BatchGetDocuments(ctx, req)
		return first(func() error { _, err := s.Recv(); return err }, err)
	}
	now := timestamppb.New(time.Unix(1, 0))
	for want, call := range map[string]func() error{
		"BeginTransaction":  func() error { _, err := raw.BeginTransaction(ctx, &pb.BeginTransactionRequest{}); return err },
		"Rollback":          func() error { _, err := raw.Rollback(ctx, &pb.RollbackRequest{}); return err },
		"ListDocuments":     func() error { _, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{}); return err },
		"UpdateDocument":    func() error { _, err := raw.UpdateDocument(ctx, &pb.UpdateDocumentRequest{}); return err },
		"DeleteDocument":    func() error { _, err := raw.DeleteDocument(ctx, &pb.DeleteDocumentRequest{}); return err },
		"CreateDocument":    func() error { _, err := raw.CreateDocument(ctx, &pb.CreateDocumentRequest{}); return err },
		"PartitionQuery":    func() error { _, err := raw.PartitionQuery(ctx, &pb.PartitionQueryRequest{}); return err },
		"ListCollectionIds": func() error { _, err := raw.ListCollectionIds(ctx, &pb.ListCollectionIdsRequest{}); return err },
		"BatchWrite":        func() error { _, err := raw.BatchWrite(ctx, &pb.BatchWriteRequest{}); return err },
		"RunAggregationQuery": func() error {
			s, err := raw.RunAggregationQuery(ctx, &pb.RunAggregationQueryRequest{})
			return first(func() error { _, err := s.Recv(); return err }, err)
		},
		"ExecutePipeline": func() error {
			s, err := raw.ExecutePipeline(ctx, &pb.ExecutePipelineRequest{})
			return first(func() error { _, err := s.Recv(); return err }, err)
		},
		"Write": func() error {
			s, err := raw.Write(ctx)
			return first(func() error { _, err := s.Recv(); return err }, err)
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
		"RunQuery with explain_options": func() error { return run(func(r *pb.RunQueryRequest) { r.ExplainOptions = &pb.ExplainOptions{} }) },
		"find_nearest": func() error {
			return run(func(r *pb.RunQueryRequest) {
				r.QueryType = &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
					From: selectAll.GetFrom(), FindNearest: &pb.StructuredQuery_FindNearest{}}}
			})
		},
		"a query over all collections": func() error {
			return run(func(r *pb.RunQueryRequest) {
				r.QueryType = &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
					From: []*pb.StructuredQuery_CollectionSelector{{AllDescendants: true}}}}
			})
		},
	} {
		err := call()
		assert.Equal(t, codes.Unimplemented, status.Code(err), want)
		assert.ErrorContains(t, err, want)
	}
}

