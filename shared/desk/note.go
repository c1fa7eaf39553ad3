package desk

import (
	"slices"
	"time"

	"github.com/deskline/deskline/shared/fault"
)

// Note is what an agent writes down for the agents, never for the customer. It stands under its contact, so that the next
// agent sees it.
type Note struct {
	Head
	Contact     string
	Interaction string // the conversation it was made in; empty when it was made in none
	By          string // agent ID
	ByName      string
	Text        string
	At          time.Time
}

// Record implements Record.
func (*Note) Record() RecordKind { return KindNote }

// NoteID is the ID of a note that a desktop sends, on an interaction or a contact: one that repeats its own ID gets the
// same note.
func NoteID(on, agent, clientID string) string {
	return hash("note", on, agent, clientID)
}

// AddNote keeps a note on a conversation the agent has or still wraps up. n carries the ID (NoteID) and the contact, and
// is the stored note when it was made before: a repeat with the same text gives that note again, with another text it is
// refused (id_reused). Other faults: not_your_conversation, empty.
func AddNote(n Note, i Interaction, by Agent, text string, now time.Time) (Change, error) {
	if n.Version == 0 && !slices.Contains(i.Agents, by.ID) {
		return Change{}, fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
	}
	ch, err := n.kept(i.Contact, i.ID, by, text, now)
	if err == nil {
		ch.Interaction = &i
	}
	return ch, err
}

// AddContactNote keeps a note on a contact, whoever makes it. newest is the contact's newest interaction: when the agent
// has it or still wraps it up, the note is made in it. n and repeats are as for AddNote. Faults: id_reused, empty.
func AddContactNote(n Note, c Contact, newest Interaction, by Agent, text string, now time.Time) (Change, error) {
	in := ""
	if slices.Contains(newest.Agents, by.ID) {
		in = newest.ID
	}
	ch, err := n.kept(c.ID, in, by, text, now)
	if err == nil {
		ch.Contact = &c
	}
	return ch, err
}

// kept is the change that stores a new note, or the note as it was stored before.
func (n Note) kept(contact, interaction string, by Agent, text string, now time.Time) (Change, error) {
	if n.Version > 0 {
		if n.Text != text {
			return Change{}, fault.New(fault.Unprocessable, "id_reused", "another note was made under this ID")
		}
		return Change{Note: &n}, nil
	}
	if text == "" {
		return Change{}, fault.New(fault.Invalid, "empty", "there is nothing to keep")
	}
	n = Note{Head: n.Head, Contact: contact, Interaction: interaction, By: by.ID, ByName: by.Name, Text: text, At: now}
	return Change{Save: []Record{&n}, Note: &n}, nil
}
