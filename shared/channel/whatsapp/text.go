package whatsapp

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/channel/meta"
)

// How much is kept of what a webhook says, so that a record stays far below what the database takes. No message of
// WhatsApp's comes near.
const (
	textMax  = 65536 // bytes of a text
	valueMax = 2048  // bytes of an answer in a form, or of an advertisement's text
	linkMax  = 2048  // bytes of an address
	nameMax  = 200   // code points of a name
)

// bracket is "[name] part, part" without the empty parts.
func bracket(name string, parts ...string) string {
	full := slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" })
	if len(full) == 0 {
		return "[" + name + "]"
	}
	return "[" + name + "] " + strings.Join(full, ", ")
}

// clip cuts s to limit bytes, between two code points.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// whole is s if it has at most limit bytes, and empty otherwise: a part of an ID is no ID.
func whole(s meta.Scalar, limit int) string {
	if len(s) > limit {
		return ""
	}
	return string(s)
}

// link is s if it is the address of a page or file that can be followed safely, and empty otherwise.
func link(s meta.Scalar) string {
	if s == "" || len(s) > linkMax {
		return ""
	}
	u, err := url.Parse(string(s))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return string(s)
}

// line makes text that was meant to be one line into one: control characters and those that turn the direction of
// writing count as space, runs of space become one, and what is beyond limit code points is cut.
func line(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	}), " ")
	n := 0
	for i := range s {
		if n == limit {
			return s[:i]
		}
		n++
	}
	return s
}
