package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/fault"
)

// waitsIn is Lea in a queue since half past nine, who came to the centre at nine.
func waitsIn(t *testing.T, q Queue) Interaction {
	t.Helper()
	return queued().into(q, "", after(30*time.Minute))
}

// B3, B15: whatever state a conversation is in when its queue is configured otherwise, it waits by what the queue says now when it
// comes back.
func TestWhoComesBackWaitsByWhatTheQueueSaysNow(t *testing.T) {
	plain := Queue{Head: stored("sales", 1)}
	for name, back := range map[string]func(Interaction) Interaction{
		"declined": func(i Interaction) Interaction { return i.wait(after(41*time.Minute), true) },
		"handed back": func(i Interaction) Interaction {
			i.WaitingSince = time.Time{}
			return i.wait(after(41*time.Minute), true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			i := waitsIn(t, plain)
			i.State, i.Wants = InteractionOffered, ""
			ch, err := Reroute(i, experts(), after(40*time.Minute))
			require.NoError(t, err)
			require.Len(t, ch.Save, 1)
			assert.Empty(t, ch.Hints)
			got := back(*ch.Interaction)
			assert.Equal(t, experts().terms(ProfileAny), got.Terms)
			began := after(30 * time.Minute)
			if name == "handed back" {
				began = after(41 * time.Minute)
			}
			assert.Equal(t, began.Add(time.Hour), got.DueAt, "from when it came there, or when its wait began")
			again, err := Reroute(*ch.Interaction, experts(), after(40*time.Minute))
			require.NoError(t, err)
			assert.Empty(t, again.Save)
		})
	}
}

// A maximum wait, or a time after which a profile relaxes, that is introduced while somebody waits counts from when he came to the
// queue, not from when he came to the centre.
func TestATimeThatIsIntroducedCountsFromTheQueue(t *testing.T) {
	q := experts()
	q.Profiles[0].RelaxTo, q.Profiles[0].After, q.MaxWait = "", 0, 0
	i := waitsIn(t, q)
	assert.Equal(t, []time.Time{after(30 * time.Minute), after(30 * time.Minute), {}}, []time.Time{i.QueueSince, i.ProfileSince, i.DueAt})
	ch, err := Reroute(i, experts(), after(40*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, after(31*time.Minute), ch.Interaction.relaxesAt())
	assert.Equal(t, after(90*time.Minute), ch.Interaction.overflowsAt())
}

// Whose time has come by what the queue said when he came, and not by what it says now, waits on.
func TestATimeThatIsTakenBack(t *testing.T) {
	i := waitsIn(t, experts())
	for name, c := range map[string]struct {
		change func(*Queue)
		due    time.Time
	}{
		"no maximum wait": {func(q *Queue) { q.MaxWait = 0 }, time.Time{}},
		"no overflow":     {func(q *Queue) { q.Overflow = "" }, time.Time{}},
		"a longer one":    {func(q *Queue) { q.MaxWait = 2 * time.Hour }, after(150 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			q := experts()
			c.change(&q)
			ch, err := Divert(i, q, []Queue{support()}, after(90*time.Minute))
			require.NoError(t, err)
			assert.Equal(t, "sales", ch.Interaction.Queue)
			assert.Equal(t, c.due, ch.Interaction.overflowsAt())
			require.Len(t, ch.Save, 1)
			again, err := Divert(*ch.Interaction, q, []Queue{support()}, after(90*time.Minute))
			require.NoError(t, err)
			assert.Empty(t, again.Save)
		})
	}
	q := experts()
	q.Profiles[0].After = 2 * time.Minute
	ch, err := Relax(i, q, after(31*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []any{"expert", after(32 * time.Minute)}, []any{ch.Interaction.Profile, ch.Interaction.DueAt})
}

// shutQueue is a queue after somebody has closed it.
func shutQueue(id, overflow string, w WhenClosed) Queue {
	return Queue{Head: stored(id, 1), Overflow: overflow, WhenClosed: w, Closed: Closure{At: nine, By: "sam"}}
}

// B15: nobody is led to a queue that is closed: it goes to the next along the way that is open, or stays, and when it has waited for as
// long again it is tried once more.
func TestAnOverflowThatIsClosed(t *testing.T) {
	i := waitsIn(t, experts())
	late := after(90 * time.Minute)
	night := Queue{Head: stored("night", 1)}
	ch, err := Divert(i, experts(), []Queue{shutQueue("support", "night", ""), night}, late)
	require.NoError(t, err)
	assert.Equal(t, "night", ch.Interaction.Queue)
	assert.Equal(t, "night max_wait", ch.Interaction.History.Entries[0].Detail)

	all := []Queue{shutQueue("support", "night", ""), shutQueue("night", "", "")}
	ch, err = Divert(i, experts(), all, late)
	require.NoError(t, err)
	stays := *ch.Interaction
	assert.Equal(t, "sales", stays.Queue)
	assert.Equal(t, late.Add(time.Hour), stays.overflowsAt())
	assert.Empty(t, stays.History.Entries, "nothing has become of it")
	again, err := Divert(stays, experts(), all, late)
	require.NoError(t, err)
	assert.Empty(t, again.Save)
	ch, err = Divert(stays, experts(), []Queue{support()}, late.Add(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, "support", ch.Interaction.Queue)

	ch, err = TurnAway(i, shutSales(WhenClosedOverflow), all, after(31*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []any{"sales", []TextKind{TextClosed}}, []any{ch.Interaction.Queue, ch.Interaction.Told}, "it waits, and she is told")
	ch, err = Divert(i, experts(), []Queue{night}, late)
	require.NoError(t, err)
	assert.Equal(t, "sales", ch.Interaction.Queue, "a queue that hers does not lead to")
}

// B15: a queue that closes conversations while it is closed closes those that no agent has had; who comes back to it waits.
func TestAClosedQueueClosesOnlyWhoComes(t *testing.T) {
	i := waitsIn(t, experts())
	ch, err := TurnAway(i, shutSales(WhenClosedClose), nil, after(31*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, ClosedQueue, ch.Interaction.CloseReason)
	i.Legs = []Leg{{Agent: "ana", Seat: SeatOwner, From: nine, To: after(time.Minute), WrapUp: WrapUp{State: WrapUpSkipped}}}
	ch, err = TurnAway(i, shutSales(WhenClosedClose), nil, after(31*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []any{InteractionQueued, []TextKind{TextClosed}}, []any{ch.Interaction.State, ch.Interaction.Told})
	assert.False(t, shutSales(WhenClosedClose).TurnsAway(*ch.Interaction, after(31*time.Minute)))
}

// R20, R24, B15: a queue that is closed is given a conversation where those wait who come; nobody of it is asked to join.
func TestAClosedQueueAsTarget(t *testing.T) {
	_, i := talked(t)
	code := func(err error) string {
		if err == nil {
			return ""
		}
		assert.True(t, fault.Is(err, fault.Conflict))
		return fault.Of(err).Code
	}
	for when, want := range map[WhenClosed]string{"": "", WhenClosedWait: "", WhenClosedOverflow: "target_closed", WhenClosedClose: "target_closed"} {
		q := shutQueue("support", "night", when)
		assert.Equal(t, want, code(QueueAsTarget(i, q, helping(), nine)), when)
		assert.Equal(t, "target_closed", code(QueueAsGuest(i, q, helping(), nine)), when)
		assert.NoError(t, CouldBeTarget(i, q, helping()))
		q.Closed = Closure{}
		assert.NoError(t, QueueAsTarget(i, q, helping(), nine))
		assert.NoError(t, QueueAsGuest(i, q, helping(), nine))
	}
	own := shutQueue("sales", "", "")
	assert.Equal(t, "target_closed", code(QueueAsGuest(i, own, helping(), nine)))
}

// B17: who comes back before his agent ended the conversation is told of in its history, once.
func TestACustomerComesBack(t *testing.T) {
	_, i := talked(t)
	ch, err := Leave(quiet(i), after(2*time.Minute))
	require.NoError(t, err)
	left := *saved(ch).Interaction
	k := stranger()
	k.Contact, k.Interaction = leaContact(), left
	in := hola()
	in.ID = "wamid.2"
	ch, err = Receive(in, k, NewIDs{}, after(3*time.Minute))
	require.NoError(t, err)
	assert.False(t, ch.Interaction.Left)
	assert.Equal(t, []string{"offered", "accepted", "customer_left", "customer_returned"}, events(ch.Interaction.History))
	k.Interaction = *saved(ch).Interaction
	in.ID = "wamid.3"
	ch, err = Receive(in, k, NewIDs{}, after(4*time.Minute))
	require.NoError(t, err)
	assert.Len(t, ch.Interaction.History.Entries, 4)
	k.Interaction, in.Kind = left, SystemMessage
	ch, err = Receive(in, k, NewIDs{}, after(4*time.Minute))
	require.NoError(t, err)
	assert.True(t, ch.Interaction.Left, "a notice of the channel's is no word of his")
}

func TestWhenAQueueOpens(t *testing.T) {
	for _, tt := range []struct{ at, opens string }{
		{"2026-03-02T07:59:30Z", "2026-03-02T08:00:00Z"}, // half a minute before
		{"2026-03-02T08:00:00Z", ""},                     // it is open
		{"2026-03-02T13:00:00Z", "2026-03-02T15:00:00Z"}, // lunch
		{"2026-03-06T19:00:00Z", "2026-03-07T09:00:00Z"}, // Friday evening: Saturday at ten
		{"2026-03-27T23:30:00Z", "2026-03-28T09:00:00Z"},
		{"2026-03-28T23:00:00Z", "2026-03-30T07:00:00Z"}, // over the Sunday on which the clocks go forward
		{"2026-10-25T10:00:00Z", "2026-10-26T08:00:00Z"}, // and back
		{"2026-12-24T12:00:00Z", "2026-12-26T09:00:00Z"}, // Christmas
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		require.NoError(t, err)
		got := ""
		if opens := (Queue{Hours: shopHours()}).OpensAt(at); !opens.IsZero() {
			got = opens.Format(time.RFC3339)
		}
		assert.Equal(t, tt.opens, got, tt.at)
		assert.Zero(t, Queue{Hours: shopHours(), Closed: Closure{At: nine}}.OpensAt(at), "when somebody opens it")
	}
	assert.Zero(t, Queue{Hours: Hours{Zone: "UTC"}}.OpensAt(nine), "never")
	assert.Zero(t, Queue{}.OpensAt(nine))
	spring := Queue{Hours: Hours{Zone: "Europe/Madrid", Week: []Opening{{Days: []time.Weekday{time.Sunday}, Span: Span{2*60 + 15, 2*60 + 45}}}}}
	assert.Equal(t, time.Date(2026, 4, 5, 0, 15, 0, 0, time.UTC), spring.OpensAt(time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)), "what is in an hour that there is not is left out")
	beirut := Queue{Hours: Hours{Zone: "Asia/Beirut", Week: []Opening{{Days: []time.Weekday{time.Sunday}, Span: Span{0, 24 * 60}}}}}
	assert.Equal(t, time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC), beirut.OpensAt(time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)), "a day that begins at one")
}
