package firestore

import (
	"encoding/binary"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// maxDirty is how many changed documents a target remembers for a slow listener. Beyond it the
// target's whole result is compared with what the listener has.
const maxDirty = 1024

// target is one thing a stream listens to: documents by name, or a query.
type target struct {
	id     int32
	stream *listenStream
	query  *query   // nil for documents
	paths  []string // of the documents
	once   bool     // ends when it is current
	resume int64    // the listener has everything up to this time; 0 for nothing

	// members is what the listener has: paths and update times. Only the stream's sender uses it.
	members map[string]int64
	current bool

	// dirty and all are guarded by the stream's lock.
	dirty map[string]struct{}
	all   bool
}

// readTarget checks an AddTarget request against the stream's database.
func readTarget(db databaseName, indexes *Indexes, t *pb.Target) (*target, error) {
	out := &target{once: t.GetOnce(), all: true, members: map[string]int64{}}
	var err error
	if out.resume, err = readResume(t); err != nil {
		return nil, err
	}
	switch tt := t.GetTargetType().(type) {
	case *pb.Target_Documents:
		if len(tt.Documents.GetDocuments()) == 0 {
			return nil, invalid("a documents target names no document")
		}
		for _, name := range tt.Documents.GetDocuments() {
			path, err := parseDocumentIn(db, name)
			if err != nil {
				return nil, err
			}
			out.paths = append(out.paths, path)
		}
		return out, nil
	case *pb.Target_Query:
		q, err := readQuery(tt.Query.GetParent(), tt.Query.GetStructuredQuery())
		if err != nil {
			return nil, err
		}
		if q.db != db {
			return nil, invalid("the target's parent %q is not in the database of the stream", tt.Query.GetParent())
		}
		out.query = q
		return out, indexes.check(q)
	default:
		return nil, invalid("the target is neither documents nor a query")
	}
}

// A resume token is the read time it was sent with, in microseconds, big endian.
func resumeToken(at int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(at)) }

func readResume(t *pb.Target) (int64, error) {
	switch r := t.GetResumeType().(type) {
	case *pb.Target_ResumeToken:
		if len(r.ResumeToken) == 0 {
			return 0, nil
		}
		if len(r.ResumeToken) != 8 {
			return 0, invalid("the resume token is not one of this server")
		}
		return int64(binary.BigEndian.Uint64(r.ResumeToken)), nil
	case *pb.Target_ReadTime:
		if err := r.ReadTime.CheckValid(); err != nil {
			return 0, invalid("read_time: %s", err)
		}
		return r.ReadTime.AsTime().UnixMicro(), nil
	default:
		return 0, nil
	}
}

// mark notes that a document changed that may concern the target. It never blocks.
func (t *target) mark(path string) {
	t.stream.mu.Lock()
	defer t.stream.mu.Unlock()
	switch {
	case t.all:
	case t.query != nil && t.query.limited() || len(t.dirty) >= maxDirty:
		t.all, t.dirty = true, nil
	default:
		if t.dirty == nil {
			t.dirty = map[string]struct{}{}
		}
		t.dirty[path] = struct{}{}
	}
	t.stream.signal()
}

func (t *target) markAll() {
	t.stream.mu.Lock()
	defer t.stream.mu.Unlock()
	t.all, t.dirty = true, nil
	t.stream.signal()
}

// work is what a target has to look at: the paths in dirty, or everything.
type work struct {
	target *target
	all    bool
	dirty  map[string]struct{}
}

// take hands over the work noted so far; the stream's lock must be held.
func (t *target) take() (work, bool) {
	w := work{t, t.all, t.dirty}
	t.all, t.dirty = false, nil
	return w, w.all || len(w.dirty) > 0
}

// look compares the state of the database with what the listener has and puts the differences
// into b. The database's lock must be held.
func (w *work) look(db *database, b *batch) {
	t := w.target
	switch {
	case t.query == nil:
		w.lookAtDocuments(db, b)
	case w.all:
		w.lookAtResult(db, b)
	default:
		for path := range w.dirty {
			d := db.get(path)
			if d != nil && t.query.matches(d) {
				t.has(b, d)
			} else {
				t.hasNot(b, path, d)
			}
		}
	}
}

func (w *work) lookAtDocuments(db *database, b *batch) {
	t := w.target
	for _, path := range t.paths {
		if _, dirty := w.dirty[path]; !dirty && !w.all {
			continue
		}
		d := db.get(path)
		switch {
		case d != nil:
			t.has(b, d)
		case t.current:
			t.hasNot(b, path, nil)
		default:
			b.remove(t, path, nil)
			b.read(t, path, nil)
		}
	}
}

func (w *work) lookAtResult(db *database, b *batch) {
	t := w.target
	docs := db.run(t.query).docs
	inResult := make(map[string]struct{}, len(docs))
	for _, d := range docs {
		inResult[d.path] = struct{}{}
		t.has(b, d)
	}
	for path := range t.members {
		if _, ok := inResult[path]; !ok {
			t.hasNot(b, path, db.get(path))
		}
	}
	if !t.current && len(docs) == 0 {
		b.read(t, "", nil)
	}
}

// has notes that a document is in the target's result now.
func (t *target) has(b *batch, d *document) {
	known, member := t.members[d.path]
	t.members[d.path] = d.update
	switch {
	case member && known == d.update:
		return
	case !t.current && d.update <= t.resume && !t.restarted():
		return
	}
	b.change(t, d)
	b.read(t, d.path, d)
}

// restarted reports whether the listener has to forget what it has, because a resume token does not
// say which documents a limited query had.
func (t *target) restarted() bool {
	return t.resume > 0 && t.query != nil && t.query.limited()
}

// hasNot notes that a document is not in the target's result now; d is nil when it does not exist.
func (t *target) hasNot(b *batch, path string, d *document) {
	known, member := t.members[path]
	if !member {
		return
	}
	delete(t.members, path)
	b.remove(t, path, d)
	if d != nil && d.update != known {
		b.read(t, path, d)
	}
}
