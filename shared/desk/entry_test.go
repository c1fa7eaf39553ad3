package desk

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestQueueFor(t *testing.T) {
	rule := func(on EntryKind, value string) []EntryRule {
		return []EntryRule{{On: on, Value: value, Queue: "there"}}
	}
	says := func(text string) Arrival { return Arrival{Text: text} }
	came := func(e Entrance) Arrival { return Arrival{Entrance: e} }
	tests := []struct {
		name  string
		rules []EntryRule
		in    Arrival
		want  string
	}{
		{"no rules", nil, says("hola"), "home"},
		{"intent", rule(EntryIntent, "billing"), came(Entrance{Intent: "billing"}), "there"},
		{"intent in capitals", rule(EntryIntent, "Billing"), came(Entrance{Intent: "BILLING"}), "there"},
		{"part of an intent", rule(EntryIntent, "bill"), came(Entrance{Intent: "billing"}), "home"},
		{"intent of two words", rule(EntryIntent, "new order"), came(Entrance{Intent: "new order"}), "there"},
		{"no intent", rule(EntryIntent, "billing"), says("billing"), "home"},
		{"rule without a value", rule(EntryIntent, ""), says("hola"), "home"},
		{"group", rule(EntryGroup, "returns"), came(Entrance{Group: "Returns"}), "there"},
		{"group is no intent", rule(EntryGroup, "returns"), came(Entrance{Intent: "returns"}), "home"},
		{"ref", rule(EntryRef, "summer-26"), came(Entrance{Ref: "summer-26"}), "there"},
		{"longer ref", rule(EntryRef, "summer-26"), came(Entrance{Ref: "summer-26-b"}), "home"},
		{"locale", rule(EntryLocale, "es"), came(Entrance{Locale: "es"}), "there"},
		{"its country", rule(EntryLocale, "es"), came(Entrance{Locale: "es-MX"}), "there"},
		{"its country with _", rule(EntryLocale, "es"), came(Entrance{Locale: "es_MX"}), "there"},
		{"capitals", rule(EntryLocale, "ES-mx"), came(Entrance{Locale: "es_MX"}), "there"},
		{"another country", rule(EntryLocale, "es-MX"), came(Entrance{Locale: "es-AR"}), "home"},
		{"less exact than the rule", rule(EntryLocale, "es-MX"), came(Entrance{Locale: "es"}), "home"},
		{"another language", rule(EntryLocale, "es"), came(Entrance{Locale: "est"}), "home"},
		{"language as a country", rule(EntryLocale, "es"), came(Entrance{Locale: "ca-ES"}), "home"},
		{"no locale", rule(EntryLocale, "es"), says("es"), "home"},
		{"keyword", rule(EntryKeyword, "refund"), says("I want a refund now"), "there"},
		{"keyword alone", rule(EntryKeyword, "refund"), says("Refund!"), "there"},
		{"part of a word", rule(EntryKeyword, "fund"), says("refund"), "home"},
		{"beginning of a word", rule(EntryKeyword, "order"), says("orders"), "home"},
		{"words", rule(EntryKeyword, "order status"), says("Hi - my ORDER,  status?"), "there"},
		{"words apart", rule(EntryKeyword, "order status"), says("order of unknown status"), "home"},
		{"words turned", rule(EntryKeyword, "order status"), says("status order"), "home"},
		{"words cut off", rule(EntryKeyword, "order status"), says("my order"), "home"},
		{"again after a false start", rule(EntryKeyword, "order order status"), says("order order order status"), "there"},
		{"accents", rule(EntryKeyword, "DEVOLUCIÓN"), says("¿una devolución?"), "there"},
		{"accent missing", rule(EntryKeyword, "devolución"), says("devolucion"), "home"},
		{"Greek", rule(EntryKeyword, "παραγγελία"), says("Η ΠΑΡΑΓΓΕΛΊΑ μου"), "there"},
		{"Arabic with marks", rule(EntryKeyword, "طَلَب"), says("هذا طَلَب جديد"), "there"},
		{"a mark more is another word", rule(EntryKeyword, "e"), says("e\u0301"), "home"},
		{"digits", rule(EntryKeyword, "24h"), says("(24H)"), "there"},
		{"emoji between", rule(EntryKeyword, "big sale"), says("big 🎉 sale"), "there"},
		{"keyword of signs", rule(EntryKeyword, "?!"), says("what?!"), "home"},
		{"empty text", rule(EntryKeyword, "refund"), says(""), "home"},
		{"unknown kind", rule("mood", "bad"), says("bad"), "home"},
		{"the first that fits", []EntryRule{
			{On: EntryKeyword, Value: "refund", Queue: "refunds"}, {On: EntryLocale, Value: "es", Queue: "spanish"}, {On: EntryKeyword, Value: "money", Queue: "money"}},
			Arrival{Text: "money", Entrance: Entrance{Locale: "es"}}, "spanish"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, RuleFor(Asset{Queue: "home", Rules: tt.rules}, tt.in).Queue)
		})
	}
}

func TestWhatARuleCouldFit(t *testing.T) {
	assert.True(t, EntryRule{On: EntryRef, Value: "#"}.Fits())
	assert.False(t, EntryRule{On: EntryRef}.Fits())
	for _, on := range []EntryKind{EntryLocale, EntryKeyword} {
		assert.True(t, EntryRule{On: on, Value: " es "}.Fits())
		assert.False(t, EntryRule{On: on, Value: "#"}.Fits())
		assert.False(t, EntryRule{On: on}.Fits())
	}
}
