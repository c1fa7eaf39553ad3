package view

import (
	"context"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// Data shows the variables of a conversation (R37) to whoever set some.
func (v Viewer) Data(ctx context.Context, i desk.Interaction, by desk.Agent) (api.InteractionData, error) {
	q, err := v.Store.Queue(ctx, i.Queue)
	if err != nil && !fault.Is(err, fault.Missing) {
		return api.InteractionData{}, err
	}
	return api.InteractionData{Interaction: i.ID, Version: i.Version, Data: data(i, q, by)}, nil
}

// data is the interaction's variables, q being its queue, as somebody sees them: those every interaction has, then the queue's in its order.
// Agents do not see what is hidden from them. One without a value is shown only to who can give it one.
func data(i desk.Interaction, q desk.Queue, by desk.Agent) []api.Datum {
	var out []api.Datum
	if origin := i.Origin(); origin != "" {
		out = append(out, api.Datum{ID: desk.VariableOrigin, Name: "Origin", Value: origin})
	}
	out = append(out, api.Datum{ID: desk.VariableDirection, Name: "Direction", Value: string(i.Direction)})
	for _, x := range q.Variables {
		all := by.Oversees(q)
		if x.Access == desk.VariableHidden && !all {
			continue
		}
		can := i.State != desk.InteractionClosed &&
			(all || x.Access == desk.VariableEditable && slices.Contains(i.Agents, by.ID))
		if value := i.Value(x.ID); value != "" || can {
			out = append(out, api.Datum{ID: x.ID, Name: x.Name, Value: value, Editable: can})
		}
	}
	return out
}
