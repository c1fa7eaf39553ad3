package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/suite"
)

// script is a command that exec runs; tests of it are for systems with a shell.
func script(t *testing.T, text string) []string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	return []string{"exec", "--", "sh", "-c", text}
}

func TestExecRunsACommandAgainstASuiteOfItsOwn(t *testing.T) {
	code, out, errs := runs(t, script(t, `echo $DESKLINE_URL $FIRESTORE_EMULATOR_HOST $PUBSUB_EMULATOR_HOST; echo oops >&2; exit 7`)...)
	assert.Equal(t, 7, code)
	assert.Equal(t, "oops\n", errs, "it says nothing of its own")
	told := strings.Fields(out)
	require.Len(t, told, 3)
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, told[0])
	for _, addr := range told[1:] {
		assert.Regexp(t, `^127\.0\.0\.1:\d+$`, addr)
	}
	_, err := http.Get(told[0])
	assert.Error(t, err, "nothing is left running")
}

func TestExecPassesOnHowTheCommandEnded(t *testing.T) {
	code, _, errs := runs(t, script(t, "kill -KILL $$")...)
	assert.Equal(t, 128+9, code)
	assert.Empty(t, errs)
	code, _, errs = runs(t, "exec", "--", "deskline-has-no-such-command")
	assert.Equal(t, 127, code)
	assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
	assert.Contains(t, errs, "deskline-has-no-such-command")
	file := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(file, []byte("\x00no program"), 0o700))
	code, _, errs = runs(t, "exec", "--", file)
	assert.Equal(t, 126, code)
	assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
}

// A command that is told to end by who ends the suite ends before it.
func TestExecEndsItsCommand(t *testing.T) {
	args := script(t, `trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, emulator, args...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var ready string
	_, err = fmt.Fscanln(out, &ready)
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	var rest bytes.Buffer
	_, err = rest.ReadFrom(out)
	require.NoError(t, err)
	assert.Error(t, cmd.Wait())
	assert.Equal(t, "bye\n", rest.String())
	assert.Equal(t, 3, cmd.ProcessState.ExitCode())
}

func TestACentreAndItsRecordsAreCarriedOver(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	read := func(name string) string {
		b, err := os.ReadFile(file(name))
		require.NoError(t, err)
		return string(b)
	}
	nothing := script(t, "true")
	ends := func(args ...string) {
		t.Helper()
		code, _, errs := runs(t, append(args, nothing...)...)
		require.Zero(t, code, errs)
		require.Empty(t, errs)
	}
	ends("-export", file("centre.yaml"))
	assert.Contains(t, read("centre.yaml"), "Acme")
	changed := strings.ReplaceAll(read("centre.yaml"), "Acme Bicycles", "Acme Unicycles")
	require.NoError(t, os.WriteFile(file("centre.yaml"), []byte(changed), 0o600))
	ends("-import", file("centre.yaml"), "-export", file("records.jsonl"))
	assert.Contains(t, read("records.jsonl"), "Acme Unicycles")
	assert.Contains(t, read("records.jsonl"), `{"document":"agents/ana"`)
	ends("-import", file("records.jsonl"), "-export", file("again.jsonl"))
	assert.Equal(t, read("records.jsonl"), read("again.jsonl"))
	ends("-import", file("records.jsonl"), "-export", file("again.yaml"))
	assert.Equal(t, changed, read("again.yaml"))
	ends("-data", file("data"))
	code, _, errs := runs(t, append([]string{"-data", file("data"), "-import", file("records.jsonl")}, nothing...)...)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "has records already")
	assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 5, "no half of a file is left")
}

func TestAFileThatCannotBeImportedSaysWhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.jsonl")
	require.NoError(t, os.WriteFile(file, []byte("{}\n"), 0o600))
	code, _, errs := runs(t, append([]string{"-import", file}, script(t, "true")...)...)
	assert.Equal(t, 1, code)
	assert.Equal(t, "emulator: import "+file+": line 1 is no record: it names no document\n", errs)
	require.NoError(t, os.Rename(file, file+".yaml"))
	code, _, errs = runs(t, append([]string{"-import", file + ".yaml"}, script(t, "true")...)...)
	assert.Equal(t, 1, code)
	assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
}

// What a desktop team's own test would do.
func TestAProgramFindsTheSuiteByItsEnvironment(t *testing.T) {
	s, err := suite.Start(t.Context(), suite.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, err = admin(s).Import(t.Context(), centre.Example, false)
	require.NoError(t, err)
	env := s.Env()
	assert.Equal(t, s.URL, env["DESKLINE_URL"])
	resp, err := http.PostForm(env["OIDC_TOKEN_URL"], map[string][]string{"email": {"ana@acme.example"}, "audience": {env["OIDC_AUDIENCE"]}})
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	for _, name := range []string{"GOOGLE_CLOUD_PROJECT", "FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "CLOUD_TASKS_EMULATOR_HOST",
		"OIDC_ISSUER", "GRAPH_URL", "META_APP_SECRETS", "META_VERIFY_TOKEN"} {
		assert.NotEmpty(t, env[name], name)
	}
}
