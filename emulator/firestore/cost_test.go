package firestore

import (
	"context"
	"fmt"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// costSizes are the numbers of documents between which a cost must not differ.
var costSizes = []int{1000, 20_000}

// crowd is a database with n documents in c and as many in x/1/c, each ten to a team, which has a tag of its own beside the tag of
// all. Ranks go from 0 up, half of which are odd.
func crowd(t *testing.T, n int) (*service, *database) {
	t.Helper()
	s := New(Options{}).service
	name, _, err := parseParent(oracleRoot)
	require.NoError(t, err)
	db := s.database(name)
	for first := 0; first < n; first += 500 {
		req := &pb.CommitRequest{Database: name.name()}
		for i := first; i < first+500; i++ {
			for _, collection := range []string{"c", "x/1/c"} {
				req.Writes = append(req.Writes, member(db, collection, i, n))
			}
		}
		_, err := s.Commit(context.Background(), req)
		require.NoError(t, err)
	}
	return s, db
}

func member(db *database, collection string, i, n int) *pb.Write {
	fields := valueOf(map[string]any{
		"team": i % (n / 10), "rank": i, "half": i % 2,
		"tags": []any{"all", fmt.Sprintf("t%d", i%(n/10))},
	}).GetMapValue().GetFields()
	return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{
		Name: db.name.full(fmt.Sprintf("%s/d%05d", collection, i)), Fields: fields,
	}}}
}

// costOf runs a query, or its aggregations, and answers what it found and how many index entries it looked at.
func costOf(t *testing.T, s *service, db *database, parent string, sq *pb.StructuredQuery, list ...*aggregationPB) [2]int {
	t.Helper()
	q, err := readQuery(parent, sq)
	if list != nil {
		q, _, err = readAggregationQuery(parent, &pb.StructuredAggregationQuery{
			QueryType: &pb.StructuredAggregationQuery_StructuredQuery{StructuredQuery: sq}, Aggregations: list,
		})
	}
	require.NoError(t, err)
	r, _ := s.runQuery(db, q)
	return [2]int{len(r.docs), r.visited}
}

var costCases = []struct {
	name    string
	clauses []clause
	want    [2]int // documents found, index entries looked at
}{
	{"equality", []clause{filtered(team(7))}, [2]int{10, 10}},
	{"equality, limit", []clause{filtered(team(7)), limit(3)}, [2]int{3, 3}},
	{"equality, select", []clause{filtered(team(7)), selected("rank")}, [2]int{10, 10}},
	{"two equalities", []clause{filtered(team(7), fieldFilter("half", eq, intValue(1)))}, [2]int{10, 10}},
	{"no such value", []clause{filtered(team(-1))}, [2]int{0, 0}},
	{"contains", []clause{filtered(tagged("t7"))}, [2]int{10, 10}},
	{"contains any", []clause{filtered(fieldFilter("tags", hasAny, valueOf([]any{"t1", "t2"})))}, [2]int{20, 20}},
	{"contains, order, limit", []clause{filtered(tagged("all")), by("-rank"), limit(10)}, [2]int{10, 10}},
	{"order, limit", []clause{by("rank"), limit(10)}, [2]int{10, 10}},
	{"two orders, limit", []clause{by("half", "-rank"), limit(10)}, [2]int{10, 10}},
	{"name, limit", []clause{limit(10)}, [2]int{10, 10}},
	{"offset", []clause{by("rank"), offset(5), limit(10)}, [2]int{10, 15}},
	{"in", []clause{filtered(teams(1, 2, 3))}, [2]int{30, 30}},
	{"in, order, limit: one more for two of three", []clause{filtered(teams(1, 2, 3)), by("rank"), limit(10)}, [2]int{10, 12}},
	{"or", []clause{filtered(or(team(1), tagged("t2")))}, [2]int{20, 20}},
	{"or, both true", []clause{filtered(or(team(1), tagged("t1")))}, [2]int{10, 20}},
	{"range", []clause{filtered(rank(gte, 100), rank(lt, 110))}, [2]int{10, 10}},
	{"range, limit", []clause{filtered(rank(gt, 500)), limit(10)}, [2]int{10, 10}},
	{"range backward, limit", []clause{filtered(rank(lt, 500)), by("-rank"), limit(10)}, [2]int{10, 10}},
	{"equality, range", []clause{filtered(tagged("all"), rank(gte, 100), rank(lt, 110))}, [2]int{10, 10}},
	{"not equal passes over the others", []clause{filtered(fieldFilter("half", ne, intValue(0))), limit(10)}, [2]int{10, 10}},
	{"not in passes over the others", []clause{filtered(fieldFilter("rank", notAny, valueOf([]any{0, 2, 4}))), limit(3)}, [2]int{3, 3}},
	{"not equal backward", []clause{filtered(fieldFilter("half", ne, intValue(1))), by("-half"), limit(10)}, [2]int{10, 10}},
	{"cursor", []clause{by("rank"), from(false, 100), limit(10)}, [2]int{10, 10}},
	{"cursor backward", []clause{by("-rank"), from(true, 100), limit(10)}, [2]int{10, 10}},
	{"two cursors", []clause{by("rank"), from(true, 100), to(true, 110)}, [2]int{10, 10}},
	{"group", []clause{under("c", true), filtered(team(7))}, [2]int{20, 20}},
	{"group, order, limit", []clause{under("c", true), by("rank"), limit(10)}, [2]int{10, 10}},
	{"nothing there", []clause{under("nobody", false)}, [2]int{0, 0}},
	{"limit of none", []clause{limit(0)}, [2]int{0, 0}},
}

func team(n int) *pb.StructuredQuery_Filter { return fieldFilter("team", eq, valueOf(n)) }

func teams(n ...any) *pb.StructuredQuery_Filter { return fieldFilter("team", in, valueOf(n)) }

func tagged(tag string) *pb.StructuredQuery_Filter { return fieldFilter("tags", holds, valueOf(tag)) }

func rank(op pb.StructuredQuery_FieldFilter_Operator, n int) *pb.StructuredQuery_Filter {
	return fieldFilter("rank", op, valueOf(n))
}

func TestQueriesCostTheirIndexWalk(t *testing.T) {
	for _, n := range costSizes {
		s, db := crowd(t, n)
		for _, tc := range costCases {
			assert.Equal(t, tc.want, costOf(t, s, db, oracleRoot, queryOf(tc.clauses...)), "%s among %d", tc.name, n)
		}
	}
}

func TestAggregationsCostTheirIndexWalk(t *testing.T) {
	for _, n := range costSizes {
		s, db := crowd(t, n)
		ofTeam := queryOf(filtered(team(7)))
		assert.Equal(t, [2]int{10, 10}, costOf(t, s, db, oracleRoot, ofTeam, countOf("n", nil)), "a count among %d", n)
		assert.Equal(t, [2]int{5, 5}, costOf(t, s, db, oracleRoot, queryOf(), countOf("n", wrapperspb.Int64(5))), "a count up to five among %d", n)
		assert.Equal(t, [2]int{10, 10}, costOf(t, s, db, oracleRoot, ofTeam, countOf("n", nil), sumOf("s", "rank")), "a sum among %d", n)
	}
}

// TestConditionsThatAnIndexDoesNotDecide shows the cost of what is left to look at: all entries within the rest of the conditions.
func TestConditionsThatAnIndexDoesNotDecide(t *testing.T) {
	for _, n := range costSizes {
		s, db := crowd(t, n)
		upper := rank(gte, n/2)
		assert.Equal(t, [2]int{5, 10}, costOf(t, s, db, oracleRoot, queryOf(filtered(tagged("t7"), fieldFilter("half", gte, intValue(1)), upper))),
			"a second inequality costs what the first leaves of the tag's ten, among %d", n)
		assert.Equal(t, [2]int{5, n / 2}, costOf(t, s, db, oracleRoot, queryOf(filtered(fieldFilter("half", gte, intValue(1)), rank(lt, 10)))),
			"a second inequality alone costs what the first leaves, among %d", n)
		assert.Equal(t, [2]int{10, 20}, costOf(t, s, db, oracleRoot+"/x/1", queryOf(under("c", true), filtered(team(7)))),
			"a group below a document costs the whole group's entries, among %d", n)
	}
}

// TestCommitsTouchTheirOwnIndexEntries compares the entries of five indexes before and after each commit: by name, by team, by half,
// by tag and rank, where a document with two tags is twice, and by rank in the group.
func TestCommitsTouchTheirOwnIndexEntries(t *testing.T) {
	for _, n := range costSizes {
		s, db := crowd(t, n)
		for _, clauses := range [][]clause{
			nil, {filtered(team(7))}, {by("half")}, {filtered(tagged("all")), by("rank")}, {under("c", true), by("rank")},
		} {
			costOf(t, s, db, oracleRoot, queryOf(append(clauses, limit(1))...))
		}
		before := allEntries(db)
		for _, tc := range []struct {
			name        string
			write       *pb.Write
			gone, added int
		}{
			{"the same again", member(db, "c", 7, n), 0, 0},
			{"a field of no index", patchOf(db, "c/d00007", "note", 1), 0, 0},
			{"a field of one", patchOf(db, "c/d00007", "half", 5), 1, 1},
			{"a field of two", patchOf(db, "c/d00007", "rank", -1), 3, 3},
			{"a new document", member(db, "c", n, n), 0, 6},
			{"one in the group alone", member(db, "x/2/c", 1, n), 0, 1},
			{"one in no index", member(db, "elsewhere", 1, n), 0, 0},
			{"a deletion", &pb.Write{Operation: &pb.Write_Delete{Delete: db.name.full("c/d00008")}}, 6, 0},
		} {
			_, err := s.Commit(context.Background(), &pb.CommitRequest{Database: db.name.name(), Writes: []*pb.Write{tc.write}})
			require.NoError(t, err)
			after := allEntries(db)
			assert.Equal(t, [2]int{tc.gone, tc.added}, [2]int{missingFrom(after, before), missingFrom(before, after)}, "%s among %d", tc.name, n)
			before = after
		}
	}
}

func patchOf(db *database, path, field string, value int) *pb.Write {
	return &pb.Write{
		Operation: &pb.Write_Update{Update: &pb.Document{
			Name: db.name.full(path), Fields: map[string]*pb.Value{field: valueOf(value)},
		}},
		UpdateMask: &pb.DocumentMask{FieldPaths: []string{field}},
	}
}

// allEntries is every key of every index.
func allEntries(db *database) map[string]bool {
	keys := map[string]bool{}
	add := func(set *indexSet, owner string) {
		for id, ix := range set.byID {
			w := ix.entries.walk("", "", false)
			for e, more := w.next(); more; e, more = w.next() {
				keys[owner+" "+id+" "+e.key] = true
			}
		}
	}
	for path, c := range db.byPath {
		add(&c.indexes, "in "+path)
	}
	for id, g := range db.byGroup {
		add(&g.indexes, "all "+id)
	}
	return keys
}

func missingFrom(some, all map[string]bool) int {
	n := 0
	for key := range all {
		if !some[key] {
			n++
		}
	}
	return n
}
