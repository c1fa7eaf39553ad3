package firestore

import (
	"context"
	"errors"
	"io"
	"sync"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/status"
)

// Listen streams the changes of any number of targets. Commits only note which documents a target
// has to look at again; this call's goroutine looks and sends. So a listener that reads slowly gets
// fewer, later states, each of them consistent, and holds up nobody.
func (s *service) Listen(conn pb.Firestore_ListenServer) error {
	st := &listenStream{service: s, conn: conn, targets: map[int32]*target{}, wake: make(chan struct{}, 1)}
	defer st.close()
	requests := make(chan *pb.ListenRequest)
	ended := make(chan error, 1)
	s.receivers.Go(func() { ended <- receive(conn, requests) })
	for {
		select {
		case err := <-ended:
			return err
		case req := <-requests:
			if err := st.handle(req); err != nil {
				return err
			}
		case <-st.wake:
		}
		if err := st.flush(); err != nil {
			return err
		}
	}
}

// receive passes on the client's messages until the stream ends; nil means the client is done.
func receive(conn pb.Firestore_ListenServer, requests chan<- *pb.ListenRequest) error {
	for {
		req, err := conn.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case requests <- req:
		case <-conn.Context().Done():
			return status.FromContextError(context.Cause(conn.Context())).Err()
		}
	}
}

// listenStream is one Listen call. Its goroutine owns everything that mu does not guard.
type listenStream struct {
	service *service
	conn    pb.Firestore_ListenServer
	db      *database // set by the first request
	targets map[int32]*target
	nextID  int32 // the last ID this server chose; 0 while the client chooses

	wake chan struct{}
	mu   sync.Mutex // guards the targets' notes
}

// signal wakes the stream's goroutine.
func (st *listenStream) signal() {
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

func (st *listenStream) close() {
	if st.db == nil {
		return
	}
	st.db.mu.Lock()
	defer st.db.mu.Unlock()
	for _, t := range st.targets {
		st.db.watchers.remove(t)
	}
}

func (st *listenStream) handle(req *pb.ListenRequest) error {
	if err := st.service.admit(st.conn.Context(), "Listen", req); err != nil {
		return err
	}
	name, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return err
	}
	if st.db == nil {
		st.db = st.service.database(name)
	}
	if st.db.name != name {
		return invalid("a stream listens to one database, this one to %q", st.db.name.root())
	}
	switch c := req.GetTargetChange().(type) {
	case *pb.ListenRequest_AddTarget:
		return st.add(c.AddTarget)
	case *pb.ListenRequest_RemoveTarget:
		return st.remove(c.RemoveTarget)
	default:
		return invalid("the request neither adds nor removes a target")
	}
}

func (st *listenStream) add(req *pb.Target) error {
	id := req.GetTargetId()
	switch {
	case id < 0:
		return invalid("target_id %d is negative", id)
	case st.targets[id] != nil:
		return invalid("target_id %d is in use on this stream", id)
	case id > 0 && st.nextID > 0:
		err := invalid("target_id %d is given after the server was asked to choose one", id)
		return st.targetChange(pb.TargetChange_REMOVE, id, err)
	case id == 0:
		id = st.chooseID()
	}
	t, err := readTarget(st.db.name, st.service.opts.Indexes, req)
	if err != nil {
		return st.targetChange(pb.TargetChange_REMOVE, id, err)
	}
	t.id, t.stream = id, st
	st.targets[id] = t
	st.db.mu.Lock()
	st.db.watchers.add(t)
	st.db.mu.Unlock()
	if err := st.targetChange(pb.TargetChange_ADD, id, nil); err != nil {
		return err
	}
	if t.restarted() {
		return st.targetChange(pb.TargetChange_RESET, id, nil)
	}
	return nil
}

// chooseID is the next ID that is not in use; once the server chose one, it chooses all.
func (st *listenStream) chooseID() int32 {
	for st.nextID++; st.targets[st.nextID] != nil; st.nextID++ {
	}
	return st.nextID
}

func (st *listenStream) remove(id int32) error {
	t := st.targets[id]
	if t == nil {
		return invalid("target_id %d is not in use on this stream", id)
	}
	st.forget(t)
	return st.targetChange(pb.TargetChange_REMOVE, id, nil)
}

func (st *listenStream) forget(t *target) {
	delete(st.targets, t.id)
	st.db.mu.Lock()
	defer st.db.mu.Unlock()
	st.db.watchers.remove(t)
}

// targetChange sends a change of one target without a token.
func (st *listenStream) targetChange(kind pb.TargetChange_TargetChangeType, id int32, cause error) error {
	tc := &pb.TargetChange{TargetChangeType: kind, TargetIds: []int32{id}}
	if cause != nil {
		tc.Cause = status.Convert(cause).Proto()
	}
	return st.send(tc)
}

func (st *listenStream) send(tc *pb.TargetChange) error {
	return st.conn.Send(&pb.ListenResponse{ResponseType: &pb.ListenResponse_TargetChange{TargetChange: tc}})
}

// flush sends what changed since the last one: the documents, CURRENT for targets that have all of
// their initial state now, and the token of a consistent state of all targets.
func (st *listenStream) flush() error {
	if st.db == nil {
		return nil
	}
	b := st.collect()
	if b == nil {
		return nil
	}
	for _, op := range b.ops() {
		st.service.bill(st.conn.Context(), st.db, op)
	}
	for _, msg := range b.messages() {
		if err := st.conn.Send(msg); err != nil {
			return err
		}
	}
	for _, t := range b.became {
		t.current = true
		if t.once {
			st.forget(t)
			if err := st.targetChange(pb.TargetChange_REMOVE, t.id, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect looks at all that was noted, as of one moment; nil when nothing was.
func (st *listenStream) collect() *batch {
	queries := make([]*query, 0, len(st.targets))
	for _, t := range st.targets {
		if t.query != nil {
			queries = append(queries, t.query)
		}
	}
	unlock := st.db.view(queries...)
	defer unlock()
	noted := st.take()
	if len(noted) == 0 {
		return nil
	}
	b := newBatch(st.db.name, st.service.opts.Observe != nil)
	for i := range noted {
		noted[i].look(st.db, b)
		b.finish(noted[i].target)
	}
	b.at = st.service.clock.read()
	return b
}

// take hands over the notes of all targets that have any.
func (st *listenStream) take() []work {
	st.mu.Lock()
	defer st.mu.Unlock()
	var noted []work
	for _, t := range st.targets {
		if w, any := t.take(); any {
			noted = append(noted, w)
		}
	}
	return noted
}
