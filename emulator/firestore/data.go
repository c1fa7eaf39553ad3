package firestore

import (
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
