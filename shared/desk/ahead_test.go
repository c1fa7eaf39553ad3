package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// talkedTo is Lea on record after a conversation with Ana that ended a minute past nine.
func talkedTo(t *testing.T) Known {
	_, i := wrapping(t)
	return acquaintance(i)
}

// B8: who writes again within the queue's hours is offered to the previous agent first, if that one can take him at once.
func TestTheNextConversationWaitsForThePreviousAgent(t *testing.T) {
	remembers := Queue{Head: stored("sales", 1), PreviousHours: 2}
	ended := after(time.Minute)
	with := func(change func(*Agent)) Agent {
		a := ana()
		change(&a)
		return a.Settle()
	}
	for _, c := range []struct {
		name   string
		change func(k *Known)
		queue  Queue
		ana    Agent
		at     time.Time
		ahead  string
		want   string
	}{
		{"she is ready", nil, remembers, ana(), ended.Add(time.Minute), "ana", "agent:ana"},
		{"a microsecond before the hours are over", nil, remembers, ana(), ended.Add(2*time.Hour - tick), "ana", "agent:ana"},
		{"on the instant", nil, remembers, ana(), ended.Add(2 * time.Hour), "", sales},
		{"the queue does not say", nil, Queue{Head: stored("sales", 1)}, ana(), ended.Add(tick), "", sales},
		{"the queue is unknown", nil, Queue{}, ana(), ended.Add(tick), "", sales},
		{"she is idle", nil, remembers, with(func(a *Agent) { a.State = AgentIdle }), ended.Add(time.Minute), "ana", sales},
		{"something rings at her", nil, remembers, with(func(a *Agent) { a.Offer = "another" }), ended.Add(time.Minute), "ana", sales},
		{"she has no room", nil, remembers, with(func(a *Agent) { a.Seats = []string{"1", "2"} }), ended.Add(time.Minute), "ana", sales},
		{"she has left the team", nil, remembers, with(func(a *Agent) { a.Serves = nil }), ended.Add(time.Minute), "ana", sales},
		{"she is deleted", nil, remembers, Agent{Head: Head{ID: "ana"}}, ended.Add(time.Minute), "ana", sales},
		{"the conversation is closed", func(k *Known) { k.Interaction.State = InteractionClosed }, remembers, ana(), ended.Add(time.Minute), "ana", "agent:ana"},
		{"nobody ever had it", func(k *Known) { k.Interaction.Legs = nil }, remembers, ana(), ended.Add(time.Minute), "", sales},
		{"another is exclusive, and away", func(k *Known) { k.Contact.Exclusives = []Exclusive{ofBea()} }, remembers, Agent{Head: Head{ID: "bea"}}, ended.Add(time.Minute), "bea", sales},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := talkedTo(t)
			if c.change != nil {
				c.change(&k)
			}
			in := later()
			if queue := QueueAhead(in, k, c.at); queue != "" {
				assert.Equal(t, "sales", queue)
				k.Queue = c.queue
			}
			require.Equal(t, c.ahead, AgentAhead(in, lent(t, k), c.at))
			k.Asked = c.ana
			ch, err := Receive(in, lent(t, k), ids, c.at)
			require.NoError(t, err)
			assert.Equal(t, c.want, ch.Interaction.Wants)
			want := Awaited{}
			if c.want != sales {
				want = Awaited{Agent: "ana", Why: "previous_agent", Since: c.at}
			}
			assert.Equal(t, want, ch.Interaction.Awaits)
		})
	}
}

func TestNobodyIsAheadOfWhatOpensNothing(t *testing.T) {
	at := after(2 * time.Minute)
	quietly, aside := later(), later()
	quietly.Kind, aside.Elsewhere = SystemMessage, true
	blocked := talkedTo(t)
	blocked.Contact.Blocked.At = nine
	assert.Equal(t, "sales", QueueAhead(later(), talkedTo(t), at))
	assert.Empty(t, QueueAhead(quietly, talkedTo(t), at))
	assert.Empty(t, QueueAhead(aside, talkedTo(t), at))
	assert.Empty(t, QueueAhead(later(), blocked, at))
	assert.Empty(t, QueueAhead(later(), acquaintance(queued()), at), "his conversation is open")
	assert.Equal(t, "sales", QueueAhead(later(), stranger(), at), "his first")
}

// The previous agent is not waited for when she cannot take it any more, nor once she has not.
func TestNobodyWaitsForThePreviousAgentInVain(t *testing.T) {
	i := queued()
	i.Awaits, i.Wants = Awaited{Agent: "ana", Why: WhyPrevious, Since: nine}, "agent:ana"
	pairs := Match([]Agent{ana()}, []Interaction{i})
	require.Len(t, pairs, 1)
	assert.Equal(t, "previous_agent", pairs[0].Why)
	ch, err := Overflow(i, ana(), Queue{}, nine)
	storesNothing(t, ch, err)
	busy := ana()
	busy.Offer = "another"
	ch, err = Overflow(lent(t, i), busy.Settle(), Queue{}, nine)
	require.NoError(t, err)
	assert.Equal(t, sales, ch.Interaction.Wants)
	ch, err = MakeOffer(Offer{Head: Head{ID: "offer"}, Deadline: after(time.Minute)}, pairs[0], nine)
	require.NoError(t, err)
	ch = saved(ch)
	ch, err = ExpireOffer(asked(*ch.Offer, *ch.Agent, *ch.Interaction), after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, sales, ch.Interaction.Wants)
}
