package faults

import (
	"context"
	"slices"
	"strings"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/calls"
)

// errKilled is what a call that died is answered. It is a code that no client tries again.
var errKilled = status.Error(codes.PermissionDenied, "the function was killed")

// failures are what calls to Firestore are answered with.
var failures = map[Kind]error{
	FirestoreUnavailable:      status.Error(codes.Unavailable, "a fault on request: not carried out"),
	FirestoreAborted:          status.Error(codes.Aborted, "a fault on request: not carried out"),
	FirestoreDeadline:         status.Error(codes.DeadlineExceeded, "a fault on request: not carried out"),
	FirestoreAfterUnavailable: status.Error(codes.Unavailable, "a fault on request: the answer is lost"),
	FirestoreAfterAborted:     status.Error(codes.Aborted, "a fault on request: the answer is lost"),
	FirestoreAfterDeadline:    status.Error(codes.DeadlineExceeded, "a fault on request: the answer is lost"),
}

// FirestoreCall is for firestore.Options.Intercept.
func (i *Injector) FirestoreCall(ctx context.Context, method string, req proto.Message) error {
	c := i.opt.Calls.Of(ctx)
	if c == nil {
		return nil
	}
	o := i.calling(ctx, c, method, req)
	if err := i.alive(onRequest, o); err != nil || !i.hits(method) {
		return err
	}
	if out := i.decide(onLatency, o); out.late > 0 {
		late := time.NewTimer(time.Duration(out.late))
		defer late.Stop()
		select {
		case <-late.C:
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	return failures[i.decide(onCall, o).kind]
}

// FirestoreCommit is for firestore.Options.AfterCommit.
func (i *Injector) FirestoreCommit(ctx context.Context, req *pb.CommitRequest) error {
	const method = "Commit"
	c := i.opt.Calls.Of(ctx)
	if c == nil {
		return nil
	}
	o := i.calling(ctx, c, method, req)
	if err := i.alive(onRequested, o); err != nil || !i.hits(method) {
		return err
	}
	return failures[i.decide(onCommit, o).kind]
}

// calling is a call to Firestore. What it is about is left out where nothing goes wrong anyway.
func (i *Injector) calling(ctx context.Context, c *calls.Call, method string, req proto.Message) occasion {
	o := occasion{call: c, function: c.Function, who: method}
	if !i.dice.Load().idle {
		o.on, o.trace = collections(req), traceOf(calls.Traceparent(ctx))
	}
	return o
}

// hits says whether the plan is about a method of Firestore's.
func (i *Injector) hits(method string) bool {
	m := i.dice.Load().plan.Firestore.Methods
	return len(m) == 0 || slices.Contains(m, method)
}

// alive fails for what a dead call asks for, which at this moment it may become.
func (i *Injector) alive(m moment, o occasion) error {
	if !o.call.Dead() && i.decide(m, o).kind != "" {
		o.call.Die()
	}
	if o.call.Dead() {
		return errKilled
	}
	return nil
}

// collections are the IDs of the collections a request is about, each once, sorted.
func collections(req proto.Message) []string {
	var list []string
	named := func(documents ...string) {
		for _, d := range documents {
			if parts := strings.Split(d, "/"); len(parts) > 1 {
				list = append(list, parts[len(parts)-2])
			}
		}
	}
	asked := func(q *pb.StructuredQuery) {
		for _, from := range q.GetFrom() {
			list = append(list, from.GetCollectionId())
		}
	}
	switch r := req.(type) {
	case interface{ GetWrites() []*pb.Write }:
		for _, w := range r.GetWrites() {
			named(w.GetUpdate().GetName(), w.GetDelete(), w.GetTransform().GetDocument())
		}
	case *pb.BatchGetDocumentsRequest:
		named(r.GetDocuments()...)
	case *pb.GetDocumentRequest:
		named(r.GetName())
	case *pb.DeleteDocumentRequest:
		named(r.GetName())
	case *pb.UpdateDocumentRequest:
		named(r.GetDocument().GetName())
	case interface{ GetCollectionId() string }:
		list = append(list, r.GetCollectionId())
	case interface{ GetStructuredQuery() *pb.StructuredQuery }:
		asked(r.GetStructuredQuery())
	case *pb.RunAggregationQueryRequest:
		asked(r.GetStructuredAggregationQuery().GetStructuredQuery())
	case *pb.ListenRequest:
		asked(r.GetAddTarget().GetQuery().GetStructuredQuery())
		named(r.GetAddTarget().GetDocuments().GetDocuments()...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
