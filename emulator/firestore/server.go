// Package firestore serves the Google Cloud Firestore v1 API from memory, for the unmodified Go
// client: point FIRESTORE_EMULATOR_HOST at Addr, or dial it.
//
// It answers GetDocument, BatchGetDocuments, ListDocuments, ListCollectionIds, RunQuery,
// RunAggregationQuery, CreateDocument, UpdateDocument, DeleteDocument, Commit, BatchWrite and Listen the
// way the service does; every other call, and transactions, reads at a past time, query plans and vector
// searches within these, answers UNIMPLEMENTED with the name of what is missing. Every project and database
// exists, empty, and is isolated from the others. Nothing is kept when the process ends, unless Options.Data
// says where; no index is needed, unless Options.Indexes says which there are. The README says what of each
// call there is, how it is proven, and every known difference.
//
// Not enforced: access rules and rates. Values sort by all of their bytes; the service's indexes keep
// the first 1500, so that it may put longer values that begin alike in another order.
//
// Commits are atomic and totally ordered, and the update time of each is later than that of the one
// before. Queries run on ordered indexes that are built when a query first needs them: the first
// query of a shape reads its collection once, later ones cost what they find.
package firestore

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"github.com/deskline/deskline/shared/store/docwire"
	"google.golang.org/protobuf/proto"
)

// maxRequestBytes is the largest request. Source: cloud.google.com/firestore/quotas, read 2026-11-21.
const maxRequestBytes = 10 << 20

// maxStreams is how many calls a connection carries at once; further ones wait in the client.
// Source: github.com/googleapis/google-cloud-java/issues/3514, read 2026-11-21.
const maxStreams = 100

// Server is an in-memory Firestore. Make it with New or Open; all methods may be called concurrently.
type Server struct {
	service *service
	grpc    *grpc.Server

	mu       sync.Mutex
	listener net.Listener
	serving  sync.WaitGroup
}

// Open makes a server that holds the documents of Options.Data and does not listen yet. Data that is in use is a
// [journal.ErrInUse], and data that something else than an interrupted write has changed a [journal.Damaged]. Close it.
func Open(opts Options) (*Server, error) {
	dir := opts.Data
	opts.Data = ""
	s := New(opts)
	if dir == "" {
		return s, nil
	}
	var err error
	if s.service.data, err = openData(s.service, dir); err != nil {
		return nil, fmt.Errorf("open the firestore's data: %w", err)
	}
	return s, nil
}

// Loaded says what was in Options.Data when the server was opened; without Data it is zero.
func (s *Server) Loaded() Loaded {
	if s.service.data == nil {
		return Loaded{}
	}
	return s.service.data.loaded
}

// New makes a server that holds no documents and does not listen yet. It panics when Options.Data is set: loading can fail, which
// Open reports.
func New(opts Options) *Server {
	if opts.Data != "" {
		panic("firestore: New with Options.Data; use Open")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	svc := &service{opts: opts, databases: map[databaseName]*database{}}
	svc.clock.now = opts.Now
	s := &Server{
		service: svc,
		grpc: grpc.NewServer(
			grpc.MaxConcurrentStreams(maxStreams),
			// Above the limit, so that a request too large gets the service's answer and not gRPC's.
			grpc.MaxRecvMsgSize(2*maxRequestBytes),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
			grpc.WaitForHandlers(true),
			grpc.ForceServerCodecV2(docwire.Codec()),
		),
	}
	s.Register(s.grpc)
	return s
}

// Register adds the service to a gRPC server of the caller's, next to whatever else it serves. That
// server's own limits on message size and streams apply, and Close does not stop it.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	pb.RegisterFirestoreServer(r, s.service)
}

// Serve answers calls on l until Close, and then returns nil. It takes over l.
func (s *Server) Serve(l net.Listener) error {
	s.setListener(l)
	if err := s.grpc.Serve(l); err != nil {
		return fmt.Errorf("serve firestore: %w", err)
	}
	return nil
}

// Start listens on a TCP address, "127.0.0.1:0" for a free port, and serves in the background.
func (s *Server) Start(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for firestore: %w", err)
	}
	s.setListener(l)
	s.serving.Go(func() { _ = s.grpc.Serve(l) })
	return nil
}

// StartSocket serves on a socket of the file system too, which is made at path and goes with Close. For somebody on the same machine
// it costs half the computing of a TCP connection.
func (s *Server) StartSocket(path string) error {
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("listen for firestore: %w", err)
	}
	s.serving.Go(func() { _ = s.grpc.Serve(l) })
	return nil
}

func (s *Server) setListener(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = l
}

// Addr is the host and port the server listens on, empty before Start or Serve.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Close stops listening, breaks every connection and waits until all calls have returned, those on a
// server given to Register too: stop that one first. A second Close does nothing.
func (s *Server) Close() {
	s.grpc.Stop()
	s.serving.Wait()
	s.service.receivers.Wait()
	s.service.data.close()
}

// Clear drops all documents of a project, in all its databases. Listeners see them removed. It fails when Options.Data cannot be
// written; a database that it did not come to is as it was.
func (s *Server) Clear(project string) error {
	for _, db := range s.service.databasesOf(project) {
		if err := db.clear(s.service.data); err != nil {
			return err
		}
	}
	return nil
}

// service implements the calls.
type service struct {
	pb.UnimplementedFirestoreServer
	opts      Options
	clock     clock
	data      *data
	receivers sync.WaitGroup // goroutines that read from Listen streams

	mu        sync.RWMutex
	databases map[databaseName]*database
}

// database is the database of a name, new when it was not used before.
func (s *service) database(name databaseName) *database {
	s.mu.RLock()
	db := s.databases[name]
	s.mu.RUnlock()
	if db != nil {
		return db
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if db = s.databases[name]; db == nil {
		db = newDatabase(name)
		s.databases[name] = db
	}
	return db
}

func (s *service) databasesOf(project string) []*database {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*database
	for name, db := range s.databases {
		if name.project == project {
			out = append(out, db)
		}
	}
	return out
}

// admit applies what holds for every call: the size limit and the hook.
func (s *service) admit(ctx context.Context, method string, req proto.Message) error {
	if n := docwire.Size(req); n > maxRequestBytes {
		return invalid("request payload size %d exceeds the limit: %d bytes", n, maxRequestBytes)
	}
	if s.opts.Intercept == nil {
		return nil
	}
	return s.opts.Intercept(ctx, method, req)
}
