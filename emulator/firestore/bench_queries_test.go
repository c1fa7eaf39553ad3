package firestore

import (
	"fmt"
	"strconv"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
)

// manyDocuments is how many documents are queried.
const manyDocuments = 100_000

// manyQueries find ten of many agents.
var manyQueries = []struct {
	name  string
	query *pb.StructuredQuery
}{
	{"equality", agentsBy(filtered(fieldFilter("team", eq, intValue(77))))},
	{"contains", agentsBy(filtered(fieldFilter("takes", holds, stringValue("q77|chat"))))},
	{"containsOrder", agentsBy(filtered(fieldFilter("takes", holds, stringValue("shared"))), by("-freeSince"), limit(10))},
	{"order", agentsBy(by("freeSince"), limit(10))},
	{"range", agentsBy(filtered(fieldFilter("freeSince", gte, intValue(50_000))), limit(10))},
	{"in", agentsBy(filtered(fieldFilter("team", in, arrayValue(intValue(1), intValue(2), intValue(3)))), by("freeSince"), limit(10))},
}

func agentsBy(clauses ...clause) *pb.StructuredQuery {
	return queryOf(append([]clause{under("agents", false)}, clauses...)...)
}

// fillAgents makes n agents in teams of ten, all of whom take something and ten of whom something more.
func (a *arena) fillAgents(b *testing.B, n int) {
	const together = 500
	for first := 0; first < n; first += together {
		var writes []*pb.Write
		for i := first; i < first+together; i++ {
			writes = append(writes, a.update("agents/a"+strconv.Itoa(i), map[string]any{
				"team": i % (n / 10), "freeSince": i * 7919 % n,
				"takes": []any{"shared", fmt.Sprintf("q%d|chat", i%(n/10))},
			}))
		}
		require.NoError(b, a.write(writes...))
	}
}

// BenchmarkAgainstQueries asks 16 queries at a time, on indexes that are built already.
func BenchmarkAgainstQueries(b *testing.B) {
	against(b, func(a *arena, b *testing.B) {
		a.fillAgents(b, manyDocuments)
		for _, q := range manyQueries {
			find := func(a *arena, _ int64) error {
				docs, err := a.found(a.root(), q.query)
				if err == nil && len(docs) != 10 {
					err = fmt.Errorf("found %d documents", len(docs))
				}
				return err
			}
			require.NoError(b, find(a, 0))
			a.measure(b, q.name, "queries", 1, func(a *arena, b *testing.B) { a.inParallel(b, b.N, 16, find) })
		}
	}, ours)
}
