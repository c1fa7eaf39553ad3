package desk

import (
	"strconv"
	"time"
)

// tell has the customer told something by itself: no agent's word, and nothing anybody has to read. An empty text tells nothing,
// and neither does one that could not be sent.
func (ch *Change) tell(i Interaction, text string, now time.Time) Interaction {
	if text == "" || i.MayBeAnswered(now) != nil {
		return i
	}
	i.Seq++
	m := Message{
		Head: Head{ID: hash("told", i.ID, strconv.FormatInt(i.Seq, 10))}, Interaction: i.ID, Contact: i.Contact, Asset: i.Asset,
		Seq: i.Seq, At: i.Channel.cut(now), ReceivedAt: now, Direction: Outbound, Kind: SystemMessage, Text: text,
		To: i.Customer.Reach(), WroteAt: i.LastCustomerAt, State: MessagePending, DueAt: now.Add(Patience),
	}
	ch.Save, ch.Hints = append(ch.Save, &m), append(ch.Hints, sending(m)...)
	return i
}
