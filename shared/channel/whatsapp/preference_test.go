package whatsapp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

func prefers(contacts, preferences string) string {
	return change("user_preferences", `{"messaging_product":"whatsapp","metadata":{"phone_number_id":"5550001"},"contacts":[`+contacts+`],"user_preferences":[`+preferences+`]}`)
}

func TestPreferences(t *testing.T) {
	for name, c := range map[string]struct {
		contacts, preference string
		want                 desk.Preference
	}{
		"stop": {`{"wa_id":"346","profile":{"name":"Lea"}}`,
			`{"wa_id":"346","detail":"User requested to stop marketing messages","category":"marketing_messages","value":"stop","timestamp":1795166998}`,
			desk.Preference{At: written, Customer: desk.Customer{Name: "Lea", Phone: "+346", Addresses: []desk.Address{phone("346")}}}},
		"resume": {``, `{"wa_id":"346","category":"marketing_messages","value":"resume","timestamp":"1795166998"}`,
			desk.Preference{At: written, Marketing: true, Customer: desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}}},
		"user ID": {``, `{"user_id":"ES.1","category":"marketing_messages","value":"stop"}`,
			desk.Preference{At: arrived, Customer: desk.Customer{Addresses: []desk.Address{user("ES.1")}}}},
		"by the contact": {`{"wa_id":"346","user_id":"ES.1"}`, `{"category":"marketing_messages","value":"stop"}`,
			desk.Preference{At: arrived, Customer: desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.1"), phone("346")}}}},
	} {
		t.Run(name, func(t *testing.T) {
			events, ignored := parse(t, prefers(c.contacts, c.preference))
			assert.Empty(t, ignored)
			require.Len(t, events, 1)
			c.want.Channel, c.want.Account = desk.WhatsApp, "5550001"
			assert.Equal(t, &c.want, events[0].Preference)
		})
	}
}

func TestPreferencesLeftOut(t *testing.T) {
	good := `{"wa_id":"346","category":"marketing_messages","value":"stop"}`
	for odd, want := range map[string]string{
		`7`:    "unreadable:user_preferences",
		`[]`:   "unreadable:user_preferences",
		`null`: "unknown_preference:",
		`{}`:   "unknown_preference:",
		`{"wa_id":"346","category":"utility_messages","value":"stop"}`:                                  "unknown_preference:utility_messages",
		`{"wa_id":"346","category":"marketing_messages","value":"pause"}`:                               "unknown_preference:pause",
		`{"wa_id":"346","category":"marketing_messages"}`:                                               "unknown_preference:",
		`{"wa_id":"346","category":"marketing_messages","value":"Lea Ortiz"}`:                           "unknown_preference:",
		`{"category":"marketing_messages","value":"stop"}`:                                              "no_sender:user_preferences",
		`{"wa_id":"PHONE","category":"marketing_messages","value":"stop"}`:                              "no_sender:user_preferences",
		`{"user_id":"` + strings.Repeat("x", 513) + `","category":"marketing_messages","value":"stop"}`: "id_too_long:user_preferences",
	} {
		events, ignored := parse(t, prefers(``, good+`,`+odd+`,`+good))
		assert.Len(t, events, 2, "its neighbours count")
		assert.Equal(t, []string{want}, reasons(ignored), odd)
	}
}
