package tests

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// module is how import paths of the project begin.
const module = "github.com/deskline/deskline/"

// imports are the paths a file imports, those of the project from its root.
func imports(t *testing.T, s source) []string {
	t.Helper()
	var list []string
	for _, i := range s.tree.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		require.NoError(t, err, s.name)
		list = append(list, strings.TrimPrefix(name, module))
	}
	return list
}

// below reports whether the import is the folder or module, or below it.
func below(imported string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return imported == f || strings.HasPrefix(imported, f+"/") })
}

// standard reports whether the import is of Go's own library.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && !below(imported, "functions", "shared", "infra", "emulator", "tests")
}

// outside are the clients and frameworks that one package each knows, so that another cloud or another version is one
// package's matter.
var outside = map[string]string{
	"github.com/GoogleCloudPlatform/functions-framework-go": "shared/host",
	"cloud.google.com/go/firestore":                         "shared/store",
	"cloud.google.com/go/pubsub":                            "shared/bus",
	"cloud.google.com/go/pubsub/v2":                         "shared/bus",
	"cloud.google.com/go/cloudtasks":                        "shared/timer",
	"github.com/coreos/go-oidc/v3":                          "shared/auth",
	"github.com/getkin/kin-openapi":                         "shared/api",
}

func TestWhoMayImportWhom(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, imported := range imports(t, s) {
			assert.Empty(t, forbidden(s, imported), "%s imports %s", s.name, imported)
		}
	}
}

// forbidden says why a file must not import something; empty when it may. Tests may use the suite and any client.
func forbidden(s source, imported string) string {
	product := (s.in("functions") || s.in("shared") || s.in("infra")) && !s.isTest()
	switch {
	case s.name == "functions/main.go" && imported == "functions/all":
		return ""
	case s.in("functions") && below(imported, "functions") && s.dir() != "functions/all":
		return "functions meet through the store and the bus, never in code"
	case s.in("shared") && below(imported, "functions"):
		return "what is shared knows no function"
	case product && below(imported, "emulator", "tests"):
		return "the product does not know what it is tested with"
	case s.in("shared/desk") && !s.isTest() && !standard(imported) && imported != "shared/fault" && imported != "shared/fold":
		return "the rules know only faults, how texts compare, and the standard library"
	case s.in("shared/fold") && !s.isTest() && !standard(imported) && !below(imported, "golang.org/x/text"):
		return "how texts compare is no matter of the product's"
	case s.in("shared/fault") && !s.isTest() && !standard(imported):
		return "faults know only the standard library"
	}
	for client, owner := range outside {
		if product && below(imported, client) && !s.in(owner) {
			return "only " + owner + " knows it"
		}
	}
	return ""
}

// The rules above find what they are there for.
func TestImportRulesBite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, imported string
		ok             bool
	}{
		{"functions/routing/pass.go", "functions/timeout", false},
		{"functions/routing/pass_test.go", "functions/all", false},
		{"functions/all/all.go", "functions/timeout", true},
		{"functions/main.go", "functions/all", true},
		{"functions/routing/pass.go", "shared/store", true},
		{"functions/routing/pass.go", "cloud.google.com/go/firestore/apiv1", false},
		{"functions/intake/function.go", "emulator/graph", false},
		{"functions/intake/function_test.go", "emulator/graph", true},
		{"shared/desk/offer.go", "shared/fault", true},
		{"shared/desk/search.go", "shared/fold", true},
		{"shared/desk/search.go", "golang.org/x/text/cases", false},
		{"shared/fold/fold.go", "golang.org/x/text/cases", true},
		{"shared/fold/fold.go", "shared/desk", false},
		{"shared/desk/offer.go", "shared/store", false},
		{"shared/desk/offer.go", "github.com/google/uuid", false},
		{"shared/desk/offer_test.go", "pgregory.net/rapid", true},
		{"shared/view/view.go", "functions/feed", false},
		{"shared/store/store.go", "cloud.google.com/go/firestore", true},
		{"shared/bus/bus.go", "cloud.google.com/go/firestore", false},
		{"shared/bus/bus.go", "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb", true},
		{"shared/web/web.go", "github.com/GoogleCloudPlatform/functions-framework-go/functions", false},
		{"emulator/suite/suite.go", "functions/all", true},
		{"infra/infra.go", "emulator/suite", false},
	} {
		assert.Equal(t, c.ok, forbidden(source{name: c.file}, c.imported) == "", "%s imports %s", c.file, c.imported)
	}
}

// calls that only some may make: rules take the time in, settings come through host, and a test that sleeps is either
// slow or wrong.
var calls = []struct {
	name string
	who  func(source) bool // who must not
	why  string
}{
	{"time.Sleep", func(s source) bool { return s.isTest() || s.in("functions") || s.in("shared") }, "wait for what must happen"},
	{"time.Now", func(s source) bool { return (s.in("functions") || s.in("shared/desk")) && !s.isTest() }, "take the time from Deps"},
	{"time.Since", func(s source) bool { return (s.in("functions") || s.in("shared/desk")) && !s.isTest() }, "take the time from Deps"},
	{"time.After", func(s source) bool { return s.in("functions") && !s.isTest() }, "work ends when the handler returns"},
	{"time.Tick", func(s source) bool { return s.in("functions") || s.in("shared") }, "work ends when the handler returns"},
	{"os.Getenv", readsEnvironment, "settings are loaded by Deps.Load"},
	{"os.LookupEnv", readsEnvironment, "settings are loaded by Deps.Load"},
	{"functions.Typed", func(s source) bool { return true }, "it leaks fields from one request into the next"},
	{"functions.CloudEvent", func(s source) bool { return true }, "it drops ordering key, subscription and attempt"},
}

func readsEnvironment(s source) bool {
	return (s.in("functions") || s.in("shared")) && !s.isTest() && !s.in("shared/host") && s.name != "functions/main.go"
}

func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.tree, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			for _, c := range calls {
				assert.False(t, selector(sel) == c.name && c.who(s), "%s uses %s: %s", s.name, c.name, c.why)
			}
			return true
		})
	}
}

// selector is x.y as text, or empty when x is no plain name.
func selector(sel *ast.SelectorExpr) string {
	if x, ok := sel.X.(*ast.Ident); ok {
		return x.Name + "." + sel.Sel.Name
	}
	return ""
}
