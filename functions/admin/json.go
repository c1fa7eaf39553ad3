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
	body []byte
	dec  *json.Decoder
	at   int // up to where line and begin have counted
	line int
	from int // where the line begins
}

// node begins a value at the next token.
func (t *jsonText) node(kind yaml.Kind, tag string) *yaml.Node {
	for ; t.at < len(t.body) && strings.IndexByte(" \t\r\n,:", t.body[t.at]) >= 0; t.at++ {
		if t.body[t.at] == '\n' {
			t.line, t.from = t.line+1, t.at+1
		}
	}
	return &yaml.Node{Kind: kind, Tag: tag, Line: t.line, Column: len([]rune(string(t.body[t.from:t.at]))) + 1}
}

func (t *jsonText) value() (*yaml.Node, error) {
	token, err := t.dec.Token()
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	n := t.node(yaml.ScalarNode, "!!null")
	t.at = int(t.dec.InputOffset())
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
	t.at = int(t.dec.InputOffset())
	return err
}
