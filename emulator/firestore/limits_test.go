package firestore

import (
	"fmt"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// limited is a server's answer to something at a limit and to something beyond it.
type limited struct {
	at, beyond error
	want       string // a part of the text about what is beyond
}

func (l limited) check(t *testing.T, name string) {
	t.Helper()
	assert.NoError(t, l.at, "%s: at the limit", name)
	assert.Equal(t, codes.InvalidArgument, status.Code(l.beyond), "%s: beyond the limit", name)
	assert.ErrorContains(t, l.beyond, l.want, name)
}

// committing answers what a commit of one document's fields on a server with these indexes says.
func committing(t *testing.T, indexes string) func(path string, fields map[string]*pb.Value) error {
	t.Helper()
	opts := Options{}
	if indexes != "" {
		var err error
		opts.Indexes, err = ParseIndexes([]byte(indexes))
		assert.NoError(t, err)
	}
	s := New(opts).service
	return func(path string, fields map[string]*pb.Value) error {
		_, err := s.Commit(t.Context(), &pb.CommitRequest{Database: testDatabase, Writes: []*pb.Write{
			{Operation: &pb.Write_Update{Update: &pb.Document{Name: oracleRoot + "/" + path, Fields: fields}}},
		}})
		return err
	}
}

func nulls(n int) map[string]*pb.Value {
	out := map[string]*pb.Value{}
	for i := range n {
		out[fmt.Sprint("f", i)] = nullValue()
	}
	return out
}

func one(v *pb.Value) map[string]*pb.Value { return map[string]*pb.Value{"v": v} }

func TestIndexEntriesOfADocument(t *testing.T) {
	const text = "too many index entries for entity /c/x"
	const tags = `{"collectionGroup": "c", "fieldPath": "v", "indexes": `
	plain := committing(t, "")
	composite := committing(t, `{"indexes": [{"collectionGroup": "c", "fields": [{"fieldPath": "a", "order": "ASCENDING"}, {"fieldPath": "v", "arrayConfig": "CONTAINS"}]}],
		"fieldOverrides": [`+tags+`[]}]}`)
	overridden := committing(t, `{"fieldOverrides": [`+tags+`[{"arrayConfig": "CONTAINS"}, {"arrayConfig": "CONTAINS", "queryScope": "COLLECTION_GROUP"}]}]}`)
	exempt := committing(t, `{"fieldOverrides": [`+tags+`[]}]}`)
	with := func(v *pb.Value) map[string]*pb.Value { return map[string]*pb.Value{"a": intValue(1), "v": v} }
	for name, tc := range map[string]limited{
		"fields":              {plain("c/x", nulls(20_000)), plain("c/x", nulls(20_001)), text},
		"elements":            {plain("c/x", one(values(19_999))), plain("c/x", one(values(20_000))), text},
		"fields in a map":     {plain("c/x", one(mapValue(nulls(19_999)))), plain("c/x", one(mapValue(nulls(20_000)))), text},
		"a composite index":   {composite("c/x", with(values(39_998))), composite("c/x", with(values(39_999))), text},
		"two of a field":      {overridden("c/x", one(values(10_000))), overridden("c/x", one(values(10_001))), text},
		"another collection":  {composite("d/x", with(values(19_998))), composite("d/x", with(values(19_999))), "entity /d/x"},
		"beside an exemption": {exempt("c/x", map[string]*pb.Value{"v": values(60_000), "w": values(19_999)}), exempt("c/x", map[string]*pb.Value{"v": values(1), "w": values(20_000)}), text},
	} {
		tc.check(t, name)
	}
	same := make([]*pb.Value, 30_000)
	for i := range same {
		same[i] = intValue(int64(i % 2))
	}
	assert.NoError(t, plain("c/x", one(arrayValue(same...))), "equal elements have one entry")
}

func TestSizeOfIndexEntries(t *testing.T) {
	plain := committing(t, "")
	// A name of 16+2+1001 bytes, 32 of an entry's own and 2 of the field's name; each number has two entries.
	const entry = 16 + 2 + 1001 + 2 + 32 + 8
	const most = (8<<20 - 2*(1053+1500)) / (2 * entry)
	long := "c/" + strings.Repeat("x", 1000)
	limited{plain(long, one(values(most))), plain(long, one(values(most+1))), "too many index value bytes for index entries for entity /c/xxx"}.check(t, "the sum")
	// A name of 16+4*1500+4 bytes of a document, and of 16+2*1500+2 of the one above it, leave no room.
	nested := func(n int) string {
		return strings.Repeat("c", 1000) + "/d/" + strings.Repeat("c", 1000) + "/" + strings.Repeat("x", n)
	}
	limited{plain(nested(1500), one(stringValue("x"))), plain(strings.Repeat("c", 1500)+"/"+strings.Repeat("x", 1500)+"/e/"+strings.Repeat("x", 1500), one(stringValue(strings.Repeat("x", 1499)))),
		"Index entry is too large."}.check(t, "one entry")
}

func TestLimitsOfFields(t *testing.T) {
	plain := committing(t, "")
	inner := func(n int) map[string]*pb.Value {
		return one(mapValue(map[string]*pb.Value{strings.Repeat("n", n): intValue(1)}))
	}
	id := func(n int) error { return plain("c/"+strings.Repeat("i", n), nil) }
	collection := func(n int) error { return plain(strings.Repeat("c", n)+"/x", nil) }
	for name, tc := range map[string]limited{
		"a path of fields": {plain("c/x", inner(1498)), plain("c/x", inner(1499)), "is 1501 bytes long"},
		"a field's name":   {plain("c/x", map[string]*pb.Value{strings.Repeat("n", 1500): nullValue()}), plain("c/x", map[string]*pb.Value{strings.Repeat("n", 1501): nullValue()}), "1501 bytes"},
		"a document's ID":  {id(1500), id(1501), "1501 bytes"},
		"a collection ID":  {collection(1500), collection(1501), "1501 bytes"},
		"depth of maps":    {plain("c/x", one(nest(20, intValue(1)))), plain("c/x", one(nest(21, intValue(1)))), "deeper than 20"},
		"depth with lists": {plain("c/x", one(deep(20))), plain("c/x", one(deep(21))), "deeper than 20"},
		"a long vector":    {plain("c/x", one(vectorValue(make([]float64, 2048)...))), plain("c/x", one(vectorValue(make([]float64, 2049)...))), "not 2049"},
		"a short vector":   {plain("c/x", one(vectorValue(1))), plain("c/x", one(vectorValue())), "not 0"},
		"a listed vector":  {plain("c/x", one(arrayValue(mapValue(nil)))), plain("c/x", one(arrayValue(vectorValue(1)))), "must not contain a vector"},
	} {
		tc.check(t, name)
	}
}

func TestLimitsOfQueries(t *testing.T) {
	asking := func(parent string, sq *pb.StructuredQuery) error {
		_, err := readQuery(oracleRoot+parent, sq)
		return err
	}
	many := func(n int, orders ...string) *pb.StructuredQuery {
		var parts []*pb.StructuredQuery_Filter
		for i := range n {
			parts = append(parts, fieldFilter(fmt.Sprint("f", i), 5, intValue(1)))
		}
		return soundQuery(and(parts...), orders...)
	}
	either := func(n int) *pb.StructuredQuery {
		return where(compositeFilter(pb.StructuredQuery_CompositeFilter_OR, many(n).GetWhere(), many(n).GetWhere()))
	}
	long := func(n int) *pb.Value { return stringValue(strings.Repeat("x", n)) }
	const together = "together more than the allowed 100"
	const large = "value for a is too large to be used in a query"
	for name, tc := range map[string]limited{
		"filters":              {asking("", many(100)), asking("", many(101)), "more than 100 filters"},
		"filters and orders":   {asking("", many(99, "f1")), asking("", many(99, "f1", "f2")), together},
		"filters and a parent": {asking("/o/1", many(99)), asking("/o/1", many(100)), together},
		"each disjunction":     {asking("", either(100)), asking("", either(101)), "more than 100 filters"},
		"disjunctions":         {asking("", where(op(8, values(30)))), asking("", where(op(8, values(31)))), "up to 30 values, not 31"},
		"any of":               {asking("", where(op(9, values(30)))), asking("", where(op(9, values(31)))), "up to 30 values, not 31"},
		"none of":              {asking("", where(op(10, values(10)))), asking("", where(op(10, values(11)))), "up to 10 values, not 11"},
		"a text":               {asking("", where(op(5, long(1499)))), asking("", where(op(5, long(1500)))), large},
		"bytes":                {asking("", where(op(3, bytesValue(strings.Repeat("x", 1500))))), asking("", where(op(3, bytesValue(strings.Repeat("x", 1501))))), large},
		"one of several":       {asking("", where(op(8, arrayValue(long(1499), long(1400))))), asking("", where(op(8, arrayValue(long(1), long(1500))))), large},
		"an element":           {asking("", where(op(7, long(1499)))), asking("", where(op(7, long(1500)))), large},
		"an array":             {asking("", where(op(5, arrayValue(long(749), long(749))))), asking("", where(op(5, arrayValue(long(750), long(749))))), large},
		"a map":                {asking("", where(op(5, mapValue(one(long(1497)))))), asking("", where(op(5, mapValue(one(long(1498)))))), large},
	} {
		tc.check(t, name)
	}
	assert.NoError(t, asking("", where(op(5, vectorValue(make([]float64, 2048)...)))))
}

// TestALongAnswerFitsItsHeader sends a name that a text about it could not repeat.
func TestALongAnswerFitsItsHeader(t *testing.T) {
	raw := rawClient(t, startServer(t, Options{}))
	_, err := raw.GetDocument(t.Context(), &pb.GetDocumentRequest{Name: strings.Repeat("\x01", 9<<20)})
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.True(t, strings.HasSuffix(err.Error(), cutMark))
	assert.Less(t, len(err.Error()), 5<<10)
}
