package firestore

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Sizes of a page of documents or collection IDs: without a page_size, and the most there are whatever
// the page_size. Source: what Google's emulator 1.19.9 answers; production's are unverified.
const (
	defaultPage = 30
	maxPage     = 150
)

// ListDocuments reads one page of a collection, by name or in the given order. With show_missing the
// page names documents too that do not exist but have collections below them; finding those costs a
// look at the path of every collection of the database.
func (s *service) ListDocuments(ctx context.Context, req *pb.ListDocumentsRequest) (*pb.ListDocumentsResponse, error) {
	if err := s.admit(ctx, "ListDocuments", req); err != nil {
		return nil, err
	}
	if req.GetConsistencySelector() != nil {
		return nil, noSelector("ListDocuments", req.GetReadTime() != nil)
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	m, err := readDocumentMask(req.GetMask())
	if err != nil {
		return nil, err
	}
	q, err := readListQuery(req, size)
	if err != nil {
		return nil, err
	}
	if err := s.opts.Indexes.check(q); err != nil {
		return nil, err
	}
	db := s.database(q.db)
	docs := db.list(q, req.GetShowMissing())
	resp := &pb.ListDocumentsResponse{}
	if len(docs) > size {
		docs = docs[:size]
		if resp.NextPageToken, err = q.tokenAfter(docs[size-1]); err != nil {
			return nil, err
		}
	}
	s.billQuery(ctx, db, "ListDocuments", q, len(docs), docs)
	for _, d := range docs {
		resp.Documents = append(resp.Documents, m.apply(d))
	}
	return resp, nil
}

func pageSize(asked int32) (int, error) {
	switch {
	case asked < 0:
		return 0, invalid("page_size %d is negative", asked)
	case asked == 0:
		return defaultPage, nil
	default:
		return min(int(asked), maxPage), nil
	}
}

// readListQuery is the query for a page and the document behind it.
func readListQuery(req *pb.ListDocumentsRequest, size int) (*query, error) {
	if req.GetCollectionId() == "" {
		return nil, unimplemented("ListDocuments without a collection_id is not implemented")
	}
	orders, err := readOrderBy(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	if req.GetShowMissing() && len(orders) > 0 {
		return nil, invalid("show_missing and order_by exclude each other")
	}
	sq := &pb.StructuredQuery{
		From:    []*pb.StructuredQuery_CollectionSelector{{CollectionId: req.GetCollectionId()}},
		OrderBy: throughName(orders),
		Limit:   wrapperspb.Int32(int32(size) + 1),
	}
	if req.GetPageToken() != "" {
		if sq.StartAt, err = readToken(req.GetPageToken()); err != nil {
			return nil, err
		}
	}
	return readQuery(req.GetParent(), sq)
}

// A page token is the position of the page's last document in the order.
func (q *query) tokenAfter(d *document) (string, error) {
	at := &pb.Cursor{}
	for _, o := range q.orders {
		v := o.path.in(d.pb.GetFields())
		if o.path.isName() {
			v = &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: d.pb.GetName()}}
		}
		at.Values = append(at.Values, v)
	}
	bytes, err := proto.Marshal(at)
	return base64.RawURLEncoding.EncodeToString(bytes), err
}

func readToken(token string) (*pb.Cursor, error) {
	at := &pb.Cursor{}
	bytes, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || proto.Unmarshal(bytes, at) != nil || len(at.GetValues()) == 0 {
		return nil, invalid("the page token is not one of this server")
	}
	return at, nil
}

// list runs a list's query and mixes in the missing documents when they are wanted.
func (db *database) list(q *query, missing bool) []*document {
	unlock := db.view(q)
	defer unlock()
	docs := db.run(q).docs
	if !missing {
		return docs
	}
	for _, d := range db.missing(q.collectionPath()) {
		if q.bounds.contains(d.key) {
			docs = append(docs, d)
		}
	}
	slices.SortFunc(docs, func(a, b *document) int { return strings.Compare(a.key, b.key) })
	return docs
}

// missing are stand-ins, with a name and nothing else, for the documents of a collection that do not
// exist but have collections below them; the lock must be held.
func (db *database) missing(collection string) []*document {
	found := map[string]*document{}
	for below := range db.byPath {
		rest, ok := strings.CutPrefix(below, collection+"/")
		if !ok {
			continue
		}
		id, _, _ := strings.Cut(rest, "/")
		if path := collection + "/" + id; found[path] == nil && db.get(path) == nil {
			found[path] = &document{path: path, key: documentKey(path), pb: &pb.Document{Name: db.name.full(path)}}
		}
	}
	return slices.Collect(maps.Values(found))
}

// ListCollectionIds reads one page of the IDs of the collections directly below a document or the
// root, those too that hold only missing documents. It looks at the path of every collection of the
// database.
func (s *service) ListCollectionIds(ctx context.Context, req *pb.ListCollectionIdsRequest) (*pb.ListCollectionIdsResponse, error) {
	if err := s.admit(ctx, "ListCollectionIds", req); err != nil {
		return nil, err
	}
	if req.GetConsistencySelector() != nil {
		return nil, noSelector("ListCollectionIds", true)
	}
	name, path, err := parseParent(req.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	last, err := base64.RawURLEncoding.DecodeString(req.GetPageToken())
	if err != nil {
		return nil, invalid("the page token is not one of this server")
	}
	db := s.database(name)
	ids := db.collectionIDs(path)
	s.bill(ctx, db, Op{Kind: Read, Method: "ListCollectionIds", Document: path, Count: 1})
	ids = slices.DeleteFunc(ids, func(id string) bool { return id <= string(last) })
	resp := &pb.ListCollectionIdsResponse{CollectionIds: ids}
	if len(ids) > size {
		resp.CollectionIds = ids[:size]
		resp.NextPageToken = base64.RawURLEncoding.EncodeToString([]byte(ids[size-1]))
	}
	return resp, nil
}

// collectionIDs are the IDs of the collections with anything in or below them, sorted.
func (db *database) collectionIDs(parent string) []string {
	db.mu.RLock()
	defer db.mu.RUnlock()
	found := map[string]bool{}
	for path := range db.byPath {
		if parent != "" {
			rest, below := strings.CutPrefix(path, parent+"/")
			if !below {
				continue
			}
			path = rest
		}
		id, _, _ := strings.Cut(path, "/")
		found[id] = true
	}
	return slices.Sorted(maps.Keys(found))
}
