package tests

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/emulator/suite"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// R15: a channel that names our message by its own ID only is understood as well.
func TestStatusesThatNameTheMessageByTheChannelsID(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{Number: graph.NumberOptions{NoCallbackData: true}})
	m := ana.Writes(i, "buenas")
	lea.Hears("buenas")
	c.Sweep()
	c.Advance(desk.Patience)
	c.Sweep()
	assert.Equal(t, api.MessageStateRead, find(t, ana.Reads(i), m.ID).State)
	assert.Empty(t, all[desk.Receipt](c))
}

// R15: even when they come before we know that the channel took it.
func TestStatusesByTheChannelsIDThatOvertakeTheAnswer(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{Number: graph.NumberOptions{NoCallbackData: true}})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultStatusesFirst}))
	m := ana.Writes(i, "buenas")
	lea.Hears("buenas")
	c.Advance(desk.Patience)
	c.Sweep()
	shown := find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateRead, shown.State)
	assert.False(t, shown.DeliveredAt.IsZero())
	assert.Empty(t, all[desk.Receipt](c))
}

// R15: what the business sent by another program has statuses too. They wait a while for a message of ours, and are then
// forgotten.
func TestStatusesOfMessagesSentElsewhereAreForgotten(t *testing.T) {
	t.Parallel()
	c, ana, _, i := talking(t, suite.Options{})
	body := webhook("messages", fmt.Sprintf(`{"metadata":{"phone_number_id":%q},"statuses":[{"id":"wamid.campaign","status":"sent",`+
		`"timestamp":"1763700000","recipient_id":"34611000001"}]}`, suite.PhoneNumber))
	require.Equal(t, 200, c.Posts(body, floor.Signed(body, suite.AppSecret)).Status)
	c.Settle()
	require.Len(t, all[desk.Receipt](c), 1)
	for range 12 {
		c.Advance(time.Minute)
		c.Sweep()
	}
	assert.Empty(t, all[desk.Receipt](c))
	assert.Len(t, ana.Reads(i), 1)
}

// R13: a reaction to a reply that we have not yet heard the channel take finds it a moment later.
func TestAReactionThatOvertakesTheAnswer(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := talking(t, suite.Options{Number: graph.NumberOptions{Statuses: graph.StatusesManual}})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultDropAfter}))
	m := ana.Writes(i, "buenas")
	lea.Hears("buenas")
	wamid := c.Number().Sent()[0].ID
	lea.Reacts(wamid, "❤️")
	c.Settle()
	require.Len(t, all[desk.Receipt](c), 1, "nobody knows the message by this ID yet")
	_, err := c.Number().Deliver(wamid)
	require.NoError(t, err)
	c.Advance(desk.Patience)
	c.Sweep()
	assert.Equal(t, "❤️", find(t, ana.Reads(i), m.ID).Reaction)
	assert.Empty(t, all[desk.Receipt](c))
}

// R15: Messenger's marks may overtake the answer of the send they are about.
func TestMarksThatOvertakeTheAnswer(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := chatting(t, suite.Options{})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultStatusesFirst}))
	m := ana.Writes(i, "buenas")
	lea.Hears("buenas")
	c.Advance(desk.Patience)
	c.Sweep()
	assert.Equal(t, api.MessageStateRead, find(t, ana.Reads(i), m.ID).State)
	for _, who := range all[desk.Contact](c) {
		assert.True(t, who.DueAt.IsZero(), "nothing is owed any more")
	}
}

// R35: Messenger's limits are waited for as long as it says, and what it refuses for good fails with its reason.
func TestMessengersRefusals(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := chatting(t, suite.Options{})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultError, Code: 613}))
	ana.Writes(i, "uno")
	c.Settle()
	assert.Empty(t, lea.Received())
	c.Advance(time.Minute)
	lea.Hears("uno")

	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultError, Code: 551}))
	m := ana.Writes(i, "dos")
	c.Settle()
	shown := find(t, ana.Reads(i), m.ID)
	assert.Equal(t, api.MessageStateFailed, shown.State)
	assert.Equal(t, "undeliverable", shown.Error.Code)
	assert.Equal(t, []string{"uno"}, lea.Received())
}

// R35: a reply whose fate nobody knows is settled by its echo, and never sent twice.
func TestAnEchoSettlesAReplyOfUnknownFate(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := chatting(t, suite.Options{})
	require.NoError(t, c.Suite.Graph.AddFault(graph.Fault{Kind: graph.FaultDropAfter}))
	m := ana.Writes(i, "buenas")
	lea.Hears("buenas")
	assert.Contains(t, []api.MessageState{api.MessageStateSent, api.MessageStateDelivered, api.MessageStateRead}, find(t, ana.Reads(i), m.ID).State)
	c.Advance(10 * time.Minute)
	assert.Equal(t, []string{"buenas"}, lea.Received())
}
