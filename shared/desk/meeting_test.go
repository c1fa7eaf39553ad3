package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// talkIn is a conversation of the contact in a state.
func talkIn(id, contact string, s InteractionState) Interaction {
	i := queued()
	i.ID, i.Contact, i.State = id, contact, s
	if s == InteractionActive {
		i.Owner, i.Agents = "ana", []string{"ana"}
	}
	if s == InteractionClosed {
		i.CloseReason = ClosedEnded
	}
	return i
}

// twofold is Lea, known by her number since nine, and again by her ID since ten: it is not known yet that she is one person.
func twofold(first, second InteractionState) Known {
	k := acquaintance(talkIn("talk", "lea", first))
	k.Identities = append(k.Identities, Identity{Head: stored("identity-user", 1), Contact: "lea-2", Since: after(time.Hour)})
	k.Others = []Acquaintance{{
		Contact: Contact{Head: stored("lea-2", 3), Channel: WhatsApp, Asset: "whatsapp:111", Open: "talk-2", Since: after(time.Hour),
			Customer: Customer{Username: "lea.g", Addresses: []Address{userID}}},
		Interaction: talkIn("talk-2", "lea-2", second),
	}}
	return k
}

// bothTold is Lea's message that shows both her number and her ID.
func bothTold() Arrival {
	in := hola()
	in.ID, in.At, in.Customer.Addresses = "wamid.2", after(2*time.Hour), []Address{phone, userID}
	return in
}

func TestTwoContactsTurnOutToBeOnePerson(t *testing.T) {
	k := lent(t, twofold(InteractionClosed, InteractionActive))
	ch, err := Receive(bothTold(), k, ids, after(2*time.Hour))
	require.NoError(t, err)
	one := Customer{Name: "Lea", Username: "lea.g", Phone: "+34600000001", Addresses: []Address{phone, userID}}
	assert.Equal(t, Contact{
		Head: stored("lea", 1), Channel: WhatsApp, Asset: "whatsapp:111", Customer: one, Open: "talk-2", Since: nine, Others: []string{"lea-2"},
	}.indexed(), *ch.Contact)
	require.Equal(t, []RecordKind{KindMessage, KindInteraction, KindContact, KindContact}, storedKinds(ch))
	assert.Equal(t, &Contact{
		Head: stored("lea-2", 3), Channel: WhatsApp, Asset: "whatsapp:111", Open: "talk-2", Since: after(time.Hour), Into: "lea",
		Customer: Customer{Username: "lea.g", Addresses: []Address{userID}},
	}, ch.Save[3], "only history from now on")
	assert.Equal(t, "talk-2", ch.Interaction.ID, "her open conversation goes on")
	assert.Equal(t, "lea", ch.Interaction.Contact)
	assert.Equal(t, one, ch.Interaction.Customer, "an answer reaches her at her number")
	assert.Equal(t, "ana", ch.Interaction.Owner)
	assert.Equal(t, "lea", ch.Message.Contact)
	assert.Equal(t, "talk-2", ch.Message.Interaction)
}

func TestWhichConversationGoesOn(t *testing.T) {
	for _, c := range []struct {
		first, second InteractionState
		talk          string // that the message joins
	}{
		{InteractionActive, InteractionClosed, "talk"},
		{InteractionQueued, InteractionWrapUp, "talk"},
		{InteractionClosed, InteractionOffered, "talk-2"},
		{InteractionWrapUp, InteractionQueued, "talk-2"},
		{InteractionActive, InteractionActive, "talk"}, // both open: the older contact's; the other one ends by itself
		{InteractionQueued, InteractionActive, "talk"},
		{InteractionClosed, InteractionClosed, "new-talk"},
		{InteractionWrapUp, InteractionWrapUp, "new-talk"},
	} {
		t.Run(string(c.first)+" "+string(c.second), func(t *testing.T) {
			ch, err := Receive(bothTold(), lent(t, twofold(c.first, c.second)), ids, after(2*time.Hour))
			require.NoError(t, err)
			assert.Equal(t, c.talk, ch.Interaction.ID)
			assert.Equal(t, c.talk, ch.Contact.Open)
			assert.Equal(t, "lea", ch.Interaction.Contact)
			for _, rec := range ch.Save {
				if i, ok := rec.(*Interaction); ok {
					assert.Equal(t, c.talk, i.ID, "no other conversation is touched")
				}
			}
		})
	}
}

// Somebody who never wrote has a record when only his preference is known.
func TestOneWhoNeverWroteMeetsOneWhoDid(t *testing.T) {
	k := twofold(InteractionClosed, InteractionActive)
	k.Contact.Open, k.Interaction = "", Interaction{}
	ch, err := Receive(bothTold(), lent(t, k), ids, after(2*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, "talk-2", ch.Interaction.ID)
	k.Others[0].Contact.Open, k.Others[0].Interaction = "", Interaction{}
	ch, err = Receive(bothTold(), lent(t, k), ids, after(2*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, "new-talk", ch.Contact.Open)
}

func TestAChainOfThree(t *testing.T) {
	k := twofold(InteractionClosed, InteractionClosed)
	k.Others[0].Contact.Others = []string{"lea-0"}
	third := Address{Kind: AddressUserID, Value: "ES.2"}
	k.Others = append(k.Others, Acquaintance{
		Contact:     Contact{Head: stored("lea-3", 1), Open: "talk-3", Since: after(90 * time.Minute), Others: []string{"lea-4"}, Customer: Customer{Addresses: []Address{third}}},
		Interaction: talkIn("talk-3", "lea-3", InteractionQueued),
	})
	in := bothTold()
	in.Customer.Addresses = append(in.Customer.Addresses, third)
	ch, err := Receive(in, lent(t, k), ids, after(2*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []string{"lea-2", "lea-0", "lea-3", "lea-4"}, ch.Contact.Others, "with all that those had taken over")
	assert.Equal(t, []Address{phone, userID, third}, ch.Contact.Customer.Addresses)
	assert.Equal(t, "talk-3", ch.Contact.Open)
	require.Equal(t, []RecordKind{KindMessage, KindInteraction, KindContact, KindContact, KindContact}, storedKinds(ch))
	assert.Equal(t, "lea", ch.Save[3].(*Contact).Into)
	assert.Equal(t, "lea", ch.Save[4].(*Contact).Into)
}

func TestWhatAContactTakesOver(t *testing.T) {
	block := Block{At: after(time.Minute), By: "ana", Reason: "spam"}
	for _, c := range []struct {
		name       string
		mine, his  func(c *Contact)
		want, gone func(c *Contact)
	}{
		{"what agents keep about him, where there is nothing yet",
			func(c *Contact) { c.Profile = Profile{Name: "Lea Gil", Language: "es"} },
			func(c *Contact) {
				c.Profile = Profile{Name: "L. G.", Phone: "+3411", Email: "l@x.example", Company: "X"}
			},
			func(c *Contact) {
				c.Profile = Profile{Name: "Lea Gil", Phone: "+3411", Email: "l@x.example", Company: "X", Language: "es"}
			}, nil},
		{"a block", func(*Contact) {}, func(c *Contact) { c.Blocked = block }, func(c *Contact) { c.Blocked = block }, nil},
		{"no block for another", func(c *Contact) { c.Blocked = block }, func(c *Contact) { c.Blocked = Block{At: nine, By: "bea"} },
			func(*Contact) {}, nil},
		{"a later word on marketing", func(c *Contact) { c.OptedAt = nine }, func(c *Contact) { c.OptedAt, c.OptedOut = after(1), after(1) },
			func(c *Contact) { c.OptedAt, c.OptedOut = after(1), after(1) }, nil},
		{"no earlier one", func(c *Contact) { c.OptedAt, c.OptedOut = after(1), after(1) }, func(c *Contact) { c.OptedAt = nine },
			func(*Contact) {}, nil},
		{"how he came, if that was later", func(c *Contact) { c.EntranceAt, c.Entrance = nine, Entrance{Ref: "a"} },
			func(c *Contact) { c.EntranceAt, c.Entrance = after(1), Entrance{Ref: "b"} },
			func(c *Contact) { c.EntranceAt, c.Entrance = after(1), Entrance{Ref: "b"} }, nil},
		{"marks that still have to be looked at", func(c *Contact) { c.Marks, c.DueAt = Marks{Delivered: after(3), Read: nine}, after(5) },
			func(c *Contact) { c.Marks, c.DueAt = Marks{Delivered: after(1), Read: after(1)}, after(4) },
			func(c *Contact) { c.Marks = Marks{Delivered: after(3), Read: after(1)} },
			func(c *Contact) { c.Marks, c.DueAt = Marks{}, time.Time{} }},
		{"marks, of one who had none", func(*Contact) {}, func(c *Contact) { c.Marks, c.DueAt = Marks{Read: after(1)}, after(4) },
			func(c *Contact) { c.Marks, c.DueAt = Marks{Read: after(1)}, after(4) },
			func(c *Contact) { c.Marks, c.DueAt = Marks{}, time.Time{} }},
		{"and is found in his place", func(*Contact) {}, func(c *Contact) { c.Search = []string{"n:lea"} },
			func(*Contact) {}, func(c *Contact) { c.Search = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := twofold(InteractionClosed, InteractionClosed)
			c.mine(&k.Contact)
			c.his(&k.Others[0].Contact)
			want, gone := k.Contact, k.Others[0].Contact
			want.Others, gone.Into = []string{"lea-2"}, "lea"
			want.Customer = Customer{Name: "Lea", Username: "lea.g", Phone: "+34600000001", Addresses: []Address{phone, userID}}
			c.want(&want)
			want = want.indexed()
			if c.gone != nil {
				c.gone(&gone)
			}
			told := Renaming{Channel: WhatsApp, Account: "111", Customer: Customer{Addresses: []Address{phone, userID}}}
			ch, err := Rename(told, lent(t, k), after(2*time.Hour))
			require.NoError(t, err)
			assert.Equal(t, []Record{&want, &gone}, ch.Save)
		})
	}
}

// A customer who is blocked cannot come back by another address of his, once it is known for his.
func TestABlockedContactIsJoined(t *testing.T) {
	k := twofold(InteractionClosed, InteractionClosed)
	k.Others[0].Contact.Blocked = Block{At: after(time.Hour), By: "ana"}
	ch, err := Receive(bothTold(), lent(t, k), ids, after(2*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, InteractionClosed, ch.Interaction.State)
	assert.Equal(t, "blocked", ch.Interaction.CloseReason)
	assert.Empty(t, ch.Hints)

	k = twofold(InteractionActive, InteractionClosed)
	k.Others[0].Contact.Blocked = Block{At: after(time.Hour), By: "ana"}
	ch, err = Receive(bothTold(), lent(t, k), ids, after(2*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, "talk", ch.Interaction.ID, "the conversation an agent has goes on; the block holds from the next")
	assert.True(t, ch.Contact.isBlocked())
}

func TestRename(t *testing.T) {
	told := Renaming{Channel: WhatsApp, Account: "111", At: after(time.Hour), Customer: Customer{Phone: "+34600000002", Addresses: []Address{phone, {Kind: AddressPhone, Value: "34600000002"}}}}
	for _, state := range []InteractionState{InteractionQueued, InteractionOffered, InteractionActive, InteractionWrapUp, InteractionClosed} {
		t.Run(string(state), func(t *testing.T) {
			k := acquaintance(talkIn("talk", "lea", state))
			k.Identities = append(k.Identities, Identity{Head: Head{ID: "identity-2"}})
			ch, err := Rename(told, lent(t, k), after(time.Hour))
			require.NoError(t, err)
			want := k.Contact
			want.Customer = Customer{Name: "Lea", Phone: "+34600000002", Addresses: []Address{phone, {Kind: AddressPhone, Value: "34600000002"}}}
			want = want.indexed()
			wanted := []Record{&want, &Identity{Head: Head{ID: "identity-2"}, Contact: "lea", Since: after(time.Hour)}}
			if state.Open() {
				talk := k.Interaction
				talk.Customer = want.Customer
				wanted = append(wanted, &talk)
				assert.Equal(t, Address{Kind: AddressPhone, Value: "34600000002"}, ch.Interaction.Customer.Reach(), "answers go to the new number")
			}
			assert.Equal(t, wanted, ch.Save)

			k.Contact, k.Interaction = *ch.Contact, *ch.Interaction
			k.Identities[1] = Identity{Head: stored("identity-2", 1), Contact: "lea"}
			again, err := Rename(told, lent(t, k), after(2*time.Hour))
			storesNothing(t, again, err)
		})
	}
	ch, err := Rename(told, lent(t, stranger()), after(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, Change{}, ch, "somebody nobody knows is left alone")
}

func TestPrefer(t *testing.T) {
	at := func(d time.Duration, marketing bool) Preference {
		return Preference{Channel: WhatsApp, Account: "111", Customer: lea, At: after(d), Marketing: marketing}
	}
	never := time.Time{}
	for _, c := range []struct {
		name           string
		out, since     time.Time
		told           Preference
		wantOut, wants time.Time
		stores         int
	}{
		{"no more", never, never, at(0, false), nine, nine, 1},
		{"again", nine, nine, at(time.Second, true), never, after(time.Second), 1},
		{"he takes it, and nobody asked", never, never, at(0, true), never, nine, 1},
		{"a repeat", nine, nine, at(0, false), nine, nine, 0},
		{"a repeat of yes", never, nine, at(0, true), never, nine, 0},
		{"an older word", nine, nine, at(-tick, true), nine, nine, 0},
		{"yes and no at one time: no", never, nine, at(0, false), nine, nine, 1},
		{"no and yes at one time: no", nine, nine, at(0, true), nine, nine, 0},
		{"no time told: ours", never, never, Preference{Customer: lea}, after(time.Hour), after(time.Hour), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := acquaintance(queued())
			k.Contact.OptedOut, k.Contact.OptedAt = c.out, c.since
			ch, err := Prefer(c.told, lent(t, k), "new", after(time.Hour))
			require.NoError(t, err)
			assert.Equal(t, c.wantOut, ch.Contact.OptedOut)
			assert.Equal(t, c.wants, ch.Contact.OptedAt)
			assert.Len(t, ch.Save, c.stores)
		})
	}

	ch, err := Prefer(at(0, false), lent(t, stranger()), "new", after(time.Hour))
	require.NoError(t, err)
	fresh := Contact{Head: Head{ID: "new"}, Channel: WhatsApp, Asset: "whatsapp:111", Customer: lea, Since: after(time.Hour), OptedOut: nine, OptedAt: nine}.indexed()
	assert.Equal(t, []Record{
		&fresh,
		&Identity{Head: Head{ID: "identity-phone"}, Contact: "new", Since: after(time.Hour)},
	}, ch.Save, "also of one who has never written")

	k := twofold(InteractionClosed, InteractionActive)
	ch, err = Prefer(at(0, false), lent(t, k), "", after(2*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindContact, KindContact, KindInteraction}, storedKinds(ch), "and who is one person is joined")
	assert.Equal(t, "lea", ch.Interaction.Contact)
}

func TestShown(t *testing.T) {
	told := Customer{Name: "lea", Username: "lea.g", Phone: "+34600000001", Addresses: []Address{phone}}
	for _, c := range []struct {
		name    string
		told    Customer
		profile Profile
		want    Customer
	}{
		{"as the channel tells", told, Profile{}, told},
		{"under the name that agents keep", told, Profile{Name: "Lea Gil"},
			Customer{Name: "Lea Gil", Username: "lea.g", Phone: "+34600000001", Addresses: []Address{phone}}},
		{"with the channel's number", told, Profile{Phone: "+3411"}, told},
		{"with theirs where it tells none", Customer{Addresses: []Address{userID}}, Profile{Phone: "+3411"}, Customer{Phone: "+3411", Addresses: []Address{userID}}},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, Contact{Customer: c.told, Profile: c.profile}.Shown()) })
	}
}
