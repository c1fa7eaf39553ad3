package tests

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/desktop"
	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// R1, R2, R3, R4, R15, R27, R28, R35: the life of one Messenger conversation, with an agent who misses it and one who
// takes it.
func TestTheLifeOfAMessengerConversation(t *testing.T) {
	t.Parallel()
	c := floor.OpenWith(t, unread)
	ana, bob := c.Agent("ana").SignsIn(), c.Agent("bob").SignsIn()
	lea := c.Visitor("lea")

	lea.Writes("hola")
	offer := ana.IsOffered()
	bob.IsNotOffered()
	stay(c, offer.Deadline.Sub(offer.Now), ana, bob)

	ana.Is(desk.AgentRONA)
	i := bob.Accepts()
	assert.Equal(t, []string{"hola"}, texts(bob.Reads(i.ID)))
	sent := bob.Writes(i.ID, "buenas 👋")
	lea.Hears("buenas 👋")
	assert.Equal(t, api.MessageStateDelivered, find(t, bob.Reads(i.ID), sent.ID).State)
	lea.Reads()
	c.Settle()
	assert.Equal(t, api.MessageStateRead, find(t, bob.Reads(i.ID), sent.ID).State)

	lea.Writes("gracias")
	c.Settle()
	assert.Equal(t, []string{"hola", "buenas 👋", "gracias"}, texts(bob.Reads(i.ID)))
	assert.Equal(t, api.InteractionStateWrapup, bob.Ends(i.ID).State)
	closed := bob.WrapsUp(i.ID, api.WrapUpChoice{Reason: "sale", SubReason: "new"})
	assert.Equal(t, api.InteractionStateClosed, closed.State)
	assert.Equal(t, []string{"opened", "offered", "expired", "offered", "accepted", "ended", "wrapped_up", "closed"}, events(closed))
}

// R1: an offer by Messenger shows the queue, the page and the timer. Messenger tells no name and no number, and its own ID
// of the customer is shown to nobody.
func TestAMessengerOfferShowsWhatMessengerTells(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Visitor("lea")
	lea.Writes("¿tenéis la 42?")
	o := ana.IsOffered()
	assert.Equal(t, api.ChannelMessenger, o.Channel)
	assert.Equal(t, api.Ref{ID: "sales", Name: "Sales"}, o.Queue)
	assert.Equal(t, suite.PageName, o.Source)
	ringsFor(t, 20*time.Second, o)
	assert.False(t, o.WaitingSince.After(o.OfferedAt))
	assert.Equal(t, api.Customer{Initials: "?"}, o.Customer)
	answer := c.Call("GET", "/v1/offers/"+o.ID, nil, "Authorization: "+ana.Header().Get("Authorization"))
	assert.Equal(t, 200, answer.Status)
	assert.NotContains(t, answer.Body, lea.Who.ID())
	assert.NotContains(t, answer.Body, `"phone"`)
}

// R7: a thousand code points go out by Messenger, one more is refused and nothing is sent.
func TestTheComposeLimitOfMessenger(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := chatting(t, suite.Options{})
	assert.Equal(t, 1000, ana.Sees(i).ComposeLimit)
	_, err := ana.Desktop.Send(c.Context(), i, desktop.Key(), strings.Repeat("👋", 1001))
	c.IsRefused(err, 400, "too_long")
	whole := strings.Repeat("👋", 1000)
	ana.Writes(i, whole)
	lea.Hears(whole)
	assert.Equal(t, []string{whole}, lea.Received())
}

// R15: a reading mark covers everything handed over by then, and nothing later; it may come before we know that we sent.
func TestAReadingMarkCoversWhatWasSentByThen(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := chatting(t, unread)
	one, two := ana.Writes(i, "uno"), ana.Writes(i, "dos")
	lea.Hears("dos")
	c.Advance(time.Second)
	lea.Reads()
	c.Settle()
	c.Advance(time.Second)
	three := ana.Writes(i, "tres")
	lea.Hears("tres")
	said := ana.Reads(i)
	assert.Equal(t, api.MessageStateRead, find(t, said, one.ID).State)
	assert.Equal(t, api.MessageStateRead, find(t, said, two.ID).State)
	assert.Equal(t, api.MessageStateDelivered, find(t, said, three.ID).State)
}

// R15: a page that does not show status updates stops at sent.
func TestAPageWithoutStatusUpdatesStopsAtSent(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := chatting(t, suite.Options{})
	c.Configure(`assets: [{channel: messenger, account: "` + suite.PageID + `", name: Acme Shoes, display: Acme Shoes,
  queue: sales, token: messenger-acme, statusUpdates: false}]`)
	sent := ana.Writes(i, "buenas")
	lea.Hears("buenas")
	lea.Reads()
	c.Settle()
	assert.Equal(t, api.MessageStateSent, find(t, ana.Reads(i), sent.ID).State)
}

// A button of a menu, a quick reply and a link that led to the page arrive as what the customer chose, with what the
// business put behind it.
func TestWhatACustomerChoosesInMessenger(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Visitor("lea")
	lea.Arrives("spring-sale")
	c.Settle()
	ana.IsNotOffered()
	lea.Taps("Get started", "START")
	i := ana.Accepts()
	lea.Chooses("Red", "COLOR_RED")
	c.Settle()
	said := ana.Reads(i.ID)
	require.Equal(t, []string{"Get started", "Red"}, texts(said))
	assert.Equal(t, api.Selection{ID: "START", Title: "Get started"}, said[0].Choice)
	assert.Equal(t, api.Selection{ID: "COLOR_RED", Title: "Red"}, said[1].Choice)
}

// R16, B17: another program passes a conversation on to the centre, and an agent is offered it. When that program takes it
// back, the agent sees that the customer is gone and can only end it; who waits is not offered any more.
func TestAConversationPassedOnAndTakenBack(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Visitor("lea")
	lea.IsTaken()
	lea.Writes("what a bot is told")
	c.Settle()
	ana.IsNotOffered()
	lea.IsPassed("wants a human")
	i := ana.Accepts()
	assert.Contains(t, ana.Reads(i.ID)[0].Fallback, "wants a human")
	ana.Writes(i.ID, "hola")
	lea.Hears("hola")
	lea.IsTaken()
	c.Settle()
	seen := ana.Sees(i.ID)
	assert.NotContains(t, seen.Actions, "send")
	assert.Contains(t, seen.Actions, "end")
	_, err := ana.Desktop.Send(c.Context(), i.ID, desktop.Key(), "¿sigues ahí?")
	c.IsRefused(err, 409, "customer_left")
	assert.NotContains(t, seen.Actions, "transfer")
	_, err = ana.Desktop.Transfer(c.Context(), i.ID, desktop.Key(), api.TransferWish{Queue: "support"})
	c.IsRefused(err, 409, "customer_left")
	assert.Equal(t, "customer_left", events(seen)[len(seen.History)-1])

	lea.IsPassed("wants a human after all")
	c.Settle()
	seen = ana.Sees(i.ID)
	assert.Contains(t, seen.Actions, "send")
	assert.Equal(t, "customer_returned", events(seen)[len(seen.History)-1])
	lea.IsTaken()
	c.Settle()
	ana.Ends(i.ID)
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})
}

// B17: a customer who leaves before an agent has him is offered to nobody: the conversation is closed as abandoned, and the
// agent whose desktop rings can no longer accept.
func TestACustomerWhoLeavesBeforeSomebodyHasHim(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	lea, max := c.Visitor("lea"), c.Visitor("max")
	lea.Writes("hola")
	c.Settle()
	lea.IsTaken()
	c.Settle()
	ana := c.Agent("ana").SignsIn()
	ana.IsNotOffered()

	max.Writes("hola")
	o := ana.IsOffered()
	max.IsTaken()
	c.Settle()
	_, err := ana.Desktop.Accept(c.Context(), o.ID)
	c.IsRefused(err, 409, "customer_left")
	ana.Is(desk.AgentAvailable)
	for _, i := range all[desk.Interaction](c) {
		assert.Equal(t, desk.InteractionClosed, i.State)
		assert.Equal(t, desk.ClosedAbandoned, i.CloseReason)
	}
	max.IsPassed("otra vez")
	assert.Contains(t, ana.IsOffered().Preview, "otra vez")
}

// The customer sees that the agent has read, and that somebody is writing.
func TestTheCustomerSeesThatSomebodyIsThere(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := chatting(t, suite.Options{})
	_, err := ana.Desktop.Typing(c.Context(), i)
	require.NoError(t, err)
	c.Settle()
	assert.Equal(t, []string{"mark_seen", "typing_on"}, lea.Sees())
}

// unread are options under which visitors read what they are sent when the journey says so.
var unread = suite.Options{Page: graph.PageOptions{Statuses: graph.StatusesDelivered}}

// chatting is Ana in a Messenger conversation with Lea.
func chatting(t *testing.T, o suite.Options) (*floor.Floor, *floor.Agent, *floor.Visitor, string) {
	t.Helper()
	c := floor.OpenWith(t, o)
	ana, lea := c.Agent("ana").SignsIn(), c.Visitor("lea")
	lea.Writes("hola")
	return c, ana, lea, ana.Accepts().ID
}
