package routing

import (
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

const night = "night|whatsapp|any"

// nightly are agents and interactions of the queue.
func (f *room) nightly(q desk.Queue, agents, waiting int) {
	f.t.Helper()
	recs := []desk.Record{&q}
	for n := range agents {
		a := free(n)
		a.Serves = []string{night}
		*a = a.Settle()
		recs = append(recs, a)
	}
	for n := range waiting {
		i := waits(n)
		i.Queue, i.Wants = "night", night
		recs = append(recs, i)
	}
	f.put(recs...)
	f.gets.Store(0)
	f.commits.Store(0)
}

// A pass that runs when its queue closes offers nothing any more, and ends.
func TestAPassThatRunsWhenTheQueueCloses(t *testing.T) {
	f := open(t)
	var over atomic.Bool
	f.Now = func() time.Time {
		if over.Load() {
			return noon
		}
		return noon.Add(-time.Minute)
	}
	week := []time.Weekday{noon.Weekday()}
	f.nightly(desk.Queue{Head: desk.Head{ID: "night"}, Hours: desk.Hours{Zone: "UTC", Week: []desk.Opening{{Days: week, Span: desk.Span{From: 0, To: 12 * 60}}}}}, 100, 100)
	var set atomic.Int64
	closes := func(*cloudtaskspb.CreateTaskRequest) error {
		if set.Add(1) == 6 {
			over.Store(true)
		}
		return nil
	}
	f.timers.Store(&closes)
	require.NoError(t, f.pass(t.Context(), night))
	offers, err := store.All[desk.Offer](t.Context(), f.Store.Reader())
	require.NoError(t, err)
	assert.NotEmpty(t, offers)
	assert.LessOrEqual(t, len(offers), 6+claims, "those that were being made")
}

// Who waits in a closed queue that does nothing with him is found by the page that looks at all, and not read again.
func TestWhoWaitsInAClosedQueueIsNotReadAgain(t *testing.T) {
	shut := desk.Closure{At: noon, By: "sam"}
	f := open(t)
	f.put(&desk.Queue{Head: desk.Head{ID: "late"}, Closed: shut})
	f.nightly(desk.Queue{Head: desk.Head{ID: "night"}, Closed: shut, WhenClosed: desk.WhenClosedOverflow, Overflow: "late"}, 0, 70)
	_, err := f.look(t.Context(), night)
	require.NoError(t, err)
	assert.LessOrEqual(t, f.gets.Load(), int64(2), "the two queues")
	assert.Zero(t, f.commits.Load())

	open := desk.Queue{Head: desk.Head{ID: "all night"}}
	f.put(&open)
	text := []desk.Text{{On: desk.TextClosed, Text: "closed"}}
	for name, c := range map[string]struct {
		q    desk.Queue
		told []desk.TextKind
		legs []desk.Leg
		want bool
	}{
		"it waits":                       {q: desk.Queue{Closed: shut}},
		"it is told":                     {q: desk.Queue{Closed: shut, Texts: text}, want: true},
		"it was told":                    {q: desk.Queue{Closed: shut, Texts: text}, told: []desk.TextKind{desk.TextClosed}},
		"it goes where it is open":       {q: desk.Queue{Closed: shut, WhenClosed: desk.WhenClosedOverflow, Overflow: "all night"}, want: true},
		"it goes nowhere":                {q: desk.Queue{Closed: shut, WhenClosed: desk.WhenClosedOverflow, Overflow: "late"}},
		"it is closed":                   {q: desk.Queue{Closed: shut, WhenClosed: desk.WhenClosedClose}, want: true},
		"it is not: an agent has had it": {q: desk.Queue{Closed: shut, WhenClosed: desk.WhenClosedClose}, legs: []desk.Leg{{Agent: "ana"}}},
	} {
		i := waits(0)
		i.Queue, i.Told, i.Legs, c.q.Version, c.q.ID = "night", c.told, c.legs, 1, "night"
		assert.Equal(t, c.want, f.moves(t.Context(), *i, c.q), name)
	}
}

// A queue closes that is asked for a second agent. That it does nothing with the conversation is no hint for it to look again.
func TestAClosedQueueThatIsAskedForASecondAgentHintsNobody(t *testing.T) {
	for _, hint := range []desk.Hint{
		{Event: desk.HintInteractionQueued, Token: night}, {Event: desk.HintInteractionQueued, Token: night, Interaction: interactionID(0)},
	} {
		w := openWorld(t, 1, nil, nil)
		i := waits(0)
		i.State, i.Owner, i.Wants = desk.InteractionActive, "ana", night
		i.Second = desk.Second{State: desk.SecondRequested, By: "ana", Queue: "night", At: noon, Until: noon.Add(2 * time.Minute)}
		w.put(i, &desk.Queue{Head: desk.Head{ID: "night"}, Closed: desk.Closure{At: noon, By: "sam"}, Texts: []desk.Text{{On: desk.TextClosed, Text: "closed"}}})
		data, err := json.Marshal(hint)
		require.NoError(t, err)
		require.NoError(t, w.queued(t.Context(), bus.Event{Type: hint.Event, Data: data}))
		assert.Empty(t, w.hints)
	}
}
