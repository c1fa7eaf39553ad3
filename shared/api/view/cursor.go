package view

import (
	"encoding/base64"
	"encoding/json"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/fault"
)

// Cursor is what a desktop has seen: whose it is, the version of its agent, the offer that rang, and of each
// conversation on it how far. It holds no clock, so nothing can fall between two readings of one.
type Cursor struct {
	Of    string          `json:"u,omitempty"` // the agent's ID: another's cursor says nothing about this one
	Agent int64           `json:"a,omitempty"`
	Offer string          `json:"r,omitempty"`
	Seats map[string]Seen `json:"s,omitempty"`
}

// Seen is how much of a conversation a desktop has: the interaction's version, the seq of the newest message, and how often
// its messages changed, which rises with every step of their delivery and with what the customer does to his.
type Seen struct {
	Version int64
	Seq     int64
	Changes int64
}

// MarshalJSON implements json.Marshaler: a list of three numbers, so that the cursor of an agent with the most
// conversations there can be still fits where the contract has it.
func (s Seen) MarshalJSON() ([]byte, error) {
	return json.Marshal([...]int64{s.Version, s.Seq, s.Changes})
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Seen) UnmarshalJSON(text []byte) error {
	var n [3]int64
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	*s = Seen{Version: n[0], Seq: n[1], Changes: n[2]}
	return nil
}

// CursorOf is the cursor of a desktop that was shown the agent and his interactions, but none of their messages: it
// loads the transcripts up to the newest message itself.
func CursorOf(a desk.Agent, interactions []desk.Interaction) Cursor {
	c := Cursor{Of: a.ID, Agent: a.Version, Offer: a.Offer, Seats: map[string]Seen{}}
	for _, i := range interactions {
		c.Seats[i.ID] = Seen{Version: i.Version, Seq: i.Seq}
	}
	return c
}

// String is the form the cursor travels in.
func (c Cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic("view: a cursor cannot be encoded: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// ParseCursor reads String's form back. Anything else is Invalid (code bad_cursor).
func ParseCursor(s string) (Cursor, error) {
	var c Cursor
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return Cursor{}, fault.New(fault.Invalid, "bad_cursor", "the cursor is none of this system's")
	}
	if c.Seats == nil {
		c.Seats = map[string]Seen{}
	}
	return c, nil
}
