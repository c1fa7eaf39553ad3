package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// mask is a set of fields; nil is all of them.
type mask struct {
	paths []fieldPath
}

// readMask checks field paths. __name__ is allowed and selects no field; of a path and one below
// it only the shorter is kept.
func readMask(paths []string) (*mask, error) {
	m := &mask{}
	for _, s := range paths {
		if s == nameField {
			continue
		}
		p, err := parseFieldPath(s)
		if err != nil {
			return nil, err
		}
		m.paths = append(m.paths, p)
	}
	slices.SortFunc(m.paths, slices.Compare[fieldPath])
	kept := m.paths[:0]
	for _, p := range m.paths {
		if len(kept) == 0 || !p.within(kept[len(kept)-1]) {
			kept = append(kept, p)
		}
	}
	m.paths = kept
	return m, nil
}

// readDocumentMask is readMask for a mask that may be absent.
func readDocumentMask(dm *pb.DocumentMask) (*mask, error) {
	if dm == nil {
		return nil, nil
	}
	return readMask(dm.GetFieldPaths())
}

// shows reports whether the mask leaves the whole field.
func (m *mask) shows(path fieldPath) bool {
	return m == nil || slices.ContainsFunc(m.paths, path.within)
}

// apply is the document with the mask's fields only, to be sent and not to be read.
func (m *mask) apply(d *document) *pb.Document {
	if m == nil {
		return d.answer()
	}
	var shown overlay
	for _, p := range m.paths {
		if v := p.in(d.pb.GetFields()); v != nil {
			shown.set(p, v)
		}
	}
	return &pb.Document{
		Name:       d.pb.GetName(),
		Fields:     shown.fields,
		CreateTime: d.pb.GetCreateTime(),
		UpdateTime: d.pb.GetUpdateTime(),
	}
}
