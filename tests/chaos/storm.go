package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskline/deskline/emulator/calls"
	virtual "github.com/deskline/deskline/emulator/clock"
	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/infra"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// storm is the rules on the real store, without what is around them: so many callers at once read, decide and save, as functions do,
// while the database refuses calls, loses answers, and callers die in the midst. Every hint may be lost.
type storm struct {
	opt    options
	server *firestore.Server
	store  *store.Store
	clock  *virtual.Clock
	faults *faults.Injector
	calls  *calls.Register
	trail  *trail

	finish atomic.Bool  // agents end what they have
	come   atomic.Int64 // customers who have written
	serial atomic.Int64 // of IDs
	made   atomic.Int64 // moves that were saved
	asked  atomic.Int64 // moves that were tried

	mu     sync.Mutex
	tokens map[string]bool   // that routing was hinted to look at
	said   map[string]string // every word of a customer's by its ID, and who said it
	handed map[string]int    // how often the channel was given each message
	found  findings
}

// caller is what functions are called here: the plan's faults know them by a name.
const caller = "caller"

// blow plays a storm and reports. A violation is an error.
func blow(ctx context.Context, o options, out io.Writer) error {
	began := time.Now()
	s := &storm{opt: o, clock: &virtual.Clock{}, calls: &calls.Register{}, trail: newTrail(),
		tokens: map[string]bool{}, said: map[string]string{}, handed: map[string]int{}}
	s.faults = faults.New(faults.Options{Functions: []string{caller}, Calls: s.calls})
	if err := s.opens(ctx); err != nil {
		return errors.Join(err, s.close())
	}
	err := s.plays(ctx, out)
	fmt.Fprintf(out, "storm of seed %d: %d callers, %d agents, %d customers, %d moves tried and %d saved, faults %v\n",
		o.seed, o.callers, o.agents, o.conversations, s.asked.Load(), s.made.Load(), s.faults.Count())
	if err == nil {
		err = s.looks(ctx, out)
	}
	fmt.Fprintf(out, "seed %d: %d violations in %.0f s\n", o.seed, len(s.found), time.Since(began).Seconds())
	if len(s.found) > 0 {
		err = errors.Join(err, fmt.Errorf("%d violations; again: go run ./tests/chaos %s", len(s.found), o.flags()))
	}
	return errors.Join(err, s.close())
}

// opens starts the database, with its agents, who are still at home.
func (s *storm) opens(ctx context.Context) error {
	indexes, err := firestore.ParseIndexes(infra.Indexes)
	if err != nil {
		return err
	}
	s.server = firestore.New(firestore.Options{Indexes: indexes, Now: s.clock.Now, Observe: s.trail.observe,
		Intercept: s.faults.FirestoreCall, AfterCommit: s.faults.FirestoreCommit})
	if err := s.server.Start("127.0.0.1:0"); err != nil {
		return err
	}
	if s.store, err = store.Open(ctx, store.Config{Project: "storm", Endpoint: s.server.Addr(), Now: s.clock.Now}); err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(s.opt.seed, 'a'))
	for n := range s.opt.agents {
		a := desk.Agent{Head: desk.Head{ID: agentID(n)}, Name: agentID(n), Capacity: 1 + dice.IntN(3), Teams: []string{sales, care}}
		if n%3 < 2 {
			a.Teams = a.Teams[n%3 : n%3+1]
		}
		for _, team := range a.Teams {
			a.Serves = append(a.Serves, desk.Token(team, desk.WhatsApp))
			if team == sales && n%2 == 0 {
				a.Serves = append(a.Serves, desk.TokenFor(sales, desk.WhatsApp, skilled))
			}
		}
		if n%5 == 0 {
			a.Capacities = []desk.ChannelCapacity{{Channel: desk.WhatsApp, Most: 1}}
		}
		if err := s.store.Reader().Save(ctx, desk.Change{Save: []desk.Record{&a}}); err != nil {
			return err
		}
	}
	r := faults.Rate(s.opt.rate / 3)
	codes := faults.Failures{Unavailable: r, Aborted: r, Deadline: r}
	dies := faults.Rate(s.opt.rate * killShare)
	return s.faults.Set(faults.Plan{Seed: s.opt.seed, Firestore: faults.Firestore{Before: codes, After: codes}, Kill: faults.Kill{Before: dies, After: dies}})
}

func (s *storm) close() error {
	var err error
	if s.store != nil {
		err = s.store.Close()
	}
	if s.server != nil {
		s.server.Close()
	}
	return err
}

// plays has callers act until all customers have come, and then, without faults, until nothing is open.
func (s *storm) plays(ctx context.Context, out io.Writer) error {
	s.crowd(ctx, func() bool { return s.come.Load() < int64(s.opt.conversations) })
	open, under := s.trail.open()
	fmt.Fprintf(out, "all customers have come: %d conversations are open, %d messages under way\n", open, under)
	counted := s.faults.Count()
	if err := s.faults.Set(faults.Plan{}); err != nil {
		return err
	}
	fmt.Fprintf(out, "faults: %v\n", counted)
	s.finish.Store(true)
	const rounds, each = 400, 20
	for n := 0; n < rounds && ctx.Err() == nil; n++ {
		var acts atomic.Int64
		s.crowd(ctx, func() bool { return acts.Add(1) <= int64(each*s.opt.callers) })
		s.passes(ctx, time.Second/2)
		if open, _ := s.trail.open(); open == 0 { // a message may still wait for the channel's word
			break
		}
	}
	for range silence / time.Minute {
		s.passes(ctx, time.Minute)
	}
	return ctx.Err()
}

// crowd has all callers act beside each other for as long as more says.
func (s *storm) crowd(ctx context.Context, more func() bool) {
	var all sync.WaitGroup
	for n := range s.opt.callers {
		all.Go(func() {
			c := &calling{storm: s, dice: rand.New(rand.NewPCG(s.opt.seed, uint64(n)<<32|uint64(s.serial.Add(1))))}
			for ctx.Err() == nil && more() {
				s.call(ctx, c.acts)
			}
		})
	}
	all.Wait()
}

// call makes one call as a function gets it: the faults of the plan hit what it asks for, and it may die at any of it.
func (s *storm) call(ctx context.Context, f func(context.Context)) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
	if err != nil {
		panic(err) // method and URL are written above
	}
	s.calls.Wrap(caller, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		f(web.WithTraceparent(r.Context(), r.Header.Get("Traceparent")))
	})).ServeHTTP(nowhere{}, req)
}

// nowhere is an answer that nobody reads.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// decision reads what a rule needs, and asks it.
type decision = func(context.Context, *store.Reader) (desk.Change, error)

// refusals are what others' moves may bring about.
var refusals = []fault.Kind{fault.Conflict, fault.Denied, fault.Stale, fault.TooEarly, fault.Unavailable, fault.Limited}

// move makes a move and notes whom it hints. What is refused, or was not to be had in time, is nobody's fault; everything else is.
func (s *storm) move(ctx context.Context, what string, decide decision) (desk.Change, bool) {
	s.asked.Add(1)
	ch, err := s.store.Move(ctx, decide)
	if err != nil {
		switch f := fault.Of(err); {
		case f.Code == "target_has_it": // he got it meanwhile
		case slices.Contains(refusals, f.Kind):
		default:
			if ctx.Err() == nil {
				s.violated("", "%s: %v", what, err)
			}
		}
		return desk.Change{}, false
	}
	if len(ch.Save) > 0 {
		s.made.Add(1)
	}
	s.hinted(ch.Hints)
	return ch, true
}

// repeated makes a move and, now and then, the same again, which then stores nothing.
func (c *calling) repeated(ctx context.Context, what string, decide decision) (desk.Change, bool) {
	ch, ok := c.move(ctx, what, decide)
	if !ok || c.dice.IntN(8) > 0 {
		return ch, ok
	}
	if again, ok := c.move(ctx, what+" again", decide); ok && len(again.Save) > 0 {
		c.violated(again.Interaction.ID, "%s came again, and stores %d records", what, len(again.Save))
	}
	return ch, ok
}

func (s *storm) violated(interaction, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found.interaction(interaction, format, args...)
}

func (s *storm) id(of string) string { return fmt.Sprintf("%s-%d", of, s.serial.Add(1)) }

// looks is the look at everything when all is over.
func (s *storm) looks(ctx context.Context, out io.Writer) error {
	r, err := read(ctx, s.store)
	if err != nil {
		return err
	}
	s.found = append(s.found, r.agree()...)
	s.found = append(s.found, r.closed()...)
	s.found = append(s.found, r.histories()...)
	s.found = append(s.found, r.owed(s.clock.Now())...)
	s.found = append(s.found, s.trail.check()...)
	s.found = append(s.found, s.heard(r)...)
	ended := map[desk.OfferState]int{}
	for _, o := range r.offers {
		ended[o.State]++
	}
	led := map[string]int{}
	for _, i := range r.interactions {
		for _, e := range r.history(i) {
			if slices.Contains(byHand, e.Event) || slices.Contains(byTime, e.Event) {
				led[e.Event]++
			}
		}
	}
	fmt.Fprintf(out, "%d conversations, %d messages, offers %v, by time, supervisors and agents %v\n", len(r.interactions), len(r.messages), ended, led)
	for n, v := range s.found {
		if n == shownMost {
			break
		}
		fmt.Fprintf(out, "\nVIOLATION (seed %d): %s %s: %s\n", s.opt.seed, v.Interaction, v.Agent, v.What)
		for _, e := range r.history(r.interactions[v.Interaction]) {
			fmt.Fprintf(out, "    %3d %s %-12s %-4s %s\n", e.Seq, clock(e.At), e.Event, e.By, e.Detail)
		}
	}
	return nil
}

// heard finds words of customers that are not on record once, and messages that the channel was given twice.
func (s *storm) heard(r *records) (f findings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.said {
		if _, ok := r.messages[id]; !ok {
			f.interaction("", "a customer's word %s is lost", id)
		}
	}
	for id, m := range r.messages {
		if m.Direction == desk.Inbound && s.said[id] == "" {
			f.interaction(m.Interaction, "nobody said %s", id)
		}
		if s.handed[id] > 1 {
			f.interaction(m.Interaction, "message %s was given to the channel %d times", id, s.handed[id])
		}
	}
	return f
}
