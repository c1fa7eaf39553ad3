package tests

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/deskline/deskline/emulator/centre"
	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

var (
	stormSeed   = flag.Uint64("storm.seed", 0, "seed of the storms around a deletion; 0 is a new one")
	stormRounds = flag.Int("storm.rounds", 10, "rounds of each storm around a deletion")
)

// storm is a busy floor in the midst of which something is deleted: eight customers write, three agents accept, decline,
// answer and end, four requests at a time in an order the seed decides.
type storm struct {
	*floor.Floor
	t       *testing.T
	dice    *rand.Rand
	agents  []*floor.Agent
	busy    []sync.Mutex // an agent does one thing at a time
	removed atomic.Bool  // the number was deleted, and that was answered

	mu      sync.Mutex
	round   int
	written []string // what customers wrote
	late    []string // what agents tried to say after the deletion was answered
	refused []string // what agents were not allowed to say
}

// storms plays rounds, ten to a floor.
func storms(t *testing.T, round func(s *storm)) {
	seed := *stormSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-storm.seed=%d", seed)
	dice := rand.New(rand.NewPCG(seed, seed))
	for n := 0; n < *stormRounds && !t.Failed(); n += 10 {
		t.Run(fmt.Sprint("from ", n), func(t *testing.T) {
			s := &storm{Floor: floor.Open(t), t: t, dice: dice, busy: make([]sync.Mutex, 3)}
			for _, id := range []string{"ana", "bob", "carla"} {
				a := s.Agent(id)
				a.Desktop.Token = sync.OnceValues(a.Desktop.Token)
				s.agents = append(s.agents, a)
			}
			for s.round = n; s.round < min(n+10, *stormRounds); s.round++ {
				s.calm()
				round(s)
				require.False(t, t.Failed(), "in round %d", s.round)
			}
		})
	}
}

// calm begins a round: what was deleted is back, the agents are at their desks, and some conversations are under way.
func (s *storm) calm() {
	s.t.Helper()
	s.written, s.late, s.refused = nil, nil, nil
	s.removed.Store(false)
	_, err := s.Agent("ada").Desktop.Import(s.Context(), centre.Example, false)
	require.NoError(s.t, err)
	for _, a := range s.agents {
		a.SignsIn() // the round before may have lasted longer than a lease
		a.ComesBack()
	}
	var parked []desk.Hint
	for _, p := range all[desk.Parked](s.Floor) {
		parked = append(parked, desk.Hint{Event: desk.HintParkedDue, Parked: p.ID})
	}
	s.Hint(parked...)
	for n := range 4 {
		s.writes(n)
	}
	s.Settle()
	assert.Empty(s.t, all[desk.Parked](s.Floor), "what was written to the deleted number is a conversation now")
	for n := range s.agents {
		if s.dice.IntN(3) > 0 {
			s.accepts(n)
		}
	}
	s.Settle()
}

// rages makes everything happen at once, and the deletion somewhere in between.
func (s *storm) rages(deletion func()) {
	s.t.Helper()
	var acts []func()
	for range 8 {
		who := s.dice.IntN(8)
		acts = append(acts, func() { s.writes(who) })
	}
	for n := range 16 {
		who, act := s.dice.IntN(len(s.agents)), []func(int){s.accepts, s.accepts, s.accepts, s.says, s.says, s.says, s.declines, s.ends}[n%8]
		acts = append(acts, func() { act(who) })
	}
	s.dice.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	acts = slices.Insert(acts, s.dice.IntN(len(acts)), deletion)
	var g errgroup.Group
	g.SetLimit(4)
	for _, act := range acts {
		g.Go(func() error { act(); return nil })
	}
	require.NoError(s.t, g.Wait())
	s.Settle()
}

func (s *storm) writes(customer int) {
	s.mu.Lock()
	text := fmt.Sprintf("round %d word %d", s.round, len(s.written))
	s.written = append(s.written, text)
	s.mu.Unlock()
	s.Customer(fmt.Sprint("customer", customer)).Writes(text)
}

// snapshot is what the agent's desktop shows; he does nothing else until done is called.
func (s *storm) snapshot(agent int) (d *desktop.Desktop, snap api.Snapshot, done func()) {
	s.busy[agent].Lock()
	d = s.agents[agent].Desktop
	snap, err := d.Snapshot(s.Context())
	assert.NoError(s.t, err)
	return d, snap, s.busy[agent].Unlock
}

func (s *storm) accepts(agent int) {
	gone := s.removed.Load()
	d, snap, done := s.snapshot(agent)
	defer done()
	if snap.Offer.ID == "" {
		return
	}
	_, err := d.Accept(s.Context(), snap.Offer.ID)
	assert.False(s.t, gone && err == nil, "a conversation of a deleted number was taken")
	s.isConflict(err)
}

func (s *storm) declines(agent int) {
	d, snap, done := s.snapshot(agent)
	defer done()
	if snap.Offer.ID == "" {
		return
	}
	_, err := d.Decline(s.Context(), snap.Offer.ID)
	s.isConflict(err)
	if err == nil {
		_, err = d.Set(s.Context(), desktop.Key(), api.StateChange{State: api.ChosenStateAvailable})
		s.isConflict(err)
	}
}

func (s *storm) says(agent int) {
	gone := s.removed.Load()
	d, snap, done := s.snapshot(agent)
	defer done()
	for _, i := range snap.Interactions {
		if i.State != api.InteractionStateActive {
			continue
		}
		text := "answer " + desktop.Key()
		_, err := d.Send(s.Context(), i.ID, desktop.Key(), text)
		s.isConflict(err)
		s.mu.Lock()
		if gone {
			s.late = append(s.late, text)
		}
		if err != nil {
			s.refused = append(s.refused, text)
		}
		s.mu.Unlock()
	}
}

func (s *storm) ends(agent int) {
	d, snap, done := s.snapshot(agent)
	defer done()
	for _, i := range snap.Interactions {
		if i.State == api.InteractionStateActive {
			_, err := d.End(s.Context(), i.ID, desktop.Key())
			s.isConflict(err)
			return
		}
	}
}

// isConflict checks that a move was made, or came at the wrong moment.
func (s *storm) isConflict(err error) {
	var no *desktop.Refused
	if err != nil && (!errors.As(err, &no) || no.Status != 409) {
		assert.NoError(s.t, err)
	}
}

// wrapsAllUp has the agents end and wrap up what they have.
func (s *storm) wrapsAllUp(reason string) {
	s.t.Helper()
	for _, a := range s.agents {
		for _, i := range a.Tasks() {
			if i.State == api.InteractionStateOffered {
				continue
			}
			if i.State == api.InteractionStateActive {
				a.Ends(i.ID)
			}
			a.WrapsUp(i.ID, api.WrapUpChoice{Reason: reason})
		}
	}
	s.Settle()
}

// holds checks what must hold whenever everything is at rest: offers, agents and conversations agree, no word of a customer
// is lost or doubled, and nothing is on its way or was sent twice.
func (s *storm) holds() {
	s.t.Helper()
	talks := map[string]desk.Interaction{}
	seats, rings := map[string][]string{}, map[string]string{}
	for _, i := range all[desk.Interaction](s.Floor) {
		talks[i.ID] = i
		for _, a := range i.Agents {
			seats[a] = append(seats[a], i.ID)
		}
	}
	for _, o := range all[desk.Offer](s.Floor) {
		i := talks[o.Interaction]
		sat := slices.ContainsFunc(i.Legs, func(l desk.Leg) bool { return l.Agent == o.Agent })
		switch o.State {
		case desk.OfferPending:
			rings[o.Agent] = o.ID
			assert.Equal(s.t, o.ID, i.Offer)
			assert.Equal(s.t, desk.InteractionOffered, i.State)
		case desk.OfferAccepted:
			assert.True(s.t, sat, "offer %s was accepted, and %s has no leg", o.ID, o.Agent)
		case desk.OfferRescinded:
			assert.Equal(s.t, desk.ClosedRemoved, o.Cause)
			assert.Equal(s.t, desk.ClosedRemoved, i.CloseReason)
		}
	}
	for _, a := range all[desk.Agent](s.Floor) {
		assert.ElementsMatch(s.t, seats[a.ID], a.Seats, a.ID)
		assert.Equal(s.t, rings[a.ID], a.Offer, a.ID)
		if a.Free() {
			assert.Equal(s.t, a.Serves, a.Takes, a.ID)
		} else {
			assert.Empty(s.t, a.Takes, a.ID)
		}
	}
	kept, byItself := map[string]int{}, map[string]bool{}
	for _, m := range all[desk.Message](s.Floor) {
		kept[m.Text]++
		byItself[m.Text] = byItself[m.Text] || m.Kind == desk.SystemMessage // a queue's text, told in each conversation
		assert.NotContains(s.t, []desk.MessageState{desk.MessagePending, desk.MessageSending}, m.State, "message %s", m.ID)
	}
	for _, p := range all[desk.Parked](s.Floor) {
		kept[p.Arrival.Text]++
	}
	for _, text := range s.written {
		assert.Equal(s.t, 1, kept[text], "%q is kept", text)
	}
	sent := map[string]int{}
	for _, m := range s.Number().Sent() {
		sent[m.Text]++
		assert.True(s.t, sent[m.Text] == 1 || byItself[m.Text], "%q was sent %d times", m.Text, sent[m.Text])
	}
	for _, text := range s.refused {
		assert.Zero(s.t, sent[text], "%q was refused", text)
	}
}

// over lets so much time pass that nobody knows what was deleted from before, and the sweep makes its round.
func (s *storm) over() {
	s.t.Helper()
	s.Advance(store.Linger)
	s.Sweep()
}

// R8: the number is deleted while webhooks, accepts, answers and ends are in flight. At the end every live conversation of
// it is interrupted, nothing waits or rings, nothing that was said after the deletion reached anybody, and the agents can
// end and wrap up what they have.
func TestANumberIsDeletedInTheMidstOfEverything(t *testing.T) {
	t.Parallel()
	storms(t, func(s *storm) {
		s.rages(func() {
			s.DeletesAsset(acme)
			s.removed.Store(true)
		})
		s.writes(s.dice.IntN(8)) // some function may still know the number
		s.Settle()
		s.over()

		s.holds()
		for _, i := range all[desk.Interaction](s.Floor) {
			assert.NotContains(s.t, []desk.InteractionState{desk.InteractionQueued, desk.InteractionOffered}, i.State, i.ID)
			assert.True(s.t, i.State != desk.InteractionActive || i.Interrupted, "%s goes on", i.ID)
		}
		for _, text := range s.late {
			assert.Contains(s.t, s.refused, text, "it was said after the number was gone")
		}
		a := desk.Asset{Head: desk.Head{ID: acme}}
		require.NoError(s.t, s.Store.Reader().Load(s.Context(), &a))
		assert.True(s.t, a.Gone() && a.DueAt.IsZero(), "nothing is owed any more")

		s.wrapsAllUp("question")
		for _, a := range s.agents {
			assert.Zero(s.t, a.Me().Load, a.ID)
		}
	})
}

// B16: the queue is deleted while webhooks, accepts, answers and ends are in flight, and Returns succeeds it. At the end no
// conversation is left in it, whoever waits is offered to somebody if anybody is free, and all come to their end.
func TestAQueueIsDeletedInTheMidstOfEverything(t *testing.T) {
	t.Parallel()
	storms(t, func(s *storm) {
		s.rages(func() { s.DeletesQueue("sales", "returns") })
		s.over()

		s.holds()
		left, err := s.Store.Reader().InQueue(s.Context(), "sales", 100, "")
		require.NoError(s.t, err)
		assert.Empty(s.t, left)
		q := desk.Queue{Head: desk.Head{ID: "sales"}}
		require.NoError(s.t, s.Store.Reader().Load(s.Context(), &q))
		assert.True(s.t, q.DueAt.IsZero(), "nothing is owed any more")
		s.drains()
	})
}

// drains has the agents take and finish conversations until there are none.
func (s *storm) drains() {
	s.t.Helper()
	until := time.Now().Add(floor.Patience)
	for {
		s.wrapsAllUp("solved")
		for _, a := range s.agents {
			a.ComesBack()
		}
		s.Settle()
		live, err := s.Store.Reader().InQueue(s.Context(), "returns", 100, "")
		require.NoError(s.t, err)
		if len(live) == 0 {
			return
		}
		require.True(s.t, time.Now().Before(until), "conversations are left: %v", live)
		free := slices.ContainsFunc(all[desk.Agent](s.Floor), func(a desk.Agent) bool { return len(a.Takes) > 0 })
		waits := slices.ContainsFunc(live, func(i desk.Interaction) bool { return i.State == desk.InteractionQueued })
		assert.False(s.t, free && waits, "somebody waits, and somebody is free")
		for n := range s.agents {
			s.accepts(n)
		}
	}
}
