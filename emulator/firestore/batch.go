package firestore

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// batch is the difference between two consistent states of a stream's targets, and its billing.
type batch struct {
	db       databaseName
	at       int64
	changes  []*change
	byPath   map[string]*change
	became   []*target // targets whose initial state this is
	filters  []*pb.ExistenceFilter
	observed bool // somebody hears what is billed
	named    []Op
	reads    map[*target]*told // by query targets
}

// told is what the listener of a query is billed for.
type told struct {
	count int
	docs  []*document // those that exist
}

// change is what happened to one document in some targets.
type change struct {
	path    string
	doc     *document // nil when it does not exist
	mask    *mask
	entered []int32 // targets that have the document, new or changed
	left    []int32
}

func newBatch(db databaseName, observed bool) *batch {
	return &batch{db: db, byPath: map[string]*change{}, observed: observed, reads: map[*target]*told{}}
}

// of is the change of a document that all targets without a projection share.
func (b *batch) of(path string, d *document) *change {
	c := b.byPath[path]
	if c == nil {
		c = &change{path: path, doc: d}
		b.byPath[path] = c
		b.changes = append(b.changes, c)
	}
	return c
}

// change notes a document that is new in a target, or changed.
func (b *batch) change(t *target, d *document) {
	if t.query != nil && t.query.mask != nil {
		b.changes = append(b.changes, &change{path: d.path, doc: d, mask: t.query.mask, entered: []int32{t.id}})
		return
	}
	c := b.of(d.path, d)
	c.entered = append(c.entered, t.id)
}

// remove notes a document that left a target; d is nil when it does not exist.
func (b *batch) remove(t *target, path string, d *document) {
	c := b.of(path, d)
	c.left = append(c.left, t.id)
}

// read bills a document that a target's listener is told about; d is nil when it does not exist, path empty when there is none.
func (b *batch) read(t *target, path string, d *document) {
	if !b.observed {
		return
	}
	if t.query == nil {
		b.named = append(b.named, documentOp(Read, "Listen", path, d))
		return
	}
	r := b.reads[t]
	if r == nil {
		r = &told{}
		b.reads[t] = r
	}
	r.count++
	if d != nil {
		r.docs = append(r.docs, d)
	}
}

// finish notes what a target looked at now; for the first time, it became current. A resumed one
// needs the number of documents too, because its listener is not told which ones it lost.
func (b *batch) finish(t *target) {
	if t.current {
		return
	}
	b.became = append(b.became, t)
	if t.resume > 0 && t.query != nil && !t.restarted() {
		b.filters = append(b.filters, &pb.ExistenceFilter{TargetId: t.id, Count: int32(len(t.members))})
	}
}

func (b *batch) ops() []Op {
	ops := b.named
	for t, r := range b.reads {
		ops = append(ops, queryOp("Listen", t.query, r.count, r.docs))
	}
	return ops
}

// messages is the batch as the client expects it, with the token of the state at its end.
func (b *batch) messages() []*pb.ListenResponse {
	out := make([]*pb.ListenResponse, 0, len(b.changes)+len(b.became)+len(b.filters)+1)
	for _, c := range b.changes {
		out = append(out, b.message(c))
	}
	for _, f := range b.filters {
		out = append(out, &pb.ListenResponse{ResponseType: &pb.ListenResponse_Filter{Filter: f}})
	}
	for _, t := range b.became {
		out = append(out, b.targetChange(pb.TargetChange_CURRENT, t.id))
	}
	return append(out, b.targetChange(pb.TargetChange_NO_CHANGE))
}

func (b *batch) targetChange(kind pb.TargetChange_TargetChangeType, ids ...int32) *pb.ListenResponse {
	return &pb.ListenResponse{ResponseType: &pb.ListenResponse_TargetChange{TargetChange: &pb.TargetChange{
		TargetChangeType: kind,
		TargetIds:        ids,
		ReadTime:         timestamp(b.at),
		ResumeToken:      resumeToken(b.at),
	}}}
}

func (b *batch) message(c *change) *pb.ListenResponse {
	switch {
	case len(c.entered) > 0:
		return &pb.ListenResponse{ResponseType: &pb.ListenResponse_DocumentChange{DocumentChange: &pb.DocumentChange{
			Document:         c.mask.apply(c.doc),
			TargetIds:        c.entered,
			RemovedTargetIds: c.left,
		}}}
	case c.doc != nil:
		return &pb.ListenResponse{ResponseType: &pb.ListenResponse_DocumentRemove{DocumentRemove: &pb.DocumentRemove{
			Document:         b.db.full(c.path),
			RemovedTargetIds: c.left,
			ReadTime:         timestamp(b.at),
		}}}
	default:
		return &pb.ListenResponse{ResponseType: &pb.ListenResponse_DocumentDelete{DocumentDelete: &pb.DocumentDelete{
			Document:         b.db.full(c.path),
			RemovedTargetIds: c.left,
			ReadTime:         timestamp(b.at),
		}}}
	}
}
