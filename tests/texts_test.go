package tests

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deskline/deskline/emulator/faults"
	"github.com/deskline/deskline/shared/api"
	"github.com/deskline/deskline/shared/desk"
	"github.com/deskline/deskline/tests/floor"
)

// chatty is the example centre where Sales tells its customers everything, in Spanish to those who speak it, and Ana takes one of
// them at a time.
func chatty(t *testing.T) (*floor.Floor, *floor.Agent) {
	t.Helper()
	return twoMinutes(t, `wrapUpReason: question, inactivity: {closeAfter: 1m},
  texts: {greeting: Welcome, busy: All are busy, ended: Goodbye},
  translations: [{language: es, greeting: Bienvenida, ended: Adiós}]`)
}

// B12: who writes is greeted, once, and told when nobody is free; when the agent ends the conversation he is told that too. No
// agent said any of it, and nobody has it to read.
func TestACustomerIsToldWhatBecomesOfTheConversation(t *testing.T) {
	t.Parallel()
	c, ana := chatty(t)
	lea, max := c.Customer("lea"), c.Customer("max")
	lea.Writes("hola")
	i := ana.Accepts()
	c.Settle()
	assert.Equal(t, []string{"Welcome"}, lea.Received())
	assert.Equal(t, 1, ana.Sees(i.ID).Unread)
	assert.Equal(t, "hola", ana.Sees(i.ID).Preview)
	transcript := ana.Reads(i.ID)
	require.Len(t, transcript, 2)
	assert.Equal(t, api.Author{Kind: api.AuthorKindSystem}, transcript[1].Author)
	assert.Equal(t, api.MessageStateRead, transcript[1].State, "it has come as far as any message")

	max.Writes("hola")
	c.Settle()
	max.Writes("¿hay alguien?")
	c.Sweep()
	assert.Equal(t, []string{"Welcome", "All are busy"}, max.Received(), "once each")

	ana.Writes(i.ID, "buenas")
	ana.Ends(i.ID)
	c.Settle()
	assert.Equal(t, []string{"Welcome", "buenas", "Goodbye"}, lea.Received())
	ana.WrapsUp(i.ID, floor.Question)
	second := ana.Accepts()
	c.Settle()
	assert.Equal(t, []string{"Welcome", "All are busy"}, max.Received())

	lea.Writes("otra cosa")
	c.Settle()
	assert.Equal(t, []string{"Welcome", "buenas", "Goodbye", "Welcome", "All are busy"}, lea.Received(), "another conversation, told again")
	ana.Writes(second.ID, "dígame")
	c.Passes(70*time.Second, ana)
	assert.Equal(t, desk.ClosedInactive, ana.Sees(second.ID).CloseReason)
	assert.Equal(t, []string{"Welcome", "All are busy", "dígame", "Goodbye"}, max.Received(), "the end by the clock is an end")
}

// B12: in the language of the customer's profile; where that has no text, in the queue's own.
func TestACustomerIsToldInHisLanguage(t *testing.T) {
	t.Parallel()
	c, ana := chatty(t)
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	_, err := ana.Desktop.EditContact(c.Context(), i.Contact, "*", api.ContactEdit{Language: api.To("es-MX")})
	require.NoError(t, err)
	ana.Ends(i.ID)
	c.Settle()
	assert.Equal(t, []string{"Welcome", "Goodbye"}, lea.Received(), "this conversation began without a language")
	lea.Writes("otra cosa")
	c.Settle()
	assert.Equal(t, []string{"Welcome", "Goodbye", "Bienvenida", "All are busy"}, lea.Received())
}

// B1, B12: the function dies before it hints that Lea waits, and Max's hint finds Ana for her. When the event comes again she is greeted.
func TestALostHintLosesNoGreeting(t *testing.T) {
	t.Parallel()
	c, ana := chatty(t)
	lea, max := c.Customer("lea"), c.Customer("max")
	require.NoError(t, c.Suite.Faults.Set(faults.Plan{Once: []faults.Once{
		{Kind: faults.KillBefore, Function: "conversation", On: desk.HintInteractionQueued}}}))
	lea.Writes("soy Lea")
	c.Soon("the function dies", func() error {
		if len(c.Suite.Faults.Count()) == 0 {
			return errors.New("it is alive")
		}
		return nil
	})
	max.Writes("hola")
	i := ana.Accepts()
	require.Equal(t, "soy Lea", ana.Sees(i.ID).Preview)
	c.Advance(time.Minute)
	c.Settle()
	assert.Equal(t, []string{"Welcome"}, lea.Received())
	assert.Equal(t, []string{"Welcome", "All are busy"}, max.Received())
}

// B12: a customer who is blocked is told nothing, neither at the end nor when he writes again.
func TestABlockedCustomerIsToldNothing(t *testing.T) {
	t.Parallel()
	c, ana := chatty(t)
	lea := c.Customer("lea")
	lea.Writes("hola")
	i := ana.Accepts()
	_, err := ana.Desktop.Block(c.Context(), i.Contact, "insults")
	require.NoError(t, err)
	ana.Ends(i.ID)
	lea.Writes("hola otra vez")
	c.Settle()
	assert.Equal(t, []string{"Welcome"}, lea.Received())
}

// B12, R30: a customer who has an agent of his own is greeted like everybody, whether that one is free for him or not; that all are busy
// he is told when he waits for the others too.
func TestTheCustomerOfAnExclusiveAgentIsGreeted(t *testing.T) {
	t.Parallel()
	c, ana := chatty(t)
	lea, max := c.Customer("lea"), c.Customer("max")
	belongs(c, known(c, lea, ana), "ana")
	belongs(c, known(c, max, ana), "ana")
	before := []string{"Welcome", "Goodbye"}
	c.Settle()
	require.Equal(t, before, lea.Received())
	lea.Writes("hola otra vez")
	i := ana.Accepts()
	c.Settle()
	assert.Equal(t, append(before, "Welcome"), lea.Received())
	max.Writes("hola otra vez")
	c.Settle()
	c.Sweep()
	assert.Equal(t, append(before, "Welcome"), max.Received(), "he waits for Ana")
	over(c, ana, i.ID)
	assert.Equal(t, "exclusive", ana.IsOffered().Why)
	_, err := ana.Desktop.SignOut(c.Context(), true)
	require.NoError(t, err)
	c.Settle()
	assert.Equal(t, append(before, "Welcome", "All are busy"), max.Received())
}
