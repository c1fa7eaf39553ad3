package tool_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/tests/kin"
)

// command is a measuring command, and how long to wait before it is interrupted: until so many processes are below it.
type command struct {
	name  string
	args  []string
	below int
}

var commands = []command{
	{"load", []string{"-rate", "5", "-for", "10m", "-isolate"}, 15},
	{"chaos", []string{"-conversations", "5000", "-isolate"}, 15},
	{"budgets", []string{"-only", "match"}, 1},
	{"budgets", []string{"-only", "start"}, 1},
}

// binaries is where the commands are, built as go run builds them.
var binaries string

func TestMain(m *testing.M) { os.Exit(built(m)) }

func built(m *testing.M) int {
	var err error
	if binaries, err = os.MkdirTemp("", "tool"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(binaries)
	out, err := exec.Command("go", "build", "-o", binaries+"/", "../load", "../chaos", "../budgets").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v: %s", err, out)
		return 1
	}
	return m.Run()
}

// told is what a command has printed.
type told struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *told) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *told) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(t.b.String()), "\n")
	return lines[len(lines)-1]
}

// begins runs a command until it is at work, with those below it then.
func (c command) begins(t *testing.T) (cmd *exec.Cmd, below []int, errs *told) {
	t.Helper()
	errs = &told{}
	cmd = exec.CommandContext(t.Context(), filepath.Join(binaries, c.name), c.args...)
	cmd.Stderr = errs
	require.NoError(t, cmd.Start())
	if _, ok := kin.Below(cmd.Process.Pid); !ok {
		_ = cmd.Process.Kill() // it cannot be told what becomes of it
		_ = cmd.Wait()
		t.Skip("needs /proc")
	}
	require.Eventually(t, func() bool {
		below, _ = kin.Below(cmd.Process.Pid)
		return len(below) >= c.below
	}, time.Minute, 10*time.Millisecond, "%s", errs.last())
	return cmd, below, errs
}

func areGone(t *testing.T, pids []int) {
	t.Helper()
	assert.Eventually(t, func() bool {
		for _, pid := range pids {
			if kin.Runs(pid) {
				return false
			}
		}
		return true
	}, time.Minute, 10*time.Millisecond, "one of %v is left", pids)
}

// Interrupted once, a command ends what it is at, says so in its last line and leaves nothing running.
func TestInterruptedOnce(t *testing.T) {
	for _, c := range commands {
		t.Run(c.name+" "+strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			cmd, below, errs := c.begins(t)
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			_ = cmd.Wait() // the code is looked at
			assert.Equal(t, 128+int(syscall.SIGINT), cmd.ProcessState.ExitCode(), errs.last())
			assert.Equal(t, c.name+": interrupted", errs.last())
			areGone(t, below)
		})
	}
}

// Who interrupts twice does not wait, and gets the same last line.
func TestInterruptedTwice(t *testing.T) {
	for _, c := range commands {
		t.Run(c.name+" "+strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			cmd, below, errs := c.begins(t)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = cmd.Wait() // the code is looked at
			}()
			require.Eventually(t, func() bool { // two signals that come together are one
				_ = cmd.Process.Signal(os.Interrupt) // it may have ended
				select {
				case <-ended:
					return true
				default:
					return false
				}
			}, time.Minute, 5*time.Millisecond)
			assert.Equal(t, 128+int(syscall.SIGINT), cmd.ProcessState.ExitCode(), errs.last())
			assert.Equal(t, c.name+": interrupted", errs.last())
			areGone(t, below)
		})
	}
}

// The same ends a command that is told by SIGTERM, as systems do.
func TestTerminated(t *testing.T) {
	c := commands[0]
	cmd, below, errs := c.begins(t)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait() // the code is looked at
	assert.Equal(t, 128+int(syscall.SIGTERM), cmd.ProcessState.ExitCode(), errs.last())
	assert.Equal(t, "load: interrupted", errs.last())
	areGone(t, below)
}
