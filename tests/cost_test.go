package tests

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/meter"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/tests/floor"
)

// B5: what one WhatsApp conversation costs: three messages each way with their receipts, one desktop's feed, and the
// wrap-up. DESIGN's budget is 40 writes, 85 reads and 24 messages. Two events at the same instant may cost a read more or
// less, so it is the middle one of three that counts.
func TestWhatAConversationCosts(t *testing.T) {
	t.Parallel()
	floor.Metered(t)
	c := floor.Open(t)
	ana := c.Agent("ana").SignsIn()
	warm(c, ana)
	c.Settle()
	c.Suite.Meter.Reset()
	feed, stop := ana.Listens("")
	defer stop()
	listens(c)
	var costs []meter.Bill
	for _, name := range []string{"lea", "kim", "zoe"} {
		c.Settle()
		c.Suite.Meter.Reset()
		conversation(c, ana, feed, c.Customer(name))
		var table strings.Builder
		r := c.Suite.Meter.Report(1)
		require.NoError(t, r.Write(&table))
		t.Log("\n" + table.String())
		assert.Equal(t, 1, r.Count)
		costs = append(costs, r.Total)
	}
	middle := func(what func(meter.Bill) int64) int64 {
		slices.SortFunc(costs, func(a, b meter.Bill) int { return cmp.Compare(what(a), what(b)) })
		return what(costs[1])
	}
	assert.LessOrEqual(t, middle(func(b meter.Bill) int64 { return b.Writes }), int64(40))
	assert.LessOrEqual(t, middle(func(b meter.Bill) int64 { return b.Reads }), int64(85))
	assert.LessOrEqual(t, middle(func(b meter.Bill) int64 { return b.Messages }), int64(24))
}

// listens waits until the first feed has its listeners, which begin after the snapshot and are billed.
func listens(c *floor.Floor) {
	c.T.Helper()
	c.Soon("the feed listens", func() error {
		d, _ := c.Suite.Meter.Interaction(meter.Shared)
		for _, of := range []string{"agents", "interactions"} {
			if !slices.ContainsFunc(d.Lines, func(l meter.Line) bool { return l.What == "Listen" && l.Of == of }) {
				return fmt.Errorf("not to %s yet", of)
			}
		}
		return nil
	})
}

// conversation is three messages each way, and the wrap-up.
func conversation(c *floor.Floor, ana *floor.Agent, feed *floor.Feed, lea *floor.Customer) {
	t := c.T
	lea.Writes("hola")
	offer := floor.Hears(ana, feed, "offer", func(o api.Offer) bool { return o.Customer.Phone == "+"+lea.Who.Phone })
	_, err := ana.Desktop.Accept(c.Context(), offer.ID)
	assert.NoError(t, err)
	i := offer.Interaction
	_, err = ana.Desktop.Transcript(c.Context(), i)
	assert.NoError(t, err)
	for n := range 3 {
		m := ana.Writes(i, fmt.Sprint("respuesta ", n))
		floor.Hears(ana, feed, "message", func(x api.Message) bool { return x.ID == m.ID && x.State == api.MessageStateRead })
		if n < 2 {
			lea.Writes(fmt.Sprint("pregunta ", n))
			c.Settle()
		}
	}
	ana.Ends(i)
	_, err = ana.Desktop.WrapUpForm(c.Context(), i, "")
	assert.NoError(t, err)
	ana.WrapsUp(i, floor.Question)
	floor.Hears(ana, feed, "left", func(x api.Interaction) bool { return x.ID == i })
	c.Settle()
}

// warm has the functions read the configuration, as they have in a centre at work.
func warm(c *floor.Floor, ana *floor.Agent) {
	c.T.Helper()
	feed, stop := ana.Listens("")
	defer stop()
	c.Customer("max").Writes("hola")
	i := ana.Accepts()
	floor.Hears(ana, feed, "interaction", func(x api.Interaction) bool { return x.ID == i.ID })
	ana.Writes(i.ID, "hola")
	c.Settle()
	ana.Ends(i.ID)
	_, err := ana.Desktop.WrapUpForm(c.Context(), i.ID, "")
	assert.NoError(c.T, err)
	ana.WrapsUp(i.ID, floor.Question)
}
