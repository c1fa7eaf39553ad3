// Package faults makes things go wrong on request: Firestore, Pub/Sub, Cloud Tasks and the channels fail by a [Plan], clocks are
// wrong and functions die in the middle of a request. Only what functions do is hit: their requests, the events and timers they
// are called by, and what they send to customers. Provisioning and the tests' own clients are not.
//
// # What repeats
//
// Whether something goes wrong is a function of the plan's seed, of what it happens to and of how often that came before, and of
// nothing else: not of time, not of IDs, which are random, and not of what else goes on. What tells occasions apart is
//
//   - a call to Firestore: function, method and collections;
//   - a publish: function and topic; a delivery: subscription and ordering key;
//   - setting a timer, deleting it and its call: function and path;
//   - a message to a customer: number or page, and the customer.
//
// So the n-th commit of routing to agents, interactions and offers meets the same with the same seed in every run, and a scenario
// in which each of these happens in the same order meets the same faults. Where several of one kind race, such as two
// conversations that are routed at once, the faults are the same and which of the racers meets them is not.
package faults

import (
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskline/deskline/emulator/calls"
)

// Options say whom faults may happen to.
type Options struct {
	Functions []string         // all there are
	Calls     *calls.Register  // who asks for what; nil knows nobody, so that only events, timers and sends are hit
	Now       func() time.Time // clock of the history; nil is time.Now
	Log       *slog.Logger     // told of every fault at debug; nil drops it
	Changed   func()           // told when another plan is in force, before Set returns; nil tells nobody
}

// Injector injects the faults of one plan at a time. Make it with New; all methods may be called concurrently.
type Injector struct {
	opt  Options
	dice atomic.Pointer[dice] // of the plan in force

	mu     sync.Mutex
	counts map[Kind]int
	last   []Injected // a ring once it is full
	next   int        // where the oldest of a full ring is
}

// Injected is a fault that happened.
type Injected struct {
	At       time.Time `json:"at"`
	Kind     Kind      `json:"kind"`
	Function string    `json:"function,omitempty"` // whom it happened to; empty for the channel
	Trace    string    `json:"trace,omitempty"`    // what it happened in, where that is known
	On       string    `json:"on,omitempty"`       // collections, topic, subscription, path of a timer, number or page
	Nth      uint64    `json:"nth"`                // how many such occasions there were before, by what tells them apart
	Late     Duration  `json:"late,omitempty"`     // how late it made things
}

// history is how many of the last faults are kept.
const history = 1000

// New makes an injector without faults.
func New(o Options) *Injector {
	if o.Calls == nil {
		o.Calls = &calls.Register{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	i := &Injector{opt: o, counts: map[Kind]int{}}
	i.dice.Store(newDice(Plan{}))
	return i
}

// Set puts a plan in force, from its beginning: what was counted and kept of the one before is forgotten, and setting the same
// plan again repeats it. A plan that makes no sense is refused with everything that is wrong with it, and the one before goes on.
func (i *Injector) Set(p Plan) error {
	if err := p.check(i.opt.Functions); err != nil {
		return err
	}
	i.begin(newDice(p.clone()))
	if i.opt.Changed != nil {
		i.opt.Changed()
	}
	return nil
}

func (i *Injector) begin(d *dice) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.counts, i.last, i.next = map[Kind]int{}, nil, 0
	i.dice.Store(d)
}

// clone is a copy that shares nothing.
func (p Plan) clone() Plan {
	p.Functions, p.Firestore.Methods = slices.Clone(p.Functions), slices.Clone(p.Firestore.Methods)
	p.Skew, p.Once = maps.Clone(p.Skew), slices.Clone(p.Once)
	return p
}

// Plan is the plan in force, as it was set.
func (i *Injector) Plan() Plan { return i.dice.Load().plan.clone() }

// Count is what was injected by the plan in force, by kind.
func (i *Injector) Count() map[Kind]int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return maps.Clone(i.counts)
}

// History is what was injected by the plan in force, oldest first; the last 1000.
func (i *Injector) History() []Injected {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Concat(i.last[i.next:], i.last[:i.next])
}

// Skew is how far the plan has a function's clock ahead of the suite's, behind it when negative.
func (i *Injector) Skew(function string) time.Duration {
	return time.Duration(i.dice.Load().plan.Skew[function])
}

// decide chooses what happens on an occasion and notes it. Its kind is empty when all goes well.
func (i *Injector) decide(m moment, o occasion) outcome {
	d := i.dice.Load()
	out, n, hit := d.roll(m, o)
	if !hit {
		return outcome{}
	}
	e := Injected{At: i.opt.Now(), Kind: out.kind, Function: o.function, Trace: o.trace, On: strings.Join(o.on, " "), Nth: n, Late: out.late}
	i.note(d, e)
	i.opt.Log.Debug("fault injected", "kind", e.Kind, "function", e.Function, "trace", e.Trace, "on", e.On, "nth", e.Nth, "late", e.Late)
	return out
}

// note keeps a fault, unless another plan is in force by now.
func (i *Injector) note(d *dice, e Injected) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.dice.Load() != d {
		return
	}
	i.counts[e.Kind]++
	if len(i.last) < history {
		i.last = append(i.last, e)
		return
	}
	i.last[i.next] = e
	i.next = (i.next + 1) % history
}
