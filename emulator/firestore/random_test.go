package firestore

import (
	"context"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"
)

// drawMessage fills any message with random fields; few texts, so that some names and paths fit.
func drawMessage(t *rapid.T, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if depth <= 0 && fd.Message() != nil || rapid.IntRange(0, 2).Draw(t, "skip") == 0 {
			continue
		}
		switch {
		case fd.IsMap():
			entries := m.Mutable(fd).Map()
			for range rapid.IntRange(0, 2).Draw(t, "entries") {
				v := entries.NewValue()
				if fd.MapValue().Message() != nil {
					drawMessage(t, v.Message(), depth-1)
				} else {
					v = drawScalarField(t, fd.MapValue())
				}
				entries.Set(drawScalarField(t, fd.MapKey()).MapKey(), v)
			}
		case fd.IsList():
			list := m.Mutable(fd).List()
			for range rapid.IntRange(0, 2).Draw(t, "elements") {
				if fd.Message() != nil {
					drawMessage(t, list.AppendMutable().Message(), depth-1)
				} else {
					list.Append(drawScalarField(t, fd))
				}
			}
		case fd.Message() != nil:
			drawMessage(t, m.Mutable(fd).Message(), depth-1)
		default:
			m.Set(fd, drawScalarField(t, fd))
		}
	}
}

func drawScalarField(t *rapid.T, fd protoreflect.FieldDescriptor) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32Range(-1, 11).Draw(t, "enum")))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.Float64().Draw(t, "double"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(rapid.SampledFrom([]string{"", "12345678"}).Draw(t, "bytes")))
	default:
		return protoreflect.ValueOfString(rapid.SampledFrom([]string{
			"", "c", "a", "a.b", "`", "__name__", testDatabase, oracleRoot, oracleRoot + "/c/x", oracleRoot + "/c",
		}).Draw(t, "string"))
	}
}

// discard is a stream whose answers go nowhere.
type discard struct{ grpc.ServerStream }

func (discard) Context() context.Context                 { return context.Background() }
func (discard) Send(*pb.BatchGetDocumentsResponse) error { return nil }

// discardAggregation is a stream whose answer goes nowhere.
type discardAggregation struct{ grpc.ServerStream }

func (discardAggregation) Context() context.Context                   { return context.Background() }
func (discardAggregation) Send(*pb.RunAggregationQueryResponse) error { return nil }

// callRandomly sends a random message into one of the calls that take a single message.
func callRandomly(ctx context.Context, s *service, call string, draw func(proto.Message)) error {
	var err error
	switch call {
	case "create document":
		req := &pb.CreateDocumentRequest{}
		draw(req)
		_, err = s.CreateDocument(ctx, req)
	case "update document":
		req := &pb.UpdateDocumentRequest{}
		draw(req)
		_, err = s.UpdateDocument(ctx, req)
	case "delete document":
		req := &pb.DeleteDocumentRequest{}
		draw(req)
		_, err = s.DeleteDocument(ctx, req)
	case "batch write":
		req := &pb.BatchWriteRequest{}
		draw(req)
		req.Database = testDatabase
		_, err = s.BatchWrite(ctx, req)
	case "list documents":
		req := &pb.ListDocumentsRequest{}
		draw(req)
		req.ConsistencySelector = nil
		_, err = s.ListDocuments(ctx, req)
	case "list collections":
		req := &pb.ListCollectionIdsRequest{}
		draw(req)
		req.ConsistencySelector = nil
		_, err = s.ListCollectionIds(ctx, req)
	default:
		req := &pb.RunAggregationQueryRequest{}
		draw(req)
		req.Parent, req.ConsistencySelector, req.ExplainOptions = oracleRoot, nil, nil
		if sq := req.GetStructuredAggregationQuery().GetStructuredQuery(); sq != nil {
			sq.From, sq.FindNearest = fromC, nil
		}
		err = s.RunAggregationQuery(req, discardAggregation{})
	}
	return err
}

// TestRandomRequestsNeverPanic sends messages of random content into every call.
func TestRandomRequestsNeverPanic(t *testing.T) {
	s := New(Options{Indexes: &Indexes{}, Observe: func(context.Context, Op) {}}).service
	allowed := map[codes.Code]bool{
		codes.OK: true, codes.InvalidArgument: true, codes.Unimplemented: true, codes.NotFound: true,
		codes.AlreadyExists: true, codes.FailedPrecondition: true,
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(m proto.Message) { drawMessage(t, m.ProtoReflect(), 7) }
		var err error
		call := rapid.SampledFrom([]string{
			"query", "commit", "listen", "get document", "batch", "create document", "update document", "delete document",
			"batch write", "list documents", "list collections", "aggregation",
		}).Draw(t, "call")
		switch call {
		case "query":
			sq := &pb.StructuredQuery{}
			draw(sq)
			sq.From = []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}}
			sq.FindNearest = nil
			var q *query
			if q, err = readQuery(oracleRoot, sq); err == nil {
				_ = s.opts.Indexes.check(q)
				s.runQuery(s.database(q.db), q)
			}
		case "commit":
			req := &pb.CommitRequest{}
			draw(req)
			req.Database, req.Transaction = testDatabase, nil
			_, err = s.Commit(context.Background(), req)
		case "listen":
			req := &pb.ListenRequest{}
			draw(req)
			st := &listenStream{service: s, conn: newMirror(), targets: map[int32]*target{}, wake: make(chan struct{}, 1)}
			if err = st.handle(req); err == nil {
				err = st.flush()
			}
			st.close()
		case "get document":
			req := &pb.GetDocumentRequest{}
			draw(req)
			_, err = s.GetDocument(context.Background(), req)
		case "batch":
			req := &pb.BatchGetDocumentsRequest{}
			draw(req)
			err = s.BatchGetDocuments(req, discard{})
		default:
			err = callRandomly(context.Background(), s, call, draw)
		}
		if !allowed[status.Code(err)] {
			t.Fatalf("answered %v", err)
		}
	})
}
