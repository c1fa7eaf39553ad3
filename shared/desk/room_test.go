package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// rung is Ana with room for one on WhatsApp and for three in all, at whom one of Max's conversations rings.
func rung(t *testing.T) (Offer, Agent, Interaction) {
	t.Helper()
	a, max := ana(), queued()
	a.Capacity, a.Capacities, a.Teams = 3, []ChannelCapacity{{Channel: WhatsApp, Most: 1}}, []string{"floor"}
	max.ID, max.Contact = "max", "max"
	ch, err := MakeOffer(Offer{Head: Head{ID: "offer-9"}, Deadline: after(2 * time.Hour)}, Pair{Agent: a.Settle(), Interaction: max}, nine)
	require.NoError(t, err)
	ch = saved(ch)
	return *ch.Offer, *ch.Agent, *ch.Interaction
}

// B3: what rings takes up room on its channel, whoever gives the agent another: she does herself, a supervisor does, or it comes back.
func TestWhatRingsCountsOnItsChannel(t *testing.T) {
	o, a, max := rung(t)
	assert.Equal(t, WhatsApp, a.RingingOn)
	lea, other := queued(), queued()
	other.Channel = Messenger
	assert.False(t, a.hasRoomFor(lea))
	assert.True(t, a.hasRoomFor(other), "there is room on the other channel")
	assert.Equal(t, []int{1, 1, 0}, []int{a.load(), a.loadOn(WhatsApp), a.loadOn(Messenger)})

	v := Intervention{By: Agent{Head: Head{ID: "ana"}, Name: "Ana", Roles: []string{RoleAdmin}}, Queue: experts(), Key: "take"}
	_, err := TakeOver(quiet(lea), nil, a, v, after(time.Second))
	assert.Equal(t, "agent_full", fault.Of(err).Code)
	ch, err := TakeOver(asked(o, a, max), nil, a, v, after(time.Second))
	require.NoError(t, err, "but she may take what rings for her")
	assert.Equal(t, "ana", ch.Interaction.Owner)

	start := begins(t)
	start.By.Capacities, start.By.Offer, start.By.Ringing, start.By.RingingOn = a.Capacities, "offer-9", "max", WhatsApp
	_, err = Begin(start, after(2*day))
	assert.Equal(t, "agent_full", fault.Of(err).Code)

	ch, err = DeclineOffer(asked(o, a, max), "ana", after(time.Second))
	require.NoError(t, err)
	assert.Empty(t, ch.Agent.RingingOn)
	assert.True(t, ch.Agent.hasRoomFor(lea))
	ch, err = AcceptOffer(asked(o, a, max), "ana", after(time.Second))
	require.NoError(t, err)
	assert.Equal(t, 1, ch.Agent.loadOn(WhatsApp), "it counts once")
}

// R22: what nobody took does not come back to who has no room on its channel, because of what rings there.
func TestATransferDoesNotComeBackToAFullChannel(t *testing.T) {
	for most, want := range map[int]InteractionState{1: InteractionQueued, 2: InteractionActive} {
		h := handover()
		h.Reason = "sold"
		s := transferred(t, UnansweredReturn, h, sold())
		x := s.asked()
		x.Sender.Capacity, x.Sender.Capacities = 5, []ChannelCapacity{{Channel: WhatsApp, Most: most}}
		x.Sender.Offer, x.Sender.Ringing, x.Sender.RingingOn = "another", "max", WhatsApp
		ch, err := DeclineOffer(x, "bea", after(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, want, ch.Interaction.State, "room for %d", most)
	}
}

// B16: nor does who takes over from a deleted agent hold more than he may.
func TestASuccessorWhomSomethingRingsFor(t *testing.T) {
	a, talk := talking(t)
	heir := room(3)
	heir.Capacities = []ChannelCapacity{{Channel: WhatsApp, Most: 1}}
	_, err := RemoveAgent(present(a), allQuiet(talk), heir, "ada", after(time.Minute))
	require.NoError(t, err)
	heir.Offer, heir.Ringing, heir.RingingOn = "another", "max", WhatsApp
	_, err = RemoveAgent(present(a), allQuiet(talk), heir, "ada", after(time.Minute))
	assert.Equal(t, "successor_full", fault.Of(err).Code)
	heir.RingingOn = Messenger
	_, err = RemoveAgent(present(a), allQuiet(talk), heir, "ada", after(time.Minute))
	assert.NoError(t, err)
}

// crossed is Ana who owns a conversation that Bea is asked to join, while Bea's own, which Bea gave to Ana and wants back if she does
// not take it, rings at Ana.
func crossed(t *testing.T) (p Present, live []Attended, bea Agent) {
	t.Helper()
	s := alone(t).asksBea()
	ana, bea := s.ana, s.bea
	other := queued()
	other.ID, other.Contact = "other", "max"
	ch, err := MakeOffer(Offer{Head: Head{ID: "offer-3"}, Kind: OfferTransfer, Deadline: after(2 * time.Hour)}, Pair{Agent: ana, Interaction: other}, after(time.Hour))
	require.NoError(t, err)
	p = present(*saved(ch).Agent)
	p.Offer, p.Ringing, p.Sender = *ch.Offer, *ch.Interaction, bea
	p.Offer.Kind, p.Offer.By = OfferTransfer, "bea"
	p.Ringing.Transfer = Transfer{By: "bea", ByName: "Bea", To: "ana", ToName: "Ana", At: nine, Unanswered: UnansweredReturn}
	s.ana = p.Agent
	return p, []Attended{s.attended()}, bea
}

// Whoever is concerned twice by an agent's leaving is stored once, with both: Bea is asked no more, and has her conversation back.
func TestNobodyIsStoredTwice(t *testing.T) {
	ten := after(time.Hour)
	for name, leave := range map[string]func(p Present, live []Attended) (Change, error){
		"SignOut": func(p Present, live []Attended) (Change, error) { return SignOut(p, "desk-1", live, true, ten) },
		"SetStateOf": func(p Present, live []Attended) (Change, error) {
			w := StateOrder{By: Agent{Head: Head{ID: "sam"}, Roles: []string{RoleAdmin}}, State: AgentOffline, HandOver: true, Key: "home"}
			return SetStateOf(p, w, live, ten)
		},
		"RemoveAgent": func(p Present, live []Attended) (Change, error) {
			return RemoveAgent(p, live, Agent{Head: stored("cleo", 1), Name: "Cleo", Capacity: 2, State: AgentIdle}, "ada", ten)
		},
		"RemoveAgent for Bea": func(p Present, live []Attended) (Change, error) { return RemoveAgent(p, live, p.Sender, "ada", ten) },
	} {
		t.Run(name, func(t *testing.T) {
			p, live, bea := crossed(t)
			require.Equal(t, "offer-2", bea.Offer)
			ch, err := leave(p, live)
			require.NoError(t, err)
			seen := map[string]int{}
			var got Agent
			for _, r := range ch.Save {
				seen[string(r.Record())+" "+r.Base().ID]++
				if a, ok := r.(*Agent); ok && a.ID == "bea" {
					got = *a
				}
			}
			for rec, times := range seen {
				assert.Equal(t, 1, times, rec)
			}
			assert.Equal(t, 1, seen["offer offer-2"]+seen["offer offer-3"]-1, "both offers end")
			assert.Empty(t, got.Offer, "she is asked no more")
			want := "other"
			if name == "RemoveAgent for Bea" { // what rang for her took up room while that was decided
				want = "talk"
			}
			assert.Equal(t, []string{want}, got.Seats, "and has it back")
		})
	}
}
