package desktop

import (
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// AddNote implements the operation of the same name in the contract.
func (h handlers) AddNote(ctx context.Context, req api.AddNoteRequest) (api.Note, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Note{}, err
	}
	by := desk.Agent{Head: desk.Head{ID: who.ID}, Name: who.Name}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: req.Interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		n := desk.Note{Head: desk.Head{ID: desk.NoteID(i.ID, who.ID, req.Body.ID)}, Contact: i.Contact}
		if err := r.Find(ctx, &n); err != nil {
			return desk.Change{}, err
		}
		return desk.AddNote(n, i, by, req.Body.Text, h.Now())
	})
	if err != nil {
		return api.Note{}, err
	}
	return view.Note(*ch.Note), nil
}
