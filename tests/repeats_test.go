package tests

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/graph"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/shared/store"
	"github.com/deskline/deskline/tests/floor"
)

// B1, R35: Meta sends each webhook again and again, at once and in any order. There is one interaction, and each message
// is in it once.
func TestAWebhookThatComesFiveTimesIsRecordedOnce(t *testing.T) {
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	var ids []string
	for n := range 6 {
		ids = append(ids, lea.Writes(fmt.Sprintf("mensaje %d", n)))
	}
	again := make([]string, 0, 5*len(ids))
	for range 5 {
		again = append(again, ids...)
	}
	rand.Shuffle(len(again), func(a, b int) { again[a], again[b] = again[b], again[a] })
	together(len(again), func(n int) {
		r, err := c.Number().Repost(again[n])
		assert.NoError(t, err)
		assert.Equal(t, 200, r.Status)
	})
	c.Settle()
	i := ana.Accepts()
	assert.ElementsMatch(t, []string{"mensaje 0", "mensaje 1", "mensaje 2", "mensaje 3", "mensaje 4", "mensaje 5"}, texts(ana.Reads(i.ID)))
	assert.Len(t, all[desk.Interaction](c), 1)
	assert.Equal(t, 6, ana.Sees(i.ID).Unread)
}

// B1: an album or a burst from somebody who never wrote before is one conversation with one contact.
func TestTenMessagesAtOnceFromANewContactOpenOneInteraction(t *testing.T) {
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	together(10, func(n int) {
		r, err := c.Number().Receive(lea.Who, graph.Inbound{Text: fmt.Sprint(n)})
		assert.NoError(t, err)
		assert.Equal(t, 200, r.Status)
	})
	c.Settle()
	i := ana.Accepts()
	assert.ElementsMatch(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, texts(ana.Reads(i.ID)))
	assert.Len(t, all[desk.Interaction](c), 1)
	assert.Len(t, all[desk.Contact](c), 1)
	seqs := map[int64]bool{}
	for _, m := range ana.Reads(i.ID) {
		seqs[m.Seq] = true
	}
	assert.Len(t, seqs, 10, "each has its own place in the order")
}

// B1: Meta repeats for up to seven days. What comes again after the wrap-up opens nothing; what is new does.
func TestARepeatAfterTheWrapUpOpensNothingAndANewMessageDoes(t *testing.T) {
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	first := lea.Writes("hola")
	i := ana.Accepts()
	ana.Ends(i.ID)
	ana.WrapsUp(i.ID, api.WrapUpChoice{Reason: "question"})

	c.Suite.Clock.Advance(7 * 24 * time.Hour)
	c.Settle()
	_, err := c.Number().Repost(first)
	require.NoError(t, err)
	c.Settle()
	assert.Len(t, all[desk.Interaction](c), 1, "the repeat opened nothing")

	lea.Writes("otra cosa")
	c.Settle()
	assert.Len(t, all[desk.Interaction](c), 2)
	assert.Len(t, all[desk.Contact](c), 1, "it is the same person")
}

// R27: the wrap-up never holds the customer up.
func TestACustomerWhoWritesDuringTheWrapUpOpensANewInteraction(t *testing.T) {
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	lea := c.Customer("lea")
	lea.Writes("hola")
	first := ana.Accepts()
	ana.Ends(first.ID)
	lea.Writes("una cosa más")
	second := ana.Accepts()
	assert.NotEqual(t, first.ID, second.ID)
	assert.Equal(t, []string{"una cosa más"}, texts(ana.Reads(second.ID)))
	assert.Equal(t, api.InteractionStateClosed, ana.WrapsUp(first.ID, api.WrapUpChoice{Reason: "question"}).State)
	assert.Equal(t, api.InteractionStateActive, ana.Sees(second.ID).State)
}

// R15: statuses come late, twice and in any order; what is shown never goes back.
func TestStatusesNeverGoBackwards(t *testing.T) {
	c := floor.Open(t)
	require.NoError(t, c.Number().SetStatuses(graph.StatusesManual))
	ana := c.Agent("ana").SignsIn()
	c.Customer("lea").Writes("hola")
	i := ana.Accepts()
	m := ana.Writes(i.ID, "buenas")
	c.Settle()
	require.Equal(t, api.MessageStateSent, find(t, ana.Reads(i.ID), m.ID).State)
	wamid := c.Number().Sent()[0].ID

	report := func(r graph.Receipt, err error) {
		assert.NoError(t, err)
		assert.Equal(t, 200, r.Status)
	}
	report(c.Number().Read(wamid))
	c.Settle()
	require.Equal(t, api.MessageStateRead, find(t, ana.Reads(i.ID), m.ID).State)
	together(8, func(n int) {
		report([]func(string) (graph.Receipt, error){c.Number().Deliver, c.Number().Read}[n%2](wamid))
	})
	report(c.Number().Report(wamid, "sent"))
	report(c.Number().Fail(wamid, 131026))
	c.Settle()
	got := find(t, ana.Reads(i.ID), m.ID)
	assert.Equal(t, api.MessageStateRead, got.State)
	assert.False(t, got.DeliveredAt.IsZero(), "when it was delivered is known although read came first")
	assert.Empty(t, got.Error.Code)
}

// together runs f n times at once.
func together(n int, f func(n int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for n := range n {
		all.Go(func() { <-start; f(n) })
	}
	close(start)
	all.Wait()
}

// all reads every record of a kind.
func all[T any, P interface {
	*T
	desk.Record
}](c *floor.Floor) []T {
	c.T.Helper()
	list, err := store.All[T, P](c.Context(), c.Store.Reader())
	require.NoError(c.T, err)
	return list
}
