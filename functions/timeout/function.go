// Package timeout makes the clock's moves: it ends offers nobody answered, requests for a second agent that no agent of the
// queue took, wrap-ups that are owed for too long, and, after a warning, conversations whose customer is silent. Of those who
// wait in vain, it has some ask for less and others go to another queue.
//
//	Trigger   timer "offer" at the deadline, timer "conference" when a queue is no longer asked, timer "wait" when a wait is
//	          over; offer.due when that timer was
//	          lost, and interaction.due, both from the sweep: what has no timer may be as late as the sweep's next round
//	Changes   of an offer: offer, agent (RONA) and interaction; of a request or a wait the interaction; of a wrap-up interaction and
//	          agent; of silence interaction and message, in the end interaction and agents; each in one commit
//	Hints     routing: the interaction waits again, or the agent has room; delivery, of the warning
//	Repeats   safe: an offer that has its answer stays as it is, and so does an interaction whose time has not come
//
// The stored deadline is the authority, so a timer may come early, late or twice: an early one sets its successor, one
// that finds no offer has nothing to do (its offer was never made).
package timeout

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("timeout", Register) }

type handlers struct{ host.Deps }

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{d}
	d.Timer(mux, "offer", h.rang)
	d.Timer(mux, "conference", h.waited)
	d.Timer(mux, "wait", h.waits)
	d.Events(mux, map[string]host.EventFunc{desk.HintOfferDue: h.due, desk.HintInteractionDue: h.interactionDue})
	return nil
}

// rang handles the timer.
func (h handlers) rang(ctx context.Context, b timer.Body) error {
	o, err := h.expire(ctx, b.ID)
	if fault.Is(err, fault.TooEarly) {
		return h.Timers.Set(ctx, timer.ForOffer(o.ID, o.Deadline).After(b))
	}
	if fault.Is(err, fault.Missing) {
		return nil
	}
	return err
}

// due handles the sweep's reminder.
func (h handlers) due(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	_, err := h.expire(ctx, hint.Offer)
	if fault.Is(err, fault.TooEarly) {
		return nil
	}
	return err
}

// expire ends the offer; when it is too early the offer that rings comes back with the fault.
func (h handlers) expire(ctx context.Context, offer string) (desk.Offer, error) {
	web.Note(ctx, slog.String("offer", offer))
	var o desk.Offer
	_, err := h.Move(ctx, func(ctx context.Context, r *store.Reader) (desk.Change, error) {
		x, err := r.Offer(ctx, offer)
		o = x.Offer
		if err != nil {
			return desk.Change{}, err
		}
		return desk.ExpireOffer(x, h.Now())
	})
	return o, err
}
