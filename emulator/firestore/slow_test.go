package firestore

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// bulky fills a collection with more than a connection takes unread.
func bulky(t *testing.T, s *Server) {
	t.Helper()
	for i := range 40 {
		put(t, s, testDatabase, fmt.Sprintf("c/%03d", i), map[string]any{"text": strings.Repeat("x", 100_000)})
	}
}

func everything() *pb.RunQueryRequest {
	return &pb.RunQueryRequest{Parent: oracleRoot, QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: where(nil)}}
}

// settles waits until no more of the server's goroutines run than before. Each look stops the world, so that looking too often keeps
// them from ending.
func settles(t *testing.T, before int) {
	t.Helper()
	assert.Eventually(t, func() bool { return serverGoroutines() <= before }, 2*time.Minute, 20*time.Millisecond)
}

// TestUnreadResultsHoldUpNobody leaves queries and listeners unread in the middle while others commit, and then gives them up.
func TestUnreadResultsHoldUpNobody(t *testing.T) {
	s := startServer(t, Options{})
	bulky(t, s)
	raw := rawClient(t, s)
	_, err := raw.GetDocument(t.Context(), &pb.GetDocumentRequest{Name: oracleRoot + "/c/000"})
	require.NoError(t, err)
	before := serverGoroutines()
	ctx, cancel := context.WithCancel(listenContext(t))
	defer cancel()
	unread, err := raw.RunQuery(ctx, everything())
	require.NoError(t, err)
	_, err = unread.Recv()
	require.NoError(t, err)
	for range 5 {
		_, err := raw.RunQuery(ctx, everything())
		require.NoError(t, err)
	}
	listen := func() rawStream {
		st, err := raw.Listen(ctx)
		require.NoError(t, err)
		return rawStream{t, st}
	}
	idle, reader := listen(), listen()
	idle.add(queryTarget(1, nil))
	reader.add(queryTarget(1, fieldFilter("v", pb.StructuredQuery_FieldFilter_GREATER_THAN, intValue(0))))
	reader.expect("ADD[1]", "CURRENT[1]", "NO_CHANGE[]")
	put(t, s, testDatabase, "c/new", map[string]any{"v": 1})
	reader.expect("change new[1][]", "NO_CHANGE[]")
	cancel()
	_, err = idle.Recv()
	for err == nil {
		_, err = idle.Recv()
	}
	assert.Equal(t, codes.Canceled, status.Code(err))
	settles(t, before)
}

// TestASlowListenerCostsNoMemory changes documents ten thousand times for a listener that does not read.
func TestASlowListenerCostsNoMemory(t *testing.T) {
	s := startServer(t, Options{})
	st := openStream(listenContext(t), t, s)
	st.add(queryTarget(1, nil))
	st.expect("ADD[1]", "CURRENT[1]", "NO_CHANGE[]")
	text := strings.Repeat("x", 1000)
	change := func(i int) { put(t, s, testDatabase, fmt.Sprintf("c/%d", i%50), map[string]any{"v": i, "text": text}) }
	for i := range 1000 {
		change(i)
	}
	inUse := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	begin := inUse()
	for i := range 10_000 {
		change(i)
	}
	assert.Less(t, inUse()-begin, int64(4<<20), "of ten million bytes written")
	var last int64
	for last != 9_999 {
		resp, err := st.Recv()
		require.NoError(t, err)
		last = max(last, resp.GetDocumentChange().GetDocument().GetFields()["v"].GetIntegerValue())
	}
}

// TestAConnectionThatBreaks cuts connections in the middle of what they carry.
func TestAConnectionThatBreaks(t *testing.T) {
	s := startServer(t, Options{})
	bulky(t, s)
	require.Eventually(t, func() bool { return serverGoroutines() > 0 }, 2*time.Minute, time.Millisecond, "it accepts connections")
	before := serverGoroutines()
	for range 3 {
		conn, err := net.Dial("tcp", s.Addr())
		require.NoError(t, err)
		_, err = conn.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\xff\x01\x04"))
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).SetLinger(0))
		require.NoError(t, conn.Close())
	}
	conn := dial(t, s)
	raw := pb.NewFirestoreClient(conn)
	for range 10 {
		_, err := raw.RunQuery(t.Context(), everything())
		require.NoError(t, err)
		st, err := raw.Listen(listenContext(t))
		require.NoError(t, err)
		rawStream{t, st}.add(queryTarget(1, nil))
		_, err = st.Recv()
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close())
	settles(t, before)
	db := s.service.database(databaseName{"p", "d"})
	db.mu.RLock()
	defer db.mu.RUnlock()
	assert.Empty(t, db.watchers.collections)
}

// TestCloseEndsUnreadStreams closes a server that cannot get rid of what it sends.
func TestCloseEndsUnreadStreams(t *testing.T) {
	before := serverGoroutines()
	s := New(Options{})
	require.NoError(t, s.Start("127.0.0.1:0"))
	bulky(t, s)
	for range 3 {
		raw := rawClient(t, s)
		for range 30 {
			_, err := raw.RunQuery(t.Context(), everything())
			require.NoError(t, err)
			st, err := raw.Listen(listenContext(t))
			require.NoError(t, err)
			rawStream{t, st}.add(queryTarget(1, nil))
		}
	}
	s.Close()
	settles(t, before)
}
