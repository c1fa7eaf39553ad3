// Command chaos runs a busy contact centre in which everything goes wrong, and checks from outside that nothing of it shows.
//
//	go run ./tests/chaos -seed 7
//	go run ./tests/chaos -seed 7 -conversations 200 -rate 10% -isolate
//	go run ./tests/chaos -seed 7 -callers 16 -conversations 2000 -agents 100
//
// Customers write by WhatsApp and Messenger; agents accept, decline, let ring, take breaks, sign out and vanish, answer, transfer, confer, end
// and wrap up, begin conversations by themselves, sign in elsewhere; supervisors step in, send agents away, close queues and open them;
// each by the dice of the seed; and every kind of fault there is (package emulator/faults) happens at the rate, while functions are
// killed every few seconds. Then the faults end, agents finish what there is, and what B1 promises is checked: against what customers
// wrote and what reached their phones, what desktops were told, all records, and every version any record ever had. So is what customers are
// told by themselves, what the clock does, what is reopened, and whether the board and all reports tell what happened. A violation is
// printed with the seed, the history of its interaction and the faults that touched it; then the exit code is 1.
//
// With -callers there is no centre around the rules: that many callers make moves straight on the store, all at once, while it fails
// them and they die, and the same is checked. See storm.
//
// The seed decides customers, words, decisions and faults. Which of several racing requests a fault meets is not its to decide, so that
// a violation may take some runs to come again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/tests/tool"
)

func main() {
	tool.Main("chaos", func(ctx context.Context, args []string, out, _ io.Writer) error { return command(ctx, args, out) })
}

// share is a flag that is written as a percentage or as a number from 0 to 1.
type share float64

// String implements flag.Value.
func (s *share) String() string { return strconv.FormatFloat(float64(*s)*100, 'g', 6, 64) + "%" }

// Set implements flag.Value.
func (s *share) Set(text string) error {
	number, percent := strings.CutSuffix(text, "%")
	f, err := strconv.ParseFloat(number, 64)
	if percent {
		f /= 100
	}
	if err != nil || !(f >= 0 && f <= shareMax) {
		return fmt.Errorf("not between 0 and %v%%", shareMax*100)
	}
	*s = share(f)
	return nil
}

// shareMax is the highest rate: the seven ways in which a channel fails are one group, whose rates are one together at most.
const shareMax = .14

// agentsMax is how many agents there may be.
const agentsMax = 100

func command(ctx context.Context, args []string, out io.Writer) error {
	o := options{}
	rate := share(.05)
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.Uint64Var(&o.seed, "seed", 1, "of customers, words, decisions and faults")
	flags.IntVar(&o.conversations, "conversations", 1000, "how many times customers come")
	flags.IntVar(&o.agents, "agents", 20, "who serve them")
	flags.Var(&rate, "rate", "of every kind of fault, at most 14%; 0 is a day on which nothing goes wrong")
	flags.BoolVar(&o.isolate, "isolate", false, "run each function in a process of its own, and kill processes")
	flags.IntVar(&o.callers, "callers", 0, "make moves straight on the store, so many at once; 0 is a whole centre")
	flags.SetOutput(io.Discard) // main says what is wrong
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return err
	}
	if o.conversations < 1 || o.agents < 3 || o.agents > agentsMax || flags.NArg() > 0 {
		return fmt.Errorf("it takes at least one conversation and 3 to %d agents, and nothing after the flags", agentsMax)
	}
	o.rate = float64(rate)
	if o.callers > 0 {
		return blow(ctx, o, out)
	}
	return play(ctx, o, out)
}

// play runs a world and reports. A violation is an error.
func play(ctx context.Context, o options, out io.Writer) error {
	began := time.Now()
	w, err := open(ctx, o)
	if err != nil {
		return err
	}
	err = w.run(ctx, out)
	w.report(context.WithoutCancel(ctx), out)
	fmt.Fprintf(out, "seed %d: %d violations in %.0f s\n", o.seed, len(w.violations), time.Since(began).Seconds())
	if len(w.violations) > 0 {
		err = errors.Join(err, fmt.Errorf("%d violations; again: go run ./tests/chaos %s", len(w.violations), o.flags()))
	}
	return errors.Join(err, w.close())
}

// flags are what starts the same run again.
func (o options) flags() string {
	rate := share(o.rate)
	text := fmt.Sprintf("-seed %d -conversations %d -agents %d -rate %s", o.seed, o.conversations, o.agents, rate.String())
	if o.isolate {
		text += " -isolate"
	}
	if o.callers > 0 {
		text += fmt.Sprintf(" -callers %d", o.callers)
	}
	return text
}
