package tests

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/deskline/deskline/emulator/firestore"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// waitsForMore has one message soon after the end of a conversation of Sales open nothing, as it is where the queue says nothing.
func waitsForMore(c *floor.Floor) {
	c.T.Helper()
	c.Office("ada").Changes("queues/sales", `{"name":"Sales","project":"shop","team":"support","offerTimeout":"20s"}`)
	c.Settle()
}

// reopens asks for another conversation for what was written after the end.
func reopens(c *floor.Floor, a *floor.Agent, interaction string) (i api.Interaction, err error) {
	i, err = a.Desktop.Reopen(c.Context(), interaction)
	c.Settle()
	return i, err
}

// hasTalked is a floor where Lea's conversation with Ana is over, and the queue waits for one word more.
func hasTalked(t *testing.T) (c *floor.Floor, ana *floor.Agent, lea *floor.Customer, i api.Interaction) {
	t.Helper()
	c = floor.Open(t)
	waitsForMore(c)
	ana, lea = c.Agent("ana").SignsIn(), c.Customer("lea")
	lea.Writes("hola")
	i = ana.Accepts()
	over(c, ana, i.ID)
	return c, ana, lea, i
}

// B8: Lea says thanks when Ana wraps up. Ana sees it as unread; nobody is asked anything. What Lea writes then opens another
// conversation.
func TestAThankYouOpensNothing(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	waitsForMore(c)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	m := ana.Mirror()
	m.Connect(0)
	defer m.Cut()
	ana.Ends(i.ID)
	lea.Writes("gracias")
	ana.IsNotOffered()
	seen := ana.Sees(i.ID)
	assert.Equal(t, "wrapup gracias", string(seen.State)+" "+seen.Preview)
	assert.Equal(t, 1, seen.Unread)
	assert.Contains(t, seen.Actions, "reopen")
	assert.Equal(t, []string{"hola", "gracias"}, texts(ana.Reads(i.ID)))
	m.ShowsAll()
	assert.Len(t, all[desk.Interaction](c), 1)

	lea.Writes("ah, y otra cosa")
	next := ana.Accepts()
	assert.NotEqual(t, i.ID, next.ID)
	assert.Equal(t, []string{"ah, y otra cosa"}, texts(ana.Reads(next.ID)))
	seen = ana.Sees(i.ID)
	assert.Zero(t, seen.Unread)
	assert.NotContains(t, seen.Actions, "reopen")
	ana.WrapsUp(i.ID, floor.Question)
	_, err := reopens(c, ana, i.ID)
	c.IsRefused(err, 409, "already_followed")
}

// B8: it may come when the conversation is closed, and then too the agent may take it up. Asking twice opens one.
func TestAnAgentTakesUpWhatCameAfterTheEnd(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	waitsForMore(c)
	bob, lea := c.Agent("bob").SignsIn(), c.Customer("lea")
	lea.Writes("hola")
	i := bob.Accepts()
	_, err := reopens(c, bob, i.ID)
	c.IsRefused(err, 409, "not_ended")
	over(c, bob, i.ID)
	_, err = reopens(c, bob, i.ID)
	c.IsRefused(err, 409, "nothing_to_reopen")
	lea.Writes("¿y el recibo?")
	c.Settle()
	assert.Equal(t, "closed", string(bob.Sees(i.ID).State))
	ana := c.Agent("ana").SignsIn()
	_, err = reopens(c, ana, i.ID)
	c.IsRefused(err, 403, "not_your_conversation")

	together(3, func(int) {
		next, err := reopens(c, bob, i.ID)
		assert.NoError(t, err)
		assert.NotEqual(t, i.ID, next.ID)
	})
	assert.Len(t, all[desk.Interaction](c), 2)
	o := bob.IsOffered()
	assert.Equal(t, "previous_agent ¿y el recibo?", o.Why+" "+o.Preview)
	ana.IsNotOffered()
	next := bob.Accepts()
	bob.Writes(next.ID, "aquí está")
	lea.Hears("aquí está")
	lea.Writes("gracias")
	c.Settle()
	assert.Equal(t, []string{"aquí está", "gracias"}, texts(bob.Reads(next.ID)))
	assert.Equal(t, []string{"hola", "¿y el recibo?"}, texts(bob.Reads(i.ID)), "the repeat of the message changes nothing")
}

// B8: after the time a message is a conversation of its own.
func TestALateThankYouIsAConversation(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := hasTalked(t)
	r := c.Store.Reader()
	ended := byCustomer(c, lea)
	require.NoError(t, r.Load(c.Context(), &ended))
	ended.Legs[0].To = ended.Legs[0].To.Add(-10 * time.Minute)
	require.NoError(t, r.Save(c.Context(), desk.Change{Save: []desk.Record{&ended}}))
	lea.Writes("gracias")
	assert.NotEqual(t, i.ID, ana.IsOffered().Interaction)
}

// B8: a customer whose contact is blocked meanwhile, or whose number is gone, is nobody's.
func TestWhatCameAfterTheEndIsNotTakenUpForWhoIsBlocked(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := hasTalked(t)
	lea.Writes("grrr")
	c.Settle()
	blocks(c, i.Contact)
	_, err := reopens(c, ana, i.ID)
	c.IsRefused(err, 409, "customer_blocked")
	_, err = c.Agent("sam").Desktop.Unblock(c.Context(), i.Contact)
	require.NoError(t, err)
	c.DeletesAsset(acme)
	_, err = reopens(c, ana, i.ID)
	c.IsRefused(err, 409, "channel_removed")
}

// B8: Ana clicks twice, and the second click is answered while the first is half-way through what it reads. Both get the same
// conversation.
func TestTakingUpTwiceInTheMidstOfItself(t *testing.T) {
	t.Parallel()
	var midst atomic.Pointer[func()]
	c := floor.OpenWith(t, suite.Options{Firestore: firestore.Options{Intercept: func(_ context.Context, _ string, req proto.Message) error {
		get, ok := req.(*pb.BatchGetDocumentsRequest)
		if ok && slices.ContainsFunc(get.GetDocuments(), func(name string) bool { return strings.Contains(name, "/contacts/") }) {
			if other := midst.Swap(nil); other != nil {
				(*other)()
			}
		}
		return nil
	}}})
	waitsForMore(c)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	over(c, ana, i.ID)
	lea.Writes("¿y el recibo?")
	c.Settle()
	var second api.Interaction
	click := func() {
		var err error
		second, err = ana.Desktop.Reopen(c.Context(), i.ID)
		assert.NoError(t, err)
	}
	midst.Store(&click)
	first, err := ana.Desktop.Reopen(c.Context(), i.ID)
	require.NoError(t, err)
	assert.Nil(t, midst.Load())
	assert.Equal(t, second.ID, first.ID)
	assert.Len(t, all[desk.Interaction](c), 2)
}
