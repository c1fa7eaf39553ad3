package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/deskline/deskline/shared/fault"
)

// check holds the request against the contract.
//
// The filter is given no route, so it uses kin-openapi's built-in validator. With the route of a 3.1 document it would
// compile a JSON Schema validator for each value of each request: 300 µs instead of 6 for sending a message (kin-openapi
// v0.152.0, 2026-11-21). The keywords our requests use mean the same to both, and a test keeps to those.
func (c *call) check() error {
	var err error
	if c.given, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return badRequest("query: it is not well-formed")
	}
	for name, values := range c.given {
		p := c.op.query[name]
		if p == nil {
			return badRequest("%s: there is no such query parameter", name)
		}
		if len(values) > 1 && !p.Schema.Value.Type.Is(openapi3.TypeArray) {
			return badRequest("%s: given more than once", name)
		}
		// The database's client takes a query that cannot be encoded for a failure of the server, and tries it without end.
		if slices.ContainsFunc(values, func(s string) bool { return !utf8.ValidString(s) }) {
			return badRequest("%s: must be UTF-8", name)
		}
	}
	input := &openapi3filter.RequestValidationInput{
		Request:     c.r,
		QueryParams: c.given,
		PathParams:  map[string]string{},
		Options:     &openapi3filter.Options{SkipSettingDefaults: true, MultiError: true},
	}
	for _, p := range c.op.params {
		switch p.In {
		case openapi3.ParameterInPath:
			input.PathParams[p.Name] = c.r.PathValue(p.Name)
		case openapi3.ParameterInHeader:
			if len(c.r.Header.Values(p.Name)) > 1 {
				return badRequest("%s: given more than once", p.Name)
			}
		}
		if err := openapi3filter.ValidateParameter(c.r.Context(), input, p); err != nil {
			return explain(err)
		}
	}
	if c.op.body == nil {
		return nil
	}
	return c.checkBody(input)
}

func (c *call) checkBody(input *openapi3filter.RequestValidationInput) error {
	want := ""
	for mediaType := range c.op.body.Content {
		want = mediaType
	}
	if len(c.body) == 0 {
		return badRequest("body: is required")
	}
	if got, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")); got != want {
		return badRequest("Content-Type: must be %s", want)
	}
	if !utf8.Valid(c.body) {
		return badRequest("body: must be UTF-8")
	}
	if want != "application/json" {
		return nil
	}
	if err := strictJSON(c.body); err != nil {
		return err
	}
	r := c.r.Clone(c.r.Context())
	r.Body, r.GetBody = io.NopCloser(bytes.NewReader(c.body)), nil
	input.Request = r
	if err := openapi3filter.ValidateRequestBody(r.Context(), input, c.op.body); err != nil {
		return explain(err)
	}
	return nil
}

// strictJSON accepts one JSON value that names no member of an object twice, for which decoders disagree about which
// one counts.
func strictJSON(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := strictValue(dec, "", depthMax); err != nil {
		if fault.Is(err, fault.Invalid) {
			return err
		}
		return badRequest("body: it is not well-formed JSON")
	}
	if _, err := dec.Token(); err != io.EOF {
		return badRequest("body: there is more than one JSON value")
	}
	return nil
}

// depthMax is how deep objects and lists of a body may be nested.
const depthMax = 16

func strictValue(dec *json.Decoder, at string, depth int) error {
	if depth == 0 {
		return badRequest("body: it is nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return err
	}
	open, _ := token.(json.Delim)
	seen := map[string]bool{}
	for i := 0; open != 0 && dec.More(); i++ {
		member := join(at, fmt.Sprint(i))
		if open == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if member = join(at, name); seen[name] {
				return badRequest("%s: given more than once", member)
			}
			seen[name] = true
		}
		if err := strictValue(dec, member, depth-1); err != nil {
			return err
		}
	}
	if open != 0 {
		_, err = dec.Token()
	}
	return err
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
