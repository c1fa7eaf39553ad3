package firestore

import (
	"slices"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// disputed reports whether the two servers are known to differ on a message: comparisons with null
// and with NaN, which the table records.
func disputed(m proto.Message) bool {
	text := protojson.Format(m)
	return strings.Contains(text, "null") || strings.Contains(text, "NaN")
}

// TestRandomQueriesOnBoth commits the same random documents to both servers and asks the same random
// queries. What Google's emulator refuses is not compared: it has no index for some orders. Run it for
// longer with -rapid.checks=N.
func TestRandomQueriesOnBoth(t *testing.T) {
	servers := []*conversation{
		{t, rawClient(t, startServer(t, Options{})), "projects/p/databases/d"},
		{t, connectGoogle(t), "projects/p/databases/d"},
	}
	compared, refused := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		var writes []*pb.Write
		for _, collection := range []string{"c", "o/1/c"} {
			for _, id := range []string{"1", "2", "3", "a", "a!", "b"} {
				name := oracleRoot + "/" + collection + "/" + id
				fields := drawFields(r)
				w := &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: name, Fields: fields}}}
				if rapid.Bool().Draw(r, "absent") || disputed(w) {
					w = &pb.Write{Operation: &pb.Write_Delete{Delete: name}}
				}
				writes = append(writes, w)
			}
		}
		for _, s := range servers {
			s.must(writes...)
		}
		for range 5 {
			sq := drawQuery(r)
			if disputed(sq) {
				continue
			}
			parent := oracleRoot + rapid.SampledFrom([]string{"", "/o/1"}).Draw(r, "parent")
			ours, err := answerOf(servers[0], parent, sq)
			googles, googlesErr := answerOf(servers[1], parent, sq)
			if googlesErr != nil {
				refused++
				continue
			}
			compared++
			if err != nil || !slices.Equal(ours, googles) {
				r.Fatalf("query %s\nours   %v %v\nGoogle %v %v\nafter %v", protojson.Format(sq), ours, err, googles, googlesErr, writes)
			}
		}
	})
	t.Logf("%d answers compared, %d queries refused by Google's emulator", compared, refused)
}

func answerOf(c *conversation, parent string, sq *pb.StructuredQuery) ([]string, error) {
	docs, err := c.found(parent, sq)
	var out []string
	for _, d := range docs {
		out = append(out, d.GetName()+c.fields(d.GetFields()))
	}
	return out, err
}
