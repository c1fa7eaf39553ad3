package desk

import (
	"slices"
	"time"
)

// ApplyWatermark records that everything sent to a contact up to a time was delivered, or read. sent are the messages on their way
// to him that were handed over by then. One whose sending is not settled yet may be among those meant: then the contact
// keeps the mark, and it is looked at again. updates says whether the asset shows delivered and read (R15); without it
// nothing happens. A repeat stores nothing.
//
// The channel's clock and ours differ. A message counts as sent before the mark when we had begun to hand it over by
// then: the channel's own time of it lies between that and its answer.
func ApplyWatermark(told Watermark, c Contact, sent []Message, updates bool, now time.Time) (Change, error) {
	var ch Change
	if !updates {
		return ch, nil
	}
	upTo, missed := Micro(told.UpTo), false
	for _, m := range sent {
		switch {
		case m.ClaimedAt.IsZero() || m.ClaimedAt.After(upTo):
		case m.State == MessageSending:
			missed = true
		case m.State == MessageSent || m.State == MessageDelivered:
			one, err := ApplyStatus(m, Status{State: told.State, At: upTo}, updates, now)
			if err != nil {
				return Change{}, err
			}
			ch.Save = append(ch.Save, one.Save...)
		}
	}
	if missed && c.Marks.raise(told.State, upTo) {
		c.DueAt = now.Add(Patience)
		ch.Save = append(ch.Save, &c)
	}
	ch.Contact = &c
	return ch, nil
}

// raise moves a mark on; false when it is there already.
func (k *Marks) raise(s MessageState, to time.Time) bool {
	mark := &k.Delivered
	if s == MessageRead {
		mark = &k.Read
	}
	if !to.After(*mark) {
		return false
	}
	*mark = to
	return true
}

// ApplyMarks looks again at the marks that a message under way may have missed. sent is as for ApplyWatermark. While one is still
// under way the contact waits on; then the marks are done with.
func ApplyMarks(c Contact, sent []Message, updates bool, now time.Time) (Change, error) {
	if c.DueAt.IsZero() {
		return Change{Contact: &c}, nil
	}
	marks, sent := c.Marks, slices.Clone(sent)
	c.Marks, c.DueAt = Marks{}, time.Time{}
	ch := Change{Contact: &c}
	after := make(map[string]*Message, len(sent))
	for _, told := range []Watermark{{State: MessageDelivered, UpTo: marks.Delivered}, {State: MessageRead, UpTo: marks.Read}} {
		if told.UpTo.IsZero() {
			continue
		}
		for n := range sent {
			if m := after[sent[n].ID]; m != nil {
				sent[n] = *m
			}
		}
		one, err := ApplyWatermark(told, c, sent, updates, now)
		if err != nil {
			return Change{}, err
		}
		for _, rec := range one.Save {
			if m, ok := rec.(*Message); ok {
				after[m.ID] = m
			}
		}
		if one.Contact != nil {
			c = *one.Contact
		}
	}
	for _, m := range after {
		ch.Save = append(ch.Save, m)
	}
	ch.Save, ch.Contact = append(ch.Save, &c), &c
	return ch, nil
}
