package contacts

import (
	"context"
	"log/slog"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// StartInteraction implements the operation of the same name in the contract.
func (h handlers) StartInteraction(ctx context.Context, req api.StartInteractionRequest) (api.Interaction, error) {
	who, err := auth.Agent(ctx)
	if err != nil {
		return api.Interaction{}, err
	}
	body := req.Body
	if (body.Text == "") == (body.Template.ID == "") {
		return api.Interaction{}, fault.New(fault.Invalid, "text_or_template", "send either a text or a template")
	}
	id := desk.StartID(who.ID, req.IdempotencyKey)
	web.Note(ctx, slog.String("interaction", id))
	s := desk.Start{Whom: req.Contact, On: body.Asset, Reply: desk.Reply{ClientID: req.IdempotencyKey, Text: body.Text, Values: body.Template.Values}}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		s.Next = desk.Interaction{Head: desk.Head{ID: id}}
		s.First = desk.Message{Head: desk.Head{ID: desk.SentID(id, who.ID, req.IdempotencyKey)}}
		s.By, s.Queue = desk.Agent{Head: desk.Head{ID: who.ID}}, desk.Queue{Head: desk.Head{ID: body.Queue}}
		s.Reply.Template = desk.Template{Head: desk.Head{ID: body.Template.ID}, Queue: body.Queue}
		if err := about(ctx, r, &s); err != nil {
			return desk.Change{}, err
		}
		return desk.Begin(s, h.Now())
	})
	switch {
	case fault.HasCode(err, "conversation_open"):
		err = open(err, s.Newest)
	case fault.HasCode(err, "too_long"):
		err = web.With(err, "limit", s.Contact.Channel.ComposeLimit())
	}
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who.ID)
}

// about fills in what is on record about what an agent wants to begin.
func about(ctx context.Context, r *store.Reader, s *desk.Start) (err error) {
	if s.Contact, err = r.Contact(ctx, s.Whom); err != nil {
		return err
	}
	s.Asset, s.Newest = desk.Asset{Head: desk.Head{ID: s.Contact.Asset}}, desk.Interaction{Head: desk.Head{ID: s.Contact.Open}}
	recs := []desk.Record{&s.Next, &s.First, &s.By, &s.Queue, &s.Asset, &s.Reply.Template}
	if s.Newest.ID != s.Next.ID {
		recs = append(recs, &s.Newest)
	}
	return r.Find(ctx, recs...)
}

// open adds to the refusal which conversation is open, and who has it.
func open(err error, newest desk.Interaction) error {
	err = web.With(err, "interaction", newest.ID)
	if newest.Owner != "" {
		err = web.With(err, "owner", api.Ref{ID: newest.Owner, Name: newest.OwnerName})
	}
	return err
}
