package firestore

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// startServer serves on a free port until the test ends.
func startServer(t testing.TB, opts Options) *Server {
	t.Helper()
	s, err := Open(opts)
	require.NoError(t, err)
	require.NoError(t, s.Start("127.0.0.1:0"))
	t.Cleanup(s.Close)
	return s
}

func dial(t testing.TB, s *Server) *grpc.ClientConn {
	t.Helper()
	return dialAddr(t, s.Addr())
}

func dialAddr(t testing.TB, addr string, more ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, append(more,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(64<<20)))...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

var projects atomic.Int64

// newProject is a project ID that no other test uses.
func newProject() string { return "p" + strconv.FormatInt(projects.Add(1), 10) }

// testClient is the high-level client on a connection and for a project of its own, and beside it
// the generated one, which commits several writes at once.
type testClient struct {
	*firestore.Client
	raw     pb.FirestoreClient
	project string
}

func newClient(t testing.TB, s *Server) testClient {
	t.Helper()
	conn, project := dial(t, s), newProject()
	c, err := firestore.NewClient(context.Background(), project, option.WithGRPCConn(conn))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return testClient{c, pb.NewFirestoreClient(conn), project}
}

func (c testClient) commit(writes ...*pb.Write) (*pb.CommitResponse, error) {
	return c.raw.Commit(context.Background(), &pb.CommitRequest{
		Database: "projects/" + c.project + "/databases/(default)", Writes: writes,
	})
}

func (c testClient) set(path string, data map[string]any) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{
		Name: c.Doc(path).Path, Fields: valueOf(data).GetMapValue().GetFields(),
	}}}
}

func (c testClient) create(path string, data map[string]any) *pb.Write {
	w := c.set(path, data)
	w.CurrentDocument = &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: false}}
	return w
}

// update changes the given fields of a document that has the given update time.
func (c testClient) update(path string, data map[string]any, at time.Time) *pb.Write {
	w := c.set(path, data)
	w.UpdateMask = &pb.DocumentMask{FieldPaths: slices.Sorted(maps.Keys(data))}
	w.CurrentDocument = &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: timestamppb.New(at)}}
	return w
}

func (c testClient) remove(path string) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Delete{Delete: c.Doc(path).Path}}
}

// fill sets documents in one commit.
func (c testClient) fill(t testing.TB, docs map[string]map[string]any) {
	t.Helper()
	var writes []*pb.Write
	for path, data := range docs {
		writes = append(writes, c.set(path, data))
	}
	_, err := c.commit(writes...)
	require.NoError(t, err)
}

// valueOf knows the Go types that the tests use.
func valueOf(v any) *pb.Value {
	switch v := v.(type) {
	case nil:
		return nullValue()
	case bool:
		return boolValue(v)
	case int:
		return intValue(int64(v))
	case float64:
		return doubleValue(v)
	case string:
		return stringValue(v)
	case []byte:
		return bytesValue(string(v))
	case *pb.Value:
		return v
	case []any:
		list := make([]*pb.Value, len(v))
		for i := range v {
			list[i] = valueOf(v[i])
		}
		return arrayValue(list...)
	case map[string]any:
		fields := map[string]*pb.Value{}
		for name, value := range v {
			fields[name] = valueOf(value)
		}
		return mapValue(fields)
	default:
		panic(fmt.Sprintf("a test uses the type %T", v))
	}
}

// rawClient is the generated gRPC client, for requests that the high-level one would not make.
func rawClient(t testing.TB, s *Server) pb.FirestoreClient {
	t.Helper()
	return pb.NewFirestoreClient(dial(t, s))
}

func intValue(i int64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: i}}
}

func doubleValue(f float64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: f}}
}

func stringValue(s string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}}
}

func boolValue(b bool) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_BooleanValue{BooleanValue: b}}
}

func nullValue() *pb.Value {
	return &pb.Value{ValueType: &pb.Value_NullValue{}}
}

func bytesValue(s string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_BytesValue{BytesValue: []byte(s)}}
}

func referenceValue(name string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: name}}
}

func timeValue(t time.Time) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: timestamppb.New(t)}}
}

func geoValue(latitude, longitude float64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_GeoPointValue{GeoPointValue: &latlng.LatLng{Latitude: latitude, Longitude: longitude}}}
}

func arrayValue(values ...*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
}

func vectorValue(numbers ...float64) *pb.Value {
	var values []*pb.Value
	for _, n := range numbers {
		values = append(values, doubleValue(n))
	}
	return mapValue(map[string]*pb.Value{"__type__": stringValue("__vector__"), "value": arrayValue(values...)})
}

// startProxy serves s through a gRPC server of the test's own, and hands each new stream's cancel
// function to opened. The answer is usable where a server's address is needed.
func startProxy(t testing.TB, s *Server, opened func(context.CancelFunc)) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer(grpc.StreamInterceptor(
		func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			ctx, cancel := context.WithCancel(stream.Context())
			defer cancel()
			if !strings.HasSuffix(info.FullMethod, "/Listen") {
				return handler(srv, stream)
			}
			opened(cancel)
			failed := make(chan error, 1)
			go func() { failed <- handler(srv, stream) }()
			select {
			case err := <-failed:
				return err
			case <-ctx.Done():
				return status.Error(codes.Unavailable, "the test cut the stream")
			}
		}))
	s.Register(server)
	go func() { _ = server.Serve(l) }()
	s.setListener(l)
	t.Cleanup(s.Close)
	t.Cleanup(server.Stop)
	return s
}
