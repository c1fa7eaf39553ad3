package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoOverseesAQueue(t *testing.T) {
	shop := Queue{Team: "shop"}
	for _, c := range []struct {
		who  Agent
		want bool
	}{
		{Agent{Roles: []string{RoleSupervisor}, Teams: []string{"help", "shop"}}, true},
		{Agent{Roles: []string{RoleSupervisor}, Teams: []string{"help"}}, false},
		{Agent{Roles: []string{RoleSupervisor}}, false},
		{Agent{Roles: []string{RoleAgent}, Teams: []string{"shop"}}, false},
		{Agent{Roles: []string{RoleAdmin}}, true},
		{Agent{}, false},
	} {
		assert.Equal(t, c.want, c.who.Oversees(shop), "%+v", c.who)
	}
	assert.True(t, olga().Leads(Agent{Teams: []string{"shop"}}))
	assert.False(t, olga().Leads(Agent{Teams: []string{"help"}}))
	assert.False(t, olga().Leads(Agent{}))
	assert.True(t, Agent{Roles: []string{RoleAdmin}}.Leads(Agent{}))
	assert.False(t, Agent{Roles: []string{RoleAgent}, Teams: []string{"shop"}}.Leads(Agent{Teams: []string{"shop"}}))
}

func TestTakeOver(t *testing.T) {
	ten := after(time.Hour)
	a, i := talking(t)
	a.Capacity = 1 // she had no room
	a = a.Settle()
	i.LastAt = nine
	v := stepsIn(olga(), "key")
	v.Note, v.NoteID, v.Queue.Limits = "mine", "note", Limits{WrapUp: time.Minute}
	ch, err := TakeOver(quiet(lent(t, i)), []Agent{lent(t, a)}, lent(t, olga()), v, ten)
	require.NoError(t, err)
	got := *ch.Interaction
	assert.Equal(t, []string{"olga", "Olga"}, []string{got.Owner, got.OwnerName})
	assert.Equal(t, []any{InteractionActive, ten, []string{"olga"}, v.Queue.Limits}, []any{got.State, got.AssignedAt, got.Agents, got.Limits})
	assert.Equal(t, []Leg{
		{Agent: "ana", Name: "Ana", Seat: SeatOwner, From: after(5 * time.Second), To: ten, WrapUp: WrapUp{State: WrapUpSkipped, At: ten}},
		{Agent: "olga", Name: "Olga", Seat: SeatOwner, From: ten},
	}, got.Legs)
	last := got.History.Entries[len(got.History.Entries)-1]
	assert.Equal(t, []string{EventTaken, "olga", "ana"}, []string{last.Event, last.By, last.Detail})
	assert.Equal(t, []RecordKind{KindInteraction, KindNote, KindAgent, KindAgent}, storedKinds(ch))
	assert.Equal(t, &Note{Head: Head{ID: "note"}, Contact: "lea", Interaction: "talk", By: "olga", ByName: "Olga", Text: "mine", At: ten}, ch.Save[1])
	assert.Equal(t, []Hint{{Event: HintAgentFreed, Agent: "ana", Takes: sales}}, ch.Hints, "she can take another")
	for _, r := range ch.Save[2:] {
		assert.Equal(t, map[string][]string{"ana": {}, "olga": {"talk"}}[r.Base().ID], r.(*Agent).Seats)
	}

	mine, err := TakeOver(quiet(got), nil, olga(), stepsIn(olga(), "another"), ten)
	storesNothing(t, mine, err)
	_, err = TakeOver(quiet(got), nil, olga(), stepsIn(olga(), "key"), ten)
	assert.Equal(t, "unprocessable key_reused", outcome(Change{}, err), "with another note")
}

func TestRequeueAsksWhoHadItLast(t *testing.T) {
	ten := after(time.Hour)
	a, i := talking(t)
	i.Second = Second{State: SecondJoined, Agent: "bea", AgentName: "Bea"}
	i = i.seated("bea", "Bea", SeatGuest, nine)
	i.Agents = []string{"ana", "bea"}
	b := bea()
	b = b.sits(i).Settle()
	ch, err := Requeue(quiet(i), []Agent{a, b}, stepsIn(olga(), "key"), ten)
	require.NoError(t, err)
	got := *ch.Interaction
	assert.Equal(t, []any{InteractionQueued, sales, ten, []string{"bea", "ana"}}, []any{got.State, got.Wants, got.WaitingSince, got.Passed})
	assert.Equal(t, ten.UnixMicro()-frontOf.Microseconds(), got.Rank, "in front")
	assert.Empty(t, got.Agents)
	assert.Equal(t, Second{}, got.Second)
	assert.Equal(t, []WrapUpState{WrapUpSkipped, WrapUpSkipped}, []WrapUpState{got.Legs[0].WrapUp.State, got.Legs[1].WrapUp.State})

	o, r, i := ringing(t) // an exclusive agent's, who is asked now
	i.Awaits = Awaited{Agent: "ana", Why: WhyExclusive, Since: nine}
	ch, err = Requeue(asked(o, r, i), nil, stepsIn(olga(), "key"), after(time.Second))
	require.NoError(t, err)
	assert.Equal(t, []any{sales, Awaited{}, nine}, []any{ch.Interaction.Wants, ch.Interaction.Awaits, ch.Interaction.WaitingSince}, "everybody's, and he keeps his place in time")
	assert.Equal(t, OfferRescinded, ch.Offer.State)
}

func TestWhoeverEarlierOwesAWrapUpStillDoes(t *testing.T) {
	s := transferred(t, UnansweredReturn, handover(), transferReason())
	ch, err := s.stepIn(olga(), takesOver)
	require.NoError(t, err)
	assert.Equal(t, []string{"ana", "olga"}, ch.Interaction.Agents)
	assert.Equal(t, WrapUpOwed, ch.Interaction.Legs[0].WrapUp.State)
	assert.Equal(t, Transfer{}, ch.Interaction.Transfer)
}

func TestPrioritise(t *testing.T) {
	i := queued()
	i.Terms.Boost = 2 * time.Minute
	ch, err := Prioritise(i, 3, stepsIn(olga(), "key"), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, nine.Add(-6*time.Minute).UnixMicro(), ch.Interaction.Rank)
	assert.Equal(t, []Hint{{Event: HintInteractionQueued, Interaction: "talk", Token: sales}}, ch.Hints)
	down, err := Prioritise(*ch.Interaction, 1, stepsIn(olga(), "another"), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, nine.Add(-2*time.Minute).UnixMicro(), down.Interaction.Rank)
	for _, wrong := range []int{-1, PriorityMax + 1} {
		_, err = Prioritise(i, wrong, stepsIn(olga(), "key"), after(time.Hour))
		assert.Equal(t, "invalid priority_invalid", outcome(Change{}, err))
	}
}

func TestIdleReasons(t *testing.T) {
	p := present(ana())
	p.Reasons = []IdleReason{{ID: "lunch", Name: "Lunch", Limit: time.Hour}, {ID: "training", Name: "Training"}}
	for reason, want := range map[string]string{"lunch": "stores", "training": "stores", "": "invalid idle_reason_required", "coffee": "invalid idle_reason_unknown",
		IdleDeclined: "invalid idle_reason_unknown"} {
		ch, err := SetState(p, StateWish{State: AgentIdle, Reason: reason}, after(time.Hour))
		assert.Equal(t, want, outcome(ch, err), reason)
	}
	ch, err := SetState(p, StateWish{State: AgentIdle, Reason: "lunch"}, after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, "lunch", ch.Agent.History.Entries[0].Detail)
	s := Settings{IdleReasons: p.Reasons}
	name, until := s.Idle("lunch", nine)
	assert.Equal(t, []any{"Lunch", after(time.Hour)}, []any{name, until})
	name, until = s.Idle("training", nine)
	assert.Equal(t, []any{"Training", time.Time{}}, []any{name, until})
	name, until = s.Idle("declined", nine)
	assert.Equal(t, []any{"", time.Time{}}, []any{name, until})
}

// What changed nothing is known all the same: the same request again, when somebody is asked by then, takes the conversation from nobody.
func TestAnInterventionThatHadNothingToDoIsKnown(t *testing.T) {
	ten := after(time.Hour)
	i := wants("i", 1, "care|whatsapp|any")
	i.State, i.Queue, i.Version = InteractionQueued, "care", 1
	for what, move := range map[string]func(Interaction) (Change, error){
		"requeue":    func(i Interaction) (Change, error) { return Requeue(quiet(i), nil, stepsIn(olga(), "key"), ten) },
		"prioritise": func(i Interaction) (Change, error) { return Prioritise(i, 0, stepsIn(olga(), "key"), ten) },
	} {
		ch, err := move(i)
		require.NoError(t, err, what)
		assert.Equal(t, i.History, ch.Interaction.History, what)
		asked := *ch.Interaction
		asked.State, asked.Priority = InteractionOffered, 3
		again, err := move(asked)
		require.NoError(t, err, what)
		assert.Empty(t, again.Save, what)
	}
}
