package firestore

import (
	"context"
	"fmt"
	"math"
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
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestWritesOfTheClient(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	doc := c.Doc("rooms/r1")
	read := func() map[string]any {
		t.Helper()
		d, err := doc.Get(ctx)
		require.NoError(t, err)
		return d.Data()
	}

	_, err := doc.Create(ctx, map[string]any{"a": 1, "m": map[string]any{"x": 1, "y": 2}})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"a": int64(1), "m": map[string]any{"x": int64(1), "y": int64(2)}}, read())

	_, err = doc.Update(ctx, []firestore.Update{{Path: "m.x", Value: 9}, {Path: "a", Value: firestore.Delete}, {Path: "n.z", Value: "new"}})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"m": map[string]any{"x": int64(9), "y": int64(2)}, "n": map[string]any{"z": "new"}}, read())

	_, err = doc.Set(ctx, map[string]any{"m": map[string]any{"y": 3}}, firestore.MergeAll)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"m": map[string]any{"x": int64(9), "y": int64(3)}, "n": map[string]any{"z": "new"}}, read())

	_, err = doc.Set(ctx, map[string]any{"only": true})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"only": true}, read())

	_, err = doc.Update(ctx, []firestore.Update{{FieldPath: firestore.FieldPath{"odd.name`", "\\"}, Value: 1}})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"only": true, "odd.name`": map[string]any{"\\": int64(1)}}, read())

	_, err = doc.Delete(ctx)
	require.NoError(t, err)
	_, err = doc.Get(ctx)
	assert.Equal(t, codes.NotFound, status.Code(err))

	_, err = c.Doc("rooms/merged").Set(ctx, map[string]any{}, firestore.MergeAll)
	require.NoError(t, err)
	d, err := c.Doc("rooms/merged").Get(ctx)
	require.NoError(t, err)
	assert.Empty(t, d.Data())
}

func TestPreconditions(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	there, missing := c.Doc("c/there"), c.Doc("c/missing")
	first, err := there.Create(ctx, map[string]any{"v": 1})
	require.NoError(t, err)
	old := first.UpdateTime
	now, err := there.Set(ctx, map[string]any{"v": 2})
	require.NoError(t, err)
	set := []firestore.Update{{Path: "v", Value: 3}}

	for name, tc := range map[string]struct {
		write func() error
		want  codes.Code
	}{
		"create existing":          {func() error { _, err := there.Create(ctx, map[string]any{}); return err }, codes.AlreadyExists},
		"update missing":           {func() error { _, err := missing.Update(ctx, set); return err }, codes.NotFound},
		"update at old time":       {func() error { _, err := there.Update(ctx, set, firestore.LastUpdateTime(old)); return err }, codes.FailedPrecondition},
		"update missing with time": {func() error { _, err := missing.Update(ctx, set, firestore.LastUpdateTime(old)); return err }, codes.FailedPrecondition},
		"delete at old time":       {func() error { _, err := there.Delete(ctx, firestore.LastUpdateTime(old)); return err }, codes.FailedPrecondition},
		"delete missing":           {func() error { _, err := missing.Delete(ctx, firestore.Exists); return err }, codes.NotFound},
		"delete missing, no condition": {func() error { _, err := missing.Delete(ctx); return err },
			codes.OK},
	} {
		assert.Equal(t, tc.want, status.Code(tc.write()), name)
	}
	d, err := there.Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"v": int64(2)}, d.Data())
	assert.Equal(t, now.UpdateTime, d.UpdateTime)
	assert.Equal(t, old, d.CreateTime)
	_, err = there.Update(ctx, set, firestore.LastUpdateTime(now.UpdateTime))
	require.NoError(t, err)
}

// TestOneWinnerPerRound lets 50 racers replace a document they all read at the same version.
func TestOneWinnerPerRound(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	doc := c.Doc("c/d")
	_, err := doc.Create(ctx, map[string]any{"round": -1})
	require.NoError(t, err)
	for round := range 10 {
		d, err := doc.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, int64(round-1), d.Data()["round"])
		var wg sync.WaitGroup
		results := make(chan codes.Code, 50)
		for racer := range 50 {
			wg.Go(func() {
				_, err := c.commit(
					c.update("c/d", map[string]any{"round": round}, d.UpdateTime),
					c.create(fmt.Sprintf("wins/%d-%d", round, racer), nil),
				)
				results <- status.Code(err)
			})
		}
		wg.Wait()
		close(results)
		count := map[codes.Code]int{}
		for code := range results {
			count[code]++
		}
		require.Equal(t, map[codes.Code]int{codes.OK: 1, codes.FailedPrecondition: 49}, count)
	}
	wins, err := c.Collection("wins").Documents(ctx).GetAll()
	require.NoError(t, err)
	assert.Len(t, wins, 10, "a lost batch left something behind")
}

func TestCommitIsAtomic(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	_, err := c.Doc("c/taken").Create(ctx, map[string]any{"v": 1})
	require.NoError(t, err)
	_, err = c.commit(c.set("c/new", nil), c.set("c/taken", map[string]any{"v": 2}), c.create("c/taken", nil))
	require.Equal(t, codes.AlreadyExists, status.Code(err))
	docs, err := c.Collection("c").Documents(ctx).GetAll()
	require.NoError(t, err)
	require.Len(t, docs, 1)
	assert.Equal(t, map[string]any{"v": int64(1)}, docs[0].Data())
}

// TestUpdateTimesGrow uses a clock that stands still, which is the worst case.
func TestUpdateTimesGrow(t *testing.T) {
	ctx := context.Background()
	at := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	c := newClient(t, startServer(t, Options{Now: func() time.Time { return at }}))
	var mu sync.Mutex
	seen := map[time.Time]bool{}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			var last time.Time
			for i := range 20 {
				res, err := c.Doc(fmt.Sprintf("c/%d", worker)).Set(ctx, map[string]any{"i": i})
				if !assert.NoError(t, err) {
					return
				}
				assert.True(t, res.UpdateTime.After(last))
				last = res.UpdateTime
				mu.Lock()
				seen[last] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	assert.Len(t, seen, 160, "two commits share a time")
	d, err := c.Doc("c/0").Get(ctx)
	require.NoError(t, err)
	res, err := c.Doc("c/0").Set(ctx, map[string]any{"i": "later"})
	require.NoError(t, err)
	assert.True(t, res.UpdateTime.After(d.ReadTime), "a commit is not later than a read before it")
}

func TestNoOpKeepsUpdateTime(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	doc := c.Doc("c/d")
	fields := map[string]any{"i": 1, "f": math.NaN(), "t": time.Unix(7, 1999), "l": []any{1, "x", nil}, "m": map[string]any{"b": []byte("z")}}
	first, err := doc.Set(ctx, fields)
	require.NoError(t, err)
	again, err := doc.Set(ctx, fields)
	require.NoError(t, err)
	assert.Equal(t, first.UpdateTime, again.UpdateTime)
	again, err = doc.Update(ctx, []firestore.Update{{Path: "i", Value: 1}, {Path: "absent", Value: firestore.Delete}})
	require.NoError(t, err)
	assert.Equal(t, first.UpdateTime, again.UpdateTime)
	for name, change := range map[string]any{"type": 1.0, "other number": 2, "gone": firestore.Delete} {
		next, err := doc.Update(ctx, []firestore.Update{{Path: "i", Value: change}})
		require.NoError(t, err)
		assert.True(t, next.UpdateTime.After(first.UpdateTime), name)
		first = next
	}
}

func TestTwoWritesToOneDocument(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	more := c.set("c/d", map[string]any{"b": 2})
	more.UpdateMask = &pb.DocumentMask{FieldPaths: []string{"b"}}
	resp, err := c.commit(c.create("c/d", map[string]any{"a": 1}), more, c.remove("c/e"), c.set("c/e", map[string]any{"back": true}))
	require.NoError(t, err)
	res := resp.GetWriteResults()
	require.Len(t, res, 4)
	assert.Equal(t, res[0].GetUpdateTime().AsTime(), res[1].GetUpdateTime().AsTime())
	assert.Nil(t, res[2].GetUpdateTime(), "a delete has no update time")
	assert.Equal(t, resp.GetCommitTime().AsTime(), res[3].GetUpdateTime().AsTime())
	d, err := c.Doc("c/d").Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"a": int64(1), "b": int64(2)}, d.Data())
}

func TestTransforms(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 1, 15, 12, 0, 0, 123_456_000, time.UTC)
	c := newClient(t, startServer(t, Options{Now: func() time.Time { return now }}))
	doc := c.Doc("c/d")
	_, err := doc.Set(ctx, map[string]any{
		"at": firestore.ServerTimestamp, "n": 1, "list": []any{1, 2, 2, "x"}, "text": "no number", "big": int64(math.MaxInt64),
	})
	require.NoError(t, err)
	_, err = doc.Update(ctx, []firestore.Update{
		{Path: "n", Value: firestore.Increment(2)},
		{Path: "m.half", Value: firestore.Increment(0.5)},
		{Path: "text", Value: firestore.Increment(7)},
		{Path: "big", Value: firestore.Increment(1)},
		{Path: "max", Value: firestore.FieldTransformMaximum(3)},
		{Path: "list", Value: firestore.ArrayUnion(3, 2.0, 3)},
		{Path: "fresh", Value: firestore.ArrayUnion("a")},
	})
	require.NoError(t, err)
	_, err = doc.Update(ctx, []firestore.Update{
		{Path: "n", Value: firestore.Increment(0.5)},
		{Path: "list", Value: firestore.ArrayRemove(2, "x")},
		{Path: "max", Value: firestore.FieldTransformMinimum(2.5)},
	})
	require.NoError(t, err)
	d, err := doc.Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"at": time.Date(2026, 1, 15, 12, 0, 0, 123_000_000, time.UTC), "n": 3.5, "list": []any{int64(1), int64(3)}, "text": int64(7),
		"big": int64(math.MaxInt64), "max": 2.5, "m": map[string]any{"half": 0.5}, "fresh": []any{"a"},
	}, d.Data())
}

func TestTransformResults(t *testing.T) {
	s := startServer(t, Options{})
	raw := rawClient(t, s)
	res, err := raw.Commit(context.Background(), &pb.CommitRequest{
		Database: "projects/p/databases/d",
		Writes: []*pb.Write{{Operation: &pb.Write_Transform{Transform: &pb.DocumentTransform{
			Document: "projects/p/databases/d/documents/c/x",
			FieldTransforms: []*pb.DocumentTransform_FieldTransform{
				{FieldPath: "n", TransformType: &pb.DocumentTransform_FieldTransform_Increment{Increment: intValue(2)}},
				{FieldPath: "n", TransformType: &pb.DocumentTransform_FieldTransform_Increment{Increment: intValue(3)}},
				{FieldPath: "l", TransformType: &pb.DocumentTransform_FieldTransform_AppendMissingElements{
					AppendMissingElements: &pb.ArrayValue{Values: []*pb.Value{nullValue()}}}},
			},
		}}}},
	})
	require.NoError(t, err)
	got := res.GetWriteResults()[0].GetTransformResults()
	require.Len(t, got, 3)
	assert.Equal(t, int64(2), got[0].GetIntegerValue())
	assert.Equal(t, int64(5), got[1].GetIntegerValue())
	assert.IsType(t, &pb.Value_NullValue{}, got[2].GetValueType())
}

func TestTimesAreCutToMicroseconds(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	at := time.Date(2026, 1, 15, 12, 0, 0, 123_456_789, time.UTC)
	_, err := c.Doc("c/d").Set(ctx, map[string]any{"at": at})
	require.NoError(t, err)
	d, err := c.Doc("c/d").Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, time.Date(2026, 1, 15, 12, 0, 0, 123_456_000, time.UTC), d.Data()["at"])
	docs, err := c.Collection("c").Where("at", "==", at).Documents(ctx).GetAll()
	require.NoError(t, err)
	assert.Len(t, docs, 1)
}

func TestSizeLimits(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	doc := c.Doc("c/d")
	// Name 16+("c"+1)+("d"+1), 32 of its own, "s"+1, "b"+1: the rest is for the two values.
	const rest = 1<<20 - 20 - 32 - 4
	fits := map[string]any{"s": strings.Repeat("x", 1000-1), "b": make([]byte, rest-1000)}
	_, err := doc.Set(ctx, fits)
	require.NoError(t, err)
	_, err = doc.Update(ctx, []firestore.Update{{Path: "s", Value: strings.Repeat("x", 1000)}})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.Contains(t, err.Error(), "exceeds the maximum allowed size of 1048576 bytes")
	fits["s"] = strings.Repeat("x", 1000)
	_, err = doc.Set(ctx, fits)
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = doc.Update(ctx, []firestore.Update{{Path: "s", Value: firestore.ArrayUnion(strings.Repeat("x", 1000))}})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = c.Doc("c/e").Set(ctx, map[string]any{"s": make([]byte, 1<<20-88)})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.Contains(t, err.Error(), "longer than 1048487 bytes")

	var writes []*pb.Write
	for i := range 11 {
		writes = append(writes, c.set(fmt.Sprintf("c/%d", i), map[string]any{"b": make([]byte, 1_000_000)}))
	}
	_, err = c.commit(writes...)
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.Contains(t, err.Error(), "exceeds the limit: 10485760 bytes")
}

func TestPreconditionMustBeAligned(t *testing.T) {
	raw := rawClient(t, startServer(t, Options{}))
	_, err := raw.Commit(context.Background(), &pb.CommitRequest{
		Database: "projects/p/databases/d",
		Writes: []*pb.Write{{
			Operation:       &pb.Write_Delete{Delete: "projects/p/databases/d/documents/c/x"},
			CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: &timestamppb.Timestamp{Nanos: 1}}},
		}},
	})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}
