package desk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var ids = NewIDs{Contact: "new-contact", Interaction: "new-talk"}

var phone = Address{Kind: AddressPhone, Value: "34600000001"}
var userID = Address{Kind: AddressUserID, Value: "ES.1"}

// hola is Lea's first message, written a second before nine.
func hola() Arrival {
	return Arrival{
		Channel: WhatsApp, Account: "111", ID: "wamid.1", At: after(-time.Second), Kind: TextMessage, Text: "hola",
		Customer: Customer{Name: "Lea", Phone: "+34600000001", Addresses: []Address{phone}},
	}
}

func shop() Asset {
	return Asset{Head: stored("whatsapp:111", 1), Channel: WhatsApp, Account: "111", Display: "+34 900 111 111", Queue: "sales"}
}

// stranger is nothing known but the asset.
func stranger() Known {
	return Known{Asset: shop(), Identities: []Identity{{Head: Head{ID: "identity-phone"}}}}
}

// acquaintance is Lea on record with the interaction.
func acquaintance(i Interaction) Known {
	return Known{
		Asset: shop(), Interaction: i,
		Identities: []Identity{{Head: stored("identity-phone", 1), Contact: "lea", Since: nine}},
		Contact: Contact{Head: stored("lea", 1), Channel: WhatsApp, Asset: "whatsapp:111", Open: i.ID, Since: nine,
			Customer: lea},
	}
}

func TestAStrangersFirstMessageOpensAConversation(t *testing.T) {
	ch, err := Receive(hola(), stranger(), ids, nine)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindMessage, KindInteraction, KindContact, KindIdentity}, storedKinds(ch))

	assert.Equal(t, Message{
		Head: Head{ID: ArrivalID(WhatsApp, "111", "wamid.1")}, Interaction: "new-talk", Contact: "new-contact",
		Asset: "whatsapp:111", Seq: 1, At: after(-time.Second), ReceivedAt: nine, Direction: Inbound, AuthorName: "Lea",
		Kind: TextMessage, Text: "hola", ProviderID: "wamid.1",
	}, *ch.Message)
	assert.Equal(t, Interaction{
		Head: Head{ID: "new-talk"}, State: InteractionQueued, Channel: WhatsApp, Asset: "whatsapp:111", Source: "+34 900 111 111",
		Queue: "sales", Contact: "new-contact", Customer: lea, Direction: Inbound, OpenedAt: nine,
		WaitingSince: nine, Wants: "sales|whatsapp|any", Rank: 1772442000000000,
		Seq: 1, Preview: "hola", PreviewBy: Inbound, Unread: 1, LastCustomerAt: after(-time.Second), LastCustomerID: "wamid.1", LastAt: nine,
		History: History{Last: 1, Entries: []Entry{{Seq: 1, At: nine, Event: "opened", Detail: "sales"}}},
		Ledger:  []string{"sales|2026-03-02T09"},
	}, *ch.Interaction)
	assert.Equal(t, Contact{
		Head: Head{ID: "new-contact"}, Channel: WhatsApp, Asset: "whatsapp:111", Customer: lea, Open: "new-talk", Since: nine,
		Search: []string{"n:l", "n:le", "n:lea", "p:00000001", "p:0000001", "p:000001", "p:00001", "p:0001", "p:34600000001", "p:4600000001", "p:600000001"},
	}, *ch.Contact)
	assert.Equal(t, &Identity{Head: Head{ID: "identity-phone"}, Contact: "new-contact", Since: nine}, ch.Save[3])
	assert.Equal(t, []Hint{{Event: "interaction.queued", Interaction: "new-talk", Token: "sales|whatsapp|any"}}, ch.Hints)
}

func TestARepeatIsRecognisedWhateverBecameOfTheConversation(t *testing.T) {
	for _, c := range []struct {
		state InteractionState
		told  []TextKind
		seq   int64
		hints int
	}{
		{InteractionQueued, nil, 2, 1},  // it waits still: routing is told again
		{InteractionOffered, nil, 1, 1}, // it has found an agent, but not been greeted
		{InteractionActive, nil, 1, 1},
		{InteractionOffered, []TextKind{TextGreeting}, 1, 0},
		{InteractionOffered, nil, 2, 0}, // what comes again did not open it
		{InteractionWrapUp, nil, 1, 0},
		{InteractionClosed, nil, 1, 0},
	} {
		t.Run(fmt.Sprint(c.state, c.told, c.seq), func(t *testing.T) {
			i := queued()
			i.State, i.Told = c.state, c.told
			k := acquaintance(i)
			k.Message = Message{Head: stored("m", 1), Interaction: "talk", Text: "hola", Seq: c.seq}
			ch, err := Receive(hola(), k, ids, after(24*time.Hour))
			storesNothing(t, ch, err)
			assert.Equal(t, "hola", ch.Message.Text)
			assert.Equal(t, i, *ch.Interaction)
			assert.ElementsMatch(t, slices.Repeat([]Hint{{Event: HintInteractionQueued, Interaction: "talk", Token: "sales|whatsapp|any"}}, c.hints), ch.Hints)
		})
	}
}

func TestALaterMessageContinuesOrOpens(t *testing.T) {
	for _, c := range []struct {
		state InteractionState
		kind  MessageKind
		talk  string // the interaction it joins; empty when it is not stored
	}{
		{InteractionQueued, TextMessage, "talk"},
		{InteractionOffered, TextMessage, "talk"},
		{InteractionActive, TextMessage, "talk"},
		{InteractionWrapUp, TextMessage, "new-talk"}, // the wrap-up does not hold the customer up
		{InteractionClosed, TextMessage, "new-talk"},
		{InteractionActive, SystemMessage, "talk"},
		{InteractionActive, ReferralMessage, "talk"},
		{InteractionWrapUp, SystemMessage, ""},
		{InteractionClosed, SystemMessage, ""},
		{InteractionClosed, ReferralMessage, ""},
		{InteractionClosed, HandoverMessage, "new-talk"},    // a bot has done its part
		{InteractionClosed, UnsupportedMessage, "new-talk"}, // somebody said something
	} {
		t.Run(string(c.state)+" "+string(c.kind), func(t *testing.T) {
			i := queued()
			i.State = c.state
			in := hola()
			in.ID, in.Kind, in.At = "wamid.2", c.kind, after(time.Minute)
			ch, err := Receive(in, acquaintance(i), ids, after(time.Minute))
			require.NoError(t, err)
			if c.talk == "" {
				storesNothing(t, ch, err)
				assert.Nil(t, ch.Message)
				return
			}
			assert.Equal(t, c.talk, ch.Interaction.ID)
			assert.Equal(t, c.talk, ch.Message.Interaction)
			assert.Equal(t, c.talk, ch.Contact.Open)
			if c.talk == "talk" {
				assert.Equal(t, c.state, ch.Interaction.State, "writing does not move the conversation")
				assert.Equal(t, int64(2), ch.Message.Seq)
				assert.Equal(t, map[bool]int{true: 2, false: 1}[c.kind.Opens()], ch.Interaction.Unread, "a notice asks for no answer")
				assert.Equal(t, []RecordKind{KindMessage, KindInteraction}, storedKinds(ch), "what has not changed is not stored")
				assert.Equal(t, nine, ch.Interaction.OpenedAt)
			} else {
				assert.Equal(t, InteractionQueued, ch.Interaction.State)
				assert.Equal(t, int64(1), ch.Message.Seq)
				assert.Equal(t, 1, ch.Interaction.Unread)
				assert.Equal(t, []RecordKind{KindMessage, KindInteraction, KindContact}, storedKinds(ch))
			}
		})
	}
}

func TestANoticeAboutAStrangerPutsNobodyOnRecord(t *testing.T) {
	in := hola()
	in.Kind = SystemMessage
	ch, err := Receive(in, stranger(), ids, nine)
	require.NoError(t, err)
	assert.Equal(t, Change{}, ch)
}

func TestWhatIsLearnedOfTheCustomer(t *testing.T) {
	for _, c := range []struct {
		name   string
		told   Customer
		want   Customer
		stores []RecordKind
	}{
		{"nothing new", Customer{Name: "Lea", Phone: "+34600000001", Addresses: []Address{phone}},
			Customer{Name: "Lea", Phone: "+34600000001", Addresses: []Address{phone}},
			[]RecordKind{KindMessage, KindInteraction}},
		{"an empty field forgets nothing", Customer{Addresses: []Address{phone}},
			Customer{Name: "Lea", Phone: "+34600000001", Addresses: []Address{phone}},
			[]RecordKind{KindMessage, KindInteraction}},
		{"another name", Customer{Name: "Lea Gil", Addresses: []Address{phone}},
			Customer{Name: "Lea Gil", Phone: "+34600000001", Addresses: []Address{phone}},
			[]RecordKind{KindMessage, KindInteraction, KindContact}},
		{"a user name", Customer{Username: "lea.g", Addresses: []Address{phone}},
			Customer{Name: "Lea", Username: "lea.g", Phone: "+34600000001", Addresses: []Address{phone}},
			[]RecordKind{KindMessage, KindInteraction, KindContact}},
		{"another phone", Customer{Phone: "+34600000002", Addresses: []Address{phone}},
			Customer{Name: "Lea", Phone: "+34600000002", Addresses: []Address{phone}},
			[]RecordKind{KindMessage, KindInteraction, KindContact}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := queued()
			in := hola()
			in.ID, in.Customer = "wamid.2", c.told
			ch, err := Receive(in, acquaintance(i), ids, after(time.Minute))
			require.NoError(t, err)
			assert.Equal(t, c.want, ch.Contact.Customer)
			assert.Equal(t, c.want, ch.Interaction.Customer, "the conversation shows and reaches him as the contact does")
			assert.Equal(t, c.stores, storedKinds(ch))
		})
	}
}

func TestASecondAddressJoinsTheContact(t *testing.T) {
	in := hola()
	in.ID, in.Customer.Addresses = "wamid.2", []Address{phone, userID}
	i := queued()
	k := acquaintance(i)
	k.Identities = append(k.Identities, Identity{Head: Head{ID: "identity-user"}})
	ch, err := Receive(in, k, ids, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindMessage, KindInteraction, KindContact, KindIdentity}, storedKinds(ch))
	assert.Equal(t, &Identity{Head: Head{ID: "identity-user"}, Contact: "lea", Since: after(time.Minute)}, ch.Save[3])
	assert.Equal(t, []Address{phone, userID}, ch.Contact.Customer.Addresses)
	assert.Equal(t, []Address{phone, userID}, ch.Interaction.Customer.Addresses, "an answer reaches him at the new address too")
	assert.Equal(t, []Address{phone}, k.Contact.Customer.Addresses)
}

func TestTheLastWordOfTheCustomerNeverGoesBack(t *testing.T) {
	for _, c := range []struct {
		name     string
		at       time.Time
		messages time.Time
		last     time.Time
	}{
		{"later", after(time.Second), after(time.Second), after(time.Second)},
		{"at the same time", nine, nine, nine},
		{"written earlier, learned later", after(-time.Second), after(-time.Second), nine},
		{"no time told: ours", time.Time{}, after(time.Minute), after(time.Minute)},
		{"WhatsApp tells whole seconds", after(2*time.Second - tick), after(time.Second), after(time.Second)},
		{"in another time zone", after(time.Second).In(time.FixedZone("CET", 3600)), after(time.Second), after(time.Second)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := hola()
			in.ID, in.At = "wamid.2", c.at
			ch, err := Receive(in, acquaintance(queued()), ids, after(time.Minute))
			require.NoError(t, err)
			assert.Equal(t, c.messages, ch.Message.At)
			assert.Equal(t, c.last, ch.Interaction.LastCustomerAt)
			assert.Equal(t, after(time.Minute), ch.Interaction.LastAt)
		})
	}
}

func TestPreview(t *testing.T) {
	for _, c := range []struct{ name, text, fallback, want string }{
		{"text", "hola", "", "hola"},
		{"nothing", "", "", ""},
		{"no text: what stands for it", "", "[image]", "[image]"},
		{"a caption goes first", "look", "[image]", "look"},
		{"119 characters", strings.Repeat("ñ", 119), "", strings.Repeat("ñ", 119)},
		{"120 characters", strings.Repeat("ñ", 120), "", strings.Repeat("ñ", 120)},
		{"121 characters", strings.Repeat("ñ", 121), "", strings.Repeat("ñ", 119) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := hola()
			in.ID, in.Text, in.Fallback = "wamid.2", c.text, c.fallback
			in.At = after(time.Minute)
			ch, err := Receive(in, acquaintance(queued()), ids, after(time.Minute))
			require.NoError(t, err)
			assert.Equal(t, c.want, ch.Interaction.Preview)
			assert.Equal(t, Inbound, ch.Interaction.PreviewBy)
		})
	}
}

func TestWaiting(t *testing.T) {
	fresh := Interaction{Queue: "sales", Channel: WhatsApp}.wait(nine, false)
	assert.Equal(t, nine, fresh.WaitingSince)
	assert.Equal(t, int64(1772442000000000), fresh.Rank)

	back := Interaction{Queue: "sales", Channel: WhatsApp, WaitingSince: after(-time.Minute)}.wait(nine, true)
	assert.Equal(t, after(-time.Minute), back.WaitingSince, "the wait goes on")
	assert.Equal(t, after(-time.Minute-7*24*time.Hour).UnixMicro(), back.Rank, "in front of whoever came")

	old := Interaction{Queue: "sales", Channel: WhatsApp}.wait(after(-24*time.Hour), false)
	assert.Less(t, back.Rank, old.Rank, "also of one who has waited for a day")
}

func TestWhatOpensAConversation(t *testing.T) {
	for kind, want := range map[MessageKind]bool{
		TextMessage: true, ImageMessage: true, VideoMessage: true, AudioMessage: true, DocumentMessage: true, StickerMessage: true,
		LocationMessage: true, ContactsMessage: true, ReplyMessage: true, FormMessage: true, OrderMessage: true,
		TemplateMessage: true, HandoverMessage: true, UnsupportedMessage: true, SystemMessage: false, ReferralMessage: false,
	} {
		assert.Equal(t, want, kind.Opens(), kind)
	}
}
