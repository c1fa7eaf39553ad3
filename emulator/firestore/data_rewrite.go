package firestore

import (
	"errors"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore/journal"
)

// rewriteSlack is how many bytes a journal may have beyond rewriteRatio times the state it leads to.
const (
	rewriteRatio = 4
	rewriteSlack = 8 << 20
)

// capture is all documents at one moment; the locks of all databases must be held, unless nobody uses the service yet.
func (d *data) capture() []*document {
	var docs []*document
	for _, db := range d.service.databases {
		for _, c := range db.byPath {
			for s := range c.all() {
				docs = append(docs, s.doc)
			}
		}
	}
	return docs
}

// setLimit decides how long the journal of a state may become.
func (d *data) setLimit(docs []*document) {
	var size int64
	for _, doc := range docs {
		size += int64(proto.Size(doc.pb))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limit = rewriteRatio*size + d.slack
}

// rewriteIfLong begins a rewrite when the journal is much longer than what it leads to.
func (d *data) rewriteIfLong() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.busy || d.journal.Size() < d.limit {
		return
	}
	d.busy = true
	d.work.Go(func() {
		err := d.rewrite()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.busy = false
		if err != nil {
			d.limit = 2 * d.journal.Size()
			d.log.Warn("the data could not be shortened and grows on", "err", err)
		}
	})
}

// rewrite shortens the journal to the state it leads to. Commits wait while the documents are listed, not while they are written.
func (d *data) rewrite() error {
	docs, r, err := d.begin()
	if err != nil {
		return err
	}
	if err := d.write(r, docs); err != nil {
		return errors.Join(err, r.Abort())
	}
	d.setLimit(docs)
	return r.Finish()
}

// begin lists all documents, and begins a rewrite, between two commits.
func (d *data) begin() ([]*document, *journal.Rewrite, error) {
	d.service.mu.RLock()
	defer d.service.mu.RUnlock()
	for _, db := range d.service.databases {
		db.mu.RLock()
		defer db.mu.RUnlock()
	}
	r, err := d.journal.Begin()
	if err != nil {
		return nil, nil, err
	}
	return d.capture(), r, nil
}

// rewriteBatch is how many documents a record of a rewritten journal has at most.
const rewriteBatch = 100

// write writes the documents, those of a database together.
func (d *data) write(r *journal.Rewrite, docs []*document) error {
	at := d.noted.Load()
	if err := r.Append(at, nil); err != nil {
		return err
	}
	for len(docs) > 0 {
		name, _, err := parseDocument(docs[0].pb.GetName())
		if err != nil {
			return err
		}
		var writes []*pb.Write
		for len(docs) > 0 && len(writes) < rewriteBatch {
			if of, _, _ := cutDatabase(docs[0].pb.GetName()); of != name {
				break
			}
			writes, docs = append(writes, updateOf(docs[0])), docs[1:]
		}
		payload, err := recordOf(name, writes)
		if err != nil {
			return err
		}
		if err := r.Append(at, payload); err != nil {
			return err
		}
	}
	return nil
}
