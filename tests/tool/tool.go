// Package tool is what the measuring commands have in common: how they begin, how they are interrupted and how they end.
package tool

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/deskline/deskline/emulator/process"
	"github.com/deskline/deskline/emulator/suite"
)

// Main runs a command that starts suites, and is all that its main does. An error is printed after the command's name, and the exit
// code is 1 then. Ctrl-C ends the context; a second one ends the process at once, with whatever it began. The last line says so then,
// and the exit code is that of a command that was interrupted.
func Main(name string, run func(ctx context.Context, args []string, out, told io.Writer) error) {
	process.Main()
	suite.Roomy()
	says := func(what error) { fmt.Fprintf(os.Stderr, "%s: %v\n", name, what) }
	ctx := process.UntilInterrupted(func() { says(process.Interrupted{}) })
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	var by process.Interrupted
	if errors.As(context.Cause(ctx), &by) {
		if err != nil && !errors.Is(err, context.Canceled) {
			says(err)
		}
		says(by)
		os.Exit(by.Code())
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	says(err)
	os.Exit(1)
}

// Flags makes a set of flags that says what is wrong with them to told.
func Flags(name string, told io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(told)
	return flags
}

// Parse reads arguments, of which all must be flags.
func Parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag; -h shows what there is", flags.Arg(0))
	}
	return nil
}
