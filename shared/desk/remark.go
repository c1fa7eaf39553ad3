package desk

import (
	"cmp"
	"slices"
	"time"
)

// wordingsMax is how many earlier wordings a message keeps: the first, and the newest of the others.
const wordingsMax = 20

// takenBack is what stands in the place of a message that the customer took back.
const takenBack = "[message deleted]"

// Annotate records what a customer did to a message. m is that message, or has Version zero and the ID it will have
// (ArrivalID) when it has not come yet: then an edit or a revocation leaves a stub that the message will take over, and a
// reaction, which may be to a message of ours, nothing; it belongs to a Receipt. i is the message's interaction, and may
// be closed: its state never changes.
//
// The channel's time decides: of two edits the later holds whatever their order, and a repeat stores nothing. Nobody edits
// or takes back what we sent.
func Annotate(r Remark, asset string, m Message, i Interaction, now time.Time) (Change, error) {
	was := m
	at := Micro(timeOr(r.At, now))
	if m.Version == 0 {
		if r.Kind == RemarkReaction {
			return Change{}, nil
		}
		m = Message{Head: m.Head, Asset: asset, ProviderID: r.About, Stub: true}
	}
	switch {
	case r.Kind == RemarkReaction:
		m = m.reacted(r.Text, at)
	case m.Direction == Outbound:
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
	if at.After(m.ReactedAt) || at.Equal(m.ReactedAt) && m.Reaction == "" {
		m.Reaction, m.ReactedAt = emoji, at
	}
	return m
}

// edited is the message with another wording. One it had before at the same time is a repeat.
func (m Message) edited(to Wording) Message {
	late := to.At.Before(m.EditedAt)
	again := to.Text == m.Text && to.Fallback == m.Fallback && to.At.Equal(m.EditedAt)
	if late || again || !m.RevokedAt.IsZero() || slices.Contains(m.Before, to) {
		return m
	}
	if !m.Stub || !m.EditedAt.IsZero() {
		m = m.keep(Wording{At: timeOr(m.EditedAt, m.At), Text: m.Text, Fallback: m.Fallback})
	}
	m.Text, m.Fallback, m.EditedAt = to.Text, to.Fallback, to.At
	return m
}

// keep adds an earlier wording.
func (m Message) keep(w Wording) Message {
	m.Before = append(slices.Clip(slices.Clone(m.Before)), w)
	if len(m.Before) > wordingsMax {
		m.Before = slices.Delete(m.Before, 1, 2)
	}
	return m
}

// revoked is the message without what it said.
func (m Message) revoked(at time.Time) Message {
	m.Text, m.Fallback, m.Detail, m.Before = "", takenBack, Detail{}, nil
	m.RevokedAt = at
	return m
}

// over is a message that has come after the stub of what was done to it.
func (m Message) over(stub Message) Message {
	m.Head = stub.Head
	m.Reaction, m.ReactedAt = stub.Reaction, stub.ReactedAt
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
