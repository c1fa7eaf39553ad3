package main

import (
	"slices"

	"github.com/deskline/deskline/shared/desk"
)

// clocked finds what the clock did before its time, or that the history does not tell: wrap-ups it settled (R28), and conversations it
// closed because their customer was silent (B7).
func (r *records) clocked() (f findings) {
	for id, i := range r.interactions {
		settled := 0
		for n, l := range i.Legs {
			inSilence := i.CloseReason == desk.ClosedInactive && l.WrapUp.At.Equal(i.ClosedAt)
			if l.WrapUp.State != desk.WrapUpAutomatic || inSilence {
				continue
			}
			settled++
			if l.WrapUp.At.Before(l.To.Add(wrapUpLimit)) {
				f.interaction(id, "the wrap-up of leg %d was owed from %s and settled by itself at %s", n+1, clock(l.To), clock(l.WrapUp.At))
			}
		}
		var warned desk.Entry
		told := 0
		for _, e := range r.history(i) {
			switch e.Event {
			case desk.EventWarned:
				warned = e
			case desk.EventWrapUpTimedOut:
				told++
			}
		}
		if told != settled {
			f.interaction(id, "%d of its wrap-ups settled by themselves, and its history says so %d times", settled, told)
		}
		if i.CloseReason == desk.ClosedInactive {
			f = append(f, r.silent(i, warned)...)
		}
	}
	return f
}

// silent looks whether the customer of a conversation that was closed as inactive had something to answer, and the time for it.
func (r *records) silent(i desk.Interaction, warned desk.Entry) (f findings) {
	if warned.Seq == 0 || warned.At.Before(i.AnsweredAt.Add(warnAfter)) || i.ClosedAt.Before(warned.At.Add(closeAfter)) {
		f.interaction(i.ID, "it was answered at %s, its customer was warned at %s, and it closed as inactive at %s",
			clock(i.AnsweredAt), clock(warned.At), clock(i.ClosedAt))
	}
	bySeq := r.transcript(i.ID)
	slices.SortFunc(bySeq, func(a, b desk.Message) int { return int(a.Seq - b.Seq) })
	for _, m := range slices.Backward(bySeq) {
		switch {
		case m.Direction == desk.Inbound:
			f.interaction(i.ID, "it closed as inactive, and nothing reached its customer since he wrote %q", m.Text)
			return f
		case m.Author != "" && slices.Contains([]desk.MessageState{desk.MessageSent, desk.MessageDelivered, desk.MessageRead}, m.State):
			return f
		}
	}
	f.interaction(i.ID, "it closed as inactive, and nothing ever reached its customer")
	return f
}

// followed finds conversations that go on more than once or with somebody else, and words after the end that are not where they belong
// (B8).
func (r *records) followed() (f findings) {
	for id, i := range r.interactions {
		times := map[string]int{}
		for _, e := range r.history(i) {
			times[e.Event]++
		}
		if i.Afterword != "" && r.messages[i.Afterword].Interaction != id {
			f.interaction(id, "%q came after its end, and is in %q", r.messages[i.Afterword].Text, r.messages[i.Afterword].Interaction)
		}
		if after := times[desk.EventAfterword]; after > 1 || (after == 1) != (i.Afterword != "") {
			f.interaction(id, "%d words came after its end, and it knows of %q", after, i.Afterword)
		}
		if i.FollowedBy == "" && times[desk.EventReopened] == 0 {
			continue
		}
		next, there := r.interactions[i.FollowedBy]
		opened := desk.ReopeningID(id)
		switch {
		case !there || next.Contact != i.Contact || next.OpenedAt.IsZero():
			f.interaction(id, "%q follows it, which is none of its customer's", i.FollowedBy)
		case times[desk.EventReopened] > 1, (times[desk.EventReopened] == 1) != (i.FollowedBy == opened):
			f.interaction(id, "it was reopened %d times, and %s follows it", times[desk.EventReopened], i.FollowedBy)
		}
	}
	return f
}
