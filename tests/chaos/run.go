package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/graph"
)

const (
	tickLeast = 25 * time.Millisecond // of real time, so that a tick is not over before anything has happened
	tickMost  = time.Second           // how long a tick waits for those who act
	laggards  = 4                     // one agent of so many is not waited for
	crowded   = 5                     // events under way for each agent, with which time does not go on
	still     = 20 * time.Millisecond // without one less, after which they wait for time to go on
	sweepEach = 10                    // ticks from one of the sweep's rounds to the next
	killEach  = 25                    // ticks from one death to the next, on average: some seconds of real time
	modeEach  = 40                    // ticks from one way in which channels report to another
	restTicks = 90                    // until everything that can be offered rings or is taken
	windMost  = 800                   // ticks until agents have finished
	silence   = 14 * time.Minute      // in which what waits for a message, or for a channel, is given up
)

// run plays all phases and then checks.
func (w *world) run(ctx context.Context, out io.Writer) error {
	if err := w.yesterday(ctx); err != nil {
		return err
	}
	plan := planOf(w.opt.seed, w.opt.rate, w.functions)
	if err := w.suite.Faults.Set(plan); err != nil {
		return err
	}
	for tick := range w.last {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if tick%modeEach == 0 {
			if err := w.mode(); err != nil {
				return err
			}
		}
		w.tick(ctx, tick, w.opt.rate > 0)
		if tick%100 == 99 {
			open, under := w.trail.open()
			fmt.Fprintf(out, "tick %d of %d: %d conversations, %d open, %d messages and %d events under way\n",
				tick+1, w.last, len(w.trail.of("interactions")), open, under, w.suite.PubSub.Pending())
		}
	}
	w.acting.Wait()
	fmt.Fprintf(out, "faults: %v, deaths: %v\n", w.suite.Faults.Count(), w.kills)
	if err := w.suite.Faults.Set(faults.Plan{}); err != nil {
		return err
	}
	if err := w.opens(ctx); err != nil {
		return err
	}
	if err := w.rests(ctx); err != nil {
		return err
	}
	if err := w.finishes(ctx); err != nil {
		return err
	}
	return w.falls(ctx)
}

// tick lets everybody act once, beside each other, and then some time pass. Who takes longer than the others misses the next. A machine
// that is slow has time pass slowly, or all that agents did would be behind what customers wait for.
func (w *world) tick(ctx context.Context, tick int, deadly bool) {
	least, most := time.After(tickLeast), time.After(tickMost)
	var begun int
	done := make(chan struct{}, len(w.agents)+2*len(w.customers)+1)
	begin := func(f func()) {
		begun++
		w.acting.Go(func() { f(); done <- struct{}{} })
	}
	for _, c := range w.customers {
		for n, said := range c.words[tick] {
			said.at = w.suite.Clock.Now()
			begin(func() { c.writes(w, said, n) })
		}
	}
	for _, a := range w.agents {
		if a.busy.CompareAndSwap(false, true) {
			begin(func() { defer a.busy.Store(false); a.acts(ctx) })
		}
	}
	if tick%sweepEach == 0 {
		begin(func() { w.sweeps(ctx) })
	}
	if deadly && w.dice.IntN(killEach) == 0 {
		w.kill()
	}
	for late := false; begun > len(w.agents)/laggards && !late; {
		select {
		case <-done:
			begun--
		case <-most:
			late = true
		}
	}
	<-least
	w.works(ctx)
	w.passes(time.Second + time.Duration(w.dice.Int64N(int64(time.Second/2))))
}

// works waits while there are too many events under way and they become fewer. Those that do not wait for time to pass.
func (w *world) works(ctx context.Context) {
	start := time.Now()
	for left, since := w.suite.PubSub.Pending(), start; left > crowded*len(w.agents) && time.Since(since) < still && time.Since(start) < tickMost; {
		pause(ctx, time.Millisecond)
		if now := w.suite.PubSub.Pending(); now < left {
			left, since = now, time.Now()
		}
	}
}

// The ways in which channels report what became of messages; the more often one is named, the likelier it is. Messenger does not fall
// silent: its marks of later messages cover earlier ones, so that nobody could say of which the channel never spoke.
var (
	numberModes = []graph.Statuses{graph.StatusesAuto, graph.StatusesAuto, graph.StatusesReversed, graph.StatusesManual}
	pageModes   = []graph.Statuses{graph.StatusesAuto, graph.StatusesReversed}
)

// mode has the channels report in some way from now on.
func (w *world) mode() error {
	return errors.Join(w.number.SetStatuses(numberModes[w.dice.IntN(len(numberModes))]),
		w.page.SetStatuses(pageModes[w.dice.IntN(len(pageModes))]))
}

// passes lets time pass.
func (w *world) passes(d time.Duration) { w.suite.Clock.Advance(d) }

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// sweeps is the schedule's call, which may die; the next one makes up for it.
func (w *world) sweeps(ctx context.Context) { _ = w.suite.Call(ctx, "sweep", "/schedules/sweep") }

// kill ends a function: its process, or where it has none all the calls it is at.
func (w *world) kill() {
	for _, n := range w.dice.Perm(len(w.functions)) {
		name := w.functions[n]
		if w.opt.isolate {
			w.kills[name]++
			_ = w.suite.Kill(name) // every function has a process
			return
		}
		if under := w.suite.Calls.Under(name); len(under) > 0 {
			w.kills[name]++
			for _, c := range under {
				c.Die()
			}
			return
		}
	}
}

// rests lets everything come to rest while agents take what rings, and checks that nobody waits in vain.
func (w *world) rests(ctx context.Context) error {
	if err := w.act(ctx, steady, restTicks); err != nil {
		return err
	}
	if err := w.settles(ctx); err != nil {
		return err
	}
	r, err := w.look(ctx)
	if err != nil {
		return err
	}
	w.found(r.agree())
	w.found(r.nobodyWaits(w.suite.Clock.Now()))
	board, err := w.board(ctx, r)
	w.found(board)
	return err
}

// act lets agents act in a mood, until all have done what they began.
func (w *world) act(ctx context.Context, m mood, ticks int) error {
	for _, a := range w.agents {
		a.mood = m
	}
	for n := range ticks {
		w.tick(ctx, w.last+n, false)
	}
	w.acting.Wait()
	return ctx.Err()
}

// finishes has agents finish all there is.
func (w *world) finishes(ctx context.Context) error {
	for range windMost / sweepEach {
		if open, under := w.trail.open(); open+under == 0 {
			return nil
		}
		if err := w.act(ctx, winding, sweepEach); err != nil {
			return err
		}
	}
	return nil // what is left is what the check will find
}

// falls is the silence at the end, in which whatever waits for its time has it, and the last look.
func (w *world) falls(ctx context.Context) error {
	const step = 10 * time.Second
	for range silence / step {
		w.passes(step)
		w.sweeps(ctx)
		pause(ctx, tickLeast)
	}
	if err := w.settles(ctx); err != nil {
		return err
	}
	r, err := w.look(ctx)
	if err != nil {
		return err
	}
	w.found(w.check(ctx, r))
	return nil
}

// settles waits until no event, timer or callback is under way. Events that are to come again have their time pass.
func (w *world) settles(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for range 3 { // one may set off another
		for w.suite.PubSub.Pending() > 0 {
			pause(ctx, 5*time.Millisecond)
			w.passes(200 * time.Millisecond)
			if ctx.Err() != nil {
				return fmt.Errorf("events do not come to rest: %d are left", w.suite.PubSub.Pending())
			}
		}
		if err := w.suite.Tasks.Idle(ctx); err != nil {
			return fmt.Errorf("timers do not come to rest: %w", err)
		}
		if err := w.suite.Graph.Settle(ctx); err != nil {
			return fmt.Errorf("channels do not come to rest: %w", err)
		}
	}
	return nil
}
