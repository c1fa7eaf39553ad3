// Command emulator runs the whole product on this machine.
//
//	go run ./emulator                serves until it is interrupted
//	go run ./emulator demo           plays the life of a conversation and exits
//	go run ./emulator exec -- CMD    runs a command against a suite of its own, and exits as it did
//
// See -h for the flags, which go before the command.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/deskline/deskline/emulator/demo"
	"github.com/deskline/deskline/emulator/process"
	"github.com/deskline/deskline/emulator/suite"
)

func main() {
	process.Main()
	suite.Roomy()
	err := run(process.UntilInterrupted(nil), os.Args[1:])
	if err == nil {
		return
	}
	code := exit(1)
	if alone := errors.As(err, &code) && err.Error() == code.Error(); !alone {
		fmt.Fprintln(os.Stderr, "emulator:", err)
	}
	os.Exit(int(code))
}

const usage = `usage: emulator [flags]               serves until it is interrupted
       emulator [flags] demo          plays the life of a conversation
       emulator [flags] exec -- CMD   runs CMD against a suite of its own, with the addresses in its environment, and exits as CMD did
flags:
`

// settings are what the flags say.
type settings struct {
	addr, data, firestore, pubsub, from, to string
	isolate, verbose                        bool

	level *slog.LevelVar // of the suite's log
}

func (s *settings) define(flags *flag.FlagSet) {
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8080", "address of the HTTP gateway; exec takes a free port unless this is given")
	flags.StringVar(&s.data, "data", "", keepsWhat)
	flags.StringVar(&s.firestore, "firestore", embedded, whichFirestore)
	flags.StringVar(&s.pubsub, "pubsub", embedded, whichPubSub)
	flags.StringVar(&s.from, "import", "", importsWhat)
	flags.StringVar(&s.to, "export", "", exportsWhat)
	flags.BoolVar(&s.isolate, "isolate", false, "run each function in a process of its own; POST /processes/FUNCTION/kill kills it")
	flags.BoolVar(&s.verbose, "v", false, "print every request the functions answer")
}

func run(ctx context.Context, args []string) error {
	var s settings
	flags := flag.NewFlagSet("emulator", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main says what is wrong
	flags.Usage = func() {}
	s.define(flags)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		flags.SetOutput(os.Stdout)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return fmt.Errorf("%w; -h shows what there is", err)
	}
	s.level = new(slog.LevelVar)
	s.level.Set(slog.LevelWarn)
	if s.verbose {
		s.level.Set(slog.LevelInfo)
	}
	command, rest := flags.Arg(0), flags.Args()
	if command == "exec" {
		given := false
		flags.Visit(func(f *flag.Flag) { given = given || f.Name == "addr" })
		if !given {
			s.addr = "127.0.0.1:0"
		}
		return s.exec(ctx, rest[1:])
	}
	if len(rest) > 1 {
		return fmt.Errorf("%q comes after the command; flags go before it", rest[1])
	}
	switch command {
	case "":
		return s.serve(ctx)
	case "demo":
		return s.demo(ctx)
	default:
		return fmt.Errorf("there is no command %q; there are demo and exec", command)
	}
}

// options are what all suites have in common.
func (s *settings) options() suite.Options {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: s.level}))
	return suite.Options{Data: s.data, Isolate: s.isolate, Log: log}
}

// end closes a suite in silence: requests that break off now do so because everything ends.
func (s *settings) end(run *suite.Suite) error {
	s.level.Set(slog.LevelError + 1)
	return run.Close()
}

// demo plays the demo's story on a suite of its own.
func (s *settings) demo(ctx context.Context) error {
	if s.data != "" || s.from != "" || s.to != "" {
		return errors.New("the demo keeps and takes over nothing; -data, -import and -export are for serving")
	}
	o := s.options()
	stop, err := s.choose(ctx, &o)
	if err != nil {
		return err
	}
	defer stop()
	run, err := suite.Start(ctx, o)
	if err != nil {
		return err
	}
	if err := demo.Play(ctx, run, os.Stdout); err != nil {
		return errors.Join(err, s.end(run))
	}
	return errors.Join(bill(run, os.Stdout), s.end(run))
}
