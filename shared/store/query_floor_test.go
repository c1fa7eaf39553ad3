package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/shared/desk"
)

func inState(id, queue string, s desk.InteractionState, opened int) *desk.Interaction {
	i := &desk.Interaction{Head: desk.Head{ID: id}, Queue: queue, State: s, OpenedAt: at(opened)}
	if s == desk.InteractionQueued || s == desk.InteractionOffered {
		i.WaitingSince = at(opened + 100)
	}
	return i
}

func TestHowAQueueStands(t *testing.T) {
	var reads atomic.Int64
	srv := serve(t, firestore.Options{Observe: func(_ context.Context, op firestore.Op) {
		if op.Kind == firestore.Read {
			reads.Add(int64(op.Count))
		}
	}})
	s := connect(t, srv, time.Now)
	put(t, s, inState("a", "sales", desk.InteractionQueued, 3), inState("b", "sales", desk.InteractionQueued, 2),
		inState("c", "sales", desk.InteractionOffered, 1), inState("d", "sales", desk.InteractionActive, 0),
		inState("e", "sales", desk.InteractionWrapUp, 0), inState("f", "sales", desk.InteractionClosed, 0),
		inState("g", "help", desk.InteractionQueued, 0))
	before := reads.Load()
	got, err := s.Reader().QueueStand(t.Context(), "sales")
	require.NoError(t, err)
	assert.Equal(t, QueueStand{Queued: 2, Offered: 1, Active: 1, WrapUp: 1, WaitingSince: at(101)}, got)
	assert.Equal(t, int64(5), reads.Load()-before)
	got, err = s.Reader().QueueStand(t.Context(), "nobody's")
	require.NoError(t, err)
	assert.Equal(t, QueueStand{}, got)
}

func TestHowATeamStands(t *testing.T) {
	s := open(t)
	in := func(id string, state desk.AgentState, teams ...string) *desk.Agent {
		return &desk.Agent{Head: desk.Head{ID: id}, Teams: teams, State: state}
	}
	put(t, s, in("ana", desk.AgentAvailable, "a", "b"), in("bob", desk.AgentAvailable, "a"), in("cleo", desk.AgentRONA, "a"),
		in("dan", desk.AgentOffline, "b"), in("eva", desk.AgentIdle))
	got, err := s.Reader().TeamStand(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, TeamStand{Available: 2, RONA: 1}, got)

	for _, c := range []struct {
		teams []string
		state desk.AgentState
		after string
		want  []string
	}{
		{nil, "", "", []string{}},
		{[]string{"a"}, "", "", []string{"ana", "bob", "cleo"}},
		{[]string{"a", "b"}, "", "", []string{"ana", "bob", "cleo", "dan"}},
		{[]string{"a", "b"}, "", "bob", []string{"cleo", "dan"}},
		{[]string{"a", "b"}, desk.AgentAvailable, "", []string{"ana", "bob"}},
	} {
		found, err := s.Reader().AgentsIn(t.Context(), c.teams, c.state, 10, c.after)
		require.NoError(t, err)
		assert.Equal(t, c.want, ids(found), "%+v", c)
	}
	found, err := s.Reader().Agents(t.Context(), desk.AgentIdle, 10, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"eva"}, ids(found))
	found, err = s.Reader().Agents(t.Context(), "", 2, "bob")
	require.NoError(t, err)
	assert.Equal(t, []string{"cleo", "dan"}, ids(found))
}

func TestSupervised(t *testing.T) {
	s := open(t)
	var queues []string
	for n := range 20 { // more than one query goes over
		queues = append(queues, number("q", n))
		put(t, s, inState(number("i", n), number("q", n), desk.InteractionActive, 100-n))
	}
	put(t, s, inState("waits", number("q", 0), desk.InteractionQueued, 0), inState("closed", number("q", 0), desk.InteractionClosed, 1),
		inState("theirs", "another", desk.InteractionActive, 2))
	found, err := s.Reader().Supervised(t.Context(), queues, inQueue, 3, Spot{})
	require.NoError(t, err)
	assert.Equal(t, []string{"waits", number("i", 19), number("i", 18)}, ids(found))
	found, err = s.Reader().Supervised(t.Context(), queues, inQueue, 2, Spot{At: at(81), ID: number("i", 19)})
	require.NoError(t, err)
	assert.Equal(t, []string{number("i", 18), number("i", 17)}, ids(found))
	found, err = s.Reader().Supervised(t.Context(), []string{number("q", 0)}, []desk.InteractionState{desk.InteractionClosed}, 2, Spot{})
	require.NoError(t, err)
	assert.Equal(t, []string{"closed"}, ids(found))
	found, err = s.Reader().Supervised(t.Context(), nil, inQueue, 2, Spot{})
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestHeldReadsEverythingAtOneInstant(t *testing.T) {
	s := open(t)
	put(t, s, &desk.Interaction{Head: desk.Head{ID: "i"}, State: desk.InteractionActive, Owner: "ana",
		Second: desk.Second{State: desk.SecondJoined, Agent: "bob"}},
		&desk.Agent{Head: desk.Head{ID: "ana"}}, &desk.Agent{Head: desk.Head{ID: "bob"}}, &desk.Agent{Head: desk.Head{ID: "cleo"}})
	to := desk.Agent{Head: desk.Head{ID: "cleo"}}
	x, sitting, err := s.Reader().Held(t.Context(), "i", &to)
	require.NoError(t, err)
	assert.Equal(t, []string{"ana", "bob"}, ids(sitting))
	assert.Equal(t, []int64{1, 1, 1, 1}, []int64{x.Interaction.Version, sitting[0].Version, sitting[1].Version, to.Version})
	_, sitting, err = s.Reader().Held(t.Context(), "i", &desk.Agent{Head: desk.Head{ID: "ana"}})
	require.NoError(t, err, "one of them may be named twice")
	assert.Equal(t, int64(1), sitting[0].Version)
	_, _, err = s.Reader().Held(t.Context(), "nobody's")
	assert.Error(t, err)
}

func TestMovesOfALongHistory(t *testing.T) {
	s := open(t)
	i := desk.Interaction{Head: desk.Head{ID: "i"}}
	var recs []desk.Record
	for n := range 3 {
		p := &desk.HistoryPage{Of: "i", First: int64(1 + 50*n)}
		p.ID = "i:" + []string{"1", "51", "101"}[n]
		for m := range 50 {
			p.Entries = append(p.Entries, desk.Entry{Seq: int64(50*n + m + 1), At: noon, Event: "opened"})
		}
		if n == 2 {
			i.History = desk.History{Entries: p.Entries, Last: 150}
			break
		}
		recs = append(recs, p)
	}
	put(t, s, recs...)
	all, err := s.Reader().Moves(t.Context(), i)
	require.NoError(t, err)
	require.Len(t, all, 150)
	for n, e := range all {
		assert.Equal(t, int64(n+1), e.Seq)
	}
}
