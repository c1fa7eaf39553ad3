// Package sweep reminds whoever owes a move, when the hint or timer that should have done so was lost.
//
//	Trigger   schedule "sweep", each minute
//	Changes   nothing
//	Hints     everything that is overdue: routing, timeout, presence, delivery, conversation, admin
//	Repeats   safe: it only hints
//
// One call makes several rounds, so that nothing waits longer than a round. A round reads what is overdue page by page
// and hints it once: offers, requests for a second agent, leases, agents, interactions with messages, parked messages, what waits for its message, the
// centre when an import was not finished, and deleted assets and queues. Of those who wait it reads one for each token.
package sweep

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/store"
)

func init() { host.HTTP("sweep", Register) }

type config struct {
	Rounds int           `env:"SWEEP_ROUNDS, default=6"`  // in one call
	Every  time.Duration `env:"SWEEP_EVERY, default=10s"` // from the start of a round to the next
}

type handlers struct {
	host.Deps
	config
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{Deps: d}
	if err := d.Load(&h.config); err != nil {
		return err
	}
	d.Schedule(mux, "sweep", h.sweep)
	return nil
}

// sweep makes the rounds; one that fails does not stop the next. A caller who leaves ends them: the next call begins anew.
func (h handlers) sweep(ctx context.Context) error {
	next := time.NewTicker(h.Every)
	defer next.Stop()
	failed := h.round(ctx)
	for range h.Rounds - 1 {
		select {
		case <-ctx.Done():
			return failed
		case <-next.C:
			failed = errors.Join(failed, h.round(ctx))
		}
	}
	return failed
}

// round hints all that is overdue now.
func (h handlers) round(ctx context.Context) error {
	now := h.Now()
	return errors.Join(
		overdue(ctx, h, now, func(o *desk.Offer) desk.Hint { return desk.Hint{Event: desk.HintOfferDue, Offer: o.ID} }),
		overdue(ctx, h, now, func(i *desk.Interaction) desk.Hint {
			return desk.Hint{Event: desk.HintInteractionDue, Interaction: i.ID}
		}),
		overdue(ctx, h, now, func(l *desk.Lease) desk.Hint { return desk.Hint{Event: desk.HintLeaseDue, Lease: l.ID} }),
		overdue(ctx, h, now, func(a *desk.Agent) desk.Hint { return desk.Hint{Event: desk.HintAgentDue, Agent: a.ID} }),
		overdue(ctx, h, now, func(p *desk.Parked) desk.Hint { return desk.Hint{Event: desk.HintParkedDue, Parked: p.ID} }),
		overdue(ctx, h, now, func(r *desk.Receipt) desk.Hint { return desk.Hint{Event: desk.HintReceiptDue, Receipt: r.ID} }),
		overdue(ctx, h, now, func(c *desk.Contact) desk.Hint { return desk.Hint{Event: desk.HintContactDue, Contact: c.ID} }),
		overdue(ctx, h, now, func(*desk.Centre) desk.Hint { return desk.Hint{Event: desk.HintCentreDue} }),
		overdue(ctx, h, now, func(a *desk.Asset) desk.Hint { return desk.Hint{Event: desk.HintAssetDue, Asset: a.ID} }),
		overdue(ctx, h, now, func(q *desk.Queue) desk.Hint { return desk.Hint{Event: desk.HintQueueDue, Queue: q.ID} }),
		h.waiting(ctx),
		overdue(ctx, h, now, func(m *desk.Message) desk.Hint {
			return desk.Hint{Event: desk.HintMessageQueued, Interaction: m.Interaction}
		}),
	)
}

// waiting hints every token somebody waits for. It steps from one token to the next, so it costs a read for each token
// and not for each who waits.
func (h handlers) waiting(ctx context.Context) error {
	var hints []desk.Hint
	for token := ""; ; {
		var err error
		if token, err = h.Store.Reader().NextToken(ctx, token); err != nil || token == "" {
			return errors.Join(err, h.Bus.Hint(ctx, hints...))
		}
		hints = append(hints, desk.Hint{Event: desk.HintInteractionQueued, Token: token})
	}
}

// page is how many overdue records one query reads.
const page = 200

// overdue hints every record of a kind that is overdue, each hint once.
func overdue[T any, P interface {
	*T
	desk.Owed
}](ctx context.Context, h handlers, now time.Time, hint func(P) desk.Hint) error {
	told := map[desk.Hint]bool{}
	var place store.Place
	for {
		found, err := store.Due[T, P](ctx, h.Store.Reader(), now, page, place)
		if err != nil {
			return err
		}
		var hints []desk.Hint
		for n := range found {
			p := P(&found[n])
			place = store.Place{Due: p.Due(), ID: p.Base().ID}
			if hnt := hint(p); !told[hnt] {
				told[hnt] = true
				hints = append(hints, hnt)
			}
		}
		if err := h.Bus.Hint(ctx, hints...); err != nil {
			return err
		}
		if len(found) < page {
			return nil
		}
	}
}
