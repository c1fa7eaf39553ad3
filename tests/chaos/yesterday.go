package main

import (
	"context"
	"fmt"
	"time"

	"github.com/deskline/deskline/shared/desk"
)

// overnight is how long ago the day before is: WhatsApp's window has closed, and Messenger's is open for people only.
const overnight = 25 * time.Hour

// acquaintance is a customer who has written before, as agents find him: whom they may write to by themselves.
type acquaintance struct {
	Contact string
	Channel desk.Channel
}

// yesterdays are how many of the customers came the day before.
func (o options) yesterdays() int { return max(1, min(o.agents, o.conversations/10)) }

// yesterday is the day before, on which nothing goes wrong: some customers come and are served. Then a night passes.
func (w *world) yesterday(ctx context.Context) error {
	for _, c := range w.customers {
		for n, said := range c.before {
			said.at = w.suite.Clock.Now()
			c.writes(w, said, n)
		}
	}
	if err := w.settles(ctx); err != nil {
		return err
	}
	if err := w.finishes(ctx); err != nil {
		return err
	}
	for _, a := range w.agents {
		a.mood = busy
	}
	w.passes(w.begins.Sub(w.suite.Clock.Now()))
	if err := w.settles(ctx); err != nil {
		return err
	}
	r, err := w.look(ctx)
	if err != nil {
		return err
	}
	for _, i := range r.interactions {
		w.known = append(w.known, acquaintance{i.Contact, i.Channel})
	}
	if len(w.known) < w.opt.yesterdays() {
		return fmt.Errorf("%d customers were served the day before, and %d came", len(w.known), w.opt.yesterdays())
	}
	return nil
}
