package firestore

import (
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// naming reads and writes a document by a full resource name and answers both codes.
func naming(name string) func(*conversation) string {
	return func(c *conversation) string {
		full := strings.ReplaceAll(name, "DB", c.database)
		_, read := c.GetDocument(c.t.Context(), &pb.GetDocumentRequest{Name: full})
		_, written := c.Commit(c.t.Context(), &pb.CommitRequest{Database: c.database, Writes: []*pb.Write{{
			Operation: &pb.Write_Update{Update: &pb.Document{Name: full}}}}})
		return codeOf(read) + " " + codeOf(written)
	}
}

var nameCases = []conformanceCase{
	{name: "name: of a document", ask: naming("DB/documents/c/d"), want: "NotFound OK"},
	{name: "name: empty", ask: naming(""), want: "InvalidArgument InvalidArgument"},
	{name: "name: the database", ask: naming("DB"), want: "InvalidArgument InvalidArgument"},
	{name: "name: the root", ask: naming("DB/documents"), want: "InvalidArgument InvalidArgument"},
	{name: "name: the root and a slash", ask: naming("DB/documents/"), want: "InvalidArgument InvalidArgument"},
	{name: "name: a collection", ask: naming("DB/documents/c"), want: "InvalidArgument InvalidArgument"},
	{name: "name: three segments", ask: naming("DB/documents/c/d/e"), want: "InvalidArgument InvalidArgument"},
	{name: "name: a slash at the end", ask: naming("DB/documents/c/d/"), want: "InvalidArgument InvalidArgument"},
	{name: "name: an empty segment", ask: naming("DB/documents/c//e/f"), want: "InvalidArgument InvalidArgument"},
	{name: "name: a slash before", ask: naming("/DB/documents/c/d"), want: "InvalidArgument InvalidArgument"},
	{name: "name: without documents", ask: naming("DB/c/d"), want: "InvalidArgument InvalidArgument"},
	{name: "name: without a project", ask: naming("projects//databases/(default)/documents/c/d"), want: "InvalidArgument InvalidArgument"},
	{name: "name: without a database", ask: naming("projects/p/databases//documents/c/d"), want: "InvalidArgument InvalidArgument"},
	{name: "name: relative", ask: naming("c/d"), want: "InvalidArgument InvalidArgument"},
	{name: "name: segment .", ask: naming("DB/documents/./d"), want: "InvalidArgument InvalidArgument"},
	{name: "name: ID ..", ask: naming("DB/documents/c/.."), want: "InvalidArgument InvalidArgument"},
	{name: "name: ID ...", ask: naming("DB/documents/c/..."), want: "NotFound OK"},
	{name: "name: reserved ID", ask: naming("DB/documents/c/__d__"), want: "InvalidArgument InvalidArgument"},
	{name: "name: reserved collection", ask: naming("DB/documents/__c__/d"), want: "InvalidArgument InvalidArgument"},
	{name: "name: reserved ID on the way", ask: naming("DB/documents/c/__d__/e/f"), want: "InvalidArgument InvalidArgument"},
	{name: "name: ID __", ask: naming("DB/documents/c/__"), want: "NotFound OK"},
	{name: "name: ID ____", ask: naming("DB/documents/c/____"), want: "InvalidArgument InvalidArgument",
		google: "NotFound OK", why: "production as ours: an ID cannot match __.*__ (cloud.google.com/firestore/quotas, read 2026-11-21)"},
	{name: "name: ID __id7__", ask: naming("DB/documents/c/__id7__"), want: "NotFound OK"},
	{name: "name: ID __id0__", ask: naming("DB/documents/c/__id0__"), want: "InvalidArgument InvalidArgument"},
	{name: "name: ID __id-7__", ask: naming("DB/documents/c/__id-7__"), want: "NotFound OK"},
	{name: "name: ID __id07__", ask: naming("DB/documents/c/__id07__"), want: "InvalidArgument InvalidArgument"},
	{name: "name: ID __id-0__", ask: naming("DB/documents/c/__id-0__"), want: "InvalidArgument InvalidArgument"},
	{name: "name: ID of a number beyond 64 bits", ask: naming("DB/documents/c/__id9223372036854775808__"), want: "InvalidArgument InvalidArgument"},
	{name: "name: numeric collection", ask: naming("DB/documents/__id7__/d"), want: "InvalidArgument InvalidArgument"},
	{name: "name: numeric IDs come first, by number", want: "__id-2__ __id7__ __id12__ __id9223372036854775807__ 12 7 A __id __id1_ _id1__", ask: func(c *conversation) string {
		for _, id := range []string{"__id7__", "__id12__", "__id-2__", "7", "12", "A", "__id", "__id1_", "_id1__", "__id9223372036854775807__"} {
			c.must(c.update("c/"+id, nil))
		}
		return c.query(c.root(), queryOf())
	}},
	{name: "name: above a numeric ID", want: "__id12__ 7", ask: func(c *conversation) string {
		c.must(c.update("c/__id7__", nil), c.update("c/__id12__", nil), c.update("c/7", nil))
		return c.query(c.root(), queryOf(filtered(fieldFilter("__name__", gt, referenceValue(c.doc("c/__id7__"))))))
	}},
	{name: "name: ID with a space", ask: naming("DB/documents/c/ "), want: "NotFound OK"},
	{name: "name: ID beyond ASCII", ask: naming("DB/documents/c/жук𝄞"), want: "NotFound OK"},
	{name: "name: ID with a zero", ask: naming("DB/documents/c/a\x00b"), want: "NotFound OK"},
	{name: "name: ID with a newline", ask: naming("DB/documents/c/a\nb"), want: "NotFound OK"},
	{name: "name: ID with a percent", ask: naming("DB/documents/c/%2F"), want: "NotFound OK"},
	{name: "name: ID of 1500 bytes in two-byte letters", ask: naming("DB/documents/c/" + strings.Repeat("é", 750)), want: "NotFound OK"},
	{name: "name: ID of 1502 bytes in two-byte letters", ask: naming("DB/documents/c/" + strings.Repeat("é", 751)), want: "InvalidArgument InvalidArgument",
		google: "NotFound InvalidArgument", why: "production unknown: the emulator refuses only to write it"},
	{name: "name: collection of 1501 bytes", ask: naming("DB/documents/" + strings.Repeat("x", 1501) + "/d"), want: "InvalidArgument InvalidArgument",
		google: "NotFound InvalidArgument", why: "production unknown: the emulator refuses only to write it"},
	{name: "name: 100 collections deep", ask: naming("DB/documents" + strings.Repeat("/c/d", 100)), want: "NotFound OK"},
	{name: "name: 101 collections deep", ask: naming("DB/documents" + strings.Repeat("/c/d", 101)), want: "InvalidArgument InvalidArgument",
		google: "NotFound InvalidArgument", why: "production unknown: the emulator refuses only to write it"},
	{name: "name: over 6 KiB", ask: naming("DB/documents" + strings.Repeat("/c/"+strings.Repeat("x", 1400), 5)), want: "InvalidArgument InvalidArgument",
		google: "NotFound OK", why: "production as ours: at most 6 KiB (cloud.google.com/firestore/quotas, read 2026-11-21)"},
	{name: "name: commit to another project", want: "InvalidArgument",
		google: "OK", why: "production unknown: the emulator does not compare the two names", ask: func(c *conversation) string {
			return c.commit(&pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: "projects/other/databases/(default)/documents/c/d"}}})
		}},
	{name: "name: commit to no database", want: "InvalidArgument", ask: func(c *conversation) string {
		_, err := c.Commit(c.t.Context(), &pb.CommitRequest{Writes: []*pb.Write{c.update("c/d", nil)}})
		return codeOf(err)
	}},
	{name: "name: commit to a database with documents", want: "InvalidArgument", ask: func(c *conversation) string {
		_, err := c.Commit(c.t.Context(), &pb.CommitRequest{Database: c.root(), Writes: []*pb.Write{c.update("c/d", nil)}})
		return codeOf(err)
	}},
	{name: "name: query below nothing", want: "InvalidArgument", ask: func(c *conversation) string { return c.query("", queryOf()) }},
	{name: "name: query without a query", want: "InvalidArgument",
		google: "", why: "production unknown: the emulator takes it for one of every collection", ask: func(c *conversation) string { return c.query(c.root(), nil) }},
	{name: "name: query below a missing document", want: "d", ask: func(c *conversation) string {
		c.must(c.update("o/1/c/d", nil))
		return c.query(c.doc("o/1"), queryOf())
	}},
	{name: "name: query below a reserved ID", want: "InvalidArgument", ask: func(c *conversation) string { return c.query(c.doc("o/__1__"), queryOf()) }},
	{name: "name: write without an operation", want: "InvalidArgument", ask: func(c *conversation) string { return c.commit(&pb.Write{}) }},
	{name: "name: document without a name", want: "InvalidArgument", ask: func(c *conversation) string {
		return c.commit(&pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{}}})
	}},
	{name: "name: delete with a mask", want: "InvalidArgument", ask: func(c *conversation) string {
		w := c.remove("c/d")
		w.UpdateMask = &pb.DocumentMask{FieldPaths: []string{"a"}}
		return c.commit(w)
	}},
	{name: "name: delete with transforms", want: "InvalidArgument", ask: func(c *conversation) string {
		w := c.remove("c/d")
		w.UpdateTransforms = []*pb.DocumentTransform_FieldTransform{named("a", increment(1))}
		return c.commit(w)
	}},
}
