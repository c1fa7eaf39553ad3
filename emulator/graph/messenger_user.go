package graph

import (
	"encoding/json"
	"fmt"
	"time"
)

// User is somebody on Messenger as one page knows them. Get one from Page.User. Whatever a
// user does calls the webhook and returns as Page.Receive does.
type User struct {
	page *Page
	id   string

	// Under the page's lock.
	known   bool           // did something: the page can address them
	wrote   time.Time      // when they last wrote or tapped a button
	standby bool           // another app owns the thread
	edits   map[string]int // by mid
}

// User returns the user with the page-scoped ID. The page cannot send to them before they
// did something; their window is open from when they wrote.
func (p *Page) User(psid string) (*User, error) {
	if !scopedID.MatchString(psid) {
		return nil, fmt.Errorf("graph: bad page-scoped user ID %q", psid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.user(psid), nil
}

// user finds or makes a user, while the caller holds the lock.
func (p *Page) user(psid string) *User {
	u, ok := p.users[psid]
	if !ok {
		u = &User{page: p, id: psid, edits: make(map[string]int)}
		p.users[psid] = u
	}
	return u
}

// ID is the page-scoped user ID.
func (u *User) ID() string { return u.id }

// Received returns the messages the user was sent, in order of acceptance.
func (u *User) Received() []PageMessage { return u.page.sentTo(u.id) }

// Actions returns the sender actions the user saw, in order: that they were read, and when
// the page began and ceased to write.
func (u *User) Actions() []SenderAction {
	var out []SenderAction
	for _, a := range u.page.Actions() {
		if a.To == u.id {
			out = append(out, a)
		}
	}
	return out
}

// Write sends a text.
func (u *User) Write(text string) (Receipt, error) {
	return u.page.Receive(Event{From: u.id, Text: text})
}

// Reply sends a text that answers a message.
func (u *User) Reply(mid, text string) (Receipt, error) {
	return u.page.Receive(Event{From: u.id, Text: text, ReplyTo: mid})
}

// Choose taps a quick reply: its title is sent as a text, with its payload.
func (u *User) Choose(title, payload string) (Receipt, error) {
	return u.do("message", map[string]any{"text": title, "quick_reply": map[string]string{"payload": payload}})
}

// Tap taps a button of a message or a menu.
func (u *User) Tap(title, payload string) (Receipt, error) {
	return u.do("postback", map[string]string{"title": title, "payload": payload})
}

// File is an attachment; Kind is image, audio, video, file or another type of Meta's.
type File struct {
	Kind string
	URL  string
}

// Attach sends files in one message.
func (u *User) Attach(files ...File) (Receipt, error) {
	attachments := make([]map[string]any, 0, len(files))
	for _, f := range files {
		attachments = append(attachments, map[string]any{"type": f.Kind, "payload": map[string]string{"url": f.URL}})
	}
	return u.do("message", map[string]any{"attachments": attachments})
}

// Sticker sends a sticker. Before 2026-08-30 an image came with it; see Page.Receive for
// events of the past.
func (u *User) Sticker(id int64, url string) (Receipt, error) {
	return u.do("message", map[string]any{"attachments": []map[string]any{
		{"type": "sticker", "payload": map[string]any{"url": url, "sticker_id": id}},
	}})
}

// Edit changes the text of a message of the user's.
func (u *User) Edit(mid, text string) (Receipt, error) {
	u.page.mu.Lock()
	u.edits[mid]++
	times := u.edits[mid]
	u.page.mu.Unlock()
	return u.do("message_edit", map[string]any{"mid": mid, "text": text, "num_edit": times})
}

// Delete takes a message of the user's back.
func (u *User) Delete(mid string) (Receipt, error) {
	return u.do("message", map[string]any{"mid": mid, "is_deleted": true})
}

// reactions are Meta's names of emoji.
var reactions = map[string]string{
	"😆": "smile", "😠": "angry", "😢": "sad", "😮": "wow", "❤": "love", "👍": "like", "👎": "dislike",
}

// React reacts to a message, the user's or the page's.
func (u *User) React(mid, emoji string) (Receipt, error) {
	name, ok := reactions[emoji]
	if !ok {
		name = "other"
	}
	return u.do("reaction", map[string]string{"mid": mid, "action": "react", "emoji": emoji, "reaction": name})
}

// Unreact takes the reaction to a message back.
func (u *User) Unreact(mid string) (Receipt, error) {
	return u.do("reaction", map[string]string{"mid": mid, "action": "unreact"})
}

// Referral is how a user came into the conversation.
type Referral struct {
	Ref    string `json:"ref,omitempty"`
	Source string `json:"source"` // SHORTLINK, ADS, ...
	Type   string `json:"type"`   // OPEN_THREAD
	AdID   string `json:"ad_id,omitempty"`
}

// Arrive opens the conversation by a link or advertisement, without a message yet.
func (u *User) Arrive(by Referral) (Receipt, error) { return u.do("referral", by) }

// Read reads everything the page sent so far. Somebody who was sent nothing reads nothing,
// but the event comes all the same.
func (u *User) Read() (Receipt, error) {
	sent := u.Received()
	if len(sent) == 0 {
		return u.do("read", map[string]int64{"watermark": u.page.server.now().UnixMilli()})
	}
	return u.page.Read(sent[len(sent)-1].ID)
}

// TakeThread lets another app take the thread from the product's: until it is passed back,
// what the user does comes in standby.
func (u *User) TakeThread(app, metadata string) (Receipt, error) {
	return u.do("take_thread_control", u.handover(u.page.server.appID, app, metadata))
}

// PassThread lets an app pass the thread on; to the product's app, it is back.
func (u *User) PassThread(from, to, metadata string) (Receipt, error) {
	return u.do("pass_thread_control", u.handover(from, to, metadata))
}

func (u *User) handover(from, to, metadata string) map[string]string {
	return map[string]string{"previous_owner_app_id": from, "new_owner_app_id": to, "metadata": metadata}
}

// do makes an event with one part.
func (u *User) do(name string, part any) (Receipt, error) {
	raw, err := plainJSON(map[string]any{name: part})
	if err != nil {
		return Receipt{}, err
	}
	return u.page.Receive(Event{From: u.id, Raw: raw})
}

// WriteElsewhere lets the page's staff answer the user by another app, such as Inbox: the
// product hears the echo. It is no message of Sent.
func (p *Page) WriteElsewhere(psid, app, text string) (Receipt, error) {
	message, err := plainJSON(map[string]any{
		"sender": party(p.o.ID), "recipient": party(psid),
		"message": map[string]any{"mid": newMID(), "is_echo": true, "app_id": json.Number(app), "text": text},
	})
	if err != nil {
		return Receipt{}, err
	}
	return p.Receive(Event{From: psid, Raw: message})
}
