package floor

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
)

// Visitor is a person who writes to the centre's page by Messenger.
type Visitor struct {
	f    *Floor
	Name string
	Who  *graph.User
}

// Visitor finds or makes the visitor with the name. Messenger tells nobody's name, so the centre does not learn it.
func (f *Floor) Visitor(name string) *Visitor {
	f.T.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	v := f.visitors[name]
	if v == nil {
		who, err := f.Page().User(fmt.Sprintf("7000000000%06d", len(f.visitors)+1))
		require.NoError(f.T, err)
		v = &Visitor{f: f, Name: name, Who: who}
		f.visitors[name] = v
	}
	return v
}

// Writes sends a text and returns the channel's ID of it. The webhook must take it.
func (v *Visitor) Writes(text string) string {
	v.f.T.Helper()
	return v.f.took(v.Who.Write(text))
}

// Answers is Writes for the answer to a message.
func (v *Visitor) Answers(id, text string) string {
	v.f.T.Helper()
	return v.f.took(v.Who.Reply(id, text))
}

// Chooses taps a quick reply of a message.
func (v *Visitor) Chooses(title, payload string) string {
	v.f.T.Helper()
	return v.f.took(v.Who.Choose(title, payload))
}

// Taps taps a button of a message or a menu.
func (v *Visitor) Taps(title, payload string) string {
	v.f.T.Helper()
	return v.f.took(v.Who.Tap(title, payload))
}

// Attaches sends files in one message.
func (v *Visitor) Attaches(files ...graph.File) string {
	v.f.T.Helper()
	return v.f.took(v.Who.Attach(files...))
}

// Arrives opens the conversation by a link of ours.
func (v *Visitor) Arrives(ref string) {
	v.f.T.Helper()
	v.f.took(v.Who.Arrive(graph.Referral{Ref: ref, Source: "SHORTLINK", Type: "OPEN_THREAD"}))
}

// Edits changes a message of his.
func (v *Visitor) Edits(id, text string) {
	v.f.T.Helper()
	v.f.took(v.Who.Edit(id, text))
}

// TakesBack takes a message of his back.
func (v *Visitor) TakesBack(id string) {
	v.f.T.Helper()
	v.f.took(v.Who.Delete(id))
}

// Reacts reacts to a message.
func (v *Visitor) Reacts(id, emoji string) {
	v.f.T.Helper()
	v.f.took(v.Who.React(id, emoji))
}

// Unreacts takes the reaction to a message back.
func (v *Visitor) Unreacts(id string) {
	v.f.T.Helper()
	v.f.took(v.Who.Unreact(id))
}

// Reads reads everything he was sent.
func (v *Visitor) Reads() {
	v.f.T.Helper()
	v.f.took(v.Who.Read())
}

// IsTaken lets another app take the conversation: what he does from now on is its business.
func (v *Visitor) IsTaken() {
	v.f.T.Helper()
	v.f.took(v.Who.TakeThread(graph.Inbox, ""))
}

// IsPassed lets the app that has the conversation pass it to the centre, with a note.
func (v *Visitor) IsPassed(note string) {
	v.f.T.Helper()
	v.f.took(v.Who.PassThread(graph.Inbox, suite.AppID, note))
}

// HearsElsewhere lets somebody of the business answer him in the page's inbox, and returns the channel's ID.
func (v *Visitor) HearsElsewhere(text string) string {
	v.f.T.Helper()
	return v.f.took(v.f.Page().WriteElsewhere(v.Who.ID(), graph.Inbox, text))
}

// Hears waits until the text has reached him, and checks that it did once.
func (v *Visitor) Hears(text string) {
	v.f.T.Helper()
	v.f.reaches(v.Name, text, v.Received)
}

// Received is what reached the visitor, in order.
func (v *Visitor) Received() []string {
	var texts []string
	for _, m := range v.Who.Received() {
		texts = append(texts, m.Text)
	}
	return texts
}

// Sees are the sender actions that reached him, in order: that he was read, and that somebody writes.
func (v *Visitor) Sees() []string {
	var actions []string
	for _, a := range v.Who.Actions() {
		actions = append(actions, a.Action)
	}
	return actions
}
