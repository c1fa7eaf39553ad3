// Package contacts shows and changes what the centre knows about its customers.
//
//	Trigger   GET /v1/contacts, /v1/contacts/{contact} with .../notes, .../interactions, .../block, .../unblock and
//	          .../exclusive/{queue}, from the desktop
//	Changes   contact, and in the same commit what shows him: a new name goes to his newest interaction and the offer that
//	          rings for it; a block closes or marks that interaction, rescinds the offer and frees its agent; an exclusive
//	          agent is whom that interaction waits for; one that an agent begins is new, with its first message and its agent's
//	          seat, and follows the one that has ended. A note by itself
//	Hints     routing, when a block freed an agent, or an interaction waits for another agent; delivery, when one was begun
//	Repeats   safe: an edit or a block that changes nothing stores nothing, and a note's ID is derived from the one the
//	          desktop gave it. Two who edit at once are told apart by the profile the edit is based on; a message that
//	          comes while a contact is blocked meets the block at the contact or at the interaction, which both write. The IDs of
//	          what an agent begins follow from his idempotency key; it and a customer's message both write the contact
//
// A contact whom another one took over is answered as that one, with the notes and conversations of both.
package contacts

import (
	"context"
	"net/http"
	"strings"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
)

func init() { host.HTTP("contacts", Register) }

type handlers struct {
	host.Deps
	view view.Viewer
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	return api.Contacts(mux, d.Edge(), handlers{d, view.Viewer{Store: d.Store, Now: d.Now}})
}

// caller is the agent who calls, as rules know him.
func caller(ctx context.Context) (desk.Agent, error) {
	who, err := auth.Agent(ctx)
	return desk.Agent{Head: desk.Head{ID: who.ID}, Name: who.Name, Roles: who.Roles}, err
}

// GetContact implements the operation of the same name in the contract.
func (h handlers) GetContact(ctx context.Context, req api.GetContactRequest) (api.Contact, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.Contact{}, err
	}
	r := h.Store.Reader()
	c, err := r.Contact(ctx, req.Contact)
	if err != nil {
		return api.Contact{}, err
	}
	newest := desk.Interaction{Head: desk.Head{ID: c.Open}}
	if err := r.Find(ctx, &newest); err != nil {
		return api.Contact{}, err
	}
	return h.view.ContactToday(ctx, c, newest, who.ID)
}

// EditContact implements the operation of the same name in the contract.
func (h handlers) EditContact(ctx context.Context, req api.EditContactRequest) (api.Contact, error) {
	e := desk.ProfileEdit{
		Name: req.Body.Name.Pointer(), Phone: req.Body.Phone.Pointer(), Email: req.Body.Email.Pointer(),
		Company: req.Body.Company.Pointer(), Language: req.Body.Language.Pointer(),
	}
	tag := strings.Trim(req.IfMatch, `"`)
	return h.change(ctx, req.Contact, func(_ context.Context, _ *store.Reader, c desk.Contact, x desk.Attended, by desk.Agent) (desk.Change, error) {
		return desk.EditContact(c, x, e, tag, by.ID, h.Now())
	})
}

// BlockContact implements the operation of the same name in the contract.
func (h handlers) BlockContact(ctx context.Context, req api.BlockContactRequest) (api.Contact, error) {
	return h.change(ctx, req.Contact, func(ctx context.Context, r *store.Reader, c desk.Contact, x desk.Attended, by desk.Agent) (desk.Change, error) {
		held, err := r.InteractionsOf(ctx, by.ID)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.BlockContact(c, x, by, held, req.Body.Reason, h.Now())
	})
}

// UnblockContact implements the operation of the same name in the contract.
func (h handlers) UnblockContact(ctx context.Context, req api.UnblockContactRequest) (api.Contact, error) {
	return h.change(ctx, req.Contact, func(ctx context.Context, r *store.Reader, c desk.Contact, x desk.Attended, by desk.Agent) (desk.Change, error) {
		held, err := r.InteractionsOf(ctx, by.ID)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.UnblockContact(c, x, by, held, h.Now())
	})
}

// decision is a rule over a contact and his newest interaction.
type decision func(context.Context, *store.Reader, desk.Contact, desk.Attended, desk.Agent) (desk.Change, error)

// change makes a move with the contact and answers with him as he is after it.
func (h handlers) change(ctx context.Context, contact string, decide decision) (api.Contact, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.Contact{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		c, err := r.Contact(ctx, contact)
		if err != nil {
			return desk.Change{}, err
		}
		x, err := r.Newest(ctx, c)
		if err != nil {
			return desk.Change{}, err
		}
		return decide(ctx, r, c, x, who)
	})
	if err != nil {
		return api.Contact{}, err
	}
	return h.view.ContactToday(ctx, *ch.Contact, *ch.Interaction, who.ID)
}
