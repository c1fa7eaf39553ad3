package dial_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	apiv1 "cloud.google.com/go/firestore/apiv1"
	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/deskline/deskline/shared/dial"
	"github.com/deskline/deskline/shared/web"
)

// echo is a server that notes the trace of every call it gets.
type echo struct {
	firestorepb.UnimplementedFirestoreServer
	seen chan []string
}

func (e *echo) note(ctx context.Context) {
	md, _ := metadata.FromIncomingContext(ctx)
	e.seen <- md.Get(dial.Traceparent)
}

func (e *echo) GetDocument(ctx context.Context, _ *firestorepb.GetDocumentRequest) (*firestorepb.Document, error) {
	e.note(ctx)
	return &firestorepb.Document{}, nil
}

func (e *echo) Listen(s firestorepb.Firestore_ListenServer) error {
	e.note(s.Context())
	return nil
}

func connect(t *testing.T) (*apiv1.Client, *echo) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return connectTo(t, l, l.Addr().String())
}

func connectTo(t *testing.T, l net.Listener, endpoint string) (*apiv1.Client, *echo) {
	t.Helper()
	e, server := &echo{seen: make(chan []string, 1)}, grpc.NewServer()
	firestorepb.RegisterFirestoreServer(server, e)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { server.Stop(); require.NoError(t, <-served) })
	opts, err := dial.Options(endpoint)
	require.NoError(t, err)
	c, err := apiv1.NewClient(t.Context(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, e
}

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestEveryCallSaysWhatItIsMadeFor(t *testing.T) {
	c, e := connect(t)
	ctx := web.WithTraceparent(t.Context(), trace)
	_, err := c.GetDocument(ctx, &firestorepb.GetDocumentRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{trace}, <-e.seen)

	_, err = c.Listen(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{trace}, <-e.seen)
}

func TestWhatIsForNoRequestSaysNothing(t *testing.T) {
	c, e := connect(t)
	_, err := c.GetDocument(t.Context(), &firestorepb.GetDocumentRequest{})
	require.NoError(t, err)
	assert.Empty(t, <-e.seen)
}

func TestGooglesOwnServicesAreToldToo(t *testing.T) {
	opts, err := dial.Options("")
	require.NoError(t, err)
	assert.Len(t, opts, 2, "an interceptor of calls and one of streams; everything else is the client's")
}

func TestAServerMayListenOnASocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "dial") // t.TempDir has a path longer than a socket's may be
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	path := filepath.Join(dir, "a%2Fb?c#d")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	c, e := connectTo(t, l, "unix:"+path)
	_, err = c.GetDocument(web.WithTraceparent(t.Context(), trace), &firestorepb.GetDocumentRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{trace}, <-e.seen)
}
