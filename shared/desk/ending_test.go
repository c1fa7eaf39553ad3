package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnd(t *testing.T) {
	_, i := talking(t)
	at := after(time.Minute)
	ch, err := End(i, "ana", "k1", at)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction}, storedKinds(ch))
	assert.Equal(t, InteractionWrapUp, ch.Interaction.State)
	assert.Equal(t, "ended", ch.Interaction.CloseReason)
	assert.Empty(t, ch.Interaction.Owner)
	assert.Empty(t, ch.Interaction.OwnerName)
	assert.Zero(t, ch.Interaction.Unread)
	assert.Zero(t, ch.Interaction.ClosedAt)
	assert.Equal(t, []string{"ana"}, ch.Interaction.Agents, "it stays on the desktop of who owes the wrap-up")
	assert.Equal(t, []Leg{{Agent: "ana", Name: "Ana", Seat: SeatOwner, From: after(5 * time.Second), To: at,
		WrapUp: WrapUp{State: WrapUpOwed}}}, ch.Interaction.Legs)
	assert.Equal(t, []string{"offered", "accepted", "ended"}, events(ch.Interaction.History))
	assert.Len(t, ch.Interaction.Keys, 1)
	assert.Empty(t, ch.Hints, "the slot is his until the wrap-up")
	assert.Equal(t, InteractionActive, i.State)
	assert.Zero(t, i.Legs[0].To, "the record it was given stays as it was")
}

func TestWhoMayEndAndWhen(t *testing.T) {
	_, active := talking(t)
	_, wrapup := wrapping(t)
	interrupted := active
	interrupted.Interrupted = true

	back, err := SignOut(present(ana()), "desk-1", []Interaction{active}, true, after(time.Minute))
	require.NoError(t, err)
	var handed Interaction
	for _, r := range back.Save {
		if i, ok := r.(*Interaction); ok {
			handed = *i
		}
	}
	bea := handed
	bea.State, bea.Owner = InteractionActive, "bea"
	bea.Legs = append(copied(bea.Legs), Leg{Agent: "bea", Seat: SeatOwner, From: nine})
	over := bea
	over.State, over.Owner = InteractionWrapUp, ""
	skipped := handed
	skipped.State = InteractionClosed

	for _, c := range []struct {
		name string
		talk Interaction
		by   string
		want string
	}{
		{"the owner", active, "ana", "stores"},
		{"the owner, when the channel was removed", interrupted, "ana", "stores"},
		{"somebody else", active, "bea", "denied not_your_conversation"},
		{"nobody", active, "", "denied not_your_conversation"},
		{"while nobody ever had it", queued(), "ana", "denied not_your_conversation"},
		{"who ended it", wrapup, "ana", "stores nothing"},
		{"somebody else after the end", wrapup, "bea", "denied not_your_conversation"},
		{"who had it, while it waits again", handed, "ana", "conflict not_active"},
		{"who had it, while another has it", bea, "ana", "conflict not_active"},
		{"who has it after another", bea, "bea", "stores"},
		{"who had it before the one who ended it", over, "ana", "conflict not_active"},
		{"who was gone when it closed", skipped, "ana", "conflict not_active"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, outcome(End(c.talk, c.by, "", after(2*time.Minute))))
		})
	}
}

func TestEndingAgain(t *testing.T) {
	_, i := talking(t)
	ch, err := End(i, "ana", "k1", after(time.Minute))
	require.NoError(t, err)
	ended := *saved(ch).Interaction
	for _, key := range []string{"k1", "k2", ""} {
		again, err := End(ended, "ana", key, after(time.Hour))
		storesNothing(t, again, err)
		assert.Equal(t, ended, *again.Interaction)
	}
}

func TestAKeyOfAnotherMoveDoesNotEnd(t *testing.T) {
	_, i := talking(t)
	i.Keys = []Key{{Key: "k1", Hash: "of a wrap-up"}}
	assert.Equal(t, "unprocessable key_reused", outcome(End(i, "ana", "k1", nine)))
}

func TestSubmitWrapUp(t *testing.T) {
	a, i := wrapping(t)
	at := after(2 * time.Minute)
	ch, err := SubmitWrapUp(i, a, Choice{Reason: "lost", SubReason: "price", Note: "too dear", Key: "k1"}, lost(), at)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction, KindAgent}, storedKinds(ch))
	assert.Equal(t, InteractionClosed, ch.Interaction.State)
	assert.Equal(t, at, ch.Interaction.ClosedAt)
	assert.Equal(t, "ended", ch.Interaction.CloseReason)
	assert.Empty(t, ch.Interaction.Agents)
	assert.Equal(t, WrapUp{State: WrapUpDone, Reason: "lost", ReasonName: "Lost", SubReason: "price", SubReasonName: "Price",
		Note: "too dear", At: at}, ch.Interaction.Legs[0].WrapUp)
	assert.Equal(t, WrapUp{State: WrapUpOwed}, i.Legs[0].WrapUp, "the record it was given stays as it was")
	assert.Equal(t, []Entry{
		{Seq: 4, At: at, Event: "wrapped_up", By: "ana", Detail: "lost"},
		{Seq: 5, At: at, Event: "closed", Detail: "ended"},
	}, ch.Interaction.History.Entries[3:], "the note is no part of the history")
	assert.Empty(t, ch.Agent.Seats)
	assert.Equal(t, []string{sales}, ch.Agent.Takes)
	assert.Empty(t, ch.Hints, "she had room before, and has been asked for everybody who waits")
	again, err := SubmitWrapUp(*ch.Interaction, *ch.Agent, Choice{Reason: "lost", SubReason: "price", Note: "too dear", Key: "k1"}, lost(), at)
	storesNothing(t, again, err)
	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, again.Hints, "a repeat hints")
}

func TestAWrapUpThatMakesRoomIsHinted(t *testing.T) {
	a, i := wrapping(t)
	a.Capacity = 1
	a = a.Settle()
	require.Empty(t, a.Takes)
	ch, err := SubmitWrapUp(i, a, Choice{Reason: "sold"}, sold(), after(2*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []string{sales}, ch.Agent.Takes)
	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, ch.Hints)
}

func TestTheReasonChosen(t *testing.T) {
	none := Reason{Head: Head{ID: "gone"}}
	for _, c := range []struct {
		name   string
		choice Choice
		reason Reason
		want   string
	}{
		{"a reason", Choice{Reason: "sold"}, sold(), "stores"},
		{"a reason with a note", Choice{Reason: "sold", Note: "two"}, sold(), "stores"},
		{"a reason the queue does not have", Choice{Reason: "gone"}, none, "invalid reason_unknown"},
		{"no reason", Choice{}, Reason{}, "invalid reason_unknown"},
		{"a reason that asks for more, and gets it", Choice{Reason: "lost", SubReason: "stock"}, lost(), "stores"},
		{"a reason that asks for more", Choice{Reason: "lost"}, lost(), "invalid sub_reason_required"},
		{"a sub-reason it does not have", Choice{Reason: "lost", SubReason: "taste"}, lost(), "invalid sub_reason_unknown"},
		{"a sub-reason where there are none", Choice{Reason: "sold", SubReason: "price"}, sold(), "invalid sub_reason_unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, i := wrapping(t)
			ch, err := SubmitWrapUp(i, a, c.choice, c.reason, nine)
			assert.Equal(t, c.want, outcome(ch, err))
		})
	}
}

func TestWhoMayWrapUpAndWhen(t *testing.T) {
	a, i := wrapping(t)
	_, active := talking(t)
	bea := Agent{Head: stored("bea", 1)}
	ch, err := SubmitWrapUp(i, a, Choice{Reason: "sold", Key: "k1"}, sold(), after(2*time.Minute))
	require.NoError(t, err)
	ch = saved(ch)
	closed, freed := *ch.Interaction, *ch.Agent
	for _, c := range []struct {
		name   string
		talk   Interaction
		by     Agent
		choice Choice
		want   string
	}{
		{"who owes it", i, a, Choice{Reason: "sold"}, "stores"},
		{"who owes it, offline by now", i, anaIs(AgentOffline, ""), Choice{Reason: "sold"}, "stores"},
		{"somebody else", i, bea, Choice{Reason: "sold"}, "denied not_your_conversation"},
		{"before the end", active, a, Choice{Reason: "sold"}, "conflict nothing_to_wrap_up"},
		{"the same again, by its key", closed, freed, Choice{Reason: "sold", Key: "k1"}, "stores nothing"},
		{"another choice under the same key", closed, freed, Choice{Reason: "lost", Key: "k1"}, "unprocessable key_reused"},
		{"another note under the same key", closed, freed, Choice{Reason: "sold", Note: "x", Key: "k1"}, "unprocessable key_reused"},
		{"the same again without its key", closed, freed, Choice{Reason: "sold"}, "conflict nothing_to_wrap_up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := SubmitWrapUp(c.talk, c.by, c.choice, sold(), after(time.Hour))
			assert.Equal(t, c.want, outcome(ch, err))
			if c.want == "stores nothing" {
				assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, ch.Hints)
			}
		})
	}
}

func TestOnlyTheLastOwnersWrapUpCloses(t *testing.T) {
	a, i := wrapping(t)
	i.Legs = append([]Leg{{Agent: "bea", Seat: SeatOwner, To: nine, Queue: "support", WrapUp: WrapUp{State: WrapUpOwed, Reason: "transfer"}}}, copied(i.Legs)...)
	i.Agents = []string{"bea", "ana"}
	bea := Agent{Head: stored("bea", 1), Seats: []string{"talk"}}
	assert.Equal(t, "support", i.ReasonsFor("bea"), "where she had it")
	assert.Equal(t, "sales", i.ReasonsFor("ana"))

	before, err := SubmitWrapUp(i, bea, Choice{Reason: "sold"}, sold(), nine)
	require.NoError(t, err)
	assert.Equal(t, InteractionWrapUp, before.Interaction.State)
	assert.Equal(t, []string{"ana"}, before.Interaction.Agents)
	assert.Zero(t, before.Interaction.ClosedAt)
	assert.Equal(t, []string{"offered", "accepted", "ended", "wrapped_up"}, events(before.Interaction.History))
	assert.Equal(t, "sales", before.Interaction.ReasonsFor("bea"), "she owes none")

	ch, err := SubmitWrapUp(i, a, Choice{Reason: "sold"}, sold(), nine)
	require.NoError(t, err)
	assert.Equal(t, InteractionClosed, ch.Interaction.State, "whoever had it earlier")
	assert.Equal(t, []string{"bea"}, ch.Interaction.Agents)
	ch, err = SubmitWrapUp(*saved(ch).Interaction, bea, Choice{Reason: "sold"}, sold(), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []any{InteractionClosed, nine}, []any{ch.Interaction.State, ch.Interaction.ClosedAt}, "recorded, and nothing else")
	assert.Empty(t, ch.Interaction.Agents)
	assert.Empty(t, ch.Agent.Seats)
	assert.Equal(t, []string{"offered", "accepted", "ended", "wrapped_up", "closed", "wrapped_up"}, events(ch.Interaction.History))
}

func TestAWrapUpOfAnEarlierLegKeepsTheSeat(t *testing.T) {
	a, i := talking(t)
	i.Legs = append([]Leg{{Agent: "ana", To: nine, WrapUp: WrapUp{State: WrapUpOwed}}}, copied(i.Legs)...)
	ch, err := SubmitWrapUp(i, a, Choice{Reason: "sold"}, sold(), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, InteractionActive, ch.Interaction.State)
	assert.Equal(t, []string{"ana"}, ch.Interaction.Agents)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats, "he sits there still")
	assert.Equal(t, WrapUpDone, ch.Interaction.Legs[0].WrapUp.State)
	assert.Equal(t, WrapUp{}, ch.Interaction.Legs[1].WrapUp)
}

func TestOwes(t *testing.T) {
	i := Interaction{Legs: []Leg{
		{Agent: "ana", WrapUp: WrapUp{State: WrapUpSkipped}},
		{Agent: "bea", WrapUp: WrapUp{State: WrapUpOwed}},
		{Agent: "ana", WrapUp: WrapUp{State: WrapUpOwed}},
		{Agent: "ana", WrapUp: WrapUp{State: WrapUpOwed}},
		{Agent: "eva", WrapUp: WrapUp{State: WrapUpDone}},
	}}
	assert.Equal(t, 2, i.Owes("ana"), "the oldest first")
	assert.Equal(t, 1, i.Owes("bea"))
	assert.Equal(t, -1, i.Owes("eva"))
	assert.Equal(t, -1, i.Owes("max"))
}

func TestAFullHistoryMovesOutWithTheEnd(t *testing.T) {
	_, i := talking(t)
	i.History = filled(100)
	ch, err := End(i, "ana", "", nine)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction, KindHistory}, storedKinds(ch))

	for _, entries := range []int64{99, 100} { // a wrap-up that closes makes two
		a, i := wrapping(t)
		i.History = filled(entries)
		ch, err := SubmitWrapUp(i, a, Choice{Reason: "sold"}, sold(), nine)
		require.NoError(t, err)
		assert.Equal(t, []RecordKind{KindInteraction, KindAgent, KindHistory}, storedKinds(ch))
		assert.Equal(t, "talk:1", ch.Save[2].Base().ID)
		assert.Equal(t, entries+2, ch.Interaction.History.Last)
	}
}
