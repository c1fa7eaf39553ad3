package desktop

import (
	"context"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
	"github.com/deskline/deskline/shared/store"
)

// Whose conversation it is decides who may read it and who may do something in it, not who knows its ID.

// mine reads an interaction in which the agent has, or had, a seat.
func (h handlers) mine(ctx context.Context, r *store.Reader, id, agent string) (desk.Interaction, error) {
	i := desk.Interaction{Head: desk.Head{ID: id}}
	if err := r.Load(ctx, &i); err != nil {
		return i, err
	}
	if !i.Sat(agent) {
		return i, notYours()
	}
	return i, nil
}

// mayRead is nil when the agent has, or had, a seat in the interaction, and when it is an earlier one of a contact he deals
// with now. Only the second takes reads: of what is on his desk, and of the contact when that was merged with another.
func (h handlers) mayRead(ctx context.Context, r *store.Reader, i desk.Interaction, agent string) error {
	if i.Sat(agent) {
		return nil
	}
	dealt, _, err := h.tasks(ctx, agent)
	if fault.Is(err, fault.Missing) { // somebody without a desk
		return notYours()
	}
	if err != nil {
		return err
	}
	c := desk.Contact{Head: desk.Head{ID: i.Contact}}
	if desk.MayReadEarlier(i, c, dealt) {
		return nil
	}
	if len(dealt) == 0 {
		return notYours()
	}
	if c, err = r.Contact(ctx, i.Contact); err != nil {
		return err
	}
	if !desk.MayReadEarlier(i, c, dealt) {
		return notYours()
	}
	return nil
}

// asked reports whether the agent is being asked to take the interaction.
func (h handlers) asked(ctx context.Context, r *store.Reader, i desk.Interaction, agent string) (bool, error) {
	o := desk.Offer{Head: desk.Head{ID: i.Rings()}}
	err := r.Find(ctx, &o)
	return o.Version > 0 && o.Agent == agent, err
}

func notYours() error {
	return fault.New(fault.Denied, "not_your_conversation", "the conversation belongs to somebody else")
}
