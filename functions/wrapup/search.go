package wrapup

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// match shows a reason if it or one of its sub-reasons has the text, which is folded, in its name. A reason that is
// found only by sub-reasons shows those.
func match(r desk.Reason, text string) (api.Reason, bool) {
	has := func(name string) bool { return strings.Contains(folded(name), text) }
	out := api.Reason{ID: r.ID, Name: r.Name}
	for _, s := range r.SubReasons {
		if has(r.Name) || has(s.Name) {
			out.SubReasons = append(out.SubReasons, api.Ref{ID: s.ID, Name: s.Name})
		}
	}
	return out, has(r.Name) || len(out.SubReasons) > 0
}

// folded is the text as the search compares it: without case and accents, so that "garantia" finds "Garantía".
func folded(text string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), text)
	if err != nil {
		plain = text // text that is no text has no accents
	}
	return cases.Fold().String(plain)
}
