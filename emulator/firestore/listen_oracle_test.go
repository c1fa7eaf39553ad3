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

func (m *mirror) Send(resp *pb.ListenResponse) error {
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

// TestListenersAgainstOracle keeps three targets on a stream through random commits, pauses and
// reconnections, and compares what the other end has with the oracle at every consistent state.
func TestListenersAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(Options{}).service
		db := s.database(databaseName{"p", "d"})
		docs := map[string]*pb.Document{}
		m := newMirror()
		var st *listenStream
		queries, requests := map[int32]*query{}, map[int32]*pb.StructuredQuery{}
		names := []string{oracleRoot + "/c/1", oracleRoot + "/c/a"}
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		add := func(id int32, token []byte) {
			target := &pb.Target{TargetId: id}
			if token != nil {
				target.ResumeType = &pb.Target_ResumeToken{ResumeToken: token}
			}
			target.TargetType = &pb.Target_Documents{Documents: &pb.Target_DocumentsTarget{Documents: names}}
			if requests[id] != nil {
				target.TargetType = &pb.Target_Query{Query: &pb.Target_QueryTarget{
					Parent: oracleRoot, QueryType: &pb.Target_QueryTarget_StructuredQuery{StructuredQuery: requests[id]},
				}}
			}
			must(st.handle(&pb.ListenRequest{Database: "projects/p/databases/d", TargetChange: &pb.ListenRequest_AddTarget{AddTarget: target}}))
		}
		open := func(token []byte) {
			st = &listenStream{service: s, conn: m, targets: map[int32]*target{}, wake: make(chan struct{}, 1)}
			for _, id := range []int32{1, 2, 3} {
				add(id, token)
			}
		}
		settle := func() {
			must(st.flush())
			resync := m.resync
			m.resync = nil
			for _, id := range resync {
				must(st.handle(&pb.ListenRequest{Database: "projects/p/databases/d", TargetChange: &pb.ListenRequest_RemoveTarget{RemoveTarget: id}}))
				m.forget(id)
				add(id, nil)
				must(st.flush())
			}
			if m.token != nil && !m.settled {
				t.Fatal("the last message is not a consistent state")
			}
			for id := range m.docs {
				want := wanted(queries[id], requests[id], names, docs, db)
				if !m.current[id] || !maps.Equal(m.docs[id], want) {
					t.Fatalf("target %d %v\nhas  %v\nwant %v", id, requests[id], m.docs[id], want)
				}
			}
		}
		for _, id := range []int32{2, 3} {
			for queries[id] == nil {
				requests[id] = drawQuery(t)
				if q, err := readQuery(oracleRoot, requests[id]); err == nil {
					queries[id] = q
				}
			}
		}
		commitRandom(t, s, docs)
		open(nil)
		settle()
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				st.close()
				for range rapid.IntRange(0, 2).Draw(t, "commits while away") {
					commitRandom(t, s, docs)
				}
				open(m.token)
				settle()
			case 1:
				commitRandom(t, s, docs)
			case 2:
				db.clear()
				clear(docs)
			default:
				commitRandom(t, s, docs)
				settle()
			}
		}
		settle()
		st.close()
		if n := len(db.watchers.documents) + len(db.watchers.collections) + len(db.watchers.groups); n != 0 {
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
