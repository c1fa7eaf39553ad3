package desk

import "time"

// Receipt is the meeting point for what a channel tells about a message under its own ID only, when no such message is
// known: ours, whose sending is not recorded yet, or one that has not arrived. It is looked at again until the message is
// there, or ReceiptPatience is over. Its ID is ReceiptID.
type Receipt struct {
	Head
	Asset    string
	About    string // the channel's ID of the message
	Since    time.Time
	Statuses []Status
	Remarks  []Remark
	DueAt    time.Time
}

// Record implements Record.
func (*Receipt) Record() RecordKind { return KindReceipt }

// Due implements Owed.
func (r *Receipt) Due() time.Time { return r.DueAt }

// ReceiptID is the ID of the meeting point for a message of the channel's.
func ReceiptID(c Channel, account, providerID string) string {
	return hash("receipt", string(c), account, providerID)
}
