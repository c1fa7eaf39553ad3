package firestore

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

// follower follows a Listen call as a client does. Its answer is what the client has at a consistent
// state; which messages bring it there is the server's affair: Google's emulator resets a query at
// every change.
type follower struct {
	c       *conversation
	stream  pb.Firestore_ListenClient
	cancel  context.CancelFunc
	have    map[int32]map[string]string // fields by target and ID
	current map[int32]bool
	token   []byte
	targets []*pb.Target
	again   map[int32]bool // targets removed to start anew, whose end the server still has to confirm
}

func (c *conversation) listen(targets ...*pb.Target) *follower {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	c.t.Cleanup(cancel)
	stream, err := c.Listen(c.routed(ctx))
	if err != nil {
		c.t.Fatal(err)
	}
	l := &follower{c: c, stream: stream, cancel: cancel, have: map[int32]map[string]string{}, current: map[int32]bool{}, again: map[int32]bool{}}
	l.targets = targets
	for _, t := range targets {
		l.add(t)
	}
	return l
}

func (l *follower) add(t *pb.Target) {
	l.c.t.Helper()
	if l.have[t.GetTargetId()] == nil {
		l.have[t.GetTargetId()] = map[string]string{}
	}
	l.current[t.GetTargetId()] = false
	l.send(&pb.ListenRequest{TargetChange: &pb.ListenRequest_AddTarget{AddTarget: t}})
}

func (l *follower) remove(id int32) {
	l.c.t.Helper()
	l.send(&pb.ListenRequest{TargetChange: &pb.ListenRequest_RemoveTarget{RemoveTarget: id}})
}

func (l *follower) send(req *pb.ListenRequest) {
	l.c.t.Helper()
	req.Database = l.c.database
	if err := l.stream.Send(req); err != nil {
		l.c.t.Fatal(err)
	}
}

// routed names the database in the header that the service routes streams by.
func (c *conversation) routed(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "google-cloud-resource-prefix", c.database)
}

// initial answers the first consistent state.
func (l *follower) initial() string { return l.until(time.Time{}) }

// after commits writes and answers the state that contains them.
func (l *follower) after(writes ...*pb.Write) string {
	l.c.t.Helper()
	return " | " + l.until(l.c.must(writes...).GetCommitTime().AsTime())
}

// until reads up to a consistent state of a time, to the end of a target or to an error.
func (l *follower) until(at time.Time) string {
	for {
		resp, err := l.stream.Recv()
		if err != nil {
			return codeOf(err)
		}
		switch r := resp.GetResponseType().(type) {
		case *pb.ListenResponse_DocumentChange:
			d := r.DocumentChange
			l.drop(d.GetDocument().GetName(), d.GetRemovedTargetIds())
			for _, id := range slices.DeleteFunc(d.GetTargetIds(), func(id int32) bool { return l.again[id] }) {
				l.have[id][lastID(d.GetDocument().GetName())] = l.c.fields(d.GetDocument().GetFields())
			}
		case *pb.ListenResponse_DocumentDelete:
			l.drop(r.DocumentDelete.GetDocument(), r.DocumentDelete.GetRemovedTargetIds())
		case *pb.ListenResponse_DocumentRemove:
			l.drop(r.DocumentRemove.GetDocument(), r.DocumentRemove.GetRemovedTargetIds())
		case *pb.ListenResponse_Filter:
			l.count(r.Filter)
		case *pb.ListenResponse_TargetChange:
			if state, done := l.targetChange(r.TargetChange, at); done {
				return state
			}
		}
	}
}

func (l *follower) drop(name string, targets []int32) {
	for _, id := range targets {
		delete(l.have[id], lastID(name))
	}
}

// count starts a target anew when it does not have as many documents as the server says.
func (l *follower) count(f *pb.ExistenceFilter) {
	if len(l.have[f.GetTargetId()]) == int(f.GetCount()) {
		return
	}
	for _, t := range l.targets {
		if t.GetTargetId() == f.GetTargetId() {
			l.again[t.GetTargetId()] = true
			l.remove(t.GetTargetId())
			clear(l.have[t.GetTargetId()])
			t.ResumeType = nil
			l.add(t)
			return
		}
	}
}

func (l *follower) targetChange(tc *pb.TargetChange, at time.Time) (state string, done bool) {
	ids := tc.GetTargetIds()
	switch tc.GetTargetChangeType() {
	case pb.TargetChange_CURRENT:
		for _, id := range ids {
			l.current[id] = !l.again[id]
		}
	case pb.TargetChange_RESET:
		for _, id := range ids {
			clear(l.have[id])
			l.current[id] = false
		}
	case pb.TargetChange_REMOVE:
		if l.again[ids[0]] {
			delete(l.again, ids[0])
			return "", false
		}
		return "REMOVE " + codes.Code(tc.GetCause().GetCode()).String(), true
	}
	if !consistent(tc) || tc.GetReadTime().AsTime().Before(at) || slices.Contains(slices.Collect(maps.Values(l.current)), false) {
		return "", false
	}
	l.token = tc.GetResumeToken()
	return l.state(), true
}

func consistent(tc *pb.TargetChange) bool {
	return tc.GetTargetChangeType() == pb.TargetChange_NO_CHANGE && len(tc.GetTargetIds()) == 0 && tc.GetReadTime() != nil
}

func lastID(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// state is what the targets have, in order of their IDs and with a slash between them.
func (l *follower) state() string {
	var out []string
	for _, target := range slices.Sorted(maps.Keys(l.have)) {
		var docs []string
		for _, id := range slices.Sorted(maps.Keys(l.have[target])) {
			docs = append(docs, id+l.have[target][id])
		}
		out = append(out, strings.Join(docs, " "))
	}
	return strings.Join(out, " / ")
}

// resumed is a new stream that goes on where l stands, with what l has.
func (l *follower) resumed() *follower {
	for _, t := range l.targets {
		t.ResumeType = &pb.Target_ResumeToken{ResumeToken: l.token}
	}
	next := l.c.listen()
	next.have, next.targets = l.have, l.targets
	for _, t := range l.targets {
		next.add(t)
	}
	return next
}

func (c *conversation) documents(paths ...string) *pb.Target {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = c.doc(p)
	}
	return &pb.Target{TargetId: 1, TargetType: &pb.Target_Documents{Documents: &pb.Target_DocumentsTarget{Documents: names}}}
}

func (c *conversation) results(clauses ...clause) *pb.Target {
	return &pb.Target{TargetId: 1, TargetType: &pb.Target_Query{Query: &pb.Target_QueryTarget{
		Parent: c.root(), QueryType: &pb.Target_QueryTarget_StructuredQuery{StructuredQuery: queryOf(clauses...)},
	}}}
}

func v(n int) map[string]any { return map[string]any{"v": n} }

// watches starts with c/a {v:1} and c/b {v:2}, listens to a query, and answers what there is after each write.
func watches(clauses []clause, steps ...func(*conversation) *pb.Write) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/a", v(1)), c.update("c/b", v(2)))
		l := c.listen(c.results(clauses...))
		out := l.initial()
		for _, step := range steps {
			out += l.after(step(c))
		}
		return out
	}
}

// misses resumes a query after a write it did not see.
func misses(clauses []clause, write func(*conversation) *pb.Write) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/a", v(1)), c.update("c/b", v(2)))
		l := c.listen(c.results(clauses...))
		out := l.initial()
		c.must(write(c))
		return out + " | " + l.resumed().initial()
	}
}

var listenCases = []conformanceCase{
	{name: "listen: a document", want: "a{v:1} | a{v:2} |  | a{v:3}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.documents("c/a"))
		return l.initial() + l.after(c.update("c/a", v(2))) + l.after(c.remove("c/a")) + l.after(c.update("c/a", v(3)))
	}},
	{name: "listen: a missing document", want: " | a{v:2}", ask: func(c *conversation) string {
		l := c.listen(c.documents("c/a"))
		return l.initial() + l.after(c.update("c/a", v(2)))
	}},
	{name: "listen: two documents", want: "a{v:1} | a{v:2} b{v:2}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.documents("c/a", "c/b"))
		return l.initial() + l.after(c.update("c/a", v(2)), c.update("c/b", v(2)))
	}},
	{name: "listen: others' documents are not seen", want: "a{v:1} | a{v:2}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.documents("c/a"))
		out := l.initial()
		c.must(c.update("c/b", v(1)))
		return out + l.after(c.update("c/a", v(2)))
	}},
	{name: "listen: a collection", want: "a{v:1} b{v:2} | a{v:1} b{v:2} x{v:1} | a{v:5} b{v:2} x{v:1} | a{v:5} x{v:1}", ask: watches(nil, set("c/x", v(1)), set("c/a", v(5)), removed("c/b"))},
	{name: "listen: an empty collection", want: " | a{v:1}", ask: func(c *conversation) string {
		l := c.listen(c.results())
		return l.initial() + l.after(c.update("c/a", v(1)))
	}},
	{name: "listen: enters and leaves a filter", want: "a{v:1} | a{v:1} b{v:1} | b{v:1}",
		ask: watches([]clause{filtered(is(eq, 1))}, set("c/b", v(1)), set("c/a", v(7)))},
	{name: "listen: changes inside a filter", want: "a{v:1} | a{k:2 v:1}",
		ask: watches([]clause{filtered(is(eq, 1))}, set("c/a", map[string]any{"v": 1, "k": 2}))},
	{name: "listen: deleted inside a filter", want: "a{v:1} | ", ask: watches([]clause{filtered(is(eq, 1))}, removed("c/a"))},
	{name: "listen: a range", want: "b{v:2} | a{v:3} b{v:2} | a{v:3}", ask: watches([]clause{filtered(is(gt, 1))}, set("c/a", v(3)), set("c/b", v(0)))},
	{name: "listen: array contains", want: " | a{v:[1]} | ",
		ask: watches([]clause{filtered(is(holds, 1))}, set("c/a", map[string]any{"v": []any{1}}), set("c/a", map[string]any{"v": []any{2}}))},
	{name: "listen: or", want: "a{v:1} b{v:2} | b{v:2}", ask: watches([]clause{filtered(or(is(eq, 1), is(eq, 2)))}, set("c/a", v(3)))},
	{name: "listen: a limit pushes out", want: "a{v:1} | x{v:0}", ask: watches([]clause{by("v"), limit(1)}, set("c/x", v(0)))},
	{name: "listen: a limit refills", want: "a{v:1} | b{v:2}", ask: watches([]clause{by("v"), limit(1)}, removed("c/a"))},
	{name: "listen: a limit and a change of order", want: "a{v:1} | b{v:2}", ask: watches([]clause{by("v"), limit(1)}, set("c/a", v(9)))},
	{name: "listen: order needs the field", want: "a{v:1} b{v:2} | b{v:2}", ask: watches([]clause{by("v")}, set("c/a", map[string]any{"k": 1}))},
	{name: "listen: two writes in a commit are one state", want: "a{v:1} b{v:2} | b{v:2} x{v:1}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)), c.update("c/b", v(2)))
		l := c.listen(c.results())
		return l.initial() + l.after(c.remove("c/a"), c.update("c/x", v(1)))
	}},
	{name: "listen: a group", want: "a{v:1} | a{v:1} z{v:1}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.results(under("c", true)))
		return l.initial() + l.after(c.update("o/1/c/z", v(1)))
	}},
	{name: "listen: resumes with what changed", want: "a{v:1} b{v:2} | a{v:1} b{v:3}", ask: misses(nil, set("c/b", v(3)))},
	{name: "listen: resumes with what came", want: "a{v:1} b{v:2} | a{v:1} b{v:2} x{v:3}", ask: misses(nil, set("c/x", v(3)))},
	{name: "listen: resumes with nothing new", want: "a{v:1} b{v:2} | a{v:1} b{v:2}", ask: misses(nil, set("o/x", v(3)))},
	{name: "listen: resumes where a change left the filter out", want: "a{v:1} | a{v:1}", ask: misses([]clause{filtered(is(eq, 1))}, set("c/b", v(3)))},
	{name: "listen: a bad query", want: "REMOVE InvalidArgument", ask: func(c *conversation) string {
		return c.listen(c.results(filtered(is(in, 1)))).initial()
	}},
	{name: "listen: no target", want: "InvalidArgument", google: "Unknown",
		why: "production unknown: the emulator fails without a code", ask: func(c *conversation) string {
			stream, err := c.Listen(c.routed(c.t.Context()))
			if err = errors.Join(err, stream.Send(&pb.ListenRequest{Database: c.database})); err != nil {
				return codeOf(err)
			}
			_, err = stream.Recv()
			return codeOf(err)
		}},
	{name: "listen: removes the target", want: "a{v:1} | REMOVE OK", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.results())
		out := l.initial()
		l.remove(1)
		return out + " | " + l.initial()
	}},
}
