package faults

import (
	"time"
)

// Rate is how often something goes wrong: the part of all occasions, 0 to 1.
type Rate float64

// Duration is a time.Duration that is written as text, "150ms" for example.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Delay makes something late: how often, and by how much at most. Every lateness up to that is as likely as another.
type Delay struct {
	Rate Rate     `json:"rate"`
	UpTo Duration `json:"upTo"`
}

// Plan says what goes wrong, and how often. The zero value is a world without faults. What a request, a delivery or a message can
// meet is listed group by group below; of a group at most one happens to it, so that the rates of a group are at most 1 together.
type Plan struct {
	// Seed chooses which of all occasions are hit. See the package comment for what repeats with it.
	Seed uint64 `json:"seed"`

	// Functions are those whose requests, deliveries and timers are hit; empty is all. The channel, Skew and Once know no such bound.
	Functions []string `json:"functions,omitempty"`

	Firestore Firestore `json:"firestore,omitzero"`
	PubSub    PubSub    `json:"pubsub,omitzero"`
	Tasks     Tasks     `json:"tasks,omitzero"`
	Channel   Channel   `json:"channel,omitzero"`
	Kill      Kill      `json:"kill,omitzero"`

	// Skew is how far the clocks of functions are ahead of the suite's, behind it when negative.
	Skew map[string]Duration `json:"skew,omitempty"`

	// Once are faults that happen a number of times and no more, before any rate is asked.
	Once []Once `json:"once,omitempty"`
}

// Firestore is what calls to Firestore meet. Latency, Before and After are a group each.
type Firestore struct {
	Methods []string `json:"methods,omitempty"` // such as Commit and RunQuery; empty is all
	Latency Delay    `json:"latency,omitzero"`  // by the machine's clock, before the call is carried out
	Before  Failures `json:"before,omitzero"`   // the call is not carried out
	After   Failures `json:"after,omitzero"`    // the commit was applied, and its answer is the failure
}

// Failures are the codes a call is answered with.
type Failures struct {
	Unavailable Rate `json:"unavailable,omitempty"` // the client tries again by itself
	Aborted     Rate `json:"aborted,omitempty"`
	Deadline    Rate `json:"deadline,omitempty"` // DEADLINE_EXCEEDED
}

// PubSub is what messages meet. Refuse and LostAnswer are a group each, the others, which happen to deliveries, are one.
type PubSub struct {
	Refuse     Rate  `json:"refuse,omitempty"`     // a publish is refused for good: the client does not try again
	LostAnswer Rate  `json:"lostAnswer,omitempty"` // it is taken and answered as if not; the client publishes again
	Duplicate  Rate  `json:"duplicate,omitempty"`  // delivered twice at the same time
	LostAck    Rate  `json:"lostAck,omitempty"`    // delivered, and again, whatever the function answered
	Delay      Delay `json:"delay,omitzero"`       // delivered late, by the suite's clock
	Reorder    Delay `json:"reorder,omitzero"`     // held back until another one is acknowledged, or for that long
}

// Tasks is what timers meet. Refuse and LostAnswer are a group each, the others, which happen to calls of timers, are one.
type Tasks struct {
	Refuse     Rate  `json:"refuse,omitempty"`     // a timer is not set, or not deleted
	LostAnswer Rate  `json:"lostAnswer,omitempty"` // it is, and answered as if not
	Duplicate  Rate  `json:"duplicate,omitempty"`  // it rings twice at the same time
	LostAck    Rate  `json:"lostAck,omitempty"`    // it rings, and again, whatever the function answered
	Delay      Delay `json:"delay,omitzero"`       // it rings late, by the suite's clock
}

// Channel is what a message to a customer meets at WhatsApp and Messenger. It is one group. Read receipts and typing are spared.
type Channel struct {
	ServerError   Rate `json:"serverError,omitempty"`   // refused with 500
	RateLimit     Rate `json:"rateLimit,omitempty"`     // refused because too many were sent
	HangBefore    Rate `json:"hangBefore,omitempty"`    // not taken; no answer until the sender gives up
	HangAfter     Rate `json:"hangAfter,omitempty"`     // taken; no answer until the sender gives up
	DropBefore    Rate `json:"dropBefore,omitempty"`    // not taken; the connection is cut
	DropAfter     Rate `json:"dropAfter,omitempty"`     // taken; the connection is cut
	StatusesFirst Rate `json:"statusesFirst,omitempty"` // taken; its receipts come before the answer
}

// Kill is how often a request that a function makes of Firestore, Pub/Sub or Cloud Tasks is its call's last: the call ends there as
// if its process had been killed, its caller finds the connection cut, and nothing it still asks for is done. Each is a group.
type Kill struct {
	Before Rate `json:"before,omitempty"` // the request is not carried out
	After  Rate `json:"after,omitempty"`  // it was carried out: a commit applied, an event published, a timer set or deleted
}

// Once is a fault that happens to the next occasions that fit.
type Once struct {
	Kind     Kind     `json:"kind"`
	Function string   `json:"function,omitempty"` // whose; empty is any. The channel has none
	On       string   `json:"on,omitempty"`       // a collection, topic, subscription, path of a timer or number or page; empty is any
	Times    int      `json:"times,omitempty"`    // how often; 0 is once
	For      Duration `json:"for,omitempty"`      // how late, for kinds that are
}
