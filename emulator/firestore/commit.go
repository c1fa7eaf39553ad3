package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// maxTransforms is how many field transforms one document may have in a commit.
// Source: cloud.google.com/firestore/quotas, read 2026-11-21.
const maxTransforms = 500

// write is a checked write.
type write struct {
	path       string
	remove     bool
	fields     map[string]*pb.Value
	size       int   // of fields
	mask       *mask // nil replaces all fields
	transforms []transform
	want       precondition
	result     *document // what an applied update left
}

// Commit applies all writes in order, or none when a precondition fails.
func (s *service) Commit(ctx context.Context, req *pb.CommitRequest) (*pb.CommitResponse, error) {
	if err := s.admit(ctx, "Commit", req); err != nil {
		return nil, err
	}
	if len(req.GetTransaction()) > 0 {
		return nil, unimplemented("Commit in a transaction is not implemented")
	}
	name, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return nil, err
	}
	writes := make([]write, len(req.GetWrites()))
	for i, w := range req.GetWrites() {
		if writes[i], err = readWrite(name, w); err != nil {
			return nil, err
		}
	}
	if err := checkTransforms(writes); err != nil {
		return nil, err
	}
	db := s.database(name)
	resp, err := s.apply(db, writes)
	if err != nil {
		return nil, err
	}
	if err := s.committed(ctx, "Commit", db, writes, req); err != nil {
		return nil, err
	}
	return resp, nil
}

// committed bills applied writes and tells the hook.
func (s *service) committed(ctx context.Context, method string, db *database, writes []write, req *pb.CommitRequest) error {
	for i := range writes {
		kind := Write
		if writes[i].remove {
			kind = Delete
		}
		s.billDocument(ctx, db, kind, method, writes[i].path, writes[i].result)
	}
	if s.opts.AfterCommit == nil {
		return nil
	}
	return s.opts.AfterCommit(ctx, req)
}

// checkTransforms applies the limit to documents that are written several times.
func checkTransforms(writes []write) error {
	counts := map[string]int{}
	for i := range writes {
		if len(writes[i].transforms) == 0 {
			continue
		}
		counts[writes[i].path] += len(writes[i].transforms)
		if n := counts[writes[i].path]; n > maxTransforms {
			return invalid("document %q has %d field transforms, more than the allowed %d", writes[i].path, n, maxTransforms)
		}
	}
	return nil
}

// apply executes checked writes as one commit.
func (s *service) apply(db *database, writes []write) (*pb.CommitResponse, error) {
	resp := &pb.CommitResponse{WriteResults: make([]*pb.WriteResult, len(writes))}
	db.mu.Lock()
	defer db.mu.Unlock()
	at := s.clock.commit()
	st := stage{db: db, indexes: s.opts.Indexes, at: at, time: timestamp(at), docs: make(map[string]*document, len(writes))}
	for i := range writes {
		var err error
		if resp.WriteResults[i], err = st.write(&writes[i]); err != nil {
			return nil, err
		}
	}
	if err := s.data.commit(&st); err != nil {
		return nil, err
	}
	for _, path := range st.order {
		switch d := st.docs[path]; {
		case d == db.get(path):
		case d == nil:
			db.put(path, nil)
		default:
			db.put(d.path, d) // the document's string, which the maps then share
		}
	}
	resp.CommitTime = st.time
	return resp, nil
}

func readWrite(db databaseName, w *pb.Write) (write, error) {
	var out write
	var err error
	if out.want, err = readPrecondition(w.GetCurrentDocument()); err != nil {
		return out, err
	}
	switch t := w.GetOperation().(type) {
	case *pb.Write_Update:
		return out, out.readUpdate(db, w)
	case *pb.Write_Delete:
		if w.GetUpdateMask() != nil || len(w.GetUpdateTransforms()) > 0 {
			return out, invalid("a delete has neither update_mask nor update_transforms")
		}
		out.remove = true
		out.path, err = parseDocumentIn(db, t.Delete)
		return out, err
	case *pb.Write_Transform:
		if len(t.Transform.GetFieldTransforms()) == 0 {
			return out, invalid("a transform of %q has no field transforms", t.Transform.GetDocument())
		}
		if out.path, err = parseDocumentIn(db, t.Transform.GetDocument()); err != nil {
			return out, err
		}
		out.mask = &mask{}
		out.transforms, err = readTransforms(t.Transform.GetFieldTransforms())
		return out, err
	default:
		if len(w.ProtoReflect().GetUnknown()) == 0 {
			return out, invalid("a write has no operation")
		}
		return out, unimplemented("a write that is neither update, delete nor transform is not implemented")
	}
}

func (w *write) readUpdate(db databaseName, req *pb.Write) error {
	doc := req.GetUpdate()
	var err error
	if w.path, err = parseDocumentIn(db, doc.GetName()); err != nil {
		return err
	}
	size, err := checkFields(doc.GetFields(), 0, 0)
	if err != nil {
		return invalid("document %q: %s", doc.GetName(), message(err))
	}
	if err := checkDocumentSize(db, w.path, size); err != nil {
		return err
	}
	w.fields, w.size = doc.GetFields(), size
	if req.GetUpdateMask() != nil {
		for _, p := range req.GetUpdateMask().GetFieldPaths() {
			if p == nameField {
				return invalid("document %q: update_mask must not contain __name__", doc.GetName())
			}
		}
	}
	if w.mask, err = readDocumentMask(req.GetUpdateMask()); err != nil {
		return invalid("document %q: %s", doc.GetName(), message(err))
	}
	w.transforms, err = readTransforms(req.GetUpdateTransforms())
	return err
}

// checkDocumentSize compares a document whose fields take fieldBytes with the limit.
func checkDocumentSize(db databaseName, path string, fieldBytes int) error {
	if n := nameSize(path) + fieldBytes + 32; n > maxDocumentBytes {
		return invalid("Document %q cannot be written because its size (%d bytes) exceeds the maximum allowed size of %d bytes.",
			db.full(path), n, maxDocumentBytes)
	}
	return nil
}
