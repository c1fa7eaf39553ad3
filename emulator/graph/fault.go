package graph

import (
	"fmt"
	"net/http"
	"slices"
)

// FaultKind says what goes wrong with a message that is sent.
type FaultKind string

// The kinds of fault. What was "taken" reaches the customer and gets its statuses;
// the sender cannot tell "before" from "after".
const (
	FaultError         FaultKind = "error"          // refused with Code or Status
	FaultHangBefore    FaultKind = "hang_before"    // not taken; no answer until the caller gives up
	FaultHangAfter     FaultKind = "hang_after"     // taken; no answer until the caller gives up
	FaultDropBefore    FaultKind = "drop_before"    // not taken; the connection is cut
	FaultDropAfter     FaultKind = "drop_after"     // taken; the connection is cut
	FaultStatusesFirst FaultKind = "statuses_first" // taken; its statuses are posted before the answer
	FaultFailed        FaultKind = "failed"         // taken; its only status is failed, with Code; WhatsApp only
)

// Fault makes the next messages that fit go wrong. It applies to messages that would
// be taken otherwise, never to read receipts and other sender actions. Of several
// faults that fit, the oldest is used up first.
type Fault struct {
	Account string    `json:"account,omitempty"` // phone number ID or page ID; "": any
	To      string    `json:"to,omitempty"`      // customer, written as in the send request; "": any
	Kind    FaultKind `json:"kind"`
	Times   int       `json:"times,omitempty"` // how many messages; 0: one

	// Code is the Graph error of FaultError and FaultFailed; 0 in a FaultError
	// means the general one for its Status.
	Code    int `json:"code,omitempty"`
	Subcode int `json:"subcode,omitempty"`
	// Status is the HTTP status of a FaultError; 0 means the documented one of Code.
	Status int `json:"status,omitempty"`
	// Body, if set, is a FaultError's answer instead of the error envelope, as
	// text/html: what a proxy on the way would say.
	Body string `json:"body,omitempty"`
}

func (f Fault) check() error {
	switch f.Kind {
	case FaultError:
		if f.Code == 0 && f.Status == 0 {
			return fmt.Errorf("graph: fault %q needs a code or a status", f.Kind)
		}
	case FaultFailed:
		if f.Code == 0 {
			return fmt.Errorf("graph: fault %q needs a code", f.Kind)
		}
	case FaultHangBefore, FaultHangAfter, FaultDropBefore, FaultDropAfter, FaultStatusesFirst:
	default:
		return fmt.Errorf("graph: unknown kind of fault %q", f.Kind)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("graph: fault with HTTP status %d, want 400 to 599", f.Status)
	}
	if f.Times < 0 || f.Code < -1 || f.Subcode < 0 { // -1 is a code of Messenger's
		return fmt.Errorf("graph: fault with negative times, code or subcode")
	}
	return nil
}

// refusal is the answer of a FaultError.
func (f Fault) refusal() *apiError {
	code := f.Code
	switch {
	case code == 0 && f.Status == http.StatusUnauthorized:
		code = codeToken
	case code == 0 && f.Status < http.StatusInternalServerError:
		code = codeInvalid
	case code == 0 && f.Status == http.StatusInternalServerError:
		code = codeUnknown
	case code == 0:
		code = codeService
	}
	e := fail(code, f.Subcode)
	if f.Status != 0 {
		e.status = f.Status
	}
	return e
}

// AddFault puts a fault behind those already waiting. It fails for a fault that
// could never fit or be carried out, and with ErrUnknownAccount.
func (s *Server) AddFault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	f.To = customerID(f.To)
	f.Times = max(f.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Account != "" {
		n, ok := s.nodes[f.Account]
		if !ok {
			return fmt.Errorf("%w: %q", ErrUnknownAccount, f.Account)
		}
		if !n.plays(f.Kind) {
			return fmt.Errorf("graph: fault %q cannot happen to messages of %s", f.Kind, f.Account)
		}
	}
	s.faults = append(s.faults, &f)
	return nil
}

// Faults returns the faults still waiting, oldest first, Times being what is left.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}

// ClearFaults forgets all waiting faults. Calls that hang go on hanging.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Sending is a message that would be taken.
type Sending struct {
	Account string // phone number ID or page ID
	To      string // customer, digits where it is a phone number
}

// faultFor is what happens to a message: a fault that was added before one that is chosen; no fault is the zero value.
func (s *Server) faultFor(account, to string) Fault {
	f := s.takeFault(account, to)
	if f.Kind != "" || s.choose == nil {
		return f
	}
	f = s.choose(Sending{Account: account, To: to})
	if f.Kind == "" {
		return f
	}
	s.mu.Lock()
	plays := s.nodes[account].plays(f.Kind)
	s.mu.Unlock()
	if f.check() != nil || !plays {
		return Fault{}
	}
	return f
}

// takeFault uses up one time of the oldest fault that fits; no fault is the zero value.
func (s *Server) takeFault(account, to string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if (f.Account != "" && f.Account != account) || (f.To != "" && f.To != to) || !s.nodes[account].plays(f.Kind) {
			continue
		}
		f.Times--
		if f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return *f
	}
	return Fault{}
}
