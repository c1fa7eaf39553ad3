package desktop

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/deskline/deskline/shared/api"
)

func who(contact, rest string) string {
	return "/v1/contacts/" + url.PathEscape(contact) + rest
}

// Search finds contacts; query has name, phone, email, cursor and limit.
func (d *Desktop) Search(ctx context.Context, query url.Values) (l api.ContactList, err error) {
	return l, d.Call(ctx, http.MethodGet, "/v1/contacts?"+query.Encode(), "", nil, &l)
}

// Contact is a contact as he is known.
func (d *Desktop) Contact(ctx context.Context, id string) (c api.Contact, err error) {
	return c, d.Call(ctx, http.MethodGet, who(id, ""), "", nil, &c)
}

// EditContact changes a contact; basis is what goes into If-Match, empty for nothing.
func (d *Desktop) EditContact(ctx context.Context, id, basis string, edit api.ContactEdit) (c api.Contact, err error) {
	body, err := json.Marshal(edit)
	if err != nil {
		return c, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, d.URL+who(id, ""), bytes.NewReader(body))
	if err != nil {
		return c, err
	}
	req.Header.Set("Content-Type", "application/json")
	if basis != "" {
		req.Header.Set("If-Match", basis)
	}
	return c, d.answer(req, &c)
}

// ContactNotes is a page of what agents wrote down about a contact.
func (d *Desktop) ContactNotes(ctx context.Context, id string, query url.Values) (l api.NoteList, err error) {
	return l, d.Call(ctx, http.MethodGet, who(id, "/notes?"+query.Encode()), "", nil, &l)
}

// NoteOn writes something down about a contact; id is the desktop's own of the note.
func (d *Desktop) NoteOn(ctx context.Context, contact, id, text string) (n api.Note, err error) {
	return n, d.Call(ctx, http.MethodPost, who(contact, "/notes"), "", api.NewNote{ID: id, Text: text}, &n)
}

// Past is a page of a contact's conversations.
func (d *Desktop) Past(ctx context.Context, id string, query url.Values) (l api.PastList, err error) {
	return l, d.Call(ctx, http.MethodGet, who(id, "/interactions?"+query.Encode()), "", nil, &l)
}

// Block blocks a contact.
func (d *Desktop) Block(ctx context.Context, id, reason string) (c api.Contact, err error) {
	return c, d.Call(ctx, http.MethodPost, who(id, "/block"), "", api.BlockRequest{Reason: reason}, &c)
}

// Unblock takes a block back.
func (d *Desktop) Unblock(ctx context.Context, id string) (c api.Contact, err error) {
	return c, d.Call(ctx, http.MethodPost, who(id, "/unblock"), "", nil, &c)
}

// SetExclusive gives a contact an agent of his own in a queue; a zero until is for ever.
func (d *Desktop) SetExclusive(ctx context.Context, contact, queue, agent string, until time.Time) (c api.Contact, err error) {
	return c, d.Call(ctx, http.MethodPut, who(contact, "/exclusive/"+queue), "", api.ExclusiveRequest{Agent: agent, Until: until}, &c)
}

// DropExclusive takes that back.
func (d *Desktop) DropExclusive(ctx context.Context, contact, queue string) (c api.Contact, err error) {
	return c, d.Call(ctx, http.MethodDelete, who(contact, "/exclusive/"+queue), "", nil, &c)
}

// SetData gives variables of a conversation values.
func (d *Desktop) SetData(ctx context.Context, interaction string, change api.DataChange) (data api.InteractionData, err error) {
	return data, d.Call(ctx, http.MethodPatch, of(interaction, "/data"), "", change, &data)
}
