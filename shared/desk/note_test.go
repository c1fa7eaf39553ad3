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

func TestAddContactNote(t *testing.T) {
	a, i := talking(t)
	c, fresh := leaContact(), Note{Head: Head{ID: "n"}, Contact: "lea"}
	ch, err := AddContactNote(fresh, c, i, a, "call back", nine)
	require.NoError(t, err)
	assert.Equal(t, Note{Head: Head{ID: "n"}, Contact: "lea", Interaction: "talk", By: "ana", ByName: "Ana", Text: "call back", At: nine}, *ch.Note,
		"made in the conversation she has")
	again, err := AddContactNote(*saved(ch).Note, c, i, a, "call back", nine)
	storesNothing(t, again, err)
	_, err = AddContactNote(*ch.Note, c, i, a, "call at ten", nine)
	assert.Equal(t, "unprocessable id_reused", outcome(Change{}, err))

	ch, err = AddContactNote(fresh, c, i, Agent{Head: stored("bea", 1), Name: "Bea"}, "call back", nine)
	require.NoError(t, err)
	assert.Equal(t, Note{Head: Head{ID: "n"}, Contact: "lea", By: "bea", ByName: "Bea", Text: "call back", At: nine}, *ch.Note, "anybody may, in no conversation")
	_, err = AddContactNote(fresh, c, Interaction{}, a, "", nine)
	assert.Equal(t, "invalid empty", outcome(Change{}, err))
}
