package meter

import (
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// versions is how many versions of documents are remembered with who wrote them.
const versions = 4096

// maxEarly is how much is remembered of what listeners were told of a version before anybody wrote it. Nobody ever says so of what
// was written before the meter began, and of that there is no end.
const maxEarly = 64

// version is one state of a document that names no interaction, such as an agent's record.
type version struct {
	path   string
	update int64 // time of the write, in microseconds
}

func versionOf(path string, d *pb.Document) version {
	return version{path: path, update: d.GetUpdateTime().AsTime().UnixMicro()}
}

// writing is who made a version; or, while nobody has said that he did, what listeners were told of it.
type writing struct {
	by    *span
	at    time.Time
	early []item
}

// wrote notes who made a version, and charges him for what listeners were told of it already: they hear of a commit at the same
// time as its caller. The meter's lock must be held.
func (m *Meter) wrote(v version, by *span) {
	w := m.version(v)
	w.by, w.at = by, m.opt.Now()
	for _, i := range w.early {
		m.owes(by, i, Counts{Reads: 1})
	}
	w.early = nil
}

// told charges for a document that a listener was told about, which names no interaction: it was told because somebody wrote
// it, unless that was before the listener's stream began. The meter's lock must be held.
func (m *Meter) told(v version, began time.Time, i item) {
	w := m.version(v)
	switch {
	case w.by == nil && len(w.early) < maxEarly:
		w.early = append(w.early, i)
	case w.by == nil || w.at.Before(began):
		m.shared.add(i, Counts{Reads: 1})
	default:
		m.owes(w.by, i, Counts{Reads: 1})
	}
}

// version finds or makes the note about a version. The oldest makes room for it, and what nobody caused is nobody's.
func (m *Meter) version(v version) *writing {
	w := m.writings[v]
	if w != nil {
		return w
	}
	oldest := m.recent[m.nextVersion]
	if old := m.writings[oldest]; old != nil {
		for _, i := range old.early {
			m.shared.add(i, Counts{Reads: 1})
		}
		delete(m.writings, oldest)
	}
	w = &writing{}
	m.writings[v] = w
	m.recent[m.nextVersion] = v
	m.nextVersion = (m.nextVersion + 1) % versions
	return w
}
