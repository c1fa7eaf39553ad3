package firestore

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
)

// moveOne is the shape of every move: read one record, write two under a precondition.
func moveOne(b *testing.B, c pb.FirestoreClient, project string, n int64) {
	ctx := context.Background()
	db := "projects/" + project + "/databases/(default)"
	name := fmt.Sprintf("%s/documents/records/r%d", db, n%1000)
	found, err := c.GetDocument(ctx, &pb.GetDocumentRequest{Name: name})
	require.NoError(b, err)
	fields := map[string]*pb.Value{"version": intValue(n), "state": stringValue("offered")}
	_, err = c.Commit(ctx, &pb.CommitRequest{Database: db, Writes: []*pb.Write{
		{
			Operation: &pb.Write_Update{Update: &pb.Document{Name: name, Fields: fields}},
			CurrentDocument: &pb.Precondition{
				ConditionType: &pb.Precondition_UpdateTime{UpdateTime: found.GetUpdateTime()},
			},
		},
		{Operation: &pb.Write_Update{Update: &pb.Document{
			Name: fmt.Sprintf("%s/documents/offers/o%d", db, n), Fields: fields,
		}}},
	}})
	require.NoError(b, err)
}

func moveClient(b *testing.B, opts Options) testClient {
	c := newClient(b, startServer(b, opts))
	docs := map[string]map[string]any{}
	for n := range 1000 {
		docs["records/r"+strconv.Itoa(n)] = map[string]any{"version": -1}
	}
	c.fill(b, docs)
	return c
}

func BenchmarkMoveSerial(b *testing.B) {
	moveSerial(b, Options{})
}

// BenchmarkMoveSerialData is the same with every commit kept in a file.
func BenchmarkMoveSerialData(b *testing.B) {
	moveSerial(b, Options{Data: b.TempDir()})
}

func moveSerial(b *testing.B, opts Options) {
	c := moveClient(b, opts)
	n := int64(0)
	for b.Loop() {
		n++
		moveOne(b, c.raw, c.project, n)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "moves/s")
}

func BenchmarkMoveParallel16(b *testing.B) {
	moveParallel16(b, Options{})
}

// BenchmarkMoveParallel16Data is the same with every commit kept in a file.
func BenchmarkMoveParallel16Data(b *testing.B) {
	moveParallel16(b, Options{Data: b.TempDir()})
}

func moveParallel16(b *testing.B, opts Options) {
	c := moveClient(b, opts)
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			moveOne(b, c.raw, c.project, n.Add(1))
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "moves/s")
}

// BenchmarkQuery100k runs queries that find ten of 100 000 documents.
func BenchmarkQuery100k(b *testing.B) {
	c := newClient(b, startServer(b, Options{}))
	fillAgents(b, c, 100_000)
	agents := c.Collection("agents")
	for name, q := range map[string]firestore.Query{
		"equality":      agents.Where("team", "==", 77),
		"contains":      agents.Where("takes", "array-contains", "q77|chat"),
		"containsOrder": agents.Where("takes", "array-contains", "shared").OrderBy("freeSince", firestore.Desc).Limit(10),
		"order":         agents.OrderBy("freeSince", firestore.Asc).Limit(10),
		"in":            agents.Where("team", "in", []int{1, 2, 3}).OrderBy("freeSince", firestore.Asc).Limit(10),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				docs, err := q.Documents(context.Background()).GetAll()
				require.NoError(b, err)
				require.Len(b, docs, 10)
			}
		})
	}
}

func fillAgents(b *testing.B, c testClient, n int) {
	for first := 0; first < n; first += 1000 {
		docs := map[string]map[string]any{}
		for i := first; i < first+1000; i++ {
			docs["agents/a"+strconv.Itoa(i)] = map[string]any{
				"team": i % (n / 10), "freeSince": i * 7919 % n,
				"takes": []any{"shared", fmt.Sprintf("q%d|chat", i%(n/10))},
			}
		}
		c.fill(b, docs)
	}
}

// BenchmarkOffer is what routing does for one offer: two queries and a commit over three documents.
func BenchmarkOffer(b *testing.B) {
	c := newClient(b, startServer(b, Options{}))
	fillAgents(b, c, 10_000)
	agents, waiting := c.Collection("agents"), c.Collection("interactions")
	b.SetParallelism(8)
	var n atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			i := int(n.Add(1))
			ctx := context.Background()
			_, err := agents.Where("takes", "array-contains", fmt.Sprintf("q%d|chat", i%1000)).
				OrderBy("freeSince", firestore.Asc).Limit(1).Documents(ctx).GetAll()
			require.NoError(b, err)
			_, err = waiting.Where("wants", "in", []string{"shared", "other"}).
				OrderBy("rank", firestore.Asc).Limit(1).Documents(ctx).GetAll()
			require.NoError(b, err)
			_, err = c.commit(
				c.set(fmt.Sprintf("agents/a%d", i%10_000), map[string]any{"team": i, "freeSince": i, "takes": []any{"shared"}}),
				c.set(fmt.Sprintf("interactions/i%d", i), map[string]any{"wants": "shared", "rank": i}),
				c.set(fmt.Sprintf("offers/o%d", i), map[string]any{"state": "pending"}),
			)
			require.NoError(b, err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "offers/s")
}
