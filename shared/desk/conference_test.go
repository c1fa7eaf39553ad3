package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheOwnerIsNeverMatchedToJoin(t *testing.T) {
	p := alone(t).asksSales()
	require.Equal(t, sales, p.talk.Wants)
	require.True(t, p.ana.Free())
	assert.Empty(t, Match([]Agent{p.ana}, []Interaction{p.talk}))
	pairs := Match([]Agent{p.ana, p.bea}, []Interaction{p.talk})
	require.Len(t, pairs, 1)
	assert.Equal(t, "bea", pairs[0].Agent.ID, "though Ana is free for longer")
	assert.Less(t, p.talk.Rank, queued().Rank, "in front of who never had an agent")
}

// Whoever lets it ring is asked last, as for the owner's seat.
func TestWhoLetsARequestRingIsAskedLast(t *testing.T) {
	p := alone(t).asksSales().rings()
	assert.Zero(t, p.talk.DueAt, "while it rings the offer is watched")
	p = p.by(func(p pair) (Change, error) { return ExpireOffer(p.asked(), after(2*time.Hour)) })
	assert.Equal(t, []string{"bea"}, p.talk.Passed)
	assert.Equal(t, after(3*time.Hour), p.talk.DueAt)
	assert.Equal(t, AgentRONA, p.bea.State)
	assert.Equal(t, []Hint{{Event: HintInteractionQueued, Interaction: "talk", Token: sales}}, waiting(p.talk))
}

// An offer may ring past the time for which its queue is asked. Not taken it is the last, and the history says that the request
// is over.
func TestTheLastOfferOfARequestDropsIt(t *testing.T) {
	p := alone(t).asksSales().rings()
	p.talk.Second.Until = after(2 * time.Hour)
	p = p.by(func(p pair) (Change, error) { return ExpireOffer(p.asked(), after(2*time.Hour)) })
	assert.Equal(t, Second{}, p.talk.Second)
	assert.Empty(t, p.talk.Wants)
	assert.Equal(t, []string{"expired", "conference_dropped"}, events(p.talk.History)[len(p.talk.History.Entries)-2:])
}

func TestAnOfferToJoinSaysWhoAsksAndWhy(t *testing.T) {
	for name, p := range map[string]pair{"by name": alone(t).asksBea(), "of the queue": alone(t).asksSales().rings()} {
		o := p.offer
		assert.Equal(t, OfferConference, o.Kind, name)
		assert.Equal(t, []string{"ana", "Ana", "sales"}, []string{o.By, o.ByName, o.Queue}, name)
		assert.Equal(t, after(time.Hour), o.WaitingSince, "since she asked")
		assert.Equal(t, "offer-2", p.bea.Offer, name)
		assert.Empty(t, p.bea.Takes, name)
		assert.Empty(t, p.talk.Offer, "that is the owner's seat's")
		assert.Zero(t, p.talk.WaitingSince, "the customer does not wait")
	}
}

// The message that says who joined goes to the customer only where there is a text for it, and he can be answered.
func TestWhoJoinedIsTold(t *testing.T) {
	asks := func(text string) pair {
		return alone(t).by(func(p pair) (Change, error) {
			v := invites(p.bea)
			v.Home.Texts = []Text{{On: TextJoined, Text: text}}
			return RequestConference(p.talk, "ana", v, after(time.Hour))
		})
	}
	accept := func(p pair) Change {
		ch, err := AcceptOffer(p.asked(), "bea", after(time.Hour))
		require.NoError(t, err)
		return ch
	}
	said := func(ch Change) (m Message) {
		for _, r := range ch.Save {
			if one, ok := r.(*Message); ok {
				m = *one
			}
		}
		return m
	}
	quiet, told := accept(asks("")), accept(asks("A colleague has joined us."))
	m := said(quiet)
	assert.Equal(t, []any{SystemMessage, Outbound, "", "Bea joined the conversation", MessageState(""), int64(2)},
		[]any{m.Kind, m.Direction, m.Text, m.Fallback, m.State, m.Seq})
	assert.Equal(t, int64(2), quiet.Interaction.Seq)
	assert.Equal(t, "hola", quiet.Interaction.Preview, "it is nobody's word")
	assert.NotContains(t, quiet.Hints, Hint{Event: HintMessageQueued, Interaction: "talk"})

	m = said(told)
	assert.Equal(t, []any{"A colleague has joined us.", "Bea joined the conversation", MessagePending, phone, after(time.Hour + Patience)},
		[]any{m.Text, m.Fallback, m.State, m.To, m.DueAt})
	assert.Contains(t, told.Hints, Hint{Event: HintMessageQueued, Interaction: "talk"})
	again, err := AcceptOffer(Attended{Interaction: *told.Interaction, Offer: *told.Offer, Agent: *told.Agent}, "bea", after(2*time.Hour))
	storesNothing(t, again, err)
	assert.Contains(t, again.Hints, Hint{Event: HintMessageQueued, Interaction: "talk"}, "whoever repeats hints again")

	late := asks("A colleague has joined us.")
	late.talk.LastCustomerAt = nine.Add(-23*time.Hour - time.Minute) // his window closes while it rings
	assert.Equal(t, MessageState(""), said(accept(late)).State)
}

// Unread is the owner's: neither what a guest sends nor what he sees marks the customer's words as read.
func TestWhatAGuestDoesReadsNothing(t *testing.T) {
	p := alone(t).asksBea().joins()
	require.Equal(t, 1, p.talk.Unread)
	ch, err := Send(draft(), p.talk, p.bea, Reply{Text: "hola"}, after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []any{1, "", "bea", "hola"}, []any{ch.Interaction.Unread, ch.Message.Reads, ch.Message.Author, ch.Interaction.Preview})
	ch, err = Send(draft(), p.talk, p.ana, Reply{Text: "hola"}, after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []any{0, "wamid.1"}, []any{ch.Interaction.Unread, ch.Message.Reads})
}

// A guest who left may be asked again, and owes a wrap-up for each of his stays; his place is free with the last.
func TestAGuestOwesAWrapUpForEachStay(t *testing.T) {
	p := alone(t).asksBea().joins()
	exit := func(key string) func(pair) (Change, error) {
		return func(p pair) (Change, error) { return ExitConference(p.talk, "bea", key, after(time.Hour)) }
	}
	p = p.by(exit("one"))
	assert.Equal(t, []string{"talk"}, p.bea.Seats)
	p = p.by(func(p pair) (Change, error) {
		v := invites(p.bea)
		v.Offer.ID, v.Key = "offer-3", "again"
		return RequestConference(p.talk, "ana", v, after(time.Hour))
	}).joins().by(exit("two"))
	assert.Equal(t, []string{"talk"}, p.bea.Seats, "one place for one conversation")
	submits := func(p pair) (Change, error) {
		return SubmitWrapUp(p.talk, p.bea, Choice{Reason: "sold"}, sold(), after(time.Hour))
	}
	p = p.by(submits)
	assert.Equal(t, []string{"talk"}, p.bea.Seats, "she owes another")
	p = p.by(submits)
	assert.Empty(t, p.bea.Seats)
	assert.Equal(t, []string{"ana"}, p.talk.Agents)
	assert.Equal(t, InteractionActive, p.talk.State)
}

func TestEndingAConferenceTwice(t *testing.T) {
	p := alone(t).asksBea().joins()
	p = p.by(func(p pair) (Change, error) { return HandOver(p.talk, "ana", "swap", after(time.Hour)) })
	p = p.by(func(p pair) (Change, error) { return End(p.attended(), "bea", "end", after(time.Hour)) })
	assert.Equal(t, []WrapUpState{WrapUpContinued, WrapUpContinued, WrapUpOwed, WrapUpOwed}, []WrapUpState{
		p.talk.Legs[0].WrapUp.State, p.talk.Legs[1].WrapUp.State, p.talk.Legs[2].WrapUp.State, p.talk.Legs[3].WrapUp.State})
	again, err := End(p.attended(), "bea", "another", after(2*time.Hour))
	storesNothing(t, again, err)
	_, err = End(p.attended(), "ana", "hers", after(2*time.Hour))
	assert.Equal(t, "conflict not_active", outcome(Change{}, err), "it was not she who ended it")
	exit, err := ExitConference(p.talk, "ana", "exit", after(2*time.Hour))
	storesNothing(t, exit, err)
}

// The heir of a deleted owner may be who she asks to join: the offer is taken back, and the conversation his.
func TestWhoIsAskedToJoinInheritsIt(t *testing.T) {
	p := alone(t).asksBea()
	p.bea.Capacity = 2
	ch, err := RemoveAgent(p.present(p.ana), p.held(p.ana), p.bea, "ada", after(time.Hour))
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindInteraction, KindOffer, KindAgent}, storedKinds(ch))
	assert.Equal(t, []any{"bea", "", []string{"talk"}}, []any{ch.Agent.ID, ch.Agent.Offer, ch.Agent.Seats})
}
