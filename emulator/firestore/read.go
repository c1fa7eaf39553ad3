package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
)

// GetDocument reads one document by name; NOT_FOUND when there is none.
func (s *service) GetDocument(ctx context.Context, req *pb.GetDocumentRequest) (*pb.Document, error) {
	if err := s.admit(ctx, "GetDocument", req); err != nil {
		return nil, err
	}
	if req.GetConsistencySelector() != nil {
		return nil, noSelector("GetDocument", req.GetReadTime() != nil)
	}
	name, path, err := parseDocument(req.GetName())
	if err != nil {
		return nil, err
	}
	m, err := readDocumentMask(req.GetMask())
	if err != nil {
		return nil, err
	}
	db := s.database(name)
	docs, _ := s.lookUp(db, []string{path})
	s.billDocument(ctx, db, Read, "GetDocument", path, docs[0])
	if docs[0] == nil {
		return nil, refusal(codes.NotFound, "Document %q not found.", req.GetName())
	}
	return m.apply(docs[0]), nil
}

// BatchGetDocuments reads documents by name, all as of one moment, each name once.
func (s *service) BatchGetDocuments(req *pb.BatchGetDocumentsRequest, stream pb.Firestore_BatchGetDocumentsServer) error {
	ctx := stream.Context()
	if err := s.admit(ctx, "BatchGetDocuments", req); err != nil {
		return err
	}
	if req.GetConsistencySelector() != nil {
		return noSelector("BatchGetDocuments", req.GetReadTime() != nil)
	}
	name, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return err
	}
	m, err := readDocumentMask(req.GetMask())
	if err != nil {
		return err
	}
	paths := make([]string, 0, len(req.GetDocuments()))
	seen := make(map[string]bool, len(req.GetDocuments()))
	for _, full := range req.GetDocuments() {
		path, err := parseDocumentIn(name, full)
		if err != nil {
			return err
		}
		if !seen[path] {
			seen[path] = true
			paths = append(paths, path)
		}
	}
	db := s.database(name)
	docs, at := s.lookUp(db, paths)
	readTime := timestamp(at)
	for i, path := range paths {
		s.billDocument(ctx, db, Read, "BatchGetDocuments", path, docs[i])
		resp := &pb.BatchGetDocumentsResponse{ReadTime: readTime}
		if docs[i] == nil {
			resp.Result = &pb.BatchGetDocumentsResponse_Missing{Missing: name.full(path)}
		} else {
			resp.Result = &pb.BatchGetDocumentsResponse_Found{Found: m.apply(docs[i])}
		}
		if err := stream.Send(resp); err != nil {
			return err
		}
	}
	return nil
}

// lookUp reads documents as of one moment, nil for the missing, and says when that was.
func (s *service) lookUp(db *database, paths []string) ([]*document, int64) {
	docs := make([]*document, len(paths))
	db.mu.RLock()
	defer db.mu.RUnlock()
	for i, path := range paths {
		docs[i] = db.get(path)
	}
	return docs, s.clock.read()
}

// RunQuery executes a structured query on a consistent state and sends its results in order.
func (s *service) RunQuery(req *pb.RunQueryRequest, stream pb.Firestore_RunQueryServer) error {
	ctx := stream.Context()
	if err := s.admit(ctx, "RunQuery", req); err != nil {
		return err
	}
	if req.GetConsistencySelector() != nil {
		return noSelector("RunQuery", req.GetReadTime() != nil)
	}
	if req.GetExplainOptions() != nil {
		return unimplemented("RunQuery with explain_options is not implemented")
	}
	q, err := readQuery(req.GetParent(), req.GetStructuredQuery())
	if err != nil {
		return err
	}
	if err := s.opts.Indexes.check(q); err != nil {
		return err
	}
	db := s.database(q.db)
	found, at := s.runQuery(db, q)
	s.billQuery(ctx, db, "RunQuery", q, len(found.docs)+found.skipped, found.docs)
	readTime := timestamp(at)
	if found.skipped > 0 || len(found.docs) == 0 {
		if err := stream.Send(&pb.RunQueryResponse{ReadTime: readTime, SkippedResults: int32(found.skipped)}); err != nil {
			return err
		}
	}
	for _, d := range found.docs {
		if err := stream.Send(&pb.RunQueryResponse{Document: q.mask.apply(d), ReadTime: readTime}); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) runQuery(db *database, q *query) (result, int64) {
	unlock := db.view(q)
	defer unlock()
	return db.run(q), s.clock.read()
}

func noSelector(method string, readTime bool) error {
	if readTime {
		return unimplemented("%s with read_time is not implemented", method)
	}
	return unimplemented("%s in a transaction is not implemented", method)
}
