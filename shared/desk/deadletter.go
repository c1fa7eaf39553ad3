package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// DeadLetter is an event that no function could handle, as it came. Its ID is DeadLetterID.
type DeadLetter struct {
	Head
	State        LetterState
	Event        string // the event's type; empty when it named none
	EventID      string // the event's own ID
	Subscription string // on which it died; empty when nobody says
	Reason       string // a fault's code, or one of the Died constants
	Attempts     int    // deliveries until it was given up; zero when nobody counted
	Key          string // ordering key
	Traceparent  string // finds in the log what was done for it
	PublishedAt  time.Time
	DiedAt       time.Time // never zero, for lists are sorted by it
	Size         int       // bytes of its data
	Data         []byte    // exactly as it came, which may be no text; the first LetterDataMax bytes
	Parts        int       // how many DeadLetterPart records hold the rest
	History      History
	ExpireAt     time.Time // from when the database may delete it by itself
}

// DeadLetterPart is what a letter's own record could not hold. Its ID is the letter's, a colon and its number from 1.
type DeadLetterPart struct {
	Head
	Data     []byte
	ExpireAt time.Time // a day after the letter's: a letter is never without its parts
}

// LetterState is what became of a dead letter.
type LetterState string

// The states.
const (
	LetterDead      LetterState = "dead"      // an administrator's move
	LetterReplayed  LetterState = "replayed"  // published again, and may be once more; if it dies again it is another letter
	LetterDiscarded LetterState = "discarded" // final: what it said is gone, and only its ID stays, so that it never comes back
)

// Reasons for dying that no function gave.
const (
	DiedOfAttempts = "attempts_used_up" // every delivery failed, until there were no more
	DiedUnknown    = "unknown"          // whoever gave it up did not say why
)

// The moves of a dead letter.
const (
	EventReplayed  = "replayed"
	EventDiscarded = "discarded"
)

// LetterDataMax is how many bytes of an event one record holds. A Firestore document takes 1 MiB with all its fields
// (quotas and limits, read 2026-11), and an event of Pub/Sub's has up to 10 MB.
const LetterDataMax = 768 << 10

// How long dead letters are kept: data for as long as Pub/Sub keeps anything, hints for as long as anybody may want to
// know that they die.
const (
	KeepDeadData  = 31 * 24 * time.Hour
	KeepDeadHints = 7 * 24 * time.Hour
)

// Record implements Record.
func (*DeadLetter) Record() RecordKind { return KindDeadLetter }

// Record implements Record.
func (*DeadLetterPart) Record() RecordKind { return KindDeadLetterPart }

// DeadLetterID is the ID of the letter an event became on a subscription. The same event gives the same letter.
func DeadLetterID(event, subscription string) string {
	return hash("dead letter", event, subscription)
}

// ReplayID is the ID of the event that the letter's next replay publishes: another one than the dead event's, so that a
// second death is a second letter, and the same for each try at one replay.
func (l *DeadLetter) ReplayID() string {
	return hash("replay", l.ID, strconv.FormatInt(l.History.Last+1, 10))
}

// PartIDs are the IDs of the parts, in order.
func (l *DeadLetter) PartIDs() []string {
	ids := make([]string, l.Parts)
	for n := range ids {
		ids[n] = partID(l.ID, n+1)
	}
	return ids
}

func partID(letter string, n int) string { return letter + ":" + strconv.Itoa(n) }

// SplitLetter cuts the data of a letter, which may have any length, into what its record holds and the parts of the rest.
// The parts are stored before the letter, which makes them whole.
func SplitLetter(l DeadLetter) (DeadLetter, []DeadLetterPart) {
	l.Size, l.Parts = len(l.Data), 0
	var parts []DeadLetterPart
	rest := l.Data[min(len(l.Data), LetterDataMax):]
	l.Data = l.Data[:len(l.Data)-len(rest)]
	for some := range slices.Chunk(rest, LetterDataMax) {
		l.Parts++
		parts = append(parts, DeadLetterPart{Head: Head{ID: partID(l.ID, l.Parts)}, Data: some, ExpireAt: l.ExpireAt.Add(24 * time.Hour)})
	}
	return l, parts
}

// JoinLetter is the data of a letter with its parts, in order: what SplitLetter was given.
func JoinLetter(l DeadLetter, parts []DeadLetterPart) []byte {
	data := slices.Clone(l.Data)
	for _, p := range parts {
		data = append(data, p.Data...)
	}
	return data
}

// KeepLetter stores a letter. have is what is stored under its ID: whatever became of that, the same letter again changes
// nothing.
func KeepLetter(have, l DeadLetter) (Change, error) {
	if have.Version > 0 {
		return Change{DeadLetter: &have}, nil
	}
	l.State = LetterDead
	return Change{Save: []Record{&l}, DeadLetter: &l}, nil
}

// Replayable reports whether the letter can be published again: it must be known to which topic.
func (l *DeadLetter) Replayable() bool {
	return l.State != LetterDiscarded && l.Event != "" && strings.HasPrefix(l.Subscription, l.Event+".")
}

// ReplayLetter notes that the letter was published again as the event (ReplayID), which is done first: whoever stops in
// between leaves a letter that can be replayed once more, and who handles events recognises what he did. A replay that is
// noted already changes nothing. Faults: dead_letter_missing, when it was discarded; not_replayable.
func ReplayLetter(l DeadLetter, event, by string, now time.Time) (Change, error) {
	if l.State == LetterDiscarded {
		return Change{}, fault.New(fault.Missing, "dead_letter_missing", "the dead letter was discarded")
	}
	if !l.Replayable() {
		return Change{}, fault.New(fault.Conflict, "not_replayable", "nobody knows which topic the event was on")
	}
	if slices.ContainsFunc(l.History.Entries, func(e Entry) bool { return e.Detail == event }) {
		return Change{DeadLetter: &l}, nil
	}
	return l.moved(LetterReplayed, EventReplayed, by, event, now), nil
}

// DiscardLetter gives a letter up: its data goes, its parts with it. Discarding it again changes nothing.
func DiscardLetter(l DeadLetter, parts []DeadLetterPart, by string, now time.Time) (Change, error) {
	if l.State == LetterDiscarded {
		return Change{DeadLetter: &l}, nil
	}
	l.Data, l.Parts = nil, 0
	ch := l.moved(LetterDiscarded, EventDiscarded, by, "", now)
	for _, p := range parts {
		ch.Drop = append(ch.Drop, &p)
	}
	return ch, nil
}

// moved puts the letter into a state, with the move in its history.
func (l DeadLetter) moved(to LetterState, event, by, detail string, now time.Time) Change {
	var page *HistoryPage
	l.State = to
	l.History, page = l.History.add(l.ID, now, event, by, detail)
	ch := Change{Save: []Record{&l}, DeadLetter: &l}
	ch.save(page)
	return ch
}
