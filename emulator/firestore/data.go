package firestore

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore/journal"
)

// Loaded says what a server found in Options.Data.
type Loaded struct {
	Documents int
	Cut       int64 // bytes of an incomplete last commit, which nobody was told of, that were dropped
}

// timeLead is how far the times that may be handed out are noted in advance, in microseconds. After a restart commits are later
// than all that, so that no listener misses one that seems older than what it has; for this long they may be ahead of the clock.
const timeLead = 100_000

// rewriteSlack is how many bytes a journal may have beyond rewriteRatio times the state it leads to.
const (
	rewriteRatio = 4
	rewriteSlack = 8 << 20
)

// data keeps the state of a service in a journal. Nil keeps nothing. A record is a commit: a pb.CommitRequest whose updates are
// whole documents with their times. A deletion of a database's root is one of all its documents. A record without payload notes
// a time up to which times may have been handed out.
type data struct {
	service *service
	journal *journal.Journal
	log     *slog.Logger
	loaded  Loaded
	slack   int64

	noted  atomic.Int64 // times up to this one may be handed out
	noting sync.Mutex

	mu     sync.Mutex
	limit  int64 // size from which the journal is rewritten
	busy   bool  // it is being rewritten
	closed bool
	work   sync.WaitGroup
}

// openData loads what dir holds into an empty service and keeps it there from now on.
func openData(s *service, dir string) (*data, error) {
	d := &data{service: s, log: s.opts.Log, slack: rewriteSlack}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if d.journal, d.loaded.Cut, err = journal.Open(dir, d.replay); err != nil {
		return nil, err
	}
	if d.loaded.Cut > 0 {
		d.log.Warn("the last commit was incomplete and is dropped", "data", dir, "bytes", d.loaded.Cut)
	}
	d.noted.Store(s.clock.last.Load())
	s.clock.note = d.note
	docs := d.capture()
	d.loaded.Documents = len(docs)
	d.setLimit(docs)
	return d, nil
}

// replay brings a record's commit into the state.
func (d *data) replay(r journal.Record) error {
	d.service.clock.last.Store(max(d.service.clock.last.Load(), r.Time))
	if len(r.Payload) == 0 {
		return nil
	}
	var c pb.CommitRequest
	if err := proto.Unmarshal(r.Payload, &c); err != nil {
		return err
	}
	name, err := parseDatabase(c.GetDatabase())
	if err != nil {
		return err
	}
	db := d.service.database(name)
	for _, w := range c.GetWrites() {
		if err := db.replay(w); err != nil {
			return err
		}
	}
	return nil
}

func (db *database) replay(w *pb.Write) error {
	if w.GetDelete() == db.name.root() {
		clear(db.byPath)
		clear(db.byGroup)
		return nil
	}
	if name := w.GetDelete(); name != "" {
		path, err := parseDocumentIn(db.name, name)
		if err != nil {
			return err
		}
		db.put(path, nil)
		return nil
	}
	doc := w.GetUpdate()
	path, err := parseDocumentIn(db.name, doc.GetName())
	if err != nil {
		return err
	}
	db.put(path, &document{path: path, key: documentKey(path), pb: doc, update: doc.GetUpdateTime().AsTime().UnixMicro()})
	return nil
}

// commit keeps what a commit is about to change; the database's lock must be held.
func (d *data) commit(st *stage) error {
	if d == nil {
		return nil
	}
	var writes []*pb.Write
	for _, path := range st.order {
		switch doc := st.docs[path]; {
		case doc == st.db.get(path):
		case doc == nil:
			writes = append(writes, deleteOf(st.db.name.full(path)))
		default:
			writes = append(writes, updateOf(doc))
		}
	}
	if len(writes) == 0 {
		return nil
	}
	return d.append(st.at, st.db, writes)
}

// clear keeps that a database is about to lose all its documents; its lock must be held.
func (d *data) clear(db *database) error {
	if d == nil {
		return nil
	}
	return d.append(d.service.clock.commit(), db, []*pb.Write{deleteOf(db.name.root())})
}

func deleteOf(name string) *pb.Write { return &pb.Write{Operation: &pb.Write_Delete{Delete: name}} }

func updateOf(doc *document) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Update{Update: doc.pb}}
}

func (d *data) append(at int64, db *database, writes []*pb.Write) error {
	payload, err := recordOf(db.name, writes)
	if err == nil {
		err = d.journal.Append(at, payload)
	}
	if err != nil {
		return status.Errorf(codes.Internal, "the commit cannot be kept, so it is not made: %s", err)
	}
	d.rewriteIfLong()
	return nil
}

func recordOf(db databaseName, writes []*pb.Write) ([]byte, error) {
	name := "projects/" + db.project + "/databases/" + db.database
	return proto.Marshal(&pb.CommitRequest{Database: name, Writes: writes})
}

// note makes sure that times up to t, and some later ones, stay past after a restart. When that cannot be kept, neither can the
// next commit, which reports it.
func (d *data) note(t int64) {
	if t <= d.noted.Load() {
		return
	}
	d.noting.Lock()
	defer d.noting.Unlock()
	if t > d.noted.Load() && d.journal.Append(t+timeLead, nil) == nil {
		d.noted.Store(t + timeLead)
	}
}

// close waits for a rewrite and lets go of the directory; a commit that comes later fails.
func (d *data) close() {
	if d == nil {
		return
	}
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.work.Wait()
	if err := d.journal.Close(); err != nil {
		d.log.Warn("the data may not be on disk", "err", err)
	}
}

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
