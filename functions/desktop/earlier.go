package desktop

import (
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// earlierMax is how many messages of earlier conversations a transcript begins with.
const earlierMax = 100

// earlier is what a transcript begins with: what was said with the contact in the last hours before the interaction opened
// (R9). It takes reads only when something was.
func (h handlers) earlier(ctx context.Context, r *store.Reader, i desk.Interaction, agent string) (out api.List[api.Message], err error) {
	if i.Before.IsZero() {
		return nil, nil
	}
	q, err := h.Store.Queue(ctx, i.Queue)
	if fault.Is(err, fault.Missing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	from := i.Past(q)
	if from.IsZero() {
		return nil, nil
	}
	c, err := r.Contact(ctx, i.Contact)
	if err != nil {
		return nil, err
	}
	found, err := r.Said(ctx, c, from, i.Before, earlierMax)
	for _, m := range found {
		if m.Interaction != i.ID {
			out = append(out, view.Message(m, agent))
		}
	}
	return out, err
}
