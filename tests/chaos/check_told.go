package main

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// told finds customers who were told something by itself more than once, though it was not due, or not though it was (B7, B12, R25);
// and texts that reached them otherwise than the transcripts say.
func (r *records) told(faulty bool) (f findings) {
	reached := map[[2]string]int{} // by customer and text
	for _, m := range r.received {
		reached[[2]string{m.Customer, m.Text}]++
	}
	greetings := map[string]int{} // due in each conversation: the customer of one that an agent opened again has had his
	for id, i := range r.interactions {
		if i.Direction != desk.Outbound {
			greetings[id]++
		}
		greetings[desk.ReopeningID(id)]--
	}
	least, most := map[[2]string]int{}, map[[2]string]int{}
	for id, i := range r.interactions {
		times := map[desk.TextKind]int{}
		for _, m := range r.transcript(id) {
			if !notice(m) || m.Text == "" {
				continue
			}
			on := occasionOf(m.Text)
			if on == "" || (m.Fallback != "") != (on == desk.TextJoined) {
				f.interaction(id, "no queue tells %q", m.Text)
				continue
			}
			times[on]++
			at := [2]string{r.whose[id], m.Text}
			switch m.State {
			case desk.MessageSent, desk.MessageDelivered, desk.MessageRead:
				least[at]++
				most[at]++
			case desk.MessageUnknown:
				most[at]++
			case desk.MessageFailed:
			default:
				f.interaction(id, "%q is %s when all is over", m.Text, m.State)
			}
		}
		f = append(f, r.owedTexts(i, times, greetings[id], faulty)...)
	}
	for _, m := range r.received {
		at := [2]string{m.Customer, m.Text}
		if occasionOf(m.Text) != "" && (reached[at] < least[at] || reached[at] > most[at]) {
			f = append(f, violation{Customer: m.Customer, What: quoted(m.Text) + " reached him otherwise than his transcripts say"})
			reached[at] = least[at] // once is enough
		}
	}
	return f
}

// owedTexts compares what the customer of a conversation was told with what became of it. The greeting is due until an agent has said
// something, or lets go of it, and a late one is too late; without faults nothing is late. Who waits for somebody of the queue may be
// told that all are busy, and need not be; who comes to one that is closed is told that, in place of both. A customer to whom an agent
// writes by himself is told nothing before the channel takes it.
func (r *records) owedTexts(i desk.Interaction, times map[desk.TextKind]int, greetings int, faulty bool) (f findings) {
	happened, due := map[string]int{}, map[string]int{} // due is what the channel took
	takes := r.takenFrom(i)
	for _, e := range r.history(i) {
		happened[e.Event]++
		if !e.At.Before(takes) {
			due[e.Event]++
		}
	}
	over, turned := 0, 0
	if slices.Contains([]string{desk.ClosedEnded, desk.ClosedInactive, desk.ClosedBySupervisor}, i.CloseReason) {
		over = 1
	}
	if i.CloseReason == desk.ClosedQueue && !i.ClosedAt.Before(takes) {
		turned = 1
	}
	cutShort := i.CloseReason == desk.ClosedQueue || i.CloseReason == desk.ClosedBySupervisor
	late := faulty && (r.answered(i.ID) || cutShort || slices.ContainsFunc(lettingGo, func(event string) bool { return happened[event] > 0 })) || r.metClosed(i)
	last := desk.EventClosed // by itself; where somebody ended it, he is told then, and no more when the wrap-up is over
	if happened[desk.EventEnded] > 0 {
		last = desk.EventEnded
	}
	spoken := min(over, due[last])
	for _, want := range []struct {
		on          desk.TextKind
		least, most int
	}{
		{desk.TextGreeting, greetings, greetings},
		{desk.TextBusy, 0, 1},
		{desk.TextJoined, due[desk.EventJoined], happened[desk.EventJoined]},
		{desk.TextWarning, due[desk.EventWarned], happened[desk.EventWarned]},
		{desk.TextEnded, spoken, over},
		{desk.TextClosed, turned, r.closedBeside(i)},
	} {
		if want.on == desk.TextGreeting && late {
			want.least = 0
		}
		if n := times[want.on]; n < want.least || n > want.most {
			f.interaction(i.ID, "its customer is told %q %d times, and that is due %d times", want.on, n, want.most)
		}
	}
	return f
}

// takenFrom is when the channel begins to take texts for the customer of an interaction, as far as anybody knew: of one that an agent
// began, when his first word in it came, for the window may have closed.
func (r *records) takenFrom(i desk.Interaction) (from time.Time) {
	if i.Direction != desk.Outbound {
		return from
	}
	from = i.OpenedAt.Add(24 * time.Hour)
	for _, m := range r.transcript(i.ID) {
		if heard := m.ReceivedAt.Add(2 * skewMax); m.Direction == desk.Inbound && heard.Before(from) {
			from = heard
		}
	}
	return from
}

// lettingGo are the moves after which a conversation has not just begun any more.
var lettingGo = []string{desk.EventTransferred, desk.EventHandedBack, desk.EventRequeued, desk.EventReassigned, desk.EventTaken}

// answered reports whether an agent has said something in a conversation.
func (r *records) answered(interaction string) bool {
	return slices.ContainsFunc(r.transcript(interaction), func(m desk.Message) bool { return m.Direction == desk.Outbound && m.Author != "" })
}

// metClosed reports whether the customer of an interaction came to a queue that was closed, as far as anybody could know.
func (r *records) metClosed(i desk.Interaction) bool {
	moves := r.history(i)
	return len(moves) > 0 && within(r.closures()[moves[0].Detail], i.OpenedAt.Add(-offersLate), i.OpenedAt.Add(offersLate))
}

// closedBeside is how often the customer of an interaction may be told that a queue is closed: once if any was while he waited.
func (r *records) closedBeside(i desk.Interaction) int {
	end := i.ClosedAt
	if end.IsZero() {
		end = i.OpenedAt.Add(24 * time.Hour)
	}
	for _, closed := range r.closures() {
		if within(closed, i.OpenedAt.Add(-carriesOn), end.Add(2*skewMax)) {
			return 1
		}
	}
	return 0
}
