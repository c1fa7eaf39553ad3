package store

import (
	"hash/fnv"
	"strings"
	"unicode/utf8"

	firestorepb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/deskline/deskline/shared/desk"
)

// collections names the Firestore collection of each kind of record.
var collections = map[desk.RecordKind]string{
	desk.KindClient:      "clients",
	desk.KindProject:     "projects",
	desk.KindTeam:        "teams",
	desk.KindQueue:       "queues",
	desk.KindReason:      "reasons",
	desk.KindTemplate:    "templates",
	desk.KindAsset:       "assets",
	desk.KindAgent:       "agents",
	desk.KindLease:       "leases",
	desk.KindContact:     "contacts",
	desk.KindIdentity:    "identities",
	desk.KindInteraction: "interactions",
	desk.KindOffer:       "offers",
	desk.KindMessage:     "messages",
	desk.KindNote:        "notes",
	desk.KindHistory:     "history",
	desk.KindParked:      "parked",
	desk.KindReceipt:     "receipts",
	desk.KindCentre:      "centre",
	desk.KindHourly:      "hourly",
	desk.KindSettings:    "settings",

	desk.KindDeadLetter:     "deadLetters",
	desk.KindDeadLetterPart: "deadLetterParts",
}

// docName is the document's full name. An ID no document can have is Missing: it can only come from a caller.
func (s *Store) docName(rec desk.Record) (string, error) {
	id := rec.Base().ID
	if !validID(id) {
		return "", missing(rec.Record())
	}
	path := "/documents/"
	switch rec := rec.(type) {
	case *desk.Reason, *desk.Template:
		queue := desk.QueueOfRecord(rec)
		if !validID(queue) {
			return "", missing(desk.KindQueue)
		}
		path += "queues/" + queue + "/"
	case *desk.Note:
		if !validID(rec.Contact) {
			return "", missing(desk.KindContact)
		}
		path += "contacts/" + rec.Contact + "/"
	}
	return s.root + path + collections[rec.Record()] + "/" + id, nil
}

// validID follows Firestore's rules for document IDs. Source: Firestore quotas and limits, read 2026-11.
func validID(id string) bool {
	if id == "" || len(id) > 1500 || id == "." || id == ".." || strings.ContainsAny(id, "/\x00") || !utf8.ValidString(id) {
		return false
	}
	return len(id) < 4 || !strings.HasPrefix(id, "__") || !strings.HasSuffix(id, "__")
}

// Shards is how many parts the sweep's index is spread over, so that a busy centre's writes do not meet at one end.
const Shards = 16

// shardOf is the part a record with the ID belongs to.
func shardOf(id string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	return int64(h.Sum32() % Shards)
}

// InteractionOf is the interaction that a document names, for who looks at the database from outside: by its path below the
// database's root, or by its fields, which are nil when there is no document. Empty when it names none.
func InteractionOf(path string, fields map[string]*firestorepb.Value) string {
	if id, ok := strings.CutPrefix(path, collections[desk.KindInteraction]+"/"); ok && !strings.Contains(id, "/") {
		return id
	}
	return fields[interactionField].GetStringValue()
}

// interactionField is the field of offers, messages and notes.
const interactionField = "interaction"
