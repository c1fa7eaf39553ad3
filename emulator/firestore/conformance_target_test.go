package firestore

import (
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// follows listens to several targets over c/a {v:1} and c/b {v:2}, and answers what each has after each write.
func follows(targets func(*conversation) []*pb.Target, steps ...func(*conversation) *pb.Write) func(*conversation) string {
	return func(c *conversation) string {
		c.must(c.update("c/a", v(1)), c.update("c/b", v(2)))
		list := targets(c)
		for i, t := range list {
			t.TargetId = int32(i + 1)
		}
		l := c.listen(list...)
		out := l.initial()
		for _, step := range steps {
			out += l.after(step(c))
		}
		return out
	}
}

// once makes a target end when it is current.
func once(t *pb.Target) *pb.Target {
	t.Once = true
	return t
}

// targeted answers how a stream ends that is sent one target after another with these IDs.
func targeted(ids ...int32) func(*conversation) string {
	return func(c *conversation) string {
		var targets []*pb.Target
		for _, id := range ids {
			t := c.results()
			t.TargetId = id
			targets = append(targets, t)
		}
		l := c.listen(targets...)
		for range 5 {
			if out := l.initial(); out != "" && out != " / " {
				return out
			}
		}
		return "nothing"
	}
}

var targetCases = []conformanceCase{
	{name: "target: a query and a document", want: "b{v:2} / a{v:1} | a{v:3} b{v:2} / a{v:3} | b{v:2} / ", ask: follows(func(c *conversation) []*pb.Target {
		return []*pb.Target{c.results(filtered(is(gt, 1))), c.documents("c/a")}
	}, set("c/a", v(3)), removed("c/a"))},
	{name: "target: two queries that share documents", want: "b{v:2} / a{v:1} b{v:2} | b{v:3} / a{v:1} | a{v:2} b{v:3} / a{v:2} | a{v:2} / a{v:2}", ask: follows(func(c *conversation) []*pb.Target {
		return []*pb.Target{c.results(filtered(is(gt, 1))), c.results(filtered(is(lt, 3)))}
	}, set("c/b", v(3)), set("c/a", v(2)), removed("c/b"))},
	{name: "target: the same query twice", want: "a{v:1} b{v:2} / a{v:1} b{v:2} | a{v:1} b{v:2} x{v:3} / a{v:1} b{v:2} x{v:3}", ask: follows(func(c *conversation) []*pb.Target {
		return []*pb.Target{c.results(), c.results()}
	}, set("c/x", v(3)))},
	{name: "target: one of two is removed", want: "a{v:1} /  | REMOVE OK | b{v:2}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		first, second := c.results(), c.documents("c/b")
		first.TargetId, second.TargetId = 1, 2
		l := c.listen(first, second)
		out := l.initial()
		l.remove(1)
		out += " | " + l.initial()
		delete(l.have, 1)
		delete(l.current, 1)
		return out + l.after(c.update("c/b", v(2)), c.update("c/a", v(5)))
	}},
	{name: "target: added later", want: "a{v:1} | a{v:1} / a{v:1} | a{v:2} / a{v:2}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.documents("c/a"))
		out := l.initial()
		second := c.results()
		second.TargetId = 2
		l.add(second)
		return out + " | " + l.initial() + l.after(c.update("c/a", v(2)))
	}},
	{name: "target: an ID again after its removal", want: "a{v:1} | REMOVE OK |  | b{v:2}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.results())
		out := l.initial()
		l.remove(1)
		out += " | " + l.initial()
		clear(l.have[1])
		l.add(c.results(filtered(is(eq, 2))))
		return out + " | " + l.initial() + l.after(c.update("c/b", v(2)))
	}},
	{name: "target: once", want: "a{v:1} | REMOVE OK",
		google: "a{v:1} | a{v:2}", why: "production as ours: removed once current and consistent (firestore.proto, Target.once); the emulator keeps it", ask: func(c *conversation) string {
			c.must(c.update("c/a", v(1)))
			l := c.listen(once(c.results()))
			return l.initial() + l.after(c.update("c/a", v(2)))
		}},
	{name: "target: once for a document", want: " | REMOVE OK",
		google: " | a{v:2}", why: "production as ours: removed once current and consistent (firestore.proto, Target.once); the emulator keeps it", ask: func(c *conversation) string {
			l := c.listen(once(c.documents("c/a")))
			return l.initial() + l.after(c.update("c/a", v(2)))
		}},
	{name: "target: a document with transforms alone", want: " | a{n:1} | a{n:2}", ask: func(c *conversation) string {
		l := c.listen(c.documents("c/a"))
		return l.initial() + l.after(c.transformWrite("c/a", "n", increment(1))) + l.after(c.transformWrite("c/a", "n", increment(1)))
	}},
	{name: "target: a query and transforms alone", want: " | a{v:2} | a{v:3}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.results(filtered(is(gt, 1))))
		return l.initial() + l.after(c.transformWrite("c/a", "v", increment(1))) + l.after(c.transformWrite("c/a", "v", increment(1)))
	}},
	{name: "target: several documents of several collections", want: "z{v:9} | y{v:1}", ask: func(c *conversation) string {
		c.must(c.update("d/z", v(9)))
		l := c.listen(c.documents("c/a", "d/z", "d/y"))
		return l.initial() + l.after(c.remove("d/z"), c.update("d/y", v(1)))
	}},
	{name: "target: a document named twice", want: "a{v:1} | a{v:2}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.documents("c/a", "c/a"))
		return l.initial() + l.after(c.update("c/a", v(2)))
	}},
	{name: "target: limit pushed out and in again", want: "a{v:1} b{v:2} | a{v:1} x{v:0} | x{v:0} y{v:-1} | a{v:1} y{v:-1} | a{v:1} b{v:2}", ask: watches([]clause{by("v"), limit(2)}, set("c/x", v(0)), set("c/y", v(-1)), removed("c/x"), set("c/y", v(9)))},
	{name: "target: limit downwards", want: "b{v:2} | x{v:5} | b{v:2}", ask: watches([]clause{by("-v"), limit(1)}, set("c/x", v(5)), set("c/x", v(0)))},
	{name: "target: offset", want: "b{v:2} | a{v:1} b{v:2} | b{v:2}", ask: watches([]clause{by("v"), offset(1)}, set("c/x", v(0)), removed("c/a"))},
	{name: "target: cursor", want: "b{v:2} | b{v:2} x{v:3} | x{v:3}", ask: watches([]clause{by("v"), from(true, 2)}, set("c/x", v(3)), set("c/b", v(1)))},
	{name: "target: not in", want: "b{v:2} | a{v:3} b{v:2} | a{v:3}", ask: watches([]clause{filtered(is(notAny, []any{1}))}, set("c/a", v(3)), set("c/b", v(1)))},
	{name: "target: in", want: "a{v:1} | a{v:1} b{v:5} | b{v:5}", ask: watches([]clause{filtered(is(in, []any{1, 5}))}, set("c/b", v(5)), set("c/a", v(2)))},
	{name: "target: contains any", want: " | b{v:[5]} | ", ask: watches([]clause{filtered(is(hasAny, []any{1, 5}))},
		set("c/b", map[string]any{"v": []any{5}}), set("c/b", map[string]any{"v": []any{6}}))},
	{name: "target: is null", want: " | a{v:null} | ", ask: watches([]clause{filtered(unaryFilter("v", 3))}, set("c/a", map[string]any{"v": nil}), removed("c/a"))},
	{name: "target: select", want: "a{} b{} | a{k:1} b{}", ask: watches([]clause{selected("k")}, set("c/a", map[string]any{"v": 1, "k": 1}))},
	{name: "target: a change that is none", want: "a{v:1} | a{v:1} b{v:1}", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.results())
		out := l.initial()
		c.must(c.update("c/a", v(1)))
		return out + l.after(c.update("c/b", v(1)))
	}},
	{name: "target: created and deleted in one commit", want: " | b{v:1}", ask: func(c *conversation) string {
		l := c.listen(c.results())
		return l.initial() + l.after(c.update("c/a", v(1)), c.remove("c/a"), c.update("c/b", v(1)))
	}},
	{name: "target: resumes where a document was deleted", want: "a{v:1} b{v:2} | a{v:1}", ask: misses(nil, removed("c/b"))},
	{name: "target: resumes where a document left", want: "a{v:1} b{v:2} | a{v:1}", ask: misses([]clause{filtered(is(gt, 0))}, set("c/b", v(0)))},
	{name: "target: resumes a limit", want: "a{v:1} | x{v:0}", ask: misses([]clause{by("v"), limit(1)}, set("c/x", v(0)))},
	{name: "target: resumes a document that was deleted", want: "a{v:1} | ", ask: func(c *conversation) string {
		c.must(c.update("c/a", v(1)))
		l := c.listen(c.documents("c/a"))
		out := l.initial()
		c.must(c.remove("c/a"))
		return out + " | " + l.resumed().initial()
	}},
	{name: "target: resumes at a read time", want: "a{v:1} b{v:2}", ask: func(c *conversation) string {
		at := c.must(c.update("c/a", v(1))).GetCommitTime()
		c.must(c.update("c/b", v(2)))
		t := c.results()
		t.ResumeType = &pb.Target_ReadTime{ReadTime: timestamppb.New(at.AsTime().Truncate(time.Microsecond))}
		l := c.listen(t)
		l.have[1]["a"] = "{v:1}"
		return l.initial()
	}},
	{name: "target: bad token", want: "REMOVE InvalidArgument",
		google: "", why: "production unknown: the emulator takes it for none", ask: func(c *conversation) string {
			t := c.results()
			t.ResumeType = &pb.Target_ResumeToken{ResumeToken: []byte("x")}
			return c.listen(t).initial()
		}},
	{name: "target: no documents", want: "REMOVE InvalidArgument",
		google: "", why: "production unknown", ask: func(c *conversation) string { return c.listen(c.documents()).initial() }},
	{name: "target: bad document", want: "REMOVE InvalidArgument", ask: func(c *conversation) string { return c.listen(c.documents("c")).initial() }},
	{name: "target: neither documents nor query", want: "REMOVE InvalidArgument",
		google: "Unknown", why: "production unknown: the emulator fails without a code", ask: func(c *conversation) string {
			return c.listen(&pb.Target{TargetId: 1}).initial()
		}},
	{name: "target: query of another database", want: "REMOVE InvalidArgument",
		google: "", why: "production unknown", ask: func(c *conversation) string {
			t := c.results()
			t.GetQuery().Parent = "projects/q/databases/(default)/documents"
			return c.listen(t).initial()
		}},
	{name: "target: document of another database", want: "REMOVE InvalidArgument",
		google: "", why: "production unknown", ask: func(c *conversation) string {
			t := c.documents()
			t.GetDocuments().Documents = []string{"projects/q/databases/(default)/documents/c/d"}
			return c.listen(t).initial()
		}},
	{name: "target: negative ID", want: "InvalidArgument",
		google: "Unknown", why: "production unknown: the emulator fails without a code", ask: targeted(-1)},
	{name: "target: an ID twice", want: "InvalidArgument",
		google: "Unknown", why: "production unknown: the emulator fails without a code", ask: targeted(1, 1)},
	{name: "target: removes what is not there", want: "InvalidArgument",
		google: "a{v:1}", why: "production unknown: the emulator says nothing", ask: func(c *conversation) string {
			c.must(c.update("c/a", v(1)))
			l := c.listen()
			l.remove(7)
			l.add(c.results())
			return l.initial()
		}},
	{name: "target: bad database", want: "InvalidArgument",
		google: "Unknown", why: "production unknown: the emulator fails without a code", ask: func(c *conversation) string {
			stream, err := c.Listen(c.routed(c.t.Context()))
			if err != nil {
				return codeOf(err)
			}
			if err := stream.Send(&pb.ListenRequest{Database: "projects/p"}); err != nil {
				return codeOf(err)
			}
			_, err = stream.Recv()
			return codeOf(err)
		}},
}
