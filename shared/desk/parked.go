package desk

import (
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Unsaid is a parked message without what it said, once whoever sent it took it back: stub is what is on record under its ID
// then. Any other stays as it is.
func Unsaid(p Parked, stub Message) Parked {
	if stub.Stub && !stub.RevokedAt.IsZero() && stub.Elsewhere == p.Arrival.Elsewhere {
		p.Arrival.Text, p.Arrival.Fallback, p.Arrival.Detail = "", takenBack, Detail{}
	}
	return p
}

// DiscardParked gives a parked message up. m is the message under its ID, of which nothing is stored but that it was
// discarded: every later repeat finds that, so the message never comes back. Discarding again changes nothing. One that
// came in meanwhile stays as it is, and is not parked any more; it is the fault parked_missing once p is gone.
func DiscardParked(p Parked, m Message, now time.Time) (Change, error) {
	ch := Change{Message: &m}
	if p.Version == 0 {
		if m.DiscardedAt.IsZero() {
			return Change{}, fault.New(fault.Missing, "parked_missing", "there is no such parked message")
		}
		return ch, nil
	}
	ch.Drop = []Record{&p}
	if m.Version > 0 && !m.Stub {
		return ch, nil
	}
	m = Message{
		Head: m.Head, Asset: p.Asset, Direction: Inbound, At: p.Arrival.Channel.cut(timeOr(p.Arrival.At, p.At)), ReceivedAt: p.At,
		DiscardedAt: now,
	}
	ch.Save = []Record{&m}
	return ch, nil
}
