package firestore

import (
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// componentKind says how a field takes part in an index.
type componentKind byte

const (
	ascending  componentKind = 'a'
	descending componentKind = 'd'
	contains   componentKind = 'c' // one key per distinct element of an array
)

// component is one field of an index.
type component struct {
	path fieldPath
	kind componentKind
}

// indexDef says which documents an index holds and in which order: those that have every field of
// the components, by the components' values and then by name.
type indexDef struct {
	id         string // equal for equal components
	components []component
}

func newIndexDef(components []component) *indexDef {
	var id strings.Builder
	for _, c := range components {
		id.WriteByte(byte(c.kind))
		id.WriteString(c.path.String())
		id.WriteByte(' ')
	}
	return &indexDef{id: id.String(), components: components}
}

// keys appends the index keys of a document, none when it is not in the index.
func (def *indexDef) keys(dst []string, d *document) []string {
	if d == nil {
		return dst
	}
	var space [256]byte
	b := space[:0]
	split, elements := -1, []*pb.Value(nil)
	for _, c := range def.components {
		v := c.path.in(d.pb.GetFields())
		if v == nil {
			return dst
		}
		if c.kind == contains {
			split, elements = len(b), v.GetArrayValue().GetValues()
			continue
		}
		b = appendComponent(b, c.kind, v)
	}
	if split < 0 {
		return append(dst, string(append(b, d.key...)))
	}
	return elementKeys(dst, string(b[:split]), string(append(b[split:], d.key...)), elements)
}

// same reports whether two versions of a document have the same keys because the fields are the same.
func (def *indexDef) same(a, b *document) bool {
	for _, c := range def.components {
		x, y := c.path.in(a.pb.GetFields()), c.path.in(b.pb.GetFields())
		if (x == nil) != (y == nil) || x != nil && !sameValue(x, y) {
			return false
		}
	}
	return true
}

// elementKeys appends one key per distinct element, with the element between head and tail.
func elementKeys(dst []string, head, tail string, elements []*pb.Value) []string {
	first := len(dst)
	var space [128]byte
	for _, e := range elements {
		key := head + string(appendValue(space[:0], e)) + tail
		if !slices.Contains(dst[first:], key) {
			dst = append(dst, key)
		}
	}
	return dst
}

// appendComponent appends v as it stands in an index of the given kind.
func appendComponent(b []byte, kind componentKind, v *pb.Value) []byte {
	start := len(b)
	b = appendValue(b, v)
	if kind == descending {
		invert(b[start:])
	}
	return b
}

// index is an indexDef with its entries.
type index struct {
	def     *indexDef
	entries ordered
	used    atomic.Int64 // when a query last used it, on the counter of the set
}

// maxIndexes bounds the indexes one collection or group keeps up to date. Queries with values
// have one shape each in a program; only generated queries come near it.
const maxIndexes = 64

// indexSet holds the indexes of a collection or of a collection group. An index is built when a
// query first needs it, so a write costs nothing for fields that no query looks at.
type indexSet struct {
	byID map[string]*index
	tick atomic.Int64
}

// get is the index for a definition, nil when it has to be built first.
func (s *indexSet) get(def *indexDef) *index {
	ix := s.byID[def.id]
	if ix != nil {
		ix.used.Store(s.tick.Add(1))
	}
	return ix
}

// build adds an index over the given documents.
func (s *indexSet) build(def *indexDef, slots iter.Seq[*slot]) {
	if s.byID == nil {
		s.byID = map[string]*index{}
	}
	ix := &index{def: def}
	ix.used.Store(s.tick.Add(1))
	var entries []entry
	var keys []string
	for sl := range slots {
		keys = def.keys(keys[:0], sl.doc)
		for _, key := range keys {
			entries = append(entries, entry{key, sl})
		}
	}
	ix.entries.fill(entries)
	s.byID[def.id] = ix
}

// trim makes room for a new index by dropping the least recently used of too many.
func (s *indexSet) trim() {
	for len(s.byID) >= maxIndexes {
		var oldest *index
		for _, ix := range s.byID {
			if oldest == nil || ix.used.Load() < oldest.used.Load() {
				oldest = ix
			}
		}
		delete(s.byID, oldest.def.id)
	}
}

// replace moves a document's entries from its old version to its new one; nil is no document.
func (s *indexSet) replace(sl *slot, old, new *document) {
	var oldSpace, newSpace [8]string
	for _, ix := range s.byID {
		if old != nil && new != nil && ix.def.same(old, new) {
			continue
		}
		before, now := ix.def.keys(oldSpace[:0], old), ix.def.keys(newSpace[:0], new)
		for _, key := range before {
			if !slices.Contains(now, key) {
				ix.entries.remove(key)
			}
		}
		for _, key := range now {
			if !slices.Contains(before, key) {
				ix.entries.put(key, sl)
			}
		}
	}
}
