package tests

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/bus"
)

// function is the code of one function.
type function struct {
	name  string
	files []source // without tests
}

// functions are the folders below functions/, but for the one that links them all.
func functions(t *testing.T) []function {
	t.Helper()
	files := map[string][]source{}
	for _, s := range sources(t) {
		if name, ok := strings.CutPrefix(s.dir(), "functions/"); ok && name != "all" && !s.isTest() {
			files[name] = append(files[name], s)
		}
	}
	var list []function
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list = append(list, function{name, files[name]})
	}
	require.NotEmpty(t, list)
	return list
}

func topology(t *testing.T) infra.Topology {
	t.Helper()
	top, err := infra.Read()
	require.NoError(t, err)
	return top
}

// A newcomer understands a function from its package comment alone.
func TestEveryFunctionTellsWhatItDoes(t *testing.T) {
	t.Parallel()
	for _, f := range functions(t) {
		n := slices.IndexFunc(f.files, func(s source) bool { return s.name == "functions/"+f.name+"/function.go" })
		require.GreaterOrEqual(t, n, 0, "%s has no function.go", f.name)
		tree := f.files[n].tree
		assert.Equal(t, f.name, tree.Name.Name)
		doc := tree.Doc.Text()
		assert.True(t, strings.HasPrefix(doc, "Package "+f.name+" "), "%s: %s", f.name, doc)
		for _, word := range []string{"Trigger", "Changes", "Hints", "Repeats"} {
			assert.Regexp(t, `(?m)^\t`+word+` +\S`, doc, "%s does not tell it", f.name)
		}
		for _, s := range f.files {
			assert.Empty(t, without("Register", exported(s.tree)), "%s: a function has one exported name", s.name)
		}
	}
}

// exported are the exported functions, types, variables and constants of a file; methods are their types' matter.
func exported(tree *ast.File) []string {
	var names []string
	add := func(n *ast.Ident) {
		if n.IsExported() {
			names = append(names, n.Name)
		}
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					add(spec.Name)
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						add(n)
					}
				}
			}
		}
	}
	return names
}

func without(name string, list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == name })
}

// Every function is linked into the program, deployed, and nothing else is.
func TestEveryFunctionIsLinkedAndDeployed(t *testing.T) {
	t.Parallel()
	var folders, linked []string
	for _, f := range functions(t) {
		folders = append(folders, f.name)
	}
	for _, s := range sources(t) {
		if s.dir() == "functions/all" {
			for _, imported := range imports(t, s) {
				linked = append(linked, strings.TrimPrefix(imported, "functions/"))
			}
		}
	}
	slices.Sort(linked)
	assert.Equal(t, folders, linked, "functions/all")
	assert.Equal(t, folders, topology(t).Names(), "infra/topology.yaml")
}

// A route of the contract leads to the function its operations are tagged with, and to no other.
func TestEveryRouteOfTheContractIsServedByTheFunctionOfItsTag(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	for _, op := range operations(t) {
		if !slices.Contains(want[op.Tag], op.Path) {
			want[op.Tag] = append(want[op.Tag], op.Path)
		}
	}
	for name, f := range topology(t).Functions {
		if f.Public {
			for _, route := range f.Routes {
				assert.False(t, strings.HasPrefix(route, "/v1/"), "%s is public: strangers call it", name)
			}
			continue
		}
		assert.ElementsMatch(t, want[name], f.Routes, name)
		delete(want, name)
	}
	assert.Empty(t, want, "no function serves these")
}

// What a function handles is what the deployment sends it: events, timers and schedules.
func TestEveryFunctionHandlesWhatItIsSent(t *testing.T) {
	t.Parallel()
	top, names := topology(t), constants(t)
	for _, f := range functions(t) {
		got := registered(t, f, names)
		if got["DeadLetters"] != nil {
			got["events"] = append(got["events"], bus.MessageReceivedDead, bus.HintsDead)
		}
		var events []string
		for topic, all := range top.Topics {
			if _, ok := all.Subscriptions[f.name]; ok {
				events = append(events, topic)
			}
		}
		assert.ElementsMatch(t, events, got["events"], "%s: events", f.name)
		assert.ElementsMatch(t, top.Functions[f.name].Timers, got["Timer"], "%s: timers", f.name)
		assert.ElementsMatch(t, slices.Collect(maps.Keys(top.Functions[f.name].Schedules)), got["Schedule"], "%s: schedules", f.name)
	}
}

// Every event there is has a topic that somebody is sent, every other topic is for dead letters, and no topic is of
// nothing.
func TestEveryEventHasATopic(t *testing.T) {
	t.Parallel()
	top := topology(t)
	events := []string{bus.MessageReceived}
	for name, value := range constants(t) {
		if strings.HasPrefix(name, "desk.Hint") {
			events = append(events, value)
		}
	}
	require.Greater(t, len(events), 1)
	for topic, all := range top.Topics {
		if strings.HasSuffix(topic, ".dead") {
			require.Contains(t, all.Subscriptions, "kept", "%s: who keeps the dead letters?", topic)
			assert.Empty(t, all.Subscriptions["kept"].DeadLetter, "%s: there is nowhere else to go", topic)
			continue
		}
		assert.Contains(t, events, topic, "no event is named so")
		for reader, sub := range all.Subscriptions {
			assert.NotEmpty(t, sub.DeadLetter, "%s.%s", topic, reader)
		}
	}
	for _, event := range events {
		assert.NotEmpty(t, top.Topics[event].Subscriptions, "%s reaches nobody", event)
	}
}

// constants are the text constants of shared/desk and shared/bus by qualified name.
func constants(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, s := range sources(t) {
		if s.dir() != "shared/desk" && s.dir() != "shared/bus" || s.isTest() {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, v := range spec.Values {
				if text, ok := literal(v); ok {
					values[s.tree.Name.Name+"."+spec.Names[i].Name] = text
				}
			}
			return true
		})
	}
	return values
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// registered finds what a function registers with Deps.Events ("events"), Deps.DeadLetters, Deps.Timer and Deps.Schedule.
func registered(t *testing.T, f function, names map[string]string) map[string][]string {
	t.Helper()
	got := map[string][]string{}
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "DeadLetters" && len(n.Args) == 2 {
				got[sel.Sel.Name] = []string{"all"}
			}
			if ok && (sel.Sel.Name == "Timer" || sel.Sel.Name == "Schedule") && len(n.Args) == 3 {
				name, ok := literal(n.Args[1])
				require.True(t, ok, "%s: the name of a timer or schedule is written out", f.name)
				got[sel.Sel.Name] = append(got[sel.Sel.Name], name)
			}
		case *ast.CompositeLit:
			m, ok := n.Type.(*ast.MapType)
			if !ok {
				return true
			}
			if of, ok := m.Value.(*ast.SelectorExpr); !ok || selector(of) != "host.EventFunc" {
				return true
			}
			for _, e := range n.Elts {
				key, ok := e.(*ast.KeyValueExpr).Key.(*ast.SelectorExpr)
				require.True(t, ok, "%s: events have a constant", f.name)
				event, ok := names[selector(key)]
				require.True(t, ok, "%s: %s", f.name, selector(key))
				got["events"] = append(got["events"], event)
			}
		}
		return true
	}
	for _, s := range f.files {
		ast.Inspect(s.tree, visit)
	}
	return got
}
