package pubsub

import (
	"strings"
	"testing"

	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilter(t *testing.T) {
	es := map[string]string{"lang": "es", "kind": "offer.made"}
	en := map[string]string{"lang": "en"}
	none := map[string]string(nil)
	odd := map[string]string{"iana.org/language tag": "es", "みんな": "x", "quo\"te": `back\slash`}
	for text, want := range map[string][4]bool{ // es, en, none, odd
		``:                               {true, true, true, true},
		`attributes:lang`:                {true, true, false, false},
		`attributes:"lang"`:              {true, true, false, false},
		`attributes.lang="es"`:           {true, false, false, false},
		`attributes.lang = "es"`:         {true, false, false, false},
		`attributes.lang != "es"`:        {false, true, true, true},
		`NOT attributes.lang = "es"`:     {false, true, true, true},
		`-attributes:lang`:               {false, false, true, true},
		`NOT NOT attributes:lang`:        {true, true, false, false},
		`hasPrefix(attributes.lang,"e")`: {true, true, false, false},
		`hasPrefix(attributes.kind, "offer.") AND attributes.lang = "es"`:         {true, false, false, false},
		`attributes:kind OR attributes.lang = "en"`:                               {true, true, false, false},
		`attributes.lang = "en" OR attributes:kind AND attributes.lang = "xx"`:    {false, true, false, false},
		`(attributes.lang = "en" OR attributes:kind) AND attributes.lang != "en"`: {true, false, false, false},
		`NOT (attributes:kind OR attributes:lang)`:                                {false, false, true, true},
		`attributes."iana.org/language tag" = "es"`:                               {false, false, false, true},
		`attributes:みんな`:                                                          {false, false, false, true},
		`attributes."quo\"te" = "back\\slash"`:                                    {false, false, false, true},
		`attributes:x-none OR attributes.lang = "es"`:                             {true, false, false, false},
		"\tattributes:lang\n":                                                     {true, true, false, false},
	} {
		t.Run(text, func(t *testing.T) {
			f, err := parseFilter(text)
			require.NoError(t, err)
			assert.Equal(t, want, [4]bool{f(es), f(en), f(none), f(odd)})
		})
	}
}

func TestBadFilter(t *testing.T) {
	for text, want := range map[string]string{
		`lang = "es"`:                                   `filter has "lang" where attributes or hasPrefix was expected`,
		`attributes`:                                    `filter ends where "." was expected`,
		`attributes.`:                                   `filter ends where an attribute's key was expected`,
		`attributes:`:                                   `filter ends where an attribute's key was expected`,
		`attributes.lang`:                               `filter ends where = or != was expected`,
		`attributes.lang = `:                            `filter ends where a quoted text was expected`,
		`attributes.lang = es`:                          `filter has "es" where a quoted text was expected`,
		`attributes.lang = $`:                           `filter has "$" where a quoted text was expected`,
		`attributes.lang = "es`:                         `filter has "\"es" where a quoted text was expected`,
		`attributes.lang > "es"`:                        `filter has ">" where = or != was expected`,
		`(attributes:lang`:                              `filter ends where ")" was expected`,
		`attributes:lang)`:                              `filter has ")" where AND, OR or the end was expected`,
		`attributes:lang AND`:                           `filter ends where attributes or hasPrefix was expected`,
		`attributes:lang OR OR attributes:kind`:         `filter has "OR" where attributes or hasPrefix was expected`,
		`attributes:lang attributes:kind`:               `filter has "attributes" where AND, OR or the end was expected`,
		`hasPrefix(attributes.lang)`:                    `filter has ")" where "," was expected`,
		`hasPrefix(lang, "e")`:                          `filter has "lang" where attributes was expected`,
		`hasPrefix(attributes.lang, "e"`:                `filter ends where ")" was expected`,
		`hasPrefix attributes.lang`:                     `filter has "attributes" where "(" was expected`,
		`hasPrefix(attributes:lang, "e")`:               `filter has ":" where "." was expected`,
		`hasPrefix(attributes.lang, e)`:                 `filter has "e" where a quoted text was expected`,
		`NOT`:                                           `filter ends where attributes or hasPrefix was expected`,
		`attributes:"` + strings.Repeat("x", 250) + `"`: `filter is 263 bytes, at most 256 are allowed`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := parseFilter(text)
			assert.EqualError(t, err, want)
		})
	}
}

// Text of any kind is compiled or refused.
func FuzzFilterNeverPanics(f *testing.F) {
	f.Add(`attributes.lang = "es" AND NOT hasPrefix(attributes.kind, "x")`)
	f.Add(`-(attributes:a OR attributes."b" != "c\"d")`)
	f.Add("\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		match, err := parseFilter(text)
		if err != nil || text == "" {
			return
		}
		match(map[string]string{"a": "b"})
	})
}

func TestFilterAgreesWithTheClientsFake(t *testing.T) {
	for _, text := range []string{
		`attributes:lang`, `attributes.lang = "es"`, `NOT attributes:lang OR attributes.lang != "x"`, `hasPrefix(attributes.a, "b")`,
	} {
		_, err := parseFilter(text)
		assert.NoError(t, err)
		assert.NoError(t, pstest.ValidateFilter(text))
	}
	for _, text := range []string{`(attributes.name = "com"`, `attributes.name = $`, `attributes.name = `, `hasPrefix(attributes.name)`} {
		_, err := parseFilter(text)
		assert.Error(t, err)
		assert.Error(t, pstest.ValidateFilter(text))
	}
}
