package api

import (
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const generator = "v2.8.2"

// findGenerator is the path of the installed generator of the right version.
func findGenerator(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("oapi-codegen")
	if err != nil {
		path = filepath.Join(build.Default.GOPATH, "bin", "oapi-codegen")
	}
	out, err := exec.CommandContext(t.Context(), path, "-version").Output()
	if err != nil || !strings.Contains(string(out), generator) {
		t.Skipf("oapi-codegen %s is not installed", generator)
	}
	return path
}

func TestGeneratedCodeIsUpToDate(t *testing.T) {
	bin := findGenerator(t)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "generate"), os.DirFS("generate")))
	contract, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "openapi.yaml"), contract, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module generated\n\ngo 1.26.0\n"), 0o600))
	for _, config := range directives(t) {
		cmd := exec.CommandContext(t.Context(), bin, "-config", config, "openapi.yaml")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", config, out)
		name := strings.TrimSuffix(filepath.Base(config), ".yaml") + ".gen.go"
		want, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		have, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(have), "%s: run go generate", name)
	}
}

func TestEveryGeneratedFileHasADirective(t *testing.T) {
	var want []string
	for _, config := range directives(t) {
		want = append(want, strings.TrimSuffix(filepath.Base(config), ".yaml")+".gen.go")
	}
	have, err := filepath.Glob("*.gen.go")
	require.NoError(t, err)
	assert.ElementsMatch(t, want, have)
	for _, name := range functions {
		assert.Contains(t, have, name+".gen.go")
	}
}

// directives is the configurations go generate would use.
func directives(t *testing.T) []string {
	t.Helper()
	src, err := os.ReadFile("api.go")
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^//go:generate go run github\.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@` +
		regexp.QuoteMeta(generator) + ` -config (\S+) openapi\.yaml$`)
	var out []string
	for _, m := range line.FindAllStringSubmatch(string(src), -1) {
		out = append(out, m[1])
	}
	require.Len(t, out, strings.Count(string(src), "//go:generate"))
	return out
}
