package graph

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	mathrand "math/rand/v2"
	"strconv"
	"strings"
)

// Directions in a WhatsApp message ID with the length of its random part in
// hexadecimal digits, as seen in Meta's examples.
const (
	fromCustomer, fromCustomerDigits = 0x12, 20
	toCustomer, toCustomerDigits     = 0x11, 18
)

// newMessageID makes a WhatsApp message ID of the form Meta gives out: "wamid." and
// base64, in the standard alphabet with padding, of the customer's ID, a direction
// and a random part. The product must treat it as opaque.
func newMessageID(customer string, direction byte, digits int) string {
	unique := make([]byte, digits/2)
	_, _ = rand.Read(unique) // never fails
	raw := []byte{0x1c, 0x18, byte(len(customer))}
	raw = append(raw, customer...)
	raw = append(raw, 0x15, 0x02, 0x00, direction, 0x18, byte(digits))
	raw = append(raw, strings.ToUpper(hex.EncodeToString(unique))...)
	return "wamid." + base64.StdEncoding.EncodeToString(append(raw, 0x00))
}

// newMID makes a Messenger message ID of the form Meta gives out: "m_" and 86
// characters of URL-safe base64. The product must treat it as opaque.
func newMID() string {
	raw := make([]byte, 64)
	_, _ = rand.Read(raw) // never fails
	return "m_" + base64.RawURLEncoding.EncodeToString(raw)
}

// newTraceID makes the fbtrace_id of an error: "A" and 22 characters.
func newTraceID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return "A" + base64.RawURLEncoding.EncodeToString(raw)
}

// newConversationID makes the ID of a conversation: 32 hexadecimal digits.
func newConversationID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// newChallenge makes a verification challenge: ten digits, as Meta's are.
func newChallenge() string {
	return strconv.Itoa(1_000_000_000 + mathrand.IntN(1_000_000_000))
}
