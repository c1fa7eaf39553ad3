package firestore

import "strings"

// result is what a query found.
type result struct {
	docs    []*document
	skipped int // by the offset
	visited int // index entries looked at
}

// run executes a query; the lock must be held through view. It looks at the index entries of what it finds and skips, at one more
// for each further alternative, and at those that a residual condition turns down, however many documents there are besides.
func (db *database) run(q *query) result {
	var out result
	set, _ := db.source(q)
	if set == nil || q.limit == 0 {
		return out
	}
	m := newMerge(set, q)
	var last *slot
	for len(out.docs) < q.limit {
		s, ok := m.next()
		if !ok {
			break
		}
		if s == last {
			continue
		}
		last = s
		if out.skipped < q.offset {
			out.skipped++
			continue
		}
		out.docs = append(out.docs, s.doc)
	}
	out.visited = m.visited
	return out
}

// merge joins the scans of a query in its order. A document that several alternatives find comes
// several times in a row.
type merge struct {
	q       *query
	streams []stream
	visited int // index entries
}

// stream is one scan on its way, with its next result unless that was taken.
type stream struct {
	scan  *scan
	walk  walk
	head  entry
	live  bool
	taken bool
}

func newMerge(set *indexSet, q *query) *merge {
	m := &merge{q: q, streams: make([]stream, len(q.scans))}
	for i := range q.scans {
		s := &q.scans[i]
		keys := s.bounds.under(s.prefix)
		m.streams[i] = stream{scan: s, walk: set.get(s.def).entries.walk(keys.lo, keys.hi, q.backward), live: true, taken: true}
	}
	return m
}

// advance moves a stream to its next entry that the residual conditions accept.
func (m *merge) advance(s *stream) {
	s.taken = false
	for {
		if s.head, s.live = s.walk.next(); !s.live {
			return
		}
		m.visited++
		if m.accepts(s) {
			return
		}
	}
}

func (m *merge) accepts(s *stream) bool {
	d := s.head.slot.doc
	if m.q.descendants && m.q.parent != "" && !strings.HasPrefix(d.path, m.q.parent+"/") {
		return false
	}
	return s.scan.residual.matches(d)
}

// next takes the next result. A stream goes on only when its own is taken and another is wanted, so that the last one wanted
// costs no search for one more.
func (m *merge) next() (*slot, bool) {
	var best *stream
	for i := range m.streams {
		s := &m.streams[i]
		if s.live && s.taken {
			m.advance(s)
		}
		if s.live && (best == nil || m.sooner(s, best)) {
			best = s
		}
	}
	if best == nil {
		return nil, false
	}
	best.taken = true
	return best.head.slot, true
}

func (m *merge) sooner(a, b *stream) bool {
	x, y := a.head.key[len(a.scan.prefix):], b.head.key[len(b.scan.prefix):]
	if m.q.backward {
		return x > y
	}
	return x < y
}
