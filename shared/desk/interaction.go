package desk

import "time"

// Interaction is one conversation, from the first message to the wrap-up.
type Interaction struct {
	Head
	State       InteractionState
	Interrupted bool // its asset was deleted: nothing more can be sent (R8)
	Left        bool // the customer left while an agent had it (B17)
	Blocked     bool // the customer was blocked while an agent had it (B14): nothing more can be sent
	Channel     Channel
	Asset       string
	Source      string // the business number or page as people know it
	Queue       string
	Contact     string
	Customer    Customer
	Direction   Direction
	OpenedAt    time.Time
	Before      time.Time   // when something was last said in the contact's conversation before this one; zero when it is his first
	Referral    Referral    // how the customer came
	Language    string      // the customer's, a tag or a locale; empty when nobody knows
	Told        []TextKind  // what he was told by itself that he is told once
	Data        []Datum     // of the queue's variables, those that have a value, by ID
	Exclusives  []Exclusive // the contact's, as long as the interaction is open

	WaitingSince time.Time // when the wait that is not over began; zero while nobody waits
	Wants        string    // token of the agents it needs: while queued, and while a queue is asked for a second agent
	Rank         int64     // order among those who want the same: microseconds, smaller first
	Profile      string    // of its queue's profiles, the one it asks for; empty for ProfileAny
	ProfileSince time.Time // since when it asks for that
	Relaxed      string    // the profile it asked for at first; empty unless it waited for it in vain
	Priority     int       // 0 to PriorityMax; see Terms.Boost
	QueueSince   time.Time // from when its wait in its queue counts towards Terms.Most: when it came there or, if it had nowhere else to go then, when that was over
	Overflowed   []string  // queues it has left because they were closed or had it wait for too long: it goes to none of them for that
	Terms        Terms     // by which its queue has it wait
	Passed       []string  // agents who let it expire or gave it away; asked last
	Awaits       Awaited   // whom it waits for, or is offered to, before the others of its queue
	Offer        string    // the pending offer for the owner's seat; see Rings
	Transfer     Transfer  // what that asks for, when it is of the kind transfer; zero otherwise

	Owner      string // agent who holds the owner's seat
	OwnerName  string
	AssignedAt time.Time
	Agents     []string // who holds a seat or owes a wrap-up: whose desktops show it
	Legs       []Leg
	Second     Second // who is asked to join the owner, or has joined

	Seq            int64 // of the newest message
	Preview        string
	PreviewBy      Direction
	Unread         int // customer's messages the owner has not seen
	LastCustomerAt time.Time
	LastCustomerID string // the channel's ID of the newest message of the customer's
	LastAt         time.Time
	Responded      Responded // zero until an agent has written, and where an agent began it

	ClosedAt    time.Time
	CloseReason string
	Afterword   string    // the message that came after the end and opened nothing (B8)
	FollowedBy  string    // the interaction opened since for what that message began, or begun by an agent
	AnsweredAt  time.Time // since when the last word is ours; zero while it is the customer's
	WarnedAt    time.Time // when the customer was warned of his silence; zero when he is not
	Limits      Limits    // what its queue holds it to
	DueAt       time.Time // when the clock owes it the next move; see Elapsed
	Keys        []Key
	History     History
	Ledger      []string // in which hours something happened to it, by queue: what reports find it by; see LedgerMark
}

// InteractionState says whose move it is.
type InteractionState string

// The states of an interaction.
const (
	InteractionQueued  InteractionState = "queued"  // routing's move
	InteractionOffered InteractionState = "offered" // the agent's, or the clock's
	InteractionActive  InteractionState = "active"  // the agent's
	InteractionWrapUp  InteractionState = "wrapup"  // the last owner owes a reason; the customer is not held up
	InteractionClosed  InteractionState = "closed"  // final, with a reason
)

// Open reports whether the customer's next message belongs to this interaction.
func (s InteractionState) Open() bool {
	switch s {
	case InteractionQueued, InteractionOffered, InteractionActive:
		return true
	}
	return false
}

// The reasons an interaction closes with.
const (
	ClosedEnded     = "ended"     // the agent ended it
	ClosedAbandoned = "abandoned" // the customer left while no agent had it (B17)
	ClosedBlocked   = "blocked"   // the customer was blocked while no agent had it (B14)
	ClosedRemoved   = "removed"   // its asset was deleted while no agent had it (R8)

	ClosedQueue = "queue_closed" // its queue was closed (B15)

	ClosedInactive = "inactive" // the customer was silent for too long (B7)

	ClosedBySupervisor = "ended_by_supervisor" // a supervisor ended it, whether or not an agent had it (B9)

	ClosedUnanswered = "transfer_unanswered" // the agent it was transferred to did not take it (R22); counts as abandoned
)

// Datum is the value of one of the queue's variables (R37).
type Datum struct {
	ID    string
	Value string
}

// Transfer is an agent's request that another take his conversation over (R23). It stands while that one is asked.
type Transfer struct {
	By         string // agent ID
	ByName     string
	To         string // agent ID
	ToName     string
	Note       string
	Reason     string // why, by the wrap-up that came with it; empty while that is owed
	ReasonName string
	At         time.Time
	Unanswered Unanswered // what becomes of the conversation when he does not take it
}

// Leg is one agent's stay in a seat.
type Leg struct {
	Agent  string
	Name   string
	Seat   Seat
	Queue  string // whose reasons wrap it up, when the interaction has gone to another since
	From   time.Time
	To     time.Time // zero while he sits
	WrapUp WrapUp
}

// Responded is the first message of an agent's in a conversation that the customer began.
type Responded struct {
	Queue string // the conversation was in
	Agent string
	At    time.Time
	After time.Duration // since the conversation was opened
}

// Seat is a place in an interaction.
type Seat string

// The seats.
const (
	SeatOwner Seat = "owner"
	SeatGuest Seat = "guest" // of the second agent in a conference
)

// WrapUp is what an agent says about a leg that is over.
type WrapUp struct {
	State         WrapUpState
	Reason        string
	ReasonName    string
	SubReason     string
	SubReasonName string
	Note          string
	At            time.Time
	Limit         time.Duration // while owed: how long it may be, and what an extension adds; zero for as long as it takes
	DueAt         time.Time     // while owed: when the clock settles it; zero for never
}

// WrapUpState is how a leg's wrap-up stands; empty while the agent sits.
type WrapUpState string

// The states of a wrap-up.
const (
	WrapUpOwed    WrapUpState = "owed"
	WrapUpDone    WrapUpState = "done"
	WrapUpSkipped WrapUpState = "skipped" // the agent was gone when the leg ended

	WrapUpAutomatic WrapUpState = "automatic" // the clock settled it, with the queue's reason for that if there is one

	WrapUpContinued WrapUpState = "continued" // he sat on in the other seat: none is owed for this leg
)

// Record implements Record.
func (*Interaction) Record() RecordKind { return KindInteraction }

// Due implements Owed.
func (i *Interaction) Due() time.Time { return i.DueAt }

// Offer is a request to one agent to take an interaction.
type Offer struct {
	Head
	Kind         OfferKind
	State        OfferState
	Agent        string
	Interaction  string
	Channel      Channel
	Asset        string
	Queue        string
	Customer     Customer
	Source       string
	Preview      string
	Why          string // the reason routing chose this agent
	OfferedAt    time.Time
	Deadline     time.Time // accepting at or after it is too late
	WaitingSince time.Time
	By           string // the agent who asks, and why; empty of the kind assign
	ByName       string
	Note         string
	ReasonName   string
	EndedAt      time.Time
	Cause        string // why it was rescinded: the reason its interaction closed with; empty when that goes on
	DueAt        time.Time
}

// OfferKind is what an offer asks for.
type OfferKind string

// The types of offers.
const (
	OfferAssign     OfferKind = "assign"     // to own a waiting conversation
	OfferTransfer   OfferKind = "transfer"   // to own another agent's conversation
	OfferConference OfferKind = "conference" // to join another agent's conversation
)

// OfferState is how an offer stands.
type OfferState string

// The states of an offer. All but pending are final.
const (
	OfferPending   OfferState = "pending"   // the agent's move until the deadline, then the clock's
	OfferAccepted  OfferState = "accepted"  // the agent has it
	OfferDeclined  OfferState = "declined"  // refused, or the agent went idle or away
	OfferExpired   OfferState = "expired"   // nobody answered: RONA
	OfferRescinded OfferState = "rescinded" // taken back because the conversation no longer needs anybody
)

// Record implements Record.
func (*Offer) Record() RecordKind { return KindOffer }

// Due implements Owed.
func (o *Offer) Due() time.Time { return o.DueAt }
