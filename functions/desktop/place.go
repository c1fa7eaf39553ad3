package desktop

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// place is where a page of a list ended: after the item with the time and the key. The zero place is the beginning.
type place struct {
	at  time.Time
	key string // of an interaction its ID, of a message its seq
}

// String is the cursor of the next page.
func (p place) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.at.UnixMicro(), 10) + " " + p.key))
}

// parsePlace reads a cursor back; the empty one is the beginning. Anything else is Invalid (code bad_cursor).
func parsePlace(cursor string) (place, error) {
	if cursor == "" {
		return place{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return place{}, badCursor()
	}
	at, key, ok := strings.Cut(string(text), " ")
	micro, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok {
		return place{}, badCursor()
	}
	return place{time.UnixMicro(micro).UTC(), key}, nil
}

func badCursor() error {
	return fault.New(fault.Invalid, "bad_cursor", "the cursor is none of this list's")
}

// before reports whether the interaction comes after the place in a list that has the newest first.
func (p place) before(i desk.Interaction) bool {
	if p.key == "" {
		return true
	}
	c := i.LastAt.Compare(p.at)
	return c < 0 || c == 0 && i.ID > p.key
}

// mark is the place in a transcript.
func (p place) mark() (store.Mark, error) {
	if p.key == "" {
		return store.Mark{}, nil
	}
	seq, err := strconv.ParseInt(p.key, 10, 64)
	if err != nil {
		return store.Mark{}, badCursor()
	}
	return store.Mark{At: p.at, Seq: seq}, nil
}
