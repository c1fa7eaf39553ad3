package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// out is a message handed over so long after nine.
func out(id string, s MessageState, claimed time.Duration) Message {
	return Message{Head: stored(id, 2), Contact: "lea", Direction: Outbound, State: s, ClaimedAt: after(claimed)}
}

// until says that all until so long after nine was delivered, or read.
func until(s MessageState, at time.Duration) Watermark {
	return Watermark{Channel: Messenger, Account: "7", State: s, UpTo: after(at)}
}

func TestApplyWatermark(t *testing.T) {
	s := time.Second
	for _, c := range []struct {
		name    string
		message Message
		told    Watermark
		hide    bool
		want    MessageState
		marks   Marks // kept on the contact
	}{
		{"sent long before", out("m", MessageSent, 0), until(MessageDelivered, s), false, MessageDelivered, Marks{}},
		{"handed over at that very time", out("m", MessageSent, s), until(MessageDelivered, s), false, MessageDelivered, Marks{}},
		{"a microsecond after", out("m", MessageSent, s+tick), until(MessageDelivered, s), false, MessageSent, Marks{}},
		{"read", out("m", MessageSent, 0), until(MessageRead, s), false, MessageRead, Marks{}},
		{"read after delivered", out("m", MessageDelivered, 0), until(MessageRead, s), false, MessageRead, Marks{}},
		{"delivered after read", out("m", MessageRead, 0), until(MessageDelivered, s), false, MessageRead, Marks{}},
		{"still on its way: looked at again", out("m", MessageSending, 0), until(MessageRead, s), false, MessageSending, Marks{Read: after(s)}},
		{"on its way since later", out("m", MessageSending, 2*s), until(MessageRead, s), false, MessageSending, Marks{}},
		{"never handed over", Message{Head: stored("m", 1), Direction: Outbound, State: MessagePending}, until(MessageRead, s), false, MessagePending, Marks{}},
		{"refused, to be tried again", out("m", MessagePending, 0), until(MessageRead, s), false, MessagePending, Marks{}},
		{"failed", out("m", MessageFailed, 0), until(MessageRead, s), false, MessageFailed, Marks{}},
		{"of unknown fate", out("m", MessageUnknown, 0), until(MessageRead, s), false, MessageUnknown, Marks{}},
		{"sent by other means", Message{Head: stored("m", 1), Direction: Outbound, State: MessageSent, Elsewhere: true}, until(MessageRead, s), false, MessageSent, Marks{}},
		{"a customer's", said(), until(MessageRead, s), false, "", Marks{}},
		{"not shown", out("m", MessageSent, 0), until(MessageRead, s), true, MessageSent, Marks{}},
		{"a mark of nothing we know", out("m", MessageSent, 0), until(MessageFailed, s), false, MessageSent, Marks{}},
		{"on its way, of nothing we know", out("m", MessageSending, 0), until("", s), false, MessageSending, Marks{}},
		{"without a time", out("m", MessageSent, 0), Watermark{State: MessageRead}, false, MessageSent, Marks{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			who := Contact{Head: stored("lea", 1)}
			ch, err := ApplyWatermark(c.told, lent(t, who), lent(t, []Message{c.message}), !c.hide, after(time.Minute))
			require.NoError(t, err)
			m := c.message
			kinds := []RecordKind{}
			if c.want != m.State {
				kinds = append(kinds, KindMessage)
				m.State = c.want
				if c.want == MessageDelivered {
					m.DeliveredAt = c.told.UpTo
				} else {
					m.ReadAt = c.told.UpTo
				}
			}
			if c.marks != (Marks{}) {
				kinds = append(kinds, KindContact)
				who.Marks, who.DueAt = c.marks, after(70*time.Second)
			}
			assert.Equal(t, who, *ch.Contact)
			assert.Equal(t, kinds, storedKinds(ch))
			if len(kinds) > 0 && kinds[0] == KindMessage {
				assert.Equal(t, &m, ch.Save[0])
			}
		})
	}
}

func TestAWatermarkAgainStoresNothing(t *testing.T) {
	there := out("c", MessageDelivered, 0)
	there.DeliveredAt = nine
	sent := []Message{out("a", MessageSent, 0), out("b", MessageSending, 0), there}
	ch, err := ApplyWatermark(until(MessageDelivered, time.Second), Contact{Head: stored("lea", 1)}, sent, true, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindMessage, KindContact}, storedKinds(ch))
	who, sent := *saved(ch).Contact, append([]Message{*ch.Save[0].(*Message)}, sent[1])
	for _, at := range []time.Duration{time.Second, 0} {
		ch, err = ApplyWatermark(until(MessageDelivered, at), lent(t, who), lent(t, sent), true, after(2*time.Minute))
		storesNothing(t, ch, err)
		assert.Equal(t, after(70*time.Second), ch.Contact.DueAt, "an earlier mark, and the same again, change nothing")
	}
	ch, err = ApplyWatermark(until(MessageDelivered, time.Minute), lent(t, who), lent(t, sent), true, after(2*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, Marks{Delivered: after(time.Minute)}, ch.Contact.Marks, "a later one moves it on")
}

func TestApplyMarks(t *testing.T) {
	s := time.Second
	marks := Marks{Delivered: after(5 * s), Read: after(3 * s)}
	marked := Contact{Head: stored("lea", 4), Marks: marks, DueAt: after(10 * s)}
	sent := []Message{out("early", MessageSent, s), out("later", MessageSent, 4*s), out("last", MessageSent, 6*s)}

	ch, err := ApplyMarks(lent(t, marked), lent(t, sent), true, after(time.Minute))
	require.NoError(t, err)
	early, later := sent[0], sent[1]
	early.State, early.DeliveredAt, early.ReadAt = MessageRead, after(5*s), after(3*s)
	later.State, later.DeliveredAt = MessageDelivered, after(5*s)
	assert.Equal(t, []Record{&Contact{Head: stored("lea", 4)}, &early, &later}, ch.Save)
	assert.Equal(t, Contact{Head: stored("lea", 4)}, *ch.Contact)

	ch, err = ApplyMarks(lent(t, marked), nil, true, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []Record{&Contact{Head: stored("lea", 4)}}, ch.Save, "nothing is left to move on")

	ch, err = ApplyMarks(lent(t, marked), lent(t, sent), false, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []Record{&Contact{Head: stored("lea", 4)}}, ch.Save, "the asset shows it no more")

	waits := []Message{out("slow", MessageSending, 4*s), sent[0]}
	ch, err = ApplyMarks(lent(t, marked), lent(t, waits), true, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []Record{&Contact{Head: stored("lea", 4), Marks: Marks{Delivered: after(5 * s)}, DueAt: after(70 * s)}, &early}, ch.Save,
		"of the marks only the one that the slow message may be meant by")

	ch, err = ApplyMarks(lent(t, Contact{Head: stored("lea", 4)}), lent(t, sent), true, after(time.Minute))
	storesNothing(t, ch, err)
}

// TestWatermarksComeInAnyOrder has a customer get and read messages while their sends are settled late. However the marks and
// the settlements come, each message ends as far as the marks say, and nothing is owed.
func TestWatermarksComeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		who, now := Contact{Head: stored("lea", 1)}, after(time.Minute)
		var sent []Message
		for n := range rapid.IntRange(1, 4).Draw(t, "messages") {
			sent = append(sent, out(fmt.Sprint(n), MessageSending, time.Duration(n)*time.Second))
		}
		second := rapid.IntRange(-1, len(sent)).Draw
		marks := []Watermark{}
		for range rapid.IntRange(0, 4).Draw(t, "marks") {
			marks = append(marks, until(rapid.SampledFrom([]MessageState{MessageDelivered, MessageRead}).Draw(t, "mark"), time.Duration(second(t, "until"))*time.Second))
		}
		keep := func(ch Change, err error) {
			must(t, err == nil, "%v", err)
			for _, rec := range saved(ch).Save {
				switch rec := rec.(type) {
				case *Message:
					for n := range sent {
						if sent[n].ID == rec.ID {
							sent[n] = *rec
						}
					}
				case *Contact:
					who = *rec
				}
			}
		}
		onTheWay := func() (list []Message) { // as the query finds them
			for _, m := range sent {
				if m.State == MessageSending || m.State == MessageSent || m.State == MessageDelivered {
					list = append(list, m)
				}
			}
			return list
		}
		settle := func(n int) { keep(SettleSend(sent[n], Outcome{ProviderID: "mid"}, now)) }
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				settle(rapid.IntRange(0, len(sent)-1).Draw(t, "settled"))
			case 1:
				if len(marks) > 0 {
					keep(ApplyWatermark(rapid.SampledFrom(marks).Draw(t, "told"), who, onTheWay(), true, now))
				}
			case 2:
				keep(ApplyMarks(who, onTheWay(), true, now))
			}
		}
		for _, n := range rapid.Permutation(upTo(len(sent)+len(marks))).Draw(t, "at last") {
			if n < len(sent) {
				settle(n)
			} else {
				keep(ApplyWatermark(marks[n-len(sent)], who, onTheWay(), true, now))
			}
		}
		keep(ApplyMarks(who, onTheWay(), true, now))
		must(t, who.DueAt.IsZero() && who.Marks == (Marks{}), "the contact still waits: %+v", who.Marks)
		for _, m := range sent {
			want := MessageSent
			for _, k := range marks {
				if !m.ClaimedAt.After(k.UpTo) && k.State.rank() > want.rank() {
					want = k.State
				}
			}
			must(t, m.State == want, "message %s is %s and not %s", m.ID, m.State, want)
		}
	})
}
