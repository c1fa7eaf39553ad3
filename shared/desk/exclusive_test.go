package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counterQueue is the queue of Lea's conversation, which waits a minute for an agent alone; Bea is in its team.
func counterQueue() Queue {
	return Queue{Head: stored("sales", 1), Team: "shop", ExclusiveWait: time.Minute}
}

func beaOfSales() Agent {
	b := bea()
	b.Teams = []string{"shop"}
	return b
}

// ofBea is what makes Bea the contact's agent in sales since nine.
func ofBea() Exclusive {
	return Exclusive{Queue: "sales", Agent: "bea", AgentName: "Bea", By: "sam", Since: nine}
}

func leaOfBea() Contact {
	c := leaContact()
	c.Exclusives = []Exclusive{ofBea()}
	return c
}

// exclusive has somebody make Bea the contact's agent at ten.
func (s scene) exclusive(c Contact, by Agent) (Change, error) {
	return SetExclusive(c, s.met(), ExclusiveWish{Agent: beaOfSales(), Queue: counterQueue()}, by, nil, after(time.Hour))
}

// forBea has the conversation wait for Bea alone since ten, if it waits.
func (s scene) forBea() scene {
	s.talk.Exclusives = []Exclusive{ofBea()}
	if s.talk.State == InteractionQueued {
		s.talk = waitsForBea(s.talk)
	}
	return s
}

// exclusiveMoves are the moves of the table of interactions that are about an exclusive agent. by has no conversation with Lea.
func exclusiveMoves(by Agent, now time.Time) map[string]func(scene) (Change, error) {
	return map[string]func(scene) (Change, error){
		"SetExclusive":         func(s scene) (Change, error) { return s.exclusive(leaContact(), sam()) },
		"SetExclusive again":   func(s scene) (Change, error) { return s.exclusive(leaOfBea(), sam()) },
		"SetExclusive by Bea":  func(s scene) (Change, error) { return s.exclusive(leaContact(), by) },
		"DropExclusive":        func(s scene) (Change, error) { return DropExclusive(leaOfBea(), s.met(), "sales", sam(), nil, now) },
		"DropExclusive again":  func(s scene) (Change, error) { return DropExclusive(leaContact(), s.met(), "sales", sam(), nil, now) },
		"DropExclusive by Bea": func(s scene) (Change, error) { return DropExclusive(leaOfBea(), s.met(), "sales", by, nil, now) },
		"Overflow":             func(s scene) (Change, error) { return Overflow(s.forBea().talk, Agent{}, counterQueue(), now) },
		"Overflow too early":   func(s scene) (Change, error) { return Overflow(s.forBea().talk, beaOfSales(), counterQueue(), now) },
		"Overflow again":       func(s scene) (Change, error) { return Overflow(s.talk, Agent{}, counterQueue(), now) },
	}
}

func waitsForBea(i Interaction) Interaction {
	i.Exclusives = []Exclusive{ofBea()}
	i.Awaits = Awaited{Agent: "bea", Why: WhyExclusive, Since: after(time.Hour)}
	i.Wants = "agent:bea"
	return i
}

func TestTokensOfAgents(t *testing.T) {
	agent, own := TokenAgent("agent:bea")
	assert.Equal(t, "bea", agent)
	assert.True(t, own)
	_, own = TokenAgent(sales)
	assert.False(t, own)
	b := bea()
	assert.True(t, b.CanTake(sales) && b.CanTake("agent:bea"))
	assert.False(t, b.CanTake("agent:ana") || b.CanTake("tech|whatsapp|any"))
	b.Offer = "rings"
	assert.False(t, b.CanTake(sales) || b.CanTake("agent:bea"))
}

// R30: a new conversation waits for the exclusive agent alone, if he is there; otherwise for all.
func TestANewConversationWaitsForTheExclusiveAgent(t *testing.T) {
	ended := Exclusive{Queue: "sales", Agent: "bea", Since: nine, Until: after(time.Minute)}
	lasting := ended
	lasting.Until = after(time.Minute + tick)
	elsewhere := ofBea()
	elsewhere.Queue = "support"
	with := func(change func(*Agent)) Agent {
		b := beaOfSales()
		change(&b)
		return b.Settle()
	}
	for _, c := range []struct {
		name string
		list []Exclusive
		bea  Agent
		want string
	}{
		{"she is available", []Exclusive{ofBea()}, beaOfSales(), "agent:bea"},
		{"idle", []Exclusive{ofBea()}, with(func(a *Agent) { a.State = AgentIdle }), "agent:bea"},
		{"in RONA", []Exclusive{ofBea()}, with(func(a *Agent) { a.State = AgentRONA }), "agent:bea"},
		{"busy", []Exclusive{ofBea()}, with(func(a *Agent) { a.Seats = []string{"1", "2"} }), "agent:bea"},
		{"offline", []Exclusive{ofBea()}, with(func(a *Agent) { a.State = AgentOffline }), sales},
		{"never signed in", []Exclusive{ofBea()}, with(func(a *Agent) { a.State = "" }), sales},
		{"deleted", []Exclusive{ofBea()}, Agent{Head: Head{ID: "bea"}}, sales},
		{"another person by now", []Exclusive{ofBea()}, with(func(a *Agent) { a.Hired = after(tick) }), sales},
		{"hired on the instant", []Exclusive{ofBea()}, with(func(a *Agent) { a.Hired = nine }), "agent:bea"},
		{"no longer in the team", []Exclusive{ofBea()}, with(func(a *Agent) { a.Serves = nil }), sales},
		{"it has ended", []Exclusive{ended}, beaOfSales(), sales},
		{"it is about to end", []Exclusive{lasting}, beaOfSales(), "agent:bea"},
		{"in another queue", []Exclusive{elsewhere}, beaOfSales(), sales},
		{"there is none", nil, beaOfSales(), sales},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := acquaintance(Interaction{})
			k.Contact.Exclusives = c.list
			in := later()
			if agent := AgentAhead(in, k, after(time.Minute)); agent != "" {
				assert.Equal(t, "bea", agent)
				k.Asked = c.bea
			}
			ch, err := Receive(in, lent(t, k), ids, after(time.Minute))
			require.NoError(t, err)
			assert.Equal(t, c.want, ch.Interaction.Wants)
			assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "new-talk", Token: c.want}}, ch.Hints)
			assert.Equal(t, c.list, ch.Interaction.Exclusives)
			assert.Equal(t, after(time.Minute).UnixMicro(), ch.Interaction.Rank)
			want := Awaited{}
			if c.want != sales {
				want = Awaited{Agent: "bea", Why: "exclusive", Since: after(time.Minute)}
			}
			assert.Equal(t, want, ch.Interaction.Awaits)
		})
	}
}

func TestWhoIsAheadIsAskedOnlyForANewConversation(t *testing.T) {
	k := acquaintance(queued())
	k.Contact.Exclusives = []Exclusive{ofBea()}
	assert.Empty(t, AgentAhead(later(), k, after(time.Minute)), "his conversation is open")
	assert.Empty(t, AgentAhead(later(), stranger(), nine))
	k.Interaction.State = InteractionWrapUp
	assert.Equal(t, "bea", AgentAhead(later(), k, after(time.Minute)))
}

// The exclusive agent is asked, and nobody but her. Once she has not taken it, everybody is.
func TestOnlyTheExclusiveAgentIsAsked(t *testing.T) {
	i := waitsForBea(queued())
	pairs := Match([]Agent{ana(), beaOfSales()}, []Interaction{i})
	require.Len(t, pairs, 1)
	assert.Equal(t, "bea exclusive", pairs[0].Agent.ID+" "+pairs[0].Why)
	assert.Empty(t, Match([]Agent{ana()}, []Interaction{i}))
	o := Offer{Head: Head{ID: "offer"}, Deadline: after(2 * time.Hour)}
	_, err := MakeOffer(o, Pair{Agent: ana(), Interaction: i}, after(time.Hour))
	assert.Equal(t, "conflict agent_busy", outcome(Change{}, err))

	ten, eleven := after(time.Hour), after(2*time.Hour)
	for name, untaken := range map[string]func(x Attended) (Change, error){
		"declined":  func(x Attended) (Change, error) { return DeclineOffer(x, "bea", ten) },
		"expired":   func(x Attended) (Change, error) { return ExpireOffer(x, eleven) },
		"rescinded": func(x Attended) (Change, error) { return RescindOffer(x, ten) },
		"she went idle": func(x Attended) (Change, error) {
			return SetState(Present{Agent: x.Agent, Offer: x.Offer, Ringing: x.Interaction}, StateWish{State: AgentIdle}, ten)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ch, err := MakeOffer(o, Pair{Agent: beaOfSales(), Interaction: i, Why: WhyExclusive}, ten)
			require.NoError(t, err)
			ch = saved(ch)
			assert.Equal(t, "bea", ch.Interaction.Awaits.Agent)
			ch, err = untaken(lent(t, asked(*ch.Offer, *ch.Agent, *ch.Interaction)))
			require.NoError(t, err)
			assert.Equal(t, Awaited{}, ch.Interaction.Awaits)
			assert.Equal(t, sales, ch.Interaction.Wants)
			assert.Equal(t, Hint{Event: "interaction.queued", Interaction: "talk", Token: sales}, ch.Hints[0])
		})
	}
}

func TestOverflow(t *testing.T) {
	ten := after(time.Hour)
	with := func(change func(*Agent)) Agent {
		b := beaOfSales()
		change(&b)
		return b.Settle()
	}
	short := waitsForBea(queued())
	short.Exclusives[0].Until = ten.Add(time.Second)
	for _, c := range []struct {
		name string
		i    Interaction
		a    Agent
		at   time.Time
		want string
	}{
		{"a microsecond before the minute is over", waitsForBea(queued()), beaOfSales(), ten.Add(time.Minute - tick), "stores nothing"},
		{"on the instant", waitsForBea(queued()), beaOfSales(), ten.Add(time.Minute), "stores"},
		{"she is offline", waitsForBea(queued()), with(func(a *Agent) { a.State = AgentOffline }), ten, "stores"},
		{"deleted", waitsForBea(queued()), Agent{Head: Head{ID: "bea"}}, ten, "stores"},
		{"another person by now", waitsForBea(queued()), with(func(a *Agent) { a.Hired = ten }), ten, "stores"},
		{"out of the team", waitsForBea(queued()), with(func(a *Agent) { a.Serves = []string{"tech|whatsapp|any"} }), ten, "stores"},
		{"idle", waitsForBea(queued()), with(func(a *Agent) { a.State = AgentIdle }), ten, "stores nothing"},
		{"busy", waitsForBea(queued()), with(func(a *Agent) { a.Offer = "another" }), ten, "stores nothing"},
		{"the exclusive has ended", short, beaOfSales(), ten.Add(time.Second), "stores"},
		{"it waits for all", queued(), beaOfSales(), ten.Add(time.Hour), "stores nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := Overflow(lent(t, c.i), c.a, counterQueue(), c.at)
			require.Equal(t, c.want, outcome(ch, err))
			if c.want != "stores" {
				return
			}
			assert.Equal(t, Awaited{}, ch.Interaction.Awaits)
			assert.Equal(t, nine.UnixMicro(), ch.Interaction.Rank, "he keeps his place")
			assert.Equal(t, []string{"overflowed"}, events(ch.Interaction.History))
			assert.Equal(t, "bea", ch.Interaction.History.Entries[0].Detail)
			assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, ch.Hints)
			again, err := Overflow(*ch.Interaction, c.a, counterQueue(), c.at)
			storesNothing(t, again, err)
			assert.Equal(t, ch.Hints, again.Hints)
		})
	}
	ch, err := Overflow(waitsForBea(queued()), beaOfSales(), Queue{}, ten.Add(5*time.Minute-tick))
	storesNothing(t, ch, err)
	ch, err = Overflow(waitsForBea(queued()), beaOfSales(), Queue{}, ten.Add(5*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, sales, ch.Interaction.Wants, "five minutes where the queue does not say")
}

// What comes back to the queue waits for the exclusive agent again, unless it comes from her or she let it pass.
func TestWhatComesBackWaitsForTheExclusiveAgent(t *testing.T) {
	a, i := talking(t)
	i.Exclusives = []Exclusive{ofBea()}
	ch, err := SignOut(present(a), "desk-1", []Attended{quiet(i)}, true, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "agent:bea", saved(ch).interaction(t).Wants)

	i.Exclusives[0].Agent = "ana"
	ch, err = SignOut(present(a), "desk-1", []Attended{quiet(i)}, true, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, sales, saved(ch).interaction(t).Wants, "it comes from her")

	to := support()
	to.Assets = []string{"whatsapp:111"}
	i.Exclusives = []Exclusive{{Queue: "support", Agent: "bea", Since: nine}}
	ch, err = TransferToQueue(i, a, to, helping(), handover(), transferReason(), after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "agent:bea", ch.Interaction.Wants, "she is the contact's agent where it goes")
	assert.Equal(t, Awaited{Agent: "bea", Why: "exclusive", Since: after(time.Minute)}, ch.Interaction.Awaits)
	i.Exclusives[0].Agent = "ana"
	ch, err = TransferToQueue(i, a, to, helping(), handover(), transferReason(), after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "support|whatsapp|any", ch.Interaction.Wants, "she gave it away herself")
}

// interaction is the one that the change stores.
func (ch Change) interaction(t *testing.T) Interaction {
	for _, r := range ch.Save {
		if i, ok := r.(*Interaction); ok {
			return *i
		}
	}
	t.Fatal("no interaction is stored")
	return Interaction{}
}

func TestWhoeverTakesItEndsTheWait(t *testing.T) {
	ch, err := MakeOffer(Offer{Head: Head{ID: "offer"}, Deadline: after(2 * time.Hour)},
		Pair{Agent: beaOfSales(), Interaction: waitsForBea(queued())}, after(time.Hour))
	require.NoError(t, err)
	ch = saved(ch)
	ch, err = AcceptOffer(asked(*ch.Offer, *ch.Agent, *ch.Interaction), "bea", after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, Awaited{}, ch.Interaction.Awaits)
	ch, err = Leave(quiet(waitsForBea(queued())), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, Awaited{}, ch.Interaction.Awaits)
	ch, err = Inherit(waitsForBea(queued()), closedSales(), support(), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, "support|whatsapp|any", ch.Interaction.Wants)
	assert.Equal(t, Awaited{}, ch.Interaction.Awaits)
}

func TestSettingAnExclusiveAgent(t *testing.T) {
	ten := after(time.Hour)
	offline, stranger := beaOfSales(), bea()
	offline.State = AgentOffline
	gone := counterQueue()
	gone.DeletedAt = nine
	wish := ExclusiveWish{Agent: beaOfSales(), Queue: counterQueue(), Until: after(2 * time.Hour)}
	for _, c := range []struct {
		name   string
		change func(w *ExclusiveWish)
		by     Agent
		held   []Interaction
		want   string
	}{
		{"by a supervisor", func(*ExclusiveWish) {}, sam(), nil, "stores"},
		{"by who has the conversation", func(*ExclusiveWish) {}, ana(), []Interaction{{Contact: "lea", Agents: []string{"ana"}}}, "stores"},
		{"by anybody else", func(*ExclusiveWish) {}, ana(), []Interaction{{Contact: "max", Agents: []string{"ana"}}}, "denied not_your_contact"},
		{"who is offline now", func(w *ExclusiveWish) { w.Agent = offline }, sam(), nil, "stores"},
		{"without an end", func(w *ExclusiveWish) { w.Until = time.Time{} }, sam(), nil, "stores"},
		{"for a microsecond", func(w *ExclusiveWish) { w.Until = ten.Add(tick) }, sam(), nil, "stores"},
		{"until now", func(w *ExclusiveWish) { w.Until = ten }, sam(), nil, "invalid until_past"},
		{"in no queue", func(w *ExclusiveWish) { w.Queue = Queue{Head: Head{ID: "sales"}} }, sam(), nil, "missing queue_missing"},
		{"in a deleted queue", func(w *ExclusiveWish) { w.Queue = gone }, sam(), nil, "missing queue_missing"},
		{"to nobody", func(w *ExclusiveWish) { w.Agent = Agent{Head: Head{ID: "bea"}} }, sam(), nil, "missing agent_missing"},
		{"out of the team", func(w *ExclusiveWish) { w.Agent = stranger }, sam(), nil, "conflict target_not_in_team"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := wish
			c.change(&w)
			ch, err := SetExclusive(lent(t, leaContact()), lent(t, quiet(queued())), w, c.by, c.held, ten)
			require.Equal(t, c.want, outcome(ch, err))
			if err != nil {
				return
			}
			assert.Equal(t, []Exclusive{{Queue: "sales", Agent: "bea", AgentName: "Bea", By: c.by.ID, Since: ten, Until: w.Until}}, ch.Contact.Exclusives)
			assert.Equal(t, []string{"exclusive_set"}, events(ch.Contact.History))
			assert.Equal(t, "sales bea", ch.Contact.History.Entries[0].Detail)
			want := "agent:bea"
			if w.Agent.State == AgentOffline {
				want = sales
			}
			assert.Equal(t, want, ch.Interaction.Wants)
			assert.Equal(t, ch.Contact.Exclusives, ch.Interaction.Exclusives)
			again, err := SetExclusive(*ch.Contact, quiet(*ch.Interaction), w, c.by, c.held, ten)
			storesNothing(t, again, err)
			assert.Equal(t, ch.Hints, again.Hints)
		})
	}
}

func TestAnotherExclusiveAgentTakesThePlace(t *testing.T) {
	ten := after(time.Hour)
	c := leaOfBea()
	c.Exclusives = []Exclusive{{Queue: "help", Agent: "eva", Since: nine, Until: ten}, ofBea(), {Queue: "support", Agent: "ana", Since: nine}}
	a := ana()
	a.Teams = []string{"shop"}
	ch, err := SetExclusive(lent(t, c), lent(t, quiet(waitsForBea(queued()))), ExclusiveWish{Agent: a, Queue: counterQueue()}, sam(), nil, ten)
	require.NoError(t, err)
	assert.Equal(t, []Exclusive{
		{Queue: "sales", Agent: "ana", AgentName: "Ana", By: "sam", Since: ten},
		{Queue: "support", Agent: "ana", Since: nine},
	}, ch.Contact.Exclusives, "what has ended is forgotten")
	assert.Equal(t, "agent:ana", ch.Interaction.Wants)

	ch, err = DropExclusive(lent(t, c), lent(t, quiet(waitsForBea(queued()))), "sales", sam(), nil, ten)
	require.NoError(t, err)
	assert.Equal(t, []Exclusive{{Queue: "support", Agent: "ana", Since: nine}}, ch.Contact.Exclusives)
	assert.Equal(t, sales, ch.Interaction.Wants)
	assert.Equal(t, Awaited{}, ch.Interaction.Awaits)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, ch.Hints)
	assert.Equal(t, []string{"exclusive_dropped"}, events(ch.Contact.History))

	longer := ExclusiveWish{Agent: beaOfSales(), Queue: counterQueue(), Until: after(3 * time.Hour)}
	ch, err = SetExclusive(leaOfBea(), quiet(waitsForBea(queued())), longer, sam(), nil, ten.Add(time.Second))
	require.NoError(t, err)
	assert.Equal(t, ten, ch.Interaction.Awaits.Since, "another end makes nobody wait longer")
}

// A contact who turns out to be two has the agents of both; of two for one queue it is the older contact's.
func TestExclusiveAgentsOfWhoIsJoined(t *testing.T) {
	mine := []Exclusive{{Queue: "sales", Agent: "bea"}, {Queue: "web", Agent: "eva"}}
	others := []Exclusive{{Queue: "help", Agent: "ana"}, {Queue: "sales", Agent: "ana"}}
	got := joined(lent(t, mine), lent(t, others))
	assert.Equal(t, []Exclusive{{Queue: "help", Agent: "ana"}, {Queue: "sales", Agent: "bea"}, {Queue: "web", Agent: "eva"}}, got)
}
