package feed

import (
	"cmp"
	"slices"

	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
)

// heard is what a desktop has of a conversation's messages: the version of each, and how often they changed in all, which
// is less than the truth until it has all.
type heard struct {
	version map[string]int64
	changes int64
}

// take notes that the desktop has the message as it is.
func (h *heard) take(m desk.Message) {
	h.changes += m.Version - max(h.version[m.ID], 1)
	h.version[m.ID] = m.Version
}

// onMessages sends the messages that came or moved on, in the order they were learned of.
func (s *stream) onMessages(list []desk.Message) error {
	slices.SortFunc(list, func(a, b desk.Message) int {
		return cmp.Or(cmp.Compare(a.Interaction, b.Interaction), cmp.Compare(a.Seq, b.Seq))
	})
	s.resume(list)
	for _, m := range list {
		h := s.heard[m.Interaction]
		if h == nil || h.version[m.ID] >= m.Version {
			continue
		}
		h.take(m)
		at := s.cursor.Seats[m.Interaction]
		at.Seq, at.Changes = max(at.Seq, m.Seq), h.changes
		s.cursor.Seats[m.Interaction] = at
		if err := s.send("message", view.Message(m, s.agent)); err != nil {
			return err
		}
	}
	return nil
}

// resume finds out, for conversations whose messages this stream hears of for the first time, what the desktop has
// from before: all messages up to the cursor's seq, if they changed as often as the cursor says. If they do not, some
// status moved on meanwhile, or the customer changed something, and all of them go out again.
func (s *stream) resume(list []desk.Message) {
	fresh := map[string][]desk.Message{}
	for _, m := range list {
		if s.known[m.Interaction] && s.heard[m.Interaction] == nil {
			fresh[m.Interaction] = append(fresh[m.Interaction], m)
		}
	}
	for id, all := range fresh {
		h, at := &heard{version: map[string]int64{}}, s.cursor.Seats[id]
		before := slices.DeleteFunc(slices.Clone(all), func(m desk.Message) bool { return m.Seq > at.Seq })
		var changes int64
		for _, m := range before {
			changes += m.Version - 1
		}
		if changes == at.Changes {
			for _, m := range before {
				h.take(m)
			}
		}
		s.heard[id] = h
	}
}
