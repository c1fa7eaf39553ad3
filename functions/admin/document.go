package admin

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/deskline/deskline/shared/api"
)

// valuesMax is how many values a file may hold, aliases followed. The largest centre needs about a tenth; a parsed value
// takes about 200 bytes.
const valuesMax = 500_000

// document parses the one YAML document of a file. What it cannot parse comes back as a mistake.
func document(body []byte) (*yaml.Node, *api.ImportError) {
	if values(body) > valuesMax {
		return nil, &api.ImportError{Line: 1, Message: tooManyValues}
	}
	src := &lines{rest: body}
	dec := yaml.NewDecoder(src)
	var doc, more yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &api.ImportError{Line: 1, Message: "the file is empty"}
	} else if err != nil {
		return nil, src.syntax(err)
	}
	if err := dec.Decode(&more); err == nil {
		return nil, &api.ImportError{Line: more.Line, Column: more.Column, Message: "a second document begins here; a file is one"}
	} else if !errors.Is(err, io.EOF) {
		return nil, src.syntax(err)
	}
	return doc.Content[0], nil
}

// values is how many values the text has at most: what stands between two of them is one of a few characters.
func values(body []byte) int {
	n := 1
	for _, c := range body {
		switch c {
		case ',', '[', '{', '-', '?':
			n++
		case ':':
			n += 2
		}
	}
	return n
}

// lines gives the text to the parser one line at a time and counts them: where the parser stops, the mistake is. Its
// own messages name the line where the list or mapping began, or none.
type lines struct {
	rest []byte
	line int  // the last one given
	part bool // of which only the beginning was given
	text int  // the last one that is not blank
}

// Read implements io.Reader.
func (l *lines) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		return 0, io.EOF
	}
	n := bytes.IndexByte(l.rest, '\n') + 1
	whole := n > 0 && n <= len(p)
	if !whole {
		n = min(len(p), len(l.rest))
	}
	if !l.part {
		l.line++
	}
	if len(bytes.TrimSpace(l.rest[:n])) > 0 {
		l.text = l.line
	}
	l.part = !whole
	copy(p, l.rest[:n])
	l.rest = l.rest[n:]
	return n, nil
}

// syntaxError is the text of the parser's errors; there is no type for them.
var syntaxError = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// syntax is the mistake the parser stopped at. Only its scanner's messages give the right line themselves.
func (l *lines) syntax(err error) *api.ImportError {
	line, text := max(l.text, 1), err.Error()
	if m := syntaxError.FindStringSubmatch(text); m != nil {
		text = m[2]
		n, err := strconv.Atoi(m[1])
		if err == nil && n <= line && !strings.HasPrefix(text, "did not find expected") {
			line = n
		}
	}
	return &api.ImportError{Line: line, Message: "not YAML: " + short(text)}
}

// shortMax is how many characters of a file's own text a message repeats.
const shortMax = 64

// short cuts a text from the file for a message.
func short(s string) string {
	if r := []rune(s); len(r) > shortMax {
		return string(r[:shortMax]) + "…"
	}
	return s
}
