package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/deskline/deskline/emulator/process"
)

// bench runs benchmarks of a package, which can do what only the package itself can, and returns what they report by unit: the
// worst of them, which is the largest.
func bench(ctx context.Context, pkg, name, times string) (map[string]float64, error) {
	dir, err := os.MkdirTemp("", "budgets")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bench")
	if err := build(ctx, "test", "-c", "-o", binary, "github.com/deskline/deskline/"+pkg); err != nil {
		return nil, err
	}
	out, err := output(exec.CommandContext(ctx, binary, "-test.run", "^$", "-test.bench", name, "-test.benchtime", times))
	if err != nil {
		return nil, fmt.Errorf("benchmark %s of %s: %w", name, pkg, err)
	}
	return reported(string(out))
}

// build has the go command build something. Told to end, it waits for its compilers first.
func build(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// output runs a benchmark's binary, which ends with this process.
func output(cmd *exec.Cmd) ([]byte, error) {
	var out, errs bytes.Buffer
	cmd.Env = append(cmd.Environ(), "GOGC=400") // as in the suite's own programs: see suite.Roomy
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer process.Doom(cmd.Process)()
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %s%s", err, out.String(), errs.String())
	}
	return out.Bytes(), nil
}

// reported reads what benchmarks printed. Source of the form: go help testfunc and pkg.go.dev/testing#B.ReportMetric, read 2026-11.
func reported(out string) (map[string]float64, error) {
	found := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(out))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		for n := 2; n+1 < len(fields); n += 2 {
			x, err := strconv.ParseFloat(fields[n], 64)
			if err != nil {
				return nil, fmt.Errorf("no number of a benchmark: %q", lines.Text())
			}
			found[fields[n+1]] = max(found[fields[n+1]], x)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no benchmark ran: %s", out)
	}
	return found, lines.Err()
}

func claims(ctx context.Context) ([]line, error) {
	got, err := bench(ctx, "functions/routing", "^BenchmarkClaim$", "3x")
	return []line{
		{what: "match + claim on the embedded store", budget: 2000, measured: got["offers/s"], unit: "offers/s", atLeast: true},
		{what: "one claim of them, p99", budget: 50, measured: got["ms-p99"], unit: "ms"},
	}, err
}

// shift: the same with three profiles, limits per channel, and one offer in ten that nobody answers.
func shift(ctx context.Context) ([]line, error) {
	got, err := bench(ctx, "functions/routing", "^BenchmarkShift$", "2x")
	return []line{
		{what: "the same with three profiles, limits per channel, 10 % RONA", budget: 2000, measured: got["offers/s"], unit: "offers/s", atLeast: true},
		{what: "one claim of them, p99", budget: 50, measured: got["ms-p99"], unit: "ms"},
	}, err
}

func drain(ctx context.Context) ([]line, error) {
	got, err := bench(ctx, "functions/routing", "^BenchmarkDrain$/^20000$", "1x")
	return []line{{what: "20 000 waiting drained", budget: 5, measured: got["s-passing"], unit: "s"}}, err
}

func match(ctx context.Context) ([]line, error) {
	got, err := bench(ctx, "shared/desk", "^BenchmarkMatch$/^10000x10000$", "10x")
	return []line{{what: "Match, 10 000 × 10 000, the slowest kind", budget: 50, measured: got["ns/op"] / 1e6, unit: "ms"}}, err
}
