package firestore

import (
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// forList is what the cases of lists start with.
var forList = map[string]map[string]any{
	"c/a": {"n": 3, "m": 1}, "c/b": {"n": 1}, "c/d": {"n": 2, "m": 0}, "c/e": {"k": 1},
	"c/ghost/sub/x": nil, "c/a/sub/x": nil, "c/a/other/x": nil, "only/ghost/here/x": nil, "cc/x": nil,
}

// listing asks for every page of a list, and answers the names with a bar between pages, or the code.
func listing(change func(*pb.ListDocumentsRequest)) func(*conversation) string {
	return func(c *conversation) string {
		c.fill(forList)
		req := &pb.ListDocumentsRequest{Parent: c.root(), CollectionId: "c"}
		change(req)
		var pages []string
		for range 20 {
			resp, err := c.ListDocuments(c.t.Context(), req)
			if err != nil {
				return codeOf(err)
			}
			var ids []string
			for _, d := range resp.GetDocuments() {
				ids = append(ids, lastID(d.GetName())+strings.TrimSuffix(c.fields(d.GetFields()), "{}"))
			}
			pages = append(pages, strings.Join(ids, " "))
			if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
				break
			}
		}
		return strings.Join(pages, " | ")
	}
}

// idsOnly shows no field.
func idsOnly(change func(*pb.ListDocumentsRequest)) func(*conversation) string {
	return listing(func(r *pb.ListDocumentsRequest) {
		r.Mask = &pb.DocumentMask{}
		change(r)
	})
}

func listedBy(by string, size int32) func(*conversation) string {
	return idsOnly(func(r *pb.ListDocumentsRequest) { r.OrderBy, r.PageSize = by, size })
}

// collections asks for every page of the collections below a path.
func collections(below string, size int32) func(*conversation) string {
	return func(c *conversation) string {
		c.fill(forList)
		req := &pb.ListCollectionIdsRequest{Parent: c.root() + below, PageSize: size}
		var pages []string
		for range 20 {
			resp, err := c.ListCollectionIds(c.t.Context(), req)
			if err != nil {
				return codeOf(err)
			}
			pages = append(pages, strings.Join(resp.GetCollectionIds(), " "))
			if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
				break
			}
		}
		return strings.Join(pages, " | ")
	}
}

var listCases = []conformanceCase{
	{name: "list: all", ask: listing(func(*pb.ListDocumentsRequest) {}), want: "a{m:1 n:3} b{n:1} d{m:0 n:2} e{k:1}"},
	{name: "list: mask", ask: listing(func(r *pb.ListDocumentsRequest) { r.Mask = paths("m") }), want: "a{m:1} b d{m:0} e"},
	{name: "list: bad mask", ask: listing(func(r *pb.ListDocumentsRequest) { r.Mask = paths("a b") }), want: "InvalidArgument"},
	{name: "list: pages of one", ask: listedBy("", 1), want: "a | b | d | e",
		google: "a | b | d | e | ", why: "production unknown: the emulator gives a token for an empty last page"},
	{name: "list: pages of two", ask: listedBy("", 2), want: "a b | d e",
		google: "a b | d e | ", why: "production unknown: the emulator gives a token for an empty last page"},
	{name: "list: a page of exactly all", ask: listedBy("", 4), want: "a b d e",
		google: "a b d e | ", why: "production unknown: the emulator gives a token for an empty last page"},
	{name: "list: negative page size", ask: listedBy("", -1), want: "InvalidArgument"},
	{name: "list: show missing", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.ShowMissing = true }), want: "a b d e ghost",
		google: "a{m:1 n:3} b{n:1} d{m:0 n:2} e{k:1} ghost", why: "production as ours: a field outside the mask is not returned (firestore.proto, ListDocumentsRequest.mask)"},
	{name: "list: show missing in pages", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.ShowMissing, r.PageSize = true, 2 }), want: "a b | d e | ghost",
		google: "a{m:1 n:3} b{n:1} | d{m:0 n:2} e{k:1} | ghost", why: "production as ours: a field outside the mask is not returned (firestore.proto, ListDocumentsRequest.mask)"},
	{name: "list: only missing", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.ShowMissing, r.CollectionId = true, "only" }), want: "ghost"},
	{name: "list: show missing with an order", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.ShowMissing, r.OrderBy = true, "n" }), want: "InvalidArgument"},
	{name: "list: show missing by name", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.ShowMissing, r.OrderBy = true, "__name__" }), want: "InvalidArgument"},
	{name: "list: ordered", ask: listedBy("n", 0), want: "b d a"},
	{name: "list: ordered down", ask: listedBy("n desc", 0), want: "a d b"},
	{name: "list: ordered in pages", ask: listedBy("n desc", 2), want: "a d | b",
		google: "Unknown", why: "production as ours: next_page_token continues any list (firestore.proto); the emulator fails on its own token without a code"},
	{name: "list: ordered by two", ask: listedBy("m, n desc", 0), want: "d a"},
	{name: "list: ordered by name", ask: listedBy("__name__", 2), want: "a b | d e",
		google: "Unknown", why: "production as ours: next_page_token continues any list (firestore.proto); the emulator fails on its own token without a code"},
	{name: "list: ordered in capitals", ask: listedBy("n DESC", 0), want: "a d b"},
	{name: "list: ordered asc", ask: listedBy("n asc", 0), want: "b d a"},
	{name: "list: order of another word", ask: listedBy("n down", 0), want: "InvalidArgument"},
	{name: "list: order of nothing", ask: listedBy(",", 0), want: "InvalidArgument"},
	{name: "list: below a document", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.Parent, r.CollectionId = r.GetParent()+"/c/a", "sub" }), want: "x"},
	{name: "list: empty collection", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.CollectionId = "none" }), want: ""},
	{name: "list: reserved collection", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.CollectionId = "__c__" }), want: "InvalidArgument"},
	{name: "list: below a collection", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.Parent += "/c" }), want: "InvalidArgument"},
	{name: "list: bad token", ask: idsOnly(func(r *pb.ListDocumentsRequest) { r.PageToken = "%%%" }), want: "InvalidArgument",
		google: "Unknown", why: "production unknown: the emulator fails without a code"},
	{name: "collections: of the root", ask: collections("", 0), want: "c cc only"},
	{name: "collections: of a document", ask: collections("/c/a", 0), want: "other sub"},
	{name: "collections: of a missing document", ask: collections("/c/ghost", 0), want: "sub"},
	{name: "collections: of a document without", ask: collections("/c/b", 0), want: ""},
	{name: "collections: in pages", ask: collections("", 1), want: "c | cc | only",
		google: "c | cc | only | ", why: "production unknown: the emulator gives a token for an empty last page"},
	{name: "collections: a page of exactly all", ask: collections("/c/a", 2), want: "other sub",
		google: "other sub | ", why: "production unknown: the emulator gives a token for an empty last page, which its clients read over"},
	{name: "collections: of a collection", ask: collections("/c", 0), want: "InvalidArgument"},
	{name: "collections: negative page size", ask: collections("", -1), want: "InvalidArgument"},
}
