package desk

import (
	"slices"
	"strconv"
	"time"
)

// Entry is one move in a record's history. It holds no personal data: IDs, codes and reasons only.
type Entry struct {
	Seq     int64 // counts from 1 without gaps
	At      time.Time
	Event   string  // one of the Event constants
	By      string  // agent ID; empty when the system or the customer moved
	Detail  string  // codes and IDs, such as "sales longest_available"
	Grounds Grounds // of EventOffered, how routing came to choose the agent
}

// Grounds is how routing came to choose an agent for an interaction: what a supervisor wants to know who asks "why her?". The
// reason itself is the entry's detail.
type Grounds struct {
	Strategy Strategy // of the queue
	Profile  string   // that the interaction asked for
	Relaxed  string   // the profile it had asked for at first; empty when that is the same
	Priority int
	Among    int // how many free agents were looked at who could take it, she included; there may have been more
}

// The moves a history shows.
const (
	EventOpened     = "opened"      // the customer's message opened the interaction
	EventStarted    = "started"     // an agent began it; the detail is the queue
	EventOffered    = "offered"     // an agent was asked
	EventAccepted   = "accepted"    // the agent took it
	EventDeclined   = "declined"    // the agent refused, went idle, or went away while it rang
	EventExpired    = "expired"     // nobody answered in time
	EventRescinded  = "rescinded"   // the offer was taken back
	EventHandedBack = "handed_back" // taken from an agent who left, and queued in front; with a detail closed at once, for that reason
	EventEnded      = "ended"       // the agent ended the conversation, or a supervisor did; then the detail is the reason it closes with
	EventWrappedUp  = "wrapped_up"  // a leg's wrap-up was submitted
	EventClosed     = "closed"      // final

	EventTransferred = "transferred" // the owner gave it away; the detail is to which queue or agent
	EventReturned    = "returned"    // nobody took what an agent gave away: he has it back

	EventConferenceRequested = "conference_requested" // the owner asked for a second agent; the detail is which, or of which queue
	EventConferenceCancelled = "conference_cancelled" // the owner took that back
	EventConferenceDropped   = "conference_dropped"   // nobody of the queue took it in time, the last offer may have rung for longer; or the queue was deleted
	EventJoined              = "joined"               // an agent accepted it and is the guest
	EventGuestExited         = "guest_exited"         // the guest left
	EventGuestRemoved        = "guest_removed"        // the owner took the guest out
	EventGuestLost           = "guest_lost"           // the guest was gone
	EventHandedOver          = "handed_over"          // owner and guest swapped their seats; the detail is the new owner
	EventPromoted            = "promoted"             // the owner was gone, and the guest is the owner; the detail is who was

	EventAfterword = "afterword" // the customer wrote once more after the end; the detail is the message
	EventReopened  = "reopened"  // an agent asked for another conversation for that; the detail is which

	EventRelaxed  = "relaxed"  // it asks for another profile, for nobody took it; the detail is which it asked for, and which it does
	EventDiverted = "diverted" // it went to its queue's overflow; the detail is that queue, and why: closed or max_wait
	EventRerouted = "rerouted" // its queue is configured otherwise; the detail is the profile it asks for

	EventOverflowed = "overflowed" // it waits for the whole queue now; the detail is the agent it waited for alone

	EventExclusiveSet     = "exclusive_set"     // a contact's conversations go to one agent; the detail is the queue and the agent
	EventExclusiveDropped = "exclusive_dropped" // no more; the detail is the queue

	EventReassigned    = "reassigned"      // the owner's seat went to another agent, by a supervisor or because he was deleted
	EventWrapUpSkipped = "wrap_up_skipped" // a leg's wrap-up is owed no more: its agent is deleted, or has the conversation back; the detail is whose

	EventWrapUpExtended = "wrap_up_extended"  // the agent takes more time for it
	EventWrapUpTimedOut = "wrap_up_timed_out" // it was owed for too long; the detail is whose

	EventTaken       = "taken"       // a supervisor made the conversation his own; the detail is whose it was
	EventPrioritised = "prioritised" // a supervisor gave it another priority; the detail is which
	EventRequeued    = "requeued"    // a supervisor put it in front of its queue; the detail is whose it was

	EventWarned      = "warned"            // the customer is silent, and was told what comes of it
	EventLeft        = "customer_left"     // the customer closed the conversation, or went on with another program
	EventCameBack    = "customer_returned" // and wrote again, before his agent ended it
	EventInterrupted = "interrupted"       // the asset was deleted
	EventMoved       = "moved"             // its queue was deleted; the detail is the queue that inherited it
	EventBlocked     = "blocked"           // the customer was blocked
	EventUnblocked   = "unblocked"

	EventEdited      = "edited"       // an agent changed the contact's profile; the detail names the fields
	EventDataChanged = "data_changed" // variables got other values; the detail names them

	EventSignedIn    = "signed_in"
	EventSignedOut   = "signed_out"
	EventLeaseLost   = "lease_lost"
	EventAvailable   = "available"
	EventIdle        = "idle"
	EventRONA        = "rona"
	EventDeskChanged = "desktop_changed" // a later sign-in took over
)

const (
	historyMax  = 100 // entries a record carries at most
	historyPage = 50  // entries that move to a page of their own when it is full
)

// History is the newest part of a record's moves; older ones are in HistoryPage records.
type History struct {
	Entries []Entry
	Last    int64 // Seq of the newest entry ever
}

// HistoryPage keeps the moves that no longer fit into their record. Its ID is the record's ID, a colon and the first
// entry's Seq.
type HistoryPage struct {
	Head
	Of      string // the record's ID
	First   int64
	Entries []Entry
}

// Record implements Record.
func (*HistoryPage) Record() RecordKind { return KindHistory }

// add appends a move. When the record is full the oldest entries come back as a page that must be saved in the same
// commit; otherwise the page is nil.
func (h History) add(of string, at time.Time, event, by, detail string) (History, *HistoryPage) {
	h.Last++
	h.Entries = append(slices.Clip(slices.Clone(h.Entries)), Entry{Seq: h.Last, At: at, Event: event, By: by, Detail: detail})
	if len(h.Entries) <= historyMax {
		return h, nil
	}
	old := h.Entries[:historyPage]
	page := &HistoryPage{Of: of, First: old[0].Seq, Entries: slices.Clone(old)}
	page.ID = pageID(of, page.First)
	h.Entries = slices.Clone(h.Entries[historyPage:])
	return h, page
}

// Before are the pages with the moves that no longer fit into the record, oldest first, by their IDs alone: for reading them. It
// holds for records whose history filled page after page, as those of interactions do.
func (h History) Before(of string) (pages []HistoryPage) {
	if len(h.Entries) == 0 {
		return nil
	}
	for first := int64(1); first < h.Entries[0].Seq; first += historyPage {
		p := HistoryPage{Of: of, First: first}
		p.ID = pageID(of, first)
		pages = append(pages, p)
	}
	return pages
}

// rest is a page of the entries that are in no page yet; nil when there are none.
func (h History) rest(of string) *HistoryPage {
	if len(h.Entries) == 0 {
		return nil
	}
	page := &HistoryPage{Of: of, First: h.Entries[0].Seq, Entries: slices.Clone(h.Entries)}
	page.ID = pageID(of, page.First)
	return page
}

// pageID is the ID of the page that begins with the seq.
func pageID(of string, first int64) string { return of + ":" + strconv.FormatInt(first, 10) }
