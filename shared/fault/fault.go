// Package fault names the kinds of failure the product knows, so that one table answers both "what does the caller
// see?" and "does the bus try again?".
//
// A fault is made where its meaning is known (a rule, the store, a decoder) and travels unchanged under fmt.Errorf's
// %w to the edge, which answers or logs it once. Branch on Kind and Code, never on the text.
package fault

import (
	"fmt"
)

// Kind is the class of a failure. It decides the HTTP status and whether trying the same thing again can help.
type Kind string

// The kinds. Internal is also the kind of every error that is not a fault.
const (
	Invalid         Kind = "invalid"         // the request can never succeed as sent
	Unauthenticated Kind = "unauthenticated" // we do not know who is calling
	Denied          Kind = "denied"          // known caller, not allowed
	Missing         Kind = "missing"         // no such record
	Conflict        Kind = "conflict"        // a legal request at the wrong moment
	Stale           Kind = "stale"           // the version it was based on is gone
	TooLarge        Kind = "too_large"       // more bytes than the endpoint takes
	Unprocessable   Kind = "unprocessable"   // well-formed, but contradicts what was sent before under the same name
	Unconditional   Kind = "unconditional"   // does not say which version it is based on
	TooEarly        Kind = "too_early"       // it will be legal later, by the clock
	Limited         Kind = "limited"         // too many requests
	Unavailable     Kind = "unavailable"     // try the same thing again later
	Internal        Kind = "internal"        // anything we did not name; logged in full, never described to the caller
)

var table = map[Kind]struct {
	status int
	retry  bool
}{
	Invalid:         {400, false},
	Unauthenticated: {401, false},
	Denied:          {403, false},
	Missing:         {404, false},
	Conflict:        {409, false},
	Stale:           {412, false},
	TooLarge:        {413, false},
	Unprocessable:   {422, false},
	Unconditional:   {428, false},
	TooEarly:        {425, true},
	Limited:         {429, true},
	Unavailable:     {503, true},
	Internal:        {500, true},
}

// Status is the HTTP status of the kind; an unknown kind is Internal's 500.
func (k Kind) Status() int {
	if row, ok := table[k]; ok {
		return row.status
	}
	return table[Internal].status
}

// Retry says whether the same request may succeed later without anybody changing it.
func (k Kind) Retry() bool {
	if row, ok := table[k]; ok {
		return row.retry
	}
	return table[Internal].retry
}

// Fault is a failure with a meaning. Code is stable and part of the public contract; Detail is a sentence for the
// person reading the answer, without personal data.
type Fault struct {
	Kind   Kind
	Code   string
	Detail string
}

// New makes a fault. code is lower_snake_case and never changes once published; format and args make the detail.
func New(kind Kind, code, format string, args ...any) error {
	return &Fault{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Error is the text for logs.
func (f *Fault) Error() string { return string(f.Kind) + " " + f.Code + ": " + f.Detail }

// Of finds the fault in err's chain. Where several errors are joined, one that may pass counts before one that never
// will, for part of the work can still be done. An error that is no fault is Internal with code "internal" and a detail
// that tells the caller nothing; nil gives nil.
func Of(err error) *Fault {
	if err == nil {
		return nil
	}
	if f := find(err); f != nil {
		return f
	}
	return &Fault{Kind: Internal, Code: "internal", Detail: "something went wrong on our side; it has been logged"}
}

// find looks through the tree of errors: the first fault that may pass, or else the first.
func find(err error) *Fault {
	if f, ok := err.(*Fault); ok {
		return f
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return find(e.Unwrap())
	case interface{ Unwrap() []error }:
		var first *Fault
		for _, part := range e.Unwrap() {
			f := find(part)
			switch {
			case f == nil:
			case f.Kind.Retry():
				return f
			case first == nil:
				first = f
			}
		}
		return first
	}
	return nil
}

// Is reports whether err is a fault of the kind.
func Is(err error, kind Kind) bool { return err != nil && Of(err).Kind == kind }

// HasCode reports whether err is a fault with the code.
func HasCode(err error, code string) bool { return err != nil && Of(err).Code == code }
