package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// silent is Ana, who has had Lea's conversation since nine and said the last word a minute later, in a queue that warns after
// ten minutes and closes it five minutes after that.
func silent(t *testing.T) (Agent, Interaction) {
	t.Helper()
	o, a, i := ringing(t)
	i.Limits = Limits{WarnAfter: 10 * time.Minute, CloseAfter: 5 * time.Minute}
	ch, err := AcceptOffer(asked(o, a, i), "ana", nine)
	require.NoError(t, err)
	ch = saved(ch)
	a = *ch.Agent
	require.Zero(t, ch.Interaction.DueAt, "it is our turn")
	ch, err = Send(draft(), *ch.Interaction, a, Reply{Text: "size?"}, after(time.Minute))
	require.NoError(t, err)
	return a, *saved(ch).Interaction
}

func warning(text string) Queue { return Queue{Texts: []Text{{On: TextWarning, Text: text}}} }

func TestWarnOfSilence(t *testing.T) {
	_, i := silent(t)
	at := after(11 * time.Minute)
	assert.Equal(t, at, i.DueAt)
	assert.Empty(t, i.Elapsed(at.Add(-tick)))
	assert.Equal(t, ElapsedWarning, i.Elapsed(at))
	ch, err := WarnOfSilence(lent(t, i), warning("still there?"), at)
	require.NoError(t, err)
	require.Equal(t, []RecordKind{KindInteraction, KindMessage}, storedKinds(ch))
	m, ok := ch.Save[1].(*Message)
	require.True(t, ok)
	assert.Equal(t, Message{Head: m.Head, Interaction: "talk", Contact: "lea", Asset: "whatsapp:111", Seq: 3, At: at, ReceivedAt: at,
		Direction: Outbound, Kind: SystemMessage, Text: "still there?", To: phone, WroteAt: nine, State: MessagePending,
		DueAt: at.Add(10 * time.Second)}, *m)
	assert.NotEmpty(t, m.ID)
	assert.Equal(t, []Hint{{Event: "message.queued", Interaction: "talk"}}, ch.Hints)
	assert.Equal(t, at, ch.Interaction.WarnedAt)
	assert.Equal(t, after(16*time.Minute), ch.Interaction.DueAt)
	assert.Equal(t, int64(3), ch.Interaction.Seq)
	assert.Equal(t, "size?", ch.Interaction.Preview, "it is nobody's word")
	assert.Equal(t, "warned", ch.Interaction.History.Entries[2].Event)
}

func TestAWarningThatCannotBeSentCountsAsTold(t *testing.T) {
	_, i := silent(t)
	late := i
	late.LastCustomerAt = after(-24 * time.Hour) // the channel takes nothing any more
	for name, c := range map[string]struct {
		talk Interaction
		q    Queue
	}{"no text": {i, Queue{}}, "the window is closed": {late, warning("still there?")}} {
		t.Run(name, func(t *testing.T) {
			ch, err := WarnOfSilence(c.talk, c.q, after(11*time.Minute))
			require.NoError(t, err)
			assert.Equal(t, []RecordKind{KindInteraction}, storedKinds(ch))
			assert.Empty(t, ch.Hints)
			assert.Equal(t, after(16*time.Minute), ch.Interaction.DueAt)
		})
	}
}

func TestWhenSilenceCounts(t *testing.T) {
	_, i := silent(t)
	with := func(change func(i *Interaction)) time.Time {
		i := i
		change(&i)
		return i.timed().DueAt
	}
	for name, c := range map[string]struct {
		change func(i *Interaction)
		want   time.Time
	}{
		"from our last word":                {func(*Interaction) {}, after(11 * time.Minute)},
		"from when a later agent got it":    {func(i *Interaction) { i.AssignedAt = after(time.Hour) }, after(70 * time.Minute)},
		"without a warning":                 {func(i *Interaction) { i.Limits.WarnAfter = 0 }, after(6 * time.Minute)},
		"after the warning":                 {func(i *Interaction) { i.WarnedAt = after(12 * time.Minute) }, after(17 * time.Minute)},
		"not while it is our turn":          {func(i *Interaction) { i.AnsweredAt = time.Time{} }, time.Time{}},
		"not where the queue does not care": {func(i *Interaction) { i.Limits = Limits{} }, time.Time{}},
		"not when nobody has it":            {func(i *Interaction) { i.State = InteractionQueued }, time.Time{}},
		"not when he has left":              {func(i *Interaction) { i.Left = true }, time.Time{}},
		"not when he is blocked":            {func(i *Interaction) { i.Blocked = true }, time.Time{}},
		"not when the channel is gone":      {func(i *Interaction) { i.Interrupted = true }, time.Time{}},
		"a warning that an earlier agent's customer got does not count": {func(i *Interaction) {
			i.WarnedAt, i.AssignedAt = after(12*time.Minute), after(time.Hour)
		}, after(70 * time.Minute)},
	} {
		assert.Equal(t, c.want, with(c.change), name)
	}
}

func TestCloseInSilence(t *testing.T) {
	a, i := silent(t)
	i.WarnedAt = after(11 * time.Minute)
	i = i.timed()
	at := after(16 * time.Minute)
	require.Equal(t, ElapsedSilence, i.Elapsed(at))
	ch, err := CloseInSilence(quiet(lent(t, i)), []Agent{lent(t, a)}, sold(), at)
	require.NoError(t, err)
	assert.Equal(t, []RecordKind{KindInteraction, KindAgent}, storedKinds(ch))
	got := *ch.Interaction
	assert.Equal(t, []any{InteractionClosed, "inactive", at, "", ""}, []any{got.State, got.CloseReason, got.ClosedAt, got.Owner, got.OwnerName})
	assert.Equal(t, WrapUp{State: WrapUpAutomatic, Reason: "sold", ReasonName: "Sold", At: at}, got.Legs[0].WrapUp)
	assert.Empty(t, got.Agents)
	assert.Zero(t, got.DueAt)
	freed, ok := ch.Save[1].(*Agent)
	require.True(t, ok)
	assert.Empty(t, freed.Seats)
	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, ch.Hints)

	again, err := CloseInSilence(quiet(got), []Agent{*freed}, sold(), at)
	storesNothing(t, again, err)
	assert.Equal(t, []Hint{{Event: "agent.freed", Agent: "ana", Takes: sales}}, again.Hints)
	ended, err := End(quiet(got), "ana", "", at)
	storesNothing(t, ended, err)
}

// With a second seat: a guest is free too, and who is asked to join is not asked any more.
func TestSilenceClosesConferences(t *testing.T) {
	at := after(time.Hour)
	for _, p := range []pair{alone(t).asksBea(), alone(t).asksBea().joins()} {
		joined := p.talk.Guest() != ""
		p.talk.AnsweredAt, p.talk.Limits = nine, Limits{CloseAfter: time.Minute}
		sitting := []Agent{p.ana}
		if joined {
			sitting = append(sitting, p.bea)
		}
		ch, err := CloseInSilence(p.attended(), sitting, Reason{}, at)
		require.NoError(t, err)
		assert.Equal(t, InteractionClosed, ch.Interaction.State)
		assert.Equal(t, Second{}, ch.Interaction.Second)
		assert.Empty(t, ch.Interaction.Agents)
		for _, l := range ch.Interaction.Legs {
			assert.Equal(t, WrapUpAutomatic, l.WrapUp.State)
		}
		for _, r := range ch.Save {
			switch r := r.(type) {
			case *Agent:
				assert.Empty(t, r.Seats, r.ID)
				assert.Empty(t, r.Offer, r.ID)
			case *Offer:
				assert.False(t, joined)
				assert.Equal(t, OfferRescinded, r.State)
			}
		}
	}
}
