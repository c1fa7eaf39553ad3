package whatsapp

import (
	"slices"
	"strings"
	"unicode"

	"github.com/deskline/deskline/shared/channel/meta"
	"github.com/deskline/deskline/shared/desk"
)

// people finds who wrote a message among the contacts that came beside it.
type people struct {
	phones map[string]*profile
	users  map[string]*profile
	only   *profile // where one contact stands beside one message, whatever their IDs
}

func newPeople(v value) people {
	contacts := v.Contacts.Items
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
	if len(contacts) == 1 && len(v.Messages.Items) == 1 {
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

// customerOf says who wrote the message. Without an address the reason says why it has none.
func customerOf(m *message, known people) (c desk.Customer, reason string) {
	phone, user := digits(m.From), string(m.FromUserID)
	if who, same := known.of(phone, user); who != nil {
		if same && phone == "" {
			phone = digits(who.WaID)
		}
		if same && user == "" {
			user = string(who.UserID)
		}
		if p := who.Profile.Value; p != nil {
			c.Name = line(string(p.Name), nameMax)
			c.Username = strings.TrimPrefix(line(string(p.Username), nameMax+1), "@")
		}
	}
	if len(user) > idMax {
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

// moved adds the address a notice of a changed number or user ID tells. Answers go to the new number, while the old
// one still says whose notice it is.
func moved(c *desk.Customer, s *system) {
	switch s.Type {
	case "user_changed_number":
		phone := digits(s.NewWaID)
		if phone == "" {
			phone = digits(s.WaID)
		}
		addAddresses(c, phone, "")
	case "user_changed_user_id":
		if len(s.UserID) <= idMax {
			addAddresses(c, "", string(s.UserID))
		}
	}
}

// addAddresses adds addresses, the lasting user ID first; empty ones and those that are there already add nothing.
func addAddresses(c *desk.Customer, phone, user string) {
	add := func(kind desk.AddressKind, value string) {
		a := desk.Address{Kind: kind, Value: value}
		if value != "" && !slices.Contains(c.Addresses, a) {
			c.Addresses = append(c.Addresses, a)
		}
	}
	add(desk.AddressUserID, user)
	add(desk.AddressPhone, phone)
	if phone != "" {
		c.Phone = "+" + phone
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

// nameMax is how many code points of a name are kept.
const nameMax = 200

// line makes text that was meant to be one line into one: control characters and those that turn the direction of
// writing count as space, runs of space become one, and what is beyond limit code points is cut.
func line(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	}), " ")
	n := 0
	for i := range s {
		if n == limit {
			return s[:i]
		}
		n++
	}
	return s
}
