package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The command has the topology and the indexes in its binary. One that was built with a file it cannot read says which and why, in one
// line.
func TestFilesInTheBinaryThatCannotBeRead(t *testing.T) {
	for file, c := range map[string]struct{ says, content string }{
		"topology.yaml":          {"emulator: topology.yaml: ", "functions:\n  intake: [public\n"},
		"firestore.indexes.json": {"emulator: firestore.indexes.json: ", `{"indexes": [`},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			there, err := filepath.Abs(filepath.Join("..", "infra", file))
			require.NoError(t, err)
			broken, overlay, binary := filepath.Join(dir, file), filepath.Join(dir, "overlay"), filepath.Join(dir, "emulator")
			require.NoError(t, os.WriteFile(broken, []byte(c.content), 0o600))
			replace, err := json.Marshal(map[string]any{"Replace": map[string]string{there: broken}})
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(overlay, replace, 0o600))
			out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", binary, ".").CombinedOutput()
			require.NoError(t, err, "%s", out)
			for _, args := range [][]string{{"-addr", "127.0.0.1:0"}, {"demo"}, {"exec", "--", "true"}} {
				cmd := exec.CommandContext(t.Context(), binary, args...)
				var errs strings.Builder
				cmd.Stderr = &errs
				out, _ := cmd.Output() // the code is looked at
				assert.Equal(t, 1, cmd.ProcessState.ExitCode(), args)
				assert.Empty(t, string(out), args)
				assert.True(t, strings.HasPrefix(errs.String(), c.says), errs.String())
				assert.Equal(t, 1, strings.Count(errs.String(), "\n"), errs.String())
			}
		})
	}
}
