package conference

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/shared/timer"
)

// RequestConference implements the operation of the same name in the contract.
func (h handlers) RequestConference(ctx context.Context, req api.RequestConferenceRequest) (api.Interaction, error) {
	who, err := caller(ctx, req.Interaction)
	if err != nil {
		return api.Interaction{}, err
	}
	if (req.Body.Agent == "") == (req.Body.Queue == "") {
		return api.Interaction{}, fault.New(fault.Invalid, "one_target", "name one agent or one queue")
	}
	w := wish{handlers: h, req: req, by: who, offer: h.NewID()}
	ch, err := h.Move(ctx, w.decide)
	if err != nil {
		return api.Interaction{}, err
	}
	return h.view.Interaction(ctx, *ch.Interaction, who)
}

// wish is one request over all its tries: what it creates has the same ID and time in each.
type wish struct {
	handlers
	req   api.RequestConferenceRequest
	by    string
	offer string    // the ID of an agent's offer
	until time.Time // when the offer, or the request of a queue, ends; fixed at the first try
	timed bool      // its timer was set
}

// decide reads what the request is about, afresh for each try, and decides.
func (w *wish) decide(ctx context.Context, r *store.Reader) (desk.Change, error) {
	i := desk.Interaction{Head: desk.Head{ID: w.req.Interaction}}
	if err := r.Load(ctx, &i); err != nil {
		return desk.Change{}, err
	}
	v := desk.Invitation{Note: w.req.Body.Note, Key: w.req.IdempotencyKey}
	v.Asset.ID, v.Agent.ID, v.Queue.ID = i.Asset, w.req.Body.Agent, w.req.Body.Queue
	if err := r.Find(ctx, &v.Asset, &v.Agent, &v.Queue); err != nil {
		return desk.Change{}, err
	}
	home, err := w.Store.Queue(ctx, i.Queue)
	if err != nil && !fault.Is(err, fault.Missing) {
		return desk.Change{}, err
	}
	v.Home = home
	if w.until.IsZero() {
		lasts := cmp.Or(home.OfferTimeout, desk.DefaultOfferTimeout)
		if v.Queue.ID != "" {
			lasts = home.ConferenceFor()
		}
		w.until = desk.Micro(w.Now().Add(lasts))
	}
	call := timer.ForConference(i.ID, w.until)
	if v.Until = w.until; v.Agent.ID != "" {
		v.Offer.ID, v.Offer.Deadline = w.offer, w.until
		call = timer.ForOffer(w.offer, w.until)
	}
	ch, err := desk.RequestConference(i.On(v.Asset), w.by, v, w.Now())
	if err == nil && len(ch.Save) > 0 && !w.timed {
		w.setTimer(ctx, call)
	}
	return ch, err
}

// timerFor is how long a request waits for its timer.
const timerFor = time.Second

// setTimer sets the timer that ends what is asked. Without it the request is made all the same: the sweep ends it.
func (w *wish) setTimer(ctx context.Context, c timer.Call) {
	w.timed = true
	ctx, cancel := context.WithTimeout(ctx, timerFor)
	defer cancel()
	if err := w.Timers.Set(ctx, c); err != nil {
		w.Log.LogAttrs(ctx, slog.LevelError, "timer not set, left to the sweep", slog.String("interaction", w.req.Interaction), slog.Any("err", err))
	}
}
