package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/deskline/deskline/emulator/suite"
)

// keepsWhat is the help for -data.
const keepsWhat = "keep Firestore's documents in `DIR` and go on with them the next time; one process at a time.\n" +
	"Not kept: events and timers under way (the sweep hints again, at once and each minute), a customer's\n" +
	"message that was not stored yet, what the simulated channels got, and tokens (desktops get new ones)"

// serve runs a suite until ctx ends.
func (s *settings) serve(ctx context.Context) error {
	return s.with(ctx, func(run *suite.Suite, with string) error {
		fmt.Printf("Deskline runs at %s with %s. Open it for what there is to try. Ctrl-C ends it.\n", run.URL, with)
		<-ctx.Done()
		return bill(run, os.Stdout)
	})
}

// with starts a suite that holds what the flags say, has it used, writes down what the flags say and closes it. The words are what
// it holds.
func (s *settings) with(ctx context.Context, use func(run *suite.Suite, with string) error) (err error) {
	o := s.options()
	o.Addr, o.Schedules = s.addr, true
	c, err := s.carry()
	if err != nil {
		return err
	}
	o.Import, o.Export = c.records, c.export
	stop, err := s.choose(ctx, &o)
	if err != nil {
		return err
	}
	defer stop()
	run, err := suite.Start(ctx, o)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use; choose another address with -addr", o.Addr)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end(run)) }()
	with, err := c.fill(ctx, run)
	if err != nil {
		return err
	}
	run.Meter.Reset() // what fills the suite is no part of its use
	return errors.Join(use(run, with+whoseElse(o)), c.saveCentre(run))
}
