package whatsapp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

func TestNoticesOfChangedAddresses(t *testing.T) {
	moved := func(old, now string) string {
		return `"type":"user_changed_user_id","body":"User Lea changed from ` + old + ` to ` + now + `"`
	}
	for name, c := range map[string]struct {
		sender, system string
		want           desk.Customer
	}{
		"number": {`"from":"346",`, `"type":"user_changed_number","body":"b","wa_id":"347"`,
			desk.Customer{Phone: "+347", Addresses: []desk.Address{phone("347"), phone("346")}}},
		"number, older form": {`"from":"346",`, `"type":"user_changed_number","body":"b","wa_id":"346","new_wa_id":"347"`,
			desk.Customer{Phone: "+347", Addresses: []desk.Address{phone("347"), phone("346")}}},
		"number, older form, no sender": {``, `"type":"user_changed_number","body":"b","wa_id":"346","new_wa_id":"347"`,
			desk.Customer{Phone: "+347", Addresses: []desk.Address{phone("347"), phone("346")}}},
		"number, no sender": {``, `"type":"user_changed_number","body":"User Lea changed from 346 to 347","wa_id":"347"`,
			desk.Customer{Phone: "+347", Addresses: []desk.Address{phone("347"), phone("346")}}},
		"number and user ID": {`"from":"346","from_user_id":"ES.1",`, `"type":"user_changed_number","body":"b","wa_id":"347","user_id":"ES.2"`,
			desk.Customer{Phone: "+347", Addresses: []desk.Address{user("ES.2"), phone("347"), user("ES.1"), phone("346")}}},
		"number untold": {`"from":"346",`, `"type":"user_changed_number","body":"b"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"number odd": {`"from":"346",`, `"type":"user_changed_number","body":"b","wa_id":"PHONE"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"user ID": {`"from":"346","from_user_id":"ES.1",`, `"type":"user_changed_user_id","body":"b","user_id":"ES.2"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.2"), user("ES.1"), phone("346")}}},
		"user ID, former in the sentence": {``, moved("ES.1", "ES.2") + `,"user_id":"ES.2"`,
			desk.Customer{Addresses: []desk.Address{user("ES.2"), user("ES.1")}}},
		"user ID, former in a field": {``, `"type":"user_changed_user_id","body":"b","user_id":"ES.2","previous_user_id":"ES.1"`,
			desk.Customer{Addresses: []desk.Address{user("ES.2"), user("ES.1")}}},
		"user ID, with the number": {``, `"type":"user_changed_user_id","body":"b","user_id":"ES.2","wa_id":"346"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.2"), phone("346")}}},
		"user ID, of a parent company too": {``, moved("ES.1", "ES.2") + `,"user_id":"ES.2","parent_user_id":"ES.ENT.9"`,
			desk.Customer{Addresses: []desk.Address{user("ES.2"), user("ES.1")}}},
		"a name that lies": {``, moved("ES.7 to ES.2 changed from ES.1", "ES.2") + `,"user_id":"ES.2"`,
			desk.Customer{Addresses: []desk.Address{user("ES.2"), user("ES.1")}}},
		"a former user ID that is none": {`"from":"346",`, moved("nobody at all", "ES.2") + `,"user_id":"ES.2"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.2"), phone("346")}}},
		"user ID endless": {`"from":"346",`, `"type":"user_changed_user_id","body":"b","user_id":"` + strings.Repeat("x", 513) + `"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"identity": {`"from":"346",`, `"type":"customer_identity_changed","body":"b","wa_id":"348","user_id":"ES.8"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"another notice": {`"from":"346",`, `"type":"new","body":"b","wa_id":"348"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := arrival(t, hook(`"messages":[{"id":"wamid.A1","type":"system",`+c.sender+`"system":{`+c.system+`}}]`))
			assert.Equal(t, desk.SystemMessage, got.Kind)
			assert.Empty(t, got.Text)
			assert.Equal(t, c.want, got.Customer)
		})
	}
}

// A notice of a new user ID is shown without IDs, any other as the channel words it.
func TestWhatNoticesShow(t *testing.T) {
	for system, want := range map[string]string{
		`{"type":"user_changed_number","body":"User Lea changed from 346 to 347","wa_id":"347"}`:         "[system] User Lea changed from 346 to 347",
		`{"type":"user_changed_user_id","body":"User Lea changed from ES.1 to ES.2","user_id":"ES.2"}`:   "[system] The customer has a new ID at the channel",
		`{"type":"customer_identity_changed","body":"Lea has a new phone","identity":"x","wa_id":"346"}`: "[system] Lea has a new phone",
		`{"type":"new"}`: "[system]",
		`"odd"`:          "[system]",
	} {
		got := arrival(t, hook(`"messages":[{"from":"346","id":"wamid.A1","type":"system","system":`+system+`}]`))
		assert.Equal(t, desk.SystemMessage, got.Kind, system)
		assert.Equal(t, want, got.Fallback)
		assert.Empty(t, got.Text)
	}
}

// A notice that names its customer by the new address only is about somebody nobody knows.
func TestNoticesOfNobody(t *testing.T) {
	for _, system := range []string{
		`{"type":"user_changed_user_id","user_id":"ES.2"}`,
		`{"type":"user_changed_user_id","user_id":"ES.2","body":"User Lea changed from ES.1 to ES.3"}`,
		`{"type":"user_changed_user_id","user_id":"ES.2","body":"User Lea changed from ES.1 to ES.2."}`,
		`{"type":"user_changed_user_id","user_id":"ES.2","body":"User Lea changed from Lea to ES.2"}`,
		`{"type":"user_changed_user_id","user_id":"ES.2","body":"User Lea changed from ES.2 to ES.2"}`,
		`{"type":"user_changed_user_id","user_id":"ES.2","previous_user_id":"346"}`,
		`{"type":"user_changed_user_id","body":"User Lea changed from ES.1 to "}`,
		`{"type":"user_changed_number","wa_id":"347","body":"Lea changed from home to 347"}`,
		`{"type":"user_changed_number","new_wa_id":"347"}`,
		`{"type":"customer_identity_changed","wa_id":"347","user_id":"ES.1"}`,
		`{}`, `7`,
	} {
		events, ignored := parse(t, hook(`"messages":[{"id":"wamid.A1","type":"system","system":`+system+`}]`))
		assert.Empty(t, events, system)
		assert.Equal(t, []string{"no_sender:system"}, reasons(ignored), system)
	}
}

func update(contacts, updates string) string {
	return change("user_id_update", `{"messaging_product":"whatsapp","metadata":{"phone_number_id":"5550001"},"contacts":[`+contacts+`],"user_id_update":[`+updates+`]}`)
}

func TestUserIDUpdates(t *testing.T) {
	const beside = `{"wa_id":"346","profile":{"name":"Lea Ortiz","username":"@lea"}}`
	for name, c := range map[string]struct {
		contacts, update string
		want             desk.Customer
	}{
		"with the number": {beside, `"wa_id":"346","user_id":{"previous":"ES.1","current":"ES.2"},"parent_user_id":{"previous":"ES.ENT.1","current":"ES.ENT.2"}`,
			desk.Customer{Name: "Lea Ortiz", Username: "lea", Phone: "+346", Addresses: []desk.Address{user("ES.2"), phone("346"), user("ES.1")}}},
		"without the number": {``, `"user_id":{"previous":"ES.1","current":"ES.2"}`,
			desk.Customer{Addresses: []desk.Address{user("ES.2"), user("ES.1")}}},
		"the first one": {``, `"wa_id":"346","user_id":{"current":"ES.2"}`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.2"), phone("346")}}},
		"the contact tells the number": {`{"wa_id":"346","user_id":"ES.2"}`, `"user_id":{"previous":"ES.1","current":"ES.2"}`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.2"), phone("346"), user("ES.1")}}},
		"beside somebody else": {`{"wa_id":"999","user_id":"ES.9"},{"wa_id":"998"}`, `"wa_id":"346","user_id":{"previous":"ES.1","current":"ES.2"}`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.2"), phone("346"), user("ES.1")}}},
	} {
		t.Run(name, func(t *testing.T) {
			events, ignored := parse(t, update(c.contacts, `{"detail":"d","timestamp":"1795166998",`+c.update+`}`))
			assert.Empty(t, ignored)
			require.Len(t, events, 1)
			assert.Equal(t, &desk.Renaming{Channel: desk.WhatsApp, Account: "5550001", Customer: c.want, At: written}, events[0].Renaming)
		})
	}
}

func TestUserIDUpdatesLeftOut(t *testing.T) {
	good := `{"wa_id":"346","user_id":{"previous":"ES.1","current":"ES.2"}}`
	for odd, want := range map[string]string{
		`7`:                                "unreadable:user_id_update",
		`[]`:                               "unreadable:user_id_update",
		`null`:                             "no_sender:user_id_update",
		`{}`:                               "no_sender:user_id_update",
		`{"wa_id":"x","user_id":"ES.2"}`:   "no_sender:user_id_update",
		`{"user_id":{"previous":"ES.1"}}`:  "no_sender:user_id_update",
		`{"wa_id":"346"}`:                  "nothing_new:user_id_update",
		`{"wa_id":"346","user_id":"ES.2"}`: "nothing_new:user_id_update",
		`{"user_id":{"current":"ES.2"}}`:   "nothing_new:user_id_update",
		`{"user_id":{"current":"ES.2","previous":"ES.2"}}`:                          "nothing_new:user_id_update",
		`{"user_id":{"current":"` + strings.Repeat("x", 513) + `","previous":"E"}}`: "id_too_long:user_id_update",
	} {
		events, ignored := parse(t, update(``, good+`,`+odd+`,`+good))
		assert.Len(t, events, 2, "its neighbours count")
		assert.Equal(t, []string{want}, reasons(ignored), odd)
	}
}
