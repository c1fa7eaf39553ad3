package firestore

import (
	"context"
	"fmt"
	"testing"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (c testClient) batch(writes ...*pb.Write) (*pb.BatchWriteResponse, error) {
	return c.raw.BatchWrite(context.Background(), &pb.BatchWriteRequest{
		Database: "projects/" + c.project + "/databases/(default)", Writes: writes,
	})
}

func TestBatchWriteStandsAlone(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{"c/there": {"v": 1}, "c/gone": {"v": 1}})
	must := c.set("c/absent", nil)
	must.CurrentDocument = exists(true)
	resp, err := c.batch(c.set("c/a", map[string]any{"v": 1}), c.create("c/there", nil), must, c.remove("c/gone"), c.set("c/b", nil))
	require.NoError(t, err)
	var got []codes.Code
	for _, s := range resp.GetStatus() {
		got = append(got, codes.Code(s.GetCode()))
	}
	assert.Equal(t, []codes.Code{codes.OK, codes.AlreadyExists, codes.NotFound, codes.OK, codes.OK}, got)
	assert.Contains(t, resp.GetStatus()[2].GetMessage(), "No document to update")
	require.Len(t, resp.GetWriteResults(), 5)
	for i, written := range []bool{true, false, false, false, true} {
		assert.Equal(t, written, resp.GetWriteResults()[i].GetUpdateTime() != nil, "write %d", i)
	}
	assert.True(t, resp.GetWriteResults()[0].GetUpdateTime().AsTime().Before(resp.GetWriteResults()[4].GetUpdateTime().AsTime()))
	assert.Equal(t, "a b there", idsOf(t, c.Collection("c").Query))
	d, err := c.Doc("c/there").Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"v": int64(1)}, d.Data())
	resp, err = c.batch()
	require.NoError(t, err)
	assert.Empty(t, resp.GetStatus())
}

func TestBatchWriteOfTheClient(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{"c/there": {"n": 1}})
	bulk := c.BulkWriter(ctx)
	jobs := map[string]*firestore.BulkWriterJob{}
	add := func(id string, job *firestore.BulkWriterJob, err error) {
		require.NoError(t, err, id)
		jobs[id] = job
	}
	for i := range 45 {
		id := fmt.Sprintf("%02d", i)
		job, err := bulk.Create(c.Doc("c/"+id), map[string]any{"i": i})
		add(id, job, err)
	}
	job, err := bulk.Create(c.Doc("c/there"), map[string]any{})
	add("there", job, err)
	job, err = bulk.Update(c.Doc("d/absent"), []firestore.Update{{Path: "n", Value: firestore.Increment(1)}})
	add("absent", job, err)
	bulk.End()
	want := map[string]codes.Code{"there": codes.AlreadyExists, "absent": codes.NotFound}
	for id, job := range jobs {
		_, err := job.Results()
		assert.Equal(t, want[id], status.Code(err), id)
	}
	docs, err := c.Collection("c").Documents(ctx).GetAll()
	require.NoError(t, err)
	assert.Len(t, docs, 46)
}

func TestBadBatchWrites(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	for want, second := range map[string]*pb.Write{
		"more than once":             c.remove("c/a"),
		"no document name":           {Operation: &pb.Write_Update{Update: &pb.Document{Name: "c/x"}}},
		"not in the database of the": {Operation: &pb.Write_Delete{Delete: written}},
		`field name "__x__"`:         c.set("c/b", map[string]any{"__x__": 1}),
	} {
		_, err := c.batch(c.set("c/a", nil), second)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), want)
		assert.ErrorContains(t, err, want)
	}
	_, err := c.raw.BatchWrite(context.Background(), &pb.BatchWriteRequest{Database: "d"})
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.Empty(t, idsOf(t, c.Collection("c").Query), "a refused request wrote")
}

func TestTransformsOfOneDocumentInACommit(t *testing.T) {
	c := newClient(t, startServer(t, Options{}))
	write := func(path string, n int) *pb.Write {
		w := c.set(path, nil)
		for i := range n {
			w.UpdateTransforms = append(w.UpdateTransforms, &pb.DocumentTransform_FieldTransform{
				FieldPath:     fmt.Sprintf("f%d", i),
				TransformType: &pb.DocumentTransform_FieldTransform_Increment{Increment: intValue(1)},
			})
		}
		return w
	}
	_, err := c.commit(write("c/a", 300), write("c/b", 300), write("c/a", 200), write("c/b", 0))
	require.NoError(t, err)
	_, err = c.commit(write("c/a", 300), write("c/b", 300), write("c/a", 201))
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.ErrorContains(t, err, `document "c/a" has 501 field transforms`)
}
