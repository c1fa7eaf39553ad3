package contacts

import (
	"context"
	"strconv"
	"strings"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// ListContactInteractions implements the operation of the same name in the contract. The list is for everybody; the
// newest message of each conversation is not, for who asks again and again would read all of them.
func (h handlers) ListContactInteractions(ctx context.Context, req api.ListContactInteractionsRequest) (api.PastList, error) {
	shown, cursor, err := counted(req.Cursor)
	if err != nil {
		return api.PastList{}, err
	}
	r, c, after, err := h.page(ctx, req.Contact, cursor)
	if err != nil {
		return api.PastList{}, err
	}
	most, err := h.listed(ctx, c)
	if err != nil {
		return api.PastList{}, err
	}
	rest := most - shown
	if rest <= 0 {
		return api.PastList{Now: h.Now()}, nil
	}
	found, err := r.InteractionsWith(ctx, c, min(req.Limit+1, rest), after)
	if err != nil {
		return api.PastList{}, err
	}
	who, err := caller(ctx)
	if err != nil {
		return api.PastList{}, err
	}
	dealt, err := dealt(ctx, r, who)
	if err != nil {
		return api.PastList{}, err
	}
	list := api.PastList{Now: h.Now()}
	found, list.Next = view.Page(found, req.Limit, func(i desk.Interaction) view.Place { return view.Place{At: i.OpenedAt, Key: i.ID} })
	if list.Next != "" {
		list.Next = strconv.Itoa(shown+req.Limit) + "." + list.Next
	}
	for _, i := range found {
		shown, err := h.view.Past(ctx, i)
		if err != nil {
			return api.PastList{}, err
		}
		if !i.Sat(who.ID) && !desk.MayReadEarlier(i, c, dealt) {
			shown.Preview = ""
		}
		list.Items = append(list.Items, shown)
	}
	return list, nil
}

// listed is how many of the contact's conversations his history lists (R9): what the client wants for whom his page or number
// works.
func (h handlers) listed(ctx context.Context, c desk.Contact) (int, error) {
	asset, err := h.Store.Asset(ctx, c.Asset)
	if err != nil && !fault.Is(err, fault.Missing) { // a deleted one's tombstone knows its queue
		return 0, err
	}
	client, err := h.Store.ClientOf(ctx, asset.Queue)
	if err != nil && !fault.Is(err, fault.Missing) {
		return 0, err
	}
	return client.Listed(), nil
}

// counted splits a cursor of the history: how many conversations the pages before it showed, and where they ended.
func counted(cursor string) (int, string, error) {
	if cursor == "" {
		return 0, "", nil
	}
	count, place, ok := strings.Cut(cursor, ".")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 || place == "" {
		return 0, "", view.BadCursor()
	}
	return n, place, nil
}

// dealt are the interactions on the agent's desktop, the one he is offered included. Somebody without a record has none.
func dealt(ctx context.Context, r *store.Reader, who desk.Agent) ([]desk.Interaction, error) {
	found, err := r.InteractionsOf(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	a := desk.Agent{Head: desk.Head{ID: who.ID}}
	if err := r.Find(ctx, &a); err != nil {
		return nil, err
	}
	i := desk.Interaction{Head: desk.Head{ID: a.Ringing}}
	if err := r.Find(ctx, &i); err != nil {
		return nil, err
	}
	if i.State == desk.InteractionOffered && i.Offer == a.Offer {
		found = append(found, i)
	}
	return found, nil
}

// ListContactNotes implements the operation of the same name in the contract.
func (h handlers) ListContactNotes(ctx context.Context, req api.ListContactNotesRequest) (api.NoteList, error) {
	r, c, after, err := h.page(ctx, req.Contact, req.Cursor)
	if err != nil {
		return api.NoteList{}, err
	}
	found, err := r.NotesOn(ctx, c, req.Limit+1, after)
	if err != nil {
		return api.NoteList{}, err
	}
	list := api.NoteList{Now: h.Now()}
	found, list.Next = view.Page(found, req.Limit, func(n desk.Note) view.Place { return view.Place{At: n.At, Key: n.ID} })
	for _, n := range found {
		list.Items = append(list.Items, view.Note(n))
	}
	return list, nil
}

// page reads whose list it is and where its page begins.
func (h handlers) page(ctx context.Context, contact, cursor string) (*store.Reader, desk.Contact, store.Spot, error) {
	if _, err := auth.Agent(ctx); err != nil {
		return nil, desk.Contact{}, store.Spot{}, err
	}
	after, err := view.ParsePlace(cursor)
	if err != nil {
		return nil, desk.Contact{}, store.Spot{}, err
	}
	r := h.Store.Reader()
	c, err := r.Contact(ctx, contact)
	return r, c, after.Spot(), err
}

// AddContactNote implements the operation of the same name in the contract.
func (h handlers) AddContactNote(ctx context.Context, req api.AddContactNoteRequest) (api.Note, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.Note{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		c, err := r.Contact(ctx, req.Contact)
		if err != nil {
			return desk.Change{}, err
		}
		n := desk.Note{Head: desk.Head{ID: desk.NoteID(c.ID, who.ID, req.Body.ID)}, Contact: c.ID}
		newest := desk.Interaction{Head: desk.Head{ID: c.Open}}
		if err := r.Find(ctx, &n, &newest); err != nil {
			return desk.Change{}, err
		}
		return desk.AddContactNote(n, c, newest, who, req.Body.Text, h.Now())
	})
	if err != nil {
		return api.Note{}, err
	}
	return view.Note(*ch.Note), nil
}
