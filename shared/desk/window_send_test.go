package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// The customer wrote at nine.
func TestAnAnswerIsTakenWhileTheWindowIsOpen(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel Channel
		wrote   time.Time
		at      time.Duration
		want    string
	}{
		{"at once", WhatsApp, nine, 0, "stores"},
		{"a microsecond before a day", WhatsApp, nine, day - tick, "stores"},
		{"a day", WhatsApp, nine, day, "conflict window_closed"},
		{"he never wrote", WhatsApp, time.Time{}, 0, "conflict window_closed"},
		{"a day: a human answers", Messenger, nine, day, "stores"},
		{"a microsecond before a week", Messenger, nine, week - tick, "stores"},
		{"a week", Messenger, nine, week, "conflict window_closed"},
		{"he never wrote", Messenger, time.Time{}, 0, "conflict window_closed"},
	} {
		t.Run(string(c.channel)+" "+c.name, func(t *testing.T) {
			a, i := talking(t)
			i.Channel, i.LastCustomerAt = c.channel, c.wrote
			ch, err := Send(draft(), lent(t, i), lent(t, a), Reply{ClientID: "c1", Text: "hola"}, after(c.at))
			require.Equal(t, c.want, outcome(ch, err))
			if err == nil {
				assert.Equal(t, c.wrote, ch.Message.WroteAt)
			}
		})
	}
	a, i := talking(t)
	m := Message{Head: stored("m", 1), Text: "hola", State: MessagePending, Interaction: "talk"}
	ch, err := Send(m, i, a, Reply{Text: "hola"}, after(week))
	storesNothing(t, ch, err)
	assert.Len(t, ch.Hints, 1, "a repeat is recognised before the window is looked at")
}

func TestWhatCanNoLongerBeSentFails(t *testing.T) {
	gone, page := shop(), shop()
	gone.DeletedAt = nine
	page.Channel = Messenger
	for _, c := range []struct {
		name    string
		asset   Asset
		wrote   time.Time
		at      time.Duration
		state   MessageState
		problem string
	}{
		{"in the window", shop(), nine, day - tick, MessageSending, ""},
		{"as the window closes", shop(), nine, day, MessageFailed, "window_closed"},
		{"after it closed", shop(), nine, day + tick, MessageFailed, "window_closed"},
		{"without a window", shop(), time.Time{}, 30 * day, MessageSending, ""},
		{"by a human", page, nine, week - tick, MessageSending, ""},
		{"as that closes", page, nine, week, MessageFailed, "window_closed"},
		{"its asset deleted", gone, nine, 0, MessageFailed, "channel_removed"},
		{"its asset deleted, and late", gone, nine, week, MessageFailed, "channel_removed"},
		{"its asset forgotten", Asset{Head: Head{ID: "whatsapp:111"}}, nine, 0, MessageFailed, "channel_removed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Message{Head: stored("m", 1), Direction: Outbound, State: MessagePending, WroteAt: c.wrote, DueAt: after(10 * time.Second)}
			ch, err := ClaimSend(lent(t, m), lent(t, c.asset), "d1", after(c.at))
			require.NoError(t, err)
			assert.Equal(t, []RecordKind{KindMessage}, storedKinds(ch))
			assert.Equal(t, c.state, ch.Message.State)
			assert.Equal(t, c.problem, ch.Message.Problem.Code)
			if c.state == MessageFailed {
				assert.Zero(t, ch.Message.DueAt, "nothing tries it again")
				assert.Zero(t, ch.Message.Tries)
				assert.NotEmpty(t, ch.Message.Problem.Advice)
				again, err := ClaimSend(*saved(ch).Message, c.asset, "d2", after(c.at))
				storesNothing(t, again, err)
			}
		})
	}
}

// A message that waits for its next try fails as soon as anybody looks: its turn would come too late.
func TestWhatWaitsForItsNextTryFailsAtOnce(t *testing.T) {
	m := inState(MessagePending)
	m.WroteAt, m.DueAt, m.Problem = nine, after(2*day), Problem{Code: "busy"}
	ch, err := ClaimSend(m, shop(), "d2", after(day))
	require.NoError(t, err)
	assert.Equal(t, MessageFailed, ch.Message.State)
	assert.Equal(t, "window_closed", ch.Message.Problem.Code)
}

// Whether the channel has it is asked before whether it may be sent: one under way is not failed.
func TestWhatIsUnderWayIsNotHindered(t *testing.T) {
	m := claimed()
	m.WroteAt = nine
	gone := shop()
	gone.DeletedAt = nine
	ch, err := ClaimSend(m, gone, "d1", after(week))
	storesNothing(t, ch, err)
	assert.Equal(t, MessageSending, ch.Message.State)
	ch, err = ClaimSend(m, gone, "d2", after(week))
	require.NoError(t, err)
	assert.Equal(t, MessageUnknown, ch.Message.State)
}
