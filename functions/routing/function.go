// Package routing offers waiting interactions to free agents.
//
//	Trigger   interaction.queued, agent.freed
//	Changes   agent, interaction and a new offer, in one commit for each pair
//	Hints     none: the agent's desktop listens, and the offer's timer is set before the offer is made
//	Repeats   safe: a pass finds what there is; a claim on a pair that is no longer possible stores nothing
//
// An agent can have one pending offer, and the claim writes agent and interaction as they were read, so two passes can
// never give one of them away twice. A pass that stops half-way leaves whole offers and timers that find none. Whoever
// waits beside a free agent after that is found by the next hint on either side, or by the sweep.
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
	return h.lanes.do(ctx, hint.Token, h.pass)
}

// headsMax is how many of those who wait for an agent are looked at to learn which tokens are worth a pass.
const headsMax = 4

// freed looks for somebody who waits for the agent: one query over all he can take, then a pass for each token found, and
// again over the others while he is still free. The first look goes by the hint, for mostly nobody waits: what he took
// when he was freed is where somebody may have waited for him, and the pass asks who is free now.
func (h handlers) freed(ctx context.Context, e bus.Event) error {
	var hint desk.Hint
	if err := e.Decode(&hint); err != nil {
		return err
	}
	web.Note(ctx, slog.String("agent", hint.Agent))
	done := map[string]bool{}
	var failed error
	for tokens := hint.Tokens(); ; tokens = nil {
		heads, err := h.heads(ctx, hint.Agent, tokens, done)
		if err != nil || len(heads) == 0 {
			return errors.Join(failed, err)
		}
		for _, i := range heads {
			if done[i.Wants] {
				continue
			}
			done[i.Wants] = true
			failed = errors.Join(failed, h.lanes.do(ctx, i.Wants, h.pass))
		}
	}
}

// heads are some of those who wait for any of the tokens or, when there are none, for what the agent can take now,
// without the tokens that are done.
func (h handlers) heads(ctx context.Context, agent string, tokens []string, done map[string]bool) ([]desk.Interaction, error) {
	r := h.Store.Reader()
	if tokens == nil {
		a := desk.Agent{Head: desk.Head{ID: agent}}
		if err := r.Load(ctx, &a); err != nil {
			return nil, err
		}
		tokens = slices.DeleteFunc(a.Takes, func(token string) bool { return done[token] })
	}
	return r.Waiting(ctx, tokens, headsMax, desk.Interaction{})
}
