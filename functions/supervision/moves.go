package supervision

import (
	"context"
	"log/slog"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// TakeOver implements the operation of the same name in the contract.
func (h handlers) TakeOver(ctx context.Context, req api.TakeOverRequest) (api.Interaction, error) {
	return h.stepIn(ctx, step{req.Interaction, req.IdempotencyKey, req.Body.Note, ""}, desk.TakeOver)
}

// Reassign implements the operation of the same name in the contract.
func (h handlers) Reassign(ctx context.Context, req api.ReassignRequest) (api.Interaction, error) {
	return h.stepIn(ctx, step{req.Interaction, req.IdempotencyKey, req.Body.Note, req.Body.Agent}, desk.Reassign)
}

// Requeue implements the operation of the same name in the contract.
func (h handlers) Requeue(ctx context.Context, req api.RequeueRequest) (api.Interaction, error) {
	return h.stepIn(ctx, step{req.Interaction, req.IdempotencyKey, req.Body.Note, ""},
		func(x desk.Attended, sitting []desk.Agent, _ desk.Agent, v desk.Intervention, now time.Time) (desk.Change, error) {
			return desk.Requeue(x, sitting, v, now)
		})
}

// SetPriority implements the operation of the same name in the contract.
func (h handlers) SetPriority(ctx context.Context, req api.SetPriorityRequest) (api.Interaction, error) {
	return h.stepIn(ctx, step{req.Interaction, req.IdempotencyKey, req.Body.Note, ""},
		func(x desk.Attended, _ []desk.Agent, _ desk.Agent, v desk.Intervention, now time.Time) (desk.Change, error) {
			return desk.Prioritise(x.Interaction, req.Body.Priority, v, now)
		})
}

// EndBySupervisor implements the operation of the same name in the contract.
func (h handlers) EndBySupervisor(ctx context.Context, req api.EndBySupervisorRequest) (api.Interaction, error) {
	return h.stepIn(ctx, step{req.Interaction, req.IdempotencyKey, req.Body.Note, ""},
		func(x desk.Attended, _ []desk.Agent, _ desk.Agent, v desk.Intervention, now time.Time) (desk.Change, error) {
			return desk.EndBySupervisor(x, v, now)
		})
}

// step is what a supervisor asks for in a conversation; to is who gets it, the caller when it is empty.
type step struct{ interaction, key, note, to string }

// rule decides on a step; to is the record of who may get the conversation.
type rule func(x desk.Attended, sitting []desk.Agent, to desk.Agent, v desk.Intervention, now time.Time) (desk.Change, error)

// stepIn makes a supervisor's move. The note's ID follows from the key, so that a repeat finds the same.
func (h handlers) stepIn(ctx context.Context, s step, decide rule) (api.Interaction, error) {
	who, err := caller(ctx)
	if err != nil {
		return api.Interaction{}, err
	}
	web.Note(ctx, slog.String("interaction", s.interaction))
	v := desk.Intervention{By: who, Note: s.note, NoteID: desk.NoteID(s.interaction, who.ID, "intervention "+s.key), Key: s.key}
	ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		to := desk.Agent{Head: desk.Head{ID: who.ID}}
		if s.to != "" {
			to.ID = s.to
		}
		x, sitting, err := r.Held(ctx, s.interaction, &to)
		if err != nil {
			return desk.Change{}, err
		}
		if v.Queue, err = h.queue(ctx, x.Interaction.Queue); err != nil {
			return desk.Change{}, err
		}
		return decide(x, sitting, to, v, h.Now())
	})
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Supervised(ctx, *ch.Interaction, ch.Interaction.History.Entries, who)
}
