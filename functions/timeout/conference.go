package timeout

import (
	"context"
	"log/slog"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
	"github.com/deskline/deskline/shared/web"
)

// waited handles the timer of a request for a second agent.
func (h handlers) waited(ctx context.Context, b timer.Body) error {
	until, err := h.endRequest(ctx, b.ID)
	if fault.Is(err, fault.TooEarly) {
		return h.Timers.Set(ctx, timer.ForConference(b.ID, until).After(b))
	}
	if fault.Is(err, fault.Missing) {
		return nil
	}
	return err
}

// endRequest ends the request; when it is too early its end comes back with the fault.
func (h handlers) endRequest(ctx context.Context, interaction string) (until time.Time, err error) {
	web.Note(ctx, slog.String("interaction", interaction))
	_, err = h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		i := desk.Interaction{Head: desk.Head{ID: interaction}}
		if err := r.Load(ctx, &i); err != nil {
			return desk.Change{}, err
		}
		until = i.Second.Until
		return desk.EndRequest(i, h.Now())
	})
	return until, err
}
