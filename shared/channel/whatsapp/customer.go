package whatsapp

import (
	"slices"
	"strings"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// people finds who a message or change is about among the contacts that came beside it.
type people struct {
	phones map[string]*profile
	users  map[string]*profile
	only   *profile // where one contact stands beside one element, whatever their IDs
}

func newPeople(contacts []profile, elements int) people {
	p := people{phones: make(map[string]*profile, len(contacts)), users: make(map[string]*profile, len(contacts))}
	for i := range contacts {
		c := &contacts[i]
		if phone := digits(c.WaID); phone != "" {
			p.phones[phone] = c
		}
		if c.UserID != "" {
			p.users[string(c.UserID)] = c
		}
	}
	if len(contacts) == 1 && elements == 1 {
		p.only = &contacts[0]
	}
	return p
}

// of gives the contact with the user ID or, failing that, the phone number; same says that it is the sender's. Where
// it is not, the contact can tell a name but no address: other IDs might be another person's.
func (p people) of(phone, user string) (c *profile, same bool) {
	if c, ok := p.users[user]; ok {
		return c, true
	}
	if c, ok := p.phones[phone]; ok {
		return c, true
	}
	return p.only, p.only != nil && phone == "" && user == ""
}

// sender says who wrote the message. Without an address the reason says why it has none, except that a notice of a new
// address, which may name no sender, needs only to name the former one too.
func (p people) sender(m *message) (desk.Customer, string) {
	c, reason := p.customer(digits(m.From), string(m.FromUserID))
	if notice := m.System.Value; notice != nil && m.Type == "system" {
		if c = moved(c, notice); len(c.Addresses) > 1 {
			return c, ""
		}
	}
	return c, reason
}

// customer is whoever has the phone number and user ID, either of which may be empty. Without an address the reason
// says why there is none.
func (p people) customer(phone, user string) (c desk.Customer, reason string) {
	if who, same := p.of(phone, user); who != nil {
		if same && phone == "" {
			phone = digits(who.WaID)
		}
		if same && user == "" {
			user = string(who.UserID)
		}
		if about := who.Profile.Value; about != nil {
			c.Name = meta.Line(string(about.Name), meta.LineMax)
			c.Username = strings.TrimPrefix(meta.Line(string(about.Username), meta.LineMax+1), "@")
		}
	}
	if len(user) > meta.IDMax {
		user, reason = "", IgnoredLongID
	}
	addAddresses(&c, phone, user)
	if len(c.Addresses) > 0 {
		return c, ""
	}
	if reason == "" {
		reason = IgnoredSender
	}
	return c, reason
}

// addAddresses adds addresses, the lasting user ID first; an empty one adds nothing.
func addAddresses(c *desk.Customer, phone, user string) {
	addAddress(c, desk.Address{Kind: desk.AddressUserID, Value: user})
	addAddress(c, desk.Address{Kind: desk.AddressPhone, Value: phone})
	if phone != "" {
		c.Phone = "+" + phone
	}
}

// addAddress adds an address, unless it is empty or there already.
func addAddress(c *desk.Customer, a desk.Address) {
	if a.Value != "" && !slices.Contains(c.Addresses, a) {
		c.Addresses = append(c.Addresses, a)
	}
}

// phoneMax leaves room beyond the 15 digits a phone number has (ITU-T E.164).
const phoneMax = 32

// digits is a WhatsApp ID, which is a phone number without its leading +; empty when id is something else.
func digits(id meta.Scalar) string {
	s := strings.TrimPrefix(string(id), "+")
	if len(s) > phoneMax || strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return ""
	}
	return s
}
