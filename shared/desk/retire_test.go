package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// closedSales is the tombstone of the queue Lea waits in; support inherits from it.
func closedSales() Queue {
	return Queue{Head: stored("sales", 2), Team: "floor", DeletedAt: nine, Successor: "support", DueAt: after(Patience)}
}

func support() Queue { return Queue{Head: stored("support", 1), Team: "helpers"} }

func TestRetireAsset(t *testing.T) {
	ch, err := RetireAsset(number(), nine)
	require.NoError(t, err)
	want := number()
	want.DeletedAt, want.DueAt = nine, after(10*time.Second)
	assert.Equal(t, []Record{&want}, ch.Save)
	hint := []Hint{{Event: HintAssetDue, Asset: "whatsapp:111"}}
	assert.Equal(t, hint, ch.Hints)

	again, err := RetireAsset(want, after(time.Second))
	storesNothing(t, again, err)
	assert.Equal(t, hint, again.Hints)

	want.DueAt = time.Time{}
	again, err = RetireAsset(want, after(time.Hour))
	storesNothing(t, again, err)
	assert.Empty(t, again.Hints, "there is nothing left to do")
}

func TestAnAssetIsLookedAtUntilNobodyCanKnowItFromBefore(t *testing.T) {
	const lingers = 25 * time.Second
	for _, c := range []struct {
		name  string
		owed  bool
		began time.Duration
		last  bool
	}{
		{"the first look", true, 0, false},
		{"the last tick in which somebody may know it from before", true, lingers - tick, false},
		{"the last look", true, lingers, true},
		{"a first look that comes late enough to be the last", true, time.Hour, true},
		{"from an earlier deletion", true, -time.Hour, false},
		{"when all was done, or it came back", false, time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, q := removed(), closedSales()
			a.DueAt, q.DueAt = time.Time{}, time.Time{}
			wantAsset, wantQueue := a, q
			if c.owed {
				a.DueAt, q.DueAt = after(Patience), after(Patience)
			}
			ofAsset, err := AssetRetired(a, after(c.began), lingers)
			require.NoError(t, err)
			ofQueue, err := QueueRetired(q, after(c.began), lingers)
			require.NoError(t, err)
			assert.Empty(t, append(ofAsset.Hints, ofQueue.Hints...))
			if !c.last {
				assert.Empty(t, append(ofAsset.Save, ofQueue.Save...))
				return
			}
			assert.Equal(t, []Record{&wantAsset}, ofAsset.Save)
			assert.Equal(t, []Record{&wantQueue}, ofQueue.Save)
		})
	}
}

func TestRetireQueue(t *testing.T) {
	sales := Queue{Head: stored("sales", 1), Team: "floor"}
	dead := closedSales()
	done := closedSales()
	done.DueAt = time.Time{}
	hint := []Hint{{Event: HintQueueDue, Queue: "sales"}}
	for _, c := range []struct {
		name  string
		q, to Queue
		want  string
		hints []Hint
	}{
		{"with a successor", sales, support(), "stores", hint},
		{"without", sales, Queue{}, "stores", hint},
		{"again", dead, support(), "stores nothing", hint},
		{"again, when all is done", done, support(), "stores nothing", nil},
		{"again, for another", dead, Queue{Head: stored("tech", 1)}, "conflict queue_deleted", nil},
		{"again, for nobody", dead, Queue{}, "conflict queue_deleted", nil},
		{"to itself", sales, sales, "invalid successor_same", nil},
		{"to one that is not there", sales, Queue{Head: Head{ID: "tech"}}, "invalid successor_unknown", nil},
		{"to one that is deleted", support(), dead, "invalid successor_unknown", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := RetireQueue(c.q, c.to, after(time.Minute))
			assert.Equal(t, c.want, outcome(ch, err))
			assert.Equal(t, c.hints, ch.Hints)
		})
	}

	ch, err := RetireQueue(sales, support(), nine)
	require.NoError(t, err)
	dead.Version = 1
	assert.Equal(t, []Record{&dead}, ch.Save)
	ch, err = RetireQueue(sales, Queue{}, nine)
	require.NoError(t, err)
	alone := sales
	alone.DeletedAt, alone.DueAt = nine, after(10*time.Second)
	assert.Equal(t, []Record{&alone}, ch.Save, "who asks it for a second agent is owed an answer")
	again, err := RetireQueue(alone, Queue{}, after(time.Hour))
	storesNothing(t, again, err)
	assert.Equal(t, hint, again.Hints)
}

func TestWhoServesADeletedQueue(t *testing.T) {
	alone := closedSales()
	alone.Successor = ""
	for _, c := range []struct {
		name   string
		q      Queue
		served bool
	}{
		{"one that is there", support(), true},
		{"one with a successor", closedSales(), false},
		{"one without", alone, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.served, c.q.Served())
			serves := Agent{Teams: []string{c.q.Team}}.assigned(served([]Queue{c.q})).Serves
			if !c.served {
				assert.Empty(t, serves)
				return
			}
			assert.Contains(t, serves, Token(c.q.ID, WhatsApp), "whoever still gets there is not lost")
		})
	}
}

func TestInheritKeepsThePlaceInTime(t *testing.T) {
	was := queued()
	was.Rank, was.Passed = after(-7*24*time.Hour).UnixMicro(), []string{"bea"}
	ch, err := Inherit(was, closedSales(), support(), after(time.Hour))
	require.NoError(t, err)
	want := was
	want.Queue, want.Wants, want.QueueSince, want.ProfileSince = "support", "support|whatsapp|any", after(time.Hour), after(time.Hour)
	want.History = History{Last: 1, Entries: []Entry{{Seq: 1, At: after(time.Hour), Event: "moved", Detail: "support"}}}
	want.Ledger = []string{"support|2026-03-02T10"}
	assert.Equal(t, want, *ch.Interaction)
	assert.Equal(t, []Record{&want}, ch.Save)
	hint := []Hint{{Event: HintInteractionQueued, Interaction: "talk", Token: "support|whatsapp|any"}}
	assert.Equal(t, hint, ch.Hints)

	again, err := Inherit(*ch.Interaction, closedSales(), support(), after(2*time.Hour))
	storesNothing(t, again, err)
	assert.Equal(t, hint, again.Hints)
}

func TestInheritWhileItRings(t *testing.T) {
	s := hourOld(t).by(func(s scene) (Change, error) { return Inherit(s.talk, closedSales(), support(), after(time.Minute)) })
	assert.Equal(t, InteractionOffered, s.talk.State)
	assert.Equal(t, "offer", s.talk.Offer)
	assert.Empty(t, s.talk.Wants)

	taken := s.then(AcceptOffer)
	assert.Equal(t, "support", taken.talk.Queue)
	assert.Equal(t, InteractionActive, taken.talk.State)

	back := s.then(DeclineOffer)
	assert.Equal(t, "support|whatsapp|any", back.talk.Wants, "it waits for the successor's team")
	assert.Equal(t, nine, back.talk.WaitingSince)
}

func TestInheritLeavesAlone(t *testing.T) {
	from, heir := closedSales(), support()
	back, alone, gone := from, from, support()
	back.DeletedAt, back.Successor = time.Time{}, ""
	alone.Successor = ""
	gone.DeletedAt, gone.Successor = nine, "tech"
	elsewhere, none := queued(), queued()
	elsewhere.Queue, none.Version = "tech", 0
	for _, c := range []struct {
		name       string
		i          Interaction
		from, heir Queue
	}{
		{"what is in another queue", elsewhere, from, heir},
		{"what is not there", none, from, heir},
		{"when the queue is back", queued(), back, heir},
		{"when it has no successor", queued(), alone, alone},
		{"for a successor that is not there", queued(), from, Queue{Head: Head{ID: "support"}}},
		{"for one that was deleted too", queued(), from, gone},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, err := Inherit(c.i, c.from, c.heir, nine)
			storesNothing(t, ch, err)
			assert.Equal(t, c.i, *ch.Interaction)
		})
	}

	alone.ID = "support"
	ch, err := Inherit(queued(), from, alone, nine)
	require.NoError(t, err)
	assert.Equal(t, "support", ch.Interaction.Queue, "one deleted without a successor is served still")
}
