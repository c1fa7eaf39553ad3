package main

import (
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// whatsApp is the one channel that takes templates.
const whatsApp = api.Channel(desk.WhatsApp)

// starts begins a conversation with somebody who came the day before: by the template, which WhatsApp takes at any time, or with a
// text, which it takes only from who has heard from the customer meanwhile; Messenger takes it from people. He may be refused, for the
// customer may be talking with somebody, or he himself be full.
func (a *agent) starts(ctx context.Context) {
	who, key := a.w.known[a.dice.IntN(len(a.w.known))], a.key()
	wish := api.NewInteraction{Queue: a.teams[a.dice.IntN(len(a.teams))]}
	template := who.Channel == desk.WhatsApp && a.chance(.7)
	id := desk.StartID(a.ID, key)
	r := a.w.says(a.ID, id, key, template)
	if template {
		wish.Template = api.TemplateUse{ID: "news", Values: []string{key}}
	} else {
		wish.Text = r.Text
	}
	a.said[id]++
	a.asks(ctx, "start a conversation", func(ctx context.Context) error {
		_, err := a.desk.Start(ctx, who.Contact, key, wish)
		return err
	}, r.answered)
}
