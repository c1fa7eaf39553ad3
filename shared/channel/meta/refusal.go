package meta

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// GraphError is the error object of a Graph API answer. Source: schema GraphAPIError of facebook/openapi,
// business-messaging-api v23.0. Meta's sentences are left out: they may name the customer.
type GraphError struct {
	Status    int  // of the HTTP answer
	Coded     bool // whether the answer carried a code at all; 0 is one
	Code      int
	Subcode   int  // zero where there is none
	Transient bool // Meta says that the same request may succeed later
	Type      string
	Trace     string // Meta's fbtrace_id, which its support asks for
}

// Error is the text for logs.
func (e *GraphError) Error() string {
	s := fmt.Sprintf("HTTP %d", e.Status)
	if e.Coded {
		s += fmt.Sprintf(", code %s", e.vendor())
	}
	if e.Type != "" {
		s += ", " + e.Type
	}
	if e.Trace != "" {
		s += ", trace " + e.Trace
	}
	return s
}

func (e *GraphError) vendor() string {
	switch {
	case !e.Coded:
		return "HTTP " + strconv.Itoa(e.Status)
	case e.Subcode != 0:
		return strconv.Itoa(e.Code) + "/" + strconv.Itoa(e.Subcode)
	}
	return strconv.Itoa(e.Code)
}

// readError reads the error object of an answer. A body without one gives an error that knows the status only.
func readError(status int, body []byte) *GraphError {
	var answer struct {
		Error Maybe[struct {
			Code      Scalar      `json:"code"`
			Subcode   Scalar      `json:"error_subcode"`
			Transient Maybe[bool] `json:"is_transient"`
			Type      Scalar      `json:"type"`
			Trace     Scalar      `json:"fbtrace_id"`
		}] `json:"error"`
	}
	e := &GraphError{Status: status}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Error.Value == nil {
		return e
	}
	told := answer.Error.Value
	e.Code, e.Coded = told.Code.Int()
	e.Subcode, _ = told.Subcode.Int()
	e.Transient = told.Transient.Value != nil && *told.Transient.Value
	e.Type, e.Trace = Label(string(told.Type)), Label(string(told.Trace))
	return e
}

// refusal says what an answer with a 4xx status means: a *channel.SendError, or another error where Meta may have
// taken the message all the same.
func refusal(status int, header http.Header, body []byte) error {
	e := readError(status, body)
	m := meaningOf(e)
	if m.unsure {
		return fmt.Errorf("graph answered: %w", e)
	}
	refused := refuse(m, e)
	refused.Vendor = e.vendor()
	if m.retry {
		refused.After = max(m.after, retryAfter(header), regainAccess(header))
	}
	return refused
}

// patienceMax bounds what a Retry-After header can make us wait.
const patienceMax = time.Hour

// retryAfter is the pause the answer asks for in seconds; zero when it names none.
func retryAfter(header http.Header) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(header.Get("Retry-After")), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, patienceMax)
}

// labelMax is how long a vendor's name for something can be in our logs and counters.
const labelMax = 64

// Label is a vendor's name for something if it looks like one: up to 64 letters, digits, "_", "-", "." and "/" of
// ASCII. Everything else, which might be anything, is the empty text.
func Label(s string) string {
	if len(s) > labelMax {
		return ""
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("_-./", r):
		default:
			return ""
		}
	}
	return s
}
