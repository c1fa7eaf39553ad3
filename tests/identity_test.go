package tests

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// writeTogether has the channel know one person by several addresses, from which he writes at the same moment.
func writeTogether(c *floor.Floor, seen []graph.Customer) {
	together(len(seen), func(k int) {
		r, err := c.Number().Receive(seen[k], graph.Inbound{Text: "hola"})
		assert.NoError(c.T, err)
		assert.Equal(c.T, 200, r.Status)
	})
}

// B1, R16: one person, first seen by phone number and by user ID at the same moment, is one contact with one conversation.
// Both come in calls of their own, and one of them names the two together.
func TestAPersonSeenByPhoneAndByIDAtOnceIsOneContact(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	for n := range 10 {
		phone, id := fmt.Sprintf("34622%06d", n), fmt.Sprintf("ES.1349120%d", n)
		seen := []graph.Customer{
			{Phone: phone, UserID: id, Name: "Lea"}, {Phone: phone, Name: "Lea"}, {UserID: id, Name: "Lea"}, {Phone: phone, UserID: id, Name: "Lea"},
		}
		writes(c, seen[0], "uno") // so that whichever of the others is first, both are known to be his
		writeTogether(c, seen)
	}
	atRest(c)
	assert.Len(t, all[desk.Contact](c), 10)
	assert.Len(t, all[desk.Interaction](c), 10)
	assert.Len(t, all[desk.Message](c), 50)
}

// B1: nothing has been seen of him before, and the two messages that come at once share an address.
func TestTwoFirstMessagesOfOnePersonOpenOneConversation(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	for n := range 10 {
		phone, id := fmt.Sprintf("34633%06d", n), fmt.Sprintf("ES.2249120%d", n)
		seen := []graph.Customer{{Phone: phone, UserID: id, Name: "Max"}, {UserID: id, Name: "Max"}}
		writeTogether(c, seen)
	}
	atRest(c)
	assert.Len(t, all[desk.Contact](c), 10)
	assert.Len(t, all[desk.Interaction](c), 10)
	assert.Len(t, all[desk.Message](c), 20)
}

// R16: a customer who changes his number goes on where he was, is answered at the new one, and is the same contact when he
// comes back.
func TestACustomerWhoChangesHisNumberIsTheSame(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	ana.Writes(i, "uno")
	lea.Hears("uno")
	lea.ChangesNumber("34677000001")
	c.Settle()
	lea.Writes("ahora escribo desde aquí")
	c.Settle()
	said := ana.Reads(i)
	assert.Equal(t, "ahora escribo desde aquí", said[len(said)-1].Text)
	assert.Equal(t, "+34677000001", ana.Sees(i).Customer.Phone)
	ana.Writes(i, "dos")
	lea.Hears("dos")
	sent := c.Number().Sent()
	assert.Equal(t, "34677000001", sent[len(sent)-1].To)
	ana.Ends(i)
	ana.WrapsUp(i, api.WrapUpChoice{Reason: "question"})
	lea.Writes("otra cosa")
	assert.Equal(t, ana.Sees(i).Contact, ana.Accepts().Contact)
	assert.Len(t, all[desk.Contact](c), 1)
}

// R16: also when he tells of it while no conversation is open.
func TestANumberChangedBetweenConversationsIsRemembered(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	ana.Ends(i)
	ana.WrapsUp(i, api.WrapUpChoice{Reason: "question"})
	lea.ChangesNumber("34677000002")
	c.Settle()
	lea.Writes("hola otra vez")
	ana.Accepts()
	assert.Len(t, all[desk.Contact](c), 1)
}

// B14: a customer who asks for no more marketing is known for it, and can still be answered.
func TestACustomerOptsOut(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{})
	lea.Prefers(false)
	c.Settle()
	who, err := ana.Desktop.Contact(c.Context(), ana.Sees(i).Contact)
	require.NoError(t, err)
	assert.False(t, who.OptedOut.IsZero())
	ana.Writes(i, "de acuerdo")
	lea.Hears("de acuerdo")
	c.Advance(1e9)
	lea.Prefers(true)
	c.Settle()
	who, err = ana.Desktop.Contact(c.Context(), ana.Sees(i).Contact)
	require.NoError(t, err)
	assert.True(t, who.OptedOut.IsZero())
}
