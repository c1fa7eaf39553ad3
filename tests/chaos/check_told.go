package main

import (
	"slices"

	"github.com/deskline/deskline/shared/desk"
)

// told finds customers who were told something by itself more than once, though it was not due, or not though it was (B7, B12, R25);
// and texts that reached them otherwise than the transcripts say.
func (r *records) told(faulty bool) (f findings) {
	reached := map[[2]string]int{} // by customer and text
	for _, m := range r.received {
		reached[[2]string{m.Customer, m.Text}]++
	}
	greetings := map[string]int{} // due in each conversation: the customer of one that an agent opened has had his
	for id := range r.interactions {
		greetings[id]++
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
// something, and a late one is too late; without faults nothing is late. Who waits for somebody of the queue may be told that all are
// busy, and need not be.
func (r *records) owedTexts(i desk.Interaction, times map[desk.TextKind]int, greetings int, faulty bool) (f findings) {
	happened := map[string]int{}
	for _, e := range r.history(i) {
		happened[e.Event]++
	}
	over := 0
	if i.CloseReason == desk.ClosedEnded || i.CloseReason == desk.ClosedInactive {
		over = 1
	}
	late := faulty && r.answered(i.ID)
	for _, want := range []struct {
		on          desk.TextKind
		least, most int
	}{
		{desk.TextGreeting, greetings, greetings},
		{desk.TextBusy, 0, 1},
		{desk.TextJoined, happened[desk.EventJoined], happened[desk.EventJoined]},
		{desk.TextWarning, happened[desk.EventWarned], happened[desk.EventWarned]},
		{desk.TextEnded, over, over},
		{desk.TextClosed, 0, 0}, // none of the queues ever is
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

// answered reports whether an agent has said something in a conversation.
func (r *records) answered(interaction string) bool {
	return slices.ContainsFunc(r.transcript(interaction), func(m desk.Message) bool { return m.Direction == desk.Outbound && m.Author != "" })
}
