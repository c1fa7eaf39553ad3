package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddNote(t *testing.T) {
	a, i := talking(t)
	ch, err := AddNote(Note{Head: Head{ID: "n"}}, i, a, "call back", after(time.Minute))
	require.NoError(t, err)
	want := Note{Head: Head{ID: "n"}, Contact: i.Contact, Interaction: i.ID, By: "ana", ByName: a.Name, Text: "call back", At: after(time.Minute)}
	assert.Equal(t, &want, ch.Note)
	assert.Equal(t, []RecordKind{KindNote}, storedKinds(ch), "a note changes nothing else")

	kept := *ch.Note
	kept.Version = 1
	again, err := AddNote(kept, i, a, "call back", after(time.Hour))
	storesNothing(t, again, err)
	assert.Equal(t, kept, *again.Note)
	other, err := AddNote(kept, i, a, "call at once", after(time.Hour))
	assert.Equal(t, "unprocessable id_reused", outcome(other, err))
	empty, err := AddNote(Note{Head: Head{ID: "n"}}, i, a, "", nine)
	assert.Equal(t, "invalid empty", outcome(empty, err))
	stranger, err := AddNote(Note{Head: Head{ID: "n"}}, i, Agent{Head: Head{ID: "bob"}}, "hm", nine)
	assert.Equal(t, "denied not_your_conversation", outcome(stranger, err))
}

func TestNoteID(t *testing.T) {
	assert.Equal(t, NoteID("i", "ana", "c"), NoteID("i", "ana", "c"))
	assert.NotEqual(t, NoteID("i", "ana", "c"), SentID("i", "ana", "c"), "a note and a message may share the desktop's ID")
	assert.NotEqual(t, NoteID("i", "ana", "c"), NoteID("i", "bob", "c"))
}
