package firestore

import (
	"slices"
	"strings"
	"unicode/utf8"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// nameField is the field path that stands for a document's name.
const nameField = "__name__"

// fieldPath names a field, each element one level of maps.
type fieldPath []string

// String is the path in the service's syntax: simple names bare, others in backquotes.
// Two paths are the same field exactly when their strings are equal.
func (p fieldPath) String() string {
	if len(p) == 1 && simpleName(p[0]) {
		return p[0]
	}
	var b strings.Builder
	for i, name := range p {
		if i > 0 {
			b.WriteByte('.')
		}
		if simpleName(name) {
			b.WriteString(name)
			continue
		}
		b.WriteByte('`')
		b.WriteString(quoter.Replace(name))
		b.WriteByte('`')
	}
	return b.String()
}

var quoter = strings.NewReplacer("`", "\\`", `\`, `\\`)

// isName reports whether the path is the document's name.
func (p fieldPath) isName() bool { return len(p) == 1 && p[0] == nameField }

// within reports whether the path is outer or below it.
func (p fieldPath) within(outer fieldPath) bool {
	return len(outer) <= len(p) && slices.Equal(outer, p[:len(outer)])
}

// in is the value at the path, nil when the document has no such field.
func (p fieldPath) in(fields map[string]*pb.Value) *pb.Value {
	last := len(p) - 1
	for _, name := range p[:last] {
		fields = fields[name].GetMapValue().GetFields()
	}
	return fields[p[last]]
}

func mapValue(fields map[string]*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_MapValue{MapValue: &pb.MapValue{Fields: fields}}}
}

// parseFieldPath reads the service's syntax. A reserved name is refused, __name__ included:
// callers that allow it look for it first.
func parseFieldPath(s string) (fieldPath, error) {
	if len(s) > maxNameBytes {
		return nil, invalid("a field path of %d bytes is longer than the allowed %d", len(s), maxNameBytes)
	}
	var path fieldPath
	for rest := s; ; {
		name, after, err := cutFieldName(s, rest)
		if err != nil {
			return nil, err
		}
		if err := checkFieldName(name); err != nil {
			return nil, err
		}
		path = append(path, name)
		if after == "" {
			return path, nil
		}
		rest = after[1:]
	}
}

// cutFieldName takes the first name off rest; what follows is empty or starts with a dot.
func cutFieldName(whole, rest string) (name, after string, err error) {
	if strings.HasPrefix(rest, "`") {
		return cutQuotedName(whole, rest)
	}
	end := strings.IndexByte(rest, '.')
	if end < 0 {
		end = len(rest)
	}
	if !simpleName(rest[:end]) {
		return "", "", invalid("field path %q: %q must be quoted with backquotes or match [a-zA-Z_][a-zA-Z_0-9]*", whole, rest[:end])
	}
	return rest[:end], rest[end:], nil
}

func cutQuotedName(whole, rest string) (name, after string, err error) {
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
			if i == len(rest) {
				return "", "", invalid("field path %q ends in a backslash", whole)
			}
			b.WriteByte(rest[i])
		case '`':
			after = rest[i+1:]
			if after != "" && after[0] != '.' {
				return "", "", invalid("field path %q: a dot must follow a closing backquote", whole)
			}
			return b.String(), after, nil
		default:
			b.WriteByte(rest[i])
		}
	}
	return "", "", invalid("field path %q has an unclosed backquote", whole)
}

func simpleName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// checkFieldName applies the rules for field names.
// Source: cloud.google.com/firestore/quotas, read 2026-11-21.
func checkFieldName(name string) error {
	switch {
	case name == "":
		return invalid("a field name is empty")
	case !utf8.ValidString(name):
		return invalid("field name %q is not valid UTF-8", name)
	case len(name) > maxNameBytes:
		return invalid("a field name of %d bytes is longer than the allowed %d", len(name), maxNameBytes)
	case reserved(name):
		return invalid("field name %q is reserved: it matches __.*__", name)
	}
	return nil
}
