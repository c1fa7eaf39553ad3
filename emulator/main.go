// Command emulator runs the whole product on this machine.
//
//	go run ./emulator              serves until it is interrupted
//	go run ./emulator -data DIR    the same, and goes on with what DIR holds from the last time
//	go run ./emulator -isolate     the same, with each function in a process of its own
//	go run ./emulator demo         plays the life of a conversation and exits
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/demo"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/process"
	"github.com/deskline/deskline/emulator/suite"
)

func main() {
	process.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "emulator:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("emulator", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main says what is wrong
	addr := flags.String("addr", "127.0.0.1:8080", "address of the HTTP gateway")
	data := flags.String("data", "", keepsWhat)
	isolate := flags.Bool("isolate", false, "run each function in a process of its own; POST /processes/FUNCTION/kill kills it")
	verbose := flags.Bool("v", false, "print every request the functions answer")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Println("usage: emulator [-addr HOST:PORT] [-data DIR] [-isolate] [-v] [demo]")
		flags.SetOutput(os.Stdout)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return fmt.Errorf("%w; -h shows what there is", err)
	case flags.NArg() > 1:
		return fmt.Errorf("%q comes after the command; flags go before it", flags.Arg(1))
	}
	level := new(slog.LevelVar)
	level.Set(slog.LevelWarn)
	if *verbose {
		level.Set(slog.LevelInfo)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	switch what := flags.Arg(0); what {
	case "":
		return serve(ctx, suite.Options{Addr: *addr, Data: *data, Isolate: *isolate, Schedules: true, Log: log}, level)
	case "demo":
		if *data != "" {
			return errors.New("the demo keeps nothing; -data is for serving")
		}
		return play(ctx, suite.Options{Isolate: *isolate, Log: log}, level)
	default:
		return fmt.Errorf("there is no command %q; there is demo", what)
	}
}

// serve runs the suite until ctx ends, with the example centre where there is no data of an earlier run.
func serve(ctx context.Context, o suite.Options, level *slog.LevelVar) error {
	s, err := suite.Start(ctx, o)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use; choose another address with -addr", o.Addr)
	}
	if err != nil {
		return err
	}
	with := "the example centre"
	if s.Firestore.Loaded().Documents > 0 {
		with = "the data in " + o.Data
	} else {
		admin := desktop.New(s.URL, func() (string, error) { return s.Identity.Token(suite.Admin, suite.Audience, 0) })
		if _, err := admin.Import(ctx, centre.Example, false); err != nil {
			return errors.Join(fmt.Errorf("import the example centre: %w", err), s.Close())
		}
		s.Meter.Reset() // it was the suite's doing
	}
	fmt.Printf("Deskline runs at %s with %s. Open it for what there is to try. Ctrl-C ends it.\n", s.URL, with)
	<-ctx.Done()
	return errors.Join(end(s, level), bill(s, os.Stdout))
}

// keepsWhat is the help for -data.
const keepsWhat = "keep Firestore's documents in `DIR` and go on with them the next time; one process at a time.\n" +
	"Not kept: events and timers under way (the sweep hints again, at once and each minute), a customer's\n" +
	"message that was not stored yet, what the simulated channels got, and tokens (desktops get new ones)"

// end closes the suite in silence: requests that break off now do so because everything ends.
func end(s *suite.Suite, level *slog.LevelVar) error {
	level.Set(slog.LevelError + 1)
	return s.Close()
}

// play tells the demo's story on a suite of its own.
func play(ctx context.Context, o suite.Options, level *slog.LevelVar) error {
	s, err := suite.Start(ctx, o)
	if err != nil {
		return err
	}
	if err := demo.Play(ctx, s, os.Stdout); err != nil {
		return errors.Join(err, end(s, level))
	}
	return errors.Join(end(s, level), bill(s, os.Stdout))
}
