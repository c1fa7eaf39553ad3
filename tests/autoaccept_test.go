package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// unasked is a floor whose sales queue gives its agents conversations without asking.
func unasked(t *testing.T) *floor.Floor {
	c := floor.Open(t)
	c.Configure(`queues: [{id: sales, name: Sales, project: shop, team: support, autoAccept: true, texts: {joined: Somebody has joined us.}}]`)
	return c
}

// B11: in a queue that accepts by itself nobody is asked: the conversation is on the agent's desktop, and the customer can be answered.
func TestAQueueThatDoesNotAskGivesTheConversationAtOnce(t *testing.T) {
	t.Parallel()
	c := unasked(t)
	ana := c.Agent("ana").SignsIn()
	feed, stop := ana.Listens("")
	defer stop()
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := floor.Hears(ana, feed, "interaction", func(i api.Interaction) bool { return i.State == api.InteractionStateActive })
	assert.Equal(t, api.List[string]{"send", "send_template", "read", "note", "conference", "end", "transfer"}, i.Actions)
	assert.Equal(t, "Lea", i.Customer.Name)
	assert.Equal(t, []string{"opened", "offered", "accepted"}, events(i))
	floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.Text == "hola" })
	c.Settle()
	assert.NotContains(t, types(feed), "offer", "nothing rings")
	assert.Empty(t, ana.Me().Offer)
	assert.Equal(t, 1, ana.Me().Load)
	ana.Writes(i.ID, "buenas")
	lea.Hears("buenas")
	over(c, ana, i.ID)
	assert.Equal(t, api.InteractionStateClosed, ana.Sees(i.ID).State)
}

// B11: an agent is given as many as he has room for and no more, whoever waits longest first; the next when he wraps one up.
func TestAQueueThatDoesNotAskFillsItsAgentsAndNoMore(t *testing.T) {
	t.Parallel()
	c := unasked(t)
	for _, name := range []string{"lea", "max", "eva", "tom", "pia"} {
		c.Customer(name).Writes("hola")
		c.Settle()
	}
	ana := c.Agent("ana").SignsIn()
	c.Settle()
	require.Equal(t, 3, ana.Me().Load)
	var names []string
	for _, i := range ana.Tasks() {
		names = append(names, i.Customer.Name)
		assert.Equal(t, api.InteractionStateActive, i.State)
	}
	assert.ElementsMatch(t, []string{"Lea", "Max", "Eva"}, names)
	over(c, ana, ana.Tasks()[0].ID)
	assert.Equal(t, 3, ana.Me().Load, "Tom came in")
	assert.Len(t, waitingNow(c), 1, "Pia waits")
}

// B11: who is not available is given nothing.
func TestAQueueThatDoesNotAskLeavesIdleAgentsAlone(t *testing.T) {
	t.Parallel()
	c := unasked(t)
	ana := c.Agent("ana").SignsIn()
	ana.Becomes(api.ChosenStateIdle)
	c.Customer("lea").Writes("hola")
	c.Settle()
	assert.Zero(t, ana.Me().Load)
	ana.Becomes(api.ChosenStateAvailable)
	c.Settle()
	assert.Equal(t, 1, ana.Me().Load)
}

// B11, R24: a queue that does not ask gives a second agent at once, and the customer is told; an agent asked by name is asked.
func TestAQueueThatDoesNotAskGivesASecondAgentAtOnce(t *testing.T) {
	t.Parallel()
	c := unasked(t)
	ana, bob, lea := c.Agent("ana").SignsIn(), c.Agent("bob"), c.Customer("lea")
	lea.Writes("hola")
	c.Settle()
	i := ana.Tasks()[0]
	bob.SignsIn()
	ana.Asks(i.ID, salesToo())
	c.Settle()
	joined := ana.Sees(i.ID)
	assert.Equal(t, api.SecondSeatStateJoined, joined.Conference.State)
	assert.Equal(t, "bob", joined.Guest.ID)
	assert.Equal(t, []string{"Somebody has joined us."}, lea.Received())
	assert.Equal(t, 1, bob.Me().Load)

	bob.Exits(i.ID)
	bob.WrapsUp(i.ID, floor.Question)
	c.Settle()
	ana.Asks(i.ID, bobToo())
	c.Settle()
	assert.Equal(t, api.SecondSeatStateRequested, ana.Sees(i.ID).Conference.State)
	assert.NotEmpty(t, bob.Me().Offer, "somebody chose him, and he may say no")
}
