package desk

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"
)

// Known is what is on record about an arrival: the message itself if it came before, who its addresses belong to and
// their newest interaction. A record with Version zero does not exist.
type Known struct {
	Asset       Asset
	Message     Message
	Identities  []Identity // one per address, in the arrival's order; those not stored carry the ID they will have
	Contact     Contact    // of several that the addresses point to, the oldest
	Interaction Interaction
	Others      []Acquaintance // the further ones: by what has just come they are the same person
	Queue       Queue          // whom QueueAhead names
	Asked       Agent          // whom AgentAhead names
}

// Acquaintance is a contact with his newest interaction.
type Acquaintance struct {
	Contact     Contact
	Interaction Interaction
}

// NewIDs are the IDs a rule gives to what it creates. They are chosen before the first try and kept over repeats.
type NewIDs struct {
	Contact     string
	Interaction string
}

// entranceFor is how long it counts how a customer came who did not write at once.
const entranceFor = 24 * time.Hour

// Receive records a message and opens or continues the contact's interaction.
//
// The message's own ID decides whether it is a repeat, before any state is looked at: a repeat stores nothing, however
// late it comes, and hints again. One that an edit or a revocation has preceded finds those and takes them over. A message
// that opens no conversation (MessageKind.Opens, Arrival.Elsewhere) and finds none open is not stored, Change.Message is
// nil then; but what it tells about the contact is. What a blocked contact writes is kept in an interaction that is closed
// from its beginning, and reaches nobody (B14); while an agent still has to end the one he was blocked in, it is kept there.
// For as long after the end of a conversation as its queue says, the first message joins that one and opens nothing (B8).
func Receive(in Arrival, k Known, ids NewIDs, now time.Time) (Change, error) {
	if k.Message.Version > 0 && !k.Message.Stub {
		return received(k.Message, k.Interaction), nil
	}
	w := meet(in.Channel, in.Customer, k, ids.Contact, now)
	i := w.talk
	opens := in.Kind.Opens() && !in.Elsewhere
	if !i.State.Open() && !opens {
		return w.passing(in, now), nil
	}
	kept := i.State == InteractionClosed && i.CloseReason == ClosedBlocked && w.contact.isBlocked()
	var ch Change
	var page *HistoryPage
	late := !i.State.Open() && !kept && w.takesAfterword(in, k, now)
	if !i.State.Open() && !kept && !late {
		if i.Afterword != "" && i.FollowedBy == "" {
			before := i.followed(ids.Interaction)
			ch.Save = append(ch.Save, &before)
		}
		i, page = w.open(in, k, ids.Interaction, now)
	} else {
		i = w.known(i) // answers go where he can be reached now
		if i.Left && opens && i.State.Open() {
			i, page = i.noted(now, EventCameBack, "", "")
		}
		i.Left = i.Left && !opens
	}
	i.Seq++
	m := message(in, k, w.contact, i, now)
	i = i.after(in, m, now)
	if late {
		i.Afterword = m.ID
		i, page = i.noted(now, EventAfterword, "", m.ID)
	}
	ch.Save = append(ch.Save, &m, &i)
	ch.Save = append(ch.Save, w.save(now)...)
	ch.save(page)
	ch.Message, ch.Interaction, ch.Contact = &m, &i, &w.contact
	ch.Hints = waiting(i)
	return ch, nil
}

// received is the answer to a repeat. The first hint may have been lost, and another one have found an agent since: routing, which
// greets whom it is told of, hears of the conversation that the message opened as long as its customer can be greeted.
func received(m Message, i Interaction) Change {
	ch := Change{Message: &m, Interaction: &i, Hints: waiting(i)}
	if len(ch.Hints) == 0 && m.Seq == 1 && i.begins() && !slices.Contains(i.Told, TextGreeting) {
		ch.Hints = []Hint{{Event: HintInteractionQueued, Interaction: i.ID, Token: i.token()}}
	}
	return ch
}

// message is the record of an arrival; the stub that came before it, if any, has what was done to it since.
func message(in Arrival, k Known, c Contact, i Interaction, now time.Time) Message {
	m := Message{
		Interaction: i.ID, Contact: c.ID, Asset: k.Asset.ID, Seq: i.Seq,
		At: in.Channel.cut(timeOr(in.At, now)), ReceivedAt: now,
		Direction: Inbound, AuthorName: c.Shown().Name,
		Kind: in.Kind, Text: in.Text, Fallback: in.Fallback, ProviderID: in.ID, ReplyTo: in.ReplyTo, Detail: in.Detail,
	}
	m.ID = ArrivalID(in.Channel, in.Account, in.ID)
	if in.Elsewhere {
		m.Direction, m.Elsewhere, m.AuthorName = Outbound, true, ""
		m.State, m.SentAt = MessageSent, m.At
	}
	if k.Message.Stub {
		m = m.over(k.Message)
	}
	return m
}

// after is the interaction with a message that has just come.
func (i Interaction) after(in Arrival, m Message, now time.Time) Interaction {
	i.LastAt = now
	if !in.Elsewhere && !in.Kind.Opens() {
		return i
	}
	late := m.At.Before(i.LastCustomerAt) // it stands further up
	if !late {
		i.Preview, i.PreviewBy = preview(cmp.Or(m.Text, m.Fallback)), m.Direction
	}
	if in.Elsewhere {
		if !late {
			i = i.answered(now)
		}
		return i
	}
	i = i.heard()
	if i.CloseReason != ClosedBlocked && !i.Blocked {
		i.Unread++
	}
	if !late {
		i.LastCustomerAt, i.LastCustomerID = m.At, in.ID
	}
	return i
}

// open is a new interaction: it waits in the queue the asset's rules lead to, before the agent ahead if there is a point in
// it, or, for a blocked contact, is closed at once.
func (w *meeting) open(in Arrival, k Known, id string, now time.Time) (Interaction, *HistoryPage) {
	c := &w.contact
	rule := w.rule(in, k.Asset, now)
	i := Interaction{
		Head: Head{ID: id}, Channel: in.Channel, Asset: k.Asset.ID, Source: k.Asset.Display, Queue: rule.Queue,
		Contact: c.ID, Customer: c.Shown(), Direction: Inbound, OpenedAt: now, Before: w.talk.LastAt, Referral: in.Referral,
		Language: cmp.Or(c.Profile.Language, c.entrance(in, now).Locale),
	}
	var page *HistoryPage
	if c.isBlocked() {
		i.State, i.CloseReason, i.ClosedAt = InteractionClosed, ClosedBlocked, now
		i, page = i.noted(now, EventClosed, "", ClosedBlocked)
	} else {
		i.Exclusives = c.Exclusives
		if k.Queue.ID == i.Queue {
			i.Priority = cmp.Or(rule.Priority, k.Queue.Priority)
			i = i.into(k.Queue, rule.Profile, now)
		}
		i.Awaits = w.ahead(i.Queue, k.Queue, now)
		i = i.wait(now, false).unless(k.Asked, now)
		i, page = i.noted(now, EventOpened, "", i.Queue)
	}
	c.Open, c.Entrance = i.ID, Entrance{}
	w.news = true
	return i, page
}

// entrance is how a customer came who writes now: as his message says or, for a day, as was told before it.
func (c Contact) entrance(in Arrival, now time.Time) Entrance {
	if in.Entrance == (Entrance{}) && now.Before(c.EntranceAt.Add(entranceFor)) {
		return c.Entrance
	}
	return in.Entrance
}

// passing records what a message that is not stored tells about the contact: his addresses, and how he came.
func (w *meeting) passing(in Arrival, now time.Time) Change {
	at := in.Channel.cut(timeOr(in.At, now))
	if in.Kind == ReferralMessage && in.Entrance != (Entrance{}) && at.After(w.contact.EntranceAt) {
		w.contact.Entrance, w.contact.EntranceAt, w.news = in.Entrance, at, true
	}
	if w.contact.Version == 0 && w.contact.EntranceAt.IsZero() {
		return Change{}
	}
	return Change{Save: w.save(now), Contact: &w.contact}
}

// wait puts the interaction into its queue or, when it begins to wait, before its exclusive agent. One that comes back goes in
// front of those who never had an agent.
func (i Interaction) wait(now time.Time, front bool) Interaction {
	if i.WaitingSince.IsZero() {
		i.WaitingSince = now
		if i.Awaits.Agent == "" {
			i = i.awaiting(now)
		}
	}
	i.State, i.Wants = InteractionQueued, i.token()
	i.Rank = i.WaitingSince.UnixMicro() - i.lead().Microseconds()
	if front {
		i.Rank -= frontOf.Microseconds()
	}
	return i.marked(now).timed()
}

const (
	// frontOf is how much earlier than it came an interaction counts that goes in front. Longer than anybody waits.
	frontOf = 7 * 24 * time.Hour
	// Patience is how long a move may be owed before the sweep reminds its owner.
	Patience = 10 * time.Second
)

// waiting hints routing when the interaction waits.
func waiting(i Interaction) []Hint {
	if !i.waits() {
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

const previewMax = 120 // code points of a message shown in lists

func preview(text string) string {
	if utf8.RuneCountInString(text) <= previewMax {
		return text
	}
	return string([]rune(text)[:previewMax-1]) + "…"
}

func hasAddress(list []Address, a Address) bool { return slices.Contains(list, a) }
