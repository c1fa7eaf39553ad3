package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/desk"
)

// grown is the small centre with everybody at work, as stored, and a queue more for team red: Ana and Bob are behind.
func grown(t *testing.T) (desk.Setup, desk.Imported) {
	t.Helper()
	have := kept(desk.Setup{}, importing(desk.Setup{}, small()))
	for n := range have.Agents {
		have.Agents[n] = working(have.Agents[n])
	}
	in := importing(have, desk.Setup{Queues: []desk.Queue{{Head: desk.Head{ID: "new"}, Name: "New", Project: "care", Team: "red"}}})
	have = kept(have, in)
	require.Equal(t, []string{"ana", "bob"}, in.Centre.Services(have.Queues).Behind(have.Agents))
	return have, in
}

func TestAgentsOfATeamWithANewQueueAreLeftBehind(t *testing.T) {
	have, in := grown(t)
	assert.Equal(t, map[desk.RecordKind]int{desk.KindQueue: 1, desk.KindReason: 1}, in.Created)
	assert.Equal(t, map[desk.RecordKind]int{desk.KindAgent: 2}, in.Changed)
	assert.Empty(t, in.Unchanged)
	assert.Nil(t, savedOf[desk.Agent](in, "ana"))
	assert.Nil(t, savedOf[desk.Agent](in, "bob"))
	assert.Empty(t, in.Hints, "he who is behind takes nothing new yet")
	assert.Equal(t, imported.Add(10*time.Second), savedOf[desk.Centre](in, "centre").Due())
	assert.Equal(t, "created 2 changed 2", in.Centre.History.Entries[0].Detail)

	want := *agentOf(have, "ana")
	want.Serves = both("new", "sales")
	want.Takes = want.Serves
	assert.Equal(t, want, in.Behind[0], "so he will be stored")
	assert.Len(t, in.Behind, 2)
}

func TestAnAgentTheFileNamesIsStoredWithItOnlyIfItSaysSomethingNew(t *testing.T) {
	have := kept(desk.Setup{}, importing(desk.Setup{}, small()))
	file := small()
	file.Queues[1].Team = "red"
	file.Agents[1].Capacity = 9
	in := importing(have, file)
	assert.Equal(t, 2, in.Changed[desk.KindAgent])
	assert.Equal(t, 1, in.Unchanged[desk.KindAgent], "the administrator serves nothing")
	assert.Nil(t, savedOf[desk.Agent](in, "ana"))
	require.Len(t, in.Behind, 1)
	assert.Equal(t, "ana", in.Behind[0].ID)
	assert.Equal(t, both("help", "sales"), in.Behind[0].Serves)

	file.Agents[1].Teams = []string{"red"}
	bob := savedOf[desk.Agent](importing(have, file), "bob")
	require.NotNil(t, bob)
	assert.Equal(t, 9, bob.Capacity)
	assert.Equal(t, both("help", "sales"), bob.Serves, "what he serves comes with it")
}

func TestAnImportThatLeavesNobodyBehindOwesNothing(t *testing.T) {
	have := kept(desk.Setup{}, importing(desk.Setup{}, small()))
	file := desk.Setup{Agents: small().Agents[:1]}
	file.Agents[0].Teams = []string{"blue"}
	in := importing(have, file)
	assert.Empty(t, in.Behind)
	assert.Zero(t, savedOf[desk.Centre](in, "centre").Due())
}

func TestARepeatFindsWhoIsStillBehind(t *testing.T) {
	have, first := grown(t)
	file := desk.Setup{Queues: have.Queues[2:], Agents: small().Agents[:1]}
	again := desk.Import(*first.Centre, have, file, "ada", imported.Add(time.Hour))
	assert.Empty(t, again.Save)
	assert.Len(t, again.Behind, 2)
	assert.Equal(t, map[desk.RecordKind]int{desk.KindAgent: 2}, again.Changed)
	assert.Equal(t, map[desk.RecordKind]int{desk.KindQueue: 1, desk.KindReason: 1}, again.Unchanged)
	assert.Equal(t, imported.Add(10*time.Second), again.Centre.DueAt, "owed since the first time")
}

// A later product may know a channel more; then agents are behind a configuration that stays as it is.
func TestAgentsBehindAreOwedEvenIfTheFileChangesNothingElse(t *testing.T) {
	have, _ := grown(t)
	in := importing(have, desk.Setup{Clients: small().Clients})
	require.Len(t, in.Save, 1)
	assert.Equal(t, imported.Add(10*time.Second), savedOf[desk.Centre](in, "centre").Due())
	assert.Len(t, in.Behind, 2)
}

func TestAlign(t *testing.T) {
	have, in := grown(t)
	services := in.Centre.Services(have.Queues)
	hint := []desk.Hint{{Event: "agent.freed", Agent: "ana", Takes: taken("new", "sales")}}

	was := *agentOf(have, "ana")
	ch := desk.Align(was, *in.Centre, services)
	want := was
	want.Serves = both("new", "sales")
	want.Takes = want.Serves
	assert.Equal(t, []desk.Record{&want}, ch.Save, "his work survives")
	assert.Equal(t, hint, ch.Hints)
	assert.Equal(t, both("sales"), was.Serves)

	again := desk.Align(*ch.Agent, *in.Centre, services)
	assert.Empty(t, again.Save)
	assert.Equal(t, hint, again.Hints)

	full := was
	full.Seats = []string{"one", "two"}
	ch = desk.Align(full.Settle(), *in.Centre, services)
	assert.Equal(t, want.Serves, ch.Agent.Serves)
	assert.Len(t, ch.Save, 1)
	assert.Empty(t, ch.Agent.Takes)
	assert.Empty(t, ch.Hints, "he can take nothing")

	later := *in.Centre
	later.Version++
	ch = desk.Align(was, later, services)
	assert.Empty(t, ch.Save, "somebody else finished")
	assert.Empty(t, ch.Hints)
}

func TestAligned(t *testing.T) {
	have, in := grown(t)
	services := in.Centre.Services(have.Queues)
	want := *in.Centre
	want.DueAt = time.Time{}
	assert.Equal(t, desk.Change{Save: []desk.Record{&want}}, desk.Aligned(*in.Centre, services))
	assert.NotZero(t, in.Centre.DueAt)

	assert.Empty(t, desk.Aligned(want, services), "noted before")
	later := *in.Centre
	later.Version++
	assert.Empty(t, desk.Aligned(later, services), "it is another import's work")
}
