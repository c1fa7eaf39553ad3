package desk

import "time"

// Spell is a time in which an agent was in one state.
type Spell struct {
	State  AgentState
	Reason string // why idle, by the reason's ID; empty where that was the agent's own words
	From   time.Time
	To     time.Time // zero while it lasts
}

// SpellsOf reads out of an agent's history when he was in which state. moves are entries without a gap; what was before the
// first of them that tells a state is left out. An agent whose record was deleted is offline since his last move.
func SpellsOf(moves []Entry) []Spell {
	var all []Spell
	for _, e := range moves {
		s, ok := e.spell()
		if !ok {
			continue
		}
		if n := len(all) - 1; n >= 0 {
			all[n].To = e.At
		}
		all = append(all, s)
	}
	return all
}

// spell is the spell that begins with a move of an agent's; false when he stays in his state.
func (e Entry) spell() (Spell, bool) {
	s := Spell{From: e.At}
	switch e.Event {
	case EventAvailable:
		s.State = AgentAvailable
	case EventIdle:
		s.State, s.Reason = AgentIdle, e.Detail
	case EventRONA:
		s.State = AgentRONA
	case EventSignedOut, EventLeaseLost:
		s.State = AgentOffline
	case EventSignedIn:
		s.State = AgentState(e.Detail)
		if s.State == AgentIdle {
			s.Reason = IdleSignedIn
		}
	default:
		return s, false
	}
	return s, true
}

// Within is how much of the spell, which lasts until now if it has not ended, lies from one time to another.
func (s Spell) Within(from, to, now time.Time) time.Duration {
	end := timeOr(s.To, now)
	if s.From.After(from) {
		from = s.From
	}
	if end.Before(to) {
		to = end
	}
	return span(from, to)
}
