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
	came := c.Suite.Clock.Now()
	i := talks(c, ana, "lea")
	assert.Zero(t, c.Agent("sam").Record(i.ID).Responded, "she has said nothing yet")
	c.Passes(25*time.Second, ana)
	bob := c.Agent("bob").SignsIn()
	ana.Transfers(i.ID, api.TransferWish{Queue: "support", Note: "no frena", Reason: "question"})
	bob.Accepts()
	c.Passes(15*time.Second, ana, bob) // into the next hour
	bob.Writes(i.ID, "hola")
	most := c.Suite.Clock.Now().Sub(came)
	bob.Writes(i.ID, "dime")
	bob.Transfers(i.ID, api.TransferWish{Agent: "ana", Note: "es tuya", Reason: "solved"})
	ana.Accepts()
	ana.Writes(i.ID, "hola otra vez")
	c.Settle()

	sam := c.Agent("sam")
	r := sam.Record(i.ID).Responded
	assert.Equal(t, [2]string{"support", "bob"}, [2]string{r.Queue, r.Agent})
	lasted(t, 40*time.Second, most, r.After)
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
	c.Settle() // before the end
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

// B6, B9: whom the board shows waiting is whom the reports have not seen end their wait, at every step.
func TestTheBoardShowsWhoTheReportsSayStillWait(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "offerTimeout: 2m")
	hour := c.NextHour()
	sam, ana := c.Agent("sam"), c.Agent("ana")
	var here []*floor.Agent
	agrees := func(waiting, offered, active int) {
		t.Helper()
		c.Settle()
		stay(c, 6*time.Second, here...) // until both are looked up anew
		q, m := line(sam.Board(), "sales"), sam.Metrics("sales", hour, hour.Add(time.Hour), "&interval=all").Items[0]
		assert.Equal(t, []int{waiting, offered, active}, []int{q.Waiting, q.Offered, q.Active})
		assert.Equal(t, q.Waiting+q.Offered, m.Entered-m.Answered-(m.Abandoned-m.AbandonedAgain)-m.Left)
	}
	agrees(0, 0, 0)
	lea, max, eva := c.Visitor("lea"), c.Visitor("max"), c.Visitor("eva")
	for _, who := range []*floor.Visitor{lea, max, eva} {
		who.Writes("hola")
		c.Settle() // they come one after the other
	}
	agrees(3, 0, 0)
	here = append(here, ana.SignsIn())
	ana.IsOffered()
	agrees(2, 1, 0)
	i := ana.Accepts()
	ana.IsOffered()
	agrees(1, 1, 1)
	eva.IsTaken()
	agrees(0, 1, 1)
	ana.Transfers(i.ID, api.TransferWish{Queue: "support", Note: "no frena", Reason: "question"})
	agrees(0, 1, 0)
}

// B6, B15: who waits for too long leaves the queue for its overflow, where he comes in as everybody does; and who changes his mind
// at once has not waited in vain.
func TestWhoGoesElsewhereOrAwayIsCounted(t *testing.T) {
	t.Parallel()
	c := salesWith(t, "maxWait: 40s, overflow: bookings")
	hour := c.NextHour()
	short, long := c.Visitor("max"), c.Visitor("eva")
	short.Writes("hola")
	short.IsTaken()
	came := c.Suite.Clock.Now()
	long.Writes("hola")
	c.Advance(25 * time.Second)
	c.Customer("lea").Writes("hola")
	long.IsTaken()
	c.Settle()
	most := c.Suite.Clock.Now().Sub(came)
	c.Advance(40 * time.Second)
	c.Sweep()

	sam, ada := c.Agent("sam"), c.Agent("ada")
	m := sam.Metrics("sales", hour, hour.Add(time.Hour), "&interval=all").Items[0]
	assert.Equal(t, []int{3, 0, 2, 1, 1, 1}, []int{m.Entered, m.Answered, m.Abandoned, m.AbandonedShort, m.Left, m.Overflowed})
	require.NotNil(t, m.AbandonmentRate)
	assert.Equal(t, 1.0, *m.AbandonmentRate, "of those who stayed, one waited in vain")
	require.NotNil(t, m.ServiceLevel)
	assert.Equal(t, 0.0, *m.ServiceLevel)
	lasted(t, 25*time.Second, most, m.LongestWait, "a wait that goes on elsewhere is not over")
	there := ada.Metrics("bookings", hour, hour.Add(time.Hour), "&interval=all").Items[0]
	assert.Equal(t, []int{1, 0}, []int{there.Entered, there.TransfersFromQueues})
}
