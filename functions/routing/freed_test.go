package routing

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// freed is the hint that the first agent was freed, and took the tokens then.
func freed(takes string) bus.Event {
	return bus.Event{Data: []byte(`{"Event":"agent.freed","Agent":"agent-0000","Takes":"` + takes + `"}`)}
}

const help = "help|whatsapp|any"

// helps puts the queue there is besides, an agent who serves both, and who waits for either.
func (f *room) helps() {
	a, other := free(0), waits(1)
	a.Serves = []string{sales, help}
	*a = a.Settle()
	other.Queue, other.Wants = "help", help
	f.put(&desk.Queue{Head: desk.Head{ID: "help"}, OfferTimeout: 20 * time.Second}, a, waits(0), other)
}

// What an agent can take besides is looked at although one pass fails.
func TestAFreedAgentIsOfferedWhatCanBeClaimed(t *testing.T) {
	f := open(t)
	f.helps()
	f.spoil(interactionID(0))
	assert.Error(t, f.freed(t.Context(), freed("")))
	assert.Equal(t, map[string]string{"i-0001": "agent-0000"}, f.offered())
}

// Mostly nobody waits, and then the query for it is all there is to do.
func TestAFreedAgentForWhomNobodyWaits(t *testing.T) {
	f := open(t)
	f.put(free(0))
	f.limits = nil
	require.NoError(t, f.freed(t.Context(), freed(sales+"/"+help)))
	assert.Equal(t, []int32{headsMax}, f.limits)
	assert.Zero(t, f.gets.Load())
	require.NoError(t, f.freed(t.Context(), freed("")))
	assert.Equal(t, []int32{headsMax, headsMax}, f.limits)
	assert.Equal(t, int64(1), f.gets.Load(), "a hint that does not say what he takes")
}

// The hint is late: the queue that he served then has gone to others. That he serves another since is another hint.
func TestAHintSaysOnlyWhereToLook(t *testing.T) {
	f := open(t)
	f.helps()
	changes(f, free(0), func(a *desk.Agent) { a.Serves = []string{help}; *a = a.Settle() })
	require.NoError(t, f.freed(t.Context(), freed(sales)))
	assert.Empty(t, f.offered())
	require.NoError(t, f.freed(t.Context(), freed(help)))
	assert.Equal(t, map[string]string{"i-0001": "agent-0000"}, f.offered())
}

// Five wait for sales, as many as there are others to take them, and behind them one for whom only the freed agent is left.
func TestBehindThoseLookedAtFirst(t *testing.T) {
	f := open(t)
	f.fills(6, 5)
	changes(f, free(0), func(a *desk.Agent) {
		a.Serves, a.FreeSince = []string{sales, help}, a.FreeSince.Add(time.Hour)
		*a = a.Settle()
	})
	last := waits(5)
	last.Queue, last.Wants = "help", help
	f.put(&desk.Queue{Head: desk.Head{ID: "help"}, OfferTimeout: 20 * time.Second}, last)
	require.NoError(t, f.freed(t.Context(), freed(sales+"/"+help)))
	assert.Equal(t, map[string]string{"i-0000": "agent-0001", "i-0001": "agent-0002", "i-0002": "agent-0003",
		"i-0003": "agent-0004", "i-0004": "agent-0005", "i-0005": "agent-0000"}, f.offered())
}

func TestAFreedAgentWhoIsTakenByNow(t *testing.T) {
	f := open(t)
	f.helps()
	changes(f, free(0), func(a *desk.Agent) { a.State = desk.AgentIdle; *a = a.Settle() })
	require.NoError(t, f.freed(t.Context(), freed(sales+"/"+help)))
	assert.Empty(t, f.offered())
}

func TestAFreedAgentWhoIsGone(t *testing.T) {
	f := open(t)
	f.put(waits(0))
	require.NoError(t, f.freed(t.Context(), freed(sales)))
	err := f.freed(t.Context(), freed(""))
	assert.True(t, fault.HasCode(err, "agent_missing"), "%v", err)
	assert.Error(t, f.freed(t.Context(), bus.Event{Data: []byte(`{"Agent":1}`)}))
}

// Whether agents are left tells whether it is worth looking for who else waits.
func TestAPassSaysWhetherAgentsAreLeft(t *testing.T) {
	for name, c := range map[string]struct {
		agents, waiting int
		want            bool
	}{
		"nobody": {0, 0, false}, "only agents": {1, 0, true}, "nobody free": {0, 1, false}, "one each": {1, 1, false},
		"more agents": {2, 1, true}, "more wait": {2, 3, false}, "a page of both": {4, 4, false}, "a page and one": {5, 4, true},
		"a page of agents": {4, 9, false}, "many": {20, 20, false}, "many, and one agent more": {21, 20, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			f.fills(c.agents, c.waiting)
			left, err := f.handlers.pass(t.Context(), sales)
			require.NoError(t, err)
			assert.Equal(t, c.want, left)
		})
	}
	f := open(t)
	f.fills(1, 1)
	f.spoil(interactionID(0))
	left, err := f.handlers.pass(t.Context(), sales)
	assert.Error(t, err)
	assert.True(t, left, "who cannot be claimed leaves his agent free")
}

// More wait for one queue than there are agents: nobody looks for who waits behind them.
func TestWhenNobodyIsLeftNobodyLooksFurther(t *testing.T) {
	f := open(t)
	f.fills(1, 6)
	f.limits = nil
	require.NoError(t, f.freed(t.Context(), freed(sales+"/"+help)))
	assert.Equal(t, []int32{headsMax, pageMin, pageMin}, f.limits)
	assert.Equal(t, int64(1), f.gets.Load(), "the queue's configuration")
	assert.Equal(t, map[string]string{"i-0000": "agent-0000"}, f.offered())
}

// event is a hint as the bus brings it.
func event(t *testing.T, h desk.Hint) bus.Event {
	t.Helper()
	data, err := json.Marshal(h)
	require.NoError(t, err)
	return bus.Event{Type: h.Event, Data: data}
}
