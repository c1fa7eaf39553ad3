package routing

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// once runs change before the first commit that writes an offer.
func (f *room) once(change func()) {
	var done atomic.Bool
	before := func(req *pb.CommitRequest) error {
		if strings.Contains(req.String(), "/offers/") && !done.Swap(true) {
			change()
		}
		return nil
	}
	f.before.Store(&before)
}

// changes saves a record that somebody else changed.
func changes[P desk.Record](f *room, rec P, change func(P)) {
	r := f.Store.Reader()
	require.NoError(f.t, r.Load(context.Background(), rec))
	change(rec)
	require.NoError(f.t, r.Save(context.Background(), desk.Change{Save: []desk.Record{rec}}))
}

func TestALostRaceIsNoRefusal(t *testing.T) {
	f := open(t)
	f.fills(2, 1)
	f.once(func() {
		changes(f, waits(0), func(i *desk.Interaction) { i.Unread++ })
	})
	f.gets.Store(0)
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Equal(t, int64(1+1+1), f.gets.Load(), "the queue, he who wrote again, and all three once more")
	assert.Equal(t, map[string]string{"i-0000": "agent-0000"}, f.offered(), "he wrote again meanwhile")
	assert.Equal(t, []int32{4, 4}, f.limits, "both are read again by ID")
}

func TestALostAgentIsReplacedInAnotherRound(t *testing.T) {
	f := open(t)
	f.fills(2, 1)
	f.once(func() {
		changes(f, free(0), func(a *desk.Agent) { a.State = desk.AgentIdle; *a = a.Settle() })
	})
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Equal(t, map[string]string{"i-0000": "agent-0001"}, f.offered())
	assert.Equal(t, []int32{4, 4, 4, 4}, f.limits)
}

func TestAnAgentWhoIsGoneIsReplacedInAnotherRound(t *testing.T) {
	f := open(t)
	f.fills(2, 1)
	f.once(func() {
		r, gone := f.Store.Reader(), free(0)
		require.NoError(t, r.Load(t.Context(), gone))
		require.NoError(t, r.Save(t.Context(), desk.Change{Drop: []desk.Record{gone}}))
	})
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Equal(t, map[string]string{"i-0000": "agent-0001"}, f.offered())
}

func TestALostInteractionIsReplacedInAnotherRound(t *testing.T) {
	f := open(t)
	f.fills(1, 2)
	f.once(func() {
		changes(f, waits(0), func(i *desk.Interaction) { i.State, i.Wants = desk.InteractionClosed, "" })
	})
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Equal(t, map[string]string{"i-0001": "agent-0000"}, f.offered())
}

// A claim that reports failure may have been applied: the second reading finds the offer.
func TestAClaimOfUnknownFateIsMadeOnce(t *testing.T) {
	f := open(t)
	f.fills(3, 3)
	f.lies.Store(2)
	require.NoError(t, f.pass(t.Context(), sales))
	assert.Len(t, f.offered(), 3)
}

func TestPassesOfSeveralInstances(t *testing.T) {
	f := open(t)
	f.fills(20, 60)
	other := f.handlers
	other.lanes = newLanes()
	var g sync.WaitGroup
	for _, h := range []handlers{f.handlers, other, f.handlers, other} {
		g.Go(func() { assert.NoError(t, h.lanes.ran(t.Context(), sales, h.pass)) })
	}
	g.Wait()
	assert.Len(t, f.offered(), 20, "every agent rings, and none twice")
}
