package messenger

import (
	"strings"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// noteMax is how many code points of what another app says when it hands a conversation over are shown. Meta allows
// 1000 characters of metadata. Source: pass thread control reference, read 2026-11.
const noteMax = 1000

// passed adds that another app, such as a bot, gave us the conversation. What it said with it is shown if it reads like
// words: many apps put data of their own there.
func (r *reading) passed(s scene, c *control) {
	a := s.arrival(s.derive(namePassed, c.Previous, c.Metadata))
	a.Kind, a.Fallback = desk.HandoverMessage, "[handed over by another app]"
	if note := meta.Line(string(c.Metadata), noteMax); note != "" && strings.IndexAny(note, "{[<") != 0 {
		a.Fallback += " " + note
	}
	r.add(channel.Event{Arrival: a})
}

// taken adds that another app took the conversation from us.
func (r *reading) taken(s scene) {
	r.add(channel.Event{Departure: &desk.Departure{
		Channel:  desk.Messenger,
		Account:  s.account,
		Customer: s.customer,
		At:       s.at,
	}})
}
