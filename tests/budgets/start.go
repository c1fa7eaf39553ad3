package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/process"
	"github.com/deskline/deskline/emulator/suite"
)

// start builds the binary that is deployed and starts the function every customer's message comes to first, ten times.
func start(ctx context.Context) ([]line, error) {
	dir, err := os.MkdirTemp("", "budgets")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "functions")
	if err := build(ctx, "build", "-o", binary, "github.com/deskline/deskline/functions"); err != nil {
		return nil, err
	}
	s, err := suite.Start(ctx, suite.Options{})
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	resident := 0.0
	for range 10 {
		d, mib, e := startOnce(ctx, s, binary)
		if err = e; err != nil {
			break
		}
		took, resident = append(took, d), max(resident, mib)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	slices.Sort(took)
	lines := []line{{what: "function start to first 200, the median of 10", budget: 60, measured: ms(took[len(took)/2]), unit: "ms"}}
	if resident > 0 {
		lines = append(lines, line{what: "its resident memory then, at most", budget: 40, measured: resident, unit: "MiB"})
	}
	return lines, nil
}

// startOnce is how long the function takes from its start to its first answer, and its memory then, which is zero where the system
// does not tell.
func startOnce(ctx context.Context, s *suite.Suite, binary string) (took time.Duration, mib float64, err error) {
	port, err := freePort()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, binary)
	for name, value := range s.FunctionEnv("intake") {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "FUNCTION_TARGET=intake", "PORT="+port)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	spare := process.Doom(cmd.Process)
	defer func() {
		defer spare()
		_ = cmd.Process.Kill() // it has been measured
		_ = cmd.Wait()
	}()
	url := "http://127.0.0.1:" + port + "/webhooks/meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + suite.VerifyToken
	for time.Since(began) < 10*time.Second && ctx.Err() == nil {
		if resp, err := http.Get(url); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body) // only the status matters
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return 0, 0, fmt.Errorf("the function answers %s", resp.Status)
			}
			return time.Since(began), memory(cmd.Process.Pid), nil
		}
		time.Sleep(time.Millisecond)
	}
	return 0, 0, errors.New("the function does not answer")
}

// memory is a process's resident memory in MiB, where the system tells it as Linux does. Source: proc_pid_status(5), read 2026-11.
func memory(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kb, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0
	}
	return kb / 1024
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
