// Package desktop is what an agent's desktop reads and writes while he talks: the snapshot, the list of his
// conversations, transcripts, and sending.
//
//	Trigger   /v1/agents/me/snapshot and .../interactions, /v1/interactions/{interaction} with .../messages, .../typing,
//	          .../read, .../notes and .../data; /v1/queues/{queue}/templates
//	Changes   sending: message and interaction, in one commit; reading, and setting variables: interaction; a note by
//	          itself
//	Hints     delivery: a message waits to be sent, the agent is writing
//	Repeats   safe: the ID of a message or a note is derived from the one the desktop gave it, so sending it again finds
//	          it, and hints again; a mark or a value that is set already stores nothing
package desktop

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("desktop", Register) }

type handlers struct {
	host.Deps
	view view.Viewer
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	return api.Desktop(mux, d.Edge(), handlers{d, view.Viewer{Store: d.Store, Now: d.Now}})
}

// GetInteraction implements the operation of the same name in the contract.
func (h handlers) GetInteraction(ctx context.Context, req api.GetInteractionRequest) (api.Interaction, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	r := h.Store.Reader()
	i := desk.Interaction{Head: desk.Head{ID: req.Interaction}}
	if err := r.Load(ctx, &i); err != nil {
		return api.Interaction{}, err
	}
	asked, err := h.asked(ctx, r, i, who.ID)
	if err == nil && !asked {
		err = h.mayRead(ctx, r, i, who.ID)
	}
	if err != nil {
		return api.Interaction{}, err
	}
	shown, err := h.view.Interaction(ctx, i, who.ID)
	if asked {
		shown.Offer = i.Rings()
	}
	return shown, err
}

// ListMessages implements the operation of the same name in the contract.
func (h handlers) ListMessages(ctx context.Context, req api.ListMessagesRequest) (api.MessageList, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.MessageList{}, err
	}
	r := h.Store.Reader()
	i := desk.Interaction{Head: desk.Head{ID: req.Interaction}}
	if err := r.Load(ctx, &i); err != nil {
		return api.MessageList{}, err
	}
	if err := h.mayRead(ctx, r, i, who.ID); err != nil {
		return api.MessageList{}, err
	}
	return h.view.Transcript(ctx, r, i, who.ID, req.Cursor, req.Limit)
}

// SendMessage implements the operation of the same name in the contract.
func (h handlers) SendMessage(ctx context.Context, req api.SendMessageRequest) (api.Message, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Message{}, err
	}
	if (req.Body.Text == "") == (req.Body.Template.ID == "") {
		return api.Message{}, fault.New(fault.Invalid, "text_or_template", "send either a text or a template")
	}
	reply := desk.Reply{ClientID: req.Body.ID, Text: req.Body.Text, Values: req.Body.Template.Values}
	by := desk.Agent{Head: desk.Head{ID: who.ID}, Name: who.Name}
	var i desk.Interaction
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i = desk.Interaction{Head: desk.Head{ID: req.Interaction}}
		m := desk.Message{Head: desk.Head{ID: desk.SentID(req.Interaction, who.ID, reply.ClientID)}}
		if err := r.Find(ctx, &m, &i); err != nil {
			return desk.Change{}, err
		}
		if i.Version == 0 {
			return desk.Change{}, noSuch()
		}
		asset := desk.Asset{Head: desk.Head{ID: i.Asset}}
		reply.Template = desk.Template{Head: desk.Head{ID: req.Body.Template.ID}, Queue: i.Queue}
		if err := r.Find(ctx, &asset, &reply.Template); err != nil { // fresh, for they may have been deleted
			return desk.Change{}, err
		}
		return desk.Send(m, i.On(asset), by, reply, h.Now())
	})
	if fault.HasCode(err, "too_long") {
		err = web.With(err, "limit", i.Channel.ComposeLimit())
	}
	if err != nil {
		return api.Message{}, err
	}
	return view.Message(*ch.Message, who.ID), nil
}

// ShowTyping implements the operation of the same name in the contract.
func (h handlers) ShowTyping(ctx context.Context, req api.ShowTypingRequest) (api.Interaction, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: req.Interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		return desk.Type(i, who.ID, h.Now())
	})
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who.ID)
}

// MarkRead implements the operation of the same name in the contract.
func (h handlers) MarkRead(ctx context.Context, req api.MarkReadRequest) (api.Interaction, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i, err := h.mine(ctx, r, req.Interaction, who.ID)
		if err != nil {
			return desk.Change{}, err
		}
		unread, err := h.unread(ctx, r, i, req.Body.Seq)
		if err != nil {
			return desk.Change{}, err
		}
		return desk.MarkRead(i, who.ID, unread)
	})
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who.ID)
}

// unread counts the customer's messages after seq. A mark never makes a message unread that was read.
func (h handlers) unread(ctx context.Context, r *store.Reader, i desk.Interaction, seq int64) (int, error) {
	if i.Unread == 0 || seq >= i.Seq {
		return 0, nil
	}
	after, err := r.MessagesAfter(ctx, i.ID, seq)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range after {
		if m.Direction == desk.Inbound && m.Seq <= i.Seq {
			n++
		}
	}
	return min(n, i.Unread), nil
}

func noSuch() error {
	return fault.New(fault.Missing, "interaction_missing", "there is no such interaction")
}

// caller is the agent who calls.
func caller(ctx context.Context, interaction string) (auth.Person, error) {
	who, err := auth.Agent(ctx)
	if err == nil {
		web.Note(ctx, slog.String("interaction", interaction))
	}
	return who, err
}
