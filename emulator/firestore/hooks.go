package firestore

import (
	"context"
	"log/slog"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

// Kind says what the service bills an operation as.
type Kind int

// The kinds of operations that are billed.
const (
	Read Kind = iota
	Write
	Delete
)

// String is the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Read:
		return "read"
	case Write:
		return "write"
	case Delete:
		return "delete"
	default:
		return "unknown"
	}
}

// Op is one billed operation.
//
// A read is billed for each document found, for each missing document asked for by name or listed, for
// each document an offset skips, for each thousand documents an aggregation matches, for a page of
// collection IDs, and for each document a listener is told about because it was added,
// changed, or left the result by a change of its own; one read for a query or a new listener that
// finds nothing. A write or delete is billed when its commit was applied, even if it changed nothing.
// Source: cloud.google.com/firestore/docs/billing-questions, read 2026-11-21. That listeners hear of a
// deletion for free, and of a document that others pushed out of a limit, and what a list of missing
// documents or of collection IDs costs, is not confirmed there.
type Op struct {
	Kind       Kind
	Method     string // the call, for example "RunQuery"
	Project    string
	Database   string
	Collection string // collection ID; empty for a page of collection IDs
	Document   string // path below the database's root; empty for a query, a list or a query listener
	Count      int    // documents billed, at least 1

	// Documents are those among the billed that exist: found, written, or told to a listener; whole, whatever a mask shows. They
	// must not be changed.
	Documents []*pb.Document
}

// Options set up a Server. The zero value is a plain server.
type Options struct {
	// Now is the clock for commit and read times; nil is time.Now. Times handed out never go back,
	// whatever Now does.
	Now func() time.Time

	// Observe is called for every billed operation, after it was executed and before the caller has
	// the answer. It may be called concurrently and must not block. A listener's calls carry the
	// context of its stream.
	Observe func(ctx context.Context, op Op)

	// Intercept is called before a call is executed, for Listen before each message of the client. An
	// error is answered instead of executing it; make it with the status package to choose the code.
	// It may wait. It must not change req.
	Intercept func(ctx context.Context, method string, req proto.Message) error

	// AfterCommit is called after a commit was applied and listeners were told. Its error is answered
	// although the commit stands, which is what a caller sees when a connection breaks at that moment.
	// For CreateDocument, UpdateDocument and DeleteDocument, req is the commit that does the same; for
	// BatchWrite it has the writes that were applied, and there is no call when there were none.
	AfterCommit func(ctx context.Context, req *pb.CommitRequest) error

	// Data is the directory that the documents are kept in, which is made when it does not exist; empty keeps nothing. Every commit
	// is in its journal before it is answered and before a listener hears of it, and is there after the process died at any
	// moment; after a loss of power the last seconds may be missing. Times and versions stay as they were, so that clients go on
	// over a restart. One server at a time uses a directory. It is for systems with flock: Linux, macOS and the BSDs.
	Data string

	// Log is told of what Data lost, and when its journal cannot be shortened; nil drops that.
	Log *slog.Logger

	// Indexes are the composite indexes of the databases. When set, a query that would need another
	// one is refused with FAILED_PRECONDITION. Nil enforces nothing.
	Indexes *Indexes
}

// bill reports an operation to Observe.
func (s *service) bill(ctx context.Context, db *database, op Op) {
	if s.opts.Observe == nil || op.Count == 0 {
		return
	}
	op.Project, op.Database = db.name.project, db.name.database
	s.opts.Observe(ctx, op)
}

// billDocument reports the billing of one document by name; d is nil when there is none.
func (s *service) billDocument(ctx context.Context, db *database, kind Kind, method, path string, d *document) {
	if s.opts.Observe != nil {
		s.bill(ctx, db, documentOp(kind, method, path, d))
	}
}

// billQuery reports the billing of a query's reads; a query that touched nothing bills one.
func (s *service) billQuery(ctx context.Context, db *database, method string, q *query, reads int, docs []*document) {
	if s.opts.Observe != nil {
		s.bill(ctx, db, queryOp(method, q, reads, docs))
	}
}

func documentOp(kind Kind, method, path string, d *document) Op {
	parent, _ := splitPath(path)
	op := Op{Kind: kind, Method: method, Collection: groupOf(parent), Document: path, Count: 1}
	if d != nil {
		op.Documents = []*pb.Document{d.pb}
	}
	return op
}

func queryOp(method string, q *query, reads int, docs []*document) Op {
	op := Op{Kind: Read, Method: method, Collection: q.collection, Count: max(reads, 1)}
	if len(docs) > 0 {
		op.Documents = make([]*pb.Document, len(docs))
	}
	for i, d := range docs {
		op.Documents[i] = d.pb
	}
	return op
}
