package desk

import (
	"slices"
	"time"
)

// silence is what the clock owes the interaction for its customer's silence (B7), and from when on. Silence counts while an
// agent has the conversation and the last word is ours: from that word, or from when he got it if that was later.
func (i Interaction) silence() (Elapsed, time.Time) {
	l := i.Limits
	if i.State != InteractionActive || i.AnsweredAt.IsZero() || l.CloseAfter == 0 || i.pointless() != "" {
		return "", time.Time{}
	}
	from := i.AnsweredAt
	if i.AssignedAt.After(from) {
		from = i.AssignedAt
	}
	switch {
	case l.WarnAfter == 0:
		return ElapsedSilence, from.Add(l.CloseAfter)
	case i.WarnedAt.IsZero() || i.WarnedAt.Before(from):
		return ElapsedWarning, from.Add(l.WarnAfter)
	}
	return ElapsedSilence, i.WarnedAt.Add(l.CloseAfter)
}

// answered is the interaction after a word of ours, heard is it after one of the customer's.
func (i Interaction) answered(now time.Time) Interaction {
	i.AnsweredAt, i.WarnedAt = now, time.Time{}
	return i.timed()
}

func (i Interaction) heard() Interaction {
	i.AnsweredAt, i.WarnedAt = time.Time{}, time.Time{}
	return i.timed()
}

// newestWords is how many of a conversation's newest messages tell whether our words reached the customer.
const newestWords = 20

// NewestWords is the number of the message behind which those stand that Unheard looks at.
func (i Interaction) NewestWords() int64 { return max(0, i.Seq-newestWords) }

// Unheard puts off what the customer's silence would bring about when our last word had not reached him all that time: one that
// the channel was late to take counts from then, and while it took none since he last wrote his time begins anew. said are
// the conversation's messages after NewestWords, in their order. Otherwise nothing is stored.
func Unheard(i Interaction, said []Message, now time.Time) (Change, error) {
	if e := i.Elapsed(now); e != ElapsedWarning && e != ElapsedSilence {
		return Change{Interaction: &i}, nil
	}
	from := now
	for _, m := range slices.Backward(said) {
		if m.Direction == Inbound && !m.Stub && m.Kind.Opens() {
			break
		}
		if at := m.reachedAt(); !at.IsZero() {
			from = at
			break
		}
	}
	if !from.After(i.AnsweredAt.Add(Patience)) {
		return Change{Interaction: &i}, nil
	}
	var ch Change
	i = i.answered(from)
	return ch.of(&i), nil
}

// reachedAt is when an agent's word, or one that the business sent by other means, came to the channel; zero while it has not,
// when it failed, and while nobody knows.
func (m Message) reachedAt() time.Time {
	switch {
	case m.Direction != Outbound:
		return time.Time{}
	case m.Elsewhere:
		return m.ReceivedAt
	case m.Author == "":
		return time.Time{}
	}
	switch m.State {
	case MessageSent, MessageDelivered, MessageRead:
		return timeOr(m.SentAt, timeOr(m.DeliveredAt, m.ReadAt))
	}
	return time.Time{}
}

// WarnOfSilence tells the customer of a conversation that it will be closed because he is silent, with q's text, q being its
// queue; without a text, or where nothing can be sent, it only counts as told. When he need not be warned, or not yet, nothing
// is stored.
func WarnOfSilence(i Interaction, q Queue, now time.Time) (Change, error) {
	if i.Elapsed(now) != ElapsedWarning {
		return Change{Interaction: &i}, nil
	}
	var ch Change
	i.WarnedAt = now
	i = ch.tell(i.timed(), q.Says(TextWarning, i.Language), now)
	i = ch.note(i, now, EventWarned, "", "")
	return ch.of(&i), nil
}

// CloseInSilence closes a conversation whose customer stays silent, as inactive. sitting are its owner and its guest if there
// is one: their slots are free and their wrap-ups settled, with usual as TimeOutWrapUp has it. Who is asked to join is not
// asked any more. What earlier agents owe they owe still. While its time has not come nothing is stored, and who is free is
// hinted.
func CloseInSilence(x Attended, sitting []Agent, usual Reason, now time.Time) (Change, error) {
	i := x.Interaction
	if i.Elapsed(now) != ElapsedSilence {
		ch := Change{Interaction: &i}
		for _, a := range sitting {
			ch.Hints = append(ch.Hints, freed(a)...)
		}
		return ch, nil
	}
	i, ch := x.withdraw("", now)
	guest := i.Guest()
	settled := WrapUp{}.automatic(usual, now)
	i = i.endLeg(i.Owner, settled, now).endLeg(guest, settled, now).alone()
	i.Owner, i.OwnerName, i.Unread = "", "", 0
	for _, a := range sitting {
		i, a = i.released(a)
		a = a.Settle()
		ch.Save, ch.Hints = append(ch.Save, &a), append(ch.Hints, freed(a)...)
	}
	i = ch.tell(i, x.Queue.Says(TextEnded, i.Language), now)
	i, page := i.closed(ClosedInactive, now)
	ch.save(page)
	return ch.of(&i), nil
}
