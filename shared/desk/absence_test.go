package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gone is Ana offline in the grace, with Lea's conversation still hers.
func gone(t testing.TB) (Present, Interaction) {
	a, i := talking(t)
	ch, err := LoseLease(present(a), after(30*time.Second))
	require.NoError(t, err)
	ch = saved(ch)
	return Present{Agent: *ch.Agent, Lease: *ch.Lease}, i
}

func TestRenewLease(t *testing.T) {
	held := present(ana()).Lease
	ended := held
	ended.Ended = true
	for _, c := range []struct {
		name    string
		lease   Lease
		session string
		at      time.Duration
		want    string
	}{
		{"in time", held, "desk-1", 10 * time.Second, "stores"},
		{"a microsecond before it runs out", held, "desk-1", 30*time.Second - tick, "stores"},
		{"run out but not yet lost", held, "desk-1", 31 * time.Second, "stores"},
		{"another desktop", held, "desk-2", 10 * time.Second, "conflict session_replaced"},
		{"lost", ended, "desk-1", 10 * time.Second, "conflict lease_lost"},
		{"lost, another desktop", ended, "desk-2", 10 * time.Second, "conflict lease_lost"},
		{"never signed in", Lease{Head: Head{ID: "ana"}}, "desk-1", 10 * time.Second, "conflict lease_lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := RenewLease(c.lease, c.session, after(c.at))
			require.Equal(t, c.want, outcome(ch, err))
			if err == nil {
				assert.Equal(t, after(c.at+30*time.Second), ch.Lease.Until)
				assert.Equal(t, after(c.at+40*time.Second), ch.Lease.DueAt)
				assert.Equal(t, []RecordKind{KindLease}, storedKinds(ch))
			}
		})
	}
}

// The lease holds until thirty seconds past nine. That instant itself is too late.
func TestLoseLease(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Duration
		want string
	}{
		{"at once", 0, "too_early too_early"},
		{"a microsecond before", 30*time.Second - tick, "too_early too_early"},
		{"on the instant", 30 * time.Second, "stores"},
		{"a microsecond after", 30*time.Second + tick, "stores"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, outcome(LoseLease(present(ana()), after(c.at))))
		})
	}
}

func TestALostLeaseTakesTheAgentOffline(t *testing.T) {
	ch, err := LoseLease(present(ana()), after(30*time.Second))
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindAgent, KindLease}, storedKinds(ch))
	assert.Equal(t, AgentOffline, ch.Agent.State)
	assert.Equal(t, after(30*time.Second), ch.Agent.Since)
	assert.False(t, ch.Agent.Missed)
	assert.Empty(t, ch.Agent.Takes)
	assert.Zero(t, ch.Agent.DueAt, "he holds nothing that would wait for him")
	assert.Equal(t, []string{"lease_lost"}, events(ch.Agent.History))
	assert.True(t, ch.Lease.Ended)
	assert.Zero(t, ch.Lease.DueAt)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Token: "agent:ana"}}, ch.Hints, "nobody need wait for her alone")

	again, err := LoseLease(Present{Agent: *ch.Agent, Lease: *ch.Lease}, after(time.Hour))
	storesNothing(t, again, err)
	never, err := LoseLease(Present{Agent: anaIs("", "")}, after(time.Hour))
	storesNothing(t, never, err)
}

func TestALostLeaseDeclinesTheOfferAndLeavesConversationsForTheGrace(t *testing.T) {
	p := ringingAt(t)
	p.Agent.Seats = []string{"other"}
	p.Offer.Deadline = after(time.Minute)
	ch, err := LoseLease(p, after(30*time.Second))
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindAgent, KindLease, KindOffer, KindInteraction}, storedKinds(ch))
	assert.Equal(t, OfferDeclined, ch.Offer.State)
	assert.Empty(t, ch.Agent.Offer)
	assert.Empty(t, ch.Agent.Ringing)
	assert.Equal(t, []string{"other"}, ch.Agent.Seats)
	assert.Equal(t, after(90*time.Second), ch.Agent.DueAt, "a minute to come back")
	assert.Equal(t, InteractionQueued, ch.Interaction.State)
	assert.Equal(t, after(-7*24*time.Hour).UnixMicro(), ch.Interaction.Rank)
	assert.Equal(t, []string{"offered", "declined"}, events(ch.Interaction.History))
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}, {Event: "interaction.queued", Token: "agent:ana"}}, ch.Hints)
}

// The stored deadline is the authority: who goes away or idle at or after it has let the offer expire, although the
// clock has not spoken yet.
func TestGoingAwayAfterTheDeadlineIsRONA(t *testing.T) {
	p := ringingAt(t)
	before, at := p.Offer.Deadline.Add(-time.Microsecond), p.Offer.Deadline
	idle := func(p Present, now time.Time) (Change, error) {
		return SetState(p, StateWish{State: AgentIdle, Reason: "lunch", Key: "k"}, now)
	}
	out := func(p Present, now time.Time) (Change, error) { return SignOut(p, "desk-1", nil, false, now) }
	for _, c := range []struct {
		name   string
		move   func(Present, time.Time) (Change, error)
		now    time.Time
		offer  OfferState
		agent  AgentState
		missed bool
		passed []string
	}{
		{"idle just before", idle, before, OfferDeclined, AgentIdle, false, nil},
		{"idle at the instant", idle, at, OfferExpired, AgentRONA, false, []string{"ana"}},
		{"signing out just before", out, before, OfferDeclined, AgentOffline, false, nil},
		{"signing out at the instant", out, at, OfferExpired, AgentOffline, true, []string{"ana"}},
		{"vanished", LoseLease, at.Add(time.Minute), OfferExpired, AgentOffline, true, []string{"ana"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := c.move(p, c.now)
			require.NoError(t, err)
			assert.Equal(t, c.offer, ch.Offer.State)
			assert.Equal(t, c.agent, ch.Agent.State)
			assert.Equal(t, c.missed, ch.Agent.Missed, "signing in finds RONA again")
			assert.Equal(t, c.passed, ch.Interaction.Passed)
			assert.Equal(t, InteractionQueued, ch.Interaction.State)
			assert.Empty(t, ch.Agent.Offer)
			if c.agent == AgentRONA {
				assert.Equal(t, "rona", ch.Agent.History.Entries[len(ch.Agent.History.Entries)-1].Event)
				assert.Empty(t, ch.Agent.Reason)
			}
		})
	}
}

// A sign-in that comes late, after its session signed out, would let an offer ring at a desktop that is closed.
func TestASessionThatSignedOutIsOver(t *testing.T) {
	out, err := SignOut(present(ana()), "desk-1", nil, false, after(time.Second))
	require.NoError(t, err)
	gone := Present{Agent: *out.Agent, Lease: *out.Lease}
	ch, err := SignIn(gone, "desk-1", AgentAvailable, "", after(2*time.Second))
	assert.Equal(t, "conflict session_ended", outcome(ch, err))
	ch, err = SignIn(gone, "desk-2", AgentAvailable, "", after(2*time.Second))
	assert.Equal(t, "stores", outcome(ch, err))
	back := Present{Agent: *ch.Agent, Lease: *ch.Lease}
	ch, err = SignIn(back, "desk-1", AgentAvailable, "", after(3*time.Second))
	assert.Equal(t, "conflict session_ended", outcome(ch, err), "nor does it take the desk from the next session")
}

// A sign-out that overtakes its own sign-in, or comes after the lease was lost, ends the session all the same.
func TestASignOutThatComesFirstEndsItsSession(t *testing.T) {
	for name, p := range map[string]Present{
		"never signed in": {Agent: anaIs("", ""), Lease: Lease{Head: Head{ID: "ana"}}},
		"lease lost":      {Agent: anaIs(AgentOffline, ""), Lease: Lease{Head: stored("ana", 3), Session: "desk-1", Ended: true}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := SignOut(p, "desk-1", nil, false, nine)
			require.NoError(t, err)
			assert.Equal(t, []RecordKind{KindLease}, storedKinds(out))
			gone := Present{Agent: *out.Agent, Lease: *out.Lease}
			ch, err := SignIn(gone, "desk-1", AgentAvailable, "", nine)
			assert.Equal(t, "conflict session_ended", outcome(ch, err))
			again, err := SignOut(gone, "desk-1", nil, false, nine)
			storesNothing(t, again, err)
		})
	}
}

func TestALeaseRemembersEightEndedSessions(t *testing.T) {
	l := Lease{}
	for n := range 10 {
		l = l.over(fmt.Sprint("desk-", n))
	}
	assert.Equal(t, []string{"desk-2", "desk-3", "desk-4", "desk-5", "desk-6", "desk-7", "desk-8", "desk-9"}, l.Over)
}

func TestSignOut(t *testing.T) {
	a, live := talking(t)
	ended := present(ana())
	ended.Lease.Ended = true
	for _, c := range []struct {
		name     string
		present  Present
		session  string
		live     []Attended
		handOver bool
		want     string
	}{
		{"nothing open", present(ana()), "desk-1", nil, false, "stores"},
		{"from idle", present(anaIs(AgentIdle, "lunch")), "desk-1", nil, false, "stores"},
		{"a desktop that was replaced", present(ana()), "desk-0", nil, false, "conflict session_replaced"},
		{"a desktop that was replaced, handing over", present(a), "desk-0", allQuiet(live), true, "conflict session_replaced"},
		{"with a conversation", present(a), "desk-1", allQuiet(live), false, "conflict has_conversations"},
		{"with a conversation, handing over", present(a), "desk-1", allQuiet(live), true, "stores"},
		{"handing over nothing", present(ana()), "desk-1", nil, true, "stores"},
		{"offline already", present(anaIs(AgentOffline, "")), "desk-1", nil, false, "stores"},
		{"offline already, from any desktop", present(anaIs(AgentOffline, "")), "desk-9", nil, false, "stores"},
		{"never signed in", Present{Agent: anaIs("", "")}, "desk-1", nil, false, "stores"},
		{"the lease has ended", ended, "desk-9", nil, false, "stores"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, outcome(SignOut(c.present, c.session, c.live, c.handOver, after(10*time.Second))))
		})
	}
}

func TestSigningOutEndsLeaseAndOffer(t *testing.T) {
	ch, err := SignOut(ringingAt(t), "desk-1", nil, false, after(10*time.Second))
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindAgent, KindLease, KindOffer, KindInteraction}, storedKinds(ch))
	assert.Equal(t, AgentOffline, ch.Agent.State)
	assert.Empty(t, ch.Agent.Offer)
	assert.Zero(t, ch.Agent.DueAt, "there is no grace for who left by himself")
	assert.Equal(t, []string{"signed_out"}, events(ch.Agent.History))
	assert.True(t, ch.Lease.Ended)
	assert.Zero(t, ch.Lease.DueAt)
	assert.Equal(t, OfferDeclined, ch.Offer.State)
	assert.Equal(t, "offline", ch.Interaction.History.Entries[1].Detail)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}, {Event: "interaction.queued", Token: "agent:ana"}}, ch.Hints)

	again, err := SignOut(Present{Agent: *ch.Agent, Lease: *ch.Lease}, "desk-1", nil, false, after(time.Hour))
	storesNothing(t, again, err)
}

func TestHandingOverQueuesTheConversationsInFront(t *testing.T) {
	a, one := talking(t)
	two := copied(one)
	two.ID, two.Contact = "talk-2", "max"
	a.Seats = []string{"talk", "owed", "talk-2"}
	a.Capacity = 3
	at := after(10 * time.Second)
	ch, err := SignOut(present(a), "desk-1", allQuiet(one, two), true, at)
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindAgent, KindLease, KindInteraction, KindInteraction}, storedKinds(ch))
	assert.Equal(t, []string{"owed"}, ch.Agent.Seats, "the wrap-up he owes stays his")
	assert.Equal(t, []Hint{
		{Event: "interaction.queued", Token: "agent:ana"},
		{Event: "interaction.queued", Interaction: "talk", Token: sales},
		{Event: "interaction.queued", Interaction: "talk-2", Token: sales},
	}, ch.Hints)
	for _, r := range ch.Save {
		if i, ok := r.(*Interaction); ok {
			handedBack(t, *i, at)
		}
	}
}

// handedBack requires what a conversation is that was taken from Ana.
func handedBack(t *testing.T, i Interaction, at time.Time) {
	t.Helper()
	assert.Equal(t, InteractionQueued, i.State)
	assert.Equal(t, sales, i.Wants)
	assert.Equal(t, at, i.WaitingSince, "a new wait")
	assert.Equal(t, at.Add(-7*24*time.Hour).UnixMicro(), i.Rank, "in front")
	assert.Empty(t, i.Owner)
	assert.Empty(t, i.OwnerName)
	assert.Zero(t, i.AssignedAt)
	assert.Empty(t, i.Agents)
	assert.Nil(t, i.Passed, "he may be asked again when he is back")
	assert.Equal(t, []Leg{{Agent: "ana", Name: "Ana", Seat: SeatOwner, From: after(5 * time.Second), To: at,
		WrapUp: WrapUp{State: WrapUpSkipped}}}, i.Legs, "nobody owes a wrap-up for it")
	assert.Equal(t, []string{"offered", "accepted", "handed_back"}, events(i.History))
}

// The lease was lost thirty seconds past nine, so the grace lasts until ninety. That instant itself ends it.
func TestHandBack(t *testing.T) {
	const grace = 90 * time.Second
	p, i := gone(t)
	back := p.Agent
	back.State, back.DueAt = AgentAvailable, time.Time{}
	for _, c := range []struct {
		name  string
		agent Agent
		at    time.Duration
		want  string
	}{
		{"at once", p.Agent, 30 * time.Second, "too_early too_early"},
		{"a microsecond before", p.Agent, grace - tick, "too_early too_early"},
		{"on the instant", p.Agent, grace, "stores"},
		{"a microsecond after", p.Agent, grace + tick, "stores"},
		{"he is back", back, grace, "stores nothing"},
		{"he signed out by himself", anaIs(AgentOffline, ""), grace, "stores nothing"},
		{"he never signed in", anaIs("", ""), grace, "stores nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, outcome(HandBack(c.agent, allQuiet(i), after(c.at))))
		})
	}
}

func TestAfterTheGraceTheConversationsAreQueuedInFront(t *testing.T) {
	p, i := gone(t)
	at := after(90 * time.Second)
	ch, err := HandBack(p.Agent, allQuiet(i), at)
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindAgent, KindInteraction}, storedKinds(ch))
	assert.Empty(t, ch.Agent.Seats)
	assert.Equal(t, AgentOffline, ch.Agent.State)
	assert.Zero(t, ch.Agent.DueAt)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, ch.Hints)
	for _, r := range ch.Save {
		if i, ok := r.(*Interaction); ok {
			handedBack(t, *i, at)
		}
	}
	again, err := HandBack(*saved(ch).Agent, nil, after(time.Hour))
	storesNothing(t, again, err)
}

func TestAfterTheGraceAnOwedWrapUpStays(t *testing.T) {
	p, _ := gone(t)
	ch, err := HandBack(p.Agent, nil, after(90*time.Second))
	require.NoError(t, err)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats)
	assert.Equal(t, []RecordKind{KindAgent}, storedKinds(ch))
	assert.Zero(t, ch.Agent.DueAt, "the clock owes nothing more")
}

func TestFullHistoriesMoveOutWhenTheAgentLeaves(t *testing.T) {
	count := func(ch Change) (n int) {
		for _, k := range storedKinds(ch) {
			if k == KindHistory {
				n++
			}
		}
		return n
	}
	p := ringingAt(t)
	p.Agent.History, p.Ringing.History = filled(100), filled(100)
	a, live := talking(t)
	a.History, live.History = filled(100), filled(100)
	out := present(anaIs(AgentOffline, ""))
	out.Agent.History = filled(100)
	away := a
	away.State, away.DueAt = AgentOffline, nine

	for _, c := range []struct {
		name  string
		move  func() (Change, error)
		pages int
	}{
		{"lost lease", func() (Change, error) { return LoseLease(p, after(time.Minute)) }, 2},
		{"idle", func() (Change, error) { return SetState(p, StateWish{State: AgentIdle}, nine) }, 2},
		{"signed out", func() (Change, error) { return SignOut(p, "desk-1", nil, false, nine) }, 2},
		{"handed over", func() (Change, error) { return SignOut(present(a), "desk-1", allQuiet(live), true, nine) }, 2},
		{"handed back", func() (Change, error) { return HandBack(away, allQuiet(live), nine) }, 1},
		{"signed in", func() (Change, error) { return SignIn(out, "desk-1", AgentIdle, "", nine) }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := c.move()
			require.NoError(t, err)
			assert.Equal(t, c.pages, count(ch))
		})
	}
}
