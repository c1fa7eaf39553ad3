package firestore

import (
	"context"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// call is one of the service's calls for a request that is known only at run time.
type call struct {
	name    string
	request func() proto.Message
	do      func(t failing, s *service, req proto.Message) error
}

var calls = []call{
	unary("Commit", (*service).Commit),
	unary("BatchWrite", (*service).BatchWrite),
	unary("GetDocument", (*service).GetDocument),
	unary("CreateDocument", (*service).CreateDocument),
	unary("UpdateDocument", (*service).UpdateDocument),
	unary("DeleteDocument", (*service).DeleteDocument),
	unary("ListDocuments", (*service).ListDocuments),
	unary("ListCollectionIds", (*service).ListCollectionIds),
	streaming("BatchGetDocuments", func(s *service, req *pb.BatchGetDocumentsRequest, to sink[pb.BatchGetDocumentsResponse]) error {
		return s.BatchGetDocuments(req, to)
	}),
	streaming("RunQuery", func(s *service, req *pb.RunQueryRequest, to sink[pb.RunQueryResponse]) error {
		return s.RunQuery(req, to)
	}),
	streaming("RunAggregationQuery", func(s *service, req *pb.RunAggregationQueryRequest, to sink[pb.RunAggregationQueryResponse]) error {
		return s.RunAggregationQuery(req, to)
	}),
	{"Listen", newOf[pb.ListenRequest], func(t failing, s *service, req proto.Message) error {
		return play(t, s, []step{{listen: req.(*pb.ListenRequest)}})
	}},
}

// messageOf is a generated message of type T.
type messageOf[T any] interface {
	*T
	proto.Message
}

func newOf[T any, M messageOf[T]]() proto.Message { return M(new(T)) }

func unary[Q, A any, R messageOf[Q], W messageOf[A]](name string, f func(*service, context.Context, *Q) (*A, error)) call {
	return call{name, newOf[Q, R], func(t failing, s *service, req proto.Message) error {
		answer, err := f(s, context.Background(), (*Q)(req.(R)))
		sendable(t, W(answer))
		return err
	}}
}

func streaming[Q, A any, R messageOf[Q]](name string, f func(*service, *Q, sink[A]) error) call {
	return call{name, newOf[Q, R], func(t failing, s *service, req proto.Message) error {
		return f(s, (*Q)(req.(R)), sink[A]{t: t})
	}}
}

// sink is a stream whose messages are only checked.
type sink[A any] struct {
	grpc.ServerStream
	t failing
}

func (sink[A]) Context() context.Context { return context.Background() }

func (s sink[A]) Send(m *A) error {
	sendable(s.t, any(m).(proto.Message))
	return nil
}

func sendable(t failing, m proto.Message) {
	t.Helper()
	_, err := proto.Marshal(m)
	require.NoError(t, err)
}

// someIndexes leave little to what the automatic indexes cannot do.
const someIndexes = `{"indexes": [{"collectionGroup": "c", "fields": [{"fieldPath": "b", "order": "ASCENDING"}, {"fieldPath": "a", "order": "DESCENDING"}]},
	{"collectionGroup": "c", "fields": [{"fieldPath": "__name__", "order": "DESCENDING"}]}],
	"fieldOverrides": [{"collectionGroup": "c", "fieldPath": "tags", "indexes": [{"arrayConfig": "CONTAINS", "queryScope": "COLLECTION_GROUP"}]}]}`

// furnished is a server with a few documents of every type, and indexes of every kind in use.
func furnished(t failing, enforced bool) *Server {
	t.Helper()
	opts := Options{}
	if enforced {
		var err error
		opts.Indexes, err = ParseIndexes([]byte(someIndexes))
		require.NoError(t, err)
	}
	s := New(opts)
	for _, req := range soundRequests() {
		_, isCommit := req.(*pb.CommitRequest)
		_, isQuery := req.(*pb.RunQueryRequest)
		if isCommit || isQuery {
			require.NoError(t, callOf(req).do(t, s.service, proto.Clone(req)))
		}
	}
	return s
}

// callOf is the call that takes a request.
func callOf(req proto.Message) call {
	for _, c := range calls {
		if c.request().ProtoReflect().Descriptor() == req.ProtoReflect().Descriptor() {
			return c
		}
	}
	panic("no call takes " + string(req.ProtoReflect().Descriptor().Name()))
}

// survives sends a request, expects a documented answer, and that all is as it should be: as before, when it was refused.
func survives(t failing, s *Server, c call, req proto.Message) {
	t.Helper()
	before := stateOf(t, s)
	err := c.do(t, s.service, req)
	documented(t, err)
	agrees(t, s.service)
	if err != nil {
		require.Equal(t, before, stateOf(t, s))
	}
}

// FuzzRequests reads bytes as the request of any call.
func FuzzRequests(f *testing.F) {
	for _, req := range soundRequests() {
		wire, err := proto.Marshal(req)
		require.NoError(f, err)
		for i := range calls {
			if calls[i].name == callOf(req).name {
				f.Add(byte(i), false, wire)
				f.Add(byte(i), true, wire)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which byte, enforced bool, wire []byte) {
		c := calls[int(which)%len(calls)]
		req := c.request()
		if proto.Unmarshal(wire, req) != nil {
			return
		}
		survives(t, furnished(t, enforced), c, req)
	})
}

// FuzzCorruptions changes sound requests in a few places, to what the wire may carry and to what only a caller in the process could send.
func FuzzCorruptions(f *testing.F) {
	for i := range soundRequests() {
		f.Add(byte(i), false, []byte{1, 2, 3, 4, 5, 6, 7, 8})
		f.Add(byte(i), true, []byte{9, 0, 200, 7, 31, 4, 77, 255, 3, 19, 5, 150})
	}
	f.Fuzz(func(t *testing.T, which byte, enforced bool, faults []byte) {
		sound := soundRequests()
		req := proto.Clone(sound[int(which)%len(sound)])
		corrupt(req, faults)
		survives(t, furnished(t, enforced), callOf(req), req)
	})
}

// TestSoundRequestsAreSound keeps the fuzz tests from corrupting what is refused anyway.
func TestSoundRequestsAreSound(t *testing.T) {
	for _, req := range soundRequests() {
		require.NoError(t, callOf(req).do(t, furnished(t, false).service, req), "%v", req)
	}
}
