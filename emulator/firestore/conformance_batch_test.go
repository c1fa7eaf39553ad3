package firestore

import (
	"errors"
	"io"
	"strings"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
)

// batch calls BatchWrite and answers the code of each write, with an update time's place when it has one, or the call's.
func (c *conversation) batch(writes ...*pb.Write) string {
	resp, err := c.BatchWrite(c.t.Context(), &pb.BatchWriteRequest{Database: c.database, Writes: writes})
	if err != nil {
		return codeOf(err)
	}
	var out []string
	for i, s := range resp.GetStatus() {
		text := codes.Code(s.GetCode()).String()
		if resp.GetWriteResults()[i].GetUpdateTime() != nil {
			text += "@"
		}
		for _, v := range resp.GetWriteResults()[i].GetTransformResults() {
			text += "=" + c.value(v)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// batched calls BatchWrite over c/a {v:1} and answers the codes and what is in c.
func batched(writes ...func(*conversation) *pb.Write) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		list := make([]*pb.Write, len(writes))
		for i, f := range writes {
			list[i] = f(c)
		}
		return c.batch(list...) + " | " + c.contents()
	}
}

// contents is all of c, in order of the names.
func (c *conversation) contents() string {
	docs, err := c.found(c.root(), queryOf())
	if err != nil {
		return codeOf(err)
	}
	var out []string
	for _, d := range docs {
		out = append(out, lastID(d.GetName())+c.fields(d.GetFields()))
	}
	return strings.Join(out, " ")
}

func transformed(path, field string, f *pb.DocumentTransform_FieldTransform) func(*conversation) *pb.Write {
	return func(c *conversation) *pb.Write { return c.transformWrite(path, field, f) }
}

// dated adds a precondition on an update time.
func dated(t time.Time, w func(*conversation) *pb.Write) func(*conversation) *pb.Write {
	return func(c *conversation) *pb.Write {
		out := w(c)
		out.CurrentDocument = updatedAt(t)
		return out
	}
}

// reads calls BatchGetDocuments on c/a {v:1 w:2} and c/b {v:3}, and answers what came, in its order.
func (c *conversation) reads(mask *pb.DocumentMask, names ...string) string {
	stream, err := c.BatchGetDocuments(c.t.Context(), &pb.BatchGetDocumentsRequest{Database: c.database, Documents: names, Mask: mask})
	if err != nil {
		return codeOf(err)
	}
	var out []string
	for {
		resp, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return strings.Join(out, " ")
		case err != nil:
			return codeOf(err)
		case resp.GetFound() != nil:
			out = append(out, lastID(resp.GetFound().GetName())+c.fields(resp.GetFound().GetFields()))
		case resp.GetMissing() != "":
			out = append(out, lastID(resp.GetMissing())+"-")
		}
	}
}

func batchReads(mask *pb.DocumentMask, paths ...string) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/a", map[string]any{"v": 1, "w": 2}), c.update("c/b", v(3)))
		names := make([]string, len(paths))
		for i, p := range paths {
			if names[i] = p; !strings.HasPrefix(p, "projects/") {
				names[i] = c.doc(p)
			}
		}
		return c.reads(mask, names...)
	}
}

var batchCases = []conformanceCase{
	{name: "batch write: set, patch and delete", ask: batched(set("c/b", v(2)), patch("c/a", map[string]any{"w": 1}, "w"), removed("c/d")), want: "OK@ OK@ OK | a{v:1 w:1} b{v:2}"},
	{name: "batch write: nothing", ask: batched(), want: " | a{v:1}"},
	{name: "batch write: a failed precondition stops its write alone", ask: batched(only(true, set("c/x", v(1))), set("c/b", v(2)), only(false, set("c/a", v(9)))), want: "NotFound OK@ AlreadyExists | a{v:1} b{v:2}"},
	{name: "batch write: a document twice", ask: batched(set("c/b", v(2)), set("c/b", v(3))), want: "InvalidArgument | a{v:1}"},
	{name: "batch write: deleted and set", ask: batched(removed("c/a"), set("c/a", v(3))), want: "InvalidArgument | a{v:1}"},
	{name: "batch write: a bad write refuses all", ask: batched(set("c/b", v(2)), set("c", nil)), want: "InvalidArgument | a{v:1}"},
	{name: "batch write: bad fields refuse all", ask: batched(set("c/b", v(2)), set("c/x", map[string]any{"__x__": 1})), want: "InvalidArgument | a{v:1}"},
	{name: "batch write: transforms", ask: batched(transformed("c/a", "v", increment(2)), transformed("c/n", "v", appended(1))), want: "OK@=3 OK@=null | a{v:3} n{v:[1]}"},
	{name: "batch write: the same again", ask: batched(set("c/a", v(1))), want: "OK@ | a{v:1}"},
	{name: "batch write: old update time", ask: batched(dated(time.Unix(1, 0), set("c/a", v(2))), dated(time.Unix(1, 0), removed("c/b")), set("c/d", v(3))), want: "FailedPrecondition FailedPrecondition OK@ | a{v:1} d{v:3}"},
	{name: "batch write: a transform twice as large as a document may be", want: "InvalidArgument OK@ | a{v:1} b{v:1}", ask: batched(func(c *conversation) *pb.Write {
		w := c.masked("c/a", map[string]any{"b": strings.Repeat("x", 600<<10)}, "b")
		w.UpdateTransforms = []*pb.DocumentTransform_FieldTransform{named("l", appended(strings.Repeat("y", 600<<10)))}
		return w
	}, set("c/b", v(1)))},
	{name: "batch write: document of another database", want: "InvalidArgument",
		google: "OK@ OK", why: "production unknown: the emulator does not compare the two names", ask: func(c *conversation) string {
			return c.batch(c.update("c/b", nil), &pb.Write{Operation: &pb.Write_Delete{Delete: "projects/q/databases/(default)/documents/c/d"}})
		}},
	{name: "batch write: no operation", want: "InvalidArgument | a{v:1}", ask: batched(set("c/b", v(2)), func(*conversation) *pb.Write { return &pb.Write{} })},
	{name: "batch write: database without a name", want: "InvalidArgument", ask: func(c *conversation) string {
		_, err := c.BatchWrite(c.t.Context(), &pb.BatchWriteRequest{Database: "projects/p"})
		return codeOf(err)
	}},
	{name: "batch get: order of the request", ask: batchReads(nil, "c/b", "c/x", "c/a"), want: "b{v:3} x- a{v:1 w:2}"},
	{name: "batch get: mask", ask: batchReads(paths("w"), "c/a", "c/b"), want: "a{w:2} b{}"},
	{name: "batch get: bad mask", ask: batchReads(paths("a b"), "c/a"), want: "InvalidArgument"},
	{name: "batch get: bad name", ask: batchReads(nil, "c/a", "c/__x__"), want: "InvalidArgument"},
	{name: "batch get: name of another database", ask: batchReads(nil, "projects/q/databases/(default)/documents/c/a"), want: "InvalidArgument",
		google: "a-", why: "production as ours: the request fails then (firestore.proto, BatchGetDocumentsRequest.documents)"},
	{name: "batch get: no database", want: "InvalidArgument", ask: func(c *conversation) string {
		stream, err := c.BatchGetDocuments(c.t.Context(), &pb.BatchGetDocumentsRequest{Documents: []string{c.doc("c/a")}})
		if err != nil {
			return codeOf(err)
		}
		_, err = stream.Recv()
		return codeOf(err)
	}},
}
