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
				assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, ch.Hints)
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
		"after signing out":  func(p Present) (Change, error) { return SignOut(p, "desk-1", nil, false, after(time.Second)) },
		"after a lost lease": func(p Present) (Change, error) { return LoseLease(p, after(time.Minute)) },
		"after a lost session": func(p Present) (Change, error) {
			p.Agent.Seats = []string{"x"}
			return LoseLease(p, after(time.Minute))
		},
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
	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, ch.Hints)
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
	ch, err = ExpireOffer(asked(*ch.Offer, *ch.Agent, *ch.Interaction), after(20*time.Second))
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
