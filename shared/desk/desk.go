// Package desk holds the nouns of a contact centre and the rules by which they change.
//
// A rule is a plain function: records and the time in, a Change or a fault out. It never logs, sleeps, reads a clock
// or makes an ID, and it never alters the records it was given. What a rule returns is saved as one atomic commit in
// which every record carries the version it was read at, so two rules that decided on the same record cannot both
// win: the loser reads again and decides again. A rule must therefore recognise work that is already done: it then
// stores nothing and hints again.
//
// Times are UTC with microseconds, because that is what the database keeps. A zero time means "not yet" or "never".
package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// RecordKind is the sort of a record.
type RecordKind string

// The kinds of records. The store keeps one collection for each.
const (
	KindClient      RecordKind = "client"
	KindProject     RecordKind = "project"
	KindTeam        RecordKind = "team"
	KindQueue       RecordKind = "queue"
	KindReason      RecordKind = "reason"
	KindTemplate    RecordKind = "template"
	KindAsset       RecordKind = "asset"
	KindAgent       RecordKind = "agent"
	KindLease       RecordKind = "lease"
	KindContact     RecordKind = "contact"
	KindIdentity    RecordKind = "identity"
	KindInteraction RecordKind = "interaction"
	KindOffer       RecordKind = "offer"
	KindMessage     RecordKind = "message"
	KindNote        RecordKind = "note"
	KindHistory     RecordKind = "history"
	KindParked      RecordKind = "parked"
	KindReceipt     RecordKind = "receipt"
	KindCentre      RecordKind = "centre"
	KindHourly      RecordKind = "hourly"
	KindSettings    RecordKind = "settings"

	KindDeadLetter     RecordKind = "dead_letter"
	KindDeadLetterPart RecordKind = "dead_letter_part"
)

// Head is what every record has. A Version of zero means the record has never been stored; the store raises Version
// by one in every record it saves.
type Head struct {
	ID      string
	Version int64
}

// Base gives the store access to the record's head.
func (h *Head) Base() *Head { return h }

// Record is a noun the store can keep. Pointers to the nouns of this package implement it.
type Record interface {
	Record() RecordKind
	Base() *Head
}

// Owed is a record that somebody, or the clock, owes a move. Due is the time from which the sweep reminds those whose
// move it is; zero means nobody owes anything.
type Owed interface {
	Record
	Due() time.Time
}

// Change is what a rule decided. Save holds the records to store and Drop those to delete, all or none; the named
// fields show the records after the move whether they are stored or not, for the answer to the caller. Hints go out
// after the save.
type Change struct {
	Save  []Record
	Drop  []Record
	Hints []Hint

	Agent       *Agent
	Lease       *Lease
	Interaction *Interaction
	Offer       *Offer
	Message     *Message
	Contact     *Contact
	Queue       *Queue
	Note        *Note
	DeadLetter  *DeadLetter
}

// Hint says "look here": it names whose move it is now and carries IDs only. Whoever handles it reads the records
// again, so a hint that comes late, twice or never changes nothing but the time a move takes.
type Hint struct {
	Event       string
	Interaction string `json:",omitempty"`
	Agent       string `json:",omitempty"`
	Offer       string `json:",omitempty"`
	Token       string `json:",omitempty"`
	Takes       string `json:",omitempty"` // see Hint.Tokens
	Lease       string `json:",omitempty"`
	Parked      string `json:",omitempty"`
	Receipt     string `json:",omitempty"`
	Contact     string `json:",omitempty"`
	Asset       string `json:",omitempty"`
	Queue       string `json:",omitempty"`
}

// The hints that travel between functions.
const (
	HintInteractionQueued = "interaction.queued" // an interaction waits under Token: routing
	HintAgentFreed        = "agent.freed"        // Agent can take one more: routing
	HintMessageQueued     = "message.queued"     // Interaction has a message to send: delivery
	HintMessageRead       = "message.read"       // Interaction has nothing unread any more: delivery
	HintAgentTyping       = "agent.typing"       // Interaction's agent is writing: delivery
	HintOfferDue          = "offer.due"          // Offer's deadline has passed: timeout
	HintInteractionDue    = "interaction.due"    // Interaction's request for a second agent is over: timeout
	HintLeaseDue          = "lease.due"          // Lease has run out: presence
	HintParkedDue         = "parked.due"         // Parked waits for its asset: conversation
	HintAgentDue          = "agent.due"          // Agent's grace is over: presence
	HintCentreDue         = "centre.due"         // the Centre has agents to bring in line: admin
	HintAssetDue          = "asset.due"          // Asset was deleted and may have live conversations: admin
	HintQueueDue          = "queue.due"          // Queue was deleted, or is configured otherwise, and may have interactions: admin
	HintReceiptDue        = "receipt.due"        // Receipt waits for its message: conversation
	HintContactDue        = "contact.due"        // Contact has marks that some message may have missed: conversation
)

// hash makes a document ID from parts that must not be readable in it. Parts are length-prefixed, so no two lists of
// parts collide by concatenation.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [4]byte
		n[0], n[1], n[2], n[3] = byte(len(p)>>24), byte(len(p)>>16), byte(len(p)>>8), byte(len(p))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Micro is t as the database keeps it: UTC, cut to microseconds.
func Micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
