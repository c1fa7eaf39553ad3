package meta

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/deskline/deskline/shared/fault"
)

// Envelope is the body of a webhook.
type Envelope struct {
	Object  Scalar      `json:"object"` // what the entries are about
	Entries List[Entry] `json:"entry"`
}

// Entry is what happened to one account. Exactly one of its lists is normally filled: Changes by WhatsApp, Messaging or
// Standby by Messenger.
type Entry struct {
	ID        Scalar                `json:"id"`
	Time      Scalar                `json:"time"` // for Timestamp
	Changes   List[Change]          `json:"changes"`
	Messaging List[json.RawMessage] `json:"messaging"`
	Standby   List[json.RawMessage] `json:"standby"`
}

// Change is one update of a subscribed field.
type Change struct {
	Field Scalar          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// ReadEnvelope opens the body of a webhook. Fields it does not know are left aside, and an element of the wrong shape
// spoils only itself. The error is a fault.Invalid: with code malformed_json when the body is not one JSON value, with
// code wrong_shape when that value is no envelope at all.
func ReadEnvelope(body []byte) (Envelope, error) {
	if e, ok := quickEnvelope(body); ok {
		return e, nil
	}
	var e Envelope
	err := json.Unmarshal(body, &e)
	switch _, shape := errors.AsType[*json.UnmarshalTypeError](err); {
	case shape:
		return Envelope{}, fault.New(fault.Invalid, "wrong_shape", "the webhook's body is not a JSON object")
	case err != nil:
		return Envelope{}, fault.New(fault.Invalid, "malformed_json", "the webhook's body is not JSON")
	case isNull(body):
		return Envelope{}, fault.New(fault.Invalid, "wrong_shape", "the webhook's body is null")
	case e.Entries.Odd > 0 && !e.Entries.isList:
		return Envelope{}, fault.New(fault.Invalid, "wrong_shape", "the webhook's entry is not a list")
	}
	return e, nil
}

// quickEnvelope reads a body in which every list is right, as they nearly all are. It saves the passes over the body
// that List needs to find the elements that are wrong.
func quickEnvelope(body []byte) (Envelope, bool) {
	var quick struct {
		Object Scalar `json:"object"`
		Entry  []struct {
			ID        Scalar            `json:"id"`
			Time      Scalar            `json:"time"`
			Changes   []Change          `json:"changes"`
			Messaging []json.RawMessage `json:"messaging"`
			Standby   []json.RawMessage `json:"standby"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(body, &quick); err != nil || isNull(body) {
		return Envelope{}, false
	}
	e := Envelope{Object: quick.Object, Entries: ListOf(make([]Entry, 0, len(quick.Entry)))}
	for _, q := range quick.Entry {
		e.Entries.Items = append(e.Entries.Items, Entry{
			ID:        q.ID,
			Time:      q.Time,
			Changes:   ListOf(q.Changes),
			Messaging: ListOf(q.Messaging),
			Standby:   ListOf(q.Standby),
		})
	}
	return e, true
}

// List is a vendor's list, read so that an element of the wrong shape spoils only itself.
type List[T any] struct {
	Items []T // the elements of the right shape, in their order
	Odd   int // how many elements were left out; 1 when there was something else in the list's place

	isList bool
}

// ListOf is the list of items that are all of the right shape.
func ListOf[T any](items []T) List[T] { return List[T]{Items: items, isList: true} }

// UnmarshalJSON never fails: what cannot be read is counted in Odd.
func (l *List[T]) UnmarshalJSON(b []byte) error {
	*l = List[T]{isList: true}
	if err := json.Unmarshal(b, &l.Items); err == nil {
		return nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(b, &elements); err != nil {
		*l = List[T]{Odd: 1}
		return nil
	}
	l.Items = make([]T, 0, len(elements))
	for _, element := range elements {
		var item T
		if err := json.Unmarshal(element, &item); err != nil {
			l.Odd++
			continue
		}
		l.Items = append(l.Items, item)
	}
	return nil
}

// Maybe is a part that may be absent, null or of the wrong shape, in which cases it is nil, without spoiling the
// object it stands in.
type Maybe[T any] struct{ Value *T }

// UnmarshalJSON never fails: what cannot be read is nil.
func (m *Maybe[T]) UnmarshalJSON(b []byte) error {
	m.Value = nil
	value := new(T)
	if err := json.Unmarshal(b, value); err == nil && !isNull(b) {
		m.Value = value
	}
	return nil
}

func isNull(b []byte) bool { return bytes.Equal(bytes.TrimSpace(b), []byte("null")) }
