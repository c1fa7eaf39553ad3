package firestore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// ledger collects billed operations as text.
type ledger struct {
	mu   sync.Mutex
	ops  []string
	docs []string
}

// about are the documents of the operations since the last call, sorted, each with the names of its fields.
func (l *ledger) about() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.docs
	l.docs = nil
	slices.Sort(out)
	return out
}

func (l *ledger) observe(_ context.Context, op Op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ops = append(l.ops, fmt.Sprintf("%s %d %s %s %s", op.Method, op.Count, op.Kind, op.Collection, op.Document))
	for _, d := range op.Documents {
		l.docs = append(l.docs, fmt.Sprintf("%s %s %s", op.Method, path.Base(d.GetName()), slices.Sorted(maps.Keys(d.GetFields()))))
	}
}

// taken are the operations since the last call, sorted.
func (l *ledger) taken() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.ops
	l.ops = nil
	slices.Sort(out)
	return out
}

func TestObserve(t *testing.T) {
	ctx := context.Background()
	var bill ledger
	c := newClient(t, startServer(t, Options{Observe: bill.observe}))
	col := c.Collection("c")
	for _, step := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"batch", func() error {
			_, err := c.commit(c.set("c/a", map[string]any{"v": 1}), c.set("c/b/d/x", nil), c.remove("c/z"))
			return err
		}, []string{"Commit 1 delete c c/z", "Commit 1 write c c/a", "Commit 1 write d c/b/d/x"}},
		{"a write that changes nothing", func() error { _, err := c.Doc("c/a").Set(ctx, map[string]any{"v": 1}); return err },
			[]string{"Commit 1 write c c/a"}},
		{"a commit that fails", func() error {
			_, err := c.Doc("c/a").Create(ctx, map[string]any{})
			if status.Code(err) != codes.AlreadyExists {
				return errors.New("it did not fail")
			}
			return nil
		}, nil},
		{"get", func() error { _, err := c.Doc("c/a").Get(ctx); return err }, []string{"BatchGetDocuments 1 read c c/a"}},
		{"get all, one missing, one twice", func() error {
			_, err := c.GetAll(ctx, []*firestore.DocumentRef{c.Doc("c/a"), c.Doc("c/no"), c.Doc("c/a")})
			return err
		}, []string{"BatchGetDocuments 1 read c c/a", "BatchGetDocuments 1 read c c/no"}},
		{"query", func() error { _, err := col.Documents(ctx).GetAll(); return err }, []string{"RunQuery 1 read c "}},
		{"empty query", func() error { _, err := col.Where("v", "==", 9).Documents(ctx).GetAll(); return err }, []string{"RunQuery 1 read c "}},
		{"bulk, one of them refused", func() error {
			_, err := c.batch(c.create("c/a", nil), c.set("c/tmp", nil), c.remove("c/no"))
			return err
		}, []string{"BatchWrite 1 delete c c/no", "BatchWrite 1 write c c/tmp"}},
		{"bulk, all of them refused", func() error { _, err := c.batch(c.create("c/a", nil)); return err }, nil},
		{"delete by its own call", func() error {
			_, err := c.raw.DeleteDocument(ctx, &pb.DeleteDocumentRequest{Name: c.Doc("c/tmp").Path})
			return err
		}, []string{"DeleteDocument 1 delete c c/tmp"}},
		{"count", func() error { _, err := col.NewAggregationQuery().WithCount("n").Get(ctx); return err },
			[]string{"RunAggregationQuery 1 read c "}},
		{"list, one of them missing", func() error {
			_, err := col.DocumentRefs(ctx).GetAll()
			return err
		}, []string{"ListDocuments 2 read c "}},
		{"list nothing", func() error { _, err := c.Collection("void").DocumentRefs(ctx).GetAll(); return err },
			[]string{"ListDocuments 1 read void "}},
		{"collections", func() error { _, err := c.Doc("c/b").Collections(ctx).GetAll(); return err },
			[]string{"ListCollectionIds 1 read  c/b"}},
		{"offset", func() error {
			if _, err := c.Doc("c/b").Set(ctx, map[string]any{"v": 2}); err != nil {
				return err
			}
			bill.taken()
			_, err := col.Offset(1).Documents(ctx).GetAll()
			return err
		}, []string{"RunQuery 2 read c "}},
	} {
		require.NoError(t, step.do(), step.name)
		assert.Equal(t, step.want, bill.taken(), step.name)
	}
}

func TestObserveListen(t *testing.T) {
	var bill ledger
	s := startServer(t, Options{Observe: bill.observe})
	set := databaseClient(t, s)
	for i, id := range []string{"a", "b", "c"} {
		set(id, map[string]any{"v": i})
	}
	st := openStream(listenContext(t), t, s)
	top := queryTarget(1, fieldFilter("v", pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL, intValue(0)))
	top.GetQuery().GetStructuredQuery().Offset = 1
	bill.taken()
	st.add(top)
	st.expect("ADD[1]", "change b[1][]", "change c[1][]", "CURRENT[1]", "NO_CHANGE[]")
	assert.Equal(t, []string{"Listen 2 read c "}, bill.taken())
	bill.about()
	st.add(queryTarget(2, fieldFilter("v", pb.StructuredQuery_FieldFilter_EQUAL, intValue(77))))
	st.expect("ADD[2]", "CURRENT[2]", "NO_CHANGE[]")
	assert.Equal(t, []string{"Listen 1 read c "}, bill.taken(), "nothing found")
	st.add(documentTarget(3, "b", "zzz"))
	st.expect("ADD[3]", "change b[3][]", "delete zzz[3]", "CURRENT[3]", "NO_CHANGE[]")
	assert.Equal(t, []string{"Listen 1 read c c/b", "Listen 1 read c c/zzz"}, bill.taken())
	assert.Equal(t, []string{"Listen b [v]"}, bill.about())
	set("c", nil)
	st.expect("delete c[1]", "NO_CHANGE[]")
	assert.Equal(t, []string{"Commit 1 delete c c/c"}, bill.taken(), "a deletion")
	set("b", map[string]any{"w": 0})
	st.expect("change b[3][1]", "NO_CHANGE[]")
	assert.Equal(t, []string{"Commit 1 write c c/b", "Listen 1 read c ", "Listen 1 read c c/b"}, bill.taken(), "a change that leaves the result")
	assert.Equal(t, []string{"Commit b [w]", "Listen b [w]", "Listen b [w]"}, bill.about(), "the one that left, too")
	set("0", map[string]any{"v": 77})
	resp, err := st.Recv()
	require.NoError(t, err)
	assert.ElementsMatch(t, []int32{1, 2}, resp.GetDocumentChange().GetTargetIds())
	st.expect("NO_CHANGE[]")
	assert.Equal(t, []string{"Commit 1 write c c/0", "Listen 1 read c ", "Listen 1 read c "}, bill.taken(), "one for each target")
}

func TestObserveTellsTheDocuments(t *testing.T) {
	ctx := context.Background()
	var bill ledger
	s := startServer(t, Options{Observe: bill.observe})
	c := newClient(t, s)
	col := c.Collection("c")
	for _, step := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"as they were written, a deletion has none", func() error {
			_, err := c.commit(c.set("c/a", map[string]any{"v": 1, "w": 2}), c.set("c/b", map[string]any{"v": 2}), c.remove("c/z"))
			return err
		}, []string{"Commit a [v w]", "Commit b [v]"}},
		{"whole after a part was written", func() error {
			_, err := c.Doc("c/b").Update(ctx, []firestore.Update{{Path: "x", Value: 1}})
			return err
		}, []string{"Commit b [v x]"}},
		{"those that exist", func() error {
			_, err := c.GetAll(ctx, []*firestore.DocumentRef{c.Doc("c/a"), c.Doc("c/no")})
			return err
		}, []string{"BatchGetDocuments a [v w]"}},
		{"whole, though few fields were asked for", func() error { _, err := col.Select("v").Documents(ctx).GetAll(); return err },
			[]string{"RunQuery a [v w]", "RunQuery b [v x]"}},
		{"nothing found", func() error { _, err := col.Where("v", "==", 9).Documents(ctx).GetAll(); return err }, nil},
	} {
		require.NoError(t, step.do(), step.name)
		assert.Equal(t, step.want, bill.about(), step.name)
	}
}

func TestIntercept(t *testing.T) {
	ctx := context.Background()
	var mu sync.Mutex
	var calls []string
	fail := map[string]error{}
	s := startServer(t, Options{Intercept: func(_ context.Context, method string, req proto.Message) error {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, method+" "+string(req.ProtoReflect().Descriptor().Name()))
		return fail[method]
	}})
	c := newClient(t, s)
	raw := rawClient(t, s)
	_, err := c.Doc("c/a").Set(ctx, map[string]any{"v": 1})
	require.NoError(t, err)
	_, err = c.Doc("c/a").Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, "a", idsOf(t, c.Collection("c").Query))
	_, err = raw.GetDocument(ctx, &pb.GetDocumentRequest{Name: c.Doc("c/a").Path})
	require.NoError(t, err)
	st := openStream(listenContext(t), t, s)
	st.add(documentTarget(1, "x"))
	st.expect("ADD[1]", "delete x[1]", "CURRENT[1]", "NO_CHANGE[]")
	mu.Lock()
	assert.Equal(t, []string{
		"Commit CommitRequest", "BatchGetDocuments BatchGetDocumentsRequest", "RunQuery RunQueryRequest",
		"GetDocument GetDocumentRequest", "Listen ListenRequest",
	}, calls)
	for _, method := range []string{"Commit", "BatchGetDocuments", "RunQuery", "GetDocument", "Listen"} {
		fail[method] = status.Error(codes.Aborted, "injected into "+method)
	}
	mu.Unlock()

	_, err = c.Doc("c/a").Set(ctx, map[string]any{"v": 2})
	assertInjected(t, err, "Commit")
	_, err = c.Doc("c/a").Get(ctx)
	assertInjected(t, err, "BatchGetDocuments")
	_, err = c.Collection("c").Documents(ctx).GetAll()
	assertInjected(t, err, "RunQuery")
	_, err = raw.GetDocument(ctx, &pb.GetDocumentRequest{Name: c.Doc("c/a").Path})
	assertInjected(t, err, "GetDocument")
	st = openStream(listenContext(t), t, s)
	st.add(documentTarget(1, "x"))
	_, err = st.Recv()
	assertInjected(t, err, "Listen")
	mu.Lock()
	clear(fail)
	mu.Unlock()
	d, err := c.Doc("c/a").Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"v": int64(1)}, d.Data(), "a refused commit was applied")
}

func assertInjected(t *testing.T, err error, method string) {
	t.Helper()
	assert.Equal(t, codes.Aborted, status.Code(err))
	assert.ErrorContains(t, err, "injected into "+method)
}

func TestInterceptEveryOtherCall(t *testing.T) {
	ctx := context.Background()
	raw := rawClient(t, startServer(t, Options{Intercept: func(_ context.Context, method string, _ proto.Message) error {
		return status.Error(codes.Aborted, "injected into "+method)
	}}))
	for method, call := range map[string]func() error{
		"CreateDocument":    func() error { _, err := raw.CreateDocument(ctx, &pb.CreateDocumentRequest{}); return err },
		"UpdateDocument":    func() error { _, err := raw.UpdateDocument(ctx, &pb.UpdateDocumentRequest{}); return err },
		"DeleteDocument":    func() error { _, err := raw.DeleteDocument(ctx, &pb.DeleteDocumentRequest{}); return err },
		"BatchWrite":        func() error { _, err := raw.BatchWrite(ctx, &pb.BatchWriteRequest{}); return err },
		"ListDocuments":     func() error { _, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{}); return err },
		"ListCollectionIds": func() error { _, err := raw.ListCollectionIds(ctx, &pb.ListCollectionIdsRequest{}); return err },
		"RunAggregationQuery": func() error {
			s, err := raw.RunAggregationQuery(ctx, &pb.RunAggregationQueryRequest{})
			return answer(t, s, err)
		},
	} {
		assertInjected(t, call(), method)
	}
}

// TestAfterCommitHearsOfEveryWrite expects the hook to see each write as a commit.
func TestAfterCommitHearsOfEveryWrite(t *testing.T) {
	ctx := context.Background()
	var mu sync.Mutex
	var heard []string
	c := newClient(t, startServer(t, Options{AfterCommit: func(_ context.Context, req *pb.CommitRequest) error {
		mu.Lock()
		defer mu.Unlock()
		line := req.GetDatabase()
		for _, w := range req.GetWrites() {
			line += " " + w.GetDelete() + w.GetUpdate().GetName()
		}
		heard = append(heard, line)
		return status.Error(codes.Unavailable, "lost on the way")
	}}))
	database := "projects/" + c.project + "/databases/(default)"
	root := database + "/documents"
	lost := func(err error) { t.Helper(); assert.ErrorContains(t, err, "lost on the way") }
	_, err := c.raw.CreateDocument(ctx, &pb.CreateDocumentRequest{Parent: root, CollectionId: "c", DocumentId: "a"})
	lost(err)
	_, err = c.raw.UpdateDocument(ctx, &pb.UpdateDocumentRequest{Document: &pb.Document{Name: root + "/c/b"}})
	lost(err)
	_, err = c.raw.DeleteDocument(ctx, &pb.DeleteDocumentRequest{Name: root + "/c/b"})
	lost(err)
	_, err = c.batch(c.create("c/a", nil), c.set("c/d", nil))
	lost(err)
	_, err = c.batch(c.create("c/a", nil))
	assert.NoError(t, err, "nothing was applied")
	assert.Equal(t, "a d", idsOf(t, c.Collection("c").Query), "the writes stand")
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, []string{
		database + " " + root + "/c/a", database + " " + root + "/c/b", database + " " + root + "/c/b", database + " " + root + "/c/d",
	}, heard)
}

func TestFailureAfterCommit(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{AfterCommit: func(_ context.Context, req *pb.CommitRequest) error {
		if strings.HasSuffix(req.GetWrites()[0].GetUpdate().GetName(), "/unlucky") {
			return status.Error(codes.Aborted, "lost on the way")
		}
		return nil
	}}))
	_, err := c.Doc("c/lucky").Create(ctx, map[string]any{})
	require.NoError(t, err)
	_, err = c.Doc("c/unlucky").Create(ctx, map[string]any{"v": 1})
	require.Equal(t, codes.Aborted, status.Code(err))
	d, err := c.Doc("c/unlucky").Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"v": int64(1)}, d.Data())
	_, err = c.Doc("c/unlucky").Create(ctx, map[string]any{})
	assert.Equal(t, codes.AlreadyExists, status.Code(err), "a failed commit is not reported to the hook")
}

func TestKindNames(t *testing.T) {
	assert.Equal(t, "read write delete unknown", fmt.Sprint(Read, " ", Write, " ", Delete, " ", Kind(9)))
}
