package desk

import (
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Gone reports whether there is no such asset any more: it was deleted, or is not on record. Nothing is sent by it and
// nothing is opened on it.
func (a Asset) Gone() bool { return a.Version == 0 || !a.DeletedAt.IsZero() }

// On is the interaction as it stands with its asset, read fresh: interrupted when that is gone, although Interrupt may
// not have come to it yet. It is for deciding, not for storing: AcceptOffer and Send refuse an interrupted one.
func (i Interaction) On(a Asset) Interaction {
	i.Interrupted = i.Interrupted || a.Gone()
	return i
}

// RetireAsset deletes an asset (R8). It stays as a tombstone, for its number may still send webhooks; what becomes of
// its live conversations follows, each by an Interrupt of its own. Deleting it again stores nothing, and hints again
// while that is not done. Importing or putting it anew brings it back.
func RetireAsset(a Asset, now time.Time) (Change, error) {
	var ch Change
	if a.DeletedAt.IsZero() {
		a.DeletedAt, a.DueAt = now, now.Add(Patience)
		ch.Save = []Record{&a}
	}
	if !a.DueAt.IsZero() {
		ch.Hints = []Hint{{Event: HintAssetDue, Asset: a.ID}}
	}
	return ch, nil
}

// AssetRetired notes that nothing is left to do for a deleted asset, once every conversation was interrupted that was
// live when somebody began to look at the time began. For lingers after the deletion others may still open conversations
// by what they knew of the asset before, so a look that began earlier is not the last. Neither does one count for an asset
// that came back, or was deleted anew.
func AssetRetired(a Asset, began time.Time, lingers time.Duration) (Change, error) {
	if a.DueAt.IsZero() || began.Before(a.DeletedAt.Add(lingers)) {
		return Change{}, nil
	}
	a.DueAt = time.Time{}
	return Change{Save: []Record{&a}}, nil
}

// Served reports whether the queue's team serves it. A deleted queue's successor does, if it has one. One that was
// deleted without, because nobody was in it, stays with its team: whoever still gets there is not lost.
func (q Queue) Served() bool { return q.DeletedAt.IsZero() || q.Successor == "" }

// RetireQueue deletes a queue (B16). It stays as a tombstone, for what still names it; its successor to inherits the
// interactions that are not closed, each by an Inherit of its own. The zero Queue is no successor: the caller makes sure
// that nobody is in the queue. Either way nobody is asked for a second agent of it any more, by a DropRequest of each
// interaction that does. Deleting it again stores nothing, and hints again while that is not all done. Faults: successor_same,
// successor_unknown; queue_deleted when it was deleted in favour of another.
func RetireQueue(q, to Queue, now time.Time) (Change, error) {
	var ch Change
	switch {
	case !q.DeletedAt.IsZero():
		if q.Successor != to.ID {
			return Change{}, conflict("queue_deleted", "the queue was deleted already, with the successor %q", q.Successor)
		}
	case to.ID == q.ID:
		return Change{}, fault.New(fault.Invalid, "successor_same", "a queue cannot succeed itself")
	case to.ID != "" && (to.Version == 0 || to.Deleted()):
		return Change{}, fault.New(fault.Invalid, "successor_unknown", "there is no queue %q", to.ID)
	default:
		q.DeletedAt, q.Successor, q.DueAt = now, to.ID, now.Add(Patience)
		ch.Save = []Record{&q}
	}
	if !q.DueAt.IsZero() {
		ch.Hints = []Hint{{Event: HintQueueDue, Queue: q.ID}}
	}
	return ch, nil
}

// QueueRetired does for a deleted queue, Inherit and DropRequest what AssetRetired does for an asset and Interrupt.
func QueueRetired(q Queue, began time.Time, lingers time.Duration) (Change, error) {
	if q.DueAt.IsZero() || began.Before(q.DeletedAt.Add(lingers)) {
		return Change{}, nil
	}
	q.DueAt = time.Time{}
	return Change{Save: []Record{&q}}, nil
}

// Inherit gives an interaction of the deleted queue from to heir, the first of its successors that is served. Whoever
// waits keeps his place in time and is hinted to routing; an offer rings on; an agent keeps his conversation and wraps it
// up with heir's reasons. One that is closed, or is in another queue, stays as it is, and so does each when from came
// back. A repeat stores nothing and hints again.
func Inherit(i Interaction, from, heir Queue, now time.Time) (Change, error) {
	if i.Version == 0 || i.State == InteractionClosed || i.Queue != from.ID || from.Served() || heir.Version == 0 || !heir.Served() {
		return Change{Interaction: &i, Hints: waiting(i)}, nil
	}
	i = i.into(heir, i.Profile, now)
	i.Overflowed = without(i.Overflowed, heir.ID) // it is back there, and may leave it again
	if i.State == InteractionQueued {
		i = i.forAll()
	}
	ch := Change{Hints: waiting(i)}
	i = ch.note(i, now, EventMoved, "", heir.ID)
	return ch.of(&i), nil
}
