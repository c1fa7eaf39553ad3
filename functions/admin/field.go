package admin

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskline/deskline/shared/desk"
)

// Limits of fields, in characters.
const (
	idMax      = 64
	nameMax    = 200
	emailMax   = 254 // RFC 5321, section 4.5.3.1.3, read 2026-11: a path of 256 with its brackets
	accountMax = 32
)

var validID = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

// name is a text for people.
func (o object) name(key string) string {
	v := o.key(key)
	s, ok := v.text()
	switch {
	case !ok:
	case s == "":
		v.wrong("must not be empty")
	case utf8.RuneCountInString(s) > nameMax:
		v.wrong("may have at most %d characters", nameMax)
	case strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl):
		v.wrong("must be one line without spaces around it")
	}
	return s
}

// id is the ID of what is described. Of two with the same one in seen, the second is the mistake; a bad ID counts too,
// so that what refers to it is no second mistake.
func (o object) id(what string, seen map[string]int) string {
	v := o.key("id")
	s, ok := v.text()
	if !ok {
		return ""
	}
	if !goodID(s) {
		v.wrong("an ID has 1 to %d lower-case letters, digits, - and _", idMax)
	}
	v.once(seen, s, fmt.Sprintf("%s %q", what, short(s)))
	return s
}

// goodID reports whether s is an ID of ours that a document can have too. Source: Firestore quotas and limits, read
// 2026-11: no ID may match __.*__.
func goodID(s string) bool {
	return validID.MatchString(s) && !(strings.HasPrefix(s, "__") && strings.HasSuffix(s, "__"))
}

// once notes a mistake when seen has the key already.
func (v value) once(seen map[string]int, key, what string) {
	if line, twice := seen[key]; twice {
		v.wrong("there is another %s in line %d", what, line)
		return
	}
	seen[key] = v.node.Line
}

// id is the ID of a record.
func (f *file) id(o object, kind desk.RecordKind) string {
	return o.id(string(kind), f.linesOf(kind))
}

// linesOf is where each record of a kind is described.
func (f *file) linesOf(kind desk.RecordKind) map[string]int {
	if f.lines[kind] == nil {
		f.lines[kind] = map[string]int{}
	}
	return f.lines[kind]
}

// refer is the ID of another record, which check looks for.
func (f *file) refer(v value, kind desk.RecordKind) string {
	s, ok := v.text()
	if ok {
		f.refs = append(f.refs, reference{value: v, kind: kind, id: s})
	}
	return s
}

// duration is a duration between low and high; absent, it is def.
func (v value) duration(low, high, def time.Duration) time.Duration {
	if !v.given {
		return def
	}
	s, ok := v.scalar("!!str", "a duration such as 20s or 2m")
	if !ok {
		return def
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		v.wrong("must be a duration such as 20s or 2m")
	case d < low || d > high:
		v.wrong("must be from %s to %s", low, high)
	}
	return d
}

// email is an address in lower case.
func (v value) email() string {
	s, ok := v.text()
	if !ok {
		return ""
	}
	at, err := mail.ParseAddress(s)
	if err != nil || at.Address != s || at.Name != "" || len(s) > emailMax {
		v.wrong("must be an e-mail address such as ana@example.com")
		return ""
	}
	return strings.ToLower(s)
}

var digits = regexp.MustCompile(`^[0-9]{1,32}$`)

// account is the channel's ID of an asset: Meta's are numbers.
func (v value) account(c desk.Channel) string {
	s, ok := v.text()
	if what, known := accounts[c]; ok && known && !digits.MatchString(s) {
		v.wrong("a %s: up to %d digits", what, accountMax)
		return ""
	}
	return s
}

var accounts = map[desk.Channel]string{
	desk.WhatsApp:  "WhatsApp account is the phone number ID",
	desk.Messenger: "Messenger account is the page ID",
}

// secretPart is how long a run of letters and digits in a secret's name may be: secrets are longer.
var secretPart = regexp.MustCompile(`[a-z0-9]{25}`)

// secret is the name of a secret. The message never repeats the value: it may be the secret itself.
func (v value) secret() string {
	s, ok := v.text()
	if ok && (!goodID(s) || secretPart.MatchString(s)) {
		v.wrong("must be the name of a secret such as whatsapp-acme, never the secret itself")
		return ""
	}
	return s
}
