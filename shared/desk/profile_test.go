package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leaContact is Lea, whose newest interaction is "talk".
func leaContact() Contact {
	return Contact{Head: stored("lea", 1), Channel: WhatsApp, Asset: "whatsapp:111", Open: "talk", Since: nine,
		Customer: Customer{Name: "Lea", Phone: "+34600000001", Addresses: []Address{phone}}}
}

func TestProfileFields(t *testing.T) {
	for _, c := range []struct{ field, typed, want string }{
		{"name", "  Lea Martín ", "Lea Martín"},
		{"name", strings.Repeat("é", 200), strings.Repeat("é", 200)},
		{"name", strings.Repeat("é", 201), "name_invalid"},
		{"name", "Lea\nMartín", "name_invalid"},
		{"name", " ", ""},
		{"company", "Acme & Co. 🚲", "Acme & Co. 🚲"},
		{"company", "a\x00b", "company_invalid"},
		{"phone", "+34 600 000 042", "+34600000042"},
		{"phone", "0034 (600) 000-042", "+34600000042"},
		{"phone", "+1.123.456.7890", "+11234567890"},
		{"phone", "+1234567", "+1234567"},
		{"phone", "+123456789012345", "+123456789012345"},
		{"phone", "+123456", "phone_invalid"},
		{"phone", "+1234567890123456", "phone_invalid"},
		{"phone", "600 000 042", "phone_invalid"},
		{"phone", "+0600000042", "phone_invalid"},
		{"phone", "+34 600 CALL", "phone_invalid"},
		{"phone", "+", "phone_invalid"},
		{"email", "Lea.M+news@Acme.Example", "lea.m+news@acme.example"},
		{"email", "žiga@čeh.example", "žiga@čeh.example"},
		{"email", "lea@acme", "email_invalid"},
		{"email", "lea@@acme.example", "email_invalid"},
		{"email", "Lea <lea@acme.example>", "email_invalid"},
		{"email", "le a@acme.example", "email_invalid"},
		{"email", "lea@-acme.example", "email_invalid"},
		{"email", "lea@127.0.0.1", "email_invalid"},
		{"email", "@acme.example", "email_invalid"},
		{"email", strings.Repeat("l", 64) + "@acme.example", strings.Repeat("l", 64) + "@acme.example"},
		{"email", strings.Repeat("l", 65) + "@acme.example", "email_invalid"},
		{"email", "lea@" + strings.Repeat("a", 64) + ".example", "email_invalid"},
		{"email", "lea@" + strings.Repeat("acme.", 50) + "example", "email_invalid"},
		{"language", "ES", "es"},
		{"language", "pt-br", "pt-BR"},
		{"language", "zh-hANT-tw", "zh-Hant-TW"},
		{"language", "es-419", "es-419"},
		{"language", "spanish", "language_invalid"},
		{"language", "es_ES", "language_invalid"},
	} {
		t.Run(c.field+" "+c.typed, func(t *testing.T) {
			var e ProfileEdit
			into := map[string]**string{"name": &e.Name, "phone": &e.Phone, "email": &e.Email, "company": &e.Company, "language": &e.Language}
			*into[c.field] = &c.typed
			p, changed, err := Profile{}.edited(e)
			if strings.HasSuffix(c.want, "_invalid") {
				assert.Equal(t, "invalid "+c.want, outcome(Change{}, err))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, p.Name+p.Phone+p.Email+p.Company+p.Language)
			assert.Equal(t, c.want != "", len(changed) == 1)
		})
	}
}

func TestEditContact(t *testing.T) {
	ten := after(time.Hour)
	o, a, i := ringing(t)
	c := leaContact()
	e := ProfileEdit{Name: new("Lea Martín"), Email: new("LEA@acme.example"), Company: new("")}
	ch, err := EditContact(c, Attended{Interaction: i, Offer: o, Agent: a}, e, c.Profile.Tag(), "ana", ten)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindContact, KindInteraction, KindOffer, KindAgent}, storedKinds(ch))
	assert.Equal(t, Profile{Name: "Lea Martín", Email: "lea@acme.example"}, ch.Contact.Profile)
	assert.Equal(t, []Entry{{Seq: 1, At: ten, Event: "edited", By: "ana", Detail: "name email"}}, ch.Contact.History.Entries, "names of fields, no data")
	assert.Contains(t, ch.Contact.Search, "n:martin")
	assert.Contains(t, ch.Contact.Search, "e:lea@acme.example")
	assert.Equal(t, "Lea Martín", ch.Interaction.Customer.Name)
	assert.Equal(t, "+34600000001", ch.Interaction.Customer.Phone, "where answers go")
	assert.Equal(t, "Lea Martín", ch.Offer.Customer.Name)
	assert.Equal(t, a, *ch.Agent, "stored so that his desktop hears of it")
	assert.Equal(t, "Lea", c.Customer.Name)

	edited := *saved(ch).Contact
	ch, err = EditContact(edited, Attended{Interaction: *ch.Interaction}, e, "what it was based on", "bob", ten)
	storesNothing(t, ch, err)

	ch, err = EditContact(edited, Attended{Interaction: i}, ProfileEdit{Name: new("")}, "*", "ana", ten)
	require.NoError(t, err)
	assert.Equal(t, "Lea", ch.Interaction.Customer.Name, "the channel's name again")
	assert.Equal(t, "name", ch.Contact.History.Entries[1].Detail)
	assert.NotContains(t, ch.Contact.Search, "n:martin")
}

func TestWhatOfAContactIsShownDependsOnHisConversation(t *testing.T) {
	edit := func(i Interaction, e ProfileEdit) Change {
		ch, err := EditContact(leaContact(), Attended{Interaction: i}, e, "*", "ana", nine)
		require.NoError(t, err)
		return ch
	}
	name := ProfileEdit{Name: new("Lea Martín")}
	_, active := talking(t)
	_, wrapup := wrapping(t)
	over := active
	over.State = InteractionClosed
	assert.Equal(t, []RecordKind{KindContact, KindInteraction}, storedKinds(edit(active, name)))
	assert.Equal(t, []RecordKind{KindContact, KindInteraction}, storedKinds(edit(wrapup, name)))
	assert.Equal(t, []RecordKind{KindContact}, storedKinds(edit(over, name)), "what is closed stays as it was")
	assert.Equal(t, []RecordKind{KindContact}, storedKinds(edit(Interaction{}, name)), "who never wrote")
	assert.Equal(t, []RecordKind{KindContact}, storedKinds(edit(active, ProfileEdit{Company: new("Acme")})), "no conversation shows that")
}

func TestTwoWhoEditAtOnce(t *testing.T) {
	c := leaContact()
	tag := c.Profile.Tag()
	ch, err := EditContact(c, Attended{}, ProfileEdit{Name: new("Lea M.")}, tag, "ana", nine)
	require.NoError(t, err)
	_, err = EditContact(*ch.Contact, Attended{}, ProfileEdit{Company: new("Acme")}, tag, "bob", nine)
	assert.Equal(t, "stale profile_changed", outcome(Change{}, err))
	_, err = EditContact(*ch.Contact, Attended{}, ProfileEdit{Company: new("Acme")}, "", "bob", nine)
	assert.Equal(t, "unconditional edit_unguarded", outcome(Change{}, err))
	_, err = EditContact(*ch.Contact, Attended{}, ProfileEdit{Company: new("Acme")}, ch.Contact.Profile.Tag(), "bob", nine)
	require.NoError(t, err)

	told := *ch.Contact
	told.Customer.Name, told.Marks.Read, told.Version = "Léa", nine, 9
	assert.Equal(t, ch.Contact.Profile.Tag(), told.Profile.Tag(), "what the channel tells does not make an edit stale")
	assert.NotEqual(t, Profile{Name: "ab"}.Tag(), Profile{Name: "a", Phone: "b"}.Tag())
}
