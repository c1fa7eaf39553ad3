package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/deskline/deskline/shared/fault"
)

// detailMax is how many bytes of a detail are told: names of fields in it come from the caller.
const detailMax = 400

func badRequest(format string, args ...any) error {
	detail := fmt.Sprintf(format, args...)
	if len(detail) > detailMax {
		detail = strings.ToValidUTF8(detail[:detailMax], "") + "…"
	}
	return fault.New(fault.Invalid, "bad_request", "%s", detail)
}

// explainMax is how many mistakes of a request are told at once.
const explainMax = 5

// explain turns what the validator found into a fault that names the fields and never repeats their values.
func explain(err error) error {
	where := ""
	if e, ok := errors.AsType[*openapi3filter.RequestError](err); ok {
		where = "body"
		if e.Parameter != nil {
			where = e.Parameter.Name
		}
		if _, ok := errors.AsType[*openapi3filter.ParseError](e.Err); ok && e.Parameter != nil {
			return badRequest("%s: must be %s", where, typeOf(e.Parameter))
		}
		err = e.Err
	}
	if errors.Is(err, openapi3filter.ErrInvalidRequired) {
		return badRequest("%s: is required", where)
	}
	if errors.Is(err, openapi3filter.ErrInvalidEmptyValue) {
		return badRequest("%s: must not be empty", where)
	}
	mistakes := schemaMistakes(err, where)
	if len(mistakes) == 0 {
		return badRequest("%s: does not fit the contract", where)
	}
	slices.Sort(mistakes)
	mistakes = slices.Compact(mistakes)
	if len(mistakes) > explainMax {
		mistakes = append(mistakes[:explainMax], "and more")
	}
	return badRequest("%s", strings.Join(mistakes, "; "))
}

// typeOf says in words what type a parameter has.
func typeOf(p *openapi3.Parameter) string {
	switch {
	case p.Schema.Value.Type.Is(openapi3.TypeInteger):
		return "a whole number"
	case p.Schema.Value.Type.Is(openapi3.TypeBoolean):
		return "true or false"
	}
	return "what the contract says"
}

func schemaMistakes(err error, where string) []string {
	switch e := err.(type) {
	case openapi3.MultiError:
		var all []string
		for _, one := range e {
			all = append(all, schemaMistakes(one, where)...)
		}
		return all
	case *openapi3.SchemaError:
		return []string{fieldOf(e, where) + ": " + mistake(e)}
	}
	return nil
}

// fieldOf names the field a mistake is in: a parameter by its name, a member of the body by its path.
func fieldOf(e *openapi3.SchemaError, where string) string {
	path := e.JSONPointer()
	if name, ok := unknownField(e); ok {
		path = append(path, name)
	}
	if where != "body" || len(path) == 0 {
		path = append([]string{where}, path...)
	}
	return strings.Join(path, ".")
}

// unknownField is the name of a field the schema does not have; the validator tells it only in its text.
func unknownField(e *openapi3.SchemaError) (name string, ok bool) {
	if e.SchemaField != "properties" {
		return "", false
	}
	_, err := fmt.Sscanf(e.Reason, "property %q is unsupported", &name)
	return name, err == nil
}

// mistake says what is wrong in words for somebody who does not know the validator.
func mistake(e *openapi3.SchemaError) string {
	switch e.SchemaField {
	case "required":
		return "is required"
	case "minLength":
		if e.Schema.MinLength == 1 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d characters", e.Schema.MinLength)
	case "maxLength":
		return fmt.Sprintf("may have at most %d characters", *e.Schema.MaxLength)
	case "pattern":
		return "must match " + e.Schema.Pattern
	case "enum":
		return "must be one of " + oneOf(e.Schema.Enum)
	case "format":
		return "must be a valid " + e.Schema.Format
	}
	if _, ok := unknownField(e); ok {
		return "there is no such field"
	}
	reason := strings.TrimPrefix(strings.TrimPrefix(e.Reason, "value "), "number ")
	switch reason {
	case "Value is not nullable":
		return "must not be null"
	case "duplicate items found":
		return "names the same twice"
	}
	return reason
}

func oneOf(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}
