package acceptance

import (
	"context"
	"slices"

	"github.com/deskline/deskline/shared/desk"
)

// wanted are the hints but for that of an agent for whom nobody waits, as mostly nobody does: the query for it is routing's own, and
// spares the event, its delivery and a call of routing. It begins when the agent is stored as free, so whoever it does not find begins to
// wait later, and the pass he hints at finds the agent. A query that fails may have found somebody.
func (h handlers) wanted(ctx context.Context, hints []desk.Hint) []desk.Hint {
	return slices.DeleteFunc(slices.Clone(hints), func(hint desk.Hint) bool {
		tokens := hint.Tokens()
		if hint.Event != desk.HintAgentFreed || len(tokens) == 0 {
			return false
		}
		found, _, err := h.Store.Reader().Wanted(ctx, append(tokens, desk.AgentToken(hint.Agent)), 1)
		return err == nil && len(found) == 0
	})
}
