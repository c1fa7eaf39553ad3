package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/tests/traffic"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	var out, told bytes.Buffer
	profile := filepath.Join(t.TempDir(), "cpu")
	require.NoError(t, run(t.Context(), []string{"-rate", "5", "-for", "1s", "-messages", "1", "-profile", profile}, &out, &told))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 9, out.String())
	for n, want := range []string{
		"5 conversations/s for 1s by whatsapp, 1 messages each way, 5 agents, seed 1", "count", "webhook answered",
		"message in to offer on the feed", "accept answered", "send to customer's phone", "whole conversation",
		"5 of 5 conversations done in ", "each with its share of the desktops: "} {
		assert.Contains(t, lines[n], want)
	}
	for _, line := range lines[2:7] {
		assert.Equal(t, "5", strings.Fields(line[34:])[0], line)
	}
	assert.Contains(t, lines[7], "no errors")
	written, err := os.Stat(profile)
	require.NoError(t, err)
	assert.Positive(t, written.Size())
}

func TestArgumentsThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`"100" is no flag`:   {"100"},
		"not defined: -fast": {"-fast"},
		`channel "fax"`:      {"-channel", "fax"},
		"a rate of 0":        {"-rate", "0"},
		"no such file":       {"-profile", filepath.Join(t.TempDir(), "none", "cpu")},
	} {
		var out, told bytes.Buffer
		assert.ErrorContains(t, run(t.Context(), args, &out, &told), want)
		assert.Empty(t, out.String())
	}
	var out, told bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out, &told), flag.ErrHelp)
	assert.Contains(t, told.String(), "-rate")
}

func TestProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	bar := progress{out: &out, terminal: true}
	bar.tell(traffic.Progress{Planned: 60, Begun: 40, Done: 28, Failed: 2, Elapsed: 3 * time.Second})
	assert.Equal(t, "\r["+strings.Repeat("=", 15)+strings.Repeat(" ", 15)+
		"] 28 of 60 conversations done, 10 under way, 2 failed, 3 s\x1b[K", out.String())
	out.Reset()
	bar.tell(traffic.Progress{Planned: 60, Begun: 60, Done: 58, Failed: 2, Elapsed: 4 * time.Second})
	assert.Equal(t, "\r["+strings.Repeat("=", 30)+"] 58 of 60 conversations done, 0 under way, 2 failed, 4 s\x1b[K\n", out.String())

	out.Reset()
	lines := progress{out: &out}
	for _, at := range []time.Duration{1, 4, 5, 6, 9, 10, 11} {
		lines.tell(traffic.Progress{Planned: 60, Elapsed: at * time.Second})
	}
	assert.Equal(t, "0 of 60 conversations done, 0 under way, 0 failed, 5 s\n0 of 60 conversations done, 0 under way, 0 failed, 10 s\n",
		out.String())
	assert.False(t, isTerminal(&out))
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer f.Close()
	assert.False(t, isTerminal(f))
}
