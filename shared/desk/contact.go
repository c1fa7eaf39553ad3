package desk

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
)

// Contact is a customer on a channel. Its ID is random: addresses never stand in document names.
type Contact struct {
	Head
	Channel  Channel
	Asset    string
	Customer Customer
	Profile  Profile
	Open     string // the newest interaction; its own state decides whether it still is open
	Since    time.Time

	Into   string   // the contact that turned out to be the same person and took over; this one is then only history
	Others []string // contacts that this one took over

	Exclusives []Exclusive // by queue

	Blocked  Block
	OptedOut time.Time // when he asked for no more marketing; zero when he did not, or takes it again
	OptedAt  time.Time // the channel's time of his newest word on that

	Entrance   Entrance  // how he came, told before he wrote; for the interaction he opens next
	EntranceAt time.Time // when that was told; stays, so that a repeat is known for one

	Marks  Marks     // those that a message under way may have missed
	DueAt  time.Time // when the sweep reminds conversation of them
	Search []string  // what he is found by; see SearchTerms

	History History
}

// Profile is what agents keep about a contact (R16), beside what the channel tells. An empty field is not known.
type Profile struct {
	Name     string // shown in place of the channel's
	Phone    string // with a leading +
	Email    string // lower case
	Company  string
	Language string // BCP 47, such as "es" or "pt-BR"
}

// Block says that a contact is blocked (B14); the zero Block that he is not.
type Block struct {
	At     time.Time
	By     string // agent ID
	Reason string // the agent's own words
}

// Marks are how far a contact has received and read what was sent to him, where the channel tells that by time and not
// by message.
type Marks struct {
	Delivered time.Time
	Read      time.Time
}

// Due implements Owed.
func (c *Contact) Due() time.Time { return c.DueAt }

// Shown is the customer as agents see him: what they keep about him goes before what the channel tells.
func (c Contact) Shown() Customer {
	out := c.Customer
	out.Name = cmp.Or(c.Profile.Name, out.Name)
	out.Phone = cmp.Or(out.Phone, c.Profile.Phone)
	return out
}

// Customer is how a contact is shown and reached. A field the channel does not have is empty.
type Customer struct {
	Name      string
	Username  string
	Phone     string // with a leading +
	Addresses []Address
}

// Reach is the address messages go to: the phone number the channel shows, as it would choose itself, else the phone
// number or ID that was learned last. The zero Address says that nothing can be sent.
func (c Customer) Reach() Address {
	var reach Address
	for _, a := range c.Addresses {
		switch {
		case a.Kind == AddressPhone && "+"+a.Value == c.Phone:
			return a
		case a.Kind == AddressPhone || reach.Kind != AddressPhone:
			reach = a
		}
	}
	return reach
}

// Address is one ID under which the channel knows the customer.
type Address struct {
	Kind  AddressKind
	Value string
}

// AddressKind is the sort of an address.
type AddressKind string

// The kinds of addresses.
const (
	AddressPhone  AddressKind = "phone"   // WhatsApp ID: digits of the phone number
	AddressUserID AddressKind = "user_id" // WhatsApp business-scoped user ID
	AddressPSID   AddressKind = "psid"    // Messenger page-scoped user ID
)

// Identity points from one address to its contact. Its ID is a keyed hash of channel, asset and address, so that two
// first messages of one person can never make two contacts: the second finds the identity taken, reads and joins.
type Identity struct {
	Head
	Contact string
	Since   time.Time
}

// Record implements Record.
func (*Contact) Record() RecordKind { return KindContact }

// Record implements Record.
func (*Identity) Record() RecordKind { return KindIdentity }

// Initials are the first letters of the first and the last word of the name, in upper case; of a name without a letter
// they are "#", of no name "?".
func Initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	out := firstLetter(words[0])
	if len(words) > 1 {
		out += firstLetter(words[len(words)-1])
	}
	if out == "" {
		return "#"
	}
	return out
}

func firstLetter(word string) string {
	for _, r := range word {
		if unicode.IsLetter(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

// IdentityID is the identity's ID: a keyed hash, so that nobody without the key can find out whether an address is on
// record, and the address itself stands nowhere in a document's name.
func IdentityID(key []byte, asset string, a Address) string {
	h := hmac.New(sha256.New, key)
	for _, part := range []string{asset, string(a.Kind), a.Value} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
