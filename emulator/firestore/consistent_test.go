package firestore

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// documentedCodes are all that a call may answer, whatever it is asked.
var documentedCodes = []codes.Code{
	codes.OK, codes.InvalidArgument, codes.Unimplemented, codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition,
}

// documented expects an answer that a client can be sent.
func documented(t failing, err error) {
	t.Helper()
	require.Contains(t, documentedCodes, status.Code(err), "answered %v", err)
	require.LessOrEqual(t, len(status.Convert(err).Message()), maxMessageBytes+len(cutMark))
	require.True(t, utf8.ValidString(status.Convert(err).Message()), "%q", status.Convert(err).Message())
}

// agrees checks that everything a service keeps agrees: the two ways to a collection, each document with its name, times
// and limits, and each index with one that is built anew from the documents.
func agrees(t failing, s *service) {
	t.Helper()
	for name, db := range s.databases {
		require.Equal(t, name, db.name)
		inGroups := 0
		for id, g := range db.byGroup {
			require.NotEmpty(t, g.collections, "group %s is kept without a collection", id)
			inGroups += len(g.collections)
			indexesAgree(t, &g.indexes, slices.Collect(g.all()))
		}
		require.Len(t, db.byPath, inGroups)
		for path, c := range db.byPath {
			require.NotEmpty(t, c.docs, "collection %s is kept without a document", path)
			require.Same(t, c, db.byGroup[groupOf(path)].collections[path])
			for id, slot := range c.docs {
				documentAgrees(t, db, path+"/"+id, slot.doc)
			}
			indexesAgree(t, &c.indexes, slices.Collect(c.all()))
		}
	}
}

func documentAgrees(t failing, db *database, path string, d *document) {
	t.Helper()
	require.Equal(t, path, d.path)
	require.Equal(t, documentKey(path), d.key)
	require.Equal(t, db.name.full(path), d.pb.GetName())
	require.Equal(t, d.update, d.pb.GetUpdateTime().AsTime().UnixMicro())
	require.False(t, d.pb.GetCreateTime().AsTime().After(d.pb.GetUpdateTime().AsTime()))
	parsed, err := parseDocumentIn(db.name, d.pb.GetName())
	require.NoError(t, err)
	require.Equal(t, path, parsed)
	size, err := checkFields(d.pb.GetFields(), 0, 0)
	require.NoError(t, err)
	require.NoError(t, checkDocumentSize(db.name, path, size))
	first, err := proto.MarshalOptions{Deterministic: true}.Marshal(d.pb)
	require.NoError(t, err)
	var back pb.Document
	require.NoError(t, proto.Unmarshal(first, &back))
	second, err := proto.MarshalOptions{Deterministic: true}.Marshal(&back)
	require.NoError(t, err)
	require.True(t, bytes.Equal(first, second))
}

func indexesAgree(t failing, set *indexSet, slots []*slot) {
	t.Helper()
	for id, ix := range set.byID {
		require.Equal(t, id, ix.def.id)
		var anew indexSet
		anew.build(ix.def, slices.Values(slots))
		require.Equal(t, entriesOf(&anew.byID[id].entries), entriesOf(&ix.entries), "index %s", id)
		require.Equal(t, anew.byID[id].entries.size, ix.entries.size)
	}
}

// entriesOf is an index as text, each key with the document it leads to.
func entriesOf(o *ordered) []string {
	var out []string
	for w := o.walk("", "", false); ; {
		e, more := w.next()
		if !more {
			return out
		}
		out = append(out, fmt.Sprintf("%x %s", e.key, e.slot.doc.path))
	}
}
