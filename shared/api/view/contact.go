package view

import (
	"cmp"
	"context"
	"slices"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// Contact shows a contact as a list does. The channel's own IDs of him stay inside.
func (v Viewer) Contact(c desk.Contact) api.Contact {
	p, shown := c.Profile, c.Shown()
	out := api.Contact{
		ID: c.ID, Version: c.Version, Tag: p.Tag(), Channel: api.Channel(c.Channel),
		Name: shown.Name, Initials: desk.Initials(shown.Name), Username: shown.Username, Phone: cmp.Or(p.Phone, shown.Phone),
		Email: p.Email, Company: p.Company, Language: p.Language, Since: c.Since, OptedOut: c.OptedOut,
	}
	if b := c.Blocked; !b.At.IsZero() {
		out.Blocked = api.Block{At: b.At, By: b.By, Reason: b.Reason}
	}
	return out
}

// ContactToday is Contact with how he stands now and what was done to him; newest is his newest interaction, the zero one
// when there never was any. agent is who looks.
func (v Viewer) ContactToday(ctx context.Context, c desk.Contact, newest desk.Interaction, agent string) (api.Contact, error) {
	out := v.Contact(c)
	w := c.Channel.Window(newest.LastCustomerAt, v.Now())
	out.Window = api.Window{State: api.WindowState(w.State), Until: w.Until}
	if slices.Contains(newest.Agents, agent) {
		out.Interaction = newest.ID
	}
	out.History = moves(c.History)
	var err error
	out.Exclusives, err = v.exclusives(ctx, c.Exclusives)
	return out, err
}

// exclusives shows those that hold: of an agent who was deleted since, and of a queue, none does.
func (v Viewer) exclusives(ctx context.Context, list []desk.Exclusive) (out []api.Exclusive, err error) {
	agents, queues := make([]desk.Agent, len(list)), make([]desk.Queue, len(list))
	var recs []desk.Record
	for n, e := range list {
		agents[n].ID, queues[n].ID = e.Agent, e.Queue
		recs = append(recs, &agents[n], &queues[n])
	}
	if err := v.Store.Reader().Find(ctx, recs...); err != nil {
		return nil, err
	}
	for n, e := range list {
		if a, q := agents[n], queues[n]; e.Holds(a, q, v.Now()) {
			out = append(out, api.Exclusive{Queue: api.Ref{ID: q.ID, Name: q.Name}, Agent: api.Ref{ID: a.ID, Name: a.Name},
				By: e.By, Since: e.Since, Until: e.Until})
		}
	}
	return out, nil
}

func moves(h desk.History) []api.Move {
	var out []api.Move
	for _, e := range h.Entries {
		out = append(out, api.Move{Seq: e.Seq, At: e.At, Event: e.Event, By: e.By, Detail: e.Detail})
	}
	return out
}

// Past shows an interaction as the contact's history lists it, to anybody: without what agents wrote about it. The preview is for who may read the messages.
func (v Viewer) Past(ctx context.Context, i desk.Interaction) (api.PastInteraction, error) {
	queue, err := v.queue(ctx, i.Queue)
	if err != nil {
		return api.PastInteraction{}, err
	}
	out := api.PastInteraction{
		ID: i.ID, State: api.InteractionState(i.State), Channel: api.Channel(i.Channel), Queue: queue.ref, Source: i.Source,
		OpenedAt: i.OpenedAt, ClosedAt: i.ClosedAt, Preview: i.Preview, Legs: legs(i),
	}
	if i.State == desk.InteractionClosed {
		out.CloseReason = i.CloseReason
	}
	for n := range out.Legs {
		out.Legs[n].WrapUp.Note = ""
	}
	return out, nil
}

func legs(i desk.Interaction) []api.Leg {
	var out []api.Leg
	for _, l := range i.Legs {
		out = append(out, api.Leg{
			Agent: api.Ref{ID: l.Agent, Name: l.Name}, Seat: api.Seat(l.Seat), From: l.From, To: l.To, WrapUp: WrapUp(l.WrapUp)})
	}
	return out
}
