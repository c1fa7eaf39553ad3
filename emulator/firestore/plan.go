package firestore

import (
	"slices"
	"strings"
)

// scan is one contiguous range of an index, and the conditions the index cannot decide. Behind
// prefix an index key is the order key, so that scans of different indexes can be merged.
type scan struct {
	def      *indexDef
	prefix   string
	bounds   span // of order keys
	residual conjunction
}

// span is the keys with lo <= key, and key < hi unless hi is empty.
type span struct {
	lo, hi string
}

func (s span) contains(key string) bool {
	return key >= s.lo && (s.hi == "" || key < s.hi)
}

func (s span) and(t span) span {
	out := span{max(s.lo, t.lo), s.hi}
	if out.hi == "" || t.hi != "" && t.hi < out.hi {
		out.hi = t.hi
	}
	return out
}

// under is the span of index keys that have the prefix and then an order key within s.
func (s span) under(prefix string) span {
	if s.hi == "" {
		return span{prefix + s.lo, after(prefix)}
	}
	return span{prefix + s.lo, prefix + s.hi}
}

// edge is a position between keys: before or behind all that start with bytes. No bytes is the
// start or, behind, the end of all keys.
type edge struct {
	bytes  string
	behind bool
}

// key is the first key at the position, "" at the very start and the very end.
func (e edge) key() string {
	if e.behind {
		return after(e.bytes)
	}
	return e.bytes
}

// mirrored is the position in an index that keeps the field in descending order.
func (e edge) mirrored() edge {
	b := []byte(e.bytes)
	invert(b)
	return edge{string(b), !e.behind}
}

// plan chooses an index range for every alternative. The index has the fields of equalities first
// and then the order, exactly as an index of the service would, so a scan meets only results. Two
// conditions are left to look at entries and turn them down: one on a field behind the first of the
// order, within the range that the first leaves, and the parent of a collection group's query.
func (q *query) plan() {
	q.backward = q.orders[len(q.orders)-1].descending
	q.bounds = q.cursorSpan()
	tail := make([]component, 0, len(q.orders))
	for i := range q.orders[:len(q.orders)-1] {
		tail = append(tail, component{q.orders[i].path, q.orderKind(i)})
	}
	for _, c := range q.alternatives {
		if s, possible := q.planScan(c, tail); possible {
			q.scans = append(q.scans, s.without(q.excepted(c))...)
		}
	}
}

// excepted is the ranges of order keys that the conditions rule out one by one.
func (q *query) excepted(c conjunction) []span {
	var out []span
	for i := range c {
		if c[i].op == opExcept && c[i].path.String() == q.orders[0].path.String() {
			for _, operand := range c[i].operands {
				out = append(out, q.rangeOf(&predicate{path: c[i].path, op: opEqual, operands: []string{operand}}))
			}
		}
	}
	slices.SortFunc(out, func(a, b span) int { return strings.Compare(a.lo, b.lo) })
	return out
}

// without cuts the scan into those that leave out the holes, which are in order and apart.
func (s scan) without(holes []span) []scan {
	var out []scan
	for _, hole := range holes {
		before := s
		before.bounds = s.bounds.and(span{hi: hole.lo})
		out = append(out, before)
		s.bounds = s.bounds.and(span{lo: hole.hi})
	}
	return append(out, s)
}

// orderKind is the direction of an order's field in the indexes, which end in ascending names.
func (q *query) orderKind(i int) componentKind {
	if q.orders[i].descending != q.backward {
		return descending
	}
	return ascending
}

// planScan plans one alternative; it is impossible when nothing can satisfy it, as with two
// different values for one field.
func (q *query) planScan(c conjunction, tail []component) (scan, bool) {
	s := scan{bounds: q.bounds}
	var fixed []predicate
	for _, p := range c {
		inOrder := p.path.String() == q.orders[0].path.String()
		switch {
		case p.op == opNever:
			return s, false
		case (p.op == opEqual || p.op == opContains) && !p.path.isName():
			fixed = append(fixed, p)
		case inOrder && p.op != opPresent:
			s.bounds = s.bounds.and(q.rangeOf(&p))
		default:
			s.residual = append(s.residual, p)
		}
	}
	slices.SortStableFunc(fixed, func(a, b predicate) int {
		if a.op != b.op {
			return int(a.op) - int(b.op)
		}
		return strings.Compare(a.path.String(), b.path.String())
	})
	components := make([]component, 0, len(fixed)+len(tail))
	for i, p := range fixed {
		if i > 0 && p.op == fixed[i-1].op && slices.Equal(p.path, fixed[i-1].path) {
			if p.operands[0] != fixed[i-1].operands[0] {
				return s, false
			}
			continue
		}
		kind := ascending
		if p.op == opContains {
			kind = contains
		}
		components = append(components, component{p.path, kind})
		s.prefix += p.operands[0]
	}
	s.def = newIndexDef(append(components, tail...))
	return s, true
}

// rangeOf is the order keys whose first field can satisfy the predicate.
func (q *query) rangeOf(p *predicate) span {
	lo, hi := edge{string([]byte{tagNull}), true}, edge{"", true}
	if p.path.isName() {
		lo = edge{}
	}
	if p.op != opExcept {
		operand := p.operands[0]
		lo, hi = edge{operand[:1], false}, edge{operand[:1], true}
		if operand[0] == tagNumber {
			lo = edge{nanKey, true}
		}
		switch p.op {
		case opEqual:
			lo, hi = edge{operand, false}, edge{operand, true}
		case opLess:
			hi = edge{operand, false}
		case opLessOrEqual:
			hi = edge{operand, true}
		case opGreater:
			lo = edge{operand, true}
		case opGreaterOrEqual:
			lo = edge{operand, false}
		}
	}
	if q.orderKind(0) == descending {
		lo, hi = hi.mirrored(), lo.mirrored()
	}
	return span{lo.key(), hi.key()}
}

// cursorSpan is the order keys between the query's cursors.
func (q *query) cursorSpan() span {
	var s span
	if c := q.start; c != nil {
		if e := (edge{q.cursorKey(c), !c.before}); q.backward {
			s.hi = edge{e.bytes, !e.behind}.key()
		} else {
			s.lo = e.key()
		}
	}
	if c := q.end; c != nil {
		if e := (edge{q.cursorKey(c), !c.before}); q.backward {
			s.lo = edge{e.bytes, !e.behind}.key()
		} else {
			s.hi = e.key()
		}
	}
	return s
}

func (q *query) cursorKey(c *cursor) string {
	var b []byte
	for i, v := range c.values {
		start := len(b)
		b = append(b, v...)
		if i < len(q.orders)-1 && q.orderKind(i) == descending {
			invert(b[start:])
		}
	}
	return string(b)
}

// orderKey is the document's place in the query's order, as an index key without its prefix; false
// when the document lacks a field of the order.
func (q *query) orderKey(d *document) (string, bool) {
	var space [256]byte
	b := space[:0]
	for i := range q.orders[:len(q.orders)-1] {
		v := q.orders[i].path.in(d.pb.GetFields())
		if v == nil {
			return "", false
		}
		b = appendComponent(b, q.orderKind(i), v)
	}
	return string(append(b, d.key...)), true
}
