package firestore

import (
	"slices"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protojson"
	"pgregory.net/rapid"
)

// disputed reports whether the two servers are known to differ on a query, as the table records: on !=
// and NOT_IN with NaN, and on whether a filter that is never true has its field in the order. Google's
// emulator notices two array filters in a disjunction only when a document gets as far.
func disputed(sq *pb.StructuredQuery) bool {
	return disputedFilter(sq.GetWhere()) || arrayFilters(sq.GetWhere()) > 1
}

func arrayFilters(f *pb.StructuredQuery_Filter) int {
	n := 0
	for _, part := range f.GetCompositeFilter().GetFilters() {
		n += arrayFilters(part)
	}
	if op := f.GetFieldFilter().GetOp(); op == holds || op == hasAny {
		n++
	}
	return n
}

func disputedFilter(f *pb.StructuredQuery_Filter) bool {
	if f.GetCompositeFilter() != nil {
		return slices.ContainsFunc(f.GetCompositeFilter().GetFilters(), disputedFilter)
	}
	switch operand := f.GetFieldFilter().GetValue(); f.GetFieldFilter().GetOp() {
	case lt, lte, gt, gte, ne:
		return !oracleComparable(operand)
	case notAny:
		return slices.ContainsFunc(operand.GetArrayValue().GetValues(), func(v *pb.Value) bool { return !oracleComparable(v) })
	default:
		return false
	}
}

// ask runs a random query on both servers. What Google's emulator refuses is not compared: it has no
// index for some orders.
func ask(r *rapid.T, ours, googles *conversation) (compared bool) {
	sq := drawQuery(r)
	parent := oracleRoot + rapid.SampledFrom([]string{"", "/o/1"}).Draw(r, "parent")
	if disputed(sq) {
		return false
	}
	want, err := answerOf(googles, parent, sq)
	if err != nil {
		return false
	}
	got, err := answerOf(ours, parent, sq)
	if err != nil || got != want {
		r.Fatalf("query %s\nours   %v %v\nGoogle %v", protojson.Format(sq), got, err, want)
	}
	return true
}

func answerOf(c *conversation, parent string, sq *pb.StructuredQuery) (string, error) {
	docs, err := c.found(parent, sq)
	var out []string
	for _, d := range docs {
		out = append(out, d.GetName()+timeless(c.fields(d.GetFields())))
	}
	return strings.Join(out, "\n"), err
}

// addUp runs random aggregations on both servers.
func addUp(r *rapid.T, ours, googles *conversation) {
	sq := &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c", AllDescendants: true}}}
	if rapid.Bool().Draw(r, "filtered") {
		sq.Where = drawFilter(r, 0)
	}
	field := rapid.SampledFrom(oracleFields).Draw(r, "aggregated")
	if disputed(sq) {
		return
	}
	ask := func(c *conversation) string {
		return c.aggregate(sq, countOf("n", nil), sumOf("s", field), averageOf("x", field))
	}
	if want := ask(googles); strings.HasPrefix(want, "{") {
		agree(r, "aggregating "+field+" over "+protojson.Format(sq), ask(ours), want)
	}
}

// nextMillisecond waits for the clock, so that the time of the next request is later than that of the
// one before.
func nextMillisecond() {
	for start := time.Now().UnixMilli(); time.Now().UnixMilli() == start; {
		continue
	}
}

// TestRandomQueriesOnBoth commits the same random documents to both servers and asks the same random
// queries.
func TestRandomQueriesOnBoth(t *testing.T) {
	ours := &conversation{t, rawClient(t, startServer(t, Options{})), "projects/p/databases/d"}
	googles := &conversation{t, connectGoogle(t), "projects/p/databases/d"}
	compared := 0
	fuzz(t, func(r *rapid.T) {
		var writes []*pb.Write
		for _, collection := range []string{"c", "o/1/c"} {
			for _, id := range []string{"1", "2", "3", "a", "a!", "b"} {
				name := oracleRoot + "/" + collection + "/" + id
				w := &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: name, Fields: drawFields(r)}}}
				if rapid.Bool().Draw(r, "absent") {
					w = &pb.Write{Operation: &pb.Write_Delete{Delete: name}}
				}
				writes = append(writes, w)
			}
		}
		ours.must(writes...)
		googles.must(writes...)
		for range 5 {
			if ask(r, ours, googles) {
				compared++
			}
		}
	})
	t.Logf("%d answers compared", compared)
}
