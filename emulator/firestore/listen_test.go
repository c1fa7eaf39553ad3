package firestore

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// changes is one snapshot as text: "+a" entered, "~b" changed, "-c" left, and what is there in order.
func changes(t *testing.T, it *firestore.QuerySnapshotIterator) string {
	t.Helper()
	snap, err := it.Next()
	require.NoError(t, err)
	var out []string
	for _, c := range snap.Changes {
		out = append(out, map[firestore.DocumentChangeKind]string{
			firestore.DocumentAdded: "+", firestore.DocumentModified: "~", firestore.DocumentRemoved: "-",
		}[c.Kind]+c.Doc.Ref.ID)
	}
	docs, err := snap.Documents.GetAll()
	require.NoError(t, err)
	out = append(out, "|")
	for _, d := range docs {
		out = append(out, d.Ref.ID)
	}
	return strings.Join(out, " ")
}

// listenContext ends before the test does, so that a missing snapshot fails instead of hanging.
func listenContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestDocumentSnapshots(t *testing.T) {
	ctx := listenContext(t)
	c := newClient(t, startServer(t, Options{}))
	doc := c.Doc("c/d")
	it := doc.Snapshots(ctx)
	defer it.Stop()
	next := func() *firestore.DocumentSnapshot {
		t.Helper()
		d, err := it.Next()
		require.NoError(t, err)
		return d
	}
	require.False(t, next().Exists())
	res, err := doc.Create(ctx, map[string]any{"v": 1})
	require.NoError(t, err)
	d := next()
	assert.Equal(t, map[string]any{"v": int64(1)}, d.Data())
	assert.Equal(t, res.UpdateTime, d.UpdateTime)
	assert.False(t, d.ReadTime.Before(d.UpdateTime))
	_, err = c.Doc("c/other").Set(ctx, map[string]any{})
	require.NoError(t, err)
	_, err = doc.Set(ctx, map[string]any{"v": 1})
	require.NoError(t, err)
	_, err = doc.Set(ctx, map[string]any{"v": 2})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"v": int64(2)}, next().Data())
	_, err = doc.Delete(ctx)
	require.NoError(t, err)
	assert.False(t, next().Exists())
}

func TestQuerySnapshots(t *testing.T) {
	ctx := listenContext(t)
	c := newClient(t, startServer(t, Options{}))
	set := func(id string, team string, rank int) {
		t.Helper()
		_, err := c.Doc("c/"+id).Set(ctx, map[string]any{"team": team, "rank": rank})
		require.NoError(t, err)
	}
	set("a", "red", 1)
	set("b", "blue", 2)
	it := c.Collection("c").Where("team", "==", "red").OrderBy("rank", firestore.Asc).Snapshots(ctx)
	defer it.Stop()
	assert.Equal(t, "+a | a", changes(t, it))
	set("b", "red", 0)
	assert.Equal(t, "+b | b a", changes(t, it))
	set("a", "red", -1)
	assert.Equal(t, "~a | a b", changes(t, it))
	set("elsewhere", "blue", 0)
	set("b", "blue", 0)
	assert.Equal(t, "-b | a", changes(t, it))
	_, err := c.Doc("c/a").Delete(ctx)
	require.NoError(t, err)
	assert.Equal(t, "-a |", changes(t, it))
}

// TestSeatsOfALimitedQuery has documents take and lose the places of a limit.
func TestSeatsOfALimitedQuery(t *testing.T) {
	ctx := listenContext(t)
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{"c/a": {"n": 10}, "c/b": {"n": 20}, "c/c": {"n": 30}})
	it := c.Collection("c").OrderBy("n", firestore.Asc).Limit(2).Snapshots(ctx)
	defer it.Stop()
	assert.Equal(t, "+a +b | a b", changes(t, it))
	c.fill(t, map[string]map[string]any{"c/d": {"n": 5}})
	assert.Equal(t, "-b +d | d a", changes(t, it))
	_, err := c.Doc("c/a").Delete(ctx)
	require.NoError(t, err)
	assert.Equal(t, "-a +b | d b", changes(t, it))
	c.fill(t, map[string]map[string]any{"c/d": {"n": 40}})
	assert.Equal(t, "-d +c | b c", changes(t, it))
	c.fill(t, map[string]map[string]any{"c/c": {"n": 1}})
	assert.Equal(t, "~c | c b", changes(t, it))
}

func TestSeveralTargetsOnAStream(t *testing.T) {
	s := startServer(t, Options{})
	set := databaseClient(t, s)
	set("x", map[string]any{"v": 1})
	st := openStream(listenContext(t), t, s)
	st.add(documentTarget(1, "x", "y"))
	st.expect("ADD[1]", "change x[1][]", "delete y[1]", "CURRENT[1]", "NO_CHANGE[]")
	st.add(queryTarget(2, fieldFilter("v", pb.StructuredQuery_FieldFilter_EQUAL, intValue(1))))
	current := st.expect("ADD[2]", "change x[2][]", "CURRENT[2]", "NO_CHANGE[]").GetTargetChange()
	assert.NotEmpty(t, current.GetResumeToken())
	assert.NotNil(t, current.GetReadTime())
	set("x", map[string]any{"v": 2})
	st.expect("change x[1][2]", "NO_CHANGE[]")
	set("y", map[string]any{"v": 3})
	st.expect("change y[1][]", "NO_CHANGE[]")
	st.add(queryTarget(3, nil))
	for range 5 {
		_, err := st.Recv()
		require.NoError(t, err)
	}
	st.removeTarget(1)
	st.expect("REMOVE[1]")
	set("x", nil)
	st.expect("delete x[3]", "NO_CHANGE[]")
	set("y", map[string]any{"v": 1})
	resp, err := st.Recv()
	require.NoError(t, err)
	assert.ElementsMatch(t, []int32{2, 3}, resp.GetDocumentChange().GetTargetIds())
	st.expect("NO_CHANGE[]")
	require.NoError(t, st.CloseSend())
	_, err = st.Recv()
	assert.EqualError(t, err, "EOF")
}

func TestTargetIDs(t *testing.T) {
	s := startServer(t, Options{})
	ctx := listenContext(t)
	chosen := openStream(ctx, t, s)
	chosen.add(documentTarget(0, "x"))
	chosen.expect("ADD[1]", "delete x[1]", "CURRENT[1]", "NO_CHANGE[]")
	chosen.add(documentTarget(0, "x"))
	chosen.expect("ADD[2]", "delete x[2]", "CURRENT[2]", "NO_CHANGE[]")
	chosen.add(documentTarget(9, "x"))
	chosen.expect("REMOVE[9] InvalidArgument")
	once := openStream(ctx, t, s)
	target := queryTarget(4, nil)
	target.Once = true
	once.add(target)
	once.expect("ADD[4]", "CURRENT[4]", "NO_CHANGE[]", "REMOVE[4]")
	once.add(documentTarget(4, "x"))
	once.expect("ADD[4]", "delete x[4]", "CURRENT[4]", "NO_CHANGE[]")
	for name, send := range map[string]func(st rawStream){
		"in use":            func(st rawStream) { st.add(documentTarget(7, "x")); st.add(documentTarget(7, "y")) },
		"negative":          func(st rawStream) { st.add(documentTarget(-7, "x")) },
		"unknown to remove": func(st rawStream) { st.removeTarget(9) },
	} {
		st := openStream(ctx, t, s)
		send(st)
		var err error
		for err == nil {
			_, err = st.Recv()
		}
		assert.Equal(t, codes.InvalidArgument, status.Code(err), name)
	}
}

func TestBadTargetsEndAlone(t *testing.T) {
	s := startServer(t, Options{})
	st := openStream(listenContext(t), t, s)
	st.add(documentTarget(1, "x"))
	st.expect("ADD[1]", "delete x[1]", "CURRENT[1]", "NO_CHANGE[]")
	elsewhere := documentTarget(2)
	elsewhere.GetDocuments().Documents = []string{"projects/other/databases/d/documents/c/x"}
	token := documentTarget(2, "x")
	token.ResumeType = &pb.Target_ResumeToken{ResumeToken: []byte("foreign")}
	for _, bad := range []*pb.Target{
		{TargetId: 2}, documentTarget(2), documentTarget(2, "x/y"), elsewhere, token,
		queryTarget(2, &pb.StructuredQuery_Filter{}),
	} {
		st.add(bad)
		st.expect("REMOVE[2] InvalidArgument")
	}
	databaseClient(t, s)("x", map[string]any{"v": 1})
	st.expect("change x[1][]", "NO_CHANGE[]")
}

func TestProjectedTarget(t *testing.T) {
	s := startServer(t, Options{})
	databaseClient(t, s)("x", map[string]any{"v": 1, "w": 2})
	st := openStream(listenContext(t), t, s)
	st.add(queryTarget(1, nil))
	st.expect("ADD[1]", "change x[1][]", "CURRENT[1]", "NO_CHANGE[]")
	projected := queryTarget(2, nil)
	projected.GetQuery().GetStructuredQuery().Select = &pb.StructuredQuery_Projection{
		Fields: []*pb.StructuredQuery_FieldReference{fieldRef("w")},
	}
	st.add(projected)
	d := st.expect("ADD[2]", "change x[2][]").GetDocumentChange().GetDocument()
	require.Len(t, d.GetFields(), 1)
	assert.Equal(t, int64(2), d.GetFields()["w"].GetIntegerValue())
	st.expect("CURRENT[2]", "NO_CHANGE[]")
}

// TestResume reconnects with a token after changes that the stream did not see.
func TestResume(t *testing.T) {
	s := startServer(t, Options{})
	set := databaseClient(t, s)
	for _, id := range []string{"a", "b", "c"} {
		set(id, map[string]any{"v": 1})
	}
	ctx, cancel := context.WithCancel(listenContext(t))
	st := openStream(ctx, t, s)
	st.add(queryTarget(1, nil))
	settled := st.expect("ADD[1]", "change a[1][]", "change b[1][]", "change c[1][]", "CURRENT[1]", "NO_CHANGE[]").GetTargetChange()
	token := settled.GetResumeToken()
	cancel()
	set("b", map[string]any{"v": 2})
	set("c", nil)

	st = openStream(listenContext(t), t, s)
	target := queryTarget(1, nil)
	target.ResumeType = &pb.Target_ResumeToken{ResumeToken: token}
	st.add(target)
	st.expect("ADD[1]", "change b[1][]", "filter 1 2", "CURRENT[1]", "NO_CHANGE[]")

	st = openStream(listenContext(t), t, s)
	limited := queryTarget(1, nil)
	limited.GetQuery().GetStructuredQuery().Offset = 1
	limited.ResumeType = &pb.Target_ResumeToken{ResumeToken: token}
	st.add(limited)
	st.expect("ADD[1]", "RESET[1]", "change b[1][]", "CURRENT[1]", "NO_CHANGE[]")

	st = openStream(listenContext(t), t, s)
	since := queryTarget(1, nil)
	since.ResumeType = &pb.Target_ReadTime{ReadTime: settled.GetReadTime()}
	st.add(since)
	st.expect("ADD[1]", "change b[1][]", "filter 1 2", "CURRENT[1]", "NO_CHANGE[]")

	st = openStream(listenContext(t), t, s)
	named := documentTarget(1, "a", "b", "c")
	named.ResumeType = &pb.Target_ResumeToken{ResumeToken: token}
	st.add(named)
	st.expect("ADD[1]", "change b[1][]", "delete c[1]", "CURRENT[1]", "NO_CHANGE[]")
}

// TestClientSurvivesABrokenStream lets the client itself reconnect and find out what it missed.
func TestClientSurvivesABrokenStream(t *testing.T) {
	ctx := listenContext(t)
	var mu sync.Mutex
	var cut []context.CancelFunc
	s := New(Options{})
	proxy := startProxy(t, s, func(cancel context.CancelFunc) { mu.Lock(); defer mu.Unlock(); cut = append(cut, cancel) })
	c := newClient(t, proxy)
	c.fill(t, map[string]map[string]any{"c/a": {"n": 1}, "c/b": {"n": 2}})
	it := c.Collection("c").OrderBy("n", firestore.Asc).Snapshots(ctx)
	defer it.Stop()
	assert.Equal(t, "+a +b | a b", changes(t, it))
	mu.Lock()
	for _, cancel := range cut {
		cancel()
	}
	mu.Unlock()
	_, err := c.Doc("c/a").Delete(ctx)
	require.NoError(t, err)
	c.fill(t, map[string]map[string]any{"c/c": {"n": 0}})
	assert.Equal(t, "-a +c | c b", changes(t, it))
}

func TestClearTellsListeners(t *testing.T) {
	ctx := listenContext(t)
	s := startServer(t, Options{})
	c := newClient(t, s)
	other := newClient(t, s)
	c.fill(t, map[string]map[string]any{"c/a": {"n": 1}, "c/b": {"n": 2}})
	other.fill(t, map[string]map[string]any{"c/kept": {"n": 1}})
	it := c.Collection("c").Where("n", ">", 0).Snapshots(ctx)
	defer it.Stop()
	assert.Equal(t, "+a +b | a b", changes(t, it))
	s.Clear(c.project)
	s.Clear("never used")
	assert.Equal(t, "-a -b |", changes(t, it))
	assert.Empty(t, idsOf(t, c.Collection("c").Query))
	assert.Equal(t, "kept", idsOf(t, other.Collection("c").Query))
	c.fill(t, map[string]map[string]any{"c/new": {"n": 1}})
	assert.Equal(t, "+new | new", changes(t, it))
}

// TestSlowListenerBlocksNobody commits much more than a stream nobody reads can take, and then reads.
func TestSlowListenerBlocksNobody(t *testing.T) {
	s := startServer(t, Options{})
	set := databaseClient(t, s)
	st := openStream(listenContext(t), t, s)
	st.add(queryTarget(1, nil))
	st.expect("ADD[1]", "CURRENT[1]", "NO_CHANGE[]")
	for i := range maxDirty * 3 / 2 {
		set(fmt.Sprintf("%04d-%s", i, strings.Repeat("x", 200)), map[string]any{"v": i})
	}
	set("last", map[string]any{"v": 0})
	seen := map[string]bool{}
	for !seen["last"] || len(seen) < maxDirty*3/2+1 {
		resp, err := st.Recv()
		require.NoError(t, err)
		if d := resp.GetDocumentChange().GetDocument(); d != nil {
			id := strings.TrimPrefix(d.GetName(), oracleRoot+"/c/")
			require.False(t, seen[id], "%s came twice", id)
			seen[id] = true
		}
	}
}

// TestThousandListeners listens to a thousand documents' queries over ten connections.
func TestThousandListeners(t *testing.T) {
	ctx := listenContext(t)
	s := startServer(t, Options{})
	set := databaseClient(t, s)
	var streams []pb.Firestore_ListenClient
	for range 10 {
		raw := rawClient(t, s)
		for range maxStreams {
			stream, err := raw.Listen(ctx)
			require.NoError(t, err)
			n := int64(len(streams))
			st := rawStream{t, stream}
			st.add(queryTarget(1, fieldFilter("v", pb.StructuredQuery_FieldFilter_EQUAL, intValue(n))))
			streams = append(streams, stream)
		}
	}
	for _, stream := range streams {
		rawStream{t, stream}.expect("ADD[1]", "CURRENT[1]", "NO_CHANGE[]")
	}
	for n := range streams {
		set(fmt.Sprint(n), map[string]any{"v": n})
	}
	for n, stream := range streams {
		rawStream{t, stream}.expect(fmt.Sprintf("change %d[1][]", n), "NO_CHANGE[]")
	}
}

// TestListenersBesideWriters lets four writers change who belongs to a limited and to an unlimited
// result, and expects both listeners to end with what a query finds.
func TestListenersBesideWriters(t *testing.T) {
	ctx := listenContext(t)
	c := newClient(t, startServer(t, Options{}))
	all := c.Collection("c").Where("team", "==", 0).OrderBy("rank", firestore.Asc)
	var queries []firestore.Query
	var listeners []*firestore.QuerySnapshotIterator
	for _, q := range []firestore.Query{all, all.Limit(5)} {
		it := q.Snapshots(ctx)
		defer it.Stop()
		_, err := it.Next()
		require.NoError(t, err)
		queries, listeners = append(queries, q), append(listeners, it)
	}
	var writers sync.WaitGroup
	for writer := range 4 {
		writers.Go(func() {
			for i := range 100 {
				n := writer*7919 + i*31
				_, err := c.commit(
					c.set(fmt.Sprintf("c/%d", n%40), map[string]any{"team": n % 2, "rank": n % 97}),
					c.remove(fmt.Sprintf("c/%d", n*17%40)),
				)
				assert.NoError(t, err)
			}
		})
	}
	writers.Wait()
	_, err := c.commit(c.set("c/last", map[string]any{"team": 0, "rank": -1}))
	require.NoError(t, err)
	for i, it := range listeners {
		want := "| " + idsOf(t, queries[i])
		for got := ""; !strings.HasSuffix(got, want); {
			got = changes(t, it)
		}
	}
}
