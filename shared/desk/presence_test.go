package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ringingAt is Ana at her desktop with Lea's offer ringing.
func ringingAt(t testing.TB) Present {
	o, a, i := ringing(t)
	p := present(a)
	p.Offer, p.Ringing = o, i
	return p
}

// gone is Ana offline in the grace, with Lea's conversation still hers.
func gone(t testing.TB) (Present, Interaction) {
	a, i := talking(t)
	ch, err := LoseLease(present(a), after(30*time.Second))
	require.NoError(t, err)
	ch = saved(ch)
	return Present{Agent: *ch.Agent, Lease: *ch.Lease}, i
}

func TestSignIn(t *testing.T) {
	for _, c := range []struct {
		name         string
		agent        Agent
		session      string
		want         AgentState
		reason       string
		state        AgentState
		shown        string // the reason he has then
		events       []string
		storesAgents bool
	}{
		{"the first time, idle", anaIs("", ""), "desk-2", AgentIdle, "", AgentIdle, "signed_in", []string{"signed_in"}, true},
		{"the first time, available", anaIs("", ""), "desk-2", AgentAvailable, "", AgentAvailable, "", []string{"signed_in"}, true},
		{"in the morning, idle", anaIs(AgentOffline, ""), "desk-2", AgentIdle, "", AgentIdle, "signed_in", []string{"signed_in"}, true},
		{"idle with a reason", anaIs(AgentOffline, ""), "desk-2", AgentIdle, "coffee", AgentIdle, "coffee", []string{"signed_in"}, true},
		{"available needs no reason", anaIs(AgentOffline, ""), "desk-2", AgentAvailable, "coffee", AgentAvailable, "", []string{"signed_in"}, true},
		{"the same desktop again", ana(), "desk-1", AgentIdle, "", AgentAvailable, "", []string{}, false},
		{"the same desktop again, idle", anaIs(AgentIdle, "lunch"), "desk-1", AgentAvailable, "", AgentIdle, "lunch", []string{}, false},
		{"the same desktop again, RONA", anaIs(AgentRONA, ""), "desk-1", AgentAvailable, "", AgentRONA, "", []string{}, false},
		{"a later desktop", ana(), "desk-2", AgentIdle, "", AgentAvailable, "", []string{"desktop_changed"}, true},
		{"a later desktop, idle", anaIs(AgentIdle, "lunch"), "desk-2", AgentAvailable, "", AgentIdle, "lunch", []string{"desktop_changed"}, true},
		{"a later desktop finds RONA", anaIs(AgentRONA, ""), "desk-2", AgentAvailable, "", AgentRONA, "", []string{"desktop_changed"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := SignIn(present(c.agent), c.session, c.want, c.reason, after(10*time.Second))
			require.NoError(t, err)
			assert.Equal(t, c.state, ch.Agent.State)
			assert.Equal(t, c.shown, ch.Agent.Reason)
			assert.Equal(t, c.events, events(ch.Agent.History))
			kinds := []RecordKind{KindLease}
			if c.storesAgents {
				kinds = append(kinds, KindAgent)
			}
			assert.Equal(t, kinds, storedKinds(ch))
			assert.Equal(t, Lease{Head: stored("ana", 2), Session: c.session, Until: after(40 * time.Second),
				DueAt: after(50 * time.Second)}, *ch.Lease)
			if c.state == AgentAvailable {
				assert.Equal(t, []string{sales}, ch.Agent.Takes)
				assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana"}}, ch.Hints)
			} else {
				assert.Empty(t, ch.Agent.Takes)
				assert.Empty(t, ch.Hints)
			}
		})
	}
}

func TestSignInAsksForAvailableOrIdle(t *testing.T) {
	for _, want := range []AgentState{AgentRONA, AgentOffline, "", "lunch"} {
		ch, err := SignIn(present(anaIs(AgentOffline, "")), "desk-1", want, "", nine)
		assert.Equal(t, "invalid bad_state", outcome(ch, err), want)
	}
}

func TestTheFirstSignInMakesTheLease(t *testing.T) {
	ch, err := SignIn(Present{Agent: anaIs("", ""), Lease: Lease{Head: Head{ID: "ana"}}}, "desk-1", AgentIdle, "", nine)
	require.NoError(t, err)
	assert.Equal(t, Lease{Head: Head{ID: "ana"}, Session: "desk-1", Until: after(30 * time.Second), DueAt: after(40 * time.Second)}, *ch.Lease)
	assert.Equal(t, int64(5), ch.Agent.StateVersion)
	assert.Equal(t, nine, ch.Agent.Since)
}

func TestALaterDesktopKeepsTheOfferRinging(t *testing.T) {
	p := ringingAt(t)
	ch, err := SignIn(p, "desk-2", AgentIdle, "", after(time.Second))
	require.NoError(t, err)
	assert.Equal(t, "offer", ch.Agent.Offer)
	assert.Equal(t, "talk", ch.Agent.Ringing)
	assert.Empty(t, ch.Agent.Takes)
	assert.Equal(t, int64(4), ch.Agent.StateVersion, "his state has not begun anew")
}

func TestSigningInAfterAnEndedLeaseIsNoRepeat(t *testing.T) {
	p := present(anaIs(AgentOffline, ""))
	p.Lease.Ended = true
	ch, err := SignIn(p, "desk-1", AgentAvailable, "", nine)
	require.NoError(t, err)
	assert.Equal(t, AgentAvailable, ch.Agent.State)
	assert.False(t, ch.Lease.Ended)
	assert.Equal(t, nine, ch.Agent.FreeSince)
}

func TestSigningInWithinTheGraceKeepsTheConversations(t *testing.T) {
	p, i := gone(t)
	ch, err := SignIn(p, "desk-2", AgentAvailable, "", after(89*time.Second))
	require.NoError(t, err)
	ch = saved(ch)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats)
	assert.Zero(t, ch.Agent.DueAt, "the grace is over")
	late, err := HandBack(*ch.Agent, []Interaction{i}, after(time.Hour))
	storesNothing(t, late, err)
}

// RONA outlives the desktop: only the agent's own choice ends it.
func TestSigningInFindsRONA(t *testing.T) {
	rona := anaIs(AgentRONA, "")
	for name, leave := range map[string]func(Present) (Change, error){
		"after signing out":    func(p Present) (Change, error) { return SignOut(p, "desk-1", nil, false, after(time.Second)) },
		"after a lost lease":   func(p Present) (Change, error) { return LoseLease(p, after(time.Minute)) },
		"after a lost session": func(p Present) (Change, error) { p.Agent.Seats = []string{"x"}; return LoseLease(p, after(time.Minute)) },
	} {
		t.Run(name, func(t *testing.T) {
			ch, err := leave(present(rona))
			require.NoError(t, err)
			ch = saved(ch)
			assert.Equal(t, AgentOffline, ch.Agent.State)
			assert.True(t, ch.Agent.Missed)

			ch, err = SignIn(Present{Agent: *ch.Agent, Lease: *ch.Lease}, "desk-2", AgentAvailable, "", after(2*time.Minute))
			require.NoError(t, err)
			ch = saved(ch)
			assert.Equal(t, AgentRONA, ch.Agent.State)
			assert.False(t, ch.Agent.Missed)
			assert.Empty(t, ch.Agent.Takes)
			assert.Equal(t, ch.Agent.Version, ch.Agent.StateVersion, "the desktop must see this RONA before it ends it")

			p := Present{Agent: *ch.Agent, Lease: *ch.Lease}
			assert.Equal(t, "stale rona_unseen", outcome(SetState(p, StateWish{State: AgentAvailable, Version: rona.Version}, after(time.Hour))))
			assert.Equal(t, "stores", outcome(SetState(p, StateWish{State: AgentAvailable, Version: ch.Agent.Version}, after(time.Hour))))
		})
	}
}

func TestRONAIsForgottenByWhoEndedItBeforeLeaving(t *testing.T) {
	ch, err := SetState(present(anaIs(AgentRONA, "")), StateWish{State: AgentIdle, Reason: "lunch", Version: 4}, nine)
	require.NoError(t, err)
	p := present(*saved(ch).Agent)
	ch, err = SignOut(p, "desk-1", nil, false, nine)
	require.NoError(t, err)
	assert.False(t, ch.Agent.Missed)
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
	assert.Empty(t, ch.Hints)

	again, err := LoseLease(Present{Agent: *ch.Agent, Lease: *ch.Lease}, after(time.Hour))
	storesNothing(t, again, err)
	never, err := LoseLease(Present{Agent: anaIs("", "")}, after(time.Hour))
	storesNothing(t, never, err)
}

func TestALostLeaseDeclinesTheOfferAndLeavesConversationsForTheGrace(t *testing.T) {
	p := ringingAt(t)
	p.Agent.Seats = []string{"other"}
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
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, ch.Hints)
}

func TestSetState(t *testing.T) {
	for _, c := range []struct {
		name  string
		agent Agent
		wish  StateWish
		want  string
	}{
		{"available to idle", ana(), StateWish{State: AgentIdle, Reason: "lunch"}, "stores"},
		{"idle to available", anaIs(AgentIdle, "lunch"), StateWish{State: AgentAvailable}, "stores"},
		{"another reason to be idle", anaIs(AgentIdle, "lunch"), StateWish{State: AgentIdle, Reason: "training"}, "stores"},
		{"idle for the same reason", anaIs(AgentIdle, "lunch"), StateWish{State: AgentIdle, Reason: "lunch"}, "stores nothing"},
		{"available already", ana(), StateWish{State: AgentAvailable}, "stores nothing"},
		{"available already, with a reason nobody needs", ana(), StateWish{State: AgentAvailable, Reason: "lunch"}, "stores nothing"},
		{"RONA is not his to choose", ana(), StateWish{State: AgentRONA}, "invalid bad_state"},
		{"nor is offline", ana(), StateWish{State: AgentOffline}, "invalid bad_state"},
		{"nor nothing", ana(), StateWish{}, "invalid bad_state"},
		{"offline", anaIs(AgentOffline, ""), StateWish{State: AgentAvailable}, "conflict agent_offline"},
		{"never signed in", anaIs("", ""), StateWish{State: AgentIdle}, "conflict agent_offline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := SetState(present(c.agent), c.wish, after(time.Minute))
			require.Equal(t, c.want, outcome(ch, err))
			if c.want == "stores" {
				assert.Equal(t, []RecordKind{KindAgent}, storedKinds(ch))
				assert.Equal(t, c.wish.State, ch.Agent.State)
				assert.Equal(t, c.wish.Reason, ch.Agent.Reason)
				assert.Equal(t, after(time.Minute), ch.Agent.Since)
				assert.Equal(t, int64(5), ch.Agent.StateVersion)
			}
		})
	}
}

func TestBecomingAvailableGoesToTheEndOfTheLine(t *testing.T) {
	ch, err := SetState(present(anaIs(AgentIdle, "lunch")), StateWish{State: AgentAvailable, Reason: "back"}, after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, after(time.Hour), ch.Agent.FreeSince)
	assert.Empty(t, ch.Agent.Reason)
	assert.Equal(t, []string{sales}, ch.Agent.Takes)
	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana"}}, ch.Hints)
	assert.Equal(t, []string{"available"}, events(ch.Agent.History))
}

func TestGoingIdleDeclinesTheOffer(t *testing.T) {
	ch, err := SetState(ringingAt(t), StateWish{State: AgentIdle, Reason: "lunch"}, after(5*time.Second))
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindAgent, KindOffer, KindInteraction}, storedKinds(ch))
	assert.Equal(t, AgentIdle, ch.Agent.State)
	assert.Equal(t, "lunch", ch.Agent.Reason)
	assert.Empty(t, ch.Agent.Offer)
	assert.Equal(t, OfferDeclined, ch.Offer.State)
	assert.Equal(t, InteractionQueued, ch.Interaction.State)
	assert.Equal(t, []Entry{
		{Seq: 1, At: nine, Event: "offered", By: "ana", Detail: "longest_available"},
		{Seq: 2, At: after(5 * time.Second), Event: "declined", By: "ana", Detail: "idle"},
	}, ch.Interaction.History.Entries)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, ch.Hints)
}

func TestGoingIdleKeepsTheConversations(t *testing.T) {
	a, _ := talking(t)
	ch, err := SetState(present(a), StateWish{State: AgentIdle, Reason: "lunch"}, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats)
	assert.Empty(t, ch.Agent.Takes)
}

// Leaving RONA needs the agent version that showed it: 4 in the tables.
func TestLeavingRONA(t *testing.T) {
	for _, c := range []struct {
		name    string
		version int64
		want    string
	}{
		{"seen", 4, "stores"},
		{"seen, and something newer", 5, "stores"},
		{"one version too old", 3, "stale rona_unseen"},
		{"no version", 0, "stale rona_unseen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, s := range []AgentState{AgentAvailable, AgentIdle} {
				assert.Equal(t, c.want, outcome(SetState(present(anaIs(AgentRONA, "")), StateWish{State: s, Version: c.version}, nine)), s)
			}
		})
	}
}

func TestALateRetryCannotEndALaterRONA(t *testing.T) {
	wish := StateWish{State: AgentAvailable, Version: 4, Key: "k1"}
	ch, err := SetState(present(anaIs(AgentRONA, "")), wish, nine)
	require.NoError(t, err)
	a := *saved(ch).Agent
	o := Offer{Head: Head{ID: "offer"}, Deadline: after(20 * time.Second)}
	ch, err = MakeOffer(o, Pair{Agent: a, Interaction: queued()}, nine)
	require.NoError(t, err)
	ch = saved(ch)
	ch, err = ExpireOffer(*ch.Offer, *ch.Agent, *ch.Interaction, after(20*time.Second))
	require.NoError(t, err)
	p := present(*saved(ch).Agent)

	again, err := SetState(p, wish, after(time.Minute))
	storesNothing(t, again, err)
	assert.Equal(t, AgentRONA, again.Agent.State, "the answer shows how it stands")

	wish.Key = ""
	assert.Equal(t, "stale rona_unseen", outcome(SetState(p, wish, after(time.Minute))), "nor without its key")
}

func TestAKeyIsForOneWish(t *testing.T) {
	ch, err := SetState(present(ana()), StateWish{State: AgentIdle, Reason: "lunch", Key: "k1"}, nine)
	require.NoError(t, err)
	p := present(*saved(ch).Agent)
	for _, c := range []struct {
		name string
		wish StateWish
		want string
	}{
		{"the same wish", StateWish{State: AgentIdle, Reason: "lunch", Key: "k1"}, "stores nothing"},
		{"another state", StateWish{State: AgentAvailable, Key: "k1"}, "unprocessable key_reused"},
		{"another reason", StateWish{State: AgentIdle, Reason: "training", Key: "k1"}, "unprocessable key_reused"},
		{"another key", StateWish{State: AgentAvailable, Key: "k2"}, "stores"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, outcome(SetState(p, c.wish, after(time.Minute))))
		})
	}
}

// A wish that found its state already there was answered with 200 too: its late retry must not undo what came after.
func TestTheKeyOfAWishThatChangedNothingIsKept(t *testing.T) {
	wish := StateWish{State: AgentAvailable, Key: "k1"}
	ch, err := SetState(present(ana()), wish, after(time.Second))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindAgent}, storedKinds(ch))
	assert.Equal(t, nine, ch.Agent.FreeSince, "he keeps his place in the line")
	assert.Equal(t, nine, ch.Agent.Since)
	assert.Equal(t, int64(4), ch.Agent.StateVersion)
	assert.Empty(t, ch.Agent.History.Entries)

	ch, err = SetState(present(*saved(ch).Agent), StateWish{State: AgentIdle, Reason: "lunch", Key: "k2"}, after(2*time.Second))
	require.NoError(t, err)
	late, err := SetState(present(*saved(ch).Agent), wish, after(3*time.Second))
	storesNothing(t, late, err)
	assert.Equal(t, AgentIdle, late.Agent.State)
}

func TestSignOut(t *testing.T) {
	a, live := talking(t)
	ended := present(ana())
	ended.Lease.Ended = true
	for _, c := range []struct {
		name     string
		present  Present
		session  string
		live     []Interaction
		handOver bool
		want     string
	}{
		{"nothing open", present(ana()), "desk-1", nil, false, "stores"},
		{"from idle", present(anaIs(AgentIdle, "lunch")), "desk-1", nil, false, "stores"},
		{"a desktop that was replaced", present(ana()), "desk-0", nil, false, "conflict session_replaced"},
		{"a desktop that was replaced, handing over", present(a), "desk-0", []Interaction{live}, true, "conflict session_replaced"},
		{"with a conversation", present(a), "desk-1", []Interaction{live}, false, "conflict has_conversations"},
		{"with a conversation, handing over", present(a), "desk-1", []Interaction{live}, true, "stores"},
		{"handing over nothing", present(ana()), "desk-1", nil, true, "stores"},
		{"offline already", present(anaIs(AgentOffline, "")), "desk-1", nil, false, "stores nothing"},
		{"offline already, from any desktop", present(anaIs(AgentOffline, "")), "desk-9", nil, false, "stores nothing"},
		{"never signed in", Present{Agent: anaIs("", "")}, "desk-1", nil, false, "stores nothing"},
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
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, ch.Hints)

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
	ch, err := SignOut(present(a), "desk-1", []Interaction{one, two}, true, at)
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindAgent, KindLease, KindInteraction, KindInteraction}, storedKinds(ch))
	assert.Equal(t, []string{"owed"}, ch.Agent.Seats, "the wrap-up he owes stays his")
	assert.Equal(t, []Hint{
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
	assert.Equal(t, at.Add(10*time.Second), i.DueAt)
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
			assert.Equal(t, c.want, outcome(HandBack(c.agent, []Interaction{i}, after(c.at))))
		})
	}
}

func TestAfterTheGraceTheConversationsAreQueuedInFront(t *testing.T) {
	p, i := gone(t)
	at := after(90 * time.Second)
	ch, err := HandBack(p.Agent, []Interaction{i}, at)
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
		{"handed over", func() (Change, error) { return SignOut(present(a), "desk-1", []Interaction{live}, true, nine) }, 2},
		{"handed back", func() (Change, error) { return HandBack(away, []Interaction{live}, nine) }, 1},
		{"signed in", func() (Change, error) { return SignIn(out, "desk-1", AgentIdle, "", nine) }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := c.move()
			require.NoError(t, err)
			assert.Equal(t, c.pages, count(ch))
		})
	}
}

func TestFree(t *testing.T) {
	for _, c := range []struct {
		name  string
		agent Agent
		want  bool
	}{
		{"available", ana(), true},
		{"idle", anaIs(AgentIdle, ""), false},
		{"RONA", anaIs(AgentRONA, ""), false},
		{"offline", anaIs(AgentOffline, ""), false},
		{"never signed in", anaIs("", ""), false},
		{"a seat left", Agent{State: AgentAvailable, Capacity: 2, Seats: []string{"x"}}, true},
		{"full", Agent{State: AgentAvailable, Capacity: 2, Seats: []string{"x", "y"}}, false},
		{"no capacity", Agent{State: AgentAvailable}, false},
		{"rung", Agent{State: AgentAvailable, Capacity: 2, Offer: "o"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, c.agent.Free())
			c.agent.Serves = []string{sales}
			if c.want {
				assert.Equal(t, []string{sales}, c.agent.Settle().Takes)
			} else {
				assert.Empty(t, c.agent.Settle().Takes)
			}
		})
	}
}
