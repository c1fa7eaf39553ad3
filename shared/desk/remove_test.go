package desk

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chain is a centre in which everything uses something.
func chain() (Centre, Setup) {
	s := Setup{
		Clients:  []Client{{Head: stored("acme", 1)}, {Head: stored("luna", 1)}},
		Projects: []Project{{Head: stored("care", 1), Name: "Care", Client: "acme"}, {Head: stored("trips", 1), Client: "luna"}},
		Teams:    []Team{{Head: stored("red", 1)}, {Head: stored("blue", 1)}},
		Queues: []Queue{{Head: stored("sales", 2), Name: "Sales", Project: "care", Team: "red"},
			{Head: stored("help", 1), Project: "trips", Team: "blue"},
			{Head: stored("old", 3), Project: "care", Team: "red", DeletedAt: nine}},
		Reasons: []Reason{{Head: stored("sold", 1), Queue: "sales", Order: 1}, {Head: stored("transfer", 1), Queue: "sales", Order: 2},
			{Head: stored("transfer", 1), Queue: "help", Order: 1}},
		Assets: []Asset{{Head: stored("whatsapp:1", 1), Name: "One", Queue: "sales", Rules: []EntryRule{{On: EntryRef, Value: "x", Queue: "help"}}},
			{Head: stored("whatsapp:2", 1), Name: "Two", Queue: "help", Rules: []EntryRule{{On: EntryRef, Value: "x", Queue: "sales"}, {On: EntryRef, Value: "y", Queue: "help"}}},
			{Head: stored("whatsapp:3", 2), Queue: "sales", DeletedAt: nine}},
	}
	s.Agents = []Agent{Agent{Head: stored("ana", 9), Name: "Ana", Teams: []string{"red", "blue"}}.assigned(served(s.Queues))}
	return Centre{Head: stored(CentreID, 4), History: History{Last: 4}}, s
}

func TestWhoUsesWhat(t *testing.T) {
	c, have := chain()
	tests := []struct {
		what Removal
		live []Interaction
		want []User
	}{
		{Removal{Kind: KindClient, ID: "acme"}, nil, []User{{KindProject, "care", "Care"}}},
		{Removal{Kind: KindProject, ID: "care"}, nil, []User{{KindQueue, "sales", "Sales"}}},
		{Removal{Kind: KindTeam, ID: "red"}, nil, []User{{KindQueue, "sales", "Sales"}, {KindAgent, "ana", "Ana"}}},
		{Removal{Kind: KindQueue, ID: "sales"}, nil, []User{{KindAsset, "whatsapp:1", "One"}, {KindAsset, "whatsapp:2", "Two"}}},
		{Removal{Kind: KindQueue, ID: "sales"}, []Interaction{queued()}, []User{
			{KindAsset, "whatsapp:1", "One"}, {KindAsset, "whatsapp:2", "Two"}, {KindInteraction, "talk", ""}}},
	}
	for _, tt := range tests {
		_, err := Remove(c, have, tt.what, tt.live, "ada", nine)
		var used *InUse
		require.ErrorAs(t, err, &used)
		assert.Equal(t, tt.want, used.Users)
		assert.Equal(t, "conflict in_use", outcome(Change{}, err))
	}
}

// A queue that serves an asset besides its own serves one less, and is nobody's hindrance.
func TestADeletedAssetIsServedByNobody(t *testing.T) {
	c, have := chain()
	have.Queues[0].Assets = []string{"whatsapp:1", "whatsapp:2"}
	have.Queues[1].Assets = []string{"whatsapp:1"}
	out, err := Remove(c, have, Removal{Kind: KindAsset, ID: "whatsapp:1"}, nil, "ada", nine)
	require.NoError(t, err)
	left := map[string][]string{}
	for _, r := range out.Save {
		if q, ok := r.(*Queue); ok {
			left[q.ID] = q.Assets
		}
	}
	assert.Equal(t, map[string][]string{"sales": {"whatsapp:2"}, "help": nil}, left)
	assert.Empty(t, out.Moved)
	assert.Equal(t, []string{"whatsapp:1", "whatsapp:2"}, have.Queues[0].Assets, "what it was given stays as it was")
}

func TestWhatCannotBeRemoved(t *testing.T) {
	c, have := chain()
	for want, what := range map[string]Removal{
		"missing client_missing":    {Kind: KindClient, ID: "nobody"},
		"missing queue_missing":     {Kind: KindQueue, ID: "old"},
		"missing asset_missing":     {Kind: KindAsset, ID: "whatsapp:3"},
		"missing reason_missing":    {Kind: KindReason, Queue: "help", ID: "sold"},
		"missing agent_missing":     {Kind: KindAgent, ID: "ana"},
		"conflict reason_required":  {Kind: KindReason, Queue: "sales", ID: "transfer"},
		"invalid successor_unknown": {Kind: KindQueue, ID: "sales", Successor: "old"},
	} {
		out, err := Remove(c, have, what, nil, "ada", nine)
		assert.Equal(t, want, outcome(out.Change, err))
	}
}

func TestAQueueIsSucceeded(t *testing.T) {
	c, have := chain()
	before := copied(have)
	out, err := Remove(c, have, Removal{Kind: KindQueue, ID: "sales", Successor: "help"}, []Interaction{queued()}, "ada", nine)
	require.NoError(t, err)
	assert.Equal(t, before, have, "nothing given was altered")
	assert.Equal(t, map[RecordKind]int{KindAsset: 2}, out.Moved)
	assert.Equal(t, []RecordKind{KindQueue, KindAsset, KindAsset, KindCentre}, storedKinds(out.Change))
	one, ok := out.Save[1].(*Asset)
	require.True(t, ok)
	assert.Equal(t, "help", one.Queue)
	two, ok := out.Save[2].(*Asset)
	require.True(t, ok)
	assert.Equal(t, []EntryRule{{On: EntryRef, Value: "x", Queue: "help"}, {On: EntryRef, Value: "y", Queue: "help"}}, two.Rules)
	assert.Equal(t, "deleted ada queue sales to help", entryOf(out.Centre.History))
	var dropped []string
	for _, rec := range out.Drop {
		dropped = append(dropped, rec.Base().ID)
	}
	assert.Equal(t, []string{"sold", "transfer"}, dropped)
	assert.Contains(t, out.Hints, Hint{Event: HintQueueDue, Queue: "sales"})
}

func entryOf(h History) string {
	e := h.Entries[len(h.Entries)-1]
	return e.Event + " " + e.By + " " + e.Detail
}

func TestATeamIsSucceeded(t *testing.T) {
	c, have := chain()
	out, err := Remove(c, have, Removal{Kind: KindTeam, ID: "red", Successor: "blue"}, nil, "ada", nine)
	require.NoError(t, err)
	assert.Equal(t, map[RecordKind]int{KindQueue: 1, KindAgent: 1}, out.Moved)
	a, ok := out.Save[2].(*Agent) // behind the queue and the tombstone
	require.True(t, ok)
	assert.Equal(t, []string{"blue"}, a.Teams)
	assert.EqualValues(t, 10, a.SetupVersion)
	require.Len(t, out.Drop, 1)
	assert.Equal(t, KindTeam, out.Drop[0].Record())
}

func TestWhatNobodyUsesGoesWithoutASuccessor(t *testing.T) {
	c, have := chain()
	have.Assets = nil
	out, err := Remove(c, have, Removal{Kind: KindQueue, ID: "sales"}, nil, "ada", nine)
	require.NoError(t, err)
	assert.Empty(t, out.Drop, "its reasons stay for whoever still gets there")
	assert.Empty(t, out.Moved)
	assert.Equal(t, "deleted ada queue sales", entryOf(out.Centre.History))
	out, err = Remove(c, have, Removal{Kind: KindReason, Queue: "sales", ID: "sold"}, nil, "ada", nine)
	require.NoError(t, err)
	assert.Equal(t, "deleted ada reason sales/sold", entryOf(out.Centre.History))
	require.Len(t, out.Drop, 1)
}

func TestAReasonThatItsQueueNamesIsSucceeded(t *testing.T) {
	c, have := chain()
	for n := range have.Queues {
		have.Queues[n].WrapUpReason = "sold" // "help" has another of that ID
	}
	what := Removal{Kind: KindReason, Queue: "sales", ID: "sold"}
	_, err := Remove(c, have, what, nil, "ada", nine)
	var used *InUse
	require.ErrorAs(t, err, &used)
	assert.Equal(t, []User{{Kind: KindQueue, ID: "sales", Name: have.Queues[0].Name}}, used.Users)

	what.Successor = "nothing"
	out, err := Remove(c, have, what, nil, "ada", nine)
	assert.Equal(t, "invalid successor_unknown", outcome(out.Change, err))

	what.Successor = "transfer"
	out, err = Remove(c, have, what, nil, "ada", nine)
	require.NoError(t, err)
	assert.Equal(t, map[RecordKind]int{KindQueue: 1}, out.Moved)
	q, ok := out.Save[0].(*Queue)
	require.True(t, ok)
	assert.Equal(t, []string{"sales", "transfer"}, []string{q.ID, q.WrapUpReason})
	require.Len(t, out.Drop, 1)
	assert.Equal(t, "sold", out.Drop[0].Base().ID)
}

func TestTheLiveConfigurationHasNoTombstones(t *testing.T) {
	_, have := chain()
	before := copied(have)
	live := have.Live()
	assert.Len(t, live.Queues, 2)
	assert.Len(t, live.Assets, 2)
	assert.Equal(t, before, have)
}

// A queue that was deleted while nobody was in it is still served, for whoever gets there last. When its team goes too, the
// successor serves it.
func TestADeletedQueueGoesToItsTeamsSuccessor(t *testing.T) {
	c, have := chain()
	out, err := Remove(c, have, Removal{Kind: KindTeam, ID: "red", Successor: "blue"}, nil, "ada", nine)
	require.NoError(t, err)
	teams := map[string]string{}
	for _, rec := range out.Save {
		switch rec := rec.(type) {
		case *Queue:
			teams[rec.ID] = rec.Team
		case *Agent:
			assert.Contains(t, rec.Serves, Token("old", WhatsApp))
		}
	}
	assert.Equal(t, map[string]string{"sales": "blue", "old": "blue"}, teams)
	assert.Equal(t, map[RecordKind]int{KindQueue: 1, KindAgent: 1}, out.Moved, "what is gone is not counted")
}
