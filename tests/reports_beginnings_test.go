package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// B6: the first response is an agent's first message to a customer who came, whoever had him before, counted where it happened
// and from when he came; a second message, and one that follows a transfer, is none.
func TestTheFirstResponseIsCounted(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	hour := c.NextHour()
	c.Advance(59*time.Minute + 30*time.Second)
	ana := c.Agent("ana").SignsIn()
	i := talks(c, ana, "lea")
	assert.Zero(t, c.Agent("sam").Record(i.ID).Responded, "she has said nothing yet")
	c.Passes(25*time.Second, ana)
	bob := c.Agent("bob").SignsIn()
	ana.Transfers(i.ID, api.TransferWish{Queue: "support", Note: "no frena", Reason: "question"})
	bob.Accepts()
	c.Passes(15*time.Second, ana, bob) // into the next hour
	bob.Writes(i.ID, "hola")
	bob.Writes(i.ID, "dime")
	bob.Transfers(i.ID, api.TransferWish{Agent: "ana", Note: "es tuya", Reason: "solved"})
	ana.Accepts()
	ana.Writes(i.ID, "hola otra vez")
	c.Settle()

	sam := c.Agent("sam")
	r := sam.Record(i.ID).Responded
	assert.Equal(t, [2]string{"support", "bob"}, [2]string{r.Queue, r.Agent})
	assert.InDelta(t, 40, r.After, 3)
	to := hour.Add(2 * time.Hour)
	hours := sam.Metrics("support", hour, to, "&interval=1h").Items
	require.Len(t, hours, 2)
	assert.Equal(t, []int{0, 1}, []int{hours[0].Responded, hours[1].Responded})
	assert.Nil(t, hours[0].FirstResponse)
	require.NotNil(t, hours[1].FirstResponse)
	assert.Equal(t, r.After, *hours[1].FirstResponse)
	bobs := bob.Metrics("support", hour, to, "&interval=all&agent=me").Items
	require.Len(t, bobs, 1)
	assert.Equal(t, 1, bobs[0].Responded)
	assert.Zero(t, sam.Metrics("sales", hour, to, "&interval=all").Items[0].Responded, "nobody of Sales said anything")
}

// B6, B13: what an agent begins is counted apart: it never waited, and no response is due.
func TestWhatAgentsBeginIsCountedApart(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana"), c.Customer("lea")
	contact := ana.HasTalked(lea, time.Minute)
	hour := c.NextHour()
	ana.ComesBack()
	i := ana.Starts(contact, api.NewInteraction{Queue: "sales", Text: "ya está"})
	c.Passes(10*time.Second, ana)
	lea.Writes("voy")
	ana.Writes(i.ID, "hasta ahora")
	ana.Ends(i.ID)
	ana.WrapsUp(i.ID, floor.Question)
	c.Settle()

	sam := c.Agent("sam")
	m := sam.Metrics("sales", hour, hour.Add(time.Hour), "&interval=all").Items[0]
	assert.Equal(t, []int{1, 0, 0, 0, 0, 1}, []int{m.Started, m.Entered, m.Answered, m.Responded, m.Offers, m.Handled})
	assert.Nil(t, m.ServiceLevel)
	assert.Nil(t, m.FirstResponse)
	assert.Equal(t, 1, ana.Metrics("sales", hour, hour.Add(time.Hour), "&interval=all&agent=me").Items[0].Started)
	r := sam.Record(i.ID)
	assert.Equal(t, [2]string{"sales", "ana"}, [2]string{r.Started.Queue, r.Started.Agent})
	assert.Empty(t, r.Waits)
	assert.Zero(t, r.Responded)
}

// B6, B8: a conversation that is opened for a word after the end is another one, with a record of its own; each is listed once.
func TestAReopenedConversationHasARecordOfItsOwn(t *testing.T) {
	t.Parallel()
	c, ana, lea, i := hasTalked(t)
	lea.Writes("gracias")
	c.Settle()
	next, err := reopens(c, ana, i.ID)
	require.NoError(t, err)
	ana.Accepts()
	ana.Writes(next.ID, "de nada")
	over(c, ana, next.ID)

	sam := c.Agent("sam")
	hour := c.Suite.Clock.Now().UTC().Truncate(time.Hour)
	list := sam.Records("sales", hour.Add(-time.Hour), hour.Add(time.Hour), "").Items
	require.Len(t, list, 2)
	assert.Equal(t, []string{next.ID, i.ID}, []string{list[0].Interaction, list[1].Interaction})
	assert.Equal(t, next.ID, list[1].FollowedBy)
	assert.Equal(t, [2]string{"ended", "ended"}, [2]string{list[0].CloseReason, list[1].CloseReason})
	m := sam.Metrics("sales", hour.Add(-time.Hour), hour.Add(time.Hour), "&interval=all").Items[0]
	assert.Equal(t, []int{2, 2, 1, 2, 1}, []int{m.Entered, m.Answered, m.Reopened, m.Handled, m.Responded})
}
