package tests

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The rules of the house: what the project promises about itself and a compiler does not check. They need nothing but
// Go. TestWhoMayImportWhom and what follows it are in house_imports_test.go and house_functions_test.go.

// root is the checkout, seen from this package.
const root = ".."

// source is one Go file.
type source struct {
	name string // from the root, with slashes
	text []byte
	tree *ast.File
}

func (s source) dir() string     { return path.Dir(s.name) }
func (s source) isTest() bool    { return strings.HasSuffix(s.name, "_test.go") }
func (s source) generated() bool { return ast.IsGenerated(s.tree) }

// in reports whether the file is in the folder or below it.
func (s source) in(folder string) bool { return strings.HasPrefix(s.name, folder+"/") }

// sources are all Go files of the project.
func sources(t *testing.T) []source {
	t.Helper()
	list, err := readSources()
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return list
}

var readSources = sync.OnceValues(func() ([]source, error) {
	var list []source
	err := walk(func(name string, text []byte) error {
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		list = append(list, source{name, text, tree})
		return err
	})
	return list, err
})

// walk reads every file of the project. What git keeps for itself is no part of it.
func walk(f func(name string, text []byte) error) error {
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git" && d.IsDir():
			return filepath.SkipDir
		case d.Name() == ".git": // a file in a checkout beside another one
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		name, err = filepath.Rel(root, name)
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(name), text)
	})
}

func TestEveryFileIsFormatted(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		formatted, err := format.Source(s.text)
		require.NoError(t, err, s.name)
		assert.True(t, bytes.Equal(formatted, s.text), "%s: run gofmt -w on it", s.name)
	}
}

// It takes four seconds when the packages are built, which they are while their tests run.
func TestVetFindsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("go vet is left out with -short")
	}
	t.Parallel()
	said, err := tool(t, "vet", "./...")
	require.NoError(t, err, said)
}

func TestTheModuleIsTidy(t *testing.T) {
	t.Parallel()
	said, err := tool(t, "mod", "tidy", "-diff")
	if err != nil && strings.Contains(said, "GOPROXY=off") {
		t.Skip("whether go.mod is tidy cannot be told here: modules it needs to look at are not in the module cache")
	}
	require.NoError(t, err, said)
}

// tool runs the go command at the root, without the network and without changing go.mod.
func tool(t *testing.T, args ...string) (said string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOPROXY=off", "GOFLAGS=-buildvcs=false")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// How many lines a file may have and still be read in one sitting.
const (
	codeLines = 450
	testLines = 600
)

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		limit := codeLines
		if s.isTest() {
			limit = testLines
		}
		if !s.generated() {
			assert.LessOrEqual(t, bytes.Count(s.text, []byte("\n")), limit, s.name)
		}
	}
}

func TestTheRootHoldsNoCode(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		assert.Contains(t, s.name, "/")
		if s.dir() == "functions" {
			assert.Equal(t, "functions/main.go", s.name, "a function has a folder")
		}
	}
}

// A path of somebody's machine works nowhere else. It is put together here so that this file holds none.
func TestNoFileHoldsAPathOfAMachine(t *testing.T) {
	t.Parallel()
	machine := regexp.MustCompile(`(^|[^\w./-])(/(ho` + `me|ro` + `ot|Us` + `ers|wo` + `rk)/\w|[A-Z]:\\(Us` + `ers|Pro` + `gram))`)
	require.Regexp(t, machine, `see "/ho`+`me/ana/x"`)
	require.NotRegexp(t, machine, "https://example.com/ho"+"me/ana")
	require.NoError(t, walk(func(name string, text []byte) error {
		assert.Empty(t, machine.FindString(string(text)), name)
		return nil
	}))
}
