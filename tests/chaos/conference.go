package main

import (
	"context"
	"net/url"

	"github.com/deskline/deskline/shared/api"
)

// tries asks for a move that needs nothing but its conversation.
func (a *agent) tries(ctx context.Context, what, interaction string, do func(ctx context.Context, interaction, key string) (api.Interaction, error)) {
	key := a.key()
	a.asks(ctx, what, func(ctx context.Context) error { _, err := do(ctx, interaction, key); return err }, nil)
}

// confers is what an owner does about a second agent: asks one who is there, or a queue, takes that back, or puts the guest into his
// own seat or out.
func (a *agent) confers(ctx context.Context, i api.Interaction) {
	switch i.Conference.State {
	case api.SecondSeatStateRequested:
		if a.chance(.3) {
			a.tries(ctx, "cancel the request", i.ID, a.desk.CancelConference)
		}
	case api.SecondSeatStateJoined:
		if a.chance(.5) {
			a.tries(ctx, "remove the guest", i.ID, a.desk.RemoveGuest)
		} else {
			a.tries(ctx, "hand over", i.ID, a.desk.HandOver)
		}
	default:
		a.invites(ctx, i)
	}
}

// invites asks one of those who can join now, if there are any.
func (a *agent) invites(ctx context.Context, i api.Interaction) {
	list, err := a.desk.Targets(ctx, i.ID, url.Values{"for": {string(api.TargetUseConference)}})
	if err != nil {
		a.w.unexpected(a, "look for somebody to join", err)
		return
	}
	var wishes []api.ConferenceWish
	for _, q := range list.Queues {
		wishes = append(wishes, api.ConferenceWish{Queue: q.ID})
	}
	for _, g := range list.Agents {
		wishes = append(wishes, api.ConferenceWish{Agent: g.ID, Note: "look"})
	}
	if len(wishes) == 0 {
		return
	}
	wish, key := wishes[a.dice.IntN(len(wishes))], a.key()
	a.asks(ctx, "confer", func(ctx context.Context) error { _, err := a.desk.Confer(ctx, i.ID, key, wish); return err }, nil)
}
