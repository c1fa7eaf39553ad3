package desk

import "time"

// ApplyWatermark records that everything sent to a contact up to a time was delivered, or read. sent are the messages on
// their way to him that were handed over by then. One whose sending is not settled yet may be among those meant: then the
// contact keeps the mark, and it is looked at again. One whose fate is unknown stays so, until its own status comes or a
// later mark. updates says whether the asset shows delivered and read (R15); without it nothing happens. A repeat stores
// nothing.
//
// The channel's clock and ours differ. A message counts as sent before the mark when we had begun to hand it over by
// then: the channel's own time of it lies between that and its answer.
func ApplyWatermark(told Watermark, c Contact, sent []Message, updates bool, now time.Time) (Change, error) {
	ch := Change{Contact: &c}
	if !updates || told.State != MessageDelivered && told.State != MessageRead {
		return ch, nil
	}
	missed := false
	for _, m := range sent {
		after, unsettled, err := m.upTo(told, now)
		if err != nil {
			return Change{}, err
		}
		missed = missed || unsettled
		if !same(after, m) {
			ch.Save = append(ch.Save, &after)
		}
	}
	if missed && c.Marks.raise(told.State, Micro(told.UpTo)) {
		c.DueAt = now.Add(Patience)
		ch.Save = append(ch.Save, &c)
	}
	return ch, nil
}

// upTo is the message after a mark, and whether it may be meant by it and nobody can say yet.
func (m Message) upTo(told Watermark, now time.Time) (after Message, unsettled bool, err error) {
	mark := Micro(told.UpTo)
	switch {
	case m.ClaimedAt.IsZero() || m.ClaimedAt.After(mark):
	case m.State == MessageSending:
		return m, true, nil
	case m.State == MessageSent || m.State == MessageDelivered:
		one, err := ApplyStatus(m, Status{State: told.State, At: mark}, true, now)
		if err != nil {
			return m, false, err
		}
		return *one.Message, false, nil
	}
	return m, false, nil
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

// ApplyMarks looks again at the marks that a message under way may have missed. sent is as for ApplyWatermark. While one is
// still under way the contact waits on, with the marks it may have missed; then they are done with.
func ApplyMarks(c Contact, sent []Message, updates bool, now time.Time) (Change, error) {
	ch := Change{Contact: &c}
	if c.DueAt.IsZero() {
		return ch, nil
	}
	marks := []Watermark{{State: MessageDelivered, UpTo: c.Marks.Delivered}, {State: MessageRead, UpTo: c.Marks.Read}}
	c.Marks, c.DueAt = Marks{}, time.Time{}
	ch.Save = []Record{&c}
	if !updates {
		return ch, nil
	}
	for _, m := range sent {
		was := m
		for _, told := range marks {
			after, unsettled, err := m.upTo(told, now)
			if err != nil {
				return Change{}, err
			}
			if unsettled && c.Marks.raise(told.State, told.UpTo) {
				c.DueAt = now.Add(Patience)
			}
			m = after
		}
		if !same(m, was) {
			ch.Save = append(ch.Save, &m)
		}
	}
	return ch, nil
}
