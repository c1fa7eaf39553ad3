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
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/emulator/process"
	"github.com/deskline/deskline/emulator/suite"
)

// functions is the binary that is deployed.
type functions struct{ dir, binary string }

func built(ctx context.Context) (f functions, err error) {
	if f.dir, err = os.MkdirTemp("", "budgets"); err != nil {
		return f, err
	}
	f.binary = filepath.Join(f.dir, "functions")
	if err := build(ctx, "build", "-o", f.binary, "github.com/deskline/deskline/functions"); err != nil {
		return f, errors.Join(err, f.remove())
	}
	return f, nil
}

func (f functions) remove() error { return os.RemoveAll(f.dir) }

// instance is a function that runs by itself, as deployed.
type instance struct {
	url  string
	cmd  *exec.Cmd
	free func()        // it ends with this process until then
	took time.Duration // from its start to its first answer
}

// start starts one function beside a suite, with settings over the suite's own, and waits until it answers GET probe with that status.
func (f functions) start(ctx context.Context, s *suite.Suite, function, probe string, status int, settings ...string) (*instance, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	i := &instance{url: "http://127.0.0.1:" + port, cmd: exec.CommandContext(ctx, f.binary)}
	for name, value := range s.FunctionEnv(function) {
		i.cmd.Env = append(i.cmd.Env, name+"="+value)
	}
	i.cmd.Env = append(append(i.cmd.Env, "FUNCTION_TARGET="+function, "PORT="+port), settings...)
	began := time.Now()
	if err := i.cmd.Start(); err != nil {
		return nil, err
	}
	i.free = process.Doom(i.cmd.Process)
	for time.Since(began) < 10*time.Second && ctx.Err() == nil {
		resp, err := http.Get(i.url + probe)
		if err != nil {
			time.Sleep(time.Millisecond)
			continue
		}
		i.took = time.Since(began)
		_, _ = io.Copy(io.Discard, resp.Body) // only the status matters
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			i.stop()
			return nil, fmt.Errorf("%s answers %s", function, resp.Status)
		}
		return i, nil
	}
	i.stop()
	return nil, fmt.Errorf("%s does not answer", function)
}

// stop ends the function. It has been measured, and nothing of it is kept.
func (i *instance) stop() {
	_ = i.cmd.Process.Kill()
	_ = i.cmd.Wait()
	i.free()
}

func (i *instance) memory() float64 { return memory(i.cmd.Process.Pid) }

// memory is a process's resident memory in MiB, zero where the system does not tell it as Linux does. Source: proc_pid_status(5),
// read 2026-11.
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
