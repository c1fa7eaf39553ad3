package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/google"
	"github.com/deskline/deskline/tests/kin"
)

// descendants are the processes below one. Tests of them are for systems with /proc.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	below, ok := kin.Below(pid)
	if !ok {
		t.Skip("needs /proc")
	}
	return below
}

// areGone waits until none of the processes is left.
func areGone(t *testing.T, pids []int) {
	t.Helper()
	assert.Eventually(t, func() bool {
		return !slices.ContainsFunc(pids, kin.Runs)
	}, time.Minute, 10*time.Millisecond, "one of %v is left", pids)
}

// begins runs the command until it has printed a line.
func begins(t *testing.T, args ...string) (cmd *exec.Cmd, line string, errs *bytes.Buffer) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), emulator, args...)
	errs = &bytes.Buffer{}
	cmd.Stderr = errs
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err = bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, errs)
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return cmd, line, errs
}

// However the command ends, the functions' processes end with it.
func TestFunctionsEndWithTheCommand(t *testing.T) {
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 0, syscall.SIGTERM: 0, syscall.SIGKILL: -1} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd, _, errs := begins(t, "-isolate", "-addr", "127.0.0.1:0")
			below := descendants(t, cmd.Process.Pid)
			assert.GreaterOrEqual(t, len(below), 10, "one for each function")
			require.NoError(t, cmd.Process.Signal(signal))
			_ = cmd.Wait() // the code is looked at
			assert.Equal(t, code, cmd.ProcessState.ExitCode())
			areGone(t, below)
			assert.Empty(t, errs.String())
		})
	}
}

// Who interrupts twice does not wait, for a feed that is open or for a command that does not want to end.
func TestInterruptedTwiceItEndsAtOnce(t *testing.T) {
	const stubborn = `trap "" INT TERM; echo ready; while :; do sleep 0.1; done`
	for name, args := range map[string][]string{
		"exec":               script(t, stubborn),
		"exec with -isolate": append([]string{"-isolate"}, script(t, stubborn)...),
	} {
		t.Run(name, func(t *testing.T) {
			cmd, line, errs := begins(t, args...)
			assert.Equal(t, "ready\n", line)
			below := descendants(t, cmd.Process.Pid)
			assert.NotEmpty(t, below)
			require.Eventually(t, func() bool { // two signals that come together are one
				_ = cmd.Process.Signal(os.Interrupt) // it may have ended
				return !kin.Runs(cmd.Process.Pid)
			}, time.Minute, 10*time.Millisecond)
			_ = cmd.Wait() // the code is looked at
			assert.Equal(t, bySignal+int(syscall.SIGINT), cmd.ProcessState.ExitCode())
			areGone(t, below)
			assert.Empty(t, errs.String())
		})
	}
}

// Interrupted again and again, whatever it is at, it ends and leaves nothing.
func TestAnImpatientUserLeavesNothingBehind(t *testing.T) {
	cmd, line, _ := begins(t, "-isolate", "-addr", "127.0.0.1:0")
	require.Regexp(t, regexp.MustCompile(`^Deskline runs at`), line)
	below := descendants(t, cmd.Process.Pid)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it may come to a clean end before the second signal
	}()
	require.Eventually(t, func() bool {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}, time.Minute, time.Millisecond)
	assert.Contains(t, []int{0, bySignal + int(syscall.SIGINT)}, cmd.ProcessState.ExitCode())
	areGone(t, below)
}

// Google's emulators end with the command too, however it ends.
func TestGooglesEmulatorsEndWithTheCommand(t *testing.T) {
	var flags []string
	for flag, e := range map[string]google.Emulator{"-firestore=google": google.Firestore, "-pubsub=google": google.PubSub} {
		t.Setenv(e.Variable, "")
		if !e.Installed() {
			t.Skip(e, "is not installed")
		}
		flags = append(flags, flag)
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		cmd, line, errs := begins(t, append(flags, "-addr", "127.0.0.1:0")...)
		assert.Contains(t, line, " with the example centre, on Google's Firestore emulator, which enforces no indexes, on Google's Pub/Sub emulator. ")
		below := descendants(t, cmd.Process.Pid)
		assert.GreaterOrEqual(t, len(below), 4, "a keeper and a Java machine each")
		require.NoError(t, cmd.Process.Signal(signal))
		_ = cmd.Wait() // it may have been killed
		areGone(t, below)
		assert.Empty(t, errs.String())
	}
}
