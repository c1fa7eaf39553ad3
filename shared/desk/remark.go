package desk

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"
)

// How much a message keeps of what it said before: wordingsMax earlier wordings, the first and the latest of the others,
// and of each but the first wordingMax bytes of the text and as many of the fallback. So one that was edited at its greatest
// length, 64 KiB of each, has about half of the 1 MiB that the database takes.
const (
	wordingsMax = 20
	wordingMax  = 8 << 10
)

// takenBack is what stands in the place of a message that the customer took back.
const takenBack = "[message deleted]"

// Annotate records what a customer did to a message. m is that message, or has Version zero and the ID it will have
// (ArrivalID) when it has not come yet: then an edit or a revocation leaves a stub that the message will take over, and a
// reaction, which may be to a message of ours, nothing; it belongs to a Receipt. i is the message's interaction, and may
// be closed: its state never changes.
//
// The channel's time decides, and not the order in which remarks come; a repeat stores nothing. Of edits of one time the
// words decide, of reactions of one time that the customer took his back. A customer edits and takes back what he wrote, the
// business what it sent by other means; nobody what we sent. Only a customer's reactions are kept, and nothing of what was
// discarded.
func Annotate(r Remark, asset string, m Message, i Interaction, now time.Time) (Change, error) {
	was := m
	at := Micro(timeOr(r.At, now))
	if m.Version == 0 {
		if r.Kind != RemarkEdit && r.Kind != RemarkRevoke {
			return Change{}, nil
		}
		m = Message{Head: m.Head, Asset: asset, ProviderID: r.About, Stub: true, Elsewhere: r.Elsewhere}
	}
	switch {
	case !m.DiscardedAt.IsZero(), r.Kind == RemarkReaction && r.Elsewhere:
	case r.Kind == RemarkReaction:
		m = m.reacted(r.Text, at)
	case r.Elsewhere != m.Elsewhere, !r.Elsewhere && m.Direction == Outbound:
	case r.Kind == RemarkEdit:
		m = m.edited(Wording{At: at, Text: r.Text, Fallback: r.Fallback})
	case r.Kind == RemarkRevoke && m.RevokedAt.IsZero():
		m = m.revoked(at)
	}
	ch := Change{Message: &m, Interaction: &i}
	if same(m, was) {
		return ch, nil
	}
	ch.Save = []Record{&m}
	if i.Version > 0 && i.PreviewBy == Inbound && i.LastCustomerID == m.ProviderID && m.Direction == Inbound {
		if shown := preview(cmp.Or(m.Text, m.Fallback)); shown != i.Preview {
			i.Preview = shown
			ch.Save = append(ch.Save, &i)
		}
	}
	return ch, nil
}

func (m Message) reacted(emoji string, at time.Time) Message {
	wins := m.Reaction != "" && (emoji == "" || emoji > m.Reaction)
	if at.After(m.ReactedAt) || at.Equal(m.ReactedAt) && wins {
		m.Reaction, m.ReactedAt = emoji, at
	}
	return m
}

// edited is the message with one wording more, each in its place by time. A message that is there said something before
// its first edit; a stub did not.
func (m Message) edited(to Wording) Message {
	if !m.RevokedAt.IsZero() {
		return m
	}
	said := slices.Clone(m.Before)
	if !m.Stub || !m.EditedAt.IsZero() {
		said = append(said, Wording{At: timeOr(m.EditedAt, m.At), Text: m.Text, Fallback: m.Fallback})
	}
	var first []Wording
	if !m.Stub {
		first, said = said[:1:1], said[1:]
	}
	n, again := slices.BinarySearchFunc(said, to, byTime)
	if again {
		return m
	}
	said = slices.Insert(said, n, to)
	said = said[max(0, len(said)-wordingsMax):]
	last := said[len(said)-1]
	m.Text, m.Fallback, m.EditedAt = last.Text, last.Fallback, last.At
	m.Before = first
	for _, w := range said[:len(said)-1] {
		m.Before = append(m.Before, w.clipped())
	}
	return m
}

// byTime orders wordings by what is kept of them, so that the repeat of one that was clipped is known for one.
func byTime(a, b Wording) int {
	a, b = a.clipped(), b.clipped()
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Fallback, b.Fallback))
}

func (w Wording) clipped() Wording {
	w.Text, w.Fallback = clip(w.Text, wordingMax), clip(w.Fallback, wordingMax)
	return w
}

// clip cuts s to limit bytes, between two code points.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// revoked is the message without what it said.
func (m Message) revoked(at time.Time) Message {
	m.Text, m.Fallback, m.Detail = "", takenBack, Detail{}
	m.Before, m.EditedAt, m.RevokedAt = nil, time.Time{}, at
	return m
}

// over is a message that has come after the stub of what was done to it.
func (m Message) over(stub Message) Message {
	m.Head = stub.Head
	m.Reaction, m.ReactedAt = stub.Reaction, stub.ReactedAt
	if m.Elsewhere != stub.Elsewhere {
		return m
	}
	if !stub.EditedAt.IsZero() {
		first := Wording{At: m.At, Text: m.Text, Fallback: m.Fallback}
		m.Text, m.Fallback, m.EditedAt = stub.Text, stub.Fallback, stub.EditedAt
		m.Before = append([]Wording{first}, stub.Before...)
	}
	if !stub.RevokedAt.IsZero() {
		m = m.revoked(stub.RevokedAt)
	}
	return m
}
