package main

import (
	"context"
	"errors"
	"time"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/shared/api"
)

// belongs gives the customer he talks with an agent of his own in the queue, himself or a colleague, for a while or for good, or takes
// him away. Who is not in the queue's team is refused; so is he himself when the conversation was handed on meanwhile.
func (a *agent) belongs(ctx context.Context, i api.Interaction) {
	var until time.Time
	if a.chance(.3) {
		until = a.w.suite.Clock.Now().Add(time.Minute)
	}
	whose, drop := a.w.agents[a.dice.IntN(len(a.w.agents))].ID, a.chance(.2)
	a.asks(ctx, "say whose customer it is", func(ctx context.Context) (err error) {
		if drop {
			_, err = a.desk.DropExclusive(ctx, i.Contact, i.Queue.ID)
		} else {
			_, err = a.desk.SetExclusive(ctx, i.Contact, i.Queue.ID, whose, until)
		}
		var no *desktop.Refused
		if errors.As(err, &no) && (no.Problem.Code == "not_your_contact" || no.Problem.Code == "until_past") {
			return nil
		}
		return err
	}, nil)
}
