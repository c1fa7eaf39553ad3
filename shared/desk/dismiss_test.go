package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// room is Bea, who is idle with room for so many.
func room(seats int) Agent {
	return Agent{Head: stored("bea", 7), Name: "Bea", Capacity: seats, State: AgentIdle}
}

func TestTheSuccessorGetsTheConversation(t *testing.T) {
	a, talk := talking(t)
	ch, err := RemoveAgent(present(a), allQuiet(talk), room(1), "ada", after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction, KindAgent}, storedKinds(ch)[:2])
	i, ok := ch.Save[0].(*Interaction)
	require.True(t, ok)
	assert.Equal(t, []any{InteractionActive, "bea", "Bea", after(time.Minute), []string{"bea"}},
		[]any{i.State, i.Owner, i.OwnerName, i.AssignedAt, i.Agents})
	assert.Equal(t, []Leg{
		{Agent: "ana", Name: "Ana", Seat: SeatOwner, From: after(5 * time.Second), To: after(time.Minute), WrapUp: WrapUp{State: WrapUpSkipped}},
		{Agent: "bea", Name: "Bea", Seat: SeatOwner, From: after(time.Minute)},
	}, i.Legs)
	last := i.History.Entries[len(i.History.Entries)-1]
	assert.Equal(t, "reassigned ada ana to bea", last.Event+" "+last.By+" "+last.Detail)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats)
	assert.Equal(t, after(time.Minute), ch.Agent.FreeSince)
	require.Len(t, ch.Drop, 2)
	assert.Equal(t, []RecordKind{KindAgent, KindLease}, []RecordKind{ch.Drop[0].Record(), ch.Drop[1].Record()})
	assert.Equal(t, "ana", ch.Drop[0].Base().ID)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Token: "agent:ana"}}, ch.Hints)
}

func TestASuccessorNeedsRoomAndADesk(t *testing.T) {
	a, talk := talking(t)
	full := room(2)
	full.Seats = []string{"x", "y"}
	ringing := room(2)
	ringing.Seats, ringing.Offer = []string{"x"}, "offer"
	there := room(1)
	there.Seats = []string{"talk"}
	offline := room(3)
	offline.State = AgentOffline
	fresh := room(3)
	fresh.State = ""
	rona := room(1)
	rona.State = AgentRONA
	tests := []struct {
		name string
		heir Agent
		want string
	}{
		{"room for it", room(1), "stores"},
		{"full", full, "conflict successor_full"},
		{"full when what rings is accepted", ringing, "conflict successor_full"},
		{"owes a wrap-up there, so it takes no more room", there, "stores"},
		{"offline", offline, "conflict successor_offline"},
		{"never signed in", fresh, "conflict successor_offline"},
		{"in RONA", rona, "stores"},
		{"nobody", Agent{}, "conflict in_use"},
		{"not on record", Agent{Head: Head{ID: "eve"}}, "invalid successor_unknown"},
		{"himself", a, "invalid successor_unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ch, err := RemoveAgent(present(a), allQuiet(talk), tt.heir, "ada", after(time.Minute))
			assert.Equal(t, tt.want, outcome(ch, err))
		})
	}
}

// A wrap-up he owes is nobody else's work, so an absent successor will do.
func TestTheLastOwedWrapUpClosesTheInteraction(t *testing.T) {
	a, talk := wrapping(t)
	heir := room(1)
	heir.State = AgentOffline
	ch, err := RemoveAgent(present(a), allQuiet(talk), heir, "ada", after(2*time.Minute))
	require.NoError(t, err)
	i, ok := ch.Save[0].(*Interaction)
	require.True(t, ok)
	assert.Equal(t, []any{InteractionClosed, ClosedEnded, after(2 * time.Minute)}, []any{i.State, i.CloseReason, i.ClosedAt})
	assert.Empty(t, i.Agents)
	assert.Equal(t, WrapUp{State: WrapUpSkipped, At: after(2 * time.Minute)}, i.Legs[0].WrapUp)
	assert.Equal(t, []string{"wrap_up_skipped", "closed"}, events(i.History)[len(i.History.Entries)-2:])
	assert.Nil(t, ch.Agent, "the successor is not touched")

	talk.Legs = append(talk.Legs, Leg{Agent: "eva", Seat: SeatOwner, WrapUp: WrapUp{State: WrapUpOwed}})
	talk.Agents = []string{"ana", "eva"}
	ch, err = RemoveAgent(present(a), allQuiet(talk), heir, "ada", after(2*time.Minute))
	require.NoError(t, err)
	i, ok = ch.Save[0].(*Interaction)
	require.True(t, ok)
	assert.Equal(t, []any{InteractionWrapUp, []string{"eva"}}, []any{i.State, i.Agents}, "Eva had it last and owes hers")
}

func TestAnOfferThatRingsForHimIsRescinded(t *testing.T) {
	o, a, talk := ringing(t)
	p := present(a)
	p.Offer, p.Ringing = o, talk
	_, err := RemoveAgent(p, nil, Agent{}, "ada", after(time.Second))
	assert.Equal(t, "conflict in_use", outcome(Change{}, err))
	ch, err := RemoveAgent(p, nil, room(0), "ada", after(time.Second))
	require.NoError(t, err)
	assert.Equal(t, OfferRescinded, ch.Offer.State)
	assert.Equal(t, InteractionQueued, ch.Interaction.State)
	assert.Equal(t, []Hint{{Event: HintInteractionQueued, Interaction: "talk", Token: sales}, {Event: "interaction.queued", Token: "agent:ana"}}, ch.Hints)
	for _, rec := range ch.Save {
		assert.NotEqual(t, KindAgent, rec.Record(), "who is deleted is not stored")
	}
}

// He owes a wrap-up in the very conversation that rings for him again: it is stored once.
func TestWhatRingsAndIsOwedIsStoredOnce(t *testing.T) {
	o, a, talk := ringing(t)
	talk.Legs = []Leg{{Agent: "ana", To: nine, WrapUp: WrapUp{State: WrapUpOwed}}}
	talk.Agents = []string{"ana"}
	p := present(a)
	p.Offer, p.Ringing = o, talk
	ch, err := RemoveAgent(p, allQuiet(talk), room(0), "ada", after(time.Second))
	require.NoError(t, err)
	seen := 0
	for _, rec := range ch.Save {
		if i, ok := rec.(*Interaction); ok {
			seen++
			assert.Equal(t, InteractionQueued, i.State)
			assert.Equal(t, WrapUpSkipped, i.Legs[0].WrapUp.State)
			assert.Empty(t, i.Agents)
		}
	}
	assert.Equal(t, 1, seen)
}

func TestNothingOfAHistoryIsLost(t *testing.T) {
	a := ana()
	a.History = History{Last: 52, Entries: []Entry{{Seq: 51, Event: EventIdle}, {Seq: 52, Event: EventAvailable}}}
	ch, err := RemoveAgent(present(a), nil, Agent{}, "ada", nine)
	require.NoError(t, err)
	assert.Equal(t, []Record{&HistoryPage{Head: Head{ID: "ana:51"}, Of: "ana", First: 51, Entries: a.History.Entries}}, ch.Save)
}
