package desk

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// told is a status of the message the channel knows as wamid.out, so long after nine.
func told(s MessageState, at time.Duration) Status {
	return Status{Channel: WhatsApp, Account: "111", ProviderID: "wamid.out", State: s, At: after(at)}
}

// liked is a reaction to that message.
func liked(at time.Duration, emoji string) Remark {
	return Remark{Channel: WhatsApp, Account: "111", About: "wamid.out", Kind: RemarkReaction, At: after(at), Text: emoji, Customer: lea}
}

func TestReceiptID(t *testing.T) {
	id := ReceiptID(WhatsApp, "111", "wamid.out")
	assert.Equal(t, id, ReceiptID(WhatsApp, "111", "wamid.out"))
	for _, other := range []string{ReceiptID(Messenger, "111", "wamid.out"), ReceiptID(WhatsApp, "112", "wamid.out"),
		ReceiptID(WhatsApp, "111", "wamid.in"), ArrivalID(WhatsApp, "111", "wamid.out")} {
		assert.NotEqual(t, id, other)
	}
}

func TestWhatIsToldOfAnUnknownMessageIsKept(t *testing.T) {
	r := Receipt{Head: Head{ID: "r"}}
	ch, err := KeepStatus(lent(t, r), "whatsapp:111", told(MessageDelivered, time.Second), after(time.Minute))
	require.NoError(t, err)
	want := Receipt{Head: Head{ID: "r"}, Asset: "whatsapp:111", About: "wamid.out", Since: after(time.Minute), DueAt: after(70 * time.Second),
		Statuses: []Status{told(MessageDelivered, time.Second)}}
	require.Equal(t, []Record{&want}, ch.Save)
	assert.Equal(t, after(70*time.Second), ch.Save[0].(Owed).Due())
	r = *saved(ch).Save[0].(*Receipt)

	ch, err = KeepRemark(lent(t, r), "whatsapp:111", liked(2*time.Second, "👍"), after(2*time.Minute))
	require.NoError(t, err)
	nobodys := liked(2*time.Second, "👍")
	nobodys.Customer = Customer{}
	want.Version, want.Remarks = 1, []Remark{nobodys}
	require.Equal(t, []Record{&want}, ch.Save, "it waits since the first, and keeps nothing about the customer")
	r = *saved(ch).Save[0].(*Receipt)

	ch, err = KeepStatus(lent(t, r), "whatsapp:111", told(MessageRead, 2*time.Second), after(2*time.Minute))
	require.NoError(t, err)
	want.Version, want.Statuses = 2, []Status{told(MessageDelivered, time.Second), told(MessageRead, 2*time.Second)}
	require.Equal(t, []Record{&want}, ch.Save)
}

func TestWhatIsKeptIsKeptOnce(t *testing.T) {
	r := Receipt{Head: stored("r", 1), Statuses: []Status{told(MessageSent, time.Second)}, Remarks: []Remark{liked(time.Second, "👍")}}
	madrid := told(MessageSent, time.Second)
	madrid.At = madrid.At.In(time.FixedZone("CET", 3600)).Add(999 * time.Nanosecond)
	for name, c := range map[string]struct {
		status Status
		want   string
	}{
		"the same":                        {told(MessageSent, time.Second), "stores nothing"},
		"the same, as another clock says": {madrid, "stores nothing"},
		"another state":                   {told(MessageRead, time.Second), "stores"},
		"another time":                    {told(MessageSent, time.Minute), "stores"},
		"of no message":                   {Status{State: MessageSent, At: nine}, "stores nothing"},
	} {
		ch, err := KeepStatus(lent(t, r), "whatsapp:111", c.status, nine)
		assert.Equal(t, c.want, outcome(ch, err), name)
	}
	for name, c := range map[string]struct {
		remark Remark
		want   string
	}{
		"the same":          {liked(time.Second, "👍"), "stores nothing"},
		"another emoji":     {liked(time.Second, "🎉"), "stores"},
		"its removal":       {liked(time.Second, ""), "stores"},
		"the same, another": {liked(time.Minute, "👍"), "stores"},
	} {
		ch, err := KeepRemark(lent(t, r), "whatsapp:111", c.remark, nine)
		assert.Equal(t, c.want, outcome(ch, err), name)
	}
}

func TestAReceiptKeepsTwentyOfASort(t *testing.T) {
	r := Receipt{Head: stored("r", 1)}
	for n := range 20 {
		ch, err := KeepStatus(r, "whatsapp:111", told(MessageSent, time.Duration(n)*time.Second), nine)
		require.Equal(t, "stores", outcome(ch, err), n)
		r = *ch.Save[0].(*Receipt)
		ch, err = KeepRemark(r, "whatsapp:111", liked(0, strconv.Itoa(n)), nine)
		require.Equal(t, "stores", outcome(ch, err), n)
		r = *ch.Save[0].(*Receipt)
	}
	ch, err := KeepStatus(r, "whatsapp:111", told(MessageRead, time.Hour), nine)
	storesNothing(t, ch, err)
	ch, err = KeepRemark(r, "whatsapp:111", liked(time.Hour, "👍"), nine)
	storesNothing(t, ch, err)
}

// A message is looked for after ten seconds, then after twice as long each time, and for ten minutes at most.
func TestAReceiptWaitsTenMinutes(t *testing.T) {
	r := Receipt{Head: stored("r", 1), Since: nine, DueAt: after(10 * time.Second)}
	var looks []time.Duration
	for r.ID != "" {
		at := r.DueAt
		looks = append(looks, at.Sub(nine))
		ch, err := Meet(lent(t, r), Message{Head: Head{ID: "m"}}, true, at)
		require.NoError(t, err)
		assert.Nil(t, ch.Message)
		if len(ch.Drop) > 0 {
			assert.Equal(t, []Record{&r}, ch.Drop)
			assert.Empty(t, ch.Save)
			break
		}
		require.Equal(t, []RecordKind{KindReceipt}, storedKinds(ch))
		r = *saved(ch).Save[0].(*Receipt)
	}
	s := time.Second
	assert.Equal(t, []time.Duration{10 * s, 20 * s, 40 * s, 80 * s, 160 * s, 320 * s, 600 * s}, looks)

	for at, drops := range map[time.Duration]int{0: 0, 10*time.Minute - tick: 0, 10 * time.Minute: 1, 10*time.Minute + tick: 1, 24 * time.Hour: 1} {
		ch, err := Meet(Receipt{Head: stored("r", 1), Since: nine}, Message{}, true, after(at))
		require.NoError(t, err)
		assert.Len(t, ch.Drop, drops, at)
		assert.Len(t, ch.Save, 1-drops, at)
	}
	ch, err := Meet(Receipt{Head: stored("r", 1), Since: nine}, Message{}, true, nine)
	require.NoError(t, err)
	assert.Equal(t, after(10*time.Second), ch.Save[0].(*Receipt).DueAt, "one that is looked at too early waits all the same")
}

// A stub is no message to have statuses, and the one it stands for may be another's: it has the reactions only when the
// message does not come in time.
func TestAReceiptWaitsOnBesideAStub(t *testing.T) {
	stub := annotated(t, Message{Head: Head{ID: "m"}}, remark(RemarkEdit, 0, "hi"))
	r := Receipt{Head: stored("r", 1), Since: nine, Statuses: []Status{told(MessageRead, time.Second)}, Remarks: []Remark{liked(time.Second, "👍")}}
	for at, kept := range map[time.Duration][]RecordKind{
		0: {KindReceipt}, 10*time.Minute - tick: {KindReceipt}, 10 * time.Minute: {KindMessage}, time.Hour: {KindMessage}} {
		ch, err := Meet(lent(t, r), lent(t, stub), true, after(at))
		require.NoError(t, err)
		require.Equal(t, kept, storedKinds(ch), at)
		if kept[0] == KindReceipt {
			assert.Empty(t, ch.Drop)
			continue
		}
		want := stub
		want.Reaction, want.ReactedAt = "👍", after(time.Second)
		assert.Equal(t, want, *ch.Message)
		assert.Equal(t, []Record{&r}, ch.Drop)
	}
}

func TestMeet(t *testing.T) {
	sent := inState(MessageSent)
	sent.ProviderID, sent.SentAt = "wamid.out", nine
	failed := told(MessageFailed, time.Second)
	failed.Problem = Problem{Code: "expired"}
	for _, c := range []struct {
		name    string
		receipt Receipt
		message Message
		hide    bool
		want    func(m *Message)
	}{
		{"nothing", Receipt{}, sent, false, func(*Message) {}},
		{"its statuses in any order", Receipt{Statuses: []Status{told(MessageRead, 3*time.Second), told(MessageDelivered, 2*time.Second), told(MessageSent, time.Second)}}, sent, false,
			func(m *Message) {
				m.State, m.DeliveredAt, m.ReadAt = MessageRead, after(2*time.Second), after(3*time.Second)
			}},
		{"one that the asset does not show", Receipt{Statuses: []Status{told(MessageRead, 3*time.Second)}}, sent, true, func(*Message) {}},
		{"a failure", Receipt{Statuses: []Status{failed}}, sent, true, func(m *Message) { m.State, m.Problem = MessageFailed, Problem{Code: "expired"} }},
		{"reactions", Receipt{Remarks: []Remark{liked(2*time.Second, "🎉"), liked(time.Second, "👍")}}, sent, false,
			func(m *Message) { m.Reaction, m.ReactedAt = "🎉", after(2*time.Second) }},
		{"statuses of what a customer wrote say nothing", Receipt{Statuses: []Status{told(MessageRead, 0)}}, said(), false, func(*Message) {}},
		{"a reaction to what he wrote", Receipt{Remarks: []Remark{liked(time.Second, "👍")}}, said(), false,
			func(m *Message) { m.Reaction, m.ReactedAt = "👍", after(time.Second) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.receipt.Head = stored("r", 3)
			want := c.message
			c.want(&want)
			ch, err := Meet(lent(t, c.receipt), lent(t, c.message), !c.hide, after(time.Hour))
			require.NoError(t, err)
			assert.Equal(t, want, *ch.Message)
			assert.Equal(t, []Record{&c.receipt}, ch.Drop, "however old it is")
			if same(want, c.message) {
				assert.Empty(t, ch.Save)
			} else {
				assert.Equal(t, []RecordKind{KindMessage}, storedKinds(ch))
			}
		})
	}
}

// TestStatusesComeBeforeOrAfter tells the statuses of a message, and reactions to it, in any order and again, before and
// after its sending is recorded: those that come before wait at the receipt.
func TestStatusesComeBeforeOrAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states := []MessageState{MessageSent, MessageDelivered, MessageRead, MessageFailed}[rapid.IntRange(0, 3).Draw(t, "from"):]
		words := []any{nil}
		for n, s := range states[:rapid.IntRange(0, len(states)).Draw(t, "states")] {
			words = append(words, told(s, time.Duration(n)*time.Second))
		}
		for n, emoji := range []string{"👍", "", "🎉"}[:rapid.IntRange(0, 3).Draw(t, "reactions")] {
			words = append(words, liked(time.Duration(n)*time.Second, emoji))
		}
		one, other := handedOver(), handedOver()
		for _, w := range words {
			one.hears(t, w)
		}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, len(words)-1), 0, 3*len(words)).Draw(t, "told") {
			other.hears(t, words[n])
			if rapid.IntRange(0, 3).Draw(t, "looked at") == 0 {
				other.meets(t)
			}
		}
		for _, n := range rapid.Permutation(upTo(len(words))).Draw(t, "told at last") {
			other.hears(t, words[n])
		}
		other.meets(t)
		must(t, other.receipt.Version == 0, "something still waits: %+v", other.receipt)
		one.message.Version, other.message.Version = 0, 0
		one.message.SentAt, other.message.SentAt = time.Time{}, time.Time{} // ours or the channel's, whichever came first
		must(t, same(one.message, other.message), "in order\n%+v\nas they came\n%+v", one.message, other.message)
	})
}

// underway is a message handed over whose sending is recorded when settled.
type underway struct {
	message Message
	receipt Receipt
	settled bool
}

func handedOver() *underway { return &underway{message: claimed()} }

// hears settles the send, or tells what the channel says under its own ID.
func (s *underway) hears(t *rapid.T, w any) {
	known := Message{}
	if s.settled {
		known = s.message
	}
	var ch Change
	var err error
	switch w := w.(type) {
	case nil:
		ch, err = SettleSend(s.message, taken, after(time.Minute))
		s.settled = true
	case Status:
		if s.settled {
			ch, err = ApplyStatus(s.message, w, true, after(time.Minute))
		} else {
			ch, err = KeepStatus(s.receipt, "whatsapp:111", w, after(time.Minute))
		}
	case Remark:
		if s.settled {
			ch, err = Annotate(w, "whatsapp:111", known, Interaction{}, after(time.Minute))
		} else {
			ch, err = KeepRemark(s.receipt, "whatsapp:111", w, after(time.Minute))
		}
	}
	must(t, err == nil, "%v", err)
	s.keep(ch)
}

// meets looks at the receipt.
func (s *underway) meets(t *rapid.T) {
	if s.receipt.Version == 0 {
		return
	}
	m := Message{}
	if s.settled {
		m = s.message
	}
	ch, err := Meet(s.receipt, m, true, after(2*time.Minute))
	must(t, err == nil, "%v", err)
	s.keep(ch)
}

func (s *underway) keep(ch Change) {
	for _, rec := range saved(ch).Save {
		switch rec := rec.(type) {
		case *Message:
			s.message = *rec
		case *Receipt:
			s.receipt = *rec
		}
	}
	if slices.ContainsFunc(ch.Drop, func(r Record) bool { return r.Record() == KindReceipt }) {
		s.receipt = Receipt{}
	}
}
