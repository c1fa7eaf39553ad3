package pubsub

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFilterBytes is the longest subscription filter. Source: Pub/Sub quotas page, read 2026-11-21.
const maxFilterBytes = 256

// filter reports whether a subscription wants a message with these attributes.
type filter func(attributes map[string]string) bool

// parseFilter compiles Pub/Sub's filter language over attributes:
//
//	attributes:key    attributes.key = "value"    attributes.key != "value"    hasPrefix(attributes.key, "prefix")
//
// joined by NOT (or -), AND, OR, in falling order of binding, and parentheses. A key may be quoted. As in production, !=
// also matches a message without the key. An empty text wants everything.
func parseFilter(text string) (filter, error) {
	if text == "" {
		return func(map[string]string) bool { return true }, nil
	}
	if len(text) > maxFilterBytes {
		return nil, fmt.Errorf("filter is %d bytes, at most %d are allowed", len(text), maxFilterBytes)
	}
	p := &filterParser{rest: text}
	p.next()
	f, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.kind != tokenEnd {
		return nil, p.unexpected("AND, OR or the end")
	}
	return f, nil
}

type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenWord             // unquoted text: a keyword, an operator's name or a key
	tokenString           // quoted text, already unquoted
	tokenSign             // one of ( ) , : . = != -
	tokenBad              // what no filter may hold
)

// filterParser reads one token ahead: kind and text describe it, rest is what follows.
type filterParser struct {
	rest string
	kind tokenKind
	text string
}

func (p *filterParser) next() {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	switch {
	case p.rest == "":
		p.kind, p.text = tokenEnd, ""
	case p.rest[0] == '"':
		p.quoted()
	case strings.HasPrefix(p.rest, "!="):
		p.take(tokenSign, 2)
	case strings.IndexByte("(),:.=-", p.rest[0]) >= 0:
		p.take(tokenSign, 1)
	default:
		if n := wordLen(p.rest); n > 0 {
			p.take(tokenWord, n)
			return
		}
		_, n := utf8.DecodeRuneInString(p.rest)
		p.take(tokenBad, n)
	}
}

func (p *filterParser) take(kind tokenKind, n int) {
	p.kind, p.text, p.rest = kind, p.rest[:n], p.rest[n:]
}

// wordLen is the length of the unquoted word s starts with. A hyphen inside a word belongs to it.
func wordLen(s string) int {
	for i, r := range s {
		if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || (r == '-' && i > 0) {
			continue
		}
		return i
	}
	return len(s)
}

func (p *filterParser) quoted() {
	var out strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.kind, p.text, p.rest = tokenString, out.String(), p.rest[i+1:]
			return
		case c == '\\' && i+1 < len(p.rest):
			i++
			out.WriteByte(p.rest[i])
		default:
			out.WriteByte(c)
		}
	}
	p.take(tokenBad, len(p.rest))
}

func (p *filterParser) is(kind tokenKind, text string) bool {
	return p.kind == kind && p.text == text
}

// accept takes the token if it is this one.
func (p *filterParser) accept(kind tokenKind, text string) bool {
	if !p.is(kind, text) {
		return false
	}
	p.next()
	return true
}

func (p *filterParser) expectSign(sign string) error {
	if !p.accept(tokenSign, sign) {
		return p.unexpected(fmt.Sprintf("%q", sign))
	}
	return nil
}

func (p *filterParser) unexpected(want string) error {
	if p.kind == tokenEnd {
		return fmt.Errorf("filter ends where %s was expected", want)
	}
	return fmt.Errorf("filter has %q where %s was expected", p.text, want)
}

func (p *filterParser) or() (filter, error) {
	left, err := p.and()
	for err == nil && p.accept(tokenWord, "OR") {
		var right filter
		if right, err = p.and(); err == nil {
			l := left
			left = func(a map[string]string) bool { return l(a) || right(a) }
		}
	}
	return left, err
}

func (p *filterParser) and() (filter, error) {
	left, err := p.not()
	for err == nil && p.accept(tokenWord, "AND") {
		var right filter
		if right, err = p.not(); err == nil {
			l := left
			left = func(a map[string]string) bool { return l(a) && right(a) }
		}
	}
	return left, err
}

func (p *filterParser) not() (filter, error) {
	if !p.accept(tokenWord, "NOT") && !p.accept(tokenSign, "-") {
		return p.term()
	}
	f, err := p.not()
	if err != nil {
		return nil, err
	}
	return func(a map[string]string) bool { return !f(a) }, nil
}

func (p *filterParser) term() (filter, error) {
	switch {
	case p.accept(tokenSign, "("):
		f, err := p.or()
		if err != nil {
			return nil, err
		}
		return f, p.expectSign(")")
	case p.accept(tokenWord, "hasPrefix"):
		return p.hasPrefix()
	case p.accept(tokenWord, "attributes"):
		return p.attribute()
	}
	return nil, p.unexpected("attributes or hasPrefix")
}

// attribute parses what follows the word: a presence test or a comparison.
func (p *filterParser) attribute() (filter, error) {
	if p.accept(tokenSign, ":") {
		key, err := p.key()
		return func(a map[string]string) bool { _, ok := a[key]; return ok }, err
	}
	if err := p.expectSign("."); err != nil {
		return nil, err
	}
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	equal := p.is(tokenSign, "=")
	if !equal && !p.is(tokenSign, "!=") {
		return nil, p.unexpected("= or !=")
	}
	p.next()
	want, err := p.value()
	return func(a map[string]string) bool {
		got, ok := a[key]
		return (ok && got == want) == equal
	}, err
}

// hasPrefix parses what follows the word.
func (p *filterParser) hasPrefix() (filter, error) {
	if err := p.expectSign("("); err != nil {
		return nil, err
	}
	if !p.accept(tokenWord, "attributes") {
		return nil, p.unexpected("attributes")
	}
	if err := p.expectSign("."); err != nil {
		return nil, err
	}
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	if err := p.expectSign(","); err != nil {
		return nil, err
	}
	prefix, err := p.value()
	if err != nil {
		return nil, err
	}
	return func(a map[string]string) bool {
		got, ok := a[key]
		return ok && strings.HasPrefix(got, prefix)
	}, p.expectSign(")")
}

func (p *filterParser) key() (string, error) {
	if p.kind != tokenWord && p.kind != tokenString {
		return "", p.unexpected("an attribute's key")
	}
	key := p.text
	p.next()
	return key, nil
}

func (p *filterParser) value() (string, error) {
	if p.kind != tokenString {
		return "", p.unexpected("a quoted text")
	}
	value := p.text
	p.next()
	return value, nil
}
