package fold

import (
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":               "",
		"Wrap-Up @7 [x]": "wrap-up @7 [x]",
		"GARANTÍA":       "garantia",
		"Garanti\u0301a": "garantia",
		"Straße":         "strasse",
		"Año":            "ano",
		"Žiga Čeh":       "ziga ceh",
		"Łukasz Øre":     "lukasz ore",
		"İzmir ılık":     "izmir ilik",
		"Ærø Œuvre":      "aero oeuvre",
		"ﬁn":             "fin",
		"Ａｎａ":            "ana",
		"李小龙":            "李小龙",
		"😀":              "😀",
		"a\xffb":         "a\ufffdb",
	} {
		assert.Equal(t, want, Text(text), "%q", text)
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    {},
		"  😀 - ":              {},
		"Ana María  del-Pino": {"ana", "maria", "del", "pino"},
		"O’Brien, Pat":        {"o", "brien", "pat"},
		"+34 600":             {"34", "600"},
		"李小龙":                 {"李小龙"},
	} {
		assert.Equal(t, want, Words(text), "%q", text)
	}
}

func TestFoldingAgainChangesNothing(t *testing.T) {
	assert.Equal(t, Text("Ꮷ"), Text("ꮷ"), "Cherokee, whose capitals are the older letters")
	rapid.Check(t, func(t *rapid.T) {
		once := Text(rapid.String().Draw(t, "text"))
		assert.Equal(t, once, Text(once))
	})
}

func TestTextWithoutAccentsIsFoldedAsWithThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom(nil, &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0, Hi: 127, Stride: 1}}})).Draw(t, "text")
		with := Text(text + " é")
		assert.Equal(t, with[:len(with)-len(" e")], Text(text))
	})
}
