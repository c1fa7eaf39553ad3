package firestore

import (
	"fmt"
	"strings"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// paths is a mask; none at all is no mask.
func paths(fields ...string) *pb.DocumentMask {
	if len(fields) == 0 {
		return nil
	}
	return &pb.DocumentMask{FieldPaths: fields}
}

// shown answers a document's fields or the code.
func (c *conversation) shown(d *pb.Document, err error) string {
	if err != nil {
		return codeOf(err)
	}
	return c.fields(d.GetFields())
}

// creates calls CreateDocument with {a:1 b:2} below a parent.
func creates(below, collection, id string, mask ...string) func(*conversation) string {
	return func(c *conversation) string {
		return c.shown(c.CreateDocument(c.t.Context(), &pb.CreateDocumentRequest{
			Parent: c.root() + below, CollectionId: collection, DocumentId: id, Mask: paths(mask...),
			Document: c.update("c/d", map[string]any{"a": 1, "b": 2}).GetUpdate(),
		}))
	}
}

// creating is creates without a name in the document, which the call does not allow.
func creating(below, collection, id string, mask ...string) func(*conversation) string {
	return func(c *conversation) string {
		fields := valueOf(map[string]any{"a": 1, "b": 2}).GetMapValue().GetFields()
		return c.shown(c.CreateDocument(c.t.Context(), &pb.CreateDocumentRequest{
			Parent: c.root() + below, CollectionId: collection, DocumentId: id, Mask: paths(mask...),
			Document: &pb.Document{Fields: fields},
		}))
	}
}

// updating calls UpdateDocument over c/d {a:1 m:{x:1 y:2}} and answers the document and what is there.
func updating(path string, data map[string]any, mask, show []string, want *pb.Precondition) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/d", map[string]any{"a": 1, "m": map[string]any{"x": 1, "y": 2}}))
		return c.shown(c.UpdateDocument(c.t.Context(), &pb.UpdateDocumentRequest{
			Document: c.update(path, data).GetUpdate(), UpdateMask: paths(mask...), Mask: paths(show...), CurrentDocument: want,
		})) + " " + c.get("c/d")
	}
}

func existing(exists bool) *pb.Precondition {
	return &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: exists}}
}

func updatedAt(t time.Time) *pb.Precondition {
	return &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: timestamppb.New(t)}}
}

// deleting calls DeleteDocument over c/d {} and answers the code and what is there.
func deleting(path string, want *pb.Precondition) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/d", nil))
		_, err := c.DeleteDocument(c.t.Context(), &pb.DeleteDocumentRequest{Name: c.doc(path), CurrentDocument: want})
		return codeOf(err) + " " + c.get("c/d")
	}
}

// getting reads c/d {a:1 m:{x:1 y:{z:2}} "p.q":3 "b`c":4} with a mask.
func getting(mask ...string) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/d", map[string]any{"a": 1, "m": map[string]any{"x": 1, "y": map[string]any{"z": 2}}, "p.q": 3, "b`c": 4}))
		return c.shown(c.GetDocument(c.t.Context(), &pb.GetDocumentRequest{Name: c.doc("c/d"), Mask: &pb.DocumentMask{FieldPaths: mask}}))
	}
}

var documentCases = []conformanceCase{
	{name: "create: under an ID", ask: creating("", "c", "d"), want: "{a:1 b:2}"},
	{name: "create: shows the mask", ask: creating("", "c", "d", "b"), want: "{b:2}"},
	{name: "create: the document has a name", ask: creates("", "c", "d"), want: "InvalidArgument"},
	{name: "create: below a missing document", ask: creating("/o/1", "c", "d"), want: "{a:1 b:2}"},
	{name: "create: no collection", ask: creating("", "", "d"), want: "InvalidArgument"},
	{name: "create: collection with a slash", ask: creating("", "c/d", "e"), want: "InvalidArgument"},
	{name: "create: reserved collection", ask: creating("", "__c__", "d"), want: "InvalidArgument"},
	{name: "create: reserved ID", ask: creating("", "c", "__d__"), want: "InvalidArgument"},
	{name: "create: ID with a slash", ask: creating("", "c", "d/e"), want: "InvalidArgument"},
	{name: "create: ID .", ask: creating("", "c", "."), want: "InvalidArgument"},
	{name: "create: ID of 1501 bytes", ask: creating("", "c", strings.Repeat("x", 1501)), want: "InvalidArgument"},
	{name: "create: below a collection", ask: creating("/o", "c", "d"), want: "InvalidArgument"},
	{name: "create: bad mask", ask: creating("", "c", "d", "a b"), want: "InvalidArgument"},
	{name: "create: twice", want: "{a:1 b:2} AlreadyExists", ask: func(c *conversation) string {
		return creating("", "c", "d")(c) + " " + creating("", "c", "d")(c)
	}},
	{name: "create: without an ID makes one of 20 letters", want: "OK 20 true", ask: func(c *conversation) string {
		d, err := c.CreateDocument(c.t.Context(), &pb.CreateDocumentRequest{Parent: c.root(), CollectionId: "c", Document: &pb.Document{}})
		return fmt.Sprint(codeOf(err), " ", len(lastID(d.GetName())), " ", d.GetCreateTime().AsTime().Equal(d.GetUpdateTime().AsTime()))
	}},
	{name: "create: without a document", want: "{}", ask: func(c *conversation) string {
		return c.shown(c.CreateDocument(c.t.Context(), &pb.CreateDocumentRequest{Parent: c.root(), CollectionId: "c", DocumentId: "d"}))
	}},

	{name: "update: replaces", ask: updating("c/d", map[string]any{"b": 1}, nil, nil, nil), want: "{b:1} {b:1}"},
	{name: "update: mask", ask: updating("c/d", map[string]any{"b": 1, "c": 2}, []string{"a", "b"}, nil, nil), want: "{b:1 m:{x:1 y:2}} {b:1 m:{x:1 y:2}}"},
	{name: "update: shows a mask", ask: updating("c/d", map[string]any{"a": 2}, []string{"a"}, []string{"m.x"}, nil), want: "{m:{x:1}} {a:2 m:{x:1 y:2}}"},
	{name: "update: shows an unchanged document", ask: updating("c/d", map[string]any{"a": 1}, []string{"a"}, nil, nil), want: "{a:1 m:{x:1 y:2}} {a:1 m:{x:1 y:2}}"},
	{name: "update: creates", ask: updating("c/n", map[string]any{"b": 1}, nil, nil, nil), want: "{b:1} {a:1 m:{x:1 y:2}}"},
	{name: "update: creates what the mask has", ask: updating("c/n", map[string]any{"b": 1, "c": 1}, []string{"b", "z"}, nil, nil), want: "{b:1} {a:1 m:{x:1 y:2}}"},
	{name: "update: exists", ask: updating("c/d", nil, nil, nil, existing(true)), want: "{} {}"},
	{name: "update: exists, but does not", ask: updating("c/n", nil, nil, nil, existing(true)), want: "NotFound {a:1 m:{x:1 y:2}}"},
	{name: "update: absent, but is there", ask: updating("c/d", nil, nil, nil, existing(false)), want: "AlreadyExists {a:1 m:{x:1 y:2}}"},
	{name: "update: old update time", ask: updating("c/d", nil, nil, nil, updatedAt(time.Unix(1, 0))), want: "FailedPrecondition {a:1 m:{x:1 y:2}}"},
	{name: "update: update time of nothing", ask: updating("c/n", nil, nil, nil, updatedAt(time.Unix(1, 0))), want: "FailedPrecondition {a:1 m:{x:1 y:2}}"},
	{name: "update: update time with nanoseconds", ask: updating("c/d", nil, nil, nil, updatedAt(time.Unix(1, 1))), want: "InvalidArgument {a:1 m:{x:1 y:2}}"},
	{name: "update: empty precondition", ask: updating("c/n", nil, nil, nil, &pb.Precondition{}), want: "{} {a:1 m:{x:1 y:2}}"},
	{name: "update: a collection", ask: updating("c", nil, nil, nil, nil), want: "InvalidArgument {a:1 m:{x:1 y:2}}"},
	{name: "update: bad mask", ask: updating("c/d", nil, []string{"a b"}, nil, nil), want: "InvalidArgument {a:1 m:{x:1 y:2}}"},
	{name: "update: bad mask to show", ask: updating("c/d", nil, nil, []string{"a b"}, nil), want: "InvalidArgument {a:1 m:{x:1 y:2}}"},
	{name: "update: mask that overlaps", ask: updating("c/d", map[string]any{"m": map[string]any{"x": 9}}, []string{"m.x", "m"}, nil, nil), want: "{a:1 m:{x:9}} {a:1 m:{x:9}}"},
	{name: "update: mask with a field twice", ask: updating("c/d", map[string]any{"a": 9}, []string{"a", "a"}, nil, nil), want: "{a:9 m:{x:1 y:2}} {a:9 m:{x:1 y:2}}"},
	{name: "update: without a document", want: "InvalidArgument", ask: func(c *conversation) string {
		return c.shown(c.UpdateDocument(c.t.Context(), &pb.UpdateDocumentRequest{}))
	}},

	{name: "delete: what is there", ask: deleting("c/d", nil), want: "OK NotFound"},
	{name: "delete: nothing", ask: deleting("c/n", nil), want: "OK {}"},
	{name: "delete: exists, but does not", ask: deleting("c/n", existing(true)), want: "NotFound {}"},
	{name: "delete: absent, but is there", ask: deleting("c/d", existing(false)), want: "AlreadyExists {}"},
	{name: "delete: absent", ask: deleting("c/n", existing(false)), want: "OK {}"},
	{name: "delete: old update time", ask: deleting("c/d", updatedAt(time.Unix(1, 0))), want: "FailedPrecondition {}"},
	{name: "delete: update time of nothing", ask: deleting("c/n", updatedAt(time.Unix(1, 0))), want: "FailedPrecondition {}"},
	{name: "delete: a collection", ask: deleting("c", nil), want: "InvalidArgument {}"},
	{name: "delete: keeps what is below", want: "OK NotFound {a:1}", ask: func(c *conversation) string {
		c.must(c.update("c/d/e/f", map[string]any{"a": 1}))
		return deleting("c/d", nil)(c) + " " + c.get("c/d/e/f")
	}},

	{name: "get mask: two fields of a map", ask: getting("m.x", "m.y.z"), want: "{m:{x:1 y:{z:2}}}"},
	{name: "get mask: a map and a field of it", ask: getting("m.x", "m"), want: "{m:{x:1 y:{z:2}}}"},
	{name: "get mask: below a field that is no map", ask: getting("a.b"), want: "{}"},
	{name: "get mask: empty", ask: getting(), want: "{}"},
	{name: "get mask: the name", ask: getting("__name__"), want: "{}"},
	{name: "get mask: a field with a dot", ask: getting("`p.q`"), want: "{p.q:3}"},
	{name: "get mask: a field with a backquote", ask: getting("`b\\`c`"), want: "{b`c:4}"},
	{name: "get mask: quoted without need", ask: getting("`m`.`x`"), want: "{m:{x:1}}"},
	{name: "get mask: a field twice", ask: getting("a", "a"), want: "{a:1}"},
	{name: "get mask: a dot that is a map's", ask: getting("p.q"), want: "{}"},
	{name: "get mask: open backquote", ask: getting("`a"), want: "InvalidArgument"},
	{name: "get mask: two dots", ask: getting("a..b"), want: "InvalidArgument"},
	{name: "get mask: reserved field", ask: getting("__x__"), want: "InvalidArgument"},
	{name: "get mask: name below a field", ask: getting("a.__name__"), want: "InvalidArgument"},
	{name: "get mask: path of 1501 bytes", ask: getting(strings.Repeat("x", 1501)), want: "InvalidArgument"},
	{name: "get mask: a path of 1501 bytes in two names", ask: getting(strings.Repeat("x", 1000) + "." + strings.Repeat("y", 500)), want: "InvalidArgument"},
}
