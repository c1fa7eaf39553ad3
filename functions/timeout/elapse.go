package timeout

import (
	"cmp"
	"context"
	"log/slog"
	"slices"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/web"
)

// interactionDue handles the sweep's reminder of an interaction whose time has come.
func (h handlers) interactionDue(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	return h.elapse(ctx, hint.Interaction)
}

// elapse does what the clock owes the interaction, one thing after the other.
func (h handlers) elapse(ctx context.Context, interaction string) error {
	web.Note(ctx, slog.String("interaction", interaction))
	for {
		ch, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
			i := desk.Interaction{Head: desk.Head{ID: interaction}}
			if err := r.Load(ctx, &i); err != nil {
				return desk.Change{}, err
			}
			switch i.Elapsed(h.Now()) {
			case desk.ElapsedWrapUp:
				return h.timeOutWrapUp(ctx, r, i, i.Legs[i.Overdue(h.Now())])
			case desk.ElapsedWarning, desk.ElapsedSilence:
				return h.silent(ctx, r, i)
			case desk.ElapsedWait:
				return h.divert(ctx, r, i)
			case desk.ElapsedProfile:
				return h.relax(ctx, r, i)
			case desk.ElapsedRequest:
				return desk.EndRequest(i, h.Now())
			}
			return desk.Change{}, nil
		})
		if err != nil || len(ch.Save) == 0 {
			return err
		}
	}
}

// timeOutWrapUp settles what is owed for the leg with the reason its queue has for that.
func (h handlers) timeOutWrapUp(ctx context.Context, r *store.Reader, i desk.Interaction, l desk.Leg) (desk.Change, error) {
	a := desk.Agent{Head: desk.Head{ID: l.Agent}}
	if err := r.Load(ctx, &a); err != nil {
		return desk.Change{}, err
	}
	usual, err := h.usual(ctx, cmp.Or(l.Queue, i.Queue))
	if err != nil {
		return desk.Change{}, err
	}
	return desk.TimeOutWrapUp(i, a, usual, h.Now())
}

// silent deals with a customer's silence, if he was told anything that he could answer.
func (h handlers) silent(ctx context.Context, r *store.Reader, i desk.Interaction) (desk.Change, error) {
	said, err := r.MessagesAfter(ctx, i.ID, i.NewestWords())
	if err != nil {
		return desk.Change{}, err
	}
	ch, err := desk.Unheard(i, said, h.Now())
	if err != nil || len(ch.Save) > 0 {
		return ch, err
	}
	if i.Elapsed(h.Now()) == desk.ElapsedWarning {
		return h.warn(ctx, i)
	}
	return h.closeInSilence(ctx, r, i)
}

// warn warns a customer who is silent.
func (h handlers) warn(ctx context.Context, i desk.Interaction) (desk.Change, error) {
	q, err := h.queue(ctx, i.Queue)
	if err != nil {
		return desk.Change{}, err
	}
	return desk.WarnOfSilence(i, q, h.Now())
}

// closeInSilence closes the conversation of a customer who stayed silent.
func (h handlers) closeInSilence(ctx context.Context, r *store.Reader, i desk.Interaction) (desk.Change, error) {
	all, err := r.AllAttended(ctx, []desk.Interaction{i})
	if err != nil {
		return desk.Change{}, err
	}
	sitting := []desk.Agent{{Head: desk.Head{ID: i.Owner}}}
	if guest := i.Guest(); guest != "" {
		sitting = append(sitting, desk.Agent{Head: desk.Head{ID: guest}})
	}
	for n := range sitting {
		if err := r.Load(ctx, &sitting[n]); err != nil {
			return desk.Change{}, err
		}
	}
	if all[0].Queue, err = h.queue(ctx, i.Queue); err != nil {
		return desk.Change{}, err
	}
	usual, err := h.usual(ctx, i.Queue)
	if err != nil {
		return desk.Change{}, err
	}
	return desk.CloseInSilence(all[0], sitting, usual, h.Now())
}

// queue is the queue as it is configured; of one that is gone it is the zero Queue.
func (h handlers) queue(ctx context.Context, id string) (desk.Queue, error) {
	q, err := h.Store.Queue(ctx, id)
	if fault.Is(err, fault.Missing) {
		return desk.Queue{}, nil
	}
	return q, err
}

// usual is the reason for a wrap-up that nobody gives one for; Version zero when the queue has none, or is gone.
func (h handlers) usual(ctx context.Context, queue string) (desk.Reason, error) {
	q, err := h.queue(ctx, queue)
	if err != nil || q.WrapUpReason == "" {
		return desk.Reason{}, err
	}
	reasons, err := h.Store.Reasons(ctx, queue)
	if n := slices.IndexFunc(reasons, func(r desk.Reason) bool { return r.ID == q.WrapUpReason }); n >= 0 {
		return reasons[n], err
	}
	return desk.Reason{}, err
}
