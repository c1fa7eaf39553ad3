package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/deskline/deskline/emulator/process"
	"github.com/deskline/deskline/emulator/suite"
)

// exit is the code that the process ends with, with nothing more to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Exit codes of a command that did not run, as shells have them.
const (
	notFound   = exit(127)
	notStarted = exit(126)
	bySignal   = 128 // and the signal's number
)

// exec runs a command against a suite of its own and exits as the command did. Its output is the command's alone.
func (s *settings) exec(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("exec needs a command: emulator exec -- CMD")
	}
	program, err := exec.LookPath(args[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, "emulator:", err)
		return notFound
	}
	return s.with(ctx, func(run *suite.Suite, _ string) error {
		cmd := exec.CommandContext(ctx, program, args[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.Env = os.Environ()
		env := run.Env()
		for _, name := range slices.Sorted(maps.Keys(env)) {
			cmd.Env = append(cmd.Env, name+"="+env[name])
		}
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = patience
		if err := cmd.Start(); err != nil {
			return codeOf(err)
		}
		defer process.Doom(cmd.Process)()
		return codeOf(cmd.Wait())
	})
}

// patience is how long a command that was told to end may take.
const patience = 10 * time.Second

// codeOf is the exit code in which a command's end is passed on; nil for 0.
func codeOf(err error) error {
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return exit(bySignal + int(status.Signal()))
		}
		return exit(ended.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "emulator:", err)
		return notStarted
	default:
		return nil
	}
}
