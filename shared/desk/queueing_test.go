package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// experts is Sales, whose conversations ask for an expert, after a minute for a junior, and after two more for anybody. After an
// hour they go to Support.
func experts() Queue {
	return Queue{Head: stored("sales", 1), Team: "floor", Overflow: "support", MaxWait: time.Hour, Priority: 2, PriorityBoost: 30 * time.Second,
		Profiles: []SkillProfile{
			{ID: "expert", Skills: []Skill{{"repair", 8}}, RelaxTo: "junior", After: time.Minute},
			{ID: "junior", Skills: []Skill{{"repair", 1}}, RelaxTo: ProfileAny, After: 2 * time.Minute},
		}}
}

// demanding waits in it for an expert.
func demanding(i Interaction) Interaction {
	i.Queue, i.Profile, i.Terms = "sales", "expert", experts().terms("expert")
	if i.State == InteractionQueued {
		i.Wants = i.token()
	}
	return i.timed()
}

// shutSales is Sales after somebody has closed it.
func shutSales(w WhenClosed) Queue {
	q := experts()
	q.WhenClosed, q.Closed = w, Closure{At: nine, By: "sam"}
	q.Texts = []Text{{On: TextClosed, Text: "we are closed"}}
	return q
}

func queueingMoves(now time.Time) map[string]func(scene) (Change, error) {
	twice := func(s scene, rule func(Interaction) (Change, error)) (Change, error) {
		ch, err := rule(s.talk)
		if err != nil {
			return ch, err
		}
		return rule(*ch.Interaction)
	}
	relax := func(i Interaction) (Change, error) { return Relax(i, experts(), after(time.Minute)) }
	divert := func(i Interaction) (Change, error) { return Divert(i, experts(), []Queue{support()}, now) }
	turn := func(i Interaction) (Change, error) { return TurnAway(i, shutSales(""), nil, now) }
	reroute := func(i Interaction) (Change, error) { return Reroute(i, experts(), now) }
	return map[string]func(scene) (Change, error){
		"TurnAway":       func(s scene) (Change, error) { return turn(s.talk) },
		"TurnAway again": func(s scene) (Change, error) { return twice(s, turn) },
		"TurnAway, open": func(s scene) (Change, error) { return TurnAway(s.talk, Queue{Head: stored("sales", 1)}, nil, now) },
		"TurnAway to the overflow": func(s scene) (Change, error) {
			return TurnAway(s.talk, shutSales(WhenClosedOverflow), []Queue{support()}, now)
		},
		"TurnAway for good":    func(s scene) (Change, error) { return TurnAway(s.talk, shutSales(WhenClosedClose), nil, now) },
		"Relax":                func(s scene) (Change, error) { return relax(demanding(s.talk)) },
		"Relax too early":      func(s scene) (Change, error) { return Relax(demanding(s.talk), experts(), after(time.Minute-tick)) },
		"Relax again":          func(s scene) (Change, error) { s.talk = demanding(s.talk); return twice(s, relax) },
		"Divert":               func(s scene) (Change, error) { return divert(demanding(s.talk)) },
		"Divert again":         func(s scene) (Change, error) { s.talk = demanding(s.talk); return twice(s, divert) },
		"Divert, queue closed": func(s scene) (Change, error) { return Divert(s.talk, shutSales(WhenClosedClose), nil, now) },
		"Divert, no need": func(s scene) (Change, error) {
			return Divert(demanding(s.talk), experts(), []Queue{support()}, after(time.Hour-tick))
		},
		"Reroute":       func(s scene) (Change, error) { return reroute(s.talk) },
		"Reroute again": func(s scene) (Change, error) { return twice(s, reroute) },
	}
}

func TestAProfileRelaxesStepByStep(t *testing.T) {
	i := demanding(queued())
	assert.Equal(t, "sales|whatsapp|expert", i.Wants)
	assert.Equal(t, after(time.Minute), i.DueAt)
	assert.Equal(t, Elapsed(""), i.Elapsed(after(time.Minute-tick)))
	assert.Equal(t, ElapsedProfile, i.Elapsed(after(time.Minute)))

	ch, err := Relax(i, experts(), after(63*time.Second)) // the clock was three seconds late
	require.NoError(t, err)
	once := *ch.Interaction
	assert.Equal(t, []string{"sales|whatsapp|junior", "junior", "expert"}, []string{once.Wants, once.Profile, once.Relaxed})
	assert.Equal(t, i.Rank, once.Rank, "she keeps her place")
	assert.Equal(t, after(3*time.Minute), once.DueAt, "its delay is nobody's")
	assert.Equal(t, []Hint{{Event: HintInteractionQueued, Interaction: "talk", Token: "sales|whatsapp|junior"}}, ch.Hints)
	assert.Equal(t, []Entry{{Seq: 1, At: after(63 * time.Second), Event: EventRelaxed, Detail: "expert junior"}}, once.History.Entries)

	ch, err = Relax(once, experts(), after(3*time.Minute))
	require.NoError(t, err)
	twice := *ch.Interaction
	assert.Equal(t, []string{"sales|whatsapp|any", "", "expert"}, []string{twice.Wants, twice.Profile, twice.Relaxed})
	assert.Equal(t, after(time.Hour), twice.DueAt, "that is when it goes elsewhere")
	ch, err = Relax(twice, experts(), after(time.Hour))
	require.NoError(t, err)
	assert.Empty(t, ch.Save)
}

// A wait that begins anew, after an agent was lost, begins anew for the profile too; while an agent is asked nothing relaxes.
func TestAProfileRelaxesWhileItIsWaitedForOnly(t *testing.T) {
	i := demanding(queued())
	i.State, i.Wants = InteractionOffered, ""
	assert.True(t, i.timed().DueAt.IsZero())
	assert.Equal(t, after(time.Minute), i.wait(after(30*time.Second), true).DueAt, "the offer was a part of her wait")
	i.WaitingSince = time.Time{}
	assert.Equal(t, after(11*time.Minute), i.wait(after(10*time.Minute), true).DueAt)
}

// Whoever waits for one agent alone asks for less in the end, too, and goes on waiting for him.
func TestAProfileRelaxesUnderAnExclusiveAgent(t *testing.T) {
	i := waitsForBea(demanding(queued()))
	ch, err := Relax(i, experts(), after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []string{"agent:bea", "junior"}, []string{ch.Interaction.Wants, ch.Interaction.Profile})
	assert.Equal(t, "sales|whatsapp|junior", ch.Interaction.forAll().Wants)
}

func TestAProfileThatIsConfiguredOtherwiseSince(t *testing.T) {
	for _, tt := range []struct {
		name  string
		q     Queue
		wants string
		saves int
	}{
		{"it does not relax any more", Queue{Head: stored("sales", 2), Profiles: []SkillProfile{{ID: "expert"}}}, "sales|whatsapp|expert", 1},
		{"it relaxes to what is no more", Queue{Head: stored("sales", 2), Profiles: []SkillProfile{{ID: "expert", RelaxTo: "gone", After: time.Minute}}},
			"sales|whatsapp|expert", 1},
		{"another queue", support(), "sales|whatsapp|expert", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch, err := Relax(demanding(queued()), tt.q, after(time.Minute))
			require.NoError(t, err)
			assert.Len(t, ch.Save, tt.saves)
			assert.Equal(t, tt.wants, ch.Interaction.Wants)
		})
	}
}

func TestPriorityIsALeadInTime(t *testing.T) {
	i := demanding(queued())
	i.Priority = 4
	assert.Equal(t, nine.UnixMicro()-2*60*1_000_000, i.wait(nine, false).Rank, "four times the queue's half minute")
	assert.Equal(t, nine.UnixMicro()-2*60*1_000_000-7*24*3600*1_000_000, i.wait(nine, true).Rank, "in front is in front")
	i.Terms.Boost = 0
	assert.Equal(t, nine.UnixMicro()-4*60*1_000_000, i.wait(nine, false).Rank, "a minute where it does not say")

	front := i.wait(nine, true)
	raised := front.led(7, front.Terms)
	assert.Equal(t, front.Rank-3*60*1_000_000, raised.Rank, "it counts at once, and who is in front stays there")
	assert.Equal(t, front, raised.led(4, front.Terms))
}

func TestWhereAConversationGoesThatWaitedForTooLong(t *testing.T) {
	i := demanding(queued())
	i.Profile, i.Priority = "", 4
	i.Terms = experts().terms(ProfileAny)
	i = i.wait(nine, false)
	assert.Equal(t, ElapsedWait, i.Elapsed(after(time.Hour)))
	ch, err := Divert(i, experts(), []Queue{support()}, after(time.Hour))
	require.NoError(t, err)
	got := *ch.Interaction
	assert.Equal(t, []string{"support", "support|whatsapp|any"}, []string{got.Queue, got.Wants})
	assert.Equal(t, nine, got.WaitingSince)
	assert.Equal(t, nine.UnixMicro()-4*60*1_000_000, got.Rank, "her place in time, by the terms of Support")
	assert.Equal(t, []string{"sales"}, got.Overflowed)
	assert.Equal(t, []Entry{{Seq: 1, At: after(time.Hour), Event: EventDiverted, Detail: "support max_wait"}}, got.History.Entries)
	assert.Equal(t, []Hint{{Event: HintInteractionQueued, Interaction: "talk", Token: "support|whatsapp|any"}}, ch.Hints)
	assert.True(t, got.DueAt.IsZero())
}

func TestAConversationStaysThatHasNowhereToGo(t *testing.T) {
	gone := closedSales()
	gone.ID = "support"
	been := demanding(queued())
	been.Overflowed = []string{"support"}
	for name, c := range map[string]struct {
		i  Interaction
		to Queue
	}{
		"no such queue":         {demanding(queued()), Queue{Head: Head{ID: "support"}}},
		"a deleted one":         {demanding(queued()), gone},
		"one that it came from": {been, support()},
		"another":               {demanding(queued()), Queue{Head: stored("bookings", 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			ch, err := Divert(c.i, experts(), []Queue{c.to}, after(time.Hour))
			require.NoError(t, err)
			assert.Equal(t, []string{"sales", "sales|whatsapp|expert"}, []string{ch.Interaction.Queue, ch.Interaction.Wants})
			assert.Equal(t, after(time.Minute), ch.Interaction.DueAt, "the clock is done with its wait, not with its profile")
			shut, err := Divert(c.i, shutSales(WhenClosedOverflow), []Queue{c.to}, after(time.Minute))
			require.NoError(t, err)
			assert.Empty(t, shut.Save, "it waits until the queue opens")
		})
	}
}

func TestWhatBecomesOfWhoWaitsInAClosedQueue(t *testing.T) {
	ch, err := Divert(queued(), shutSales(WhenClosedOverflow), []Queue{support()}, after(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "support", ch.Interaction.Queue)
	assert.Equal(t, []Entry{{Seq: 1, At: after(time.Minute), Event: EventDiverted, Detail: "support closed"}}, ch.Interaction.History.Entries)

	ch, err = Divert(queued(), shutSales(""), []Queue{support()}, after(time.Minute))
	require.NoError(t, err)
	assert.Empty(t, ch.Save)

	ch, err = Divert(queued(), shutSales(WhenClosedClose), []Queue{support()}, after(time.Minute))
	require.NoError(t, err)
	i := *ch.Interaction
	assert.Equal(t, []string{"closed", "queue_closed", ""}, []string{string(i.State), i.CloseReason, i.Wants})
	assert.Equal(t, []TextKind{TextClosed}, i.Told)
	require.Len(t, ch.Save, 2)
	m := ch.Save[1].(*Message)
	assert.Equal(t, "we are closed", m.Text)
	assert.EqualValues(t, i.Seq, m.Seq)
	assert.Equal(t, []Hint{{Event: HintMessageQueued, Interaction: "talk"}}, ch.Hints)
}

func TestRerouteFollowsTheConfiguration(t *testing.T) {
	plain := queued()
	plain.Priority = 2
	plain = plain.wait(nine, false)
	ch, err := Reroute(plain, experts(), nine)
	require.NoError(t, err)
	assert.Equal(t, "sales|whatsapp|any", ch.Interaction.Wants, "what it asks for is there still")
	assert.Equal(t, nine.UnixMicro()-60*1_000_000, ch.Interaction.Rank)
	assert.Equal(t, after(time.Hour), ch.Interaction.DueAt)

	q := experts()
	q.Profiles = q.Profiles[1:]
	ch, err = Reroute(demanding(queued()), q, after(time.Second))
	require.NoError(t, err)
	assert.Equal(t, []string{"sales|whatsapp|junior", "junior", ""}, []string{ch.Interaction.Wants, ch.Interaction.Profile, ch.Interaction.Relaxed})
	assert.Equal(t, after(time.Second+2*time.Minute), ch.Interaction.DueAt)
	assert.Equal(t, []Entry{{Seq: 1, At: after(time.Second), Event: EventRerouted, Detail: "junior"}}, ch.Interaction.History.Entries)
	assert.Equal(t, []Hint{{Event: HintInteractionQueued, Interaction: "talk", Token: "sales|whatsapp|junior"}}, ch.Hints)
}

func TestARuleSaysWhatAConversationAsksFor(t *testing.T) {
	open := func(rules ...EntryRule) Interaction {
		k := stranger()
		k.Queue, k.Asset.Rules = experts(), rules
		ch, err := Receive(hola(), k, NewIDs{Contact: "c", Interaction: "i"}, nine)
		require.NoError(t, err)
		return *ch.Interaction
	}
	i := open()
	assert.Equal(t, []string{"sales|whatsapp|expert", "expert"}, []string{i.Wants, i.Profile})
	assert.Equal(t, 2, i.Priority)
	assert.Equal(t, nine.UnixMicro()-60*1_000_000, i.Rank)
	assert.Equal(t, after(time.Minute), i.DueAt)

	i = open(EntryRule{On: EntryKeyword, Value: "hola", Queue: "sales", Profile: "junior", Priority: 10})
	assert.Equal(t, []string{"sales|whatsapp|junior", "junior"}, []string{i.Wants, i.Profile})
	assert.Equal(t, 10, i.Priority)

	i = open(EntryRule{On: EntryKeyword, Value: "hola", Queue: "sales", Profile: "gone"})
	assert.Equal(t, "sales|whatsapp|expert", i.Wants, "a profile that the queue has no more")
}
