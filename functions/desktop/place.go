package desktop

import (
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
)

// before reports whether the interaction comes after the place in a list that has the newest first.
func before(p view.Place, i desk.Interaction) bool {
	if p.Key == "" {
		return true
	}
	c := i.LastAt.Compare(p.At)
	return c < 0 || c == 0 && i.ID > p.Key
}
