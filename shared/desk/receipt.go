package desk

import (
	"slices"
	"time"
)

// ReceiptPatience is how long a Receipt waits for its message. After that the message was none of this system's: the
// business sends by other programs too, and their statuses come to everybody.
const ReceiptPatience = 10 * time.Minute

// receiptMax is how much of each sort a Receipt keeps: a message has four statuses and, mostly, one reaction.
const receiptMax = 20

// Receipt is the meeting point for what a channel tells about a message under its own ID only, when no such message is
// known: ours, whose sending is not recorded yet, or one that has not arrived. The message's own commit knows nothing of
// it, so it costs nothing when things come in order; it is looked at again until the message is there, or its patience is
// over. Its ID is ReceiptID.
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

// KeepStatus leaves a status at its meeting point. A repeat stores nothing, and neither does one that names no message of
// the channel's: it would meet nobody.
func KeepStatus(r Receipt, asset string, s Status, now time.Time) (Change, error) {
	s.At = Micro(s.At)
	if s.ProviderID == "" || slices.Contains(r.Statuses, s) || len(r.Statuses) >= receiptMax {
		return Change{}, nil
	}
	r = r.begun(asset, s.ProviderID, now)
	r.Statuses = append(slices.Clip(slices.Clone(r.Statuses)), s)
	return Change{Save: []Record{&r}}, nil
}

// KeepRemark leaves a customer's reaction at its meeting point. A repeat stores nothing.
func KeepRemark(r Receipt, asset string, told Remark, now time.Time) (Change, error) {
	told.Customer, told.At = Customer{}, Micro(told.At)
	again := slices.ContainsFunc(r.Remarks, func(x Remark) bool { return x.At.Equal(told.At) && x.Text == told.Text })
	if again || told.Elsewhere || len(r.Remarks) >= receiptMax {
		return Change{}, nil
	}
	r = r.begun(asset, told.About, now)
	r.Remarks = append(slices.Clip(slices.Clone(r.Remarks)), told)
	return Change{Save: []Record{&r}}, nil
}

func (r Receipt) begun(asset, about string, now time.Time) Receipt {
	if r.Version == 0 {
		r.Asset, r.About, r.Since, r.DueAt = asset, about, now, now.Add(Patience)
	}
	return r
}

// Meet gives what waits at a meeting point to its message m, which has Version zero while nobody knows it, and is a stub
// while only what was done to it has come: then the receipt waits on, twice as long each time. At last it is given up, and a
// stub has the reactions. updates is as for ApplyStatus.
func Meet(r Receipt, m Message, updates bool, now time.Time) (Change, error) {
	if waited := now.Sub(r.Since); (m.Version == 0 || m.Stub) && waited < ReceiptPatience {
		r.DueAt = now.Add(min(max(waited, Patience), ReceiptPatience-waited))
		return Change{Save: []Record{&r}}, nil
	}
	if m.Version == 0 {
		return Change{Drop: []Record{&r}}, nil
	}
	ch := Change{Message: &m, Drop: []Record{&r}}
	was := m
	for _, s := range r.Statuses {
		one, err := ApplyStatus(m, s, updates, now)
		if err != nil {
			return Change{}, err
		}
		m = *one.Message
	}
	for _, told := range r.Remarks {
		one, err := Annotate(told, r.Asset, m, Interaction{}, now)
		if err != nil {
			return Change{}, err
		}
		m = *one.Message
	}
	if !same(m, was) {
		ch.Save = []Record{&m}
	}
	return ch, nil
}
