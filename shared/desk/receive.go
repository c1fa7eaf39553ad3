package desk

import (
	"cmp"
	"time"
	"unicode/utf8"
)

// Known is what is on record about an arrival: the message itself if it came before, who its addresses belong to and
// their open interaction. A record with Version zero does not exist.
type Known struct {
	Asset       Asset
	Message     Message
	Identities  []Identity // one per address, in the arrival's order; those not stored carry the ID they will have
	Contact     Contact
	Interaction Interaction // the contact's newest
}

// NewIDs are the IDs a rule gives to what it creates. They are chosen before the first try and kept over repeats.
type NewIDs struct {
	Contact     string
	Interaction string
}

const previewMax = 120 // code points of a message shown in lists

// Receive records a customer's message and opens or continues the contact's interaction.
//
// The message's own ID decides whether it is a repeat, before any state is looked at: a repeat stores nothing, however
// late it comes, and hints again. A message that does not open a conversation (MessageKind.Opens) and finds none open
// is not stored either; Change.Message is nil then.
func Receive(in Arrival, k Known, ids NewIDs, now time.Time) (Change, error) {
	if k.Message.Version > 0 {
		return received(k.Message, k.Interaction), nil
	}
	fresh := k.Interaction.Version == 0 || !k.Interaction.State.Open()
	if fresh && !in.Kind.Opens() {
		return Change{}, nil
	}
	var ch Change
	c, news := joined(in, k, ids.Contact, now)
	i := k.Interaction
	var page *HistoryPage
	if fresh {
		i = opened(in, k.Asset, c, ids.Interaction, now)
		i.History, page = i.History.add(i.ID, now, EventOpened, "", i.Queue)
		c.Open, news = i.ID, true
	} else {
		i.Customer = c.Customer // answers go where he can be reached now
	}
	i.Seq++
	m := Message{
		Interaction: i.ID, Contact: c.ID, Asset: k.Asset.ID, Seq: i.Seq,
		At: in.Channel.cut(timeOr(in.At, now)), ReceivedAt: now,
		Direction: Inbound, AuthorName: c.Customer.Name,
		Kind: in.Kind, Text: in.Text, Fallback: in.Fallback, ProviderID: in.ID, ReplyTo: in.ReplyTo,
	}
	m.ID = ArrivalID(in.Channel, in.Account, in.ID)
	i.Unread++
	i.LastAt = now
	if !m.At.Before(i.LastCustomerAt) { // one that comes late stands further up
		i.Preview, i.PreviewBy = preview(cmp.Or(in.Text, in.Fallback)), Inbound
		i.LastCustomerAt, i.LastCustomerID = m.At, in.ID
	}
	ch.Save = append(ch.Save, &m, &i)
	if news {
		ch.Save = append(ch.Save, &c)
	}
	for _, id := range k.Identities {
		if id.Version == 0 {
			id.Contact, id.Since = c.ID, now
			ch.Save = append(ch.Save, &id)
		}
	}
	ch.save(page)
	ch.Message, ch.Interaction, ch.Contact = &m, &i, &c
	ch.Hints = waiting(i)
	return ch, nil
}

// received is the answer to a repeat.
func received(m Message, i Interaction) Change {
	return Change{Message: &m, Interaction: &i, Hints: waiting(i)}
}

// joined is the contact the arrival belongs to, and whether it must be stored.
func joined(in Arrival, k Known, id string, now time.Time) (Contact, bool) {
	c := k.Contact
	changed := false
	if c.Version == 0 {
		c = Contact{Head: Head{ID: cmp.Or(c.ID, id)}, Channel: in.Channel, Asset: k.Asset.ID, Since: now}
		changed = true
	}
	keep := func(have *string, got string) {
		if got != "" && got != *have {
			*have, changed = got, true
		}
	}
	keep(&c.Customer.Name, in.Customer.Name)
	keep(&c.Customer.Username, in.Customer.Username)
	keep(&c.Customer.Phone, in.Customer.Phone)
	for _, a := range in.Customer.Addresses {
		if !hasAddress(c.Customer.Addresses, a) {
			c.Customer.Addresses = append(c.Customer.Addresses[:len(c.Customer.Addresses):len(c.Customer.Addresses)], a)
			changed = true
		}
	}
	return c, changed
}

func hasAddress(list []Address, a Address) bool {
	for _, x := range list {
		if x == a {
			return true
		}
	}
	return false
}

// opened is a new interaction that waits in the asset's queue.
func opened(in Arrival, asset Asset, c Contact, id string, now time.Time) Interaction {
	i := Interaction{
		Head: Head{ID: id}, Channel: in.Channel, Asset: asset.ID, Source: asset.Display, Queue: asset.Queue,
		Contact: c.ID, Customer: c.Customer, Direction: Inbound, OpenedAt: now,
	}
	return i.wait(now, false)
}

// wait puts the interaction into its queue. One that comes back goes in front of those who never had an agent.
func (i Interaction) wait(now time.Time, front bool) Interaction {
	if i.WaitingSince.IsZero() {
		i.WaitingSince = now
	}
	i.State, i.Wants = InteractionQueued, Token(i.Queue, i.Channel)
	i.Rank = i.WaitingSince.UnixMicro()
	if front {
		i.Rank -= frontOf.Microseconds()
	}
	return i
}

const (
	// frontOf is how much earlier than it came an interaction counts that goes in front. Longer than anybody waits.
	frontOf = 7 * 24 * time.Hour
	// Patience is how long a move may be owed before the sweep reminds its owner.
	Patience = 10 * time.Second
)

// waiting hints routing when the interaction waits.
func waiting(i Interaction) []Hint {
	if i.State != InteractionQueued {
		return nil
	}
	return []Hint{{Event: HintInteractionQueued, Interaction: i.ID, Token: i.Wants}}
}

// save adds a history page when there is one.
func (ch *Change) save(page *HistoryPage) {
	if page != nil {
		ch.Save = append(ch.Save, page)
	}
}

func timeOr(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

func preview(text string) string {
	if utf8.RuneCountInString(text) <= previewMax {
		return text
	}
	return string([]rune(text)[:previewMax-1]) + "…"
}
