// Package traffic is a contact centre on a busy day: customers who write at a given rate and agents who answer them, on a suite of
// its own and over HTTP alone. It measures how long they wait for each other.
//
// Customers come at the times they would come at, whether or not the centre keeps up with those before (an open loop), and waiting
// is measured from the planned time: a centre that is stuck for a second is a second late for everybody who came meanwhile.
//
// A conversation is a customer's message, the offer on an agent's feed, its acceptance, so many messages each way with their
// receipts, the end and the wrap-up. Agents answer at once; there are enough of them, so that nobody waits for a person.
package traffic

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/deskline/deskline/emulator/suite"
)

// The channels customers write by.
const (
	WhatsApp  = "whatsapp"
	Messenger = "messenger"
	Both      = "both" // each customer by one of them, at random
)

// Options say how busy the day is. Rate and For are required.
type Options struct {
	Rate     float64       // conversations a second
	For      time.Duration // how long new ones come
	Messages int           // each way; with 0 the agent ends the conversation without a word
	Alone    bool          // nobody is at work: a conversation is one message, and over when the webhook has answered
	AtOnce   int           // at most so many conversations at a time, and none begins after For: what the centre can do; 0 is no limit
	Agents   int           // at their desktops; 0 is as many as are needed
	Channel  string        // WhatsApp when empty
	Seed     uint64        // of when customers come and how they write; the same one gives the same plan
	Patience time.Duration // how long a conversation may take before it counts as lost; 30 s when 0

	Suite suite.Options // of the suite

	// Progress is told how far it is, about ten times a second; nil is nobody.
	Progress func(Progress)
}

// Progress is how far a run is. All counts are of conversations.
type Progress struct {
	Planned, Begun, Done, Failed int
	Elapsed                      time.Duration // since the first could come
}

const defaultPatience = 30 * time.Second

// complete fills in what was left out.
func (o Options) complete() (Options, error) {
	o.Channel = cmp.Or(o.Channel, WhatsApp)
	o.Patience = cmp.Or(o.Patience, defaultPatience)
	switch {
	case o.Alone:
		o.Agents = 0
	case o.Agents == 0:
		// An agent has one offer at a time. A second for an offer and its acceptance is far more than they take.
		o.Agents = min(max(4, int(o.Rate)), 300)
	}
	switch {
	case !slices.Contains([]string{WhatsApp, Messenger, Both}, o.Channel):
		return o, fmt.Errorf("there is no channel %q; there are %s, %s and %s", o.Channel, WhatsApp, Messenger, Both)
	case o.Rate <= 0 || o.Rate > 10_000:
		return o, fmt.Errorf("a rate of %g conversations a second is not between 0 and 10000", o.Rate)
	case o.For <= 0:
		return o, fmt.Errorf("%s is no time for customers to come in", o.For)
	case o.Messages < 0, o.Agents < 0, o.AtOnce < 0:
		return o, fmt.Errorf("neither messages (%d) nor agents (%d) nor conversations at a time (%d) can be fewer than none",
			o.Messages, o.Agents, o.AtOnce)
	}
	return o, nil
}

// plan is when each conversation begins, in order: as many as come on average, at random times, as people do.
func (o Options) plan(random *rand.Rand) []time.Duration {
	at := make([]time.Duration, max(1, int(o.Rate*o.For.Seconds()+0.5)))
	for n := range at {
		at[n] = time.Duration(random.Int64N(int64(o.For)))
	}
	slices.Sort(at)
	return at
}

// Run opens a centre, lets the day pass and closes it. When ctx ends nobody comes any more, those who are there are served, and the
// result is that of the time until then. An error is that of a centre that could not be opened, or closed; what goes wrong in
// conversations is in the result.
func Run(ctx context.Context, o Options) (r Result, err error) {
	if o, err = o.complete(); err != nil {
		return r, err
	}
	d, err := open(ctx, o)
	if err != nil {
		return r, err
	}
	if err := d.warm(ctx); err != nil {
		return r, firstOf(err, d.close())
	}
	r, err = d.pass(ctx)
	return r, firstOf(err, d.close())
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// warmUp is how many conversations are held before it counts, so that connections are open and the configuration is read, as
// in a centre at work.
const warmUp = 20

// warm has the first conversations, one after the other, and counts from then on.
func (d *day) warm(ctx context.Context) error {
	for n := range warmUp {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t := d.talk(fmt.Sprintf("early%d", n), d.options.Channel == Messenger || d.options.Channel == Both && n%2 == 1)
		if err := t.live(time.Now()); err != nil {
			return fmt.Errorf("the first conversation of the day: %w", err)
		}
	}
	if err := d.settle(); err != nil {
		return err
	}
	d.log.reset()
	d.suite.Meter.Reset()
	return nil
}

// pass lets everybody come who is planned, waits for the last to leave and tells how it was.
func (d *day) pass(ctx context.Context) (Result, error) {
	random := rand.New(rand.NewPCG(d.options.Seed, 1))
	plan := d.options.plan(random)
	stop := d.reports(len(plan))
	var talks sync.WaitGroup
	places := make(chan struct{}, cmp.Or(d.options.AtOnce, len(plan)))
	began, before := time.Now(), computed()
	for n, at := range plan {
		if !wait(ctx, time.Until(began.Add(at))) {
			break
		}
		places <- struct{}{}
		if d.options.AtOnce > 0 && time.Since(began) > d.options.For {
			break
		}
		page := d.options.Channel == Messenger || d.options.Channel == Both && random.IntN(2) == 1
		t := d.talk(fmt.Sprintf("c%d", n), page)
		d.log.begin()
		talks.Go(func() {
			d.log.end(t.live(began.Add(at)))
			<-places
		})
	}
	talks.Wait()
	took := time.Since(began)
	stop()
	err := d.settle()
	r := d.result(len(plan), took)
	r.Computed = computed() - before
	return r, err
}

// wait is false when ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// reports tells how far it is until stop is called, and once more then.
func (d *day) reports(planned int) (stop func()) {
	if d.options.Progress == nil {
		return func() {}
	}
	began := time.Now()
	tell := func() {
		p := d.log.progress()
		p.Planned, p.Elapsed = planned, time.Since(began)
		d.options.Progress(p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for wait(ctx, 100*time.Millisecond) {
			tell()
		}
	})
	return func() {
		cancel()
		running.Wait()
		tell()
	}
}
