package whatsapp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

func phone(digits string) desk.Address { return desk.Address{Kind: desk.AddressPhone, Value: digits} }
func user(id string) desk.Address      { return desk.Address{Kind: desk.AddressUserID, Value: id} }

func TestCustomers(t *testing.T) {
	long := strings.Repeat("x", 513)
	for name, c := range map[string]struct {
		contacts, sender string
		want             desk.Customer
	}{
		"phone, no contact": {``, `"from":"34600111222"`,
			desk.Customer{Phone: "+34600111222", Addresses: []desk.Address{phone("34600111222")}}},
		"phone as a number": {``, `"from":34600111222`,
			desk.Customer{Phone: "+34600111222", Addresses: []desk.Address{phone("34600111222")}}},
		"phone with a plus": {`{"wa_id":"34600111222","profile":{"name":"Lea"}}`, `"from":"+34600111222"`,
			desk.Customer{Name: "Lea", Phone: "+34600111222", Addresses: []desk.Address{phone("34600111222")}}},
		"user ID alone": {`{"user_id":"ES.1","profile":{"name":"Lea","username":"@lea"}}`, `"from_user_id":"ES.1"`,
			desk.Customer{Name: "Lea", Username: "lea", Addresses: []desk.Address{user("ES.1")}}},
		"both": {`{"wa_id":"346","user_id":"ES.1","profile":{"name":"Lea","username":"lea"}}`, `"from":"346","from_user_id":"ES.1"`,
			desk.Customer{Name: "Lea", Username: "lea", Phone: "+346", Addresses: []desk.Address{user("ES.1"), phone("346")}}},
		"contact adds the phone": {`{"wa_id":"346","user_id":"ES.1"}`, `"from_user_id":"ES.1"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.1"), phone("346")}}},
		"contact adds the user ID": {`{"wa_id":"346","user_id":"ES.1"}`, `"from":"346"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{user("ES.1"), phone("346")}}},
		"contact knows both": {`{"wa_id":"346","user_id":"ES.1","profile":{"name":"Lea"}}`, `"x":0`,
			desk.Customer{Name: "Lea", Phone: "+346", Addresses: []desk.Address{user("ES.1"), phone("346")}}},
		"another's contact gives its name only": {`{"wa_id":"999","user_id":"ES.9","profile":{"name":"Lea"}}`, `"from":"346"`,
			desk.Customer{Name: "Lea", Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"of two contacts the right one": {`{"wa_id":"999","profile":{"name":"Eva"}},{"wa_id":"346","profile":{"name":"Lea"}}`, `"from":"346"`,
			desk.Customer{Name: "Lea", Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"of two contacts neither": {`{"wa_id":"999","profile":{"name":"Eva"}},{"wa_id":"998","profile":{"name":"Lea"}}`, `"from":"346"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"user ID decides": {`{"wa_id":"346","profile":{"name":"Eva"}},{"user_id":"ES.1","profile":{"name":"Lea"}}`, `"from":"346","from_user_id":"ES.1"`,
			desk.Customer{Name: "Lea", Phone: "+346", Addresses: []desk.Address{user("ES.1"), phone("346")}}},
		"odd contact": {`{"wa_id":{},"profile":7}`, `"from":"346"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"odd profile": {`{"wa_id":"346","profile":{"name":{},"username":5}}`, `"from":"346"`,
			desk.Customer{Username: "5", Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"endless user ID beside a phone": {``, `"from":"346","from_user_id":"` + long + `"`,
			desk.Customer{Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"name on one line": {`{"wa_id":"346","profile":{"name":" Lea\n\tOrtiz\u202e \u0000x "}}`, `"from":"346"`,
			desk.Customer{Name: "Lea Ortiz x", Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"name of emoji": {`{"wa_id":"346","profile":{"name":"👨\u200d👩\u200d👧"}}`, `"from":"346"`,
			desk.Customer{Name: "👨\u200d👩\u200d👧", Phone: "+346", Addresses: []desk.Address{phone("346")}}},
		"endless name": {`{"wa_id":"346","profile":{"name":"` + strings.Repeat("ñ", 201) + `","username":"@` + strings.Repeat("u", 201) + `"}}`, `"from":"346"`,
			desk.Customer{Name: strings.Repeat("ñ", 200), Username: strings.Repeat("u", 200), Phone: "+346", Addresses: []desk.Address{phone("346")}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := arrival(t, hook(`"contacts":[`+c.contacts+`]`,
				`"messages":[{`+c.sender+`,"id":"wamid.A1","type":"text","text":{"body":"x"}}]`))
			assert.Equal(t, c.want, got.Customer)
		})
	}
}

// With several messages a contact that is nobody's gives no name to any of them.
func TestOneContactBesideTwoMessages(t *testing.T) {
	events, ignored := parse(t, hook(`"contacts":[{"wa_id":"346","profile":{"name":"Lea"}}]`,
		`"messages":[{"from":"346","id":"a","type":"text","text":{"body":"x"}},{"from":"999","id":"b","type":"text","text":{"body":"x"}}]`))
	assert.Empty(t, ignored)
	require.Len(t, events, 2)
	assert.Equal(t, "Lea", events[0].Arrival.Customer.Name)
	assert.Empty(t, events[1].Arrival.Customer.Name)
}
