package meta

import (
	"encoding/json"
	"strconv"
	"time"
)

// Scalar is the text of a JSON string, or the digits of a number as they were written: Meta sends the same ID as
// either. Anything else (null, a truth value, a list, an object) is the empty text and spoils nothing around it.
type Scalar string

// UnmarshalJSON never fails.
func (s *Scalar) UnmarshalJSON(b []byte) error {
	*s = ""
	switch {
	case len(b) == 0:
	case b[0] == '"' && plain(b):
		*s = Scalar(b[1 : len(b)-1])
	case b[0] == '"':
		var text string
		if err := json.Unmarshal(b, &text); err == nil {
			*s = Scalar(text)
		}
	case b[0] == '-' || b[0] >= '0' && b[0] <= '9':
		*s = Scalar(b)
	}
	return nil
}

// plain reports whether a JSON string stands for itself: it is ASCII without escapes, as almost every ID is. Decoding
// those the long way takes most of the time of reading a webhook.
func plain(b []byte) bool {
	if len(b) < 2 || b[len(b)-1] != '"' {
		return false
	}
	for _, c := range b[1 : len(b)-1] {
		if c == '\\' || c == '"' || c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// Int is the whole number the scalar holds; false when it holds none.
func (s Scalar) Int() (int, bool) {
	n, err := strconv.Atoi(string(s))
	return n, err == nil
}

// Timestamp limits: values from millisFrom on are milliseconds, because as seconds they would lie beyond the year
// 5000; what is then outside of the two years is no time of a message.
const (
	millisFrom = 100_000_000_000
	firstYear  = 2000
	lastYear   = 2100
)

// Timestamp reads a time given as whole seconds or milliseconds since 1970; Meta documents seconds for WhatsApp and
// milliseconds for Messenger, and either has been seen in the other's place. What cannot be a time of a message is the
// zero time; the caller then uses the time of arrival.
func Timestamp(s Scalar) time.Time {
	n, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	t := time.Unix(n, 0).UTC()
	if n >= millisFrom {
		t = time.UnixMilli(n).UTC()
	}
	if t.Year() < firstYear || t.Year() >= lastYear {
		return time.Time{}
	}
	return t
}
