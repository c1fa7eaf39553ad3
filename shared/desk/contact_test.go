package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"":                   "?",
		"   ":                "?",
		"Lea":                "L",
		"lea gil":            "LG",
		"Ana María del Pino": "AP",
		"  Žiga   Čeh ":      "ŽČ",
		"+34 600 000 001":    "#",
		"😀":                  "#",
		"😀 Bo":               "B",
		"(Lea) [Gil]":        "LG",
		"李 小龙":               "李小",
	} {
		assert.Equal(t, want, Initials(name), "%q", name)
	}
}

func TestReach(t *testing.T) {
	old := Address{Kind: AddressPhone, Value: "34600000009"}
	for _, c := range []struct {
		name     string
		customer Customer
		want     Address
	}{
		{"nothing known", Customer{Name: "Lea"}, Address{}},
		{"a number the channel did not tell is none of its addresses", Customer{Phone: "+34600000001"}, Address{}},
		{"not even beside one", Customer{Phone: "+34600000001", Addresses: []Address{{Kind: AddressPSID, Value: "7"}}}, Address{Kind: AddressPSID, Value: "7"}},
		{"the phone's address before others", Customer{Addresses: []Address{userID, phone}}, phone},
		{"and before a later ID", Customer{Addresses: []Address{phone, userID}}, phone},
		{"of two phones the one that is shown", Customer{Phone: "+34600000009", Addresses: []Address{old, phone}}, old},
		{"else the later one", Customer{Addresses: []Address{old, phone}}, phone},
		{"of two IDs the later", Customer{Addresses: []Address{{Kind: AddressUserID, Value: "ES.0"}, userID}}, userID},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, c.customer.Reach()) })
	}
}

func TestIdentityID(t *testing.T) {
	key := []byte("key")
	id := IdentityID(key, "whatsapp:111", phone)
	assert.Equal(t, id, IdentityID(key, "whatsapp:111", phone), "always the same")
	assert.Len(t, id, 32)
	assert.NotContains(t, id, "34600000001")
	for name, other := range map[string]string{
		"another key":     IdentityID([]byte("yek"), "whatsapp:111", phone),
		"another asset":   IdentityID(key, "whatsapp:222", phone),
		"another kind":    IdentityID(key, "whatsapp:111", Address{Kind: AddressUserID, Value: phone.Value}),
		"another address": IdentityID(key, "whatsapp:111", Address{Kind: AddressPhone, Value: "34600000002"}),
	} {
		assert.NotEqual(t, id, other, name)
	}
}

func TestMessageIDs(t *testing.T) {
	in := ArrivalID(WhatsApp, "111", "wamid.1")
	assert.Equal(t, in, ArrivalID(WhatsApp, "111", "wamid.1"), "a repeat has the same ID")
	assert.Len(t, in, 32)
	assert.NotEqual(t, in, ArrivalID(WhatsApp, "1111", "wamid.1"))
	assert.NotEqual(t, in, ArrivalID(WhatsApp, "111", "wamid.2"))
	assert.NotEqual(t, ArrivalID(WhatsApp, "11", "1x"), ArrivalID(WhatsApp, "111", "x"), "parts do not run together")

	out := SentID("talk", "ana", "c1")
	assert.Equal(t, out, SentID("talk", "ana", "c1"))
	assert.NotEqual(t, out, SentID("talk", "bea", "c1"))
	assert.NotEqual(t, out, SentID("talk-2", "ana", "c1"))
	assert.NotEqual(t, out, SentID("talk", "ana", "c2"))
	assert.NotEqual(t, hash("in", "a", "b", "c"), hash("out", "a", "b", "c"))
}

func TestAssetsAndTokens(t *testing.T) {
	assert.Equal(t, "whatsapp:111", AssetID(WhatsApp, "111"))
	assert.Equal(t, "sales|whatsapp|any", Token("sales", WhatsApp))
}

func TestMicro(t *testing.T) {
	madrid := time.FixedZone("CET", 3600)
	assert.Equal(t, time.Date(2026, 3, 2, 9, 0, 0, 1000, time.UTC), Micro(time.Date(2026, 3, 2, 10, 0, 0, 1999, madrid)))
	assert.True(t, Micro(time.Time{}).IsZero())
}

func TestTimesAreAsPreciseAsTheChannels(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 999_999_999, time.FixedZone("CET", 3600))
	assert.Equal(t, nine, WhatsApp.cut(at))
	assert.Equal(t, time.Date(2026, 3, 2, 9, 0, 0, 999_999_000, time.UTC), Channel("pigeon").cut(at))
}

func TestWhoIsOwedAMove(t *testing.T) {
	for _, r := range []Owed{
		&Agent{DueAt: nine}, &Lease{DueAt: nine}, &Parked{DueAt: nine}, &Offer{DueAt: nine}, &Message{DueAt: nine},
	} {
		assert.Equal(t, nine, r.Due(), r.Record())
	}
}
