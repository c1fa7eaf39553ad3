package fold

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":               "",
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
