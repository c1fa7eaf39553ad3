package firestore

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refIDs are the IDs an iterator of the client gives, in order.
func refIDs[T any](t *testing.T, next func() (T, error), id func(T) string) string {
	t.Helper()
	var out []string
	for {
		ref, err := next()
		if err == iterator.Done {
			return strings.Join(out, " ")
		}
		require.NoError(t, err)
		out = append(out, id(ref))
	}
}

func (c testClient) collections(t *testing.T, it *firestore.CollectionIterator) string {
	t.Helper()
	return refIDs(t, it.Next, func(r *firestore.CollectionRef) string { return r.ID })
}

func TestListsOfTheClient(t *testing.T) {
	ctx := context.Background()
	c := newClient(t, startServer(t, Options{}))
	c.fill(t, map[string]map[string]any{
		"c/b": {"v": 1}, "c/a": {"v": 2}, "c/a/sub/x": nil, "c/ghost/sub/x": nil, "c/zz/sub/deep/er/x": nil, "c/a!/sub/x": nil,
		"cc/d": nil, "only/ghost/here/x": nil,
	})
	refs := func(path string) string {
		return refIDs(t, c.Collection(path).DocumentRefs(ctx).Next, func(r *firestore.DocumentRef) string { return r.ID })
	}
	assert.Equal(t, "a a! b ghost zz", refs("c"))
	assert.Equal(t, "ghost", refs("only"))
	assert.Equal(t, "deep", refs("c/zz/sub"))
	assert.Equal(t, "x", refs("c/a/sub"))
	assert.Empty(t, refs("void"))
	assert.Equal(t, "c cc only", c.collections(t, c.Collections(ctx)))
	assert.Equal(t, "sub", c.collections(t, c.Doc("c/zz").Collections(ctx)))
	assert.Equal(t, "er", c.collections(t, c.Doc("c/zz/sub/deep").Collections(ctx)))
	assert.Empty(t, c.collections(t, c.Doc("c/b").Collections(ctx)))
	_, err := c.Doc("c/ghost/sub/x").Delete(ctx)
	require.NoError(t, err)
	assert.Equal(t, "a a! b zz", refs("c"), "nothing is below it any more")
}

// lister calls ListDocuments on the collection c of the oracle's database.
type lister struct {
	t   *testing.T
	raw pb.FirestoreClient
}

func newLister(t *testing.T, docs map[string]map[string]any) lister {
	raw := rawClient(t, startServer(t, Options{}))
	for path, data := range docs {
		_, err := raw.UpdateDocument(context.Background(), &pb.UpdateDocumentRequest{
			Document: &pb.Document{Name: oracleRoot + "/" + path, Fields: fieldsOf(data)}})
		require.NoError(t, err)
	}
	return lister{t, raw}
}

func (l lister) list(req *pb.ListDocumentsRequest) ([]*pb.Document, string, error) {
	req.Parent, req.CollectionId = oracleRoot, "c"
	resp, err := l.raw.ListDocuments(context.Background(), req)
	return resp.GetDocuments(), resp.GetNextPageToken(), err
}

// pages lists everything and joins the IDs, with a bar between pages.
func (l lister) pages(req *pb.ListDocumentsRequest) string {
	l.t.Helper()
	var out []string
	for {
		docs, token, err := l.list(req)
		require.NoError(l.t, err)
		var ids []string
		for _, d := range docs {
			ids = append(ids, strings.TrimPrefix(d.GetName(), oracleRoot+"/c/"))
		}
		out = append(out, strings.Join(ids, " "))
		if req.PageToken = token; token == "" {
			return strings.Join(out, " | ")
		}
	}
}

func TestListDocuments(t *testing.T) {
	l := newLister(t, map[string]map[string]any{
		"c/a": {"n": 1, "m": 5}, "c/b": {"n": 2}, "c/d": {"n": "x", "m": 7}, "c/e": {"m": 1}, "c/f": {"n": 2.0, "odd, name": 1},
		"c/bb/sub/x": nil, "c/ghost/sub/x": nil, "c/a/sub/x": nil, "cc/x": nil,
	})
	for name, tc := range map[string]struct {
		req  *pb.ListDocumentsRequest
		want string
	}{
		"by name":               {&pb.ListDocumentsRequest{}, "a b d e f"},
		"pages":                 {&pb.ListDocumentsRequest{PageSize: 2}, "a b | d e | f"},
		"a page that just fits": {&pb.ListDocumentsRequest{PageSize: 5}, "a b d e f"},
		"missing":               {&pb.ListDocumentsRequest{ShowMissing: true}, "a b bb d e f ghost"},
		"missing in pages":      {&pb.ListDocumentsRequest{ShowMissing: true, PageSize: 3}, "a b bb | d e f | ghost"},
		"missing one by one":    {&pb.ListDocumentsRequest{ShowMissing: true, PageSize: 1}, "a | b | bb | d | e | f | ghost"},
		"ordered":               {&pb.ListDocumentsRequest{OrderBy: "n", PageSize: 2}, "a b | f d"},
		"descending":            {&pb.ListDocumentsRequest{OrderBy: "n desc", PageSize: 2}, "d f | b a"},
		"two orders":            {&pb.ListDocumentsRequest{OrderBy: "n DESC, __name__ ASC", PageSize: 2}, "d b | f a"},
		"two fields":            {&pb.ListDocumentsRequest{OrderBy: "m,n"}, "a d"},
		"a quoted field":        {&pb.ListDocumentsRequest{OrderBy: "`odd, name` desc"}, "f"},
		"by name, descending":   {&pb.ListDocumentsRequest{OrderBy: "__name__ desc", PageSize: 3}, "f e d | b a"},
	} {
		assert.Equal(t, tc.want, l.pages(tc.req), name)
	}
	docs, _, err := l.list(&pb.ListDocumentsRequest{Mask: maskOf("m"), ShowMissing: true, PageSize: 3})
	require.NoError(t, err)
	require.Len(t, docs, 3)
	assertFields(t, map[string]any{"m": 5}, docs[0], "the mask")
	assert.NotNil(t, docs[0].GetUpdateTime())
	assert.Empty(t, docs[2].GetFields(), "a missing document")
	assert.Nil(t, docs[2].GetUpdateTime())
	assert.Nil(t, docs[2].GetCreateTime())
}

// TestListSeesChangesBetweenPages expects a page to start behind the last one's end, which may be gone.
func TestListSeesChangesBetweenPages(t *testing.T) {
	ctx := context.Background()
	l := newLister(t, map[string]map[string]any{"c/a": nil, "c/c": nil, "c/e": nil, "c/g": nil})
	_, token, err := l.list(&pb.ListDocumentsRequest{PageSize: 2})
	require.NoError(t, err)
	_, err = l.raw.DeleteDocument(ctx, &pb.DeleteDocumentRequest{Name: oracleRoot + "/c/c"})
	require.NoError(t, err)
	for _, id := range []string{"b", "d"} {
		_, err = l.raw.CreateDocument(ctx, &pb.CreateDocumentRequest{Parent: oracleRoot, CollectionId: "c", DocumentId: id})
		require.NoError(t, err)
	}
	assert.Equal(t, "d e g", l.pages(&pb.ListDocumentsRequest{PageToken: token}))
}

func TestPageSizes(t *testing.T) {
	ctx := context.Background()
	raw := rawClient(t, startServer(t, Options{}))
	var writes []*pb.Write
	for i := range maxPage + 1 {
		for _, path := range []string{fmt.Sprintf("c/%03d", i), fmt.Sprintf("c%03d/x", i)} {
			writes = append(writes, &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: oracleRoot + "/" + path}}})
		}
	}
	_, err := raw.Commit(ctx, &pb.CommitRequest{Database: testDatabase, Writes: writes})
	require.NoError(t, err)
	for asked, want := range map[int32]int{0: 30, 1: 1, 149: 149, 150: 150, 1000: 150} {
		docs, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: oracleRoot, CollectionId: "c", PageSize: asked})
		require.NoError(t, err)
		assert.Len(t, docs.GetDocuments(), want, "page_size %d", asked)
		assert.NotEmpty(t, docs.GetNextPageToken(), "page_size %d", asked)
		ids, err := raw.ListCollectionIds(ctx, &pb.ListCollectionIdsRequest{Parent: oracleRoot, PageSize: asked})
		require.NoError(t, err)
		assert.Len(t, ids.GetCollectionIds(), want, "page_size %d", asked)
		assert.NotEmpty(t, ids.GetNextPageToken(), "page_size %d", asked)
	}
	first, err := raw.ListCollectionIds(ctx, &pb.ListCollectionIdsRequest{Parent: oracleRoot, PageSize: 150})
	require.NoError(t, err)
	rest, err := raw.ListCollectionIds(ctx, &pb.ListCollectionIdsRequest{Parent: oracleRoot, PageToken: first.GetNextPageToken()})
	require.NoError(t, err)
	assert.Equal(t, []string{"c149", "c150"}, rest.GetCollectionIds())
	assert.Empty(t, rest.GetNextPageToken())
}

func TestBadLists(t *testing.T) {
	ctx := context.Background()
	l := newLister(t, map[string]map[string]any{"c/a": nil})
	for want, req := range map[string]*pb.ListDocumentsRequest{
		"page_size -1 is negative":        {PageSize: -1},
		`field path "a..b"`:               {Mask: maskOf("a..b")},
		"exclude each other":              {ShowMissing: true, OrderBy: "__name__"},
		`"foo" is neither asc nor desc`:   {OrderBy: "n foo"},
		`"asc asc" is neither`:            {OrderBy: "n asc asc"},
		`"  desc" is neither`:             {OrderBy: "n   desc"},
		`field path ""`:                   {OrderBy: "n,"},
		`field path "` + "`n, m":          {OrderBy: "`n, m"},
		`order by "n" is given twice`:     {OrderBy: "n,n desc"},
		"the page token is not one":       {PageToken: "bogus!"},
		"the page token is not one of":    {PageToken: base64.RawURLEncoding.EncodeToString([]byte("bogus"))},
		"the page token is not one of th": {PageToken: base64.RawURLEncoding.EncodeToString([]byte{0x10, 1})},
		"start_at has 2 values for 1":     {PageToken: base64.RawURLEncoding.EncodeToString([]byte{0x0a, 0, 0x0a, 0})},
	} {
		_, _, err := l.list(req)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), want)
		assert.ErrorContains(t, err, want)
	}
	for want, req := range map[string]*pb.ListCollectionIdsRequest{
		"no document name":          {Parent: testDatabase},
		"names a collection":        {Parent: oracleRoot + "/c"},
		"page_size -1 is negative":  {Parent: oracleRoot, PageSize: -1},
		"the page token is not one": {Parent: oracleRoot, PageToken: "bogus!"},
	} {
		_, err := l.raw.ListCollectionIds(ctx, req)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), want)
		assert.ErrorContains(t, err, want)
	}
	_, err := l.raw.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: testDatabase, CollectionId: "c"})
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
}
