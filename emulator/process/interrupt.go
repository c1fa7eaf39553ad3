package process

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Interrupted is the cause with which the context of UntilInterrupted ends.
type Interrupted struct{ Signal os.Signal }

// Error implements error.
func (Interrupted) Error() string { return "interrupted" }

// Code is the exit code of who ends because of it, as shells have it: 128 and the signal's number.
func (i Interrupted) Code() int {
	if n, ok := i.Signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 1
}

// UntilInterrupted ends when the process is told to end, by Ctrl-C or SIGTERM. Whoever says so twice does not wait: the process ends at
// once with the code of the second, and its children with it; last is called before, and may be nil.
func UntilInterrupted(last func()) context.Context {
	ctx, end := context.WithCancelCause(context.Background())
	told := make(chan os.Signal, 2)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		end(Interrupted{<-told})
		again := <-told
		KillAll()
		if last != nil {
			last()
		}
		os.Exit(Interrupted{again}.Code())
	}()
	return ctx
}
