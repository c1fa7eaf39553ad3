package feed

import (
	"cmp"
	"slices"

	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
)

// heard is what a desktop has of a conversation's messages: the version of each, and the sum over the outbound ones,
// which is less than the true sum until it has all.
type heard struct {
	version map[string]int64
	sent    int64
}

// take notes that the desktop has the message as it is.
func (h *heard) take(m desk.Message) {
	if m.Direction == desk.Outbound {
		h.sent += m.Version - h.version[m.ID]
	}
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
		at.Seq, at.Sent = max(at.Seq, m.Seq), h.sent
		s.cursor.Seats[m.Interaction] = at
		if err := s.send("message", view.Message(m, s.agent)); err != nil {
			return err
		}
	}
	return nil
}

// resume finds out, for conversations whose messages this stream hears of for the first time, what the desktop has
// from before: what the customer wrote up to the cursor's seq, and what was sent to him if the versions add up to what
// the cursor says. If they do not, some status moved on meanwhile, and all that was sent goes out again.
func (s *stream) resume(list []desk.Message) {
	fresh := map[string][]desk.Message{}
	for _, m := range list {
		if s.known[m.Interaction] && s.heard[m.Interaction] == nil {
			fresh[m.Interaction] = append(fresh[m.Interaction], m)
		}
	}
	for id, all := range fresh {
		h, at := &heard{version: map[string]int64{}}, s.cursor.Seats[id]
		var sent int64
		for _, m := range all {
			if m.Direction == desk.Outbound && m.Seq <= at.Seq {
				sent += m.Version
			}
		}
		for _, m := range all {
			if m.Seq <= at.Seq && (m.Direction == desk.Inbound || sent == at.Sent) {
				h.take(m)
			}
		}
		s.heard[id] = h
	}
}
