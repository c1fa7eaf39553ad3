package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ours is what Ana wrote, as it stands with the channel, which took it at that time if it did.
func ours(state MessageState, at time.Time) Message {
	m := Message{Direction: Outbound, Author: "ana", Kind: TextMessage, State: state}
	switch state {
	case MessageSent, MessageDelivered, MessageRead, MessageFailed:
		m.SentAt = at
	}
	return m
}

// B7: Ana said the last word at a minute past nine; her customer would be warned at eleven minutes past, or closed ten minutes
// later.
func TestAWordThatDidNotReachTheCustomerStartsNoClock(t *testing.T) {
	_, i := silent(t)
	due := after(11 * time.Minute)
	hers := Message{Direction: Inbound, Kind: TextMessage}
	told := Message{Direction: Outbound, Kind: SystemMessage, State: MessageDelivered, SentAt: after(time.Minute)}
	phone := Message{Direction: Outbound, Elsewhere: true, ReceivedAt: after(time.Minute)}
	stub := Message{Direction: Inbound, Stub: true}
	anew := after(21 * time.Minute)
	for name, c := range map[string]struct {
		said []Message
		want time.Time // from when the clock owes something then; zero when it owes it now
	}{
		"it was sent":                         {[]Message{hers, ours(MessageSent, after(time.Minute))}, time.Time{}},
		"it was read":                         {[]Message{hers, ours(MessageRead, after(time.Minute))}, time.Time{}},
		"it failed":                           {[]Message{hers, ours(MessageFailed, time.Time{})}, anew},
		"it was taken, and failed then":       {[]Message{hers, ours(MessageFailed, after(time.Minute))}, anew},
		"nobody knows":                        {[]Message{hers, ours(MessageUnknown, time.Time{})}, anew},
		"it is not with the channel yet":      {[]Message{hers, ours(MessagePending, time.Time{})}, anew},
		"an earlier one was sent":             {[]Message{hers, ours(MessageSent, nine), ours(MessageFailed, time.Time{})}, time.Time{}},
		"one was sent before his last":        {[]Message{ours(MessageSent, nine), hers, ours(MessageFailed, time.Time{})}, anew},
		"what he did to it is no word of his": {[]Message{ours(MessageSent, nine), stub, ours(MessageFailed, time.Time{})}, time.Time{}},
		"what he was told by itself is none":  {[]Message{hers, ours(MessageFailed, time.Time{}), told}, anew},
		"the business wrote by its phone":     {[]Message{hers, phone, ours(MessageFailed, time.Time{})}, time.Time{}},
		"it took the patience there is":       {[]Message{hers, ours(MessageSent, after(time.Minute+Patience))}, time.Time{}},
		"it took a tick more": {[]Message{hers, ours(MessageSent, after(time.Minute+Patience+tick))},
			after(11*time.Minute + Patience + tick)},
		"it came late": {[]Message{hers, ours(MessageSent, after(9*time.Minute))}, after(19 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			ch, err := Unheard(lent(t, i), c.said, due)
			if c.want.IsZero() {
				storesNothing(t, ch, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []RecordKind{KindInteraction}, storedKinds(ch))
			assert.Equal(t, c.want, ch.Interaction.DueAt)
			assert.Empty(t, ch.Interaction.Elapsed(due))
			again, err := Unheard(*ch.Interaction, c.said, due)
			storesNothing(t, again, err)
		})
	}
	warned := i
	warned.WarnedAt = due
	ch, err := Unheard(warned.timed(), []Message{ours(MessageFailed, nine)}, after(16*time.Minute))
	require.NoError(t, err)
	assert.Zero(t, ch.Interaction.WarnedAt, "he is warned anew")
	assert.Equal(t, after(26*time.Minute), ch.Interaction.DueAt)
	ch, err = Unheard(i, nil, due.Add(-tick))
	storesNothing(t, ch, err)
}

// What is read for it does not grow with the conversation.
func TestTheNewestWords(t *testing.T) {
	assert.Zero(t, Interaction{Seq: 3}.NewestWords())
	assert.Zero(t, Interaction{Seq: 20}.NewestWords())
	assert.EqualValues(t, 1, Interaction{Seq: 21}.NewestWords())
}

// B16: a queue that is deleted is not asked for a second agent any more.
func TestADeletedQueueIsNotAsked(t *testing.T) {
	p := alone(t).asksSales().rings()
	ch, err := DropRequest(p.attended(), closedSales(), after(time.Hour))
	require.NoError(t, err)
	require.Equal(t, []RecordKind{KindInteraction, KindOffer, KindAgent}, storedKinds(ch))
	assert.Equal(t, Second{}, ch.Interaction.Second)
	assert.Equal(t, "ana", ch.Interaction.Owner)
	assert.Empty(t, ch.Interaction.Wants)
	assert.Zero(t, ch.Interaction.DueAt)
	assert.Equal(t, "conference_dropped", ch.Interaction.History.Entries[len(ch.Interaction.History.Entries)-1].Event)
	p = p.by(func(p pair) (Change, error) { return DropRequest(p.attended(), closedSales(), after(time.Hour)) })
	assert.Equal(t, OfferRescinded, p.offer.State)
	assert.Empty(t, p.bea.Offer)
	ch, err = DropRequest(p.attended(), closedSales(), after(time.Hour))
	storesNothing(t, ch, err)
	other := closedSales()
	other.ID = "support"
	ch, err = DropRequest(alone(t).asksSales().attended(), other, after(time.Hour))
	storesNothing(t, ch, err)
}
