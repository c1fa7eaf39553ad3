package contacts

import (
	"context"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/api/view"
	"github.com/deskline/deskline/shared/auth"
	"github.com/deskline/deskline/shared/desk"
)

const (
	searchPage = 100  // contacts read at once
	searchMax  = 1000 // contacts one request looks at: a search for a rare person with a frequent name goes on in the next
)

// SearchContacts implements the operation of the same name in the contract.
func (h handlers) SearchContacts(ctx context.Context, req api.SearchContactsRequest) (api.ContactList, error) {
	if _, err := auth.Agent(ctx); err != nil {
		return api.ContactList{}, err
	}
	search, err := desk.NewContactSearch(req.Name, req.Phone, req.Email)
	if err != nil {
		return api.ContactList{}, err
	}
	after, err := view.ParsePlace(req.Cursor)
	if err != nil {
		return api.ContactList{}, err
	}
	found, more, err := h.find(ctx, search, req.Limit, after)
	if err != nil {
		return api.ContactList{}, err
	}
	list := api.ContactList{Next: more, Now: h.Now()}
	for _, c := range found {
		list.Items = append(list.Items, h.view.Contact(c))
	}
	return list, nil
}

// find walks on from a place until the page is full or it has looked at enough. more is where the next page begins; empty
// when there is none.
func (h handlers) find(ctx context.Context, search desk.ContactSearch, limit int, after view.Place) (found []desk.Contact, more string, err error) {
	r := h.Store.Reader()
	for range searchMax / searchPage {
		some, err := r.Contacts(ctx, search.Term(), searchPage, after.Spot())
		if err != nil {
			return nil, "", err
		}
		for _, c := range some {
			if !search.Fits(c) {
				continue
			}
			if len(found) == limit {
				return found, placeOf(found[limit-1]).String(), nil
			}
			found = append(found, c)
		}
		if len(some) < searchPage {
			return found, "", nil
		}
		after = placeOf(some[len(some)-1])
	}
	return found, after.String(), nil
}

func placeOf(c desk.Contact) view.Place { return view.Place{At: c.Since, Key: c.ID} }
