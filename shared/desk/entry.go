package desk

import (
	"strings"
	"unicode"
)

// RuleFor is what becomes of a conversation that begins with the arrival: the first of the asset's rules that fits, else one
// that leads to the asset's own queue. A rule without a value fits nothing. All comparing is without regard to case.
//
// A rule on a locale fits it and every one that is more exact: "es" fits "es-MX" and "es_MX", not "est". One on a keyword
// fits when its words stand in the text one after the other, each whole: "order status" fits "My ORDER-STATUS?", not
// "reorder status". Words are runs of letters, marks and digits; what stands between them does not count.
func RuleFor(asset Asset, in Arrival) EntryRule {
	for _, rule := range asset.Rules {
		if rule.fits(in) {
			return rule
		}
	}
	return EntryRule{Queue: asset.Queue}
}

func (r EntryRule) fits(in Arrival) bool {
	switch r.On {
	case EntryIntent:
		return alike(r.Value, in.Entrance.Intent)
	case EntryGroup:
		return alike(r.Value, in.Entrance.Group)
	case EntryRef:
		return alike(r.Value, in.Entrance.Ref)
	case EntryLocale:
		return within(words(r.Value), words(in.Entrance.Locale)) == 0
	case EntryKeyword:
		return within(words(r.Value), words(in.Text)) >= 0
	}
	return false
}

// Fits reports whether there is anything the rule could fit.
func (r EntryRule) Fits() bool {
	if r.On == EntryLocale || r.On == EntryKeyword {
		return len(words(r.Value)) > 0
	}
	return r.Value != ""
}

func alike(value, told string) bool { return value != "" && strings.EqualFold(value, told) }

// words are the runs of letters, marks and digits in a text. Marks belong to the letter before them.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
	})
}

// within is where the first list stands in the second, one after the other; -1 when it does not, or is empty.
func within(some, all []string) int {
	for at := 0; len(some) > 0 && at+len(some) <= len(all); at++ {
		n := 0
		for n < len(some) && strings.EqualFold(some[n], all[at+n]) {
			n++
		}
		if n == len(some) {
			return at
		}
	}
	return -1
}
