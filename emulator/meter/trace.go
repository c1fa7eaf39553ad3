package meter

import "container/list"

// only remembers the one thing it was told of, until it is told of another.
type only struct {
	id   string
	many bool
}

func (o *only) tell(id string) {
	switch o.id {
	case "":
		o.id = id
	case id:
	default:
		o.many = true
	}
}

// one is the only thing; empty when there was none or more than one.
func (o only) one() string {
	if o.many {
		return ""
	}
	return o.id
}

// ties are the interactions that somebody dealt with.
type ties struct{ wrote, saw only }

func (t *ties) tell(id string, written bool) {
	t.saw.tell(id)
	if written {
		t.wrote.tell(id)
	}
}

// one is the only interaction that was written, or else the only one that was dealt with at all.
func (t ties) one() string {
	if id := t.wrote.one(); id != "" {
		return id
	}
	return t.saw.one()
}

// trace is everything one request from outside set off.
type trace struct {
	id    string
	spans []*span
	ties  ties
	place *list.Element // in the order of use
}

// span is one call of a function, with what was counted for it and names no interaction.
type span struct {
	id      string
	trace   *trace
	ties    ties
	pending account

	folded bool   // its trace is not kept any more, and what it owed is settled
	home   string // where: the interaction, empty for nobody's
}

// owner is the interaction that what is pending counts for, as far as is known by now; empty when it is nobody's.
func (s *span) owner() string {
	if s.folded {
		return s.home
	}
	if id := s.ties.one(); id != "" {
		return id
	}
	return s.trace.ties.one()
}

// span finds a call in its trace, or notes a new one. The meter's lock must be held.
func (m *Meter) span(traceID, spanID string) *span {
	if s := m.spans[spanID]; s != nil {
		m.used.MoveToFront(s.trace.place)
		return s
	}
	t := m.traces[traceID]
	if t == nil {
		t = &trace{id: traceID}
		t.place = m.used.PushFront(t)
		m.traces[traceID] = t
		if len(m.traces) > m.opt.Traces {
			m.fold(m.used.Back().Value.(*trace))
		}
	} else {
		m.used.MoveToFront(t.place)
	}
	s := &span{id: spanID, trace: t, pending: account{}}
	m.spans[spanID] = s
	t.spans = append(t.spans, s)
	return s
}

// fold settles a trace for good. The meter's lock must be held.
func (m *Meter) fold(t *trace) {
	m.used.Remove(t.place)
	delete(m.traces, t.id)
	for _, s := range t.spans {
		s.home = s.owner()
		s.folded = true
		delete(m.spans, s.id)
		m.settles(s.home).addAll(s.pending)
		s.pending = nil
	}
}

// owes counts something for a call that names no interaction. The meter's lock must be held.
func (m *Meter) owes(s *span, i item, c Counts) {
	if s.folded {
		m.settles(s.home).add(i, c)
		return
	}
	s.pending.add(i, c)
}
