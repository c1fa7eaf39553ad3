package firestore

import (
	"context"
	"maps"
	"slices"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"pgregory.net/rapid"
)

// mirror is a Listen stream's other end. It keeps what a client would have, by the protocol alone.
type mirror struct {
	grpc.ServerStream
	docs    map[int32]map[string]int64 // update times by target and document
	current map[int32]bool
	token   []byte
	settled bool    // the last message was a consistent state
	resync  []int32 // targets whose count was wrong
}

func newMirror() *mirror {
	return &mirror{docs: map[int32]map[string]int64{}, current: map[int32]bool{}}
}

func (m *mirror) Context() context.Context         { return context.Background() }
func (m *mirror) Recv() (*pb.ListenRequest, error) { panic("the test calls handle itself") }
func (m *mirror) forget(id int32)                  { m.docs[id], m.current[id] = map[string]int64{}, false }
func (m *mirror) drop(name string, targets []int32) {
	m.each(targets, func(id int32) { delete(m.docs[id], name) })
}
func (m *mirror) each(targets []int32, do func(id int32)) {
	for _, id := range targets {
		do(id)
	}
}

func (m *mirror) Send(sent *pb.ListenResponse) error {
	resp, err := received(sent)
	if err != nil {
		return err
	}
	m.settled = false
	switch r := resp.GetResponseType().(type) {
	case *pb.ListenResponse_DocumentChange:
		d := r.DocumentChange
		m.each(d.GetTargetIds(), func(id int32) {
			m.docs[id][d.GetDocument().GetName()] = d.GetDocument().GetUpdateTime().AsTime().UnixMicro()
		})
		m.drop(d.GetDocument().GetName(), d.GetRemovedTargetIds())
	case *pb.ListenResponse_DocumentDelete:
		m.drop(r.DocumentDelete.GetDocument(), r.DocumentDelete.GetRemovedTargetIds())
	case *pb.ListenResponse_DocumentRemove:
		m.drop(r.DocumentRemove.GetDocument(), r.DocumentRemove.GetRemovedTargetIds())
	case *pb.ListenResponse_Filter:
		if len(m.docs[r.Filter.GetTargetId()]) != int(r.Filter.GetCount()) {
			m.resync = append(m.resync, r.Filter.GetTargetId())
		}
	case *pb.ListenResponse_TargetChange:
		m.targetChange(r.TargetChange)
	}
	return nil
}

func (m *mirror) targetChange(tc *pb.TargetChange) {
	switch tc.GetTargetChangeType() {
	case pb.TargetChange_ADD:
		if m.docs[tc.GetTargetIds()[0]] == nil {
			m.forget(tc.GetTargetIds()[0])
		}
	case pb.TargetChange_RESET:
		m.forget(tc.GetTargetIds()[0])
	case pb.TargetChange_CURRENT:
		m.current[tc.GetTargetIds()[0]] = true
	case pb.TargetChange_NO_CHANGE:
		m.settled = len(tc.GetTargetIds()) == 0
		m.token = tc.GetResumeToken()
	}
}

// wanted is what a target should have, from the oracle.
func wanted(q *query, sq *pb.StructuredQuery, names []string, docs map[string]*pb.Document, db *database) map[string]int64 {
	if q != nil {
		names = oracleRun(sq, docsFor(q, docs))
	}
	out := map[string]int64{}
	for _, name := range names {
		if docs[name] != nil {
			out[name] = db.get(name[len(oracleRoot)+1:]).update
		}
	}
	return out
}

// listening is three targets on a stream, what the other end has of them, and what it should have.
type listening struct {
	*rapid.T
	service  *service
	db       *database
	docs     map[string]*pb.Document
	mirror   *mirror
	stream   *listenStream
	queries  map[int32]*query
	requests map[int32]*pb.StructuredQuery
	names    []string
}

func newListening(t *rapid.T) *listening {
	s := New(Options{}).service
	l := &listening{
		T: t, service: s, db: s.database(databaseName{"p", "d"}), docs: map[string]*pb.Document{}, mirror: newMirror(),
		queries: map[int32]*query{}, requests: map[int32]*pb.StructuredQuery{},
		names: []string{oracleRoot + "/c/1", oracleRoot + "/c/a"},
	}
	for _, id := range []int32{2, 3} {
		for l.queries[id] == nil {
			l.requests[id] = drawQuery(t)
			if q, err := readQuery(oracleRoot, l.requests[id]); err == nil {
				l.queries[id] = q
			}
		}
	}
	return l
}

func (l *listening) handle(req *pb.ListenRequest) {
	req.Database = "projects/p/databases/d"
	if err := l.stream.handle(req); err != nil {
		l.Fatal(err)
	}
}

func (l *listening) flush() {
	if err := l.stream.flush(); err != nil {
		l.Fatal(err)
	}
}

// add adds target 1, the documents, or one of the queries.
func (l *listening) add(id int32, token []byte) {
	target := &pb.Target{TargetId: id}
	if token != nil {
		target.ResumeType = &pb.Target_ResumeToken{ResumeToken: token}
	}
	target.TargetType = &pb.Target_Documents{Documents: &pb.Target_DocumentsTarget{Documents: l.names}}
	if l.requests[id] != nil {
		target.TargetType = &pb.Target_Query{Query: &pb.Target_QueryTarget{
			Parent: oracleRoot, QueryType: &pb.Target_QueryTarget_StructuredQuery{StructuredQuery: l.requests[id]},
		}}
	}
	l.handle(&pb.ListenRequest{TargetChange: &pb.ListenRequest_AddTarget{AddTarget: target}})
}

func (l *listening) open(token []byte) {
	l.stream = &listenStream{service: l.service, conn: l.mirror, targets: map[int32]*target{}, wake: make(chan struct{}, 1)}
	for _, id := range []int32{1, 2, 3} {
		l.add(id, token)
	}
}

// settle brings the other end up to date, with a new start for targets whose count was wrong, and
// compares.
func (l *listening) settle() {
	l.flush()
	resync := l.mirror.resync
	l.mirror.resync = nil
	for _, id := range resync {
		l.handle(&pb.ListenRequest{TargetChange: &pb.ListenRequest_RemoveTarget{RemoveTarget: id}})
		l.mirror.forget(id)
		l.add(id, nil)
		l.flush()
	}
	if !l.mirror.settled {
		l.Fatal("the last message is not a consistent state")
	}
	for id, has := range l.mirror.docs {
		want := wanted(l.queries[id], l.requests[id], l.names, l.docs, l.db)
		if !l.mirror.current[id] || !maps.Equal(has, want) {
			l.Fatalf("target %d %v\nhas  %v\nwant %v", id, l.requests[id], has, want)
		}
	}
}

func (l *listening) reconnect() {
	l.stream.close()
	for range rapid.IntRange(0, 2).Draw(l.T, "commits while away") {
		commitRandom(l.T, l.service, l.docs)
	}
	l.open(l.mirror.token)
	l.settle()
}

// TestListenersAgainstOracle runs random commits, pauses and reconnections, and compares what the
// other end has with the oracle at every consistent state.
func TestListenersAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newListening(t)
		commitRandom(t, l.service, l.docs)
		l.open(nil)
		l.settle()
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				l.reconnect()
			case 1:
				commitRandom(t, l.service, l.docs)
			case 2:
				if err := l.db.clear(nil); err != nil {
					l.Fatal(err)
				}
				clear(l.docs)
			default:
				commitRandom(t, l.service, l.docs)
				l.settle()
			}
		}
		l.settle()
		l.stream.close()
		w := l.db.watchers
		if n := len(w.documents) + len(w.collections) + len(w.groups); n != 0 {
			t.Fatalf("%d entries are left of closed streams", n)
		}
	})
}

// TestUnconcernedTargetsSleep expects no note in a target for documents it cannot have.
func TestUnconcernedTargetsSleep(t *testing.T) {
	s := New(Options{}).service
	m := newMirror()
	st := &listenStream{service: s, conn: m, targets: map[int32]*target{}, wake: make(chan struct{}, 1)}
	sq := &pb.StructuredQuery{
		From:  []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}},
		Where: fieldFilter("a", pb.StructuredQuery_FieldFilter_EQUAL, intValue(1)),
	}
	err := st.handle(&pb.ListenRequest{Database: "projects/p/databases/d", TargetChange: &pb.ListenRequest_AddTarget{AddTarget: &pb.Target{
		TargetId: 5,
		TargetType: &pb.Target_Query{Query: &pb.Target_QueryTarget{
			Parent: oracleRoot, QueryType: &pb.Target_QueryTarget_StructuredQuery{StructuredQuery: sq},
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.flush(); err != nil {
		t.Fatal(err)
	}
	commit := func(name string, fields map[string]*pb.Value) []string {
		w, err := readWrite(databaseName{"p", "d"}, &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: oracleRoot + name, Fields: fields}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.apply(st.db, []write{w}); err != nil {
			t.Fatal(err)
		}
		st.mu.Lock()
		defer st.mu.Unlock()
		return slices.Sorted(maps.Keys(st.targets[5].dirty))
	}
	for _, tc := range []struct {
		name   string
		fields map[string]*pb.Value
		want   []string
	}{
		{"/c/other", map[string]*pb.Value{"a": intValue(2)}, nil},
		{"/c/lacks", map[string]*pb.Value{"b": intValue(1)}, nil},
		{"/d/elsewhere", map[string]*pb.Value{"a": intValue(1)}, nil},
		{"/c/x/c/below", map[string]*pb.Value{"a": intValue(1)}, nil},
		{"/c/in", map[string]*pb.Value{"a": doubleValue(1)}, []string{"c/in"}},
		{"/c/in", map[string]*pb.Value{"a": intValue(3)}, []string{"c/in"}},
	} {
		if got := commit(tc.name, tc.fields); !slices.Equal(got, tc.want) {
			t.Fatalf("after %s the target is to look at %v, want %v", tc.name, got, tc.want)
		}
	}
}
