package routing

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// offers are how many the equal agents share. Ten thousand for each strategy take a minute.
var offers = flag.Int("offers", 200, "offers of TestEqualAgentsGetEqualShares, for each strategy")

// behind puts a thousand who wait into the room, for whom nobody is, then one who fits a free agent, and gives what was read until
// he is offered: how many queries, how many of their places, and how many records by ID.
func (f *room) behind(t *testing.T, crowd func(n int) *desk.Interaction, hints ...desk.Hint) (queries, places int, gets int64) {
	t.Helper()
	var recs []desk.Record
	for n := range 1000 {
		if crowd != nil {
			recs = append(recs, crowd(n))
		}
	}
	last := waits(1001)
	f.put(append(recs, last)...)
	_, err := f.Store.Queue(t.Context(), "sales")
	require.NoError(t, err)
	f.limits = nil
	f.gets.Store(0)
	for _, h := range hints {
		f.takesHint(t, h)
	}
	assert.Equal(t, map[string]string{"i-1001": "agent-0000"}, f.offered0(t))
	for _, n := range f.limits {
		places += int(n)
	}
	return len(f.limits), places, f.gets.Load()
}

// takesHint has the function handle a hint.
func (f *room) takesHint(t *testing.T, h desk.Hint) {
	t.Helper()
	handle := f.queued
	if h.Event == desk.HintAgentFreed {
		handle = f.freed
	}
	require.NoError(t, handle(t.Context(), event(t, h)))
}

// offered0 is offered without reading each offer, for what is read is counted.
func (f *room) offered0(t *testing.T) map[string]string {
	t.Helper()
	limits, gets := slices.Clone(f.limits), f.gets.Load()
	out := f.offered()
	f.limits = limits
	f.gets.Store(gets)
	return out
}

// A thousand who wait for agents of their own who are busy, for a skill that nobody free has, or in a queue that is closed, do not
// delay the next who fits a free agent, and cost nothing, whoever hints: at most one look at the closed queue.
func TestNobodyStandsBehindAThousandOthers(t *testing.T) {
	alone := func(t *testing.T, h desk.Hint) [3]int {
		f := open(t)
		f.put(free(0))
		queries, places, gets := f.behind(t, nil, h)
		return [3]int{queries, places, int(gets)}
	}
	shut := &desk.Queue{Head: desk.Head{ID: "night"}, Closed: desk.Closure{At: noon, By: "sam"}}
	for name, c := range map[string]struct {
		crowd func(n int) *desk.Interaction
		extra int // queries
	}{
		"exclusive agents": {func(n int) *desk.Interaction {
			i := waits(n)
			i.Awaits = desk.Awaited{Agent: fmt.Sprint("busy-", n%10), Why: desk.WhyExclusive, Since: noon}
			i.Wants = desk.AgentToken(i.Awaits.Agent)
			return i
		}, 0},
		"a rare skill": {func(n int) *desk.Interaction {
			i := waits(n)
			i.Profile, i.Wants = "rare", desk.TokenFor("sales", desk.WhatsApp, "rare")
			return i
		}, 0},
		"a closed queue": {func(n int) *desk.Interaction {
			i := waits(n)
			i.Queue, i.Wants = "night", desk.Token("night", desk.WhatsApp)
			return i
		}, 1},
	} {
		for _, h := range []desk.Hint{
			{Event: desk.HintInteractionQueued, Interaction: "i-1001", Token: sales},
			{Event: desk.HintAgentFreed, Agent: "agent-0000", Takes: sales + "/" + desk.Token("night", desk.WhatsApp)},
		} {
			t.Run(name+", "+h.Event, func(t *testing.T) {
				f := open(t)
				a := free(0)
				a.Serves = append(a.Serves, desk.Token("night", desk.WhatsApp))
				*a = a.Settle()
				f.put(a, shut)
				queries, places, gets := f.behind(t, c.crowd, h)
				want := alone(t, h)
				assert.LessOrEqual(t, queries, want[0]+c.extra, "queries")
				assert.LessOrEqual(t, places, want[1]+c.extra*headsMax, "read by them, at most")
				assert.LessOrEqual(t, int(gets), want[2]+c.extra, "read by ID")
				t.Logf("%d queries, %d places, %d by ID; alone %v", queries, places, gets, want)
			})
		}
	}
}

// Over ten thousand offers among equal agents, whoever gets the most and the fewest differ by two in a hundred at most, by whichever
// strategy. They come in waves, one to seven at a time, and each is served for as long as the others.
func TestEqualAgentsGetEqualShares(t *testing.T) {
	const agents = 10
	for _, by := range []desk.Strategy{desk.StrategyLongest, desk.StrategyLeastBusy, desk.StrategyRoundRobin} {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			s := &shift{room: open(t)}
			q := desk.Queue{Head: desk.Head{ID: "sales"}}
			r := s.Store.Reader()
			require.NoError(t, r.Load(t.Context(), &q))
			q.Strategy = by
			require.NoError(t, r.Save(t.Context(), desk.Change{Save: []desk.Record{&q}}))
			crew, ids := make([]desk.Record, agents), make([]string, agents)
			for n := range crew {
				a := free(n)
				a.Capacity, a.FreeSince, a.Turn = 3, noon, noon
				crew[n], ids[n] = a, a.ID
			}
			s.put(crew...)
			got := map[string]int{}
			for wave, made := 0, 0; made < *offers; wave++ {
				var wait []desk.Record
				for n := range 1 + wave%7 {
					wait = append(wait, waits(made+n))
				}
				s.put(wait...)
				require.NoError(t, s.pass(t.Context(), sales))
				rang := s.ringing(ids)
				require.Len(t, rang, len(wait))
				for _, agent := range rang {
					require.NoError(t, s.serves(agent))
					got[agent]++
				}
				made += len(rang)
			}
			least, most := slices.Min(slices.Collect(maps.Values(got))), slices.Max(slices.Collect(maps.Values(got)))
			t.Logf("%s: from %d to %d of %d offers", by, least, most, *offers)
			assert.Len(t, got, agents)
			assert.LessOrEqual(t, most-least, max(1, most*2/100))
		})
	}
}

// Of equal priority the first come are the first asked about, over many passes and whoever hints, and a higher priority is a lead in
// time: all that stands in the order in which the offers were made.
func TestOffersAreMadeInTheOrderOfWaiting(t *testing.T) {
	f := open(t)
	var recs []desk.Record
	for n := range 60 {
		i := waits(n)
		i.Priority = n % 3
		i.WaitingSince = noon.Add(time.Duration(n) * time.Second)
		i.Rank = i.WaitingSince.UnixMicro() - int64(i.Priority)*60_000_000
		recs = append(recs, i)
	}
	f.put(recs...)
	var order []string
	for n := range 60 {
		f.put(free(n))
		require.NoError(t, f.pass(t.Context(), sales))
		offers, err := store.All[desk.Offer](context.Background(), f.Store.Reader())
		require.NoError(t, err)
		for _, o := range offers {
			if !slices.Contains(order, o.Interaction) {
				order = append(order, o.Interaction)
			}
		}
		require.Len(t, order, n+1)
	}
	want := slices.Clone(order)
	slices.SortFunc(want, func(a, b string) int { return at(a) - at(b) })
	assert.Equal(t, want, order)
}

// at is when an interaction of TestOffersAreMadeInTheOrderOfWaiting counts as having come, in seconds; one comes in each.
func at(interaction string) (second int) {
	var n int
	_, _ = fmt.Sscanf(interaction, "i-%d", &n)
	return 60*n/60 - 60*(n%3)
}
