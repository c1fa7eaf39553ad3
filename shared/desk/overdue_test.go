package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tenMinutes is Ana, in a queue that gives ten minutes for a wrap-up, owing one since nine: until ten past nine.
func tenMinutes(t *testing.T) (Agent, Interaction) {
	t.Helper()
	o, a, i := ringing(t)
	i.Limits = Limits{WrapUp: 10 * time.Minute}
	ch, err := AcceptOffer(asked(o, a, i), "ana", nine)
	require.NoError(t, err)
	ch = saved(ch)
	a = *ch.Agent
	ch, err = End(quiet(*ch.Interaction), "ana", "", nine)
	require.NoError(t, err)
	return a, *saved(ch).Interaction
}

func TestTheOfferTellsTheInteractionWhatItsQueueAllows(t *testing.T) {
	limits := Limits{WrapUp: time.Minute}
	ch, err := MakeOffer(Offer{Head: Head{ID: "offer"}, Deadline: after(time.Second)}, Pair{Agent: ana(), Interaction: queued(), Limits: limits}, nine)
	require.NoError(t, err)
	assert.Equal(t, limits, ch.Interaction.Limits)
	assert.Zero(t, ch.Interaction.DueAt, "the offer has a deadline of its own")
}

func TestAWrapUpIsOwedUntilItsTimeIsOver(t *testing.T) {
	_, i := tenMinutes(t)
	assert.Equal(t, WrapUp{State: WrapUpOwed, Limit: 10 * time.Minute, DueAt: after(10 * time.Minute)}, i.Legs[0].WrapUp)
	assert.Equal(t, after(10*time.Minute), i.DueAt)
	assert.Equal(t, -1, i.Overdue(after(10*time.Minute-tick)))
	assert.Equal(t, 0, i.Overdue(after(10*time.Minute)))
}

func TestTimeOutWrapUp(t *testing.T) {
	at := after(11 * time.Minute)
	for _, c := range []struct {
		name  string
		given WrapUp // already said, while it is owed
		usual Reason
		want  WrapUp
	}{
		{"the queue has a reason for it", WrapUp{}, sold(), WrapUp{State: WrapUpAutomatic, Reason: "sold", ReasonName: "Sold", At: at}},
		{"one that asks for a sub-reason", WrapUp{}, lost(), WrapUp{State: WrapUpAutomatic, Reason: "lost", ReasonName: "Lost", At: at}},
		{"it has none", WrapUp{}, Reason{}, WrapUp{State: WrapUpAutomatic, At: at}},
		{"its reason is gone", WrapUp{}, Reason{Head: Head{ID: "gone"}}, WrapUp{State: WrapUpAutomatic, At: at}},
		{"the transfer gave one", WrapUp{Reason: "transfer", ReasonName: "Transfer"}, sold(),
			WrapUp{State: WrapUpAutomatic, Reason: "transfer", ReasonName: "Transfer", At: at}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, i := tenMinutes(t)
			i.Legs[0].WrapUp.Reason, i.Legs[0].WrapUp.ReasonName = c.given.Reason, c.given.ReasonName
			a.Capacity = 1
			ch, err := TimeOutWrapUp(lent(t, i), lent(t, a.Settle()), c.usual, at)
			require.NoError(t, err)
			assert.Equal(t, []RecordKind{KindInteraction, KindAgent}, storedKinds(ch))
			assert.Equal(t, c.want, ch.Interaction.Legs[0].WrapUp)
			assert.Equal(t, InteractionClosed, ch.Interaction.State)
			assert.Equal(t, "ended", ch.Interaction.CloseReason)
			assert.Equal(t, at, ch.Interaction.ClosedAt)
			assert.Zero(t, ch.Interaction.DueAt)
			assert.Empty(t, ch.Interaction.Agents)
			assert.Empty(t, ch.Agent.Seats)
			assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, ch.Hints, "she had no room before")
			assert.Equal(t, []Entry{
				{Seq: 4, At: at, Event: "wrap_up_timed_out", Detail: "ana"},
				{Seq: 5, At: at, Event: "closed", Detail: "ended"},
			}, ch.Interaction.History.Entries[3:])
			again, err := TimeOutWrapUp(*ch.Interaction, *ch.Agent, c.usual, after(time.Hour))
			storesNothing(t, again, err)
			assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, again.Hints)
		})
	}
}

// Each leg has its own time; what one agent owes does not wait for another.
func TestTwoWrapUpsAreOverdueInTheOrderOfTheirTimes(t *testing.T) {
	a, i := tenMinutes(t)
	i.Legs = append(copied(i.Legs), Leg{Agent: "bea", Seat: SeatGuest, To: nine,
		WrapUp: WrapUp{State: WrapUpOwed, Limit: time.Minute, DueAt: after(time.Minute)}})
	i.Agents = []string{"ana", "bea"}
	b := Agent{Head: stored("bea", 1), Seats: []string{"talk"}, Capacity: 1}
	at := after(time.Hour)
	assert.Equal(t, 1, i.Overdue(at))

	early, err := TimeOutWrapUp(i, a, sold(), at)
	storesNothing(t, early, err)

	ch, err := TimeOutWrapUp(i, b, sold(), at)
	require.NoError(t, err)
	assert.Equal(t, InteractionWrapUp, ch.Interaction.State, "the owner still owes his")
	assert.Equal(t, after(10*time.Minute), ch.Interaction.DueAt)
	assert.Equal(t, []string{"ana"}, ch.Interaction.Agents)
	assert.Equal(t, 0, ch.Interaction.Overdue(at))

	ch, err = TimeOutWrapUp(*ch.Interaction, a, sold(), at)
	require.NoError(t, err)
	assert.Equal(t, InteractionClosed, ch.Interaction.State)
}

func TestAWrapUpOfWhoSitsThereAgainIsSettledAndKeepsHisSeat(t *testing.T) {
	a, i := talking(t)
	i.Legs = append([]Leg{{Agent: "ana", To: nine, WrapUp: WrapUp{State: WrapUpOwed, Limit: time.Minute, DueAt: after(time.Minute)}}}, copied(i.Legs)...)
	ch, err := TimeOutWrapUp(i, a, Reason{}, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, InteractionActive, ch.Interaction.State)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats)
	assert.Equal(t, WrapUpAutomatic, ch.Interaction.Legs[0].WrapUp.State)
}

func TestExtendWrapUp(t *testing.T) {
	_, i := tenMinutes(t)
	ch, err := ExtendWrapUp(lent(t, i), "ana", "k1", after(9*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction}, storedKinds(ch))
	assert.Equal(t, after(20*time.Minute), ch.Interaction.Legs[0].WrapUp.DueAt)
	assert.Equal(t, after(20*time.Minute), ch.Interaction.DueAt)
	assert.Equal(t, "wrap_up_extended", ch.Interaction.History.Entries[3].Event)
	i = *saved(ch).Interaction

	again, err := ExtendWrapUp(i, "ana", "k1", after(10*time.Minute))
	storesNothing(t, again, err)
	assert.Equal(t, after(20*time.Minute), again.Interaction.DueAt)

	for _, want := range []time.Duration{30, 40, 50, 60} {
		ch, err := ExtendWrapUp(i, "ana", "", after(9*time.Minute))
		require.NoError(t, err)
		i = *saved(ch).Interaction
		assert.Equal(t, after(want*time.Minute), i.DueAt)
	}
	assert.Equal(t, "conflict wrap_up_over", outcome(ExtendWrapUp(i, "ana", "", after(9*time.Minute))))
}

func TestAnExtensionEndsAnHourAfterTheEnd(t *testing.T) {
	_, i := tenMinutes(t)
	w := &i.Legs[0].WrapUp
	for _, c := range []struct {
		limit, due time.Duration // since the end
		want       time.Duration
	}{
		{25 * time.Minute, 25 * time.Minute, 50 * time.Minute},
		{25 * time.Minute, 50 * time.Minute, time.Hour},
		{25 * time.Minute, time.Hour - tick, time.Hour},
	} {
		w.Limit, w.DueAt = c.limit, after(c.due)
		ch, err := ExtendWrapUp(i, "ana", "", nine)
		require.NoError(t, err)
		assert.Equal(t, after(c.want), ch.Interaction.DueAt)
	}
}

func TestWhoMayExtendAndWhen(t *testing.T) {
	a, i := tenMinutes(t)
	_, active := talking(t)
	_, unlimited := wrapping(t)
	ch, err := TimeOutWrapUp(i, a, sold(), after(10*time.Minute))
	require.NoError(t, err)
	settled := *saved(ch).Interaction
	keyed := i
	keyed.Keys = []Key{{Key: "k1", Hash: "of an end"}}
	for _, c := range []struct {
		name string
		talk Interaction
		by   string
		want string
	}{
		{"who owes it", i, "ana", "stores"},
		{"somebody else", i, "bea", "denied not_your_conversation"},
		{"before the end", active, "ana", "conflict nothing_to_wrap_up"},
		{"where there is no limit", unlimited, "ana", "conflict wrap_up_unlimited"},
		{"after the clock", settled, "ana", "conflict wrap_up_over"},
		{"with the key of another move", keyed, "ana", "unprocessable key_reused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, outcome(ExtendWrapUp(c.talk, c.by, "k1", after(time.Minute))))
		})
	}
	assert.Equal(t, "conflict wrap_up_over", outcome(SubmitWrapUp(settled, a, Choice{Reason: "sold"}, sold(), after(time.Hour))))
}
