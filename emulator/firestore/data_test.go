package firestore

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/emulator/firestore/journal"
)

// failing is what a test and a rapid property have in common.
type failing interface {
	require.TestingT
	Helper()
}

// openedOn is a server on the data in dir.
func openedOn(t failing, dir string) *Server {
	t.Helper()
	s, err := Open(Options{Data: dir})
	require.NoError(t, err)
	return s
}

// stateOf is all that a server holds: every document with its times, as it is sent, by name.
func stateOf(t failing, s *Server) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, db := range s.service.databases {
		for path, c := range db.byPath {
			for id, slot := range c.docs {
				b, err := proto.MarshalOptions{Deterministic: true}.Marshal(slot.doc.pb)
				require.NoError(t, err)
				require.Equal(t, db.name.full(path+"/"+id), slot.doc.pb.GetName())
				require.Equal(t, slot.doc.pb.GetUpdateTime().AsTime().UnixMicro(), slot.doc.update)
				out[slot.doc.pb.GetName()] = string(b)
			}
		}
	}
	return out
}

// crashed is a copy of a data directory as the death of the process at this moment would leave it.
func crashed(t failing, dir string) string {
	t.Helper()
	to, err := os.MkdirTemp("", "crashed")
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

// comesBack checks what a server finds in a directory, and removes it.
func comesBack(t failing, dir string, want map[string]string, cut int64) {
	t.Helper()
	s := openedOn(t, dir)
	require.Equal(t, want, stateOf(t, s))
	require.Equal(t, Loaded{Documents: len(want), Cut: cut}, s.Loaded())
	s.Close()
	require.NoError(t, os.RemoveAll(dir))
}

// put commits documents through the service, without a connection.
func put(t failing, s *Server, database, path string, fields map[string]any) *pb.CommitResponse {
	t.Helper()
	resp, err := s.service.Commit(context.Background(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{{
		Operation: &pb.Write_Update{Update: &pb.Document{
			Name: database + "/documents/" + path, Fields: valueOf(fields).GetMapValue().GetFields(),
		}},
	}}})
	require.NoError(t, err)
	return resp
}

// TestClientsLiveThroughARestart breaks a server off and starts another on its data at the same address.
func TestClientsLiveThroughARestart(t *testing.T) {
	ctx, dir := listenContext(t), t.TempDir()
	s, err := Open(Options{Data: dir})
	require.NoError(t, err)
	require.NoError(t, s.Start("127.0.0.1:0"))
	c := newClient(t, s)
	first, err := c.Doc("c/a").Set(ctx, map[string]any{"n": 1, "text": "ñ", "at": time.Unix(1, 5000), "nothing": nil, "map": map[string]any{}})
	require.NoError(t, err)
	second, err := c.Doc("c/a/below/b").Set(ctx, map[string]any{"n": 2})
	require.NoError(t, err)
	_, err = c.Doc("c/gone").Set(ctx, map[string]any{"n": 3})
	require.NoError(t, err)
	watched := c.Collection("c").Snapshots(ctx)
	defer watched.Stop()
	snap, err := watched.Next()
	require.NoError(t, err)
	assert.Equal(t, 2, snap.Size)
	before, err := c.Doc("c/a").Get(ctx)
	require.NoError(t, err)

	addr := s.Addr()
	s.Close()
	again, err := Open(Options{Data: dir})
	require.NoError(t, err)
	assert.Equal(t, Loaded{Documents: 3}, again.Loaded())
	_, err = again.service.Commit(ctx, &pb.CommitRequest{Database: "projects/" + c.project + "/databases/(default)",
		Writes: []*pb.Write{c.remove("c/gone")}})
	require.NoError(t, err, "a deletion that a listener did not hear of")
	require.NoError(t, again.Start(addr))
	t.Cleanup(again.Close)

	var after *firestore.DocumentSnapshot
	require.Eventually(t, func() bool { after, err = c.Doc("c/a").Get(ctx); return err == nil }, time.Minute, time.Millisecond)
	assert.Equal(t, before.Data(), after.Data())
	assert.Equal(t, before.CreateTime, after.CreateTime)
	assert.Equal(t, first.UpdateTime, after.UpdateTime)
	third, err := c.Doc("c/a").Update(ctx, []firestore.Update{{Path: "n", Value: 4}}, firestore.LastUpdateTime(first.UpdateTime))
	require.NoError(t, err, "what was read before the restart is the version to change after it")
	assert.True(t, third.UpdateTime.After(second.UpdateTime))
	_, err = c.Doc("c/a").Update(ctx, []firestore.Update{{Path: "n", Value: 5}}, firestore.LastUpdateTime(first.UpdateTime))
	assert.Equal(t, codes.FailedPrecondition, status.Code(err))
	for snap.Size != 1 || len(snap.Changes) == 0 {
		snap, err = watched.Next()
		require.NoError(t, err)
	}
	docs, err := c.CollectionGroup("below").Where("n", "==", 2).Documents(ctx).GetAll()
	require.NoError(t, err)
	require.Len(t, docs, 1, "queries find what was loaded")
	assert.Equal(t, second.UpdateTime, docs[0].UpdateTime)
}

// TestKilledAtEveryByte cuts the journal of some commits at every byte: the state is that of the last complete one.
func TestKilledAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	s := openedOn(t, dir)
	defer s.Close()
	type moment struct {
		size  int64
		state map[string]string
	}
	moments := []moment{{s.service.data.journal.Size(), map[string]string{}}}
	keep := func() {
		moments = append(moments, moment{s.service.data.journal.Size(), stateOf(t, s)})
	}
	one, two := "projects/p/databases/one", "projects/q/databases/two"
	put(t, s, one, "c/a", map[string]any{"n": 1})
	keep()
	put(t, s, two, "c/a", map[string]any{"n": 2})
	keep()
	put(t, s, one, "c/a", map[string]any{"n": 1, "more": []any{"x", 1.5}})
	keep()
	_, err := s.service.Commit(t.Context(), &pb.CommitRequest{Database: one, Writes: []*pb.Write{
		{Operation: &pb.Write_Delete{Delete: one + "/documents/c/a"}},
		{Operation: &pb.Write_Delete{Delete: one + "/documents/c/never"}},
		{Operation: &pb.Write_Update{Update: &pb.Document{Name: one + "/documents/c/b"}}},
	}})
	require.NoError(t, err)
	keep()
	require.NoError(t, s.Clear("q"))
	keep()
	file, err := os.ReadFile(filepath.Join(dir, "journal"))
	require.NoError(t, err)
	for n := moments[0].size; n <= int64(len(file)); n++ {
		at := crashed(t, dir)
		require.NoError(t, os.Truncate(filepath.Join(at, "journal"), n))
		last := moments[0]
		for _, m := range moments {
			if m.size <= n {
				last = m
			}
		}
		again := openedOn(t, at)
		require.Equal(t, last.state, stateOf(t, again), "killed at byte %d", n)
		require.LessOrEqual(t, again.Loaded().Cut, n-last.size)
		put(t, again, one, "c/next", map[string]any{"n": 3})
		want := stateOf(t, again)
		again.Close()
		comesBack(t, at, want, 0)
	}
}

// TestAnyCommitsAnyDeath makes random commits, with rewrites between them, and dies at random places.
func TestAnyCommitsAnyDeath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "data")
		require.NoError(t, err)
		defer func() { require.NoError(t, os.RemoveAll(dir)) }()
		s := openedOn(t, dir)
		defer func() { s.Close() }()
		s.service.data.slack, s.service.data.limit = 600, 600
		docs := map[string]*pb.Document{} // for commitRandom
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 6).Draw(t, "step") {
			case 0:
				require.NoError(t, s.Clear("p"))
			case 1: // dies: another server goes on with what is in the files
				s.service.data.work.Wait() // a file that is renamed cannot be copied
				comesBack(t, crashed(t, dir), stateOf(t, s), 0)
			case 2: // dies while it writes the last commit
				s.service.data.work.Wait()
				before, size := stateOf(t, s), s.service.data.journal.Size()
				s.service.data.limit = 1 << 40
				commitRandom(t, s.service, docs)
				grown := s.service.data.journal.Size() - size
				want, complete := stateOf(t, s), rapid.Int64Range(0, grown).Draw(t, "complete")
				s.service.data.limit = 600
				at := crashed(t, dir)
				require.NoError(t, os.Truncate(filepath.Join(at, "journal"), size+complete))
				s.Close()
				require.NoError(t, os.RemoveAll(dir))
				dir, s = at, openedOn(t, at)
				s.service.data.slack, s.service.data.limit = 600, 600
				if complete < grown {
					want = before
				}
				require.Equal(t, want, stateOf(t, s))
			default:
				commitRandom(t, s.service, docs)
			}
		}
		last := s.service.clock.read()
		want := stateOf(t, s)
		s.Close()
		s = openedOn(t, dir)
		require.Equal(t, want, stateOf(t, s))
		require.Greater(t, s.service.clock.commit(), last)
	})
}

// TestACrashAtEachStepOfARewrite dies between the steps by which the journal is shortened, with commits between them.
func TestACrashAtEachStepOfARewrite(t *testing.T) {
	dir := t.TempDir()
	s := openedOn(t, dir)
	defer s.Close()
	one, two := "projects/p/databases/one", "projects/p/databases/two"
	n := 0
	crash := func() {
		t.Helper()
		n++
		put(t, s, one, "c/a", map[string]any{"n": n})
		put(t, s, two, fmt.Sprintf("c/a%d", n), map[string]any{"n": n})
		comesBack(t, crashed(t, dir), stateOf(t, s), 0)
	}
	for range 2*rewriteBatch + 1 {
		n++
		put(t, s, one, fmt.Sprintf("c/%d", n), map[string]any{"n": n})
	}
	crash()
	docs, r, err := s.service.data.begin()
	require.NoError(t, err)
	crash()
	require.NoError(t, s.service.data.write(r, docs))
	crash()
	long := s.service.data.journal.Size()
	require.NoError(t, r.Finish())
	assert.Less(t, s.service.data.journal.Size(), long)
	comesBack(t, crashed(t, dir), stateOf(t, s), 0)
	crash()
}

// TestTheJournalStaysNearWhatItLeadsTo commits from several clients while the journal is rewritten again and again.
func TestTheJournalStaysNearWhatItLeadsTo(t *testing.T) {
	dir := t.TempDir()
	s := openedOn(t, dir)
	const slack = 10_000
	s.service.data.slack, s.service.data.limit = slack, slack
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := range 300 {
				put(t, s, fmt.Sprintf("projects/p/databases/d%d", w%2), fmt.Sprintf("c/%d-%d", w, n%5), map[string]any{"n": n})
			}
		})
	}
	writers.Wait()
	s.service.data.work.Wait()
	put(t, s, "projects/p/databases/d0", "c/last", map[string]any{"n": 0})
	s.service.data.work.Wait()
	assert.Less(t, s.service.data.journal.Size(), int64(4*slack))
	want := stateOf(t, s)
	assert.Len(t, want, 21)
	s.Close()
	comesBack(t, dir, want, 0)
}

// TestTimesNeverGoBackOverARestart has a clock that does, and a time handed out that no commit had.
func TestTimesNeverGoBackOverARestart(t *testing.T) {
	dir, now := t.TempDir(), time.Unix(1000, 0)
	clock := func() time.Time { return now }
	s, err := Open(Options{Data: dir, Now: clock})
	require.NoError(t, err)
	put(t, s, "projects/p/databases/d", "c/a", map[string]any{"n": 1})
	now = now.Add(time.Hour)
	read := s.service.clock.read()
	now = now.Add(-24 * time.Hour)
	again, err := Open(Options{Data: crashed(t, dir), Now: clock})
	require.NoError(t, err)
	defer again.Close()
	s.Close()
	resp := put(t, again, "projects/p/databases/d", "c/a", map[string]any{"n": 2})
	assert.Greater(t, resp.GetCommitTime().AsTime().UnixMicro(), read)
	assert.Less(t, resp.GetCommitTime().AsTime().UnixMicro(), read+2*timeLead)
}

func TestACommitThatCannotBeKeptIsNotMade(t *testing.T) {
	s := openedOn(t, t.TempDir())
	defer s.Close()
	db := "projects/p/databases/d"
	put(t, s, db, "c/a", map[string]any{"n": 1})
	want := stateOf(t, s)
	require.NoError(t, s.service.data.journal.Close())
	_, err := s.service.Commit(t.Context(), &pb.CommitRequest{Database: db, Writes: []*pb.Write{
		{Operation: &pb.Write_Delete{Delete: db + "/documents/c/a"}},
	}})
	assert.Equal(t, "rpc error: code = Internal desc = the commit cannot be kept, so it is not made: file already closed", err.Error())
	require.ErrorContains(t, s.Clear("p"), "the commit cannot be kept")
	assert.Equal(t, want, stateOf(t, s))
	require.ErrorIs(t, s.service.data.rewrite(), os.ErrClosed)
	_, err = s.service.Commit(t.Context(), &pb.CommitRequest{Database: db, Writes: []*pb.Write{
		{Operation: &pb.Write_Delete{Delete: db + "/documents/c/never"}},
	}})
	assert.NoError(t, err, "a commit that changes nothing needs no keeping")
}

func TestWhatIsLostIsTold(t *testing.T) {
	dir := t.TempDir()
	s := openedOn(t, dir)
	put(t, s, "projects/p/databases/d", "c/a", map[string]any{"n": 1})
	size := s.service.data.journal.Size()
	s.Close()
	require.NoError(t, os.Truncate(filepath.Join(dir, "journal"), size-1))
	var out strings.Builder
	s, err := Open(Options{Data: dir, Log: slog.New(slog.NewTextHandler(&out, nil))})
	require.NoError(t, err)
	s.Close()
	lost := s.Loaded().Cut
	assert.Positive(t, lost)
	assert.Zero(t, s.Loaded().Documents)
	assert.Contains(t, out.String(), fmt.Sprintf(`level=WARN msg="the last commit was incomplete and is dropped" data=%s bytes=%d`, dir, lost))
}

func TestDataThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	s := openedOn(t, dir)
	_, err := Open(Options{Data: dir})
	require.ErrorIs(t, err, journal.ErrInUse)
	assert.EqualError(t, err, "open the firestore's data: lock the data directory "+dir+": another process uses it; end that one first")
	s.Close()
	for payload, want := range map[string]string{
		"\xff": "proto",
		wire(t, &pb.CommitRequest{Database: "nonsense"}):                                         `"nonsense" is no database name`,
		wire(t, &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{{}}}):              `"" is no document name`,
		wire(t, &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{deleteOf("c/a")}}): `"c/a" is no document name`,
	} {
		dir := t.TempDir()
		j, _, err := journal.Open(dir, nil)
		require.NoError(t, err)
		begin := j.Size()
		require.NoError(t, j.Append(1, []byte(payload)))
		require.NoError(t, j.Close())
		_, err = Open(Options{Data: dir})
		require.ErrorContains(t, err, fmt.Sprintf("journal, record at byte %d: ", begin))
		require.ErrorContains(t, err, want)
	}
	assert.PanicsWithValue(t, "firestore: New with Options.Data; use Open", func() { New(Options{Data: dir}) })
	s, err = Open(Options{})
	require.NoError(t, err)
	assert.Zero(t, s.Loaded())
	s.Close()
}

func wire(t *testing.T, m proto.Message) string {
	t.Helper()
	b, err := proto.Marshal(m)
	require.NoError(t, err)
	return string(b)
}
