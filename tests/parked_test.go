package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// number adds the second number of a centre that grows.
const number = `assets: [{channel: whatsapp, account: "100000000000002", name: Acme outlet, display: "+34 600 000 002", queue: sales, token: whatsapp-acme}]`

// B1: customers write to a number before the administrator configures it. The messages are kept, and once the number is
// there they are a conversation like any other, each message once.
func TestMessagesForAnUnknownNumberComeInWhenItIsConfigured(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	ana, lea := c.Agent("ana").SignsIn(), c.Customer("lea")
	lea.WritesTo("100000000000002", "hola")
	lea.WritesTo("100000000000002", "¿hay alguien?")
	c.Settle()
	assert.Len(t, all[desk.Parked](c), 2)
	assert.Empty(t, all[desk.Interaction](c))

	c.Advance(time.Minute)
	ana.ComesBack()
	c.Sweep()
	assert.Len(t, all[desk.Parked](c), 2, "the number is still unknown")

	c.Configure(number)
	c.Advance(2 * time.Minute)
	ana.ComesBack()
	c.Sweep()
	i := ana.Accepts()
	assert.ElementsMatch(t, []string{"hola", "¿hay alguien?"}, texts(ana.Reads(i.ID)))
	assert.Empty(t, all[desk.Parked](c))
	assert.Len(t, all[desk.Interaction](c), 1)
}

// B1: a message is parked, and the sweep reminds of it many times at once. It is recorded once.
func TestAParkedMessageIsRecordedOnce(t *testing.T) {
	t.Parallel()
	c := floor.Open(t)
	c.Customer("lea").WritesTo("100000000000002", "hola")
	c.Settle()
	c.Configure(number)
	id := all[desk.Parked](c)[0].ID
	hints := make([]desk.Hint, 20)
	for n := range hints {
		hints[n] = desk.Hint{Event: desk.HintParkedDue, Parked: id}
	}
	c.Hint(hints...)
	c.Settle()
	assert.Len(t, all[desk.Message](c), 1)
	assert.Len(t, all[desk.Interaction](c), 1)
	assert.Empty(t, all[desk.Parked](c))
}
