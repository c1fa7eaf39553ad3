package desk

import (
	"cmp"
	"reflect"
	"slices"
	"time"
)

// meeting is a contact as he is after something came from him: joined with whoever turned out to be the same person.
type meeting struct {
	contact Contact
	news    bool        // the contact must be stored
	talk    Interaction // his newest, or the open one of a contact he was joined with
	joined  []Contact   // contacts he took over
	ids     []Identity  // his new addresses
}

// meet finds who a customer is. Of several contacts whom his addresses point to, the first takes over the others: their
// addresses lead to him from now on, and an open conversation goes on.
func meet(channel Channel, from Customer, k Known, id string, now time.Time) *meeting {
	w := &meeting{contact: k.Contact, talk: k.Interaction}
	if w.contact.Version == 0 {
		w.contact = Contact{Head: Head{ID: cmp.Or(k.Contact.ID, id)}, Channel: channel, Asset: k.Asset.ID, Since: now}
		w.news = true
	}
	for _, other := range k.Others {
		w.join(other, now)
	}
	w.learn(from)
	for _, one := range k.Identities {
		if one.Version == 0 {
			w.ids = append(w.ids, one)
		}
	}
	return w
}

// join takes over a contact that is the same person.
func (w *meeting) join(other Acquaintance, now time.Time) {
	c, o := &w.contact, other.Contact
	w.learn(Customer{
		Name: cmp.Or(c.Customer.Name, o.Customer.Name), Username: cmp.Or(c.Customer.Username, o.Customer.Username),
		Phone: cmp.Or(c.Customer.Phone, o.Customer.Phone), Addresses: o.Customer.Addresses,
	})
	c.Others = append(slices.Clip(slices.Clone(c.Others)), o.ID)
	c.Others = append(c.Others, o.Others...)
	c.Profile = Profile{
		Name: cmp.Or(c.Profile.Name, o.Profile.Name), Phone: cmp.Or(c.Profile.Phone, o.Profile.Phone),
		Email: cmp.Or(c.Profile.Email, o.Profile.Email), Company: cmp.Or(c.Profile.Company, o.Profile.Company),
		Language: cmp.Or(c.Profile.Language, o.Profile.Language),
	}
	c.Exclusives = joined(c.Exclusives, o.Exclusives)
	if !c.isBlocked() {
		c.Blocked = o.Blocked
	}
	if o.OptedAt.After(c.OptedAt) {
		c.OptedOut, c.OptedAt = o.OptedOut, o.OptedAt
	}
	if o.EntranceAt.After(c.EntranceAt) {
		c.Entrance, c.EntranceAt = o.Entrance, o.EntranceAt
	}
	if !o.DueAt.IsZero() {
		c.Marks.raise(MessageDelivered, o.Marks.Delivered)
		c.Marks.raise(MessageRead, o.Marks.Read)
		c.DueAt = timeOr(c.DueAt, o.DueAt)
	}
	if w.talk.Version == 0 || !w.talk.State.Open() && other.Interaction.State.Open() {
		c.Open, w.talk = o.Open, other.Interaction
	}
	w.news = true
	o.Into, o.Search, o.Marks, o.DueAt = c.ID, nil, Marks{}, time.Time{}
	w.joined = append(w.joined, o)
}

// learn keeps what the channel tells about the customer.
func (w *meeting) learn(from Customer) {
	c := &w.contact.Customer
	keep := func(have *string, got string) {
		if got != "" && got != *have {
			*have, w.news = got, true
		}
	}
	keep(&c.Name, from.Name)
	keep(&c.Username, from.Username)
	keep(&c.Phone, from.Phone)
	for _, a := range from.Addresses {
		if !hasAddress(c.Addresses, a) {
			c.Addresses, w.news = append(slices.Clip(slices.Clone(c.Addresses)), a), true
		}
	}
}

// known is an open conversation with the contact as he is now.
func (w *meeting) known(i Interaction) Interaction {
	i.Customer, i.Contact, i.Exclusives = w.contact.Shown(), w.contact.ID, w.contact.Exclusives
	return i
}

// goesOn has an open conversation go on with the contact as he is now.
func (w *meeting) goesOn(ch *Change) {
	i := w.talk
	if i.State.Open() {
		i = w.known(i)
	}
	ch.Interaction = &i
	if !reflect.DeepEqual(i, w.talk) {
		ch.Save = append(ch.Save, &i)
	}
}

// save is what must be stored of the meeting.
func (w *meeting) save(now time.Time) []Record {
	var recs []Record
	if w.news {
		w.contact = w.contact.indexed()
		recs = append(recs, &w.contact)
	}
	for n := range w.joined {
		recs = append(recs, &w.joined[n])
	}
	for _, one := range w.ids {
		one.Contact, one.Since = w.contact.ID, now
		recs = append(recs, &one)
	}
	return recs
}

func (c Contact) isBlocked() bool { return !c.Blocked.At.IsZero() }

// Rename joins a customer's new addresses with those on record. Somebody nobody knows is left alone: Change.Contact is nil
// then.
func Rename(told Renaming, k Known, now time.Time) (Change, error) {
	if k.Contact.Version == 0 {
		return Change{}, nil
	}
	w := meet(told.Channel, told.Customer, k, "", now)
	ch := Change{Save: w.save(now), Contact: &w.contact}
	w.goesOn(&ch)
	return ch, nil
}

// Prefer records whether a customer takes marketing messages, also of one who has never written: id is the contact's then.
// A word older than the newest changes nothing; of two at one time that he takes none holds.
func Prefer(told Preference, k Known, id string, now time.Time) (Change, error) {
	w := meet(told.Channel, told.Customer, k, id, now)
	c := &w.contact
	at := Micro(timeOr(told.At, now))
	if at.After(c.OptedAt) || at.Equal(c.OptedAt) && !told.Marketing && c.OptedOut.IsZero() {
		c.OptedAt, c.OptedOut, w.news = at, time.Time{}, true
		if !told.Marketing {
			c.OptedOut = at
		}
	}
	ch := Change{Save: w.save(now), Contact: c}
	w.goesOn(&ch)
	return ch, nil
}
