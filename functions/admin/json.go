package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// jsonDocument reads a JSON text as the values of a file, each with its place. A YAML parser would take nearly every
// JSON text, but not the characters outside the basic plane that some encoders write as two escapes.
func jsonDocument(body []byte) (*yaml.Node, error) {
	t := &jsonText{body: body, dec: json.NewDecoder(bytes.NewReader(body)), line: 1}
	t.dec.UseNumber()
	return t.value()
}

type jsonText struct {
	body   []byte
	dec    *json.Decoder
	at     int // up to where line and column have counted
	line   int
	column int // characters of the line up to there
}

// pass counts on to a place. It comes over every byte once: a body may be one long line of many values.
func (t *jsonText) pass(to int) {
	for _, r := range string(t.body[t.at:to]) {
		t.column++
		if r == '\n' {
			t.line, t.column = t.line+1, 0
		}
	}
	t.at = to
}

// node begins a value at the next token.
func (t *jsonText) node(kind yaml.Kind, tag string) *yaml.Node {
	rest := t.body[t.at:]
	t.pass(t.at + len(rest) - len(bytes.TrimLeft(rest, " \t\r\n,:")))
	return &yaml.Node{Kind: kind, Tag: tag, Line: t.line, Column: t.column + 1}
}

func (t *jsonText) value() (*yaml.Node, error) {
	token, err := t.dec.Token()
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	n := t.node(yaml.ScalarNode, "!!null")
	t.pass(int(t.dec.InputOffset()))
	switch token := token.(type) {
	case string:
		n.Tag, n.Value = "!!str", token
	case bool:
		n.Tag, n.Value = "!!bool", fmt.Sprint(token)
	case json.Number:
		n.Tag, n.Value = "!!int", token.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
	case json.Delim:
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
		if token == '[' {
			n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		}
		return n, t.members(n)
	}
	return n, nil
}

// members reads what is in a list or, key and value in turn, in an object.
func (t *jsonText) members(of *yaml.Node) error {
	for t.dec.More() {
		n, err := t.value()
		if err != nil {
			return err
		}
		of.Content = append(of.Content, n)
	}
	_, err := t.dec.Token()
	t.pass(int(t.dec.InputOffset()))
	return err
}
