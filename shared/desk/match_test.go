package desk

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// free is an available agent who takes the tokens and has been free for so long before nine.
func free(id string, since time.Duration, takes ...string) Agent {
	return Agent{Head: stored(id, 1), Capacity: 1, State: AgentAvailable, FreeSince: nine.Add(-since), Serves: takes}.Settle()
}

// wants is an interaction that waits for the token.
func wants(id string, rank int64, token string, passed ...string) Interaction {
	return Interaction{Head: stored(id, 1), State: InteractionQueued, Wants: token, Rank: rank, Passed: passed}
}

// plan writes pairs as "interaction agent why".
func plan(pairs []Pair) []string {
	out := []string{}
	for _, p := range pairs {
		out = append(out, p.Interaction.ID+" "+p.Agent.ID+" "+p.Why)
	}
	return out
}

func TestMatch(t *testing.T) {
	busy := free("busy", time.Hour, "a")
	busy.Seats = []string{"x"}
	rung := free("rung", time.Hour, "a")
	rung.Offer = "o"
	idle := free("idle", time.Hour, "a")
	idle.State = AgentIdle

	for _, c := range []struct {
		name    string
		agents  []Agent
		waiting []Interaction
		pairs   []string
	}{
		{"nobody and nothing", nil, nil, []string{}},
		{"nobody free", nil, []Interaction{wants("t1", 1, "a")}, []string{}},
		{"nothing waits", []Agent{free("ana", 1, "a")}, nil, []string{}},
		{"the longest available gets the first in rank",
			[]Agent{free("ana", time.Second, "a"), free("bea", time.Minute, "a")},
			[]Interaction{wants("t2", 2, "a"), wants("t1", 1, "a")},
			[]string{"t1 bea longest_available", "t2 ana longest_available"}},
		{"agents free since the same instant go by ID",
			[]Agent{free("bea", 1, "a"), free("ana", 1, "a")}, []Interaction{wants("t1", 1, "a")},
			[]string{"t1 ana longest_available"}},
		{"a microsecond more of waiting wins",
			[]Agent{free("ana", 0, "a"), free("bea", tick, "a")}, []Interaction{wants("t1", 1, "a")},
			[]string{"t1 bea longest_available"}},
		{"interactions of the same rank go by ID",
			[]Agent{free("ana", 1, "a")}, []Interaction{wants("t2", 1, "a"), wants("t1", 1, "a")},
			[]string{"t1 ana longest_available"}},
		{"more agents than interactions",
			[]Agent{free("ana", 1, "a"), free("bea", 2, "a"), free("eva", 3, "a")}, []Interaction{wants("t1", 1, "a")},
			[]string{"t1 eva longest_available"}},
		{"everybody gets only what he takes",
			[]Agent{free("ana", 2, "a"), free("bea", 1, "b")}, []Interaction{wants("t1", 1, "b"), wants("t2", 2, "a")},
			[]string{"t1 bea longest_available", "t2 ana longest_available"}},
		{"who takes nothing of it is left out",
			[]Agent{free("ana", 1, "a")}, []Interaction{wants("t1", 1, "b")}, []string{}},
		{"an agent of two tokens gets one interaction",
			[]Agent{free("ana", 1, "a", "b")}, []Interaction{wants("t1", 1, "b"), wants("t2", 2, "a")},
			[]string{"t1 ana longest_available"}},
		{"full, ringing and idle agents get nothing", []Agent{busy, rung, idle}, []Interaction{wants("t1", 1, "a")}, []string{}},
		{"who let it expire comes after everybody else",
			[]Agent{free("ana", time.Hour, "a"), free("bea", 1, "a")}, []Interaction{wants("t1", 1, "a", "ana")},
			[]string{"t1 bea longest_available"}},
		{"but is asked again when nobody else is free",
			[]Agent{free("ana", time.Hour, "a")}, []Interaction{wants("t1", 1, "a", "ana")},
			[]string{"t1 ana last_resort"}},
		{"of those who let it expire, the first to do so",
			[]Agent{free("ana", time.Hour, "a"), free("bea", 1, "a")}, []Interaction{wants("t1", 1, "a", "bea", "ana")},
			[]string{"t1 bea last_resort"}},
		{"one who let it expire and does not take it any more is not asked",
			[]Agent{free("ana", time.Hour, "b")}, []Interaction{wants("t1", 1, "a", "ana")}, []string{}},
		{"passed by one, the next interaction still finds him first",
			[]Agent{free("ana", time.Hour, "a"), free("bea", 1, "a")},
			[]Interaction{wants("t1", 1, "a", "ana"), wants("t2", 2, "a")},
			[]string{"t1 bea longest_available", "t2 ana longest_available"}},
		{"an interaction that does not wait wants nobody",
			[]Agent{free("ana", 1, "a")}, []Interaction{{Head: stored("t1", 1), State: InteractionActive}}, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.pairs, plan(Match(c.agents, c.waiting)))
		})
	}
}

// matchPlainly says what Match means in the fewest words, whatever it costs.
func matchPlainly(s Strategy, agents []Agent, waiting []Interaction) []Pair {
	agents, waiting = slices.Clone(agents), slices.Clone(waiting)
	slices.SortFunc(agents, func(a, b Agent) int {
		switch s {
		case StrategyLeastBusy:
			return cmp.Or(len(a.Seats)-len(b.Seats), a.FreeSince.Compare(b.FreeSince), cmp.Compare(a.ID, b.ID))
		case StrategyRoundRobin:
			return cmp.Or(a.Turn.Compare(b.Turn), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Or(a.FreeSince.Compare(b.FreeSince), cmp.Compare(a.ID, b.ID))
	})
	all := agents
	slices.SortFunc(waiting, func(a, b Interaction) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID))
	})
	var pairs []Pair
	for _, i := range waiting {
		fits := func(a Agent) bool { return a.Free() && slices.Contains(a.Takes, i.Wants) }
		among := 0
		for _, a := range all {
			if fits(a) {
				among++
			}
		}
		n := slices.IndexFunc(agents, func(a Agent) bool { return fits(a) && !slices.Contains(i.Passed, a.ID) })
		why := string(s)
		for p := 0; n < 0 && p < len(i.Passed); p++ {
			n = slices.IndexFunc(agents, func(a Agent) bool { return fits(a) && a.ID == i.Passed[p] })
			why = WhyLastResort
		}
		if n >= 0 {
			pairs = append(pairs, Pair{Agent: agents[n], Interaction: i, Why: why,
				Grounds: Grounds{Strategy: s, Profile: "any", Priority: i.Priority, Among: among}})
			agents = append(slices.Clone(agents[:n]), agents[n+1:]...)
		}
	}
	return pairs
}

func TestMatchIsWhatItMeans(t *testing.T) {
	tokens := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		var agents []Agent
		for n := range rapid.IntRange(0, 14).Draw(t, "agents") {
			a := free(fmt.Sprintf("agent%d", n), time.Duration(rapid.IntRange(0, 5).Draw(t, "free for")),
				rapid.SliceOfNDistinct(rapid.SampledFrom(tokens), 0, 4, rapid.ID).Draw(t, "takes")...)
			if rapid.IntRange(0, 9).Draw(t, "busy") == 0 {
				a.Offer = "o" // read a moment ago, offered something since
			}
			a.Capacity, a.Turn = 4, after(time.Duration(rapid.IntRange(0, 5).Draw(t, "turn")))
			for n := range rapid.IntRange(0, 3).Draw(t, "seats") {
				a = a.sits(Interaction{Head: Head{ID: fmt.Sprint(n)}})
			}
			a.Load = len(a.Seats) + 1
			agents = append(agents, a)
		}
		var waiting []Interaction
		for n := range rapid.IntRange(0, 20).Draw(t, "waiting") {
			var passed []string
			for _, p := range rapid.SliceOfNDistinct(rapid.IntRange(0, 15), 0, 6, rapid.ID).Draw(t, "passed") {
				passed = append(passed, fmt.Sprintf("agent%d", p))
			}
			waiting = append(waiting, wants(fmt.Sprintf("talk%d", n), rapid.Int64Range(0, 5).Draw(t, "rank"),
				rapid.SampledFrom(tokens).Draw(t, "wants"), passed...))
		}
		agents = rapid.Permutation(agents).Draw(t, "agents in any order")
		waiting = rapid.Permutation(waiting).Draw(t, "waiting in any order")
		beforeA, beforeW := copied(agents), copied(waiting)

		by := rapid.SampledFrom([]Strategy{StrategyLongest, StrategyLeastBusy, StrategyRoundRobin}).Draw(t, "strategy")
		got, want := MatchBy(by, agents, waiting), matchPlainly(by, agents, waiting)

		require.Equal(t, plan(want), plan(got))
		require.Equal(t, want, got, "the records come with the pairs")
		require.Equal(t, beforeA, agents, "the agents are not altered, nor their order")
		require.Equal(t, beforeW, waiting, "the interactions are not altered, nor their order")
	})
}

func TestMakeOffer(t *testing.T) {
	o, a, i := ringing(t)

	assert.Equal(t, Offer{
		Head: stored("offer", 1), Kind: OfferAssign, State: OfferPending, Agent: "ana", Interaction: "talk", Channel: WhatsApp,
		Asset: "whatsapp:111", Queue: "sales", Customer: lea, Source: "+34 900 111 111", Preview: "hola",
		Why: "longest_available", OfferedAt: nine, Deadline: after(20 * time.Second), WaitingSince: nine,
		DueAt: after(20 * time.Second),
	}, o)

	assert.Equal(t, "offer", a.Offer)
	assert.Equal(t, "talk", a.Ringing)
	assert.Equal(t, WhatsApp, a.RingingOn)
	assert.Empty(t, a.Takes, "while it rings he is offered nothing else")
	assert.Equal(t, AgentAvailable, a.State)
	assert.Equal(t, nine, a.FreeSince)

	assert.Equal(t, InteractionOffered, i.State)
	assert.Equal(t, "offer", i.Offer)
	assert.Empty(t, i.Wants, "nobody else finds it")
	assert.Equal(t, nine, i.WaitingSince, "the customer still waits")
	assert.Equal(t, []Entry{{Seq: 1, At: nine, Event: "offered", By: "ana", Detail: "longest_available"}}, i.History.Entries)
}

// B11: a queue that does not ask has the agent talk at once; the offer is kept for the record.
func TestAssignGivesTheConversationAtOnce(t *testing.T) {
	i := queued()
	i.History = filled(99)
	ch, err := Assign(Offer{Head: Head{ID: "offer"}, Deadline: after(20 * time.Second)}, lent(t, Pair{Agent: ana(), Interaction: i, Why: WhyLongestAvailable}), nine)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindOffer, KindAgent, KindInteraction, KindHistory}, storedKinds(ch))
	o, a, talk := *ch.Offer, *ch.Agent, *ch.Interaction
	assert.Equal(t, OfferAccepted, o.State)
	assert.Equal(t, []any{nine, nine, WhyLongestAvailable}, []any{o.OfferedAt, o.EndedAt, o.Why})
	assert.Zero(t, o.DueAt, "no clock runs")
	assert.Equal(t, []string{"talk"}, a.Seats)
	assert.Empty(t, a.Offer)
	assert.Equal(t, []any{InteractionActive, "ana", "", ""}, []any{talk.State, talk.Owner, talk.Wants, talk.Offer})
	assert.Len(t, talk.Legs, 1)
	last := talk.History.Entries[len(talk.History.Entries)-2:]
	assert.Equal(t, []string{EventOffered, EventAccepted}, []string{last[0].Event, last[1].Event})
	assert.Equal(t, []Hint{{Event: HintAgentFreed, Agent: "ana", Takes: sales}}, ch.Hints, "she has room for more")

	o.Version = 1
	again, err := Assign(o, Pair{Agent: a, Interaction: talk}, after(time.Second))
	require.NoError(t, err)
	assert.Empty(t, again.Save)
}

func TestMakeOfferRefusals(t *testing.T) {
	with := func(change func(a *Agent, i *Interaction)) Pair {
		a, i := ana(), queued()
		change(&a, &i)
		return Pair{Agent: a, Interaction: i}
	}
	for _, c := range []struct {
		name string
		pair Pair
		want string
	}{
		{"free and waiting", with(func(*Agent, *Interaction) {}), "stores"},
		{"one seat left", with(func(a *Agent, _ *Interaction) { a.Seats = []string{"x"} }), "stores"},
		{"no seat left", with(func(a *Agent, _ *Interaction) { a.Seats = []string{"x", "y"} }), "conflict agent_busy"},
		{"more seats than capacity", with(func(a *Agent, _ *Interaction) { a.Seats = []string{"x", "y", "z"} }), "conflict agent_busy"},
		{"no capacity", with(func(a *Agent, _ *Interaction) { a.Capacity = 0 }), "conflict agent_busy"},
		{"another offer rings", with(func(a *Agent, _ *Interaction) { a.Offer = "other" }), "conflict agent_busy"},
		{"idle", with(func(a *Agent, _ *Interaction) { a.State = AgentIdle }), "conflict agent_busy"},
		{"RONA", with(func(a *Agent, _ *Interaction) { a.State = AgentRONA }), "conflict agent_busy"},
		{"offline", with(func(a *Agent, _ *Interaction) { a.State = AgentOffline }), "conflict agent_busy"},
		{"never signed in", with(func(a *Agent, _ *Interaction) { a.State = "" }), "conflict agent_busy"},
		{"another token", with(func(_ *Agent, i *Interaction) { i.Wants = "tech|whatsapp|any" }), "conflict agent_busy"},
		{"offered already", with(func(_ *Agent, i *Interaction) { i.State = InteractionOffered }), "conflict not_waiting"},
		{"active", with(func(_ *Agent, i *Interaction) { i.State = InteractionActive }), "conflict not_waiting"},
		{"in wrap-up", with(func(_ *Agent, i *Interaction) { i.State = InteractionWrapUp }), "conflict not_waiting"},
		{"closed", with(func(_ *Agent, i *Interaction) { i.State = InteractionClosed }), "conflict not_waiting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := MakeOffer(Offer{Head: Head{ID: "offer"}, Deadline: after(20 * time.Second)}, c.pair, nine)
			assert.Equal(t, c.want, outcome(ch, err))
		})
	}
}

// An offer that would be over before it rang is not made: it would send the agent to RONA at once.
func TestMakeOfferWithAPassedDeadline(t *testing.T) {
	_, a, i := ringing(t)
	a.Offer, a.Ringing, i.State, i.Offer, i.Wants = "", "", InteractionQueued, "", sales
	a = a.Settle()
	for deadline, want := range map[time.Time]string{
		{}: "conflict too_late", nine: "conflict too_late", nine.Add(time.Microsecond): "stores"} {
		ch, err := MakeOffer(Offer{Head: Head{ID: "offer-2"}, Deadline: deadline}, Pair{Agent: a, Interaction: i}, nine)
		assert.Equal(t, want, outcome(ch, err), "%s", deadline)
	}
}

func TestMakeOfferRecognisesItsOwnFirstTry(t *testing.T) {
	o, a, i := ringing(t)
	ch, err := MakeOffer(o, Pair{Agent: a, Interaction: i}, after(time.Second))
	storesNothing(t, ch, err)
	assert.Equal(t, o, *ch.Offer)
	assert.Equal(t, a, *ch.Agent)
	assert.Equal(t, i, *ch.Interaction)
}

// crowd is n agents and n interactions; each agent takes half of the tokens, and one interaction in eight was passed.
func crowd(n, tokens int) ([]Agent, []Interaction) {
	r := rand.New(rand.NewPCG(1, 2))
	name := make([]string, tokens)
	for k := range name {
		name[k] = Token(fmt.Sprintf("queue-%d", k), WhatsApp)
	}
	agents, waiting := make([]Agent, n), make([]Interaction, n)
	for k := range n {
		var takes []string
		for _, p := range r.Perm(tokens)[:(tokens+1)/2] {
			takes = append(takes, name[p])
		}
		agents[k] = free(fmt.Sprintf("agent-%08d", k), time.Duration(r.IntN(3600))*time.Second, takes...)
		waiting[k] = wants(fmt.Sprintf("talk-%08d", k), r.Int64N(1_000_000), name[r.IntN(tokens)])
		if r.IntN(8) == 0 {
			waiting[k].Passed = []string{fmt.Sprintf("agent-%08d", r.IntN(n)), fmt.Sprintf("agent-%08d", r.IntN(n))}
		}
	}
	return agents, waiting
}

// passedByAll is a crowd of one token in which the longest free agent let every interaction expire.
func passedByAll(n int) ([]Agent, []Interaction) {
	agents, waiting := crowd(n, 1)
	agents[0].FreeSince = nine.Add(-24 * time.Hour)
	for k := range waiting {
		waiting[k].Passed = []string{agents[0].ID}
	}
	return agents, waiting
}

// BenchmarkMatch has a budget of 50 ms for 10 000 × 10 000.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		for _, tokens := range []int{1, 20} {
			b.Run(fmt.Sprintf("%dx%d/tokens=%d", n, n, tokens), func(b *testing.B) {
				agents, waiting := crowd(n, tokens)
				benchmarkMatch(b, agents, waiting)
			})
		}
		b.Run(fmt.Sprintf("%dx%d/passed", n, n), func(b *testing.B) {
			agents, waiting := passedByAll(n)
			benchmarkMatch(b, agents, waiting)
		})
	}
}

func benchmarkMatch(b *testing.B, agents []Agent, waiting []Interaction) {
	b.ReportAllocs()
	for b.Loop() {
		if len(Match(agents, waiting)) == 0 {
			b.Fatal("nobody was matched")
		}
	}
}

// Who joins a conversation that has an owner is one of the queue that was asked: what the conversation asks of its own queue does not
// matter there, and neither does its priority. The history says so.
func TestTheGroundsOfASecondAgent(t *testing.T) {
	i := wants("t1", 1, "care|whatsapp|any")
	i.State, i.Queue, i.Owner, i.Profile, i.Relaxed, i.Priority = InteractionActive, "sales", "bea", "repair", "expert", 5
	i.Second = Second{State: SecondRequested, Queue: "care"}
	got := Match([]Agent{free("ana", time.Minute, "care|whatsapp|any")}, []Interaction{i})
	require.Len(t, got, 1)
	assert.Equal(t, Grounds{Strategy: StrategyLongest, Profile: ProfileAny, Among: 1}, got[0].Grounds)
}

// A claim that lost its race is made with the records as they are then, and so are its grounds.
func TestTheGroundsAreThoseOfTheOffer(t *testing.T) {
	i := wants("t1", 1, "care|whatsapp|any")
	i.State, i.Queue, i.Version = InteractionQueued, "care", 1
	i.Priority = 5
	pairs := Match([]Agent{free("ana", time.Minute, "care|whatsapp|any")}, []Interaction{i})
	require.Len(t, pairs, 1)
	require.Equal(t, 5, pairs[0].Grounds.Priority)
	pairs[0].Interaction.Priority = 0
	ch, err := MakeOffer(Offer{Head: Head{ID: "o"}, Deadline: after(time.Minute)}, pairs[0], nine)
	require.NoError(t, err)
	last := ch.Interaction.History.Entries[len(ch.Interaction.History.Entries)-1]
	assert.Equal(t, Grounds{Strategy: StrategyLongest, Profile: ProfileAny, Among: 1}, last.Grounds)
}
