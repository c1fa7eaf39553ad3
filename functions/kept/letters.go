package kept

import (
	"context"
	"encoding/json"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// ListDeadLetters implements the operation of the same name in the contract.
func (h handlers) ListDeadLetters(ctx context.Context, req api.ListDeadLettersRequest) (api.DeadLetterList, error) {
	if _, err := auth.Require(ctx, auth.RoleAdmin); err != nil {
		return api.DeadLetterList{}, err
	}
	after, err := view.ParsePlace(req.Cursor)
	if err != nil {
		return api.DeadLetterList{}, err
	}
	which := store.Letters{State: desk.LetterState(req.State), Event: req.Event, Reason: req.Reason}
	found, err := h.Store.Reader().DeadLetters(ctx, which, req.Limit+1, after.Spot())
	if err != nil {
		return api.DeadLetterList{}, err
	}
	list := api.DeadLetterList{Now: h.Now()}
	found, list.Next = view.Page(found, req.Limit, func(l desk.DeadLetter) view.Place { return view.Place{At: l.DiedAt, Key: l.ID} })
	for _, l := range found {
		list.Items = append(list.Items, showLetter(l))
	}
	return list, nil
}

// GetDeadLetter implements the operation of the same name in the contract.
func (h handlers) GetDeadLetter(ctx context.Context, req api.GetDeadLetterRequest) (api.DeadLetter, error) {
	if _, err := auth.Require(ctx, auth.RoleAdmin); err != nil {
		return api.DeadLetter{}, err
	}
	l, parts, err := letter(ctx, h.Store.Reader(), req.Letter)
	if err != nil {
		return api.DeadLetter{}, err
	}
	if l.State == desk.LetterDiscarded {
		return api.DeadLetter{}, missing()
	}
	return showWhole(l, desk.JoinLetter(l, parts)), nil
}

// ReplayDeadLetter implements the operation of the same name in the contract. It publishes before it notes that it did.
func (h handlers) ReplayDeadLetter(ctx context.Context, req api.ReplayDeadLetterRequest) (api.DeadLetter, error) {
	who, err := auth.Require(ctx, auth.RoleAdmin)
	if err != nil {
		return api.DeadLetter{}, err
	}
	l, parts, err := letter(ctx, h.Store.Reader(), req.Letter)
	if err != nil {
		return api.DeadLetter{}, err
	}
	event := l.ReplayID()
	if _, err := desk.ReplayLetter(l, event, who.ID, h.Now()); err != nil {
		return api.DeadLetter{}, err
	}
	out := bus.Out{Type: l.Event, ID: event, Data: json.RawMessage(desk.JoinLetter(l, parts))}
	if l.Event == bus.MessageReceived {
		out.Key = l.Key
	}
	if err := h.Bus.Publish(ctx, out); err != nil {
		return api.DeadLetter{}, err
	}
	h.Log.InfoContext(ctx, "dead letter replayed", "letter", l.ID, "event", l.Event, "agent", who.ID)
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		l := desk.DeadLetter{Head: desk.Head{ID: req.Letter}}
		if err := r.Load(ctx, &l); err != nil {
			return desk.Change{}, err
		}
		return desk.ReplayLetter(l, event, who.ID, h.Now())
	})
	if err != nil {
		return api.DeadLetter{}, err
	}
	return showLetter(*ch.DeadLetter), nil
}

// DiscardDeadLetter implements the operation of the same name in the contract.
func (h handlers) DiscardDeadLetter(ctx context.Context, req api.DiscardDeadLetterRequest) (api.DeadLetter, error) {
	who, err := auth.Require(ctx, auth.RoleAdmin)
	if err != nil {
		return api.DeadLetter{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		l, parts, err := letter(ctx, r, req.Letter)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.DiscardLetter(l, parts, who.ID, h.Now())
	})
	if err != nil {
		return api.DeadLetter{}, err
	}
	h.Log.InfoContext(ctx, "dead letter discarded", "letter", ch.DeadLetter.ID, "event", ch.DeadLetter.Event, "agent", who.ID)
	return showLetter(*ch.DeadLetter), nil
}

// letter reads a letter with its parts. One that the database has begun to delete is missing.
func letter(ctx context.Context, r *store.Reader, id string) (desk.DeadLetter, []desk.DeadLetterPart, error) {
	l := desk.DeadLetter{Head: desk.Head{ID: id}}
	if err := r.Load(ctx, &l); err != nil {
		return l, nil, err
	}
	parts := make([]desk.DeadLetterPart, l.Parts)
	recs := make([]desk.Record, l.Parts)
	for n, id := range l.PartIDs() {
		parts[n].ID = id
		recs[n] = &parts[n]
	}
	if err := r.Find(ctx, recs...); err != nil {
		return l, nil, err
	}
	for _, p := range parts {
		if p.Version == 0 {
			return l, nil, missing()
		}
	}
	return l, parts, nil
}

func missing() error {
	return fault.New(fault.Missing, "dead_letter_missing", "there is no such dead letter")
}
