package desk

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deskline/deskline/shared/fault"
)

// A letter meets what administrators do, and its own event once more.
const letterTable = `
move                        dead       replayed  discarded
KeepLetter                  same       same      same
ReplayLetter                replayed   replayed  dead_letter_missing
ReplayLetter again          same       same      dead_letter_missing
ReplayLetter of no topic    not_replayable not_replayable dead_letter_missing
DiscardLetter               discarded  discarded same
`

// letter is what became of a message of Lea's that nobody could record.
func letter() DeadLetter {
	return DeadLetter{
		Head: stored("letter", 1), State: LetterDead, Event: "message.received", EventID: "e1", Subscription: "message.received.conversation",
		Reason: DiedOfAttempts, Attempts: 100, Key: "k", PublishedAt: nine, DiedAt: after(time.Hour), Size: 2, Data: []byte("{}"),
		ExpireAt: after(KeepDeadData),
	}
}

func TestLetterStates(t *testing.T) {
	ten := after(time.Hour)
	in := func(s LetterState) scene {
		l := letter()
		l.State = s
		l.History, _ = l.History.add(l.ID, nine, EventReplayed, "ada", "first")
		return scene{letter: l}
	}
	moves := map[string]func(s scene) (Change, error){
		"KeepLetter":         func(s scene) (Change, error) { return KeepLetter(s.letter, letter()) },
		"ReplayLetter":       func(s scene) (Change, error) { return ReplayLetter(s.letter, "second", "ada", ten) },
		"ReplayLetter again": func(s scene) (Change, error) { return ReplayLetter(s.letter, "first", "ada", ten) },
		"ReplayLetter of no topic": func(s scene) (Change, error) {
			s.letter.Subscription = "message.receivedness"
			return ReplayLetter(s.letter, "second", "ada", ten)
		},
		"DiscardLetter": func(s scene) (Change, error) { return DiscardLetter(s.letter, nil, "ada", ten) },
	}
	check(t, letterTable, moves, map[string]scene{
		"dead": in(LetterDead), "replayed": in(LetterReplayed), "discarded": in(LetterDiscarded)}, func(s scene) Record { return &s.letter })
}

func TestKeepLetter(t *testing.T) {
	l := letter()
	l.Head, l.State = Head{ID: "letter"}, ""
	ch, err := KeepLetter(DeadLetter{Head: Head{ID: "letter"}}, l)
	require.NoError(t, err)
	want := letter()
	want.Version = 0
	assert.Equal(t, []Record{&want}, ch.Save)
	assert.Equal(t, &want, ch.DeadLetter)
	assert.Empty(t, ch.Hints)
	assert.Empty(t, l.State, "the rule leaves what it was given alone")
}

func TestReplayLetter(t *testing.T) {
	l := letter()
	event := l.ReplayID()
	ch, err := ReplayLetter(l, event, "ada", after(2*time.Hour))
	require.NoError(t, err)
	got := *ch.DeadLetter
	assert.Equal(t, LetterReplayed, got.State)
	assert.Equal(t, []Entry{{Seq: 1, At: after(2 * time.Hour), Event: "replayed", By: "ada", Detail: event}}, got.History.Entries)
	assert.Equal(t, "{}", string(got.Data), "it can be replayed once more")
	assert.NotEqual(t, event, got.ReplayID(), "as another event")
	assert.Equal(t, event, l.ReplayID(), "and until it is noted as the same")
	other := letter()
	other.ID = "other"
	assert.NotEqual(t, event, other.ReplayID())

	for _, c := range []struct{ event, subscription string }{
		{"", ""}, {"", "message.received.conversation"}, {"message.received", ""}, {"message", "message_received.conversation"},
		{"lease.due", "message.received.conversation"}, {"message.received", "message.received"},
	} {
		l := letter()
		l.Event, l.Subscription = c.event, c.subscription
		_, err := ReplayLetter(l, "e", "ada", nine)
		assert.True(t, fault.HasCode(err, "not_replayable"), "%+v", c)
		assert.False(t, l.Replayable(), "%+v", c)
	}
}

// A letter that is replayed all the time loses nothing of its history, and stays as large as it was.
func TestTheHistoryOfALetterMovesOn(t *testing.T) {
	l := letter()
	var moved []Entry
	for n := range 101 {
		ch, err := ReplayLetter(l, l.ReplayID(), "ada", after(time.Duration(n)*time.Minute))
		require.NoError(t, err)
		l = *ch.DeadLetter
		for _, rec := range ch.Save {
			if page, ok := rec.(*HistoryPage); ok {
				moved = append(moved, page.Entries...)
			}
		}
	}
	assert.Len(t, moved, 50)
	assert.Len(t, l.History.Entries, 51)
	assert.Equal(t, int64(101), l.History.Last)
}

func TestDiscardLetter(t *testing.T) {
	l := letter()
	l.Parts = 2
	parts := []DeadLetterPart{{Head: stored("letter:1", 1)}, {Head: stored("letter:2", 1)}}
	ch, err := DiscardLetter(l, parts, "ada", after(2*time.Hour))
	require.NoError(t, err)
	got := *ch.DeadLetter
	assert.Equal(t, LetterDiscarded, got.State)
	assert.Empty(t, got.Data)
	assert.Zero(t, got.Parts)
	assert.Equal(t, []Entry{{Seq: 1, At: after(2 * time.Hour), Event: "discarded", By: "ada"}}, got.History.Entries)
	assert.Equal(t, []Record{&parts[0], &parts[1]}, ch.Drop)
	assert.Equal(t, l.ExpireAt, got.ExpireAt, "its ID outlives every repeat")
	assert.False(t, got.Replayable())
}

func TestSplitLetter(t *testing.T) {
	for _, c := range []struct{ size, first, parts, last int }{
		{0, 0, 0, 0}, {1, 1, 0, 0}, {LetterDataMax, LetterDataMax, 0, 0}, {LetterDataMax + 1, LetterDataMax, 1, 1},
		{2 * LetterDataMax, LetterDataMax, 1, LetterDataMax}, {10_000_000, LetterDataMax, 12, 10_000_000 - 12*LetterDataMax},
	} {
		l := letter()
		l.Data = bytes.Repeat([]byte{0xff, 0, 'a'}, c.size/3+1)[:c.size]
		whole := bytes.Clone(l.Data)
		got, parts := SplitLetter(l)
		assert.Equal(t, c.size, got.Size)
		assert.Len(t, got.Data, c.first)
		assert.Equal(t, c.parts, got.Parts)
		require.Len(t, parts, c.parts)
		for n, p := range parts {
			assert.Equal(t, got.PartIDs()[n], p.ID)
			assert.LessOrEqual(t, len(p.Data), LetterDataMax)
			assert.Equal(t, l.ExpireAt.Add(24*time.Hour), p.ExpireAt)
		}
		if c.parts > 0 {
			assert.Len(t, parts[c.parts-1].Data, c.last)
			assert.Equal(t, "letter:1", parts[0].ID)
		}
		assert.True(t, bytes.Equal(whole, JoinLetter(got, parts)), "%d bytes", c.size)
	}
}

func TestAnyLetterIsWholeAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "data"), rapid.IntRange(0, LetterDataMax/2).Draw(t, "times"))
		l, parts := SplitLetter(DeadLetter{Head: Head{ID: "l"}, Data: data})
		if got := JoinLetter(l, parts); !bytes.Equal(data, got) || len(l.PartIDs()) != len(parts) {
			t.Fatalf("%d bytes in, %d out of %d parts", len(data), len(got), len(parts))
		}
	})
}

func TestTheIDOfALetter(t *testing.T) {
	id := DeadLetterID("e1", "message.received.conversation")
	assert.Regexp(t, "^[0-9a-f]{32}$", id)
	assert.Equal(t, id, DeadLetterID("e1", "message.received.conversation"))
	assert.NotEqual(t, id, DeadLetterID("e2", "message.received.conversation"))
	assert.NotEqual(t, id, DeadLetterID("e1", "message.received.reports"))
}
