// Package routing offers waiting interactions to free agents.
//
//	Trigger   interaction.queued, agent.freed
//	Changes   agent, interaction and a new offer, in one commit for each pair; an interaction that need not wait for one
//	          agent alone any more; interaction and message, where the queue tells who comes something
//	Hints     routing, for the queue of an interaction that need not wait for one agent; delivery, of such a message. For an
//	          offer none: the agent's desktop listens, and the timer is set before the offer is made
//	Repeats   safe: a pass finds what there is; a claim on a pair that is no longer possible stores nothing
//
// An agent can have one pending offer, and the claim writes agent and interaction as they were read, so two passes can
// never give one of them away twice. A pass that stops half-way leaves whole offers and timers that find none. Whoever
// waits beside a free agent after that is found by the next hint on either side, or by the sweep.
//
// Who waits for one agent alone (R30) waits under that agent's own token, so that nobody of the queue stands behind him. The
// hint of that token looks whether he need wait any longer: it comes when he begins to wait, when the agent goes away, and
// from the sweep in every round.
package routing

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/deskline/deskline/shared/bus"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/host"
	"github.com/deskline/deskline/shared/web"
)

func init() { host.HTTP("routing", Register) }

type handlers struct {
	host.Deps
	lanes *lanes
}

// Register adds the function's routes to mux.
func Register(mux *http.ServeMux, d host.Deps) error {
	h := handlers{Deps: d, lanes: newLanes()}
	d.Events(mux, map[string]host.EventFunc{
		desk.HintInteractionQueued: h.queued,
		desk.HintAgentFreed:        h.freed,
	})
	return nil
}

// queued looks for an agent for those who wait under the hint's token.
func (h handlers) queued(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	if hint.Token == "" {
		return fault.New(fault.Invalid, "bad_event", "the hint names no token")
	}
	web.Note(ctx, slog.String("interaction", hint.Interaction))
	if hint.Queue != "" {
		h.Store.ForgetQueue(hint.Queue)
	}
	return h.telling(ctx, hint, func(ctx context.Context) error {
		_, err := h.lanes.do(ctx, hint.Token, h.look)
		return err
	})
}

// headsMax is how many of those who wait for an agent are looked at to learn which tokens are worth a pass.
const headsMax = 4

// freed looks for somebody who waits for the agent: one query over all he can take, then a pass for each token found, and
// again over the others when more wait than it looked at, until a pass leaves nobody free. It goes by the hint, for mostly
// nobody waits: what he took when he was freed is where somebody may have waited for him, and the passes ask who is free
// now.
func (h handlers) freed(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	web.Note(ctx, slog.String("agent", hint.Agent))
	tokens, err := h.takes(ctx, hint)
	if err != nil {
		return err
	}
	tokens = append(slices.DeleteFunc(slices.Clone(tokens), h.closed), desk.AgentToken(hint.Agent))
	var failed error
	for {
		wanted, all, err := h.Store.Reader().Wanted(ctx, tokens, headsMax)
		if err != nil {
			return errors.Join(failed, err)
		}
		stillFree := true
		for _, token := range wanted {
			left, err := h.lanes.do(ctx, token, h.look)
			failed, stillFree = errors.Join(failed, err), stillFree && left
		}
		if all || !stillFree { // whoever has come since hints by himself
			return failed
		}
		tokens = slices.DeleteFunc(tokens, func(token string) bool { return slices.Contains(wanted, token) || h.closed(token) })
	}
}

// takes are the tokens to look at for the agent of a hint: those it has, or else what he can take now.
func (h handlers) takes(ctx context.Context, hint desk.Hint) ([]string, error) {
	if tokens := hint.Tokens(); tokens != nil {
		return tokens, nil
	}
	a := desk.Agent{Head: desk.Head{ID: hint.Agent}}
	err := h.Store.Reader().Load(ctx, &a)
	return a.Takes, err
}
