package desktop

import (
	"context"
	"net/http"
	"net/url"

	"github.com/deskline/deskline/shared/api"
)

const supervised = "/v1/supervision/interactions/"

// Board is how the supervisor's queues and teams stand.
func (d *Desktop) Board(ctx context.Context) (b api.Board, err error) {
	return b, d.Call(ctx, http.MethodGet, "/v1/supervision/snapshot", "", nil, &b)
}

// Crew are agents of the supervisor's teams; q narrows them down as the contract says.
func (d *Desktop) Crew(ctx context.Context, q url.Values) (l api.SupervisedAgentList, err error) {
	return l, d.Call(ctx, http.MethodGet, "/v1/supervision/agents?"+q.Encode(), "", nil, &l)
}

// SendAway makes an agent idle, or takes him offline.
func (d *Desktop) SendAway(ctx context.Context, agent, key string, order api.StateOrder) (a api.SupervisedAgent, err error) {
	return a, d.Call(ctx, http.MethodPut, "/v1/supervision/agents/"+url.PathEscape(agent)+"/state", key, order, &a)
}

// Work are the conversations of the supervisor's queues; q narrows them down as the contract says.
func (d *Desktop) Work(ctx context.Context, q url.Values) (l api.InteractionList, err error) {
	return l, d.Call(ctx, http.MethodGet, "/v1/supervision/interactions?"+q.Encode(), "", nil, &l)
}

// LooksAt is a conversation as a supervisor sees it.
func (d *Desktop) LooksAt(ctx context.Context, interaction string) (i api.Interaction, err error) {
	return i, d.Call(ctx, http.MethodGet, supervised+url.PathEscape(interaction), "", nil, &i)
}

// Overhears is a page of a conversation's transcript as a supervisor sees it.
func (d *Desktop) Overhears(ctx context.Context, interaction, cursor string) (l api.MessageList, err error) {
	q := url.Values{}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	return l, d.Call(ctx, http.MethodGet, supervised+url.PathEscape(interaction)+"/messages?"+q.Encode(), "", nil, &l)
}

// TakeOver makes a conversation the supervisor's.
func (d *Desktop) TakeOver(ctx context.Context, interaction, key, note string) (api.Interaction, error) {
	return d.stepIn(ctx, http.MethodPost, interaction, "take-over", key, api.InterventionNote{Note: note})
}

// Reassign gives a conversation to an agent.
func (d *Desktop) Reassign(ctx context.Context, interaction, key string, to api.Reassignment) (api.Interaction, error) {
	return d.stepIn(ctx, http.MethodPost, interaction, "reassign", key, to)
}

// Requeue puts a conversation in front of its queue.
func (d *Desktop) Requeue(ctx context.Context, interaction, key, note string) (api.Interaction, error) {
	return d.stepIn(ctx, http.MethodPost, interaction, "requeue", key, api.InterventionNote{Note: note})
}

// Prioritise has a conversation come earlier or later.
func (d *Desktop) Prioritise(ctx context.Context, interaction, key string, wish api.PriorityWish) (api.Interaction, error) {
	return d.stepIn(ctx, http.MethodPut, interaction, "priority", key, wish)
}

// EndFor ends a conversation.
func (d *Desktop) EndFor(ctx context.Context, interaction, key, note string) (api.Interaction, error) {
	return d.stepIn(ctx, http.MethodPost, interaction, "end", key, api.InterventionNote{Note: note})
}

func (d *Desktop) stepIn(ctx context.Context, method, interaction, what, key string, body any) (i api.Interaction, err error) {
	return i, d.Call(ctx, method, supervised+url.PathEscape(interaction)+"/"+what, key, body, &i)
}
