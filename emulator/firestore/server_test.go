package firestore

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// serverGoroutines counts the goroutines that run this package's server code.
func serverGoroutines() int {
	buf := make([]byte, 1<<22)
	stacks := string(buf[:runtime.Stack(buf, true)])
	n := 0
	for stack := range strings.SplitSeq(stacks, "\n\n") {
		if strings.Contains(stack, "firestore.(*service)") || strings.Contains(stack, "grpc.(*Server)") {
			n++
		}
	}
	return n
}

func TestEmulatorVariable(t *testing.T) {
	s := startServer(t, Options{})
	t.Setenv("FIRESTORE_EMULATOR_HOST", s.Addr())
	ctx := context.Background()
	c, err := firestore.NewClientWithDatabase(ctx, newProject(), "other")
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	_, err = c.Doc("c/d").Set(ctx, map[string]any{"v": 1})
	require.NoError(t, err)
	d, err := c.Doc("c/d").Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"v": int64(1)}, d.Data())
}

func TestProjectsAndDatabasesAreIsolated(t *testing.T) {
	ctx := context.Background()
	s := startServer(t, Options{})
	raw := rawClient(t, s)
	names := []string{"projects/a/databases/(default)", "projects/a/databases/x", "projects/b/databases/(default)"}
	for i, db := range names {
		_, err := raw.Commit(ctx, &pb.CommitRequest{Database: db, Writes: []*pb.Write{{
			Operation: &pb.Write_Update{Update: &pb.Document{
				Name: db + "/documents/c/d", Fields: map[string]*pb.Value{"i": intValue(int64(i))},
			}},
			CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: false}},
		}}})
		require.NoError(t, err, db)
	}
	read := func(db string) (int64, codes.Code) {
		d, err := raw.GetDocument(ctx, &pb.GetDocumentRequest{Name: db + "/documents/c/d"})
		return d.GetFields()["i"].GetIntegerValue(), status.Code(err)
	}
	for i, db := range names {
		v, code := read(db)
		assert.Equal(t, codes.OK, code)
		assert.Equal(t, int64(i), v)
	}
	s.Clear("a")
	for i, want := range []codes.Code{codes.NotFound, codes.NotFound, codes.OK} {
		_, code := read(names[i])
		assert.Equal(t, want, code, names[i])
	}
}

// TestCloseLeavesNothing closes a server with listeners, calls that wait in a hook, and connections.
func TestCloseLeavesNothing(t *testing.T) {
	before := serverGoroutines()
	entered := make(chan struct{})
	s := New(Options{Intercept: func(ctx context.Context, method string, _ proto.Message) error {
		if method != "Commit" {
			return nil
		}
		close(entered)
		<-ctx.Done()
		return ctx.Err()
	}})
	require.NoError(t, s.Start("127.0.0.1:0"))
	raw := rawClient(t, s)
	for range 20 {
		stream, err := raw.Listen(listenContext(t))
		require.NoError(t, err)
		st := rawStream{t, stream}
		st.add(queryTarget(1, nil))
		st.expect("ADD[1]", "CURRENT[1]", "NO_CHANGE[]")
	}
	failed := make(chan error, 1)
	go func() {
		_, err := raw.Commit(context.Background(), &pb.CommitRequest{Database: "projects/p/databases/d"})
		failed <- err
	}()
	<-entered
	s.Close()
	s.Close()
	assert.Error(t, <-failed)
	assert.Eventually(t, func() bool { return serverGoroutines() <= before }, time.Minute, time.Millisecond)
	_, err := net.Dial("tcp", s.Addr())
	assert.Error(t, err)
}

func TestCancelledStreamsLeakNothing(t *testing.T) {
	s := startServer(t, Options{})
	raw := rawClient(t, s)
	_, err := raw.GetDocument(context.Background(), &pb.GetDocumentRequest{Name: oracleRoot + "/c/x"})
	require.Equal(t, codes.NotFound, status.Code(err))
	before := serverGoroutines()
	var cancels []context.CancelFunc
	for i := range 50 {
		ctx, cancel := context.WithCancel(listenContext(t))
		defer cancel()
		cancels = append(cancels, cancel)
		stream, err := raw.Listen(ctx)
		require.NoError(t, err)
		st := rawStream{t, stream}
		st.add(queryTarget(1, fieldFilter("v", pb.StructuredQuery_FieldFilter_EQUAL, intValue(int64(i)))))
		st.add(documentTarget(2, fmt.Sprint(i)))
		st.expect("ADD[1]", "CURRENT[1]", "NO_CHANGE[]")
	}
	for _, cancel := range cancels {
		cancel()
	}
	db := s.service.database(databaseName{"p", "d"})
	assert.Eventually(t, func() bool {
		db.mu.RLock()
		defer db.mu.RUnlock()
		return len(db.watchers.collections)+len(db.watchers.documents) == 0
	}, time.Minute, time.Millisecond)
	assert.Eventually(t, func() bool { return serverGoroutines() <= before }, time.Minute, time.Millisecond)
}

func TestStartRefusesABadAddress(t *testing.T) {
	s := New(Options{})
	assert.Empty(t, s.Addr())
	assert.ErrorContains(t, s.Start("no such host:x"), "listen for firestore")
	s.Close()
}

func TestServeReturnsOnClose(t *testing.T) {
	s := New(Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	assert.Eventually(t, func() bool { return s.Addr() == l.Addr().String() }, time.Minute, time.Millisecond)
	_, err = newClient(t, s).Doc("c/d").Set(context.Background(), map[string]any{})
	require.NoError(t, err)
	s.Close()
	assert.NoError(t, <-done)
}

// TestStreamsPerConnection expects the call beyond the limit to wait for one to end.
func TestStreamsPerConnection(t *testing.T) {
	s := startServer(t, Options{})
	raw := rawClient(t, s)
	var cancels []context.CancelFunc
	for range maxStreams {
		ctx, cancel := context.WithCancel(listenContext(t))
		defer cancel()
		stream, err := raw.Listen(ctx)
		require.NoError(t, err)
		st := rawStream{t, stream}
		st.add(documentTarget(1, "x"))
		st.expect("ADD[1]", "delete x[1]", "CURRENT[1]", "NO_CHANGE[]")
		cancels = append(cancels, cancel)
	}
	get := &pb.GetDocumentRequest{Name: oracleRoot + "/c/x"}
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := raw.GetDocument(short, get)
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
	cancels[0]()
	_, err = raw.GetDocument(listenContext(t), get)
	assert.Equal(t, codes.NotFound, status.Code(err))
}

// TestReadsBesideCommits reads pairs of documents that every commit changes together.
func TestReadsBesideCommits(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	a, b := c.Doc("c/a"), c.Doc("c/b")
	c.fill(t, map[string]map[string]any{"c/a": {"v": 0}, "c/b": {"v": 0}})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				_, err := c.commit(c.set("c/a", map[string]any{"v": i}), c.set("c/b", map[string]any{"v": i}))
				assert.NoError(t, err)
			}
		}
	})
	for range 200 {
		docs, err := c.GetAll(ctx, []*firestore.DocumentRef{a, b})
		require.NoError(t, err)
		assert.Equal(t, docs[0].Data()["v"], docs[1].Data()["v"])
		docs, err = c.Collection("c").OrderBy("v", firestore.Asc).Documents(ctx).GetAll()
		require.NoError(t, err)
		require.Len(t, docs, 2)
		assert.Equal(t, docs[0].Data()["v"], docs[1].Data()["v"])
	}
	close(stop)
	wg.Wait()
}
