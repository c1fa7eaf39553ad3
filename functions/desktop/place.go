package desktop

import (
	"strconv"

	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// before reports whether the interaction comes after the place in a list that has the newest first.
func before(p view.Place, i desk.Interaction) bool {
	if p.Key == "" {
		return true
	}
	c := i.LastAt.Compare(p.At)
	return c < 0 || c == 0 && i.ID > p.Key
}

// mark is the place in a transcript, where a message's seq tells those of one time apart.
func mark(p view.Place) (store.Mark, error) {
	if p.Key == "" {
		return store.Mark{}, nil
	}
	seq, err := strconv.ParseInt(p.Key, 10, 64)
	if err != nil {
		return store.Mark{}, view.BadCursor()
	}
	return store.Mark{At: p.At, Seq: seq}, nil
}
