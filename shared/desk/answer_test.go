package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

func TestAccept(t *testing.T) {
	o, a, i := ringing(t)
	i.Passed = []string{"bea"}
	at := after(5 * time.Second)
	ch, err := AcceptOffer(asked(o, a, i), "ana", at)
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindOffer, KindAgent, KindInteraction}, storedKinds(ch))

	assert.Equal(t, OfferAccepted, ch.Offer.State)
	assert.Equal(t, at, ch.Offer.EndedAt)
	assert.Zero(t, ch.Offer.DueAt)

	assert.Equal(t, AgentAvailable, ch.Agent.State)
	assert.Empty(t, ch.Agent.Offer)
	assert.Empty(t, ch.Agent.Ringing)
	assert.Equal(t, []string{"talk"}, ch.Agent.Seats)
	assert.Equal(t, []string{sales}, ch.Agent.Takes, "he has room for one more")
	assert.Equal(t, at, ch.Agent.FreeSince, "and goes to the end of the line")

	assert.Equal(t, InteractionActive, ch.Interaction.State)
	assert.Equal(t, "ana", ch.Interaction.Owner)
	assert.Equal(t, "Ana", ch.Interaction.OwnerName)
	assert.Equal(t, at, ch.Interaction.AssignedAt)
	assert.Equal(t, []string{"ana"}, ch.Interaction.Agents)
	assert.Equal(t, []Leg{{Agent: "ana", Name: "Ana", Seat: SeatOwner, From: at}}, ch.Interaction.Legs)
	assert.Empty(t, ch.Interaction.Offer)
	assert.Zero(t, ch.Interaction.WaitingSince, "the wait is over")
	assert.Nil(t, ch.Interaction.Passed, "if it ever waits again, Bea is asked like anybody")
	assert.Equal(t, 1, ch.Interaction.Unread, "accepting is not reading")
	assert.Equal(t, []string{"offered", "accepted"}, events(ch.Interaction.History))

	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, ch.Hints)
}

func TestAcceptingTheLastSeatTellsNobody(t *testing.T) {
	o, a, i := ringing(t)
	a.Capacity = 1
	ch, err := AcceptOffer(asked(o, a, i), "ana", nine)
	require.NoError(t, err)
	assert.Empty(t, ch.Agent.Takes)
	assert.Empty(t, ch.Hints)
}

func TestDecline(t *testing.T) {
	o, a, i := ringing(t)
	at := after(5 * time.Second)
	ch, err := DeclineOffer(asked(o, a, i), "ana", at)
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindOffer, KindAgent, KindInteraction}, storedKinds(ch))

	assert.Equal(t, OfferDeclined, ch.Offer.State)
	assert.Equal(t, at, ch.Offer.EndedAt)
	assert.Zero(t, ch.Offer.DueAt)

	assert.Equal(t, AgentIdle, ch.Agent.State, "declining is no RONA")
	assert.Equal(t, "declined", ch.Agent.Reason)
	assert.Equal(t, at, ch.Agent.Since)
	assert.Equal(t, int64(6), ch.Agent.StateVersion)
	assert.Empty(t, ch.Agent.Offer)
	assert.Empty(t, ch.Agent.Ringing)
	assert.Empty(t, ch.Agent.Takes)
	assert.Equal(t, []string{"idle"}, events(ch.Agent.History))

	assert.Equal(t, InteractionQueued, ch.Interaction.State)
	assert.Equal(t, sales, ch.Interaction.Wants)
	assert.Empty(t, ch.Interaction.Offer)
	assert.Equal(t, nine, ch.Interaction.WaitingSince, "the wait goes on")
	assert.Equal(t, after(-7*24*time.Hour).UnixMicro(), ch.Interaction.Rank, "in front")
	assert.Nil(t, ch.Interaction.Passed, "only who let it expire is asked last")
	assert.Equal(t, []string{"offered", "declined"}, events(ch.Interaction.History))

	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, ch.Hints)
}

func TestExpiry(t *testing.T) {
	o, a, i := ringing(t)
	at := after(20 * time.Second)
	ch, err := ExpireOffer(asked(o, a, i), at)
	require.NoError(t, err)
	assert.ElementsMatch(t, []RecordKind{KindOffer, KindAgent, KindInteraction}, storedKinds(ch))

	assert.Equal(t, OfferExpired, ch.Offer.State)
	assert.Equal(t, at, ch.Offer.EndedAt)
	assert.Zero(t, ch.Offer.DueAt)

	assert.Equal(t, AgentRONA, ch.Agent.State)
	assert.Empty(t, ch.Agent.Reason)
	assert.Equal(t, int64(6), ch.Agent.StateVersion, "the version this change is saved as")
	assert.Empty(t, ch.Agent.Offer)
	assert.Empty(t, ch.Agent.Takes)
	assert.Equal(t, []Entry{{Seq: 1, At: at, Event: "rona", By: "ana", Detail: "offer"}}, ch.Agent.History.Entries)

	assert.Equal(t, InteractionQueued, ch.Interaction.State)
	assert.Equal(t, []string{"ana"}, ch.Interaction.Passed)
	assert.Equal(t, after(-7*24*time.Hour).UnixMicro(), ch.Interaction.Rank)
	assert.Equal(t, []string{"offered", "expired"}, events(ch.Interaction.History))

	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, ch.Hints)
}

func TestRescind(t *testing.T) {
	o, a, i := ringing(t)
	for _, at := range []time.Time{after(5 * time.Second), after(time.Hour)} { // the deadline plays no part
		ch, err := RescindOffer(asked(o, a, i), at)
		require.NoError(t, err)
		assert.ElementsMatch(t, []RecordKind{KindOffer, KindAgent, KindInteraction}, storedKinds(ch))

		assert.Equal(t, OfferRescinded, ch.Offer.State)
		assert.Equal(t, at, ch.Offer.EndedAt)
		assert.Zero(t, ch.Offer.DueAt)

		assert.Equal(t, AgentAvailable, ch.Agent.State, "it was not his doing")
		assert.Equal(t, int64(4), ch.Agent.StateVersion)
		assert.Equal(t, nine, ch.Agent.FreeSince, "he keeps his place in the line")
		assert.Empty(t, ch.Agent.Offer)
		assert.Empty(t, ch.Agent.Ringing)
		assert.Equal(t, []string{sales}, ch.Agent.Takes)

		assert.Equal(t, InteractionQueued, ch.Interaction.State)
		assert.Nil(t, ch.Interaction.Passed)
		assert.Equal(t, after(-7*24*time.Hour).UnixMicro(), ch.Interaction.Rank, "in front")
		assert.Equal(t, []string{"offered", "rescinded"}, events(ch.Interaction.History))

		hints := []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}, {Event: "agent.freed", Agent: "ana", Takes: sales}}
		assert.Equal(t, hints, ch.Hints)
		ch = saved(ch)
		again, err := RescindOffer(asked(*ch.Offer, *ch.Agent, *ch.Interaction), after(2*time.Hour))
		storesNothing(t, again, err)
		assert.Equal(t, hints, again.Hints)

		o, a, i = ringing(t)
	}
}

func TestWhoLetsItExpireAgainMovesToTheEndOfThoseWhoDid(t *testing.T) {
	for _, c := range []struct{ before, after []string }{
		{nil, []string{"ana"}},
		{[]string{"bea"}, []string{"bea", "ana"}},
		{[]string{"ana", "bea"}, []string{"bea", "ana"}},
		{[]string{"ana"}, []string{"ana"}},
	} {
		o, a, i := ringing(t)
		i.Passed = copied(c.before)
		ch, err := ExpireOffer(asked(o, a, i), after(time.Minute))
		require.NoError(t, err)
		assert.Equal(t, c.after, ch.Interaction.Passed)
		assert.Equal(t, c.before, i.Passed)
	}
}

// The deadline is twenty seconds past nine. That instant itself belongs to the clock.
func TestTheDeadline(t *testing.T) {
	const deadline = 20 * time.Second
	for _, c := range []struct {
		name                     string
		at                       time.Duration
		accept, decline, expired string
	}{
		{"at once", 0, "stores", "stores", "too_early too_early"},
		{"a microsecond before", deadline - tick, "stores", "stores", "too_early too_early"},
		{"on the deadline", deadline, "conflict offer_expired", "conflict offer_expired", "stores"},
		{"a microsecond after", deadline + tick, "conflict offer_expired", "conflict offer_expired", "stores"},
		{"an hour after", time.Hour, "conflict offer_expired", "conflict offer_expired", "stores"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, a, i := ringing(t)
			assert.Equal(t, c.accept, outcome(AcceptOffer(asked(o, a, i), "ana", after(c.at))))
			assert.Equal(t, c.decline, outcome(DeclineOffer(asked(o, a, i), "ana", after(c.at))))
			assert.Equal(t, c.expired, outcome(ExpireOffer(asked(o, a, i), after(c.at))))
		})
	}
}

func TestAnOfferIsAnsweredByTheAgentItWasMadeTo(t *testing.T) {
	for _, s := range []OfferState{OfferPending, OfferAccepted, OfferDeclined, OfferExpired, OfferRescinded} {
		o, a, i := ringing(t)
		o.State = s
		assert.Equal(t, "denied not_your_offer", outcome(AcceptOffer(asked(o, a, i), "bea", nine)), s)
		assert.Equal(t, "denied not_your_offer", outcome(DeclineOffer(asked(o, a, i), "bea", nine)), s)
		assert.Equal(t, "denied not_your_offer", outcome(AcceptOffer(asked(o, a, i), "", nine)), s)
	}
}

// Exactly one answer wins. The repeat of that answer finds it; the others are told what it was.
func TestASecondAnswer(t *testing.T) {
	for _, c := range []struct {
		first                            OfferState
		accept, decline, expire, rescind string
	}{
		{OfferAccepted, "stores nothing", "conflict offer_accepted", "stores nothing", "stores nothing"},
		{OfferDeclined, "conflict offer_declined", "stores nothing", "stores nothing", "stores nothing"},
		{OfferExpired, "conflict offer_expired", "conflict offer_expired", "stores nothing", "stores nothing"},
		{OfferRescinded, "conflict offer_rescinded", "conflict offer_rescinded", "stores nothing", "stores nothing"},
	} {
		t.Run(string(c.first), func(t *testing.T) {
			for _, at := range []time.Duration{time.Second, time.Hour} { // the deadline plays no part any more
				o, a, i := ringing(t)
				o.State = c.first
				assert.Equal(t, c.accept, outcome(AcceptOffer(asked(o, a, i), "ana", after(at))))
				assert.Equal(t, c.decline, outcome(DeclineOffer(asked(o, a, i), "ana", after(at))))
				assert.Equal(t, c.expire, outcome(ExpireOffer(asked(o, a, i), after(at))))
				assert.Equal(t, c.rescind, outcome(RescindOffer(asked(o, a, i), after(at))))
			}
		})
	}
}

func TestARepeatedAnswerHintsAgain(t *testing.T) {
	o, a, i := ringing(t)
	ch, err := AcceptOffer(asked(o, a, i), "ana", nine)
	require.NoError(t, err)
	ch = saved(ch)
	again, err := AcceptOffer(asked(*ch.Offer, *ch.Agent, *ch.Interaction), "ana", after(time.Hour))
	storesNothing(t, again, err)
	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, again.Hints)
	assert.Equal(t, OfferAccepted, again.Offer.State)

	ch, err = DeclineOffer(asked(o, a, i), "ana", nine)
	require.NoError(t, err)
	ch = saved(ch)
	again, err = DeclineOffer(asked(*ch.Offer, *ch.Agent, *ch.Interaction), "ana", after(time.Hour))
	storesNothing(t, again, err)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, again.Hints)

	ch, err = ExpireOffer(asked(o, a, i), after(time.Minute))
	require.NoError(t, err)
	ch = saved(ch)
	again, err = ExpireOffer(asked(*ch.Offer, *ch.Agent, *ch.Interaction), after(time.Hour))
	storesNothing(t, again, err)
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "talk", Token: sales}}, again.Hints)
}

func TestAnEarlyExpirySaysHowLongTheOfferRings(t *testing.T) {
	o, a, i := ringing(t)
	_, err := ExpireOffer(asked(o, a, i), nine)
	assert.Equal(t, "the offer rings until 2026-03-02T09:00:20Z", fault.Of(err).Detail)
}

func TestFullHistoriesMoveOutWithTheAnswer(t *testing.T) {
	pages := func(ch Change) []string {
		list := []string{}
		for _, r := range ch.Save {
			if r.Record() == KindHistory {
				list = append(list, r.Base().ID)
			}
		}
		return list
	}
	o, a, i := ringing(t)
	a.History, i.History = filled(100), filled(100)

	ch, err := AcceptOffer(asked(o, a, i), "ana", nine)
	require.NoError(t, err)
	assert.Equal(t, []string{"talk:1"}, pages(ch))

	ch, err = DeclineOffer(asked(o, a, i), "ana", nine)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"ana:1", "talk:1"}, pages(ch))

	ch, err = ExpireOffer(asked(o, a, i), after(time.Minute))
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"ana:1", "talk:1"}, pages(ch))

	full := queued()
	full.History = filled(100)
	ch, err = MakeOffer(Offer{Head: Head{ID: "offer"}, Deadline: after(20 * time.Second)}, Pair{Agent: ana(), Interaction: full}, nine)
	require.NoError(t, err)
	assert.Equal(t, []string{"talk:1"}, pages(ch))
}

func TestAHintSaysWhatTheAgentTook(t *testing.T) {
	assert.Nil(t, Hint{Event: HintInteractionQueued, Token: sales}.Tokens())
	assert.Equal(t, []string{sales}, Hint{Takes: sales}.Tokens())
	two := ana()
	two.Serves = []string{sales, "help|whatsapp|any"}
	hints := freed(two.Settle())
	require.Len(t, hints, 1)
	assert.Equal(t, "sales|whatsapp|any/help|whatsapp|any", hints[0].Takes)
	assert.Equal(t, []string{sales, "help|whatsapp|any"}, hints[0].Tokens())

	two.Serves = []string{strings.Repeat("x", 250), strings.Repeat("y", 249)}
	assert.Len(t, freed(two.Settle())[0].Takes, 500)
	two.Serves = []string{strings.Repeat("x", 250), strings.Repeat("y", 250)}
	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana"}}, freed(two.Settle()), "too many to say")
	two.State = AgentIdle
	assert.Empty(t, freed(two.Settle()))
}
