package meta

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits for what is kept of a webhook's texts. No message of Meta's comes near TextMax, and records stay far below what
// the database takes.
const (
	TextMax = 65536 // bytes of a text
	LineMax = 200   // code points of a name, a title or another single line
)

// Word is s if it consists of at most limit letters, digits, "_", "-" and "." of ASCII, and empty otherwise. What is
// meant to be part of a document's name, or to be one of our IDs, goes through it.
func Word(s string, limit int) string {
	if len(s) > limit {
		return ""
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
		default:
			return ""
		}
	}
	return s
}

// Clip cuts s to limit bytes, between two code points.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// Line makes text that was meant to be one line into one: control characters and those that turn the direction of
// writing count as space, runs of space become one and those at the ends none, and what is beyond limit code points is
// cut.
func Line(s string, limit int) string {
	s = Clip(s, TextMax)
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	}), " ")
	n := 0
	for i := range s {
		if n == limit {
			return strings.TrimSuffix(s[:i], " ")
		}
		n++
	}
	return s
}

// Bracket is "[name] part, part" without the empty parts: how a message without a view of its own is shown.
func Bracket(name string, parts ...string) string {
	full := slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" })
	if len(full) == 0 {
		return "[" + name + "]"
	}
	return "[" + name + "] " + strings.Join(full, ", ")
}
