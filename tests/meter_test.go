package tests

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/meter"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// figures are what one function did for one conversation. Calls are requests to it, operations those at Cloud Tasks.
type figures struct{ calls, reads, writes, messages, deliveries, tasks, operations int64 }

// metered is what the meter says of a conversation, by function.
func metered(t *testing.T, c *floor.Floor, interaction string) map[string]figures {
	t.Helper()
	d, ok := c.Suite.Meter.Interaction(interaction)
	require.True(t, ok, "nothing was counted")
	for _, l := range d.Lines {
		t.Logf("%-12s %-18s %-30s %+v", l.Function, l.What, l.Of, l.Counts)
	}
	by := map[string]figures{}
	for _, f := range d.Functions {
		by[f.Function] = figures{calls: f.Calls, reads: f.Reads, writes: f.Writes, messages: f.Messages,
			deliveries: f.Deliveries, tasks: f.Tasks, operations: f.TaskOperations}
	}
	return by
}

// serve has a customer write and Ana answer him, hear that he has read it, and wrap up: one step after the other, so that nothing
// depends on which of two was faster.
func serve(c *floor.Floor, ana *floor.Agent, who *floor.Customer) string {
	t := c.T
	who.Writes("hola")
	c.Settle()
	i := ana.Accepts()
	c.Settle()
	ana.Writes(i.ID, "dime")
	c.Settle()
	sent := c.Number().Sent()
	for _, status := range []string{"sent", "delivered", "read"} {
		_, err := c.Number().Report(sent[len(sent)-1].ID, status)
		require.NoError(t, err)
		c.Settle()
	}
	ana.Ends(i.ID)
	_, err := ana.Desktop.WrapUpForm(c.Context(), i.ID, "")
	require.NoError(t, err)
	ana.WrapsUp(i.ID, floor.Question)
	c.Settle()
	return i.ID
}

// B5: the meter's figures for a conversation are those one counts by hand. Another conversation comes before it, so that the
// functions know the configuration.
func TestTheMeterSaysWhatOneCountsByHand(t *testing.T) {
	t.Parallel()
	floor.Metered(t)
	c := floor.OpenWith(t, suite.Options{Number: graph.NumberOptions{Statuses: graph.StatusesManual}})
	ana := c.Agent("ana").SignsIn()
	serve(c, ana, c.Customer("max"))
	lea := serve(c, ana, c.Customer("lea"))
	assert.Equal(t, map[string]figures{
		"intake": {
			calls: 1 + 3, messages: 1 + 3, // her message, and three statuses of Ana's
		},
		"conversation": {
			calls: 1 + 3, deliveries: 1 + 3, // the same
			reads: 1 + 1 + // her message: who she is and whether it is known; both are missing
				3, // each status: the message it is about
			writes: 4 + // her message: identity, contact, interaction and message
				2, // delivered and read; that it was sent is known
			messages: 1, // interaction.queued
		},
		"routing": {
			calls: 1 + 1, deliveries: 1 + 1, // interaction.queued, agent.freed
			reads: 1 + 1 + // queued: who is free, Ana; and who waits, Lea
				1, // freed: who waits for Ana: a query that finds nobody
			writes: 3,                // the claim: agent, interaction, offer
			tasks:  1, operations: 1, // the offer's timer
		},
		"acceptance": {
			calls:      1,
			reads:      4, // offer, agent, interaction, asset
			writes:     3, // offer, agent, interaction
			messages:   1, // agent.freed: she has room for more
			operations: 1, // the timer is taken away
		},
		"desktop": {
			calls: 3, // the snapshot with the offer, the conversation, the answer
			reads: 5 + // snapshot: agent, lease, offer, the interaction that rings, and a query for her others, which finds none
				1 + // the conversation
				3, // the answer: interaction, asset, and the message, which must be missing
			writes:   2, // interaction and message
			messages: 1, // message.queued
		},
		"delivery": {
			calls: 1, deliveries: 1, // message.queued
			reads: 1 + 1 + // what there is to send, and the asset
				1, // what there is after it: nothing
			writes: 2, // sending, sent
		},
		"wrapup": {
			calls: 3, // the end, the form, the wrap-up
			reads: 1 + // the end: interaction
				1 + 1 + // the form: interaction, and a query for her notes, which finds none
				2, // the wrap-up: interaction and agent
			writes: 1 + 2, // interaction; interaction and agent
		},
	}, metered(t, c, lea))
}

// hearsOfHerself waits until the feed has told how the agent is now: it reads on after everything else has come to rest.
func hearsOfHerself(ana *floor.Agent, feed *floor.Feed) {
	me := ana.Me()
	floor.Hears(ana, feed, "agent", func(a api.Agent) bool { return a.Version == me.Version })
}

// B5: what a desktop's feed hears of a conversation is billed for the conversation; that it was opened, and found nothing yet, is
// nobody's.
func TestTheMeterCountsWhatAFeedHears(t *testing.T) {
	t.Parallel()
	floor.Metered(t)
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	feed, stop := ana.Listens("")
	defer stop()
	listens(c)
	upToDate := func() { hearsOfHerself(ana, feed) }
	hears := func(who *floor.Customer) string {
		who.Writes("hola")
		o := floor.Hears(ana, feed, "offer", func(o api.Offer) bool { return o.Customer.Phone == "+"+who.Who.Phone })
		c.Settle()
		_, err := ana.Desktop.Accept(c.Context(), o.ID)
		require.NoError(t, err)
		floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.Interaction == o.Interaction })
		upToDate()
		c.Settle()
		ana.Ends(o.Interaction)
		floor.Hears(ana, feed, "interaction", func(i api.Interaction) bool {
			return i.ID == o.Interaction && i.State == api.InteractionStateWrapup
		})
		ana.WrapsUp(o.Interaction, floor.Question)
		floor.Hears(ana, feed, "left", func(i api.Interaction) bool { return i.ID == o.Interaction })
		upToDate()
		c.Settle()
		return o.Interaction
	}
	hears(c.Customer("max")) // the feed learns the configuration
	lea := hears(c.Customer("lea"))
	assert.Equal(t, figures{
		reads: 3 + // Ana: offered, accepted, wrapped up
			2 + // the offer, when it rings and when it is accepted
			3 + // the conversation: accepted, ended, and when it leaves
			1 + // the same once more, to show how it stands then
			1, // the customer's message
	}, metered(t, c, lea)["feed"])
	shared, ok := c.Suite.Meter.Interaction(meter.Shared)
	require.True(t, ok)
	assert.True(t, slices.ContainsFunc(shared.Lines, func(l meter.Line) bool {
		return l.Function == "feed" && l.What == "Listen" && l.Of == "interactions" && l.Reads == 1
	}), "the query that found nothing")
}

// B5: a conversation that leaves the desktop has nothing of the others read again.
func TestWhatStaysOnTheDesktopIsNotReadAgain(t *testing.T) {
	t.Parallel()
	floor.Metered(t)
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	feed, stop := ana.Listens("")
	defer stop()
	takes := func(who *floor.Customer) string {
		who.Writes("hola")
		o := floor.Hears(ana, feed, "offer", func(o api.Offer) bool { return o.Customer.Phone == "+"+who.Who.Phone })
		_, err := ana.Desktop.Accept(c.Context(), o.ID)
		require.NoError(t, err)
		floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.Interaction == o.Interaction })
		hearsOfHerself(ana, feed)
		c.Settle()
		return o.Interaction
	}
	max, lea := takes(c.Customer("max")), takes(c.Customer("lea"))
	before := metered(t, c, lea)["feed"].reads
	ana.Ends(max)
	ana.WrapsUp(max, floor.Question)
	floor.Hears(ana, feed, "left", func(i api.Interaction) bool { return i.ID == max })
	c.Customer("lea").Writes("sigues ahí?")
	floor.Hears(ana, feed, "message", func(m api.Message) bool { return m.Interaction == lea && m.Text == "sigues ahí?" })
	floor.Hears(ana, feed, "interaction", func(i api.Interaction) bool { return i.ID == lea && i.Preview == "sigues ahí?" })
	c.Settle()
	assert.Equal(t, before+2, metered(t, c, lea)["feed"].reads, "her conversation and what she wrote")
}
