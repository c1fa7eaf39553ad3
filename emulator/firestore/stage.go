package firestore

import (
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// precondition is what a write demands of the document it finds.
type precondition struct {
	exists  *bool
	updated int64 // microseconds; only with hasTime
	hasTime bool
}

func readPrecondition(p *pb.Precondition) (precondition, error) {
	switch t := p.GetConditionType().(type) {
	case *pb.Precondition_Exists:
		return precondition{exists: &t.Exists}, nil
	case *pb.Precondition_UpdateTime:
		if err := t.UpdateTime.CheckValid(); err != nil {
			return precondition{}, invalid("current_document.update_time: %s", err)
		}
		if t.UpdateTime.GetNanos()%1000 != 0 {
			return precondition{}, invalid("current_document.update_time must be aligned to microseconds")
		}
		return precondition{updated: t.UpdateTime.AsTime().UnixMicro(), hasTime: true}, nil
	default:
		return precondition{}, nil
	}
}

// check compares the precondition with the document at path, nil when there is none.
func (p precondition) check(db databaseName, path string, d *document) error {
	switch {
	case p.exists != nil && *p.exists && d == nil:
		return refusal(codes.NotFound, "No document to update: %s", db.full(path))
	case p.exists != nil && !*p.exists && d != nil:
		return refusal(codes.AlreadyExists, "Document already exists: %s", db.full(path))
	case p.hasTime && d == nil:
		return refusal(codes.FailedPrecondition, "there is no document to match the required base version (%s): %s",
			rfc3339(p.updated), db.full(path))
	case p.hasTime && d.update != p.updated:
		return refusal(codes.FailedPrecondition, "the stored version (%s) does not match the required base version (%s): %s",
			rfc3339(d.update), rfc3339(p.updated), db.full(path))
	}
	return nil
}

func rfc3339(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano) }

// stage collects what a commit will have changed, so that a failure on the way changes nothing.
type stage struct {
	db      *database
	indexes *Indexes
	at      int64
	time    *timestamppb.Timestamp
	docs    map[string]*document // by path; nil for a deletion
	order   []string             // the paths in docs, first touched first
}

// current is the document as the writes so far leave it.
func (st *stage) current(path string) *document {
	if d, touched := st.docs[path]; touched {
		return d
	}
	return st.db.get(path)
}

func (st *stage) set(path string, d *document) {
	if _, touched := st.docs[path]; !touched {
		st.order = append(st.order, path)
	}
	st.docs[path] = d
}

func (st *stage) write(w *write) (*pb.WriteResult, error) {
	old := st.current(w.path)
	if err := w.want.check(st.db.name, w.path, old); err != nil {
		return nil, err
	}
	if w.remove {
		st.set(w.path, nil)
		return &pb.WriteResult{}, nil
	}
	fields := w.fields
	if w.mask != nil {
		fields = masked(old, w)
	}
	fields, results := st.transformed(fields, w.transforms)
	if err := st.checkLimits(old, w, fields); err != nil {
		return nil, err
	}
	d := st.version(w.path, old, fields)
	st.set(w.path, d)
	w.result = d
	return &pb.WriteResult{UpdateTime: d.pb.GetUpdateTime(), TransformResults: results}, nil
}

// checkLimits checks the new document as a whole; its fields again only where they were put together from several sources.
func (st *stage) checkLimits(old *document, w *write, fields map[string]*pb.Value) error {
	size := w.size
	if w.mask != nil && old != nil || len(w.transforms) > 0 {
		var err error
		if size, err = checkFields(fields, 0, 0); err != nil {
			return err
		}
		if err := checkDocumentSize(st.db.name, w.path, size); err != nil {
			return err
		}
	}
	return st.indexes.checkEntries(w.path, fields, size)
}

// masked is the old document's fields with those of the mask taken from the write.
func masked(old *document, w *write) map[string]*pb.Value {
	var e overlay
	if old != nil {
		e.fields = old.pb.GetFields()
	}
	for _, p := range w.mask.paths {
		e.set(p, p.in(w.fields))
	}
	return e.fields
}

// version is the document with new fields, or old itself when they are the same.
func (st *stage) version(path string, old *document, fields map[string]*pb.Value) *document {
	d := &document{update: st.at, pb: &pb.Document{Fields: fields, CreateTime: st.time, UpdateTime: st.time}}
	if old == nil {
		d.pb.Name = st.db.name.full(path)
		d.path, d.key = d.pb.Name[len(d.pb.Name)-len(path):], documentKey(path)
		return d
	}
	if sameFields(old.pb.GetFields(), fields) {
		return old
	}
	d.path, d.key = old.path, old.key
	d.pb.Name, d.pb.CreateTime = old.pb.GetName(), old.pb.GetCreateTime()
	return d
}
