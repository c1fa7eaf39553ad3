package view

import (
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
)

// Message shows a message to an agent; only the sender's desktop gets its own ID of it back.
func Message(m desk.Message, agent string) api.Message {
	out := api.Message{
		ID: m.ID, Interaction: m.Interaction, Seq: m.Seq, Version: m.Version, At: m.At, ReceivedAt: m.ReceivedAt,
		Direction: api.Direction(m.Direction), Author: author(m), Kind: api.MessageKind(m.Kind), Text: m.Text,
		Fallback: m.Fallback, State: api.MessageState(m.State), SentAt: m.SentAt, DeliveredAt: m.DeliveredAt,
		ReadAt: m.ReadAt, Error: api.MessageError{Code: m.Problem.Code, Advice: m.Problem.Advice},
		Reaction: m.Reaction, EditedAt: m.EditedAt, RevokedAt: m.RevokedAt,
	}
	out.Template = api.Ref{ID: m.Template.ID, Name: m.Template.Name}
	if m.Author == agent {
		out.ClientID = m.ClientID
	}
	for _, w := range m.Before {
		out.Before = append(out.Before, api.Wording{At: w.At, Text: w.Text, Fallback: w.Fallback})
	}
	detail(&out, m.Detail)
	return out
}

// detail shows what a message consists of beside its words. Where the channel keeps a file is not shown: it needs the
// asset's token.
func detail(out *api.Message, d desk.Detail) {
	out.Forwarded = d.Forwarded
	for _, a := range d.Attachments {
		out.Attachments = append(out.Attachments, api.Attachment{
			Kind: api.MessageKind(a.Kind), MimeType: a.MimeType, Name: a.Name, Voice: a.Voice, Animated: a.Animated})
	}
	out.Location = api.Location{Name: d.Location.Name, Address: d.Location.Address,
		Latitude: d.Location.Latitude, Longitude: d.Location.Longitude, URL: d.Location.URL}
	for _, c := range d.Cards {
		out.Cards = append(out.Cards, api.Card{Name: c.Name, Phones: c.Phones, Emails: c.Emails})
	}
	out.Choice = api.Selection{ID: d.Choice.ID, Title: d.Choice.Title, Description: d.Choice.Description}
	for _, a := range d.Form {
		out.Form = append(out.Form, api.Answer(a))
	}
	out.Order = api.Order{Catalog: d.Order.Catalog}
	for _, item := range d.Order.Items {
		out.Order.Items = append(out.Order.Items, api.OrderItem{
			Product: item.Product, Quantity: item.Quantity, Price: item.Price, Currency: item.Currency})
	}
	out.Product = api.Product{Catalog: d.Product.Catalog, ID: d.Product.ID}
	out.Referral = referral(d.Referral)
}

func referral(r desk.Referral) api.Referral {
	return api.Referral{Source: r.Source, Ref: r.Ref, ID: r.ID, URL: r.URL, Headline: r.Headline, Body: r.Body}
}

func author(m desk.Message) api.Author {
	switch {
	case m.Kind == desk.SystemMessage && m.Direction == desk.Outbound:
		return api.Author{Kind: api.AuthorKindSystem}
	case m.Direction == desk.Inbound:
		return api.Author{Kind: api.AuthorKindCustomer, Name: m.AuthorName, Initials: desk.Initials(m.AuthorName)}
	case m.Elsewhere:
		return api.Author{Kind: api.AuthorKindBusiness}
	}
	return api.Author{Kind: api.AuthorKindAgent, ID: m.Author, Name: m.AuthorName, Initials: desk.Initials(m.AuthorName)}
}
