package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// Limits on the index entries of one document, and how much of a value is indexed. Source: cloud.google.com/firestore/quotas,
// read 2026-11-21. Production was seen to take index entries of more than 8 MiB, and to refuse a single entry of 5.5 KiB
// (github.com/t-k/fireemu, crates/fireemu-core-firestore, recorded 2026-09): what is documented holds here. Google's emulator
// 1.19.9 has none of the three.
const (
	maxIndexEntries    = 40_000
	maxIndexEntryBytes = 7_680
	maxIndexBytes      = 8 << 20
	maxIndexedBytes    = 1_500
)

// tally adds up the index entries of a document. Source of the sizes: cloud.google.com/firestore/docs/storage-size, read
// 2026-11-21. That an element of an array has two entries, one for each order of the names, is what production was seen to
// count (github.com/t-k/fireemu, recorded 2026-09); its documentation shows one.
type tally struct {
	indexes *Indexes
	group   string
	name    int // size of the document's name
	parent  int // size of the name of the document above
	entries int
	bytes   int
	largest int
}

// checkEntries refuses a document that would have more index entries than the service keeps. size is at least that of the fields.
// Documents of a usual size are told from their number of values.
func (ix *Indexes) checkEntries(path string, fields map[string]*pb.Value, size int) error {
	collection, _ := splitPath(path)
	t := tally{indexes: ix, group: groupOf(collection), name: nameSize(path)}
	if t.group != collection {
		t.parent = nameSize(collection[:len(collection)-len(t.group)-1])
	}
	largest := t.name + t.parent + 48 + size
	if largest <= maxIndexEntryBytes && countValues(fields)*(4+ix.count())*largest <= maxIndexBytes {
		return nil
	}
	composites := ix.compositesOf(t.group)
	t.fields(nil, fields)
	for i := range composites {
		t.composite(&composites[i], fields)
	}
	switch {
	case t.entries > maxIndexEntries:
		return invalid("too many index entries for entity /%s", path)
	case t.largest > maxIndexEntryBytes:
		return invalid("Index entry is too large.")
	case t.bytes > maxIndexBytes:
		return invalid("too many index value bytes for index entries for entity /%s", path)
	}
	return nil
}

// count is how many composite indexes there are, over whatever collection group.
func (ix *Indexes) count() int {
	if ix == nil {
		return 0
	}
	return len(ix.composites)
}

// compositesOf are the composite indexes over a collection group.
func (ix *Indexes) compositesOf(group string) []composite {
	if ix == nil {
		return nil
	}
	var out []composite
	for i := range ix.composites {
		if ix.composites[i].CollectionGroup == group {
			out = append(out, ix.composites[i])
		}
	}
	return out
}

// countValues is how many values of their own the fields have for indexes: those in maps, and the elements of arrays.
func countValues(fields map[string]*pb.Value) int {
	n := len(fields)
	for _, v := range fields {
		switch t := v.GetValueType().(type) {
		case *pb.Value_ArrayValue:
			n += len(t.ArrayValue.GetValues())
		case *pb.Value_MapValue:
			n += countValues(t.MapValue.GetFields())
		}
	}
	return n
}

// fields adds the single-field entries of a map's fields, which is at outer.
func (t *tally) fields(outer fieldPath, fields map[string]*pb.Value) {
	for name, v := range fields {
		path := append(slices.Clip(outer), name)
		t.field(path.String(), v)
		if inner := v.GetMapValue().GetFields(); len(inner) > 0 && !isVector(v) {
			t.fields(path, inner)
		}
	}
}

func (t *tally) field(path string, v *pb.Value) {
	list := automatic
	if t.indexes != nil {
		list = t.indexes.override(t.group, path).Indexes
	}
	for _, single := range list {
		base := t.name + t.parent + len(path) + 1 + 32
		if single.QueryScope == scopeGroup {
			base += 16 - t.parent
		}
		if single.ArrayConfig == "" {
			t.add(1, base+indexedSize(v))
			continue
		}
		for _, n := range elementSizes(v) {
			t.add(2, base+n)
		}
	}
}

// composite adds the entries of a composite index, none when the document lacks one of its fields.
func (t *tally) composite(c *composite, fields map[string]*pb.Value) {
	size, elements := t.name+32, []int{0}
	if c.QueryScope == scopeCollection {
		size += t.parent
	}
	for _, f := range c.Fields {
		if f.FieldPath == nameField {
			continue
		}
		path, err := parseFieldPath(f.FieldPath)
		if err != nil {
			return
		}
		v := path.in(fields)
		switch {
		case v == nil:
			return
		case f.ArrayConfig != "":
			elements = elementSizes(v)
		default:
			size += indexedSize(v)
		}
	}
	for _, n := range elements {
		t.add(1, size+n)
	}
}

func (t *tally) add(entries, size int) {
	t.entries += entries
	t.bytes += entries * size
	t.largest = max(t.largest, size)
}

// indexedSize is how many bytes of a stored value are indexed.
func indexedSize(v *pb.Value) int {
	size, _ := checkValue(v) // it is stored, so it was checked
	return min(size, maxIndexedBytes)
}

// elementSizes are the sizes of an array's distinct elements; what is no array has none.
func elementSizes(v *pb.Value) []int {
	values := v.GetArrayValue().GetValues()
	seen := make(map[string]struct{}, len(values))
	var sizes []int
	for _, e := range values {
		key := encoded(e)
		if _, again := seen[key]; !again {
			seen[key] = struct{}{}
			sizes = append(sizes, indexedSize(e))
		}
	}
	return sizes
}
