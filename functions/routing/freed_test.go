package routing

import (
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

// The hint is late: he serves a queue more by now, and one that he served has gone to others.
func TestAHintSaysOnlyWhereToLook(t *testing.T) {
	f := open(t)
	f.helps()
	changes(f, free(0), func(a *desk.Agent) { a.Serves = []string{help}; *a = a.Settle() })
	require.NoError(t, f.freed(t.Context(), freed(sales)))
	assert.Equal(t, map[string]string{"i-0001": "agent-0000"}, f.offered(), "what he takes now is looked at as soon as somebody waits")
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
	for _, takes := range []string{"", sales} {
		err := f.freed(t.Context(), freed(takes))
		assert.True(t, fault.HasCode(err, "agent_missing"), "%v", err)
	}
	assert.Error(t, f.freed(t.Context(), bus.Event{Data: []byte(`{"Agent":1}`)}))
}
