package conversation

import (
	"cmp"
	"context"
	"slices"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
)

// intoMax is how many contacts in a row may have taken each other over. The oldest takes over the others, so a row grows only
// when an older one still turns out to be the same person; nobody has that many addresses.
const intoMax = 8

// whose finds who a customer is, and his newest interaction; the oldest contact first when his addresses lead to several.
// with are further records to read in the same round trip; when the first of them is a message that is there already,
// nobody is looked for.
func (h handlers) whose(ctx context.Context, r *store.Reader, asset string, c desk.Customer, with ...desk.Record) (desk.Known, error) {
	k := desk.Known{Asset: desk.Asset{Head: desk.Head{ID: asset}}, Identities: make([]desk.Identity, len(c.Addresses))}
	for n, a := range c.Addresses {
		k.Identities[n].ID = desk.IdentityID(h.key, asset, a)
		with = append(with, &k.Identities[n])
	}
	if err := r.Find(ctx, with...); err != nil {
		return k, err
	}
	if m, ok := with[0].(*desk.Message); ok && m.Version > 0 && !m.Stub {
		return k, nil
	}
	contacts, err := contactsOf(ctx, r, k.Identities)
	if err != nil || len(contacts) == 0 {
		return k, err
	}
	talks := make([]desk.Interaction, len(contacts))
	newest := make([]desk.Record, len(contacts))
	for n := range contacts {
		talks[n].ID = contacts[n].Open
		newest[n] = &talks[n]
	}
	if err := r.Find(ctx, newest...); err != nil {
		return k, err
	}
	k.Contact, k.Interaction = contacts[0], talks[0]
	for n := 1; n < len(contacts); n++ {
		k.Others = append(k.Others, desk.Acquaintance{Contact: contacts[n], Interaction: talks[n]})
	}
	return k, nil
}

// contactsOf reads the contacts the identities lead to, each once, the oldest first.
func contactsOf(ctx context.Context, r *store.Reader, identities []desk.Identity) ([]desk.Contact, error) {
	var ids []string
	for _, one := range identities {
		ids = append(ids, one.Contact)
	}
	for range intoMax {
		contacts, err := loadContacts(ctx, r, ids)
		if err != nil || !slices.ContainsFunc(contacts, func(c desk.Contact) bool { return c.Into != "" }) {
			return contacts, err
		}
		ids = nil
		for _, c := range contacts {
			ids = append(ids, cmp.Or(c.Into, c.ID))
		}
	}
	return loadContacts(ctx, r, ids)
}

func loadContacts(ctx context.Context, r *store.Reader, ids []string) ([]desk.Contact, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	slices.Sort(ids)
	ids = slices.Compact(ids)
	contacts := make([]desk.Contact, len(ids))
	recs := make([]desk.Record, len(ids))
	for n, id := range ids {
		contacts[n].ID = id
		recs[n] = &contacts[n]
	}
	if err := r.Find(ctx, recs...); err != nil {
		return nil, err
	}
	slices.SortFunc(contacts, func(a, b desk.Contact) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID)) })
	return contacts, nil
}
