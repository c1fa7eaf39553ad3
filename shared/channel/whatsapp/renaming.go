package whatsapp

import (
	"cmp"
	"slices"
	"strings"

	"github.com/deskline/deskline/shared/channel"
	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// The notices that somebody has a new address.
const (
	changedNumber = "user_changed_number"
	changedUserID = "user_changed_user_id"
)

// moved puts the addresses a notice tells before those that are known: answers go to the new ones, and later messages
// come from them, while the old ones say whose notice it is.
func moved(c desk.Customer, s *system) desk.Customer {
	if s.Type != changedNumber && s.Type != changedUserID {
		return c
	}
	phone, user := digits(s.WaID), whole(s.UserID, meta.IDMax)
	was := []desk.Address{
		{Kind: desk.AddressUserID, Value: userID(cmp.Or(string(s.Previous), formerly(string(s.Body), user)))},
		{Kind: desk.AddressPhone, Value: digits(meta.Scalar(formerly(string(s.Body), phone)))},
	}
	if newer := digits(s.NewWaID); newer != "" {
		was[1].Value, phone = phone, newer
	}
	now := c
	now.Addresses = nil
	addAddresses(&now, phone, user)
	for _, a := range slices.Concat(c.Addresses, was) {
		addAddress(&now, a)
	}
	return now
}

// formerly is the address the customer had before now, by the end of the notice's sentence, "... changed from A to B",
// the only place where WhatsApp names a former user ID. His name stands before it, so he cannot choose what is read
// here; a sentence that does not end in the address of now tells nothing.
func formerly(body, now string) string {
	const from, to = " changed from ", " to "
	at := strings.LastIndex(body, from)
	if at < 0 || now == "" {
		return ""
	}
	before, ok := strings.CutSuffix(body[at+len(from):], to+now)
	if !ok {
		return ""
	}
	return before
}

// userID is s if it has the form of a user ID, a country's two letters, a dot and letters and digits, and empty
// otherwise. Source: Meta's page on business-scoped user IDs, read 2026-11.
func userID(s string) string {
	country, rest, ok := strings.Cut(s, ".")
	if !ok || len(country) != 2 || rest == "" {
		return ""
	}
	return meta.Word(s, meta.IDMax)
}

// userUpdate adds that a customer has a new user ID, or why it is left out.
func (r *reading) userUpdate(account string, u *userUpdate, known people) {
	var before, now string
	if v := u.UserID.Value; v != nil {
		before, now = whole(v.Previous, meta.IDMax), string(v.Current)
	}
	customer, reason := known.customer(digits(u.WaID), now)
	addAddress(&customer, desk.Address{Kind: desk.AddressUserID, Value: before})
	switch {
	case len(customer.Addresses) > 1:
		r.events = append(r.events, channel.Event{Renaming: &desk.Renaming{
			Channel:  desk.WhatsApp,
			Account:  account,
			Customer: customer,
			At:       meta.At(r.now, u.Timestamp),
		}})
	case reason != "":
		r.ignore(reason, userUpdates)
	default:
		r.ignore(IgnoredRenaming, userUpdates)
	}
}
