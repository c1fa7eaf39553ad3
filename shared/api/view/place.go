package view

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// Place is where a page of a list ended: after the item with the time and the key. The zero Place is the beginning.
type Place struct {
	At  time.Time
	Key string // the ID of the record, or what else tells items of one time apart; letters, digits and - without a space
}

// String is the cursor of the next page.
func (p Place) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.At.UnixMicro(), 10) + " " + p.Key))
}

var placeKey = regexp.MustCompile(`^[A-Za-z0-9-][A-Za-z0-9_-]{0,127}$`)

// lastYear is the last that a time of the database and of the contract can have.
const lastYear = 9999

// ParsePlace reads a cursor back; the empty one is the beginning. Anything else is Invalid (code bad_cursor).
func ParsePlace(cursor string) (Place, error) {
	if cursor == "" {
		return Place{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return Place{}, BadCursor()
	}
	at, key, _ := strings.Cut(string(text), " ")
	micro, err := strconv.ParseInt(at, 10, 64)
	p := Place{time.UnixMicro(micro).UTC(), key}
	if err != nil || p.At.Year() < 1 || p.At.Year() > lastYear || !placeKey.MatchString(key) {
		return Place{}, BadCursor()
	}
	return p, nil
}

// Spot is the place in a list that the store pages.
func (p Place) Spot() store.Spot {
	return store.Spot{At: p.At, ID: p.Key}
}

// BadCursor is the fault of a cursor that the list never gave.
func BadCursor() error {
	return fault.New(fault.Invalid, "bad_cursor", "the cursor is none of this list's")
}

// Page cuts what was found to a page, of which one more than limit was asked for. next is the cursor of the page after
// it, empty when there is none.
func Page[T any](found []T, limit int, at func(T) Place) (page []T, next string) {
	if len(found) <= limit {
		return found, ""
	}
	return found[:limit], at(found[limit-1]).String()
}
