package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What -data names and cannot be used is told in one line, and left as it is.
func TestDataThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	foreign, damaged := filepath.Join(dir, "foreign"), filepath.Join(dir, "damaged")
	require.NoError(t, os.Mkdir(foreign, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "journal"), []byte(strings.Repeat("no journal of ours\n", 100)), 0o600))
	end, url := serves(t, "the example centre", "-data", damaged)
	leaWrites(t, url)
	accepts(t, url)
	end(os.Interrupt)
	journal, err := os.ReadFile(filepath.Join(damaged, "journal"))
	require.NoError(t, err)
	journal[100] ^= 0xff // of a record that others follow
	require.NoError(t, os.WriteFile(filepath.Join(damaged, "journal"), journal, 0o600))

	for data, want := range map[string]string{
		file:    "not a directory",
		foreign: filepath.Join(foreign, "journal"),
		damaged: filepath.Join(damaged, "journal"),
	} {
		code, out, errs := runs(t, append([]string{"-data", data}, script(t, "echo it ran")...)...)
		assert.Equal(t, 1, code)
		assert.Empty(t, out)
		assert.Contains(t, errs, "emulator: open the firestore's data: ")
		assert.Contains(t, errs, want)
		assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
	after, err := os.ReadFile(filepath.Join(damaged, "journal"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(journal, after), "it was changed")
	mine, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "mine", string(mine))
}
