package desk

import (
	"flag"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/shared/fault"
)

// steps is how many moves TestACentreKeepsItsPromises plays at least:
//
//	go test ./shared/desk -run Promises -steps 10000000 -timeout 0 -v
//
// With -v it says how many it has played, and by which seed; -rapid.seed plays the same again.
var steps = flag.Int("steps", 10_000, "moves that centres play at random, at least")

// TestACentreKeepsItsPromises plays days of small centres at random: customers write, agents come, answer, vanish and
// return, channels refuse and report late, timers come early, late and twice, functions die between deciding and
// saving, and every request may be sent again. After each move the promises of promises_test.go must hold.
func TestACentreKeepsItsPromises(t *testing.T) {
	seed := firstSeed(t)
	require.NoError(t, flag.Set("rapid.steps", "60")) // a shift; many are no occasion for the move that is drawn
	began, centres, played := time.Now(), 0, 0
	for next := seed; played < *steps; next += 1_000_000 {
		block := time.Now()
		require.NoError(t, flag.Set("rapid.seed", strconv.FormatUint(next, 10)))
		rapid.Check(t, func(t *rapid.T) {
			c := newCentre(t)
			moves := c.moves()
			for name, play := range moves {
				moves[name] = func(t *rapid.T) {
					if plays(t, play) {
						played++
					}
				}
			}
			moves[""] = c.promises
			for range 6 { // shifts: in one alone not much happens
				t.Repeat(moves)
			}
			c.books(t)
			c.everythingCanClose(t)
			centres++
		})
		if end, ok := t.Deadline(); ok && played < *steps {
			require.Greater(t, time.Until(end), 5*time.Since(block), "-timeout leaves no time for more than %d of %d steps", played, *steps)
		}
	}
	t.Logf("%d steps in %d centres from seed %d on, %.0f s", played, centres, seed, time.Since(began).Seconds())
}

// nothing is the panic of a move for which there is no occasion.
type nothing struct{}

func skip() { panic(nothing{}) }

// plays makes a move, and is false when there was no occasion. rapid's own way to skip would end the shift after a few of these.
func plays(t *rapid.T, move func(*rapid.T)) (played bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(nothing); !ok {
				panic(p)
			}
		}
	}()
	move(t)
	return true
}

// firstSeed is -rapid.seed or, without one, another each time.
func firstSeed(t *testing.T) uint64 {
	given := flag.Lookup("rapid.seed").Value.String()
	t.Cleanup(func() { require.NoError(t, flag.Set("rapid.seed", given)) })
	seed, err := strconv.ParseUint(given, 10, 64)
	require.NoError(t, err)
	if seed == 0 {
		seed = rand.Uint64N(1e12) + 1
	}
	return seed
}

// centre keeps records as the store does: by kind and ID, every reader gets his own copy, and a change is saved only if
// every record is still as it was read.
type centre struct {
	now    time.Time
	limits Limits // of every queue
	recs   map[place]Record
	lent   []loan           // what the rule at work was given
	rona   map[string]int64 // version in which each agent's RONA began
	wished int64            // version the wish at work has seen; zero when the move is no wish
	done   []move           // saved moves that store nothing if they come again
	flying []flight         // decided and not saved yet
	sends  []*handed        // messages handed to the channel
	taken  map[string]int   // how often the channel may have taken each message
	serial int
	one    map[person]bool // whose addresses the channel told together
	coming []Remark        // about messages that are still to come
	told   map[place]int64 // version of each record whose history was read last
	saves  int             // that were made, and of which the promises were looked at last
	looked int
	watch  *watcher
}

type place struct {
	kind RecordKind
	id   string
}

// loan is a record given to a rule, and what it was like.
type loan struct{ got, want reflect.Value }

// move is a read with a decision. It may be tried many times.
type move struct {
	name    string
	decide  func() (Change, error)
	repeats bool   // if it is saved, the same at once stores nothing
	forever bool   // and however late
	seen    int64  // version a wish has seen
	key     string // remembered by the agent or the conversation
	agent   string
	talk    string
	saved   func(Change)
	flew    time.Time // when it was decided that is saved late; zero for at once
}

type flight struct {
	move
	change Change
}

// decidedAt is when the move was decided, if it is saved later.
func (m move) decidedAt(now time.Time) time.Time {
	if m.flew.IsZero() {
		return now
	}
	return m.flew
}

func at(r Record) place { return place{r.Record(), r.Base().ID} }

// get reads a record; a missing one has its ID and no version.
func get[T any, P interface {
	*T
	Record
}](c *centre, id string) T {
	var v T
	P(&v).Base().ID = id
	if r, ok := c.recs[at(P(&v))]; ok {
		v = copied(*r.(P))
	}
	c.lent = append(c.lent, loan{reflect.ValueOf(v), reflect.ValueOf(copied(v))})
	return v
}

// see reads a record for the test itself.
func see[T any, P interface {
	*T
	Record
}](c *centre, id string) T {
	var v T
	P(&v).Base().ID = id
	if r, ok := c.recs[at(P(&v))]; ok {
		v = *r.(P)
	}
	return v
}

// all reads every record of a sort, by ID.
func all[T any, P interface {
	*T
	Record
}](c *centre) []T {
	var list []T
	for _, r := range c.recs {
		if p, ok := r.(P); ok {
			list = append(list, *p)
		}
	}
	slices.SortFunc(list, func(a, b T) int {
		if P(&a).Base().ID < P(&b).Base().ID {
			return -1
		}
		return 1
	})
	return list
}

func (c *centre) put(r Record) { c.recs[at(r)] = r }

// decide asks the rule and looks whether it left alone what it was given.
func (c *centre) decide(t *rapid.T, m move) (Change, error) {
	c.lent = nil
	ch, err := m.decide()
	for _, l := range c.lent {
		if !unaltered(l.got, l.want) {
			t.Fatalf("%s altered a record it was given: %+v", m.name, l.got)
		}
	}
	places := map[place]bool{}
	for _, r := range slices.Concat(ch.Save, ch.Drop) {
		must(t, r.Base().ID != "" && !places[at(r)], "%s stores %v twice, or without an ID", m.name, at(r))
		places[at(r)] = true
	}
	if err != nil {
		if fault.Is(err, fault.Internal) {
			t.Fatalf("%s: %v", m.name, err)
		}
		if len(ch.Save) > 0 || len(ch.Hints) > 0 {
			t.Fatalf("%s is refused and has something to store or hint", m.name)
		}
	}
	return ch, err
}

// try makes a move. What is decided may be saved, be lost with its function, or be saved later by a slow one.
func (c *centre) try(t *rapid.T, m move) {
	ch, err := c.decide(t, m)
	if err != nil || len(ch.Save)+len(ch.Drop) == 0 {
		return
	}
	switch fate := rapid.IntRange(0, 11).Draw(t, "fate"); {
	case fate == 11:
	case fate == 10:
		m.flew = c.now
		c.flying = append(c.flying, flight{m, ch})
	default:
		if !c.save(t, m, ch) {
			t.Fatalf("%s lost a race against nobody", m.name)
		}
		if m.repeats {
			c.repeat(t, m)
		}
		if len(ch.Hints) > 0 && rapid.IntRange(0, 3).Draw(t, "hint lost") > 0 {
			c.route(t)
		}
	}
}

// repeat makes a saved move again.
func (c *centre) repeat(t *rapid.T, m move) {
	ch, err := c.decide(t, m)
	must(t, err != nil || len(ch.Save) == 0, "%s came again and stores %v", m.name, storedKinds(ch))
	must(t, err == nil || m.key == "", "%s came again with its key, and is refused: %v", m.name, err)
}

// save stores a change, all or none. False means that somebody else was faster.
func (c *centre) save(t *rapid.T, m move, ch Change) bool {
	for _, r := range ch.Save {
		if c.version(at(r)) != r.Base().Version {
			return false
		}
	}
	for _, r := range ch.Drop {
		if c.version(at(r)) != r.Base().Version {
			return false
		}
		delete(c.recs, at(r))
	}
	c.wished = m.seen
	c.saves++
	for _, r := range ch.Save {
		old := c.recs[at(r)]
		fresh := reflect.New(reflect.TypeOf(r).Elem())
		copyInto(fresh.Elem(), reflect.ValueOf(r).Elem())
		rec := fresh.Interface().(Record)
		rec.Base().Version++
		c.step(t, m, old, rec)
		c.put(rec)
		c.watch.sees(m.name, old, rec, func(id string) Interaction { return see[Interaction](c, id) }, m.decidedAt(c.now))
	}
	if m.saved != nil {
		m.saved(ch)
	}
	if m.forever {
		c.done = append(c.done, m)
	}
	return true
}

func (c *centre) version(p place) int64 {
	if r, ok := c.recs[p]; ok {
		return r.Base().Version
	}
	return 0
}

// name makes an ID.
func (c *centre) name(prefix string) string {
	c.serial++
	return prefix + string(rune('A'+c.serial/26/26%26)) + string(rune('A'+c.serial/26%26)) + string(rune('A'+c.serial%26))
}

// everythingCanClose plays a copy of the centre on, with an agent who takes everything, until nothing is open and nobody
// owes anything: whatever happened, no conversation is stuck.
func (c *centre) everythingCanClose(t *rapid.T) {
	rest := *c
	rest.recs, rest.rona, rest.told, rest.done = maps.Clone(c.recs), maps.Clone(c.rona), maps.Clone(c.told), nil
	zoe := Agent{Head: stored("zoe", 1), Name: "Zoe", Capacity: 1000, Serves: []string{sales, expert, tech}, State: AgentAvailable, FreeSince: rest.now}
	zoe = zoe.Settle()
	rest.put(&zoe)
	l := Lease{Head: stored("zoe", 1), Session: "z", Until: rest.now.Add(time.Hour), DueAt: rest.now.Add(time.Hour)}
	rest.put(&l)
	for _, i := range all[Interaction](c) {
		for try := 0; see[Interaction](&rest, i.ID).State != InteractionClosed; try++ {
			if try == 9 {
				t.Fatalf("the conversation cannot close: %+v", see[Interaction](&rest, i.ID))
			}
			rest.forward(t, see[Interaction](&rest, i.ID))
		}
		for who := see[Interaction](&rest, i.ID).Agents; len(who) > 0; who = see[Interaction](&rest, i.ID).Agents {
			m := rest.wrapUp(i.ID, who[0], Choice{Reason: "sold"})
			ch, err := rest.decide(t, m)
			must(t, err == nil && rest.save(t, m, ch), "%s cannot wrap up what is closed: %v", who[0], err)
		}
	}
	for _, a := range all[Agent](&rest) {
		must(t, len(a.Seats) == 0, "%s still has %v", a.ID, a.Seats)
	}
	rest.promises(t)
	rest.books(t)
}

// forward makes the next move towards the end of a conversation.
func (c *centre) forward(t *rapid.T, i Interaction) {
	var m move
	switch i.State {
	case InteractionQueued:
		if i.Awaits.Agent != "" {
			c.now = c.now.Add(DefaultExclusiveWait)
			m = c.overflow(i.ID)
			break
		}
		o := Offer{Head: Head{ID: c.name("last-offer")}, Deadline: c.now.Add(time.Minute)}
		m = c.makeOffer(MakeOffer, o, "zoe", i.ID, WhyLongestAvailable)
	case InteractionOffered:
		o := see[Offer](c, i.Offer)
		if o.Agent == "zoe" {
			m = c.answer("accept", AcceptOffer, o.ID, "zoe")
			break
		}
		if c.now.Before(o.Deadline) {
			c.now = o.Deadline
		}
		m = c.expire(o.ID)
	case InteractionActive:
		m = c.end(i.ID, i.Owner, "")
	case InteractionWrapUp:
		m = c.wrapUp(i.ID, i.Legs[i.lastOwner()].Agent, Choice{Reason: "sold"})
	}
	ch, err := c.decide(t, m)
	if err != nil || !c.save(t, m, ch) {
		t.Fatalf("%s is refused, for %q: %v", m.name, i.Wants, err)
	}
}
