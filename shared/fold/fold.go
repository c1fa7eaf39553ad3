// Package fold compares texts as people do who search: neither case nor accents matter.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// letters are what people type without a stroke or as two letters, and Unicode does not take apart.
var letters = strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "ħ", "h", "ŧ", "t", "ı", "i", "æ", "ae", "œ", "oe")

// Text is the text as searches compare it: "GARANTÍA" and "garantia" are the same, and so are "Straße" and "strasse".
func Text(text string) string {
	if ascii(text) {
		return strings.ToLower(text) // taking apart what needs it costs 8 kB of memory
	}
	plain, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), text)
	if err != nil {
		plain = text // text that is no text has no accents
	}
	return letters.Replace(strings.ToLower(cases.Fold().String(plain))) // Cherokee folds to its capitals
}

func ascii(text string) bool {
	for n := range len(text) {
		if text[n] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Words are the folded words of a text, in its order: what stands between anything but letters and digits.
func Words(text string) []string {
	return strings.FieldsFunc(Text(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
