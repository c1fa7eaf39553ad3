package main

import (
	"bytes"
	"context"
	"flag"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/tests/traffic"
)

func TestTheTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, write(&out, "two processors", []line{
		{what: "fast enough", budget: 60, measured: 30.04, unit: "ms"},
		{what: "too few", budget: 300, measured: 150, unit: "/s", atLeast: true},
		{what: "20 000 waiting → drained", budget: 5, measured: 1234.5, unit: "s"},
		{what: "of which nothing was promised", measured: 7, unit: "KiB"},
	}))
	pad := func(s string, n int) string { return s + strings.Repeat(" ", n) }
	assert.Equal(t, strings.Join([]string{
		"| " + pad("what", 60) + " |          budget |      measured |  used |",
		"|---|---:|---:|---:|",
		"| " + pad("fast enough", 53) + " |         ≤ 60 ms |         30 ms |  0.50 |",
		"| " + pad("too few", 57) + " |        ≥ 300 /s |        150 /s |  2.00 |",
		"| " + pad("20 000 waiting → drained", 40) + " |           ≤ 5 s |        1234 s | 246.90 |",
		"| " + pad("of which nothing was promised", 35) + " |                 |         7 KiB |       |",
		"", "two processors",
	}, "\n")+"\n", out.String())
	assert.True(t, math.IsInf(line{budget: 1, atLeast: true}.used(), 1), "nothing at all")
}

func TestWhatBenchmarksReport(t *testing.T) {
	t.Parallel()
	got, err := reported("goos: linux\nBenchmarkMatch/a-2   10   21900000 ns/op\t 12 B/op\nBenchmarkMatch/b-2   10   9000000 ns/op\nPASS\nok  \tx\t1s\n")
	require.NoError(t, err)
	assert.Equal(t, map[string]float64{"ns/op": 21_900_000, "B/op": 12}, got, "the worst of them")
	_, err = reported("PASS\n")
	assert.ErrorContains(t, err, "no benchmark ran")
	_, err = reported("BenchmarkMatch 10 many ns/op\n")
	assert.ErrorContains(t, err, "no number")
}

func TestArgumentsThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"is no flag":        {"match"},
		"not defined: -all": {"-all"},
		`nothing that is measured has "coffee" in`: {"-only", "coffee"},
	} {
		var out, told bytes.Buffer
		assert.ErrorContains(t, run(t.Context(), args, &out, &told), want)
		assert.Empty(t, out.String())
	}
	var out, told bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out, &told), flag.ErrHelp)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.NoError(t, run(ended, nil, &out, &told), "whoever interrupts it gets what there is, which is nothing yet")
}

func TestALineTellsWhatFailed(t *testing.T) {
	t.Parallel()
	assert.Empty(t, failed(traffic.Result{Begun: 5, Done: 5}))
	assert.Equal(t, " (2 of 5 failed)", failed(traffic.Result{Begun: 5, Done: 3}))
}

func TestMachine(t *testing.T) {
	t.Parallel()
	assert.Regexp(t, `^[a-z]+/[a-z0-9]+, go1\.\S+, \d+ processors(; load average before: [0-9.]+)?$`, machine())
}

func TestMemory(t *testing.T) {
	t.Parallel()
	assert.Zero(t, memory(-1), "nobody")
}
