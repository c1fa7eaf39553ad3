package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// later is Lea's next message, a minute past nine.
func later() Arrival {
	in := hola()
	in.ID, in.At, in.Text = "wamid.2", after(time.Minute), "eh"
	return in
}

// shutOut is Lea on record as blocked.
func shutOut(i Interaction) Known {
	k := acquaintance(i)
	k.Contact.Blocked = Block{At: nine, By: "ana", Reason: "spam"}
	return k
}

// keptTalk is where a blocked contact's messages are.
func keptTalk() Interaction {
	i := queued()
	i.State, i.CloseReason, i.ClosedAt, i.Wants, i.Unread = InteractionClosed, ClosedBlocked, nine, "", 0
	return i
}

func TestWhatABlockedContactWritesReachesNobody(t *testing.T) {
	ended := queued()
	ended.State, ended.CloseReason = InteractionClosed, ClosedEnded
	for _, i := range []Interaction{ended, {}} {
		k := shutOut(i)
		k.Contact.Open = i.ID
		ch, err := Receive(later(), lent(t, k), ids, after(time.Minute))
		require.NoError(t, err)
		assert.Equal(t, Interaction{
			Head: Head{ID: "new-talk"}, State: InteractionClosed, CloseReason: "blocked", ClosedAt: after(time.Minute), Channel: WhatsApp, Asset: "whatsapp:111",
			Source: "+34 900 111 111", Queue: "sales", Contact: "lea", Customer: lea, Direction: Inbound, OpenedAt: after(time.Minute), Before: i.LastAt,
			Seq: 1, Preview: "eh", PreviewBy: Inbound, LastCustomerAt: after(time.Minute), LastCustomerID: "wamid.2", LastAt: after(time.Minute),
			History: History{Last: 1, Entries: []Entry{{Seq: 1, At: after(time.Minute), Event: "closed", Detail: "blocked"}}},
			Ledger:  []string{"sales|2026-03-02T09"},
		}, *ch.Interaction)
		assert.Equal(t, "new-talk", ch.Contact.Open)
		assert.Equal(t, []RecordKind{KindMessage, KindInteraction, KindContact}, storedKinds(ch))
		assert.Empty(t, ch.Hints)
	}

	ch, err := Receive(later(), lent(t, shutOut(keptTalk())), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindMessage, KindInteraction}, storedKinds(ch))
	assert.Equal(t, "talk", ch.Message.Interaction, "his further messages stand with the first")
	assert.Equal(t, int64(2), ch.Message.Seq)
	assert.Equal(t, InteractionClosed, ch.Interaction.State)
	assert.Zero(t, ch.Interaction.Unread)
	assert.Empty(t, ch.Hints)
}

func TestWhatIsNoWordOfABlockedContactIsNotKept(t *testing.T) {
	for name, change := range map[string]func(in *Arrival){
		"sent from elsewhere": func(in *Arrival) { in.Elsewhere = true },
		"a notice":            func(in *Arrival) { in.Kind = SystemMessage },
		"a referral":          func(in *Arrival) { in.Kind = ReferralMessage },
	} {
		in := later()
		change(&in)
		ch, err := Receive(in, lent(t, shutOut(keptTalk())), ids, after(time.Minute))
		storesNothing(t, ch, err)
		assert.Nil(t, ch.Message, name)
	}
}

func TestTheAgentWhoHasABlockedContactIsNotTroubled(t *testing.T) {
	_, i := talking(t)
	i.Blocked, i.Unread = true, 0
	ch, err := Receive(later(), lent(t, shutOut(i)), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "talk", ch.Interaction.ID, "until he has ended it, it is the one there is")
	assert.Equal(t, InteractionActive, ch.Interaction.State)
	assert.True(t, ch.Interaction.Blocked)
	assert.Zero(t, ch.Interaction.Unread)
	assert.Equal(t, after(time.Minute), ch.Interaction.LastCustomerAt, "the channel's window counts from it all the same")

	i.State = InteractionWrapUp
	ch, err = Receive(later(), lent(t, shutOut(i)), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "new-talk", ch.Interaction.ID)
	assert.Equal(t, InteractionClosed, ch.Interaction.State)
}

func TestOneWhoIsBlockedNoMoreOpensAConversation(t *testing.T) {
	ch, err := Receive(later(), lent(t, acquaintance(keptTalk())), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "new-talk", ch.Interaction.ID)
	assert.Equal(t, InteractionQueued, ch.Interaction.State)
	assert.Equal(t, int64(1), ch.Interaction.Seq)
	assert.Len(t, ch.Hints, 1)
}

// Blocking is of the contact: an interaction that was closed for it takes no messages of a later block.
func TestAnotherBlockKeepsItsMessagesApart(t *testing.T) {
	between := queued()
	between.ID, between.State, between.CloseReason = "talk-2", InteractionClosed, ClosedEnded
	k := shutOut(between)
	ch, err := Receive(later(), lent(t, k), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "new-talk", ch.Interaction.ID)
}

func TestAMessageSentFromElsewhere(t *testing.T) {
	for _, c := range []struct {
		name    string
		at      time.Duration
		preview string
		by      Direction
	}{
		{"after what he wrote", time.Minute, "eh", Outbound},
		{"in the same second", 0, "eh", Outbound},
		{"before it, learned later", -time.Second, "hola", Inbound},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := later()
			in.Elsewhere, in.At = true, after(c.at)
			i := queued()
			ch, err := Receive(in, lent(t, acquaintance(i)), ids, after(time.Hour))
			require.NoError(t, err)
			assert.Equal(t, Message{
				Head: Head{ID: ArrivalID(WhatsApp, "111", "wamid.2")}, Interaction: "talk", Contact: "lea", Asset: "whatsapp:111", Seq: 2,
				At: after(c.at), ReceivedAt: after(time.Hour), Direction: Outbound, Elsewhere: true, Kind: TextMessage, Text: "eh",
				ProviderID: "wamid.2", State: MessageSent, SentAt: after(c.at),
			}, *ch.Message)
			i.Seq, i.Preview, i.PreviewBy, i.LastAt = 2, c.preview, c.by, after(time.Hour)
			if c.by == Outbound {
				i.AnsweredAt = after(time.Hour)
			}
			assert.Equal(t, i, *ch.Interaction, "nobody has anything to read, and no window opens")
			assert.Zero(t, ch.Message.Due(), "nothing is to be sent")
		})
	}
}

// Nobody waits for an answer to what the business itself said.
func TestAMessageSentFromElsewhereOpensNothing(t *testing.T) {
	in := later()
	in.Elsewhere = true
	for _, state := range []InteractionState{InteractionWrapUp, InteractionClosed} {
		ch, err := Receive(in, lent(t, acquaintance(talkIn("talk", "lea", state))), ids, after(time.Minute))
		storesNothing(t, ch, err)
		assert.Nil(t, ch.Message)
	}
	ch, err := Receive(in, lent(t, stranger()), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, Change{}, ch)

	in.Customer.Addresses = []Address{phone, userID}
	k := acquaintance(talkIn("talk", "lea", InteractionClosed))
	k.Identities = append(k.Identities, Identity{Head: Head{ID: "identity-user"}})
	ch, err = Receive(in, lent(t, k), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindContact, KindIdentity}, storedKinds(ch), "what it tells about the customer is learned")
	assert.Equal(t, []Address{phone, userID}, ch.Contact.Customer.Addresses)
	assert.Equal(t, "talk", ch.Contact.Open)
}

func TestACustomerWhoWritesHasComeBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(in *Arrival)
		left   bool
	}{
		{"he writes", func(*Arrival) {}, false},
		{"he sends a picture", func(in *Arrival) { in.Kind = ImageMessage }, false},
		{"a bot passes him on to us", func(in *Arrival) { in.Kind = HandoverMessage }, false},
		{"the channel speaks", func(in *Arrival) { in.Kind = SystemMessage }, true},
		{"he followed a link", func(in *Arrival) { in.Kind = ReferralMessage }, true},
		{"the business writes from elsewhere", func(in *Arrival) { in.Elsewhere = true }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, i := talking(t)
			i.Left = true
			in := later()
			c.change(&in)
			ch, err := Receive(in, lent(t, acquaintance(i)), ids, after(time.Minute))
			require.NoError(t, err)
			assert.Equal(t, c.left, ch.Interaction.Left)
			assert.Equal(t, "talk", ch.Message.Interaction)
		})
	}
}

func TestHowACustomerCameIsRemembered(t *testing.T) {
	link := Entrance{Ref: "spring", Intent: "buy"}
	referral := later()
	referral.Kind, referral.Entrance, referral.At = ReferralMessage, link, nine
	ch, err := Receive(referral, lent(t, stranger()), ids, after(time.Second))
	require.NoError(t, err)
	lead := Contact{Head: Head{ID: "new-contact"}, Channel: WhatsApp, Asset: "whatsapp:111", Customer: lea, Since: after(time.Second), Entrance: link, EntranceAt: nine}.indexed()
	assert.Equal(t, []Record{&lead, &Identity{Head: Head{ID: "identity-phone"}, Contact: "new-contact", Since: after(time.Second)}}, ch.Save)
	assert.Nil(t, ch.Message, "he has written nothing yet")

	k := acquaintance(Interaction{})
	k.Contact = *saved(ch).Contact
	ch, err = Receive(referral, lent(t, k), ids, after(time.Minute))
	storesNothing(t, ch, err)
	older := referral
	older.At, older.Entrance = after(-time.Second), Entrance{Ref: "winter"}
	ch, err = Receive(older, lent(t, k), ids, after(time.Minute))
	storesNothing(t, ch, err)
	newer := referral
	newer.At, newer.Entrance = after(time.Second), Entrance{Ref: "summer"}
	ch, err = Receive(newer, lent(t, k), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, Entrance{Ref: "summer"}, ch.Contact.Entrance)
	nothing := newer
	nothing.Entrance = Entrance{}
	ch, err = Receive(nothing, lent(t, k), ids, after(time.Minute))
	storesNothing(t, ch, err)

	ch, err = Receive(later(), lent(t, k), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, Entrance{}, ch.Contact.Entrance, "it was for this conversation")
	k.Contact, k.Interaction = *saved(ch).Contact, Interaction{}
	ch, err = Receive(referral, lent(t, k), ids, after(time.Minute))
	storesNothing(t, ch, err)
}

// How he came counts for a day.
func TestEntranceForADay(t *testing.T) {
	told, own := Entrance{Ref: "spring"}, Entrance{Ref: "own"}
	for _, c := range []struct {
		name string
		own  Entrance
		at   time.Duration
		want Entrance
	}{
		{"at once", Entrance{}, 0, told},
		{"a microsecond before a day", Entrance{}, day - tick, told},
		{"a day", Entrance{}, day, Entrance{}},
		{"a microsecond after", Entrance{}, day + tick, Entrance{}},
		{"a message that tells itself", own, 0, own},
	} {
		t.Run(c.name, func(t *testing.T) {
			who := Contact{Entrance: told, EntranceAt: nine}
			in := later()
			in.Entrance = c.own
			assert.Equal(t, c.want, who.entrance(in, after(c.at)))
		})
	}
	assert.Equal(t, own, Contact{}.entrance(Arrival{Entrance: own}, nine))
	assert.Equal(t, Entrance{}, Contact{}.entrance(Arrival{}, nine))
}

func TestAReferralStandsWithTheConversationItOpened(t *testing.T) {
	in := later()
	in.Referral = Referral{Source: "ad", Ref: "spring", ID: "7"}
	ch, err := Receive(in, lent(t, stranger()), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, in.Referral, ch.Interaction.Referral)
	assert.Equal(t, in.Referral, ch.Message.Referral)
	assert.True(t, ch.Contact.EntranceAt.IsZero())
}

func TestABotsHandoverOpensAConversationOnce(t *testing.T) {
	in := later()
	in.Kind, in.Text, in.Fallback = HandoverMessage, "", "[handed over]"
	ch, err := Receive(in, lent(t, stranger()), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, InteractionQueued, ch.Interaction.State)
	assert.Equal(t, "[handed over]", ch.Interaction.Preview)
	assert.Equal(t, 1, ch.Interaction.Unread)
	k := acquaintance(*saved(ch).Interaction)
	k.Message = *ch.Message
	ch, err = Receive(in, lent(t, k), ids, after(time.Hour))
	storesNothing(t, ch, err)
}

func TestWhatAMessageConsistsOfIsKept(t *testing.T) {
	in := later()
	in.Kind, in.ReplyTo = ImageMessage, "wamid.1"
	in.Detail = Detail{Forwarded: true, Attachments: []Attachment{{Kind: ImageMessage, MediaID: "9", MimeType: "image/jpeg"}}, Form: []Answer{{Name: "a", Value: "b"}}}
	ch, err := Receive(lent(t, in), lent(t, acquaintance(queued())), ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, in.Detail, ch.Message.Detail)
	assert.Equal(t, "wamid.1", ch.Message.ReplyTo)
}
