package firestore

import (
	"fmt"
	"math"
	"strings"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// then commits writes to c/d with the fields {a:1 m:{x:1 y:2}} and answers the code and what is there.
func then(writes ...func(*conversation) *pb.Write) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/d", map[string]any{"a": 1, "m": map[string]any{"x": 1, "y": 2}}))
		list := make([]*pb.Write, len(writes))
		for i, f := range writes {
			list[i] = f(c)
		}
		code := c.commit(list...)
		return code + " " + c.get("c/d")
	}
}

func set(path string, data map[string]any) func(*conversation) *pb.Write {
	return func(c *conversation) *pb.Write { return c.update(path, data) }
}

func patch(path string, data map[string]any, mask ...string) func(*conversation) *pb.Write {
	return func(c *conversation) *pb.Write { return c.masked(path, data, mask...) }
}

func removed(path string) func(*conversation) *pb.Write {
	return func(c *conversation) *pb.Write { return c.remove(path) }
}

// only adds a precondition on existence.
func only(exists bool, w func(*conversation) *pb.Write) func(*conversation) *pb.Write {
	return func(c *conversation) *pb.Write { return when(exists, w(c)) }
}

// at adds a precondition on the update time of c/d, which lies off by some time.
func at(off time.Duration, w func(*conversation) *pb.Write) func(*conversation) *pb.Write {
	return func(c *conversation) *pb.Write {
		out := w(c)
		d, err := c.GetDocument(c.t.Context(), &pb.GetDocumentRequest{Name: c.doc("c/d")})
		if err != nil {
			c.t.Fatal(err)
		}
		now := timestamppb.New(d.GetUpdateTime().AsTime().Add(off))
		out.CurrentDocument = &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: now}}
		return out
	}
}

const before = "{a:1 m:{x:1 y:2}}"

var writeCases = []conformanceCase{
	{name: "write: replace", ask: then(set("c/d", map[string]any{"b": 2})), want: "OK {b:2}"},
	{name: "write: delete", ask: then(removed("c/d")), want: "OK NotFound"},
	{name: "write: delete nothing", ask: then(removed("c/none")), want: "OK " + before},
	{name: "write: no writes", ask: then(), want: "OK " + before},
	{name: "write: mask", ask: then(patch("c/d", map[string]any{"a": 2, "b": 3}, "a")), want: "OK {a:2 m:{x:1 y:2}}"},
	{name: "write: mask removes what the write lacks", ask: then(patch("c/d", nil, "a")), want: "OK {m:{x:1 y:2}}"},
	{name: "write: mask below a map", ask: then(patch("c/d", map[string]any{"m": map[string]any{"x": 5}}, "m.x")), want: "OK {a:1 m:{x:5 y:2}}"},
	{name: "write: mask removes below a map", ask: then(patch("c/d", nil, "m.x")), want: "OK {a:1 m:{y:2}}"},
	{name: "write: mask of all of a map keeps it empty", ask: then(patch("c/d", nil, "m.x", "m.y")), want: "OK {a:1 m:{}}"},
	{name: "write: mask below a field that is no map", ask: then(patch("c/d", map[string]any{"a": map[string]any{"x": 5}}, "a.x")), want: "OK {a:{x:5} m:{x:1 y:2}}"},
	{name: "write: mask of nothing", ask: then(patch("c/d", map[string]any{"a": 9})), want: "OK " + before},
	{name: "write: mask creates", ask: func(c *conversation) string {
		return c.commit(c.masked("c/new", map[string]any{"a": 1, "b": 2}, "a")) + " " + c.get("c/new")
	}, want: "OK {a:1}"},
	{name: "write: quoted mask", ask: then(patch("c/d", map[string]any{"a b": 1, "a": 2}, "`a b`")), want: "OK {a:1 a b:1 m:{x:1 y:2}}"},
	{name: "write: quoted mask with a backquote", ask: then(patch("c/d", map[string]any{"q`q": 1}, "`q\\`q`")), want: "OK {a:1 m:{x:1 y:2} q`q:1}"},
	{name: "write: mask of a missing field", ask: then(patch("c/d", nil, "none")), want: "OK " + before},
	{name: "precondition: exists", ask: then(only(true, set("c/d", nil))), want: "OK {}"},
	{name: "precondition: exists, but does not", ask: then(only(true, set("c/none", nil))), want: "NotFound " + before},
	{name: "precondition: absent", ask: then(only(false, set("c/none", nil))), want: "OK " + before},
	{name: "precondition: absent, but is there", ask: then(only(false, set("c/d", nil))), want: "AlreadyExists " + before},
	{name: "precondition: delete what exists", ask: then(only(true, removed("c/d"))), want: "OK NotFound"},
	{name: "precondition: delete what does not exist", ask: then(only(true, removed("c/none"))), want: "NotFound " + before},
	{name: "precondition: delete what must not exist", ask: then(only(false, removed("c/d"))), want: "AlreadyExists " + before},
	{name: "precondition: update time", ask: then(at(0, set("c/d", nil))), want: "OK {}"},
	{name: "precondition: older update time", ask: then(at(-time.Microsecond, set("c/d", nil))), want: "FailedPrecondition " + before},
	{name: "precondition: newer update time", ask: then(at(time.Microsecond, set("c/d", nil))), want: "FailedPrecondition " + before,
		google: "InvalidArgument " + before, why: "production unknown: the time lies ahead of the server clock here"},
	{name: "precondition: update time to delete", ask: then(at(0, removed("c/d"))), want: "OK NotFound"},
	{name: "precondition: update time of nothing", ask: then(at(0, set("c/none", nil))), want: "FailedPrecondition " + before},
	{name: "atomic: a late failure undoes all", ask: then(set("c/d", nil), only(true, set("c/none", nil))), want: "NotFound " + before},
	{name: "atomic: a late bad write undoes all", ask: then(set("c/d", nil), set("c", nil)), want: "InvalidArgument " + before},
	{name: "atomic: writes see those before them", ask: then(removed("c/d"), only(false, set("c/d", map[string]any{"n": 1}))), want: "OK {n:1}"},
	{name: "atomic: the last write of a document stays", ask: then(set("c/d", map[string]any{"n": 1}), patch("c/d", map[string]any{"k": 2}, "k")), want: "OK {k:2 n:1}"},
	{name: "atomic: created twice", ask: then(only(false, set("c/new", nil)), only(false, set("c/new", nil))), want: "AlreadyExists " + before,
		google: "InvalidArgument " + before, why: "production unknown"},
	{name: "atomic: deleted, then has to exist", ask: then(removed("c/d"), only(true, removed("c/d"))), want: "NotFound " + before,
		google: "InvalidArgument " + before, why: "production unknown"},
	{name: "atomic: 600 writes", want: "OK {n:599}", ask: func(c *conversation) string {
		var writes []*pb.Write
		for i := range 600 {
			writes = append(writes, c.update(fmt.Sprintf("c/%d", i), map[string]any{"n": i}))
		}
		return c.commit(writes...) + " " + c.get("c/599")
	}},
	{name: "times: a replace by the same keeps the update time", want: "true true", ask: func(c *conversation) string {
		return c.times(c.update("c/d", map[string]any{"a": 1}))
	}},
	{name: "times: of a write whose document the commit deletes", want: "true", ask: func(c *conversation) string {
		resp := c.must(c.update("c/d", nil), c.remove("c/d"))
		return fmt.Sprint(resp.GetWriteResults()[0].GetUpdateTime() != nil)
	}, google: "false", why: "production unknown: update_time is that after applying the write (write.proto), not after all writes"},
	{name: "times: a change moves the update time alone", want: "true false", ask: func(c *conversation) string {
		return c.times(c.update("c/d", map[string]any{"a": 2}))
	}},
	{name: "times: 1 and 1.0 differ", want: "true false", ask: func(c *conversation) string {
		return c.times(c.update("c/d", map[string]any{"a": 1.0}))
	}},
	{name: "times: deleted and created in one commit", want: "false false", ask: func(c *conversation) string {
		return c.times(c.remove("c/d"), c.update("c/d", map[string]any{"a": 1}))
	}},
}

// times commits over c/d {a:1} and answers whether its create and update times stayed.
func (c *conversation) times(writes ...*pb.Write) string {
	read := func() *pb.Document {
		d, err := c.GetDocument(c.t.Context(), &pb.GetDocumentRequest{Name: c.doc("c/d")})
		if err != nil {
			c.t.Fatal(err)
		}
		return d
	}
	c.must(c.update("c/d", map[string]any{"a": 1}))
	old := read()
	c.must(writes...)
	d := read()
	return fmt.Sprint(old.GetCreateTime().AsTime().Equal(d.GetCreateTime().AsTime()), old.GetUpdateTime().AsTime().Equal(d.GetUpdateTime().AsTime()))
}

// transforms applies one transform of v to a document and answers the code, the result and the field.
func transforms(old any, f *pb.DocumentTransform_FieldTransform) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/d", map[string]any{"v": old}))
		f.FieldPath = "v"
		w := c.masked("c/d", nil)
		w.UpdateTransforms = []*pb.DocumentTransform_FieldTransform{f}
		resp, err := c.Commit(c.t.Context(), &pb.CommitRequest{Database: c.database, Writes: []*pb.Write{w}})
		if err != nil {
			return codeOf(err)
		}
		return c.value(resp.GetWriteResults()[0].GetTransformResults()[0]) + " " + c.get("c/d")
	}
}

func increment(v any) *pb.DocumentTransform_FieldTransform {
	return &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_Increment{Increment: valueOf(v)}}
}

func maximum(v any) *pb.DocumentTransform_FieldTransform {
	return &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_Maximum{Maximum: valueOf(v)}}
}

func minimum(v any) *pb.DocumentTransform_FieldTransform {
	return &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_Minimum{Minimum: valueOf(v)}}
}

func appended(v ...any) *pb.DocumentTransform_FieldTransform {
	return &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_AppendMissingElements{
		AppendMissingElements: valueOf(v).GetArrayValue()}}
}

func taken(v ...any) *pb.DocumentTransform_FieldTransform {
	return &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_RemoveAllFromArray{
		RemoveAllFromArray: valueOf(v).GetArrayValue()}}
}

var transformCases = []conformanceCase{
	{name: "increment: integer", ask: transforms(1, increment(2)), want: "3 {v:3}"},
	{name: "increment: down", ask: transforms(1, increment(-2)), want: "-1 {v:-1}"},
	{name: "increment: integer by a double", ask: transforms(1, increment(0.5)), want: "1.5 {v:1.5}"},
	{name: "increment: double by an integer", ask: transforms(0.5, increment(1)), want: "1.5 {v:1.5}"},
	{name: "increment: text becomes the operand", ask: transforms("x", increment(2)), want: "2 {v:2}"},
	{name: "increment: up to the largest", ask: transforms(math.MaxInt64, increment(1)), want: "9223372036854775807 {v:9223372036854775807}"},
	{name: "increment: down to the smallest", ask: transforms(math.MinInt64, increment(-1)), want: "-9223372036854775808 {v:-9223372036854775808}"},
	{name: "increment: NaN", ask: transforms(math.NaN(), increment(1)), want: "NaN {v:NaN}"},
	{name: "increment: by text", ask: transforms(1, increment("x")), want: "InvalidArgument"},
	{name: "maximum: larger", ask: transforms(1, maximum(2)), want: "2 {v:2}"},
	{name: "maximum: smaller", ask: transforms(2, maximum(1)), want: "2 {v:2}"},
	{name: "maximum: of null", ask: transforms(nil, maximum(1)), want: "1 {v:1}"},
	{name: "maximum: equal keeps the stored type", ask: transforms(1, maximum(1.0)), want: "1 {v:1}"},
	{name: "maximum: NaN in the document", ask: transforms(math.NaN(), maximum(1)), want: "NaN {v:NaN}"},
	{name: "maximum: NaN in the request", ask: transforms(1, maximum(math.NaN())), want: "NaN {v:NaN}"},
	{name: "minimum: smaller", ask: transforms(2, minimum(1)), want: "1 {v:1}"},
	{name: "minimum: larger", ask: transforms(1, minimum(2)), want: "1 {v:1}"},
	{name: "minimum: equal keeps the stored type", ask: transforms(2.0, minimum(2)), want: "2.0 {v:2.0}"},
	{name: "minimum: negative zero", ask: transforms(0, minimum(math.Copysign(0, -1))), want: "0 {v:0}"},
	{name: "minimum: of text", ask: transforms("x", minimum(1)), want: "1 {v:1}"},
	{name: "union: appends what is missing", ask: transforms([]any{1, 2}, appended(2, 3, 3)), want: "null {v:[1 2 3]}"},
	{name: "union: 1.0 is 1", ask: transforms([]any{1}, appended(1.0)), want: "null {v:[1]}"},
	{name: "union: keeps what is there twice", ask: transforms([]any{1, 1}, appended(2)), want: "null {v:[1 1 2]}"},
	{name: "union: of no array", ask: transforms("x", appended(1)), want: "null {v:[1]}"},
	{name: "union: of nothing", ask: transforms([]any{1}, appended()), want: "null {v:[1]}"},
	{name: "union: maps", ask: transforms([]any{map[string]any{"a": 1}}, appended(map[string]any{"a": 1.0})), want: "null {v:[{a:1}]}"},
	{name: "union: of an array", ask: transforms([]any{1}, appended([]any{1})), want: "InvalidArgument",
		google: "null {v:[1 [1]]}", why: "production as ours: an array cannot contain another array (data-types, read 2026-11)"},
	{name: "removal: all there are", ask: transforms([]any{1, 2, 1}, taken(1)), want: "null {v:[2]}"},
	{name: "removal: 1.0 is 1", ask: transforms([]any{1, 2}, taken(1.0)), want: "null {v:[2]}"},
	{name: "removal: of no array", ask: transforms("x", taken(1)), want: "null {v:[]}"},
	{name: "removal: NaN", ask: transforms([]any{math.NaN(), 1}, taken(math.NaN())), want: "null {v:[1]}"},
	{name: "removal: null", ask: transforms([]any{nil, 1}, taken(nil)), want: "null {v:[1]}"},
	{name: "transform: creates", want: "OK {n:2}", ask: func(c *conversation) string {
		return c.transform("c/new", "n", increment(2)) + " " + c.get("c/new")
	}},
	{name: "transform: creates maps on the way", want: "OK {m:{n:2}}", ask: func(c *conversation) string {
		return c.transform("c/new", "m.n", increment(2)) + " " + c.get("c/new")
	}},
	{name: "transform: of what has to exist", want: "NotFound", ask: func(c *conversation) string {
		return c.commit(when(true, c.transformWrite("c/new", "n", increment(2))))
	}},
	{name: "transform: twice in one write", want: "OK {n:6}", ask: func(c *conversation) string {
		w := c.transformWrite("c/new", "n", increment(2))
		w.GetTransform().FieldTransforms = append(w.GetTransform().GetFieldTransforms(), named("n", maximum(6)))
		return c.commit(w) + " " + c.get("c/new")
	}},
	{name: "transform: time of the request", want: "true", ask: func(c *conversation) string {
		f := &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_SetToServerValue{
			SetToServerValue: pb.DocumentTransform_FieldTransform_REQUEST_TIME}}
		resp := c.must(c.transformWrite("c/new", "t", f))
		got := resp.GetWriteResults()[0].GetTransformResults()[0].GetTimestampValue()
		return fmt.Sprint(got.GetNanos()%1_000_000 == 0 && !got.AsTime().After(resp.GetCommitTime().AsTime()))
	}},
	{name: "transform: 500 of a document", ask: counted(500), want: "OK"},
	{name: "transform: 501 of a document", ask: counted(501), want: "InvalidArgument",
		google: "OK", why: "production as ours: at most 500 (cloud.google.com/firestore/quotas, read 2026-11-21)"},
	{name: "transform: of no type", want: "InvalidArgument", ask: func(c *conversation) string {
		return c.transform("c/new", "n", &pb.DocumentTransform_FieldTransform{})
	}},
	{name: "transform: of a bad path", want: "InvalidArgument", ask: func(c *conversation) string {
		return c.transform("c/new", "a b", increment(1))
	}},
}

// counted transforms as many fields of a document.
func counted(n int) func(*conversation) string {
	return func(c *conversation) string {
		w := c.masked("c/d", nil)
		for i := range n {
			w.UpdateTransforms = append(w.UpdateTransforms, named(fmt.Sprintf("f%d", i), increment(1)))
		}
		return c.commit(w)
	}
}

func named(path string, f *pb.DocumentTransform_FieldTransform) *pb.DocumentTransform_FieldTransform {
	f.FieldPath = path
	return f
}

func (c *conversation) transformWrite(path, field string, f *pb.DocumentTransform_FieldTransform) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Transform{Transform: &pb.DocumentTransform{
		Document: c.doc(path), FieldTransforms: []*pb.DocumentTransform_FieldTransform{named(field, f)},
	}}}
}

func (c *conversation) transform(path, field string, f *pb.DocumentTransform_FieldTransform) string {
	return c.commit(c.transformWrite(path, field, f))
}

// writes answers the code of one write.
func writes(w func(*conversation) *pb.Write) func(*conversation) string {
	return func(c *conversation) string { return c.commit(w(c)) }
}

var badWriteCases = []conformanceCase{
	{name: "bad write: a collection", ask: writes(set("c", nil)), want: "InvalidArgument"},
	{name: "bad write: an empty ID", ask: writes(set("c/", nil)), want: "InvalidArgument"},
	{name: "bad write: ID .", ask: writes(set("c/.", nil)), want: "InvalidArgument"},
	{name: "bad write: ID ..", ask: writes(set("c/..", nil)), want: "InvalidArgument"},
	{name: "bad write: reserved ID", ask: writes(set("c/__x__", nil)), want: "InvalidArgument"},
	{name: "bad write: ID of 1501 bytes", ask: writes(set("c/"+strings.Repeat("x", 1501), nil)), want: "InvalidArgument"},
	{name: "write: ID of 1500 bytes", ask: writes(set("c/"+strings.Repeat("x", 1500), nil)), want: "OK"},
	{name: "bad write: reserved field", ask: writes(set("c/d", map[string]any{"__x__": 1})), want: "InvalidArgument"},
	{name: "bad write: empty field", ask: writes(set("c/d", map[string]any{"": 1})), want: "InvalidArgument"},
	{name: "bad write: field of 1501 bytes", ask: writes(set("c/d", map[string]any{strings.Repeat("x", 1501): 1})), want: "InvalidArgument"},
	{name: "bad write: mask with a space", ask: writes(patch("c/d", nil, "a b")), want: "InvalidArgument"},
	{name: "bad write: mask that starts with a digit", ask: writes(patch("c/d", nil, "1a")), want: "InvalidArgument"},
	{name: "bad write: empty mask path", ask: writes(patch("c/d", nil, "")), want: "InvalidArgument"},
	{name: "bad write: mask that ends in a dot", ask: writes(patch("c/d", nil, "a.")), want: "InvalidArgument"},
	{name: "bad write: mask of the name", ask: writes(patch("c/d", nil, "__name__")), want: "InvalidArgument",
		google: "OK", why: "production unknown"},
	{name: "write: mask with a path below another", ask: writes(patch("c/d", nil, "a", "a.b")), want: "OK"},
	{name: "bad write: document of over 1 MiB", want: "InvalidArgument", ask: writes(set("c/d", map[string]any{
		"a": strings.Repeat("x", 600<<10), "b": strings.Repeat("x", 600<<10)}))},
	{name: "bad write: document of another database", want: "InvalidArgument", ask: func(c *conversation) string {
		return c.commit(&pb.Write{Operation: &pb.Write_Delete{Delete: "projects/q/databases/(default)/documents/c/d"}})
	},
		google: "OK", why: "production unknown: the emulator does not compare the two names"},
	{name: "bad write: database without a name", want: "InvalidArgument", ask: func(c *conversation) string {
		_, err := c.Commit(c.t.Context(), &pb.CommitRequest{Database: "projects/p"})
		return codeOf(err)
	}},
}

var readCases = []conformanceCase{
	{name: "get: nothing", ask: func(c *conversation) string { return c.get("c/d") }, want: "NotFound"},
	{name: "get: a collection", ask: func(c *conversation) string { return c.get("c") }, want: "InvalidArgument"},
	{name: "get: below what is not there", want: "{a:1} NotFound", ask: func(c *conversation) string {
		c.must(c.update("c/d/e/f", map[string]any{"a": 1}))
		return c.get("c/d/e/f") + " " + c.get("c/d")
	}},
	{name: "get: with a mask", want: "{m:{x:1}}", ask: func(c *conversation) string {
		c.must(c.update("c/d", map[string]any{"a": 1, "m": map[string]any{"x": 1, "y": 2}}))
		d, err := c.GetDocument(c.t.Context(), &pb.GetDocumentRequest{Name: c.doc("c/d"), Mask: &pb.DocumentMask{FieldPaths: []string{"m.x", "none"}}})
		if err != nil {
			return codeOf(err)
		}
		return c.fields(d.GetFields())
	}},
	{name: "batch get: found, missing and twice", want: "found:a missing:b", ask: func(c *conversation) string {
		c.must(c.update("c/a", nil))
		return c.batchGet("c/a", "c/b", "c/a")
	}},
	{name: "batch get: nothing", want: "", ask: func(c *conversation) string { return c.batchGet() }},
	{name: "batch get: a collection", want: "InvalidArgument", ask: func(c *conversation) string { return c.batchGet("c") }},
}
