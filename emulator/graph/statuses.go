package graph

import "fmt"

// Statuses says which status callbacks follow an accepted message by themselves, at
// once and in order. A page's callback for "sent" is the echo.
type Statuses string

// The modes of status callbacks. Further statuses can be reported by hand in each.
const (
	StatusesAuto      Statuses = "auto"      // sent, delivered, read
	StatusesReversed  Statuses = "reversed"  // read, delivered, sent: no order is promised
	StatusesDelivered Statuses = "delivered" // sent, delivered: read receipts are off
	StatusesSent      Statuses = "sent"      // sent: the customer's phone is off
	StatusesManual    Statuses = "manual"    // none
)

// Statuses of a message. statusAccepted is ours for "no callback yet"; Meta knows it
// only from the answer to the send.
const (
	statusAccepted  = "accepted"
	statusSent      = "sent"
	statusFailed    = "failed"
	statusDelivered = "delivered"
	statusRead      = "read"
)

// ranks orders the statuses a message is listed with, so that one reported late or
// twice does not take it back. Statuses without a rank leave the listing alone.
var ranks = map[string]int{statusAccepted: 0, statusSent: 1, statusFailed: 2, statusDelivered: 3, statusRead: 4}

// plans lists each mode's statuses in order.
var plans = map[Statuses][]string{
	StatusesAuto:      {statusSent, statusDelivered, statusRead},
	StatusesReversed:  {statusRead, statusDelivered, statusSent},
	StatusesDelivered: {statusSent, statusDelivered},
	StatusesSent:      {statusSent},
	StatusesManual:    nil,
}

func (s Statuses) check() error {
	if _, ok := plans[s]; !ok && s != "" {
		return fmt.Errorf("graph: unknown statuses %q", string(s))
	}
	return nil
}
