package firestore

import "strings"

// pathed queries documents with odd field names.
func pathed(clauses ...clause) func(*conversation) string {
	return func(c *conversation) string {
		c.fill(map[string]map[string]any{
			"c/a": {"m": object("x", object("y", 1))}, "c/b": {"m.x.y": 1}, "c/d": {"m": object("x.y", 1)}, "c/e": {"a b": 1},
			"c/f": {"1": 1}, "c/g": {"`": 1}, "c/h": {"\\": 1}, "c/i": {"é": 1}, "c/j": {"m": []any{object("x", 1)}}, "c/k": {"m": object("x", nil)},
		})
		return c.query(c.root(), queryOf(clauses...))
	}
}

func holding(path string) clause { return filtered(fieldFilter(path, eq, intValue(1))) }

var pathCases = []conformanceCase{
	{name: "path: through maps", ask: pathed(holding("m.x.y")), want: "a"},
	{name: "path: a name with dots", ask: pathed(holding("`m.x.y`")), want: "b"},
	{name: "path: a quoted name below a map", ask: pathed(holding("m.`x.y`")), want: "d"},
	{name: "path: a name with a space", ask: pathed(holding("`a b`")), want: "e"},
	{name: "path: a number", ask: pathed(holding("`1`")), want: "f"},
	{name: "path: a backquote", ask: pathed(holding("`\\``")), want: "g"},
	{name: "path: a backslash", ask: pathed(holding("`\\\\`")), want: "h"},
	{name: "path: beyond ASCII, quoted", ask: pathed(holding("`é`")), want: "i"},
	{name: "path: beyond ASCII, bare", ask: pathed(holding("é")), want: "InvalidArgument"},
	{name: "path: quoted without need", ask: pathed(holding("`m`.`x`.`y`")), want: "a"},
	{name: "path: not through arrays", ask: pathed(holding("m.x")), want: ""},
	{name: "path: equal to a map", ask: pathed(filtered(fieldFilter("m", eq, valueOf(object("x", object("y", 1)))))), want: "a"},
	{name: "path: is null below a map", ask: pathed(filtered(unaryFilter("m.x", 3))), want: "k"},
	{name: "path: order below a map", ask: pathed(by("m.x")), want: "k a"},
	{name: "path: order by a quoted name", ask: pathed(by("`m.x.y`")), want: "b"},
	{name: "path: the same order in two spellings", ask: pathed(by("m", "`m`")), want: "InvalidArgument"},
	{name: "path: trailing dot", ask: pathed(holding("m.")), want: "InvalidArgument"},
	{name: "path: leading dot", ask: pathed(holding(".m")), want: "InvalidArgument"},
	{name: "path: empty quoted name", ask: pathed(holding("``")), want: "InvalidArgument"},
	{name: "path: text after a backquote", ask: pathed(holding("`m`x")), want: "InvalidArgument"},
	{name: "path: bad escape", ask: pathed(holding("`\\n`")), want: ""},
	{name: "path: a hyphen", ask: pathed(holding("a-b")), want: "InvalidArgument"},
	{name: "path: the name below a map", ask: pathed(holding("m.__name__")), want: "InvalidArgument"},
	{name: "path: of 1501 bytes", ask: pathed(holding(strings.Repeat("x", 1501))), want: "InvalidArgument"},
	{name: "path: 21 names deep", ask: pathed(holding(strings.Repeat("m.", 20) + "m")), want: "",
		google: "InvalidArgument", why: "production unknown: no stored field lies that deep"},
	{name: "path: select quoted names", want: "{a:{c.d:3} a.b:1}", ask: func(c *conversation) string {
		c.must(c.update("c/d", map[string]any{"a.b": 1, "a": object("b", 2, "c.d", 3), "e": 4}))
		docs, err := c.found(c.root(), queryOf(selected("`a.b`", "a.`c.d`")))
		if err != nil {
			return codeOf(err)
		}
		return c.fields(docs[0].GetFields())
	}},
	{name: "path: select a bad path", ask: pathed(selected("a b")), want: "InvalidArgument"},
	{name: "path: select a field twice", ask: pathed(selected("m", "m"), limit(1)), want: "a"},
	{name: "path: select a map and a field of it", want: "{a:{b:2 c:3}}", ask: func(c *conversation) string {
		c.must(c.update("c/d", map[string]any{"a": object("b", 2, "c", 3)}))
		docs, err := c.found(c.root(), queryOf(selected("a.b", "a")))
		if err != nil {
			return codeOf(err)
		}
		return c.fields(docs[0].GetFields())
	}},
	{name: "path: mask with a quoted dot", ask: then(patch("c/d", map[string]any{"m": object("x.y", 5)}, "m.`x.y`")), want: "OK {a:1 m:{x:1 x.y:5 y:2}}"},
	{name: "path: transform of a quoted path", want: "OK {a b:1 m:{x.y:1}}", ask: func(c *conversation) string {
		return c.commit(c.transformWrite("c/d", "m.`x.y`", increment(1)), c.transformWrite("c/d", "`a b`", increment(1))) + " " + c.get("c/d")
	}},
	{name: "path: field names that need quotes", ask: kept(map[string]any{"a.b": 1, " ": 2, "`": 3, "\\": 4, "/": 5, "*~[]": 6}), want: "{v:{ :2 *~[]:6 /:5 \\:4 `:3 a.b:1}}"},
	{name: "path: field __", ask: func(c *conversation) string { return c.commit(c.update("c/d", map[string]any{"__": 1})) }, want: "OK"},
	{name: "path: field ___", ask: func(c *conversation) string { return c.commit(c.update("c/d", map[string]any{"___": 1})) }, want: "OK"},
	{name: "path: field ____", ask: func(c *conversation) string { return c.commit(c.update("c/d", map[string]any{"____": 1})) }, want: "InvalidArgument",
		google: "OK", why: "production as ours: a field name cannot match __.*__ (cloud.google.com/firestore/quotas, read 2026-11-21)"},
	{name: "path: reserved field below a map", ask: kept(object("__x__", 1)), want: "InvalidArgument"},
	{name: "path: field of 1500 bytes", ask: func(c *conversation) string {
		return c.commit(c.update("c/d", map[string]any{strings.Repeat("x", 1500): 1}))
	}, want: "OK"},
}
