package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
)

// call is one request to an operation while it is checked and decoded. Decoding stops at the first thing that cannot be
// decoded and keeps it in err.
type call struct {
	r     *http.Request
	op    *operation
	body  []byte
	given url.Values // the query
	err   error
}

func (c *call) path(name string, into any) {
	c.set(name, []string{c.r.PathValue(name)}, into)
}

func (c *call) query(name string, into any) {
	values, ok := c.given[name]
	if def := c.op.query[name].Schema.Value.Default; !ok && def != nil {
		values = []string{fmt.Sprint(def)}
	}
	c.set(name, values, into)
}

func (c *call) header(name string, into any) {
	c.set(name, c.r.Header.Values(name), into)
}

// json decodes the body. After the check it can fail only for a number that is too large for its type.
func (c *call) json(into any) {
	if c.err != nil {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		c.err = badRequest("%s: is out of range", e.Field)
	} else if err != nil {
		c.err = badRequest("body: does not fit the contract")
	}
}

// set puts values into a string, bool, whole number, or a slice of strings.
func (c *call) set(name string, values []string, into any) {
	if c.err != nil || len(values) == 0 {
		return
	}
	v := reflect.ValueOf(into).Elem()
	if v.Kind() != reflect.Slice {
		c.err = setOne(name, values[0], v)
		return
	}
	list := reflect.MakeSlice(v.Type(), len(values), len(values))
	for i, value := range values {
		if c.err = setOne(name, value, list.Index(i)); c.err != nil {
			return
		}
	}
	v.Set(list)
}

func setOne(name, value string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(value)
	case reflect.Bool:
		if value != "true" && value != "false" {
			return badRequest("%s: must be true or false", name)
		}
		v.SetBool(value == "true")
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return badRequest("%s: must be a whole number", name)
		}
		v.SetInt(n)
	default:
		panic("api: no parameter can be a " + v.Type().String())
	}
	return nil
}
